#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# The verifier for the browser: web/verify/verifier.c with the pure files it needs, as WebAssembly,
# by the pinned compiler. Usage: tools/build_wasm.sh BUILD [--check]
# Writes web/dist/verifier.wasm, or with --check compares it; exit 77 where the compiler is missing.
set -euo pipefail
build=$(realpath "${1:?usage: tools/build_wasm.sh BUILD [--check]}")
cd "$(dirname "$0")/.."
for tool in clang-19 wasm-ld-19; do
    command -v $tool >/dev/null || { echo "SKIPPED: no $tool, verifier.wasm is not built" >&2; exit 77; }
done
out=$build/wasm
mkdir -p "$out/include"
cp guest/sdk/include/string.h "$out/include/"
# Paths in the objects would differ from place to place: none is kept.
flags=(--target=wasm32 -std=gnu17 -O3 -ffreestanding -fno-strict-aliasing -mbulk-memory -nostdlibinc
    -isystem "$out/include" -Isrc -ffile-prefix-map="$PWD"=. -Wall -Wextra -Wconversion -Wshadow -Werror)
# Every pure file of these modules; the linker keeps what is reached from the verifier's exports.
mapfile -t sources < <(sed "s|^$PWD/||" "$build/pure_sources.txt" |
    grep -E '^src/(base|field|hash|transcript|poly|merkle|air|pcs|vm|rv64|verify|market|sign)/')
sources+=(src/sign/sign_guest.c web/verify/verifier.c)
export out
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -I{} bash -c \
    'o=$out/$(tr / _ <<<"$1").o; shift; exec clang-19 "$@" -o "$o"' _ {} "${flags[@]}" -c {}
# The memory functions must not become calls of themselves.
clang-19 "${flags[@]}" -fno-builtin -mno-bulk-memory -c guest/sdk/src/mem.c -o "$out/mem.o"
objects=()
for s in "${sources[@]}"; do objects+=("$out/$(tr / _ <<<"$s").o"); done
wasm-ld-19 --no-entry --gc-sections --strip-all -z stack-size=262144 --stack-first \
    -o "$out/verifier.wasm" "${objects[@]}" "$out/mem.o"
if [ "${2:-}" = --check ]; then
    cmp "$out/verifier.wasm" web/dist/verifier.wasm || {
        echo "web/dist/verifier.wasm is not what its sources make: tools/build_wasm.sh $1" >&2
        exit 1
    }
    echo "verifier.wasm: the same from its sources"
else
    mkdir -p web/dist
    cp "$out/verifier.wasm" web/dist/verifier.wasm
    echo "web/dist/verifier.wasm: $(stat -c %s web/dist/verifier.wasm) bytes"
fi
