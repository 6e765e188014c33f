// SPDX-License-Identifier: MIT OR Apache-2.0
// What a block of 100 transfers costs, beside the bare recovery of its signatures; with few and
// with many accounts on the chain. No guest runs: cutting costs what it costs natively.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chain/chain.h"
#include "codec/rlp.h"
#include "codec/tx.h"
#include "hash/keccak.h"
#include "sign/keys.h"

enum { USERS = 1000, TXS = 100, BLOCKS = 40, BARE = 10 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void key_of(uint8_t key[32], uint64_t i) {
    pp_hash32 h;
    pp_keccak256(&h, &i, sizeof i);
    memcpy(key, h.b, 32);
}

static int by_address(const void *a, const void *b) {
    return memcmp(a, b, sizeof(pp_address));
}

// ---- transactions: legacy, EIP-155, chain id 77 -------------------------------------------------

typedef struct raw {
    size_t size;
    uint8_t data[160];
} raw;

static size_t put_number(uint8_t *at, const uint8_t *be, size_t size) {
    while (size > 0 && *be == 0) be++, size--;
    if (size == 1 && *be < 0x80) {
        at[0] = *be;
        return 1;
    }
    at[0] = (uint8_t)(0x80 + size);
    memcpy(at + 1, be, size);
    return 1 + size;
}

static size_t put_u64(uint8_t *at, uint64_t v) {
    uint8_t be[8];
    pp_store_be64(be, v);
    return put_number(at, be, 8);
}

static size_t list(uint8_t *out, const uint8_t *items, size_t size) {
    size_t header = pp_rlp_header(out, true, size);
    memcpy(out + header, items, size);
    return header + size;
}

static void make_tx(raw *out, uint64_t from, uint64_t nonce, const pp_address *to) {
    uint8_t items[160], whole[160], key[32], sig[PP_SIGNATURE_SIZE];
    size_t n = put_u64(items, nonce);
    n += put_u64(items + n, 2000000000);
    n += put_u64(items + n, 21000);
    items[n++] = 0x80 + 20;
    memcpy(items + n, to->b, 20);
    n += 20;
    n += put_u64(items + n, 1000);
    items[n++] = 0x80;
    size_t end = n;
    n += put_u64(items + n, 77);
    items[n++] = 0x80;
    items[n++] = 0x80;
    pp_hash32 digest;
    pp_keccak256(&digest, whole, list(whole, items, n));
    key_of(key, from);
    bool ok = pp_sign_make(sig, &digest, key);
    PP_ASSERT(ok);
    n = end + put_u64(items + end, 35 + 2 * 77 + sig[64]);
    n += put_number(items + n, sig, 32);
    n += put_number(items + n, sig + 32, 32);
    out->size = list(out->data, items, n);
}

// ---- the chain ----------------------------------------------------------------------------------

typedef struct world {
    pp_address users[USERS];
    pp_hash32 beacons[BLOCKS + 1];
    raw txs[BLOCKS][TXS];
    char *file;
} world;

static void make_genesis(world *w, uint32_t accounts_len) {
    pp_genesis_account *accounts = calloc(accounts_len, sizeof *accounts);
    pp_genesis_allocation *allocations = calloc(USERS, sizeof *allocations);
    PP_ASSERT(accounts && allocations);
    for (uint32_t i = 0; i < accounts_len; i++) {
        pp_store_be32(accounts[i].address.b + 8, i);
        accounts[i].balance = 1000000;
    }
    for (size_t i = 0; i < USERS; i++)
        allocations[i] =
            (pp_genesis_allocation){w->users[i], {0, pp_u256_from_u64(1000000000000000000)}};
    qsort(allocations, USERS, sizeof *allocations, by_address);
    pp_genesis_rollup rollup = {.name = "live",
                                .chain_id = 77,
                                .open = true,
                                .base_fee = 1000000000,
                                .gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT,
                                .batch_transactions = 64,
                                .batch_bytes = PP_ROLLUP_TX_SIZE_MAX,
                                .batch_blocks = 8,
                                .batch_backlog = 64,
                                .queue_batches = 1,
                                .fund = (pp_u128)1 << 80,
                                .reserve_rate = 1000000,
                                .work_batch = 1,
                                .work_transaction = 1,
                                .terms = {.winners = 1,
                                          .kappa = 2,
                                          .commit_window = 4000,
                                          .reveal_window = 4000,
                                          .decline_window = 10,
                                          .work_window = 5000,
                                          .bounty_window = 10,
                                          .expiry = 40000},
                                .allocations = allocations,
                                .allocations_len = USERS};
    pp_genesis g = {.name = "bench",
                    .time = 1700000000000,
                    .registry = {1, 0},
                    .block_interval = 1000,
                    .block_bytes = 1 << 22,
                    .block_items = 1024,
                    .check = PP_CHECK_RE_EXECUTE,
                    .beacon_end = w->beacons[0],
                    .accounts_max = accounts_len + 8,
                    .requests_max = 1024,
                    .accounts = accounts,
                    .accounts_len = accounts_len,
                    .rollups = &rollup,
                    .rollups_len = 1};
    pp_market_params_default(&g.market);
    pp_genesis_exit_default(&g);
    w->file = pp_genesis_print(&g);
    free(accounts);
    free(allocations);
}

static bool no_check(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx, (void)claim, (void)proof;
    return false;
}

static void one_block(pp_chain *chain, const world *w, size_t b, double *execute, double *commit) {
    pp_bytes items[TXS];
    uint8_t *owned[TXS];
    size_t size, taken;
    for (size_t i = 0; i < TXS; i++) {
        owned[i] = pp_lane_tx_encode(&size, 0, (pp_bytes){w->txs[b][i].data, w->txs[b][i].size});
        items[i] = (pp_bytes){owned[i], size};
    }
    uint8_t *bytes = pp_chain_propose(&size, &taken, chain, 1700000000000 + 1000 * (b + 1),
                                      &w->beacons[b + 1], items, TXS);
    pp_err err;
    pp_chain_result result;
    pp_hash32 hash;
    double start = now();
    bool ok = pp_chain_finalize(&err, &result, chain, (pp_bytes){bytes, size});
    double between = now();
    PP_ASSERT(ok && result.code == PP_CHAIN_OK);
    pp_chain_commit(&hash, chain);
    *execute += between - start;
    *commit += now() - between;
    for (size_t i = 0; i < TXS; i++) {
        PP_ASSERT(result.items[i].code == PP_CHAIN_OK);
        free(owned[i]);
    }
    free(bytes);
}

static void measure(world *w, uint32_t accounts, double bare) {
    make_genesis(w, accounts);
    pp_err err;
    pp_store *store;
    pp_chain *chain;
    bool ok = pp_store_open(&err, &store, "", PP_STORE_MEMORY);
    PP_ASSERT(ok);
    pp_chain_env env = {.check = no_check, .store = store};
    if (!pp_chain_new(&err, &chain, "genesis", (pp_bytes){(uint8_t *)w->file, strlen(w->file)},
                      &env))
        pp_panic(__FILE__, __LINE__, err.text);
    double execute = 0, commit = 0;
    for (size_t b = 0; b < BLOCKS; b++) one_block(chain, w, b, &execute, &commit);
    printf("chain block of %d transfers, %7u accounts: %6.2f ms, of it app hash %5.2f ms "
           "(bare recovery of its signatures %5.2f ms: ratio %.2f)\n",
           TXS, accounts, 1e3 * (execute + commit) / BLOCKS, 1e3 * commit / BLOCKS, 1e3 * bare,
           (execute + commit) / BLOCKS / bare);
    pp_chain_free(chain);
    pp_store_close(store);
    free(w->file);
}

static double bare_recovery(const world *w) {
    double start = now();
    for (size_t b = 0; b < BARE; b++)
        for (size_t i = 0; i < TXS; i++) {
            pp_tx tx;
            pp_address sender;
            bool ok =
                pp_tx_decode(&tx, (pp_bytes){w->txs[b][i].data, w->txs[b][i].size}) == PP_TX_OK &&
                pp_tx_sender(&sender, &tx);
            PP_ASSERT(ok);
        }
    return (now() - start) / BARE;
}

int main(void) {
    world *w = calloc(1, sizeof *w);
    PP_ASSERT(w != NULL);
    for (uint64_t i = 0; i < USERS; i++) {
        uint8_t key[32];
        key_of(key, i);
        bool ok = pp_sign_address(&w->users[i], key);
        PP_ASSERT(ok);
    }
    for (size_t i = BLOCKS; i > 0; i--) pp_beacon_next(&w->beacons[i - 1], &w->beacons[i]);
    for (uint64_t b = 0; b < BLOCKS; b++)
        for (uint64_t i = 0; i < TXS; i++) {
            uint64_t from = (b * TXS + i) % USERS;
            make_tx(&w->txs[b][i], from, (b * TXS + i) / USERS, &w->users[(7 * from + b) % USERS]);
        }
    double bare = bare_recovery(w);
    measure(w, 100, bare);
    measure(w, 10000, bare);
    measure(w, 300000, bare);
    free(w);
    return 0;
}
