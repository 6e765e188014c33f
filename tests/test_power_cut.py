#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Power cuts, simulated: what was not synced is dropped, torn or reordered.

usage: test_power_cut.py PROGRAM POWERCUT.SO [--cuts N]

Everything that the program does to its directory is written down in order (tests/powercut.c). For a
moment chosen at random a directory is made of what a disk may hold then: of each file the content at
its last sync and any of the writes behind it, whole or torn at a sector's edge; of each folder the
names at its last sync and any of the changes behind it. The program is started on that directory. No
block that was synced, and no transaction that a wallet was told is taken, may be gone or stand twice;
whatever moment of a pruning it was, the log is the old one or the new one.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
import seed  # noqa: E402
import test_node  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECTOR = 512


class File:
    """Content that is on disk for sure, and what was done behind it: (offset, bytes) or a new size."""

    def __init__(self, durable=b""):
        self.durable, self.pending = bytearray(durable), []

    def sync(self):
        for change in self.pending:
            apply(self.durable, change)
        self.pending = []

    def left(self, rng, mode):
        """What may be left of it."""
        data = bytearray(self.durable)
        for change in self.pending:
            keep = mode == "all" or (mode == "some" and rng.random() < 0.6)
            if not keep:
                continue
            if mode == "some" and not isinstance(change, int) and rng.random() < 0.4:
                at, new = change
                cut = rng.randrange(len(new) + 1) // SECTOR * SECTOR
                change = (at, new[:cut]) if rng.random() < 0.5 else (at + cut, new[cut:])
            apply(data, change)
        return data


def apply(data, change):
    if isinstance(change, int):
        del data[change:]
        data.extend(bytes(change - len(data)))
        return
    at, new = change
    if new:
        data.extend(bytes(max(0, at - len(data))))
        data[at:at + len(new)] = new


class Disk:
    """The directory as the operations go by."""

    def __init__(self, base):
        self.names, self.numbers = {}, {}  # durable: path -> File, or None for a folder
        self.now = {}
        self.pending = []  # (folder, change of a name), in order
        for path in sorted(base.rglob("*")):
            name = str(path.relative_to(base))
            self.names[name] = None if path.is_dir() else File(path.read_bytes())
        self.now = dict(self.names)

    def change(self, kind, *names):
        self.pending.append((os.path.dirname(names[-1]), kind, names))

    def do(self, op):
        kind, words, data = op
        if kind == "C":
            name = words[1]
            if self.now.get(name) is None:
                self.now[name] = File()
                self.change("link", self.now[name], name)
            self.numbers[words[0]] = self.now[name]
        elif kind == "W":
            self.numbers[words[0]].pending.append((int(words[1]), data))
        elif kind == "T":
            self.numbers[words[0]].pending.append(int(words[1]))
        elif kind == "S":
            self.numbers[words[0]].sync()
        elif kind == "R":
            self.now[words[1]] = self.now.pop(words[0])
            self.change("rename", words[0], words[1])
        elif kind == "U":
            self.now.pop(words[0], None)
            self.change("unlink", words[0])
        elif kind == "D":
            self.now[words[0]] = None
            self.change("link", None, words[0])
        elif kind == "F":
            folder = words[0] if words else ""
            self.names = self.with_changes(lambda entry: entry[0] == folder)
            self.pending = [entry for entry in self.pending if entry[0] != folder]

    def with_changes(self, chosen):
        names = dict(self.names)
        for entry in self.pending:
            if not chosen(entry):
                continue
            _, kind, args = entry
            if kind == "link":
                names[args[1]] = args[0]
            elif kind == "unlink":
                names.pop(args[0], None)
            elif args[0] in names:
                names[args[1]] = names.pop(args[0])
            else:
                # The name given before is not on disk: the file is that of now, under its last name.
                names[args[1]] = self.now.get(args[1], names.get(args[1]))
        return names

    def make(self, to, rng, mode):
        names = self.with_changes(lambda _: mode == "all" or (mode == "some" and rng.random() < 0.6))
        to.mkdir(parents=True)
        for name, file in sorted(names.items()):
            parent = os.path.dirname(name)
            if parent and parent not in names:
                continue
            if file is None:
                (to / name).mkdir(exist_ok=True)
            elif (to / name).parent.is_dir():
                (to / name).write_bytes(file.left(rng, mode))
                (to / name).chmod(0o600)


