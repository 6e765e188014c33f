// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands: what anyone may ask of the market, and when.
#include "market/guard.h"
#include "market/internal.h"

static pp_u128 max128(pp_u128 a, pp_u128 b) {
    return a > b ? a : b;
}

// ---- stakes -----------------------------------------------------------------------------------

static pp_market_reason do_register(pp_market *m, const pp_market_command *c, uint32_t who) {
    pp_market_account *a = pp_market_account_at(m, who);
    if (PP_MARKET_LIMIT(AMOUNTS, c->amount > PP_MARKET_AMOUNT_MAX) ||
        PP_MARKET_LIMIT(SLOTS, c->slots == 0 || c->slots > m->params.slots_max))
        return PP_MARKET_AMOUNT;
    if (PP_MARKET_GUARD(REGISTER_SLOTS, c->slots < a->slots_used)) return PP_MARKET_AMOUNT;
    if (PP_MARKET_GUARD(REGISTER_BALANCE, a->free < c->amount)) return PP_MARKET_BALANCE;
    if (PP_MARKET_REASON(REGISTERED, a->registered && c->amount == 0 && c->slots == a->slots))
        return PP_MARKET_NOOP;
    a->free -= c->amount;
    a->stake += c->amount;
    a->slots = c->slots;
    if (!a->registered) a->registered_at = m->now;
    a->registered = true;
    return PP_MARKET_OK;
}

static pp_market_reason do_unbond(pp_market *m, const pp_market_command *c, uint32_t who) {
    pp_market_account *a = pp_market_account_at(m, who);
    if (PP_MARKET_GUARD(UNBOND_NOTHING, c->amount == 0)) return PP_MARKET_AMOUNT;
    if (PP_MARKET_GUARD(UNBOND_STAKE, c->amount > pp_market_free_stake(a))) return PP_MARKET_STAKE;
    a->unbonding += c->amount; // the wait starts again for all of it
    a->unbond_at = m->now + m->params.unbonding;
    return PP_MARKET_OK;
}

static pp_market_reason do_unbonded(pp_market *m, uint32_t who) {
    pp_market_account *a = pp_market_account_at(m, who);
    if (PP_MARKET_REASON(UNBONDED_NOTHING, a->unbonding == 0) ||
        PP_MARKET_GUARD(UNBONDED_TIME, m->now < a->unbond_at))
        return PP_MARKET_UNBONDING;
    a->stake -= a->unbonding;
    a->free += a->unbonding;
    a->unbonding = 0;
    pp_market_pay_debts(m, who);
    return PP_MARKET_OK;
}

// ---- the auction ------------------------------------------------------------------------------

static pp_market_commit *commit_of(pp_market *m, const pp_market_request *r, uint32_t who) {
    for (uint32_t i = r->commits; i != PP_MARKET_NONE; i = m->bids[i].next)
        if (m->bids[i].account == who) return &m->bids[i];
    return NULL;
}

static pp_market_reason may_work(const pp_market *m, const pp_market_account *a, pp_u128 stake) {
    if (PP_MARKET_REASON(NOT_PROVER, !a->registered)) return PP_MARKET_NOT_PROVER;
    if (PP_MARKET_GUARD(WORK_AGE, m->now - a->registered_at < m->params.registration_age))
        return PP_MARKET_YOUNG;
    if (PP_MARKET_GUARD(WORK_DEFAULT, a->open_defaults > 0)) return PP_MARKET_DEFAULT;
    if (PP_MARKET_GUARD(WORK_STAKE, pp_market_free_stake(a) < stake)) return PP_MARKET_STAKE;
    if (PP_MARKET_GUARD(WORK_SLOT, a->slots_used >= a->slots)) return PP_MARKET_SLOT;
    return PP_MARKET_OK;
}

static pp_market_reason do_bid(pp_market *m, const pp_market_command *c, pp_market_request *r,
                               uint32_t who) {
    if (PP_MARKET_GUARD(BID_STATE, r->state != PP_MARKET_COMMIT)) return PP_MARKET_LATE;
    const pp_market_commit *mine = commit_of(m, r, who);
    if (PP_MARKET_GUARD(BID_AGAIN, mine != NULL))
        return pp_hash32_eq(&mine->hash, &c->hash) ? PP_MARKET_NOOP : PP_MARKET_STATE;
    pp_market_account *a = pp_market_account_at(m, who);
    pp_u128 stake = pp_market_stake(&m->params, r->terms.kappa, r->terms.reserve, r->terms.reserve);
    pp_market_reason bad = may_work(m, a, stake);
    if (bad != PP_MARKET_OK) return bad;
    if (PP_MARKET_LIMIT(COMMITS_OF_ONE, r->commits_len >= m->params.commits_max))
        return PP_MARKET_COMMITS;
    pp_u128 bond = pp_market_bond(&m->params, r->terms.reserve);
    if (PP_MARKET_GUARD(BID_BOND, a->free < bond)) return PP_MARKET_BALANCE;
    pp_market_commit *n = pp_market_commit_new(m, r);
    if (PP_MARKET_LIMIT(PLACES, n == NULL)) return PP_MARKET_FULL;
    a->free -= bond;
    pp_market_hold(a, stake);
    n->account = who;
    n->hash = c->hash;
    n->held = stake;
    n->bond = bond;
    pp_market_emit(m, PP_MARKET_EVENT_COMMITTED, m->now, r, who, 0);
    return PP_MARKET_OK;
}

