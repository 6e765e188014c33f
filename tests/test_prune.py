#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A node whose old blocks were pruned, from outside. Usage: test_prune.py POLYPOLY [--rounds N]"""
import argparse
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
import seed  # noqa: E402
import test_node  # noqa: E402
from test_node import CHAIN, KEYS, check, hash_of  # noqa: E402

TO = bytes(19) + b"\x55"


def run(program, *words):
    return subprocess.run([program, *words], capture_output=True, text=True)


def pay(node, sent, count):
    """So many transfers of one wei, ordered."""
    for _ in range(count):
        raw = eth.transfer(KEYS[len(sent) % 2], CHAIN, len(sent) // 2, TO, 1)
        check(node.send(raw).get("result") == hash_of(raw))
        sent.append(hash_of(raw))
    return node.receipt(sent[-1])


def balance(node, tag="latest"):
    return int(node.result("eth_getBalance", "0x" + TO.hex(), tag), 16)


def test_answers(node, program):
    """What was pruned is refused by name; all else is answered as before."""
    sent = []
    node.start()
    old = pay(node, sent, 4)
    old_block = int(old["blockNumber"], 16)
    time.sleep(1)
    code, err = node.stop()
    check(code == 0, err)
    whole = json.loads(run(program, "prune", node.folder, "--keep-days", "1", "--json").stdout)
    check(whole["pruned"] == 0 and whole["height"] > old_block, whole)
    done = run(program, "prune", node.folder, "--keep-blocks", "2")
    check(done.returncode == 0 and "are gone" in done.stdout, done.stdout, done.stderr)
    pruned = whole["height"] - 2
    audit = run(program, "audit", node.folder)
    check(audit.returncode == 0 and f"snapshot of block {pruned}:" in audit.stdout, audit.stdout, audit.stderr)
    # What it counts is what it executed.
    check(f"blocks      {pruned + 1} to " in audit.stdout, audit.stdout)
    executed = int(re.search(r"lane +(\d+) transactions", audit.stdout).group(1))
    check(executed < len(sent), audit.stdout)
    node.start()
    check(balance(node) == 4)
    for words in (("eth_getBlockByNumber", hex(old_block), False), ("eth_getBlockByNumber", "0x1", True),
                  ("eth_getBalance", "0x" + TO.hex(), hex(old_block))):
        error = node.rpc(*words)["error"]
        check(error["code"] == 4444 and "pruned" in error["message"], words, error)
    check(node.result("eth_getTransactionReceipt", sent[0]) is None)
    check(int(node.result("eth_getBlockByNumber", "earliest", False)["number"], 16) == 0)
    status, body = node.ask("GET", f"/v1/blocks?from={pruned}")
    check(status == 410 and b"were pruned here" in body, status, body)
    for path in ("/v1/headers", "/v1/transactions", "/v1/requests", "/v1/batches"):
        status, body = node.ask("GET", path)
        check(status == 200, path, status, body)
    node.result("eth_feeHistory", "0x400", "latest", [25])
    node.result("eth_gasPrice")
    new = pay(node, sent, 6)
    check(new["status"] == "0x1" and balance(node) == 10)
    check(balance(node, new["blockNumber"]) == 10)
    full = node.result("eth_getBlockByNumber", new["blockNumber"], True)
    check(any(tx["hash"] == sent[-1] for tx in full["transactions"]))
    # One that follows from the first block on says why it cannot.
    follower = subprocess.Popen([program, "node", node.folder + "-follower", "--listen", "0", "--follow",
                                 f"http://127.0.0.1:{node.port}", "--genesis", node.status()["genesis"]],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        check(any("pruned" in line for line in follower.stderr))
    finally:
        follower.kill()
        follower.wait()
    code, err = node.stop()
    check(code == 0, err)
    return f"{pruned} of {whole['height']} blocks"


def state_of(program, folder):
    """What an audit says of the state."""
    audit = run(program, "audit", str(folder))
    check(audit.returncode == 0, audit.stderr)
    state = [line for line in audit.stdout.splitlines() if line.startswith(("  state hash", "  root"))]
    check(state, audit.stdout)
    return state


def test_kills(node, program, rng, rounds):
    """Killed while it prunes, at any moment: the old log or the new one, and everything in it."""
    node.start()
    sent = []
    before = balance(node)
    nonces = [int(node.result("eth_getTransactionCount", "0x" + eth.address(k).hex(), "latest"), 16) for k in KEYS]
    for n in range(8):
        raw = eth.transfer(KEYS[2 + n % 2], CHAIN, nonces[2 + n % 2] + n // 2, TO, 1)
        check(node.send(raw).get("result") == hash_of(raw))
        sent.append(hash_of(raw))
    node.receipt(sent[-1])
    check(balance(node) == before + 8)
    node.stop(signal.SIGKILL)
    keep, killed = 12, 0
    base, work = pathlib.Path(node.folder), pathlib.Path(node.folder + "-kills")
    want = state_of(program, base)
    for _ in range(rounds):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(base, work)
        child = subprocess.Popen([program, "prune", str(work), "--keep-blocks", str(rng.randrange(keep))],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(rng.random() * 0.05)
        child.kill()
        killed += child.wait() == -signal.SIGKILL
        check(state_of(program, work) == want, want)
        check(run(program, "prune", str(work), "--keep-blocks", "1").returncode == 0)
        check(not list(work.rglob("*.tmp")), list(work.rglob("*.tmp")))
    return f"{killed} kills"


def test_running_batch(node, program):
    """All blocks gone, those too in which the batch that still runs began: it goes on and is cut."""
    check(node.init().returncode == 0)
    sent = []
    node.start()
    pay(node, sent, 3)
    code, err = node.stop()
    check(code == 0, err)
    done = run(program, "prune", node.folder, "--keep-blocks", "0")
    check(done.returncode == 0 and "are gone" in done.stdout, done.stdout, done.stderr)
    node.start()
    pay(node, sent, 2)
    check(balance(node) == 5)
    batches = json.loads(node.ask("GET", "/v1/status")[1])["lanes"][0]
    code, err = node.stop()
    check(code == 0, err)
    audit = run(program, "audit", node.folder)
    check(audit.returncode == 0, audit.stderr)
    return f"{batches['open_transactions']} of 5 transactions run"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=6)
    args = parser.parse_args()
    program = str(pathlib.Path(args.program).resolve())
    with tempfile.TemporaryDirectory(prefix="pp-prune-") as work:
        first = node = test_node.Node(program, work + "/node")
        check(node.init().returncode == 0)
        check(run(program, "prune", work + "/none").returncode == 2)
        check(run(program, "prune", node.folder).returncode == 2)
        check(run(program, "prune").returncode == 2)
        try:
            print("answers:", test_answers(node, program), flush=True)
            node = test_node.Node(program, work + "/other")
            print("running batch:", test_running_batch(node, program), flush=True)
            node = first
            print("kills:", test_kills(node, program, seed.rng(), args.rounds), flush=True)
        finally:
            if node.process and node.process.poll() is None:
                node.process.kill()


if __name__ == "__main__":
    main()
