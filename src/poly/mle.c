// SPDX-License-Identifier: MIT OR Apache-2.0
#include "poly/mle.h"

pp_ext pp_mle_eq(const pp_ext *a, const pp_ext *b, size_t k) {
    pp_ext r = pp_ext_one();
    for (size_t i = 0; i < k; i++) {
        pp_ext ab = pp_ext_mul(a[i], b[i]); // factor: 1 − a − b + 2ab
        pp_ext f = pp_ext_sub(pp_ext_add(ab, ab), pp_ext_add(a[i], b[i]));
        r = pp_ext_mul(r, pp_ext_add_fp(f, pp_fp_one()));
    }
    return r;
}

void pp_mle_eq_table(pp_ext *out, const pp_ext *point, size_t k, pp_ext scale) {
    out[0] = scale;
    for (size_t j = 0; j < k; j++) {
        size_t n = (size_t)1 << j;
        for (size_t i = 0; i < n; i++) {
            out[n + i] = pp_ext_mul(out[i], point[j]);
            out[i] = pp_ext_sub(out[i], out[n + i]);
        }
    }
}

void pp_mle_fold(pp_ext *values, size_t half, pp_ext r) {
    for (size_t i = 0; i < half; i++)
        values[i] =
            pp_ext_add(values[2 * i], pp_ext_mul(r, pp_ext_sub(values[2 * i + 1], values[2 * i])));
}

pp_ext pp_mle_eval(pp_ext *values, const pp_ext *point, size_t k) {
    for (size_t i = 0; i < k; i++) pp_mle_fold(values, (size_t)1 << (k - 1 - i), point[i]);
    return values[0];
}

pp_ext pp_poly_eval(const pp_ext *coefficients, size_t n, pp_ext x) {
    pp_ext r = pp_ext_zero();
    for (size_t i = n; i-- > 0;) r = pp_ext_add(pp_ext_mul(r, x), coefficients[i]);
    return r;
}

// Lagrange: Σ values[i] · Π_{j≠i} (x − j) / (i − j), the products over j from both sides.
pp_ext pp_poly_eval_points(const pp_ext *values, size_t n, pp_ext x) {
    PP_ASSERT(n >= 1 && n <= PP_POLY_POINTS_MAX);
    pp_ext above[PP_POLY_POINTS_MAX + 1], below = pp_ext_one(), r = pp_ext_zero();
    above[n] = pp_ext_one();
    for (size_t i = n; i-- > 0;)
        above[i] = pp_ext_mul(above[i + 1], pp_ext_sub_fp(x, pp_fp_from_u32((uint32_t)i)));
    for (size_t i = 0; i < n; i++) {
        pp_fp scale = pp_fp_one(); // i! (n − 1 − i)! up to sign
        for (size_t j = 2; j <= i; j++) scale = pp_fp_mul(scale, pp_fp_from_u32((uint32_t)j));
        for (size_t j = 2; j < n - i; j++) scale = pp_fp_mul(scale, pp_fp_from_u32((uint32_t)j));
        if ((n - 1 - i) % 2 == 1) scale = pp_fp_neg(scale);
        pp_ext t = pp_ext_mul(values[i], pp_ext_mul(below, above[i + 1]));
        r = pp_ext_add(r, pp_ext_mul_fp(t, pp_fp_inverse(scale)));
        below = pp_ext_mul(below, pp_ext_sub_fp(x, pp_fp_from_u32((uint32_t)i)));
    }
    return r;
}
