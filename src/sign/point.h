// SPDX-License-Identifier: MIT OR Apache-2.0
// Points of secp256k1, y^2 = x^3 + 7. Internal to sign/. Branches depend on values. Implemented
// twice: in plain C (point.c) and on the machine's calls (point_calls.c); a program links one of
// them.
#ifndef PP_SIGN_POINT_H
#define PP_SIGN_POINT_H

#include "sign/fe.h"
#include "sign/group.h"

// A point that is not infinity.
typedef pp_secp256k1_point affine;

// a G + b P, for scalars below the order; false when that is infinity.
PP_NODISCARD bool pp_sign_point_combine(affine *out, const num *a, const num *b, const affine *p);

// ---- what both implementations of the above have in common --------------------------------------

// x^3 + 7; and a root of it, false when it has none; x below p. In root.c, on the two functions
// below, which each implementation brings: a b + c, and n squarings, mod p. out may be an operand.
void pp_sign_curve_right_side(num *out, const num *x);
PP_NODISCARD bool pp_sign_curve_root(num *out, const num *x);
void pp_sign_fe_mul_add(num *out, const num *a, const num *b, const num *c);
void pp_sign_fe_square_times(num *out, const num *a, unsigned n);

#endif
