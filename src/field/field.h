// SPDX-License-Identifier: MIT OR Apache-2.0
// The KoalaBear field, p = 2^31 − 2^24 + 1. Pure.
//
// Elements are kept in Montgomery form (x · 2^32 mod p) and always below p, so that equal elements
// are equal in memory.
#ifndef PP_FIELD_FIELD_H
#define PP_FIELD_FIELD_H

#include "base/base.h"

// Tests compile the same sources over a tiny field too (PP_FIELD_TINY is 17 or 449), where every
// case can be tried. Constants: p; p^-1 mod 2^32; a generator of the units; 2^k divides p - 1.
#ifndef PP_FIELD_TINY
#define PP_FP_MODULUS ((uint32_t)0x7f000001)
#define PP_FP_INVERSE ((uint32_t)0x81000001)
#define PP_FP_TWO_ADICITY 24
#elif PP_FIELD_TINY == 17
#define PP_FP_MODULUS ((uint32_t)17)
#define PP_FP_INVERSE ((uint32_t)0xf0f0f0f1)
#define PP_FP_TWO_ADICITY 4
#elif PP_FIELD_TINY == 449
#define PP_FP_MODULUS ((uint32_t)449)
#define PP_FP_INVERSE ((uint32_t)0x9ba70e41)
#define PP_FP_TWO_ADICITY 6
#else
#error "PP_FIELD_TINY: 17 or 449"
#endif
#define PP_FP_GENERATOR 3

typedef struct pp_fp {
    uint32_t v;
} pp_fp;

// Sum, difference, negative. Inputs below p, results below p.
static inline pp_fp pp_fp_add(pp_fp a, pp_fp b) {
    uint32_t r = a.v + b.v;
    return (pp_fp){r >= PP_FP_MODULUS ? r - PP_FP_MODULUS : r};
}
static inline pp_fp pp_fp_sub(pp_fp a, pp_fp b) {
    uint32_t r = a.v - b.v;
    return (pp_fp){a.v < b.v ? r + PP_FP_MODULUS : r};
}
static inline pp_fp pp_fp_neg(pp_fp a) {
    return (pp_fp){a.v == 0 ? 0 : PP_FP_MODULUS - a.v};
}

// x · 2^−32 mod p for x < p · 2^32 (Montgomery's reduction with p^−1 mod 2^32).
static inline pp_fp pp_fp_reduce(uint64_t x) {
    uint32_t m = (uint32_t)x * PP_FP_INVERSE;
    uint32_t high = (uint32_t)(x >> 32), q = (uint32_t)(((uint64_t)m * PP_FP_MODULUS) >> 32);
    return (pp_fp){high < q ? high - q + PP_FP_MODULUS : high - q};
}
static inline pp_fp pp_fp_mul(pp_fp a, pp_fp b) {
    return pp_fp_reduce((uint64_t)a.v * b.v);
}

// The element x mod p, for any x; and back: the canonical number below p.
static inline pp_fp pp_fp_from_u32(uint32_t x) {
    return (pp_fp){(uint32_t)(((uint64_t)x << 32) % PP_FP_MODULUS)};
}
static inline uint32_t pp_fp_to_u32(pp_fp a) {
    return pp_fp_reduce(a.v).v;
}

static inline bool pp_fp_eq(pp_fp a, pp_fp b) {
    return a.v == b.v;
}

// One, and a^e (a^0 is one, of zero too).
static inline pp_fp pp_fp_one(void) {
    return pp_fp_from_u32(1);
}
static inline pp_fp pp_fp_pow(pp_fp a, uint64_t e) {
    pp_fp r = pp_fp_one();
    for (; e > 0; e >>= 1) {
        if (e & 1) r = pp_fp_mul(r, a);
        a = pp_fp_mul(a, a);
    }
    return r;
}
// 1 / a; zero for zero.
static inline pp_fp pp_fp_inverse(pp_fp a) {
    return pp_fp_pow(a, PP_FP_MODULUS - 2);
}
// The primitive 2^log_n-th root of unity that the transforms use, g^((p - 1) / 2^log_n), so that
// root(k)^2 = root(k - 1). log_n is at most PP_FP_TWO_ADICITY.
static inline pp_fp pp_fp_root(unsigned log_n) {
    PP_ASSERT(log_n <= PP_FP_TWO_ADICITY);
    return pp_fp_pow(pp_fp_from_u32(PP_FP_GENERATOR), (PP_FP_MODULUS - 1) >> log_n);
}

// The canonical encoding: four bytes, little-endian. Decoding fails for p or more.
enum { PP_FP_SIZE = 4 };
static inline void pp_fp_encode(uint8_t out[PP_FP_SIZE], pp_fp a) {
    pp_store_le32(out, pp_fp_to_u32(a));
}
PP_NODISCARD static inline bool pp_fp_decode(pp_fp *out, const uint8_t in[PP_FP_SIZE]) {
    uint32_t x = pp_load_le32(in);
    if (x >= PP_FP_MODULUS) return false;
    *out = pp_fp_from_u32(x);
    return true;
}

#endif
