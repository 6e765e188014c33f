#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Proves the shards of a plan on several hosts with GNU parallel (Debian: parallel), and joins them.
# usage: tools/fleet_parallel.sh DIR PROOF [HOST...]
#
# DIR is the folder of `polypoly prove --plan DIR`. Each HOST is what ssh takes, with 4/ before it for four
# jobs at a time; without any, this machine. polypoly (or what POLYPOLY names) must be on every host, in the
# same version. Nothing but shard files goes there, into a folder of its own, and nothing but proofs comes
# back. Every proof that is there is checked; what is missing or wrong is proven, again if need be.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '3,5p' "$0" >&2; exit 2; }
dir=$1 proof=$2
shift 2
built=$(dirname "$0")/../build/polypoly
[ -n "${POLYPOLY:-}" ] || command -v polypoly >/dev/null || [ ! -x "$built" ] || POLYPOLY=$(realpath "$built")
polypoly=$(command -v "${POLYPOLY:-polypoly}") || { echo "fleet_parallel: no ${POLYPOLY:-polypoly} here" >&2; exit 2; }
polypoly=$(realpath "$polypoly")
[ -f "$dir/plan" ] || { echo "fleet_parallel: $dir has no plan; polypoly prove --plan makes one" >&2; exit 2; }
# On other hosts it is looked up there, unless a path was given.
there=${POLYPOLY:-polypoly}
[[ $there != */* ]] || there=$polypoly
hosts=() files=(--workdir ... --transferfile {}.shard --return {}.proof --cleanup)
for h in "$@"; do hosts+=(--sshlogin "$h"); done
[ ${#hosts[@]} -gt 0 ] || { hosts=(--jobs "${JOBS:-1}") files=() there=$polypoly; }
# A shard whose host dies is tried again, on another host if there is one; three times in all. A proof is
# written under its own name only when it is whole; one that is wrong all the same is seen in the next round.
bar=()
[ ! -t 2 ] || bar=(--bar)
for round in 1 2 3; do
    missing=$("$polypoly" join "$dir" --missing)
    [ -n "$missing" ] || exec "$polypoly" join "$dir" -o "$proof"
    (cd "$dir" && parallel --no-notice --retries 3 --joblog "parallel-$round.log" "${bar[@]}" "${hosts[@]}" "${files[@]}" \
        "$there prove --shard {}.shard -o {}.proof ${THREADS:+--threads $THREADS}" <<<"$missing" >parallel.out) || true
done
missing=$("$polypoly" join "$dir" --missing)
[ -n "$missing" ] || exec "$polypoly" join "$dir" -o "$proof"
echo "fleet_parallel: $(wc -l <<<"$missing") shards are not proven ($dir/parallel-3.log says more); call again to go on" >&2
exit 1
