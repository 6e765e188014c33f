# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks of processes for the tests of provers: a node, provers that are polypoly prover, and
adversaries who speak the market's commands from here."""
import json
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
from market.encode import keccak, u8, u32, u64, u128  # noqa: E402
from market.state import bid_hash  # noqa: E402
from test_node import CHAIN, Node, check, hash_of  # noqa: E402

ETHER = 10**18
S_MIN, BETA, PROOF_BOND = 10**15, 10**14, 10**14


def hex_of(key):
    return "0x" + eth.address(key).hex()


def run_it(*words, code=0):
    """A command to its end: what it printed, or where another code is wanted what it complained of."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    check(done.returncode == code, words, done.returncode, done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


def wait_for(what, seconds):
    end = time.time() + seconds
    while time.time() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


# ---- processes ------------------------------------------------------------------------------------


def make_genesis(program, folder, proof, options, change):
    """node init, with what `change` does to the genesis."""
    words = [program, "node", "init", folder, "--chain-id", CHAIN, "--interval", "200", "--blocks", "100000", *options]
    run_it(*words, *([] if proof else ["--check", "re-execute"]))
    path = pathlib.Path(folder) / "genesis.json"
    genesis = json.loads(path.read_text())
    genesis["exit"]["blocks"] = 10**6  # requests have long windows here, and blocks are short
    genesis["market"]["inclusion_bound"] = 500  # the blocks are short; windows hold two of it
    change(genesis, genesis["rollups"][0])
    path.write_text(json.dumps(genesis, indent=1) + "\n")


class Prover:
    def __init__(self, program, folder, key):
        self.program, self.folder, self.key, self.process = program, folder, key, None
        self.log = open(f"{folder}.log", "w+")

    def init(self, node, genesis):
        key = pathlib.Path(f"{self.folder}.key")
        key.write_text(f"{self.key:064x}\n")
        words = [self.program, "prover", "init", self.folder, "--node", node, "--genesis", genesis,
                 "--key-file", key, "--stake", "2", "--threads", "1"]
        told = run_it(*words)
        check(told.strip().lower() == hex_of(self.key), told)
        check("already there" in run_it(*words, code=2))

    def configure(self, **members):
        """Changes prover.json, which is read at the start; what was there before."""
        path = pathlib.Path(self.folder) / "prover.json"
        config = json.loads(path.read_text())
        before = {name: config[name] for name in members}
        config.update(members)
        path.write_text(json.dumps(config))
        return before

    def start(self, *before):
        self.openings = len(self.said("opened"))
        self.process = subprocess.Popen([*before, self.program, "prover", self.folder], stderr=self.log)

    def opened(self):
        """Whether it has come so far since it was started."""
        return len(self.said("opened")) > self.openings

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(timeout=120)

    def said(self, event):
        self.log.flush()
        text = pathlib.Path(self.log.name).read_text()
        return [line for line in text.splitlines() if f"event={event}" in line.split()]

    def ask(self, *words):
        return run_it(self.program, "prover", *words)

    def status(self):
        return json.loads(self.ask("status", self.folder, "--json"))


class Network:
    """A node and a prover for each key. In the end those that run are stopped, every wei must be
    accounted for, and the log is audited; whatever happens, nothing is left running, and where
    something went wrong the provers' logs are shown."""

    def __init__(self, program, folder, keys, *options):
        self.folder = f"{folder}/net"
        self.node = Node(program, self.folder, "--quiet", *options)
        self.provers = [Prover(program, f"{folder}/p{i}", key) for i, key in enumerate(keys)]

    def __enter__(self):
        self.node.start()
        return self

    def url(self):
        return f"http://127.0.0.1:{self.node.port}"

    def join(self, prover, **members):
        prover.init(self.url(), self.node.status()["genesis"])
        prover.configure(**members)

    def stop_provers(self):
        for p in self.provers:
            check(not p.runs() or p.stop() == 0, p.folder)

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop_provers()
                money = self.node.status()["ledger"]
                check(money["balanced"] and money["sum"] == money["supply"], money)
                code, err = self.node.stop()
                check(code == 0 and err == "", err)
        except BaseException:
            kind = AssertionError
            raise
        finally:
            if kind is not None:
                for p in self.provers:
                    print(p.folder, pathlib.Path(p.log.name).read_text(), file=sys.stderr)
            for p in [self.node, *self.provers]:
                if p.process and p.process.poll() is None:
                    p.process.kill()
                    p.process.wait()
        if kind is None:
            run_it(self.node.program, "audit", self.folder)


def read_or_nothing(path):
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has ended meanwhile
        return ""


def left_running(words):
    """Processes that have this in their command line."""
    return [path for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if words in read_or_nothing(path)]


# ---- questions ------------------------------------------------------------------------------------


def get(node, path):
    status, body = node.ask("GET", path)
    check(status == 200, path, status, body)
    return json.loads(body)


def account(node, key):
    return {k: int(v) if isinstance(v, str) and v.isdigit() else v
            for k, v in get(node, f"/v1/accounts?address={hex_of(key)}").items()}


def request(node, rid):
    return get(node, f"/v1/requests/{rid}")


def in_state(node, rid, states, seconds):
    def look():
        r = request(node, rid)
        return r if r["state"] in states else None
    return wait_for(look, seconds)


def steal(prover):
    """The prover stands still; its proof is made all the same, and somebody gets at it before the chain."""
    prover.process.send_signal(signal.SIGSTOP)
    return wait_for(lambda: list((pathlib.Path(prover.folder) / "proofs").glob("*.proof")), 300)[0].read_bytes()


