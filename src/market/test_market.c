// SPDX-License-Identifier: MIT OR Apache-2.0
// Each row of market.md's table of transitions, by hand, with its money.
#include "market/test_support.h"

enum { ASKER = 0, OTHER = 1, P = 10 }; // provers are P, P + 1, ...

static void set_up(bench_market *b, unsigned provers) {
    bench_open(b, 64, 64);
    bench_fund(b, ASKER, FUNDS);
    bench_fund(b, OTHER, FUNDS);
    for (unsigned i = 0; i < provers; i++) {
        bench_fund(b, P + i, 1000);
        bench_prover(b, P + i, 2);
    }
}

static void tear_down(bench_market *b) {
    CHECK_SOUND(b);
    bench_close(b);
}

// Posts with m winners and takes bids 100, 200, ... of so many provers to the draw.
static pp_hash32 auction(bench_market *b, unsigned bids, uint8_t winners) {
    pp_market_terms t;
    bench_terms(&t, winners);
    static uint64_t nonce;
    pp_hash32 id = bench_post(b, ASKER, ++nonce, &t);
    uint64_t start = b->m.now;
    for (unsigned i = 0; i < bids; i++) CHECK_DOES(bench_bid(b, P + i, &id, 100 * (i + 1)), "OK");
    bench_at(b, start + 11);
    for (unsigned i = 0; i < bids; i++)
        CHECK_DOES(bench_reveal(b, P + i, &id, 100 * (i + 1)), "OK");
    bench_at(b, start + 21);
    bench_beacon(b, start);
    return id;
}

PP_TEST(paid_the_second_price) {
    bench_market b;
    set_up(&b, 3);
    pp_hash32 id = auction(&b, 3, 1);
    CHECK_STATE(&b, &id, "ASSIGNED");
    CHECK_EQ(bench_primary(&b, &id), P);
    CHECK_EQ(bench_get(&b, &id)->price, 200);
    CHECK_EQ(bench_get(&b, &id)->stake, 1334); // 5/3 (1000 - 200), rounded up, is over 4 * 200
    pp_u128 asker = bench_free(&b, ASKER);
    bench_at(&b, bench_get(&b, &id)->deadline); // d1 itself is in time
    CHECK_DOES(bench_prove(&b, P, &id, true), "OK");
    CHECK_STATE(&b, &id, "PAID");
    CHECK_EQ(bench_free(&b, P), 1200);
    CHECK_EQ(bench_free(&b, ASKER), asker + 800);
    CHECK_DOES(bench_prove(&b, P, &id, true), "M-NOOP");
    CHECK_EQ(bench_free(&b, P), 1200);
    tear_down(&b);
}

PP_TEST(few_bids_pay_the_reserve) {
    bench_market b;
    set_up(&b, 3);
    pp_hash32 id = auction(&b, 2, 2);
    CHECK_EQ(bench_get(&b, &id)->price, 1000);
    id = auction(&b, 3, 2);
    CHECK_EQ(bench_get(&b, &id)->price, 300);
    CHECK_EQ(bench_get(&b, &id)->winners_len, 2);
    tear_down(&b);
}

PP_TEST(commit_window) {
    bench_market b;
    set_up(&b, 2);
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_u128 before = bench_free(&b, ASKER);
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    CHECK_EQ(before - bench_free(&b, ASKER), 1000 + 5 + 6); // the fee of work 5 and input 6
    CHECK_DOES(bench_do(&b, PP_MARKET_CANCEL, OTHER, &id), "M-NOT-YOURS");
    CHECK_DOES(bench_bid(&b, OTHER, &id, 1), "M-NOT-PROVER");
    CHECK_DOES(bench_bid(&b, P, &id, 1), "OK");
    CHECK_DOES(bench_bid(&b, P, &id, 1), "M-NOOP");
    CHECK_DOES(bench_bid(&b, P, &id, 2), "M-STATE");
    CHECK_DOES(bench_do(&b, PP_MARKET_CANCEL, ASKER, &id), "M-STATE");
    CHECK_DOES(bench_reveal(&b, P, &id, 1), "M-STATE");
    bench_at(&b, b.m.now + 10);
    CHECK_DOES(bench_bid(&b, P + 1, &id, 5), "OK"); // at Tc itself
    bench_at(&b, b.m.now + 1);
    CHECK_STATE(&b, &id, "REVEAL");
    CHECK_DOES(bench_bid(&b, P + 2, &id, 5), "M-BALANCE"); // nobody
    CHECK_DOES(bench_reveal(&b, P, &id, 2), "M-SALT");
    CHECK_DOES(bench_reveal(&b, P, &id, 1), "OK");
    CHECK_DOES(bench_reveal(&b, P, &id, 1), "M-NOOP");
    pp_u128 burned = b.m.burned;
    bench_at(&b, b.m.now + 10);
    CHECK_EQ(b.m.burned - burned, 500); // r / 2: the other one's bond
    CHECK_DOES(bench_reveal(&b, P + 1, &id, 5), "M-LATE");
    bench_beacon(&b, 1);
    CHECK_EQ(bench_get(&b, &id)->price, 1000); // one reveal
    tear_down(&b);
}

