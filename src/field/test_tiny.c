// SPDX-License-Identifier: MIT OR Apache-2.0
// The same sources compiled over the field of 17 or 449 elements, where every case can be tried.
#include "base/test.h"
#include "cpu/cpu.h"
#include "field/test_vec.h"

enum { P = (int)PP_FP_MODULUS };
extern const pp_vec_kernels pp_vec_emulated;

static const pp_vec_kernels *tables[4] = {&pp_vec_portable, &pp_vec_emulated};
static size_t tables_len = 2;
__attribute__((constructor)) static void add_native(void) {
#if defined(__x86_64__)
    if (pp_cpu_detected() >= PP_CPU_AVX2) tables[tables_len++] = &pp_vec_avx2;
    if (pp_cpu_detected() >= PP_CPU_AVX512) tables[tables_len++] = &pp_vec_avx512;
#endif
}

// b as plain numbers: what pp_fp_from_u32 puts in and pp_fp_to_u32 takes out is not used here.
static uint32_t number(pp_fp a) {
    uint64_t r = (1ull << 32) % PP_FP_MODULUS, x = 0;
    while (x * r % PP_FP_MODULUS != a.v) x++;
    return (uint32_t)x;
}

PP_TEST(every_pair_in_every_variant) {
    static pp_fp a[P], b[P], sum[P], difference[P], product[P], inverse[P], scaled[P];
    static uint32_t plain[P];
    for (uint32_t i = 0; i < P; i++) plain[i] = number(a[i] = (pp_fp){i});
    for (size_t t = 0; t < tables_len; t++) {
        tables[t]->fp_vec_inverse(inverse, a, P);
        for (uint32_t y = 0; y < P; y++) {
            for (uint32_t i = 0; i < P; i++) b[i].v = y;
            tables[t]->fp_vec_add(sum, a, b, P);
            tables[t]->fp_vec_sub(difference, a, b, P);
            tables[t]->fp_vec_mul(product, a, b, P);
            tables[t]->fp_vec_scale(scaled, (pp_fp){y}, a, P);
            for (uint32_t x = 0; x < P; x++) {
                CHECK(sum[x].v < P && difference[x].v < P && product[x].v < P);
                CHECK_EQ(plain[sum[x].v], (plain[x] + plain[y]) % P);
                CHECK_EQ(plain[difference[x].v], (plain[x] + P - plain[y]) % P);
                CHECK_EQ(plain[product[x].v], plain[x] * plain[y] % P);
                CHECK_EQ(scaled[x].v, product[x].v);
            }
        }
        for (uint32_t x = 0; x < P; x++)
            CHECK_EQ(plain[inverse[x].v] * plain[x] % P, x == 0 ? 0 : 1);
    }
}

PP_TEST(variants_agree) {
    for (size_t t = 1; t < tables_len; t++) pp_vec_compare("tiny", tables[t]);
}

#if PP_FIELD_TINY == 17
enum { SIZE = P * P * P * P * P };
static pp_ext all[SIZE], out[SIZE], check[SIZE], squares[SIZE];

static void fill(void) {
    for (uint32_t i = 0; i < SIZE; i++)
        for (uint32_t k = 0, x = i; k < PP_EXT_DEGREE; k++, x /= P) all[i].c[k].v = x % P;
}

// The whole extension: every element but zero has an inverse, so that it is a field; every square.
PP_TEST(the_whole_extension) {
    fill();
    for (uint32_t i = 0; i < SIZE; i++) {
        pp_fp c[9] = {{0}}; // the polynomial, then X^k = X^(k-5) − X^(k-3) from above
        for (int j = 0; j < 5; j++)
            for (int k = 0; k < 5; k++)
                c[j + k] = pp_fp_add(c[j + k], pp_fp_mul(all[i].c[j], all[i].c[k]));
        for (int k = 8; k >= 5; k--) {
            c[k - 5] = pp_fp_add(c[k - 5], c[k]);
            c[k - 3] = pp_fp_sub(c[k - 3], c[k]);
        }
        memcpy(&squares[i], c, sizeof squares[i]);
    }
    for (size_t t = 0; t < tables_len; t++) {
        tables[t]->ext_vec_inverse(out, all, SIZE);
        tables[t]->ext_vec_mul(check, out, all, SIZE);
        for (uint32_t i = 0; i < SIZE; i++)
            if (!pp_ext_eq(check[i], i == 0 ? pp_ext_zero() : pp_ext_one()))
                pp_test_fail(__FILE__, __LINE__, "table %zu, element %u", t, i);
        tables[t]->ext_vec_mul(out, all, all, SIZE);
        for (uint32_t i = 0; i < SIZE; i++)
            if (!pp_ext_eq(out[i], squares[i]))
                pp_test_fail(__FILE__, __LINE__, "table %zu, square of element %u", t, i);
    }
}
#endif
