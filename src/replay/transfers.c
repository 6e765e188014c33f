// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "codec/wallet.h"
#include "replay/file.h"
#include "sign/keys.h"

enum { SENDERS = 4 };

static int by_address(const void *a, const void *b) {
    return memcmp(((const pp_replay_account *)a)->address.b,
                  ((const pp_replay_account *)b)->address.b, 20);
}

void pp_replay_file_transfers(pp_replay_file *file, size_t len, uint64_t chain_id) {
    memset(file, 0, sizeof *file);
    file->chain_id = chain_id;
    file->base_fee = 1000000000;
    file->raw = malloc(len * PP_TRANSFER_SIZE_MAX);
    file->transactions = calloc(len, sizeof *file->transactions);
    file->accounts = calloc(SENDERS, sizeof *file->accounts);
    PP_ASSERT(len > 0 && file->raw && file->transactions && file->accounts);
    file->transactions_len = len;
    file->accounts_len = SENDERS;
    uint8_t keys[SENDERS][32] = {{0}};
    for (size_t i = 0; i < SENDERS; i++) {
        keys[i][31] = (uint8_t)(i + 1);
        bool ok = pp_sign_address(&file->accounts[i].address, keys[i]);
        PP_ASSERT(ok);
        file->accounts[i].balance = pp_u256_from_u128((pp_u128)1 << 80);
    }
    for (size_t i = 0; i < len; i++) {
        pp_transfer t = {.chain_id = chain_id,
                         .nonce = i / SENDERS,
                         .tip_cap = 1000000000,
                         .fee_cap = 10000000000,
                         .gas_limit = 21000,
                         .value = pp_u256_from_u64(1000000000000000)};
        memset(t.to.b, (int)(0x40 + i % 64), sizeof t.to.b); // receivers differ
        uint8_t *raw = file->raw + i * PP_TRANSFER_SIZE_MAX;
        file->transactions[i] = (pp_bytes){raw, pp_transfer_sign(raw, &t, keys[i % SENDERS])};
    }
    qsort(file->accounts, SENDERS, sizeof *file->accounts, by_address);
}
