// SPDX-License-Identifier: MIT OR Apache-2.0
// The field of secp256k1: numbers mod p = 2^256 - 2^32 - 977, always reduced (below p), in and
// out, so that equality is equality of limbs. Internal to sign/. Every out may be an input.
#ifndef PP_SIGN_FE_H
#define PP_SIGN_FE_H

#include "sign/num.h"

// 2^256 mod p.
#define FE_C ((uint64_t)0x1000003d1)

static inline bool fe_is_reduced(const num *a) {
    return a->v[3] != UINT64_MAX || a->v[2] != UINT64_MAX || a->v[1] != UINT64_MAX ||
           a->v[0] < (uint64_t)0 - FE_C;
}

// Adds 2^256 mod p to what wrapped at 2^256 (or takes p from what did not; both are + FE_C mod
// 2^256). Almost never goes beyond the first limb.
static inline void fe_add_c(num *a) {
    a->v[0] += FE_C;
    if (a->v[0] < FE_C)
        for (int i = 1; i < 4 && ++a->v[i] == 0; i++) {
        }
}

static inline void fe_sub_c(num *a) {
    bool borrow = a->v[0] < FE_C;
    a->v[0] -= FE_C;
    if (borrow)
        for (int i = 1; i < 4 && a->v[i]-- == 0; i++) {
        }
}

static inline void fe_add(num *out, const num *a, const num *b) {
    num r;
    if (num_add(&r, a, b) || !fe_is_reduced(&r)) fe_add_c(&r);
    *out = r;
}

static inline void fe_sub(num *out, const num *a, const num *b) {
    num r;
    if (num_sub(&r, a, b)) fe_sub_c(&r);
    *out = r;
}

static inline void fe_negate(num *out, const num *a) {
    fe_sub(out, &(num){{0, 0, 0, 0}}, a);
}

// a / 2: for odd a, (a + p) / 2 with p = 2^256 - FE_C.
static inline void fe_half(num *out, const num *a) {
    num r = *a;
    uint64_t top = 0;
    if (r.v[0] & 1) {
        uint64_t c = limb_sub(&r.v[0], r.v[0], FE_C, 0);
        c = limb_sub(&r.v[1], r.v[1], 0, c);
        c = limb_sub(&r.v[2], r.v[2], 0, c);
        top = 1 - limb_sub(&r.v[3], r.v[3], 0, c);
    }
    out->v[0] = r.v[0] >> 1 | r.v[1] << 63;
    out->v[1] = r.v[1] >> 1 | r.v[2] << 63;
    out->v[2] = r.v[2] >> 1 | r.v[3] << 63;
    out->v[3] = r.v[3] >> 1 | top << 63;
}

// The upper half times FE_C onto the lower one, then what stood above that again.
static inline void fe_reduce(num *out, const uint64_t w[8]) {
    num r = {{w[0], w[1], w[2], w[3]}};
    uint64_t c = limb_mac(&r.v[0], w[4], FE_C, 0);
    c = limb_mac(&r.v[1], w[5], FE_C, c);
    c = limb_mac(&r.v[2], w[6], FE_C, c);
    c = limb_mac(&r.v[3], w[7], FE_C, c); // below 2^34
    c = limb_mac(&r.v[0], c, FE_C, 0);
    r.v[1] += c;
    if (r.v[1] < c) {
        int i = 2;
        while (i < 4 && ++r.v[i] == 0) i++;
        if (i == 4) fe_add_c(&r); // wrapped: what is left is tiny
    }
    if (!fe_is_reduced(&r)) fe_add_c(&r);
    *out = r;
}

static inline void fe_mul(num *out, const num *a, const num *b) {
    uint64_t w[8];
    num_multiply(w, a, b);
    fe_reduce(out, w);
}

static inline void fe_sqr(num *out, const num *a) {
    uint64_t w[8];
    num_square(w, a);
    fe_reduce(out, w);
}

// a^(2^n)
static inline void fe_sqr_n(num *out, const num *a, int n) {
    num r = *a;
    for (; n > 0; n--) fe_sqr(&r, &r);
    *out = r;
}

#endif
