// SPDX-License-Identifier: MIT OR Apache-2.0
// Included by one source for each instruction set.
#include "field/simd.h"
#include "poly/ceilings.h"

enum { CHAINS = 10 };

static size_t multiply(size_t rounds, pp_fp *sink) {
    pv x[CHAINS];
    pv_factor f = pv_factor_of(pv_all(sink->v | 3));
    for (uint32_t i = 0; i < CHAINS; i++) x[i] = pv_all(i + 5);
    for (size_t r = 0; r < rounds; r++)
        for (int i = 0; i < CHAINS; i++) x[i] = pv_mul_scalar(x[i], f);
    for (int i = 0; i < CHAINS; i++) *sink = pp_fp_add(*sink, pv_sum(pv_canonical(x[i])));
    return rounds * CHAINS * PV_LEN;
}

static inline void one_butterfly(pv *x, pv *y, pv_factor f) {
    pv less = pv_sub32(*x, *y);
    *x = pv_add(*x, *y);
    *y = pv_canonical(pv_mul_scalar(less, f));
}
static size_t butterfly(size_t rounds, pp_fp a[PP_CEILING_LEN], pp_fp b[PP_CEILING_LEN], pp_fp w) {
    pv_factor f = pv_factor_of(pv_all(w.v));
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < PP_CEILING_LEN; i += PV_LEN) {
            pv x = pv_load(a + i), y = pv_load(b + i);
            one_butterfly(&x, &y, f);
            pv_store(a + i, x);
            pv_store(b + i, y);
        }
    return rounds * PP_CEILING_LEN;
}
static size_t butterfly4(size_t rounds, pp_fp a[PP_CEILING_LEN], pp_fp b[PP_CEILING_LEN], pp_fp w) {
    pv_factor f = pv_factor_of(pv_all(w.v));
    pp_fp *at[4] = {a, a + PP_CEILING_LEN / 2, b, b + PP_CEILING_LEN / 2};
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < PP_CEILING_LEN / 2; i += PV_LEN) {
            pv x[4];
            for (int j = 0; j < 4; j++) x[j] = pv_load(at[j] + i);
            one_butterfly(&x[0], &x[2], f);
            one_butterfly(&x[1], &x[3], f);
            one_butterfly(&x[0], &x[1], f);
            one_butterfly(&x[2], &x[3], f);
            for (int j = 0; j < 4; j++) pv_store(at[j] + i, x[j]);
        }
    return rounds * PP_CEILING_LEN * 2;
}
