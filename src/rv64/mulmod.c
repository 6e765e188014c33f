// SPDX-License-Identifier: MIT OR Apache-2.0
// d = a b + c mod m, on 256 bits; m = 0 stands for 2^256. With z saying that m is 0 the row holds a
// quotient q for which, as integers, a b + c = q m + z 2^256 q + d, and d < m unless z is 1.
//
// d < m: at the highest limb in which they differ, which a selector names, m's is larger. Nothing
// else makes z a bit: where it is not 0, m is 0, and then the selector, whose bits add up to 1 − z,
// could only name limbs in which m is smaller.
#include "base/u256.h"
#include "rv64/wide.h"

enum { A, B, C, M, D, Q, ZQ, OPERANDS_LEN };

static const wide_identity division = {2,
                                       2 * WIDE_DIGITS,
                                       {{1, A, B, 0},
                                        {1, C, WIDE_NONE, 0},
                                        {-1, Q, M, 0},
                                        {-1, D, WIDE_NONE, 0},
                                        {-1, ZQ, WIDE_NONE, WIDE_DIGITS}}};

// Of all of `in` and `out`, as accelerators have them: a, b, c, m, d.
static void operand(pp_expr out[WIDE_LIMBS], const limbs4 *in, unsigned number) {
    wide_limbs(out, in + (size_t)WIDE_WORDS * number);
}

static void remainder_less(build *b, wide_pending *p, const pp_expr m[WIDE_LIMBS],
                           const pp_expr d[WIDE_LIMBS], pp_expr z) {
    pp_expr at[WIDE_LIMBS], undecided = minus(b->real, z), difference = number(b, 0);
    columns(b, at, WIDE_LIMBS, "differs_at");
    for (unsigned i = WIDE_LIMBS; i-- > 0;) {
        pp_expr more = minus(m[i], d[i]);
        is_bit(b, "the selector of a difference is bits", at[i]);
        undecided = minus(undecided, at[i]);
        if (i > 0) pp_air_when(b->b, "limbs above the difference are equal", undecided, more);
        difference = plus(difference, times(at[i], more));
    }
    is_zero(b, "one difference is selected, unless m is 0", undecided);
    wide_flush(b, p);
    range(b, 16, minus(difference, minus(b->real, z)));
}

void build_mulmod(build *b, const table *t) {
    wide x[OPERANDS_LEN];
    wide_pending pending;
    accel_row row;
    begin_accel(b, t, &row);
    pending.len = pending.next = 0;
    pp_expr limbs[5][WIDE_LIMBS], z = column(b, "m_is_0"), sum = number(b, 0);
    for (unsigned i = 0; i < 4; i++) operand(limbs[i], row.in, i);
    wide_limbs(limbs[D], row.out);
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        wide_range(b, &pending, 16, limbs[D][i]);
        sum = plus(sum, limbs[M][i]);
    }
    pp_air_when(b->b, "m is 0 where it is said to be", z, sum);
    x[A] = wide_of_bytes(b, &pending, limbs[A], "a_low_bytes");
    x[B] = wide_of_bytes(b, &pending, limbs[B], "b_low_bytes");
    x[C] = wide_of_limbs(b, limbs[C]);
    x[M] = wide_of_bytes(b, &pending, limbs[M], "m_low_bytes");
    x[D] = wide_of_limbs(b, limbs[D]);
    x[Q] = wide_columns(b, &pending, "quotient");
    for (unsigned i = 0; i < WIDE_DIGITS; i++) x[ZQ].digit[i] = times(z, x[Q].digit[i]);
    wide_balance(b, &pending, &division, x);
    remainder_less(b, &pending, limbs[M], limbs[D], z);
    end_table(b);
}

static void fill_remainder_less(fill *f, const uint64_t *m, const uint64_t *d, bool z) {
    unsigned at = WIDE_LIMBS;
    for (unsigned i = WIDE_LIMBS; i-- > 0 && at == WIDE_LIMBS && !z;)
        if (limb(m[i / 4], i % 4) != limb(d[i / 4], i % 4)) at = i;
    for (unsigned i = 0; i < WIDE_LIMBS; i++) put(f, i == at);
    look_range(f, 16, z ? 0 : limb(m[at / 4], at % 4) - limb(d[at / 4], at % 4) - 1);
}

void fill_mulmod(fill *f, const pp_step *s, const table *t) {
    uint64_t before[PP_ACCEL_CELLS_MAX], words[PP_ACCEL_CELLS_MAX];
    wide_values x[OPERANDS_LEN] = {{{0}}};
    pp_u256 in[4], d, q;
    fill_accel(f, s, t, before, words);
    memcpy(in, before, sizeof in);
    PP_ASSERT(pp_u256_mul_add_mod(&d, &q, &in[A], &in[B], &in[C], &in[M]));
    bool z = pp_u256_is_zero(&in[M]);
    put(f, z);
    for (unsigned i = 0; i < WIDE_WORDS; i++) look_limbs(f, d.v[i], 4);
    fill_wide_of_bytes(f, in[A].v);
    fill_wide_of_bytes(f, in[B].v);
    fill_wide_of_bytes(f, in[M].v);
    fill_wide_columns(f, q.v);
    x[A] = wide_values_bytes(in[A].v);
    x[B] = wide_values_bytes(in[B].v);
    x[C] = wide_values_limbs(in[C].v);
    x[M] = wide_values_bytes(in[M].v);
    x[D] = wide_values_limbs(d.v);
    x[Q] = wide_values_bytes(q.v);
    if (z) x[ZQ] = x[Q];
    fill_wide_balance(f, &division, x);
    fill_remainder_less(f, in[M].v, d.v, z);
}
