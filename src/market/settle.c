// SPDX-License-Identifier: MIT OR Apache-2.0
// How requests change state and where their money goes (market.md, States).
#include "market/guard.h"
#include "market/internal.h"

static pp_u128 max128(pp_u128 a, pp_u128 b) {
    return a > b ? a : b;
}

pp_u128 pp_market_stake(const pp_market_params *params, uint8_t kappa, pp_u128 price, pp_u128 top) {
    pp_u128 gap = top > price ? top - price : 0, part = price * kappa, stake = 0;
    // Rounded up: the self-rescue bound 0.6 S >= r - p must hold exactly.
    pp_u128 cover = pp_u128_div_u32(gap * 5 + 2, 3);
    if (PP_MARKET_GUARD(STAKE_MIN, stake < params->stake_min)) stake = params->stake_min;
    if (PP_MARKET_GUARD(STAKE_KAPPA, stake < part)) stake = part;
    if (PP_MARKET_GUARD(STAKE_GAP, stake < cover)) stake = cover;
    return stake;
}

pp_u128 pp_market_bond(const pp_market_params *params, pp_u128 reserve) {
    pp_u128 share = pp_u128_div_u32(reserve, PP_MARKET_BOND_SHARE);
    return PP_MARKET_GUARD(BOND_SHARE, share > params->bond) ? share : params->bond;
}

// ---- the open price ---------------------------------------------------------------------------

pp_u128 pp_market_cap_at(const pp_market_request *r, uint64_t t) {
    pp_u128 cap = r->cap;
    for (uint8_t i = 0; i < r->terms.steps_len; i++)
        if (t - r->posted >= r->terms.steps[i].after) cap = max128(cap, r->terms.steps[i].cap);
    return cap;
}

pp_u128 pp_market_open_price(const pp_market_request *r, uint64_t t) {
    pp_u128 top = r->terms.reserve;
    uint64_t half = (r->expires - r->ramp_start) / 2, gone = t - r->ramp_start;
    if (gone >= half) return max128(top, pp_market_cap_at(r, t));
    if (r->ramp_from >= top) return top;
    return r->ramp_from + pp_u128_div_u32((top - r->ramp_from) * gone, (uint32_t)half);
}

void pp_market_to_open(pp_market *m, pp_market_request *r, uint64_t t, pp_u128 from) {
    r->state = PP_MARKET_OPEN;
    r->primary = PP_MARKET_NOBODY;
    r->opened_once = true;
    r->opened = t;
    // A claimed ramp goes on as if it had not been claimed.
    if (!PP_MARKET_GUARD(OPEN_RAMP, r->claimed)) {
        r->ramp_start = t;
        r->ramp_from = from;
    }
    r->claimed = false;
    pp_market_claims_free(m, r);
    pp_market_emit(m, PP_MARKET_EVENT_OPENED, t, r, PP_MARKET_NOBODY, pp_market_open_price(r, t));
}

// ---- assignments ------------------------------------------------------------------------------

pp_market_commit *pp_market_winner(const pp_market *m, const pp_market_request *r, uint32_t at) {
    uint32_t i = r->commits;
    while (i != PP_MARKET_NONE && m->bids[i].rank != at + 1) i = m->bids[i].next;
    PP_ASSERT(i != PP_MARKET_NONE);
    return &m->bids[i];
}

void pp_market_to_assigned(pp_market *m, pp_market_request *r, uint64_t t) {
    PP_ASSERT(r->winner_at < r->winners_len);
    pp_market_commit *c = pp_market_winner(m, r, r->winner_at);
    // The commit's stake and slot become the assignment's.
    r->primary = c->account;
    r->stake = c->held;
    c->held = 0;
    r->state = PP_MARKET_ASSIGNED;
    r->assigned = t;
    r->deadline = t + r->terms.work_window;
    pp_market_emit(m, PP_MARKET_EVENT_ASSIGNED, t, r, r->primary, r->price);
}

static void release_primary(pp_market *m, pp_market_request *r) {
    if (r->primary == PP_MARKET_NOBODY) return;
    pp_market_unhold(pp_market_account_at(m, r->primary), r->stake);
    r->primary = PP_MARKET_NOBODY;
    r->stake = 0;
}

