// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sign/point.h"

static const num zero = {{0}}, seven = {{7, 0, 0, 0}};

static void mul(num *out, const num *a, const num *b) {
    pp_sign_fe_mul_add(out, a, b, &zero);
}

void pp_sign_curve_right_side(num *out, const num *x) {
    num t;
    pp_sign_fe_square_times(&t, x, 1);
    pp_sign_fe_mul_add(out, &t, x, &seven);
}

// *x = x^(2^n) y
static void run(num *x, unsigned n, const num *y) {
    pp_sign_fe_square_times(x, x, n);
    mul(x, x, y);
}

// a^((p+1)/4). In binary the exponent is 223 ones, a zero, 22 ones, 0000, 11, 00; runs of ones are
// doubled up.
static void root(num *out, const num *a) {
    num x2 = *a, x3, x22, x44, x88, t;
    run(&x2, 1, a);
    x3 = x2;
    run(&x3, 1, a);
    t = x3;
    run(&t, 3, &x3); // 6 ones
    run(&t, 3, &x3);
    run(&t, 2, &x2);
    x22 = t; // 11 so far
    run(&x22, 11, &t);
    x44 = x22;
    run(&x44, 22, &x22);
    x88 = x44;
    run(&x88, 44, &x44);
    t = x88;
    run(&t, 88, &x88);
    run(&t, 44, &x44);
    run(&t, 3, &x3); // 223 ones
    run(&t, 23, &x22);
    run(&t, 6, &x2);
    pp_sign_fe_square_times(out, &t, 2);
}

bool pp_sign_curve_root(num *out, const num *x) {
    num square, y, check;
    pp_sign_curve_right_side(&square, x);
    root(&y, &square);
    pp_sign_fe_square_times(&check, &y, 1);
    if (!num_equal(&check, &square)) return false;
    *out = y;
    return true;
}
