// SPDX-License-Identifier: MIT OR Apache-2.0
// The trees behind the state hash: four children a node, so that a node is one block of Keccak.
#include "hash/keccak.h"
#include "market/internal.h"

static uint32_t parents(uint32_t nodes) {
    return (nodes + 3) / 4;
}

static size_t nodes_of(uint32_t leaves) {
    size_t all = leaves;
    for (uint32_t level = leaves; level > 1; level = parents(level)) all += parents(level);
    return all;
}

static size_t words_of(uint32_t leaves) {
    return leaves / 64 + 1;
}

size_t pp_market_tree_size(uint32_t leaves) {
    return sizeof(pp_market_tree) + nodes_of(leaves) * sizeof(pp_hash32) +
           leaves * sizeof(uint32_t) + words_of(leaves) * sizeof(uint64_t) + (size_t)4 * 16;
}

pp_market_tree *pp_market_tree_new(pp_arena *arena, uint32_t leaves) {
    pp_market_tree *t = PP_ARENA_NEW(arena, pp_market_tree, 1);
    PP_ASSERT(t != NULL && leaves > 0);
    t->leaves = leaves;
    t->nodes = PP_ARENA_NEW(arena, pp_hash32, nodes_of(leaves));
    t->dirty = PP_ARENA_NEW(arena, uint32_t, leaves);
    t->is_dirty = PP_ARENA_NEW(arena, uint64_t, words_of(leaves));
    PP_ASSERT(t->is_dirty != NULL);
    return t;
}

static void hash_node(pp_hash32 *out, const pp_hash32 *children, uint32_t len) {
    static const pp_hash32 zeros[4];
    memset(out, 0, sizeof *out);
    if (memcmp(children, zeros, len * sizeof *children) == 0) return;
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, children, len * sizeof *children);
    pp_keccak_update(&k, zeros, (4 - len) * sizeof *children);
    pp_keccak_final(&k, out);
}

void pp_market_tree_root(pp_hash32 *out, pp_market_tree *t,
                         void (*leaf)(pp_hash32 *out, const pp_market *m, uint32_t at),
                         const pp_market *m) {
    for (uint32_t i = 0; i < t->dirty_len; i++) {
        leaf(&t->nodes[t->dirty[i]], m, t->dirty[i]);
        t->is_dirty[t->dirty[i] / 64] = 0;
    }
    uint32_t len = t->dirty_len;
    pp_hash32 *level = t->nodes;
    for (uint32_t width = t->leaves; width > 1; width = parents(width)) {
        pp_hash32 *above = level + width;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < len; i++) { // the list of nodes becomes that of their parents
            uint32_t at = t->dirty[i] / 4;
            if (t->is_dirty[at / 64] >> at % 64 & 1) continue;
            t->is_dirty[at / 64] |= (uint64_t)1 << at % 64;
            t->dirty[kept++] = at;
        }
        len = kept;
        for (uint32_t i = 0; i < len; i++) {
            uint32_t at = t->dirty[i], left = width - 4 * at;
            hash_node(&above[at], &level[4 * (size_t)at], left < 4 ? left : 4);
            t->is_dirty[at / 64] = 0;
        }
        level = above;
    }
    t->dirty_len = 0;
    *out = *level;
}
