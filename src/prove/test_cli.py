#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tries polypoly prove and verify as a user would. Usage: test_cli.py BUILD-FOLDER"""
import json
import pathlib
import subprocess
import sys
import tempfile

build = pathlib.Path(sys.argv[1]).resolve()
polypoly = build / "bin" / "polypoly"
guests = build / "guests"
passed = failed = 0


def run(*words):
    return subprocess.run([str(polypoly), *map(str, words)], capture_output=True, timeout=100, check=False)


def check(name, condition, result):
    global passed, failed
    if condition:
        passed += 1
        return
    failed += 1
    print(f"FAILED: {name}\n  ", result.returncode, result.stdout[-500:], result.stderr[-500:])


def no(result, code, *words):
    text = result.stderr.decode()
    return result.returncode == code and text.count("\n") == 1 and all(w in text for w in words)


def main(folder):
    proof, again = folder / "fib.proof", folder / "again.proof"
    bind = "0x" + "ab" * 32
    r = run("prove", guests / "fib.elf", "--input-u64", 50, "-o", proof, "--set", "test", "--bind", bind, "--json")
    check("prove", r.returncode == 0 and json.loads(r.stdout)["cycles"] > 100, r)
    r = run("prove", guests / "fib.elf", "--input-u64", 50, "-o", again, "--set", "test", "--bind", bind,
            "--threads", 2)
    check("the same bytes from two threads", again.read_bytes() == proof.read_bytes(), r)
    (folder / "n").write_bytes((50).to_bytes(8, "little"))
    accept = ("--accept-test-set",)
    r = run("verify", proof, "--program", guests / "fib.elf", "--input", folder / "n", "--bind", bind, "--json", *accept)
    claim = json.loads(r.stdout) if r.returncode == 0 else {}
    check("verify", claim.get("proven") is True and claim["context"] == bind, r)
    out = json.loads(run("run", guests / "fib.elf", "--input-u64", 50, "--json").stdout)
    check("output as run says", claim.get("output", "").removeprefix("0x") == out["output"].removeprefix("0x"), r)
    check("program_id as id says",
          run("id", guests / "fib.elf").stdout.decode().strip() == claim.get("program_id"), r)
    check("the weak set is refused", no(run("verify", proof), 1, "parameter set"), run("verify", proof))
    r = run("verify", proof, "--program", guests / "empty.elf", *accept)
    check("another program", no(r, 1, "another program"), r)
    ids = {name: json.loads(run("verify", proof, "--json", *accept).stdout)[name] for name in ("program_id", "input_id")}
    r = run("verify", proof, "--program-id", ids["program_id"], "--input-id", ids["input_id"], *accept)
    check("verify by ids", r.returncode == 0 and r.stdout.endswith(b"proven\n"), r)
    for option, name, word in (("--program-id", "input_id", "another program"), ("--input-id", "program_id", "another input")):
        r = run("verify", proof, option, ids[name], *accept)
        check(f"verify: {word}", no(r, 1, word) and r.stdout == b"", r)
    r = run("verify", proof, "--bind", "00" * 32, *accept)
    check("bound to something else", no(r, 1, "something else"), r)
    r = run("verify", proof, "--input", guests / "fib.elf", *accept)
    check("another input", no(r, 1, "another input"), r)
    r = run("verify", proof, "--input-u64", 50, *accept)
    check("this number", r.returncode == 0, r)
    r = run("verify", proof, "--input-u64", 51, *accept)
    check("another number", no(r, 1, "another input"), r)
    r = run("input-id", "--input-u64", 50)
    check("input-id of a number", r.stdout.decode().strip() == claim.get("input_id"), r)
    check("input-id of the same bytes", run("input-id", folder / "n").stdout == r.stdout, r)
    spoilt = bytearray(proof.read_bytes())
    spoilt[-30] ^= 1
    again.write_bytes(spoilt)
    r = run("verify", again, *accept)
    check("spoilt", no(r, 1, "not proven"), r)
    again.write_bytes(proof.read_bytes() + b"\0" * 8)
    r = run("verify", again, *accept)
    check("bytes too many", no(r, 2, "bytes too many"), r)
    r = run("verify", guests / "fib.elf")
    check("no proof file", no(r, 2, "not a proof file"), r)
    r = run("verify", folder / "nothing")
    check("unreadable", no(r, 2, "nothing"), r)
    r = run("prove", guests / "fib.elf", "--input-u64", 50, "-o", folder / "x", "--limit", 20)
    check("a run that is cut off", no(r, 1, "halts with exit code 0") and not (folder / "x").exists(), r)
    for words in (["prove"], ["prove", guests / "fib.elf"], ["verify"], ["verify", proof, "--bind", "12"],
                  ["prove", guests / "fib.elf", "-o", "x", "--set", "none"], ["verify", proof, "--what"], ["verify", proof, "--input-u64", "x"],
                  ["verify", proof, "--input-u64", "1", "--input", "x"], ["input-id", "--input-u64", "x"],
                  ["input-id", "--what"], ["input-id"]):
        r = run(*words)
        check(f"usage {words}", no(r, 2, "--help"), r)


if not (guests / "fib.elf").exists():
    print("no guests: clang-19 and lld-19 build them\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    main(pathlib.Path(name))
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed > 0)
