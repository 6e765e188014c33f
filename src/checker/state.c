// SPDX-License-Identifier: MIT OR Apache-2.0
// When two states are one. Two that differ only in who is called prover 0, 1 and 2, or in what
// nothing will read again, have the same future: one of them is enough. What is dead where is
// written here by hand, and tested: a scope explored whole has as many classes of states as one
// explored class by class has states (test_checker.c).
#include "checker/checker.h"

static void mix64(pp_check_key *k, uint64_t x) {
    k->a = (k->a ^ x) * 0x9e3779b97f4a7c15u;
    k->a ^= k->a >> 29;
    k->b = (k->b + x) * 0xd6e8feb86659fd93u;
    k->b ^= k->b >> 32;
}

static void mix128(pp_check_key *k, pp_u128 x) { // below 2^64, unless a guard is out
    mix64(k, (uint64_t)x ^ (uint64_t)(x >> 64) * 0xd1342543de82ef95u);
}

static const pp_check_key zero = {1, 2, 0};

// ---- nothing left out
// ---------------------------------------------------------------------------

static void mix_bytes(pp_check_key *k, const void *data, size_t size) {
    const uint8_t *p = data;
    while (size > 0) {
        uint64_t x = 0;
        size_t n = size < 8 ? size : 8;
        memcpy(&x, p, n);
        mix64(k, x);
        p += n;
        size -= n;
    }
}

static void mix_list(pp_check_key *k, const pp_market *m, const pp_market_request *r, bool claims) {
    const pp_market_commit *c = NULL;
    while ((c = claims ? pp_market_claim_after(m, r, c) : pp_market_commit_after(m, r, c))) {
        pp_market_commit copy = *c;
        copy.next = 0;
        mix_bytes(k, &copy, sizeof copy);
    }
    mix64(k, UINT64_MAX);
}

void pp_check_key_whole(pp_check_key *k, const pp_check_world *w) {
    const pp_market *m = &w->m;
    *k = zero;
    mix64(k, m->now);
    mix128(k, m->deposits);
    mix128(k, m->withdrawals);
    mix128(k, m->burned);
    for (uint32_t i = 0; i < m->accounts_len; i++) {
        pp_market_account a = m->accounts[i];
        for (uint32_t d = a.debts_first; d != UINT32_MAX; d = m->debts[d].next)
            mix128(k, m->debts[d].amount << 8 | m->debts[d].to);
        a.debts_first = a.debts_last = 0;
        mix_bytes(k, &a.free, sizeof a - offsetof(pp_market_account, free));
    }
    for (uint32_t i = 0; i < m->requests_len; i++) {
        pp_market_request r = m->requests[i];
        if (!pp_market_state_is_terminal(r.state)) {
            mix_list(k, m, &m->requests[i], false);
            mix_list(k, m, &m->requests[i], true);
        }
        r.commits = r.claims = r.prev = r.next = 0;
        mix_bytes(k, &r.cap, sizeof r - offsetof(pp_market_request, cap));
    }
    mix_bytes(k, &w->ghost, sizeof w->ghost);
}

static bool differ(const void *a, const void *b, size_t size) {
    return memcmp(a, b, size) != 0;
}

bool pp_check_same(const pp_check_world *x, const pp_check_world *y) {
    const pp_market *a = &x->m, *b = &y->m;
    if (a->now != b->now || a->deposits != b->deposits || a->withdrawals != b->withdrawals ||
        a->burned != b->burned || a->posted != b->posted || a->bids_len != b->bids_len ||
        a->bids_free != b->bids_free || a->debts_len != b->debts_len)
        return false;
    return !differ(&x->ghost, &y->ghost, sizeof x->ghost) &&
           !differ(a->accounts, b->accounts, a->accounts_len * sizeof *a->accounts) &&
           !differ(a->requests, b->requests, a->requests_len * sizeof *a->requests) &&
           !differ(a->bids, b->bids, a->bids_len * sizeof *a->bids);
}

