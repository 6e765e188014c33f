// SPDX-License-Identifier: MIT OR Apache-2.0
// What happens by itself: deadlines, each at its nominal time, and draws by the beacon.
#include "hash/keccak.h"
#include "market/guard.h"
#include "market/internal.h"

uint64_t pp_market_next_deadline(const pp_market *m, const pp_market_request *r) {
    switch (r->state) {
    case PP_MARKET_COMMIT:
        return pp_market_commit_end(r);
    case PP_MARKET_REVEAL:
        return pp_market_reveal_end(r) + (r->drawing ? m->params.beacon_bound : 0);
    case PP_MARKET_ASSIGNED:
        return r->winners_kept ? r->assigned + r->terms.decline_window : r->deadline;
    case PP_MARKET_OPEN:
        return r->expires;
    default:
        pp_panic(__FILE__, __LINE__, "terminal requests have no deadline");
    }
}

static void end_reveals(pp_market *m, pp_market_request *r, uint64_t t) {
    for (uint32_t i = r->commits; i != PP_MARKET_NONE; i = m->bids[i].next) {
        pp_market_commit *c = &m->bids[i];
        if (c->revealed) continue;
        if (PP_MARKET_GUARD(SEALED_BURNS, true))
            pp_market_burn(m, c->bond);
        else
            pp_market_free_bond(m, c);
        c->bond = 0;
        pp_market_free_commit(m, c);
    }
    if (r->bids == 0)
        pp_market_to_open(m, r, t, 0);
    else
        r->drawing = true;
}

// A protocol's request: open again under the same id, with half as much again to offer, but no
// more than four times its reserve. As much of it is held as the fund has beyond its debts; the
// rest will be one, so that a batch that costs more than r is proven although the fund is dry.
static void reopen(pp_market *m, pp_market_request *r, uint64_t t) {
    pp_market_account *fund = pp_market_account_at(m, r->requester);
    pp_u128 now = pp_market_cap_at(r, t), want = now + pp_u128_div_u32(now, 2);
    pp_u128 most = r->terms.reserve * PP_MARKET_REOPEN_MOST;
    pp_u128 has = PP_MARKET_GUARD(REOPEN_OWES, fund->debts_len > 0) ? 0 : fund->free;
    has += r->escrow;
    if (PP_MARKET_GUARD(REOPEN_MOST, want > most)) want = most;
    if (PP_MARKET_GUARD(REOPEN_FALLS, want < now)) want = now;
    if (PP_MARKET_LIMIT(PLACES, r->escrowed && !pp_market_may_owe(m, fund, 0)) ||
        !PP_MARKET_GUARD(REOPEN_DEBT, true))
        want = want <= has ? want : has > now ? has : now;
    m->promises -= !r->escrowed;
    r->escrowed = want <= has;
    m->promises += !r->escrowed;
    pp_u128 held = PP_MARKET_GUARD(REOPEN_FUND, want > has) ? has : want;
    fund->free -= held - r->escrow;
    r->escrow = held;
    r->cap = want;
    r->expires = t + r->terms.expiry;
    pp_market_to_open(m, r, t, r->terms.reserve);
}

static void apply_deadline(pp_market *m, pp_market_request *r, uint64_t t) {
    if (r->state == PP_MARKET_COMMIT) {
        if (r->commits_len > 0)
            r->state = PP_MARKET_REVEAL;
        else
            pp_market_to_open(m, r, t, 0);
    } else if (r->state == PP_MARKET_REVEAL && !r->drawing) {
        end_reveals(m, r, t);
    } else if (r->state == PP_MARKET_REVEAL) {
        pp_market_drop_commits(m, r);
        pp_market_to_open(m, r, t, 0);
    } else if (r->state == PP_MARKET_ASSIGNED && r->winners_kept) {
        pp_market_drop_commits(m, r); // w0 is over: the other winners are free
    } else if (r->state == PP_MARKET_ASSIGNED) {
        pp_market_default(m, r, t);
        if (PP_MARKET_GUARD(OPEN_INSURED, r->insured))
            pp_market_settle(m, r, t, r->insurer, r->price, PP_MARKET_INSURED);
        else
            pp_market_to_open(m, r, t, PP_MARKET_GUARD(OPEN_PRICE, true) ? r->price : 0);
    } else if (r->protocol) {
        reopen(m, r, t);
    } else {
        pp_market_close(m, r, t, PP_MARKET_EXPIRED);
    }
}

