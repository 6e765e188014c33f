// SPDX-License-Identifier: MIT OR Apache-2.0
// Merkle paths of withdrawals: RFC 6962, section 2.1, and its check, RFC 9162, section 2.1.3.2.
#include "rollup/withdraw.h"

#include "rollup/withdraw_node.h"

// The largest power of two below n > 1.
static uint64_t split(uint64_t n) {
    uint64_t k = 1;
    while (2 * k < n) k *= 2;
    return k;
}

void pp_withdrawals_top(pp_hash32 *out, const pp_withdrawal *all, uint64_t count) {
    if (count == 1) {
        pp_withdrawal_leaf(out, all);
        return;
    }
    uint64_t k = split(count);
    pp_hash32 right;
    pp_withdrawals_top(out, all, k);
    pp_withdrawals_top(&right, all + k, count - k);
    node(out, out, &right);
}

size_t pp_withdrawals_path(pp_hash32 out[PP_WITHDRAWALS_LOG_MAX], const pp_withdrawal *all,
                           uint64_t count, uint64_t index) {
    PP_ASSERT(index < count);
    size_t len = 0;
    while (count > 1) { // from the top down
        uint64_t k = split(count);
        PP_ASSERT(len < PP_WITHDRAWALS_LOG_MAX);
        if (index < k) {
            pp_withdrawals_top(&out[len++], all + k, count - k);
            count = k;
        } else {
            pp_withdrawals_top(&out[len++], all, k);
            all += k;
            index -= k;
            count -= k;
        }
    }
    for (size_t i = 0; i < len / 2; i++) {
        pp_hash32 h = out[i];
        out[i] = out[len - 1 - i];
        out[len - 1 - i] = h;
    }
    return len;
}

bool pp_withdrawals_climb(pp_hash32 *top, uint64_t count, const pp_withdrawal *w,
                          const pp_hash32 *path, size_t path_len) {
    if (w->index >= count) return false;
    uint64_t at = w->index, last = count - 1;
    pp_withdrawal_leaf(top, w);
    for (size_t i = 0; i < path_len; i++) {
        if (last == 0) return false;
        if (at % 2 == 1 || at == last) {
            node(top, &path[i], top);
            while (at % 2 == 0 && at != 0) { // levels at which the last node has no sibling
                at /= 2;
                last /= 2;
            }
        } else {
            node(top, top, &path[i]);
        }
        at /= 2;
        last /= 2;
    }
    return last == 0;
}
