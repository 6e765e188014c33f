// SPDX-License-Identifier: MIT OR Apache-2.0
// The formulas are those of the Explicit-Formulas Database for a = 0, in forms that halve instead
// of scaling Z.
#include "sign/point.h"

#include "sign/digits.h"
#include "sign/inverse.h"
#include "sign/secp256k1.inc"

static const num fe_one = {{1, 0, 0, 0}};

// (x/z^2, y/z^3), or infinity, and then the rest says nothing.
typedef struct jacobian {
    num x, y, z;
    bool infinity;
} jacobian;

// Called some 900 times for each signature: not inlined where they are used, for the size.
static void mul(num *out, const num *a, const num *b) {
    fe_mul(out, a, b);
}
static void sqr(num *out, const num *a) {
    fe_sqr(out, a);
}

void pp_sign_fe_mul_add(num *out, const num *a, const num *b, const num *c) {
    num t;
    mul(&t, a, b);
    fe_add(out, &t, c);
}
void pp_sign_fe_square_times(num *out, const num *a, unsigned n) {
    *out = *a;
    for (; n > 0; n--) sqr(out, out);
}

// ---- doubling, adding ---------------------------------------------------------------------------

// No point has y = 0 (the order is odd), so only infinity doubles to infinity.
static void double_point(jacobian *p) {
    num l, s, t, u;
    if (p->infinity) return;
    mul(&p->z, &p->y, &p->z); // Z' = Y Z
    sqr(&s, &p->y);           // S = Y^2
    mul(&t, &p->x, &s);       // T = X S
    sqr(&l, &p->x);
    fe_half(&u, &l);
    fe_add(&l, &l, &u); // L = 3 X^2 / 2
    sqr(&u, &l);
    fe_sub(&u, &u, &t);
    fe_sub(&p->x, &u, &t); // X' = L^2 - 2 T
    fe_sub(&t, &t, &p->x);
    mul(&t, &l, &t);
    sqr(&s, &s);
    fe_sub(&p->y, &t, &s); // Y' = L (T - X') - S^2
}

// *p += (x, y) / (scale^2, scale^3), scale NULL for 1. *ratio (unless NULL) becomes Z' / Z. *p is
// not infinity when ratio is asked for, nor the same point up to sign.
static void add_affine(jacobian *p, num *ratio, const affine *q, const num *scale) {
    num z, z2, h, r, h2, h3, v;
    if (p->infinity) {
        *p = (jacobian){q->x, q->y, fe_one, false};
        if (scale != NULL) { // what it is on the curve where scale is one
            sqr(&z2, scale);
            mul(&p->x, &p->x, &z2);
            mul(&z2, &z2, scale);
            mul(&p->y, &p->y, &z2);
        }
        return;
    }
    if (scale != NULL)
        mul(&z, &p->z, scale);
    else
        z = p->z;
    sqr(&z2, &z);
    mul(&h, &q->x, &z2);
    fe_sub(&h, &h, &p->x); // H = x Z^2 - X
    mul(&r, &q->y, &z2);
    mul(&r, &r, &z);
    fe_sub(&r, &r, &p->y); // R = y Z^3 - Y
    if (num_is_zero(&h)) {
        if (num_is_zero(&r))
            double_point(p);
        else
            p->infinity = true;
        return;
    }
    if (ratio != NULL) *ratio = h;
    mul(&p->z, &p->z, &h); // Z' = Z H
    sqr(&h2, &h);
    mul(&h3, &h2, &h);
    mul(&v, &p->x, &h2);
    sqr(&p->x, &r);
    fe_sub(&p->x, &p->x, &h3);
    fe_sub(&p->x, &p->x, &v);
    fe_sub(&p->x, &p->x, &v); // X' = R^2 - H^3 - 2 X H^2
    fe_sub(&v, &v, &p->x);
    mul(&v, &r, &v);
    mul(&h3, &h3, &p->y);
    fe_sub(&p->y, &v, &h3); // Y' = R (X H^2 - X') - Y H^3
}

// ---- a G + b P ----------------------------------------------------------------------------------

// 1, 3, 5, ... times P, all with one common Z, which is *scale: as if affine on the curve on which
// that Z is one. No two of them meet, for the order is a large prime.
static void odd_multiples(affine table[P_TABLE], num *scale, const affine *p) {
    num ratio[P_TABLE], z2, z3;
    jacobian twice = {p->x, p->y, fe_one, false}, sum;
    double_point(&twice);
    // Where 2P is affine, Z starts as one and is twice.z for everybody else.
    const affine step = {twice.x, twice.y};
    sqr(&z2, &twice.z);
    mul(&sum.x, &p->x, &z2);
    mul(&z2, &z2, &twice.z);
    mul(&sum.y, &p->y, &z2);
    sum.z = fe_one;
    sum.infinity = false;
    table[0] = (affine){sum.x, sum.y};
    for (int i = 1; i < P_TABLE; i++) {
        add_affine(&sum, &ratio[i], &step, NULL);
        table[i] = (affine){sum.x, sum.y};
    }
    mul(scale, &sum.z, &twice.z);
    num z = ratio[P_TABLE - 1];
    for (int i = P_TABLE - 2; i >= 0; i--) {
        sqr(&z2, &z);
        mul(&z3, &z2, &z);
        mul(&table[i].x, &table[i].x, &z2);
        mul(&table[i].y, &table[i].y, &z3);
        if (i > 0) mul(&z, &z, &ratio[i]);
    }
}

// digit times the base of a table of odd multiples.
static void pick(affine *out, const affine *table, int digit) {
    *out = table[(digit < 0 ? -digit : digit) >> 1];
    if (digit < 0) fe_negate(&out->y, &out->y);
}

static void to_affine(affine *out, const jacobian *in) {
    num i, i2;
    pp_sign_fe_invert(&i, &in->z);
    sqr(&i2, &i);
    mul(&out->x, &in->x, &i2);
    mul(&i2, &i2, &i);
    mul(&out->y, &in->y, &i2);
}

bool pp_sign_point_combine(affine *out, const num *a, const num *b, const affine *p) {
    affine table[2][P_TABLE], q;
    num scale;
    stream_digits digits;
    odd_multiples(table[0], &scale, p);
    for (int i = 0; i < P_TABLE; i++) {
        mul(&table[1][i].x, &table[0][i].x, &beta);
        table[1][i].y = table[0][i].y;
    }
    pp_sign_digits(&digits, a, b);
    jacobian sum = {fe_one, fe_one, fe_one, true};
    for (int i = DIGITS - 1; i >= 0; i--) {
        double_point(&sum);
        for (int k = 0; k < STREAMS; k++) {
            int8_t digit = digits.at[i].of[k];
            if (digit == 0) continue;
            pick(&q, k < 2 ? table[k] : g_table[k - 2], digit);
            add_affine(&sum, NULL, &q, k < 2 ? NULL : &scale);
        }
    }
    if (sum.infinity) return false;
    mul(&sum.z, &sum.z, &scale);
    to_affine(out, &sum);
    return true;
}
