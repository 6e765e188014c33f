#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Leaving a rollup that nobody proves, by the commands alone: the way out is exported with the node
stopped, the exit command is made from that file, and put in when the exit opens.
Usage: test_leave.py POLYPOLY"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ethereum as eth  # noqa: E402
from test_node import KEYS, Node, check  # noqa: E402

BLOCKS, SECONDS = 19, 4


def bad_input(program, folder, way, data):
    """Whatever a person may give by mistake: one sentence that names it, the right code, nothing written."""
    folder = pathlib.Path(folder, "bad")
    folder.mkdir()
    key, sealed, none = folder / "key", folder / "sealed.json", folder / "none"
    files = {"empty": b"", "junk": bytes(range(256)), "cut": pathlib.Path(way).read_bytes()[:-9], "short": b"12" * 31,
             "zero": b"00" * 32, "above": b"ff" * 32, "password": b"foobar\n", "other": b"wrong\n", "long": b"x" * 2000}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()

    def said(code, word, *words, password=None):
        env = dict(os.environ, **({"POLYPOLY_PASSWORD_FILE": str(folder / password)} if password else {}))
        done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, env=env, start_new_session=True)
        good = done.returncode == code and (code == 0 or (done.stderr.count("\n") == 1 and word in done.stderr and done.stdout == ""))
        check(good and not none.exists(), words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    said(0, "", "key", "new", key, "--hex")
    # Of go-ethereum's tests, quick to open; what is made here takes a second and 256 MiB.
    keystore = {"address": "7ef5a6135f1fd6a02593eedc869c6d41d934aef8", "version": 3, "crypto": {
        "cipher": "aes-128-ctr", "ciphertext": "1d0839166e7a15b9c1333fc865d69858b22df26815ccf601b28219b6192974e1",
        "cipherparams": {"iv": "8df6caa7ff1b00c4e871f002cb7921ed"}, "kdf": "scrypt",
        "mac": "6d16dfde774845e4585357f24bce530528bc69f4f84e1e22880d34fa45c273e5", "kdfparams": {
            "dklen": 32, "n": 8, "p": 16, "r": 8, "salt": "e5e6ef3f4ea695f496b643ebd3f75c0aa58ef4070e90c80c5d3fb0241bf1595c"}}}
    sealed.write_text(json.dumps(keystore))
    check(said(0, "", "key", "address", sealed, password="password").strip().lower() == "0x" + keystore["address"])
    for name, change in (("version", {"version": 9}), ("address", {"address": "00" * 20}), ("crypto", {"crypto": None}),
                         ("kdfparams", {"crypto": {**keystore["crypto"], "kdfparams": {**keystore["crypto"]["kdfparams"], "n": 2**40}}}),
                         ("kdfparams-negative", {"crypto": {**keystore["crypto"], "kdfparams": {**keystore["crypto"]["kdfparams"], "n": -1}}})):
        (folder / name).write_text(json.dumps({**keystore, **change}))
        said(2, name.split("-")[0], "key", "address", folder / name, password="password")
    for name in ("missing", "empty", "junk", "folder", "short", "zero", "above"):
        said(2, name, "key", "address", folder / name)
        said(2, name, "key", "seal", folder / name, none, password="password")
        said(2, name, "rollup", "exit", way, "--key-file", folder / name, "-o", none)
    said(1, "password is wrong", "key", "address", sealed, password="other")
    said(1, "password is wrong", "rollup", "exit", way, "--key-file", sealed, "-o", none, password="other")
    said(2, "no terminal", "key", "address", sealed)
    for password, word in (("empty", "empty password"), ("long", "more than"), ("missing", "missing")):
        said(2, word, "key", "new", none, password=password)
        said(2, word, "key", "seal", key, none, password=password)
    before = key.read_bytes()
    said(2, "already there", "key", "new", key, "--hex")
    said(2, "already there", "key", "seal", sealed, key, password="password")
    check(key.read_bytes() == before)
    for command in ("exit", "claim"):
        for name in ("missing", "empty", "junk", "folder", "cut"):
            said(2, name, "rollup", command, folder / name, "--key-file", key, "-o", none)
        said(1, "nothing there", "rollup", command, way, "--key-file", key, "-o", none)
        said(2, "--to", "rollup", command, way, "--key-file", key, "-o", none, "--to", "0x12")
        said(2, "either -o", "rollup", command, way, "--key-file", key, "-o", none, "--node", "http://127.0.0.1:1")
        said(2, "--what", "rollup", command, way, "--key-file", key, "-o", none, "--what")
    for lane in ("-1", "99", str(2**64), ""):
        said(2, "no lane", "rollup", "export", "--data", data, "-o", none, "--lane", lane)
    said(2, "/nowhere", "rollup", "export", "--data", data, "-o", "/nowhere/x")
    for name in ("missing", "empty", "junk", "folder"):
        said(2, name, "rollup", "put", folder / name)
        said(2, name, "audit", folder / name)
        said(2, name, "rollup", "export", "--data", folder / name, "-o", none)
    said(2, "--what", "audit", data, "--what")


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="pp-leave-") as folder:
        node = Node(program, f"{folder}/net", "--quiet", "--patience", "3")

        def run(*words, code=0):
            done = subprocess.run([program, *words], capture_output=True, text=True)
            check(done.returncode == code, words, done.returncode, done.stdout, done.stderr)
            check(done.stderr.count("\n") <= 1, done.stderr)
            return done.stdout + done.stderr

        def lane():
            return node.status()["lanes"][0]

        check(node.init().returncode == 0)
        path = pathlib.Path(folder, "net", "genesis.json")
        genesis = json.loads(path.read_text())
        check(genesis["exit"]["time"] == 86400000 and genesis["exit"]["blocks"] >= 7200, genesis["exit"])
        genesis["exit"] = {"time": SECONDS * 1000, "blocks": BLOCKS}
        path.write_text(json.dumps(genesis))
        refused = subprocess.run([program, "node", node.folder, "--listen", "127.0.0.1:0"], capture_output=True, text=True)
        check(refused.returncode == 2 and "exit: opens before a batch must be proven" in refused.stderr, refused)
        # A lane whose batches are proven before that.
        genesis["market"].update(rate_min=10**12, inclusion_bound=200, beacon_bound=600)
        genesis["rollups"][0]["batch"]["blocks"] = 2
        genesis["rollups"][0]["request"].update(commit_window=400, reveal_window=400, decline_window=0,
                                                work_window=410, bounty_window=1, expiry=2631)
        path.write_text(json.dumps(genesis))
        for i, key in enumerate(KEYS[:2]):
            pathlib.Path(folder, f"key{i}").write_text(f"{key:064x}\n")
        address = ["0x" + eth.address(k).hex() for k in KEYS]
        file, commands = f"{folder}/way.out", f"{folder}/commands"
        node.start()
        try:
            url = f"http://127.0.0.1:{node.port}"
            # One ether of the second key leaves, in a batch that nobody will prove.
            run("rollup", "withdraw", "--value", "1", "--key-file", f"{folder}/key1", "--node", url, "--wait")
            begin = time.time()
            check("another polypoly process" in run("rollup", "export", "--data", node.folder, "-o", file, code=2))
            code, err = node.stop()
            check(code == 0 and err == "", err)
            said = json.loads(run("rollup", "export", "--data", node.folder, "--lane", "live", "-o", file, "--json"))
            check(said["accounts"] == len(KEYS) and said["batches"] == 0 and said["unclaimed"] == 0, said)
            check("no lane" in run("rollup", "export", "--data", node.folder, "--lane", "dead", "-o", file, code=2))
            # With the node stopped, from the file and the key.
            said = json.loads(run("rollup", "exit", file, "--key-file", f"{folder}/key0", "--to", address[3], "-o",
                                  commands, "--json"))
            check(said["owner"] == address[0] and said["balance"] == str(1000 * 10**18), said)
            check(said["withdrawals"] == 0 and oct(pathlib.Path(commands).stat().st_mode)[-3:] == "600", said)
            run("rollup", "claim", file, "--key-file", f"{folder}/key0", "-o", f"{folder}/none", code=1)
            bad_input(program, folder, file, node.folder)
            damaged = bytearray(pathlib.Path(file).read_bytes())
            damaged[200] ^= 1
            pathlib.Path(folder, "damaged").write_bytes(damaged)
            check("checksum" in run("rollup", "exit", f"{folder}/damaged", "--key-file", f"{folder}/key0", "-o",
                                    f"{folder}/none", code=2))
            pathlib.Path(folder, "words").write_text("0x0102\n")
            check("line 1" in run("rollup", "put", f"{folder}/words", "--node", url, code=2))
            node.start()
            if time.time() - begin < SECONDS - 1:
                check("C-EXIT-CLOSED" in run("rollup", "put", commands, "--node", url, code=1))
            while lane()["exit"] != "open":
                check(lane()["exit"] == "closed" and time.time() - begin < 60)
                time.sleep(0.2)
            check("EXIT      open" in run("status", "--node", url))
            check("frozen" not in run("rollup", "balance", address[1], "--node", url))
            check("exit: done in block" in run("rollup", "put", commands, "--node", url))
            check(lane()["exit"] == "frozen", lane())
            check("FROZEN" in run("status", "--node", url))
            check("frozen" in run("rollup", "balance", address[1], "--node", url))
            # What wallets see: gone with who has left, and as if nothing had been ordered for the others.
            check([int(node.result("eth_getBalance", a, "latest"), 16) for a in address[:3]] ==
                  [0, 1000 * 10**18, 1000 * 10**18])
            check("C-EXITED" in run("rollup", "put", commands, "--node", url, code=1))

            def free(who):
                return int(json.loads(node.ask("GET", f"/v1/accounts?address={who}")[1])["free"])

            place = int(genesis["market"]["proof_bond"])  # burned for an account that is new
            check(free(address[3]) == 1000 * 10**18 - place and free(address[0]) == 0)
            check("frozen" in run("rollup", "send", "--to", address[0], "--value", "1", "--key-file", f"{folder}/key1",
                                  "--node", url, code=1))
            # Everybody else follows, straight to the node. The withdrawal that was never proven is void: all of it
            # is in the account that leaves.
            run("rollup", "exit", file, "--key-file", f"{folder}/key1", "--node", url)
            check(free(address[1]) == 1000 * 10**18 - place, free(address[1]))
            ledger = node.status()["ledger"]
            check(ledger["balanced"] and int(ledger["withdrawn, unclaimed"]) == 0, ledger)
            code, err = node.stop()
            check(code == 0 and err == "", err)
        finally:
            if node.process.poll() is None:
                node.process.kill()
        check("every block checks out" in run("audit", node.folder))
        told = json.loads(run("audit", node.folder, "--json"))
        check(told["network"] == genesis["name"] and told["height"] > BLOCKS and told["ledger"]["balanced"], told)
    print("leave: all good")


if __name__ == "__main__":
    main()