// A request that asks for no work takes a place: it costs by the hour, and more where places are
// few.
PP_TEST(a_place_costs) {
    bench_market b;
    bench_open(&b, 64, 36);
    b.m.params.requests_max = 64;
    b.m.params.fee_place = 10;
    b.m.kept = 4;
    bench_fund(&b, ASKER, 100000000);
    bench_fund(&b, 5, 4000);
    pp_address fund = bench_address(5);
    pp_market_terms t;
    pp_hash32 id;
    bench_terms(&t, 1);
    t.work = t.input_size = 0;
    t.reserve = t.cap = 1;
    CHECK_DOES(pp_market_post_protocol(&b.m, &id, &fund, 1, &t), "OK"); // others' only count
    for (unsigned i = 0; i < 32; i++) {
        pp_u128 before = bench_free(&b, ASKER);
        pp_u128 fee = (pp_u128)10 << (i > 16 ? i - 16 : 0);
        if (i % 2) t.expiry = 3600000;
        if (i % 2 == 0) t.expiry = 2 * 3600000 + 1;
        if (i % 2 == 0) fee *= 3;
        CHECK(pp_market_posting_fee(&b.m, &t) == fee);
        bench_post(&b, ASKER, i, &t);
        CHECK(before - bench_free(&b, ASKER) == fee + 1);
    }
    pp_market_command c = {.kind = PP_MARKET_POST, .sender = bench_address(ASKER), .nonce = 32};
    c.terms = t;
    CHECK_DOES(pp_market_step(&b.m, &c), "M-FULL");
    // What it would cost is told all the same: no more than the last place.
    const pp_u128 last = (pp_u128)10 << 15;
    CHECK(pp_market_posting_fee(&b.m, &t) == last);
    const uint32_t kept = b.m.kept;
    b.m.kept = b.m.requests_max; // all of them are the application's
    CHECK(pp_market_posting_fee(&b.m, &t) == last);
    b.m.kept = kept;
    CHECK_SOUND(&b);
    bench_close(&b);
}

PP_TEST(cancel_refunds_all_but_the_fee) {
    bench_market b;
    set_up(&b, 0);
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_u128 before = bench_free(&b, ASKER);
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    CHECK_DOES(bench_do(&b, PP_MARKET_CANCEL, ASKER, &id), "OK");
    CHECK_STATE(&b, &id, "CANCELLED");
    CHECK_EQ(before - bench_free(&b, ASKER), 11);
    CHECK_DOES(bench_do(&b, PP_MARKET_CANCEL, ASKER, &id), "M-NOOP");
    tear_down(&b);
}

PP_TEST(nobody_bids) {
    bench_market b;
    set_up(&b, 1);
    pp_market_terms t;
    bench_terms(&t, 1);
    uint64_t start = b.m.now;
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    bench_at(&b, start + 10 + 99);
    CHECK_STATE(&b, &id, "OPEN"); // from Tc on, 0 to r in half of the 990 left
    CHECK_EQ(pp_market_open_price(bench_get(&b, &id), start + 10), 0);
    CHECK_EQ(pp_market_open_price(bench_get(&b, &id), start + 10 + 99), 200);
    CHECK_EQ(pp_market_open_price(bench_get(&b, &id), start + 10 + 495), 1000);
    CHECK_DOES(bench_prove(&b, P, &id, true), "OK");
    CHECK_STATE(&b, &id, "OPENPAID");
    CHECK_EQ(bench_free(&b, P), 1200);
    id = bench_post(&b, ASKER, 2, &t);
    pp_u128 asker = bench_free(&b, ASKER);
    bench_at(&b, b.m.now + 1000);
    CHECK_STATE(&b, &id, "OPEN"); // at Texp itself a proof is in time
    bench_at(&b, b.m.now + 1);
    CHECK_STATE(&b, &id, "EXPIRED");
    CHECK_EQ(bench_free(&b, ASKER), asker + 1000);
    CHECK_DOES(bench_prove(&b, P, &id, true), "M-STATE");
    tear_down(&b);
}

