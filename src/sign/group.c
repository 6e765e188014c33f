// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sign/group.h"

#include "sign/fe.h"
#include "sign/inverse.h"

static void reduced(num *out, const num *a) {
    *out = *a;
    if (!fe_is_reduced(out)) fe_add_c(out);
}

// The line through (x, y) with this slope meets the curve where the x add up to slope^2.
static void meet(pp_secp256k1_point *out, const num *slope, const num *x, const num *other_x,
                 const num *y) {
    num x3, y3;
    fe_sqr(&x3, slope);
    fe_sub(&x3, &x3, x);
    fe_sub(&x3, &x3, other_x);
    fe_sub(&y3, x, &x3);
    fe_mul(&y3, &y3, slope);
    fe_sub(&y3, &y3, y);
    *out = (pp_secp256k1_point){x3, y3};
}

bool pp_secp256k1_add(pp_secp256k1_point *out, pp_u256 *slope, const pp_secp256k1_point *a,
                      const pp_secp256k1_point *b, bool negate) {
    num y1, y2, dx, l;
    if (!fe_is_reduced(&a->x) || !fe_is_reduced(&b->x) || num_equal(&a->x, &b->x)) return false;
    reduced(&y1, &a->y);
    reduced(&y2, &b->y);
    if (negate) fe_negate(&y2, &y2);
    fe_sub(&dx, &b->x, &a->x);
    pp_sign_fe_invert(&dx, &dx);
    fe_sub(&l, &y2, &y1);
    fe_mul(&l, &l, &dx);
    num x1 = a->x, x2 = b->x;
    meet(out, &l, &x1, &x2, &y1);
    if (slope != NULL) *slope = l;
    return true;
}

bool pp_secp256k1_double(pp_secp256k1_point *out, pp_u256 *slope, const pp_secp256k1_point *a) {
    num x, y = a->y, l, t;
    if (!fe_is_reduced(&y) || num_is_zero(&y)) return false;
    reduced(&x, &a->x);
    fe_add(&t, &y, &y);
    pp_sign_fe_invert(&t, &t);
    fe_sqr(&l, &x);
    fe_mul(&t, &t, &l);
    fe_add(&l, &t, &t);
    fe_add(&l, &l, &t);
    meet(out, &l, &x, &x, &y);
    if (slope != NULL) *slope = l;
    return true;
}
