// SPDX-License-Identifier: MIT OR Apache-2.0
// The formulas are those of the Explicit-Formulas Database for a = 0, in forms that halve instead
// of scaling Z.
#include "sign/point.h"

#include "sign/inverse.h"
#include "sign/scalar.h"
#include "sign/secp256k1.inc"

static const num fe_one = {{1, 0, 0, 0}}, fe_seven = {{7, 0, 0, 0}};

// Called some 900 times for each signature: not inlined where they are used, for the size.
static void mul(num *out, const num *a, const num *b) {
    fe_mul(out, a, b);
}
static void sqr(num *out, const num *a) {
    fe_sqr(out, a);
}

// ---- roots and inverses -------------------------------------------------------------------------

// A root of a if it has one: a^((p+1)/4). In binary the exponent is 223 ones, a zero, 22 ones,
// 0000, 11, 00; runs of ones are doubled up.
static void fe_root(num *out, const num *a) {
    num x2, x3, x6, x11, x22, x44, x88, t;
    fe_sqr_n(&t, a, 1);
    mul(&x2, &t, a);
    fe_sqr_n(&t, &x2, 1);
    mul(&x3, &t, a);
    fe_sqr_n(&t, &x3, 3);
    mul(&x6, &t, &x3);
    fe_sqr_n(&t, &x6, 3);
    mul(&t, &t, &x3);
    fe_sqr_n(&t, &t, 2);
    mul(&x11, &t, &x2);
    fe_sqr_n(&t, &x11, 11);
    mul(&x22, &t, &x11);
    fe_sqr_n(&t, &x22, 22);
    mul(&x44, &t, &x22);
    fe_sqr_n(&t, &x44, 44);
    mul(&x88, &t, &x44);
    fe_sqr_n(&t, &x88, 88);
    mul(&t, &t, &x88);
    fe_sqr_n(&t, &t, 44);
    mul(&t, &t, &x44);
    fe_sqr_n(&t, &t, 3);
    mul(&t, &t, &x3); // 223 ones
    fe_sqr_n(&t, &t, 23);
    mul(&t, &t, &x22);
    fe_sqr_n(&t, &t, 6);
    mul(&t, &t, &x2);
    fe_sqr_n(out, &t, 2);
}

static void fe_invert(num *out, const num *a) {
    // p with limbs of both signs, so that three of them are zero
    static const inverse_modulus p = {{-(int64_t)FE_C, 0, 0, 0, 256}, 0x27c7f6e22ddacacf};
    num r, one;
    pp_sign_invert(&r, a, &p);
    fe_mul(&one, &r, a);
    PP_ASSERT(num_equal(&one, &fe_one));
    *out = r;
}

static void curve_right_side(num *out, const num *x) {
    num t;
    sqr(&t, x);
    mul(&t, &t, x);
    fe_add(out, &t, &fe_seven);
}

bool pp_sign_point_lift(affine *out, const num *x, unsigned parity) {
    num y2, y, check;
    curve_right_side(&y2, x);
    fe_root(&y, &y2);
    sqr(&check, &y);
    if (!num_equal(&check, &y2)) return false;
    if ((y.v[0] & 1) != parity) fe_negate(&y, &y); // never zero: -7 is no cube mod p
    *out = (affine){*x, y};
    return true;
}

bool pp_sign_point_valid(const affine *a) {
    num left, right;
    if (!fe_is_reduced(&a->x) || !fe_is_reduced(&a->y)) return false;
    sqr(&left, &a->y);
    curve_right_side(&right, &a->x);
    return num_equal(&left, &right);
}

