#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""polypoly soundness as people and machines meet it. usage: tests/soundness_cli.py POLYPOLY"""
import json
import subprocess
import sys

program = sys.argv[1]


def run(*words):
    r = subprocess.run([program, "soundness", *words], capture_output=True, text=True)
    return r.returncode, r.stdout, r.stderr


code, out, _ = run("--json")
sets = json.loads(out)
assert code == 0 and {s["set"] for s in sets} == {"fast", "small"}
for s in sets:
    assert s["secure"] and s["round_by_round"] >= 128 and s["digest_collision"] >= 128
    assert min(r["bits"] for r in s["rounds"]) == s["round_by_round"]
    total = sum(r["times"] * 2.0**-r["bits"] for r in s["rounds"])
    assert abs(2.0**-s["interactive"] / total - 1) < 1e-3
    names = {r["round"] for r in s["rounds"]}
    assert {"codeword 0: queries", "buses: alpha, beta", "tables: rounds"} <= names
    assert all(abs(r["error_bits"] + r["grind"] - r["bits"]) < 1e-3 and r["source"] for r in s["rounds"])

code, out, _ = run("--set", "fast", "--cells", "26")
assert code == 0 and "round by round" in out and "interactive" in out and "BCHKS25" in out
# Shards add their errors, and weaken no round.
one, many = (json.loads(run("--set", "fast", "--json", *words)[1]) for words in ((), ("--shards", "1024")))
assert abs(one["interactive"] - many["interactive"] - 10) < 1e-3
assert one["round_by_round"] == many["round_by_round"] and one["rounds"] == many["rounds"]
code, out, _ = run("--set", "test", "--json")
assert code == 0 and not json.loads(out)["secure"]
for words in (("--set", "huge"), ("--set",), ("--cells", "20"), ("--set", "small", "--cells", "27"),
              ("--set", "small", "--cells", "2x"), ("--fast",), ("--shards", "0"), ("--shards", "65537")):
    code, out, err = run(*words)
    assert code == 2 and out == "" and err.count("\n") == 1 and err.startswith("polypoly soundness: "), words
print("soundness: every figure consistent, every misuse one sentence")
