// SPDX-License-Identifier: MIT OR Apache-2.0
// 256-bit numbers for the plain-C signature code: four 64-bit limbs, least significant first.
// Internal to sign/. Nothing that is computed with these is secret: branches depend on values.
#ifndef PP_SIGN_NUM_H
#define PP_SIGN_NUM_H

#include "base/u256.h"

typedef pp_u256 num;

static inline void num_load_be(num *out, const uint8_t in[32]) {
    for (int i = 0; i < 4; i++) out->v[i] = pp_load_be64(in + 24 - 8 * i);
}

static inline void num_store_be(uint8_t out[32], const num *a) {
    for (int i = 0; i < 4; i++) pp_store_be64(out + 24 - 8 * i, a->v[i]);
}

static inline bool num_is_zero(const num *a) {
    return (a->v[0] | a->v[1] | a->v[2] | a->v[3]) == 0;
}

static inline bool num_equal(const num *a, const num *b) {
    return ((a->v[0] ^ b->v[0]) | (a->v[1] ^ b->v[1]) | (a->v[2] ^ b->v[2]) |
            (a->v[3] ^ b->v[3])) == 0;
}

static inline bool num_less(const num *a, const num *b) {
    for (int i = 3; i >= 0; i--)
        if (a->v[i] != b->v[i]) return a->v[i] < b->v[i];
    return false;
}

// *out = a + b + carry (carry 0 or 1); returns the new carry.
static inline uint64_t limb_add(uint64_t *out, uint64_t a, uint64_t b, uint64_t carry) {
    uint64_t s = a + carry;
    carry = s < carry;
    *out = s + b;
    return carry + (*out < b);
}

// *out = a - b - borrow (borrow 0 or 1); returns the new borrow.
static inline uint64_t limb_sub(uint64_t *out, uint64_t a, uint64_t b, uint64_t borrow) {
    uint64_t d = a - b;
    uint64_t under = a < b;
    *out = d - borrow;
    return under + (d < borrow);
}

// *acc += a * b + carry; returns what is above 64 bits. Cannot overflow.
static inline uint64_t limb_mac(uint64_t *acc, uint64_t a, uint64_t b, uint64_t carry) {
    pp_u128 t = (pp_u128)a * b + *acc + carry;
    *acc = (uint64_t)t;
    return (uint64_t)(t >> 64);
}

// Mod 2^256; return the carry, the borrow. out may be a or b.
static inline uint64_t num_add(num *out, const num *a, const num *b) {
    uint64_t c = limb_add(&out->v[0], a->v[0], b->v[0], 0);
    c = limb_add(&out->v[1], a->v[1], b->v[1], c);
    c = limb_add(&out->v[2], a->v[2], b->v[2], c);
    return limb_add(&out->v[3], a->v[3], b->v[3], c);
}

static inline uint64_t num_sub(num *out, const num *a, const num *b) {
    uint64_t c = limb_sub(&out->v[0], a->v[0], b->v[0], 0);
    c = limb_sub(&out->v[1], a->v[1], b->v[1], c);
    c = limb_sub(&out->v[2], a->v[2], b->v[2], c);
    return limb_sub(&out->v[3], a->v[3], b->v[3], c);
}

// The whole product; out overlaps neither. Written out, since gcc -O2 unrolls no loop like these.
static inline void num_multiply(uint64_t out[8], const num *a, const num *b) {
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3];
    const uint64_t b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3];
    uint64_t w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4, w5, w6, w7, c;
    c = limb_mac(&w0, a0, b0, 0);
    c = limb_mac(&w1, a0, b1, c);
    c = limb_mac(&w2, a0, b2, c);
    w4 = limb_mac(&w3, a0, b3, c);
    c = limb_mac(&w1, a1, b0, 0);
    c = limb_mac(&w2, a1, b1, c);
    c = limb_mac(&w3, a1, b2, c);
    w5 = limb_mac(&w4, a1, b3, c);
    c = limb_mac(&w2, a2, b0, 0);
    c = limb_mac(&w3, a2, b1, c);
    c = limb_mac(&w4, a2, b2, c);
    w6 = limb_mac(&w5, a2, b3, c);
    c = limb_mac(&w3, a3, b0, 0);
    c = limb_mac(&w4, a3, b1, c);
    c = limb_mac(&w5, a3, b2, c);
    w7 = limb_mac(&w6, a3, b3, c);
    out[0] = w0;
    out[1] = w1;
    out[2] = w2;
    out[3] = w3;
    out[4] = w4;
    out[5] = w5;
    out[6] = w6;
    out[7] = w7;
}

// a * a: the products of different limbs once, doubled, and the squares of the limbs.
static inline void num_square(uint64_t out[8], const num *a) {
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3];
    uint64_t w1 = 0, w2 = 0, w3 = 0, w4, w5, w6, c;
    c = limb_mac(&w1, a0, a1, 0);
    c = limb_mac(&w2, a0, a2, c);
    w4 = limb_mac(&w3, a0, a3, c);
    c = limb_mac(&w3, a1, a2, 0);
    w5 = limb_mac(&w4, a1, a3, c);
    w6 = limb_mac(&w5, a2, a3, 0);
    uint64_t w7 = w6 >> 63;
    w6 = w6 << 1 | w5 >> 63;
    w5 = w5 << 1 | w4 >> 63;
    w4 = w4 << 1 | w3 >> 63;
    w3 = w3 << 1 | w2 >> 63;
    w2 = w2 << 1 | w1 >> 63;
    w1 = w1 << 1;
    pp_u128 s0 = (pp_u128)a0 * a0, s1 = (pp_u128)a1 * a1, s2 = (pp_u128)a2 * a2,
            s3 = (pp_u128)a3 * a3;
    out[0] = (uint64_t)s0;
    c = limb_add(&out[1], w1, (uint64_t)(s0 >> 64), 0);
    c = limb_add(&out[2], w2, (uint64_t)s1, c);
    c = limb_add(&out[3], w3, (uint64_t)(s1 >> 64), c);
    c = limb_add(&out[4], w4, (uint64_t)s2, c);
    c = limb_add(&out[5], w5, (uint64_t)(s2 >> 64), c);
    c = limb_add(&out[6], w6, (uint64_t)s3, c);
    out[7] = w7 + (uint64_t)(s3 >> 64) + c;
}

#endif
