// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sign/scalar.h"

#include "sign/inverse.h"

const num pp_sign_order = {
    {0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff}};
// 2^256 - n
static const uint64_t order_c[3] = {0x402da1732fc9bebf, 0x4551231950b75fc4, 1};

// 2^256 = c (mod n), and c has 129 bits: each round takes the upper half down by half.
static void reduce(num *out, const uint64_t w[8]) {
    uint64_t a[8];
    memcpy(a, w, sizeof a);
    while (a[4] | a[5] | a[6] | a[7]) {
        uint64_t b[8] = {a[0], a[1], a[2], a[3], 0, 0, 0, 0};
        for (int i = 0; i < 4; i++) {
            uint64_t carry = 0;
            for (int j = 0; j < 3; j++) carry = limb_mac(&b[i + j], a[4 + i], order_c[j], carry);
            // j stays below 8: the sum is below 2^390
            for (int j = i + 3; carry != 0; j++) carry = limb_add(&b[j], b[j], carry, 0);
        }
        memcpy(a, b, sizeof a);
    }
    num r = {{a[0], a[1], a[2], a[3]}};
    if (!num_less(&r, &pp_sign_order)) num_sub(&r, &r, &pp_sign_order);
    *out = r;
}

void pp_sign_scalar_mul(num *out, const num *a, const num *b) {
    uint64_t w[8];
    num_multiply(w, a, b);
    reduce(out, w);
}

void pp_sign_add_product(num *acc, const num *a, const num *b) {
    uint64_t w[8];
    num_multiply(w, a, b);
    num_add(acc, acc, &(num){{w[0], w[1], w[2], w[3]}});
}

void pp_sign_scalar_negate(num *out, const num *a) {
    num r = *a;
    if (!num_is_zero(&r)) num_sub(&r, &pp_sign_order, &r);
    *out = r;
}

void pp_sign_scalar_invert(num *out, const num *a) {
    static const inverse_modulus n = {
        {0x3fd25e8cd0364141, 0x2abb739abd2280ee, 0x3fffffffffffffeb, 0x3fffffffffffffff, 0xff},
        0x34f20099aa774ec1};
    num r, one;
    pp_sign_invert(&r, a, &n);
    pp_sign_scalar_mul(&one, &r, a);
    PP_ASSERT((one.v[0] == 1 && (one.v[1] | one.v[2] | one.v[3]) == 0) || num_is_zero(a));
    *out = r;
}
