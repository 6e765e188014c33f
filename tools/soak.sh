#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# The long checks. Two kinds: tests registered with add_test(... CONFIGURATIONS soak ...) and the
# label soak, and scripts tests/soak_*.sh, each called with the build folder. Exit code 77 of a
# script means that it could not run here, and it says why. `make test` runs neither.
# Usage: [PP_SEED=N] tools/soak.sh BUILD [NAME...]: only those whose name holds one of the words.
set -euo pipefail
build=$(realpath "${1:?usage: tools/soak.sh BUILD [NAME...]}")
shift
cd "$(dirname "$0")/.."
filter=$(IFS='|'; echo "$*")
# Other random choices each time; whoever sees one fail gives the number that was printed.
export PP_SEED=${PP_SEED:-$((RANDOM << 15 | RANDOM))}
echo "PP_SEED=$PP_SEED"
failed=0
(cd "$build" && ctest -C soak -L '^soak$' ${filter:+-R "$filter"} --output-on-failure) || failed=1
for script in tests/soak_*.sh; do
    [ -f "$script" ] && [[ -z $filter || $script =~ $filter ]] || continue
    echo "== $script"
    code=0
    "$script" "$build" || code=$?
    case $code in
    0) echo "== $script passed" ;;
    77) echo "== $script SKIPPED" ;;
    *) echo "== $script FAILED (exit $code)"; failed=1 ;;
    esac
done
exit $failed
