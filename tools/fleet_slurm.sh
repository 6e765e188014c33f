#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Proves the shards of a plan as a Slurm job array (Debian: slurm-wlm), then joins them in a job that waits
# for the array. usage: tools/fleet_slurm.sh DIR PROOF [sbatch options...]
#
# DIR is the folder of `polypoly prove --plan DIR`, on a file system that all nodes share. A shard whose node
# is lost is put back in the queue by Slurm (--requeue); one that failed, or whose proof is wrong, is proven by
# calling this again. ARRAY: the most tasks of one array (default 1000, Slurm's own MaxArraySize less one).
set -euo pipefail
[ $# -ge 2 ] || { sed -n '3,4p' "$0" >&2; exit 2; }
dir=$(realpath "$1") proof=$(realpath -m "$2") most=${ARRAY:-1000}
shift 2
polypoly=$(command -v "${POLYPOLY:-polypoly}") || { echo "fleet_slurm: no ${POLYPOLY:-polypoly} here" >&2; exit 2; }
polypoly=$(realpath "$polypoly")
[ -f "$dir/plan" ] || { echo "fleet_slurm: $dir has no plan; polypoly prove --plan makes one" >&2; exit 2; }
# A task proves the shard on its own line of the list: numbers may be higher than an array's may.
"$polypoly" join "$dir" --missing >"$dir/slurm-missing"
missing=$(wc -l <"$dir/slurm-missing")
prove='n=$(sed -n "$(($3 + SLURM_ARRAY_TASK_ID + 1))p" "$2/slurm-missing")
exec "$1" prove --shard "$2/$n.shard" -o "$2/$n.proof" --threads "${SLURM_CPUS_PER_TASK:-1}"'
jobs=
for ((first = 0; first < missing; first += most)); do
    last=$((missing - first < most ? missing - first - 1 : most - 1))
    array=$(sbatch --parsable --requeue --job-name=polypoly --array="0-$last" --output="$dir/slurm-$first-%a.log" "$@" \
        <(printf '#!/bin/bash\n%s\n' "$prove") "$polypoly" "$dir" "$first")
    jobs+=:${array%%;*}
done
after=()
[ -z "$jobs" ] || after=(--dependency="afterok$jobs" --kill-on-invalid-dep=yes)
sbatch --parsable --job-name=polypoly-join --output="$dir/slurm-join.log" "${after[@]}" "$@" \
    <(printf '#!/bin/bash\nexec "$1" join "$2" -o "$3"\n') "$polypoly" "$dir" "$proof"