PP_TEST(nobody_reveals_and_no_beacon) {
    bench_market b;
    set_up(&b, 2);
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_hash32 id = bench_post(&b, ASKER, 1, &t), other = bench_post(&b, ASKER, 2, &t);
    CHECK_DOES(bench_bid(&b, P, &id, 1), "OK");
    CHECK_DOES(bench_bid(&b, P + 1, &other, 1), "OK");
    bench_at(&b, b.m.now + 11);
    CHECK_DOES(bench_reveal(&b, P + 1, &other, 1), "OK");
    bench_at(&b, b.m.now + 10);
    CHECK_STATE(&b, &id, "OPEN");
    CHECK_STATE(&b, &other, "REVEAL");
    CHECK_EQ(b.m.burned, 2 * 11 + 500);
    CHECK_EQ(bench_free(&b, P + 1), 1000);
    bench_at(&b, b.m.now + 20);
    CHECK_STATE(&b, &other, "OPEN");
    bench_beacon(&b, 1); // too late
    CHECK_STATE(&b, &other, "OPEN");
    tear_down(&b);
}

PP_TEST(proof_before_the_auction_ends_earns_nothing) {
    bench_market b;
    set_up(&b, 2);
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    CHECK_DOES(bench_bid(&b, P, &id, 1), "OK");
    CHECK_DOES(bench_prove(&b, P + 1, &id, false), "M-PROOF");
    CHECK_EQ(bench_free(&b, P + 1), 1000 - 11);
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    CHECK_STATE(&b, &id, "OPENPAID");
    CHECK_EQ(bench_free(&b, P + 1), 1000 - 11);
    CHECK_EQ(bench_free(&b, P), 1000);
    tear_down(&b);
}

PP_TEST(default_then_rescue) {
    bench_market b;
    set_up(&b, 3);
    pp_hash32 id = auction(&b, 3, 1);
    uint64_t d1 = bench_get(&b, &id)->deadline;
    pp_u128 asker = bench_free(&b, ASKER), burned = b.m.burned;
    bench_at(&b, d1 + 10);
    CHECK_STATE(&b, &id, "OPEN");
    CHECK_EQ(bench_get(&b, &id)->pot, 1334);
    CHECK_EQ(bench_stake_of(&b, P), FUNDS - 1334);
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_hash32 next = bench_post(&b, OTHER, 1, &t);
    CHECK_DOES(bench_bid(&b, P, &next, 1), "M-DEFAULT");
    pp_u128 price = pp_market_open_price(bench_get(&b, &id), d1 + 10);
    CHECK(price > 200 && price < 1000); // runs from p to r
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    CHECK_STATE(&b, &id, "RESCUED");
    pp_u128 bounty = 100; // 10 of w2 = 20 ms gone; 0.4 pot = 533 is more than the price, 200
    CHECK_EQ(bench_free(&b, P + 1), 1000 + price + bounty);
    CHECK_EQ(bench_free(&b, ASKER), asker + 1000 - price + 100);
    CHECK_EQ(b.m.burned - burned, 1334 - bounty - 100 + 11);
    CHECK_DOES(bench_bid(&b, P, &next, 1), "OK"); // the default is resolved
    tear_down(&b);
}

// A primary without cash pays for wrong proofs out of its stake: a default costs it all of S as
// before, and the rescuer's bounty is no smaller.
PP_TEST(a_stake_is_not_burned_before_it_is_forfeited) {
    bench_market b;
    set_up(&b, 3);
    pp_hash32 id = auction(&b, 3, 1);
    const pp_market_request *r = bench_get(&b, &id);
    pp_u128 asker = bench_free(&b, ASKER), stake = r->stake, burned = b.m.burned;
    pp_address primary = bench_address(P);
    REQUIRE(bench_primary(&b, &id) == P);
    CHECK_DOES(pp_market_withdraw(&b.m, &primary, bench_free(&b, P)), "OK");
    for (unsigned i = 0; i < 50; i++) CHECK_DOES(bench_prove(&b, P, &id, false), "M-PROOF");
    CHECK(r->stake == stake - 50 * 11 && r->pot == 50 * 11 && b.m.burned == burned);
    uint64_t d1 = r->deadline;
    bench_at(&b, d1 + 10);
    CHECK_STATE(&b, &id, "OPEN");
    CHECK_EQ(r->pot, 1334);
    pp_u128 price = pp_market_open_price(r, d1 + 10);
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    CHECK_EQ(bench_free(&b, P + 1), 1000 + price + 100); // as in default_then_rescue
    CHECK_EQ(bench_free(&b, ASKER), asker + 1000 - price + 100);
    CHECK_EQ(bench_stake_of(&b, P), FUNDS - 1334);
    tear_down(&b);
}

