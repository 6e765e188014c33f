// SPDX-License-Identifier: MIT OR Apache-2.0
// The invariants that one state can show (market.md); those between two states are in the tests.
#include "market/internal.h"

static pp_u128 max128(pp_u128 a, pp_u128 b) {
    return a > b ? a : b;
}

static const char *check_money(const pp_market *m) {
    pp_market_ledger l;
    pp_market_ledger_sum(&l, m);
    if (m->withdrawals > m->deposits || l.sum != m->deposits - m->withdrawals)
        return "conservation: all the money is what came in less what went out";
    if (m->open_len == 0 && l.escrow + l.bonds + l.pots != 0)
        return "all terminal: no escrow, bond or pot is left";
    return NULL;
}

// What the accounts say of themselves less what their requests say of them, each account times a
// number of its own: 0 when they agree, and for two that disagree only by a chance of 2^-128. So
// one pass is enough, without memory of its own.
typedef struct tally {
    pp_u128 held, slots, defaults, requests;
} tally;

static pp_u128 own_number(uint32_t who) {
    uint64_t x = ((uint64_t)who + 1) * 0x9e3779b97f4a7c15u, y = x ^ 0xd1b54a32d192ed03u;
    x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9u;
    y = (y ^ y >> 29) * 0x94d049bb133111ebu;
    return (pp_u128)(x ^ x >> 32) << 64 | (y ^ y >> 30) | 1;
}

static void take(tally *t, uint32_t who, pp_u128 held, uint32_t slots) {
    t->held -= held * own_number(who);
    t->slots -= slots * own_number(who);
}

static void count_request(tally *t, const pp_market *m, const pp_market_request *r) {
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(m, r, c)) != NULL;)
        if (c->held != 0) take(t, c->account, c->held, 1);
    if (r->primary != PP_MARKET_NOBODY) take(t, r->primary, r->stake, 1);
    for (uint32_t i = 0; i < r->defaulters_len; i++) t->defaults -= own_number(r->defaulters[i]);
    t->requests -= own_number(r->requester);
}

static const char *check_accounts(const pp_market *m) {
    tally t = {0};
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;)
        count_request(&t, m, r);
    for (uint32_t who = 0; who < m->accounts_len; who++) {
        const pp_market_account *a = &m->accounts[who];
        if (a->free > m->deposits || a->stake > m->deposits)
            return "balances: none is more than ever came in";
        if (a->held + a->unbonding > a->stake) return "stake: held and unbonding within deposited";
        if (a->slots_used > a->slots) return "slots: in use within declared";
        t.held += a->held * own_number(who);
        t.slots += a->slots_used * own_number(who);
        t.defaults += a->open_defaults * own_number(who);
        t.requests += a->open_requests * own_number(who);
    }
    if (t.held != 0) return "stake: held is what commits and assignments hold";
    if (t.slots != 0) return "slots: one for each commit and assignment";
    if (t.defaults != 0) return "defaults: each counted until its request ends";
    return t.requests == 0 ? NULL : "requests: counted while open";
}

static const char *check_assigned(const pp_market *m, const pp_market_request *r) {
    if (r->primary >= m->accounts_len) return "assigned: to somebody";
    if (r->price > r->escrow) return "price: within the escrow";
    if (r->claimed) return NULL;
    if (r->price > r->terms.reserve) return "price: within the reserve";
    if (r->winner_at >= r->winners_len || r->winners_len > r->terms.winners)
        return "winners: at most m, one of them the primary";
    for (uint32_t i = 0; i < r->winners_len; i++)
        if (pp_market_winner(m, r, i)->bid > r->price) return "price: no winner bid above it";
    return NULL;
}

