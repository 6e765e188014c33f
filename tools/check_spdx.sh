#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every source file names its licences in its first three lines.
set -euo pipefail
cd "$(dirname "$0")/.."
# The template is what `polypoly new` gives away: its files belong to whoever made the project.
missing=$(git ls-files '*.c' '*.h' '*.S' '*.inc' '*.py' '*.sh' '.ci/*' ':!guest/sdk/template/*' |
    while read -r f; do
        head -3 "$f" | grep -q 'SPDX-License-Identifier: MIT OR Apache-2.0' || echo "$f: no SPDX line"
    done)
[ -z "$missing" ] || { echo "$missing" >&2; exit 1; }
echo "licences: every source names them"
