// SPDX-License-Identifier: MIT OR Apache-2.0
// Leaf-columns of fractions p/q as strips, and work on all of them by several threads. Native;
// internal to prove/.
#ifndef PP_PROVE_STRIPS_H
#define PP_PROVE_STRIPS_H

#include "prove/parts.h"

// One leaf-column of one layer, by halves; `len` pairs are stored, a multiple of PP_LANES_UNIT,
// with the tail where they are not real. It folds from one room into the other and back: the second
// is the room of the layer above, which is used up by then and half as large, so that the way down
// takes no new memory.
typedef struct pp_strip {
    pp_fp *v; // p0, p1, q0, q1: five planes of len each, in room[now]
    pp_fp *room[2];
    int now;
    size_t len;
    pp_ext tail;
} pp_strip;

// Room for so many pairs, to be freed.
pp_fp *pp_strip_room(size_t len);
// A strip with one room, not filled.
pp_strip pp_strip_new(size_t len, pp_ext tail);
pp_halves pp_strip_halves(const pp_strip *s);
// Pairs from `first` on: p0, 0, over q, q.
void pp_strip_fill(pp_strip *s, size_t first, pp_ext p0, pp_ext q);

// The same halves, from pair `first` on.
static inline pp_halves pp_halves_from(pp_halves h, size_t first) {
    h.p0.v += first;
    h.p1.v += first;
    h.q0.v += first;
    h.q1.v += first;
    return h;
}

// Calls fn on ranges that cover [0, len / 2) of each strip: the entries of what has half as many as
// the strip has pairs. Strips are of very different lengths, so threads share the entries of all of
// them; a range begins and ends at multiples of PP_STRIP_UNIT.
enum { PP_STRIP_UNIT = PP_LANES_UNIT / 2 };
typedef void pp_strip_fn(void *ctx, size_t strip, size_t first, size_t end, size_t part);
void pp_strips_run(pp_threads *pool, const pp_strip *strips, size_t len, pp_strip_fn *fn,
                   void *ctx);

static inline size_t pp_smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

#endif
