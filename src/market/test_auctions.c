// SPDX-License-Identifier: MIT OR Apache-2.0
// What docs/market.md claims of bidders and of stallers, through the engine itself: a one-slot
// prover never gains by misreporting, more bids of one owner never raise the price, and one honest
// prover among stallers serves every request whose top price covers its cost.
#include "market/test_support.h"

enum { ASKER = 0, FUND = 1, P = 10, BIDDERS = 8, AUCTIONS = 20000, LIES = 5, SEEDS = 1000 };

// What a requester gains who opens its own sealed bids at choice, of r (docs/market.md): seen 1.9.
#define OPENER_GAINS 0.03

static bench_market b;
static pp_rng rng;
static uint64_t nonce;

static uint64_t below(uint64_t n) {
    return pp_rng_below(&rng, n);
}

static void set_up(unsigned provers) {
    bench_open(&b, 64, 4);
    bench_fund(&b, ASKER, FUNDS);
    bench_fund(&b, FUND, FUNDS);
    for (unsigned i = 0; i < provers; i++) {
        bench_fund(&b, P + i, 100000);
        bench_prover(&b, P + i, i == 0 ? 1 : 4);
    }
    rng.state = pp_test_seed();
    nonce = 0;
}

typedef struct outcome {
    pp_u128 price;
    uint32_t winners;
    bool won[BIDDERS]; // among the m
} outcome;

// What else there is: the request is the protocol's; its requester raises R, or would take it back;
// the others bid for a second one too, of three winners.
typedef struct setting {
    uint8_t winners;
    bool protocol, raised, cancelled, second;
} setting;

static setting any_setting(void) {
    setting s = {.winners = (uint8_t)(1 + below(3))};
    s.protocol = below(3) == 0;
    s.raised = below(3) == 0;
    s.cancelled = below(3) == 0;
    s.second = below(3) == 0;
    return s;
}

static pp_hash32 post_one(const pp_market_terms *t, bool protocol) {
    if (!protocol) return bench_post(&b, ASKER, ++nonce, t);
    pp_hash32 id;
    pp_address fund = bench_address(FUND);
    CHECK_EQ(pp_market_post_protocol(&b.m, &id, &fund, ++nonce, t), PP_MARKET_OK);
    return id;
}

static void meddle(const setting *s, const pp_hash32 *id) {
    unsigned owner = s->protocol ? FUND : ASKER;
    pp_u128 cap = bench_get(&b, id)->cap;
    if (s->cancelled) CHECK(bench_do(&b, PP_MARKET_CANCEL, owner, id) != PP_MARKET_OK);
    if (s->raised)
        CHECK_EQ(bench_amount(&b, PP_MARKET_RAISE, owner, id, cap + 500),
                 s->protocol ? PP_MARKET_NOT_YOURS : PP_MARKET_OK);
}

// One auction to its draw; bids above r are not made.
static outcome auction_in(const setting *s, const uint64_t *bids, unsigned len) {
    pp_market_terms t;
    bench_terms(&t, s->winners);
    pp_hash32 id = post_one(&t, s->protocol), other = {{0}};
    t.winners = 3;
    if (s->second) other = post_one(&t, s->protocol);
    uint64_t start = b.m.now;
    for (unsigned i = 0; i < len; i++) {
        if (bids[i] <= 1000) CHECK_EQ(bench_bid(&b, P + i, &id, bids[i]), PP_MARKET_OK);
        if (s->second && i > 0) CHECK_EQ(bench_bid(&b, P + i, &other, bids[i] / 2), PP_MARKET_OK);
    }
    if (bench_get(&b, &id)->commits_len > 0) meddle(s, &id);
    bench_at(&b, start + 11);
    for (unsigned i = 0; i < len; i++) {
        if (bids[i] <= 1000) CHECK_EQ(bench_reveal(&b, P + i, &id, bids[i]), PP_MARKET_OK);
        if (s->second && i > 0)
            CHECK_EQ(bench_reveal(&b, P + i, &other, bids[i] / 2), PP_MARKET_OK);
    }
    meddle(s, &id);
    bench_at(&b, start + 21);
    bench_beacon(&b, pp_rng_u64(&rng));
    const pp_market_request *r = bench_get(&b, &id);
    outcome out = {.price = r->price, .winners = r->winners_len};
    if (r->state == PP_MARKET_ASSIGNED)
        for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(&b.m, r, c)) != NULL;)
            if (c->rank != 0)
                out.won[pp_load_le32(b.m.accounts[c->account].address.b) - 1 - P] = true;
    pp_market_void(&b.m, &id);
    pp_market_void(&b.m, &other);
    return out;
}

static outcome auction(const uint64_t *bids, unsigned len, uint8_t winners) {
    setting s = {.winners = winners};
    return auction_in(&s, bids, len);
}

// What bidder 0 expects, times the number of winners' least common multiple.
static int64_t expects(const outcome *o, uint64_t cost) {
    if (!o->won[0]) return 0;
    return ((int64_t)o->price - (int64_t)cost) * (60 / (int64_t)o->winners);
}

