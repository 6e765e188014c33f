// SPDX-License-Identifier: MIT OR Apache-2.0
// Digests many at a time: what waits for nothing but what is made already, together. Native.
#include "hash/batch.h"
#include "state/cells.h"

enum {
    GROUP = 64, // digests made in one go
    FEW = 3,    // are sooner made one by one than side by side
};

static const pp_state_cell *child_of(const pp_state *s, const pp_state_cell *c, int side) {
    return &s->cells[pp_cell_now(s, c->child[side])];
}

// How many digests are made one after the other below and at each dirty cell, less one, and how
// many cells have how many. Returns the number of dirty cells.
static uint32_t measure(pp_state *s, uint32_t count[PP_STATE_DEPTH + 1]) {
    uint32_t all = 0;
    for (uint32_t i = s->cells_len; i-- > 1;) {
        pp_state_cell *c = &s->cells[i];
        if (!c->dirty) continue;
        c->height = c->kind == PP_CELL_NODE;
        for (int side = 0; c->kind == PP_CELL_NODE && side < 2; side++) {
            const pp_state_cell *child = child_of(s, c, side);
            if (child->dirty && child->height >= c->height)
                c->height = (uint8_t)(child->height + 1);
        }
        count[c->height]++;
        all++;
    }
    return all;
}

static void hash_group(pp_state *s, const uint32_t *cells, size_t n, uint32_t tag) {
    pp_digest halves[2 * GROUP], out[GROUP];
    for (size_t i = 0; i < n; i++) {
        const pp_state_cell *c = &s->cells[cells[i]];
        if (c->kind == PP_CELL_LEAF) {
            const pp_state_leaf *leaf = &s->leaves[c->child[0]];
            pp_state_leaf_halves(&halves[2 * i], &halves[2 * i + 1], &leaf->address,
                                 &leaf->account);
        } else {
            halves[2 * i] = child_of(s, c, 0)->digest;
            halves[2 * i + 1] = child_of(s, c, 1)->digest;
        }
    }
    if (n > FEW)
        pp_hash_nodes(NULL, out, halves, n, tag);
    else
        for (size_t i = 0; i < n; i++)
            pp_hash_node(&out[i], &halves[2 * i], &halves[2 * i + 1], tag);
    for (size_t i = 0; i < n; i++) {
        s->cells[cells[i]].digest = out[i];
        s->cells[cells[i]].dirty = false;
    }
}

void pp_state_hash_many(pp_state *s) {
    uint32_t count[PP_STATE_DEPTH + 1] = {0}, next[PP_STATE_DEPTH + 1], sum = 0;
    const uint32_t all = measure(s, count);
    const size_t size = all * sizeof(uint32_t);
    uint32_t *order = size ? s->source.resize(s->source.ctx, NULL, 0, size) : NULL;
    if (!order) { // nothing to do, or no memory to do it in
        pp_state_hash_each(s);
        return;
    }
    for (int h = 0; h <= PP_STATE_DEPTH; h++) {
        next[h] = sum;
        sum += count[h];
    }
    for (uint32_t i = 1; i < s->cells_len; i++)
        if (s->cells[i].dirty) order[next[s->cells[i].height]++] = i;
    for (int h = 0; h <= PP_STATE_DEPTH; h++)
        for (uint32_t done = 0, n; done < count[h]; done += n) {
            n = count[h] - done < GROUP ? count[h] - done : GROUP;
            hash_group(s, order + next[h] - count[h] + done, n,
                       h == 0 ? PP_TAG_STATE_LEAF : PP_TAG_STATE);
        }
    s->source.resize(s->source.ctx, order, size, 0);
}
