# SPDX-License-Identifier: MIT OR Apache-2.0
"""Posting: terms, fee and escrow; the application's own requests; raising and taking back."""
from .state import (AMOUNT_MAX, ANY, CANCELLED, COMMIT, EXACT, INSURED, PAID, PREFIX, TIME_MAX,
                    Terms, request_id)
from .store import need


class Post:
    def check_terms(self, t):
        p = self.p
        need(1 <= t.winners <= 5, "M-TERMS-WINNERS")
        need(2 <= t.kappa <= 20, "M-TERMS-KAPPA")
        need(t.match in (ANY, PREFIX, EXACT) and (t.match != ANY or not t.output),
             "M-TERMS-OUTPUT")
        need(t.work <= 1 << 50 and t.input_size <= 1 << 40, "M-AMOUNT")
        least = max(1, 2 * p["inclusion_bound"])
        need(least <= t.Tc <= p["window_max"] and least <= t.Tr <= p["window_max"]
             and t.w1 <= TIME_MAX and t.w0 <= min(t.w1 // 4, p["window_max"]) and t.w2 <= TIME_MAX
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

    def place_fee(self, terms):
        """For each hour begun, and twice for each 32nd above half that is taken by others than
        the application."""
        taken = sum(r.state < PAID and not r.protocol for r in self.places)
        part = min(31, 32 * taken // self.requests_max)
        return self.p["fee_place"] * -(-terms.Texp // 3600000) << max(0, part - 16)

    def post(self, a, nonce, terms):
        self.check_terms(terms)
        rid = request_id(self.chain_id, a.address, nonce, terms)
        need(rid not in self.requests, "M-NOOP")
        need(nonce < 2**64 - 1, "M-AMOUNT")
        need(nonce >= a.nonce_floor, "M-NONCE")
        need(a.open_requests < self.p["requests_max"], "M-REQUESTS")
        need(self.has_room(), "M-FULL")
        fee = self.p["fee_work"] * terms.work // 10**6
        fee += self.p["fee_input"] * terms.input_size // 1024 + self.place_fee(terms)
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
        need(not dry or self.may_owe(a, 1), "M-FULL")
        copy = Terms(**{**terms.__dict__, "steps": list(terms.steps)})
        r = self.new_request(rid, a, nonce, copy)
        r.protocol = True
        offer = terms.reserve if dry else min(a.free, terms.top())
        r.cap = min(r.cap, offer)
        copy.steps = [(after, min(cap, offer)) for after, cap in copy.steps]
        r.escrowed, r.escrow = not dry, 0 if dry else offer
        a.free -= r.escrow
        if dry:
            self.to_open(r, self.now, terms.reserve)

    def may_owe(self, fund, more):
        """One more debt: each fund has its share of the places."""
        left = self.debts_max - len(self.debts) - sum(not r.escrowed for r in self.in_order())
        own = sum(self.accounts[d[0]] is fund for d in self.debts) + fund.open_requests
        return left > 0 and own + more <= self.debts_share

    def void(self, rid):
        r = self.requests.get(rid)
        if r and r.state < PAID and r.insurer is not None:
            self.settle(r, self.now, r.insurer, r.price, INSURED)
        elif r and r.state < PAID:
            self.close(r, CANCELLED)

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
