#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The proof market, from the rules of docs/market.md, independent of src/market/.

A Market takes the same operations as the C engine and gives the same reasons and the same state
hash; tests/market_model.py compares the two step by step. Clarity over speed: money is an int,
requests hold objects, the next deadline is looked for among all of them.
"""
from dataclasses import dataclass, field

try:
    from Crypto.Hash import keccak as _fast

    def keccak(data):
        return _fast.new(digest_bits=256, data=data).digest()

    FAST = True
except ImportError:  # the permutation in Python: correct, and a thousand times slower
    FAST = False
    _RC, _lfsr = [], 1
    for _ in range(24):
        _word = 0
        for _j in range(7):
            if _lfsr & 1:
                _word |= 1 << ((1 << _j) - 1)
            _lfsr = (_lfsr << 1) ^ (0x171 if _lfsr & 0x80 else 0)
        _RC.append(_word)
    _MASK = (1 << 64) - 1

    def _rot(x, n):
        return ((x << n) | (x >> (64 - n))) & _MASK if n else x

    _STEPS, (_x, _y) = [], (1, 0)  # where rho and pi send each lane, and how far it turns
    for _t in range(24):
        _STEPS.append((_x, _y, ((_t + 1) * (_t + 2) // 2) % 64))
        _x, _y = _y, (2 * _x + 3 * _y) % 5

    def _permute(a):
        for rc in _RC:
            c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
            d = [c[x - 1] ^ _rot(c[(x + 1) % 5], 1) for x in range(5)]
            a = [a[i] ^ d[i % 5] for i in range(25)]
            b = [a[0]] * 25
            for x, y, n in _STEPS:
                b[y + 5 * ((2 * x + 3 * y) % 5)] = _rot(a[x + 5 * y], n)
            a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5] & _MASK)
                 for i in range(25)]
            a[0] ^= rc
        return a

    def keccak(data):
        data = bytearray(data) + b"\x01"
        data += bytes(-len(data) % 136)
        data[-1] |= 0x80
        a = [0] * 25
        for at in range(0, len(data), 136):
            for i in range(17):
                a[i] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")
            a = _permute(a)
        return b"".join(x.to_bytes(8, "little") for x in a[:4])


assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"

# ---- encodings: little-endian, fixed width -------------------------------------------------------


def u8(v):
    return int(v).to_bytes(1, "little")


def u32(v):
    return v.to_bytes(4, "little")


def u64(v):
    return v.to_bytes(8, "little")


def u128(v):
    return v.to_bytes(16, "little")


def num(v):
    """Its length in bytes, and those bytes."""
    return u8((v.bit_length() + 7) // 8) + v.to_bytes((v.bit_length() + 7) // 8, "little")


def nums(*values):
    return b"".join(num(int(v)) for v in values)


def who(account):
    return num(0 if account in (None, NOBODY) else account + 1)


NOBODY = 0xFFFFFFFF
AMOUNT_MAX = 1 << 90
TIME_MAX = 1 << 31
OUTPUT_MAX = 256
ANY, PREFIX, EXACT = 0, 1, 2
COMMIT, REVEAL, ASSIGNED, OPEN, PAID, INSURED, RESCUED, OPENPAID, CANCELLED, EXPIRED = range(10)
STATES = "COMMIT REVEAL ASSIGNED OPEN PAID INSURED RESCUED OPENPAID CANCELLED EXPIRED".split()

# The parameters, in the order of their encoding.
PARAMS = ("stake_min bond proof_bond registration_age unbonding commits_max requests_max slots_max "
          "window_max beacon_bound inclusion_bound rate_min fee_work fee_input").split()


@dataclass
class Terms:
    program_id: bytes = bytes(32)
    input_id: bytes = bytes(32)
    match: int = ANY
    output: bytes = b""
    work: int = 0
    input_size: int = 0
    reserve: int = 0
    cap: int = 0
    winners: int = 1
    kappa: int = 2
    Tc: int = 0
    Tr: int = 0
    w0: int = 0
    w1: int = 0
    w2: int = 0
    Texp: int = 0
    steps: list = field(default_factory=list)  # (ms after posting, R)

    def encode(self):
        out = self.program_id + self.input_id + u8(self.match)
        out += u32(len(self.output)) + self.output + u64(self.work) + u64(self.input_size)
        out += u128(self.reserve) + u128(self.cap) + u8(self.winners) + u8(self.kappa)
        for w in (self.Tc, self.Tr, self.w0, self.w1, self.w2, self.Texp):
            out += u64(w)
        out += u8(len(self.steps))
        for after, cap in self.steps:
            out += u64(after) + u128(cap)
        return out

    def top(self):
        """What is escrowed: R at the end of its schedule."""
        return self.steps[-1][1] if self.steps else self.cap


@dataclass
class Account:
    address: bytes
    free: int = 0
    stake: int = 0
    held: int = 0
    unbonding: int = 0
    unbond_at: int = 0
    registered: bool = False
    registered_at: int = 0
    slots: int = 0
    slots_used: int = 0
    open_defaults: int = 0
    open_requests: int = 0
    last_paid: int = 0
    nonce_floor: int = 0
    debts_paid: int = 0

    def free_stake(self):
        return self.stake - self.held - self.unbonding

    def encode(self):
        return self.address + nums(
            self.free, self.stake, self.unbonding, self.unbond_at, self.registered,
            self.registered_at, self.slots, self.last_paid, self.nonce_floor, self.debts_paid)


@dataclass
class Commit:
    account: int
    hash: bytes
    held: int
    bond: int
    revealed: bool = False
    bid: int = 0
    salt: bytes = bytes(32)

    def encode(self):
        known = num(self.bid) + self.salt if self.revealed else num(self.bond) + self.hash
        return who(self.account) + nums(self.revealed, self.held) + known


@dataclass
class Request:
    id: bytes
    requester: int
    terms: Terms
    posted: int
    number: int = 0  # requests posted before it
    nonce: int = 0
    protocol: bool = False
    escrowed: bool = True
    state: int = COMMIT
    proven: bool = False
    expires: int = 0
    cap: int = 0
    escrow: int = 0
    pot: int = 0
    faults: int = 0  # the prices of the assignments that defaulted
    commits: list = field(default_factory=list)
    drawing: bool = False
    winners: list = field(default_factory=list)
    winner_at: int = 0
    winners_kept: bool = False
    claimed: bool = False
    primary: int = NOBODY
    price: int = 0
    stake: int = 0
    assigned: int = 0
    deadline: int = 0
    insurer: int = None
    opened: int = None
    ramp: tuple = (0, 0)  # when it started, and from which price
    claims: list = field(default_factory=list)  # (account, pay, stake)
    defaulters: list = field(default_factory=list)
    payee: int = None
    paid: int = 0

    def commit_end(self):
        return self.posted + self.terms.Tc

    def reveal_end(self):
        return self.commit_end() + self.terms.Tr

    def revealed(self):
        return [c for c in self.commits if c.revealed]

    def cap_at(self, t):
        return max([self.cap] + [c for after, c in self.terms.steps if t >= self.posted + after])

    def open_price(self, t):
        """Linear from where it started to r in half of the time that was left, then R."""
        if not self.escrowed:
            return self.terms.reserve
        start, base = self.ramp
        half = (self.expires - start) // 2
        if t - start >= half:
            return max(self.terms.reserve, self.cap_at(t))
        if base >= self.terms.reserve:
            return self.terms.reserve
        return base + (self.terms.reserve - base) * (t - start) // half

    def encode(self):
        """What is not in the id, which commits to the terms."""
        flags = (self.protocol, self.escrowed, self.proven, self.drawing, self.winners_kept,
                 self.claimed, self.insurer is not None, self.opened is not None,
                 self.payee is not None)
        out = self.id + who(self.requester) + nums(self.number, self.nonce, self.state)
        out += num(sum(flag << i for i, flag in enumerate(flags)))
        out += nums(self.posted, self.expires, self.cap, *(cap for _, cap in self.terms.steps))
        out += nums(self.escrow, self.pot, len(self.commits))
        out += b"".join(c.encode() for c in self.commits)
        out += nums(len(self.winners), self.winner_at)
        out += b"".join(who(self.commits[i].account) for i in self.winners)
        out += num(len(self.claims))
        out += b"".join(who(a) + nums(pay, stake) for a, pay, stake in self.claims)
        out += who(self.primary) + nums(self.price, self.stake, self.assigned) + who(self.insurer)
        out += nums(self.opened or 0, self.ramp[0], self.ramp[1], self.faults, len(self.defaulters))
        out += b"".join(who(a) for a in self.defaulters)
        return out + who(self.payee) + num(self.paid)


def tree_root(leaves, places):
    """The root over so many places, four children a node; a node over nothing is zero."""
    level = [leaves.get(i, bytes(32)) for i in range(places)]
    while len(level) > 1:
        level += [bytes(32)] * (-len(level) % 4)
        groups = [b"".join(level[i:i + 4]) for i in range(0, len(level), 4)]
        level = [keccak(g) if any(g) else bytes(32) for g in groups]
    return level[0]


class Refused(Exception):
    """A command changed nothing; the text is its reason code."""


def need(condition, reason):
    if not condition:
        raise Refused(reason)


def request_id(chain_id, requester, nonce, terms):
    return keccak(b"polypoly/request/1" + chain_id + requester + u64(nonce) + terms.encode())


def bid_hash(request, prover, bid, salt):
    return keccak(b"polypoly/bid/1" + request + prover + u128(bid) + salt)


def context(request, prover):
    return keccak(b"polypoly/context/1" + request + prover)


class Market:
    def __init__(self, params, chain_id, vm_id, now, accounts_max, requests_max, verify):
        self.p, self.chain_id, self.vm_id, self.now = params, chain_id, vm_id, now
        self.accounts_max, self.requests_max, self.verify = accounts_max, requests_max, verify
        self.accounts, self.index, self.requests = [], {}, {}  # requests by id, those known
        self.places = []  # the request in each place: open, or closed and not yet forgotten
        self.order = []  # those that closed, the longest ago first
        self.posted = 0
        self.debts = []  # [from, to, amount]
        self.debts_max = requests_max
        self.deposits = self.withdrawals = self.burned = 0
        self.closed = self.owed = bytes(32)

    # ---- the state hash

    def hash(self):
        accounts = {i: keccak(a.encode()) for i, a in enumerate(self.accounts)}
        open_ones = {i: keccak(r.encode()) for i, r in enumerate(self.places) if r.state < PAID}
        out = b"polypoly/market/3" + b"".join(u64(self.p[n]) for n in PARAMS)
        out += self.chain_id + self.vm_id + u64(self.now)
        out += u32(self.accounts_max) + u32(self.requests_max)
        out += u32(len(self.accounts)) + tree_root(accounts, self.accounts_max)
        out += u64(self.posted) + self.closed
        out += u32(len(open_ones)) + tree_root(open_ones, self.requests_max) + self.owed
        return keccak(out + u128(self.deposits) + u128(self.withdrawals) + u128(self.burned))

    # ---- accounts and money

    def account(self, address, create=False):
        if address not in self.index:
            if not create or len(self.accounts) == self.accounts_max:
                return None
            self.index[address] = len(self.accounts)
            self.accounts.append(Account(address))
        return self.accounts[self.index[address]]

    def pay_debts(self, account):
        me, left, dry = self.index[account.address], [], False
        for debt in self.debts:
            debtor, creditor, amount = debt
            if debtor == me and not dry and amount <= account.free:
                account.free -= amount
                account.debts_paid += 1
                self.accounts[creditor].free += amount
            else:
                dry = dry or debtor == me
                left.append(debt)
        self.debts = left

    def deposit(self, to, amount):
        need(amount <= AMOUNT_MAX and self.deposits + amount <= 1 << 120, "M-AMOUNT")
        a = self.account(to, create=True)
        need(a, "M-FULL")
        self.deposits += amount
        a.free += amount
        self.pay_debts(a)

    def withdraw(self, source, amount):
        a = self.account(source)
        need(a and a.free >= amount, "M-BALANCE")
        a.free -= amount
        self.withdrawals += amount

    def transfer(self, source, to, amount):
        a = self.account(source)
        need(a and a.free >= amount, "M-BALANCE")
        b = self.account(to, create=amount > 0)
        need(b, "M-FULL" if amount else "M-NOOP")
        a.free -= amount
        b.free += amount
        self.pay_debts(b)

    def enroll(self, prover, stake, slots):
        need(stake <= AMOUNT_MAX and 1 <= slots <= self.p["slots_max"], "M-AMOUNT")
        a = self.account(prover, create=True)
        need(a, "M-FULL")
        need(not a.registered, "M-STATE")
        self.deposits += stake
        a.stake, a.slots, a.registered = stake, slots, True
        a.registered_at = max(0, self.now - self.p["registration_age"])

    def hold(self, a, stake):
        a.held += stake
        a.slots_used += 1

    def unhold(self, a, stake):
        a.held -= stake
        a.slots_used -= 1

    def free_commit(self, c):
        if c.held:
            self.unhold(self.accounts[c.account], c.held)
            c.held = 0

    def drop_commits(self, r):
        """Everything that bidders still have in the request goes back to them."""
        for c in r.commits:
            self.free_commit(c)
            self.accounts[c.account].free += c.bond
            c.bond = 0
        r.winners_kept = r.drawing = False

    def stake_for(self, kappa, price, top):
        return max(self.p["stake_min"], kappa * price, -(-5 * max(0, top - price) // 3))

    # ---- transitions

    def to_open(self, r, t, base):
        r.state, r.primary, r.opened = OPEN, NOBODY, t
        if not r.claimed:
            r.ramp = (t, base)
        r.claimed, r.claims = False, []

    def to_assigned(self, r, t):
        c = r.commits[r.winners[r.winner_at]]
        r.primary, r.stake, c.held = c.account, c.held, 0
        r.state, r.assigned, r.deadline = ASSIGNED, t, t + r.terms.w1

    def close(self, r, state):
        if r.primary != NOBODY:
            self.unhold(self.accounts[r.primary], r.stake)
            r.primary, r.stake = NOBODY, 0
        self.drop_commits(r)
        r.claims = []
        asker = self.accounts[r.requester]
        asker.free += r.escrow
        self.burned += r.pot
        r.escrow = r.pot = 0
        for d in r.defaulters:
            self.accounts[d].open_defaults -= 1
        asker.open_requests -= 1
        if state == PAID:
            asker.last_paid = r.paid
        r.state = state
        self.order.append(r)
        self.closed = keccak(b"polypoly/closed/1" + self.closed + r.id
                             + nums(r.state, r.proven) + who(r.payee) + num(r.paid))
        self.pay_debts(asker)

    def settle(self, r, t, payee, pay, state):
        r.payee, r.paid = payee, pay
        if not r.escrowed:
            self.debts.append([r.requester, payee, pay])
            self.owed = keccak(b"polypoly/debt/1" + self.owed + who(r.requester)
                               + who(payee) + num(pay))
            return self.close(r, state)
        r.escrow -= pay
        self.accounts[payee].free += pay
        compensation = min(2 * r.pot // 5, r.faults // 2)
        bounty = 0
        if r.opened is not None and payee != r.requester and payee not in r.defaulters:
            bounty = min(2 * r.pot // 5, r.faults)
            if t - r.opened < r.terms.w2:
                bounty = bounty * (t - r.opened) // r.terms.w2
        self.accounts[r.requester].free += compensation
        self.accounts[payee].free += bounty
        r.pot -= compensation + bounty
        return self.close(r, state)

    # ---- time

    def next_deadline(self, r):
        if r.state == COMMIT:
            return r.commit_end()
        if r.state == REVEAL:
            return r.reveal_end() + (self.p["beacon_bound"] if r.drawing else 0)
        if r.state == ASSIGNED:
            return r.assigned + r.terms.w0 if r.winners_kept else r.deadline
        return r.expires

    def on_deadline(self, r, t):
        if r.state == COMMIT:
            if r.commits:
                r.state = REVEAL
            else:
                self.to_open(r, t, 0)
        elif r.state == REVEAL and not r.drawing:
            for c in r.commits:
                if not c.revealed:
                    self.burned += c.bond
                    c.bond = 0
                    self.free_commit(c)
            if r.revealed():
                r.drawing = True
            else:
                self.to_open(r, t, 0)
        elif r.state == REVEAL:  # the beacon did not come
            self.drop_commits(r)
            self.to_open(r, t, 0)
        elif r.state == ASSIGNED and r.winners_kept:
            self.drop_commits(r)
        elif r.state == ASSIGNED:  # a default
            a = self.accounts[r.primary]
            r.defaulters.append(r.primary)
            self.unhold(a, r.stake)
            a.stake -= r.stake
            a.open_defaults += 1
            r.pot += r.stake
            r.faults += r.price
            r.primary, r.stake = NOBODY, 0
            if r.insurer is not None:
                self.settle(r, t, r.insurer, r.price, INSURED)
            else:
                self.to_open(r, t, r.price)
        elif r.protocol:
            self.reopen(r, t)
        else:
            self.close(r, EXPIRED)

    def reopen(self, r, t):
        fund = self.accounts[r.requester]
        r.expires = t + r.terms.Texp
        if r.escrowed:
            now = r.cap_at(t)
            want = min(now + now // 2, 4 * max(fund.last_paid, r.terms.reserve),
                       r.escrow + fund.free)
            more = max(0, want - r.escrow)
            fund.free -= more
            r.escrow += more
            r.cap = max(r.cap, want)
        self.to_open(r, t, r.terms.reserve)

    def in_order(self):
        return sorted((r for r in self.places if r.state < PAID), key=lambda r: r.number)

    def advance(self, t):
        while True:
            due = [(self.next_deadline(r), i, r) for i, r in enumerate(self.in_order())]
            when, _, r = min(due, key=lambda d: d[:2], default=(t, 0, None))
            if when >= t:
                break
            self.on_deadline(r, when)
        self.now = t

    # ---- draws

    def beacon(self, preimage):
        for r in self.in_order():
            if r.state == REVEAL and r.drawing:
                self.draw_auction(r, preimage)
            elif r.state == OPEN and r.claims:
                self.draw_claim(r, preimage)

    def score(self, r, preimage, account):
        salts = b"".join(sorted(c.salt for c in r.revealed()))
        beacon = keccak(b"polypoly/beacon-draw/1" + preimage + r.id + salts)
        return keccak(b"polypoly/draw/1" + beacon + r.id + self.accounts[account].address)

    def draw_auction(self, r, preimage):
        bids = sorted((c.bid, self.score(r, preimage, c.account), i)
                      for i, c in enumerate(r.commits) if c.revealed)
        m = r.terms.winners
        r.price = bids[m][0] if len(bids) > m else r.terms.reserve
        stake = self.stake_for(r.terms.kappa, r.price, r.terms.reserve)
        for _, _, i in bids[m:]:
            self.free_commit(r.commits[i])
        for _, _, i in bids[:m]:
            c = r.commits[i]
            self.accounts[c.account].held -= c.held - stake
            c.held = stake
        r.winners = [i for _, _, i in sorted(bids[:m], key=lambda b: b[1])]
        r.winner_at, r.winners_kept, r.drawing = 0, True, False
        self.to_assigned(r, self.now)

    def draw_claim(self, r, preimage):
        fit = []
        for account, pay, stake in r.claims:
            a = self.accounts[account]
            if (self.now + 2 * r.terms.w1 <= r.expires and not a.open_defaults
                    and a.slots_used < a.slots and a.free_stake() >= stake):
                fit.append((self.score(r, preimage, account), account, pay, stake))
        r.claims = []
        if fit:
            _, r.primary, r.price, r.stake = min(fit)
            self.hold(self.accounts[r.primary], r.stake)
            r.claimed, r.state = True, ASSIGNED
            r.assigned, r.deadline = self.now, self.now + r.terms.w1

    # ---- commands

    def check_terms(self, t):
        p = self.p
        need(1 <= t.winners <= 5, "M-TERMS-WINNERS")
        need(2 <= t.kappa <= 20, "M-TERMS-KAPPA")
        need(t.match in (ANY, PREFIX, EXACT) and (t.match != ANY or not t.output),
             "M-TERMS-OUTPUT")
        need(t.work <= 1 << 50 and t.input_size <= 1 << 40, "M-AMOUNT")
        need(1 <= t.Tc <= p["window_max"] and 1 <= t.Tr <= p["window_max"]
             and t.w1 <= TIME_MAX and t.w0 <= t.w1 // 4 and t.w2 <= TIME_MAX
             and t.Texp <= TIME_MAX
             and t.w1 * p["rate_min"] >= t.work * 1000 + 2 * p["inclusion_bound"] * p["rate_min"],
             "M-TERMS-WINDOWS")
        need(t.Texp >= t.Tc + t.Tr + p["beacon_bound"] + t.winners * t.w0 + 3 * t.w1 + t.w2,
             "M-TERMS-EXPIRY")
        need(0 < t.reserve <= AMOUNT_MAX and t.cap <= AMOUNT_MAX, "M-AMOUNT")
        need(t.cap >= t.reserve, "M-TERMS-PRICE")
        last = (0, t.cap)
        for after, cap in t.steps:
            need(cap <= AMOUNT_MAX, "M-AMOUNT")
            need(last[0] < after < t.Texp and cap > last[1], "M-TERMS-PRICE")
            last = (after, cap)

    def has_room(self):
        return len(self.places) < self.requests_max or self.order

    def new_request(self, rid, a, nonce, terms):
        """In a place never used, else in that of the request that closed longest ago."""
        r = Request(rid, self.index[a.address], terms, self.now, self.posted, nonce, cap=terms.cap)
        r.expires = self.now + terms.Texp
        self.posted += 1
        a.open_requests += 1
        if len(self.places) < self.requests_max:
            self.places.append(r)
        else:
            old = self.order.pop(0)
            self.places[self.places.index(old)] = r
            del self.requests[old.id]
            owner = self.accounts[old.requester]
            if not old.protocol:
                owner.nonce_floor = max(owner.nonce_floor, old.nonce + 1)
        self.requests[rid] = r
        return r

    def post(self, a, nonce, terms):
        self.check_terms(terms)
        rid = request_id(self.chain_id, a.address, nonce, terms)
        need(rid not in self.requests, "M-NOOP")
        need(nonce < 2**64 - 1, "M-AMOUNT")
        need(nonce >= a.nonce_floor, "M-NONCE")
        need(a.open_requests < self.p["requests_max"], "M-REQUESTS")
        need(self.has_room(), "M-FULL")
        fee = self.p["fee_work"] * terms.work // 10**6
        fee += self.p["fee_input"] * terms.input_size // 1024
        need(a.free >= fee + terms.top(), "M-BALANCE")
        a.free -= fee + terms.top()
        self.burned += fee
        self.new_request(rid, a, nonce, terms).escrow = terms.top()

    def post_protocol(self, fund, nonce, terms):
        self.check_terms(terms)
        rid = request_id(self.chain_id, fund, nonce, terms)
        need(rid not in self.requests, "M-NOOP")
        a = self.account(fund, create=True)
        need(a and self.has_room(), "M-FULL")
        me = self.index[fund]
        dry = a.free < terms.reserve or any(d[0] == me for d in self.debts)
        promised = sum(not r.escrowed for r in self.in_order())
        need(not dry or len(self.debts) + promised < self.debts_max, "M-FULL")
        copy = Terms(**{**terms.__dict__, "steps": list(terms.steps)})
        r = self.new_request(rid, a, nonce, copy)
        r.protocol = True
        if dry:
            r.escrowed = False
            self.to_open(r, self.now, terms.reserve)
            return
        r.escrow = min(a.free, terms.top())
        a.free -= r.escrow
        r.cap = min(r.cap, r.escrow)
        copy.steps = [(after, min(cap, r.escrow)) for after, cap in copy.steps]

    def void(self, rid):
        r = self.requests.get(rid)
        if r and r.state < PAID:
            self.close(r, CANCELLED)

    def register(self, a, slots, amount):
        need(amount <= AMOUNT_MAX and 1 <= slots <= self.p["slots_max"] and slots >= a.slots_used,
             "M-AMOUNT")
        need(a.free >= amount, "M-BALANCE")
        need(not (a.registered and amount == 0 and slots == a.slots), "M-NOOP")
        a.free -= amount
        a.stake += amount
        a.slots = slots
        if not a.registered:
            a.registered, a.registered_at = True, self.now

    def unbond(self, a, amount):
        need(amount > 0, "M-AMOUNT")
        need(amount <= a.free_stake(), "M-STAKE")
        a.unbonding += amount
        a.unbond_at = self.now + self.p["unbonding"]

    def unbonded(self, a):
        need(a.unbonding and self.now >= a.unbond_at, "M-UNBONDING")
        a.stake -= a.unbonding
        a.free += a.unbonding
        a.unbonding = 0
        self.pay_debts(a)

    def find(self, rid):
        need(rid in self.requests, "M-UNKNOWN")
        return self.requests[rid]

    def is_requester(self, a, r):
        need(self.index[a.address] == r.requester and not r.protocol, "M-NOT-YOURS")

    def cancel(self, a, rid):
        r = self.find(rid)
        self.is_requester(a, r)
        need(r.state != CANCELLED, "M-NOOP")
        need(r.state == COMMIT and not r.commits, "M-STATE")
        self.close(r, CANCELLED)

    def raise_cap(self, a, rid, amount):
        r = self.find(rid)
        self.is_requester(a, r)
        need(r.state < PAID, "M-STATE")
        need(amount <= AMOUNT_MAX, "M-AMOUNT")
        need(amount > r.cap, "M-NOOP")
        more = max(0, amount - r.escrow)
        need(a.free >= more, "M-BALANCE")
        a.free -= more
        r.escrow += more
        r.cap = amount

    def may_work(self, a, stake):
        need(a.registered, "M-NOT-PROVER")
        need(self.now - a.registered_at >= self.p["registration_age"], "M-YOUNG")
        need(not a.open_defaults, "M-DEFAULT")
        need(a.free_stake() >= stake, "M-STAKE")
        need(a.slots_used < a.slots, "M-SLOT")

    def commit_of(self, a, r):
        return next((c for c in r.commits if self.accounts[c.account] is a), None)

    def bid(self, a, rid, sealed):
        r = self.find(rid)
        need(r.state == COMMIT, "M-LATE")
        mine = self.commit_of(a, r)
        need(not mine or mine.hash != sealed, "M-NOOP")
        need(not mine, "M-STATE")
        stake = max(self.p["stake_min"], r.terms.kappa * r.terms.reserve)
        self.may_work(a, stake)
        need(len(r.commits) < self.p["commits_max"], "M-COMMITS")
        bond = max(self.p["bond"], r.terms.reserve // 4)
        need(a.free >= bond, "M-BALANCE")
        a.free -= bond
        self.hold(a, stake)
        r.commits.append(Commit(self.index[a.address], sealed, stake, bond))

    def open_bid(self, a, rid, bid, salt):
        r = self.find(rid)
        mine = self.commit_of(a, r)
        need(not (mine and mine.revealed), "M-NOOP")
        need(r.state != COMMIT, "M-STATE")
        need(r.state == REVEAL and not r.drawing, "M-LATE")
        need(mine, "M-NOT-YOURS")
        need(bid <= r.terms.reserve, "M-RESERVE")
        need(bid_hash(rid, a.address, bid, salt) == mine.hash, "M-SALT")
        mine.revealed, mine.bid, mine.salt = True, bid, salt
        a.free += mine.bond
        mine.bond = 0

    def is_primary(self, a, r):
        need(r.primary != NOBODY and self.accounts[r.primary] is a, "M-NOT-YOURS")

    def release(self, a, rid):
        r = self.find(rid)
        need(r.state == ASSIGNED and r.insurer is not None, "M-STATE")
        self.is_primary(a, r)
        self.settle(r, self.now, r.insurer, r.price, INSURED)

    def decline(self, a, rid):
        r = self.find(rid)
        need(r.state == ASSIGNED, "M-STATE")
        self.is_primary(a, r)
        if r.insurer is not None:
            return self.settle(r, self.now, r.insurer, r.price, INSURED)
        need(not r.claimed and self.now <= r.assigned + r.terms.w0, "M-LATE")
        last = r.winner_at + 1 == len(r.winners)
        lost = r.stake // 20
        half = lost // 2
        if last:
            lost += r.terms.reserve - r.price
        lost = min(lost, r.stake)
        half = min(half, lost)
        self.unhold(a, r.stake)
        a.stake -= lost
        self.accounts[r.requester].free += half
        self.burned += lost - half
        r.primary, r.stake = NOBODY, 0
        r.winner_at += 1
        if last:
            r.winners_kept = False
            return self.to_open(r, self.now, r.price)
        return self.to_assigned(r, self.now)

    def claim(self, a, rid):
        r = self.find(rid)
        need(r.state == OPEN and r.escrowed, "M-STATE")
        need(self.now + 2 * r.terms.w1 <= r.expires, "M-LATE")
        pay = r.open_price(self.now)
        stake = self.stake_for(r.terms.kappa, pay, max(r.terms.reserve, r.cap_at(r.expires)))
        self.may_work(a, stake)
        me = self.index[a.address]
        need(all(c[0] != me for c in r.claims), "M-NOOP")
        need(len(r.claims) < 16 and len(r.defaulters) < 16, "M-FULL")
        r.claims.append((me, pay, stake))

    def prove(self, a, rid, output, proof):
        r = self.find(rid)
        me = self.index[a.address]
        primary = r.state == ASSIGNED and r.primary == me
        if r.state >= PAID or (r.proven and not primary):
            raise Refused("M-NOOP" if r.proven else "M-STATE")
        t = r.terms
        need(output == t.output if t.match == EXACT else output.startswith(t.output), "M-OUTPUT")
        bond = self.p["proof_bond"]
        from_stake = a.free < bond
        need(not from_stake or (primary and r.stake >= bond), "M-BALANCE")
        if not self.verify(t.program_id, t.input_id, context(rid, a.address), output, proof):
            if from_stake:
                r.stake -= bond
                a.held -= bond
                a.stake -= bond
            else:
                a.free -= bond
            self.burned += bond
            raise Refused("M-PROOF")
        r.proven = True
        if r.state in (COMMIT, REVEAL):
            self.settle(r, self.now, me, 0, OPENPAID)
        elif primary:
            self.settle(r, self.now, me, r.price, PAID)
        elif r.state == ASSIGNED:
            r.insurer = me
        else:
            state = RESCUED if r.defaulters else OPENPAID
            self.settle(r, self.now, me, r.open_price(self.now), state)

    def step(self, sender, kind, *arguments):
        """One command by name; its reason code."""
        a = self.account(sender)
        try:
            need(a, "M-BALANCE")
            getattr(self, kind)(a, *arguments)
        except Refused as refused:
            return str(refused)
        return "OK"
