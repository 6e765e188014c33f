#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tries polypoly prove --plan, --shard, --resume and join as a user would. Usage: test_shards.py BUILD-FOLDER"""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

build = pathlib.Path(sys.argv[1]).resolve()
polypoly = build / "bin" / "polypoly"
fib = build / "guests" / "fib.elf"
passed = failed = 0
SIZE = ("--set", "test", "--memory", "400M")


def run(*words):
    return subprocess.run([str(polypoly), *map(str, words)], capture_output=True, timeout=200, check=False)


def check(name, condition, result=None):
    global passed, failed
    if condition:
        passed += 1
        return
    failed += 1
    print(f"FAILED: {name}")
    if result is not None:
        print("  ", result.returncode, result.stdout[-500:], result.stderr[-500:])


def no(result, code, *words):
    text = result.stderr.decode()
    return result.returncode == code and text.count("\n") == 1 and all(w in text for w in words)


def prove_half(work, shards, first):
    """Every second shard, in a process of its own."""
    script = "; ".join(f"'{polypoly}' prove --shard {work}/{i:05}.shard -o {work}/{i:05}.proof --threads 1 >&2 || exit 1"
                       for i in range(first, shards, 2))
    return subprocess.Popen(["sh", "-c", script], stderr=subprocess.DEVNULL)


