// SPDX-License-Identifier: MIT OR Apache-2.0
#include "node/init.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "base/folder.h"
#include "host/beacon.h"
#include "host/guest.h"
#include "rollup/rollup.h"
#include "sign/keys.h"

enum {
    BATCH_TRANSACTIONS = 64,
    BATCH_BLOCKS = 30, // a batch waits no longer for its transactions
    BACKLOG = 16,      // batches without a proof, then the lane takes no more
    BATCH_BYTES = 1 << 19,
    QUEUE_DEPOSITS = 16, // in a batch beside its transactions
    QUEUE_FORCED = 8,
    QUEUE_BATCHES = 8, // a forced transaction is in one of so many
    // What a batch is estimated to cost: a quarter more than transfers among a million accounts,
    // and than the dearest bytes (test_batches.c counts both).
    WORK_BATCH = 150000,
    WORK_TRANSACTION = 140000,
    WORK_BYTE = 75,
    WINDOW_INTERVALS = 10, // blocks to bid in, and to open bids: counting a batch takes a second
    WINNERS = 2,
    KAPPA = 3,       // stake over price
    SPARE = 1 << 16, // accounts and requests there may ever be beside those of genesis
    REQUESTS = 1024,
    ROLLUPS = 16, // there can ever be
};
#define ROLLUP_PRICE ((pp_u128)1000000000000000000) // wei, burned
#define BASE_FEE ((uint64_t)1000000000)             // wei
#define RESERVE_RATE ((pp_u128)2000000000000)       // wei for a million units of work

