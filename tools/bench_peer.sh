#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# polypoly and SP1 on the same work, in turns, on this machine: fib and the SHA-256 chain of four million cycles.
# usage: tools/bench_peer.sh BUILD-FOLDER PEER-FOLDER [ROUNDS]
#
# PEER-FOLDER holds a program on SP1's published crates, built: target/release/sp1peer ELF:core:1, with
# guest/build.sh SOURCE N OUT for its guests (fib.c, sha.c: the same loops as guest/bench). It takes up to 21 GiB of
# memory and a minute to start; nothing else may run. Machines drift: compare the ratios within a round.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '3,8p' "$0" >&2; exit 2; }
build=$(realpath "$1") peer=$(realpath "$2") rounds=${3:-2}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$peer/guest/build.sh" fib.c 800000 "$dir/fib.elf"
"$peer/guest/build.sh" sha.c 700 "$dir/sha256_chain.elf"
for round in $(seq "$rounds"); do
    for job in fib:800000 sha256_chain:1000; do
        name=${job%:*} n=${job#*:}
        ours=$("$build/bin/polypoly" prove "$build/guests/$name.elf" --input-u64 "$n" -o "$dir/proof" --json)
        theirs=$(cd "$peer" && target/release/sp1peer "$dir/$name.elf:core:1" | grep '^SUMMARY')
        rm -f "$dir/proof"
        python3 - "$round" "$name" "$ours" "$theirs" <<'PY'
import json
import re
import sys

round_, name, ours, theirs = sys.argv[1:]
o = json.loads(ours)
khz = o["cycles"] / sum(o["seconds"].values()) / 1000
peer = float(re.search(r"-> ([0-9.]+) /", theirs)[1])
print(f"round {round_} {name}: polypoly {khz:.1f} kHz ({o['cycles']} cycles), SP1 {peer:.1f} kHz, {khz / peer:.1f} times")
PY
    done
done
