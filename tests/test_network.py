#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network of processes: a node and three provers, who buy and sell over HTTP. Provers and the
node are killed; the rollup goes on, and the ledger adds up.
Usage: test_network.py POLYPOLY [--part killed|up|block] [--proof]   (--proof: proofs are demanded, made
and verified; block: a whole mainnet block through polypoly up, which is always with proofs)"""
import argparse
import http.client
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
from network import Network, all_checked, get, hex_of, left_running, make_genesis, run_it, send  # noqa: E402
from test_node import check  # noqa: E402

PROVERS = [7001, 7002, 7003]
USER = 1000
BLOCK = pathlib.Path(__file__).resolve().parent.parent / "examples/mainnet-22244135.json"


def make_network(program, folder, proof):
    options = ["--allocate", f"{hex_of(USER)}=1000"]
    for key in PROVERS:
        options += ["--prover", f"{hex_of(key)}=2", "--account", f"{hex_of(key)}=1"]

    def change(genesis, rollup):
        rollup["batch"].update(transactions=3, blocks=2)
        rollup["fee"] = None  # proofs are dear here
        long = 600000 if proof else 5000
        window = 15000 if proof else 1500
        rollup["request"].update(commit_window=window, reveal_window=window, decline_window=min(long // 4, 60000),
                                 work_window=long, bounty_window=long // 2, expiry=40 * long)
        rollup["fund"]["reserve_rate"] = str(10**15)
        genesis["market"].update(rate_min=10**12)
    make_genesis(program, folder, proof, options, change)


def pages(node, path, limit):
    """All items of a list, page by page; the same whatever the pages' size."""
    items, before = [], ""
    while True:
        page = get(node, f"{path}?limit={limit}{before}")
        check(len(page["items"]) <= limit)
        items += page["items"]
        if page["next"] is None:
            return items
        before = f"&before={page['next']}"


def lists(node, proof):
    """What people look at agrees with itself and with the status."""
    lane = node.status()["lanes"][0]
    batches = pages(node, "/v1/batches", 3)
    check(batches == pages(node, "/v1/batches", 100))
    check(len(batches) == lane["batches"] and batches[0]["number"] == lane["batches"] - 1)
    check(sum(b["transactions"] for b in batches) == lane["transactions"])
    requests = {r["id"]: r for r in pages(node, "/v1/requests", 2)}
    check(len(requests) == len(batches) and all(b["checked"] for b in batches))
    paid = 0
    for b in batches:
        one = get(node, f"/v1/requests/{b['request']}")
        check(get(node, f"/v1/batches?lane=0&number={b['number']}") == {"items": [b], "next": None})
        check(all(one[k] == v for k, v in requests[one["id"]].items()), one)
        check(one["batch"] == b["number"] and one["lane"] == 0 and one["next"] == [], one)
        check(one["proven"] and one["payee"] == b["prover"] and one["state"] == b["request_state"])
        kinds = [line["event"] for line in one["story"] if not line["refused"]]
        check(kinds[0] == "POSTED" and kinds[-1] == "CLOSED" and "PROVEN" in kinds, kinds)
        if one["match"]:
            check(one["match"]["right"] and one["match"]["price"] == one["match"]["recomputed"])
            check(sum(bid["revealed"] for bid in one["match"]["bids"]) == one["bids"])
        paid += int(one["paid"])
        status, body = node.ask("GET", f"/v1/requests/{b['request']}/proof")
        check(status == (200 if proof else 404) and (not proof or len(body) == one["proof_size"]))
    check(any(get(node, f"/v1/requests/{r}")["match"] for r in requests))
    provers = pages(node, "/v1/provers", 2)
    check({p["address"] for p in provers} == {"0x" + eth.address(k).hex() for k in PROVERS})
    check(sum(int(p["paid_amount"]) for p in provers) == paid)
    check(sum(p["paid_count"] for p in provers) == len(batches))
    for p in provers:
        check(get(node, f"/v1/accounts?address={p['address']}") == p)
    incidents = pages(node, "/v1/incidents", 2)
    check(sum(p["defaulted_count"] for p in provers) == len(incidents))
    check(sum(int(p["lost"]) for p in provers) == sum(int(i["lost"]) for i in incidents))
    prices = pages(node, "/v1/prices", 3)
    check(len(prices) == len(requests) and all(p["served"] for p in prices))
    txs = pages(node, "/v1/transactions", 4)
    check(len(txs) == lane["transactions"] and [t["number"] for t in txs] == sorted(
        (t["number"] for t in txs), reverse=True))
    head = get(node, "/v1/headers?limit=1")["items"][0]
    check(head["height"] >= txs[0]["height"] and head["finalized"] == proof, head)
    for path in ("/v1/requests?limit=0", "/v1/batches?lane=x", "/v1/batches?number=0", "/v1/prices?before=-1",
                 "/v1/accounts", "/v1/accounts?address=0x12"):
        check(node.ask("GET", path)[0] == 400, path)
    for path in ("/v1/requests/0x" + "00" * 32, "/v1/requests/x", "/v1/requests/" + "0" * 300,
                 "/v1/requests/", "/v1/requests/0x" + "00" * 32 + "/proof"):
        check(node.ask("GET", path)[0] == 404, path)
    none = get(node, "/v1/accounts?address=0x" + "99" * 20)
    check(none["nonce"] == 0 and none["free"] == "0" and not none["registered"])