// ---- what the future may read
// ---------------------------------------------------------------------------

static void mix_account(pp_check_key *k, const pp_check_world *w, const pp_market_account *a,
                        uint32_t who) {
    mix128(k, a->free);
    mix128(k, a->stake);
    mix128(k, a->held);
    if (a->unbonding > 0) {
        mix128(k, a->unbonding);
        mix64(k, a->unbond_at);
    }
    mix64(k, (uint64_t)a->slots << 40 | (uint64_t)a->slots_used << 32 | a->open_defaults << 24 |
                 a->open_requests << 16 | a->registered);
    if (a->registered) mix64(k, a->registered_at);
    mix64(k, a->nonce_floor);
    mix64(k, (uint64_t)w->ghost.went_in[who]);
    mix64(k, (uint64_t)w->ghost.faults[who] << 32 | w->ghost.lost_by_decline[who]);
    uint32_t d = a->debts_first;
    for (; d != UINT32_MAX; d = w->m.debts[d].next) mix128(k, w->m.debts[d].amount << 8 | 1);
}

// A sealed bid counts until it is opened or the time for that is over, an open one until the draw,
// a winner until w0 is over; losers and those that declined before are free.
static void mix_commit(pp_check_key *k, const pp_check_world *w, const pp_market_request *r,
                       const pp_market_commit *c) {
    bool drawn = r->state == PP_MARKET_ASSIGNED && r->winners_kept && !r->claimed;
    if (r->state == PP_MARKET_COMMIT || r->state == PP_MARKET_REVEAL) {
        if (!c->revealed && r->drawing) return;
        uint8_t sealed = 0; // by its amount: a hash would tell who it was
        for (uint32_t i = 0; i < PP_CHECK_REQUESTS; i++)
            if (pp_hash32_eq(&w->ids[i], &r->id)) sealed = w->ghost.sealed[i][c->account];
        mix64(k, c->revealed ? 3 : 2);
        mix128(k, c->revealed ? c->bid : sealed);
        mix128(k, c->held << 32 | c->bond);
    } else if (drawn && c->rank > r->winner_at) {
        mix64(k, 4 + (uint64_t)c->rank - r->winner_at);
        mix128(k, c->held << 32 | c->bond);
    }
}

// What a request has to do with an account, as far as it can still matter.
static void mix_part(pp_check_key *k, const pp_check_world *w, const pp_market_request *r,
                     uint32_t who) {
    const pp_market *m = &w->m;
    if (pp_market_state_is_terminal(r->state)) return;
    uint64_t defaults = 0;
    for (uint32_t i = 0; i < r->defaulters_len; i++) defaults += r->defaulters[i] == who;
    mix64(k, r->number << 16 | defaults << 8 | (uint64_t)(r->primary == who) << 1 |
                 (r->insured && r->insurer == who));
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(m, r, c)) != NULL;)
        if (c->account == who) mix_commit(k, w, r, c);
    for (const pp_market_commit *c = NULL; (c = pp_market_claim_after(m, r, c)) != NULL;) {
        if (c->account != who) continue;
        mix64(k, 1);
        mix128(k, c->bid << 32 | c->held);
    }
}

static void mix_debts_to(pp_check_key *k, const pp_market *m, uint32_t who) {
    for (uint32_t i = 0; i < m->accounts_len; i++) {
        uint64_t at = 0;
        for (uint32_t d = m->accounts[i].debts_first; d != UINT32_MAX; d = m->debts[d].next, at++)
            if (m->debts[d].to == who) mix64(k, at << 8 | i);
    }
}

// The price ramp is over once half of its time is, and the bounty is whole once w2 is.
static void mix_ramp(pp_check_key *k, const pp_market *m, const pp_market_request *r) {
    bool risen = m->now - r->ramp_start >= (r->expires - r->ramp_start) / 2;
    mix64(k, risen ? 0 : r->ramp_start);
    mix128(k, risen ? 0 : r->ramp_from);
    bool whole = m->now - r->opened >= r->terms.bounty_window;
    mix64(k, whole ? 0 : r->opened);
}