void pp_market_advance(pp_market *m, uint64_t t) {
    PP_ASSERT(t >= m->now);
    for (;;) {
        if (m->open_len == 0) break;
        pp_market_request *r = &m->requests[m->heap[0].request];
        uint64_t due = m->heap[0].time;
        if (due >= t) break;
        apply_deadline(m, r, due);
        pp_market_changed(m, r);
    }
    m->now = t;
}

// ---- draws ------------------------------------------------------------------------------------

static void hash_parts(pp_hash32 *out, const char *tag, const pp_hash32 *a, const pp_hash32 *b,
                       const void *c, size_t c_size) {
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, strlen(tag));
    pp_keccak_update(&k, a->b, 32);
    pp_keccak_update(&k, b->b, 32);
    pp_keccak_update(&k, c, c_size);
    pp_keccak_final(&k, out);
}

void pp_market_draw_score(pp_hash32 *out, const pp_hash32 *preimage, const pp_hash32 *request,
                          const pp_hash32 *salts, uint32_t salts_len, const pp_address *prover) {
    pp_hash32 beacon;
    hash_parts(&beacon, "polypoly/beacon-draw/1", preimage, request, salts,
               salts_len * sizeof *salts);
    hash_parts(out, "polypoly/draw/1", &beacon, request, prover->b, sizeof prover->b);
}

uint64_t pp_market_request_due(const pp_market *m, const pp_market_request *r) {
    return pp_market_next_deadline(m, r);
}

// The request's beacon: the preimage and its revealed salts, ascending.
static void request_beacon(pp_hash32 *out, const pp_market *m, const pp_market_request *r,
                           const pp_hash32 *preimage) {
    pp_hash32 salts[PP_MARKET_COMMITS_MAX];
    uint32_t n = 0;
    for (uint32_t i = r->commits; i != PP_MARKET_NONE; i = m->bids[i].next) {
        if (!m->bids[i].revealed) continue;
        uint32_t at = n++;
        for (; at > 0 && memcmp(salts[at - 1].b, m->bids[i].salt.b, 32) > 0; at--)
            salts[at] = salts[at - 1];
        salts[at] = m->bids[i].salt;
    }
#ifdef PP_MARKET_CHECKER
    *out = *preimage;
#else
    hash_parts(out, "polypoly/beacon-draw/1", preimage, &r->id, salts, n * sizeof salts[0]);
#endif
}

static void score_of(pp_hash32 *out, const pp_market *m, const pp_market_request *r,
                     const pp_hash32 *beacon, uint32_t account) {
#ifdef PP_MARKET_CHECKER // every outcome can be asked for: the preimage ranks the accounts
    (void)r, (void)m;
    memset(out, 0, sizeof *out);
    out->b[0] = beacon->b[account];
    (void)hash_parts;
#else
    hash_parts(out, "polypoly/draw/1", beacon, &r->id, m->accounts[account].address.b, 20);
#endif
}

// A draw's scores are made when two are compared: most auctions need few.
typedef struct draw {
    const pp_market *m;
    const pp_market_request *r;
    const pp_hash32 *preimage;
    bool has_beacon;
    pp_hash32 beacon;
} draw;

typedef struct entry {
    uint32_t commit;
    bool scored;
    pp_u128 bid;
    pp_hash32 score;
} entry;

static const uint8_t *score_bytes(draw *d, entry *e) {
    if (!d->has_beacon) request_beacon(&d->beacon, d->m, d->r, d->preimage);
    d->has_beacon = true;
    if (!e->scored) score_of(&e->score, d->m, d->r, &d->beacon, d->m->bids[e->commit].account);
    e->scored = true;
    return e->score.b;
}

// Ascending by bid, equal ones by score; or by score alone.
static void sort_entries(draw *d, entry *e, uint32_t n, bool by_bid) {
    for (uint32_t i = 1; i < n; i++) {
        entry x = e[i];
        uint32_t at = i;
        for (; at > 0; at--) {
            entry *y = &e[at - 1];
            bool after = by_bid && y->bid != x.bid
                             ? y->bid > x.bid
                             : memcmp(score_bytes(d, y), score_bytes(d, &x), 32) > 0;
            if (!after) break;
            e[at] = *y;
        }
        e[at] = x;
    }
}

