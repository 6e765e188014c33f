// SPDX-License-Identifier: MIT OR Apache-2.0
// Ethereum's signed transactions: legacy (EIP-155 and before), EIP-2930, EIP-1559. Pure.
#ifndef PP_CODEC_TX_H
#define PP_CODEC_TX_H

#include "base/u256.h"

typedef enum pp_tx_type { PP_TX_LEGACY = 0, PP_TX_2930 = 1, PP_TX_1559 = 2 } pp_tx_type;

typedef enum pp_tx_status {
    PP_TX_OK = 0,
    PP_TX_MALFORMED,    // not canonical RLP of its type, or bytes behind it
    PP_TX_UNKNOWN_TYPE, // a first byte that no known type has
    PP_TX_BLOB,         // EIP-4844 (type 3), known and not taken; its fields are not looked at
    PP_TX_SET_CODE,     // EIP-7702 (type 4), likewise
} pp_tx_status;

enum { PP_TX_BAD_PARITY = 2 };

// A decoded transaction; data views the raw bytes.
typedef struct pp_tx {
    pp_tx_type type;
    bool has_chain_id; // false only for legacy signatures from before EIP-155
    uint64_t chain_id; // 0 without one
    uint64_t nonce;
    pp_u256 fee_cap; // wei per gas; the gas price of legacy and 2930
    pp_u256 tip_cap; // wei per gas; likewise
    uint64_t gas_limit;
    bool creates; // no recipient: a contract creation
    pp_address to;
    pp_u256 value;
    pp_bytes data;
    uint64_t access_addresses; // entries of the access list, and storage keys in all of them
    uint64_t access_keys;
    unsigned parity; // 0, 1, or PP_TX_BAD_PARITY for a v that means neither
    uint8_t r[32];
    uint8_t s[32];
    pp_hash32 hash;         // Keccak-256 of the raw bytes: the transaction's name
    pp_hash32 signing_hash; // what r, s sign
} pp_tx;

// Decodes the whole of raw. *out is written only on PP_TX_OK. Total, bounded by raw.size.
pp_tx_status pp_tx_decode(pp_tx *out, pp_bytes raw);

// The sender; false when the signature is none: bad parity, high s, or nothing recovered.
PP_NODISCARD bool pp_tx_sender(pp_address *out, const pp_tx *tx);

#endif
