// SPDX-License-Identifier: MIT OR Apache-2.0
// Batches: their bytes, random ones natively and in the guest, and inputs that are none.
#include <stdlib.h>

#include "codec/tx.h"
#include "hash/keccak.h"
#include "rollup/test_support.h"

// --- random batches ---

enum { SENDERS = 8, WORLD = 14, BATCH_MAX = 5, KEPT = 16 };

typedef struct world {
    pp_rng rng;
    pp_store *store;
    pp_digest root;
    pp_rollup_env env;
    block_account accounts[WORLD]; // 0..7 can sign, then the exit address, others; as they are now
    raw_tx kept[KEPT];             // of earlier batches, for replays
    size_t kept_len;
} world;

static uint64_t below(world *w, uint64_t bound) {
    return pp_rng_below(&w->rng, bound);
}
static bool rarely(world *w) {
    return below(w, 12) == 0;
}

static void begin_world(world *w, uint64_t seed) {
    memset(w, 0, sizeof *w);
    w->rng.state = pp_test_seed() ^ seed;
    for (size_t i = 0; i < WORLD; i++) {
        w->accounts[i].address = i < SENDERS ? test_address(i) : (pp_address){{(uint8_t)i, 9}};
        if (i % 2 == 0 && i < SENDERS)
            w->accounts[i].account =
                (pp_account){below(w, 3), pp_u256_from_u64(pp_rng_u64(&w->rng) >> below(w, 20))};
    }
    w->accounts[SENDERS].address = pp_rollup_exit_address;
    w->accounts[6].account.balance = (pp_u256){{0, 0, 3, 0}};
    w->store = store_of(&w->root, w->accounts, WORLD);
    w->env = (pp_rollup_env){.chain_id = below(w, 2) ? 1 : 900, .gas_limit = 1000000};
}

static tx_spec random_spec(world *w, size_t from, uint64_t sent) {
    const pp_account *a = &w->accounts[from].account;
    tx_spec spec = {.type = (int)below(w, 3),
                    .chain_id = w->env.chain_id,
                    .nonce = a->nonce + sent,
                    .gas_limit = 21000 + below(w, 40000),
                    .fee_cap = pp_u256_from_u64(w->env.base_fee + below(w, 50)),
                    .to = w->accounts[below(w, WORLD)].address,
                    .value = pp_u256_from_u64(below(w, 4) * below(w, 1000000))};
    spec.tip_cap = pp_u256_from_u64(below(w, 50));
    if (pp_u256_cmp(&spec.tip_cap, &spec.fee_cap) > 0 && !rarely(w)) spec.tip_cap = spec.fee_cap;
    if (rarely(w)) spec.chain_id = below(w, 2) ? SPEC_UNPROTECTED : 77;
    if (spec.type != 0 && spec.chain_id == SPEC_UNPROTECTED) spec.chain_id = 1;
    if (rarely(w)) spec.nonce += below(w, 3) - 1;
    if (rarely(w)) spec.value = (pp_u256){{pp_rng_u64(&w->rng), below(w, 2), below(w, 4), 0}};
    if (rarely(w)) spec.signature = (enum spec_signature)below(w, SIG_PARITY + 1);
    if (rarely(w)) spec.access_addresses = spec.access_keys = (unsigned)below(w, 4);
    if (rarely(w)) spec.fee_cap = pp_u256_from_u64(below(w, 100));
    if (rarely(w)) spec.gas_limit = below(w, 1200000);
    if (rarely(w)) spec.data_size = below(w, 40);
    if (rarely(w)) spec.creates = true;
    if (rarely(w)) spec.to = (pp_address){{[19] = (uint8_t)below(w, 20)}};
    return spec;
}

static void garble(world *w, raw_tx *raw) {
    switch (below(w, 4)) {
    case 0: // nothing but noise
        raw->size = below(w, 200);
        pp_rng_fill(&w->rng, raw->data, raw->size);
        break;
    case 1:
        raw->data[below(w, raw->size)] ^= (uint8_t)(1 << below(w, 8));
        break;
    case 2:
        raw->size = below(w, raw->size);
        break;
    default:
        raw->data[0] = (uint8_t)below(w, 8);
        break;
    }
}

static size_t random_batch(world *w, raw_tx raw[BATCH_MAX]) {
    size_t len = below(w, BATCH_MAX + 1);
    uint64_t sent[SENDERS] = {0};
    for (size_t i = 0; i < len; i++) {
        size_t from = below(w, SENDERS);
        if (rarely(w) && w->kept_len) { // a replay
            raw[i] = w->kept[below(w, w->kept_len)];
        } else if (rarely(w) && i) { // a duplicate
            raw[i] = raw[below(w, i)];
        } else {
            tx_spec spec = random_spec(w, from, sent[from]++);
            sign_tx(&raw[i], &spec, from);
        }
        if (rarely(w)) garble(w, &raw[i]);
        w->kept[below(w, KEPT)] = raw[i];
        w->kept_len = KEPT;
    }
    return len;
}

