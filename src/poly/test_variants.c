// SPDX-License-Identifier: MIT OR Apache-2.0
// Every variant of a transform's pass against portable C; AVX-512 also without the processor.
#include <stdlib.h>

#include "base/test.h"
#include "cpu/cpu.h"
#include "poly/ntt_kernels.h"

extern const pp_ntt_kernels pp_ntt_emulated;

enum { LOG_MAX = 11, ROOTS = 1 << LOG_MAX };
static pp_fp roots[ROOTS];
static pp_fp lane_factors[1 << PP_NTT_LOG_RADIX][PP_NTT_CHUNK];

static void fill(pp_fp *m, size_t len, int kind, pp_rng *rng) {
    for (size_t i = 0; i < len; i++)
        m[i].v = kind == 0   ? PP_FP_MODULUS - 1
                 : kind == 1 ? (uint32_t)pp_rng_below(rng, 2) * (PP_FP_MODULUS - 1)
                             : (uint32_t)pp_rng_below(rng, PP_FP_MODULUS);
}

// Any numbers may stand for roots: both sides do the same with them.
static void compare(const char *name, const pp_ntt_kernels *kernels, bool all) {
    pp_rng rng = {pp_test_seed()};
    static const size_t widths[] = {1, 2, 3, 5, 7, 8, 15, 16, 17, 32, 40};
    for (int kind = 0; kind < 3; kind++) {
        fill(roots, ROOTS, kind, &rng);
        for (size_t h = 1; h < ROOTS; h *= 2) // for some halves as it is: without a product
            if (kind == 2 && pp_rng_below(&rng, 2) == 1) roots[h] = pp_fp_one();
        fill(lane_factors[0], sizeof lane_factors / sizeof(pp_fp), kind, &rng);
        for (size_t w = 0; w < PP_COUNT(widths); w++)
            for (unsigned height = 0; height <= LOG_MAX; height += all ? 1 : 3)
                for (unsigned radix = 0; radix <= PP_NTT_LOG_RADIX && radix <= height; radix++) {
                    unsigned block = radix + (unsigned)pp_rng_below(&rng, height - radix + 1);
                    pp_ntt_pass p = {.width = widths[w],
                                     .roots = roots,
                                     .lane_factors = (const pp_fp(*)[PP_NTT_CHUNK])lane_factors,
                                     .log_height = height,
                                     .log_block = block,
                                     .log_radix = radix,
                                     .inverse = pp_rng_below(&rng, 2) == 1,
                                     .scaled = pp_rng_below(&rng, 2) == 1,
                                     .scale = roots[pp_rng_below(&rng, ROOTS)],
                                     .shift = roots[pp_rng_below(&rng, ROOTS)]};
                    size_t len = widths[w] << height, tasks = pp_ntt_pass_tasks(&p);
                    pp_fp *a = malloc(len * sizeof *a), *b = malloc(len * sizeof *b);
                    pp_fp *in = malloc(len * sizeof *in);
                    PP_ASSERT(a != NULL && b != NULL && in != NULL);
                    fill(a, len, kind, &rng);
                    memcpy(in, a, len * sizeof *a);
                    memcpy(b, a, len * sizeof *a);
                    p.in = p.m = a;
                    pp_ntt_portable.pass(&p, 0, tasks);
                    p.m = b;
                    p.in = radix % 2 == 0 ? b : in;
                    size_t cut = pp_rng_below(&rng, tasks + 1); // tasks in any order
                    kernels->pass(&p, cut, tasks);
                    kernels->pass(&p, 0, cut);
                    if (memcmp(a, b, len * sizeof *a) != 0)
                        pp_test_fail(__FILE__, __LINE__,
                                     "%s: width %zu height %u block %u radix %u", name, widths[w],
                                     height, block, radix);
                    free(a);
                    free(b);
                    free(in);
                }
    }
}

PP_TEST(avx512_emulated) {
    compare("avx512, emulated", &pp_ntt_emulated, false);
}

PP_TEST(native_variants) {
#if defined(__x86_64__)
    if (pp_cpu_detected() >= PP_CPU_AVX2) compare("avx2", &pp_ntt_avx2, true);
    if (pp_cpu_detected() >= PP_CPU_AVX512) compare("avx512", &pp_ntt_avx512, true);
#endif
    if (pp_cpu_detected() < PP_CPU_AVX512) pp_test_skip("this processor has no AVX-512");
}