// A requester with a second name raises R after a default and "pays" itself: what comes from the
// pot stays within one and a half times the price that was defaulted on.
PP_TEST(raising_does_not_raise_the_bounty) {
    bench_market b;
    set_up(&b, 3);
    pp_hash32 id = auction(&b, 3, 1); // price 200, S = 1334
    uint64_t d1 = bench_get(&b, &id)->deadline;
    pp_u128 ours = bench_free(&b, ASKER) + bench_free(&b, P + 1);
    CHECK_DOES(bench_amount(&b, PP_MARKET_RAISE, ASKER, &id, 50000), "OK");
    bench_at(&b, d1 + 600); // half of the window is over: R
    CHECK_EQ(pp_market_open_price(bench_get(&b, &id), b.m.now), 50000);
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    pp_u128 gain = bench_free(&b, ASKER) + bench_free(&b, P + 1) - ours - 1000;
    CHECK_EQ(gain, 200 + 100);
    tear_down(&b);
}

// The market keeps closed requests for questions until their places are needed.
PP_TEST(closed_requests_are_forgotten) {
    bench_market b;
    bench_open(&b, 8, 4);
    bench_fund(&b, ASKER, FUNDS);
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_hash32 ids[6];
    for (uint64_t i = 0; i < 4; i++) ids[i] = bench_post(&b, ASKER, 10 + i, &t);
    pp_market_command c;
    bench_command(&c, PP_MARKET_POST, ASKER, NULL);
    c.terms = t;
    c.nonce = 14;
    CHECK_DOES(pp_market_step(&b.m, &c), "M-FULL");
    CHECK_DOES(bench_do(&b, PP_MARKET_CANCEL, ASKER, &ids[2]), "OK");
    CHECK_DOES(bench_do(&b, PP_MARKET_CANCEL, ASKER, &ids[1]), "OK");
    CHECK_STATE(&b, &ids[2], "CANCELLED");
    CHECK_DOES(pp_market_step(&b.m, &c), "OK"); // in the place of ids[2], which closed first
    CHECK(pp_market_find_request(&b.m, &ids[2]) == NULL);
    CHECK(pp_market_find_request(&b.m, &ids[1]) != NULL);
    CHECK_DOES(bench_do(&b, PP_MARKET_CANCEL, ASKER, &ids[2]), "M-UNKNOWN");
    c.nonce = 12;
    CHECK_DOES(pp_market_step(&b.m, &c), "M-NONCE"); // its post again is nothing
    c.nonce = 11;
    CHECK_DOES(pp_market_step(&b.m, &c), "M-NOOP");
    c.nonce = 9;
    CHECK_DOES(pp_market_step(&b.m, &c), "M-NONCE"); // may have been forgotten
    c.nonce = UINT64_MAX;
    CHECK_DOES(pp_market_step(&b.m, &c), "M-AMOUNT");
    c.nonce = 15;
    CHECK_DOES(pp_market_step(&b.m, &c), "OK");
    CHECK(pp_market_find_request(&b.m, &ids[0]) != NULL && b.m.posted == 6);
    uint32_t left = 0;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(&b.m, r)) != NULL;) left++;
    CHECK_EQ(left, 4);
    tear_down(&b);
}

PP_TEST(less_than_a_bond_makes_no_account) {
    bench_market b;
    set_up(&b, 0);
    pp_address asker = bench_address(ASKER), nobody = bench_address(40);
    CHECK_DOES(pp_market_transfer(&b.m, &asker, &nobody, 0), "M-AMOUNT");
    CHECK_DOES(pp_market_transfer(&b.m, &asker, &nobody, 10), "M-AMOUNT");
    CHECK(pp_market_find_account(&b.m, &nobody) == NULL);
    CHECK_DOES(pp_market_transfer(&b.m, &asker, &nobody, 11), "OK");
    CHECK_DOES(pp_market_transfer(&b.m, &asker, &nobody, 1), "OK");
    tear_down(&b);
}

