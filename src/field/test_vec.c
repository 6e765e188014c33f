// SPDX-License-Identifier: MIT OR Apache-2.0
// Every variant of the vector kernels against portable C; AVX-512 also without the processor.
#include "field/test_vec.h"

#include "base/test.h"
#include "cpu/cpu.h"
#include "field/vec.h"

extern const pp_vec_kernels pp_vec_emulated;

PP_TEST(avx512_emulated) {
    pp_vec_compare("avx512, emulated", &pp_vec_emulated);
}

PP_TEST(native_variants) {
#if defined(__x86_64__)
    if (pp_cpu_detected() >= PP_CPU_AVX2) pp_vec_compare("avx2", &pp_vec_avx2);
    if (pp_cpu_detected() >= PP_CPU_AVX512) pp_vec_compare("avx512", &pp_vec_avx512);
#endif
    if (pp_cpu_detected() < PP_CPU_AVX512) pp_test_skip("this processor has no AVX-512");
}

PP_TEST(portable_against_definitions) {
    pp_rng rng = {pp_test_seed()};
    enum { N = 50 };
    pp_fp a[N], b[N], inverse[N], powers[N], sum = {0};
    for (int i = 0; i < N; i++) {
        a[i].v = i % 7 == 0 ? 0 : (uint32_t)pp_rng_below(&rng, PP_FP_MODULUS);
        b[i].v = (uint32_t)pp_rng_below(&rng, PP_FP_MODULUS);
        sum = pp_fp_add(sum, pp_fp_mul(a[i], b[i]));
    }
    pp_vec_portable.fp_vec_inverse(inverse, a, N);
    pp_vec_portable.fp_vec_powers(powers, b[1], b[0], N);
    CHECK(pp_fp_eq(pp_vec_portable.fp_vec_dot(a, b, N), sum));
    for (int i = 0; i < N; i++) {
        CHECK(pp_fp_eq(inverse[i], pp_fp_inverse(a[i])));
        CHECK(pp_fp_eq(powers[i], pp_fp_mul(b[1], pp_fp_pow(b[0], (uint64_t)i))));
    }
    // fold and dot over the extension agree with the base field's
    pp_ext e[N], f[N], r = {{a[1], b[1], a[2], b[2], a[3]}}, g[N];
    for (int i = 0; i < N; i++) e[i] = pp_ext_from_fp(a[i]);
    for (int i = 0; i < N; i++) f[i] = pp_ext_from_fp(b[i]);
    CHECK(pp_ext_eq(pp_vec_portable.ext_vec_dot(e, f, N), pp_ext_from_fp(sum)));
    CHECK(pp_ext_eq(pp_vec_portable.ext_vec_dot_fp(e, b, N), pp_ext_from_fp(sum)));
    pp_vec_portable.ext_vec_fold(g, e, r, N / 2);
    pp_vec_portable.ext_vec_fold_fp(f, a, r, N / 2);
    CHECK_MEM(f, g, N / 2 * sizeof g[0]);
    for (int i = 0; i < N / 2; i++) {
        pp_ext d = pp_ext_sub(e[2 * i + 1], e[2 * i]);
        CHECK(pp_ext_eq(g[i], pp_ext_add(e[2 * i], pp_ext_mul(r, d))));
    }
}
