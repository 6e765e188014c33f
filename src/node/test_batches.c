// SPDX-License-Identifier: MIT OR Apache-2.0
// The dearest batches that anybody can send to a network that `node init` makes, against what its
// genesis estimates them at and what one accepted proof holds; and what stops such a batch where a
// genesis estimates too little.
#include <stdlib.h>
#include <unistd.h>

#include "chain/block.h"
#include "host/fit.h"
#include "host/local.h"
#include "keystore/keystore.h"
#include "node/init.h"
#include "prove/cost.h"
#include "prove/work.h"
#include "rollup/test_support.h"
#include "rv64/owned.h"

enum { ACCOUNTS = 1 << 15, MOST = 64, CHAIN_ID = 900, FEE_CAP = 2000000000 };

static pp_machine_owned owned;
static pp_guest guest;
static char dir[64];
static char *text; // of the genesis
static pp_genesis genesis;
static pp_store *store; // with ACCOUNTS accounts: the first MOST can sign
static pp_digest root;
static raw_tx raw[MOST];
static pp_bytes txs[MOST];

static void begin(void) {
    static block_account accounts[ACCOUNTS];
    pp_err err = {0};
    uint8_t *file;
    size_t size;
    char path[96];
    if (store != NULL) return;
    pp_node_init_options o = {.name = "batches",
                              .chain_id = CHAIN_ID,
                              .blocks = 100,
                              .interval = 1000,
                              .check = PP_CHECK_PROOF,
                              .fund = 1000000000000000000};
    strcpy(dir, "/tmp/pp-test-batches-XXXXXX");
    bool ok = mkdtemp(dir) != NULL && pp_node_init(&err, dir, &o);
    snprintf(path, sizeof path, "%s/genesis.json", dir);
    ok = ok && pp_file_read(&err, &file, &size, path, 1 << 20) &&
         pp_genesis_parse(&err, &genesis, path, (pp_bytes){file, size}) &&
         pp_machine_own(&err, &owned);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
    text = calloc(1, size + 1);
    PP_ASSERT(text != NULL);
    memcpy(text, file, size);
    free(file);
    pp_guest_batch(&guest);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        accounts[i].address = (pp_address){{(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16)}};
        if (i < MOST) accounts[i].address = test_address(i);
        accounts[i].account.balance = (pp_u256){{0, 1u << 20, 0, 0}};
    }
    store = store_of(&root, accounts, ACCOUNTS);
}

static void make(size_t i, tx_spec spec, uint64_t from) {
    spec.type = 2;
    spec.chain_id = CHAIN_ID;
    spec.fee_cap = pp_u256_from_u64(FEE_CAP);
    if (spec.gas_limit == 0) spec.gas_limit = PP_ROLLUP_GAS_TRANSFER;
    spec.to = (pp_address){{(uint8_t)i, 77, 5}};
    sign_tx(&raw[i], &spec, from);
    txs[i] = raw_bytes(&raw[i]);
}

// Counts a batch: it costs no more than its estimate, and its proof is one that is accepted.
// Returns its work.
static uint64_t costs(size_t len, uint64_t applied) {
    const pp_genesis_rollup *g = &genesis.rollups[0];
    pp_rollup_env env = {.chain_id = CHAIN_ID, .base_fee = g->base_fee, .gas_limit = g->gas_limit};
    pp_digest after = root;
    size_t bytes = 0;
    ran r;
    pp_err err = {0};
    pp_prove_cost cost;
    for (size_t i = 0; i < len; i++) bytes += txs[i].size;
    CHECK(bytes <= g->batch_bytes && len <= g->batch_transactions);
    bool ok = run_native(&r, store, &after, &env, txs, len);
    PP_ASSERT(ok);
    pp_bytes input = {r.input, r.input_size};
    CHECK_EQ(r.totals.applied, applied);
    CHECK(pp_prove_cost_count(&err, &cost, owned.machine, &guest.program, input, NULL));
    uint64_t work = pp_prove_cost_work(&cost);
    uint64_t estimate = g->work_batch + len * g->work_transaction + bytes * g->work_byte;
    CHECK(work <= estimate);
    CHECK(cost.shards <= pp_fit_shards(&genesis.proofs, owned.machine, 0));
    // What fit is sure of by work holds: no shard is emptier than it says.
    pp_genesis_proofs just = genesis.proofs;
    just.shards = (uint32_t)cost.shards;
    CHECK(pp_fit_work(&just, owned.machine) <= work);
    printf("%zu transactions, %zu bytes: work %llu of %llu estimated, %llu shards\n", len, bytes,
           (unsigned long long)work, (unsigned long long)estimate, (unsigned long long)cost.shards);
    ran_free(&r);
    return work;
}

