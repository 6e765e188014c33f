#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The verifier of spec/pcs.md, written from that text in plain Python; slow and short on purpose.

usage: spec/pcs.py < cases      one JSON object a line, as build/bin/pcs_driver prints them; says where
                                its answer differs from the one in the case
"""
import functools
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import gen_poseidon2  # noqa: E402  (the published constants)

P = 2**31 - 2**24 + 1
DIGEST, RATE, WIDTH = 9, 15, 24
ORACLE_DOMAIN, TRANSCRIPT_DOMAIN, ORACLE_TAG = 3, 2, 20

# fold, blow-up, samples, queries, query grinding, folding grinding: section 4
SETS = {
    "fast": dict(id=1, low=12, high=28, final=8, rounds=[
        (6, 1, 0, 266, 18, 0), (4, 3, 1, 79, 18, 17), (4, 6, 1, 39, 18, 17), (4, 9, 1, 26, 18, 18),
        (4, 10, 1, 24, 18, 13)]),
    "small": dict(id=2, low=12, high=26, final=7, rounds=[
        (6, 2, 1, 125, 18, 16), (4, 4, 1, 60, 18, 15), (4, 7, 1, 34, 18, 15), (4, 10, 1, 24, 18, 15),
        (4, 11, 1, 22, 18, 14)]),
    "test": dict(id=3, low=4, high=24, final=4, rounds=[
        (4, 1, 2, 3, 0, 0), (3, 2, 0, 2, 0, 0), (2, 3, 1, 2, 0, 0), (4, 4, 1, 2, 0, 0),
        (4, 6, 1, 2, 0, 0), (4, 8, 1, 2, 0, 0)]),
}


class Reject(Exception):
    pass


# ---- Section 1: E as tuples of five

ZERO, ONE = (0,) * 5, (1, 0, 0, 0, 0)


def add(a, b):
    return tuple((x + y) % P for x, y in zip(a, b))


def sub(a, b):
    return tuple((x - y) % P for x, y in zip(a, b))


def mul(a, b):
    product = [0] * 9
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    for k in range(8, 4, -1):  # X^5 = 1 - X^2
        product[k - 5] += product[k]
        product[k - 3] -= product[k]
    return tuple(x % P for x in product[:5])


def scale(a, s):
    return tuple(x * s % P for x in a)


def lift(s):
    return (s % P, 0, 0, 0, 0)


def eq(a, b):
    result = ONE
    for x, y in zip(a, b):
        both = mul(x, y)
        result = mul(result, add(add(both, both), sub(sub(ONE, x), y)))
    return result


def eq_number(i, point):
    e = ONE
    for k, r in enumerate(point):
        e = mul(e, r if i >> k & 1 else sub(ONE, r))
    return e


def bits(i, n):
    return [i >> k & 1 for k in range(n)]


def cube_point(i, n):
    return [lift(b) for b in bits(i, n)]


def reverse(i, n):
    return sum(b << (n - 1 - k) for k, b in enumerate(bits(i, n)))


def omega(n):
    return pow(3, (P - 1) >> n, P)


# ---- Section 2: Poseidon2

@functools.cache
def constants():
    source = gen_poseidon2.numbers()
    first = [[next(source) for _ in range(WIDTH)] for _ in range(4)]
    middle = [next(source) for _ in range(23)]
    last = [[next(source) for _ in range(WIDTH)] for _ in range(4)]
    return first, middle, last, [d % P for d in gen_poseidon2.DIAGONAL]


def external(s):
    out = []
    for b in range(0, WIDTH, 4):
        x = s[b:b + 4]
        out += [2 * x[i] + 3 * x[(i + 1) % 4] + x[(i + 2) % 4] + x[(i + 3) % 4] for i in range(4)]
    sums = [sum(out[i::4]) for i in range(4)]
    return [(x + sums[i % 4]) % P for i, x in enumerate(out)]


def permute(s):
    first, middle, last, diagonal = constants()
    s = external(s)
    for row in first:
        s = external([pow(x + c, 3, P) for x, c in zip(s, row)])
    for c in middle:
        s = [pow(s[0] + c, 3, P)] + s[1:]
        total = sum(s)
        s = [(total + d * x) % P for d, x in zip(diagonal, s)]
    for row in last:
        s = external([pow(x + c, 3, P) for x, c in zip(s, row)])
    return s


def leaf(x, domain, parameter):
    s = [0] * WIDTH
    s[15:19] = [domain, parameter, len(x) % 2**24, len(x) // 2**24]
    for at in range(0, max(len(x), 1), RATE):
        for i, value in enumerate(x[at:at + RATE]):
            s[i] = (s[i] + value) % P
        s = permute(s)
    return s[:DIGEST]


def node(left, right, tag):
    return permute(left + right + [tag, 0, 0, 0, 0, 0])[:DIGEST]


# ---- Section 3: the transcript

class Transcript:
    def __init__(self, proof):
        self.s = [0] * WIDTH
        self.s[15] = TRANSCRIPT_DOMAIN
        self.pending = self.ready = 0
        self.proof, self.at = proof, 0

    def permute(self):
        self.s[23] = (self.s[23] + self.pending) % P
        self.s = permute(self.s)
        self.pending, self.ready = 0, RATE

    def absorb(self, elements):
        for x in elements:
            if self.pending == RATE:
                self.permute()
            self.ready = 0
            self.s[self.pending] = (self.s[self.pending] + x) % P
            self.pending += 1

    def absorb_u64(self, x):
        self.absorb([x & 0xffffff, x >> 24 & 0xffffff, x >> 48])

    def flush(self):
        if self.pending > 0:
            self.permute()

    def squeeze(self):
        if self.pending > 0 or self.ready == 0:
            self.permute()
        self.ready -= 1
        return self.s[RATE - self.ready - 1]

    def challenge(self):
        return tuple(self.squeeze() for _ in range(5))

    def index(self, b):
        while (x := self.squeeze()) == P - 1:
            pass
        return x % 2**b

    def hint(self, count):
        if self.at + 4 * count > len(self.proof):
            raise Reject("the proof ends too soon")
        words = [int.from_bytes(self.proof[self.at + 4 * i:self.at + 4 * i + 4], "little")
                 for i in range(count)]
        if any(w >= P for w in words):
            raise Reject("a word is p or more")
        self.at += 4 * count
        return words

    def receive(self, count):
        words = self.hint(count)
        self.absorb(words)
        return words

    def receive_ext(self):
        return tuple(self.receive(5))

    def nonce(self, b):
        if b == 0:
            return
        self.flush()
        self.receive(1)
        x = self.squeeze()
        if x == P - 1 or x % 2**b != 0:
            raise Reject("nonce")


# ---- Section 8

def check_tree(t, root, n, indices, digests):
    known = list(zip(indices, digests))
    for _ in range(n):
        parents, i = [], 0
        while i < len(known):
            at, digest = known[i]
            if at % 2 == 0 and i + 1 < len(known) and known[i + 1][0] == at + 1:
                parent = node(digest, known[i + 1][1], ORACLE_TAG)
                i += 2
            else:
                sibling = t.hint(DIGEST)
                pair = (digest, sibling) if at % 2 == 0 else (sibling, digest)
                parent = node(*pair, ORACLE_TAG)
                i += 1
            parents.append((at // 2, parent))
        known = parents
    if known[0][1] != root:
        raise Reject("tree")


# ---- Sections 4 to 7

class Opening:
    def __init__(self, name, m, t):
        self.set = SETS[name]
        self.m, self.t = m, t
        if not self.set["low"] <= m <= self.set["high"]:
            raise Reject("size")
        self.v = [m]
        while len(self.v) == 1 or self.v[-1] > self.set["final"]:
            self.v.append(self.v[-1] - self.set["rounds"][len(self.v) - 1][0])
        self.R = len(self.v) - 1
        self.rho = []
        self.samples = []  # (vector, point, coefficient)
        self.rows = []     # (iteration, z, coefficient)

    def receive_samples(self, i):
        out = []
        for _ in range(self.set["rounds"][i][2]):
            point = [self.t.challenge() for _ in range(self.v[i])]
            out.append((point, self.t.receive_ext()))
        return out

    def commitment(self):
        self.t.absorb([self.set["id"], self.m])
        self.root = self.t.receive(DIGEST)
        self.first = self.receive_samples(0)

    def join(self, i, samples, rows):
        gamma = self.t.challenge()
        power = ONE
        for point, value in samples:
            power = mul(power, gamma)
            self.samples.append((i, point, power))
            self.claim = add(self.claim, mul(power, value))
        for z, y in rows:
            power = mul(power, gamma)
            self.rows.append((i - 1, z, power))
            self.claim = add(self.claim, mul(power, y))

    def fold(self, k, grinding):
        for _ in range(k):
            c0, c2 = self.t.receive_ext(), self.t.receive_ext()
            self.t.nonce(grinding)
            r = self.t.challenge()
            c1 = sub(sub(self.claim, add(c0, c0)), c2)
            self.claim = add(c0, mul(r, add(c1, mul(r, c2))))
            self.rho.append(r)

    def open_rows(self, i, root):
        k, b, _, queries, grinding, _ = self.set["rounds"][i]
        n = self.v[i + 1] + b
        self.t.nonce(grinding)
        indices = sorted({self.t.index(n) for _ in range(queries)})
        weights = [eq(self.rho[-k:], cube_point(c, k)) for c in range(2**k)]
        digests, rows = [], []
        for x in indices:
            flat = self.t.hint(2**k * (1 if i == 0 else 5))
            digests.append(leaf(flat, ORACLE_DOMAIN, i))
            y = ZERO
            for c, weight in enumerate(weights):
                element = lift(flat[c]) if i == 0 else tuple(flat[5 * c:5 * c + 5])
                y = add(y, mul(weight, element))
            rows.append((pow(omega(n), reverse(x, n), P), y))
        check_tree(self.t, root, n, indices, digests)
        return rows

    def verify(self, groups, target):
        self.claim = target
        if self.first:
            self.join(0, self.first, [])
        for i in range(self.R):
            k, _, _, _, _, h = self.set["rounds"][i]
            self.fold(k, max(0, h - (self.set["high"] - self.m)))
            root = self.root
            if i < self.R - 1:
                self.root = self.t.receive(DIGEST)
                samples = self.receive_samples(i + 1)
                self.join(i + 1, samples, self.open_rows(i, root))
            else:
                u = [self.t.receive_ext() for _ in range(2**self.v[self.R])]
                for z, y in self.open_rows(i, root):
                    if y != functools.reduce(lambda acc, e: add(scale(acc, z), e), reversed(u), ZERO):
                        raise Reject("a row is not the last vector's")
        total = ZERO
        for x, value in enumerate(u):
            at = self.rho + cube_point(x, self.v[self.R])
            total = add(total, mul(value, self.weight(groups, at)))
        if total != self.claim:
            raise Reject("claim")

    def weight(self, groups, at):
        w = ZERO
        for group in groups:
            low = functools.cache(lambda h, point=group["point"]: eq(point[:h], at[:h]))
            for term in group["terms"]:
                h = term["log_len"]
                w = add(w, mul(term["coeff"], mul(low(h), eq_number(term["offset"] >> h, at[h:]))))
        for i, point, coefficient in self.samples:
            w = add(w, mul(coefficient, eq(point, at[self.m - self.v[i]:])))
        for i, z, coefficient in self.rows:
            for X in at[self.m - self.v[i + 1]:]:
                coefficient = mul(coefficient, add(ONE, scale(X, z - 1)))
                z = z * z % P
            w = add(w, coefficient)
        return w


def well_formed(name, m, groups):
    k0 = SETS[name]["rounds"][0][0]
    return len(groups) <= 4 and all(
        g["terms"] and all(k0 <= x["log_len"] <= m and x["offset"] % 2**x["log_len"] == 0 and
                           x["offset"] < 2**m for x in g["terms"]) for g in groups)


def accepts(case):
    """The case's answer: the statement is absorbed between commitment and opening, as the driver does."""
    groups = [dict(point=[tuple(p) for p in g["point"]],
                   terms=[dict(x, coeff=tuple(x["coeff"])) for x in g["terms"]])
              for g in case["groups"]]
    target = tuple(case["target"])
    t = Transcript(bytes.fromhex(case["proof"]))
    try:
        o = Opening(case["set"], case["log_cells"], t)
        o.commitment()
        for g in groups:
            t.absorb_u64(len(g["terms"]))
            for p in g["point"]:
                t.absorb(p)
            for x in g["terms"]:
                t.absorb_u64(x["offset"])
                t.absorb_u64(x["log_len"])
                t.absorb(x["coeff"])
        t.absorb(target)
        if not well_formed(case["set"], case["log_cells"], groups):
            raise Reject("statement")
        o.verify(groups, target)
        if t.at != len(t.proof):
            raise Reject("bytes left over")
        return True, "accepted"
    except Reject as reason:
        return False, str(reason)


def main():
    yes = no = different = 0
    for number, line in enumerate(sys.stdin):
        case = json.loads(line)
        answer, why = accepts(case)
        yes, no = yes + answer, no + (not answer)
        if answer != case["accepted"]:
            different += 1
            print(f"case {number} ({case['set']}, 2^{case['log_cells']} cells): Python says {why}, "
                  f"C says {case['status']}", file=sys.stderr)
    print(f"{yes + no} proofs: {yes} accepted, {no} rejected; {different} answers differ")
    return 1 if different or yes == 0 or no == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