static const char *check_open_request(const pp_market *m, const pp_market_request *r) {
    pp_u128 top = r->cap;
    for (uint8_t i = 0; i < r->terms.steps_len; i++) top = max128(top, r->terms.steps[i].cap);
    if (r->escrowed ? r->escrow != top : r->escrow >= top || !r->protocol)
        return "escrow: exact until terminal, or what a fund does not have";
    if (r->escrow > m->deposits) return "balances: none is more than ever came in";
    if (r->settled || r->paid != 0) return "payment: only at the end";
    if ((r->state == PP_MARKET_ASSIGNED) != (r->primary != PP_MARKET_NOBODY))
        return "primary: exactly while assigned";
    if (r->insured != (r->proven && r->state == PP_MARKET_ASSIGNED))
        return "proven: while open only by an insurer";
    if (r->pot > 0 && r->assigned == 0) return "pot: only from who was assigned";
    if (!r->escrowed && r->state != PP_MARKET_OPEN && !r->claimed)
        return "unescrowed: open, or claimed for what is held";
    if (pp_market_next_deadline(m, r) < m->now) return "deadline: every one before now is applied";
    return r->state == PP_MARKET_ASSIGNED ? check_assigned(m, r) : NULL;
}

static const char *check_terminal(const pp_market_request *r) {
    if (r->escrow != 0 || r->pot != 0) return "terminal: escrow and pot are 0";
    if (r->primary != PP_MARKET_NOBODY || r->claims_len != 0) return "terminal: nobody is bound";
    if (r->commits_len != 0) return "terminal: no stake, slot or bond is held";
    bool served = r->state == PP_MARKET_PAID || r->state == PP_MARKET_INSURED ||
                  r->state == PP_MARKET_RESCUED || r->state == PP_MARKET_OPENPAID;
    if (served != r->settled) return "terminal: settled exactly when served";
    if (served && !r->proven) return "proven: whoever is paid has proven";
    if (r->state == PP_MARKET_EXPIRED && r->proven) return "expired: only without a valid proof";
    return NULL;
}

static const char *check_lists(const pp_market *m) {
    uint32_t open = 0, claims = 0, waiting = 0;
    const pp_market_request *before = NULL;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL; before = r) {
        uint32_t at = (uint32_t)(r - m->requests);
        if (pp_market_state_is_terminal(r->state) || open++ == m->open_len ||
            (before != NULL && before->number >= r->number))
            return "open list: all that are not terminal, in order";
        if (m->heap[m->heap_at[at]].request != at ||
            m->heap[m->heap_at[at]].time != pp_market_next_deadline(m, r))
            return "heap: every open request with its deadline";
        bool waits = r->drawing || r->claims_len > 0;
        if (waits != (m->waiting_at[at] != 0)) return "waiting: those the beacon draws for";
        waiting += waits;
        claims += r->claims_len + r->commits_len;
    }
    for (uint32_t i = 1; i < m->open_len; i++)
        if (m->heap[(i - 1) / 2].time > m->heap[i].time) return "heap: in order of the deadlines";
    if (open != m->open_len) return "open list: nothing else";
    if (waiting != m->waiting_len) return "waiting: nothing else";
    for (uint32_t i = m->bids_free; i != PP_MARKET_NONE; i = m->bids[i].next) claims++;
    return claims == m->bids_len ? NULL : "bids: each in one request's list or free";
}

static const char *check_debts(const pp_market *m) {
    uint32_t debts = 0, promises = 0, protocol = 0;
    for (uint32_t i = 0; i < m->accounts_len; i++) {
        uint32_t len = 0;
        for (uint32_t d = m->accounts[i].debts_first; d != PP_MARKET_NONE; d = m->debts[d].next) {
            if (m->debts[d].from != i) return "debts: in their debtor's list";
            len++;
        }
        if (len != m->accounts[i].debts_len) return "debts: counted";
        debts += len;
    }
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        promises += !r->escrowed;
        protocol += r->protocol;
    }
    if (debts != m->debts_len || promises != m->promises || debts + promises > m->debts_max)
        return "debts: room for each that is promised";
    return protocol == m->protocol_len ? NULL : "places: the application's own are counted";
}

const char *pp_market_check(const pp_market *m) {
    const char *bad = check_lists(m);
    if (bad == NULL) bad = check_money(m);
    if (bad == NULL) bad = check_accounts(m);
    if (bad == NULL) bad = check_debts(m);
    for (uint32_t i = 0; bad == NULL && i < m->requests_len; i++) {
        const pp_market_request *r = &m->requests[i];
        bad = pp_market_state_is_terminal(r->state) ? check_terminal(r) : check_open_request(m, r);
    }
    return bad;
}