PP_TEST(full_batches_fit_whatever_is_in_them) {
    begin();
    const pp_genesis_rollup *g = &genesis.rollups[0];
    CHECK_EQ(g->batch_transactions, MOST);
    uint64_t full =
        g->work_batch + g->batch_transactions * g->work_transaction + g->batch_bytes * g->work_byte;
    CHECK(full <= pp_fit_work(&genesis.proofs, owned.machine));
    for (size_t i = 0; i < MOST; i++) make(i, (tx_spec){0}, i);
    uint64_t transfers = costs(MOST, MOST);
    // Bytes that are charged for: lists of addresses.
    for (size_t i = 0; i < MOST; i++)
        make(i, (tx_spec){.access_addresses = 250, .gas_limit = 1000000}, i);
    uint64_t lists = costs(MOST, PP_ROLLUP_GAS_LIMIT_DEFAULT / 621000 < MOST
                                     ? PP_ROLLUP_GAS_LIMIT_DEFAULT / 621000
                                     : MOST);
    // Bytes that cost their sender nothing: input of keys without an account.
    size_t each = g->batch_bytes / MOST - 150;
    for (size_t i = 0; i < MOST; i++) make(i, (tx_spec){.data_size = each}, 1000 + i);
    uint64_t input = costs(MOST, 0);
    CHECK(input > transfers && lists > transfers);
}

// The genesis with one piece of text in another's place.
static char *with(const char *all, const char *piece, const char *other) {
    const char *at = strstr(all, piece);
    PP_ASSERT(at != NULL);
    char *out = calloc(1, strlen(all) + strlen(other) + 1);
    PP_ASSERT(out != NULL);
    memcpy(out, all, (size_t)(at - all));
    strcat(strcpy(out + (at - all), other), at + strlen(piece));
    return out;
}

typedef struct seen {
    pp_checks_one one; // the last one
    unsigned checks, before;
} seen;

static void on_check(void *ctx, const pp_checks_one *one) {
    seen *s = ctx;
    s->one = *one;
    s->checks++;
    s->before += one->before;
}

// A network of this genesis in directory `number`; false with *err when it does not begin.
static bool open_local(pp_err *err, pp_local **local, pp_beacon *beacon, const char *file, seen *s,
                       unsigned number) {
    char name[96], path[96];
    pp_local_watch watch = {.ctx = s, .on_check = on_check};
    uint8_t *text_of_key, key[32];
    size_t size;
    snprintf(path, sizeof path, "%s/signer.key", dir);
    snprintf(name, sizeof name, "%s/%u", dir, number);
    memset(s, 0, sizeof *s);
    if (!pp_file_read(err, &text_of_key, &size, path, 256)) return false;
    bool is_key = pp_keystore_hex(key, (pp_bytes){text_of_key, size});
    PP_ASSERT(is_key);
    free(text_of_key);
    snprintf(path, sizeof path, "%s/beacon", dir);
    if (!pp_local_open(err, local, name)) return false;
    pp_local_sign_with(*local, key);
    pp_local_snapshots(*local, 0, 1); // all of the log is executed at every start
    return pp_beacon_load(err, beacon, path, &genesis.beacon_end) &&
           pp_local_start(err, *local, (pp_bytes){(const uint8_t *)file, strlen(file)}, beacon,
                          &watch);
}

PP_TEST(shards_are_counted_as_the_prover_cuts_them) {
    begin();
    pp_err err = {0};
    pp_fit fit;
    pp_work work;
    pp_vm_result result;
    pp_rollup_env env = {.chain_id = CHAIN_ID, .gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT};
    pp_digest after = root;
    const pp_hash32 nobody = {{0}};
    ran r;
    for (size_t i = 0; i < MOST; i++) make(i, (tx_spec){0}, i);
    REQUIRE(run_native(&r, store, &after, &env, txs, MOST));
    pp_bytes input = {r.input, r.input_size};
    pp_prove_claim_input in = {.with = {.machine = owned.machine,
                                        .vm_id = &owned.vm_id,
                                        .set = genesis.proofs.sets[0],
                                        .context = &nobody},
                               .program = &guest.program,
                               .input = input};
    CHECK(pp_work_plan(&err, &work, NULL, &result, &in, NULL, NULL));
    CHECK(work.shards > 1);
    for (uint32_t most = work.shards - 1; most <= work.shards; most++) {
        pp_genesis_proofs p = genesis.proofs;
        p.shards = most;
        CHECK(pp_fit_run(&err, &fit, &p, owned.machine, &guest.program, input, NULL, 0));
        CHECK_EQ(fit.shards, work.shards);
        CHECK(fit.fits == (most == work.shards) && pp_vm_ok(&fit.result));
    }
    // By bytes: as many of the largest proofs as there is room for.
    pp_genesis_proofs p = genesis.proofs;
    CHECK(pp_fit_shards(&p, owned.machine, 0) < p.shards);
    p.bytes = 1 << 19;
    CHECK_EQ(pp_fit_shards(&p, owned.machine, 0), 1);
    CHECK(pp_fit_run(&err, &fit, &p, owned.machine, &guest.program, input, NULL, 0) && !fit.fits);
    // A run that ends badly has no proof, and says so itself.
    pp_genesis_proofs all = genesis.proofs;
    CHECK(pp_fit_run(&err, &fit, &all, owned.machine, &guest.program, (pp_bytes){input.data, 100},
                     NULL, 0));
    CHECK(fit.fits && !pp_vm_ok(&fit.result));
    ran_free(&r);
}

