// SPDX-License-Identifier: MIT OR Apache-2.0
// The pool's rules, one by one, and all of them under random use.
#include <stdlib.h>

#include "pool/internal.h"
#include "rollup/test_support.h"

enum { USERS = 40, CHAIN = 77, BASE = 1000 };

// Accounts 1 to USERS as a block would leave them.
typedef struct world {
    size_t gone;
    pp_account accounts[USERS + 1];
    pp_address addresses[USERS + 1];
    pp_pool *pool;
    pp_rollup_env env;
} world;

static void account_of(void *ctx, pp_account *out, const pp_address *address) {
    const world *w = ctx;
    memset(out, 0, sizeof *out);
    for (size_t i = 1; i <= USERS; i++)
        if (pp_address_eq(address, &w->addresses[i])) *out = w->accounts[i];
}

static void on_gone(void *ctx, const pp_hash32 *hash) {
    (void)hash;
    ((world *)ctx)->gone++;
}

static void begin(world *w) {
    memset(w, 0, sizeof *w);
    for (uint64_t i = 1; i <= USERS; i++) {
        w->addresses[i] = test_address(i);
        w->accounts[i].balance = pp_u256_from_u128((pp_u128)1 << 80);
    }
    w->env = (pp_rollup_env){.chain_id = CHAIN, .base_fee = BASE, .gas_limit = 30000000};
    w->env.fee_recipient = test_address(99);
    w->pool = pp_pool_new(account_of, on_gone, w);
}

// One batch that takes everything, at a fee that does not move.
static pp_pool_terms wide(const world *w, size_t max, size_t max_bytes, uint64_t base_fee) {
    return (pp_pool_terms){.max = max,
                           .max_bytes = max_bytes,
                           .base_fee = base_fee,
                           .gas_limit = w->env.gas_limit * 1000,
                           .batch_txs = SIZE_MAX,
                           .batch_bytes = SIZE_MAX,
                           .batches = 1};
}
static size_t choose(const pp_pool_tx **out, size_t max, size_t max_bytes, const world *w,
                     uint64_t base_fee) {
    pp_pool_terms terms = wide(w, max, max_bytes, base_fee);
    return pp_pool_select(out, w->pool, &terms);
}

static tx_spec transfer(uint64_t nonce, uint64_t fee_cap, uint64_t tip_cap) {
    return (tx_spec){.type = 2,
                     .chain_id = CHAIN,
                     .nonce = nonce,
                     .gas_limit = 21000,
                     .tip_cap = pp_u256_from_u64(tip_cap),
                     .fee_cap = pp_u256_from_u64(fee_cap),
                     .to = test_address(50),
                     .value = pp_u256_from_u64(5)};
}

static pp_pool_result add_spec(world *w, uint64_t from, const tx_spec *spec) {
    raw_tx raw;
    sign_tx(&raw, spec, from);
    return pp_pool_add(w->pool, &w->env, raw_bytes(&raw));
}

static pp_pool_code add(world *w, uint64_t from, uint64_t nonce, uint64_t fee, uint64_t tip) {
    tx_spec spec = transfer(nonce, fee, tip);
    return add_spec(w, from, &spec).code;
}

PP_TEST(the_rollup_says_what_is_valid) {
    world w;
    begin(&w);
    struct {
        pp_rollup_reason reason;
        tx_spec spec;
    } cases[] = {
        {PP_ROLLUP_CHAIN_ID, transfer(0, 2000, 1)},
        {PP_ROLLUP_FEE_CAP, transfer(0, BASE - 1, 1)},
        {PP_ROLLUP_SIGNATURE, transfer(0, 2000, 1)},
        {PP_ROLLUP_TIP_ABOVE_CAP, transfer(0, 2000, 3000)},
        {PP_ROLLUP_BALANCE, transfer(0, 2000, 1)},
        {PP_ROLLUP_INTRINSIC_GAS, transfer(0, 2000, 1)},
        {PP_ROLLUP_INPUT_DATA, transfer(0, 2000, 1)},
        {PP_ROLLUP_CREATION, transfer(0, 2000, 1)},
        {PP_ROLLUP_PRECOMPILE, transfer(0, 2000, 1)},
    };
    cases[0].spec.chain_id = 78;
    cases[2].spec.signature = SIG_HIGH_S;
    cases[4].spec.value = pp_u256_from_u128((pp_u128)1 << 80);
    cases[5].spec.gas_limit = 20999;
    cases[6].spec.data_size = 1;
    cases[7].spec.creates = true;
    cases[8].spec.to = (pp_address){.b = {[19] = 1}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_pool_result r = add_spec(&w, 1, &cases[i].spec);
        CHECK_EQ(r.code, PP_POOL_REFUSED);
        CHECK_EQ(r.reason, cases[i].reason);
    }
    pp_pool_result r = pp_pool_add(w.pool, &w.env, (pp_bytes){NULL, 0});
    CHECK(r.code == PP_POOL_REFUSED && r.reason == PP_ROLLUP_DECODE);
    CHECK_EQ(pp_pool_size_get(w.pool).txs, 0);
    pp_pool_free(w.pool);
}

