// SPDX-License-Identifier: MIT OR Apache-2.0
// A chain for fuzz targets: one open rollup, one account with a key, claims accepted by their first
// byte. Made at the first call, kept until the end.
#ifndef PP_CHAIN_FUZZ_SUPPORT_H
#define PP_CHAIN_FUZZ_SUPPORT_H

#include <stdlib.h>

#include "chain/chain.h"
#include "sign/keys.h"

enum { FUZZ_BEACONS = 1 << 16 };

typedef struct fuzz_chain {
    pp_chain *chain;
    pp_store *store;
    pp_hash32 genesis;
    pp_hash32 beacons[FUZZ_BEACONS];
    uint8_t key[32];
    pp_address sender;
} fuzz_chain;

static inline bool fuzz_check(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx, (void)claim;
    return proof.size > 0 && proof.data[0] == 'y';
}

static inline void fuzz_genesis(fuzz_chain *f, char **file) {
    pp_genesis_account accounts[] = {{f->sender, (pp_u128)1 << 80}};
    pp_genesis_prover provers[] = {{f->sender, (pp_u128)1 << 80, 8}};
    pp_genesis_rollup rollups[] = {{.name = "live",
                                    .chain_id = 77,
                                    .open = true,
                                    .base_fee = 7,
                                    .gas_limit = 30000000,
                                    .batch_transactions = 3,
                                    .batch_bytes = PP_ROLLUP_TX_SIZE_MAX,
                                    .batch_blocks = 2,
                                    .batch_backlog = 64,
                                    .queue_deposits = 2,
                                    .queue_forced = 2,
                                    .queue_batches = 2,
                                    .fund = (pp_u128)1 << 70,
                                    .reserve_rate = 1000000,
                                    .work_batch = 1,
                                    .work_transaction = 1,
                                    .terms = {.winners = 1,
                                              .kappa = 2,
                                              .commit_window = 10,
                                              .reveal_window = 10,
                                              .decline_window = 10,
                                              .work_window = 5000,
                                              .bounty_window = 10,
                                              .expiry = 40000}}};
    pp_genesis g = {.name = "fuzz",
                    .block_interval = 1000,
                    .block_bytes = 1 << 22,
                    .block_items = 16,
                    .command_fee = 3,
                    .check = PP_CHECK_RE_EXECUTE,
                    .exit = {100000, 100},
                    .registry = {8, 1000},
                    .beacon_end = f->beacons[0],
                    .accounts_max = 32,
                    .requests_max = 256,
                    .accounts = accounts,
                    .accounts_len = 1,
                    .provers = provers,
                    .provers_len = 1,
                    .rollups = rollups,
                    .rollups_len = 1};
    pp_market_params_default(&g.market);
    g.market.inclusion_bound = 5; // ms: an auction is over within a block here
    *file = pp_genesis_print(&g);
}

static inline fuzz_chain *fuzz_open(void) {
    static fuzz_chain f;
    if (f.chain) return &f;
    memset(f.key, 7, sizeof f.key);
    memset(f.beacons[FUZZ_BEACONS - 1].b, 1, 32);
    for (size_t i = FUZZ_BEACONS - 1; i > 0; i--) pp_beacon_next(&f.beacons[i - 1], &f.beacons[i]);
    pp_err err = {0};
    char *file;
    bool ok =
        pp_sign_address(&f.sender, f.key) && pp_store_open(&err, &f.store, "", PP_STORE_MEMORY);
    PP_ASSERT(ok);
    fuzz_genesis(&f, &file);
    pp_bytes bytes = {(const uint8_t *)file, strlen(file)};
    pp_genesis_hash(&f.genesis, bytes);
    pp_chain_env env = {.check = fuzz_check, .store = f.store};
    if (!pp_chain_new(&err, &f.chain, "genesis", bytes, &env))
        pp_panic(__FILE__, __LINE__, err.text);
    free(file);
    return &f;
}

// The next block with this item; made anew when the beacons are used up.
static inline void fuzz_block(fuzz_chain *f, pp_bytes item) {
    pp_chain_info info;
    pp_chain_info_get(&info, f->chain);
    if (info.height + 1 >= FUZZ_BEACONS) return;
    size_t size, taken;
    pp_hash32 hash;
    pp_err err;
    pp_chain_result result;
    uint8_t *bytes = pp_chain_propose(&size, &taken, f->chain, info.time + 1000,
                                      &f->beacons[info.height + 1], &item, 1);
    bool ok = pp_chain_finalize(&err, &result, f->chain, (pp_bytes){bytes, size});
    PP_ASSERT(ok && result.code == PP_CHAIN_OK && result.items_len == taken);
    pp_chain_commit(&hash, f->chain);
    free(bytes);
}

#endif