// At the end of its time a request is nobody's for a whole w1: one honest prover is paid at once.
PP_TEST(the_last_window_is_open) {
    bench_market b;
    set_up(&b, 2);
    pp_market_terms t;
    bench_terms(&t, 1);
    uint64_t start = b.m.now;
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    bench_at(&b, start + 1000 - 80);
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P, &id), "OK"); // 2 w1 before Texp
    bench_beacon(&b, 1);
    CHECK_STATE(&b, &id, "ASSIGNED");
    bench_at(&b, start + 1000 - 39);
    CHECK_STATE(&b, &id, "OPEN");
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P + 1, &id), "M-LATE");
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    CHECK_STATE(&b, &id, "RESCUED");
    tear_down(&b);
}

PP_TEST(insured_then_default_or_release) {
    bench_market b;
    set_up(&b, 3);
    pp_hash32 id = auction(&b, 3, 1);
    CHECK_DOES(bench_do(&b, PP_MARKET_RELEASE, P, &id), "M-STATE");
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    CHECK_STATE(&b, &id, "ASSIGNED");
    CHECK(bench_get(&b, &id)->proven);
    CHECK_DOES(bench_prove(&b, P + 2, &id, true), "M-NOOP");
    CHECK_DOES(bench_do(&b, PP_MARKET_RELEASE, P + 1, &id), "M-NOT-YOURS");
    CHECK_DOES(bench_do(&b, PP_MARKET_RELEASE, P, &id), "OK");
    CHECK_STATE(&b, &id, "INSURED");
    CHECK_EQ(bench_free(&b, P + 1), 1200);
    CHECK_EQ(bench_stake_of(&b, P), FUNDS);
    id = auction(&b, 3, 1);
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    bench_at(&b, bench_get(&b, &id)->deadline + 1);
    CHECK_STATE(&b, &id, "INSURED");
    CHECK_EQ(bench_free(&b, P + 1), 1400);
    CHECK_EQ(bench_stake_of(&b, P), FUNDS - 1334);
    id = auction(&b, 3, 1); // the primary may still deliver and be paid
    CHECK_DOES(bench_prove(&b, P + 1, &id, true), "OK");
    CHECK_DOES(bench_prove(&b, P, &id, true), "OK");
    CHECK_STATE(&b, &id, "PAID");
    CHECK_EQ(bench_free(&b, P), 1200);
    tear_down(&b);
}

PP_TEST(decline_down_the_winners) {
    bench_market b;
    set_up(&b, 3);
    pp_hash32 id = auction(&b, 3, 2); // price 300, S = 1200
    unsigned first = bench_primary(&b, &id), second = 2 * P + 1 - first;
    pp_u128 asker = bench_free(&b, ASKER);
    CHECK_EQ(bench_get(&b, &id)->stake, 1200);
    CHECK_DOES(bench_do(&b, PP_MARKET_DECLINE, second, &id), "M-NOT-YOURS");
    CHECK_DOES(bench_do(&b, PP_MARKET_DECLINE, first, &id), "OK");
    CHECK_EQ(bench_primary(&b, &id), second);
    CHECK_EQ(bench_stake_of(&b, first), FUNDS - 60);
    CHECK_EQ(bench_free(&b, ASKER), asker + 30);
    bench_at(&b, b.m.now + 5);
    CHECK_DOES(bench_do(&b, PP_MARKET_DECLINE, second, &id), "OK"); // at ta + w0 itself
    CHECK_STATE(&b, &id, "OPEN");
    CHECK_EQ(bench_stake_of(&b, second), FUNDS - 60 - 700);
    CHECK_EQ(pp_market_open_price(bench_get(&b, &id), b.m.now), 300);
    id = auction(&b, 3, 2);
    bench_at(&b, b.m.now + 6);
    CHECK_DOES(bench_do(&b, PP_MARKET_DECLINE, bench_primary(&b, &id), &id), "M-LATE");
    tear_down(&b);
}