def operations(path):
    data, at, out = path.read_bytes(), 0, []
    while at < len(data):
        end = data.index(b"\n", at)
        kind, *words = data[at:end].decode().split(" ")
        at = end + 1
        size = int(words[2]) if kind == "W" else 0
        out.append((kind, [w for w in words if w], data[at:at + size]))
        at += size
    return out


def environment(args, folder, log):
    return dict(os.environ, LD_PRELOAD=args.shim, PP_CUT_DIR=str(folder), PP_CUT_LOG=str(log))


def moments(args, ops, count):
    """Random ones, every other one just before or after a sync; and what becomes of what is not synced."""
    syncs = [i + d for i, (kind, _, _) in enumerate(ops) if kind in "SF" for d in (0, 1)]
    out = [(args.random.choice(syncs) if i % 2 else args.random.randrange(len(ops) + 1),
            args.random.choice(("none", "some", "some", "all"))) for i in range(count)]
    return sorted(out)


def directories(args, base, ops, cuts, work):
    """For each cut: its number of operations, and the directory that is left."""
    disk, done = Disk(base), 0
    for number, (cut, mode) in enumerate(cuts):
        while done < cut:
            disk.do(ops[done])
            done += 1
        to = work / f"cut-{number}"
        disk.make(to, args.random, mode)
        yield cut, mode, to
        shutil.rmtree(to)


# ---- the replay -------------------------------------------------------------------------------


def replay(args, work, folder, **kw):
    return subprocess.run([args.program, "rollup", "replay", str(work / "block.json"), "--data", str(folder),
                           "--batch", "4", "--check", "re-execute", "--json"], capture_output=True, text=True, **kw)


def record_ends(log):
    at, out = 0, []
    while at < len(log):
        at += 56 + int.from_bytes(log[at + 4:at + 8], "little") + 32
        out.append(at)
    return out


def twelve(work):
    """The block that is replayed: its first twelve transactions."""
    block = json.loads((ROOT / "examples/mainnet-22244135.json").read_text())
    block["transactions"] = block["transactions"][:12]
    (work / "block.json").write_text(json.dumps(block))


def test_replay(args, work):
    """The same log, byte for byte, whenever the power went: equal logs, equal states."""
    twelve(work)
    folder, base, log = work / "data", work / "base", work / "operations"
    done = replay(args, work, folder)
    assert done.returncode == 0, done.stderr
    secrets = (folder / "provers.json").read_bytes()
    shutil.rmtree(folder)
    for path in (folder, base):
        path.mkdir()
        (path / "provers.json").write_bytes(secrets)
    done = replay(args, work, folder, env=environment(args, folder, log))
    assert done.returncode == 0, done.stderr
    want, whole = json.loads(done.stdout), (folder / "chain.log").read_bytes()
    ops = operations(log)
    number = next(w[0] for k, w, _ in ops if k == "C" and w[1] == "chain.log")
    ends, synced, size = record_ends(whole), [0], 0
    for kind, words, data in ops:  # bytes of the log that are acknowledged behind each operation
        if kind == "W" and words[0] == number:
            size = max(size, int(words[1]) + len(data))
        synced.append(size if kind == "S" and words[0] == number else synced[-1])
    assert synced[-1] == len(whole) and sum(k == "S" and w[0] == number for k, w, _ in ops) >= len(ends)
    for cut, mode, left in directories(args, base, ops, moments(args, ops, args.cuts), work):
        there = (left / "chain.log").read_bytes() if (left / "chain.log").exists() else b""
        assert there[:synced[cut]] == whole[:synced[cut]], "the simulation lost what was synced"
        done = replay(args, work, left)
        assert done.returncode == 0, f"cut {cut} {mode}: {done.stderr}"
        assert json.loads(done.stdout) == want, f"cut {cut} {mode}"
        assert (left / "chain.log").read_bytes() == whole, f"cut {cut} {mode}: another log"
    return f"{args.cuts} cuts among {len(ops)} operations"


# ---- the node ---------------------------------------------------------------------------------


