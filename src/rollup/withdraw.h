// SPDX-License-Identifier: MIT OR Apache-2.0
// The withdrawals of one batch as a Merkle tree over Keccak-256, so that the chain and an Ethereum
// contract can check a claim against a proven batch. Pure.
//
//   leaf = Keccak(0x00, index u64, receiver 20, amount u256), integers big-endian
//   node = Keccak(0x01, left, right)
//   root = Keccak("polypoly/withdrawals/1", count u64 big-endian, top), top = 32 zero bytes for
//   none
// The tree over n leaves is RFC 6962's: left of a node stands the largest power of two below n.
#ifndef PP_ROLLUP_WITHDRAW_H
#define PP_ROLLUP_WITHDRAW_H

#include "base/u256.h"

typedef struct pp_withdrawal {
    uint64_t index; // within the batch, from 0
    pp_address receiver;
    pp_u256 amount; // wei
} pp_withdrawal;

void pp_withdrawal_leaf(pp_hash32 *out, const pp_withdrawal *w);

enum { PP_WITHDRAWALS_LOG_MAX = 32 };

// A tree under construction: the roots of its complete subtrees, one for each one-bit of count.
typedef struct pp_withdrawals {
    uint64_t count; // below 2^PP_WITHDRAWALS_LOG_MAX
    pp_hash32 complete[PP_WITHDRAWALS_LOG_MAX];
} pp_withdrawals;

void pp_withdrawals_init(pp_withdrawals *tree);
// The next withdrawal: its index is tree->count.
void pp_withdrawals_append(pp_withdrawals *tree, const pp_address *receiver, const pp_u256 *amount);
void pp_withdrawals_root(pp_hash32 *out, const pp_withdrawals *tree);

// The top of the tree over these (index i stands at i), which with their number makes the root.
// 0 < count <= 2^PP_WITHDRAWALS_LOG_MAX here and below.
void pp_withdrawals_top(pp_hash32 *out, const pp_withdrawal *all, uint64_t count);
// The Merkle path of all[index]: the digests beside its way to the top, from the leaf up. Returns
// how many; index < count, asserted. Costs 2 count hashes.
size_t pp_withdrawals_path(pp_hash32 out[PP_WITHDRAWALS_LOG_MAX], const pp_withdrawal *all,
                           uint64_t count, uint64_t index);
// The top that a withdrawal with this path among `count` leads to. False when a path in such a tree
// has another length, or there is no such index.
PP_NODISCARD bool pp_withdrawals_climb(pp_hash32 *top, uint64_t count, const pp_withdrawal *w,
                                       const pp_hash32 *path, size_t path_len);

#endif
