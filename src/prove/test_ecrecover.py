#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recovers the senders of a real block's transactions in a guest, and proves it for the first N.

usage: test_ecrecover.py BUILD-FOLDER N [SET]

All transactions of examples/mainnet-22244135.json are run, and the answer compared with the senders
that Ethereum knows; then with a bit of each signature flipped, and cut off inside one. For the first N
the run is proven (parameter set `test`, or SET), and the proof verified."""
import json
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "spec"))
from market import keccak  # noqa: E402

build, count = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
chosen = sys.argv[3] if len(sys.argv) > 3 else "test"
polypoly, elf = build / "bin" / "polypoly", build / "guests" / "ecrecover_batch.elf"
if not elf.exists():
    print("no guests: clang-19 and lld-19 build them\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)
passed = failed = 0


def check(name, condition, detail=""):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print(f"FAILED: {name} {detail}")


def encoded(raws):
    return b"".join(len(r).to_bytes(4, "little") + r for r in raws)


def answer(senders):
    known = b"".join(b"\1" + s if s else b"\0" for s in senders)
    return (len(senders).to_bytes(8, "little") + sum(map(bool, senders)).to_bytes(8, "little") + keccak(known)).hex()


def polypoly_json(*words, code=0):
    r = subprocess.run([polypoly, *map(str, words), "--json"], capture_output=True, check=False)
    check(f"{words[0]} ends with {code}", r.returncode == code, r.stderr.decode())
    return json.loads(r.stdout) if r.stdout.strip() else {}


def output_of(said):
    return said.get("output", "").removeprefix("0x")


transactions = json.loads((root / "examples" / "mainnet-22244135.json").read_text())["transactions"]
raws = [bytes.fromhex(t["raw"][2:]) for t in transactions]
senders = [bytes.fromhex(t["from"][2:]) for t in transactions]
check("125 transactions", len(raws) == 125)
with tempfile.TemporaryDirectory() as name:
    file, proof = pathlib.Path(name) / "input", pathlib.Path(name) / "proof"
    file.write_bytes(encoded(raws))
    said = polypoly_json("run", elf, "--input", file)
    check("the senders are Ethereum's", output_of(said) == answer(senders))
    print(f"{said['cycles'] / len(raws):.0f} cycles a transaction")
    # s ends the transaction: with another lowest bit somebody else signed, or nobody; never these.
    file.write_bytes(encoded(r[:-1] + bytes([r[-1] ^ 1]) for r in raws))
    spoilt = output_of(polypoly_json("run", elf, "--input", file))
    check("spoilt signatures have other senders", spoilt[:16] == answer(senders)[:16] and spoilt != answer(senders))
    file.write_bytes(encoded([b"", raws[0][:-1], raws[0] + b"\0", b"\x03" + raws[0][1:], raws[0]]))
    check("what is no transaction has no sender",
          output_of(polypoly_json("run", elf, "--input", file)) == answer([None] * 4 + senders[:1]))
    file.write_bytes(encoded(raws[:2])[:-1])
    polypoly_json("run", elf, "--input", file, code=1)

    file.write_bytes(encoded(raws[:count]))
    took = polypoly_json("prove", elf, "--input", file, "-o", proof, "--set", chosen)
    claim = polypoly_json("verify", proof, "--program", elf, "--input", file, "--accept-test-set")
    check("proven", claim.get("proven") is True)
    check("of these senders", output_of(claim) == answer(senders[:count]))
    print(f"{count} proven: {took['cycles']} cycles, {took['shards']} shards, {took['bytes']} bytes, "
          f"{sum(took['seconds'].values()):.1f} s")
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed > 0)
