// SPDX-License-Identifier: MIT OR Apache-2.0
// The nodes of the withdrawal tree. Only for rollup/withdraw*.c.
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

#endif
