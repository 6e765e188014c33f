// SPDX-License-Identifier: MIT OR Apache-2.0
// The app hash covers the state: whatever of it is changed from within, the hash is another one.
#include <stdlib.h>

#include "chain/internal.h"
#include "chain/test_support.h"
#include "hash/keccak.h"

static net n;

static pp_hash32 hash_now(void) {
    pp_hash32 hash;
    pp_chain_app_hash(&hash, n.chain);
    return hash;
}

// One bit of `size` bytes at `at` flipped, there and back.
static void expect_covered(int line, const char *what, void *at, size_t size) {
    pp_hash32 before = hash_now();
    for (size_t byte = 0; byte < size; byte += 7) {
        ((uint8_t *)at)[byte] ^= 1;
        pp_hash32 after = hash_now();
        if (pp_hash32_eq(&before, &after))
            pp_test_fail(__FILE__, line, "%s: byte %zu is not covered", what, byte);
        ((uint8_t *)at)[byte] ^= 1;
    }
    pp_hash32 again = hash_now();
    CHECK_MEM(before.b, again.b, 32);
}
#define COVERED(what) expect_covered(__LINE__, #what, &(what), sizeof(what))

// A batch record counts through its hash, which is made anew when the record changes.
static void expect_in_record(int line, const char *what, pp_batch_record *r, void *at) {
    pp_hash32 before = hash_now();
    *(uint8_t *)at ^= 1;
    pp_batch_changed(r);
    pp_hash32 after = hash_now();
    if (pp_hash32_eq(&before, &after)) pp_test_fail(__FILE__, line, "%s is not covered", what);
    *(uint8_t *)at ^= 1;
    pp_batch_changed(r);
    after = hash_now();
    CHECK_MEM(before.b, after.b, 32);
}
#define IN_RECORD(what) expect_in_record(__LINE__, #what, r, &(what))

