#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The line from outside: kill -9, damage, bad files, full disk, read-only, second process.

usage: test_line.py PROGRAM [--kills N] [--flips N] [NAME...]

Standard library only. Uses the carried block examples/mainnet-22244135.json, cut short, so that
the suite's share stays small; tools/soak.sh runs 100 kills on the whole block.
"""
import argparse
import copy
import fcntl
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import seed  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = json.loads((ROOT / "examples/mainnet-22244135.json").read_text())
HEADER, LINK = 56, 32  # of a log record, src/host/log.h
PATIENCE = 600  # seconds for one run of the program: a hang is found, a loaded machine is not one


class Skip(Exception):
    pass


class Line:
    """One place to work in: the program, a file cut from the carried block, fresh directories."""

    def __init__(self, program, work, transactions, batch, check="re-execute"):
        self.program = program
        self.work = work
        self.batch = batch
        self.check = check
        self.count = 0
        self.file = work / f"block-{transactions}.json"
        if transactions == len(BLOCK["transactions"]):
            self.file.write_text(json.dumps(BLOCK))
        else:
            self.file.write_text(json.dumps(dict(BLOCK, transactions=BLOCK["transactions"][:transactions])))

    def fresh(self, secrets=None):
        self.count += 1
        path = self.work / f"data-{self.count}"
        if secrets:
            path.mkdir()
            shutil.copy(secrets, path / "provers.json")
        return path

    def command(self, data, *more, file=None):
        return [self.program, "rollup", "replay", str(file or self.file), "--data", str(data),
                "--batch", str(self.batch), "--check", self.check, *more]

    def run(self, data, *more, file=None, **kw):
        return subprocess.run(self.command(data, *more, file=file), capture_output=True, text=True,
                              timeout=PATIENCE if self.check != "proof" else 100 * PATIENCE, **kw)

    def json(self, data, *more):
        done = self.run(data, "--json", *more)
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def audit(self, data):
        return subprocess.run([self.program, "audit", str(data)], capture_output=True, text=True,
                              timeout=PATIENCE)


def one_sentence(done, code, *parts):
    """It said no in one line on stderr that holds these parts, and nothing on stdout."""
    assert done.returncode == code, f"exit {done.returncode}, not {code}: {done.stderr!r}"
    assert done.stdout == "", f"stdout: {done.stdout[:200]!r}"
    lines = done.stderr.splitlines()
    assert len(lines) == 1, f"not one line: {done.stderr!r}"
    for part in parts:
        assert part in lines[0], f"{part!r} not in {lines[0]!r}"


def records(log):
    """[(first byte, end)] of each record of a log, by its sizes."""
    out, at = [], 0
    while at < len(log):
        end = at + HEADER + int.from_bytes(log[at + 4:at + 8], "little") + LINK
        out.append((at, end))
        at = end
    return out


def payloads(data):
    """What each record of a directory's log holds."""
    log = (data / "chain.log").read_bytes()
    return [log[first + HEADER:end - LINK] for first, end in records(log)]


