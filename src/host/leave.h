// SPDX-License-Identifier: MIT OR Apache-2.0
// What people need to leave a rollup when nobody is there any more: one file with the rollup's
// accounts under its last proven root, and the withdrawals under it that nobody has claimed. From
// it and a key alone the commands are made that any node of the network takes.
//
// The file, little-endian:
//   8 bytes "PPLEAVE" and 0x01, the version | 32 genesis hash | u64 lane | u64 chain id
//   u64 height and u64 time (ms) of the last block | u64 batches under the root | 36 the root
//   u64 accounts, each 20 address, u64 nonce, u128 wei: ascending by address
//   u32 batches with something to claim, ascending, each u64 number, u32 withdrawals (1 or more),
//   each 20 receiver, u128 wei (1 or more), u8 1 when it is claimed already
//   32 bytes Keccak-256("polypoly/leave/1", all before)
// There is one encoding of each content.
#ifndef PP_HOST_LEAVE_H
#define PP_HOST_LEAVE_H

#include "chain/chain.h"

typedef struct pp_leave_account {
    pp_address address;
    pp_account account;
} pp_leave_account;

typedef struct pp_leave_batch {
    uint64_t batch;
    size_t len;
    pp_withdrawal *all; // their indices are 0 to len - 1
    bool *claimed;
} pp_leave_batch;

typedef struct pp_leave {
    pp_hash32 genesis;
    uint64_t lane;
    uint64_t chain_id;
    uint64_t height, time; // of the last block that it knows of
    uint64_t checked;      // batches under the root
    pp_digest root;        // the last proven (or re-executed) one
    size_t accounts_len;
    pp_leave_account *accounts; // ascending by address
    size_t batches_len;
    pp_leave_batch *batches; // ascending; those with a withdrawal that is not claimed
} pp_leave;

#define PP_LEAVE_FILE_MAX ((size_t)8 << 30) // bytes

// What a chain knows of a lane behind its last block; store: the chain's. False when there is no
// such lane, or the store fails. pp_leave_free either way.
PP_NODISCARD bool pp_leave_make(pp_err *err, pp_leave *out, const pp_chain *chain, pp_store *store,
                                uint64_t lane);
// Its bytes, malloc'ed.
uint8_t *pp_leave_encode(size_t *out_size, const pp_leave *leave);
// False with one sentence unless the bytes are exactly one file; *out is then all zero. `name`
// stands in the sentence. That the accounts give the root is looked at when a claim is made.
PP_NODISCARD bool pp_leave_decode(pp_err *err, pp_leave *out, const char *name, pp_bytes bytes);
void pp_leave_free(pp_leave *leave);

// The signed commands with which the owner of `key` leaves: one for each withdrawal of its, one for
// its account where that holds something.
typedef struct pp_leave_claims {
    pp_address owner;
    size_t withdrawals;
    pp_u128 withdrawn, balance; // wei
    size_t items_len;
    pp_bytes *items; // withdrawals first; heap, each
} pp_leave_claims;
// `receiver` (NULL: the owner) gets all of it. Without `leaves` they are all that is claimed. False
// with one sentence, exit code 1, when the accounts do not give the root; 2 when the key is none.
PP_NODISCARD bool pp_leave_claim(pp_err *err, pp_leave_claims *out, const pp_leave *leave,
                                 const char *name, const uint8_t key[32],
                                 const pp_address *receiver, bool leaves);
void pp_leave_claims_free(pp_leave_claims *claims);

#endif
