# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a wallet does, for tests: keys, RLP and signed transactions, standard library only.
The arithmetic is plain Python on affine points: slow, readable, and nobody else's."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "spec"))
from market import keccak  # noqa: E402

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    out = None
    while k:
        if k & 1:
            out = add(out, point)
        point, k = add(point, point), k >> 1
    return out


def address(key):
    x, y = times(key, G)
    return keccak(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]


def sign(key, digest):
    """r, s, parity, with low s; the nonce is a hash of key and digest."""
    z = int.from_bytes(digest, "big")
    k = int.from_bytes(keccak(key.to_bytes(32, "big") + digest), "big") % N
    x, y = times(k, G)
    r = x % N
    s = pow(k, -1, N) * (z + r * key) % N
    parity = y & 1
    return (r, N - s, parity ^ 1) if s > N // 2 else (r, s, parity)


def rlp(item):
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _head(0x80, len(item)) + item
    body = b"".join(rlp(i) for i in item)
    return _head(0xC0, len(body)) + body


def _head(base, size):
    if size < 56:
        return bytes([base + size])
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(length)]) + length


def transfer(key, chain_id, nonce, to, value, tip=1, cap=10**10, gas=21000):
    """A signed EIP-1559 transaction, raw."""
    body = [chain_id, nonce, tip, cap, gas, to, value, b"", []]
    r, s, parity = sign(key, keccak(b"\x02" + rlp(body)))
    return b"\x02" + rlp(body + [parity, r, s])


def legacy(key, chain_id, nonce, to, value, price=10**10, gas=21000):
    """A signed transaction of EIP-155, raw."""
    body = [nonce, price, gas, to, value, b""]
    r, s, parity = sign(key, keccak(rlp(body + [chain_id, 0, 0])))
    return rlp(body + [35 + 2 * chain_id + parity, r, s])