def told(net):
    """What people at a terminal ask of the market is what the node says."""
    def market(*words, code=0):
        return run_it(net.node.program, "market", *words, "--node", net.url(), code=code)
    requests = pages(net.node, "/v1/requests", 100)
    first = requests[-1]
    short = first["id"][:18]
    lines = market("list", "--limit", "100").splitlines()
    check(lines[0].split() == "request state which means age asked by bids price".split(), lines[0])
    check(len(lines) == 1 + len(requests), lines)
    for line, r in zip(lines[1:], requests):
        check(line.startswith(r["id"][:18] + "…  " + r["state"]) and f"lane 0, batch {r['batch']}" in line
              and f"paid to {r['payee'][:10]}" in line and ("delivered" in line or "rescued" in line), line, r)
    check(json.loads(market("list", "--limit", "3", "--json")) == requests[:3])
    check(market("list", "--limit", "0", code=2) == market("list", "--limit", "x", code=2).replace("'x'", "'0'"))
    # As much of an id as the list shows; the same as of the whole.
    def story(request):  # without the line that says how old it is
        return [line for i, line in enumerate(market("explain", request).splitlines()) if i != 2]
    text = market("explain", short)
    check(story(short) == story(first["id"]) == story(first["id"][2:].upper()), text)
    check(text.startswith(first["id"] + "\n") and "POSTED" in text and "CLOSED" in text, text)
    one = get(net.node, f"/v1/requests/{first['id']}")
    check(json.loads(market("explain", short, "--json")) == one)
    check("4 of its 64" in market("explain", "0x12", code=2) and "no request" in market("explain", "../../x", code=2))
    check("begins with" in market("explain", "0x" + "0" * 20, code=1))
    quote = json.loads(market("quote", "--json"))
    check(quote["served"] == min(100, len(requests)) and "work" not in quote, quote)
    # Of what is over nothing is told again.
    with subprocess.Popen([net.node.program, "market", "watch", "--node", net.url()], stdout=subprocess.PIPE,
                          text=True) as watch:
        check(watch.stdout.readline().split()[:3] == ["at", "request", "state"])
        watch.terminate()
        check(watch.communicate(timeout=30)[0] == "" and watch.returncode == 0)


