# SPDX-License-Identifier: MIT OR Apache-2.0
"""Commands: what anyone may ask of the market, and when."""
from .encode import NOBODY
from .state import (AMOUNT_MAX, ASSIGNED, COMMIT, EXACT, INSURED, OPEN, OPENPAID, PAID, RESCUED,
                    REVEAL, Commit, bid_hash, context)
from .store import Refused, need


class Step:
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
        bond = max(self.p["bond"], r.terms.reserve // 2)
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
        need(r.state == OPEN, "M-STATE")
        pay = r.open_price(self.now)
        need(pay <= r.escrow, "M-STATE")
        need(self.now + 2 * r.terms.w1 <= r.expires, "M-LATE")
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
                r.pot += bond
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
