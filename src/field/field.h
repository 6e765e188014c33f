// SPDX-License-Identifier: MIT OR Apache-2.0
// The KoalaBear field, p = 2^31 − 2^24 + 1. Pure.
//
// Elements are kept in Montgomery form (x · 2^32 mod p) and always below p, so that equal elements
// are equal in memory.
#ifndef PP_FIELD_FIELD_H
#define PP_FIELD_FIELD_H

#include "base/base.h"

#define PP_FP_MODULUS ((uint32_t)0x7f000001)

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
    uint32_t m = (uint32_t)x * (uint32_t)0x81000001;
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

#endif