def run(program, folder, proof):
    patience = 900 if proof else 120
    make_network(program, f"{folder}/net", proof)
    state = {"nonce": 0}
    with Network(program, folder, PROVERS) as net:
        node, provers = net.node, net.provers
        for p in provers:
            net.join(p)
            p.start()
        last = send(node, USER, 2, state)[-1]
        status = all_checked(node, 2, patience)
        check(status["check"] == ("proven" if proof else "re-executed"))
        if proof:  # final is what is proven, and nothing else
            block = int(node.receipt(last)["blockNumber"], 16)
            final = int(node.result("eth_getBlockByNumber", "finalized", False)["number"], 16)
            check(final >= block, final, block)
        # Two of three are dead: the third does all of it.
        for p in provers[:2]:
            p.stop(signal.SIGKILL)
        send(node, USER, 3, state)
        all_checked(node, 5, patience)
        # All are dead, and the node dies too; one comes back and the backlog clears.
        provers[2].stop(signal.SIGKILL)
        send(node, USER, 4, state)
        node.stop(signal.SIGKILL)
        node.start()
        provers[0].start()
        all_checked(node, 9, patience)
        if proof:
            sent_until_proven(program, node, folder)
        else:
            for p in provers[1:]:
                p.start()
            send(node, USER, 3, state)
            wallet(program, node, folder)
            withdraw(program, node, folder, patience)
        net.stop_provers()
        lists(node, proof)
        told(net)
    run_it(program, "audit", f"{folder}/p0")


def sent_until_proven(program, node, folder):
    """Who asks for it is told only once the transfer is proven."""
    key, to, url = write_key(folder), "0x" + "45" * 20, f"http://127.0.0.1:{node.port}"
    run_it(program, "rollup", "send", "--to", to, "--value", "0.5", "--key-file", key, "--node", url, "--wait-proven")
    told = json.loads(run_it(program, "rollup", "balance", to, "--node", url, "--json"))
    check(told == {"ordered": str(5 * 10**17), "proven": str(5 * 10**17), "chain": "0", "frozen": False}, told)


def write_key(folder):
    key = pathlib.Path(f"{folder}/user.key")
    key.write_text(f"{USER:064x}\n")
    key.chmod(0o600)
    return key


def wallet(program, node, folder):
    """send and balance, by people who have no wallet; and what they are told when it cannot be."""
    key, to, url = write_key(folder), "0x" + "44" * 20, f"http://127.0.0.1:{node.port}"

    def rollup(*words):
        return subprocess.run([program, "rollup", *words], capture_output=True, text=True)
    sent = rollup("send", "--to", to, "--value", "0.25", "--key-file", str(key), "--node", url, "--wait")
    check(sent.returncode == 0, sent.stderr)
    check(node.receipt(sent.stdout.strip())["status"] == "0x1")
    told = rollup("balance", to, "--node", url)
    check(told.returncode == 0 and told.stdout.split() == f"ordered 0.25 ETH {25 * 10**16} wei "
          "proven 0 wei 0 wei chain 0 wei 0 wei".split(), told.stdout, told.stderr)
    never = rollup("send", "--to", to, "--value", "0.01", "--key-file", str(key), "--node", url, "--wait-proven")
    check(never.returncode == 1 and "never proven" in never.stderr, never)
    poor = rollup("send", "--to", to, "--value", "5000", "--key-file", str(key), "--node", url)
    check(poor.returncode == 1 and "funds" in poor.stderr, poor.stderr)
    for bad in (["send"], ["send", "--to", "0x1"], ["balance"], ["balance", "0x12"],
                ["send", "--to", to, "--value", "x", "--key-file", str(key)],
                ["send", "--to", to, "--value", "1", "--key-file", "/nonexistent/key"],
                ["balance", to, "--node", "http://127.0.0.1:1"], ["balance", to, "--node", "ftp://x"]):
        done = rollup(*bad)
        check(done.returncode == 2 and done.stderr.count("\n") == 1, bad, done.stderr)


def withdraw(program, node, folder, patience):
    """Out of the rollup and claimed on the chain, by somebody who has nothing there before."""
    words = ["--key-file", f"{folder}/user.key", "--node", f"http://127.0.0.1:{node.port}"]

    def rollup(*more):
        return subprocess.run([program, "rollup", *more, *words], capture_output=True, text=True)

    def free():
        return get(node, f"/v1/accounts?address=0x{eth.address(USER).hex()}")["free"]
    none = rollup("claim")
    check(none.returncode == 1 and "nothing there" in none.stderr and free() == "0", none.stderr)
    sent = rollup("withdraw", "--value", "0.5", "--wait")
    check(sent.returncode == 0, sent.stderr)
    all_checked(node, 15, patience)
    paid = rollup("claim")
    check(paid.returncode == 0 and paid.stdout.startswith("withdrawal: done in block"), paid.stdout, paid.stderr)
    check(free() == str(5 * 10**17 - 10**14), free())  # less what an account costs that is new
    again = rollup("claim")
    check(again.returncode == 1 and "nothing there" in again.stderr, again.stderr)