static void draw_auction(pp_market *m, pp_market_request *r, const pp_hash32 *preimage) {
    draw d = {.m = m, .r = r, .preimage = preimage};
    entry e[PP_MARKET_COMMITS_MAX];
    uint32_t n = 0;
    for (uint32_t i = r->commits; i != PP_MARKET_NONE; i = m->bids[i].next) {
        if (!m->bids[i].revealed) continue;
        e[n].commit = i;
        e[n].scored = false;
        e[n].bid = m->bids[i].bid;
        n++;
    }
    sort_entries(&d, e, n, true);
    uint32_t winners = n < r->terms.winners ? n : r->terms.winners;
    r->price = n <= r->terms.winners ? r->terms.reserve : e[r->terms.winners].bid;
    for (uint32_t i = winners; PP_MARKET_GUARD(DRAW_LOSERS, true) && i < n; i++)
        pp_market_free_commit(m, &m->bids[e[i].commit]);
    pp_u128 stake = pp_market_stake(&m->params, r->terms.kappa, r->price, r->terms.reserve);
    for (uint32_t i = 0; i < winners; i++) {
        pp_market_commit *c = &m->bids[e[i].commit];
        PP_ASSERT(stake <= c->held);
        pp_market_account_at(m, c->account)->held -= c->held - stake;
        c->held = stake;
    }
    sort_entries(&d, e, winners, false);
    for (uint32_t i = 0; i < winners; i++) m->bids[e[i].commit].rank = (uint8_t)(i + 1);
    r->winners_len = (uint8_t)winners;
    r->winner_at = 0;
    r->winners_kept = true;
    r->drawing = false;
    pp_market_to_assigned(m, r, m->now);
}

static void draw_claim(pp_market *m, pp_market_request *r, const pp_hash32 *preimage) {
    pp_hash32 beacon, best = {{0}};
    request_beacon(&beacon, m, r, preimage);
    const pp_market_commit *chosen = NULL;
    for (uint32_t i = r->claims; i != PP_MARKET_NONE; i = m->bids[i].next) {
        const pp_market_commit *claim = &m->bids[i];
        const pp_market_account *a = &m->accounts[claim->account];
        // Other draws of this block may have taken what the claim needs; a late beacon its time.
        if (PP_MARKET_GUARD(DRAW_LATE, !pp_market_claim_fits(m, r)) ||
            PP_MARKET_GUARD(DRAW_DEFAULT, a->open_defaults > 0) ||
            PP_MARKET_GUARD(DRAW_SLOT, a->slots_used >= a->slots) ||
            PP_MARKET_GUARD(DRAW_STAKE, pp_market_free_stake(a) < claim->held))
            continue;
        pp_hash32 score;
        score_of(&score, m, r, &beacon, claim->account);
        if (chosen != NULL && memcmp(score.b, best.b, 32) >= 0) continue;
        chosen = claim;
        best = score;
    }
    if (chosen != NULL) {
        r->primary = chosen->account;
        r->stake = chosen->held;
        r->price = chosen->bid;
        pp_market_hold(pp_market_account_at(m, r->primary), r->stake);
        r->claimed = true;
        r->state = PP_MARKET_ASSIGNED;
        r->assigned = m->now;
        r->deadline = m->now + r->terms.work_window;
        pp_market_emit(m, PP_MARKET_EVENT_ASSIGNED, m->now, r, r->primary, r->price);
    }
    pp_market_claims_free(m, r);
}

void pp_market_beacon(pp_market *m, const pp_hash32 *preimage) {
    // The draws of one block share the provers' stakes and slots: the older request goes first.
    pp_market_waiting_sort(m);
    while (m->waiting_len > 0) {
        pp_market_request *r = &m->requests[m->waiting[m->waiting_len - 1]];
        if (r->state == PP_MARKET_REVEAL)
            draw_auction(m, r, preimage);
        else
            draw_claim(m, r, preimage);
        pp_market_changed(m, r); // it waits no more
    }
}
