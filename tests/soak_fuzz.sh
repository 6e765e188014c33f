#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every fuzz target as a libFuzzer program with the address and undefined-behaviour sanitizers, from
# its corpus in fuzz/, for PP_FUZZ_SECONDS each (60). An input that breaks a target is left in
# build-fuzz/; make it a file of the corpus once the fault is mended. PP_FUZZ_ONLY: a pattern of names.
# PP_SEED: of the random choices; drawn, and said in the log, without.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v clang-19 >/dev/null || ! clang-19 -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null \
    <<<'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }'; then
    echo "SKIPPED: needs clang-19 with libFuzzer (tools/setup.sh ci)"
    exit 77
fi
tools/build.sh build-fuzz "$(nproc)" -DCMAKE_C_COMPILER=clang-19 -DPP_FUZZ=ON \
    -DPP_SANITIZE=address,undefined >/dev/null
failed=0
for program in build-fuzz/bin/fuzz_*; do
    name=${program##*/fuzz_}
    [[ $name =~ ${PP_FUZZ_ONLY:-.} ]] || continue
    mkdir -p "build-fuzz/corpus/$name"
    kept=(fuzz/"$name")
    [ -d "${kept[0]}" ] || kept=()
    if "$program" -max_total_time="${PP_FUZZ_SECONDS:-60}" -seed="${PP_SEED:-0}" -print_final_stats=1 -timeout=20 \
        -artifact_prefix="build-fuzz/$name-" "build-fuzz/corpus/$name" "${kept[@]}" \
        >"build-fuzz/$name.log" 2>&1; then
        echo "$name: $(grep -o 'number_of_executed_units: *[0-9]*' "build-fuzz/$name.log" |
            grep -o '[0-9]*$') runs, nothing found"
    else
        echo "$name: FAILED, build-fuzz/$name.log" && tail -5 "build-fuzz/$name.log"
        failed=1
    fi
done
exit $failed
