#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes src/sign/wycheproof.txt from Wycheproof's cases of ECDSA on secp256k1 with SHA-256.

usage: gen_wycheproof.py ecdsa_secp256k1_sha256_p1363_test.json   (C2SP/wycheproof, testvectors_v1)

Signatures of another length than 64 bytes are left out: ours have no other.
"""
import hashlib
import json
import pathlib
import sys

HEAD = """# Wycheproof's cases of ECDSA on secp256k1 with SHA-256 (C2SP/wycheproof at dac1dd4, testvectors_v1/
# ecdsa_secp256k1_sha256_p1363_test.json, Apache-2.0), by tools/gen_wycheproof.py. A public key, then
# its signatures: number, digest, r and s, valid or invalid.
"""


def main():
    cases = json.loads(pathlib.Path(sys.argv[1]).read_text())
    out = [HEAD]
    for group in cases["testGroups"]:
        tests = [t for t in group["tests"] if len(t["sig"]) == 128]
        if tests:
            out.append(f"key {group['publicKey']['uncompressed'][2:]}\n")
        for t in tests:
            digest = hashlib.sha256(bytes.fromhex(t["msg"])).hexdigest()
            assert t["result"] in ("valid", "invalid")
            out.append(f"{t['tcId']} {digest} {t['sig']} {t['result']}\n")
    pathlib.Path(__file__).resolve().parent.parent.joinpath("src/sign/wycheproof.txt").write_text("".join(out))


main()
