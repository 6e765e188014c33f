// SPDX-License-Identifier: MIT OR Apache-2.0
// Batches: their bytes, random ones natively and in the guest, and inputs that are none.
#include <stdlib.h>

#include "codec/tx.h"
#include "hash/keccak.h"
#include "rollup/test_support.h"

// --- random batches ---

enum { SENDERS = 8, WORLD = 14, BATCH_MAX = 5, DEPOSITS = 3, KEPT = 16 };

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

// What was there or has come in is there, was paid as base fee, or has left.
static void check_conservation(const world *w, const pp_u256 *before, const ran *r,
                               const pp_rollup_content *c) {
    pp_u256 after = sum_of(w), fees = pp_u256_from_u128(r->totals.base_fees),
            gone = pp_u256_from_u128(r->totals.withdrawn), had = *before;
    CHECK(pp_u256_add(&after, &after, &fees) && pp_u256_add(&after, &after, &gone));
    for (size_t i = 0; i < c->deposits_len; i++) {
        pp_u256 in = pp_u256_from_u128(c->deposits[i].amount);
        CHECK(pp_u256_add(&had, &had, &in));
    }
    CHECK(pp_u256_cmp(&after, &had) == 0);
}

// The queues' positions and hashes behind the batch are made of those before it and its slices.
static void check_queues(const ran *r, const pp_rollup_content *c) {
    pp_hash32 deposits = c->env.deposit_hash, forced = c->env.forced_hash;
    for (size_t i = 0; i < c->deposits_len; i++)
        pp_deposit_chain(&deposits, c->env.deposit_position + i, &c->deposits[i]);
    for (size_t i = 0; i < c->forced_len; i++)
        pp_forced_chain(&forced, c->env.forced_position + i, c->forced[i]);
    CHECK_MEM(r->output.deposit_hash.b, deposits.b, 32);
    CHECK_MEM(r->output.forced_hash.b, forced.b, 32);
    CHECK_EQ(r->output.deposit_position, c->env.deposit_position + c->deposits_len);
    CHECK_EQ(r->output.forced_position, c->env.forced_position + c->forced_len);
    CHECK_EQ(r->output.deposits, c->deposits_len);
    CHECK_EQ(r->output.forced, c->forced_len);
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

static uint64_t conserved, deposited, forced;

static void one_batch(world *w, unsigned counts[PP_ROLLUP_REASONS_LEN], uint64_t *cycles) {
    raw_tx raw[BATCH_MAX];
    pp_bytes txs[BATCH_MAX];
    pp_deposit deposits[DEPOSITS];
    w->env.base_fee = below(w, 100);
    w->env.timestamp += 1000;
    w->env.fee_recipient = w->accounts[below(w, WORLD)].address;
    size_t len = random_batch(w, raw);
    for (size_t i = 0; i < len; i++) txs[i] = raw_bytes(&raw[i]);
    size_t first = below(w, 2) ? 0 : below(w, len + 1); // so many of them are forced
    pp_rollup_content c = {.env = w->env,
                           .deposits = deposits,
                           .deposits_len = below(w, 2) ? 0 : below(w, DEPOSITS + 1),
                           .forced = txs,
                           .forced_len = first,
                           .txs = txs + first,
                           .txs_len = len - first};
    for (size_t i = 0; i < c.deposits_len; i++)
        deposits[i] = (pp_deposit){w->accounts[below(w, WORLD)].address,
                                   (pp_u128)(pp_rng_u64(&w->rng) >> below(w, 64)) << below(w, 3)};
    deposited += c.deposits_len;
    forced += first;
    reread(w);
    pp_u256 before = sum_of(w);
    ran r;
    REQUIRE(run_content(&r, w->store, &w->root, &c));
    reread(w);
    check_queues(&r, &c);
    if (!leaves_world(w, txs, &r, len)) {
        check_conservation(w, &before, &r, &c);
        conserved++;
    }
    for (size_t i = 0; i < len; i++) counts[r.results[i].reason]++;
    uint64_t spent = run_guest((pp_bytes){r.input, r.input_size}, &r.output);
    CHECK(spent != 0);
    *cycles += spent;
    ran_free(&r);
    w->env.batch++;
    w->env.deposit_position = r.output.deposit_position;
    w->env.deposit_hash = r.output.deposit_hash;
    w->env.forced_position = r.output.forced_position;
    w->env.forced_hash = r.output.forced_hash;
}

PP_TEST(random_batches_native_and_guest) {
    const char *text = getenv("PP_ROLLUP_BATCHES");
    uint64_t batches = text ? strtoull(text, NULL, 10) : 500, cycles = 0;
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
    CHECK(conserved > batches / 2 && deposited > batches / 2 && forced > batches / 2);
    printf("%llu batches, %u transactions applied, %llu forced ones, %llu deposits, %llu guest "
           "cycles\n",
           (unsigned long long)batches, counts[0], (unsigned long long)forced,
           (unsigned long long)deposited, (unsigned long long)cycles);
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
    o.deposits = 7;
    o.forced = 8;
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
    CHECK_EQ(pp_load_le32(bytes + 248), 7);
    CHECK_EQ(pp_load_le32(bytes + 252), 8);
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

// A batch of two deposits and three transfers, the first of them forced, one to a new account, on a
// small state.
static pp_store *small_batch(ran *r) {
    world w;
    begin_world(&w, 77);
    w.env.chain_id = 900;
    w.env.fee_recipient = test_address(3);
    w.env.deposit_position = 5;
    w.env.deposit_hash.b[0] = w.env.forced_hash.b[1] = 1;
    raw_tx raw[3];
    pp_bytes txs[3];
    pp_deposit deposits[2] = {{test_address(6), 1}, {test_address(60), 1000}};
    for (size_t i = 0; i < 3; i++) {
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
    pp_rollup_content c = {w.env, deposits, 2, txs, 1, txs + 1, 2};
    if (run_content(r, w.store, &w.root, &c)) CHECK_EQ(r->totals.applied, 3);
    return w.store;
}

// Receivers whose words have one sum, or one exclusive or, or differ in their highest bits alone:
// whatever a table of accounts could be thought to do, a batch of them costs what any other costs.
PP_TEST(chosen_addresses_cost_no_more) {
    enum { MANY = PP_ROLLUP_DEPOSITS_MAX, WAYS = 5 };
    uint64_t cycles[WAYS];
    for (int way = 0; way < WAYS; way++) {
        pp_rng rng = {pp_test_seed()};
        pp_deposit deposits[MANY];
        pp_digest root;
        ran r;
        pp_store *store = store_of(&root, NULL, 0);
        for (size_t i = 0; i < MANY; i++) {
            uint64_t x = pp_rng_u64(&rng);
            pp_address a = {{0}};
            if (way == 0) pp_rng_fill(&rng, a.b, sizeof a.b);
            if (way == 1 || way == 2) pp_store_le64(a.b, x);
            if (way == 1) pp_store_le64(a.b + 8, x);
            if (way == 2) pp_store_le64(a.b + 8, 0 - x);
            if (way == 3) pp_store_le64(a.b, (uint64_t)i << 56);
            if (way == 4) pp_store_le64(a.b + 8, (uint64_t)i << 32);
            deposits[i] = (pp_deposit){a, 1 + i};
        }
        pp_rollup_content c = {.env = {.chain_id = 900, .gas_limit = 1000000},
                               .deposits = deposits,
                               .deposits_len = MANY};
        REQUIRE(run_content(&r, store, &root, &c));
        cycles[way] = run_guest((pp_bytes){r.input, r.input_size}, &r.output);
        CHECK(cycles[way] != 0 && cycles[way] < cycles[0] + cycles[0] / 4);
        ran_free(&r);
        pp_store_close(store);
    }
}

PP_TEST(none_has_real_values) {
    ran r;
    world w;
    begin_world(&w, 78);
    pp_hash32 nothing = {{0}}, root;
    pp_withdrawals tree;
    REQUIRE(run_native(&r, w.store, &w.root, &w.env, NULL, 0));
    pp_withdrawals_init(&tree);
    pp_withdrawals_root(&root, &tree);
    CHECK(pp_hash32_eq(&r.output.deposit_hash, &nothing));
    CHECK(pp_hash32_eq(&r.output.forced_hash, &nothing));
    CHECK(pp_hash32_eq(&r.output.withdrawals, &root));
    CHECK_EQ(r.output.deposits + r.output.forced, 0);
    CHECK(run_guest((pp_bytes){r.input, r.input_size}, &r.output) != 0);
    ran_free(&r);
    pp_store_close(w.store);
}

// The running hashes as an Ethereum contract makes them: integers big-endian, amounts as uint256.
PP_TEST(queue_hashes) {
    uint8_t bytes[128];
    pp_hash32 hash = {{3}}, expected;
    pp_deposit d = {{{7}}, (pp_u128)1 << 100 | 5};
    memcpy(bytes, "polypoly/deposit/1", 18);
    memcpy(bytes + 18, hash.b, 32);
    memset(bytes + 50, 0, 8 + 20 + 32);
    bytes[57] = 9;
    bytes[58] = 7;
    bytes[78 + 31 - 12] = 16;
    bytes[78 + 31] = 5;
    pp_keccak256(&expected, bytes, 110);
    pp_deposit_chain(&hash, 9, &d);
    CHECK_MEM(hash.b, expected.b, 32);
    memcpy(bytes, "polypoly/forced/1", 17);
    memcpy(bytes + 17, hash.b, 32);
    memset(bytes + 49, 0, 8);
    bytes[55] = 1;
    pp_keccak256(&expected, "raw", 3);
    memcpy(bytes + 57, expected.b, 32);
    pp_keccak256(&expected, bytes, 89);
    pp_forced_chain(&hash, 256, (pp_bytes){(const uint8_t *)"raw", 3});
    CHECK_MEM(hash.b, expected.b, 32);
}

// What a queue demands cannot be left out, doubled, moved or changed: every other slice leads to
// another output, natively and in the guest.
PP_TEST(no_other_slice_has_the_output) {
    world w;
    begin_world(&w, 79);
    w.env.chain_id = 900;
    raw_tx raw[2];
    pp_bytes txs[2], swapped[2];
    for (size_t i = 0; i < 2; i++) {
        tx_spec spec = {.type = 2,
                        .chain_id = 900,
                        .nonce = w.accounts[6].account.nonce + i,
                        .gas_limit = 21000,
                        .fee_cap = pp_u256_from_u64(2),
                        .to = test_address(50),
                        .value = pp_u256_from_u64(3)};
        sign_tx(&raw[i], &spec, 6);
        txs[i] = swapped[1 - i] = raw_bytes(&raw[i]);
    }
    pp_deposit deposits[3] = {{test_address(1), 5}, {test_address(2), 6}, {test_address(1), 7}};
    pp_deposit other[3] = {deposits[1], deposits[0], deposits[2]};
    pp_rollup_content right = {w.env, deposits, 2, txs, 2, NULL, 0};
    pp_rollup_content wrong[] = {
        {w.env, deposits, 1, txs, 2, NULL, 0},     {w.env, deposits, 3, txs, 2, NULL, 0},
        {w.env, deposits + 1, 1, txs, 2, NULL, 0}, {w.env, other, 2, txs, 2, NULL, 0},
        {w.env, NULL, 0, txs, 2, NULL, 0},         {w.env, deposits, 2, txs, 1, NULL, 0},
        {w.env, deposits, 2, txs, 1, txs + 1, 1},  {w.env, deposits, 2, NULL, 0, txs, 2},
        {w.env, deposits, 2, txs + 1, 1, txs, 1},  {w.env, deposits, 2, swapped, 2, NULL, 0},
        {w.env, deposits, 2, NULL, 0, NULL, 0},
    };
    pp_digest before = w.root, root = before;
    ran r, o;
    REQUIRE(run_content(&r, w.store, &root, &right));
    CHECK_EQ(r.totals.applied, 2);
    CHECK(run_guest((pp_bytes){r.input, r.input_size}, &r.output) != 0);
    uint8_t asked[PP_ROLLUP_OUTPUT_SIZE], got[PP_ROLLUP_OUTPUT_SIZE];
    pp_rollup_output_encode(asked, &r.output);
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        root = before;
        REQUIRE(run_content(&o, w.store, &root, &wrong[i]));
        pp_rollup_output_encode(got, &o.output);
        CHECK(memcmp(got, asked, sizeof got) != 0);
        CHECK(!pp_hash32_eq(&o.output.deposit_hash, &r.output.deposit_hash) ||
              !pp_hash32_eq(&o.output.forced_hash, &r.output.forced_hash));
        CHECK(run_guest((pp_bytes){o.input, o.input_size}, &o.output) != 0);
        ran_free(&o);
    }
    // Begun elsewhere in the queues, or from another history: seen too.
    for (int i = 0; i < 4; i++) {
        pp_rollup_content c = right;
        if (i == 0) c.env.deposit_position++;
        if (i == 1) c.env.forced_position++;
        if (i == 2) c.env.deposit_hash.b[31] = 1;
        if (i == 3) c.env.forced_hash.b[0] = 1;
        root = before;
        REQUIRE(run_content(&o, w.store, &root, &c));
        CHECK(!pp_hash32_eq(&o.output.deposit_hash, &r.output.deposit_hash) ||
              !pp_hash32_eq(&o.output.forced_hash, &r.output.forced_hash));
        CHECK(!pp_hash32_eq(&o.output.data_hash, &r.output.data_hash));
        ran_free(&o);
    }
    ran_free(&r);
    pp_store_close(w.store);
}

// A deposit beyond 2^256 - 1 wei ends the run: there is no such batch.
PP_TEST(a_deposit_that_does_not_fit_ends_the_run) {
    block_account rich = {.address = test_address(1)};
    memset(&rich.account.balance, 0xff, sizeof rich.account.balance);
    pp_digest root;
    pp_store *store = store_of(&root, &rich, 1);
    pp_deposit none = {rich.address, 0}, one = {rich.address, 1};
    pp_rollup_content c = {
        .env = {.chain_id = 900, .gas_limit = 21000}, .deposits = &none, .deposits_len = 1};
    ran r;
    pp_digest before = root;
    REQUIRE(run_content(&r, store, &root, &c)); // nothing still fits
    pp_rollup_input in;
    REQUIRE(pp_rollup_input_decode(&in, (pp_bytes){r.input, r.input_size}));
    c.deposits = &one;
    static uint8_t bytes[4096];
    size_t size = pp_rollup_input_encode(bytes, sizeof bytes, &c, &before, in.proof);
    REQUIRE(size <= sizeof bytes);
    pp_state_source memory = {.resize = heap_resize};
    pp_rollup_output output;
    const char *why;
    CHECK(!pp_rollup_run_input(&output, &why, &memory, (pp_bytes){bytes, size}));
    CHECK_STR(why, "deposit-overflow");
    CHECK(run_guest((pp_bytes){bytes, size}, NULL) != 0);
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
    pp_rollup_content c = {.env = in.env, .txs = txs, .txs_len = 2};
    size_t size = pp_rollup_input_encode(bytes, sizeof bytes, &c, &in.old_root,
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
    pp_rollup_content c = {.env = env, .txs = txs, .txs_len = PP_ROLLUP_BATCH_TX_MAX};
    size_t size = pp_rollup_input_encode(bytes, sizeof bytes, &c, &root, (pp_bytes){proof, 1});
    pp_rollup_input in;
    CHECK(pp_rollup_input_decode(&in, (pp_bytes){bytes, size}));
    CHECK_EQ(in.txs_len, PP_ROLLUP_BATCH_TX_MAX);
    pp_state_source memory = {.resize = heap_resize}; // a batch like any other, of refused ones
    pp_rollup_output output;
    const char *why;
    CHECK(pp_rollup_run_input(&output, &why, &memory, (pp_bytes){bytes, size}));
    CHECK(run_guest((pp_bytes){bytes, size}, &output) != 0);
    size_t count_at = 16 + 5 * 8 + 20 + 16 + 64;
    CHECK_EQ(pp_load_le32(bytes + count_at), PP_ROLLUP_BATCH_TX_MAX);
    memmove(bytes + count_at + 8, bytes + count_at + 4, size - count_at - 4);
    pp_store_le32(bytes + count_at, PP_ROLLUP_BATCH_TX_MAX + 1);
    pp_store_le32(bytes + count_at + 4, 0);
    CHECK(!pp_rollup_input_decode(&in, (pp_bytes){bytes, size + 4}));
    // Deposits and forced transactions up to their bounds, and one more of each.
    static pp_deposit deposits[PP_ROLLUP_DEPOSITS_MAX];
    static uint8_t more[1 << 15];
    c = (pp_rollup_content){.env = env,
                            .deposits = deposits,
                            .deposits_len = PP_ROLLUP_DEPOSITS_MAX,
                            .forced = txs,
                            .forced_len = PP_ROLLUP_FORCED_MAX};
    size = pp_rollup_input_encode(bytes, sizeof bytes, &c, &root, (pp_bytes){proof, 1});
    REQUIRE(size < sizeof bytes);
    CHECK(pp_rollup_input_decode(&in, (pp_bytes){bytes, size}));
    CHECK_EQ(in.deposits_len, PP_ROLLUP_DEPOSITS_MAX);
    CHECK_EQ(in.forced_len, PP_ROLLUP_FORCED_MAX);
    CHECK(pp_rollup_run_input(&output, &why, &memory, (pp_bytes){bytes, size}));
    CHECK(run_guest((pp_bytes){bytes, size}, &output) != 0);
    size_t deposits_at = count_at + 4, forced_at = deposits_at + 4 + 36 * PP_ROLLUP_DEPOSITS_MAX;
    for (int which = 0; which < 2; which++) {
        size_t at = which ? forced_at : deposits_at, room = which ? 4 : 36;
        memcpy(more, bytes, at + 4);
        memset(more + at + 4, 0, room);
        memcpy(more + at + 4 + room, bytes + at + 4, size - at - 4);
        CHECK(!pp_rollup_input_decode(&in, (pp_bytes){more, size + room}));
        pp_store_le32(more + at, pp_load_le32(bytes + at) + 1);
        CHECK(!pp_rollup_input_decode(&in, (pp_bytes){more, size + room}));
    }
}

// Of the lane's own transactions likewise: none can be left out though it is valid, nor moved,
// doubled or altered, and the batch starts from no other root.
PP_TEST(no_other_batch_has_the_output) {
    enum { TXS = 3, SPARE = TXS }; // the spare one is the first, altered and signed by its sender
    world w;
    begin_world(&w, 83);
    w.env.chain_id = 900;
    raw_tx raw[TXS + 1];
    pp_bytes t[TXS + 1];
    for (size_t i = 0; i <= TXS; i++) {
        size_t from = i == 1 ? 4 : 6;
        tx_spec spec = {.type = 2,
                        .chain_id = 900,
                        .nonce = w.accounts[from].account.nonce + (i == 2),
                        .gas_limit = 21000,
                        .fee_cap = pp_u256_from_u64(2),
                        .to = test_address(50),
                        .value = pp_u256_from_u64(i == SPARE ? 8 : 3)};
        sign_tx(&raw[i], &spec, from);
        t[i] = raw_bytes(&raw[i]);
    }
    const struct {
        size_t len;
        pp_bytes txs[TXS + 1];
    } wrong[] = {
        {2, {t[1], t[2]}},           {2, {t[0], t[2]}},       {2, {t[0], t[1]}},
        {3, {t[1], t[0], t[2]}},     {3, {t[2], t[1], t[0]}}, {4, {t[0], t[0], t[1], t[2]}},
        {3, {t[SPARE], t[1], t[2]}}, {0, {{NULL, 0}}},
    };
    pp_digest before = w.root, after = before, root;
    ran r, o;
    REQUIRE(run_native(&r, w.store, &after, &w.env, t, TXS));
    CHECK_EQ(r.totals.applied, TXS);
    CHECK(run_guest((pp_bytes){r.input, r.input_size}, &r.output) != 0);
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        root = before;
        REQUIRE(run_native(&o, w.store, &root, &w.env, wrong[i].txs, wrong[i].len));
        CHECK(!pp_hash32_eq(&o.output.data_hash, &r.output.data_hash));
        CHECK(run_guest((pp_bytes){o.input, o.input_size}, &o.output) != 0);
        ran_free(&o);
    }
    // From another root: with its own multiproof another output, with the right one none.
    root = after;
    REQUIRE(run_native(&o, w.store, &root, &w.env, t, TXS));
    CHECK(!pp_digest_eq(&o.output.old_root, &r.output.old_root));
    CHECK(pp_hash32_eq(&o.output.data_hash, &r.output.data_hash));
    uint8_t mine[PP_DIGEST_SIZE], *at = NULL;
    pp_digest_encode(mine, &before);
    for (size_t i = 0; i + sizeof mine <= r.input_size && at == NULL; i++)
        if (memcmp(r.input + i, mine, sizeof mine) == 0) at = r.input + i;
    REQUIRE(at != NULL);
    pp_digest_encode(at, &after);
    CHECK(run_guest((pp_bytes){r.input, r.input_size}, NULL) != 0);
    ran_free(&o);
    ran_free(&r);
    pp_store_close(w.store);
}
