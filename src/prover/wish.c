// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/wish.h"

uint64_t pp_wish_time(const pp_prover *p, uint64_t work) {
    pp_u128 ns = (pp_u128)work * p->secret->ps_per_work / 1000;
    return ns < UINT64_MAX / 64 ? (uint64_t)ns : UINT64_MAX / 64;
}

const pp_market_commit *pp_wish_commit(const pp_market *m, const pp_market_request *r,
                                       const pp_market_account *me) {
    const pp_market_commit *c = NULL;
    while ((c = pp_market_commit_after(m, r, c)) != NULL && &m->accounts[c->account] != me) {
    }
    return c;
}

bool pp_wish_is_primary(const pp_market *m, const pp_market_request *r,
                        const pp_market_account *me) {
    return r->state == PP_MARKET_ASSIGNED && &m->accounts[r->primary] == me;
}

// What a bid locks until it is opened and drawn.
static pp_u128 stake_of(const pp_market *m, const pp_market_request *r) {
    pp_u128 stake = r->terms.reserve * r->terms.kappa;
    return stake < m->params.stake_min ? m->params.stake_min : stake;
}

void pp_wish_say(pp_prover *p, const pp_market *m, const pp_market_request *r,
                 const pp_prover_job *job) {
    p->said.stake += stake_of(m, r);
    p->said.bonds += pp_market_bond(&m->params, r->terms.reserve);
    p->said.ns += pp_wish_time(p, job->work);
    p->said.slots++;
}

bool pp_wish_is_paid(const pp_chain *chain, const pp_market_request *r) {
    pp_chain_info info;
    uint64_t lane, batch;
    if (r->escrowed) return true;
    pp_chain_info_get(&info, chain);
    return pp_chain_batch_of(&lane, &batch, chain, &r->id) && lane < info.lanes_of_genesis;
}

const char *pp_wish_no_bid(const pp_prover *p, const pp_market *m, const pp_market_request *r,
                           const pp_market_account *me) {
    const pp_prover_said *said = &p->said;
    if (!me->registered) return "not registered";
    if (m->now - me->registered_at < m->params.registration_age)
        return "registered, and not for long enough yet";
    if (me->open_defaults != 0) return "a default of its stands open";
    if (me->slots_used + said->slots >= me->slots) return "no free slot";
    if (me->stake - me->held - me->unbonding < stake_of(m, r) + said->stake)
        return "its free stake does not cover it";
    if (me->free < pp_market_bond(&m->params, r->terms.reserve) + said->bonds)
        return "its free balance does not cover the bond";
    // Every slot may hold a bid that is to be opened yet, or a work to be declined: what stays
    // sealed burns its bond.
    if (me->free - pp_market_bond(&m->params, r->terms.reserve) - said->bonds <
        2 * me->slots * p->bid_fee)
        return "its free balance does not cover the fees of what it may have to say";
    if (r->commits_len >= m->params.commits_max) return "the request has all the bids it takes";
    return NULL;
}

pp_u128 pp_wish_at_stake(const pp_market *m, const pp_market_account *me) {
    pp_u128 sum = me->held;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        const pp_market_commit *c = pp_wish_commit(m, r, me);
        if (c != NULL && !c->revealed) sum += c->bond;
    }
    return sum;
}

// What it may be bound to already, in the time of this machine: what it is drawn for, and bids that
// may be drawn.
static uint64_t busy_for(const pp_prover *p, const pp_market *m, const pp_market_account *me) {
    uint64_t ns = 0;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        bool bound = pp_wish_is_primary(m, r, me);
        bool bids = (r->state == PP_MARKET_COMMIT || r->state == PP_MARKET_REVEAL) &&
                    pp_wish_commit(m, r, me) != NULL;
        const pp_prover_job *job = pp_prover_job_of(p, &r->id);
        if (bound || bids) ns += pp_wish_time(p, job && job->known ? job->work : r->terms.work);
    }
    return ns;
}

const char *pp_wish_no_price(const pp_prover *p, const pp_market *m, const pp_market_request *r,
                             const pp_market_account *me, const pp_prover_job *job, pp_u128 bid,
                             uint64_t interval) {
    enum { OF_FOUR = 3, BLOCKS = 2 }; // quarters of the window that it counts on; blocks to open in
    enum { HELD_MS = 600000, HELD_OVER = 4 };
    pp_u128 stake = stake_of(m, r) + pp_market_bond(&m->params, r->terms.reserve);
    if (p->rests) return "it takes nothing new";
    // A bid that no block can open burns its bond, whoever wished for that.
    if (p->live && r->terms.reveal_window < BLOCKS * interval)
        return "its bid could not be opened in time";
    // Who is not drawn first is held for so long, with a slot.
    if (p->live &&
        r->terms.decline_window > HELD_MS + HELD_OVER * (pp_wish_time(p, job->work) / 1000000))
        return "its winners would be held for too long";
    if (bid > r->terms.reserve) return "its cost is above the reserve";
    if (p->bid_fee > r->terms.reserve - bid) // paid whoever wins: no part of what it bids
        return "what the reserve leaves beyond its cost does not pay for its bid's commands";
    stake += p->said.stake + p->said.bonds + p->bid_fee;
    if (p->loss_max != 0 && pp_wish_at_stake(m, me) + stake > p->loss_max)
        return "more would be at stake than max_loss_wei";
    if (p->jobs == NULL) return NULL; // proofs in place take none of the chain's time
    // What it says has to get into a block, too.
    if ((busy_for(p, m, me) + p->said.ns + pp_wish_time(p, job->work)) / 1000000 +
            2 * m->params.inclusion_bound >
        r->terms.work_window / 4 * OF_FOUR)
        return "it would not be done in time";
    return NULL;
}
