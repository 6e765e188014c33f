// SPDX-License-Identifier: MIT OR Apache-2.0
// The extension of degree 5 over KoalaBear, F_p[X] / (X^5 + X^2 − 1), 2^154.9 elements. Pure.
//
// An element is its five coefficients, lowest first. Equal elements are equal in memory.
#ifndef PP_FIELD_EXT_H
#define PP_FIELD_EXT_H

#include "field/field.h"

#define PP_EXT_DEGREE 5
enum { PP_EXT_SIZE = PP_EXT_DEGREE * PP_FP_SIZE }; // bytes of the canonical encoding

typedef struct pp_ext {
    pp_fp c[PP_EXT_DEGREE];
} pp_ext;

static inline pp_ext pp_ext_zero(void) {
    return (pp_ext){{{0}}};
}
static inline pp_ext pp_ext_from_fp(pp_fp a) {
    return (pp_ext){{a}};
}
static inline pp_ext pp_ext_one(void) {
    return pp_ext_from_fp(pp_fp_one());
}
static inline pp_ext pp_ext_from_u32(uint32_t x) {
    return pp_ext_from_fp(pp_fp_from_u32(x));
}
static inline bool pp_ext_eq(pp_ext a, pp_ext b) {
    return memcmp(&a, &b, sizeof a) == 0;
}
static inline bool pp_ext_is_zero(pp_ext a) {
    return pp_ext_eq(a, pp_ext_zero());
}

static inline pp_ext pp_ext_add(pp_ext a, pp_ext b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pp_fp_add(a.c[i], b.c[i]);
    return a;
}
static inline pp_ext pp_ext_sub(pp_ext a, pp_ext b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pp_fp_sub(a.c[i], b.c[i]);
    return a;
}
static inline pp_ext pp_ext_neg(pp_ext a) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pp_fp_neg(a.c[i]);
    return a;
}
static inline pp_ext pp_ext_add_fp(pp_ext a, pp_fp b) {
    a.c[0] = pp_fp_add(a.c[0], b);
    return a;
}
static inline pp_ext pp_ext_sub_fp(pp_ext a, pp_fp b) {
    a.c[0] = pp_fp_sub(a.c[0], b);
    return a;
}
static inline pp_ext pp_ext_mul_fp(pp_ext a, pp_fp b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pp_fp_mul(a.c[i], b);
    return a;
}

// X · a: one subtraction.
static inline pp_ext pp_ext_mul_x(pp_ext a) {
    return (pp_ext){{a.c[4], a.c[0], pp_fp_sub(a.c[1], a.c[4]), a.c[2], a.c[3]}};
}

// Coefficient i of a · b is Σ_j a_j · (X^j b)_i. Four products fit in 64 bits; their sum, below
// 2p · 2^32, is brought below p · 2^32 by one subtraction, which leaves room for the fifth.
static inline pp_ext pp_ext_mul(pp_ext a, pp_ext b) {
    uint64_t sum[PP_EXT_DEGREE] = {0}, bound = (uint64_t)PP_FP_MODULUS << 32;
    for (int j = 0; j < PP_EXT_DEGREE; j++) {
        for (int i = 0; i < PP_EXT_DEGREE; i++) {
            if (j == 4 && sum[i] >= bound) sum[i] -= bound;
            sum[i] += (uint64_t)a.c[j].v * b.c[i].v;
        }
        b = pp_ext_mul_x(b);
    }
    for (int i = 0; i < PP_EXT_DEGREE; i++) {
        if (sum[i] >= bound) sum[i] -= bound;
        a.c[i] = pp_fp_reduce(sum[i]);
    }
    return a;
}
static inline pp_ext pp_ext_sqr(pp_ext a) {
    return pp_ext_mul(a, a);
}

// a^e; a^0 is one.
pp_ext pp_ext_pow(pp_ext a, uint64_t e);

// 1 / a; zero for zero.
pp_ext pp_ext_inverse(pp_ext a);

// Five canonical little-endian u32. Decoding fails when one of them is p or more.
void pp_ext_encode(uint8_t out[PP_EXT_SIZE], pp_ext a);
PP_NODISCARD bool pp_ext_decode(pp_ext *out, const uint8_t in[PP_EXT_SIZE]);

#endif
