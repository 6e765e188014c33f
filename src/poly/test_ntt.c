// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "base/test.h"
#include "poly/ntt.h"

static pp_fp *matrix(pp_rng *rng, size_t len) {
    pp_fp *m = malloc(len * sizeof *m);
    PP_ASSERT(m != NULL);
    for (size_t i = 0; i < len; i++) m[i].v = (uint32_t)(pp_rng_u64(rng) >> 32) % PP_FP_MODULUS;
    return m;
}
static pp_fp *copy(const pp_fp *m, size_t len) {
    pp_fp *c = malloc(len * sizeof *c);
    PP_ASSERT(c != NULL);
    memcpy(c, m, len * sizeof *c);
    return c;
}

// Column c at x.
static pp_fp value(const pp_fp *m, size_t height, size_t width, size_t c, pp_fp x) {
    pp_fp r = {0};
    for (size_t i = height; i-- > 0;) r = pp_fp_add(pp_fp_mul(r, x), m[i * width + c]);
    return r;
}

PP_TEST(rows_are_evaluations_and_come_back) {
    pp_rng rng = {pp_test_seed()};
    static const size_t widths[] = {1, 2, 3, 5, 8, 13, 16, 33};
    pp_ntt *ntt = pp_ntt_new(NULL, 13);
    pp_threads *pool = pp_threads_new(NULL, 2);
    REQUIRE(ntt != NULL && pool != NULL);
    for (unsigned log_height = 0; log_height <= 10; log_height++)
        for (size_t w = 0; w < PP_COUNT(widths); w++) {
            size_t height = (size_t)1 << log_height, width = widths[w], len = height * width;
            pp_fp *m = matrix(&rng, len), *a = copy(m, len), *b = copy(m, len);
            pp_fp shift = w % 2 == 0 ? pp_fp_one() : pp_fp_from_u32(3);
            pp_ntt_forward(ntt, NULL, a, log_height, width, shift);
            pp_ntt_forward(ntt, pool, b, log_height, width, shift);
            CHECK_MEM(a, b, len * sizeof *a);
            for (size_t k = 0; k < 20; k++) {
                size_t i = pp_rng_below(&rng, height), c = pp_rng_below(&rng, width);
                pp_fp x = pp_domain_point(log_height, (uint32_t)i, shift);
                CHECK(pp_fp_eq(a[i * width + c], value(m, height, width, c, x)));
            }
            pp_ntt_inverse(ntt, w % 3 == 0 ? NULL : pool, a, log_height, width, shift);
            CHECK_MEM(a, m, len * sizeof *a);
            for (unsigned more = 0; more <= 3; more++) {
                size_t big = len << more;
                pp_fp *wide = malloc(big * sizeof *wide), *padded = calloc(big, sizeof *padded);
                PP_ASSERT(wide != NULL && padded != NULL);
                memcpy(padded, m, len * sizeof *m);
                pp_ntt_forward(ntt, NULL, padded, log_height + more, width, shift);
                pp_ntt_extend(ntt, more % 2 ? pool : NULL, wide, log_height + more, m, log_height,
                              width, shift);
                CHECK_MEM(wide, padded, big * sizeof *wide);
                free(wide);
                free(padded);
            }
            free(m);
            free(a);
            free(b);
        }
    pp_threads_free(pool);
    pp_ntt_free(ntt);
}

// One and two passes of all lengths that narrow and wide matrices have.
PP_TEST(long_ones) {
    pp_rng rng = {pp_test_seed()};
    static const struct {
        unsigned log_height;
        size_t width;
    } shapes[] = {{11, 1}, {12, 4}, {16, 1}, {16, 5}, {17, 17}, {18, 1}, {19, 2}, {20, 1}, {21, 1}};
    pp_ntt *ntt = pp_ntt_new(NULL, 21);
    pp_threads *pool = pp_threads_new(NULL, 2);
    REQUIRE(ntt != NULL && pool != NULL);
    for (size_t s = 0; s < PP_COUNT(shapes); s++) {
        unsigned log_height = shapes[s].log_height;
        size_t height = (size_t)1 << log_height, width = shapes[s].width, len = height * width;
        pp_fp *m = matrix(&rng, len), *a = copy(m, len), shift = pp_fp_from_u32(s % 2 ? 3 : 1);
        pp_ntt_forward(ntt, pool, a, log_height, width, shift);
        for (size_t k = 0; k < 4; k++) {
            size_t i = pp_rng_below(&rng, height), c = pp_rng_below(&rng, width);
            pp_fp x = pp_domain_point(log_height, (uint32_t)i, shift);
            CHECK(pp_fp_eq(a[i * width + c], value(m, height, width, c, x)));
        }
        pp_ntt_inverse(ntt, pool, a, log_height, width, shift);
        CHECK_MEM(a, m, len * sizeof *a);
        free(m);
        free(a);
    }
    pp_threads_free(pool);
    pp_ntt_free(ntt);
}

PP_TEST(neighbouring_rows_are_opposite_points) {
    pp_fp shift = pp_fp_from_u32(5);
    for (uint32_t i = 0; i < 32; i++) {
        pp_fp y = pp_domain_point(6, 2 * i, shift);
        CHECK(pp_fp_eq(pp_domain_point(6, 2 * i + 1, shift), pp_fp_neg(y)));
        CHECK(pp_fp_eq(pp_domain_point(5, i, pp_fp_mul(shift, shift)), pp_fp_mul(y, y)));
    }
}

PP_TEST(rows_reverse_and_matrices_transpose) {
    pp_rng rng = {pp_test_seed()};
    pp_threads *pool = pp_threads_new(NULL, 2);
    REQUIRE(pool != NULL);
    pp_fp *m = matrix(&rng, 64 * 7), *a = copy(m, 64 * 7);
    pp_ntt_reverse_rows(pool, a, 6, 7);
    for (uint32_t i = 0; i < 64; i++)
        CHECK_MEM(a + (size_t)i * 7, m + (size_t)pp_bit_reverse(i, 6) * 7, 7 * sizeof *a);
    for (size_t rows = 1; rows <= 64; rows = rows * 2 + 1) {
        size_t columns = 64 * 7 / rows;
        pp_matrix_transpose(pool, a, m, rows, columns);
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < columns; j++) CHECK_EQ(a[j * rows + i].v, m[i * columns + j].v);
    }
    free(m);
    free(a);
    pp_threads_free(pool);
}
