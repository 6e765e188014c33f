// SPDX-License-Identifier: MIT OR Apache-2.0
// Points by the machine's calls, which add and double affine points: nothing to divide at the end.
// What a call refuses, equal and opposite points and infinity, is told apart here.
#include "sign/calls.h"
#include "sign/digits.h"
#include "sign/secp256k1.inc"

static const num prime = {{0 - FE_C, UINT64_MAX, UINT64_MAX, UINT64_MAX}}, zero = {{0}};

void pp_sign_fe_mul_add(num *out, const num *a, const num *b, const num *c) {
    pp_call_mulmod(a, b, c, &prime, out);
}
void pp_sign_fe_square_times(num *out, const num *a, unsigned n) {
    *out = *a;
    pp_call_square_times(out, &prime, n);
}

// No point has y = 0, so everything but infinity can be doubled.
static void add_point(affine *sum, bool *infinity, const affine *q, unsigned negate) {
    if (*infinity) {
        *sum = *q;
        if (negate) fe_negate(&sum->y, &sum->y);
        *infinity = false;
    } else if (sum->x.v[0] != q->x.v[0] || !num_equal(&sum->x, &q->x)) {
        pp_call_add(q, negate, sum);
    } else if (num_equal(&sum->y, &q->y) == (negate == 0)) {
        pp_call_double(sum);
    } else {
        *infinity = true;
    }
}

// 1, 3, 5, ... times P, of which no two are opposite: the order is a large prime. And their
// multiples by lambda.
static void odd_multiples(affine table[2][P_TABLE], const affine *p) {
    affine twice = *p;
    pp_call_double(&twice);
    table[0][0] = *p;
    for (int i = 1; i < P_TABLE; i++) {
        table[0][i] = table[0][i - 1];
        pp_call_add(&twice, 0, &table[0][i]);
    }
    for (int i = 0; i < P_TABLE; i++) {
        pp_call_mulmod(&table[0][i].x, &beta, &zero, &prime, &table[1][i].x);
        table[1][i].y = table[0][i].y;
    }
}

bool pp_sign_point_combine(affine *out, const num *a, const num *b, const affine *p) {
    affine table[2][P_TABLE], sum;
    const affine *tables[STREAMS] = {table[0], table[1], g_table[0], g_table[1]};
    stream_digits digits;
    bool infinity = true;
    odd_multiples(table, p);
    pp_sign_digits(&digits, a, b);
    for (int i = DIGITS - 1; i >= 0; i--) {
        if (!infinity) pp_call_double(&sum);
        uint32_t any;
        memcpy(&any, digits.at[i].of, sizeof any);
        if (any == 0) continue;
        for (int k = 0; k < STREAMS; k++) {
            int8_t digit = digits.at[i].of[k];
            if (digit == 0) continue;
            unsigned negate = digit < 0;
            add_point(&sum, &infinity, &tables[k][(negate ? -digit : digit) >> 1], negate);
        }
    }
    if (!infinity) *out = sum;
    return !infinity;
}
