// SPDX-License-Identifier: MIT OR Apache-2.0
// What happens by itself: deadlines, each at its nominal time, and draws by the beacon.
#include "hash/keccak.h"
#include "market/internal.h"

static pp_u128 max128(pp_u128 a, pp_u128 b) {
    return a > b ? a : b;
}
static pp_u128 min128(pp_u128 a, pp_u128 b) {
    return a < b ? a : b;
}

uint64_t pp_market_next_deadline(const pp_market *m, const pp_market_request *r) {
    switch (r->state) {
    case PP_MARKET_COMMIT:
        return r->commit_end;
    case PP_MARKET_REVEAL:
        return r->drawing ? r->reveal_end + m->params.beacon_bound : r->reveal_end;
    case PP_MARKET_ASSIGNED:
        return r->winners_kept ? r->assigned + r->terms.decline_window : r->deadline;
    case PP_MARKET_OPEN:
        return r->expires;
    default:
        pp_panic(__FILE__, __LINE__, "terminal requests have no deadline");
    }
}

static void end_reveals(pp_market *m, pp_market_request *r, uint64_t t) {
    for (uint32_t i = 0; i < r->commits_len; i++) {
        pp_market_commit *c = &r->commits[i];
        if (c->revealed) continue;
        pp_market_burn(m, c->bond);
        c->bond = 0;
        pp_market_free_commit(m, c);
    }
    if (r->bids == 0)
        pp_market_to_open(m, r, t, 0);
    else
        r->drawing = true;
}

// A protocol's request: open again under the same id, with half as much again to offer.
static void reopen(pp_market *m, pp_market_request *r, uint64_t t) {
    pp_market_account *fund = &m->accounts[r->requester];
    r->expires = t + r->terms.expiry;
    if (r->escrowed) {
        pp_u128 most = 4 * max128(fund->last_paid, r->terms.reserve), now = pp_market_cap_at(r, t);
        pp_u128 want = min128(now + pp_u128_div_u32(now, 2), most);
        want = min128(want, r->escrow + fund->free);
        if (want > r->escrow) {
            fund->free -= want - r->escrow;
            r->escrow = want;
        }
        if (want > r->cap) r->cap = want;
    }
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
        if (r->insured)
            pp_market_settle(m, r, t, r->insurer, r->price, PP_MARKET_INSURED);
        else
            pp_market_to_open(m, r, t, r->price);
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
        pp_market_request *r = &m->requests[m->heap[0]];
        uint64_t due = pp_market_next_deadline(m, r);
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

// The request's beacon: the preimage and its revealed salts, ascending.
static void request_beacon(pp_hash32 *out, const pp_market_request *r, const pp_hash32 *preimage) {
    pp_hash32 salts[PP_MARKET_COMMITS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->commits_len; i++) {
        if (!r->commits[i].revealed) continue;
        uint32_t at = n++;
        for (; at > 0 && memcmp(salts[at - 1].b, r->commits[i].salt.b, 32) > 0; at--)
            salts[at] = salts[at - 1];
        salts[at] = r->commits[i].salt;
    }
    hash_parts(out, "polypoly/beacon-draw/1", preimage, &r->id, salts, n * sizeof salts[0]);
}

static void score_of(pp_hash32 *out, const pp_market *m, const pp_market_request *r,
                     const pp_hash32 *beacon, uint32_t account) {
    hash_parts(out, "polypoly/draw/1", beacon, &r->id, m->accounts[account].address.b, 20);
}

typedef struct entry {
    uint8_t commit;
    pp_u128 bid;
    pp_hash32 score;
} entry;

// Ascending by bid, equal ones by score; or by score alone.
static void sort_entries(entry *e, uint32_t n, bool by_bid) {
    for (uint32_t i = 1; i < n; i++) {
        entry x = e[i];
        uint32_t at = i;
        for (; at > 0; at--) {
            const entry *y = &e[at - 1];
            bool after = memcmp(y->score.b, x.score.b, 32) > 0;
            if (by_bid && y->bid != x.bid) after = y->bid > x.bid;
            if (!after) break;
            e[at] = *y;
        }
        e[at] = x;
    }
}

static void draw_auction(pp_market *m, pp_market_request *r, const pp_hash32 *preimage) {
    pp_hash32 beacon;
    request_beacon(&beacon, r, preimage);
    entry e[PP_MARKET_COMMITS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->commits_len; i++) {
        if (!r->commits[i].revealed) continue;
        e[n].commit = (uint8_t)i;
        e[n].bid = r->commits[i].bid;
        score_of(&e[n].score, m, r, &beacon, r->commits[i].account);
        n++;
    }
    sort_entries(e, n, true);
    uint32_t winners = n < r->terms.winners ? n : r->terms.winners;
    r->price = n <= r->terms.winners ? r->terms.reserve : e[r->terms.winners].bid;
    for (uint32_t i = winners; i < n; i++) pp_market_free_commit(m, &r->commits[e[i].commit]);
    pp_u128 stake = pp_market_stake(&m->params, r->terms.kappa, r->price, r->terms.reserve);
    for (uint32_t i = 0; i < winners; i++) {
        pp_market_commit *c = &r->commits[e[i].commit];
        PP_ASSERT(stake <= c->held);
        m->accounts[c->account].held -= c->held - stake;
        c->held = stake;
    }
    sort_entries(e, winners, false);
    for (uint32_t i = 0; i < winners; i++) r->winners[i] = e[i].commit;
    r->winners_len = winners;
    r->winner_at = 0;
    r->winners_kept = true;
    r->drawing = false;
    pp_market_to_assigned(m, r, m->now);
}

static void draw_claim(pp_market *m, pp_market_request *r, const pp_hash32 *preimage) {
    pp_hash32 beacon, best = {{0}};
    request_beacon(&beacon, r, preimage);
    uint32_t chosen = PP_MARKET_NOBODY;
    for (uint32_t i = 0; i < r->claims_len; i++) {
        const pp_market_account *a = &m->accounts[r->claims[i].account];
        // Other draws of this block may have taken what the claim needs; a late beacon its time.
        if (m->now + r->terms.work_window > r->expires || a->open_defaults > 0 ||
            a->slots_used >= a->slots || pp_market_free_stake(a) < r->claims[i].stake)
            continue;
        pp_hash32 score;
        score_of(&score, m, r, &beacon, r->claims[i].account);
        if (chosen != PP_MARKET_NOBODY && memcmp(score.b, best.b, 32) >= 0) continue;
        chosen = i;
        best = score;
    }
    if (chosen != PP_MARKET_NOBODY) {
        r->primary = r->claims[chosen].account;
        r->stake = r->claims[chosen].stake;
        r->price = r->claims[chosen].pay;
        pp_market_hold(&m->accounts[r->primary], r->stake);
        r->claimed = true;
        r->state = PP_MARKET_ASSIGNED;
        r->assigned = m->now;
        r->deadline = m->now + r->terms.work_window;
        pp_market_emit(m, PP_MARKET_EVENT_ASSIGNED, m->now, r, r->primary, r->price);
    }
    r->claims_len = 0;
}

void pp_market_beacon(pp_market *m, const pp_hash32 *preimage) {
    for (uint32_t word = 0; word <= m->requests_len / 64; word++) {
        for (uint64_t bits = m->waiting[word]; bits != 0; bits &= bits - 1) {
            pp_market_request *r = &m->requests[64 * word + (uint32_t)__builtin_ctzll(bits)];
            if (r->state == PP_MARKET_REVEAL)
                draw_auction(m, r, preimage);
            else
                draw_claim(m, r, preimage);
            pp_market_changed(m, r);
        }
    }
}