PP_TEST(one_transaction_comes_and_goes) {
    world w;
    begin(&w);
    tx_spec spec = transfer(0, 2000, 5);
    pp_pool_result r = add_spec(&w, 1, &spec);
    CHECK_EQ(r.code, PP_POOL_OK);
    const pp_pool_tx *t = pp_pool_find(w.pool, &r.hash);
    REQUIRE(t != NULL);
    CHECK(pp_address_eq(&t->sender, &w.addresses[1]));
    CHECK_EQ(pp_pool_nonce(w.pool, &w.addresses[1]), 1);
    CHECK_EQ(add_spec(&w, 1, &spec).code, PP_POOL_KNOWN);
    w.accounts[1].nonce = 1;
    pp_pool_settle(w.pool, &w.addresses[1]);
    CHECK(pp_pool_find(w.pool, &r.hash) == NULL);
    CHECK_EQ(add_spec(&w, 1, &spec).code, PP_POOL_NONCE_LOW);
    pp_pool_size size = pp_pool_size_get(w.pool);
    CHECK(size.txs == 0 && size.bytes == 0 && size.gapped == 0);
    pp_pool_free(w.pool);
}

PP_TEST(a_replacement_pays_a_tenth_more_of_both) {
    world w;
    begin(&w);
    CHECK_EQ(add(&w, 1, 0, 2000, 100), PP_POOL_OK);
    CHECK_EQ(add(&w, 1, 0, 2199, 110), PP_POOL_UNDERPRICED);
    CHECK_EQ(add(&w, 1, 0, 2200, 109), PP_POOL_UNDERPRICED);
    CHECK_EQ(add(&w, 1, 0, 2200, 110), PP_POOL_OK);
    CHECK_EQ(pp_pool_size_get(w.pool).txs, 1);
    pp_pool_free(w.pool);
}

PP_TEST(nonces_may_have_gaps_but_are_chosen_without) {
    world w;
    begin(&w);
    const pp_pool_tx *out[8];
    CHECK_EQ(add(&w, 1, 2, 2000, 1), PP_POOL_OK);
    CHECK_EQ(pp_pool_size_get(w.pool).gapped, 1);
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE), 0);
    CHECK_EQ(add(&w, 1, 0, 2000, 1), PP_POOL_OK);
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE), 1);
    CHECK_EQ(pp_pool_nonce(w.pool, &w.addresses[1]), 1);
    CHECK_EQ(add(&w, 1, 1, 2000, 1), PP_POOL_OK);
    CHECK_EQ(pp_pool_nonce(w.pool, &w.addresses[1]), 3);
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE), 3);
    for (uint64_t i = 0; i < 3; i++) CHECK_EQ(out[i]->tx.nonce, i);
    CHECK_EQ(add(&w, 1, PP_POOL_SENDER_MAX, 2000, 1), PP_POOL_NONCE_FAR);
    pp_pool_free(w.pool);
}

PP_TEST(the_best_tip_goes_first_and_nonces_stay_in_order) {
    world w;
    begin(&w);
    const pp_pool_tx *out[8];
    CHECK_EQ(add(&w, 1, 0, 9000, 10), PP_POOL_OK);
    CHECK_EQ(add(&w, 1, 1, 9000, 900), PP_POOL_OK);
    CHECK_EQ(add(&w, 2, 0, BASE + 50, 700), PP_POOL_OK); // 50 is left above the base fee
    CHECK_EQ(add(&w, 3, 0, 9000, 50), PP_POOL_OK);       // the same, but later
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE), 4);
    CHECK(pp_address_eq(&out[0]->sender, &w.addresses[2]));
    CHECK(pp_address_eq(&out[1]->sender, &w.addresses[3]));
    CHECK(pp_address_eq(&out[2]->sender, &w.addresses[1]) && out[2]->tx.nonce == 0);
    CHECK(out[3]->tx.nonce == 1);
    CHECK_EQ(choose(out, 3, SIZE_MAX, &w, BASE), 3);
    CHECK_EQ(choose(out, 8, out[0]->raw_size + 1, &w, BASE), 1);
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE + 51), 3); // account 2's waits
    pp_pool_free(w.pool);
}

