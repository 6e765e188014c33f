#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Proves the shards of a plan as a Slurm job array (Debian: slurm-wlm), then joins them in a job that waits
# for the array. usage: tools/fleet_slurm.sh DIR PROOF [sbatch options...]
#
# DIR is the folder of `polypoly prove --plan DIR`, on a file system that all nodes share. A shard whose node
# is lost is put back in the queue by Slurm (--requeue); one that failed is proven by calling this again.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '3,4p' "$0" >&2; exit 2; }
dir=$(realpath "$1") proof=$(realpath -m "$2")
shift 2
polypoly=$(command -v "${POLYPOLY:-polypoly}") || { echo "fleet_slurm: no polypoly on the PATH" >&2; exit 2; }
[ -f "$dir/plan" ] || { echo "fleet_slurm: $dir has no plan; polypoly prove --plan makes one" >&2; exit 2; }
missing=
for s in "$dir"/*.shard; do
    n=$(basename "$s" .shard)
    [ -s "$dir/$n.proof" ] || missing+=,$((10#$n))
done
after=()
if [ -n "$missing" ]; then
    prove='n=$(printf %05d $SLURM_ARRAY_TASK_ID)
exec "$1" prove --shard "$2/$n.shard" -o "$2/$n.proof" --threads "${SLURM_CPUS_PER_TASK:-1}"'
    array=$(sbatch --parsable --requeue --job-name=polypoly --array="${missing#,}" --output="$dir/slurm-%a.log" "$@" \
        <(printf '#!/bin/bash\n%s\n' "$prove") "$polypoly" "$dir")
    after=(--dependency="afterok:${array%%;*}" --kill-on-invalid-dep=yes)
fi
sbatch --parsable --job-name=polypoly-join --output="$dir/slurm-join.log" "${after[@]}" "$@" \
    <(printf '#!/bin/bash\nexec "$1" join "$2" -o "$3"\n') "$polypoly" "$dir" "$proof"
