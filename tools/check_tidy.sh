#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# clang-tidy (.clang-tidy says which checks) over the sources of src/, from the compile commands of
# a clang build. Test and fuzz programs are left out: their macros are noise to it.
# Usage: tools/check_tidy.sh CLANG-BUILD [PATH...]: only what git lists below the paths (src).
set -euo pipefail
build=${1:?usage: tools/check_tidy.sh CLANG-BUILD [PATH...]}
shift
cd "$(dirname "$0")/.."
[ -f "$build/compile_commands.json" ] || { echo "check_tidy: $build is no build folder: tools/build.sh makes it" >&2; exit 2; }
git ls-files "${@:-src}" | grep -E '\.c$' | grep -vE '/(test|fuzz)_[^/]*$' |
    xargs -P "$(nproc)" -n 1 clang-tidy-19 --quiet -p "$build" 2>&1 |
    grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter' >"$build/tidy.log" || true
if grep -qE '(error|warning):' "$build/tidy.log"; then
    cat "$build/tidy.log" >&2
    exit 1
fi
echo "clang-tidy: nothing to say"
