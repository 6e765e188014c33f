// SPDX-License-Identifier: MIT OR Apache-2.0
// Every kernel of every instruction set equals the portable one bit for bit; AVX-512 over emulated
// intrinsics, so on any machine.
#include <stdlib.h>

#include "base/test.h"
#include "cpu/cpu.h"
#include "prove/kernels.h"

extern const pp_prove_kernels pp_prove_portable, pp_prove_emulated;
#if defined(__x86_64__)
extern const pp_prove_kernels pp_prove_avx2, pp_prove_avx512;
#endif

enum { N = 96, ROOM = 5 * 4 * N, BUFFERS = 5 };

// Inputs and outputs of one call; each kernel may read and write any of them.
typedef struct state {
    pp_fp v[BUFFERS][ROOM];
    uint64_t wide[ROOM];
    pp_ext r[2];
} state;

static pp_fp element(pp_rng *rng) {
    // Edges often: zero, one, p − 1.
    uint64_t kind = pp_rng_below(rng, 8);
    if (kind < 3) return (pp_fp){kind == 2 ? PP_FP_MODULUS - 1 : (uint32_t)kind};
    return (pp_fp){(uint32_t)pp_rng_below(rng, PP_FP_MODULUS)};
}

static void fill(state *s, pp_rng *rng) {
    for (size_t b = 0; b < BUFFERS; b++)
        for (size_t i = 0; i < ROOM; i++) s->v[b][i] = element(rng);
    memset(s->wide, 0, sizeof s->wide);
    for (size_t k = 0; k < 2; k++)
        for (size_t l = 0; l < PP_EXT_DEGREE; l++) s->r[k].c[l] = element(rng);
}

static pp_planes planes(state *s, size_t b) {
    return (pp_planes){s->v[b], 2 * N};
}
// Halves of stride N in two buffers.
static pp_halves halves(state *s, size_t b) {
    return (pp_halves){
        {s->v[b], N}, {s->v[b] + 5 * N, N}, {s->v[b] + 10 * N, N}, {s->v[b] + 15 * N, N}};
}

enum { KERNELS = 30 };

// Calls kernel number `which` of k on s.
static const char *call(const pp_prove_kernels *k, state *s, int which) {
    pp_fp *d = s->v[0], *a = s->v[1], *b = s->v[2], x = s->r[0].c[0];
    pp_ext r = s->r[0];
    switch (which) {
#define KERNEL(number, name, ...)                                                                  \
    case number:                                                                                   \
        k->name(__VA_ARGS__);                                                                      \
        return #name;
        KERNEL(0, fp_add, d, a, b, N)
        KERNEL(1, fp_sub, d, a, b, N)
        KERNEL(2, fp_mul, d, a, b, N)
        KERNEL(3, fp_madd, d, a, b, N)
        KERNEL(4, fp_msub, d, a, b, N)
        KERNEL(5, fp_add_s, d, a, x, N)
        KERNEL(6, fp_rsub_s, d, a, x, N)
        KERNEL(7, fp_mul_s, d, a, x, N)
        KERNEL(8, fp_madd_s, d, a, x, N)
        KERNEL(9, ext_mul, d, a, b, N)
        KERNEL(10, ext_madd, d, a, b, N)
        KERNEL(11, ext_msub, d, a, b, N)
        KERNEL(12, ext_mul_s, d, a, r, N)
        KERNEL(13, ext_madd_s, d, a, r, N)
        KERNEL(14, ext_madd_s_fp, d, a, r, N)
        KERNEL(15, ext_mul_fp, d, a, b, N)
        KERNEL(16, ext_madd_fp, d, a, b, N)
        KERNEL(17, fp_grid, d, a, N / 3, PP_GRID_INNER)
        KERNEL(18, fp_grid, d, a, N / 3, PP_GRID)
        KERNEL(19, ext_line, d, planes(s, 1), 0, N)
        KERNEL(20, fp_fold, planes(s, 0), 32, a, s->r, N)
        KERNEL(21, ext_fold, planes(s, 0), planes(s, 1), r, N)
        KERNEL(22, ext_pair_sum, planes(s, 1), planes(s, 1), N)
        KERNEL(23, eq_double, planes(s, 0), r, N)
    case 24: // as it is used: many products, then one reduction
        for (int i = 0; i < 9; i++) {
            const pp_ext f[4] = {s->r[0], s->r[1], s->r[i % 2], s->r[0]};
            k->wide_madd_s4(s->wide, s->v[1 + i % 4], f, N);
        }
        k->wide_reduce(d, s->wide, N);
        memset(s->wide, 0, sizeof s->wide); // its order is each instruction set's own
        return "wide";
    case 25:
        s->r[1] = k->ext_dot(a, N, planes(s, 2), 32, N);
        return "ext_dot";
        KERNEL(26, gkr_up, halves(s, 0), halves(s, 1), N)
        KERNEL(27, gkr_split, halves(s, 0), 0, a, b, N)
        KERNEL(28, gkr_prepare, halves(s, 1), r, N)
    case 29: {
        pp_ext out[2];
        k->gkr_round(out, halves(s, 1), planes(s, 2), N / 2);
        memcpy(s->r, out, sizeof out);
        return "gkr_round";
    }
    default:
        return NULL;
    }
}

static void compare(const char *set, const pp_prove_kernels *k) {
    pp_rng rng = {pp_test_seed()};
    state *s = malloc(3 * sizeof *s);
    PP_ASSERT(s);
    for (int which = 0; which < KERNELS; which++)
        for (int round = 0; round < 20; round++) {
            fill(&s[0], &rng);
            s[1] = s[2] = s[0];
            const char *name = call(&pp_prove_portable, &s[1], which);
            call(k, &s[2], which);
            if (memcmp(&s[1], &s[2], sizeof *s) != 0)
                pp_test_fail(__FILE__, __LINE__, "%s: %s is not the portable one's", set, name);
        }
    free(s);
}

PP_TEST(kernels_equal_the_portable_ones) {
    compare("AVX-512, emulated", &pp_prove_emulated);
#if defined(__x86_64__)
    if (pp_cpu_detected() >= PP_CPU_AVX2) compare("AVX2", &pp_prove_avx2);
    if (pp_cpu_detected() >= PP_CPU_AVX512)
        compare("AVX-512", &pp_prove_avx512);
    else
        printf("  AVX-512 proper: skipped, this CPU has none\n");
#endif
}