PP_TEST(a_balance_carries_all_that_waits) {
    world w;
    begin(&w);
    pp_u128 cost = 21000 * 2000 + 5;
    w.accounts[1].balance = pp_u256_from_u128(2 * cost + cost / 2);
    CHECK_EQ(add(&w, 1, 0, 2000, 1), PP_POOL_OK);
    CHECK_EQ(add(&w, 1, 1, 2000, 1), PP_POOL_OK);
    tx_spec third = transfer(2, 2000, 1);
    pp_pool_result r = add_spec(&w, 1, &third);
    CHECK(r.code == PP_POOL_REFUSED && r.reason == PP_ROLLUP_BALANCE);
    CHECK_EQ(add(&w, 1, 1, 2200, 2), PP_POOL_OK); // in the place of the second
    pp_pool_free(w.pool);
}

PP_TEST(every_limit_is_one) {
    world w;
    begin(&w);
    tx_spec big = transfer(0, 2000, 1);
    big.gas_limit = w.env.gas_limit / 2 + 1;
    CHECK_EQ(add_spec(&w, 1, &big).code, PP_POOL_GAS);
    for (uint64_t i = 0; i < PP_POOL_SENDER_MAX; i++) CHECK_EQ(add(&w, 1, i, 2000, 1), PP_POOL_OK);
    w.accounts[1].nonce = 1; // not settled yet
    CHECK_EQ(add(&w, 1, PP_POOL_SENDER_MAX, 2000, 1), PP_POOL_SENDER);
    pp_pool_settle(w.pool, &w.addresses[1]);
    CHECK_EQ(add(&w, 1, PP_POOL_SENDER_MAX, 2000, 1), PP_POOL_OK);
    size_t gapped = 0;
    for (uint64_t from = 2; gapped < PP_POOL_GAPPED_MAX; from++)
        for (uint64_t i = 1; i < PP_POOL_SENDER_MAX && gapped < PP_POOL_GAPPED_MAX; i++, gapped++)
            CHECK_EQ(add(&w, from, i, 2000, 1), PP_POOL_OK);
    CHECK_EQ(add(&w, USERS, 1, 2000, 1), PP_POOL_GAPPED);
    CHECK_EQ(add(&w, USERS, 0, 2000, 1), PP_POOL_OK);
    CHECK_EQ(add(&w, 2, 0, 2000, 1), PP_POOL_OK); // fills a gap: those behind it are ready
    CHECK_EQ(add(&w, USERS, 2, 2000, 1), PP_POOL_OK);
    pp_pool_free(w.pool);
}

// What every sender has here goes as its nonce passes, whoever did it.
PP_TEST(a_nonce_that_passes_elsewhere_wedges_nobody) {
    world w;
    begin(&w);
    const pp_pool_tx *out[8];
    CHECK_EQ(add(&w, 1, 1, 2000, 1), PP_POOL_OK); // waits for 0, which comes another way, as does 1
    w.accounts[1].nonce = 2;
    pp_pool_settle(w.pool, &w.addresses[1]);
    pp_pool_size size = pp_pool_size_get(w.pool);
    CHECK(size.txs == 0 && size.gapped == 0);
    CHECK_EQ(add(&w, 1, 2, 2000, 1), PP_POOL_OK);
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE), 1);
    CHECK_EQ(add(&w, 1, 4, 2000, 1), PP_POOL_OK);
    CHECK_EQ(pp_pool_size_get(w.pool).gapped, 1);
    CHECK_EQ(pp_pool_nonce(w.pool, &w.addresses[1]), 3);
    w.accounts[1].nonce = 4; // 2 is dead, and the gap before 4 is closed
    pp_pool_settle(w.pool, &w.addresses[1]);
    CHECK(pp_pool_size_get(w.pool).txs == 1 && pp_pool_size_get(w.pool).gapped == 0);
    CHECK_EQ(pp_pool_nonce(w.pool, &w.addresses[1]), 5);
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE), 1);
    CHECK_EQ(w.gone, 0);
    pp_pool_free(w.pool);
}

