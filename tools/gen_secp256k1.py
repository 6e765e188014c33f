#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes src/sign/secp256k1.inc: the constants of the plain-C signature code, each derived here.

usage: gen_secp256k1.py [--check]     --check compares with the file that is there (exit 1 if not)

The curve is y^2 = x^3 + 7 mod p (SEC 2, section 2.4.1); only p, n and the generator are taken from
there. What is derived, and how the C code uses it:

lambda, beta  A point's x times beta is the point times lambda (both are primitive cube roots of 1,
              beta mod p, lambda mod n). So k P = k1 P + k2 (lambda P) for k = k1 + k2 lambda mod n.
a1 b1 a2 b2   Two short vectors with a + b lambda = 0 mod n, from Euclid's algorithm on (n, lambda)
              (Gallant, Lambert, Vanstone 2001). Taking from (k, 0) the nearest combination of them
              leaves k1, k2 of half the length.
g1, g2        2^384 b2/n and -2^384 b1/n, rounded: the coefficients of that combination for k are
              k g / 2^384, rounded, without a division. Rounding twice costs a little length, and
              the bounds checked below hold it.
inverse_steps How to raise a to n - 2 with the odd powers a, a^3, ... a^31: begin with the first named,
              then again and again square so many times and multiply by the one named.
tables        1, 3, 5, ... 127 times G and 2^128 G: what signed windows of 8 bits take.
"""
import pathlib
import sys

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)
WINDOW = 8


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    result = None
    while k:
        if k & 1:
            result = add(result, point)
        point = add(point, point)
        k >>= 1
    return result


def cube_root_of_one(m):
    base = 2
    while pow(base, (m - 1) // 3, m) == 1:
        base += 1
    return pow(base, (m - 1) // 3, m)


def short_vectors(root):
    """(a1, b1), (a2, b2): the remainders just below sqrt(n), and the shorter of their neighbours."""
    r, t = [N, root], [0, 1]
    while r[-1]:
        q = r[-2] // r[-1]
        r.append(r[-2] - q * r[-1])
        t.append(t[-2] - q * t[-1])
    i = next(i for i in range(len(r)) if r[i] ** 2 < N)
    first = (r[i], -t[i])
    second = min((r[i - 1], -t[i - 1]), (r[i + 1], -t[i + 1]), key=lambda v: v[0]**2 + v[1]**2)
    return first, second


def nearest(a, b):
    return (2 * a + b) // (2 * b)


def split(k, v1, v2, g1, g2):
    c1, c2 = (k * g1 + 2**383) >> 384, (k * g2 + 2**383) >> 384
    return k - c1 * v1[0] - c2 * v2[0], -c1 * v1[1] - c2 * v2[1]


def limbs(x, count=4):
    return ", ".join(f"0x{x >> 64 * i & 2**64 - 1:016x}" for i in range(count))


def endomorphism():
    # Either primitive root serves; with this one g1 and g2 are positive and fit 256 bits.
    for root in (cube_root_of_one(N), pow(cube_root_of_one(N), 2, N)):
        v1, v2 = short_vectors(root)
        if v1[0] * v2[1] - v2[0] * v1[1] == N and -2**128 < v1[1] < 0 < v2[1] < 2**128:
            break
    else:
        sys.exit("no root has such short vectors")
    beta = cube_root_of_one(P)
    want = times(root, G)
    if (beta * G[0] % P, G[1]) != want:
        beta = beta * beta % P
    assert (beta * G[0] % P, G[1]) == want
    g1, g2 = nearest(v2[1] * 2**384, N), nearest(-v1[1] * 2**384, N)
    assert 0 < g1 < 2**256 and 0 < g2 < 2**256
    # Each coefficient is off by at most 1/2 from its rounding and k/2^385 < 2^-129 from g's.
    for i in (0, 1):
        assert (abs(v1[i]) + abs(v2[i])) * (2**128 + 1) < 2**128 * 2**129
    for k in [0, 1, N - 1, N // 2, root, N - root] + [pow(3, e, N) for e in range(2000)]:
        k1, k2 = split(k, v1, v2, g1, g2)
        assert (k1 + k2 * root - k) % N == 0 and abs(k1) < 2**128 and abs(k2) < 2**128
    return root, beta, v1, v2, g1, g2


def inverse_steps(exponent, window=5):
    """[(squarings, odd power)]: windows of bits that begin and end with a one, highest first."""
    steps, bits, i, waiting = [], bin(exponent)[2:], 0, 0
    while i < len(bits):
        if bits[i] == "0":
            waiting, i = waiting + 1, i + 1
            continue
        digit = bits[i:i + window].rstrip("0")
        steps.append((waiting + len(digit), int(digit, 2)))
        i, waiting = i + len(digit), 0
    assert waiting == 0 and steps[0][0] <= window
    power = 0
    for squarings, odd in steps:
        power = (power << squarings) + odd
    assert power == exponent
    return steps


def text():
    root, beta, v1, v2, g1, g2 = endomorphism()
    out = ["// SPDX-License-Identifier: MIT OR Apache-2.0",
           "// Written by tools/gen_secp256k1.py, which says what everything is. Limbs of 64 bits,",
           "// least significant first; the vectors mod 2^256, negated, as they are added.",
           "// clang-format off"]
    for name, value in (("beta", beta), ("split_g1", g1), ("split_g2", g2),
                        ("split_a1", -v1[0]), ("split_b1", -v1[1]),
                        ("split_a2", -v2[0]), ("split_b2", -v2[1])):
        out.append(f"static const num {name} = {{{{{limbs(value % 2**256)}}}}};")
    steps = inverse_steps(N - 2)
    out.append("static const struct {")
    out.append("    uint8_t squarings, odd;")
    out.append(f"}} inverse_steps[{len(steps)}] = {{")
    for i in range(0, len(steps), 8):
        out.append("    " + ", ".join(f"{{{a}, {b}}}" for a, b in steps[i:i + 8]) + ",")
    out.append("};")
    out.append(f"enum {{ G_WINDOW = {WINDOW}, G_TABLE = 1 << (G_WINDOW - 2) }};")
    out.append("static const affine g_table[2][G_TABLE] = {")
    for start in (1, 2**128):
        point = times(start, G)
        double = add(point, point)
        out.append("    {")
        for _ in range(1 << (WINDOW - 2)):
            out.append(f"        {{{{{{{limbs(point[0])}}}}},")
            out.append(f"         {{{{{limbs(point[1])}}}}}}},")
            point = add(point, double)
        out.append("    },")
    out.append("};")
    out.append("// clang-format on")
    return "\n".join(out) + "\n"


def main():
    path = pathlib.Path(__file__).resolve().parent.parent / "src/sign/secp256k1.inc"
    made = text()
    if sys.argv[1:] == ["--check"]:
        same = path.exists() and path.read_text() == made
        print(f"{path.name}: {'as generated' if same else 'NOT as tools/gen_secp256k1.py gives it'}")
        return 0 if same else 1
    if sys.argv[1:]:
        sys.exit(__doc__)
    path.write_text(made)
    return 0


sys.exit(main())
