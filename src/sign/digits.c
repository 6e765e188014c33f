// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sign/digits.h"

#include "sign/point.h"
#include "sign/scalar.h"
#include "sign/secp256k1.inc"

// At most 128 bits in size.
typedef struct half_scalar {
    uint64_t v[2];
    bool negative;
} half_scalar;

// a * g / 2^384, rounded.
static void multiply_high(num *out, const num *a, const num *g) {
    uint64_t w[8];
    num_multiply(w, a, g);
    uint64_t c = w[5] >> 63;
    uint64_t low = w[6] + c;
    *out = (num){{low, w[7] + (low < c), 0, 0}};
}

static void half_of(half_scalar *out, const num *a) {
    num v = *a;
    out->negative = v.v[3] >> 63;
    if (out->negative) num_sub(&v, &(num){{0, 0, 0, 0}}, &v);
    PP_ASSERT((v.v[2] | v.v[3]) == 0);
    out->v[0] = v.v[0];
    out->v[1] = v.v[1];
}

// k = first + second * lambda mod n, both of at most 128 bits (tools/gen_secp256k1.py).
static void split(half_scalar *first, half_scalar *second, const num *k) {
    num c1, c2, k1 = *k, k2 = {{0, 0, 0, 0}};
    multiply_high(&c1, k, &split_g1);
    multiply_high(&c2, k, &split_g2);
    pp_sign_add_product(&k1, &c1, &split_a1);
    pp_sign_add_product(&k1, &c2, &split_a2);
    pp_sign_add_product(&k2, &c1, &split_b1);
    pp_sign_add_product(&k2, &c2, &split_b2);
    half_of(first, &k1);
    half_of(second, &k2);
}

// Signed digits: behind each that is not zero stand window - 1 zeros.
static void digits_of(stream_digits *d, unsigned stream, const half_scalar *a, int window) {
    const uint64_t v[3] = {a->v[0], a->v[1], 0};
    unsigned carry = 0;
    for (int i = 0; i < DIGITS;) {
        uint64_t bits = v[i / 64] >> (i % 64);
        if ((bits & 1) == carry) {
            i++;
            continue;
        }
        if (i % 64 != 0) bits |= v[i / 64 + (i < 128)] << (64 - i % 64);
        int digit = (int)(bits & ((1u << window) - 1)) + (int)carry;
        carry = (unsigned)digit >> (window - 1);
        digit -= (int)(carry << window);
        d->at[i].of[stream] = (int8_t)(a->negative ? -digit : digit);
        i += window;
    }
}

void pp_sign_digits(stream_digits *out, const num *a, const num *b) {
    half_scalar half[2];
    memset(out, 0, sizeof *out);
    split(&half[0], &half[1], b);
    digits_of(out, 0, &half[0], P_WINDOW);
    digits_of(out, 1, &half[1], P_WINDOW);
    digits_of(out, 2, &(half_scalar){{a->v[0], a->v[1]}, false}, G_WINDOW);
    digits_of(out, 3, &(half_scalar){{a->v[2], a->v[3]}, false}, G_WINDOW);
}
