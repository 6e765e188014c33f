// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rollup/withdraw.h"

#include "hash/keccak.h"
#include "rollup/withdraw_node.h"

void pp_withdrawal_leaf(pp_hash32 *out, const pp_withdrawal *w) {
    uint8_t bytes[1 + 8 + 20 + 32] = {0x00};
    pp_store_be64(bytes + 1, w->index);
    memcpy(bytes + 9, w->receiver.b, 20);
    pp_u256_store_be(bytes + 29, &w->amount);
    pp_keccak256(out, bytes, sizeof bytes);
}

void pp_withdrawals_init(pp_withdrawals *tree) {
    memset(tree, 0, sizeof *tree);
}

void pp_withdrawals_append(pp_withdrawals *tree, const pp_address *receiver,
                           const pp_u256 *amount) {
    pp_withdrawal w = {.index = tree->count, .receiver = *receiver, .amount = *amount};
    pp_hash32 top;
    pp_withdrawal_leaf(&top, &w);
    unsigned level = 0;
    for (; tree->count >> level & 1; level++) node(&top, &tree->complete[level], &top);
    PP_ASSERT(level < PP_WITHDRAWALS_LOG_MAX);
    tree->complete[level] = top;
    tree->count++;
}

void pp_withdrawals_root(pp_hash32 *out, const pp_withdrawals *tree) {
    pp_hash32 top = {{0}};
    bool any = false;
    for (unsigned level = 0; level < PP_WITHDRAWALS_LOG_MAX; level++) {
        if (!(tree->count >> level & 1)) continue;
        if (any)
            node(&top, &tree->complete[level], &top);
        else
            top = tree->complete[level];
        any = true;
    }
    seal(out, tree->count, &top);
}
