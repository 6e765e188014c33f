#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Provers that die, cheat and come back, as processes; every payment, slash and burn to the wei.
Two adversaries speak the market's commands from here; two honest provers are polypoly prover.
Usage: test_rescue.py POLYPOLY [--proof]   (--proof: proofs are demanded, made and verified)"""
import argparse
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
from market.encode import keccak, u8, u32, u64, u128  # noqa: E402
from market.state import bid_hash  # noqa: E402
from test_network import Prover, all_checked, left_running  # noqa: E402
from test_node import CHAIN, Node, check, hash_of  # noqa: E402

HONEST, LATE, SEALED, USER = [7101, 7102], 7201, 7202, 7301
ETHER = 10**18
STAKE, FREE = 2 * ETHER, ETHER
RATE = 10**15  # first reserve, wei for a million units of work
S_MIN, BETA, PROOF_BOND = 10**15, 10**14, 10**14
KAPPA = 3


def hex_of(key):
    return "0x" + eth.address(key).hex()


def make_network(program, folder, proof):
    words = [program, "node", "init", folder, "--chain-id", str(CHAIN), "--interval", "200",
             "--blocks", "100000", "--allocate", f"{hex_of(USER)}=1000"]
    for key in [*HONEST, LATE, SEALED]:
        words += ["--prover", f"{hex_of(key)}=2", "--account", f"{hex_of(key)}=1"]
    done = subprocess.run(words + ([] if proof else ["--check", "re-execute"]), capture_output=True, text=True)
    check(done.returncode == 0, done.stderr)
    path = pathlib.Path(folder) / "genesis.json"
    genesis = json.loads(path.read_text())
    rollup = genesis["rollups"][0]
    rollup["batch"].update(transactions=3, blocks=1000)  # three make one
    rollup["fee"] = None  # proofs are dear here
    window, work = (15000, 60000) if proof else (2000, 5000)
    rollup["request"].update(winners=1, kappa=KAPPA, commit_window=window, reveal_window=window,
                             decline_window=work // 4, work_window=work, bounty_window=work, expiry=40 * work)
    rollup["fund"]["reserve_rate"] = str(RATE)
    genesis["market"].update(rate_min=10**12)
    defaults = {"stake_min": S_MIN, "bond": BETA, "proof_bond": PROOF_BOND}
    for name, value in defaults.items():
        check(int(genesis["market"][name]) == value, name, genesis["market"])
    path.write_text(json.dumps(genesis, indent=1) + "\n")


def get(node, path):
    status, body = node.ask("GET", path)
    check(status == 200, path, status, body)
    return json.loads(body)


def account(node, key):
    return {k: int(v) if isinstance(v, str) and v.isdigit() else v
            for k, v in get(node, f"/v1/accounts?address={hex_of(key)}").items()}


class Adversary:
    def __init__(self, node, key):
        self.node, self.key, self.address = node, key, eth.address(key)
        self.genesis = bytes.fromhex(node.status()["genesis"][2:])

    def say(self, payload):
        """The chain's or market's answer to a signed market command."""
        nonce = account(self.node, self.key)["nonce"]
        body = self.address + u64(nonce) + u8(1) + u32(len(payload)) + payload
        r, s, parity = eth.sign(self.key, keccak(b"polypoly/command/1" + self.genesis + body))
        item = b"\x01" + self.genesis[:4] + body + r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
        _, answer = self.node.ask("POST", "/v1/commands", item, Content_Type="application/octet-stream")
        return json.loads(answer)["result"]

    def bid(self, request, price, salt):
        return self.say(u8(7) + request + bid_hash(request, self.address, price, salt))

    def open_bid(self, request, price, salt):
        return self.say(u8(8) + request + u128(price) + salt)

    def prove(self, request, output, proof):
        return self.say(u8(12) + request + u32(len(output)) + output + u32(len(proof)) + proof)


def wait_for(what, seconds):
    end = time.time() + seconds
    while time.time() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def new_request(node, state):
    """Three transfers make a batch; its request."""
    known = {r["id"] for r in get(node, "/v1/requests")["items"]}
    for _ in range(3):
        raw = eth.transfer(USER, CHAIN, state["nonce"], b"\x33" * 20, 1)
        check(node.send(raw).get("result") == hash_of(raw))
        state["nonce"] += 1
    fresh = wait_for(lambda: [r for r in get(node, "/v1/requests")["items"] if r["id"] not in known], 60)
    check(len(fresh) == 1, fresh)
    return fresh[0]["id"]


def request(node, rid):
    return get(node, f"/v1/requests/{rid}")


def in_state(node, rid, states, seconds):
    def look():
        r = request(node, rid)
        return r if r["state"] in states else None
    return wait_for(look, seconds)


def event(r, name):
    found = [line for line in r["story"] if line["event"] == name]
    check(found, name, r["story"])
    return found[-1]


def rescue_of(r, price):
    """What becomes of a default at this price: stake lost, pay, compensation, bounty."""
    reserve = int(r["reserve"])
    stake = max(S_MIN, KAPPA * price, -(-5 * (reserve - price) // 3))
    lost, opened, closed = event(r, "DEFAULTED"), event(r, "OPENED"), event(r, "CLOSED")
    check(int(lost["amount"]) == stake, lost, stake)
    check(opened["time"] == lost["time"], opened, lost)
    # The open price: from the auction's price to the reserve in half of the time that was left.
    since, half = closed["time"] - opened["time"], (r["expires"] - opened["time"]) // 2
    check(since < half)
    pay = price + (reserve - price) * since // half
    bounty = min(2 * stake // 5, price)
    if since < r["bounty_window"]:
        bounty = bounty * since // r["bounty_window"]
    return stake, pay, min(2 * stake // 5, price // 2), bounty


class Books:
    """Balances before; what must have changed since."""

    def __init__(self, node):
        self.node = node
        self.before = self.now()

    def now(self):
        out = {key: account(self.node, key) for key in [*HONEST, LATE, SEALED]}
        status = self.node.status()
        return {**{(k, m): a[m] for k, a in out.items() for m in ("free", "stake", "held")},
                "burned": int(status["ledger"]["burned"]), "fund": int(status["lanes"][0]["fund"])}

    def changed(self):
        now = self.now()
        return {k: now[k] - v for k, v in self.before.items() if now[k] != v}


def cheats(node, provers, state, proof):
    """The lowest bidder offers garbage and is late, another does not open its bid; one honest prover
    is there, and rescues."""
    late, sealed, first = Adversary(node, LATE), Adversary(node, SEALED), HONEST[0]
    provers[0].start()
    books = Books(node)
    rid = new_request(node, state)
    raw = bytes.fromhex(rid[2:])
    check(late.bid(raw, 1000, b"\x01" * 32) == "OK" and sealed.bid(raw, 2000, b"\x02" * 32) == "OK")
    r = in_state(node, rid, ["REVEAL"], 60)
    check(r["commits"] == 3, r)
    check(late.open_bid(raw, 1000, b"\x04" * 32) == "M-SALT")
    check(late.open_bid(raw, 1000, b"\x01" * 32) == "OK")
    r = in_state(node, rid, ["ASSIGNED"], 60)
    price = int(r["price"])
    check(r["primary"] == hex_of(LATE) and r["match"]["right"] is True, r)
    check(price == int(event(r, "ASSIGNED")["amount"]) > 1000)
    output = bytes.fromhex(r["output"][2:])
    bonds = 0
    check(late.prove(raw, output[:-1] + b"\xff", b"") == "M-OUTPUT")
    if proof:  # each that is no proof burns its bond
        for garbage in (b"", b"garbage", bytes(100000)):
            check(late.prove(raw, output, garbage) == "M-PROOF")
            bonds += PROOF_BOND
    r = in_state(node, rid, ["RESCUED"], 900)
    stake, pay, compensation, bounty = rescue_of(r, price)
    check(int(r["paid"]) == pay and r["payee"] == hex_of(first), r)
    sealed_bond = max(BETA, int(r["reserve"]) // 2)
    burns = sealed_bond + bonds + stake - compensation - bounty
    fees = wait_fees(node, state)
    wanted = {(first, "free"): pay + bounty, (LATE, "stake"): -stake, (SEALED, "free"): -sealed_bond,
              "burned": burns, "fund": fees + compensation - pay}
    if bonds:
        wanted[(LATE, "free")] = -bonds
    check(books.changed() == wanted, books.changed(), wanted)
    print(f"late, garbage, sealed: stake {stake} lost, {pay} and a bounty of {bounty} to the rescuer, {burns} burned")
    return rid, output


def wait_fees(node, state):
    """Base fees of the last batch, which come to the fund with its root."""
    all_checked(node, state["nonce"], 900)
    return 10**9 * 21000 * 3


def forgets_nothing(node, provers, state):
    """Killed between sealing and opening, its price changed since: it opens what it has sealed, and
    is paid."""
    first, second = HONEST
    provers[1].start()
    wait_for(lambda: provers[1].said("opened"), 60)
    books = Books(node)
    rid = new_request(node, state)
    wait_for(lambda: request(node, rid)["commits"] == 2, 60)
    provers[0].stop(signal.SIGKILL)
    path = pathlib.Path(provers[0].folder) / "prover.json"
    config = json.loads(path.read_text())
    was = config["wei_per_second"]
    config["wei_per_second"] = str(3 * int(was))
    path.write_text(json.dumps(config))
    provers[0].start()
    r = in_state(node, rid, ["PAID", "RESCUED", "OPENPAID"], 900)
    bids = {b["prover"]: int(b["bid"]) for b in r["match"]["bids"]}
    check(r["state"] == "PAID" and r["payee"] == hex_of(first), r)
    check(r["commits"] in (0, 2) and len(bids) == 2, r)
    price = bids[hex_of(second)]  # one winner: the second lowest
    check(bids[hex_of(first)] < price and int(r["paid"]) == price, bids, r)
    fees = wait_fees(node, state)
    wanted = {(first, "free"): price, "fund": fees - price}
    check(books.changed() == wanted, books.changed(), wanted)
    config["wei_per_second"] = was
    provers[0].stop(signal.SIGKILL)
    path.write_text(json.dumps(config))
    provers[0].start()
    print(f"killed while its bid was sealed: opened as sealed, paid {price}")


def killed_primary(node, provers, state, proof):
    """The primary is killed, where proofs are made while it proves; the other one rescues."""
    first, second = HONEST
    wait_for(lambda: len(provers[0].said("opened")) == 3, 60)
    books = Books(node)
    rid = new_request(node, state)
    if proof:
        in_state(node, rid, ["ASSIGNED"], 120)
        wait_for(lambda: list(pathlib.Path(f"{provers[0].folder}/proofs").glob("*.work/*")), 120)
    else:
        wait_for(lambda: request(node, rid)["bids"] == 2, 60)
    provers[0].stop(signal.SIGKILL)
    check(not [p for p in left_running(provers[0].folder) if "proofs" in p.read_text()])
    r = in_state(node, rid, ["RESCUED", "PAID"], 900)
    check(r["state"] == "RESCUED" and r["payee"] == hex_of(second), r)
    price = int(event(r, "ASSIGNED")["amount"])
    stake, pay, compensation, bounty = rescue_of(r, price)
    check(int(r["paid"]) == pay)
    fees = wait_fees(node, state)
    burns = stake - compensation - bounty
    wanted = {(first, "stake"): -stake, (second, "free"): pay + bounty, "burned": burns,
              "fund": fees + compensation - pay}
    check(books.changed() == wanted, books.changed(), wanted)

    def told():
        done = subprocess.run([node.program, "prover", "status", provers[1].folder, "--json"], capture_output=True, text=True)
        return json.loads(done.stdout)
    wait_for(lambda: told()["paid"] == 1, 60)
    check(told()["earned_wei"] == str(pay), told())  # the bounty is beside it
    print(f"killed: stake {stake} lost, {pay} and a bounty of {bounty} to the rescuer, {burns} burned")
    return rid


def another_s_proof(node, state, old, provers):
    """A proof that was accepted for one request is none for another, nor for another prover."""
    late = Adversary(node, LATE)
    status, stolen = node.ask("GET", f"/v1/requests/{old}/proof")
    check(status == 200 and len(stolen) > 100000, status)
    provers[1].stop(signal.SIGKILL)
    books = Books(node)
    rid = new_request(node, state)
    output = bytes.fromhex(request(node, rid)["output"][2:])
    check(late.prove(bytes.fromhex(rid[2:]), output, stolen) == "M-PROOF")
    check(books.changed()[(LATE, "free")] == -PROOF_BOND)
    check(late.prove(bytes.fromhex(old[2:]), output, stolen) in ("M-NOOP", "M-STATE"))
    # All are dead; one comes back, and the backlog clears by itself.
    new_request(node, state)
    provers[1].start()
    all_checked(node, state["nonce"], 1800)
    print("a proof for another request: refused, its bond burned; all dead, one back: all proven")


def run(program, folder, proof):
    make_network(program, f"{folder}/net", proof)
    node = Node(program, f"{folder}/net", "--quiet")
    node.start()
    state = {"nonce": 0}
    provers = [Prover(program, f"{folder}/p{i}", key) for i, key in enumerate(HONEST)]
    try:
        for i, p in enumerate(provers):
            p.init(f"http://127.0.0.1:{node.port}", node.status()["genesis"])
            path = pathlib.Path(p.folder) / "prover.json"
            config = json.loads(path.read_text())
            config["wei_per_second"] = str(10**9 * (1 + 99 * i))  # the second one is dearer
            path.write_text(json.dumps(config))
        cheats(node, provers, state, proof)
        forgets_nothing(node, provers, state)
        rid = killed_primary(node, provers, state, proof)
        if proof:
            another_s_proof(node, state, rid, provers)
        for p in provers:
            if p.process.poll() is None:
                check(p.stop() == 0)
        money = node.status()["ledger"]
        check(money["balanced"] and money["sum"] == money["supply"])
        check(node.stop()[0] == 0)
    except BaseException:
        for p in provers:
            print(p.folder, pathlib.Path(p.log.name).read_text(), file=sys.stderr)
        raise
    finally:
        for p in [node, *provers]:
            if p.process and p.process.poll() is None:
                p.process.kill()
    done = subprocess.run([program, "audit", f"{folder}/net"], capture_output=True, text=True)
    check(done.returncode == 0, done.stderr)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("program")
    args.add_argument("--proof", action="store_true")
    args = args.parse_args()
    begin = time.time()
    with tempfile.TemporaryDirectory(prefix="pp-rescue-", ignore_cleanup_errors=True) as folder:
        run(args.program, folder, args.proof)
    print(f"rescue: all good, {time.time() - begin:.0f} s")


if __name__ == "__main__":
    main()
