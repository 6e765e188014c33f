// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "explain/explain.h"
#include "market/test_support.h"

enum { ASKER = 0, P = 10 };

static pp_history history;
static bench_market b;
static pp_hash32 beacon_now;

static void record(void *ctx, const pp_market_event *e) {
    (void)ctx;
    pp_history_event(&history, &b.m, &beacon_now, e);
}

static void draw(uint64_t seed) {
    memset(&beacon_now, 0, sizeof beacon_now);
    pp_store_le64(beacon_now.b, seed);
    pp_market_beacon(&b.m, &beacon_now);
}

static pp_hash32 begin(uint8_t winners) {
    bench_open(&b, 32, 16);
    bench_fund(&b, ASKER, FUNDS);
    for (unsigned i = 0; i < 4; i++) {
        bench_fund(&b, P + i, 1000);
        bench_prover(&b, P + i, 2);
    }
    pp_market_terms t;
    pp_hash32 id;
    bench_terms(&t, winners);
    pp_address asker = bench_address(ASKER);
    pp_market_request_id(&id, &b.m.chain_id, &asker, 7, &t);
    pp_history_init(&history, &id);
    b.m.on_event = record;
    bench_post(&b, ASKER, 7, &t);
    return id;
}

static void bids(const pp_hash32 *id) {
    uint64_t start = b.m.now;
    for (unsigned i = 0; i < 4; i++) CHECK_EQ(bench_bid(&b, P + i, id, 100 + 50 * i), PP_MARKET_OK);
    bench_at(&b, start + 11);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(bench_reveal(&b, P + i, id, 100 + 50 * i), PP_MARKET_OK);
    bench_at(&b, start + 21);
    draw(start);
}

static char *text_of(const pp_hash32 *id) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    PP_ASSERT(f != NULL);
    bool known = pp_explain_print(f, &history, &b.m, id);
    fclose(f);
    CHECK(known);
    return text;
}

PP_TEST(a_match_is_recomputed) {
    for (uint8_t m = 1; m <= 3; m++) {
        pp_hash32 id = begin(m);
        bids(&id);
        CHECK(history.match.known && history.match.right);
        CHECK_EQ(history.match.len, 4);
        char *text = text_of(&id);
        CHECK(strstr(text, "the match is right") != NULL);
        CHECK(strstr(text, "never opened") != NULL);
        CHECK(strstr(text, "must prove it by") != NULL);
        free(text);
        // Any lie about it shows.
        pp_match lie = history.match;
        lie.price++;
        pp_match_recompute(&lie, &id);
        CHECK(!lie.right);
        lie = history.match;
        lie.preimage.b[5] ^= 1;
        lie.bids[1].bid = 99;
        pp_match_recompute(&lie, &id);
        CHECK(m == 3 || !lie.right);
        lie = history.match;
        for (size_t i = 0; i < lie.len; i++) lie.bids[i].rank = lie.bids[i].rank == 1 ? 0 : 1;
        pp_match_recompute(&lie, &id);
        CHECK(!lie.right);
        CHECK(pp_explain_at_risk(&b.m, &b.m.accounts[bench_get(&b, &id)->primary].address) > 0);
        pp_history_free(&history);
        bench_close(&b);
    }
}

PP_TEST(refusals_and_the_end_are_told) {
    pp_hash32 id = begin(1);
    pp_market_command c;
    bench_command(&c, PP_MARKET_CLAIM, P, &id);
    pp_market_reason why = pp_market_step(&b.m, &c);
    CHECK_EQ(why, PP_MARKET_STATE);
    pp_history_refused(&history, b.m.now, &c, why);
    char *text = text_of(&id);
    CHECK(strstr(text, "M-STATE") != NULL);
    CHECK(strstr(text, "may seal bids") != NULL);
    free(text);
    bids(&id);
    bench_prove(&b, bench_primary(&b, &id), &id, true);
    text = text_of(&id);
    CHECK(strstr(text, "Nobody: it is over.") != NULL);
    CHECK(strstr(text, "PAID, proven") != NULL);
    free(text);
    pp_quote q;
    pp_quote_get(&q, &history, (pp_u128)150 * 1000000 / 5);
    CHECK_EQ(q.clears, 1);
    CHECK(q.p50 == (pp_u128)150 * 1000000 / 5); // price 150, work 5
    CHECK_EQ(q.chance, 100);
    pp_quote_get(&q, &history, 1);
    CHECK_EQ(q.chance, 0);
    pp_hash32 other = {{9}};
    pp_history none;
    pp_history_init(&none, &other);
    CHECK(!pp_explain_print(stdout, &none, &b.m, &other));
    pp_history_free(&history);
    bench_close(&b);
}

PP_TEST(every_state_says_who_may_act) {
    pp_hash32 id = begin(2);
    char lines[8][200];
    CHECK(pp_explain_next(lines, &b.m, bench_get(&b, &id)) >= 3);
    bench_at(&b, b.m.now + 11); // nobody bids
    size_t n = pp_explain_next(lines, &b.m, bench_get(&b, &id));
    bool claims = false, pays = false;
    for (size_t i = 0; i < n; i++) {
        claims |= strstr(lines[i], "may claim") != NULL;
        pays |= strstr(lines[i], "pays") != NULL;
    }
    CHECK(claims && pays);
    pp_history_free(&history);
    bench_close(&b);
}
