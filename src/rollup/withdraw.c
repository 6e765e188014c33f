// SPDX-License-Identifier: MIT OR Apache-2.0
// The tree as the batch guest builds it: the roots of its complete subtrees alone, so that a batch
// of any size needs the same memory. withdraw_path.c, which is native, goes down from the top.
//
// complete[k] holds 2^k leaves where bit k of count is set. What stands higher came earlier: so the
// root folds from the lowest one up, and each goes to the left of what was folded so far, which is
// RFC 6962's tree. (The guest's bytes name this file's line numbers: who moves an assertion here
// renames the program.)
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
    static const char tag[] = "polypoly/withdrawals/1";
    enum { TAG = sizeof tag - 1 };
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
    uint8_t bytes[TAG + 8 + 32];
    memcpy(bytes, tag, TAG);
    pp_store_be64(bytes + TAG, tree->count);
    memcpy(bytes + TAG + 8, top.b, 32);
    pp_keccak256(out, bytes, sizeof bytes);
}
