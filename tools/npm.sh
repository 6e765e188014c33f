#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Puts the packages of web/package-lock.json into web/node_modules, for the tests of page and
# wallets and to build the page anew. Silent, and quick, when they are there. Node and npm come from
# Debian where none is at hand; so does the browser. Without a network it says so and goes on: those
# tests are then skipped, loudly. No package's own script is run.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=web/node_modules/.installed
cmp -s web/package-lock.json $stamp && command -v chromium >/dev/null && exit 0
missing() {
    echo "setup: $1; tests of the page and of wallets will be SKIPPED" >&2
    exit 0
}
tools/setup.sh web || missing "no browser"
command -v npm >/dev/null || tools/setup.sh npm || missing "no npm"
echo "setup: installing the packages of web/package-lock.json, for tests"
npm ci --prefix web --ignore-scripts --no-audit --no-fund --silent </dev/null || missing "npm cannot install"
cp web/package-lock.json $stamp
