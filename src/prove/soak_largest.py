#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every benchmark guest at the largest size that fits one shard of the set fast: proven, verified, and within
450 KiB of proof and 3 GiB of memory.

usage: soak_largest.py BUILD-FOLDER [GUEST ...]"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

build = pathlib.Path(sys.argv[1]).resolve()
polypoly = build / "bin" / "polypoly"
# These have no size: no input, or a file.
SIZELESS = ("batch", "empty", "ecrecover_batch", "hashes", "recover", "signatures")
names = sys.argv[2:] or sorted(p.stem for p in (build / "guests").glob("*.elf") if p.stem not in SIZELESS)
if not names:
    print("no guests: clang-19 and lld-19 build them\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)
failed = 0


def plan(elf, n):
    r = subprocess.run([polypoly, "prove", elf, "--input-u64", str(n), "--plan", "-", "--json"],
                       stdout=subprocess.PIPE, check=True)
    return json.loads(r.stdout)


def largest(elf):
    """The largest n with one shard; runs grow with n."""
    low, high = 1, 2
    while plan(elf, high)["shards"] == 1:
        low, high = high, 2 * high
    while high - low > max(1, low // 200):
        middle = (low + high) // 2
        low, high = (middle, high) if plan(elf, middle)["shards"] == 1 else (low, middle)
    return low


with tempfile.TemporaryDirectory() as folder:
    proof = pathlib.Path(folder) / "proof"
    for name in names:
        elf = build / "guests" / f"{name}.elf"
        n = largest(elf)
        p = plan(elf, n)
        prover = subprocess.Popen([polypoly, "prove", elf, "--input-u64", str(n), "-o", proof],
                                  stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(prover.pid, 0)
        ok = status == 0
        if ok:
            peak, size, begin = usage.ru_maxrss / 2**20, proof.stat().st_size, time.monotonic()
            ok = subprocess.run([polypoly, "verify", proof, "--program", elf], stdout=subprocess.DEVNULL,
                                check=False).returncode == 0
            took = time.monotonic() - begin
            ok = ok and size <= 450 * 1024 and peak <= 3
            print(f"{'ok' if ok else 'FAILED'}: {name} {n}: {p['cycles']} cycles, {p['cells']} cells, {size} bytes, "
                  f"peak {peak:.2f} GiB, verified in {1000 * took:.0f} ms", flush=True)
            proof.unlink()
        else:
            print(f"FAILED: {name} {n}: not proven", flush=True)
        failed += not ok
print(f"{len(names) - failed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