static void mix_request(pp_check_key *k, const pp_check_world *w, const pp_market_request *r) {
    const pp_market *m = &w->m;
    bool over = pp_market_state_is_terminal(r->state);
    mix64(k, r->number << 40 | r->nonce << 32 | (uint64_t)r->requester << 24 |
                 (uint64_t)r->state << 16 | (uint64_t)r->protocol << 1 | r->proven);
    if (over) return;
    for (uint32_t i = 0; i < PP_CHECK_REQUESTS; i++)
        if (pp_hash32_eq(&w->ids[i], &r->id)) mix64(k, w->ghost.offered[i]);
    mix64(k, (uint64_t)r->escrowed << 5 | (uint64_t)r->drawing << 4 |
                 (uint64_t)r->winners_kept << 3 | (uint64_t)r->claimed << 2 |
                 (uint64_t)r->insured << 1 | r->opened_once);
    mix128(k, r->cap);
    mix128(k, r->escrow);
    for (uint8_t i = 0; i < r->terms.steps_len; i++) mix128(k, r->terms.steps[i].cap);
    mix64(k, r->posted);
    mix64(k, r->expires);
    mix128(k, r->pot << 32 | r->faults);
    if (r->state == PP_MARKET_COMMIT || r->state == PP_MARKET_REVEAL) mix64(k, r->bids);
    if (r->state == PP_MARKET_ASSIGNED) {
        mix128(k, r->price);
        mix128(k, r->stake);
        mix64(k, r->deadline);
        if (r->winners_kept) mix64(k, (uint64_t)(r->winners_len - r->winner_at));
    }
    if (r->opened_once) mix_ramp(k, m, r);
}

// ---- which prover is which
// ---------------------------------------------------------------------------

static bool less(const pp_check_key *x, const pp_check_key *y) {
    return x->a != y->a ? x->a < y->a : x->b < y->b;
}

void pp_check_key_of(pp_check_key *k, const pp_check_world *w) {
    const pp_market *m = &w->m;
    pp_check_key of[PP_CHECK_ACCOUNTS];
    PP_ASSERT(m->accounts_len == PP_CHECK_ACCOUNTS);
    for (uint32_t i = 0; i < PP_CHECK_ACCOUNTS; i++) {
        of[i] = zero;
        mix_account(&of[i], w, &m->accounts[i], i);
        for (uint32_t j = 0; j < m->requests_len; j++) mix_part(&of[i], w, &m->requests[j], i);
        if (m->debts_len > 0) mix_debts_to(&of[i], m, i);
    }
    k->twins = 0;
    for (uint32_t i = 1; w->scope->alike && i < PP_CHECK_PROVERS; i++)
        for (uint32_t j = 0; j < i; j++)
            if (of[i].a == of[j].a && of[i].b == of[j].b) k->twins |= (uint8_t)(1 << i);
    for (uint32_t i = 1; w->scope->alike && i < PP_CHECK_PROVERS; i++)
        for (uint32_t j = i; j > 0 && less(&of[j], &of[j - 1]); j--) {
            pp_check_key x = of[j];
            of[j] = of[j - 1];
            of[j - 1] = x;
        }
    k->a = zero.a;
    k->b = zero.b;
    mix64(k, m->now);
    for (uint32_t i = 0; i < PP_CHECK_ACCOUNTS; i++) {
        mix64(k, of[i].a);
        mix64(k, of[i].b);
    }
    for (uint32_t j = 0; j < m->requests_len; j++) mix_request(k, w, &m->requests[j]);
    // Which request is forgotten first: it matters where one may come.
    for (uint32_t i = m->closed_first; w->scope->places > w->scope->requests && i != UINT32_MAX;
         i = m->requests[i].next)
        mix64(k, i);
    mix64(k, (uint64_t)w->ghost.wrong_proofs << 8 | w->ghost.raises);
}
