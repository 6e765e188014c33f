# SPDX-License-Identifier: MIT OR Apache-2.0
"""The automatic reserve of a lane."""
from .state import AMOUNT_MAX, PAID


def reserve(rate, work):
    """A rate, in wei for a million units of work, as the reserve of so much work."""
    return min(max(1, rate * work // 10**6), AMOUNT_MAX)


def next_rate(rate, start, r):
    """The rate after r closed: an eighth less where more than m bid and the auction paid, an eighth
    more where nobody bid and more than r was paid; unless it has moved so since r was posted."""
    bids = len(r.revealed())
    now = reserve(rate, r.terms.work)
    step = 0
    if r.state == PAID and not r.claimed and bids > r.terms.winners and now >= r.terms.reserve:
        step = -(rate // 8)
    if bids == 0 and r.paid > r.terms.reserve and now <= r.terms.reserve:
        step = rate // 8
    return min(max(rate + step, start // 2), 4 * start)