static pp_market_reason do_open_bid(pp_market *m, const pp_market_command *c, pp_market_request *r,
                                    uint32_t who) {
    pp_market_commit *mine = commit_of(m, r, who);
    if (PP_MARKET_GUARD(OPEN_BID_AGAIN, mine != NULL && mine->revealed)) return PP_MARKET_NOOP;
    if (PP_MARKET_GUARD(OPEN_BID_STATE, r->state != PP_MARKET_REVEAL) ||
        PP_MARKET_GUARD(OPEN_BID_LATE, r->drawing))
        return r->state == PP_MARKET_COMMIT ? PP_MARKET_STATE : PP_MARKET_LATE;
    if (PP_MARKET_REASON(NOTHING_THERE, mine == NULL)) return PP_MARKET_NOT_YOURS;
    if (PP_MARKET_GUARD(OPEN_BID_RESERVE, c->amount > r->terms.reserve)) return PP_MARKET_RESERVE;
    pp_hash32 hash;
    pp_market_bid_hash(&hash, &r->id, &c->sender, c->amount, &c->hash);
    if (PP_MARKET_GUARD(OPEN_BID_SALT, !pp_hash32_eq(&hash, &mine->hash))) return PP_MARKET_SALT;
    mine->revealed = true;
    mine->bid = c->amount;
    mine->salt = c->hash;
    r->bids++;
    pp_market_free_bond(m, mine);
    pp_market_emit(m, PP_MARKET_EVENT_REVEALED, m->now, r, who, c->amount);
    return PP_MARKET_OK;
}

// ---- giving an assignment up --------------------------------------------------------------------

static pp_market_reason leave_insured(pp_market *m, pp_market_request *r) {
    pp_market_settle(m, r, m->now, r->insurer, r->price, PP_MARKET_INSURED);
    return PP_MARKET_OK;
}

static pp_market_reason do_release(pp_market *m, pp_market_request *r, uint32_t who) {
    if (PP_MARKET_REASON(NOT_ASSIGNED, r->state != PP_MARKET_ASSIGNED) ||
        PP_MARKET_GUARD(RELEASE_INSURED, !r->insured))
        return PP_MARKET_STATE;
    if (PP_MARKET_GUARD(RELEASE_OWNER, r->primary != who)) return PP_MARKET_NOT_YOURS;
    return leave_insured(m, r);
}

static pp_market_reason do_decline(pp_market *m, pp_market_request *r, uint32_t who) {
    if (PP_MARKET_REASON(NOT_ASSIGNED, r->state != PP_MARKET_ASSIGNED)) return PP_MARKET_STATE;
    if (PP_MARKET_GUARD(DECLINE_OWNER, r->primary != who)) return PP_MARKET_NOT_YOURS;
    if (PP_MARKET_GUARD(DECLINE_INSURED, r->insured)) return leave_insured(m, r);
    if (PP_MARKET_GUARD(DECLINE_CLAIM, r->claimed) ||
        PP_MARKET_GUARD(DECLINE_LATE, m->now > r->assigned + r->terms.decline_window))
        return PP_MARKET_LATE;
    pp_market_account *a = pp_market_account_at(m, r->primary);
    bool last = r->winner_at + 1 == r->winners_len;
    pp_u128 lost = PP_MARKET_GUARD(DECLINE_FEE, true) ? pp_u128_div_u32(r->stake, 20) : 0;
    pp_u128 half = pp_u128_div_u32(lost, 2);
    if (PP_MARKET_GUARD(DECLINE_LAST, last)) lost += r->terms.reserve - r->price;
    // Bonds of invalid proofs may have eaten of it.
    if (PP_MARKET_GUARD(DECLINE_STAKE, lost > r->stake)) lost = r->stake;
    pp_market_unhold(a, r->stake);
    r->stake = 0;
    r->primary = PP_MARKET_NOBODY;
    a->stake -= lost;
    pp_market_account_at(m, r->requester)->free += half;
    pp_market_burn(m, lost - half);
    pp_market_emit(m, PP_MARKET_EVENT_DECLINED, m->now, r, (uint32_t)(a - m->accounts), lost);
    r->winner_at++;
    if (!last) {
        pp_market_to_assigned(m, r, m->now);
    } else {
        r->winners_kept = false;
        pp_market_to_open(m, r, m->now, r->price);
    }
    return PP_MARKET_OK;
}

