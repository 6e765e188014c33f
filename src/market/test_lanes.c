// SPDX-License-Identifier: MIT OR Apache-2.0
// Requests of the protocol: reopening, debts of a dry fund, and what a lane offers next.
#include "market/test_support.h"

enum { P = 10 }; // provers are P, P + 1, ...

static void set_up(bench_market *b, unsigned provers) {
    bench_open(b, 64, 64);
    for (unsigned i = 0; i < provers; i++) {
        bench_fund(b, P + i, 1000);
        bench_prover(b, P + i, 2);
    }
}

static void tear_down(bench_market *b) {
    CHECK_SOUND(b);
    bench_close(b);
}

PP_TEST(protocol_requests_reopen) {
    bench_market b;
    set_up(&b, 1);
    bench_fund(&b, 5, 10000);
    pp_address fund = bench_address(5);
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_hash32 id;
    CHECK_DOES(pp_market_post_protocol(&b.m, &id, &fund, 1, &t), "OK");
    CHECK_DOES(pp_market_post_protocol(&b.m, &id, &fund, 1, &t), "M-NOOP");
    uint64_t start = b.m.now;
    static const uint64_t top[] = {1000, 1500, 2250, 3375, 4000, 4000}; // 4 r is the most
    for (unsigned i = 0; i < 6; i++) {
        bench_at(&b, start + 1000 * i + 900);
        CHECK_STATE(&b, &id, "OPEN");
        CHECK_EQ(pp_market_open_price(bench_get(&b, &id), b.m.now), top[i]);
        CHECK_EQ(bench_get(&b, &id)->escrow, top[i]);
        bench_at(&b, start + 1000 * (i + 1) + 1);
    }
    CHECK_DOES(bench_do(&b, PP_MARKET_CANCEL, 5, &id), "M-NOT-YOURS");
    pp_market_void(&b.m, &id);
    CHECK_STATE(&b, &id, "CANCELLED");
    CHECK_EQ(bench_free(&b, 5), 10000);
    tear_down(&b);
}

PP_TEST(a_dry_fund_owes) {
    bench_market b;
    set_up(&b, 2);
    bench_fund(&b, 5, 999);
    pp_address fund = bench_address(5);
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_hash32 id, second;
    CHECK_DOES(pp_market_post_protocol(&b.m, &id, &fund, 1, &t), "OK");
    CHECK_STATE(&b, &id, "OPEN");
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P, &id), "M-STATE");
    CHECK_DOES(bench_prove(&b, P, &id, true), "OK");
    CHECK_STATE(&b, &id, "OPENPAID");
    CHECK_EQ(b.m.debts_len, 1);
    CHECK_EQ(bench_free(&b, P), 1000);
    CHECK_EQ(bench_free(&b, 5), 999);
    t.reserve = t.cap = 500; // the fund could cover this one, but not before its debt
    CHECK_DOES(pp_market_post_protocol(&b.m, &second, &fund, 2, &t), "OK");
    CHECK(!bench_get(&b, &second)->escrowed);
    CHECK_DOES(bench_prove(&b, P + 1, &second, true), "OK");
    bench_fund(&b, 5, 1);
    CHECK_EQ(bench_free(&b, P), 2000);
    CHECK_EQ(b.m.debts_len, 1);
    bench_fund(&b, 5, 600);
    CHECK_EQ(bench_free(&b, P + 1), 1500);
    CHECK_EQ(bench_free(&b, 5), 100);
    tear_down(&b);
}

