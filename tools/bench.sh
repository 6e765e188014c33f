#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs every measuring program, build/bin/bench_*, one after the other.
# Usage: tools/bench.sh BUILD [NAME...]: only those whose name holds one of the words.
set -euo pipefail
build=${1:?usage: tools/bench.sh BUILD [NAME...]}
shift
filter=$(IFS='|'; echo "$*")
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /cpu: /' || true
echo "cores: $(nproc), $(uname -sr)"
found=0
for program in "$build"/bin/bench_*; do
    [ -x "$program" ] || continue
    name=$(basename "$program")
    [[ -z $filter || $name =~ $filter ]] || continue
    found=1
    echo "== $name"
    "$program"
done
[ "$found" = 1 ] || { echo "bench: nothing to measure in $build/bin" >&2; exit 1; }