PP_TEST(what_a_balance_carries_no_more_goes_last_first) {
    world w;
    begin(&w);
    const pp_pool_tx *out[8];
    for (uint64_t i = 0; i < 4; i++) CHECK_EQ(add(&w, 1, i, 2000, 1), PP_POOL_OK);
    w.accounts[1].balance = pp_u256_from_u64(3 * (21000 * 2000 + 5) - 1);
    pp_pool_settle(w.pool, &w.addresses[1]);
    CHECK_EQ(w.gone, 2);
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE), 2);
    CHECK(out[0]->tx.nonce == 0 && out[1]->tx.nonce == 1);
    pp_pool_free(w.pool);
}

// A sender that someone acts for is left out, nobody else is.
PP_TEST(who_is_held_waits) {
    world w;
    begin(&w);
    const pp_pool_tx *out[8];
    for (uint64_t i = 1; i <= 3; i++) CHECK_EQ(add(&w, i, 0, 2000, 1), PP_POOL_OK);
    pp_pool_terms terms = wide(&w, 8, SIZE_MAX, BASE);
    terms.held = &w.addresses[2];
    terms.held_len = 1;
    CHECK_EQ(pp_pool_select(out, w.pool, &terms), 2);
    CHECK(!pp_address_eq(&out[0]->sender, &w.addresses[2]) &&
          !pp_address_eq(&out[1]->sender, &w.addresses[2]));
    pp_pool_free(w.pool);
}

PP_TEST(what_was_taken_comes_back_whatever_gas_costs_now) {
    world w;
    begin(&w);
    raw_tx raw;
    tx_spec spec = transfer(0, BASE, 1);
    sign_tx(&raw, &spec, 1);
    w.env.base_fee = 2 * BASE;
    CHECK_EQ(pp_pool_add(w.pool, &w.env, raw_bytes(&raw)).code, PP_POOL_REFUSED);
    CHECK_EQ(pp_pool_restore(w.pool, &w.env, raw_bytes(&raw)).code, PP_POOL_OK);
    const pp_pool_tx *out[8];
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, 2 * BASE), 0);
    CHECK_EQ(choose(out, 8, SIZE_MAX, &w, BASE), 1);
    pp_pool_free(w.pool);
}

PP_TEST(what_is_stuck_goes_after_a_while) {
    world w;
    begin(&w);
    CHECK_EQ(add(&w, 1, 0, BASE, 0), PP_POOL_OK);
    CHECK_EQ(add(&w, 1, 1, 3 * BASE, 0), PP_POOL_OK); // stuck behind it
    CHECK_EQ(add(&w, 2, 1, 3 * BASE, 0), PP_POOL_OK); // a gap before it
    CHECK_EQ(add(&w, 3, 0, 3 * BASE, 0), PP_POOL_OK); // waits for nothing but its turn
    for (int i = 0; i < PP_POOL_STUCK_MAX; i++) pp_pool_turn(w.pool, BASE + 1);
    CHECK_EQ(pp_pool_size_get(w.pool).txs, 3); // the gap stood a block longer
    pp_pool_turn(w.pool, BASE);                // and it is over for the first two
    for (int i = 0; i < PP_POOL_STUCK_MAX; i++) pp_pool_turn(w.pool, BASE + 1);
    CHECK_EQ(pp_pool_size_get(w.pool).txs, 3);
    pp_pool_turn(w.pool, BASE + 1);
    CHECK(pp_pool_size_get(w.pool).txs == 1 && pp_pool_size_get(w.pool).gapped == 0);
    CHECK_EQ(w.gone, 3);
    pp_pool_free(w.pool);
}

