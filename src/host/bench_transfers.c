// SPDX-License-Identifier: MIT OR Apache-2.0
// Plain transfers in batches of 64. On one core: natively, beside the bare recovery of the same
// signatures in the same run, and in the guest, counted; with few and with many accounts. On all
// cores: proven, batch after batch.
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "codec/tx.h"
#include "host/guest.h"
#include "prove/cost.h"
#include "prove/work.h"
#include "rollup/test_support.h"
#include "rv64/owned.h"

enum { BATCH = 64, BATCHES = 32, SENDERS = BATCH * BATCHES, CHAIN_ID = 900 };

static const pp_rollup_env env = {
    .chain_id = CHAIN_ID, .base_fee = 7, .gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT};

static raw_tx raw[SENDERS];
static pp_bytes txs[SENDERS];
static pp_address senders[SENDERS];

static double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Of this process on its one core, its system calls too: a machine that is shared measures the
// same.
static double now(void) {
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
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
static double native(pp_store *store, pp_digest *root, double parts[3]) {
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
            pp_state_status st = pp_rollup_step(&s, &totals, &result, &env, txs[b * BATCH + i]);
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

static pp_machine_owned owned;
static pp_guest guest;

// The machine and the guest, the first time.
static void load_guest(void) {
    pp_err err = {0};
    if (owned.machine != NULL) return;
    check(pp_machine_own(&err, &owned), &err);
    pp_guest_batch(&guest);
}

// Cycle-equivalents of a transfer in a batch: the cost of the guest's run in units of prove/cost.h.
static double guest_cost(pp_store *store, pp_digest root) {
    pp_err err = {0};
    ran r;
    pp_prove_cost cost;
    load_guest();
    bool ok = run_native(&r, store, &root, &env, txs, BATCH);
    PP_ASSERT(ok);
    check(pp_prove_cost_count(&err, &cost, owned.machine, &guest.program,
                              (pp_bytes){r.input, r.input_size}, NULL),
          &err);
    ran_free(&r);
    return (double)pp_prove_cost_work(&cost) / BATCH;
}

// So many accounts in a new folder, and transfers among them.
static pp_store *begin(char dir[], pp_digest *root, uint64_t accounts) {
    pp_err err = {0};
    pp_store *store;
    for (uint64_t i = 0; i < SENDERS; i++) senders[i] = test_address(i);
    bool ok = mkdtemp(dir) != NULL;
    PP_ASSERT(ok);
    check(pp_store_open(&err, &store, dir, 0), &err);
    fill(store, root, accounts);
    make_transfers(accounts);
    return store;
}

static void measure(uint64_t accounts) {
    char dir[] = "/tmp/pp-bench-XXXXXX";
    pp_digest root;
    pp_store *store = begin(dir, &root, accounts);
    double cost = guest_cost(store, root);
    double parts[3];
    double signatures = bare(), transfers = native(store, &root, parts), again = bare();
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

// The proof of a batch, as a prover makes it and the chain checks it.
static void prove(const ran *r, const char *dir, pp_threads *pool, const pp_verify_policy *policy) {
    char work[64], path[64];
    const pp_hash32 context = {{1}};
    pp_err err = {0};
    pp_prove_report report;
    pp_claim claim;
    pp_verify_status shard;
    uint32_t set;
    uint64_t size;
    uint8_t *proof, output[PP_ROLLUP_OUTPUT_SIZE];
    size_t got, room = pp_verify_work_size(policy);
    const pp_prove_claim_input in = {.with = {.machine = owned.machine,
                                              .vm_id = &owned.vm_id,
                                              .set = &pp_pcs_fast,
                                              .context = &context,
                                              .pool = pool},
                                     .program = &guest.program,
                                     .input = {r->input, r->input_size}};
    snprintf(work, sizeof work, "%s/work", dir);
    snprintf(path, sizeof path, "%s/proof", dir);
    check(pp_work_whole(&err, path, &size, &report, work, &in, NULL), &err);
    check(pp_file_read(&err, &proof, &got, path, 64 << 20), &err);
    void *memory = malloc(room);
    pp_rollup_output_encode(output, &r->output);
    bool ok = memory != NULL &&
              pp_claim_verify(&claim, &shard, &set, policy, proof, got, memory, room) ==
                  PP_CLAIM_PROVEN &&
              claim.output_size == sizeof output &&
              memcmp(claim.output, output, sizeof output) == 0 &&
              pp_hash32_eq(&claim.program_id, &guest.id);
    PP_ASSERT(ok);
    free(memory);
    free(proof);
    (void)unlink(path);
}

// Full batches one after the other, each executed, proven and verified before the next.
static void measure_proven(uint64_t accounts, size_t batches) {
    char dir[] = "/tmp/pp-bench-XXXXXX", proofs[] = "/tmp/pp-bench-XXXXXX";
    const pp_pcs_params *set = &pp_pcs_fast;
    pp_digest root;
    pp_store *store = begin(dir, &root, accounts);
    load_guest();
    const pp_verify_policy policy = {.machines = &owned.machine,
                                     .vm_ids = &owned.vm_id,
                                     .machines_len = 1,
                                     .sets = &set,
                                     .sets_len = 1,
                                     .log_cells_max = PP_PCS_LOG_CELLS_MAX,
                                     .shards_max = 16};
    bool ok = mkdtemp(proofs) != NULL;
    PP_ASSERT(ok && batches <= BATCHES);
    pp_prove_keep_memory();
    const unsigned threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    pp_err err = {0};
    pp_threads *pool = pp_threads_new(&err, threads);
    check(pool != NULL, &err);
    double start = seconds_of(CLOCK_MONOTONIC);
    for (size_t b = 0; b < batches; b++) {
        ran r;
        ok = run_native(&r, store, &root, &env, txs + b * BATCH, BATCH);
        PP_ASSERT(ok);
        prove(&r, proofs, pool, &policy);
        ran_free(&r);
    }
    double seconds = seconds_of(CLOCK_MONOTONIC) - start;
    printf("transfers among %llu accounts proven, %zu batches of %d one after the other on %u "
           "threads: %.1f s a batch, %.2f transfers a second\n",
           (unsigned long long)accounts, batches, BATCH, threads, seconds / (double)batches,
           (double)(batches * BATCH) / seconds);
    pp_threads_free(pool);
    (void)rmdir(proofs);
    pp_store_close(store);
}

// Tests to the runner, whose main they share with the support that they are built from.
PP_TEST(transfers) {
    for (uint64_t accounts = 10000; accounts <= 1000000; accounts *= 10) measure(accounts);
}

PP_TEST(proven) {
    measure_proven(10000, 3);
}