PP_TEST(claim_and_its_default) {
    bench_market b;
    set_up(&b, 3);
    pp_market_terms t;
    bench_terms(&t, 1);
    t.cap = 2000;
    uint64_t start = b.m.now;
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    bench_at(&b, start + 10 + 99);
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P, &id), "OK");
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P, &id), "M-NOOP");
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P + 1, &id), "OK");
    bench_beacon(&b, 5);
    CHECK_STATE(&b, &id, "ASSIGNED");
    const pp_market_request *r = bench_get(&b, &id);
    CHECK_EQ(r->price, 200);
    CHECK_EQ(r->stake, 3000); // 5/3 (2000 - 200)
    unsigned who = bench_primary(&b, &id);
    CHECK_DOES(bench_do(&b, PP_MARKET_DECLINE, who, &id), "M-LATE");
    pp_u128 resumed = (pp_u128)1000 * (99 + 41) / 495;
    bench_at(&b, r->deadline + 1);
    CHECK_STATE(&b, &id, "OPEN");
    CHECK_EQ(pp_market_open_price(r, b.m.now), resumed);
    bench_at(&b, start + 10 + 495);
    CHECK_EQ(pp_market_open_price(r, b.m.now), 2000); // then R
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, who, &id), "M-DEFAULT");
    bench_at(&b, start + 921);
    CHECK_DOES(bench_do(&b, PP_MARKET_CLAIM, P + 2, &id),
               "M-LATE"); // its w1 ends within the last w1
    bench_at(&b, start + 1001);
    CHECK_STATE(&b, &id, "EXPIRED");
    CHECK_EQ(b.m.burned, 3000 + 11);
    tear_down(&b);
}

PP_TEST(raise_and_escalation) {
    bench_market b;
    set_up(&b, 1);
    pp_market_terms t;
    bench_terms(&t, 1);
    t.steps_len = 1;
    t.steps[0].after = 800;
    t.steps[0].cap = 3000;
    uint64_t start = b.m.now;
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    CHECK_EQ(bench_get(&b, &id)->escrow, 3000);
    CHECK_DOES(bench_amount(&b, PP_MARKET_RAISE, OTHER, &id, 1), "M-NOT-YOURS");
    CHECK_DOES(bench_amount(&b, PP_MARKET_RAISE, ASKER, &id, 900), "M-NOOP");
    CHECK_DOES(bench_amount(&b, PP_MARKET_RAISE, ASKER, &id, 1500), "OK");
    CHECK_EQ(bench_get(&b, &id)->escrow, 3000);
    bench_at(&b, start + 600);
    CHECK_EQ(pp_market_open_price(bench_get(&b, &id), b.m.now), 1500);
    bench_at(&b, start + 800);
    CHECK_EQ(pp_market_open_price(bench_get(&b, &id), b.m.now), 3000);
    CHECK_DOES(bench_amount(&b, PP_MARKET_RAISE, ASKER, &id, 5000), "OK");
    CHECK_EQ(bench_get(&b, &id)->escrow, 5000);
    CHECK_DOES(bench_prove(&b, P, &id, true), "OK");
    CHECK_EQ(bench_free(&b, P), 6000);
    tear_down(&b);
}

PP_TEST(stakes_slots_and_unbonding) {
    bench_market b;
    set_up(&b, 0);
    pp_market_command c;
    bench_command(&c, PP_MARKET_REGISTER, OTHER, NULL);
    c.amount = 8000;
    CHECK_DOES(pp_market_step(&b.m, &c), "M-AMOUNT"); // no slot
    c.slots = 2;
    CHECK_DOES(pp_market_step(&b.m, &c), "OK");
    pp_market_terms t;
    bench_terms(&t, 1);
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    CHECK_DOES(bench_bid(&b, OTHER, &id, 1), "M-YOUNG");
    bench_at(&b, b.m.now + 50);
    id = bench_post(&b, ASKER, 2, &t);
    pp_hash32 two = bench_post(&b, ASKER, 3, &t), three = bench_post(&b, ASKER, 4, &t);
    CHECK_DOES(bench_bid(&b, OTHER, &id, 1), "OK"); // holds kappa r = 4000
    CHECK_DOES(bench_amount(&b, PP_MARKET_UNBOND, OTHER, NULL, 4001), "M-STAKE");
    CHECK_DOES(bench_amount(&b, PP_MARKET_UNBOND, OTHER, NULL, 1), "OK");
    CHECK_DOES(bench_bid(&b, OTHER, &two, 1), "M-STAKE");
    c.amount = 8000;
    CHECK_DOES(pp_market_step(&b.m, &c), "OK");
    CHECK_DOES(bench_bid(&b, OTHER, &two, 1), "OK");
    CHECK_DOES(bench_bid(&b, OTHER, &three, 1), "M-SLOT");
    CHECK_DOES(bench_do(&b, PP_MARKET_UNBONDED, OTHER, NULL), "M-UNBONDING");
    pp_u128 before = bench_free(&b, OTHER);
    bench_at(&b, b.m.now + 100);
    CHECK_DOES(bench_do(&b, PP_MARKET_UNBONDED, OTHER, NULL), "OK");
    CHECK_EQ(bench_free(&b, OTHER), before + 1);
    tear_down(&b);
}

