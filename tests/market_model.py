#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random operations through the C engine and through spec/market: after each one both give the
same reason and the same state hash.

usage: market_model.py DRIVER [OPERATIONS]

Without pycryptodome the hashes are pure Python and the default number of operations is smaller.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "spec"))
from market import *  # noqa: E402,F403
import seed  # noqa: E402
import market as spec  # noqa: E402

PARAMS = dict(stake_min=100, bond=7, proof_bond=11, registration_age=50, unbonding=100,
              commits_max=32, requests_max=8, slots_max=1024, window_max=60000, beacon_bound=20,
              inclusion_bound=1, rate_min=10**9, fee_work=10**6, fee_input=1024, fee_place=3)
PROVERS = [bytes([p]) * 20 for p in range(1, 7)]
ASKERS = [bytes([p]) * 20 for p in range(0x21, 0x23)]
FUND, LATE = bytes([0x31]) * 20, bytes([0x41]) * 20


class Pair:
    """The two engines, driven together."""

    def __init__(self, driver):
        self.c = subprocess.Popen([driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True)
        one, two = bytes([1]) + bytes(31), bytes([2]) + bytes(31)
        self.m = Market(PARAMS, one, two, 1000, 16, 24,
                        lambda program, input_id, ctx, output, proof: proof == ctx)
        self.count, self.log, self.seen = 0, [], {}

    def both(self, line, do):
        self.log.append(line)
        self.c.stdin.write(line + "\n")
        self.c.stdin.flush()
        try:
            mine = do() or "OK"
        except Refused as refused:
            mine = str(refused)
        reason, _, digest = self.c.stdout.readline().strip().rpartition(" ")
        if (reason, digest) != (mine, self.m.hash().hex()):
            print("\n".join(self.log[-30:]))
            sys.exit(f"operation {self.count}: the engine says {reason} {digest},\n"
                     f"the model {mine} {self.m.hash().hex()}")
        self.count += 1
        reason = "rate" if reason.isdigit() else reason
        self.seen[reason] = self.seen.get(reason, 0) + 1

    def command(self, sender, kind, encoded, *arguments):
        self.both(f"c {sender.hex()} {encoded.hex()}",
                  lambda: self.m.step(sender, kind, *arguments))

    def simple(self, sender, number, kind, rid):
        self.command(sender, kind, u8(number) + rid, rid)


def random_terms(r):
    t = Terms(input_id=bytes([r.randrange(256)]) * 32, work=5, input_size=r.randrange(5000),
              reserve=1000, cap=1000 + r.choice([0, r.randrange(1500)]), winners=r.randint(1, 3),
              kappa=r.randint(2, 5), Tc=r.randint(2, 13), Tr=r.randint(2, 13),
              w1=r.randint(4, 30), w2=r.randrange(30))
    t.w0 = r.randint(0, t.w1 // 4)
    t.Texp = t.Tc + t.Tr + 20 + t.winners * t.w0 + 3 * t.w1 + t.w2 + r.randrange(150)
    if r.random() < 0.2:
        t.steps = [(r.randint(1, t.Texp - 1), t.cap + r.randint(1, 1000))]
    if r.random() < 0.2:
        t.match, t.output = r.choice([PREFIX, EXACT]), b"\7\7"
    if r.random() < 0.1:
        name = r.choice("winners kappa Tc Tr w0 w1 Texp cap reserve match".split())
        setattr(t, name, r.choice([0, 1, 30]) if name != "match" else r.randrange(3))
    return t


def salt_of(who, rid):
    return spec.keccak(who + rid)


def act(pair, r):
    m = pair.m
    dice = r.random()
    if dice < 0.25:
        t = m.now + r.choice([0, 1, 1, 2, 5, 13])
        pair.both(f"a {t}", lambda: m.advance(t))
    elif dice < 0.37:
        preimage = r.randbytes(32)
        pair.both(f"b {preimage.hex()}", lambda: m.beacon(preimage))
    elif dice < 0.42:
        t, nonce = random_terms(r), pair.count if r.random() < 0.95 else r.randrange(pair.count)
        encoded = u8(4) + u64(nonce) + t.encode()
        if r.random() < 0.3:
            pair.both(f"p {FUND.hex()} {encoded.hex()}",
                      lambda: m.post_protocol(FUND, nonce, t))
        else:
            pair.command(r.choice(ASKERS), "post", encoded, nonce, t)
    elif dice < 0.46:
        money(pair, r)
    else:
        live = [q for q in m.requests.values() if q.state < PAID]
        pool = live if live and r.random() < 0.95 else list(m.requests.values())
        if pool:
            on_request(pair, r, r.choice(pool))
    if r.random() < 0.1:
        next_rate(pair, r)


def next_rate(pair, r):
    """A lane's rate as a request closed, which may have been posted at this rate or another."""
    over = [q for q in pair.m.requests.values() if q.state >= PAID]
    if over:
        q = r.choice(over)
        posted = q.terms.reserve * 10**6 // max(1, q.terms.work)
        start = posted * r.choice([1, 2, 4, 8]) // r.choice([1, 2, 4])
        rate = r.choice([posted, posted, posted * 9 // 8, posted * 7 // 8, r.randrange(2 * start + 2)])
        pair.both(f"n {q.id.hex()} {rate} {start}",
                  lambda: str(spec.next_rate(rate, start, q)))


def money(pair, r):
    m, amount = pair.m, r.randrange(3000)
    who, other = r.choice(PROVERS + ASKERS + [FUND, LATE]), r.choice(PROVERS + [FUND])
    what = r.randrange(6)
    if what == 0:
        pair.both(f"d {who.hex()} {amount}", lambda: m.deposit(who, amount))
    elif what == 1:
        pair.both(f"w {who.hex()} {amount}", lambda: m.withdraw(who, amount))
    elif what == 2:
        pair.both(f"t {who.hex()} {other.hex()} {amount}", lambda: m.transfer(who, other, amount))
    elif what == 3:
        slots = r.randint(0, 5)
        pair.command(who, "register", u8(1) + u32(slots) + u128(amount), slots, amount)
    elif what == 4:
        pair.command(who, "unbond", u8(2) + u128(amount), amount)
    else:
        pair.command(who, "unbonded", u8(3))


def on_request(pair, r, q):
    m, rid, dice = pair.m, q.id, r.random()
    who = r.choice(PROVERS + [LATE])
    primary = m.accounts[q.primary].address if q.primary != NOBODY else who
    if dice < 0.03:
        who = r.choice(ASKERS)
        number, kind = r.choice([(5, "cancel"), (9, "decline"), (10, "release"), (11, "claim")])
        return pair.simple(who, number, kind, rid)
    if dice < 0.05:
        return q.protocol and pair.both(f"v {rid.hex()}", lambda: m.void(rid))
    if dice < 0.09:
        amount = r.randrange(4000)
        return pair.command(r.choice(ASKERS), "raise_cap", u8(6) + rid + u128(amount), rid, amount)
    salt, amount = salt_of(who, rid), int.from_bytes(salt_of(who, rid)[:2], "little") % 1030
    if q.state == COMMIT and dice < 0.9:
        sealed = bid_hash(rid, who, amount, salt)
        return pair.command(who, "bid", u8(7) + rid + sealed, rid, sealed)
    if q.state == REVEAL and dice < 0.95:
        if q.commits:
            who = m.accounts[r.choice(q.commits).account].address
            salt = salt_of(who, rid)
            amount = int.from_bytes(salt[:2], "little") % 1030
        return pair.command(who, "open_bid", u8(8) + rid + u128(amount) + salt, rid, amount, salt)
    if q.state == OPEN and dice < 0.8:
        return pair.simple(who, 11, "claim", rid)
    if q.state == ASSIGNED and dice < 0.35:
        return pair.simple(primary, *r.choice([(9, "decline"), (10, "release")]), rid)
    if q.state == ASSIGNED and dice < 0.6:
        return pair.both(f"a {m.now + 7}", lambda: m.advance(m.now + 7))
    if r.random() < 0.5:
        who = primary
    output = q.terms.output if r.random() < 0.9 else b"\7\7\7"
    proof = context(rid, who) if r.random() < 0.85 else bytes(32)
    encoded = u8(12) + rid + u32(len(output)) + output + u32(len(proof)) + proof
    return pair.command(who, "prove", encoded, rid, output, proof)


def play(driver, r, operations):
    pair = Pair(driver)
    for who in PROVERS:
        pair.both(f"e {who.hex()} 20000 3", lambda: pair.m.enroll(who, 20000, 3))
        pair.both(f"d {who.hex()} 6000", lambda: pair.m.deposit(who, 6000))
    for who, amount in [(a, 40000) for a in ASKERS] + [(FUND, 5000), (LATE, 15000)]:
        pair.both(f"d {who.hex()} {amount}", lambda: pair.m.deposit(who, amount))
    while pair.count < operations:
        act(pair, r)
    pair.c.stdin.close()
    pair.c.wait()
    return pair


def main():
    total = int(sys.argv[2]) if len(sys.argv) > 2 else (5000 if spec.FAST else 500)
    states, seen, done, r = {}, {}, 0, seed.rng()
    while done < total:
        pair = play(sys.argv[1], r, min(1000, total - done) if done else min(1000, total))
        done += pair.count
        for q in pair.m.requests.values():
            states[STATES[q.state]] = states.get(STATES[q.state], 0) + 1
        for reason, n in pair.seen.items():
            seen[reason] = seen.get(reason, 0) + n
    print(f"{done} operations: reasons and state hashes equal"
          f" ({'pycryptodome' if spec.FAST else 'Keccak in Python'})")
    print(" ".join(f"{s} {n}" for s, n in sorted(states.items())))
    print(" ".join(f"{s} {n}" for s, n in sorted(seen.items())))
    if done >= 20000 and len(states) < 9:
        sys.exit("the operations reached too few states")


if __name__ == "__main__":
    main()
