// SPDX-License-Identifier: MIT OR Apache-2.0
// The group law of secp256k1, y^2 = x^3 + 7 mod p, on pairs of coordinates: what the machine's
// calls do (vm/abi.h), for its executor, for those who prove them, and where there is no such
// machine. Pure.
#ifndef PP_SIGN_GROUP_H
#define PP_SIGN_GROUP_H

#include "base/u256.h"

typedef struct pp_secp256k1_point {
    pp_u256 x, y;
} pp_secp256k1_point;

// *out is the third point, mirrored, of the line through a and b; with negate b's y is taken as
// p - y. *slope (unless NULL) is the line's. All results are below p. False, and nothing written,
// when a.x or b.x is not below p, or both are the same: then there is no such line. The y are taken
// mod p. Nothing asks whether the points are on the curve. out may be a or b.
PP_NODISCARD bool pp_secp256k1_add(pp_secp256k1_point *out, pp_u256 *slope,
                                   const pp_secp256k1_point *a, const pp_secp256k1_point *b,
                                   bool negate);

// The same of the line with slope 3 x^2 / 2 y, which is the curve's tangent in a. False when a.y is
// 0 or not below p; x is taken mod p.
PP_NODISCARD bool pp_secp256k1_double(pp_secp256k1_point *out, pp_u256 *slope,
                                      const pp_secp256k1_point *a);

#endif
