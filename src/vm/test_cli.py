#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tries polypoly run, id, input-id and new as a user would. Usage: test_cli.py BUILD-FOLDER"""
import functools
import hashlib
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

build = pathlib.Path(sys.argv[1]).resolve()
polypoly = build / "bin" / "polypoly"
root = pathlib.Path(__file__).resolve().parents[2]
fuzz = root / "fuzz" / "vm_elf"
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
    check("json says why there are no tables", "exit code 16" in out["no_tables"]
          and "tables" not in out, r)
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
    group, alone, wrong = run("rollup", "--help"), run("rollup"), run("rollup", "sennd")
    check("help of a group", group.returncode == 0 and b"  rollup send " in group.stdout
          and b"market" not in group.stdout)
    check("a group alone", alone.returncode == 2 and alone.stderr == group.stdout)
    check("not of the group", wrong.returncode == 2 and b"'rollup sennd'" in wrong.stderr
          and b"polypoly rollup --help" in wrong.stderr and wrong.stderr.count(b"\n") == 1)


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


def ids_by_the_reference(folder):
    """program_id and input_id of spec/ids.py, which shares no code with the program."""
    sys.path.insert(0, str(root / "spec"))
    import ids as reference
    vm = bytes.fromhex(run("id", "--vm").stdout.decode().strip()[2:])
    programs = sorted(fuzz.glob("*.elf"))
    programs += [p for p in [build / "guests" / "fib.elf"] if p.exists()]
    for path in programs:
        r = run("id", path)
        check(f"id of {path.name} by the reference", r.stdout.decode().strip()
              == "0x" + reference.program_id(path.read_bytes(), vm).hex(), r)
    for size in (0, 1, 503, 504, 505, 3000):
        data = bytes(7 * i & 255 for i in range(size))
        r = run("input-id", "-", data=data)
        check(f"input-id of {size} bytes by the reference",
              r.stdout.decode().strip() == "0x" + reference.input_id(data).hex(), r)


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


def null_store(folder, compiler):
    """What C calls undefined is not optimised away: a store to null ends the run. clang keeps even one
    that it knows to be to null (flags-common.txt); gcc drops that, and keeps one it cannot know."""
    project = folder / f"hello-{compiler}"
    if not project.exists():
        return
    known = " & 0" if compiler == "clang" else ""
    (project / "main.c").write_text(f"""#include "polypoly.h"
__attribute__((noinline)) static void set(uint64_t *p) {{ *p = 1; }}
int main(void) {{ set((uint64_t *)(pp_input_u64(0){known})); return 0; }}
""")
    make = subprocess.run(["make", "-s", f"COMPILER={compiler}"], cwd=project, capture_output=True,
                          timeout=60, check=False)
    r = run("run", project / f"{project.name}.elf")
    check(f"null store with {compiler}", make.returncode == 0 and r.returncode == 1
          and b"bad-store: store to 0x0 in the null page" in r.stdout, r)


def native_project(folder):
    """The same guest as an ordinary program: same text, same output; the sanitizer at work."""
    global skipped
    if not (shutil.which("make") and shutil.which("cc")):
        print("SKIPPED: make native: make or cc is missing")
        skipped += 1
        return
    run("new", "native", cwd=folder)
    project = folder / "native"
    make = subprocess.run(["make", "-s", "native"], cwd=project, capture_output=True, timeout=120,
                          check=False)
    check("make native", make.returncode == 0 and b"words: 10" in make.stderr
          and b"output  8 bytes: 0a00000000000000" in make.stdout, make)
    main = project / "main.c"
    main.write_text(main.read_text().replace("i < size", "i <= size"))
    make = subprocess.run(["make", "-s", "native"], cwd=project, capture_output=True, timeout=120,
                          check=False)
    check("a read past the input is seen", make.returncode != 0
          and b"heap-buffer-overflow" in make.stderr, make)


