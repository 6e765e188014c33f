// SPDX-License-Identifier: MIT OR Apache-2.0
// Plain transfers on one core, in batches of 64: natively, beside the bare recovery of the same
// signatures in the same run, and in the guest, counted; with few and with many accounts.
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "codec/tx.h"
#include "host/guest.h"
#include "prove/cost.h"
#include "rollup/test_support.h"
#include "rv64/owned.h"

enum { BATCH = 64, BATCHES = 32, SENDERS = BATCH * BATCHES, CHAIN_ID = 900 };

static raw_tx raw[SENDERS];
static pp_bytes txs[SENDERS];
static pp_address senders[SENDERS];

// Of this process on its one core, its system calls too: a machine that is shared measures the
// same.
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Account number i: the first ones can sign.
static pp_address address_of(uint64_t i) {
    pp_address a = {{0}};
    if (i < SENDERS) return senders[i];
    for (uint64_t k = 0; k < 20; k++)
        a.b[k] = (uint8_t)((i + 1) * 0x9e3779b97f4a7c15U >> (8 * (k % 7)) ^ i >> k % 8 * 8);
    return a;
}

// The bytes of a transfer from each sender to an account anywhere among them.
static void make_transfers(uint64_t accounts) {
    pp_rng rng = {accounts};
    for (uint64_t i = 0; i < SENDERS; i++) {
        tx_spec spec = {.type = 2,
                        .chain_id = CHAIN_ID,
                        .gas_limit = PP_ROLLUP_GAS_TRANSFER,
                        .fee_cap = pp_u256_from_u64(10),
                        .tip_cap = pp_u256_from_u64(1),
                        .to = address_of(pp_rng_below(&rng, accounts)),
                        .value = pp_u256_from_u64(1 + i)};
        sign_tx(&raw[i], &spec, i);
        txs[i] = raw_bytes(&raw[i]);
    }
}

static double bare(void) {
    double start = now();
    for (size_t i = 0; i < SENDERS; i++) {
        pp_tx tx;
        pp_address sender;
        bool ok = pp_tx_decode(&tx, txs[i]) == PP_TX_OK && pp_tx_sender(&sender, &tx);
        PP_ASSERT(ok);
    }
    return SENDERS / (now() - start);
}

static void check(bool ok, const pp_err *err) {
    if (ok) return;
    fprintf(stderr, "%s\n", err->text);
    exit(2);
}

// The accounts on disk, a part at a time.
static void fill(pp_store *store, pp_digest *root, uint64_t accounts) {
    enum { PART = 1 << 18 };
    pp_err err = {0};
    pp_state_empty_root(root);
    for (uint64_t i = 0; i < accounts;) {
        pp_state s;
        check(pp_store_view(&err, store, &s, root), &err);
        for (uint64_t end = i + PART; i < accounts && i < end; i++) {
            pp_address a = address_of(i);
            pp_account account = {0, pp_u256_from_u64(UINT64_C(1000000000000000000))};
            pp_state_status st = pp_state_put(&s, &a, &account);
            PP_ASSERT(st == PP_STATE_OK);
        }
        check(pp_store_commit(&err, store, &s, root), &err);
        pp_state_close(&s);
    }
}

// Transfers a second: checked and applied, the new root hashed, its nodes stored.
// parts: seconds for the steps, the root, and its nodes.
static double native(pp_store *store, pp_digest *root, const pp_rollup_env *env, double parts[3]) {
    pp_err err = {0};
    double start = now();
    memset(parts, 0, 3 * sizeof *parts);
    for (size_t b = 0; b < BATCHES; b++) {
        pp_state s;
        pp_rollup_totals totals;
        pp_rollup_result result;
        check(pp_store_view(&err, store, &s, root), &err);
        pp_rollup_totals_init(&totals);
        double begin = now();
        for (size_t i = 0; i < BATCH; i++) {
            pp_state_status st = pp_rollup_step(&s, &totals, &result, env, txs[b * BATCH + i]);
            PP_ASSERT(st == PP_STATE_OK && result.reason == PP_ROLLUP_OK);
        }
        double stepped = now();
        pp_state_status st = pp_state_root(&s, root);
        PP_ASSERT(st == PP_STATE_OK);
        double hashed = now();
        check(pp_store_commit(&err, store, &s, root), &err);
        pp_state_close(&s);
        parts[0] += stepped - begin;
        parts[1] += hashed - stepped;
        parts[2] += now() - hashed;
    }
    return SENDERS / (now() - start);
}

// Cycle-equivalents of a transfer in a batch: the cost of the guest's run in units of prove/cost.h.
static double guest_cost(pp_store *store, pp_digest root, const pp_rollup_env *env) {
    static pp_machine_owned owned;
    static pp_guest guest;
    pp_err err = {0};
    ran r;
    pp_prove_cost cost;
    if (owned.machine == NULL) {
        check(pp_machine_own(&err, &owned), &err);
        pp_guest_batch(&guest);
    }
    bool ok = run_native(&r, store, &root, env, txs, BATCH);
    PP_ASSERT(ok);
    check(pp_prove_cost_count(&err, &cost, owned.machine, &guest.program,
                              (pp_bytes){r.input, r.input_size}, NULL),
          &err);
    ran_free(&r);
    return (double)pp_prove_cost_work(&cost) / BATCH;
}

static void measure(uint64_t accounts) {
    char dir[] = "/tmp/pp-bench-XXXXXX";
    pp_err err = {0};
    pp_store *store;
    pp_digest root;
    pp_rollup_env env = {
        .chain_id = CHAIN_ID, .base_fee = 7, .gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT};
    bool ok = mkdtemp(dir) != NULL;
    PP_ASSERT(ok);
    check(pp_store_open(&err, &store, dir, 0), &err);
    fill(store, &root, accounts);
    make_transfers(accounts);
    double cost = guest_cost(store, root, &env);
    double parts[3];
    double signatures = bare(), transfers = native(store, &root, &env, parts), again = bare();
    if (again > signatures) signatures = again;
    printf(
        "transfers among %7llu accounts: natively %5.0f/s, bare recovery %5.0f/s: %2.0f %%; in a "
        "batch of %d: %6.0f cycle-equivalents each\n",
        (unsigned long long)accounts, transfers, signatures, 100 * transfers / signatures, BATCH,
        cost);
    printf(
        "  of it %.0f us checked and applied, %.0f us the root hashed, %.0f us its nodes stored; a "
        "signature alone %.0f us\n",
        1e6 * parts[0] / SENDERS, 1e6 * parts[1] / SENDERS, 1e6 * parts[2] / SENDERS,
        1e6 / signatures);
    fflush(stdout);
    pp_store_close(store);
}

// A test to the runner, whose main it shares with the support that it is built from.
PP_TEST(transfers) {
    for (uint64_t i = 0; i < SENDERS; i++) senders[i] = test_address(i);
    for (uint64_t accounts = 10000; accounts <= 1000000; accounts *= 10) measure(accounts);
}
