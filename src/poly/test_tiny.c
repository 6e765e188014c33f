// SPDX-License-Identifier: MIT OR Apache-2.0
// Transforms over the field of 17 elements, forward and back, in every variant: every polynomial of
// four coefficients, a column each, against its values; and every multiple of every power of X
// below 16, one after the other, cut into two passes in every way.
#include <stdlib.h>

#include "base/test.h"
#include "cpu/cpu.h"
#include "poly/domain.h"
#include "poly/ntt_kernels.h"

enum { P = (int)PP_FP_MODULUS, LOG_N = 2, N = 1 << LOG_N, ALL = P * P * P * P };
extern const pp_ntt_kernels pp_ntt_emulated;

static pp_fp all[N][ALL], m[N][ALL];

// roots[h + i] = w^i, w of order 2h.
static void fill_roots(pp_fp *roots, unsigned log_n, bool inverse) {
    for (unsigned k = 1; k <= log_n; k++) {
        size_t h = (size_t)1 << (k - 1);
        pp_fp w = inverse ? pp_fp_inverse(pp_fp_root(k)) : pp_fp_root(k);
        for (size_t i = 0; i < h; i++) roots[h + i] = pp_fp_pow(w, i);
    }
}

static void check(const char *name, const pp_ntt_kernels *kernels) {
    pp_fp roots[N] = {{0}}, inverses[N] = {{0}};
    fill_roots(roots, LOG_N, false);
    fill_roots(inverses, LOG_N, true);
    memcpy(m, all, sizeof m);
    pp_ntt_pass p = {.m = m[0],
                     .in = m[0],
                     .scale = pp_fp_one(),
                     .shift = pp_fp_one(),
                     .width = ALL,
                     .roots = roots,
                     .log_height = LOG_N,
                     .log_block = LOG_N,
                     .log_radix = LOG_N};
    kernels->pass(&p, 0, pp_ntt_pass_tasks(&p));
    for (uint32_t i = 0; i < N; i++) {
        pp_fp x = pp_domain_point(LOG_N, i, pp_fp_one());
        for (size_t c = 0; c < ALL; c++) {
            pp_fp y = {0};
            for (size_t k = N; k-- > 0;) y = pp_fp_add(pp_fp_mul(y, x), all[k][c]);
            if (!pp_fp_eq(m[i][c], y))
                pp_test_fail(__FILE__, __LINE__, "%s: row %u column %zu", name, i, c);
        }
    }
    p.roots = inverses;
    p.inverse = true;
    kernels->pass(&p, 0, pp_ntt_pass_tasks(&p));
    pp_fp n = pp_fp_from_u32(N);
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < ALL; c++)
            if (!pp_fp_eq(m[i][c], pp_fp_mul(all[i][c], n)))
                pp_test_fail(__FILE__, __LINE__, "%s: back, row %zu column %zu", name, i, c);
}

enum { LOG_LONG = 4, LONG = 1 << LOG_LONG, LOG_ALL = 13, COUNT = P * LONG };
_Static_assert(COUNT <= 1 << (LOG_ALL - LOG_LONG), "a block for each");

static void check_passes(const char *name, const pp_ntt_kernels *kernels, unsigned first) {
    static pp_fp words[1 << LOG_ALL], lane_factors[LONG][PP_NTT_CHUNK];
    pp_fp roots[LONG] = {{0}}, inverses[LONG] = {{0}};
    fill_roots(roots, LOG_LONG, false);
    fill_roots(inverses, LOG_LONG, true);
    memset(words, 0, sizeof words);
    for (uint32_t b = 0; b < COUNT; b++) words[b * LONG + b / P].v = b % P;
    pp_ntt_pass p = {.m = words,
                     .in = words,
                     .scale = pp_fp_one(),
                     .shift = pp_fp_one(),
                     .width = 1,
                     .lane_factors = (const pp_fp(*)[PP_NTT_CHUNK])lane_factors,
                     .log_height = LOG_ALL};
    for (int step = 0; step < 4; step++) { // there, and back
        p.inverse = step >= 2;
        p.roots = p.inverse ? inverses : roots;
        p.log_block = step == 0 || step == 3 ? LOG_LONG : LOG_LONG - first;
        p.log_radix = step == 0 || step == 3 ? first : LOG_LONG - first;
        pp_ntt_lane_factors(lane_factors, &p);
        kernels->pass(&p, 0, pp_ntt_pass_tasks(&p));
        for (uint32_t i = 0; step == 1 && i < COUNT * LONG; i++) {
            pp_fp x = pp_domain_point(LOG_LONG, i % LONG, pp_fp_one());
            pp_fp y = pp_fp_mul((pp_fp){i / LONG % P}, pp_fp_pow(x, i / LONG / P));
            if (!pp_fp_eq(words[i], y))
                pp_test_fail(__FILE__, __LINE__, "%s: %u layers first, word %u", name, first, i);
        }
    }
    for (uint32_t i = 0; i < 1 << LOG_ALL; i++) {
        uint32_t b = i / LONG;
        pp_fp want = {b < COUNT && i % LONG == b / P ? b % P : 0};
        if (!pp_fp_eq(words[i], pp_fp_mul(want, pp_fp_from_u32(LONG))))
            pp_test_fail(__FILE__, __LINE__, "%s: %u layers first, back, word %u", name, first, i);
    }
}

static void check_all(const char *name, const pp_ntt_kernels *kernels) {
    check(name, kernels);
    for (unsigned first = 1; first < LOG_LONG; first++) check_passes(name, kernels, first);
}

PP_TEST(every_polynomial_of_four_coefficients_and_every_term_below_sixteen) {
    for (uint32_t c = 0; c < ALL; c++)
        for (uint32_t i = 0, x = c; i < N; i++, x /= P) all[i][c].v = x % P;
    check_all("portable", &pp_ntt_portable);
    check_all("avx512, emulated", &pp_ntt_emulated);
#if defined(__x86_64__)
    if (pp_cpu_detected() >= PP_CPU_AVX2) check_all("avx2", &pp_ntt_avx2);
    if (pp_cpu_detected() >= PP_CPU_AVX512) check_all("avx512", &pp_ntt_avx512);
#endif
}
