#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# What `make run` does once the program is built: the first transactions of a real Ethereum block
# through the whole line, every batch really proven; about half a minute on two cores. The whole
# block takes minutes: leave --first out, or prove nothing with --check re-execute.
# Usage: tools/run.sh PROGRAM [DATA-DIRECTORY]. A second run finds the work done, checks it and
# prints the same summary; remove the directory to see it happen again. Each build of the program
# has a directory of its own: a chain goes on under the rules it was begun with.
set -euo pipefail
program=$(realpath "${1:?usage: tools/run.sh PROGRAM [DATA-DIRECTORY]}")
cd "$(dirname "$0")/.."
build=$(sha256sum "$program" | head -c 12)
data=${2:-data/mainnet-22244135/$build}
mkdir -p "$(dirname "$data")"
# A proof takes 3 GiB, or less in smaller shards: half of what a small machine has left.
memory=()
free=$(awk '$1 == "MemAvailable:" {print $2}' /proc/meminfo 2>/dev/null || true)
if [ -n "$free" ] && [ "$free" -lt $((4 << 20)) ]; then memory=(--memory "$((free / 2))K"); fi
exec "$program" rollup replay examples/mainnet-22244135.json --data "$data" --first 8 --batch 4 "${memory[@]}"
