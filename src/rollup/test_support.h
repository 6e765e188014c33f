// SPDX-License-Identifier: MIT OR Apache-2.0
// What the rollup's tests share: signed transactions, the mainnet block, batches run natively and
// by the guest.
#ifndef PP_ROLLUP_TEST_SUPPORT_H
#define PP_ROLLUP_TEST_SUPPORT_H

#include "base/test.h"
#include "rollup/rollup.h"
#include "state/store.h"
#include "vm/vm.h"

// --- transactions ---

// Right, or wrong in one way.
enum spec_signature { SIG_GOOD, SIG_HIGH_S, SIG_ZERO_R, SIG_ZERO_S, SIG_BIG_R, SIG_PARITY };

typedef struct tx_spec {
    int type; // 0 legacy, 1, 2; legacy with chain_id SPEC_UNPROTECTED is from before EIP-155
    uint64_t chain_id, nonce, gas_limit;
    pp_u256 tip_cap, fee_cap; // fee_cap is the gas price of types 0 and 1
    bool creates;
    pp_address to;
    pp_u256 value;
    size_t data_size;                       // bytes of input, all 0x5a
    unsigned access_addresses, access_keys; // keys of each address
    enum spec_signature signature;
} tx_spec;
#define SPEC_UNPROTECTED UINT64_MAX

enum { RAW_MAX = 8192 };
typedef struct raw_tx {
    size_t size;
    uint8_t data[RAW_MAX];
} raw_tx;

static inline pp_bytes raw_bytes(const raw_tx *raw) {
    return (pp_bytes){raw->data, raw->size};
}

// Test account i: its key and address. Any i.
void test_key(uint8_t key[32], uint64_t i);
pp_address test_address(uint64_t i);
// Encodes and signs with the key of test account `from`.
void sign_tx(raw_tx *out, const tx_spec *spec, uint64_t from);

// --- the mainnet block of examples/ ---

typedef struct block_account {
    pp_address address;
    pp_account account;
} block_account;

typedef struct block {
    pp_rollup_env env; // batch 0
    size_t txs_len, accounts_len;
    pp_bytes *txs;
    bool *plain; // marked plain_transfer
    block_account *accounts;
} block;

// Loads it once; never freed. NULL (with a failed check) when the file is not readable.
const block *load_block(void);

// --- batches ---

typedef struct ran {
    pp_rollup_output output;
    pp_rollup_totals totals;
    pp_rollup_result *results; // forced_len + txs_len
    uint8_t *input;            // encoded batch input
    size_t input_size;
} ran;
void ran_free(ran *r);

// A store with these accounts; its root.
pp_store *store_of(pp_digest *root, const block_account *accounts, size_t len);
// Runs a batch on the state at *root, commits, moves *root on. Fails the test on any error.
bool run_content(ran *r, pp_store *store, pp_digest *root, const pp_rollup_content *content);
// The same for a batch of the lane's transactions only.
bool run_native(ran *r, pp_store *store, pp_digest *root, const pp_rollup_env *env,
                const pp_bytes *txs, size_t txs_len);

// The checked-in guest on an input: its output equals `expected`, or with NULL it must end with
// exit code 1. Returns cycles, 0 when it failed.
uint64_t run_guest(pp_bytes input, const pp_rollup_output *expected);

#endif
