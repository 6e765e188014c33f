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

static size_t butterfly(size_t rounds, pp_fp a[PP_CEILING_LEN], pp_fp b[PP_CEILING_LEN], pp_fp w) {
    pv_factor f = pv_factor_of(pv_all(w.v));
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < PP_CEILING_LEN; i += PV_LEN) {
            pv x = pv_load(a + i), y = pv_load(b + i);
            pv_store(a + i, pv_add(x, y));
            pv_store(b + i, pv_canonical(pv_mul_scalar(pv_sub32(x, y), f)));
        }
    return rounds * PP_CEILING_LEN;
}
