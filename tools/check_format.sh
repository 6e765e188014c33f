#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Is every C file as clang-format 19 would write it? `make format` makes it so.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files 'src/*.c' 'src/*.h' 'guest/*.c' 'guest/*.h' 'web/*.c' |
    xargs -P "$(nproc)" -n 16 clang-format-19 --dry-run -Werror
echo "format: as clang-format 19 has it"
