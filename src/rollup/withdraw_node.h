// SPDX-License-Identifier: MIT OR Apache-2.0
// The hashes of the withdrawal tree above its leaves. Only for rollup/withdraw*.c.
#ifndef PP_ROLLUP_WITHDRAW_NODE_H
#define PP_ROLLUP_WITHDRAW_NODE_H

#include "hash/keccak.h"

// left and out may be the same.
static void node(pp_hash32 *out, const pp_hash32 *left, const pp_hash32 *right) {
    uint8_t bytes[1 + 32 + 32] = {0x01};
    memcpy(bytes + 1, left->b, 32);
    memcpy(bytes + 33, right->b, 32);
    pp_keccak256(out, bytes, sizeof bytes);
}

static void seal(pp_hash32 *root, uint64_t count, const pp_hash32 *top) {
    static const char tag[] = "polypoly/withdrawals/1";
    enum { TAG = sizeof tag - 1 };
    uint8_t bytes[TAG + 8 + 32];
    memcpy(bytes, tag, TAG);
    pp_store_be64(bytes + TAG, count);
    memcpy(bytes + TAG + 8, top->b, 32);
    pp_keccak256(root, bytes, sizeof bytes);
}

#endif
