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

// ---- many hashes at once ------------------------------------------------------------------------

enum { BATCH = 64 };

// Messages that wait for the hasher, and room for the bytes of those that lie nowhere else.
typedef struct batch {
    pp_keccak_hasher *hasher;
    size_t len, used;
    pp_keccak_message messages[BATCH];
    uint8_t bytes[4 * PP_MARKET_LEAF_MAX];
} batch;

static void flush(batch *b) {
    b->hasher(b->messages, b->len);
    b->len = b->used = 0;
}

// Room for the longest message.
static uint8_t *room(batch *b) {
    if (b->len == BATCH || sizeof b->bytes - b->used < PP_MARKET_LEAF_MAX) flush(b);
    return b->bytes + b->used;
}

static void add(batch *b, pp_hash32 *out, const uint8_t *data, size_t size) {
    if (b->len == BATCH) flush(b);
    b->messages[b->len++] = (pp_keccak_message){data, size, out};
    if (data == b->bytes + b->used) b->used += size;
}

static void add_leaf(batch *b, pp_market_tree *t, pp_market_leaf *leaf, const pp_market *m,
                     uint32_t at) {
    uint8_t *bytes = room(b);
    size_t size = leaf(bytes, m, at);
    if (size == 0)
        memset(&t->nodes[at], 0, sizeof t->nodes[at]);
    else
        add(b, &t->nodes[at], bytes, size);
}

// len < 4 at the end of a level: the missing ones are zero.
static void add_node(batch *b, pp_hash32 *out, const pp_hash32 *children, uint32_t len) {
    static const pp_hash32 zeros[4];
    memset(out, 0, sizeof *out);
    if (memcmp(children, zeros, len * sizeof *children) == 0) return;
    if (len == 4) {
        add(b, out, children->b, sizeof zeros);
        return;
    }
    uint8_t *bytes = room(b);
    memset(bytes, 0, sizeof zeros);
    memcpy(bytes, children, len * sizeof *children);
    add(b, out, bytes, sizeof zeros);
}

// The list of nodes of a level becomes that of their parents, each once.
static uint32_t rise(pp_market_tree *t, uint32_t len) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < len; i++) {
        uint32_t at = t->dirty[i] / 4;
        if (t->is_dirty[at / 64] >> at % 64 & 1) continue;
        t->is_dirty[at / 64] |= (uint64_t)1 << at % 64;
        t->dirty[kept++] = at;
    }
    return kept;
}

void pp_market_tree_root(pp_hash32 *out, pp_market_tree *t, pp_market_leaf *leaf,
                         const pp_market *m) {
    batch b;
    b.hasher = m->hasher;
    b.len = b.used = 0;
    for (uint32_t i = 0; i < t->dirty_len; i++) {
        add_leaf(&b, t, leaf, m, t->dirty[i]);
        t->is_dirty[t->dirty[i] / 64] = 0;
    }
    flush(&b);
    uint32_t len = t->dirty_len;
    pp_hash32 *level = t->nodes;
    for (uint32_t width = t->leaves; width > 1; width = parents(width)) {
        pp_hash32 *above = level + width;
        len = rise(t, len);
        for (uint32_t i = 0; i < len; i++) {
            uint32_t at = t->dirty[i], left = width - 4 * at;
            add_node(&b, &above[at], &level[4 * (size_t)at], left < 4 ? left : 4);
            t->is_dirty[at / 64] = 0;
        }
        flush(&b);
        level = above;
    }
    t->dirty_len = 0;
    *out = *level;
}
