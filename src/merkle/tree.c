// SPDX-License-Identifier: MIT OR Apache-2.0
#include "merkle/tree.h"

#include <stdlib.h>

#include "hash/batch.h"

bool pp_merkle_tree_build(pp_err *err, pp_merkle_tree *tree, pp_threads *pool, const pp_fp *rows,
                          unsigned log_leaves, size_t width, uint32_t domain, uint32_t parameter,
                          uint32_t tag) {
    PP_ASSERT(log_leaves <= PP_MERKLE_LOG_LEAVES_MAX);
    size_t n = (size_t)1 << log_leaves;
    tree->log_leaves = log_leaves;
    tree->nodes = malloc((2 * n - 1) * sizeof *tree->nodes);
    if (tree->nodes == NULL)
        return pp_err_set(err, PP_EXIT_USAGE, "no memory for a Merkle tree of 2^%u leaves",
                          log_leaves);
    pp_hash_leaves(pool, tree->nodes, rows, n, width, domain, parameter);
    pp_digest *level = tree->nodes;
    for (; n > 1; n /= 2) {
        pp_hash_nodes(pool, level + n, level, n / 2, tag);
        level += n;
    }
    return true;
}

void pp_merkle_tree_free(pp_merkle_tree *tree) {
    free(tree->nodes);
    tree->nodes = NULL;
}

void pp_merkle_tree_open(const pp_merkle_tree *tree, uint32_t *index, size_t len,
                         pp_transcript *t) {
    const pp_digest *level = tree->nodes;
    for (size_t n = (size_t)1 << tree->log_leaves; n > 1; n /= 2) {
        size_t up = 0;
        for (size_t i = 0; i < len; up++) {
            uint32_t at = index[i++];
            if ((at & 1) == 0 && i < len && index[i] == at + 1)
                i++;
            else
                pp_transcript_send_hint_digest(t, "sibling", &level[at ^ 1], 1);
            index[up] = at >> 1;
        }
        len = up;
        level += n;
    }
}