PP_TEST(everything_counts) {
    net_init(&n);
    net_open(&n);
    raw_tx tx;
    for (uint64_t i = 0; i < 6; i++) { // a batch, and two on the way to the next
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_transfer(&n, 1, 2, 5);
    net_deposit(&n, 1, LIVE, 23, 7);
    net_force(&n, 1, LIVE, &tx);
    net_make(&n);
    pp_chain *c = n.chain;
    pp_lane *l = &c->lanes[LIVE];
    COVERED(c->genesis_hash);
    COVERED(c->height);
    COVERED(c->time);
    COVERED(c->parent);
    COVERED(c->beacon);
    COVERED(c->nonces_hash);
    COVERED(c->supply);
    COVERED(c->burned);
    COVERED(c->registry_hash);
    COVERED(c->market.now);
    COVERED(c->market.burned);
    COVERED(c->market.deposits);
    COVERED(l->now.transactions);
    COVERED(l->now.applied);
    COVERED(l->now.ordered_root.e[0]);
    COVERED(l->now.cut_root.e[0]);
    COVERED(l->now.checked_root.e[8]);
    COVERED(l->now.deposits);
    COVERED(l->now.deposit_position);
    COVERED(l->now.checked_deposit_position);
    COVERED(l->now.forced);
    COVERED(l->now.forced_position);
    COVERED(l->now.checked_forced_position);
    COVERED(l->deposits_hash);
    COVERED(l->forced_hash);
    COVERED(l->consumed_deposits);
    COVERED(l->consumed_forced);
    COVERED(l->queue_hash);
    COVERED(l->now.deposited);
    COVERED(l->now.locked);
    COVERED(l->now.checked_locked);
    COVERED(l->now.pending_fees);
    COVERED(l->now.claimable);
    COVERED(l->now.waits);
    COVERED(l->now.frozen);
    COVERED(l->now.waits_time);
    COVERED(l->now.waits_height);
    COVERED(l->claims_hash);
    COVERED(l->now.withdrawn);
    COVERED(l->now.reserve_rate);
    COVERED(l->fee_base);
    COVERED(l->fee_gas);
    COVERED(l->fee_paid_gas);
    COVERED(l->fee_paid);
    COVERED(l->txs_hash);
    COVERED(l->batches_hash);
    COVERED(l->posted);
    COVERED(l->env.timestamp);
    COVERED(l->env.batch);
    COVERED(l->env.fee_recipient);
    COVERED(l->env.base_fee);
    COVERED(l->env.deposit_hash);
    COVERED(l->env.forced_hash);
    COVERED(l->now.open_height);
    COVERED(l->now.open_transactions);
    COVERED(l->open_applied);
    COVERED(l->open_deposits);
    COVERED(l->open_forced);
    COVERED(l->open_deposited);
    COVERED(l->open_forced_raw);
    COVERED(l->open_raw.size);
    COVERED(l->totals.gas_used);
    COVERED(l->totals.base_fees);
    COVERED(l->totals.withdrawn);
    COVERED(l->totals.withdrawals.count);
    pp_hash32 before = hash_now();
    l->now.incident = "x";
    pp_hash32 after = hash_now();
    CHECK(!pp_hash32_eq(&before, &after));
    l->now.incident = NULL;
    pp_batch_record *r = pp_lane_batch(l, 0);
    CHECK_EQ(r->batch.status, PP_BATCH_WAITING);
    IN_RECORD(r->batch.status);
    IN_RECORD(r->batch.begun);
    IN_RECORD(r->batch.height);
    IN_RECORD(r->batch.forced);
    IN_RECORD(r->batch.deposits);
    IN_RECORD(r->batch.deposited);
    IN_RECORD(r->batch.withdrawn);
    IN_RECORD(r->batch.gas_used);
    IN_RECORD(r->batch.first);
    IN_RECORD(r->batch.transactions);
    IN_RECORD(r->batch.applied);
    IN_RECORD(r->batch.env.timestamp);
    IN_RECORD(r->batch.output_bytes[200]);
    IN_RECORD(r->batch.program_id);
    IN_RECORD(r->batch.input_id);
    IN_RECORD(r->batch.input_size);
    IN_RECORD(r->batch.request);
    IN_RECORD(r->batch.reserve);
    IN_RECORD(r->batch.work);
    IN_RECORD(r->batch.prover);
    IN_RECORD(r->batch.accepted_height);
    net_close(&n);
}

// What is only chained: each transaction and each nonce moves its hash on.
PP_TEST(what_grows_is_chained) {
    net_init(&n);
    net_open(&n);
    pp_lane *l = &n.chain->lanes[LIVE];
    pp_hash32 txs = l->txs_hash, nonces = n.chain->nonces_hash, batches = l->batches_hash;
    net_make(&n);
    CHECK(pp_hash32_eq(&txs, &l->txs_hash) && pp_hash32_eq(&nonces, &n.chain->nonces_hash));
    raw_tx tx = {.size = 3, .data = "abc"};
    net_tx(&n, LIVE, &tx); // refused, and counts
    net_make(&n);
    CHECK(!pp_hash32_eq(&txs, &l->txs_hash));
    txs = l->txs_hash;
    net_transfer(&n, 1, 2, 5);
    net_make(&n);
    CHECK(pp_hash32_eq(&txs, &l->txs_hash));
    CHECK(!pp_hash32_eq(&nonces, &n.chain->nonces_hash));
    nonces = n.chain->nonces_hash;
    net_transfer(&n, 1, 2, 0); // refused, and its nonce counts
    net_make(&n);
    CHECK(!pp_hash32_eq(&nonces, &n.chain->nonces_hash));
    CHECK(pp_hash32_eq(&batches, &l->batches_hash));
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_prove(&n, 13, &request, true);
    net_make(&n);
    CHECK(!pp_hash32_eq(&batches, &l->batches_hash));
    net_close(&n);
}

PP_TEST(the_bytes_are_what_is_hashed) {
    net_init(&n);
    net_open(&n);
    net_transfer(&n, 1, 2, 5);
    net_make(&n);
    size_t size;
    uint8_t *bytes = pp_chain_snapshot(&size, n.chain), *tagged = malloc(size + 14);
    REQUIRE(tagged != NULL);
    memcpy(tagged, "polypoly/app/3", 14);
    memcpy(tagged + 14, bytes, size);
    pp_hash32 hash;
    pp_keccak256(&hash, tagged, size + 14);
    pp_chain_info info;
    pp_chain_info_get(&info, n.chain);
    CHECK_MEM(hash.b, info.app_hash.b, 32);
    free(bytes);
    free(tagged);
    net_close(&n);
}
