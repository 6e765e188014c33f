// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/strips.h"

#include <stdlib.h>

enum { D = PP_EXT_DEGREE };

pp_halves pp_strip_halves(const pp_strip *s) {
    size_t plane = D * s->len;
    return (pp_halves){{s->v, s->len},
                       {s->v + plane, s->len},
                       {s->v + 2 * plane, s->len},
                       {s->v + 3 * plane, s->len}};
}

void pp_strip_fill(pp_strip *s, size_t first, pp_ext p0, pp_ext q) {
    pp_halves h = pp_strip_halves(s);
    for (size_t l = 0; l < D; l++) {
        for (size_t i = first; i < s->len; i++) {
            h.p0.v[l * s->len + i] = p0.c[l];
            h.p1.v[l * s->len + i] = (pp_fp){0};
            h.q0.v[l * s->len + i] = q.c[l];
            h.q1.v[l * s->len + i] = q.c[l];
        }
    }
}

pp_fp *pp_strip_room(size_t len) {
    return pp_job_alloc(len, 4 * D * sizeof(pp_fp));
}

pp_strip pp_strip_new(size_t len, pp_ext tail) {
    pp_fp *v = pp_strip_room(len);
    return (pp_strip){.v = v, .room = {v}, .len = len, .tail = tail};
}

typedef struct spread {
    const size_t *starts; // of each strip's entries among all, and the end
    pp_strip_fn *fn;
    void *ctx;
} spread;

static void run_entries(void *ctx, size_t first, size_t end, size_t part) {
    const spread *s = ctx;
    for (size_t i = 0; first < end; i++) {
        size_t until = pp_smaller(s->starts[i + 1], end);
        if (until <= first) continue;
        s->fn(s->ctx, i, first - s->starts[i], until - s->starts[i], part);
        first = until;
    }
}

void pp_strips_run(pp_threads *pool, const pp_strip *strips, size_t len, pp_strip_fn *fn,
                   void *ctx) {
    size_t *starts = pp_job_alloc(len + 1, sizeof *starts);
    starts[0] = 0;
    for (size_t i = 0; i < len; i++) starts[i + 1] = starts[i] + strips[i].len / 2;
    spread s = {starts, fn, ctx};
    pp_threads_run(pool, starts[len], PP_STRIP_UNIT, run_entries, &s);
    free(starts);
}