// Wei in all accounts of the world; overflows in no test.
static pp_u256 sum_of(const world *w) {
    pp_u256 sum = pp_u256_from_u64(0);
    for (size_t i = 0; i < WORLD; i++) {
        bool ok = pp_u256_add(&sum, &sum, &w->accounts[i].account.balance);
        PP_ASSERT(ok);
    }
    return sum;
}

static void reread(world *w) {
    pp_state s;
    pp_err err;
    REQUIRE(pp_store_view(&err, w->store, &s, &w->root));
    for (size_t i = 0; i < WORLD; i++)
        CHECK_EQ(pp_state_get(&s, &w->accounts[i].account, &w->accounts[i].address), PP_STATE_OK);
    pp_state_close(&s);
}

// What was there is there, was paid as base fee, or has left.
static void check_conservation(const world *w, const pp_u256 *before, const ran *r) {
    pp_u256 after = sum_of(w), fees = pp_u256_from_u128(r->totals.base_fees),
            gone = pp_u256_from_u128(r->totals.withdrawn);
    CHECK(pp_u256_add(&after, &after, &fees) && pp_u256_add(&after, &after, &gone));
    CHECK(pp_u256_cmp(&after, before) == 0);
}

// Some applied transaction pays somebody whom sum_of does not count: a garbled or low address.
static bool leaves_world(const world *w, const pp_bytes *txs, const ran *r, size_t len) {
    for (size_t i = 0; i < len; i++) {
        pp_tx tx;
        bool known = r->results[i].reason != PP_ROLLUP_OK;
        CHECK(known || pp_tx_decode(&tx, txs[i]) == PP_TX_OK);
        for (size_t k = 0; k < WORLD && !known; k++)
            known = pp_address_eq(&tx.to, &w->accounts[k].address);
        if (!known) return true;
    }
    return false;
}

static uint64_t conserved;

static void one_batch(world *w, unsigned counts[PP_ROLLUP_REASONS_LEN], uint64_t *cycles) {
    raw_tx raw[BATCH_MAX];
    pp_bytes txs[BATCH_MAX];
    w->env.base_fee = below(w, 100);
    w->env.timestamp += 1000;
    w->env.fee_recipient = w->accounts[below(w, WORLD)].address;
    size_t len = random_batch(w, raw);
    for (size_t i = 0; i < len; i++) txs[i] = raw_bytes(&raw[i]);
    reread(w);
    pp_u256 before = sum_of(w);
    ran r;
    REQUIRE(run_native(&r, w->store, &w->root, &w->env, txs, len));
    reread(w);
    if (!leaves_world(w, txs, &r, len)) {
        check_conservation(w, &before, &r);
        conserved++;
    }
    for (size_t i = 0; i < len; i++) counts[r.results[i].reason]++;
    uint64_t c = run_guest((pp_bytes){r.input, r.input_size}, &r.output);
    CHECK(c != 0);
    *cycles += c;
    ran_free(&r);
    w->env.batch++;
}

PP_TEST(random_batches_native_and_guest) {
    const char *text = getenv("PP_ROLLUP_BATCHES");
    uint64_t batches = text ? strtoull(text, NULL, 10) : 1000, cycles = 0;
    unsigned counts[PP_ROLLUP_REASONS_LEN] = {0};
    world w = {0};
    for (uint64_t i = 0; i < batches; i++) {
        if (i % 50 == 0) {
            if (i) pp_store_close(w.store);
            begin_world(&w, i);
        }
        one_batch(&w, counts, &cycles);
    }
    pp_store_close(w.store);
    for (int i = 0; i < PP_ROLLUP_REASONS_LEN; i++) {
        pp_rollup_reason reason = (pp_rollup_reason)i;
        // These need more than a small random batch has.
        bool far = reason == PP_ROLLUP_SIZE || reason == PP_ROLLUP_NONCE_MAX ||
                   reason == PP_ROLLUP_OVERFLOW || reason == PP_ROLLUP_EXIT_AMOUNT;
        if (batches >= 1000 && !far && counts[i] == 0)
            pp_test_fail(__FILE__, __LINE__, "%s never came up", pp_rollup_reason_name(reason));
    }
    CHECK(conserved > batches / 2);
    printf("%llu batches, %u transactions applied, %llu guest cycles\n",
           (unsigned long long)batches, counts[0], (unsigned long long)cycles);
}

// --- bytes ---

