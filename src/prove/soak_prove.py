#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Proves a long run within a bound of memory, verifies it, and says what it took.

usage: soak_prove.py BUILD-FOLDER GUEST N LEAST-CYCLES MEMORY-GIB"""
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

build, guest, n, least, gib = sys.argv[1:]
polypoly = pathlib.Path(build).resolve() / "bin" / "polypoly"
elf = pathlib.Path(build).resolve() / "guests" / f"{guest}.elf"
if not elf.exists():
    print("no guests: clang-19 and lld-19 build them\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    proof = pathlib.Path(folder) / "proof"
    r = subprocess.run([polypoly, "prove", elf, "--input-u64", n, "-o", proof, "--memory", f"{gib}G", "--json"],
                       stdout=subprocess.PIPE, check=True)
    took = json.loads(r.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    seconds = sum(took["seconds"].values())
    print(f"{guest} {n}: {took['cycles']} cycles, {took['shards']} shards, {took['bytes']} bytes, {seconds:.1f} s, "
          f"{took['cycles'] / seconds / 1000:.1f} kHz, peak {peak:.2f} GiB of {gib}")
    subprocess.run([polypoly, "verify", proof, "--program", elf], stdout=subprocess.DEVNULL, check=True)
ok = took["cycles"] >= int(least) and peak <= float(gib)
print(f"{int(ok)} passed, {int(not ok)} failed, 0 skipped")
sys.exit(not ok)
