#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Proves the shards of a plan on several hosts with GNU parallel (Debian: parallel), and joins them.
# usage: tools/fleet_parallel.sh DIR PROOF [HOST...]
#
# DIR is the folder of `polypoly prove --plan DIR`. Each HOST is what ssh takes, with 4/ before it for four
# jobs at a time; without any, this machine. polypoly must be on the PATH of every host, in the same
# version. Nothing but shard files goes there and nothing but proofs comes back. Called again after
# anything went wrong, it proves what is missing.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '3,5p' "$0" >&2; exit 2; }
dir=$1 proof=$2
shift 2
polypoly=${POLYPOLY:-polypoly}
[ -f "$dir/plan" ] || { echo "fleet_parallel: $dir has no plan; polypoly prove --plan makes one" >&2; exit 2; }
hosts=() files=(--transferfile {}.shard --return {}.proof --cleanup)
for h in "$@"; do hosts+=(--sshlogin "$h"); done
[ ${#hosts[@]} -gt 0 ] || { hosts=(--jobs "${JOBS:-1}") files=(); }
# A shard whose host dies is tried again, on another host if there is one; three times in all. A proof is
# written under its own name only when it is whole.
bar=()
[ ! -t 2 ] || bar=(--bar)
cd "$dir"
for s in *.shard; do [ -s "${s%.shard}.proof" ] || echo "${s%.shard}"; done |
    parallel --no-notice --retries 3 --joblog parallel.log "${bar[@]}" "${hosts[@]}" \
        "${files[@]}" \
        "$polypoly prove --shard {}.shard -o {}.proof ${THREADS:+--threads $THREADS}" >parallel.out || {
    echo "fleet_parallel: some shards are not proven ($dir/parallel.log names them); call again to go on" >&2
    exit 1
}
cd - >/dev/null
exec "$polypoly" join "$dir" -o "$proof"
