// SPDX-License-Identifier: MIT OR Apache-2.0
// The prover's side of merkle/merkle.h: whole trees in memory. Native.
#ifndef PP_MERKLE_TREE_H
#define PP_MERKLE_TREE_H

#include "cpu/threads.h"
#include "merkle/merkle.h"

// The digests of the leaves are half of a tree; they are not kept but made again from the rows
// where an opening needs them.
typedef struct pp_merkle_tree {
    unsigned log_leaves;
    const pp_fp *rows; // the caller's
    size_t width;
    uint32_t domain, parameter, tag;
    pp_digest *nodes; // from level 1 on, the root last: 2^log_leaves − 1 digests (1 for one leaf)
} pp_merkle_tree;

// The tree over the rows of a row-major matrix, 2^log_leaves rows of `width` elements, that stay
// where they are; a leaf is pp_hash_leaf of its row under (domain, parameter). False with *err when
// memory is short. Free with pp_merkle_tree_free, which an all-zero tree survives too.
PP_NODISCARD bool pp_merkle_tree_build(pp_err *err, pp_merkle_tree *tree, pp_threads *pool,
                                       const pp_fp *rows, unsigned log_leaves, size_t width,
                                       uint32_t domain, uint32_t parameter, uint32_t tag);
void pp_merkle_tree_free(pp_merkle_tree *tree);

static inline const pp_digest *pp_merkle_tree_root(const pp_merkle_tree *tree) {
    return &tree->nodes[tree->log_leaves == 0 ? 0 : ((size_t)1 << tree->log_leaves) - 2];
}

// Sends the opening that pp_merkle_verify reads. index is used up.
void pp_merkle_tree_open(const pp_merkle_tree *tree, uint32_t *index, size_t len, pp_transcript *t);

#endif