def up_once(program, words, seconds=200):
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=seconds)
    check(done.returncode == 0 and "re-executed: the first from here on" in done.stdout, done.stdout, done.stderr)
    return done.stdout


def run_block(program, folder):
    """All transactions of a mainnet block through the second lane of polypoly up: ordered, proven by
    one of three provers, verified and paid, while people's lane goes on."""
    where = f"{folder}/up"
    total = len(json.loads(BLOCK.read_text())["transactions"])
    process = subprocess.Popen([program, "up", where, "--port", "0", "--replay", BLOCK], stdout=subprocess.PIPE, text=True)
    try:
        while not process.stdout.readline().startswith("wallet"):
            check(process.poll() is None)
        drain_output(process)
        end, told = time.time() + 3000, 0
        while True:
            status = json.loads(run_it(program, "status", where, "--json"))
            live, replay = status["lanes"]
            check(status["ledger"]["balanced"] and "incident" not in live and "incident" not in replay, status)
            done = replay["transactions"] == total and replay["open_transactions"] == 0
            if done and replay["checked"] == replay["batches"] and live["checked"] > 0:
                break
            check(time.time() < end and process.poll() is None, status)
            if replay["checked"] > told:
                told = replay["checked"]
                print(f"{told} of {replay['batches']} batches proven, {replay['transactions']} of {total} ordered", flush=True)
            time.sleep(2)
        check(status["check"] == "proven" and sum(p["paid"] for p in status["provers"]) >= told, status)
        run_it(program, "down", where)
        check(process.wait(timeout=60) == 0 and not left_running(where))
    finally:
        if process.poll() is None:
            process.kill()  # all the others end with it
    print(f"{total} transactions in {replay['batches']} batches, all proven; "
          f"{[p['paid'] for p in status['provers']]} paid to each prover")
    run_it(program, "audit", f"{where}/net")


