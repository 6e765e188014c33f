// SPDX-License-Identifier: MIT OR Apache-2.0
#include "merkle/tree.h"

#include <stdlib.h>

#include "hash/batch.h"

enum { LOG_BLOCK = 12 }; // leaves hashed at a time: their digests stay in cache

bool pp_merkle_tree_build(pp_err *err, pp_merkle_tree *tree, pp_threads *pool, const pp_fp *rows,
                          unsigned log_leaves, size_t width, uint32_t domain, uint32_t parameter,
                          uint32_t tag) {
    PP_ASSERT(log_leaves <= PP_MERKLE_LOG_LEAVES_MAX);
    size_t n = (size_t)1 << log_leaves, block = n < (1 << LOG_BLOCK) ? n : 1 << LOG_BLOCK;
    *tree = (pp_merkle_tree){log_leaves, rows, width, domain, parameter, tag, NULL};
    tree->nodes = malloc((n > 1 ? n - 1 : 1) * sizeof *tree->nodes);
    pp_digest *leaves = malloc(block * sizeof *leaves);
    if (tree->nodes == NULL || leaves == NULL) {
        free(leaves);
        pp_merkle_tree_free(tree);
        return pp_err_set(err, PP_EXIT_USAGE, "no memory for a Merkle tree of 2^%u leaves",
                          log_leaves);
    }
    for (size_t i = 0; i < n; i += block) {
        pp_hash_leaves(pool, leaves, rows + i * width, block, width, domain, parameter);
        if (n == 1)
            tree->nodes[0] = leaves[0];
        else
            pp_hash_nodes(pool, tree->nodes + i / 2, leaves, block / 2, tag);
    }
    free(leaves);
    pp_digest *level = tree->nodes;
    for (n /= 2; n > 1; n /= 2) {
        pp_hash_nodes(pool, level + n, level, n / 2, tag);
        level += n;
    }
    return true;
}

void pp_merkle_tree_free(pp_merkle_tree *tree) {
    free(tree->nodes);
    tree->nodes = NULL;
}

// Sends node `at` of a level; level 0 is not kept.
static void send_node(const pp_merkle_tree *tree, const pp_digest *level, size_t at,
                      pp_transcript *t) {
    pp_digest digest;
    if (level == NULL)
        pp_hash_leaf(&digest, tree->rows + at * tree->width, tree->width, tree->domain,
                     tree->parameter);
    else
        digest = level[at];
    pp_transcript_send_hint_digest(t, "sibling", &digest, 1);
}

void pp_merkle_tree_open(const pp_merkle_tree *tree, uint32_t *index, size_t len,
                         pp_transcript *t) {
    const pp_digest *level = NULL;
    for (size_t n = (size_t)1 << tree->log_leaves; n > 1; n /= 2) {
        size_t up = 0;
        for (size_t i = 0; i < len; up++) {
            uint32_t at = index[i++];
            if ((at & 1) == 0 && i < len && index[i] == at + 1)
                i++;
            else
                send_node(tree, level, at ^ 1, t);
            index[up] = at >> 1;
        }
        len = up;
        level = level == NULL ? tree->nodes : level + n;
    }
}
