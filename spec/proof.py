#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The verifier of spec/proof.md, written from that text in plain Python; slow and short on purpose.

usage: spec/proof.py < cases    one JSON object a line, as build/bin/prove_driver prints them: shards of
                                example machines, or proof files of the virtual machine; says where
                                its answer differs from the one in the case
"""
import json
import sys

import ids
from market import keccak
from pcs import (ONE, P, ZERO, Opening, Reject, Transcript, SETS, add, eq_number, lift, mul, scale, sub, well_formed)

GRINDING = 12


# ---- Section 1: vm_id

def vm_id(machine):
    out = bytearray(b"polypoly machine, protocol 1\0")

    def put(*numbers):
        for x in numbers:
            out.extend(x.to_bytes(8, "little"))

    def table(t):
        put(t["columns"], t["log_fixed"], len(t["fixed"]))
        for f in t["fixed"]:
            put(f["kind"] << 24 | f["lo"] << 16 | f["lo2"] << 8 | f["width"], len(f["values"]), *f["values"])
        put(len(t["constants"]), *t["constants"])
        put(t["constraints"], len(t["interactions"]))
        for bus, arity, leaf, second in t["interactions"]:
            put(bus << 48 | arity << 32 | leaf << 16 | second)
        put(t["constraint_code"], len(t["code"]), *t["code"])

    put(machine["publics"], len(machine["buses"]), *machine["buses"], len(machine["tables"]))
    for t in machine["tables"]:
        table(t)
    table(machine["boundary"])
    return keccak(bytes(out))


# ---- Section 2: heights and stack

def canonical(t, rows, low):
    if rows == 0:
        return True
    if rows > 2**24:
        return False
    if t["log_fixed"]:
        return rows == 2**t["log_fixed"]
    return rows % 2**low == 0 and bin(rows).count("1") <= 4


class Layout:
    def __init__(self, machine, rows, name):
        low, tables = SETS[name]["rounds"][0][0], machine["tables"]
        if not all(canonical(t, n, low) for t, n in zip(tables, rows)) or max(rows) == 0:
            raise Reject("heights")
        terms = len(machine["boundary"]["interactions"])
        terms += sum(n * len(t["interactions"]) for t, n in zip(tables, rows))
        arities = lambda t: sum(x[1] for x in t["interactions"])
        degree = arities(machine["boundary"]) + sum(n * arities(t) for t, n in zip(tables, rows))
        if terms >= P or degree >= 2**33:
            raise Reject("too many terms")
        pieces = []  # height, table, first row
        for i, n in enumerate(rows):
            first = 0
            for h in range(24, -1, -1):
                if n >> h & 1:
                    pieces.append((h, i, first))
                    first += 2**h
        pieces.sort(key=lambda p: (-p[0], p[1], p[2]))
        self.offset, cells = {}, 0
        for h, i, first in pieces:
            self.offset[i, first] = (cells, h)
            cells += tables[i]["columns"] << h
        self.n = (max(rows) - 1).bit_length()
        self.m = max(SETS[name]["low"], (cells - 1).bit_length())
        if self.m > SETS[name]["high"]:
            raise Reject("cells")


# ---- Section 3: tables at a point

def fixed_at(f, log_rows, r):
    lo, lo2, w, kind, zero_from = f["lo"], f["lo2"], f["width"], f["kind"], log_rows

    def number(start):
        total = ZERO
        for i in range(w):
            total = add(total, scale(r[start + i], 2**i))
        return total

    v = ONE
    if kind == 2:
        v = number(lo)
    elif kind == 3:
        v = ZERO
        for i in range(w):
            v = add(v, scale(mul(r[lo + i], r[lo2 + i]), 2**i))
    elif kind == 4:
        v = mul(number(lo), number(lo2))
    elif kind in (5, 6):
        v = ZERO
        for i, value in enumerate(f["values"]):
            v = add(v, scale(eq_number(i, r[:w]), value))
        if kind == 5:
            zero_from = w
    elif kind in (7, 8):
        v = ZERO
        for b in range(w):
            top = r[lo + b]
            for c in range(b + 1, w):
                top = mul(top, sub(ONE, r[lo + c]))
            v = add(v, scale(top, b) if kind == 7 else scale(sub(r[lo + b], top), 2**b))
    for x in r[zero_from:]:
        v = mul(v, sub(ONE, x))
    return v


def run(t, first, end, columns, fixed, publics):
    """The values of asserted, multiplicity and element instructions, in order, as (op, dst, value)."""
    registers, out = {}, []

    def load(o):
        kind, index = o >> 17, o & 0x1ffff
        return (registers.get(index) if kind == 0 else columns[index] if kind == 1 else fixed[index]
                if kind == 2 else lift(publics[index]) if kind == 3 else lift(t["constants"][index]))

    for instr in t["code"][first:end]:
        op, dst, a, b = instr >> 56, instr >> 40 & 0xffff, instr >> 20 & 0xfffff, instr & 0xfffff
        if op >= 6:
            out.append((op, dst, load(a)))
        elif op == 1:
            registers[dst] = add(load(a), load(b))
        elif op == 2:
            registers[dst] = sub(load(a), load(b))
        elif op == 3:
            registers[dst] = mul(load(a), load(b))
        else:
            product = mul(load(a), load(b))
            registers[dst] = (add if op == 4 else sub)(registers[dst], product)
    return out


def plus(x, y):
    return add(mul(x[0], y[1]), mul(y[0], x[1])), mul(x[1], y[1])


def leaves(t, columns, fixed, publics, alpha, beta):
    fractions, out = [], {}
    for op, dst, value in run(t, t["constraint_code"], len(t["code"]), columns, fixed, publics):
        if op == 7:
            fractions.append([value, sub(alpha, lift(dst))])
            power = ONE
        else:
            power = mul(power, beta)
            fractions[-1][1] = sub(fractions[-1][1], mul(power, value))
    for (_, _, leaf, second), x in zip(t["interactions"], fractions):
        out[leaf] = plus(out[leaf], x) if second else tuple(x)
    return [out[k] for k in range(len(out))]


# ---- Sections 4 to 6: a shard

def next_claim(claim, rho, c, r):
    rest = value = ZERO
    for x in reversed(c):
        rest, value = add(rest, x), mul(add(value, x), r)
    return add(value, sub(claim, mul(rho, rest)))


def buses(t, machine, layout, kappa, publics, alpha, beta):
    p, q = t.receive_ext(), t.receive_ext()
    total = (p, q)
    for x in leaves(machine["boundary"], [], [], publics, alpha, beta):
        total = plus(total, x)
    if total[0] != ZERO or total[1] == ZERO:
        raise Reject("buses")
    rho = []
    for v in range(layout.n + kappa):
        lam = t.challenge()
        claim = add(p, mul(lam, q))
        for i in range(v):
            c = [t.receive_ext(), t.receive_ext()]
            r = t.challenge()
            claim, rho[i] = next_claim(claim, rho[i], c, r), r
        p0, p1, q0, q1 = (t.receive_ext() for _ in range(4))
        both = plus((p0, q0), (p1, q1))
        if claim != add(both[0], mul(lam, both[1])):
            raise Reject("layer")
        mu = t.challenge()
        rho.insert(0, mu)
        p, q = add(p0, mul(mu, sub(p1, p0))), add(q0, mul(mu, sub(q1, q0)))
    return rho, p, q


def shard(machine, identity, name, context, proof, allowed_cells=28):
    if proof[:8] != b"ppshard\x01" or len(proof) < 48 or proof[12:16] != bytes(4):
        raise Reject("header")
    if int.from_bytes(proof[8:12], "little") != SETS[name]["id"]:
        raise Reject("set")
    if proof[16:48] != identity:
        raise Reject("machine")
    t = Transcript(proof[48:])
    for data in (identity, None, context):
        if data is None:
            t.absorb_u64(SETS[name]["id"])
        else:
            t.absorb([len(data)])
            t.absorb([int.from_bytes(data[i:i + 3], "little") for i in range(0, len(data), 3)])
    publics = t.receive(machine["publics"])
    rows = t.receive(len(machine["tables"]))
    layout = Layout(machine, rows, name)
    if layout.m > allowed_cells:
        raise Reject("cells")
    opening = Opening(name, layout.m, t)
    opening.commitment()
    t.nonce(GRINDING if name != "test" else 0)
    alpha, beta = t.challenge(), t.challenge()
    used = [(i, x) for i, x in enumerate(machine["tables"]) if rows[i] != 0]
    count = sum(1 + max((x[2] for x in table["interactions"]), default=-1) for _, table in used)
    kappa = (count - 1).bit_length() if count > 1 else 0
    rho, p, q = buses(t, machine, layout, kappa, publics, alpha, beta)

    n, gamma = layout.n, t.challenge()
    weight = [eq_number(k, rho[n:]) for k in range(2**kappa)]
    padding = ZERO
    for w in weight[count:]:
        padding = add(padding, w)
    claim = add(p, mul(gamma, sub(q, padding)))
    r = []
    for i in range(n):
        c = [t.receive_ext() for _ in range(3)]
        r.append(t.challenge())
        claim = next_claim(claim, rho[i], c, r[i])
    columns = {i: [t.receive_ext() for _ in range(table["columns"])] for i, table in
               [(i, table) for i, table in used]}
    total, power, k = ZERO, mul(gamma, gamma), 0
    for i, table in used:
        fixed = [fixed_at(f, table["log_fixed"], r) for f in table["fixed"]]
        for _, _, value in run(table, 0, table["constraint_code"], columns[i], fixed, publics):
            total, power = add(total, mul(power, value)), mul(power, gamma)
        for x in leaves(table, columns[i], fixed, publics, alpha, beta):
            total, k = add(total, mul(weight[k], add(x[0], mul(gamma, x[1])))), k + 1
    if total != claim:
        raise Reject("tables")

    gamma, power, target, terms = t.challenge(), ONE, ZERO, []
    for i, table in used:
        for c in range(table["columns"]):
            for (j, first), (offset, h) in layout.offset.items():
                if j == i:
                    coeff = mul(power, eq_number(first >> h, r[h:]))
                    terms.append(dict(offset=offset + (c << h), log_len=h, coeff=coeff))
            target, power = add(target, mul(power, columns[i][c])), mul(power, gamma)
    groups = [dict(point=r, terms=terms)]
    if not well_formed(name, layout.m, groups):
        raise Reject("statement")
    opening.verify(groups, target)
    if t.at != len(t.proof):
        raise Reject("bytes left over")
    return publics, rows


# ---- Section 8: a proof file

MACHINE_PERMISSION, SHARDS_MAX, SHARD_MAX = 4, 2**16, 2**24


def tree(program, stack, given, words, output):
    """The root over four quarters, the machine's from its words and output."""
    pages = b"".join(w.to_bytes(8, "little") for w in words).ljust(512, b"\0"), output.ljust(512, b"\0")
    machine = ids.quarter({n: (data, MACHINE_PERMISSION) for n, data in enumerate(pages)})
    return list(ids.node(ids.node(program, stack), ids.node(given, machine)))