// A dry fund's request opens again as any other; what is not held is owed.
PP_TEST(a_dry_fund_offers_more) {
    bench_market b;
    set_up(&b, 2);
    bench_fund(&b, 5, 999);
    pp_address fund = bench_address(5);
    pp_market_terms t;
    bench_terms(&t, 1);
    t.cap = 1600; // more than r is not offered by who does not have it
    pp_hash32 id, second;
    CHECK_DOES(pp_market_post_protocol(&b.m, &id, &fund, 1, &t), "OK");
    uint64_t start = b.m.now;
    static const uint64_t top[] = {1000, 1500, 2250, 3375, 4000, 4000}; // 4 r is the most
    for (unsigned i = 0; i < 6; i++) {
        bench_at(&b, start + 1000 * i + 100);
        CHECK_EQ(pp_market_open_price(bench_get(&b, &id), b.m.now), 1000); // r at once
        bench_at(&b, start + 1000 * i + 900);
        CHECK_EQ(pp_market_open_price(bench_get(&b, &id), b.m.now), top[i]);
        CHECK_EQ(bench_get(&b, &id)->escrow, i == 0 ? 0 : 999); // what the fund has, from then on
        bench_at(&b, start + 1000 * (i + 1) + 1);
    }
    CHECK(!bench_get(&b, &id)->escrowed && bench_free(&b, 5) == 0);
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P, &id), "M-STATE"); // r is not held yet
    bench_fund(&b, 5, 1600);
    bench_at(&b, start + 7001); // what the fund was given since is held: claims may come
    CHECK_EQ(bench_get(&b, &id)->escrow, 2599);
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P, &id), "OK");
    bench_beacon(&b, 1);
    CHECK_STATE(&b, &id, "ASSIGNED");
    bench_at(&b, b.m.now + t.work_window + 1); // and default
    CHECK_STATE(&b, &id, "OPEN");
    bench_at(&b, start + 7900);
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    CHECK_STATE(&b, &id, "RESCUED");
    CHECK_EQ(bench_get(&b, &id)->paid, 4000);
    // 1,401 owed, less what the fund had for the default: a half of its price.
    CHECK_EQ(pp_market_debt_of(&b.m, pp_market_find_account(&b.m, &fund)), 1401);
    CHECK_EQ(bench_free(&b, 5), 500);
    t.reserve = t.cap = 400; // no new one, and none that reopens, comes before the debt
    CHECK_DOES(pp_market_post_protocol(&b.m, &second, &fund, 2, &t), "OK");
    bench_at(&b, b.m.now + t.expiry + 1);
    CHECK(!bench_get(&b, &second)->escrowed && bench_get(&b, &second)->escrow == 0);
    bench_fund(&b, 5, 901);
    CHECK_EQ(b.m.debts_len, 0);
    tear_down(&b);
}

// Debts that nobody pays take a fund's own share of the places: every other lane's batches are
// proven although all funds are dry.
PP_TEST(no_fund_takes_all_debts) {
    bench_market b;
    set_up(&b, 2);
    b.m.debts_share = 16;
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_hash32 id;
    for (unsigned fund = 0; fund < 4; fund++) {
        bench_fund(&b, 20 + fund, 1);
        pp_address dry = bench_address(20 + fund);
        for (unsigned i = 0; i < 17; i++) {
            pp_market_reason got = pp_market_post_protocol(&b.m, &id, &dry, i, &t);
            CHECK_EQ(got, i < 16 ? PP_MARKET_OK : PP_MARKET_FULL);
            if (i % 2) CHECK_DOES(bench_prove(&b, P, &id, true), "OK");
        }
    }
    CHECK_EQ(b.m.debts_len + b.m.promises, 64);
    // An escrowed one that cannot owe offers what is held.
    bench_fund(&b, 7, 1000);
    pp_address third = bench_address(7);
    for (b.m.debts_max = b.m.debts_len + b.m.promises; b.m.open_len > 0;)
        pp_market_void(&b.m, &pp_market_open_after(&b.m, NULL)->id);
    b.m.debts_max = b.m.debts_len;
    CHECK_DOES(pp_market_post_protocol(&b.m, &id, &third, 1, &t), "OK");
    bench_at(&b, b.m.now + t.expiry + 1);
    const pp_market_request *r = bench_get(&b, &id);
    CHECK(r->escrowed && r->escrow == 1000 && r->cap == 1000);
    bench_fund(&b, 7, 200);
    bench_at(&b, b.m.now + t.expiry + 1);
    CHECK(r->escrowed && r->escrow == 1200 && r->cap == 1200);
    tear_down(&b);
}

