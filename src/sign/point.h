// SPDX-License-Identifier: MIT OR Apache-2.0
// Points of secp256k1, y^2 = x^3 + 7. Internal to sign/. Branches depend on values.
#ifndef PP_SIGN_POINT_H
#define PP_SIGN_POINT_H

#include "sign/fe.h"

// A point that is not infinity.
typedef struct affine {
    num x, y;
} affine;

// (x/z^2, y/z^3), or infinity, and then the rest says nothing.
typedef struct jacobian {
    num x, y, z;
    bool infinity;
} jacobian;

// The point with x (below p) and the wanted parity (0, 1) of y; false when no point has this x.
PP_NODISCARD bool pp_sign_point_lift(affine *out, const num *x, unsigned parity);

// False when (x, y) is on the curve not, or a coordinate is not below p.
PP_NODISCARD bool pp_sign_point_valid(const affine *a);

// a G + b P, for scalars below the order.
void pp_sign_point_combine(jacobian *out, const num *a, const num *b, const affine *p);

// *in is not infinity.
void pp_sign_point_affine(affine *out, const jacobian *in);

#endif