def stack_at_start():
    return ids.quarter({n: (bytes(512), ids.RW) for n in range(2**19 - 2**13, 2**19)})


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        if self.at > len(self.data):
            raise Reject("cut short")
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def digest(self):
        d = tuple(self.number(4) for _ in range(9))
        if max(d) >= P:
            raise Reject("digest")
        return d

    def filling(self, size):
        if any(self.take(-size % 8)):
            raise Reject("filling")


ACCEPTED = {}  # cases share shards


def accepted(machine, identity, name, context, proof):
    key = identity, name, context, proof
    if key not in ACCEPTED:
        ACCEPTED[key] = shard(machine, identity, name, context, proof)
    return ACCEPTED[key]


def claim(machine, identity, name, data):
    """What the file proves, or Reject."""
    f = Bytes(data)
    if f.take(8) != b"ppproof\x02":
        raise Reject("magic")
    context, entry = f.take(32), f.number(8)
    if entry % 4 != 0 or entry >= 2**28:
        raise Reject("entry")
    before, given, after, stack = (f.digest() for _ in range(4))
    words = [f.number(8) for _ in range(36)]
    size, count = f.number(4), f.number(4)
    if size > 256 or not 1 <= count <= SHARDS_MAX:
        raise Reject("head")
    output = f.take(size)
    f.filling(size)
    if words[33:36] != [1, 0, size]:
        raise Reject("ending")
    shards = []
    for _ in range(count):
        length = f.number(8)
        if length > SHARD_MAX:
            raise Reject("shard too large")
        shards.append(f.take(length))
        f.filling(length)
    if f.at != len(data):
        raise Reject("bytes left over")
    at = tree(before, stack_at_start(), given, [0] * 33 + [entry], b"")
    last = tree(after, stack, given, words, output)
    for proof in shards:
        publics, rows = accepted(machine, identity, name, context, proof)
        if publics[:9] != at:
            raise Reject("a shard begins elsewhere")
        at = publics[9:]
        if at == publics[:9]:
            raise Reject("a shard ends where it begins")
        if 4 + sum(n * ticks for n, ticks in zip(rows, machine["ticks"])) >= 2**24:
            raise Reject("time")
    if at != last:
        raise Reject("the last shard ends elsewhere")
    program = keccak(b"polypoly/program/1" + identity + ids.encode(before) + entry.to_bytes(8, "little"))
    return {"vm_id": identity.hex(), "program_id": program.hex(),
            "input_id": keccak(b"polypoly/input/1" + ids.encode(given)).hex(),
            "context": context.hex(), "output": output.hex()}


def main():
    yes = no = different = 0
    machines = {}
    for number, line in enumerate(sys.stdin):
        case = json.loads(line)
        if "machine" in case:
            machines[case["name"]] = case["machine"], vm_id(case["machine"])
            if machines[case["name"]][1].hex() != case["vm_id"]:
                different += 1
                print(f"machine {case['name']}: another vm_id", file=sys.stderr)
            continue
        machine, identity = machines[case["name"]]
        try:
            if "file" in case:
                told = claim(machine, identity, case["set"], bytes.fromhex(case["file"]))
                answer, why = True, told if told != case.get("claim", told) else "accepted"
            else:
                shard(machine, identity, case["set"], bytes.fromhex(case["context"]), bytes.fromhex(case["proof"]))
                answer, why = True, "accepted"
        except Reject as reason:
            answer, why = False, str(reason)
        yes, no = yes + answer, no + (not answer)
        if answer != case["accepted"] or answer and why != "accepted":
            different += 1
            print(f"case {number} ({case['name']}): Python says {why}, C says {case['status']}", file=sys.stderr)
    print(f"{len(machines)} machines, {yes + no} proofs: {yes} accepted, {no} rejected; {different} answers differ")
    return 1 if different or yes == 0 or no == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