// At a low fee nobody closes the pool to those who pay: whether it is full by number or by bytes.
static void check_full(bool by_bytes) {
    world w;
    enum { FEW = 6, EACH = 4 };
    begin(&w);
    for (uint64_t from = 1; from <= FEW; from++)
        for (uint64_t i = 0; i < EACH; i++)
            CHECK_EQ(add(&w, from, i, BASE + (from <= FEW / 2), 0), PP_POOL_OK);
    size_t number = PP_POOL_TXS_MAX - w.pool->txs_len, bytes = PP_POOL_BYTES_MAX - w.pool->bytes;
    w.pool->txs_len += by_bytes ? 0 : number; // others that are not there
    w.pool->bytes += by_bytes ? bytes : 0;
    CHECK_EQ(add(&w, USERS, 0, 3 * BASE, 0), PP_POOL_FULL);
    pp_pool_turn(w.pool, BASE + 1); // the second half is stuck now
    w.env.base_fee = BASE + 1;
    CHECK_EQ(add(&w, USERS, 1, 3 * BASE, 0), PP_POOL_FULL); // is stuck itself
    CHECK_EQ(w.gone, 0);
    for (uint64_t i = 0; i < 3; i++) CHECK_EQ(add(&w, USERS, i, 3 * BASE, 0), PP_POOL_OK);
    CHECK_EQ(w.gone, 3);
    // One of each of three, its last: what is before it is no worse off.
    for (uint64_t from = 1; from <= FEW; from++)
        CHECK_EQ(pp_pool_nonce(w.pool, &w.addresses[from]), from <= FEW / 2 ? EACH : EACH - 1);
    pp_pool_turn(w.pool, BASE); // nobody is stuck
    CHECK_EQ(add(&w, USERS, 3, 3 * BASE, 0), PP_POOL_FULL);
    w.pool->txs_len -= by_bytes ? 0 : number;
    w.pool->bytes -= by_bytes ? bytes : 0;
    CHECK_EQ(pp_pool_size_get(w.pool).txs, FEW * EACH);
    pp_pool_free(w.pool);
}
PP_TEST(who_could_go_pushes_out_who_is_stuck) {
    check_full(false);
    check_full(true);
}

// One of several: it takes no more than its part, keeps what it had, and makes room by it.
PP_TEST(a_pool_that_shares_the_limits) {
    world w;
    enum { EACH = 4, PART = PP_POOL_TXS_MAX / PP_POOL_SENDER_MAX, ALL = EACH * (USERS - 1) };
    begin(&w);
    for (uint64_t from = 1; from < USERS; from++)
        for (uint64_t i = 0; i < EACH; i++)
            CHECK_EQ(add(&w, from, i, BASE + (from % 2), 0), PP_POOL_OK);
    pp_pool_share(w.pool, PP_POOL_SENDER_MAX);
    CHECK(ALL > PART && pp_pool_size_get(w.pool).txs == ALL);
    CHECK_EQ(add(&w, USERS, 0, 3 * BASE, 0), PP_POOL_FULL);
    pp_pool_turn(w.pool, BASE + 1); // every second one is stuck now
    w.env.base_fee = BASE + 1;
    CHECK_EQ(add(&w, USERS, 0, 3 * BASE, 0), PP_POOL_OK);
    CHECK_EQ(pp_pool_size_get(w.pool).txs, PART);
    CHECK_EQ(w.gone, ALL + 1 - PART);
    for (uint64_t from = 1; from < USERS; from += 2)
        CHECK_EQ(pp_pool_nonce(w.pool, &w.addresses[from]), EACH); // those that pay are all there
    // So with what waits for an earlier nonce.
    size_t gapped = 0;
    pp_pool_share(w.pool, 1);
    pp_pool_turn(w.pool, BASE);
    pp_pool_share(w.pool, PP_POOL_SENDER_MAX / 2);
    for (uint64_t from = 1; from < USERS; from += 2)
        gapped += add(&w, from, EACH + 1, 3 * BASE, 0) == PP_POOL_OK;
    CHECK_EQ(gapped, USERS / 2);
    CHECK_EQ(add(&w, 1, EACH + 2, 3 * BASE, 0), PP_POOL_OK);
    pp_pool_share(w.pool, PP_POOL_SENDER_MAX);
    CHECK_EQ(add(&w, 1, EACH + 3, 3 * BASE, 0), PP_POOL_GAPPED);
    pp_pool_free(w.pool);
}

typedef struct lane {
    const pp_pool_terms *terms;
    uint64_t fee, gas;
    size_t txs, bytes, cut;
} lane;

static void cut_batch(lane *l) {
    if (l->terms->rise > 0) l->fee += (uint64_t)((pp_u128)l->fee * l->terms->rise / 1000000) + 1;
    l->gas = l->terms->forced_gas;
    l->txs = l->bytes = 0;
    l->cut++;
}

