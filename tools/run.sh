#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# What `make run` does once the program is built: one real Ethereum block through the whole line.
# Usage: tools/run.sh PROGRAM [DATA-DIRECTORY]. A second run finds the work done, checks it and
# prints the same summary; remove the directory to see it happen again.
set -euo pipefail
program=$(realpath "${1:?usage: tools/run.sh PROGRAM [DATA-DIRECTORY]}")
cd "$(dirname "$0")/.."
data=${2:-data/mainnet-22244135}
mkdir -p "$(dirname "$data")"
exec "$program" rollup replay examples/mainnet-22244135.json --data "$data"
