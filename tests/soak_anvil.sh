#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Our transition beside a real Ethereum node's (tests/anvil.py). Usage: soak_anvil.sh BUILD. Installs
# anvil from npm into BUILD/npm; without npm, or a network, it says so and exits 77.
set -euo pipefail
build=$(realpath "${1:?usage: soak_anvil.sh BUILD}")
version=1.7.1
# The node itself: what npm links is a script around it.
node() { find "$build/npm/node_modules/@foundry-rs" -path '*/bin/anvil' 2>/dev/null | head -1; }
if ! "$(node)" --version 2>/dev/null | grep -q "$version"; then
    mkdir -p "$build/npm"
    if ! command -v npm >/dev/null || ! npm install --silent --no-audit --no-fund --prefix "$build/npm" \
        "@foundry-rs/anvil@$version"; then
        echo "SKIPPED: anvil cannot be installed from npm"
        exit 77
    fi
fi
exec python3 "$(dirname "$0")/anvil.py" "$build/polypoly" "$(node)"