// The lane, at the highest fee that it can come to, refuses nothing of what was chosen for it.
static void check_lane(const pp_pool_tx **chosen, size_t len, const pp_pool_terms *terms) {
    lane l = {terms, terms->base_fee, terms->gas, terms->txs, terms->bytes, 0};
    size_t all = 0;
    for (size_t i = 0; i < len; i++) {
        const pp_pool_tx *t = chosen[i];
        CHECK(l.cut < terms->batches);
        if (l.txs > 0 && l.bytes + t->raw_size > terms->batch_bytes) cut_batch(&l);
        pp_u256 base = pp_u256_from_u64(l.fee);
        CHECK(pp_u256_cmp(&t->tx.fee_cap, &base) >= 0);
        CHECK(l.gas + t->tx.gas_limit <= terms->gas_limit);
        l.gas += t->gas;
        l.bytes += t->raw_size;
        all += t->raw_size;
        if (++l.txs == terms->batch_txs) cut_batch(&l);
    }
    CHECK(len <= terms->max && all <= terms->max_bytes);
}

PP_TEST(the_lane_refuses_nothing_that_was_chosen) {
    world w;
    begin(&w);
    pp_rng rng = {pp_test_seed()};
    const pp_pool_tx *out[PP_POOL_TXS_MAX];
    size_t many = 0;
    for (uint64_t from = 1; from <= USERS; from++)
        for (uint64_t i = 0; i < 12; i++) {
            tx_spec spec = transfer(i, BASE + pp_rng_below(&rng, 2000), pp_rng_below(&rng, 900));
            spec.type = 1 + (int)pp_rng_below(&rng, 2);
            spec.access_addresses = (unsigned)pp_rng_below(&rng, 4);
            spec.gas_limit += 2400 * spec.access_addresses + pp_rng_below(&rng, 100000);
            CHECK_EQ(add_spec(&w, from, &spec).code, PP_POOL_OK);
        }
    for (int round = 0; round < 300; round++) {
        pp_pool_terms terms = {.max = 1 + pp_rng_below(&rng, 500),
                               .max_bytes = pp_rng_below(&rng, 60000),
                               .base_fee = BASE + pp_rng_below(&rng, 100),
                               .rise = pp_rng_below(&rng, 4) ? 125000 : 0,
                               .gas_limit = 150000 + pp_rng_below(&rng, 2000000),
                               .batch_txs = 1 + pp_rng_below(&rng, 60),
                               .batch_bytes = 400 + pp_rng_below(&rng, 9000),
                               .batches = pp_rng_below(&rng, 20),
                               .forced_gas = pp_rng_below(&rng, 100000)};
        if (pp_rng_below(&rng, 2)) {
            terms.txs = pp_rng_below(&rng, terms.batch_txs);
            terms.bytes = terms.txs ? pp_rng_below(&rng, terms.batch_bytes) : 0;
            terms.gas = pp_rng_below(&rng, terms.gas_limit);
        } else {
            terms.gas = terms.forced_gas;
        }
        size_t len = pp_pool_select(out, w.pool, &terms);
        check_lane(out, len, &terms);
        many += len > 30;
    }
    CHECK(many > 20);
    pp_pool_free(w.pool);
}

// Whatever was taken is there until it was ordered, replaced or dropped; what is chosen is valid.
PP_TEST(random_use) {
    world w;
    begin(&w);
    pp_rng rng = {pp_test_seed()};
    const pp_pool_tx *out[PP_POOL_TXS_MAX];
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 30; i++) {
            uint64_t from = 1 + pp_rng_below(&rng, USERS);
            add(&w, from, w.accounts[from].nonce + pp_rng_below(&rng, 5),
                BASE + pp_rng_below(&rng, 2000), pp_rng_below(&rng, 900));
        }
        size_t all = pp_pool_size_get(w.pool).txs;
        size_t n = choose(out, 20, SIZE_MAX, &w, BASE);
        uint64_t nonces[USERS + 1];
        for (size_t i = 1; i <= USERS; i++) nonces[i] = w.accounts[i].nonce;
        for (size_t i = 0; i < n; i++)
            for (size_t u = 1; u <= USERS; u++)
                if (pp_address_eq(&out[i]->sender, &w.addresses[u]))
                    CHECK_EQ(out[i]->tx.nonce, nonces[u]++);
        for (size_t u = 1; u <= USERS; u++) {
            w.accounts[u].nonce = nonces[u];
            pp_pool_settle(w.pool, &w.addresses[u]);
        }
        CHECK_EQ(pp_pool_size_get(w.pool).txs, all - n);
        CHECK_EQ(pp_pool_all(out, w.pool), all - n);
        for (size_t i = 1; i < all - n; i++) CHECK(out[i - 1]->number < out[i]->number);
    }
    pp_pool_free(w.pool);
}