PP_TEST(terms_out_of_bounds) {
    bench_market b;
    set_up(&b, 0);
    pp_market_command c;
#define REFUSED(code, change)                                                                      \
    do {                                                                                           \
        bench_command(&c, PP_MARKET_POST, ASKER, NULL);                                            \
        bench_terms(&c.terms, 1);                                                                  \
        change;                                                                                    \
        CHECK_DOES(pp_market_step(&b.m, &c), code);                                                \
    } while (0)
    REFUSED("M-TERMS-WINNERS", c.terms.winners = 0);
    REFUSED("M-TERMS-WINNERS", c.terms.winners = 6);
    REFUSED("M-TERMS-KAPPA", c.terms.kappa = 1);
    REFUSED("M-TERMS-KAPPA", c.terms.kappa = 21);
    REFUSED("M-TERMS-WINDOWS", c.terms.commit_window = 60001);
    REFUSED("M-TERMS-WINDOWS", c.terms.commit_window = 1); // below 2 F
    REFUSED("M-TERMS-WINDOWS", c.terms.reveal_window = 1);
    REFUSED("OK", c.terms.commit_window = c.terms.reveal_window = 2);
    REFUSED("M-TERMS-WINDOWS", c.terms.decline_window = 11);
    REFUSED("M-TERMS-WINDOWS", c.terms.reveal_window = 60001);
    REFUSED("M-TERMS-WINDOWS", c.terms.work_window = ((uint64_t)1 << 31) + 1);
    REFUSED("M-TERMS-WINDOWS", c.terms.bounty_window = ((uint64_t)1 << 31) + 1);
    REFUSED("M-TERMS-WINDOWS", c.terms.work = 39000001); // 39 ms at the slowest rate, and 2 F
    REFUSED("M-TERMS-WINDOWS", c.terms.expiry = UINT64_MAX);
    REFUSED("M-TERMS-EXPIRY", c.terms.expiry = 184); // 10 + 10 + 20 + 5 + 120 + 20
    REFUSED("OK", c.terms.expiry = 185);
    REFUSED("M-TERMS-PRICE", c.terms.cap = 999);
    REFUSED("M-TERMS-OUTPUT", c.terms.output_size = 1);
    REFUSED("M-AMOUNT", c.terms.reserve = 0);
    REFUSED("M-AMOUNT", c.terms.cap = ~(pp_u128)0);
    REFUSED("M-BALANCE", c.terms.cap = FUNDS);
    tear_down(&b);
}

PP_TEST(output_predicate) {
    bench_market b;
    set_up(&b, 1);
    pp_market_terms t;
    bench_terms(&t, 1);
    t.match = PP_MARKET_PREFIX;
    t.output_size = 2;
    t.output[0] = t.output[1] = 9;
    pp_hash32 id = bench_post(&b, ASKER, 1, &t);
    CHECK_DOES(bench_prove(&b, P, &id, true), "M-OUTPUT");
    pp_market_command c;
    bench_command(&c, PP_MARKET_PROVE, P, &id);
    pp_hash32 context;
    pp_market_context(&context, &id, &c.sender);
    c.proof = (pp_bytes){context.b, 32};
    c.output_size = 3;
    c.output[0] = c.output[1] = 9;
    CHECK_DOES(pp_market_step(&b.m, &c), "OK");
    tear_down(&b);
}

PP_TEST(penniless_primary_still_delivers) {
    bench_market b;
    set_up(&b, 2);
    pp_hash32 id = auction(&b, 2, 1);
    pp_address a = bench_address(P);
    CHECK_DOES(pp_market_withdraw(&b.m, &a, 1000), "OK");
    CHECK_DOES(bench_prove(&b, P, &id, false), "M-PROOF"); // its stake stands in for the bond
    CHECK_EQ(bench_stake_of(&b, P), FUNDS - 11);
    CHECK_SOUND(&b);
    CHECK_DOES(bench_prove(&b, P, &id, true), "OK");
    CHECK_STATE(&b, &id, "PAID");
    tear_down(&b);
}