def test_node_keeps_what_it_took(args, work):
    """What a wallet was told is taken is ordered, once, whenever the power went."""
    folder, base, log = work / "node", work / "node-base", work / "node-operations"
    node = test_node.Node(args.program, str(folder))
    assert node.init().returncode == 0
    shutil.copytree(folder, base)
    before = dict(os.environ)
    os.environ.update(environment(args, folder, log))
    try:
        node.start()
    finally:
        os.environ.clear()
        os.environ.update(before)
    to, told = bytes(19) + b"\x77", []
    for n in range(args.transactions):
        raw = eth.transfer(test_node.KEYS[n % 4], test_node.CHAIN, n // 4, to, 1)
        answer = node.send(raw)
        assert "result" in answer, answer
        told.append((test_node.hash_of(raw), log.stat().st_size))
    node.receipt(told[-1][0])
    code, err = node.stop()
    assert code == 0, err
    ops, sizes, at = operations(log), [0], 0
    data = log.read_bytes()
    for kind, words, payload in ops:
        at = data.index(b"\n", at) + 1 + len(payload)
        sizes.append(at)
    count = max(2, args.cuts // 3)
    for cut, mode, left in directories(args, base, ops, moments(args, ops, count), work):
        acknowledged = [h for h, size in told if size <= sizes[cut]]
        again = test_node.Node(args.program, str(left))
        try:
            again.start()
            for h in acknowledged:
                assert again.receipt(h)["status"] == "0x1", f"cut {cut} {mode}: {h} is gone"
            balance = int(again.result("eth_getBalance", "0x" + to.hex(), "latest"), 16)
            assert len(acknowledged) <= balance <= len(told), f"cut {cut} {mode}: {balance}"
        finally:
            code, err = again.stop()
        assert code == 0, err
        audit = subprocess.run([args.program, "audit", str(left)], capture_output=True, text=True)
        assert audit.returncode == 0, audit.stderr
    return f"{count} cuts among {len(ops)} operations, {len(told)} transactions"


# ---- pruning ----------------------------------------------------------------------------------


def audited(args, folder):
    """What an audit says of the state."""
    done = subprocess.run([args.program, "audit", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith(("  state hash", "  root"))]
    assert lines, done.stdout
    return lines


def test_prune(args, work):
    """The snapshot, the log that takes the old one's place, what is removed: the same state after any cut."""
    twelve(work)
    folder, base, log = work / "data", work / "base", work / "operations"
    done = replay(args, work, base)
    assert done.returncode == 0, done.stderr
    want, blocks = audited(args, base), len(record_ends((base / "chain.log").read_bytes())) - 1
    # Once before, so that there is an old snapshot to be removed.
    for keep, kw in ((blocks - 2, {}), (1, {"env": environment(args, folder, log)})):
        if kw:
            shutil.copytree(base, folder)
        done = subprocess.run([args.program, "prune", str(folder if kw else base), "--keep-blocks", str(keep)],
                              capture_output=True, text=True, **kw)
        assert done.returncode == 0 and "are gone" in done.stdout, (done.stdout, done.stderr)
    ops = operations(log)
    assert sum(k == "R" for k, _, _ in ops) >= 2 and any(k == "U" for k, _, _ in ops), ops
    for cut, mode, left in directories(args, base, ops, moments(args, ops, args.cuts), work):
        assert audited(args, left) == want, f"cut {cut} {mode}"
        again = subprocess.run([args.program, "prune", str(left), "--keep-blocks", "1"], capture_output=True, text=True)
        assert again.returncode == 0, f"cut {cut} {mode}: {again.stderr}"
        assert audited(args, left) == want, f"cut {cut} {mode}"
    return f"{args.cuts} cuts among {len(ops)} operations"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("shim")
    parser.add_argument("--cuts", type=int, default=24)
    parser.add_argument("--transactions", type=int, default=12)
    args = parser.parse_args()
    args.program, args.shim = str(pathlib.Path(args.program).resolve()), str(pathlib.Path(args.shim).resolve())
    args.random = seed.rng()
    if os.environ.get("PP_SANITIZED"):
        print("SKIPPED: sanitizers want to be loaded first themselves")
        sys.exit(77)
    for test in (test_replay, test_prune, test_node_keeps_what_it_took):
        with tempfile.TemporaryDirectory(prefix="pp-cut-") as work:
            print(f"{test.__name__}: {test(args, pathlib.Path(work))}", flush=True)


if __name__ == "__main__":
    main()
