#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# What must hold beside the tests: layers, pureness, format, licences, documents, generated files.
# All are run, then the result is told. Usage: tools/check.sh BUILD
set -uo pipefail
build=${1:?usage: tools/check.sh BUILD}
cd "$(dirname "$0")/.."
failed=()
check() {
    local code=0
    "$@" || code=$?
    # 77: it could not run here and has said why.
    [ $code = 0 ] || [ $code = 77 ] || failed+=("$*")
}
check tools/check_layers.py
check tools/check_pure.sh "$build"
check tools/check_format.sh
check tools/check_spdx.sh
check tools/check_docs.py
check python3 tools/gen_poseidon2.py --check
check python3 tools/gen_secp256k1.py --check
check python3 tools/check_batch_elf.py "$build"
check tools/build_wasm.sh "$build" --check
[ ${#failed[@]} -eq 0 ] || { printf 'check failed: %s\n' "${failed[@]}" >&2; exit 1; }
