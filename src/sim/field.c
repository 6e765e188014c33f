// SPDX-License-Identifier: MIT OR Apache-2.0
// Three rule sets as they are found in the field (docs/market.md, Prior art), reduced to their
// rules: who is assigned, at what price, and what happens when that one fails.
#include "sim/sim.h"

enum { AUCTION = 8000, COLLATERAL = 15 }; // ms; the flat stake in multiples of the mean reserve

typedef struct bidder {
    uint32_t prover;
    uint64_t bid;
} bidder;

// A first-price bidder asks for more than its cost: the equilibrium with uniform costs.
static uint64_t shaded(uint64_t cost, uint64_t reserve) {
    return cost >= reserve ? cost : cost + (reserve - cost) / PP_SIM_CANDIDATES;
}

static uint32_t bidders_of(bidder *out, pp_sim_world *w, uint32_t request, bool shade) {
    const pp_sim_request *r = &w->requests[request];
    uint32_t n = 0;
    for (uint32_t k = 0; k < PP_SIM_CANDIDATES; k++) {
        uint32_t who = pp_sim_candidate(w, request, k);
        pp_sim_prover *p = &w->provers[who];
        bool bad = pp_sim_is_bad(w, request, who);
        uint64_t bid = pp_sim_bid(w, request, who);
        if (shade && !bad) bid = shaded(bid, r->reserve);
        if (!pp_sim_slot(p, r->posted) || pp_sim_delay(w, request, who, 0) > AUCTION / 2) continue;
        if (!pp_sim_stalls(w, request, who) &&
            pp_sim_proof_time(p, r) + 2000 > pp_sim_work_window(r))
            continue;
        if (bad && w->config->adversary == PP_SIM_WITHHOLD) continue;
        if (bid > r->reserve) continue;
        uint32_t at = n++;
        for (; at > 0 && out[at - 1].bid > bid; at--) out[at] = out[at - 1];
        out[at] = (bidder){who, bid};
    }
    return n;
}

static bool delivers(const pp_sim_world *w, uint32_t request, uint32_t who) {
    return !pp_sim_stalls(w, request, who) && !w->requests[request].fake &&
           !pp_sim_crashes(w, request, who);
}

static void occupy(pp_sim_world *w, uint32_t who, uint64_t t, uint64_t until) {
    uint64_t *slot = pp_sim_slot(&w->provers[who], t);
    if (slot) *slot = until;
}

// After the lock's deadline: no price any more, half of the collateral for the first proof.
static void after_the_lock(pp_sim_world *w, uint32_t request, const bidder *b, uint32_t n,
                           uint64_t collateral, uint64_t t) {
    const pp_sim_request *r = &w->requests[request];
    for (uint32_t i = 1; i < n; i++) {
        uint32_t who = b[i].prover;
        // Half of a half: a rescuer reckons with another one's being first.
        if (!delivers(w, request, who) || pp_sim_cost(&w->provers[who], r) > collateral / 4)
            continue;
        uint64_t done =
            t + pp_sim_proof_time(&w->provers[who], r) + pp_sim_delay(w, request, who, 1);
        occupy(w, who, t, done);
        pp_sim_served(w, request, who, pp_sim_block(w, done), 0);
        w->out->stolen += w->config->adversary == PP_SIM_THIEF; // before proofs were bound
        return;
    }
}

void pp_sim_run_field(pp_sim_world *w, pp_sim_rules rules) {
    uint64_t mean = 20 * 1500;
    for (uint32_t i = 0; i < w->requests_len; i++) {
        const pp_sim_request *r = &w->requests[i];
        bidder b[PP_SIM_CANDIDATES];
        uint32_t n = bidders_of(b, w, i, rules == PP_SIM_FIRST_PRICE);
        if (n == 0) continue;
        uint32_t who = b[0].prover;
        uint64_t posted = pp_sim_block(w, r->posted);
        uint64_t price = b[0].bid, start = pp_sim_block(w, posted + AUCTION);
        if (rules == PP_SIM_SECOND_PRICE && n > 1) price = b[1].bid;
        if (rules == PP_SIM_LOCK_OPEN) { // the price rises until it suits somebody
            price = price < r->reserve / 8 ? r->reserve / 8 : price;
            start = pp_sim_block(w, posted + 30000 * price / r->reserve);
        }
        uint64_t deadline = start + pp_sim_work_window(r);
        if (delivers(w, i, who)) {
            uint64_t done =
                start + pp_sim_proof_time(&w->provers[who], r) + pp_sim_delay(w, i, who, 1);
            occupy(w, who, r->posted, done);
            done = pp_sim_block(w, done); // a deadline does not wait for it
            if (done <= deadline) {
                pp_sim_served(w, i, who, done, price);
                continue;
            }
        }
        if (r->fake) { // whoever works for it has worked for nothing a caller wants
            occupy(w, who, r->posted, start + pp_sim_proof_time(&w->provers[who], r));
            continue;
        }
        w->out->stalled++;
        if (rules != PP_SIM_LOCK_OPEN) continue;
        w->out->stake_lost += COLLATERAL * mean;
        after_the_lock(w, i, b, n, COLLATERAL * mean, pp_sim_block(w, deadline));
    }
}
