#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From the chain into its rollups, by the commands alone: fund, deposit, force, create, against a
node as a process. Usage: test_bridge.py POLYPOLY"""
import http.server
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
from test_node import KEYS, Node, check, hash_of  # noqa: E402

ETHER = 10**18
EXIT = "0x00000000000000706f6c79706f6c792f65786974"


class Liar(http.server.BaseHTTPRequestHandler):
    """A node that has others sign what is not meant: one network in the place of another, a fee beyond all sense,
    one nonce after the other."""
    genesis, file, chain_id, tip, heard = None, None, 1, 10**9, []

    def log_message(self, *_):
        pass

    def say(self, body, code=200):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/v1/genesis":
            return self.say(Liar.file)
        lane = {"name": "live", "open": True, "chain_id": Liar.chain_id, "base_fee": 1, "queue_batches": 1,
                "deposit_fee": "0", "forced_fee": "0"}
        self.say(json.dumps({"genesis": Liar.genesis, "lanes": [lane], "nonce": 5}).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/commands":
            Liar.heard.append(body)
            return self.say(json.dumps({"result": "C-NONCE-LOW", "height": 0}).encode(), 400)
        call = json.loads(body)
        if call["method"] == "eth_sendRawTransaction":
            Liar.heard.append(body)
        said = {"eth_chainId": hex(Liar.chain_id), "eth_getTransactionCount": "0x7", "eth_gasPrice": "0x1",
                "eth_maxPriorityFeePerGas": hex(Liar.tip)}.get(call["method"], "0x" + "22" * 32)
        self.say(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": said}).encode())


def liar(run, key, genesis, file, chain_id):
    """Nothing is signed for a node whose word does not fit, and one order is signed once."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    who = ("--key-file", key, "--node", f"http://127.0.0.1:{server.server_port}")
    other = "0x" + "11" * 32
    send = ("rollup", "send", "--to", "0x" + "44" * 20, "--value", "1", *who)
    Liar.genesis, Liar.file = other, file
    # The key has signed for one network; this is another. So it is where the user names the one.
    for words in (send, ("rollup", "fund", "--value", "1", *who)):
        check("not signed for" in run(*words, code=1))
        check("serves the network" in run(*words, "--genesis", genesis, code=1))
    Liar.genesis = genesis
    for Liar.chain_id, Liar.tip, why in ((1, 10**9, "--chain-id 1"), (chain_id, 10**14, "--gas-fee-max")):
        check(why in run(*send, code=1))
    check("not 7" in run(*send, "--chain-id", "7", code=1))
    check(Liar.heard == [], Liar.heard)
    check("nonce 5" in run("rollup", "fund", "--value", "1", *who, code=1))
    check(len(Liar.heard) == 1, Liar.heard)
    Liar.tip = 10**9
    run(*send)
    run(*send, "--gas-fee-max", "0.0001", "--chain-id", str(chain_id))
    check(len(Liar.heard) == 3, Liar.heard)
    # What is not on this machine is not believed at all.
    fresh = f"{key}-fresh"
    pathlib.Path(fresh).write_text(pathlib.Path(key).read_text())
    away = ("--key-file", fresh, "--node", f"http://0.0.0.0:{server.server_port}")
    named = (*away[:3], f"http://127.0.0.1:x@0.0.0.0:{server.server_port}")
    for there in (away, named):
        check("says its network is" in run("rollup", "fund", "--value", "1", *there, code=2))
    check(not pathlib.Path(f"{fresh}.networks").exists() and len(Liar.heard) == 3)
    check("nonce 5" in run("rollup", "fund", "--value", "1", *away, "--genesis", genesis, code=1))
    check(pathlib.Path(f"{fresh}.networks").read_text() == f"{genesis}\n")
    server.shutdown()


LIVE, MINE = 412346, 412347


