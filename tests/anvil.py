#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mainnet block's plain transfers in a real Ethereum node on loopback, and in our rollup.

usage: anvil.py POLYPOLY ANVIL

Both start from the same accounts and base fee; the node gets the very same signed bytes. Afterwards
every account that ours touched has the node's balance and nonce, to the last wei, and what the node
burned as base fee is what our proof fund got. What ours refuses is not mined there.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = json.loads((ROOT / "examples/mainnet-22244135.json").read_text())


class Node:
    def __init__(self, anvil, log):
        self.process = subprocess.Popen(
            [anvil, "--host", "127.0.0.1", "--port", "0", "--chain-id", str(int(str(BLOCK["chain_id"]), 0)),
             "--no-mining", "--order", "fifo", "--hardfork", "cancun", "--accounts", "1"],
            stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.process.stdout:
            found = re.search(r"Listening on 127\.0\.0\.1:(\d+)", line)
            if found:
                self.url = f"http://127.0.0.1:{found.group(1)}"
                return
        raise SystemExit("anvil did not start")

    def call(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def ask(self, method, *params):
        answer = self.call(method, *params)
        if "error" in answer:
            raise SystemExit(f"{method}{params}: {answer['error']}")
        return answer["result"]

    def number(self, method, *params):
        return int(self.ask(method, *params), 16)


def number(value):
    return int(str(value), 0)


def ours(program, work):
    """The plain transfers in one batch of our rollup: the summary, and the accounts after it."""
    path, after = work / "block.json", work / "after.json"
    path.write_text(json.dumps(dict(BLOCK, transactions=transfers())))
    done = subprocess.run([program, "rollup", "replay", str(path), "--data", str(work / "data"), "--batch", "64",
                           "--check", "re-execute", "--json", "--post", str(after)],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout), json.loads(after.read_text())


def transfers():
    return [t for t in BLOCK["transactions"] if t["plain_transfer"]]


def theirs(node):
    """Our block's transactions mined as one block: the receipts that there are, in its order."""
    base_fee = number(BLOCK["base_fee_per_gas"])
    for address, account in BLOCK["accounts_before"].items():
        node.ask("anvil_setBalance", address, hex(number(account["balance"])))
        node.ask("anvil_setNonce", address, hex(number(account["nonce"])))
    node.ask("anvil_setCoinbase", BLOCK["fee_recipient"])
    node.ask("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    refused = {t["hash"] for t in transfers() if "error" in node.call("eth_sendRawTransaction", t["raw"])}
    node.ask("evm_mine")
    block = node.ask("eth_getBlockByNumber", "latest", False)
    assert int(block["baseFeePerGas"], 16) == base_fee, block["baseFeePerGas"]
    mined = [t["hash"] for t in transfers() if t["hash"] in set(block["transactions"])]
    assert block["transactions"] == mined, "the node mined them in another order"
    assert not refused & set(mined)
    return [node.ask("eth_getTransactionReceipt", h) for h in mined], base_fee


def main():
    program, anvil = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="pp-anvil-") as name, open(f"{name}/anvil.log", "w") as log:
        work = pathlib.Path(name)
        summary, after = ours(str(pathlib.Path(program).resolve()), work)
        node = Node(anvil, log)
        try:
            receipts, base_fee = theirs(node)
            assert all(r["status"] == "0x1" for r in receipts)
            assert len(receipts) == summary["applied"], (len(receipts), summary["applied"], summary["refused"])
            burned = sum(int(r["gasUsed"], 16) for r in receipts) * base_fee
            assert burned == sum(int(b["fees"]) for b in summary["batches"]), burned
            touched = {r[side].lower() for r in receipts for side in ("from", "to")} | {
                BLOCK["fee_recipient"].lower()}
            assert touched == set(after), touched ^ set(after)
            for address, account in after.items():
                got = (node.number("eth_getBalance", address, "latest"),
                       node.number("eth_getTransactionCount", address, "latest"))
                want = (number(account["balance"]), number(account["nonce"]))
                assert got == want, f"{address}: the node has {got}, ours {want}"
        finally:
            node.process.kill()
            node.process.wait()
    print(f"{len(receipts)} of {len(transfers())} transfers mined and applied, {len(after)} accounts the same to the "
          f"last wei, {burned} wei burned there and in the proof fund here")


if __name__ == "__main__":
    main()