void pp_market_default(pp_market *m, pp_market_request *r, uint64_t t) {
    pp_market_account *a = pp_market_account_at(m, r->primary);
    pp_u128 lost = r->stake;
    uint32_t who = r->primary;
    release_primary(m, r);
    a->stake -= lost;
    r->pot += lost;
    r->faults += r->price;
    a->open_defaults++;
    PP_ASSERT(r->defaulters_len < PP_MARKET_DEFAULTERS_MAX);
    r->defaulters[r->defaulters_len++] = who;
    pp_market_emit(m, PP_MARKET_EVENT_DEFAULTED, t, r, who, lost);
}

// ---- the end ----------------------------------------------------------------------------------

static bool is_defaulter(const pp_market_request *r, uint32_t account) {
    for (uint32_t i = 0; i < r->defaulters_len; i++)
        if (r->defaulters[i] == account) return true;
    return false;
}

void pp_market_close(pp_market *m, pp_market_request *r, uint64_t t, pp_market_state state) {
    PP_ASSERT(!pp_market_state_is_terminal(r->state) && pp_market_state_is_terminal(state));
    release_primary(m, r);
    pp_market_drop_commits(m, r);
    pp_market_claims_free(m, r);
    pp_market_account *asker = pp_market_account_at(m, r->requester);
    asker->free += r->escrow;
    r->escrow = 0;
    pp_market_burn(m, r->pot);
    r->pot = 0;
    for (uint32_t i = 0; i < r->defaulters_len; i++) m->accounts[r->defaulters[i]].open_defaults--;
    asker->open_requests--;
    if (!r->escrowed) m->promises--;
    if (r->protocol) m->protocol_len--;
    r->state = state;
    pp_market_fold_closed(m, r);
    pp_market_commits_free(m, r);
    pp_market_open_list_remove(m, r);
    pp_market_emit(m, PP_MARKET_EVENT_CLOSED, t, r, r->payee, r->paid);
    pp_market_pay_debts(m, r->requester);
}

// Both are capped by the prices that were defaulted on. The pay would be no cap: a requester that
// rescues itself through another name sets it, by raising R, as high as it likes.
void pp_market_shares(pp_u128 *compensation, pp_u128 *bounty, const pp_market_request *r,
                      uint64_t t, uint32_t payee) {
    pp_u128 two_fifths = pp_u128_div_u32(r->pot * 2, 5);
    *compensation = *bounty = two_fifths;
    if (PP_MARKET_GUARD(POT_COMPENSATION, r->faults / 2 < two_fifths))
        *compensation = r->faults / 2;
    if (PP_MARKET_GUARD(BOUNTY_OPENED, !r->opened_once) ||
        PP_MARKET_GUARD(BOUNTY_REQUESTER, payee == r->requester) ||
        PP_MARKET_GUARD(BOUNTY_DEFAULTER, is_defaulter(r, payee))) {
        *bounty = 0;
        return;
    }
    if (PP_MARKET_GUARD(POT_BOUNTY, r->faults < two_fifths)) *bounty = r->faults;
    uint64_t gone = t - r->opened, ramp = r->terms.bounty_window;
    if (PP_MARKET_GUARD(BOUNTY_RAMP, gone < ramp))
        *bounty = pp_u128_div_u32(*bounty * gone, (uint32_t)ramp);
}

// Close burns the rest.
static void share_pot(pp_market *m, pp_market_request *r, uint64_t t, uint32_t payee) {
    pp_u128 compensation, bounty;
    pp_market_shares(&compensation, &bounty, r, t, payee);
    r->pot -= compensation + bounty;
    pp_market_account_at(m, r->requester)->free += compensation;
    pp_market_account_at(m, payee)->free += bounty;
}

void pp_market_settle(pp_market *m, pp_market_request *r, uint64_t t, uint32_t payee, pp_u128 pay,
                      pp_market_state state) {
    r->settled = true;
    r->payee = payee;
    r->paid = pay;
    // What is not held is owed.
    pp_u128 held = PP_MARKET_GUARD(PAY_HELD, pay > r->escrow) ? r->escrow : pay;
    r->escrow -= held;
    pp_market_account_at(m, payee)->free += held;
    if (PP_MARKET_GUARD(PAY_OWED, pay > held)) {
        PP_ASSERT(!r->escrowed);
        pp_market_debt_add(m, r->requester, payee, pay - held);
        pp_market_emit(m, PP_MARKET_EVENT_OWED, t, r, payee, pay - held);
    }
    if (r->pot > 0) share_pot(m, r, t, payee);
    pp_market_close(m, r, t, state);
}
