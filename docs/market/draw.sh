#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Draws the figures of docs/market.md anew: docs/market/draw.sh build/bin/polypoly
set -eu
polypoly=$(realpath "$1")
cd "$(dirname "$0")"
plots=$(mktemp -d)
trap 'rm -rf "$plots"' EXIT
draw() { # the simulator's words, then figure=name here
    words=$1
    shift
    # shellcheck disable=SC2086 # words are words
    "$polypoly" sim market $words --svg "$plots" >/dev/null
    for pair; do mv "$plots/${pair%=*}.svg" "${pair#*=}.svg"; done
}
draw "--adversary abandon --share 50" served=served time=time stake=stake
draw "" price=price sizes=sizes
draw "--adversary shill" time=time-one-staller
draw "--adversary halt" stalled=stalled-halt
draw "--adversary thief" stolen=stolen
