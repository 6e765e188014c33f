#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# What `make run` does once the program is built: polypoly up, a whole network on this machine. Its
# live lane takes wallets' transactions, a second one replays a real block of Ethereum mainnet, and
# every batch is really proven. On a terminal it stays until Ctrl-C; else (in a script, in CI) it ends
# with the first proven batch and says how everything stands: a minute or two on two cores.
# Usage: tools/run.sh PROGRAM [DIRECTORY]. The same network goes on at the next call; each build of
# the program has one of its own, for a chain goes on under the rules it was begun with.
set -euo pipefail
program=$(realpath "${1:?usage: tools/run.sh PROGRAM [DIRECTORY]}")
cd "$(dirname "$0")/.."
build=$(sha256sum "$program" | head -c 12)
data=${2:-data/up-$build}
mkdir -p "$(dirname "$data")"
once=()
[ -t 1 ] || once=(--once)
exec "$program" up "$data" --replay examples/mainnet-22244135.json --demo "${once[@]}"
