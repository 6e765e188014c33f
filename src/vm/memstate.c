// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/memstate.h"

#include <stdlib.h>

void pp_memstate_begin(pp_memstate *s, const pp_program *program, pp_bytes input) {
    memset(s, 0, sizeof *s);
    pp_memtree_begin(&s->start, program, input);
}

void pp_memstate_free(pp_memstate *s) {
    free(s->nodes);
    s->nodes = NULL;
}

// Nodes by the number they have in a heap, the root 1.
static uint32_t key_of(unsigned level, uint32_t index) {
    return ((uint32_t)1 << (PP_VM_TREE_DEPTH - level)) + index;
}

// Where the key is, or could stand.
static pp_memstate_node *find(const pp_memstate *s, uint32_t key) {
    size_t mask = s->max - 1, at = (size_t)(key * UINT32_C(2654435761)) & mask;
    while (s->nodes[at].key != 0 && s->nodes[at].key != key) at = (at + 1) & mask;
    return &s->nodes[at];
}

static void grow(pp_memstate *s) {
    pp_memstate old = *s;
    s->max = old.max ? 2 * old.max : 4096;
    s->nodes = calloc(s->max, sizeof *s->nodes);
    if (s->nodes == NULL) {
        *s = old;
        s->failed = true;
        return;
    }
    for (size_t i = 0; i < old.max; i++)
        if (old.nodes[i].key != 0) *find(s, old.nodes[i].key) = old.nodes[i];
    free(old.nodes);
}

void pp_memstate_set(pp_memstate *s, unsigned level, uint32_t index, const pp_digest *digest) {
    if (2 * s->len >= s->max) grow(s);
    if (s->failed) return;
    uint32_t key = key_of(level, index);
    pp_memstate_node *node = find(s, key);
    s->len += node->key == 0;
    *node = (pp_memstate_node){key, *digest};
}

void pp_memstate_get(pp_memstate *s, pp_digest *out, unsigned level, uint32_t index) {
    if (s->max != 0) {
        const pp_memstate_node *node = find(s, key_of(level, index));
        if (node->key != 0) {
            *out = node->digest;
            return;
        }
    }
    uint32_t first = index << level;
    if (level <= PP_MEMTREE_QUARTER_DEPTH && pp_memtree_zeros(&s->start, out, first, level)) return;
    if (level == 0) {
        uint8_t page[PP_VM_PAGE_SIZE];
        pp_perm perm = pp_memtree_page(&s->start, page, index);
        pp_memtree_leaf(out, page, perm);
    } else {
        pp_digest left, right;
        pp_memstate_get(s, &left, level - 1, 2 * index);
        pp_memstate_get(s, &right, level - 1, 2 * index + 1);
        pp_memtree_node(out, &left, &right);
    }
    pp_memstate_set(s, level, index, out);
}
