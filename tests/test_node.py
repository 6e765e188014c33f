#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""polypoly node as a process: wallets' transactions, kill -9, and everything that a network may
throw at an open port. Usage: test_node.py POLYPOLY [--kills N]"""
import argparse
import http.client
import http.server
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
import seed  # noqa: E402

CHAIN = 412346
KEYS = [1000 + i for i in range(4)]
INTERVAL = 200  # ms
os.umask(0o077)  # keys that others may read are refused


def check(what, *context):
    if not what:
        raise AssertionError(" ".join(str(c) for c in context) or "check failed")


class Node:
    def __init__(self, program, folder, *options):
        self.program, self.folder, self.options = program, folder, options
        self.process, self.port, self.listen = None, 0, "127.0.0.1"

    def init(self):
        words = [self.program, "node", "init", self.folder, "--chain-id", str(CHAIN), "--interval",
                 str(INTERVAL), "--blocks", "20000"]
        for key in KEYS:
            words += ["--allocate", f"0x{eth.address(key).hex()}=1000"]
        return subprocess.run(words, capture_output=True, text=True)

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "node", self.folder, "--listen", f"{self.listen}:{self.port}", *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        check(line.startswith("http://"), line, self.process.poll() and self.process.stderr.read())
        self.port = int(line.rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        _, err = self.process.communicate(timeout=60)
        return self.process.returncode, err

    def ask(self, method, path, body=None, timeout=30, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def rpc(self, method, *params, path="/"):
        request = json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
        status, body = self.ask("POST", path, request, Content_Type="application/json")
        check(status == 200, status, body)
        answer = json.loads(body)
        check(answer["id"] == 7)
        return answer

    def result(self, method, *params):
        answer = self.rpc(method, *params)
        check("result" in answer, method, answer)
        return answer["result"]

    def send(self, raw):
        return self.rpc("eth_sendRawTransaction", "0x" + raw.hex())

    def receipt(self, hash_, seconds=30):
        end = time.time() + seconds
        while time.time() < end:
            found = self.result("eth_getTransactionReceipt", hash_)
            if found:
                return found
            time.sleep(INTERVAL / 2000)
        raise AssertionError(f"no receipt for {hash_}")

    def status(self):
        return json.loads(self.ask("GET", "/v1/status")[1])


def hash_of(raw):
    return "0x" + eth.keccak(raw).hex()


def test_init(node):
    check(node.init().returncode == 0)
    again = node.init()
    check(again.returncode == 2 and "already there" in again.stderr, again.stderr)
    for secret in ("beacon", "signer.key"):
        check(oct(os.stat(f"{node.folder}/{secret}").st_mode & 0o777) == "0o600")
    for words in (["node"], ["node", "a", "b"], ["node", "--listen"], ["node", "init"],
                  ["node", "x", "--listen", "nowhere"], ["node", "x", "--patience", "0"],
                  ["node", "x", "--follow", "http://localhost:1"], ["node", "x", "--genesis", "0x"], ["node", "init", "/tmp/x", "--chain-id", "0"],
                  ["node", "init", "/tmp/x", "--allocate", "0x12=1"], ["node", "/nonexistent/x"]):
        done = subprocess.run([node.program, *words], capture_output=True, text=True)
        check(done.returncode == 2 and done.stderr.count("\n") == 1, words, done.stderr)


def test_wallet(node):
    check(int(node.result("eth_chainId"), 16) == CHAIN)
    to = bytes.fromhex("00000000000000000000000000000000deadbeef")
    raws = [eth.transfer(KEYS[0], CHAIN, n, to, 10**15 + n) for n in range(4)]
    raws.append(eth.legacy(KEYS[1], CHAIN, 0, to, 5))
    for raw in raws:
        check(node.send(raw).get("result") == hash_of(raw))
    for raw in raws:
        check(node.receipt(hash_of(raw))["status"] == "0x1")
    balance = int(node.result("eth_getBalance", "0x" + to.hex(), "latest"), 16)
    check(balance == sum(10**15 + n for n in range(4)) + 5, balance)
    sender = "0x" + eth.address(KEYS[0]).hex()
    check(int(node.result("eth_getTransactionCount", sender, "latest"), 16) == 4)
    # Not proven by anybody: none of it is final (blocks before it have nothing to prove).
    final = int(node.result("eth_getBlockByNumber", "finalized", False)["number"], 16)
    check(final < min(int(node.receipt(hash_of(raw))["blockNumber"], 16) for raw in raws), final)
    bad = [(eth.transfer(KEYS[0], CHAIN, 0, to, 1), "nonce too low"),
           (eth.transfer(KEYS[0], CHAIN + 1, 4, to, 1), "chain"),
           (eth.transfer(5, CHAIN, 0, to, 1), "funds"), (b"\x02\x01", ""),
           (eth.transfer(KEYS[0], CHAIN, 4, to, 2000 * 10**18), "funds")]
    for raw, words in bad:
        answer = node.send(raw)
        check("error" in answer and words in answer["error"]["message"], answer, words)


def test_kills(node, rng, kills):
    """What was acknowledged is ordered, whenever the node was killed."""
    nonces = {key: int(node.result("eth_getTransactionCount", "0x" + eth.address(key).hex(),
                                   "pending"), 16) for key in KEYS}
    acknowledged = []
    for _ in range(kills):
        for _ in range(rng.randrange(1, 6)):
            key = rng.choice(KEYS)
            raw = eth.transfer(key, CHAIN, nonces[key], b"\x11" * 20, rng.randrange(1, 10**9))
            if node.send(raw).get("result"):
                nonces[key] += 1
                acknowledged.append(hash_of(raw))
        time.sleep(rng.random() * 2.5 * INTERVAL / 1000)
        node.stop(signal.SIGKILL)
        if rng.random() < 0.3:  # what a power cut leaves of a record
            with open(f"{node.folder}/pool.log", "ab") as f:
                f.write(rng.randbytes(rng.randrange(1, 40)))
        node.start()
    for hash_ in acknowledged:
        check(node.receipt(hash_)["status"] == "0x1")
    check(len(set(acknowledged)) == len(acknowledged))
    for key in KEYS:
        count = node.result("eth_getTransactionCount", "0x" + eth.address(key).hex(), "latest")
        check(int(count, 16) == nonces[key])


def test_blocks(node):
    status, genesis = node.ask("GET", "/v1/genesis")
    check(status == 200 and genesis == pathlib.Path(f"{node.folder}/genesis.json").read_bytes())
    height = node.status()["height"]
    status, blocks = node.ask("GET", "/v1/blocks?from=1")
    at, count = 0, 0
    while at < len(blocks):
        size = int.from_bytes(blocks[at:at + 4], "little")
        count += 1
        check(int.from_bytes(blocks[at + 4:at + 12], "little") == count)
        at += 4 + size
    check(at == len(blocks) and count >= height, count, height)
    begin = time.time()
    status, blocks = node.ask("GET", f"/v1/blocks?from={count + 3}&wait=1")
    check(status == 200 and blocks and time.time() - begin > INTERVAL / 1000)
    check(node.ask("GET", f"/v1/blocks?from={count + 10**6}&wait=1", timeout=5) == (200, b""))
    for path in ("/v1/blocks", "/v1/blocks?from=0", "/v1/blocks?from=-1", "/v1/blocks?from=x",
                 f"/v1/blocks?from={2**70}"):
        check(node.ask("GET", path)[0] == 400, path)
    check(node.ask("GET", f"/v1/blocks?from={2**63}")[1] == b"")
    connection = socket.create_connection(("127.0.0.1", node.port), timeout=20)
    connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    seen = b""
    while seen.count(b"event: block") < 4:
        seen += connection.recv(4096)
    connection.close()
    text = node.ask("GET", "/metrics")[1].decode()
    check(all(line.startswith("#") or len(line.rsplit(" ", 1)) == 2 for line in text.splitlines()))
    check("polypoly_ledger_balanced 1\n" in text and 'lane="live"' in text)
    check(node.ask("GET", "/health")[0] == 200)


def test_openapi(node):
    """Every path of the checked-in file is served, with one of its statuses; and no other is."""
    text = (pathlib.Path(__file__).resolve().parents[1] / "docs" / "openapi.yaml").read_text()
    paths = {}
    for line in text.split("components:")[0].splitlines():
        if line.startswith("  /"):
            statuses = paths.setdefault(line.strip(" :"), {})
        elif line.startswith("    ") and line.strip() in ("get:", "post:"):
            statuses = statuses.setdefault(line.strip(" :"), [])
        elif line.strip().startswith('"'):
            statuses.append(int(line.strip()[1:4]))
    source = (pathlib.Path(__file__).resolve().parents[1] / "src" / "node" / "answers.c").read_text()
    served = set(re.findall(r'{"(GET|POST)", "([^"]+)"', source))
    said = {(m.upper(), p.split("{")[0] + "*" if "{" in p else p)
            for p, methods in paths.items() for m in methods}
    check(served == said, served ^ said)
    for path, methods in paths.items():
        for method, statuses in methods.items():
            if path == "/v1/events":
                continue  # does not end; test_blocks reads it
            path = re.sub("{hash}", "0x" + "00" * 32, path).replace("{lane}", "live")
            status = node.ask(method.upper(), path, b"" if method == "post" else None)[0]
            check(status in statuses, path, status)


def test_commands(node):
    told = node.ask("GET", "/v1/withdrawals?address=0x" + "11" * 20)
    check(told == (200, b'{"withdrawals":[]}'), told)
    for body in (b"", b"\x00", os.urandom(200), b"\x01" + bytes(102), bytes(64 << 20)):
        status, answer = node.ask("POST", "/v1/commands", body,
                                  Content_Type="application/octet-stream")
        check(status == 400 and json.loads(answer)["result"].startswith("C-"), answer)
    # A byte more than a block may have is refused before it is sent.
    with socket.create_connection(("127.0.0.1", node.port), timeout=20) as s:
        s.sendall(b"POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
                  b"Content-Length: %d\r\n\r\n" % ((64 << 20) + 1))
        check(s.recv(64).startswith(b"HTTP/1.1 413"))


def test_hostile(node, rng):
    """The port stays open and right, whatever comes."""
    kind = {"Content_Type": "application/json"}
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
    check(node.ask("POST", "/", call, Host="evil.example", **kind)[0] == 403)
    check(node.ask("POST", "/", call, Host="localhost.evil.example", **kind)[0] == 403)
    for host, code in (("[::1]", 200), (f"LOCALHOST:{node.port}", 200), ("[::2]", 403), ("localhost.", 403), ("localhos", 403), ("", 403)):
        check(node.ask("GET", "/v1/status", Host=host)[0] == code, host)
    with socket.create_connection(("127.0.0.1", node.port), timeout=20) as s:
        s.sendall(b"GET /v1/status HTTP/1.0\r\n\r\n")  # none at all
        check(s.recv(12).endswith((b"403", b"400")))
    check(node.ask("POST", "/", call, Origin="http://evil.example", **kind)[0] == 403)
    check(node.ask("POST", "/", call, Origin="null", **kind)[0] == 403)
    own = f"http://127.0.0.1:{node.port}"
    check(node.ask("POST", "/", call, Origin=own, **kind)[0] == 200)
    for origin in ("chrome-extension://jeegblonjjaokdhgoiijhibjlocdfgea", "moz-extension://6f0d-11",
                   "safari-web-extension://A1"):
        check(node.ask("POST", "/", call, Origin=origin, **kind)[0] == 200)  # wallets
        check(node.ask("OPTIONS", "/", Origin=origin)[0] == 405)
        check(node.ask("POST", "/", call, Origin="https://" + origin, **kind)[0] == 403)
    for path, code in (("/rpc/live", 200), ("/rpc/0", 200), ("/rpc/1", 404), ("/rpc/00", 404), ("/rpc/", 404),
                       ("/rpc/../", 404), ("/rpc/" + "x" * 500, 404)):
        check(node.ask("POST", path, call, **kind)[0] == code, path)
    check(node.ask("POST", "/", call)[0] == 415)
    check(node.ask("POST", "/", call, Content_Type="text/plain")[0] == 415)
    check(node.ask("POST", "/v1/commands", b"x", **kind)[0] == 415)
    check(node.ask("PUT", "/")[0] == 405 and node.ask("PUT", "/v1/status", b"")[0] == 405)
    check(node.ask("GET", "/")[0] == 200 and node.ask("GET", "/verifier.wasm")[0] == 200)
    check(node.ask("GET", "/", Host="evil.example")[0] == 403)
    check(node.ask("GET", "/nowhere")[0] == 404 and node.ask("GET", "/../etc/passwd")[0] == 404)
    check(json.loads(node.ask("POST", "/", "{", **kind)[1])["error"]["code"] == -32700)
    check(json.loads(node.ask("POST", "/", "[" * 5000, **kind)[1])["error"]["code"] == -32700)
    try:
        check(node.ask("POST", "/", b" " * (1 << 20) + b" ", **kind)[0] == 413)
    except (BrokenPipeError, ConnectionResetError):
        pass  # cut off while it was still sending
    check(node.ask("POST", "/", b" " * (1 << 20), **kind)[0] == 200)
    half_open = []
    for _ in range(60):
        s = socket.create_connection(("127.0.0.1", node.port), timeout=5)
        shape = rng.randrange(5)
        if shape == 0:
            s.sendall(rng.randbytes(rng.randrange(1, 3000)))
        elif shape == 1:
            s.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      b"Content-Length: 1000\r\n\r\n{")
        elif shape == 2:
            s.sendall(b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n")
        elif shape == 3:
            s.sendall(b"POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                      b"application/octet-stream\r\nContent-Length: 99999999999999999999\r\n\r\n")
        else:
            s.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\nxx")
        half_open.append(s)
        check(int(node.result("eth_chainId"), 16) == CHAIN)
    for s in half_open:
        s.close()
    before = node.status()["height"]
    time.sleep(4 * INTERVAL / 1000)
    check(node.status()["height"] > before)


def mutated(rng, text):
    """A request with a few of its bytes changed, taken out, doubled or cut off."""
    text = bytearray(text)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(text) + 1)
        what = rng.randrange(6)
        if what == 0 and at < len(text):
            text[at] = rng.randrange(256)
        elif what == 1:
            text[at:at + rng.randrange(1, 30)] = b""
        elif what == 2:
            text[at:at] = text[at:at + rng.randrange(1, 200)] * rng.randrange(1, 5)
        elif what == 3:
            text[at:at] = rng.choice((b"\r\n", b"\0", b"%00", b"../", b"-1", b"99999999999999999999",
                                      b"\xff\xfe", b": ", b"Content-Length: 5\r\n",
                                      b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"))
        elif what == 4:
            text = text[:at]
        text = text or bytearray(b"G")
    return bytes(text)


def test_fuzz(node, rng, times):
    """Requests for every route, mutated: whatever comes, the node answers the next one right."""
    source = (pathlib.Path(__file__).resolve().parents[1] / "src" / "node" / "answers.c").read_text()
    routes = re.findall(r'{"(GET|POST)", "([^"]+)"', source)
    json_call = json.dumps([{"jsonrpc": "2.0", "id": 1, "method": "eth_feeHistory",
                             "params": ["0x5", "latest", [1, 50.5]]}]).encode()
    seeds = []
    for method, path in routes:
        path = path.replace("*", "0x" + "00" * 32 + "/proof")
        path += "?before=5&limit=3&lane=0&from=1&address=0x" + "11" * 20 if method == "GET" else ""
        body = b"" if method == "GET" else json_call if path == "/" else b"\x01" + bytes(103)
        kind = "application/json" if path == "/" else "application/octet-stream"
        seeds.append(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    for i in range(times):
        s = socket.create_connection(("127.0.0.1", node.port), timeout=5)
        try:
            s.sendall(mutated(rng, rng.choice(seeds)))
            if rng.random() < 0.5:
                s.shutdown(socket.SHUT_WR)
                s.settimeout(0.02)
                s.recv(1 << 16)
        except OSError:
            pass
        s.close()
        if i % 10 == 0:
            check(int(node.result("eth_chainId"), 16) == CHAIN)
    check(node.process.poll() is None)


def test_slow(node):
    """Who sends or takes a byte at a time is cut off in the end, whatever it is sending; nobody
    can make the node hold answers without end."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    large = (b"POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
             b"Content-Length: %d\r\n\r\n" % (64 << 20))
    drips = {"head": (b"GET /v1/sta", 60), "body": (head + b"Content-Length: 90\r\n\r\n", 60),
             # What it says that it will send buys it no time, nor what came fast.
             "large": (large, 60), "burst": (large + bytes(8 << 20), 60)}
    sockets = {name: socket.create_connection(("127.0.0.1", node.port), timeout=30)
               for name in drips}
    for name, (text, _) in drips.items():
        sockets[name].sendall(text)
    end, open_ = time.time() + 25, set(drips)
    while open_ and time.time() < end:
        for name in sorted(open_):
            try:
                sockets[name].settimeout(0.05)
                if sockets[name].recv(4096) == b"":
                    open_.discard(name)
                    continue
            except TimeoutError:
                pass
            except ConnectionError:
                open_.discard(name)
                continue
            try:
                sockets[name].sendall(b"x")
            except OSError:
                open_.discard(name)
        time.sleep(0.2)
    check(not open_, open_)
    # Half of the connections are one address's: the next one is closed at once.
    many = [socket.create_connection(("127.0.0.1", node.port), timeout=30) for _ in range(520)]
    select.select(many[-1:], [], [], 5)  # the last one, as those before it
    closed = select.select(many, [], [], 0)[0]
    check(0 < len(closed) <= 520 - 400 and closed[-1] is many[-1], len(closed))
    for s in many:
        s.close()
    # Answers that nobody takes: the server's buffers fill up, then they are refused.
    call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["0x1", True]}
    body = json.dumps([call] * 100).encode()
    lazy = []
    for _ in range(40):
        s = socket.create_connection(("127.0.0.1", node.port), timeout=30)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        lazy.append(s)
    check(int(node.result("eth_chainId"), 16) == CHAIN)
    for s in lazy:
        s.close()
    raw = socket.create_connection(("127.0.0.1", node.port), timeout=30)
    raw.sendall(b"GET /v1/blocks?from=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(0.5)
    got = b""
    while True:  # all of it, though it was taken late
        more = raw.recv(1 << 16)
        got += more
        size = re.search(rb"Content-Length: (\d+)", got)
        if not more or (size and len(got.split(b"\r\n\r\n", 1)[1]) >= int(size[1])):
            break
    at, body = 0, got.split(b"\r\n\r\n", 1)[1]
    while at < len(body):
        at += 4 + int.from_bytes(body[at:at + 4], "little")
    check(at == len(body) > 0)
    raw.close()
    many = [socket.create_connection(("127.0.0.1", node.port), timeout=30) for _ in range(70)]
    for s in many:
        s.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    first = [s.recv(64) for s in many]
    check(sum(b" 200 " in f for f in first) == 64 and sum(b" 503 " in f for f in first) == 6)
    for s in many:
        s.close()
    time.sleep(4 * INTERVAL / 1000)  # the node hears of it when it next sends
    many = [socket.create_connection(("127.0.0.1", node.port), timeout=30) for _ in range(70)]
    far = f"/v1/blocks?from={node.status()['height'] + 60}&wait=1"
    for s in many:
        s.sendall(f"GET {far} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    time.sleep(1)
    refused = [s.recv(64) for s in select.select(many, [], [], 1)[0]]
    check(len(refused) == 6 and all(b" 503 " in f for f in refused), refused)
    for s in many:
        s.close()
    check(int(node.result("eth_chainId"), 16) == CHAIN)


def test_crowd(node):
    """Who holds all the memory there is for bodies shuts nobody out: neither another address, nor
    another connection of its own (all who come through one proxy have one)."""
    size = 64 << 20
    head = (b"POST /v1/commands HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % size)
    crowd = [socket.create_connection(("127.0.0.1", node.port), timeout=30,
                                      source_address=(source, 0))
             for source in ("127.0.0.2", "127.0.0.3") * 2]
    rest = bytes(size - 1)
    for s in crowd:
        s.sendall(head)
    for s in crowd:
        try:
            s.sendall(rest)
        except OSError:
            pass  # too slow: it was cut off
    time.sleep(0.3)  # until the server has read it
    check(int(node.result("eth_chainId"), 16) == CHAIN)
    for source in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30,
                                                source_address=(source, 0))
        connection.request("POST", "/v1/commands", bytes(1 << 20),
                           {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        check(answer.status == 400, source, answer.status, answer.read())
        connection.close()
    for s in crowd:
        s.close()


def test_fair(node):
    """Many addresses, each of which sends less than an honest proof and then no more, do not shut the proof out: what
    somebody holds counts by how long."""
    size = 9 << 20
    head = (b"POST /v1/commands HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % (size + 1))
    crowd, rest = [], bytes(size)
    for i in range(32):
        s = socket.create_connection(("127.0.0.1", node.port), timeout=30, source_address=(f"127.0.1.{i + 1}", 0))
        try:
            s.sendall(head + rest)
        except OSError:
            pass  # it was cut off
        crowd.append(s)
    time.sleep(0.5)  # they hold it
    for source in ("127.0.0.1", "127.0.0.2"):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30, source_address=(source, 0))
        connection.request("POST", "/v1/commands", bytes(14 << 20), {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        check(answer.status == 400, source, answer.status, answer.read())
        connection.close()
    for s in crowd:
        s.close()


def test_neighbours(node, program, rng):
    other = Node(program, node.folder)
    done = subprocess.run([program, "node", node.folder, "--listen", "127.0.0.1:0"],
                          capture_output=True, text=True)
    check(done.returncode == 2 and "another polypoly process" in done.stderr, done.stderr)
    with tempfile.TemporaryDirectory(prefix="pp-node-") as folder:
        other = Node(program, f"{folder}/other")
        check(other.init().returncode == 0)
        done = subprocess.run([program, "node", other.folder, "--listen", f"127.0.0.1:{node.port}"],
                              capture_output=True, text=True)
        check(done.returncode == 2 and "cannot listen" in done.stderr, done.stderr)
        # A journal of garbage is none; a beacon of another network is refused.
        pathlib.Path(f"{other.folder}/pool.log").write_bytes(rng.randbytes(5000))
        other.start()
        check(other.stop()[0] == 0)
        check(os.path.getsize(f"{other.folder}/pool.log") == 0)
        # Who has everything but the key that genesis names makes no blocks.
        right = pathlib.Path(f"{other.folder}/signer.key").read_text()
        for key, why in ((f"{7:064x}\n", "another key"), ("garbage", "not a key"), (None, "signer.key")):
            path = pathlib.Path(f"{other.folder}/signer.key")
            path.write_text(key) if key else path.unlink()
            done = subprocess.run([program, "node", other.folder, "--listen", "127.0.0.1:0"],
                                  capture_output=True, text=True)
            check(done.returncode == 2 and why in done.stderr, why, done.stderr)
        path.write_text(right)
        pathlib.Path(f"{other.folder}/beacon").write_bytes(
            pathlib.Path(f"{node.folder}/beacon").read_bytes())
        done = subprocess.run([program, "node", other.folder, "--listen", "127.0.0.1:0"],
                              capture_output=True, text=True)
        check(done.returncode == 2 and "another network" in done.stderr, done.stderr)


def test_whose(program):
    """Keys and settings are taken from nobody else: not from a folder that others may write to, not from files that
    they may read."""
    with tempfile.TemporaryDirectory(prefix="pp-node-") as folder:
        key = pathlib.Path(f"{folder}/key")
        key.write_text(f"{7:064x}\n")
        net, prover, up = (f"{folder}/{name}" for name in ("net", "prover", "up"))
        url = ["--node", "http://127.0.0.1:1"]
        init = ["prover", "init", prover, *url, "--genesis", "0x" + 64 * "0", "--key-file", key]

        def run(*words):
            done = subprocess.run([program, *words], capture_output=True, text=True)
            return done.returncode, done.stderr

        def refused(why, *words):
            code, said = run(*words)
            check(code == 2 and why in said and said.count("\n") == 1, words, code, said)
        check(run("node", "init", net, "--blocks", "100")[0] == 0 and run(*init)[0] == 0)
        # Files first.
        for file, words in ((f"{net}/signer.key", ["node", net]), (f"{net}/beacon", ["node", net]),
                            (f"{prover}/prover.json", ["prover", prover]), (key, init),
                            (key, ["rollup", "send", "--to", "0x" + 40 * "1", "--value", "1", "--key-file", key, *url])):
            if words == init:
                os.unlink(f"{prover}/prover.json")
            os.chmod(file, 0o644)
            refused("chmod 600", *words)
            os.chmod(file, 0o600)
        check(run(*init)[0] == 0)
        os.makedirs(up)
        fresh = [f"{folder}/{name}" for name in ("init", "prover-init")]
        for name in fresh:
            os.makedirs(name)
        for where, words in ((net, ["node", net]), (prover, ["prover", prover]), (up, ["up", up]),
                             (fresh[0], ["node", "init", fresh[0]]),
                             (fresh[1], ["prover", "init", fresh[1], *init[3:]])):
            for mode in (0o777, 0o720):
                os.chmod(where, mode)
                refused("others may write", *words)
            os.chmod(where, 0o700)
        check(os.listdir(up) == [] and not any(os.listdir(name) for name in fresh))
        # What up writes as it goes on is no way to write elsewhere, and keys that it finds are its own.
        os.makedirs(f"{up}/keys")
        os.chmod(f"{up}/keys", 0o777)
        refused("others may write", "up", up)
        os.chmod(f"{up}/keys", 0o700)
        wallet = pathlib.Path(f"{up}/keys/wallet.key")
        wallet.write_text(f"{7:064x}\n")
        wallet.chmod(0o640)
        refused("chmod 600", "up", up)
        wallet.chmod(0o600)
        os.symlink(f"{folder}/elsewhere", f"{up}/bench.log")
        refused("bench.log", "up", up)
        check(not os.path.exists(f"{folder}/elsewhere"))


def test_demo_keys(program):
    """Money of keys that everybody knows is not served to everybody."""
    known = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    with tempfile.TemporaryDirectory(prefix="pp-node-") as folder:
        for i, what in enumerate(("--allocate", "--account", "--prover")):
            net = f"{folder}/{i}"
            done = subprocess.run([program, "node", "init", net, "--blocks", "100", what,
                                   f"{known}=1"], capture_output=True, text=True)
            check(done.returncode == 0, done.stderr)
            done = subprocess.run([program, "node", net, "--quiet", "--listen",
                                   "[::]:0" if i else "0.0.0.0:0"], capture_output=True, text=True)
            check(done.returncode == 2 and known.lower() in done.stderr, done.stderr)
        node = Node(program, f"{folder}/0")
        node.start()
        check(node.stop()[0] == 0)
        # The slowest network that can be made is one that begins.
        slow = Node(program, f"{folder}/slow")
        done = subprocess.run([program, "node", "init", slow.folder, "--blocks", "100",
                               "--interval", "20000"], capture_output=True, text=True)
        check(done.returncode == 0, done.stderr)
        slow.start()
        check(slow.status()["height"] == 0 and slow.stop()[0] == 0)


class Liar(http.server.BaseHTTPRequestHandler):
    """Hands on what a node says, but for the first answers about blocks: no blocks, one that is cut, one with a
    bit flipped, another one. With the signer's key: a block that does not follow, signed."""
    node, rng, lies, key, genesis, page = None, None, [], None, None, None

    def lie(self, body):
        size = int.from_bytes(body[:4], "little")
        if self.key is not None:
            block = bytearray(body[4:4 + size - 65])
            block[8 + 8 + 32 + self.rng.randrange(32)] ^= 1  # the state that it names
            r, s, parity = eth.sign(self.key, eth.keccak(b"polypoly/block-signature/1" + self.genesis + block))
            return body[:4] + block + r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
        kind = self.lies.pop()
        if kind == 0:
            return b"<html>maintenance</html>"
        if kind == 1:
            return body[:self.rng.randrange(1, min(len(body), size))]
        if kind == 2:
            body = bytearray(body)
            body[4 + self.rng.randrange(size)] ^= 1 << self.rng.randrange(8)
            return bytes(body)
        return self.node.ask("GET", "/v1/blocks?from=1")[1] if "from=1&" not in self.path else b"x"

    def do_GET(self):
        status, body = (200, self.page) if self.page else self.node.ask("GET", self.path)
        if self.path.startswith("/v1/blocks") and len(body) > 8 and (self.lies or self.key):
            body = self.lie(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def test_follow(node, program, rng):
    """A follower has the same state; it takes no lies; it can be killed."""
    genesis = node.status()["genesis"]
    url = f"http://127.0.0.1:{node.port}"
    with tempfile.TemporaryDirectory(prefix="pp-node-") as folder:
        wrong = subprocess.run([program, "node", f"{folder}/w", "--follow", url, "--genesis",
                                "0x" + "11" * 32], capture_output=True, text=True)
        check(wrong.returncode == 1 and "another network" in wrong.stderr, wrong.stderr)
        other = Node(program, f"{folder}/other", "--quiet", "--follow", url, "--genesis", genesis, "--allow-host", "chain.example")
        other.start()
        check([other.ask("GET", "/v1/status", Host=host)[0] for host in ("chain.example", "chain.example:80", "a.chain.example",
                                                                         "chain.example.evil")] == [200, 200, 403, 403])
        for kill in (True, True, False):
            raw = eth.transfer(KEYS[2], CHAIN, int(node.result(
                "eth_getTransactionCount", "0x" + eth.address(KEYS[2]).hex(), "pending"), 16),
                b"\x22" * 20, 1)
            check("error" in other.send(raw))
            check(other.ask("POST", "/v1/commands", b"x",
                            Content_Type="application/octet-stream")[0] == 409)
            check(node.send(raw).get("result") == hash_of(raw))
            there = node.receipt(hash_of(raw))
            check(other.receipt(hash_of(raw)) == there)
            if kill:
                other.stop(signal.SIGKILL)
                other.start()
        # Ahead of it, behind it, and the same in between.
        for _ in range(100):
            a, b = node.status(), other.status()
            if a["height"] == b["height"]:
                break
            time.sleep(0.02)
        check(a["height"] == b["height"] and a["state_hash"] == b["state_hash"], a, b)
        code, err = other.stop()
        check(code == 0 and err == "", code, err)
        # Lies on the way keep nobody from the chain; what its signer has signed and is wrong ends it.
        key = int((pathlib.Path(node.folder) / "signer.key").read_text(), 16)
        Liar.node, Liar.rng, Liar.genesis = node, rng, bytes.fromhex(genesis[2:])
        liar = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        threading.Thread(target=liar.serve_forever, daemon=True).start()
        through, prover = f"http://127.0.0.1:{liar.server_port}", f"{folder}/prover"
        subprocess.run([program, "prover", "init", prover, "--node", through, "--genesis", genesis], check=True, stdout=subprocess.DEVNULL)
        Liar.page = b"<html>maintenance</html>"
        done = subprocess.run([program, "prover", prover], capture_output=True, text=True)
        check(done.returncode == 2 and "no genesis there" in done.stderr, done.returncode, done.stderr)
        Liar.page = None
        for lies, words in (([0, 2], ["node", f"{folder}/liar", "--listen", "127.0.0.1:0", "--follow", through, "--genesis", genesis]),
                            ([1, 3], ["prover", prover])):
            Liar.lies, Liar.key = lies, None
            log = open(f"{folder}/log", "w+")
            process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL, stderr=log)
            for _ in range(600):
                text = pathlib.Path(log.name).read_text()
                if not Liar.lies and "event=found" in text:
                    break
                check(process.poll() is None, text)
                time.sleep(0.05)
            check("event=lost" in text and "event=found" in text, text)
            Liar.key = key
            check(process.wait(timeout=60) == 1, words)
            text = pathlib.Path(log.name).read_text()
            check("is wrong: executing everything before it leads to another state" in text, text)
        liar.shutdown()
        liar.server_close()


def main():
    args = argparse.ArgumentParser()
    args.add_argument("program")
    args.add_argument("--kills", type=int, default=4)
    args.add_argument("--fuzz", type=int, default=300)
    args = args.parse_args()
    rng = seed.rng()
    with tempfile.TemporaryDirectory(prefix="pp-node-") as folder:
        node = Node(args.program, f"{folder}/net", "--quiet", "--patience", "3")
        test_init(node)
        node.start()
        try:
            for name, test in (("wallet", lambda: test_wallet(node)),
                               ("kills", lambda: test_kills(node, rng, args.kills)),
                               ("blocks", lambda: test_blocks(node)),
                               ("openapi", lambda: test_openapi(node)),
                               ("commands", lambda: test_commands(node)),
                               ("hostile", lambda: test_hostile(node, rng)),
                               ("fuzz", lambda: test_fuzz(node, rng, args.fuzz)),
                               ("slow", lambda: test_slow(node)),
                               ("crowd", lambda: test_crowd(node)),
                               ("fair", lambda: test_fair(node)),
                               ("follow", lambda: test_follow(node, args.program, rng)),
                               ("whose", lambda: test_whose(args.program)),
                               ("demo keys", lambda: test_demo_keys(args.program)),
                               ("neighbours", lambda: test_neighbours(node, args.program, rng))):
                begin = time.time()
                test()
                print(f"{name}: good, {time.time() - begin:.1f} s", flush=True)
            code, err = node.stop()
            check(code == 0 and err == "", code, err)
        finally:
            if node.process.poll() is None:
                node.process.kill()
        done = subprocess.run([args.program, "audit", node.folder], capture_output=True, text=True)
        check(done.returncode == 0 and "every block checks out" in done.stdout, done.stderr)
    print("node: all good")


if __name__ == "__main__":
    main()
