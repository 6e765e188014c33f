# SPDX-License-Identifier: MIT OR Apache-2.0
"""What happens by itself: deadlines, and draws by the beacon."""
from .encode import NOBODY, keccak
from .state import ASSIGNED, COMMIT, EXPIRED, INSURED, OPEN, PAID, REVEAL


class Time:
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
        """R is half as high again, up to 4 r; held as far as the fund goes, owed beyond."""
        fund, now = self.accounts[r.requester], r.cap_at(t)
        owes = any(d[0] == r.requester for d in self.debts)
        has = r.escrow + (0 if owes else fund.free)
        want = max(now, min(now + now // 2, 4 * r.terms.reserve))
        if r.escrowed and not self.may_owe(fund, 0):  # no place for one more debt
            want = max(now, min(want, has))
        more = min(want, has) - r.escrow
        fund.free -= more
        r.escrow += more
        r.cap, r.escrowed = want, want <= has
        r.expires = t + r.terms.Texp
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
