# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the market keeps: terms, accounts, commits and requests, and what their ids and the state
hash see of them."""
from dataclasses import dataclass, field

from .encode import NOBODY, keccak, num, nums, u8, u32, u64, u128, who

AMOUNT_MAX = 1 << 90
TIME_MAX = 1 << 31
OUTPUT_MAX = 256
ANY, PREFIX, EXACT = 0, 1, 2
COMMIT, REVEAL, ASSIGNED, OPEN, PAID, INSURED, RESCUED, OPENPAID, CANCELLED, EXPIRED = range(10)
STATES = "COMMIT REVEAL ASSIGNED OPEN PAID INSURED RESCUED OPENPAID CANCELLED EXPIRED".split()

# The parameters, in the order of their encoding.
PARAMS = ("stake_min bond proof_bond registration_age unbonding commits_max requests_max slots_max "
          "window_max beacon_bound inclusion_bound rate_min fee_work fee_input fee_place").split()


def request_id(chain_id, requester, nonce, terms):
    return keccak(b"polypoly/request/1" + chain_id + requester + u64(nonce) + terms.encode())


def bid_hash(request, prover, bid, salt):
    return keccak(b"polypoly/bid/1" + request + prover + u128(bid) + salt)


def context(request, prover):
    return keccak(b"polypoly/context/1" + request + prover)


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
    nonce_floor: int = 0
    debts_paid: int = 0

    def free_stake(self):
        return self.stake - self.held - self.unbonding

    def encode(self):
        return self.address + nums(
            self.free, self.stake, self.unbonding, self.unbond_at, self.registered,
            self.registered_at, self.slots, self.nonce_floor, self.debts_paid)


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
