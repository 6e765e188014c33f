// SPDX-License-Identifier: MIT OR Apache-2.0
#include "merkle/merkle.h"

// One level up, in place: the parents of the known nodes. Returns how many there are, 0 when the
// proof has run out.
static size_t climb(uint32_t *index, pp_digest *digest, size_t len, uint32_t tag,
                    pp_transcript *t) {
    size_t up = 0;
    for (size_t i = 0; i < len; up++) {
        uint32_t at = index[i];
        pp_digest pair[2];
        pair[at & 1] = digest[i];
        if ((at & 1) == 0 && i + 1 < len && index[i + 1] == at + 1) {
            pair[1] = digest[i + 1];
            i += 2;
        } else {
            if (!pp_transcript_receive_hint_digest(t, "sibling", &pair[(at & 1) ^ 1], 1)) return 0;
            i++;
        }
        index[up] = at >> 1;
        pp_hash_node(&digest[up], &pair[0], &pair[1], tag);
    }
    return up;
}

bool pp_merkle_verify(const pp_digest *root, unsigned log_leaves, uint32_t *index,
                      pp_digest *digest, size_t len, uint32_t tag, pp_transcript *t) {
    PP_ASSERT(log_leaves <= PP_MERKLE_LOG_LEAVES_MAX && len > 0);
    for (size_t i = 0; i < len; i++)
        PP_ASSERT(index[i] >> log_leaves == 0 && (i == 0 || index[i - 1] < index[i]));
    for (unsigned level = 0; level < log_leaves && len > 0; level++)
        len = climb(index, digest, len, tag, t);
    return len == 1 && pp_digest_eq(digest, root);
}

size_t pp_merkle_opening_len_max(unsigned log_leaves, size_t len) {
    // At each level at most one sibling for each known node, and not more than half of the nodes.
    size_t total = 0;
    for (unsigned depth = 1; depth <= log_leaves; depth++) {
        size_t half = (size_t)1 << (depth - 1);
        total += len < half ? len : half;
    }
    return total;
}
