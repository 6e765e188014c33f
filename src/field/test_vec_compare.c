// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"
#include "field/test_vec.h"

enum { N = 203 };
static pp_fp fa[N], fb[N], fx[2][N];
static pp_ext ea[N], eb[N], ex[2][N];

static pp_fp number(pp_rng *rng, int kind) {
    static const uint32_t edges[] = {
        0, 1, 2, PP_FP_MODULUS / 2, PP_FP_MODULUS - 2, PP_FP_MODULUS - 1};
    uint64_t r = pp_rng_u64(rng);
    if (kind == 0) return (pp_fp){PP_FP_MODULUS - 1}; // every sum at its largest
    if (kind == 1 || r % 4 == 0) return (pp_fp){edges[(r >> 8) % PP_COUNT(edges)]};
    return (pp_fp){(uint32_t)(r >> 32) % PP_FP_MODULUS};
}
static pp_ext element(pp_rng *rng, int kind) {
    pp_ext a;
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = number(rng, kind);
    if (pp_rng_below(rng, 16) == 0 && kind != 0) a = pp_ext_zero();
    return a;
}

// Runs `call` with K the portable table and x[0], then with the other and x[1].
#define BOTH(x, call)                                                                              \
    do {                                                                                           \
        for (int side = 0; side < 2; side++) {                                                     \
            const pp_vec_kernels *K = side == 0 ? &pp_vec_portable : kernels;                      \
            memset((x)[side], 0x55, sizeof(x)[side]);                                              \
            call;                                                                                  \
        }                                                                                          \
        if (memcmp((x)[0], (x)[1], sizeof(x)[0]) != 0)                                             \
            pp_test_fail(__FILE__, __LINE__, "%s, n = %zu, values %d: %s", name, n, kind, #call);  \
    } while (0)
#define COPY(to, from) memcpy((to), (from), n * sizeof(from)[0])

static void compare(const char *name, const pp_vec_kernels *kernels, size_t n, int kind,
                    pp_rng *rng) {
    for (size_t i = 0; i < N; i++) {
        fa[i] = number(rng, kind);
        fb[i] = number(rng, kind);
        ea[i] = element(rng, kind);
        eb[i] = element(rng, kind);
    }
    pp_fp s = number(rng, kind);
    pp_ext e = element(rng, kind);
    BOTH(fx, K->fp_vec_add(fx[side], fa, fb, n));
    BOTH(fx, K->fp_vec_sub(fx[side], fa, fb, n));
    BOTH(fx, K->fp_vec_mul(fx[side], fa, fb, n));
    BOTH(fx, (COPY(fx[side], fa), K->fp_vec_mul(fx[side], fx[side], fx[side], n)));
    BOTH(fx, K->fp_vec_scale(fx[side], s, fa, n));
    BOTH(fx, (COPY(fx[side], fb), K->fp_vec_axpy(fx[side], s, fa, n)));
    BOTH(fx, fx[side][0] = K->fp_vec_dot(fa, fb, n));
    BOTH(fx, K->fp_vec_inverse(fx[side], fa, n));
    BOTH(fx, K->fp_vec_powers(fx[side], s, fa[0], n));
    BOTH(ex, K->ext_vec_add(ex[side], ea, eb, n));
    BOTH(ex, K->ext_vec_sub(ex[side], ea, eb, n));
    BOTH(ex, K->ext_vec_mul(ex[side], ea, eb, n));
    BOTH(ex, (COPY(ex[side], ea), K->ext_vec_mul(ex[side], ex[side], ex[side], n)));
    BOTH(ex, K->ext_vec_scale(ex[side], e, ea, n));
    BOTH(ex, (COPY(ex[side], eb), K->ext_vec_axpy(ex[side], e, ea, n)));
    BOTH(ex, ex[side][0] = K->ext_vec_dot(ea, eb, n));
    BOTH(ex, K->ext_vec_inverse(ex[side], ea, n));
    BOTH(ex, K->ext_vec_powers(ex[side], e, ea[0], n));
    BOTH(ex, K->ext_vec_mul_fp(ex[side], ea, fb, n));
    BOTH(ex, (COPY(ex[side], eb), K->ext_vec_axpy_fp(ex[side], e, fa, n)));
    BOTH(ex, ex[side][0] = K->ext_vec_dot_fp(ea, fb, n));
    BOTH(ex, K->ext_vec_fold(ex[side], ea, e, n / 2));
    BOTH(ex, (COPY(ex[side], ea), K->ext_vec_fold(ex[side], ex[side], e, n / 2)));
    BOTH(ex, K->ext_vec_fold_fp(ex[side], fa, e, n / 2));
}

void pp_vec_compare(const char *name, const pp_vec_kernels *kernels) {
    pp_rng rng = {pp_test_seed()};
    for (int kind = 0; kind < 4; kind++) {
        for (size_t n = 0; n <= 70; n++) compare(name, kernels, n, kind, &rng);
        for (size_t n = 71; n <= N; n += 33) compare(name, kernels, n, kind, &rng);
    }
}
