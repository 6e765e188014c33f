#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Configures where needed, and builds. Usage: tools/build.sh BUILD [JOBS [CMAKE-OPTION...]]
# PP_TARGET=product in the environment builds what users run and no tests, which need more packages.
set -euo pipefail
build=${1:?usage: tools/build.sh BUILD [JOBS [CMAKE-OPTION...]]}
jobs=${2:-$(nproc)}
shift $(($# > 2 ? 2 : $#))
cd "$(dirname "$0")/.."

# The guests are built where their compilers are; compilers that came since are to be found.
tools=$(command -v clang-19 ld.lld-19 riscv64-unknown-elf-gcc qemu-riscv64 | tr '\n' ' ' || true)
stamp="$tools $*"
if [ ! -f "$build/build.ninja" ] || [ "$(cat "$build/.configured-with" 2>/dev/null)" != "$stamp" ]; then
    rm -f "$build/CMakeCache.txt"
    cmake -S . -B "$build" -G Ninja "$@" >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
    mv "$build.log" "$build/configure.log"
    echo "$stamp" >"$build/.configured-with"
fi
cmake --build "$build" -j "$jobs" --target "${PP_TARGET:-all}"
ln -sf bin/polypoly "$build/polypoly"