def main(folder):
    words = (fib, "--input-u64", 40000, *SIZE)
    one = folder / "one.proof"
    r = run("prove", *words, "-o", one, "--json")
    check("prove in one go", r.returncode == 0, r)
    shards = json.loads(r.stdout)["shards"]
    check("three shards", shards == 3, r)
    check("the work is gone", not (folder / "one.proof.work").exists())
    accept = ("--accept-test-set",)
    r = run("verify", one, "--program", fib, *accept)
    check("verify", r.returncode == 0, r)

    # Two processes, each with half of the shards.
    work, joined = folder / "work", folder / "joined.proof"
    r = run("prove", *words, "--plan", work, "--json")
    plan = json.loads(r.stdout) if r.returncode == 0 else {"plan": []}
    check("plan", plan.get("shards") == shards == len(plan["plan"]), r)
    check("the plan covers the run", sum(s["cycles"] for s in plan["plan"]) == plan.get("cycles"), r)
    check("no shard is larger than it may be", all(s["cells"] <= 1 << 21 for s in plan["plan"]), r)
    check("planning again changes nothing", run("prove", *words, "--plan", work).returncode == 0)
    check("only printed", json.loads(run("prove", *words, "--plan", "-", "--json").stdout) == plan)
    r = run("join", work, "-o", joined)
    check("nothing is proven yet", no(r, 1, "00000.proof", "missing") and not joined.exists(), r)
    halves = [prove_half(work, shards, first) for first in (0, 1)]
    check("both halves", all(h.wait(200) == 0 for h in halves))
    r = run("join", work, "-o", joined, "--json")
    spoilt = bytearray(one.read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    (folder / "spoilt").write_bytes(spoilt)
    q = run("verify", folder / "spoilt", *accept)
    check("which shard is spoilt", no(q, 1, "shard 2 of 3: ", "not valid"), q)
    (folder / "spoilt").write_bytes(one.read_bytes()[:-8])
    q = run("verify", folder / "spoilt", *accept)
    check("a proof cut short", no(q, 2, "cut short"), q)
    check("join", r.returncode == 0 and json.loads(r.stdout)["shards"] == shards, r)
    check("the same bytes", joined.read_bytes() == one.read_bytes(), r)

    # Wrong files.
    joined.unlink()
    first, second = work / "00000.proof", work / "00001.proof"
    keep = second.read_bytes()
    shutil.copy(first, second)
    r = run("join", work, "-o", joined)
    check("a shard in another's place", no(r, 1, "00001.proof", "does not start where"), r)
    second.unlink()
    r = run("join", work, "-o", joined)
    check("a shard left out", no(r, 1, "00001.proof", "missing"), r)
    second.write_bytes(keep[:-60] + bytes([keep[-60] ^ 1]) + keep[-59:])
    r = run("join", work, "-o", joined)
    check("a spoilt proof", no(r, 1, "00001.proof"), r)
    second.write_bytes(b"nonsense")
    r = run("join", work, "-o", joined)
    check("no proof", no(r, 1, "00001.proof"), r)
    os.truncate(second, (16 << 20) + 1)
    r = run("join", work, "-o", joined)
    check("a proof that is too large", no(r, 1, "00001.proof"), r)
    shutil.copy(first, second)
    (work / "00002.proof").rename(folder / "third")
    r = run("join", work, "--missing")
    check("what is missing", r.returncode == 0 and r.stdout == b"00001\n00002\n", r)
    r = run("join", work, "--missing", "--json")
    check("what is missing, for machines", json.loads(r.stdout) == {"shards": 3, "missing": [1, 2]}, r)
    (folder / "third").rename(work / "00002.proof")
    check("nothing was written", not list(folder.glob("joined*")))
    second.write_bytes(keep)
    check("nothing is missing", run("join", work, "--missing").stdout == b"")
    check("shards are private", (work / "00001.shard").stat().st_mode & 0o777 == 0o600
          and work.stat().st_mode & 0o777 == 0o700)
    r = run("prove", "--shard", first, "-o", folder / "x")
    check("a proof is no shard", no(r, 2, "00000.proof", "not a shard"), r)
    shard = (work / "00001.shard").read_bytes()
    (folder / "bad.shard").write_bytes(shard[:1000] + bytes([shard[1000] ^ 1]) + shard[1001:])
    r = run("prove", "--shard", folder / "bad.shard", "-o", folder / "x")
    check("a damaged shard", no(r, 2, "bad.shard", "damaged"), r)
    r = run("join", folder / "nowhere", "-o", joined)
    check("no folder", no(r, 2, "nowhere"), r)
    (folder / "empty").mkdir()
    r = run("join", folder / "empty", "-o", joined)
    check("no plan", no(r, 2, "plan"), r)
    (folder / "empty" / "plan").write_bytes(b"plan")
    r = run("join", folder / "empty", "-o", joined)
    check("a wrong plan", no(r, 2, "plan"), r)
    r = run("prove", fib, "--input-u64", 40001, *SIZE, "--plan", work)
    check("another run's folder", no(r, 2, "another run"), r)
    check("and its shards are as they were", (work / "00001.shard").read_bytes() == shard)
    r = run("prove", *words[:-1], "500M", "--plan", work)
    check("other shards' folder", no(r, 2, "other shards"), r)

    # Files that were lost or damaged, and stale ones.
    (work / "00001.shard").write_bytes(shard[:-1])
    (work / "00002.shard").unlink()
    (work / "00003.proof").write_bytes(keep)
    (work / "00004.shard").write_bytes(shard)
    (work / "mine.txt").write_text("mine")
    r = run("prove", *words, "--plan", work)
    check("planned again", r.returncode == 0 and (work / "00001.shard").read_bytes() == shard, r)
    check("what was lost is there, what is stale is not", sorted(p.name for p in work.iterdir()) == sorted(
        [f"0000{i}.{kind}" for i in range(3) for kind in ("shard", "proof")] + ["plan", "mine.txt"]))
    (work / "plan").write_bytes((work / "plan").read_bytes()[:-1])
    r = run("prove", *words, "--plan", work)
    check("a damaged plan", no(r, 2, "plan", "damaged"), r)

    # Where the proof cannot be written is told before anything is proven.
    os.symlink(one, folder / "link")
    os.mkfifo(folder / "fifo")
    for bad in ("link", "fifo", "work", "nowhere/proof"):
        r = run("prove", *words, "-o", folder / bad)
        check(f"-o {bad}", no(r, 2, bad), r)
        r = run("prove", "--shard", work / "00000.shard", "-o", folder / bad)
        check(f"--shard -o {bad}", no(r, 2, bad), r)
        check(f"no work for {bad}", not list(folder.glob("*.work")))

    # A kill, at any moment, and on.
    again, work = folder / "again.proof", folder / "again.proof.work"
    killed = subprocess.Popen([str(polypoly), "prove", *map(str, words), "-o", str(again)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 100
    while not (work / "00000.proof").exists() and time.monotonic() < end:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    check("killed before its end", (work / "00000.proof").exists() and not again.exists())
    stamp = os.stat(work / "00000.proof").st_mtime_ns
    (work / "00000.proof.1-0.tmp").write_bytes(b"left by a kill")
    # What a disk might do to the rest.
    (work / "00001.proof").write_bytes(keep[:1000])
    (work / "00002.shard").unlink(missing_ok=True)
    (work / "00007.shard").write_bytes(shard)
    r = run("prove", *words, "-o", again)
    check("without --resume it touches nothing", no(r, 2, "--resume"), r)
    r = run("prove", fib, "--input-u64", 40001, *SIZE, "-o", again, "--resume")
    check("another run does not go on with it", no(r, 2, "another run"), r)
    check("nothing is lost by asking", os.stat(work / "00000.proof").st_mtime_ns == stamp)
    held = os.open(work, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    r = run("prove", *words, "-o", again, "--resume")
    check("one at a time", no(r, 2, "another process"), r)
    os.close(held)
    r = run("prove", *words, "-o", again, "--resume", "--json")
    check("it goes on", r.returncode == 0 and json.loads(r.stdout)["shards"] == shards - 1, r)
    check("to the same bytes", again.exists() and again.read_bytes() == one.read_bytes())
    check("and clears up", not work.exists())

    for words in (["join"], ["join", "x"], ["join", "x", "-o"], ["join", "x", "y", "-o", "z"], ["join", "--what"], ["join", "x", "--missing", "-o", "y"],
                  ["prove", "--shard", "x"], ["prove", "--shard", "x", "-o", "y", "--bind", "0x" + 64 * "1"],
                  ["prove", "--shard", "x", "-o", "y", "--set", "fast"],
                  ["prove", "--shard", "x", "-o", "y", "--input-u64", "1"], ["prove", fib, "--shard", "x", "-o", "y"],
                  ["prove", fib, "--plan", "x", "-o", "y"], ["prove", fib, "-o", "y", "--memory", "much"],
                  ["prove", fib, "-o", "y", "--memory", "1M"]):
        r = run(*words)
        check(f"usage {words}", no(r, 2, "--help"), r)


if not fib.exists():
    print("no guests: clang-19 and lld-19 build them\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    main(pathlib.Path(name))
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed > 0)