static pp_rollup_output some_output(void) {
    pp_rollup_output o = {.chain_id = 1, .batch = 2, .deposit_position = 3, .forced_position = 4};
    for (uint32_t i = 0; i < PP_DIGEST_LEN; i++) {
        o.old_root.e[i] = pp_fp_from_u32(i + 10);
        o.new_root.e[i] = pp_fp_from_u32(i + 20);
    }
    pp_keccak256(&o.data_hash, "a", 1);
    pp_keccak256(&o.deposit_hash, "b", 1);
    pp_keccak256(&o.forced_hash, "c", 1);
    pp_keccak256(&o.withdrawals, "d", 1);
    o.base_fees = (pp_u128)5 << 64 | 6;
    return o;
}

PP_TEST(output_bytes) {
    pp_rollup_output o = some_output(), back;
    uint8_t bytes[PP_ROLLUP_OUTPUT_SIZE + 1] = {0}, again[PP_ROLLUP_OUTPUT_SIZE];
    pp_rollup_output_encode(bytes, &o);
    CHECK_EQ(pp_load_le64(bytes), 1);
    CHECK_EQ(pp_load_le64(bytes + 8), 2);
    CHECK_EQ(pp_load_le32(bytes + 16), 10);
    CHECK_EQ(pp_load_le32(bytes + 52), 20);
    CHECK_MEM(bytes + 88, o.data_hash.b, 32);
    CHECK_EQ(pp_load_le64(bytes + 120), 3);
    CHECK_MEM(bytes + 128, o.deposit_hash.b, 32);
    CHECK_EQ(pp_load_le64(bytes + 160), 4);
    CHECK_MEM(bytes + 168, o.forced_hash.b, 32);
    CHECK_MEM(bytes + 200, o.withdrawals.b, 32);
    CHECK(pp_load_le128(bytes + 232) == o.base_fees);
    CHECK(pp_rollup_output_decode(&back, (pp_bytes){bytes, PP_ROLLUP_OUTPUT_SIZE}));
    for (size_t n = 0; n <= sizeof bytes; n++)
        CHECK(pp_rollup_output_decode(&back, (pp_bytes){bytes, n}) == (n == sizeof again));
    for (size_t i = 0; i < 8 * sizeof again; i++) { // every bit says something, or is refused
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        if (pp_rollup_output_decode(&back, (pp_bytes){bytes, sizeof again})) {
            pp_rollup_output_encode(again, &back);
            CHECK_MEM(again, bytes, sizeof again);
        } else {
            CHECK(i / 8 >= 16 && i / 8 < 88); // only the roots have a canonical form
        }
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx, (void)old_size;
    if (new_size) return realloc(old, new_size);
    free(old);
    return NULL;
}

// A batch of two transfers, one of them to a new account, on a small state.
static pp_store *small_batch(ran *r) {
    world w;
    begin_world(&w, 77);
    w.env.chain_id = 900;
    w.env.fee_recipient = test_address(3);
    raw_tx raw[2];
    pp_bytes txs[2];
    for (size_t i = 0; i < 2; i++) {
        tx_spec spec = {.type = 2,
                        .chain_id = 900,
                        .nonce = w.accounts[6].account.nonce + i,
                        .gas_limit = 21000,
                        .tip_cap = pp_u256_from_u64(1),
                        .fee_cap = pp_u256_from_u64(2),
                        .to = test_address(50 * i),
                        .value = pp_u256_from_u64(3)};
        sign_tx(&raw[i], &spec, 6);
        txs[i] = raw_bytes(&raw[i]);
    }
    if (run_native(r, w.store, &w.root, &w.env, txs, 2)) CHECK_EQ(r->totals.applied, 2);
    return w.store;
}

PP_TEST(none_has_real_values) {
    ran r;
    pp_store *store = small_batch(&r);
    pp_hash32 nothing, root;
    pp_withdrawals tree;
    pp_keccak256(&nothing, NULL, 0);
    pp_withdrawals_init(&tree);
    pp_withdrawals_root(&root, &tree);
    CHECK(pp_hash32_eq(&r.output.deposit_hash, &nothing));
    CHECK(pp_hash32_eq(&r.output.forced_hash, &nothing));
    CHECK(pp_hash32_eq(&r.output.withdrawals, &root));
    ran_free(&r);
    pp_store_close(store);
}

static bool named(const char *why) {
    return strcmp(why, "input-malformed") == 0 || strcmp(why, "root-mismatch") == 0 ||
           strcmp(why, "state-proof") == 0 || strcmp(why, "state-missing") == 0;
}

// Any change of an input's bytes is refused or seen in the output.
PP_TEST(no_byte_of_an_input_is_idle) {
    ran r;
    pp_store *store = small_batch(&r);
    pp_state_source memory = {.resize = heap_resize};
    pp_rollup_output output;
    const char *why;
    uint8_t expected[PP_ROLLUP_OUTPUT_SIZE], got[PP_ROLLUP_OUTPUT_SIZE];
    pp_rollup_output_encode(expected, &r.output);
    pp_bytes input = {r.input, r.input_size};
    REQUIRE(pp_rollup_run_input(&output, &why, &memory, input));
    pp_rollup_output_encode(got, &output);
    CHECK_MEM(got, expected, sizeof got);
    for (size_t i = 0; i < r.input_size; i++) {
        r.input[i] ^= (uint8_t)(1 << i % 8);
        bool ok = pp_rollup_run_input(&output, &why, &memory, input);
        if (ok) pp_rollup_output_encode(got, &output);
        CHECK(!ok || memcmp(got, expected, sizeof got) != 0);
        if (!ok) CHECK(named(why));
        if (i % 97 == 0) CHECK(run_guest(input, ok ? &output : NULL) != 0);
        r.input[i] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < r.input_size; n++)
        CHECK(!pp_rollup_run_input(&output, &why, &memory, (pp_bytes){r.input, n}));
    uint8_t *longer = calloc(1, r.input_size + 1);
    PP_ASSERT(longer);
    memcpy(longer, r.input, r.input_size);
    input = (pp_bytes){longer, r.input_size + 1};
    CHECK(!pp_rollup_run_input(&output, &why, &memory, input));
    CHECK(run_guest(input, NULL) != 0);
    free(longer);
    ran_free(&r);
    pp_store_close(store);
}

// A multiproof of the right root that lacks what the batch reads ends the run: no transaction can
// be had skipped by leaving its accounts out.
PP_TEST(a_proof_that_lacks_an_account_ends_the_run) {
    ran r;
    pp_store *store = small_batch(&r);
    pp_rollup_input in;
    REQUIRE(pp_rollup_input_decode(&in, (pp_bytes){r.input, r.input_size}));
    pp_bytes txs[2], rest = in.txs;
    for (int i = 0; i < 2; i++) txs[i] = pp_rollup_input_next(&rest);
    uint8_t stub[1 + PP_DIGEST_SIZE] = {1}, bytes[4096];
    pp_digest_encode(stub + 1, &in.old_root);
    size_t size = pp_rollup_input_encode(bytes, sizeof bytes, &in.env, txs, 2, &in.old_root,
                                         (pp_bytes){stub, sizeof stub});
    REQUIRE(size <= sizeof bytes);
    pp_state_source memory = {.resize = heap_resize};
    pp_rollup_output output;
    const char *why;
    CHECK(!pp_rollup_run_input(&output, &why, &memory, (pp_bytes){bytes, size}));
    CHECK_STR(why, "state-missing");
    CHECK(run_guest((pp_bytes){bytes, size}, NULL) != 0);
    ran_free(&r);
    pp_store_close(store);
}

PP_TEST(input_limits) {
    pp_rollup_env env = {.chain_id = 1};
    pp_digest root;
    uint8_t proof[1] = {0};
    pp_state_empty_root(&root);
    static pp_bytes txs[PP_ROLLUP_BATCH_TX_MAX];
    static uint8_t bytes[1 << 14];
    size_t size = pp_rollup_input_encode(bytes, sizeof bytes, &env, txs, PP_ROLLUP_BATCH_TX_MAX,
                                         &root, (pp_bytes){proof, 1});
    pp_rollup_input in;
    CHECK(pp_rollup_input_decode(&in, (pp_bytes){bytes, size}));
    CHECK_EQ(in.txs_len, PP_ROLLUP_BATCH_TX_MAX);
    pp_state_source memory = {.resize = heap_resize}; // a batch like any other, of refused ones
    pp_rollup_output output;
    const char *why;
    CHECK(pp_rollup_run_input(&output, &why, &memory, (pp_bytes){bytes, size}));
    CHECK(run_guest((pp_bytes){bytes, size}, &output) != 0);
    size_t count_at = 16 + 5 * 8 + 20 + 16;
    CHECK_EQ(pp_load_le32(bytes + count_at), PP_ROLLUP_BATCH_TX_MAX);
    memmove(bytes + count_at + 8, bytes + count_at + 4, size - count_at - 4);
    pp_store_le32(bytes + count_at, PP_ROLLUP_BATCH_TX_MAX + 1);
    pp_store_le32(bytes + count_at + 4, 0);
    CHECK(!pp_rollup_input_decode(&in, (pp_bytes){bytes, size + 4}));
    // Places kept for deposits and forced-lane entries: none yet.
    size = pp_rollup_input_encode(bytes, sizeof bytes, &env, txs, 0, &root, (pp_bytes){proof, 1});
    CHECK(pp_rollup_input_decode(&in, (pp_bytes){bytes, size}));
    for (size_t i = 4; i <= 11; i++) {
        bytes[count_at + i] = 1;
        CHECK(!pp_rollup_input_decode(&in, (pp_bytes){bytes, size}));
        bytes[count_at + i] = 0;
    }
}
