// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sign/calls.h"

void pp_call_mulmod(const num *a, const num *b, const num *c, const num *m, num *out) {
    soft_mulmod(a, b, c, m, out);
}
void pp_call_square_times(num *x, const num *m, unsigned n) {
    static const num zero = {{0}};
    for (; n > 0; n--) soft_mulmod(x, x, &zero, m, x);
}
void pp_call_add(const affine *point, unsigned negate, affine *to) {
    soft_add(point, negate, to);
}
void pp_call_double(affine *point) {
    soft_double(point);
}