PP_TEST(misreporting_never_gains) {
    set_up(BIDDERS);
    uint64_t won = 0, gains = 0;
    for (unsigned i = 0; i < AUCTIONS; i++) {
        unsigned len = 1 + (unsigned)below(BIDDERS);
        setting s = any_setting();
        uint64_t bids[BIDDERS];
        for (unsigned k = 0; k < len; k++) bids[k] = below(1200);
        uint64_t cost = bids[0];
        outcome honest = auction_in(&s, bids, len);
        won += honest.won[0];
        for (unsigned lie = 0; lie < LIES; lie++) {
            bids[0] = lie == 0 ? 0 : below(1100);
            if (len > 1 && lie == 1) bids[0] = bids[1] > 0 ? bids[1] - 1 : 0;
            outcome other = auction_in(&s, bids, len);
            if (bids[0] != cost && expects(&other, cost) > expects(&honest, cost)) gains++;
        }
    }
    printf("%d auctions, %d lies each: bidder 0 won %llu, gained by a lie in %llu\n", AUCTIONS,
           LIES, (unsigned long long)won, (unsigned long long)gains);
    CHECK(won > 1000);
    CHECK_EQ(gains, 0);
    bench_close(&b);
}

PP_TEST(more_bids_of_one_owner_never_raise_the_price) {
    set_up(BIDDERS);
    uint64_t lower = 0;
    for (unsigned i = 0; i < AUCTIONS; i++) {
        unsigned len = 1 + (unsigned)below(BIDDERS - 1);
        uint8_t winners = (uint8_t)(1 + below(3));
        uint64_t bids[BIDDERS];
        for (unsigned k = 0; k < BIDDERS; k++) bids[k] = below(1000);
        outcome alone = auction(bids, len, winners);
        outcome with = auction(bids, len + 1 + (unsigned)below(BIDDERS - len), winners);
        CHECK(with.price <= alone.price);
        lower += with.price < alone.price;
    }
    printf("%d auctions with extra bids: the price never rose, and fell in %llu\n", AUCTIONS,
           (unsigned long long)lower);
    bench_close(&b);
}

// A second name of bidder 0 with a bid of its own: for m = 1 it never brings anything, for m > 1 it
// is a second lot in the draw (docs/market.md, weak points).
PP_TEST(a_second_name) {
    set_up(BIDDERS);
    uint64_t gains[4] = {0};
    for (unsigned i = 0; i < AUCTIONS; i++) {
        unsigned len = 1 + (unsigned)below(BIDDERS - 1);
        uint8_t winners = (uint8_t)(1 + below(3));
        uint64_t bids[BIDDERS];
        for (unsigned k = 0; k < BIDDERS; k++) bids[k] = below(1000);
        uint64_t cost = bids[0];
        outcome alone = auction(bids, len, winners);
        bids[len] = below(2) == 0 ? cost : below(1000);
        outcome both = auction(bids, len + 1, winners);
        int64_t with = expects(&both, cost);
        if (both.won[len])
            with += ((int64_t)both.price - (int64_t)cost) * (60 / (int64_t)both.winners);
        gains[winners] += with > expects(&alone, cost);
    }
    printf("%d auctions with a second name: it gained in %llu with m = 1, %llu with 2, %llu with "
           "3\n",
           AUCTIONS, (unsigned long long)gains[1], (unsigned long long)gains[2],
           (unsigned long long)gains[3]);
    CHECK_EQ(gains[1], 0);
    CHECK(gains[2] > 0 && gains[3] > 0);
    bench_close(&b);
}

// A requester with names of its own seals bids, sees what the others open, and opens every one of
// its own that stands above the lowest: it costs nothing and may be the price. What stays sealed
// burns. With uniform costs and bonds of r / 2 the lowest name does best at (1 + n / 2) / (n + 1),
// the others between it and r.
static int64_t selective(unsigned honest, unsigned names) {
    pp_market_terms t;
    bench_terms(&t, 1);
    uint64_t bids[BIDDERS], best = 500 * (2 + honest) / (honest + 1);
    pp_hash32 id = bench_post(&b, ASKER, ++nonce, &t);
    uint64_t start = b.m.now, low = 1000, second = 1000;
    for (unsigned i = 0; i < honest + names; i++) {
        bids[i] = i < honest ? below(1000) : best + (1000 - best) * (i - honest) / names;
        CHECK_EQ(bench_bid(&b, P + i, &id, bids[i]), PP_MARKET_OK);
    }
    pp_u128 burned = b.m.burned;
    bench_at(&b, start + 11);
    for (unsigned i = 0; i < honest; i++) {
        CHECK_EQ(bench_reveal(&b, P + i, &id, bids[i]), PP_MARKET_OK);
        if (bids[i] < low)
            second = low, low = bids[i];
        else if (bids[i] < second)
            second = bids[i];
    }
    for (unsigned i = honest; i < honest + names; i++)
        if (bids[i] > low) CHECK_EQ(bench_reveal(&b, P + i, &id, bids[i]), PP_MARKET_OK);
    bench_at(&b, start + 21);
    bench_beacon(&b, pp_rng_u64(&rng));
    int64_t saved = (int64_t)second - (int64_t)bench_get(&b, &id)->price;
    int64_t lost = (int64_t)(b.m.burned - burned);
    pp_market_void(&b.m, &id);
    bench_fund(&b, P, (pp_u128)lost); // as if nobody had lost it
    return saved - lost;
}