class Suite:
    def __init__(self, args, work):
        self.args = args
        self.random = seed.rng()
        self.line = Line(args.program, work, args.transactions, args.batch)
        self.base = self.line.fresh()
        begin = time.monotonic()
        self.want = self.line.json(self.base)
        self.seconds = time.monotonic() - begin
        self.secrets = self.base / "provers.json"

    # ---- results ------------------------------------------------------------------------------

    def test_same_command_again_prints_the_same(self):
        log = (self.base / "chain.log").read_bytes()
        assert self.line.json(self.base) == self.want
        assert (self.base / "chain.log").read_bytes() == log

    def test_same_secrets_same_result(self):
        data = self.line.fresh(self.secrets)
        assert self.line.json(data) == self.want
        assert (data / "chain.log").read_bytes() == (self.base / "chain.log").read_bytes()

    def test_secrets_are_private(self):
        mode = self.secrets.stat().st_mode & 0o777
        assert mode == 0o600, oct(mode)

    def test_says_re_executed_never_proven(self):
        done = self.line.run(self.line.fresh())
        assert done.returncode == 0, done.stderr
        assert "re-executed" in done.stdout
        assert "proven" not in (done.stdout + done.stderr).replace("not proven", "").replace("nothing here is proven", "").replace("unproven", "")
        assert self.want["check"] == "re-executed"

    def test_audit_says_yes(self):
        done = self.line.audit(self.base)
        assert done.returncode == 0, done.stderr
        assert "re-executed" in done.stdout

    # ---- against an oracle that is not ours -----------------------------------------------------

    def test_the_whole_block_is_the_oracles(self):
        """Every transaction's fate, every touched account and the fund, to the last wei, as
        eth-account, rlp and Python have them (src/rollup/block_oracle.txt, made again by the test
        rollup_oracle)."""
        lines = [l.split() for l in (ROOT / "src/rollup/block_oracle.txt").read_text().splitlines()]
        fates = [l[3] for l in lines if l[0] == "tx"]
        accounts = {l[1]: (int(l[2]), int(l[3])) for l in lines if l[0] == "account"}
        whole = Line(self.args.program, self.line.work, len(BLOCK["transactions"]), self.args.whole_batch,
                     self.args.check)
        data, post = self.args.data or self.line.work / "whole", self.line.work / "after.json"
        if self.args.check == "proof":  # takes minutes: shows how far it is; with --data it goes on where it was
            done = subprocess.run(whole.command(data))
            assert done.returncode == 0, f"exit {done.returncode}"
        got = whole.json(data, "--post", str(post))
        assert len(fates) == 125 and got["transactions"] == 125
        assert got["applied"] == fates.count("OK")
        assert got["refused"] == {f: fates.count(f) for f in set(fates) - {"OK"}}
        after = json.loads(post.read_text())
        assert list(after) == sorted(accounts), set(after) ^ set(accounts)
        for address, account in after.items():
            assert set(account) == {"balance", "nonce", "code"}
            assert (account["nonce"], int(account["balance"], 16)) == accounts[address], address
            before = BLOCK["accounts_before"].get(address, {"code": False})
            assert account["code"] == before["code"]
        fees = [int(b["fees"]) for b in got["batches"]]
        assert [["base-fees", str(sum(fees))]] == [l for l in lines if l[0] == "base-fees"]
        genesis = json.loads(payloads(data)[0])
        fund = int(genesis["rollups"][0]["fund"]["balance"])
        assert int(got["fund"]) == fund + sum(fees) - sum(int(b["price"]) for b in got["batches"])
        self.check_money(got, genesis)
        text = self.line.audit(data).stdout
        assert got["root"] in text and got["state_hash"] in text
        proven = sum(b["proof_bytes"] > 100000 for b in got["batches"])
        assert proven == (len(got["batches"]) if self.args.check == "proof" else 0)
        return f"{got['applied']} of 125 applied, {len(after)} accounts, {proven} batches proven"

    def check_money(self, got, genesis):
        """The ledger's one sum is what genesis began with; auctions are what the rules say."""
        ledger = got["ledger"]
        assert ledger.pop("balanced") is True
        ledger = {k: int(v) for k, v in ledger.items()}
        supply, total, debts = ledger.pop("supply"), ledger.pop("sum"), ledger.pop("debts of the funds")
        assert sum(ledger.values()) == total == supply and debts == 0
        rollup = genesis["rollups"][0]
        assert supply == (sum(int(a["balance"]) for a in genesis["accounts"]) +
                          sum(int(p["stake"]) for p in genesis["provers"]) +
                          int(rollup["fund"]["balance"]) +
                          sum(int(a["balance"]) for a in rollup["allocations"]))
        provers = {p["address"] for p in genesis["provers"]}
        for b in got["batches"]:
            bids = sorted(int(x) for x in b["bids"])
            assert len(bids) == 3 and b["winner"] in provers
            assert int(b["price"]) == bids[2] <= int(b["reserve"])  # the third lowest, m = 2
        assert sum(b["transactions"] for b in got["batches"]) == got["transactions"]
        assert sum(b["applied"] for b in got["batches"]) == got["applied"]

    def test_any_number_of_provers_and_any_batch(self):
        roots = set()
        for provers, batch in ((1, 1024), (1, 2), (2, 7), (5, 40)):
            data = self.line.fresh()
            done = subprocess.run([self.args.program, "rollup", "replay", str(self.line.file), "--data",
                                   str(data), "--provers", str(provers), "--batch", str(batch), "--check", "re-execute",
                                   "--json"],
                                  capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            got = json.loads(done.stdout)
            roots.add(got["root"])
            for b in got["batches"]:
                bids = sorted(int(x) for x in b["bids"])
                assert len(bids) == provers
                winners = 2 if provers > 2 else 1
                assert int(b["price"]) == (bids[winners] if provers > winners else int(b["reserve"]))
        assert roots == {self.want["root"]}, "the root depends on how the line was run"

    # ---- kill -9 ------------------------------------------------------------------------------

    def test_kill_9_at_random_moments(self):
        kills, rounds = 0, 0
        while kills < self.args.kills:
            data = self.line.fresh(self.secrets)
            rounds += 1
            done = False
            while not done and kills < self.args.kills:
                child = subprocess.Popen(self.line.command(data, "--json"), stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE, text=True)
                time.sleep(self.random.random() * self.seconds * 0.4)
                if child.poll() is None:
                    child.send_signal(signal.SIGKILL)
                    kills += 1
                _, err = child.communicate()
                done = child.returncode == 0
                assert done or child.returncode == -signal.SIGKILL, err
            assert self.line.json(data) == self.want
            audit = self.line.audit(data)
            assert audit.returncode == 0, audit.stderr
            shutil.rmtree(data)
        return f"{kills} kills in {rounds} runs"

    def test_kill_9_at_the_first_start(self):
        """Keys drawn, costs measured, genesis written: stopped anywhere in it, the next start goes on."""
        kills = max(4, self.args.kills // 20)
        for _ in range(kills):
            data = self.line.fresh()
            child = subprocess.Popen(self.line.command(data), stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            time.sleep(self.random.random() * self.seconds * 0.5)
            child.kill()
            child.wait()
            got = self.line.json(data)
            assert got["root"] == self.want["root"] and got["ledger"]["balanced"] is True
            assert self.line.audit(data).returncode == 0
            shutil.rmtree(data)
        return f"{kills} kills"

    # ---- damage -------------------------------------------------------------------------------

    def test_one_flipped_byte_names_its_block(self):
        data = self.line.fresh()
        shutil.copytree(self.base, data)
        log = (data / "chain.log").read_bytes()
        spans = records(log)
        places = [self.random.randrange(len(log)) for _ in range(self.args.flips)]
        places += [spans[-1][0], spans[-1][1] - 1, spans[-1][0] + 5]
        for at in places:
            block = next(i for i, (first, end) in enumerate(spans) if at < end)
            broken = bytearray(log)
            broken[at] ^= 1 << self.random.randrange(8)
            (data / "chain.log").write_bytes(broken)
            one_sentence(self.line.audit(data), 1, f"block {block} ")
            done = self.line.run(data)
            assert done.returncode != 0 and f"block {block} " in done.stderr, done.stderr
            assert (data / "chain.log").read_bytes() == broken, "open changed a damaged log"
        (data / "chain.log").write_bytes(log)
        assert self.line.json(data) == self.want
        return f"{len(places)} bytes of {len(log)}"

    def test_a_torn_tail_is_made_good(self):
        data = self.line.fresh()
        shutil.copytree(self.base, data)
        log = (data / "chain.log").read_bytes()
        for _ in range(3):
            (data / "chain.log").write_bytes(log[:self.random.randrange(1, len(log))])
            assert self.line.json(data) == self.want
            assert (data / "chain.log").read_bytes() == log

    def test_lost_caches_are_rebuilt(self):
        data = self.line.fresh()
        shutil.copytree(self.base, data)
        for path in data.iterdir():
            if path.name not in ("chain.log", "provers.json"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert self.line.json(data) == self.want

    def test_garbage_for_caches(self):
        """What may be lost may also be wrong: the same result."""
        data = self.line.fresh()
        shutil.copytree(self.base, data)
        log = (data / "chain.log").read_bytes()
        checked = (data / "checked").read_bytes()
        (data / "state").mkdir(exist_ok=True)
        for content in (b"", checked[:-1], checked[:100], self.random.randbytes(len(checked))):
            (data / "checked").write_bytes(content)
            for name in ("nodes", "nodes.new", "data.mdb"):
                (data / "state" / name).write_bytes(self.random.randbytes(5000))
            assert self.line.json(data) == self.want
            assert (data / "chain.log").read_bytes() == log
            assert (data / "checked").read_bytes() == checked

    def test_garbage_for_a_log(self):
        for content in (b"x", b"garbage" * 100, bytes(1000)):
            data = self.line.fresh()
            data.mkdir()
            (data / "chain.log").write_bytes(content)
            audit = self.line.audit(data)
            assert audit.returncode in (1, 2) and len(audit.stderr.splitlines()) == 1, audit.stderr
            assert (data / "chain.log").read_bytes() == content

    def test_bad_secrets(self):
        data = self.line.fresh()
        shutil.copytree(self.base, data)
        secrets, log = (data / "provers.json").read_text(), (data / "chain.log").read_bytes()
        parsed = json.loads(secrets)
        other = copy.deepcopy(parsed)
        other["provers"][0]["key"] = "11" * 32
        beacon = copy.deepcopy(parsed)
        beacon["beacon_seed"] = "22" * 32
        zero = copy.deepcopy(parsed)
        zero["operator_key"] = "00" * 32
        for text in ("", "garbage", "{}", secrets[:100], *map(json.dumps, (other, beacon, zero))):
            (data / "provers.json").write_text(text)
            one_sentence(self.line.run(data), 2, str(data))
        (data / "provers.json").unlink()
        one_sentence(self.line.run(data), 2, "provers.json", "missing")
        (data / "provers.json").write_text(secrets)
        assert (data / "chain.log").read_bytes() == log
        assert self.line.json(data) == self.want

    def test_output_that_cannot_be_written(self):
        one_sentence(self.line.run(self.base, "--json", "--post", "/nonexistent/after.json"), 2,
                     "/nonexistent/after.json")
        link = self.line.work / "after.link"
        link.symlink_to("/dev/null")
        one_sentence(self.line.run(self.base, "--json", "--post", str(link)), 2, "not a regular file")
        assert link.is_symlink(), "a link was replaced by a file"
        for command in (self.line.command(self.base, "--json"), [self.args.program, "audit", str(self.base)]):
            with open("/dev/full", "w") as full:
                done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
            assert done.returncode == 2 and "stdout" in done.stderr, done.stderr

    def test_usage(self):
        def said(*words):
            done = subprocess.run([self.args.program, *words], capture_output=True, text=True)
            one_sentence(done, 2, "--help")
        said("rollup", "replay")
        said("rollup", "replay", str(self.line.file))
        said("rollup", "replay", str(self.line.file), "--data")
        said("rollup", "replay", str(self.line.file), "--data", "")
        said("rollup", "replay", str(self.line.file), "--data", "/nonexistent", "--check", "trust")
        said("rollup", "replay", str(self.line.file), "--data", "/nonexistent", "--memory", "x")
        for option in ("--batch", "--provers"):
            for value in ("0", "-1", "x", "1025", "99999999999999999999999999999999999999999", ""):
                said("rollup", "replay", str(self.line.file), "--data", "/nonexistent", option, value)
        said("rollup", "replay", str(self.line.file), str(self.line.file), "--data", "/nonexistent")
        said("rollup", "replay", str(self.line.file), "--data", "/nonexistent", "--what")
        said("audit")
        said("audit", "a", "b")
        for words in (["rollup", "replay"], ["audit"]):
            done = subprocess.run([self.args.program, *words, "--help"], capture_output=True, text=True)
            assert done.returncode == 0 and "example" in done.stdout and "re-execute" in done.stdout.replace(
                "Executes", "re-execute")

    def test_audit_of_nothing(self):
        one_sentence(self.line.audit(self.line.fresh()), 2, "chain.log")

    # ---- files --------------------------------------------------------------------------------

    def bad_file(self, content, *parts):
        path = self.line.work / "bad.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        data = self.line.fresh()
        one_sentence(self.line.run(data, file=path), 2, "bad.json", *parts)
        assert not data.exists(), "a bad file left a directory behind"

    def test_bad_files(self):
        text = json.dumps(BLOCK)
        self.bad_file("", "not JSON")
        self.bad_file(text[:len(text) // 2], "not JSON")
        self.bad_file(self.random.randbytes(1000), "not JSON")
        self.bad_file("[1,2]", "not an object")
        self.bad_file("[" * 100000, "not JSON")

        def without(change):
            block = copy.deepcopy(BLOCK)
            change(block)
            return json.dumps(block)
        self.bad_file(without(lambda b: b.pop("transactions")), "transactions: missing")
        self.bad_file(without(lambda b: b["transactions"][7].pop("raw")), "transactions[7].raw: missing")
        self.bad_file(without(lambda b: b["transactions"][7].update(raw="0xzz")), "transactions[7].raw")
        self.bad_file(without(lambda b: b["transactions"][7].update(raw="0x01")), "transactions[7].hash")
        self.bad_file(without(lambda b: b.update(base_fee_per_gas=None)), "base_fee_per_gas")
        self.bad_file(without(lambda b: b.update(accounts_before=[])), "accounts_before")
        self.bad_file(without(lambda b: b["accounts_before"].update({"0x12": {}})), 'accounts_before["0x12"]')
        account = next(iter(BLOCK["accounts_before"]))
        self.bad_file(without(lambda b: b["accounts_before"][account].update(balance="0x" + "f" * 64)),
                      "accounts_before", "2^89")
        self.bad_file(without(lambda b: b["accounts_before"][account].update(nonce="0xffffffffffffffff")),
                      account, "nonce")
        self.bad_file(without(lambda b: b.update(chain_id=0)), "chain_id")
        self.bad_file(without(lambda b: b.update(base_fee_per_gas="0xffffffffffffffff")), "base_fee_per_gas")
        self.bad_file(without(lambda b: b.update(timestamp="0xffffffffffffffff")), "timestamp")
        one_sentence(self.line.run(self.line.fresh(), file=self.line.work / "none.json"), 2, "none.json")
        fifo = self.line.work / "fifo"
        os.mkfifo(fifo)
        for other in (self.line.work, fifo, "/dev/zero"):
            one_sentence(self.line.run(self.line.fresh(), file=other), 2, str(other), "not a regular file")

    def test_transactions_with_wrong_bytes(self):
        """Any bytes for transactions and any balances: natively and in the guest the same, or the
        lane would stand still."""
        block = copy.deepcopy(BLOCK)
        block["transactions"] = block["transactions"][:60]
        for t in block["transactions"]:
            t.pop("hash")
            raw = bytearray.fromhex(t["raw"][2:])
            kind = self.random.randrange(6)
            if kind == 0:
                raw[self.random.randrange(len(raw))] ^= 1 << self.random.randrange(8)
            elif kind == 1:
                raw = raw[:self.random.randrange(1, len(raw) + 1)]
            elif kind == 2:
                raw += self.random.randbytes(self.random.randrange(1, 40))
            elif kind == 3:
                raw = self.random.randbytes(self.random.randrange(1, 300))
            t["raw"] = "0x" + raw.hex()
        for account in block["accounts_before"].values():
            if self.random.randrange(3) == 0:
                account["balance"] = hex(self.random.randrange(10 ** 17))
        path = self.line.work / "wrong.json"
        path.write_text(json.dumps(block))
        done = self.line.run(self.line.fresh(), "--json", file=path)
        assert done.returncode == 0, done.stderr
        got = json.loads(done.stdout)
        assert got["applied"] + sum(got["refused"].values()) == got["transactions"] == 60
        assert len(got["refused"]) > 3, got["refused"]
        return f"{got['applied']} applied, {len(got['refused'])} reasons"

    def test_a_proven_batch(self):
        """Plain transfers really proven, killed while the proof is made, gone on with."""
        if os.environ.get("PP_SANITIZED"):
            raise Skip("sanitizers take minutes for it; replay_proven has them run the same code")
        block = dict(BLOCK, transactions=[t for t in BLOCK["transactions"] if t["plain_transfer"]][:self.args.proven])
        path, data = self.line.work / "proven.json", self.line.fresh()
        path.write_text(json.dumps(block))
        command = [self.args.program, "rollup", "replay", str(path), "--data", str(data), "--batch",
                   str(self.args.proven), "--provers", "1"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for text in process.stdout:
            if "assigned" in text:
                break
        time.sleep(0.3)
        process.kill()
        process.wait()
        process.stdout.close()
        before = (data / "chain.log").read_bytes()
        assert len(list((data / "proofs").glob("*.work"))) == 1, "the proof was not in work"
        done = subprocess.run([*command, "--json"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        got = json.loads(done.stdout)
        log = (data / "chain.log").read_bytes()
        assert log.startswith(before)
        assert got["check"] == "proven" and got["applied"] == self.args.proven, got
        assert len(got["batches"]) == 1 and got["batches"][0]["proof_bytes"] > 100000
        assert not (data / "proofs").exists(), "proofs that are in the log are kept twice"
        again = subprocess.run([*command, "--json"], capture_output=True, text=True)
        assert again.stdout == done.stdout and (data / "chain.log").read_bytes() == log
        audit = self.line.audit(data)
        assert audit.returncode == 0 and "1 proven" in audit.stdout and "1 verified again" in audit.stdout, audit
        one_sentence(subprocess.run([*command, "--check", "re-execute"], capture_output=True, text=True), 2,
                     "--check proof", str(data))
        return f"{got['batches'][0]['cycles']} cycles, {got['batches'][0]['proof_bytes']} bytes"

    def test_contradicting_options(self):
        other = self.line.work / "other.json"
        other.write_text(json.dumps(dict(BLOCK, transactions=BLOCK["transactions"][1:9])))
        one_sentence(self.line.run(self.base, file=other), 2, str(self.base), "another file")
        block = copy.deepcopy(json.loads(self.line.file.read_text()))
        block["accounts_before"][next(iter(block["accounts_before"]))]["nonce"] += 1
        other.write_text(json.dumps(block))
        one_sentence(self.line.run(self.base, file=other), 2, str(self.base), "another file")
        command = self.line.command(self.base)
        command[command.index("--batch") + 1] = str(self.line.batch + 1)
        one_sentence(subprocess.run(command, capture_output=True, text=True), 2, "batch")
        one_sentence(self.line.run(self.base, "--provers", "2"), 2, "provers")
        assert self.line.json(self.base) == self.want

    def test_data_is_a_file(self):
        path = self.line.fresh()
        path.write_text("hello")
        one_sentence(self.line.run(path), 2, str(path), "not a folder")
        one_sentence(self.line.run(path / "below"), 2, f"{path}: there, but not a folder")
        assert path.read_text() == "hello"

    def test_data_is_made_with_all_above_it(self):
        assert self.line.run(self.line.fresh() / "a" / "b/").returncode == 0

    # ---- the environment ----------------------------------------------------------------------

    def test_a_full_disk(self):
        """Every write fails past a size: one sentence; room again: the same command goes on."""
        data = self.line.fresh(self.secrets)
        size = (self.base / "chain.log").stat().st_size
        stops = 0
        for limit in (0, 100, 4096, size // 3, size // 2, size - 1):
            def full():
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            done = self.line.run(data, preexec_fn=full)
            if done.returncode == 0:
                break
            stops += 1
            assert done.returncode == 2, done.stderr
            assert len(done.stderr.splitlines()) == 1, done.stderr
            assert "too large" in done.stderr, done.stderr
        assert stops > 0
        assert self.line.json(data) == self.want
        return f"{stops} stops"

    def test_a_full_disk_for_real(self):
        if os.getuid() != 0:
            raise Skip("needs root, to mount a small tmpfs")
        for size in ("8k", "16k", "24k", "64k"):
            mount = self.line.fresh()
            mount.mkdir()
            inner = (f"mount -t tmpfs -o size={size} tmpfs {mount} || exit 77; cp {self.secrets} {mount}/; "
                     f"{' '.join(self.line.command(mount))} >/dev/null; echo code $?; "
                     f"mount -o remount,size=64m {mount}; "
                     f"{' '.join(self.line.command(mount, '--json'))}")
            done = subprocess.run(["unshare", "-m", "sh", "-c", inner], capture_output=True, text=True)
            if done.returncode == 77 or "unshare" in done.stderr:
                raise Skip("no mount namespace here: " + done.stderr.strip())
            first, rest = done.stdout.split("\n", 1)
            assert first == "code 2", size + ": " + done.stdout + done.stderr
            assert len(done.stderr.splitlines()) == 1 and "No space left" in done.stderr, size + done.stderr
            assert json.loads(rest) == self.want

    def test_too_little_memory(self):
        if os.environ.get("PP_SANITIZED"):
            raise Skip("sanitizers need address space of their own")

        def little():
            resource.setrlimit(resource.RLIMIT_AS, (700 << 20, resource.RLIM_INFINITY))
        data = self.line.fresh(self.secrets)
        one_sentence(self.line.run(data, "--json", preexec_fn=little), 2, "address space")
        assert self.line.json(data) == self.want
        (data / "checked").unlink()  # which spares it all runs
        one_sentence(self.line.run(data, "--json", preexec_fn=little), 2, "address space")
        assert self.line.json(data) == self.want

    def test_a_long_path(self):
        data = self.line.fresh() / ("a" * 200) / ("b" * 200)
        assert self.line.run(data).returncode == 0
        one_sentence(self.line.run(self.line.fresh() / "/".join(["c" * 200] * 25)), 2, "path too long")

    def test_read_only_directory(self):
        data = self.line.fresh()
        shutil.copytree(self.base, data)
        for path in [*data.iterdir(), data]:
            path.chmod(0o555 if path.is_dir() else 0o444)

        def nobody():
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
        os.chmod(self.line.work, 0o755)
        before = (data / "chain.log").read_bytes()
        # The checkout may lie in a home that only root may enter.
        program, self.line.program = self.line.program, self.line.work / "polypoly"
        shutil.copy(program, self.line.program)
        try:
            one_sentence(self.line.run(data, preexec_fn=nobody), 2, str(data))
            new = data / "new"
            one_sentence(self.line.run(new, preexec_fn=nobody), 2, str(new))
        finally:
            self.line.program.unlink()
            self.line.program = program
        assert (data / "chain.log").read_bytes() == before
        for path in [data, *data.iterdir()]:
            path.chmod(0o755 if path.is_dir() else 0o644)

    def test_second_process(self):
        with open(self.base / "LOCK", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            one_sentence(self.line.run(self.base), 2, "another polypoly process", str(self.base))
            one_sentence(self.line.audit(self.base), 2, "another polypoly process")
            fcntl.flock(lock, fcntl.LOCK_SH)
            done = self.line.run(self.base)
            one_sentence(done, 2, "another polypoly process is reading", str(self.base))
            assert self.line.audit(self.base).returncode == 0
        assert self.line.json(self.base) == self.want


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--flips", type=int, default=20)
    parser.add_argument("--transactions", type=int, default=40)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--check", choices=("re-execute", "proof"), default="re-execute",
                        help="of the whole block")
    parser.add_argument("--whole-batch", type=int, default=32, help="transactions in its batches")
    parser.add_argument("--data", type=pathlib.Path, help="where the whole block is replayed, and kept")
    parser.add_argument("--proven", type=int, default=8, help="transfers in the batch that is proven")
    args = parser.parse_intermixed_args()
    args.program = str(pathlib.Path(args.program).resolve())
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory(prefix="pp-line-") as work:
        suite = Suite(args, pathlib.Path(work))
        for name in [n for n in dir(suite) if n.startswith("test_")]:
            if args.names and not any(word in name for word in args.names):
                continue
            begin = time.monotonic()
            try:
                note = getattr(suite, name)()
                passed += 1
                print(f"{name}: {time.monotonic() - begin:.1f} s {note or ''}", flush=True)
            except Skip as why:
                skipped += 1
                print(f"SKIPPED: {name}: {why}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as why:
                failed += 1
                print(f"FAILED: {name}: {why}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
