// SPDX-License-Identifier: MIT OR Apache-2.0
#include "poly/ceilings.h"

enum { CHAINS = 8 };

static size_t multiply(size_t rounds, pp_fp *sink) {
    pp_fp x[CHAINS], f = {sink->v | 3};
    for (uint32_t i = 0; i < CHAINS; i++) x[i].v = i + 5;
    for (size_t r = 0; r < rounds; r++)
        for (int i = 0; i < CHAINS; i++) x[i] = pp_fp_mul(x[i], f);
    for (int i = 0; i < CHAINS; i++) *sink = pp_fp_add(*sink, x[i]);
    return rounds * CHAINS;
}

static size_t butterfly(size_t rounds, pp_fp a[PP_CEILING_LEN], pp_fp b[PP_CEILING_LEN], pp_fp w) {
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < PP_CEILING_LEN; i++) {
            pp_fp x = a[i], y = b[i];
            a[i] = pp_fp_add(x, y);
            b[i] = pp_fp_mul(pp_fp_sub(x, y), w);
        }
    return rounds * PP_CEILING_LEN;
}

const pp_ceilings pp_ceilings_portable = {multiply, butterfly, butterfly};
