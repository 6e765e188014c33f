// SPDX-License-Identifier: MIT OR Apache-2.0
// The machine's calls on 256-bit numbers and points (vm/abi.h), as functions with the calls'
// operands in the calls' order; where there is no such machine they are software. Internal to sign/
// and to the guest library, which has the calls (guest/sdk/src/calls.c); natively they are calls.c
// beside this.
#ifndef PP_SIGN_CALLS_H
#define PP_SIGN_CALLS_H

#include "sign/group.h"
#include "sign/point.h"

// *out = a b + c mod m, m = 0 for 2^256; the quotient is below 2^256. Any may be the same.
void pp_call_mulmod(const num *a, const num *b, const num *c, const num *m, num *out);
// *x = x^(2^n) mod m, x below m.
void pp_call_square_times(num *x, const num *m, unsigned n);
// *to += point, or minus it (negate 1): their x differ and are below p.
void pp_call_add(const affine *point, unsigned negate, affine *to);
// *point doubled; its y is below p and not 0.
void pp_call_double(affine *point);

static inline void soft_mulmod(const num *a, const num *b, const num *c, const num *m, num *out) {
    num quotient;
    PP_ASSERT(pp_u256_mul_add_mod(out, &quotient, a, b, c, m));
}
static inline void soft_add(const affine *point, unsigned negate, affine *to) {
    PP_ASSERT(pp_secp256k1_add(to, NULL, to, point, negate != 0));
}
static inline void soft_double(affine *point) {
    PP_ASSERT(pp_secp256k1_double(point, NULL, point));
}

#endif
