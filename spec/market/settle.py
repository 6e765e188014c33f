# SPDX-License-Identifier: MIT OR Apache-2.0
"""How requests change state and where their money goes."""
from .encode import NOBODY, keccak, num, nums, who
from .state import ASSIGNED, OPEN


class Settle:
    def stake_for(self, kappa, price, top):
        return max(self.p["stake_min"], kappa * price, -(-5 * max(0, top - price) // 3))

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
        r.state = state
        self.order.append(r)
        self.closed = keccak(b"polypoly/closed/1" + self.closed + r.id
                             + nums(r.state, r.proven) + who(r.payee) + num(r.paid))
        self.pay_debts(asker)

    def settle(self, r, t, payee, pay, state):
        r.payee, r.paid = payee, pay
        held = min(pay, r.escrow)
        r.escrow -= held
        self.accounts[payee].free += held
        if pay > held:
            self.debts.append([r.requester, payee, pay - held])
            self.owed = keccak(b"polypoly/debt/1" + self.owed + who(r.requester)
                               + who(payee) + num(pay - held))
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
