// SPDX-License-Identifier: MIT OR Apache-2.0
// The file a replay starts from: one Ethereum block, its signed transactions as raw bytes and the
// accounts before it, as JSON (examples/README.md describes the shape).
#ifndef PP_REPLAY_FILE_H
#define PP_REPLAY_FILE_H

#include "base/err.h"
#include "base/u256.h"

enum {
    PP_REPLAY_FILE_MAX = 256 << 20, // bytes
    PP_REPLAY_RAW_MAX = 128 << 10,  // bytes in one raw transaction, as Ethereum's nodes have it
};

typedef struct pp_replay_account {
    pp_address address;
    pp_u256 balance; // wei
    uint64_t nonce;
    bool code; // a contract lives there on mainnet; carried through, without meaning here
} pp_replay_account;

typedef struct pp_replay_file {
    uint64_t number;
    uint64_t timestamp; // seconds
    uint64_t base_fee;  // wei per gas
    uint64_t chain_id;
    pp_address fee_recipient;
    pp_bytes *transactions; // raw signed bytes, in block order
    size_t transactions_len;
    pp_replay_account *accounts; // ascending by address, none twice
    size_t accounts_len;
    pp_hash32 id; // Keccak-256 of all of the above
    uint8_t *raw; // owns the transactions' bytes
} pp_replay_file;

// Reads and checks FILE. Unknown members are ignored. Where a transaction names its hash, the raw
// bytes must have it. False with one sentence that names the file and the place inside it, as in
// "block.json: transactions[12].raw: not a 0x… string of whole bytes".
PP_NODISCARD bool pp_replay_file_load(pp_err *err, pp_replay_file *file, const char *path);

// As pp_replay_file_load, for text already in memory; `name` stands in the sentences.
PP_NODISCARD bool pp_replay_file_parse(pp_err *err, pp_replay_file *file, const char *name,
                                       const char *text, size_t size);

// A file of `len` > 0 plain transfers of a few accounts, whose keys anybody can guess: a sample to
// count and time, the same everywhere. The file has no id. To be freed.
void pp_replay_file_transfers(pp_replay_file *file, size_t len, uint64_t chain_id);

// Leaves only the first `len` transactions, as if FILE had no more.
void pp_replay_file_cut(pp_replay_file *file, size_t len);

// The account at an address, or NULL.
const pp_replay_account *pp_replay_file_account(const pp_replay_file *file,
                                                const pp_address *address);

void pp_replay_file_free(pp_replay_file *file);

#endif