static bool is_there(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

static bool fresh(pp_err *err, const char *dir) {
    static const char *const files[] = {"genesis.json", "beacon", "signer.key", "chain.log"};
    char path[4096 + 32];
    for (size_t i = 0; i < PP_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        if (is_there(path))
            return pp_err_set(err, PP_EXIT_USAGE, "%s: already there; nothing was changed", path);
    }
    return pp_folder_take(err, dir, 0700);
}

static int by_address(const void *a, const void *b) {
    // The address is the first member of all that are sorted here.
    return memcmp(a, b, sizeof(pp_address));
}

static void *sorted(const void *list, size_t len, size_t size) {
    void *copy = calloc(len + 1, size);
    PP_ASSERT(copy != NULL);
    if (len > 0) memcpy(copy, list, len * size);
    qsort(copy, len, size, by_address);
    return copy;
}

static void set_terms(pp_market_terms *t, const pp_market_params *params,
                      const pp_node_init_options *o, uint64_t work) {
    uint64_t time = work / params->rate_min * 1000 + 2 * params->inclusion_bound + 2000;
    uint64_t window = o->window ? o->window : WINDOW_INTERVALS * o->interval;
    if (window < 2 * params->inclusion_bound) window = 2 * params->inclusion_bound;
    if (window > params->window_max) window = params->window_max;
    if (o->work_window) time = o->work_window;
    *t = (pp_market_terms){.winners = WINNERS,
                           .kappa = KAPPA,
                           .commit_window = window,
                           .reveal_window = window,
                           .work_window = time,
                           .decline_window =
                               time / 8 < params->window_max ? time / 8 : params->window_max,
                           .bounty_window = time / 2};
    t->expiry = t->commit_window + t->reveal_window + params->beacon_bound +
                WINNERS * t->decline_window + 3 * time + t->bounty_window + o->interval;
}

static void set_rollup(pp_genesis_rollup *r, const pp_node_init_options *o,
                       const pp_market_params *params) {
    static pp_guest guest;
    pp_guest_batch(&guest);
    snprintf(r->name, sizeof r->name, "live");
    r->chain_id = o->chain_id;
    r->program_id = guest.id;
    r->open = true;
    r->fee_recipient = o->fee_recipient;
    r->base_fee = BASE_FEE;
    r->gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT;
    r->fee_change = 8;
    r->fee_floor = 125;   // percent of the proving price
    r->fee_backlog = 300; // percent more of that with a full backlog
    r->batch_transactions = o->batch_transactions ? o->batch_transactions : BATCH_TRANSACTIONS;
    // Half of a full batch of transfers.
    r->fee_target = (r->batch_transactions + 1) / 2 * (uint64_t)PP_ROLLUP_GAS_TRANSFER;
    r->batch_bytes = BATCH_BYTES;
    r->batch_blocks = o->batch_blocks ? o->batch_blocks : BATCH_BLOCKS;
    r->batch_backlog = BACKLOG;
    r->queue_deposits = QUEUE_DEPOSITS;
    r->queue_forced = QUEUE_FORCED;
    r->queue_batches = QUEUE_BATCHES;
    r->fund = o->fund;
    r->reserve_rate = RESERVE_RATE;
    r->work_batch = WORK_BATCH;
    r->work_transaction = WORK_TRANSACTION;
    r->work_byte = WORK_BYTE;
    set_terms(&r->terms, params, o, pp_genesis_full_work(r));
}

static char *genesis_text(const pp_node_init_options *o, const pp_hash32 *beacon_end,
                          const pp_address *signer, uint64_t time) {
    pp_genesis_rollup rollup = {0};
    pp_genesis g = {.time = time,
                    .registry = {ROLLUPS, ROLLUP_PRICE},
                    .block_interval = o->interval,
                    .block_bytes = PP_BLOCK_BYTES_MAX,
                    .block_items = PP_BLOCK_ITEMS_MAX,
                    .command_fee = o->command_fee,
                    .check = o->check,
                    .beacon_end = *beacon_end,
                    .has_signer = true,
                    .signer = *signer,
                    .accounts_max = (uint32_t)o->accounts_len + SPARE,
                    .requests_max = REQUESTS,
                    .rollups = &rollup,
                    .rollups_len = 1};
    snprintf(g.name, sizeof g.name, "%s", o->name);
    if (o->check == PP_CHECK_PROOF) pp_genesis_proofs_default(&g.proofs);
    pp_vm_id(&g.vm_id);
    pp_market_params_default(&g.market);
    // A beacon comes with the block behind the reveals, a command into the next but one: bounds
    // below that would open every auction undrawn.
    if (g.market.beacon_bound < 3 * o->interval) g.market.beacon_bound = 3 * o->interval;
    if (g.market.inclusion_bound < 2 * o->interval) g.market.inclusion_bound = 2 * o->interval;
    if (g.market.inclusion_bound > g.market.window_max / 2) // windows hold two of it
        g.market.inclusion_bound = g.market.window_max / 2;
    if (o->rate_min) g.market.rate_min = o->rate_min;
    set_rollup(&rollup, o, &g.market);
    pp_genesis_exit_default(&g);
    g.accounts = sorted(o->accounts, o->accounts_len, sizeof *g.accounts);
    g.accounts_len = o->accounts_len;
    g.provers = sorted(o->provers, o->provers_len, sizeof *g.provers);
    g.provers_len = o->provers_len;
    rollup.allocations = sorted(o->allocations, o->allocations_len, sizeof *rollup.allocations);
    rollup.allocations_len = o->allocations_len;
    char *text = pp_genesis_print(&g);
    free(g.accounts);
    free(g.provers);
    free(rollup.allocations);
    return text;
}

// DIR/signer.key, mode 0600.
static bool store_key(pp_err *err, const char *dir, const uint8_t key[32]) {
    char path[4096 + 32], text[66];
    pp_hex_encode(text, key, 32);
    text[64] = '\n';
    snprintf(path, sizeof path, "%s/signer.key", dir);
    bool ok = pp_file_write(err, path, text, 65, 0600);
    explicit_bzero(text, sizeof text);
    return ok;
}

bool pp_node_init(pp_err *err, const char *dir, const pp_node_init_options *o) {
    char path[4096 + 32];
    pp_hash32 seed;
    uint8_t key[32];
    pp_address signer;
    pp_genesis genesis;
    struct timespec now;
    if (strlen(dir) > 4096 - 32) return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: too long", dir);
    if (!fresh(err, dir)) return false;
    if (getrandom(seed.b, sizeof seed.b, 0) != sizeof seed.b)
        return pp_err_set(err, PP_EXIT_USAGE, "no random bytes from the system: %s",
                          strerror(errno));
    if (!pp_sign_key_draw(err, key) || !pp_sign_address(&signer, key)) return false;
    pp_beacon *beacon = calloc(1, sizeof *beacon);
    if (beacon == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    if (!pp_beacon_make(err, beacon, &seed, o->blocks)) {
        free(beacon);
        return false;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    char *text = genesis_text(o, &beacon->end, &signer, (uint64_t)now.tv_sec * 1000);
    pp_bytes file = {(const uint8_t *)text, strlen(text)};
    // What would not be read is not written.
    bool ok = pp_genesis_parse(err, &genesis, "the new genesis", file);
    if (ok) pp_genesis_free(&genesis);
    snprintf(path, sizeof path, "%s/beacon", dir);
    ok = ok && pp_beacon_store(err, beacon, path) && store_key(err, dir, key);
    explicit_bzero(key, sizeof key);
    snprintf(path, sizeof path, "%s/genesis.json", dir);
    ok = ok && pp_file_write(err, path, text, file.size, 0644);
    free(text);
    pp_beacon_free(beacon);
    free(beacon);
    return ok;
}