PP_TEST(a_genesis_whose_full_batch_fits_no_proof_is_refused) {
    begin();
    static pp_beacon beacon;
    pp_local *local;
    pp_err err = {0};
    seen s = {.checks = 0};
    char *few = with(text, "\"shards\": 64", "\"shards\": 20");
    CHECK(!open_local(&err, &local, &beacon, few, &s, 1));
    CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
    CHECK(strstr(err.text, "rollups[0].batch") != NULL && strstr(err.text, "fewer") != NULL);
    CHECK(!pp_local_begun(local)); // nothing was written
    pp_local_close(local);
    pp_beacon_free(&beacon);
    free(few);
}

PP_TEST(a_batch_that_no_proof_holds_is_never_offered) {
    begin();
    static pp_beacon beacon;
    enum { TXS = 16 };
    pp_local *local;
    pp_err err = {0};
    seen s = {.checks = 0};
    // Estimates that are lies, so that the preflight is all that is left.
    char *a = with(text, "\"shards\": 64", "\"shards\": 2");
    char *b = with(a, "\"work_byte\": 75", "\"work_byte\": 0");
    char *c = with(b, "\"work_transaction\": 140000", "\"work_transaction\": 1");
    char *file = with(c, "\"blocks\": 30", "\"blocks\": 1");
    REQUIRE(open_local(&err, &local, &beacon, file, &s, 2));
    pp_bytes items[TXS];
    pp_chain_result result;
    pp_chain_lane lane;
    pp_chain_info info;
    for (int round = 0; round < 2; round++) {
        // The first block's batch fits; that of the second takes more than two shards.
        size_t len = round == 0 ? 1 : TXS, taken;
        for (size_t i = 0; i < len; i++) {
            make(i, (tx_spec){.data_size = round == 0 ? 10 : 8000}, 1000 + i);
            uint8_t *item = pp_lane_tx_encode(&items[i].size, 0, txs[i]);
            items[i].data = item;
        }
        uint64_t time = genesis.time + 1000 * (uint64_t)(round + 1);
        REQUIRE(pp_local_append(&err, &result, &taken, local, time, items, len));
        CHECK_EQ(taken, len);
        CHECK_EQ(s.checks, (unsigned)round + 1);
        CHECK(s.one.kind == PP_CHECKS_PREFLIGHT && s.one.yes == (round == 0));
        CHECK(pp_chain_lane_get(&lane, pp_local_chain(local), 0));
        pp_chain_info_get(&info, pp_local_chain(local));
        CHECK_EQ(lane.batches, 1); // never cut, so never offered
        CHECK(info.incident == (round == 1) && (lane.incident != NULL) == (round == 1));
        for (size_t i = 0; i < len; i++) free((void *)(uintptr_t)items[i].data);
    }
    CHECK_EQ(s.one.shards, 3); // given up at the first too many
    CHECK(s.one.why != NULL && strstr(s.one.why, "no proof that the network accepts") != NULL);
    pp_local_close(local);
    pp_beacon_free(&beacon);
    // Started again it believes what it found itself; whatever is wrong with that, it checks anew.
    uint8_t *checked;
    size_t size;
    char path[96];
    snprintf(path, sizeof path, "%s/2/checked", dir);
    REQUIRE(pp_file_read(&err, &checked, &size, path, 1 << 20));
    for (int round = 0; round < 2; round++) {
        checked[size / 2] ^= (uint8_t)round;
        REQUIRE(pp_file_write(&err, path, checked, size, 0644));
        REQUIRE(open_local(&err, &local, &beacon, file, &s, 2));
        CHECK_EQ(s.checks, 2);
        CHECK_EQ(s.before, round == 0 ? 2 : 0);
        CHECK(!s.one.yes && s.one.shards == 3);
        CHECK(pp_chain_lane_get(&lane, pp_local_chain(local), 0) && lane.incident != NULL);
        pp_local_close(local);
        pp_beacon_free(&beacon);
    }
    free(checked);
    free(a);
    free(b);
    free(c);
    free(file);
}
