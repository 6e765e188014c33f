// SPDX-License-Identifier: MIT OR Apache-2.0
// What a wallet does: a plain transfer as a signed transaction of EIP-1559. Native only; other
// kinds of transaction are for people's own wallets.
#ifndef PP_CODEC_WALLET_H
#define PP_CODEC_WALLET_H

#include "base/u256.h"

typedef struct pp_transfer {
    uint64_t chain_id;
    uint64_t nonce;
    uint64_t tip_cap, fee_cap; // wei per gas
    uint64_t gas_limit;        // 21,000 is what a transfer takes
    pp_address to;
    pp_u256 value; // wei
} pp_transfer;

enum { PP_TRANSFER_SIZE_MAX = 256 };

// Writes the raw transaction and gives its size; 0 when the key is none.
size_t pp_transfer_sign(uint8_t out[PP_TRANSFER_SIZE_MAX], const pp_transfer *transfer,
                        const uint8_t key[32]);

#endif
