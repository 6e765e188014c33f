#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Puts the packages of tools/python.txt into BUILD/venv, where the test rollup_oracle finds them.
# Usage: tools/venv.sh BUILD. Silent, and quick, when they are there. Without a network it says so
# and goes on: the test is then skipped, loudly.
set -euo pipefail
build=${1:?usage: tools/venv.sh BUILD}
cd "$(dirname "$0")/.."
mkdir -p "$build"
stamp=$build/venv/.installed
cmp -s tools/python.txt "$stamp" && exit 0
echo "setup: installing eth-account from PyPI into $build/venv, for one test"
python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || echo python3)
rm -rf "$build/venv"
if "$python" -m venv "$build/venv" >"$build/venv.log" 2>&1 &&
    "$build/venv/bin/pip" --disable-pip-version-check install -q -r tools/python.txt \
        >>"$build/venv.log" 2>&1 </dev/null; then
    cp tools/python.txt "$stamp"
else
    tail -3 "$build/venv.log" >&2
    echo "setup: eth-account cannot be installed; the test rollup_oracle will be SKIPPED" >&2
fi