void pp_sign_point_affine(affine *out, const jacobian *in) {
    num i, i2;
    fe_invert(&i, &in->z);
    sqr(&i2, &i);
    mul(&out->x, &in->x, &i2);
    mul(&i2, &i2, &i);
    mul(&out->y, &in->y, &i2);
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

// ---- scalars in halves and signed windows -------------------------------------------------------

// At most 128 bits in size.
typedef struct half_scalar {
    uint64_t v[2];
    bool negative;
} half_scalar;

// a * g / 2^384, rounded.
static void multiply_high(num *out, const num *a, const num *g) {
    uint64_t w[8];
    num_multiply(w, a, g);
    uint64_t c = w[5] >> 63;
    uint64_t low = w[6] + c;
    *out = (num){{low, w[7] + (low < c), 0, 0}};
}

static void add_product(num *acc, const num *a, const num *b) {
    uint64_t w[8];
    num_multiply(w, a, b);
    num_add(acc, acc, &(num){{w[0], w[1], w[2], w[3]}});
}

static void half_of(half_scalar *out, const num *a) {
    num v = *a;
    out->negative = v.v[3] >> 63;
    if (out->negative) num_sub(&v, &(num){{0, 0, 0, 0}}, &v);
    PP_ASSERT((v.v[2] | v.v[3]) == 0);
    out->v[0] = v.v[0];
    out->v[1] = v.v[1];
}

// k = first + second * lambda mod n, both of at most 128 bits (tools/gen_secp256k1.py).
static void split(half_scalar *first, half_scalar *second, const num *k) {
    num c1, c2, k1 = *k, k2 = {{0, 0, 0, 0}};
    multiply_high(&c1, k, &split_g1);
    multiply_high(&c2, k, &split_g2);
    add_product(&k1, &c1, &split_a1);
    add_product(&k1, &c2, &split_a2);
    add_product(&k2, &c1, &split_b1);
    add_product(&k2, &c2, &split_b2);
    half_of(first, &k1);
    half_of(second, &k2);
}

// Signed digits d[i], each zero or odd and below 2^(window-1) in size: a = sum of d[i] 2^i, and
// behind each digit that is not zero stand window - 1 zeros.
enum { DIGITS = 129 };

static void digits_of(int8_t d[DIGITS], const half_scalar *a, int window) {
    const uint64_t v[3] = {a->v[0], a->v[1], 0};
    unsigned carry = 0;
    memset(d, 0, DIGITS);
    for (int i = 0; i < DIGITS;) {
        uint64_t bits = v[i / 64] >> (i % 64);
        if ((bits & 1) == carry) {
            i++;
            continue;
        }
        if (i % 64 != 0) bits |= v[i / 64 + (i < 128)] << (64 - i % 64);
        int digit = (int)(bits & ((1u << window) - 1)) + (int)carry;
        carry = (unsigned)digit >> (window - 1);
        digit -= (int)(carry << window);
        d[i] = (int8_t)(a->negative ? -digit : digit);
        i += window;
    }
}

// ---- a G + b P ----------------------------------------------------------------------------------

enum { P_WINDOW = 5, P_TABLE = 1 << (P_WINDOW - 2) };

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

// Four streams of digits share 128 doublings: P and lambda P with halves of b, G and 2^128 G with
// halves of a.
void pp_sign_point_combine(jacobian *out, const num *a, const num *b, const affine *p) {
    affine table[2][P_TABLE], q;
    num scale;
    int8_t digits[4][DIGITS];
    half_scalar half[2];
    odd_multiples(table[0], &scale, p);
    for (int i = 0; i < P_TABLE; i++) {
        mul(&table[1][i].x, &table[0][i].x, &beta);
        table[1][i].y = table[0][i].y;
    }
    split(&half[0], &half[1], b);
    digits_of(digits[0], &half[0], P_WINDOW);
    digits_of(digits[1], &half[1], P_WINDOW);
    digits_of(digits[2], &(half_scalar){{a->v[0], a->v[1]}, false}, G_WINDOW);
    digits_of(digits[3], &(half_scalar){{a->v[2], a->v[3]}, false}, G_WINDOW);
    jacobian sum = {fe_one, fe_one, fe_one, true};
    for (int i = DIGITS - 1; i >= 0; i--) {
        double_point(&sum);
        for (int k = 0; k < 2; k++) {
            if (digits[k][i] == 0) continue;
            pick(&q, table[k], digits[k][i]);
            add_affine(&sum, NULL, &q, NULL);
        }
        for (int k = 0; k < 2; k++) {
            if (digits[2 + k][i] == 0) continue;
            pick(&q, g_table[k], digits[2 + k][i]);
            add_affine(&sum, NULL, &q, &scale);
        }
    }
    if (!sum.infinity) mul(&sum.z, &sum.z, &scale);
    *out = sum;
}
