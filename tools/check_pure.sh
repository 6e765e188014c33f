#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Are the files that call themselves PURE so? Each source listed in BUILD/pure_sources.txt, and each
# guest twin of a native file, is compiled for rv64im and for wasm32 with nothing to include but the
# compiler's own headers, <string.h> and src/; and what it then still needs from outside must be
# another pure file's, a memory or string function, or pp_panic. So heap, stdio, threads, clock
# and float (whose soft routines would be missing) cannot come in unseen.
# Usage: tools/check_pure.sh BUILD
set -euo pipefail
build=$(realpath "${1:?usage: tools/check_pure.sh BUILD}")
cd "$(dirname "$0")/.."
out=$build/pure
rm -rf "$out"
mkdir -p "$out/include"
cp guest/sdk/include/string.h "$out/include/"

# sign_guest.c is what guests have instead of sign_native.c; accel.c what they have of the machine.
mapfile -t sources < <(sed "s|^$PWD/||" "$build/pure_sources.txt"; echo src/sign/sign_guest.c
    echo guest/sdk/src/accel.c)
common=(-std=gnu17 -O2 -ffreestanding -fno-strict-aliasing -nostdlibinc -isystem "$out/include" -Isrc
    -Wall -Wextra -Wconversion -Wshadow -Werror)
rv64im=(--target=riscv64-unknown-elf -march=rv64im -mabi=lp64 -mcmodel=medany)
wasm32=(--target=wasm32)
outside='memcpy|memmove|memset|memcmp|memchr|strlen|strcmp|strncmp|pp_panic'
failed=0
for target in rv64im wasm32; do
    allowed=$outside
    # wasm has no 64 x 64 multiplication that gives 128 bits; compiler-rt has it under this name.
    [ $target = rv64im ] || allowed+='|__multi3|__linear_memory|__indirect_function_table|__stack_pointer'
    declare -n flags=$target
    mkdir -p "$out/$target"
    export out target
    printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -I{} bash -c \
        'o=$out/$target/$(tr / _ <<<"$1").o; shift; exec clang-19 "$@" -o "$o"' \
        _ {} "${flags[@]}" "${common[@]}" -c {} || failed=1
    llvm-nm-19 --defined-only --extern-only --format=just-symbols "$out/$target"/*.o 2>/dev/null |
        sort -u >"$out/$target.defined"
    while read -r object symbol; do
        echo "check_pure: $target: $(basename "${object%.o}") needs '$symbol', which no pure file has" >&2
        failed=1
    done < <(for o in "$out/$target"/*.o; do
        llvm-nm-19 --undefined-only --format=just-symbols "$o" | sed "s|^|$o |"
    done | grep -vE " ($allowed)\$" | awk 'NR == FNR { have[$1]; next } !($2 in have)' \
        "$out/$target.defined" -)
done
[ $failed = 0 ] && echo "pure: ${#sources[@]} files compile for rv64im and wasm32 and need nothing from outside"
exit $failed