bool pp_market_claim_fits(const pp_market *m, const pp_market_request *r) {
    return m->now + 2 * r->terms.work_window <= r->expires;
}

static pp_market_reason do_claim(pp_market *m, pp_market_request *r, uint32_t who) {
    if (PP_MARKET_GUARD(CLAIM_STATE, r->state != PP_MARKET_OPEN)) return PP_MARKET_STATE;
    pp_u128 pay = pp_market_open_price(r, m->now);
    if (PP_MARKET_GUARD(CLAIM_ESCROW, pay > r->escrow)) return PP_MARKET_STATE;
    if (PP_MARKET_GUARD(CLAIM_LATE, !pp_market_claim_fits(m, r))) return PP_MARKET_LATE;
    pp_u128 top = max128(r->terms.reserve, pp_market_cap_at(r, r->expires));
    pp_u128 stake = pp_market_stake(&m->params, r->terms.kappa, pay, top);
    pp_market_reason bad = may_work(m, pp_market_account_at(m, who), stake);
    if (bad != PP_MARKET_OK) return bad;
    for (uint32_t i = r->claims; i != PP_MARKET_NONE; i = m->bids[i].next)
        if (PP_MARKET_GUARD(CLAIM_AGAIN, m->bids[i].account == who)) return PP_MARKET_NOOP;
    if (PP_MARKET_LIMIT(CLAIMS_OF_ONE, r->claims_len == PP_MARKET_CLAIMS_MAX ||
                                           r->defaulters_len == PP_MARKET_DEFAULTERS_MAX))
        return PP_MARKET_FULL;
    pp_market_commit *n = pp_market_claim_new(m, r);
    if (PP_MARKET_LIMIT(PLACES, n == NULL)) return PP_MARKET_FULL;
    n->account = who;
    n->bid = pay;
    n->held = stake;
    return PP_MARKET_OK;
}

// ---- proofs -----------------------------------------------------------------------------------

static bool output_fits(const pp_market_terms *t, const pp_market_command *c) {
    if (PP_MARKET_LIMIT(OUTPUT_SIZE, c->output_size > PP_OUTPUT_MAX)) return false;
    if (c->output_size < t->output_size) return false;
    if (t->match == PP_MARKET_EXACT && c->output_size != t->output_size) return false;
    return t->output_size == 0 || memcmp(c->output, t->output, t->output_size) == 0;
}

static bool verified(pp_market *m, const pp_market_command *c, const pp_market_request *r) {
    pp_claim claim;
    memset(&claim, 0, sizeof claim);
    claim.vm_id = m->vm_id;
    claim.program_id = r->terms.program_id;
    claim.input_id = r->terms.input_id;
    pp_market_context(&claim.context, &r->id, &c->sender);
    claim.output_size = c->output_size;
    memcpy(claim.output, c->output, c->output_size);
    return m->verify(m->verify_ctx, &claim, c->proof);
}

static pp_market_state open_ending(const pp_market_request *r) {
    return r->defaulters_len > 0 ? PP_MARKET_RESCUED : PP_MARKET_OPENPAID;
}

// What checking a wrong proof cost, in cash, or from the assignment's stake: into the pot then, for
// a default is to bring the requester and a rescuer as much as without it.
static void take_bond(pp_market *m, pp_market_request *r, pp_market_account *a, bool from_stake) {
    pp_u128 bond = m->params.proof_bond;
    if (!from_stake) {
        a->free -= bond;
        pp_market_burn(m, bond);
        return;
    }
    r->stake -= bond;
    a->held -= bond;
    a->stake -= bond;
    r->pot += bond;
}

