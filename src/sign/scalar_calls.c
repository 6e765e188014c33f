// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sign/calls.h"
#include "sign/scalar.h"
#include "sign/secp256k1.inc"

const num pp_sign_order = {
    {0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff}};
static const num zero = {{0}};

void pp_sign_scalar_mul(num *out, const num *a, const num *b) {
    pp_call_mulmod(a, b, &zero, &pp_sign_order, out);
}

void pp_sign_add_product(num *acc, const num *a, const num *b) {
    pp_call_mulmod(a, b, acc, &zero, acc);
}

void pp_sign_scalar_negate(num *out, const num *a) {
    num r = *a;
    if (!num_is_zero(&r)) num_sub(&r, &pp_sign_order, &r);
    *out = r;
}

// a^(n - 2). A product by a call is cheaper than the steps of inverse.c are as instructions.
void pp_sign_scalar_invert(num *out, const num *a) {
    enum { ODD = 16 };
    num odd[ODD], square, r; // a, a^3, a^5, ...
    pp_sign_scalar_mul(&square, a, a);
    odd[0] = *a;
    for (unsigned i = 1; i < ODD; i++) pp_sign_scalar_mul(&odd[i], &odd[i - 1], &square);
    r = odd[inverse_steps[0].odd >> 1];
    for (size_t i = 1; i < PP_COUNT(inverse_steps); i++) {
        pp_call_square_times(&r, &pp_sign_order, inverse_steps[i].squarings);
        pp_sign_scalar_mul(&r, &r, &odd[inverse_steps[i].odd >> 1]);
    }
    *out = r;
}