def stolen(node, rid, prover, thief, made):
    """A proof that was stolen is worth nothing in the thief's hands, neither before its maker delivers it nor
    afterwards, and burns a bond. The request, once its maker is paid."""
    raw = bytes.fromhex(rid[2:])
    output = bytes.fromhex(request(node, rid)["output"][2:])
    check(thief.prove(raw, output, made) == "M-PROOF")
    prover.process.send_signal(signal.SIGCONT)
    r = in_state(node, rid, ["PAID", "RESCUED", "OPENPAID"], 900)
    check(r["state"] == "PAID" and r["payee"] == hex_of(prover.key), r)
    check(node.ask("GET", f"/v1/requests/{rid}/proof") == (200, made))
    check(thief.prove(raw, output, made) == "M-NOOP")
    return r


def event(r, name):
    found = [line for line in r["story"] if line["event"] == name]
    check(found, name, r["story"])
    return found[-1]


def all_checked(node, transactions, seconds):
    """Waits until every one of so many transactions stands in a batch whose root has advanced."""
    end = time.time() + seconds
    while time.time() < end:
        status = node.status()
        lane = status["lanes"][0]
        check(status["ledger"]["balanced"] and "incident" not in lane, status)
        if (lane["transactions"] == transactions and lane["open_transactions"] == 0
                and lane["checked"] == lane["batches"]):
            return status
        time.sleep(0.2)
    raise AssertionError(f"not all checked: {node.status()}")


# Proofs that were refused, as commands: what Adversary saw.
REFUSED = set()


def items_of(block):
    count, at = int.from_bytes(block[112:116], "little"), 116
    for _ in range(count):
        size = int.from_bytes(block[at:at + 4], "little")
        yield block[at + 4:at + 4 + size]
        at += 4 + size


class Fees:
    """What commands cost their senders, counted from the log's bytes by the rule as docs/chain.md has
    it: all pay, but claims, and proofs that were taken."""

    def __init__(self, node):
        self.node, self.height, self.paid = node, 0, {}
        _, genesis = node.ask("GET", "/v1/genesis")
        self.fee = json.loads(genesis)["block"]["command_fee"]

    def read(self):
        while True:
            _, blocks = self.node.ask("GET", f"/v1/blocks?from={self.height + 1}")
            if not blocks:
                return dict(self.paid)
            at = 0
            while at < len(blocks):
                size = int.from_bytes(blocks[at:at + 4], "little")
                for item in items_of(blocks[at + 4:at + 4 + size]):
                    self.add(item)
                self.height += 1
                at += 4 + size

    def add(self, item):
        if item[0] != 1:
            return
        sender, kind = item[5:25], item[33]
        taken = kind == 1 and item[38] == 12 and item not in REFUSED
        if kind not in (8, 9, 10) and not taken:
            self.paid[sender] = self.paid.get(sender, 0) + self.fee * len(item)


class Books:
    """Balances before; what must have changed since, beside the fees of commands."""

    def __init__(self, node, keys):
        self.node, self.keys, self.fees = node, keys, Fees(node)
        self.before = self.now()

    def now(self):
        while True:
            paid = self.fees.read()
            out = self.look(paid)
            if self.fees.read() == paid:
                return out

    def look(self, paid):
        status = self.node.status()
        out = {"burned": int(status["ledger"]["burned"]) - sum(paid.values()), "fund": int(status["lanes"][0]["fund"])}
        for key in self.keys:
            a = account(self.node, key)
            out |= {(key, what): a[what] for what in ("free", "stake", "held")}
            out[(key, "free")] += paid.get(eth.address(key), 0)
        return out

    def changed(self):
        now = self.now()
        return {k: now[k] - v for k, v in self.before.items() if now[k] != v}

    def must(self, wanted):
        changed = self.changed()
        check(changed == wanted, changed, wanted)


# ---- commands -------------------------------------------------------------------------------------


def send(node, key, count, state):
    """So many transfers; state["nonce"] is the sender's."""
    hashes = []
    for _ in range(count):
        raw = eth.transfer(key, CHAIN, state["nonce"], b"\x33" * 20, 1)
        check(node.send(raw).get("result") == hash_of(raw))
        state["nonce"] += 1
        hashes.append(hash_of(raw))
    return hashes


class Adversary:
    def __init__(self, node, key):
        self.node, self.key, self.address = node, key, eth.address(key)
        self.genesis = bytes.fromhex(node.status()["genesis"][2:])

    def command(self, kind, payload):
        """What the chain or the market says of a signed command."""
        nonce = account(self.node, self.key)["nonce"]
        body = self.address + u64(nonce) + u8(kind) + u32(len(payload)) + payload
        r, s, parity = eth.sign(self.key, keccak(b"polypoly/command/1" + self.genesis + body))
        item = b"\x01" + self.genesis[:4] + body + r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
        _, answer = self.node.ask("POST", "/v1/commands", item, Content_Type="application/octet-stream")
        result = json.loads(answer)["result"]
        if result != "OK":
            REFUSED.add(item)
        return result

    def give(self, to, wei):
        return self.command(2, to + u128(wei))

    def bid(self, request, price, salt):
        return self.command(1, u8(7) + request + bid_hash(request, self.address, price, salt))

    def open_bid(self, request, price, salt):
        return self.command(1, u8(8) + request + u128(price) + salt)

    def prove(self, request, output, proof):
        return self.command(1, u8(12) + request + u32(len(output)) + output + u32(len(proof)) + proof)
