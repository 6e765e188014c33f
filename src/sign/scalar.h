// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbers mod n, the order of secp256k1, below n in and out. Internal to sign/.
// In plain C (scalar.c), and on the machine's calls (scalar_calls.c).
#ifndef PP_SIGN_SCALAR_H
#define PP_SIGN_SCALAR_H

#include "sign/num.h"

extern const num pp_sign_order; // n

void pp_sign_scalar_mul(num *out, const num *a, const num *b);
void pp_sign_scalar_negate(num *out, const num *a);
// 1/a; 0 for 0.
void pp_sign_scalar_invert(num *out, const num *a);
// *acc += a b mod 2^256.
void pp_sign_add_product(num *acc, const num *a, const num *b);

#endif
