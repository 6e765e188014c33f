// SPDX-License-Identifier: MIT OR Apache-2.0
// Transforms over the field of 17 elements: every polynomial of four coefficients, a column each,
// against its values; forward and back, in every variant.
#include <stdlib.h>

#include "base/test.h"
#include "cpu/cpu.h"
#include "poly/domain.h"
#include "poly/ntt_kernels.h"

enum { P = (int)PP_FP_MODULUS, LOG_N = 2, N = 1 << LOG_N, ALL = P * P * P * P };
extern const pp_ntt_kernels pp_ntt_emulated;

static pp_fp all[N][ALL], m[N][ALL];

// roots[h + i] = w^i, w of order 2h.
static void fill_roots(pp_fp roots[N], bool inverse) {
    for (unsigned k = 1; k <= LOG_N; k++) {
        size_t h = (size_t)1 << (k - 1);
        pp_fp w = inverse ? pp_fp_inverse(pp_fp_root(k)) : pp_fp_root(k);
        for (size_t i = 0; i < h; i++) roots[h + i] = pp_fp_pow(w, i);
    }
}

static void check(const char *name, const pp_ntt_kernels *kernels) {
    pp_fp roots[N] = {{0}}, inverses[N] = {{0}};
    fill_roots(roots, false);
    fill_roots(inverses, true);
    memcpy(m, all, sizeof m);
    pp_ntt_pass p = {.m = m[0],
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

PP_TEST(every_polynomial_of_four_coefficients) {
    for (uint32_t c = 0; c < ALL; c++)
        for (uint32_t i = 0, x = c; i < N; i++, x /= P) all[i][c].v = x % P;
    check("portable", &pp_ntt_portable);
    check("avx512, emulated", &pp_ntt_emulated);
#if defined(__x86_64__)
    if (pp_cpu_detected() >= PP_CPU_AVX2) check("avx2", &pp_ntt_avx2);
    if (pp_cpu_detected() >= PP_CPU_AVX512) check("avx512", &pp_ntt_avx512);
#endif
}