def demo(process, line):
    """The buttons: only with the token, only for the node's page."""
    node, port, token = re.fullmatch(r"demo +(http://127\.0\.0\.1:\d+)/#demo=(\d+)\.([0-9a-f]{32})\n", line).groups()

    def ask(method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get("Access-Control-Allow-Origin")
    good = {"X_Polypoly_Token": token, "Origin": node}
    check(ask("GET", "/demo")[0] == 401)
    check(ask("GET", "/demo", X_Polypoly_Token="0" * 32)[0] == 401)
    for origin in ("http://evil.example", node + "0", "null"):
        check(ask("GET", "/demo", X_Polypoly_Token=token, Origin=origin)[::2] == (403, None))
        check(ask("OPTIONS", "/demo/stop", Origin=origin)[::2] == (403, None))
    check(ask("GET", "/demo", X_Polypoly_Token=token, Host="evil.example")[0] == 403)
    check(ask("OPTIONS", "/demo/stop", Origin=node)[::2] == (200, node))
    status, body, origin = ask("GET", "/demo", **good)
    provers = json.loads(body)["provers"]
    check(status == 200 and origin == node and [p["running"] for p in provers] == [True] * 3, body)
    check(provers[0]["name"] == "prover1" and len(provers[0]["address"]) == 42, body)
    for path, body, headers, wanted in (
            ("/demo/stop", '{"prover": 1}', {}, 415), ("/demo/stop", '{"prover": 0}', None, 409),
            ("/demo/stop", '{"prover": 4}', None, 409), ("/demo/stop", "[", None, 409),
            ("/demo/start", '{"prover": 1}', None, 409), ("/demo/no", '{"prover": 1}', None, 404),
            ("/demo/stop", " " * 300, None, 413)):
        headers = {"Content_Type": "application/json"} if headers is None else headers
        check(ask("POST", path, body, **good, **headers)[0] == wanted, path, body, wanted)

    def running(wanted):
        for _ in range(200):
            now = [p["running"] for p in json.loads(ask("GET", "/demo", **good)[1])["provers"]]
            if now == wanted:
                return True
            time.sleep(0.05)
        return False
    for word, wanted in (("stop", [True, False, True]), ("start", [True] * 3)):
        check(ask("POST", f"/demo/{word}", '{"prover": 2}', **good, Content_Type="application/json")[0] == 200)
        check(running(wanted), word)


def run_up(program, folder):
    """polypoly up from nothing to the first batch; nothing is left running; and again."""
    where = f"{folder}/up"
    block = str(BLOCK)
    told = up_once(program, ["up", where, "--port", "0", "--once", "--re-execute", "--replay", block])
    # Nothing is ordered before its provers listen.
    check(0 < told.find("the provers follow the chain") < told.find("is cut and offered"), told)
    check(not left_running(f"{folder}/up/"), left_running(f"{folder}/up/"))
    modes = {path.stat().st_mode & 0o777 for path in pathlib.Path(f"{where}/keys").iterdir()}
    check(modes == {0o600}, modes)
    nothing = subprocess.run([program, "status", where], capture_output=True, text=True)
    check(nothing.returncode == 1 and "nothing is up" in nothing.stderr, nothing.stderr)
    # Up and watched by a second one; what each stage has done; the buttons; down.
    process = subprocess.Popen([program, "up", where, "--port", "0", "--demo", "--replay", block],
                               stdout=subprocess.PIPE, text=True)
    line = ""
    while not line.startswith("demo "):
        line = process.stdout.readline()
        check(line, process.poll())
    drain_output(process)
    demo(process, line)
    joined = up_once(program, ["up", where, "--once"])
    check("is up already" in joined, joined)
    told = subprocess.run([program, "status", where, "--json"], capture_output=True, text=True)
    status = json.loads(told.stdout)
    check([lane["name"] for lane in status["lanes"]] == ["live", "replay"], told.stdout)
    check(status["lanes"][1]["transactions"] > 0 and len(status["provers"]) == 3, told.stdout)
    told = subprocess.run([program, "status", where], capture_output=True, text=True).stdout
    check("lane replay" in told and "every wei is accounted for" in told and "prover 3" in told, told)
    tell_prover(program, f"{where}/prover1")
    market(program, re.search(r"http://127.0.0.1:\d+", line).group(), where)
    for _ in range(2):
        down = subprocess.run([program, "down", where], capture_output=True, text=True)
        check(down.returncode == 0, down.stderr)
    check("nothing was up" in down.stdout and process.wait(timeout=10) == 0)
    check(not left_running(f"{folder}/up/"), left_running(f"{folder}/up/"))
    # Killed, it takes all of them with it: they hear of its end from the kernel. The next one waits
    # until they have ended.
    process = subprocess.Popen([program, "up", where, "--port", "0"], stdout=subprocess.PIPE, text=True)
    while not process.stdout.readline().startswith("wallet"):
        check(process.poll() is None)
    process.kill()
    process.wait()
    up_once(program, ["up", where, "--port", "0", "--once"])
    check(not left_running(f"{folder}/up/"), left_running(f"{folder}/up/"))
    # Stopped while its provers are measured, or its node opens the log.
    for words in (["up", f"{folder}/up/other"], ["up", where]):
        process = subprocess.Popen([program, *words, "--port", "0"], stdout=subprocess.PIPE, text=True)
        if words[1] != where:
            check("are measured" in process.stdout.readline())
        else:
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        check(process.returncode == 0 and not left_running(f"{folder}/up/"), words, process.returncode)
    for bad, words in ((["up", "a", "b"], "one directory"), (["up", "--provers", "17"], "17"), (["up", "--port"], "value"),
                       (["up", "--what"], "no option"), (["up", "--once", "--provers", "0"], "nobody proves"),
                       (["up", where, "--provers", "2"], "3 provers"), (["up", where, "--re-execute", "--replay", "/x"], "/x"),
                       (["down", "--x"], "no options"), (["status", "a", "b"], "one directory"),
                       (["rollup", "feed"], "which file"), (["rollup", "feed", block], "--key-file"),
                       (["prover", "bench", "--ask", "0"], "does not take"), (["prover", "drain", folder], "prover.json")):
        done = subprocess.run([program, *bad], capture_output=True, text=True)
        check(done.returncode == 2 and done.stderr.count("\n") == 1 and words in done.stderr, bad, done.stderr)


def market(program, url, where):
    """The market from outside: what is asked for, one story, a price, a request of somebody's own."""
    def ask(*words, code=0):
        done = subprocess.run([program, "market", *words, "--node", url], capture_output=True, text=True)
        check(done.returncode == code, words, done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr
    items = json.loads(ask("list", "--json"))
    check(items and f"{items[0]['id'][:18]}" in ask("list"), items)
    told = ask("explain", [r for r in items if r["protocol"]][-1]["id"])
    check("POSTED" in told and "CLOSED" in told, told)
    check("p50" in ask("quote"))
    check("404" in ask("explain", "0x" + "11" * 32, code=2))
    watch = subprocess.Popen([program, "market", "watch", "--node", url], stdout=subprocess.PIPE, text=True)
    check(watch.stdout.readline().split()[:2] == ["at", "request"])
    watch.send_signal(signal.SIGINT)
    watch.communicate(timeout=30)
    check(watch.returncode == 0)
    guest = pathlib.Path(program).resolve().parent.parent / "guests/fib.elf"
    key = f"{where}/keys/wallet.key"
    words = ["post", str(guest), "--key-file", key, "--reserve"]
    if not guest.exists():  # no compiler for guests here
        return
    pathlib.Path(f"{where}/n.bin").write_bytes((100).to_bytes(8, "little"))
    words[2:2] = ["--input", f"{where}/n.bin"]
    posted = ask(*words, "0.001").strip()
    mine = [r for r in json.loads(ask("list", "--json")) if r["id"] == posted]
    check(len(mine) == 1 and not mine[0]["protocol"] and mine[0]["reserve"] == str(10**15), posted, mine)
    check("M-BALANCE" in ask(*words, "1000000", code=1))
    check("M-TERMS" in ask(*words, "0.001", "--work-window", "1", code=1))


def drain_output(process):
    """So that it is never stopped by a full pipe."""
    threading.Thread(target=lambda: process.stdout.read(), daemon=True).start()


def tell_prover(program, folder):
    def ask(*words):
        done = subprocess.run([program, "prover", *words], capture_output=True, text=True)
        check(done.returncode == 0, words, done.stderr)
        return done.stdout
    for _ in range(300):  # the file may still be that of the run before
        if json.loads(ask("status", folder, "--json"))["running"]:
            break
        time.sleep(0.1)
    check(json.loads(ask("status", folder, "--json"))["running"] is True)
    check("at stake now" in ask("status", folder))
    ask("explain", folder)
    check(isinstance(json.loads(ask("explain", folder, "--json")), list))
    ask("drain", folder)
    for wanted in ("drain", "work"):
        for _ in range(100):
            if json.loads(ask("status", folder, "--json"))["mode"] == wanted:
                break
            time.sleep(0.1)
        check(json.loads(ask("status", folder, "--json"))["mode"] == wanted, wanted)
        ask("drain", folder, "--off")


def main():
    args = argparse.ArgumentParser()
    args.add_argument("program")
    args.add_argument("--proof", action="store_true")
    args.add_argument("--part", choices=["killed", "up", "block"])
    args = args.parse_args()
    begin = time.time()
    with tempfile.TemporaryDirectory(prefix="pp-network-") as folder:
        if args.part == "block":
            run_block(args.program, folder)
        elif args.part != "up":
            run(args.program, folder, args.proof)
        if not args.proof and args.part in (None, "up"):
            run_up(args.program, folder)
    print(f"network: all good, {time.time() - begin:.0f} s")


if __name__ == "__main__":
    main()
