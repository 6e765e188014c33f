// SPDX-License-Identifier: MIT OR Apache-2.0
// The automatic reserve of a lane: what its next requests offer, told by those that closed.
#include "market/guard.h"
#include "market/internal.h"

pp_u128 pp_market_reserve(pp_u128 rate, uint64_t work) {
    pp_u128 wei = PP_MARKET_AMOUNT_MAX;
    if (pp_u128_mul(&wei, rate, work)) wei = pp_u128_div_u32(wei, 1000000);
    if (wei == 0) wei = 1; // the market takes no request for nothing
    return wei < PP_MARKET_AMOUNT_MAX ? wei : PP_MARKET_AMOUNT_MAX;
}

pp_u128 pp_market_next_rate(pp_u128 rate, pp_u128 start, const pp_market_request *closed) {
    const pp_market_terms *t = &closed->terms;
    pp_u128 now = pp_market_reserve(rate, t->work), next = rate, eighth = pp_u128_div_u32(rate, 8);
    pp_u128 least = pp_u128_div_u32(start, 2), most = start * PP_MARKET_RATE_MOST;
    bool won = closed->state == PP_MARKET_PAID && !closed->claimed;
    bool waited = closed->settled && closed->paid > t->reserve;
    // A request tells of the rate that it was posted at. What others posted with it have told
    // already is not told again: else a queue that waited for one prover moves it at each step.
    if (!PP_MARKET_GUARD(RESERVE_PAID, !won) &&
        !PP_MARKET_GUARD(RESERVE_BIDS, closed->bids <= t->winners) &&
        !PP_MARKET_GUARD(RESERVE_ONCE, now < t->reserve))
        next -= eighth;
    // Who does not bid and then proves for r has shown that r is enough.
    if (!PP_MARKET_GUARD(RESERVE_SUFFICED, !waited) &&
        !PP_MARKET_GUARD(RESERVE_NO_BIDS, closed->bids > 0) &&
        !PP_MARKET_GUARD(RESERVE_ONCE, now > t->reserve))
        next += eighth;
    if (PP_MARKET_GUARD(RESERVE_FLOOR, next < least)) next = least;
    if (PP_MARKET_GUARD(RESERVE_TOP, next > most)) next = most;
    return next;
}
