#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A prover from outside: a key that stands in no genesis, a network namespace of its own, nothing but
an address and a genesis hash. It joins, wins, is paid; when it leaves the price moves back. The
namespace needs root and ip(8): else the rest is tried, and the test says loudly that it was skipped.
With --proof a prover that gets a third of its processor bids more than one that gets all of it.
Usage: test_outsider.py POLYPOLY [--proof]"""
import argparse
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
import test_rescue as base  # noqa: E402
from network import ETHER, Adversary, Books, Network, account, all_checked, hex_of, in_state, wait_for  # noqa: E402
from test_node import check  # noqa: E402

LINE = f"10.{200 + os.getpid() // 250 % 50}.{os.getpid() % 250}"  # of this run: others may go on beside it
INSIDE, OUTSIDE = f"{LINE}.2", f"{LINE}.1"


class Namespace:
    """A network namespace with one line to here."""

    def __init__(self):
        self.name = f"pp{os.getpid()}"
        self.there = False

    def make(self):
        if os.geteuid() != 0 or not shutil.which("ip"):
            return False
        one, two = f"{self.name}a", f"{self.name}b"
        for words in (f"netns add {self.name}", f"link add {one} type veth peer name {two}",
                      f"link set {two} netns {self.name}", f"addr add {OUTSIDE}/30 dev {one}", f"link set {one} up",
                      f"-n {self.name} addr add {INSIDE}/30 dev {two}", f"-n {self.name} link set {two} up",
                      f"-n {self.name} link set lo up"):
            done = subprocess.run(["ip", *words.split()], capture_output=True, text=True)
            if done.returncode != 0:
                print(f"ip {words}: {done.stderr.strip()}", file=sys.stderr)
                self.remove()
                return False
        self.there = True
        return True

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True)
        subprocess.run(["ip", "link", "del", f"{self.name}a"], capture_output=True)

    def words(self):
        return ["ip", "netns", "exec", self.name] if self.there else []


def sold(node, state, bidders):
    """The next request once it is paid, and its bids by prover."""
    rid = base.new_request(node, state)
    r = in_state(node, rid, ["PAID", "OPENPAID", "RESCUED"], 900)
    bids = {b["prover"]: int(b["bid"]) for b in r["match"]["bids"]}
    check(r["state"] == "PAID" and set(bids) == set(bidders), r["state"], bids, bidders)
    lowest, *rest = sorted(bids.values())
    check(int(r["paid"]) == rest[0] and bids[r["payee"]] == lowest, r)  # one winner: the second lowest
    return r, bids


class Slow:
    """Lets processes run a third of the time, as cpulimit does: those that `pids` names, again and again."""

    def __init__(self, pids):
        self.pids, self.on = pids, True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.on:
            pids = self.pids()
            for how, seconds in ((signal.SIGSTOP, 0.1), (signal.SIGCONT, 0.05)):
                for pid in pids:
                    try:
                        os.kill(pid, how)
                    except ProcessLookupError:
                        pass
                time.sleep(seconds)

    def stop(self):
        self.on = False
        self.thread.join()


def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def slowed(program):
    """One that is slowed measures itself slower, and so bids more for the same batch."""
    def bench(slow):
        process = subprocess.Popen([program, "prover", "bench", "--json", "--threads", "1"], stdout=subprocess.PIPE, text=True)
        brake = Slow(lambda: [process.pid]) if slow else None
        out = process.communicate(timeout=600)[0]
        if brake:
            brake.stop()
        return json.loads(out)
    fast, slow = bench(False), bench(True)
    check(fast["work"] == slow["work"], fast, slow)
    check(int(slow["batch_wei"]) > 1.5 * int(fast["batch_wei"]), fast, slow)
    print(f"slowed to a third: bids {int(slow['batch_wei']) / int(fast['batch_wei']):.1f} times as much")


def slowed_while_it_runs(node, state, provers, inside):
    """What a daemon bids follows what its own proofs take; a restart forgets nothing."""
    prover = provers[0]

    def speed():
        return prover.status()["picoseconds_per_work"]

    def bid():
        r, bids = sold(node, state, inside)
        check(r["payee"] == inside[0], r)
        return bids[inside[0]] / r["work"]
    begun = speed()
    brake = Slow(lambda: children(prover.process.pid))
    fast, *_, slow = [bid() for _ in range(4)]
    brake.stop()
    wait_for(lambda: speed() > 1.5 * begun, 60)
    check(slow > 1.3 * fast, fast, slow)
    seen = speed()
    prover.stop()
    prover.start()
    wait_for(lambda: prover.status()["pid"] == prover.process.pid, 60)
    check(speed() == seen and prover.status()["picoseconds_per_work_begun"] < seen, prover.status())
    *_, again = [bid() for _ in range(2)]  # down again, where the machine has nothing else to do
    print(f"slowed to a third while it ran: bids {slow / fast:.2f} times as much after three proofs; not slowed any more, {again / fast:.2f}")


def run(program, folder, proof, namespace):
    base.make_network(program, f"{folder}/net", proof, registration_age=1000)
    # Asked from here on loopback, from there by its address on the line.
    address = OUTSIDE if namespace.there else "127.0.0.1"
    outside = secrets.randbelow(eth.N - 1) + 1
    network = Network(program, folder, [*base.HONEST, outside], "--allow-host", OUTSIDE)
    network.node.listen = "0.0.0.0" if namespace.there else "127.0.0.1"
    state, inside, me = {"nonce": 0}, [hex_of(key) for key in base.HONEST], hex_of(outside)
    with network as net:
        node, (*provers, outsider) = net.node, net.provers
        for p, gwei in zip(provers, (100, 10000)):
            net.join(p, wei_per_second=str(gwei * 10**9))
            p.start()
        before, bids = sold(node, state, inside)
        check(int(before["paid"]) == bids[inside[1]])
        # The fourth of this network: nobody's demo key, another network, and money from somebody.
        outsider.init(f"http://{address}:{node.port}", node.status()["genesis"])
        outsider.configure(wei_per_second=str(10**9))
        outsider.start(*namespace.words())
        wait_for(lambda: outsider.said("poor"), 120)
        for key in (base.LATE, base.SEALED):
            check(Adversary(node, key).give(eth.address(outside), ETHER // 2) == "OK")
        config = pathlib.Path(outsider.folder) / "prover.json"
        check(config.stat().st_mode & 0o777 == 0o600)
        outsider.stop(signal.SIGKILL)
        outsider.configure(stake_wei=str(ETHER // 2))  # it stands for half an ether now
        outsider.start(*namespace.words())
        wait_for(lambda: account(node, outside)["registered"], 120)
        time.sleep(2)  # old enough to bid
        books = Books(node, [outside])
        with_it, bids = sold(node, state, [*inside, me])
        check(with_it["payee"] == me and int(with_it["paid"]) == bids[inside[0]] < int(before["paid"]), with_it)
        all_checked(node, state["nonce"], 900)
        check(books.changed()[(outside, "free")] == int(with_it["paid"]))
        # It leaves: the price is what it was.
        outsider.ask("drain", outsider.folder)
        wait_for(lambda: outsider.said("mode"), 120)
        after, _ = sold(node, state, inside)
        check(int(after["paid"]) > int(with_it["paid"]), after)
        if proof:
            slowed_while_it_runs(node, state, provers, inside)
        print(f"price {before['paid']}; with an outsider {with_it['paid']}, paid to it; without it {after['paid']}")


def main():
    args = argparse.ArgumentParser()
    args.add_argument("program")
    args.add_argument("--proof", action="store_true")
    args = args.parse_args()
    begin = time.time()
    namespace = Namespace()
    there = namespace.make()
    try:
        with tempfile.TemporaryDirectory(prefix="pp-outsider-", ignore_cleanup_errors=True) as folder:
            run(args.program, folder, args.proof, namespace)
            if args.proof:
                slowed(args.program)
    finally:
        namespace.remove()
    print(f"outsider: all good, {time.time() - begin:.0f} s")
    if not there:
        print("outsider: SKIPPED: no network namespace here (it needs root and ip): the prover joined on loopback")
        sys.exit(77)


if __name__ == "__main__":
    main()
