// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "base/test.h"
#include "poly/mle_vec.h"

static pp_fp number(pp_rng *rng) {
    return (pp_fp){(uint32_t)(pp_rng_u64(rng) >> 32) % PP_FP_MODULUS};
}
static pp_ext element(pp_rng *rng) {
    pp_ext a;
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = number(rng);
    return a;
}

enum { K = 13, N = 1 << K };
static pp_fp base[N];
static pp_ext ext[N], other[N], table[N], scratch[N], point[K];

// The value by its definition, Σ value_i · eq(point, bits of i).
static pp_ext slow(size_t k) {
    pp_ext sum = pp_ext_zero();
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        pp_ext bits[K];
        for (size_t j = 0; j < k; j++) bits[j] = pp_ext_from_u32(i >> j & 1);
        sum = pp_ext_add(sum, pp_ext_mul(ext[i], pp_mle_eq(point, bits, k)));
    }
    return sum;
}

static void fill(pp_rng *rng) {
    for (size_t i = 0; i < N; i++) {
        base[i] = number(rng);
        ext[i] = element(rng);
    }
    for (size_t i = 0; i < K; i++) point[i] = element(rng);
}

PP_TEST(evaluation_folding_and_tables_agree) {
    pp_rng rng = {pp_test_seed()};
    pp_threads *pools[2] = {NULL, pp_threads_new(NULL, 2)};
    for (size_t k = 0; k <= K; k++) {
        size_t n = (size_t)1 << k;
        fill(&rng);
        pp_ext expected = slow(k);
        memcpy(other, ext, sizeof other);
        CHECK(pp_ext_eq(pp_mle_eval(other, point, k), expected));
        for (int t = 0; t < 2; t++) {
            CHECK(pp_mle_vec_eval_scratch(k) <= N);
            CHECK(pp_ext_eq(pp_mle_vec_eval(pools[t], ext, point, k, scratch), expected));
            pp_mle_vec_eq_table(pools[t], table, point, k, pp_ext_one());
            pp_ext sum = pp_ext_zero();
            for (size_t i = 0; i < n; i++) sum = pp_ext_add(sum, pp_ext_mul(table[i], ext[i]));
            CHECK(pp_ext_eq(sum, expected));
            memcpy(other, ext, sizeof other);
            for (size_t i = 0; i < k; i++) {
                pp_mle_vec_fold(pools[t], table, other, n >> (i + 1), point[i]);
                memcpy(other, table, sizeof(pp_ext) * (n >> (i + 1)));
            }
            CHECK(pp_ext_eq(other[0], expected));
            // Base values.
            for (size_t i = 0; i < n; i++) other[i] = pp_ext_from_fp(base[i]);
            pp_ext base_value = pp_mle_eval(other, point, k);
            CHECK(pp_ext_eq(pp_mle_vec_eval_fp(pools[t], base, point, k, scratch), base_value));
            if (k > 0) {
                pp_mle_vec_fold_fp(pools[t], other, base, n / 2, point[0]);
                CHECK(pp_ext_eq(pp_mle_eval(other, point + 1, k - 1), base_value));
            }
        }
        pp_mle_eq_table(other, point, k, element(&rng));
        pp_mle_vec_eq_table(pools[1], table, point, k, pp_ext_one());
        pp_ext scale = pp_ext_mul(other[0], pp_ext_inverse(table[0]));
        CHECK(pp_ext_eq(other[n - 1], pp_ext_mul(scale, table[n - 1])));
    }
    pp_threads_free(pools[1]);
}

PP_TEST(coefficients_give_the_same_values) {
    pp_rng rng = {pp_test_seed()};
    pp_threads *pool = pp_threads_new(NULL, 2);
    for (size_t k = 0; k <= K; k += 3) {
        fill(&rng);
        pp_fp coefficients[N];
        memcpy(coefficients, base, sizeof base);
        memcpy(other, ext, sizeof ext);
        pp_mle_vec_to_coefficients(pool, coefficients, k);
        pp_mle_vec_to_coefficients_ext(pool, other, k);
        pp_ext sum = pp_ext_zero(), sum_ext = sum;
        for (size_t i = 0; i < (size_t)1 << k; i++) {
            pp_ext monomial = pp_ext_one();
            for (size_t j = 0; j < k; j++)
                if (i >> j & 1) monomial = pp_ext_mul(monomial, point[j]);
            sum = pp_ext_add(sum, pp_ext_mul_fp(monomial, coefficients[i]));
            sum_ext = pp_ext_add(sum_ext, pp_ext_mul(monomial, other[i]));
        }
        CHECK(pp_ext_eq(sum, pp_mle_vec_eval_fp(NULL, base, point, k, scratch)));
        CHECK(pp_ext_eq(sum_ext, pp_mle_vec_eval(NULL, ext, point, k, scratch)));
        pp_mle_vec_from_coefficients(pool, coefficients, k);
        pp_mle_vec_from_coefficients_ext(NULL, other, k);
        CHECK_MEM(coefficients, base, sizeof(pp_fp) << k);
        CHECK_MEM(other, ext, sizeof(pp_ext) << k);
    }
    pp_threads_free(pool);
}

PP_TEST(univariate_values) {
    pp_rng rng = {pp_test_seed()};
    for (size_t n = 1; n <= PP_POLY_POINTS_MAX && n < PP_FP_MODULUS; n++) {
        pp_ext c[PP_POLY_POINTS_MAX], v[PP_POLY_POINTS_MAX], x = element(&rng);
        for (size_t i = 0; i < n; i++) c[i] = element(&rng);
        for (size_t i = 0; i < n; i++) v[i] = pp_poly_eval(c, n, pp_ext_from_u32((uint32_t)i));
        CHECK(pp_ext_eq(pp_poly_eval_points(v, n, x), pp_poly_eval(c, n, x)));
        for (size_t i = 0; i < n; i++)
            CHECK(pp_ext_eq(pp_poly_eval_points(v, n, pp_ext_from_u32((uint32_t)i)), v[i]));
    }
    CHECK(pp_ext_is_zero(pp_poly_eval(NULL, 0, pp_ext_one())));
}
