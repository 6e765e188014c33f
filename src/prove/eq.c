// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "prove/parts.h"

void *pp_job_alloc(size_t count, size_t size) {
    void *p = aligned_alloc(64, pp_round_up(count * size + 1, 64));
    PP_ASSERT(p);
    return p;
}

pp_planes pp_planes_new(size_t len) {
    pp_planes a = {pp_job_alloc(len, PP_EXT_DEGREE * sizeof(pp_fp)), len};
    memset(a.v, 0, len * PP_EXT_DEGREE * sizeof(pp_fp));
    return a;
}

// By doubling, highest variable first, so that variable 0 ends up lowest.
pp_planes pp_eq_planes(const pp_ext *point, uint32_t k) {
    pp_planes eq = pp_planes_new(pp_round_up((size_t)1 << k, PP_LANES_UNIT));
    pp_planes_set(eq, 0, pp_ext_one());
    for (uint32_t j = 0; j < k; j++) {
        size_t half = (size_t)1 << j;
        if (half < PP_LANES_UNIT) {
            for (size_t i = 0; i < half; i++) {
                pp_ext a = pp_planes_get(eq, i), b = pp_ext_mul(a, point[j]);
                pp_planes_set(eq, half + i, b);
                pp_planes_set(eq, i, pp_ext_sub(a, b));
            }
        } else {
            pp_prove_kernels_get()->eq_double(eq, point[j], half);
        }
    }
    return eq;
}

pp_ext pp_eq_prefix(const pp_ext *point, uint32_t k, uint64_t count) {
    if (count >> k) return pp_ext_one();
    pp_ext sum = pp_ext_zero(), rest = pp_ext_one();
    for (uint32_t i = k; i-- > 0;) {
        pp_ext high = pp_ext_mul(rest, point[i]), low = pp_ext_sub(rest, high);
        if (count >> i & 1) {
            sum = pp_ext_add(sum, low);
            rest = high;
        } else {
            rest = low;
        }
    }
    return sum;
}

void pp_eq_halve(pp_planes *eq, uint32_t k) {
    size_t half = (size_t)1 << (k - 1);
    if (half >= PP_LANES_UNIT) {
        pp_prove_kernels_get()->ext_pair_sum(*eq, *eq, half);
        return;
    }
    for (size_t i = 0; i < half; i++)
        pp_planes_set(*eq, i, pp_ext_add(pp_planes_get(*eq, 2 * i), pp_planes_get(*eq, 2 * i + 1)));
    for (size_t i = half; i < PP_LANES_UNIT && i < eq->stride; i++)
        pp_planes_set(*eq, i, pp_ext_zero());
}