def made_lane(program, run, node, key, address):
    """A rollup that a command made is used like genesis': the same key, and nothing of one in the other."""
    who = ("--key-file", key, "--node", f"http://127.0.0.1:{node.port}")
    mine = ("--lane", "mine", "--chain-id", str(MINE), *who)

    def ask(method, *params, path="/rpc/mine"):
        return node.rpc(method, *params, path=path)["result"]

    def nonce(path, tag="latest"):
        return int(ask("eth_getTransactionCount", address[0], tag, path=path), 16)

    def receipt(tx, path="/rpc/mine"):
        for _ in range(100):
            got = ask("eth_getTransactionReceipt", tx, path=path)
            if got is not None:
                return got
            time.sleep(0.1)
        check(False, "no receipt", tx, json.dumps(node.status(), indent=1))

    def raw(chain_id, nonce, value):
        return eth.transfer(KEYS[0], chain_id, nonce, bytes.fromhex(address[1][2:]), value)

    def send(raw, path):
        return node.rpc("eth_sendRawTransaction", "0x" + raw.hex(), path=path)

    check(ask("eth_chainId") == hex(MINE) and ask("eth_chainId", path="/rpc/1") == hex(MINE))
    check(ask("eth_chainId", path="/rpc/live") == ask("eth_chainId", path="/") == hex(LIVE))
    told = json.loads(run("rollup", "balance", address[0], "--lane", "mine", "--node", who[3], "--json"))
    check(told["ordered"] == str(3 * ETHER) and told["proven"] == "0", told)
    # Its chain id stands in no genesis: whoever signs for it says it.
    to = ("--to", address[1], "--value", "0.5")
    check(f"--chain-id {MINE}" in run("rollup", "send", *to, "--lane", "mine", *who, code=1))
    check("not 412346" in run("rollup", "send", *to, "--lane", "mine", "--chain-id", str(LIVE), *who, code=1))
    before = nonce("/")
    check(before > 0 and nonce("/rpc/mine") == 0)
    first = run("rollup", "send", *to, *mine, "--wait").strip()
    got = receipt(first)
    check(got["from"] == address[0] and got["status"] == "0x1", got)
    check(ask("eth_getTransactionReceipt", first, path="/") is None)
    check(nonce("/") == before and nonce("/rpc/mine") == 1)
    forced = "0x" + run("rollup", "force", *to, *mine).split("0x")[1][:64]
    check(receipt(forced)["status"] == "0x1" and nonce("/rpc/mine") == 2 and nonce("/") == before)
    run("rollup", "withdraw", "--value", "0.25", *mine, "--wait")
    check(node.status()["lanes"][1]["withdrawn"] == str(ETHER // 4), node.status()["lanes"][1])
    check(ask("eth_getBalance", address[1], "latest") == hex(ETHER))
    # What one lane is sent the other refuses, and what is before its first block nobody tells.
    check("chain" in send(raw(LIVE, before, 1), "/rpc/mine")["error"]["message"])
    check("chain" in send(raw(MINE, 3, 1), "/")["error"]["message"])
    check(node.rpc("eth_getBlockByNumber", "0x1", False, path="/rpc/mine")["error"]["code"] == 4444)
    check(ask("eth_getBlockByNumber", "0x0", False)["number"] == "0x0")
    mined = json.loads(node.ask("GET", "/v1/transactions?lane=1")[1])["items"]
    check([t["number"] for t in mined] == [2, 1, 0] and mined[2]["hash"] == first, mined)
    check(len(json.loads(node.ask("GET", "/v1/headers?lane=1")[1])["items"]) > 3)
    check(json.loads(node.ask("GET", "/v1/headers?lane=9")[1])["items"] == [])
    check(node.ask("POST", "/rpc/yours", "{}", Content_Type="application/json")[0] == 404)
    # kill -9 loses nothing that was acknowledged: what could go into a block, and what waits for an earlier nonce.
    sent = [(chain, path, raw(chain, n, 7)) for chain, path, n in ((MINE, "/rpc/mine", 3), (LIVE, "/", before),
                                                                   (MINE, "/rpc/mine", 5), (LIVE, "/", before + 2))]
    for _, path, tx in sent:
        check(send(tx, path)["result"] == hash_of(tx))
    node.stop(signal.SIGKILL)
    node.start()
    for _, path, tx in sent[:2]:
        check(receipt(hash_of(tx), path)["status"] == "0x1")
    waiting = [lane["waiting"] for lane in node.status()["lanes"]]
    check(waiting == [1, 1] and node.status()["waiting"] == 2, waiting)
    text = node.ask("GET", "/metrics")[1].decode()
    check('polypoly_lane_pool_transactions{lane="mine"} 1\n' in text and "polypoly_pool_transactions 2\n" in text, text)
    for chain, path, n in ((MINE, "/rpc/mine", 4), (LIVE, "/", before + 1)):
        check("result" in send(raw(chain, n, 9), path))
    for _, path, tx in sent[2:]:
        check(receipt(hash_of(tx), path)["status"] == "0x1")
    check(nonce("/rpc/mine") == 6 and nonce("/") == before + 3)
    # Who follows serves it too, and takes nothing in it.
    other = Node(program, f"{node.folder}-copy", "--quiet", "--follow", f"http://127.0.0.1:{node.port}", "--genesis",
                 node.status()["genesis"])
    other.start()
    try:
        for _ in range(100):
            same = other.status()["lanes"]
            if len(same) == 2 and same[1]["applied"] == 6:
                break
            time.sleep(0.1)
        check(other.rpc("eth_getTransactionReceipt", first, path="/rpc/mine")["result"] == got)
        answer = other.rpc("eth_sendRawTransaction", "0x" + raw(MINE, 6, 1).hex(), path="/rpc/mine")
        check("follows" in answer["error"]["message"], answer)
    finally:
        other.stop()


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="pp-bridge-") as folder:
        node = Node(program, f"{folder}/net", "--quiet")

        def run(*words, code=0):
            done = subprocess.run([program, *words], capture_output=True, text=True)
            check(done.returncode == code, words, done.returncode, done.stdout, done.stderr)
            check((code == 0) == (done.stderr == "") and done.stderr.count("\n") <= 1, done.stderr)
            return done.stdout + done.stderr

        def lanes():
            return node.status()["lanes"]

        def wait(what):
            for _ in range(100):
                if what():
                    return
                time.sleep(0.1)
            check(False, "nothing came of it", json.dumps(node.status(), indent=1))

        def balance(address):
            return int(node.rpc("eth_getBalance", address, "latest")["result"], 16)

        address = ["0x" + eth.address(k).hex() for k in KEYS]
        done = subprocess.run([program, "node", "init", node.folder, "--chain-id", "412346", "--interval", "100",
                               "--blocks", "20000", "--account", f"{address[0]}=100",
                               "--allocate", f"{address[0]}=10"], capture_output=True, text=True)
        check(done.returncode == 0, done.stderr)
        path = pathlib.Path(node.folder, "genesis.json")
        genesis = json.loads(path.read_text())
        live = genesis["rollups"][0]
        check(live["fee"]["floor"] == 125 and genesis["registry"]["price"] == str(ETHER), genesis)
        live["batch"]["blocks"] = 3  # the guest runs on what was queued, soon
        path.write_text(json.dumps(genesis))
        key, mine = f"{folder}/key", f"{folder}/mine.json"
        pathlib.Path(key).write_text(f"{KEYS[0]:064x}\n")
        node.start()
        try:
            who = ("--key-file", key, "--node", f"http://127.0.0.1:{node.port}")
            before = lanes()[0]
            check(before["deposits"] == 0 and int(before["deposit_fee"]) > 0 and before["base_fee"] == 10**9, before)
            said = json.loads(run("rollup", "fund", "--value", "1.5", "--lane", "live", *who, "--json"))
            check(said["command_fee"] == str(node.status()["command_fee"] * (103 + 24)) != "0", said)
            check(said["lane"] == 0 and said["block"] > 0, said)
            check(int(lanes()[0]["fund"]) == int(before["fund"]) + 3 * ETHER // 2)
            # In, to one's own address and to another's.
            check("batches" in run("rollup", "deposit", "--value", "2", *who))
            run("rollup", "deposit", "--value", "0.5", "--to", address[1], *who)
            wait(lambda: balance(address[0]) == 12 * ETHER and balance(address[1]) == ETHER // 2)
            # Past the lane; and out again.
            said = run("rollup", "force", "--to", address[2], "--value", "1", *who)
            tx = said.split("0x")[1][:64]
            wait(lambda: balance(address[2]) == ETHER)
            receipt = node.rpc("eth_getTransactionReceipt", "0x" + tx)["result"]
            check(receipt["from"] == address[0] and int(receipt["status"], 16) == 1, receipt)
            run("rollup", "force", "--to", EXIT, "--value", "0.25", *who)
            wait(lambda: lanes()[0]["withdrawn"] == str(ETHER // 4))
            wait(lambda: lanes()[0]["batches"] >= 1)
            check("incident" not in lanes()[0], lanes()[0])  # the guest agrees
            # Refused, with the reason; nothing goes out for a mistake.
            check("C-FEE" in run("rollup", "deposit", "--value", "1", "--fee-max", "0", *who, code=1))
            check("C-FEE" in run("rollup", "force", "--to", EXIT, "--value", "1", "--fee-max", "0", *who, code=1))
            check("C-BALANCE" in run("rollup", "fund", "--value", "1000", *who, code=1))
            check("C-RECEIVER" in run("rollup", "deposit", "--value", "1", "--to", EXIT, *who, code=1))
            check("no rollup 'dead'" in run("rollup", "deposit", "--value", "1", "--lane", "dead", *who, code=1))
            for words in (("fund",), ("fund", "--value", "x"), ("deposit", "--value", "1", "--to", "0x12"),
                          ("create",), ("force", "--value", "1"), ("send", "--lane", "live"), ("fund", "--yes")):
                run("rollup", *words, *who, code=2)
            mistyped = "0xf39fd6e51aad88F6F4ce6aB8827279cffFb92266"
            for words in (("send", "--value", "1"), ("deposit", "--value", "1")):
                check("EIP-55" in run("rollup", *words, "--to", mistyped, *who, code=2))
            liar(run, key, node.status()["genesis"], path.read_bytes(), 412346)
            # A rollup of one's own, as genesis says them.
            entry = {k: v for k, v in live.items() if k != "allocations"}
            entry.update(name="mine", chain_id=412347)
            entry["fund"] = dict(entry["fund"], balance=str(ETHER))
            pathlib.Path(mine).write_text(json.dumps(entry))
            check("mine is lane 1" in run("rollup", "create", mine, *who))
            check("C-TAKEN" in run("rollup", "create", mine, *who, code=1))
            # One whose full batch no proof holds, one that the exit would not wait for.
            request = dict(entry["request"], work_window=600000000, expiry=2**31 - 1, decline_window=0, bounty_window=1)
            for fund, code in (({"work_batch": 10**9}, "C-ENTRY-FIT"), ({}, "C-ENTRY-EXIT")):
                bad = dict(entry, name="bad", chain_id=412348, request=request, fund=dict(entry["fund"], **fund))
                pathlib.Path(mine).write_text(json.dumps(bad))
                check(code in run("rollup", "create", mine, *who, code=1), code)
            entry["batch"]["blocks"] = 0
            pathlib.Path(mine).write_text(json.dumps(entry))
            check("mine.json: batch.blocks: must be from 1" in run("rollup", "create", mine, *who, code=2))
            check(lanes()[1]["name"] == "mine" and lanes()[1]["chain_id"] == 412347, lanes()[1])
            run("rollup", "deposit", "--value", "3", "--lane", "mine", *who)
            wait(lambda: lanes()[1]["batches"] == 1)
            check(lanes()[1]["deposits"] == 1 and "incident" not in lanes()[1], lanes()[1])
            made_lane(program, run, node, key, address)
            status = node.status()
            check(status["ledger"]["balanced"], status["ledger"])
            # All of it again from the log.
            code, err = node.stop()
            check(code == 0 and err == "", err)
            node.start()
            check(lanes()[1]["deposits"] == 1 and lanes()[0]["forced"] == 2, lanes())
            told = node.rpc("eth_getTransactionCount", address[0], "latest", path="/rpc/mine")
            check(told["result"] == "0x6", told)
            check(balance(address[2]) == ETHER)
        finally:
            node.stop()
    print("bridge: in, past the lane, out, and a rollup made, by the commands alone")


if __name__ == "__main__":
    main()