PP_TEST(opening_at_choice) {
    enum { EACH = AUCTIONS / 4 };
    set_up(BIDDERS);
    for (unsigned honest = 2; honest <= 4; honest++)
        for (unsigned names = 1; names <= 4; names++) {
            int64_t sum = 0;
            for (unsigned i = 0; i < EACH; i++) {
                for (unsigned k = 0; k < BIDDERS; k++)
                    if (bench_free(&b, P + k) < 1000) bench_fund(&b, P + k, 1000000);
                sum += selective(honest, names);
            }
            double gain = (double)sum / (double)EACH / 1000;
            printf("%u honest bidders, %u names of the requester that open at choice: it gains "
                   "%.1f %% of r\n",
                   honest, names, gain * 100);
            CHECK(gain < OPENER_GAINS);
        }
    bench_close(&b);
}

// ---- N - 1 stallers -----------------------------------------------------------------------------

typedef struct honest {
    uint64_t cost, work;
    uint64_t done; // when its proof is ready; 0: not begun
} honest;

static void stall(const pp_market_request *r, unsigned stallers) {
    for (unsigned i = 1; i <= stallers; i++) {
        if (r->state == PP_MARKET_COMMIT) (void)bench_bid(&b, P + i, &r->id, below(3));
        if (r->state == PP_MARKET_OPEN) (void)bench_do(&b, PP_MARKET_CLAIM, P + i, &r->id);
        if (r->state == PP_MARKET_ASSIGNED && below(20) == 0)
            (void)bench_do(&b, PP_MARKET_DECLINE, P + i, &r->id);
        if (r->state == PP_MARKET_REVEAL)
            for (uint64_t bid = 0; bid < 3; bid++) (void)bench_reveal(&b, P + i, &r->id, bid);
    }
}

// Rational: it works when the pay is certain, and never otherwise. As the primary it is; on an open
// request whose price covers the cost; and before the last window, which nobody can take from it.
static void be_honest(honest *h, const pp_market_request *r) {
    bool primary = r->state == PP_MARKET_ASSIGNED && bench_primary(&b, &r->id) == P;
    bool open = r->state == PP_MARKET_OPEN && pp_market_open_price(r, b.m.now) >= h->cost;
    bool last = b.m.now + h->work >= r->expires - r->terms.work_window;
    if (r->state == PP_MARKET_COMMIT && h->cost <= 1000) (void)bench_bid(&b, P, &r->id, h->cost);
    if (r->state == PP_MARKET_REVEAL) (void)bench_reveal(&b, P, &r->id, h->cost);
    if (h->done == 0 && (primary || open || last)) h->done = b.m.now + h->work;
    if (h->done != 0 && b.m.now >= h->done && (primary || open))
        CHECK_EQ(bench_prove(&b, P, &r->id, true), PP_MARKET_OK);
}

static uint64_t latest, lanes;

static void stalled_request(uint64_t seed) {
    set_up(1 + 12);
    rng.state = seed;
    unsigned stallers = 1 + (unsigned)below(12);
    pp_market_terms t;
    bench_terms(&t, (uint8_t)(1 + below(3)));
    t.work_window = 12 + below(40);
    t.decline_window = below(t.work_window / 4 + 1);
    t.cap = 1000 + below(2) * below(1000);
    t.expiry = t.commit_window + t.reveal_window + 20 + t.winners * t.decline_window +
               3 * t.work_window + t.bounty_window + below(2) * below(400);
    honest h = {.cost = below((uint64_t)t.cap + 1), .work = 1 + below(t.work_window)};
    pp_hash32 id = post_one(&t, below(3) == 0);
    const pp_market_request *r = bench_get(&b, &id);
    lanes += r->protocol;
    pp_u128 before = bench_free(&b, P);
    while (!pp_market_state_is_terminal(r->state)) {
        if (below(2) == 0) stall(r, stallers);
        be_honest(&h, r);
        stall(r, stallers);
        bench_beacon(&b, pp_rng_u64(&rng));
        if (!pp_market_state_is_terminal(r->state)) bench_at(&b, b.m.now + 1);
        PP_ASSERT(r->proven || b.m.now <= r->expires - t.work_window + 2); // the stated bound
    }
    CHECK(r->proven && bench_free(&b, P) - before >= h.cost);
    latest += b.m.now == r->expires - t.work_window + 1;
    CHECK_SOUND(&b);
    bench_close(&b);
}

PP_TEST(one_honest_prover_among_stallers) {
    for (uint64_t seed = 1; seed <= SEEDS; seed++) stalled_request(seed);
    printf("%d seeds, %llu of them lanes: all proven within the bound and paid their cost, %llu at "
           "the bound itself\n",
           SEEDS, (unsigned long long)lanes, (unsigned long long)latest);
}
