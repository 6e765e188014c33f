// SPDX-License-Identifier: MIT OR Apache-2.0
// Inverses modulo an odd prime. Internal to sign/.
#ifndef PP_SIGN_INVERSE_H
#define PP_SIGN_INVERSE_H

#include "sign/num.h"

// A modulus in signed limbs of 62 bits, and 1/m mod 2^62.
typedef struct inverse_modulus {
    int64_t m[5];
    uint64_t inverse;
} inverse_modulus;

// *out = 1/a mod m for 0 <= a < m; 0 for 0. The branches taken depend on a.
void pp_sign_invert(num *out, const num *a, const inverse_modulus *m);

// *out = 1/a mod p, secp256k1's field, for a below p; 0 for 0.
void pp_sign_fe_invert(num *out, const num *a);

#endif
