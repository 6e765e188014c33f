#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What Ethereum's rules make of a block's plain transfers, computed without any of our code.

usage: oracle_block.py FILE [--check EXPECTED]

Decoding is rlp's, recovery eth-account's (both from PyPI), the arithmetic Python's integers. Prints
one line a transaction (index, sender, OK or the first failing check in the order of docs/rollup.md)
and one line an account that was touched (address, nonce, balance in wei). With --check compares that
with a file; exit 77 (skipped, loudly) when the packages are not installed (tools/venv.sh).
"""
import json
import os
import sys

try:
    import rlp
    from eth_account import Account
except ImportError as missing:
    # tools/venv.sh has put them where these folders are.
    for venv in os.environ.pop("PP_VENVS", "").split(":"):
        if os.path.exists(f"{venv}/.installed"):
            os.execv(f"{venv}/bin/python3", [f"{venv}/bin/python3", *sys.argv])
    print(f"SKIPPED: the block is NOT checked against eth-account: {missing} (tools/venv.sh build)")
    sys.exit(77)

HALF_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 // 2
PRECOMPILES = set(range(0x01, 0x12)) | {0x100}


def number(b):
    assert not b or b[0] != 0, "leading zeros"
    return int.from_bytes(b, "big")


def decode(raw):
    """A dict of the fields; None where the raw bytes are no transaction."""
    kind = raw[0] if raw[0] < 0x80 else 0
    if kind in (3, 4):
        return {"type": kind}
    f = rlp.decode(raw[1:] if kind else raw, strict=True)
    if kind == 0:
        nonce, price, gas, to, value, data, v, r, s = f
        v = number(v)
        chain = (v - 35) // 2 if v >= 35 else None
        tip = cap = number(price)
        access = []
    elif kind == 1:
        chain, nonce, price, gas, to, value, data, access, v, r, s = f
        tip = cap = number(price)
        chain = number(chain)
    else:
        assert kind == 2
        chain, nonce, tip, cap, gas, to, value, data, access, v, r, s = f
        tip, cap, chain = number(tip), number(cap), number(chain)
    return {"type": kind, "chain": chain, "nonce": number(nonce), "tip": tip, "cap": cap,
            "gas": number(gas), "to": to, "value": number(value), "data": data, "s": number(s),
            "access": (len(access), sum(len(keys) for _, keys in access))}


def refusal(tx, sender, account, block):
    if tx["s"] > HALF_ORDER:
        return "R-SIGNATURE"
    if tx["nonce"] > account["nonce"]:
        return "R-NONCE-GAP"
    if tx["nonce"] < account["nonce"]:
        return "R-NONCE-LOW"
    if tx["tip"] > tx["cap"]:
        return "R-TIP-ABOVE-CAP"
    if tx["cap"] < block["base_fee_per_gas"]:
        return "R-FEE-CAP"
    if account["balance"] < tx["value"] + tx["gas"] * tx["cap"]:
        return "R-BALANCE"
    if tx["gas"] < 21000 + 2400 * tx["access"][0] + 1900 * tx["access"][1]:
        return "R-INTRINSIC-GAS"
    if tx["data"]:
        return "R-INPUT-DATA"
    if not tx["to"]:
        return "R-CREATION"
    if int.from_bytes(tx["to"], "big") in PRECOMPILES:
        return "R-PRECOMPILE"
    return "OK"


def run(block):
    accounts = {a.lower(): {"nonce": v["nonce"], "balance": int(v["balance"], 16)}
                for a, v in block["accounts_before"].items()}
    touched, lines, base_fees = set(), [], 0

    def account(address):
        return accounts.setdefault(address, {"nonce": 0, "balance": 0})

    def credit(address, amount):
        if amount:
            account(address)["balance"] += amount
        touched.add(address)

    for index, entry in enumerate(block["transactions"]):
        raw = bytes.fromhex(entry["raw"][2:])
        tx = decode(raw)
        if tx["type"] == 3:
            lines.append(f"tx {index} - R-TYPE-BLOB")
            continue
        if tx["type"] == 4:
            lines.append(f"tx {index} - R-TYPE-SETCODE")
            continue
        assert tx["chain"] in (block["chain_id"], None)
        sender = Account.recover_transaction(raw).lower()
        assert sender == entry["from"].lower()
        why = refusal(tx, sender, accounts.get(sender, {"nonce": 0, "balance": 0}), block)
        lines.append(f"tx {index} {sender} {why}")
        if why != "OK":
            continue
        gas = 21000 + 2400 * tx["access"][0] + 1900 * tx["access"][1]
        tip = gas * min(tx["tip"], tx["cap"] - block["base_fee_per_gas"])
        base = gas * block["base_fee_per_gas"]
        base_fees += base
        touched.add(sender)
        account(sender)["nonce"] += 1
        account(sender)["balance"] -= tx["value"] + tip + base
        credit("0x" + tx["to"].hex(), tx["value"])
        credit(block["fee_recipient"].lower(), tip)
    lines.append(f"base-fees {base_fees}")
    for address in sorted(touched):
        a = accounts.get(address, {"nonce": 0, "balance": 0})
        lines.append(f"account {address} {a['nonce']} {a['balance']}")
    return lines


def main():
    if len(sys.argv) not in (2, 4):
        sys.exit(__doc__)
    text = "\n".join(run(json.load(open(sys.argv[1])))) + "\n"
    if len(sys.argv) == 2:
        print(text, end="")
    elif open(sys.argv[3]).read() == text:
        print(f"{sys.argv[3]} is what eth-account, rlp and Python make of the block")
    else:
        sys.exit(f"{sys.argv[3]} differs from what eth-account, rlp and Python make of the block")


main()