// A winner's own bid moves neither the price nor the draw.
PP_TEST(own_bid_does_not_matter) {
    for (uint64_t low = 1; low < 300; low += 37) {
        bench_market b;
        set_up(&b, 4);
        pp_market_terms t;
        bench_terms(&t, 2);
        pp_hash32 id = bench_post(&b, ASKER, 77, &t);
        uint64_t bids[4] = {low, 200, 300, 400};
        for (unsigned i = 0; i < 4; i++) CHECK_DOES(bench_bid(&b, P + i, &id, bids[i]), "OK");
        bench_at(&b, b.m.now + 11);
        for (unsigned i = 0; i < 4; i++) CHECK_DOES(bench_reveal(&b, P + i, &id, bids[i]), "OK");
        bench_at(&b, b.m.now + 10);
        bench_beacon(&b, 3);
        static unsigned first;
        if (low == 1) first = bench_primary(&b, &id);
        CHECK_EQ(bench_primary(&b, &id), first);
        CHECK_EQ(bench_get(&b, &id)->price, 300);
        tear_down(&b);
    }
}

PP_TEST(params_table) {
    pp_market_params p, q;
    pp_market_params_default(&p);
    CHECK(pp_market_params_check(&p) == NULL);
    uint8_t bytes[PP_MARKET_PARAMS_SIZE];
    pp_market_params_encode(bytes, &p);
    pp_market_params_decode(&q, bytes);
    CHECK_MEM(&p, &q, sizeof p);
    p.commits_max = 33;
    CHECK_STR(pp_market_params_check(&p), "commits_max");
}

PP_TEST(command_codec) {
    pp_rng rng = {pp_test_seed()};
    for (unsigned i = 0; i < 5000; i++) {
        pp_market_command c, d;
        pp_hash32 id, context;
        pp_rng_fill(&rng, &id, sizeof id);
        pp_rng_fill(&rng, &context, sizeof context);
        pp_market_kind kind = (pp_market_kind)(1 + pp_rng_below(&rng, PP_MARKET_KINDS_END - 1));
        bench_command(&c, kind, i, kind >= PP_MARKET_CANCEL ? &id : NULL);
        if (kind == PP_MARKET_REGISTER || kind == PP_MARKET_UNBOND || kind == PP_MARKET_RAISE ||
            kind == PP_MARKET_OPEN_BID)
            c.amount = (pp_u128)pp_rng_u64(&rng) << 64 | pp_rng_u64(&rng);
        if (kind == PP_MARKET_REGISTER) c.slots = (uint32_t)pp_rng_u64(&rng);
        if (kind == PP_MARKET_BID || kind == PP_MARKET_OPEN_BID) c.hash = context;
        if (kind == PP_MARKET_POST) {
            bench_terms(&c.terms, 3);
            c.nonce = pp_rng_u64(&rng);
            c.terms.match = PP_MARKET_PREFIX;
            c.terms.output_size = (uint32_t)pp_rng_below(&rng, PP_OUTPUT_MAX + 1);
            pp_rng_fill(&rng, c.terms.output, c.terms.output_size);
            c.terms.steps_len = (uint8_t)pp_rng_below(&rng, PP_MARKET_ESCALATION_MAX + 1);
            for (uint8_t s = 0; s < c.terms.steps_len; s++) c.terms.steps[s].cap = s + 5;
        }
        if (kind == PP_MARKET_PROVE) {
            c.output_size = (uint32_t)pp_rng_below(&rng, PP_OUTPUT_MAX + 1);
            pp_rng_fill(&rng, c.output, c.output_size);
            c.proof = (pp_bytes){context.b, pp_rng_below(&rng, 33)};
        }
        uint8_t bytes[2048];
        size_t size = pp_market_command_encode(bytes, sizeof bytes, &c);
        REQUIRE(size <= sizeof bytes);
        CHECK_EQ(pp_market_command_encode(NULL, 0, &c), size);
        memset(&d, 0x5a, sizeof d);
        d.sender = c.sender;
        CHECK(pp_market_command_decode(&d, (pp_bytes){bytes, size}));
        CHECK_EQ(d.proof.size, c.proof.size);
        if (c.proof.size > 0) CHECK_MEM(d.proof.data, c.proof.data, c.proof.size);
        c.proof = d.proof;
        uint8_t again[2048];
        CHECK_EQ(pp_market_command_encode(again, sizeof again, &d), size);
        CHECK_MEM(again, bytes, size);
        CHECK(!pp_market_command_decode(&d, (pp_bytes){bytes, size - 1}));
        CHECK(!pp_market_command_decode(&d, (pp_bytes){bytes, size + 1}));
    }
}