PP_TEST(automatic_reserve) {
    enum { RATE = 800000000 }; // a reserve of 800 for one unit of work
    pp_market_request r = {.escrowed = true, .state = PP_MARKET_PAID, .settled = true, .bids = 3};
    r.terms.winners = 2;
    r.terms.work = 1;
    r.terms.reserve = r.paid = 800;
    CHECK_EQ(pp_market_reserve(RATE, 1), 800);
    CHECK_EQ(pp_market_reserve(1, 1), 1); // a price of nothing is none
    CHECK_EQ(pp_market_next_rate(RATE, RATE, &r), RATE / 8 * 7);
    CHECK_EQ(pp_market_next_rate(RATE / 8 * 7, RATE, &r), RATE / 8 * 7); // once
    CHECK_EQ(pp_market_next_rate(RATE, 2 * RATE, &r), RATE); // never below half of the first
    r.claimed = true;                                        // no auction paid
    CHECK_EQ(pp_market_next_rate(RATE, RATE, &r), RATE);
    r.claimed = false;
    r.bids = 2;
    CHECK_EQ(pp_market_next_rate(RATE, RATE, &r), RATE);
    r.bids = 0;
    r.state = PP_MARKET_OPENPAID; // nobody bids, and somebody proves for r: it is enough
    CHECK_EQ(pp_market_next_rate(RATE, RATE, &r), RATE);
    r.paid = 801;
    CHECK_EQ(pp_market_next_rate(RATE, RATE, &r), RATE / 8 * 9);
    CHECK_EQ(pp_market_next_rate(RATE / 8 * 9, RATE, &r), RATE / 8 * 9); // once
    CHECK_EQ(pp_market_next_rate(RATE, RATE / 4, &r), RATE);             // four times at most
    r.settled = false;                                                   // voided
    r.paid = 0;
    CHECK_EQ(pp_market_next_rate(RATE, RATE, &r), RATE);
}

// One batch of a lane at its rate: a lone prover waits until nothing more is offered; or two bid.
static pp_u128 lane_rate(bench_market *b, pp_u128 rate, pp_u128 start, uint64_t nonce, bool waits) {
    pp_address fund = bench_address(5);
    pp_market_terms t;
    bench_terms(&t, 1);
    t.reserve = t.cap = pp_market_reserve(rate, t.work);
    pp_hash32 id;
    CHECK_DOES(pp_market_post_protocol(&b->m, &id, &fund, nonce, &t), "OK");
    if (waits) {
        bench_at(b, b->m.now + 6 * t.expiry - 1);
        CHECK_DOES(bench_prove(b, P, &id, true), "OK");
        CHECK_EQ(bench_get(b, &id)->paid, 4 * t.reserve);
    } else {
        for (unsigned i = 0; i < 2; i++) CHECK_DOES(bench_bid(b, P + i, &id, i), "OK");
        bench_at(b, b->m.now + 11);
        for (unsigned i = 0; i < 2; i++) CHECK_DOES(bench_reveal(b, P + i, &id, i), "OK");
        bench_at(b, b->m.now + 10);
        bench_beacon(b, nonce);
        CHECK_DOES(bench_prove(b, P + 0, &id, true), "OK");
        CHECK_STATE(b, &id, "PAID");
    }
    return pp_market_next_rate(rate, start, bench_get(b, &id));
}

// A lone prover that waits as long as it pays brings a lane's rate to four times its first, and is
// paid sixteen times that; competition brings it down again, to half of it.
PP_TEST(who_waits_is_paid_so_much_and_no_more) {
    bench_market b;
    set_up(&b, 2);
    bench_fund(&b, 5, FUNDS);
    for (unsigned i = 0; i < 2; i++) bench_fund(&b, P + i, 10000);
    const pp_u128 start = 200000000; // r = 1000 for five units of work
    pp_u128 rate = start;
    uint64_t nonce = 100;
    for (; nonce < 120; nonce++) {
        rate = lane_rate(&b, rate, start, nonce, true);
        CHECK(rate <= 4 * start && bench_free(&b, 5) > FUNDS / 2);
    }
    CHECK_EQ(rate, 4 * start);
    for (; nonce < 140; nonce++) rate = lane_rate(&b, rate, start, nonce, false);
    CHECK_EQ(rate, start / 2);
    CHECK_SOUND(&b);
    tear_down(&b);
}
