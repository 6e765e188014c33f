#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A proof of anybody's guest, bought on the market: posted by polypoly market post, proven by the
fleet of a prover's shard_command, stolen meanwhile, paid to the wei. With --long a run of several
shards, and the prover is killed while its fleet works. Usage: test_post.py POLYPOLY [--long]"""
import argparse
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from network import (ETHER, PROOF_BOND, Adversary, Books, Network, get, hex_of, in_state,  # noqa: E402
                     left_running, make_genesis, run_it, steal, stolen, wait_for)
from test_node import check  # noqa: E402

PROVER, THIEF, POSTER = 7501, 7502, 7503
RESERVE = ETHER // 1000
# As docs/prover.md has it, two at a time; and what it was asked for is written down.
FLEET = ('cd "$PP_WORK" && "$POLYPOLY" join . --missing | tee -a "$PP_WORK.fleet" | '
         'xargs -P 2 -I{} "$POLYPOLY" prove --shard {}.shard -o {}.proof')


def make_network(program, folder):
    options = ["--prover", f"{hex_of(PROVER)}=2"]
    for key in (PROVER, THIEF, POSTER):
        options += ["--account", f"{hex_of(key)}=1"]

    make_genesis(program, folder, True, options, lambda genesis, _: genesis["market"].update(rate_min=10**12))


def post(net, folder, guest, n):
    (folder / "n.input").write_bytes(n.to_bytes(8, "little"))
    key = folder / "poster.key"
    key.write_text(f"{POSTER:064x}\n")
    words = [net.node.program, "market", "post", guest, "--input", folder / "n.input", "--window", "30" if n > 100 else "2",
             "--winners", "1", "--key-file", key, "--node", net.url(), "--json"]
    check("--reserve ETHER is needed" in run_it(*words, code=2))
    told = json.loads(run_it(*words, "--reserve", "0.001", "--work-window", "600"))
    check(told["reserve"] == told["cap"] == str(RESERVE) and told["work"] > n, told)
    # What a proof of it costs is known once one was paid.
    quote = [net.node.program, "market", "quote", "--node", net.url(), "--program", guest, "--input", folder / "n.input"]
    check("no price" in run_it(*quote, code=1))
    return told["request"], [*quote, "--json"], told["work"], words


def run(program, folder, guest, long):
    make_network(program, f"{folder}/net")
    with Network(program, folder, [PROVER]) as net:
        node, prover = net.node, net.provers[0]
        net.join(prover, shard_command=FLEET)
        shelf = pathlib.Path(prover.folder) / "shelf"
        shelf.mkdir()
        (shelf / "fib.elf").write_bytes(guest.read_bytes())
        prover.configure(picoseconds_per_work=1000000, wei_per_second="1000000")
        thief = Adversary(node, THIEF)
        n = 1000000 if long else 100
        (shelf / "n.input").write_bytes(n.to_bytes(8, "little"))
        prover.start()
        wait_for(lambda: prover.said("opened"), 60)
        books = Books(node, [PROVER, THIEF, POSTER])
        watch = subprocess.Popen([program, "market", "watch", "--node", net.url(), "--json"], stdout=subprocess.PIPE, text=True)
        rid, quote, work, words = post(net, folder, guest, n)
        r = in_state(node, rid, ["ASSIGNED"], 120)
        check(not r["protocol"] and r["primary"] == hex_of(PROVER), r)
        proofs = pathlib.Path(prover.folder) / "proofs"
        wait_for(lambda: list(proofs.glob("*.fleet")), 60)
        if long:  # killed, it takes its fleet with it; what was proven is not proven again
            prover.stop(signal.SIGKILL)
            wait_for(lambda: not left_running(f"{proofs}/"), 10)
            prover.start()
            wait_for(lambda: left_running(f"{proofs}/"), 60)
        made = steal(prover)
        helped = [line for f in proofs.glob("*.fleet") for line in f.read_text().split()]
        r = stolen(node, rid, prover, thief, made)
        price = int(r["paid"])
        paid = price + fee_of(node, r)
        books.must({(PROVER, "free"): price, (THIEF, "free"): -PROOF_BOND, (POSTER, "free"): -paid,
                    "burned": PROOF_BOND + paid - price})
        check(long is (len(helped) > 1) and helped, helped)
        quoted = json.loads(run_it(*quote))
        check(quoted["work"] == work and quoted["wei"]["p50"] == str(int(quoted["wei_per_million"]["p50"]) * work // 10**6)
              and abs(int(quoted["wei"]["p50"]) - price) <= work // 10**6 + 1, quoted, price)
        seen = []
        while not seen or seen[-1]["request"]["state"] != "PAID":
            seen.append(json.loads(watch.stdout.readline()))
            check(seen[-1]["request"]["id"] == rid and seen[-1]["time"] > 10**12, seen)
        watch.terminate()
        check(watch.wait(timeout=30) == 0)
        states = [line["request"]["state"] for line in seen]
        check(states == [s for s in ("COMMIT", "REVEAL", "ASSIGNED", "PAID") if s in states] and "ASSIGNED" in states, states)
        check(not left_running(f"{proofs}/"))
        wait_for(lambda: prover.status()["paid"] == 1, 60)
        # What is not said follows what was paid, and how long it took.
        again = json.loads(run_it(*words))
        p90, pace = int(quoted["wei_per_million"]["p90"]), get(node, f"/v1/requests/{rid}")
        took = max(e["time"] for e in pace["story"] if e["event"] == "PROVEN") - max(
            e["time"] for e in pace["story"] if e["event"] == "ASSIGNED")
        check(int(again["reserve"]) == 2 * (p90 * work // 10**6) == int(again["cap"]), again, quoted)
        check(again["work_window"] == max(60000, took * 10**6 // work * work * 4 // 10**6), again, took)
        # What it proved is anybody's to check, without a node.
        proof = folder / "fib.proof"
        proof.write_bytes(made)
        print(run_it(program, "verify", proof, "--program", guest, "--input", folder / "n.input").splitlines()[0])
        print(f"market post: {price} wei paid for {len(made)} bytes, {len(helped)} shards by the fleet")


def fee_of(node, r):
    """What a request burns, by genesis: for its work, its input and a place for an hour."""
    market = get(node, "/v1/genesis")["market"]
    return r["work"] * market["fee_work"] // 10**6 + r["input_size"] * market["fee_input"] // 1024 \
        + market["fee_place"]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("program")
    args.add_argument("--long", action="store_true")
    args = args.parse_args()
    begin = time.time()
    guest = pathlib.Path(args.program).resolve().parent.parent / "guests/fib.elf"
    if not guest.exists():
        print("post: SKIPPED: no compiler for guests here")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="pp-post-", ignore_cleanup_errors=True) as folder:
        run(args.program, pathlib.Path(folder), guest, args.long)
    print(f"post: all good, {time.time() - begin:.0f} s")


if __name__ == "__main__":
    main()
