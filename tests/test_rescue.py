#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Provers that die, cheat and come back, as processes; every payment, slash and burn to the wei.
Two adversaries speak the market's commands from here; two honest provers are polypoly prover.
Usage: test_rescue.py POLYPOLY [--proof]   (--proof: proofs are demanded, made and verified)"""
import argparse
import pathlib
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from network import (BETA, ETHER, PROOF_BOND, S_MIN, Adversary, Books, Network, account, all_checked, event, get,  # noqa: E402
                     hex_of, in_state, left_running, make_genesis, request, send, steal, stolen, wait_for)
from test_node import check  # noqa: E402

HONEST, LATE, SEALED, USER = [7101, 7102], 7201, 7202, 7301
EVERYBODY = [*HONEST, LATE, SEALED]
RATE = 10**15  # first reserve, wei for a million units of work
KAPPA = 3


def make_network(program, folder, proof, **market):
    options = ["--allocate", f"{hex_of(USER)}=1000"]
    for key in EVERYBODY:
        options += ["--prover", f"{hex_of(key)}=2", "--account", f"{hex_of(key)}=1"]

    def change(genesis, rollup):
        rollup["batch"].update(transactions=3, blocks=1000)  # three make one
        rollup["fee"] = None  # proofs are dear here
        window, work = (15000, 60000) if proof else (2000, 5000)
        rollup["request"].update(winners=1, kappa=KAPPA, commit_window=window, reveal_window=window,
                                 decline_window=work // 4, work_window=work, bounty_window=work, expiry=40 * work)
        rollup["fund"]["reserve_rate"] = str(RATE)
        for name, value in {"stake_min": S_MIN, "bond": BETA, "proof_bond": PROOF_BOND}.items():
            check(int(genesis["market"][name]) == value, name, genesis["market"])
        genesis["market"].update(rate_min=10**12, **market)
    make_genesis(program, folder, proof, options, change)


def new_request(node, state):
    """Three transfers make a batch; its request."""
    known = {r["id"] for r in get(node, "/v1/requests")["items"]}
    send(node, USER, 3, state)
    fresh = wait_for(lambda: [r for r in get(node, "/v1/requests")["items"] if r["id"] not in known], 60)
    check(len(fresh) == 1, fresh)
    return fresh[0]["id"]


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


def cheats(node, provers, state, proof):
    """The lowest bidder offers garbage and is late, another does not open its bid; one honest prover
    is there, and rescues."""
    late, sealed, first = Adversary(node, LATE), Adversary(node, SEALED), HONEST[0]
    provers[0].start()
    books = Books(node, EVERYBODY)
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
    books.must(wanted)
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
    wait_for(provers[1].opened, 60)
    for _ in range(4):  # a machine that is too slow for these windows gets another chance
        books = Books(node, EVERYBODY)
        rid = new_request(node, state)
        sealed = wait_for(lambda: [r for r in [request(node, rid)] if r["commits"] == 2 or r["state"] != "COMMIT"], 60)
        provers[0].stop(signal.SIGKILL)
        was = provers[0].configure(wei_per_second=str(3 * 10**9))
        provers[0].start()
        r = in_state(node, rid, ["PAID", "RESCUED", "OPENPAID"], 900)
        bids = {b["prover"]: int(b["bid"]) for b in r["match"]["bids"] if b["bid"] is not None}
        if sealed[0]["commits"] == len(bids) == 2:
            break
        print(f"too slow: {sealed[0]['commits']} bids sealed, {len(bids)} opened; another one")
        wait_fees(node, state)
        provers[0].stop(signal.SIGKILL)
        provers[0].configure(**was)
        provers[0].start()
        wait_for(provers[0].opened, 60)
    check(r["state"] == "PAID" and r["payee"] == hex_of(first), r)
    check(r["commits"] in (0, 2) and len(bids) == 2, r)
    price = bids[hex_of(second)]  # one winner: the second lowest
    check(bids[hex_of(first)] < price and int(r["paid"]) == price, bids, r)
    fees = wait_fees(node, state)
    wanted = {(first, "free"): price, "fund": fees - price}
    books.must(wanted)
    provers[0].stop(signal.SIGKILL)
    provers[0].configure(**was)
    provers[0].start()
    print(f"killed while its bid was sealed: opened as sealed, paid {price}")


def stolen_proof(node, provers, state):
    """Another prover's proof of this very request is worth nothing in anybody else's hands: neither
    before it is delivered, nor once the chain has it."""
    first = HONEST[0]
    books = Books(node, EVERYBODY)
    rid = new_request(node, state)
    in_state(node, rid, ["ASSIGNED"], 120)
    wait_for(lambda: list(pathlib.Path(f"{provers[0].folder}/proofs").glob("*.work/*")), 120)
    r = stolen(node, rid, provers[0], Adversary(node, LATE), steal(provers[0]))
    fees = wait_fees(node, state)
    price = int(r["paid"])
    books.must({(first, "free"): price, "fund": fees - price, (LATE, "free"): -PROOF_BOND, "burned": PROOF_BOND})
    print(f"a proof stolen for the same request: a bond of {PROOF_BOND} burned, {price} to its maker")


def killed_primary(node, provers, state, proof):
    """The primary is killed, where proofs are made while it proves; the other one rescues."""
    first, second = HONEST
    wait_for(provers[0].opened, 60)
    books = Books(node, EVERYBODY)
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
    books.must(wanted)

    wait_for(lambda: provers[1].status()["paid"] == 1, 60)
    check(provers[1].status()["earned_wei"] == str(pay))  # the bounty is beside it
    print(f"killed: stake {stake} lost, {pay} and a bounty of {bounty} to the rescuer, {burns} burned")
    return rid


def another_s_proof(node, state, old, provers):
    """A proof that was accepted for one request is none for another, nor for another prover."""
    late = Adversary(node, LATE)
    status, stolen = node.ask("GET", f"/v1/requests/{old}/proof")
    check(status == 200 and len(stolen) > 100000, status)
    provers[1].stop(signal.SIGKILL)
    books = Books(node, EVERYBODY)
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


def withdraws(node, prover):
    """The stake goes back to the free balance once it is unbonded, all of it; the key is good for
    another beginning."""
    books = Books(node, EVERYBODY)
    stake = account(node, prover.key)["stake"]
    prover.ask("withdraw", prover.folder)
    wait_for(lambda: account(node, prover.key)["stake"] == 0, 120)
    books.must({(prover.key, "stake"): -stake, (prover.key, "free"): stake})
    check(len(prover.said("unbond")) == 1 and len(prover.said("unbonded")) == 1, prover.said("unbond"))
    wait_for(lambda: prover.status()["stake_wei"] == "0", 60)
    earned = prover.status()["earned_wei"]
    check(prover.stop() == 0)  # its snapshot has what it was paid
    prover.start()
    wait_for(lambda: prover.status()["pid"] == prover.process.pid, 60)
    check(prover.status()["earned_wei"] == earned != "0", prover.status())
    print(f"withdrawn: {stake} free again")


def run(program, folder, proof):
    make_network(program, f"{folder}/net", proof, unbonding=1500)
    state = {"nonce": 0}
    with Network(program, folder, HONEST) as net:
        node, provers = net.node, net.provers
        for i, p in enumerate(provers):
            net.join(p, wei_per_second=str(10**9 * (1 + 99 * i)))  # the second one is dearer
        cheats(node, provers, state, proof)
        forgets_nothing(node, provers, state)
        if proof:
            stolen_proof(node, provers, state)
        rid = killed_primary(node, provers, state, proof)
        if proof:
            another_s_proof(node, state, rid, provers)
        withdraws(node, provers[1])


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
