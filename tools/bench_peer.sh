#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# polypoly and SP1 on the same work, in turns, on this machine: fib and the SHA-256 chain of about four million cycles.
# usage: tools/bench_peer.sh BUILD-FOLDER PEER-FOLDER [ROUNDS [PERCENT]]
#
# PEER-FOLDER holds a program on SP1's published crates, built: target/release/sp1peer ELF:core:1, with
# guest/build.sh SOURCE N OUT for its guests (fib.c, sha.c: the same loops as guest/bench). It takes up to 21 GiB of
# memory and a minute to start; nothing else may run. PERCENT makes the work smaller, to try the script. Machines
# drift: compare the ratios within a round. Start and set-up are left out of both times, which are of whole proofs.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '3,9p' "$0" >&2; exit 2; }
build=$(realpath "$1") peer=$(realpath "$2") rounds=${3:-2} percent=${4:-100}
[ -x "$peer/target/release/sp1peer" ] || { echo "bench_peer: $peer is not built: cargo build --release there" >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$peer/guest/build.sh" fib.c $((8000 * percent)) "$dir/fib.elf"
"$peer/guest/build.sh" sha.c $((7 * percent)) "$dir/sha256_chain.elf"
for round in $(seq "$rounds"); do
    for job in fib:8000 sha256_chain:10; do
        name=${job%:*} n=$((${job#*:} * percent))
        /usr/bin/time -f %M -o "$dir/memory" "$build/bin/polypoly" prove "$build/guests/$name.elf" --input-u64 "$n" \
            -o "$dir/proof" --json >"$dir/ours"
        "$build/bin/polypoly" verify "$dir/proof" --program "$build/guests/$name.elf" --input-u64 "$n" >/dev/null
        rm -f "$dir/proof"
        (cd "$peer" && target/release/sp1peer "$dir/$name.elf:core:1") >"$dir/theirs"
        python3 - "$round" "$name" "$dir" <<'PY'
import json
import pathlib
import re
import sys

number, name, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
ours = json.loads((folder / "ours").read_text())
memory = int((folder / "memory").read_text().split()[-1]) / 2**20
theirs = (folder / "theirs").read_text()
run = re.search(r"prove ([0-9.]+) s -> ([0-9.]+) kHz; shards \d+ proof (\d+) bytes.*peak rss (\d+) MiB", theirs)
cycles = int(re.search(r"SUMMARY \S+ \S+ cycles (\d+)", theirs)[1])
seconds = sum(ours["seconds"].values())
khz, peer = ours["cycles"] / seconds / 1000, float(run[2])
with open(folder / "ratios", "a", encoding="ascii") as f:
    print(name, khz / peer, file=f)


def side(who, khz, memory, size, cycles, seconds):
    return f"{who} {khz:.1f} kHz, {memory:.2f} GiB, {size:,} bytes ({cycles:,} cycles, {seconds:.1f} s)"


print(f"round {number} {name}: {side('polypoly', khz, memory, ours['bytes'], ours['cycles'], seconds)}; "
      f"{side('SP1', peer, int(run[4]) / 1024, int(run[3]), cycles, float(run[1]))}; {khz / peer:.1f} times", flush=True)
PY
    done
done
python3 - "$dir/ratios" <<'PY'
import sys

ratios = {}
for line in open(sys.argv[1], encoding="ascii"):
    ratios.setdefault(line.split()[0], []).append(float(line.split()[1]))
for name, all_of_it in ratios.items():
    print(f"{name}: {min(all_of_it):.1f} to {max(all_of_it):.1f} times SP1 in {len(all_of_it)} rounds")
PY
