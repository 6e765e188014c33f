#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tries polypoly run, id, input-id and new as a user would. Usage: test_cli.py BUILD-FOLDER"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

build = pathlib.Path(sys.argv[1]).resolve()
polypoly = build / "bin" / "polypoly"
fuzz = pathlib.Path(__file__).resolve().parents[2] / "fuzz" / "vm_elf"
passed = failed = skipped = 0


def run(*words, cwd=None, data=b""):
    return subprocess.run([str(polypoly), *map(str, words)], cwd=cwd, input=data,
                          capture_output=True, timeout=60, check=False)


def check(name, condition, result=None):
    global passed, failed
    if condition:
        passed += 1
        return
    failed += 1
    print(f"FAILED: {name}")
    if result is not None:
        print("  ", result.returncode, result.stdout[-500:], result.stderr[-500:])


def one_sentence(result):
    text = result.stderr.decode()
    return result.returncode == 2 and text.startswith("polypoly") and text.count("\n") == 1


def run_command(folder):
    small = fuzz / "input.elf"
    r = run("run", small, "--json", "--stats", "--profile", "--input", "-", data=b"12345678")
    out = json.loads(r.stdout)
    check("json", r.returncode == 1 and out["status"] == "halted" and out["exit_code"] == 16
          and out["output"] == "08000000000000003132333435363738" and not out["ok"], r)
    check("json stats", sum(out["instructions"].values()) == out["cycles"]
          and sum(f["cycles"] for f in out["functions"]) == out["cycles"], r)
    check("input file is stdin's twin", json.loads(
        run("run", small, "--json", "--input", write(folder, "in", b"12345678")).stdout)["output"]
        == out["output"])
    r = run("run", fuzz / "loop.elf")
    check("success is 0", r.returncode == 0 and b"exit code 0" in r.stdout, r)
    r = run("run", fuzz / "loop.elf", "--limit", "5", "--json")
    out = json.loads(r.stdout)
    check("limit", r.returncode == 1 and out["status"] == "cycle-limit" and out["cycles"] == 5, r)
    r = run("run", fuzz / "mem.elf", "--pages", "1", "--json")
    check("pages", json.loads(r.stdout)["status"] == "memory-limit", r)
    check("help", b"usage: polypoly run" in run("run", "--help").stdout)


def refusals(folder):
    good = (fuzz / "halt.elf").read_bytes()
    for name, words in {
        "no program": ["run"],
        "two programs": ["run", "a", "b"],
        "unknown option": ["run", "a", "--fast"],
        "limit without value": ["run", "a", "--limit"],
        "limit of words": ["run", "a", "--limit", "ten"],
        "limit of zero": ["run", "a", "--limit", "0"],
        "limit above 64 bits": ["run", "a", "--limit", "18446744073709551616"],
        "limit with a sign": ["run", "a", "--limit", "-1"],
        "limit with a tail": ["run", "a", "--limit", "10k"],
        "two inputs": ["run", fuzz / "halt.elf", "--input", "x", "--input-u64", "1"],
        "missing program": ["run", folder / "missing.elf"],
        "missing input": ["run", fuzz / "halt.elf", "--input", folder / "missing"],
        "folder as program": ["run", folder],
        "folder as input": ["run", fuzz / "halt.elf", "--input", folder],
        "empty program": ["run", write(folder, "empty", b"")],
        "truncated program": ["run", write(folder, "cut", good[:100])],
        "other machine": ["run", polypoly],
        "text": ["run", write(folder, "text", b"hello\n" * 50)],
        "id of nothing": ["id"],
        "id of text": ["id", folder / "text"],
        "input-id of nothing": ["input-id"],
        "input-id of missing": ["input-id", folder / "missing"],
        "new without name": ["new"],
        "new with spaces": ["new", "a b"],
        "new with an option": ["new", "-x"],
        "new below nothing": ["new", folder / "no" / "where"],
        "new over a folder": ["new", folder],
    }.items():
        r = run(*words, cwd=folder)
        check(name, one_sentence(r), r)


def write(folder, name, data):
    (folder / name).write_bytes(data)
    return folder / name


def ids(folder):
    elf = fuzz / "halt.elf"
    r = run("id", elf)
    name = r.stdout.decode().strip()
    check("id", r.returncode == 0 and len(name) == 66 and name.startswith("0x"), r)
    # Symbols lie behind the loaded bytes; without them the program is the same.
    data = bytearray(elf.read_bytes())
    data[40:48] = bytes(8)
    data[60:62] = bytes(2)
    check("id without symbols", run("id", write(folder, "bare", data)).stdout == r.stdout)
    data[64 + 3 * 56] ^= 0x10  # the first instruction
    check("id of another program", run("id", write(folder, "other", data)).stdout != r.stdout)
    a, b = run("input-id", "-", data=b"abc"), run("input-id", write(folder, "abc", b"abc"))
    check("input-id", a.returncode == 0 and len(a.stdout) == 67 and a.stdout == b.stdout, a)
    seen = {run("input-id", "-", data=d).stdout for d in
            (b"", b"\0", b"\0" * 2, b"abc", b"abd", b"\0" * 503, b"\0" * 504, b"\0" * 505)}
    check("input-ids differ", len(seen) == 8)


def new_project(folder, compiler):
    tools = {"clang": ["clang-19", "ld.lld-19"], "gcc": ["riscv64-unknown-elf-gcc"]}[compiler]
    global skipped
    if not all(shutil.which(t) for t in [*tools, "make"]):
        print(f"SKIPPED: polypoly new with {compiler}: {' or '.join(tools)} is missing")
        skipped += 1
        return
    name = f"hello-{compiler}"
    r = run("new", name, cwd=folder)
    check("new", r.returncode == 0 and (folder / name / "main.c").exists(), r)
    make = subprocess.run(["make", "-s", f"COMPILER={compiler}"], cwd=folder / name,
                          capture_output=True, timeout=60, check=False)
    check(f"make with {compiler}", make.returncode == 0, make)
    r = run("run", folder / name / f"{name}.elf", "--input", folder / name / "input.txt")
    check(f"run of {compiler}'s", r.returncode == 0 and b"0a00000000000000" in r.stdout
          and b"words: 10" in r.stderr, r)
    again = subprocess.run(["make", "-s", f"COMPILER={compiler}", "run"], cwd=folder / name,
                           capture_output=True, timeout=60, check=False)
    check(f"make run with {compiler}", again.returncode == 0 and b"words: 10" in again.stderr,
          again)


with tempfile.TemporaryDirectory() as work:
    here = pathlib.Path(work)
    run_command(here)
    refusals(here)
    ids(here)
    new_project(here, "clang")
    new_project(here, "gcc")
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed else 0)