@functools.cache
def keccak256(data):
    """Keccak-256 by its specification, bit rates and lanes: the guests' hash is not hashlib's SHA-3."""
    mask, rate = (1 << 64) - 1, 136
    lanes = [0] * 25

    def rotate(x, n):
        return (x << n | x >> (64 - n)) & mask if n else x

    def permute():
        bit = 1
        for _ in range(24):
            columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
            for i in range(25):
                lanes[i] ^= columns[(i + 4) % 5] ^ rotate(columns[(i + 1) % 5], 1)
            x, y, moved = 1, 0, lanes[1]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                moved, lanes[x + 5 * y] = lanes[x + 5 * y], rotate(moved, (t + 1) * (t + 2) // 2 % 64)
            for row in range(0, 25, 5):
                old = lanes[row:row + 5]
                for i in range(5):
                    lanes[row + i] = old[i] ^ (~old[(i + 1) % 5] & mask & old[(i + 2) % 5])
            for j in range(7):
                if bit & 1:
                    lanes[0] ^= 1 << ((1 << j) - 1)
                bit = (bit << 1) ^ (0x171 if bit & 0x80 else 0)

    padded = bytearray(data + bytes(rate - len(data) % rate))
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    for at in range(0, len(padded), rate):
        for i in range(rate // 8):
            lanes[i] ^= int.from_bytes(padded[at + 8 * i:at + 8 * i + 8], "little")
        permute()
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


@functools.cache
def keccak256_chain(n):
    value = bytes(32)
    for _ in range(n):
        value = keccak256(value)
    return value


def sha256_chain(n):
    value = bytes(32)
    for _ in range(n):
        value = hashlib.sha256(value).digest()
    return value


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) & 0xffffffff
    return a.to_bytes(4, "little")


def matmul(n):
    a = [i * 2654435761 for i in range(n * n)]
    b = [i * 2246822519 + 1 for i in range(n * n)]
    total = sum((i + 1) * sum(a[i * n + k] * b[k * n + j] for k in range(n))
                for i in range(n) for j in range(n))
    return (total & 0xffffffff).to_bytes(4, "little")


def quicksort(n):
    words, seed = [], 1
    for _ in range(n):
        seed = (seed * 1664525 + 1013904223) & 0xffffffff
        words.append(seed)
    words.sort()
    return b"".join(words[i].to_bytes(4, "little") for i in (0, n // 2, n - 1))


def hashes():
    """Hashes of every length on the machine's calls, against hashlib and the Keccak above."""
    global skipped
    rng = random.Random(0x686173686573)
    for size in (0, 1, 64, rng.randrange(308, 5000)):
        data = rng.randbytes(size)
        parts = []
        while len(parts) < 301 and len(parts) + len(parts) * 5 % 8 <= size:
            n = len(parts)
            parts.append(data[n * 5 % 8:n * 5 % 8 + n])
        parts.append(data)
        expected = b""
        for hash in (lambda m: hashlib.sha256(m).digest(), keccak256):
            expected += hash(b"".join(hash(part) for part in parts))
        for file in (build / "guests/hashes.elf", build / "guests/gcc/hashes.elf"):
            if not file.exists():
                print(f"SKIPPED: {file.relative_to(build)} was not built")
                skipped += 1
                continue
            with tempfile.NamedTemporaryFile() as f:
                f.write(data)
                f.flush()
                r = run("run", file, "--json", "--input", f.name)
                check(f"{file.relative_to(build)} of {size} bytes",
                      json.loads(r.stdout)["output"] == expected.hex(), r)


def bench_guests():
    """The benchmark guests compute what Python computes, at sizes given and at the default."""
    global skipped
    guests = {"sha256": (lambda n: hashlib.sha256(bytes(i & 255 for i in range(n))).digest(),
                         [0, 55, 56, 64, 300], 2048),
              "keccak256": (lambda n: keccak256(bytes(i & 255 for i in range(n))),
                            [0, 1, 135, 136, 137, 300], 2048),
              "keccak256_chain": (keccak256_chain, [0, 1, 20], 1000),
              "keccak256_accelerated": (keccak256_chain, [0, 1, 20], 1000),
              "sha256_chain": (sha256_chain, [0, 1, 20], 1000),
              "sha256_accelerated": (sha256_chain, [0, 1, 20], 1000), "fib": (fib, [0, 1, 2, 1000], 100000),
              "matmul": (matmul, [1, 5, 16], 64), "quicksort": (quicksort, [1, 2, 999], 100000),
              "ecdsa_verify": (lambda n: n.to_bytes(8, "little"), [0, 2], 1)}
    for name, (expected, sizes, default) in guests.items():
        for file in (build / "guests" / f"{name}.elf", build / "guests" / "gcc" / f"{name}.elf"):
            if not file.exists():
                print(f"SKIPPED: {file.relative_to(build)} was not built")
                skipped += 1
                continue
            for n in sizes:
                r = run("run", file, "--json", "--input-u64", n)
                check(f"{file.name} of {n}", json.loads(r.stdout)["output"] == expected(n).hex(), r)
            r = run("run", file, "--json")
            check(f"{file.name} by default",
                  json.loads(r.stdout)["output"] == expected(default).hex(), r)


with tempfile.TemporaryDirectory() as work:
    here = pathlib.Path(work)
    run_command(here)
    refusals(here)
    ids(here)
    ids_by_the_reference(here)
    new_project(here, "clang")
    new_project(here, "gcc")
    null_store(here, "clang")
    null_store(here, "gcc")
    native_project(here)
hashes()
bench_guests()
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed else 0)
