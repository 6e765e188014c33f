# SPDX-License-Identifier: MIT OR Apache-2.0
"""The store: accounts, places, the one ledger and the state hash."""
from .encode import keccak, u32, u64, u128
from .state import AMOUNT_MAX, PAID, PARAMS, Account, Request


class Refused(Exception):
    """A command changed nothing; the text is its reason code."""


def need(condition, reason):
    if not condition:
        raise Refused(reason)


def tree_root(leaves, places):
    """The root over so many places, four children a node; a node over nothing is zero."""
    level = [leaves.get(i, bytes(32)) for i in range(places)]
    while len(level) > 1:
        level += [bytes(32)] * (-len(level) % 4)
        groups = [b"".join(level[i:i + 4]) for i in range(0, len(level), 4)]
        level = [keccak(g) if any(g) else bytes(32) for g in groups]
    return level[0]


class Store:
    def __init__(self, params, chain_id, vm_id, now, accounts_max, requests_max, verify):
        self.p, self.chain_id, self.vm_id, self.now = params, chain_id, vm_id, now
        self.accounts_max, self.requests_max, self.verify = accounts_max, requests_max, verify
        self.accounts, self.index, self.requests = [], {}, {}  # requests by id, those known
        self.places = []  # the request in each place: open, or closed and not yet forgotten
        self.order = []  # those that closed, the longest ago first
        self.posted = 0
        self.debts = []  # [from, to, amount]
        self.debts_max, self.debts_share = requests_max, requests_max // 2
        self.deposits = self.withdrawals = self.burned = 0
        self.closed = self.owed = bytes(32)

    def hash(self):
        accounts = {i: keccak(a.encode()) for i, a in enumerate(self.accounts)}
        open_ones = {i: keccak(r.encode()) for i, r in enumerate(self.places) if r.state < PAID}
        out = b"polypoly/market/5" + b"".join(u64(self.p[n]) for n in PARAMS)
        out += self.chain_id + self.vm_id + u64(self.now)
        out += u32(self.accounts_max) + u32(self.requests_max)
        out += u32(len(self.accounts)) + tree_root(accounts, self.accounts_max)
        out += u64(self.posted) + self.closed
        out += u32(len(open_ones)) + tree_root(open_ones, self.requests_max) + self.owed
        return keccak(out + u128(self.deposits) + u128(self.withdrawals) + u128(self.burned))

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
        need(to in self.index or amount >= max(1, self.p["proof_bond"]), "M-AMOUNT")
        b = self.account(to, create=True)
        need(b, "M-FULL")
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