// All that can be said of a proof before it is looked at. *from_stake: where its bond would come
// from.
static pp_market_reason look(bool *from_stake, const pp_market *m, const pp_market_command *c,
                             const pp_market_request *r, uint32_t who) {
    bool primary = r->state == PP_MARKET_ASSIGNED && r->primary == who;
    if (PP_MARKET_GUARD(PROVE_STATE, pp_market_state_is_terminal(r->state)) ||
        PP_MARKET_GUARD(PROVE_AGAIN, r->proven && !primary))
        return r->proven ? PP_MARKET_NOOP : PP_MARKET_STATE;
    if (PP_MARKET_GUARD(PROVE_OUTPUT, !output_fits(&r->terms, c))) return PP_MARKET_OUTPUT;
    // A primary without cash stands in with its stake: its valid proof is never refused.
    pp_u128 bond = m->params.proof_bond;
    *from_stake = m->accounts[who].free < bond;
    if (PP_MARKET_GUARD(PROVE_BOND, *from_stake && !(primary && r->stake >= bond)))
        return PP_MARKET_BALANCE;
    return PP_MARKET_OK;
}

pp_market_reason pp_market_look_at_proof(const pp_market *m, const pp_market_command *c) {
    const pp_market_account *a = pp_market_find_account(m, &c->sender);
    const pp_market_request *r = pp_market_find_request(m, &c->request);
    bool from_stake;
    if (PP_MARKET_REASON(NOTHING_THERE, a == NULL)) return PP_MARKET_BALANCE;
    return r ? look(&from_stake, m, c, r, (uint32_t)(a - m->accounts)) : PP_MARKET_UNKNOWN;
}

static pp_market_reason do_prove(pp_market *m, const pp_market_command *c, pp_market_request *r,
                                 uint32_t who) {
    bool primary = r->state == PP_MARKET_ASSIGNED && r->primary == who, from_stake;
    pp_market_reason bad = look(&from_stake, m, c, r, who);
    if (bad != PP_MARKET_OK) return bad;
    pp_market_account *a = pp_market_account_at(m, who);
    if (PP_MARKET_GUARD(PROVE_VALID, !verified(m, c, r))) {
        if (PP_MARKET_GUARD(PROVE_BURN, true)) take_bond(m, r, a, from_stake);
        return PP_MARKET_PROOF;
    }
    if (!r->proven) pp_market_emit(m, PP_MARKET_EVENT_PROVEN, m->now, r, who, 0);
    r->proven = true;
    switch (r->state) {
    case PP_MARKET_COMMIT:
    case PP_MARKET_REVEAL:
        pp_market_settle(m, r, m->now, who, 0, PP_MARKET_OPENPAID);
        break;
    case PP_MARKET_ASSIGNED:
        if (primary) {
            pp_market_settle(m, r, m->now, who, r->price, PP_MARKET_PAID);
        } else {
            r->insured = true;
            r->insurer = who;
        }
        break;
    default:
        pp_market_settle(m, r, m->now, who, pp_market_open_price(r, m->now), open_ending(r));
        break;
    }
    return PP_MARKET_OK;
}

// ---- all of them ------------------------------------------------------------------------------

static pp_market_reason on_request(pp_market *m, const pp_market_command *c, pp_market_request *r,
                                   uint32_t who) {
    switch (c->kind) {
    case PP_MARKET_CANCEL:
        return pp_market_do_cancel(m, r, who);
    case PP_MARKET_RAISE:
        return pp_market_do_raise(m, c, r, who);
    case PP_MARKET_BID:
        return do_bid(m, c, r, who);
    case PP_MARKET_OPEN_BID:
        return do_open_bid(m, c, r, who);
    case PP_MARKET_DECLINE:
        return do_decline(m, r, who);
    case PP_MARKET_RELEASE:
        return do_release(m, r, who);
    case PP_MARKET_CLAIM:
        return do_claim(m, r, who);
    case PP_MARKET_PROVE:
        return do_prove(m, c, r, who);
    default:
        return PP_MARKET_DECODE;
    }
}

pp_market_reason pp_market_step(pp_market *m, const pp_market_command *c) {
    // Accounts are made by money coming in, so that nobody fills the table for nothing.
    uint32_t who = pp_market_account_index(m, &c->sender, false);
    if (PP_MARKET_REASON(NOTHING_THERE, who == PP_MARKET_NOBODY)) return PP_MARKET_BALANCE;
    switch (c->kind) {
    case PP_MARKET_REGISTER:
        return do_register(m, c, who);
    case PP_MARKET_UNBOND:
        return do_unbond(m, c, who);
    case PP_MARKET_UNBONDED:
        return do_unbonded(m, who);
    case PP_MARKET_POST:
        return pp_market_do_post(m, c, who);
    default:
        break;
    }
    pp_market_request *r = pp_market_request_by_id(m, &c->request);
    if (PP_MARKET_REASON(NOTHING_THERE, r == NULL)) return PP_MARKET_UNKNOWN;
    pp_market_reason got = on_request(m, c, r, who);
    pp_market_changed(m, r);
    return got;
}
