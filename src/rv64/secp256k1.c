// SPDX-License-Identifier: MIT OR Apache-2.0
// The group law of secp256k1 on affine points (sign/group.h): a row a chord, a row a tangent. With
// the slope l as a witness, and as integers, for quotients q of any size and sign:
//   chord    l (x2 − x1) − (y2 − y1) = q p      where x1 and x2 are below p and differ, or l is
//   free tangent  2 l y1 − 3 x1^2         = q p      where y1 is below p and not 0, for the same
//   reason both     l^2 − x1 − x2 − x3      = q p      (x2 = x1 for a tangent)
//            l (x1 − x3) − y1 − y3   = q p
// and x3, y3 are below p. Mod p the slope is then the only one, and so are x3 and y3.
#include "rv64/wide.h"
#include "sign/group.h"

enum {
    X1,
    Y1,
    X2,
    Y2, // with its sign
    X3,
    Y3,
    SLOPE,
    RUN,  // x2 − x1
    FALL, // x1 − x3
    Q,
    TOP,
    OPERANDS_LEN,
};
enum { IDENTITIES_LEN = 3 };

// − q p with q = Q + 2^256 TOP and p = 2^256 − 977 − 2^32: no products.
#define MINUS_Q_P                                                                                  \
    {-1, Q, WIDE_NONE, 32}, {977, Q, WIDE_NONE, 0}, {1, Q, WIDE_NONE, 4},                          \
        {-1, TOP, WIDE_NONE, 64}, {977, TOP, WIDE_NONE, 32}, {1, TOP, WIDE_NONE, 36}
enum { POSITIONS = 66 }; // two at a time; with a carry at each, 65 are enough

static const wide_identity chord[IDENTITIES_LEN] = {
    {2, POSITIONS, {{1, SLOPE, RUN, 0}, {1, Y1, WIDE_NONE, 0}, {-1, Y2, WIDE_NONE, 0}, MINUS_Q_P}},
    {2,
     POSITIONS,
     {{1, SLOPE, SLOPE, 0},
      {-1, X1, WIDE_NONE, 0},
      {-1, X2, WIDE_NONE, 0},
      {-1, X3, WIDE_NONE, 0},
      MINUS_Q_P}},
    {2,
     POSITIONS,
     {{1, SLOPE, FALL, 0}, {-1, Y1, WIDE_NONE, 0}, {-1, Y3, WIDE_NONE, 0}, MINUS_Q_P}}};

// The first with a carry at each digit: its sums are too large for two.
static const wide_identity tangent[IDENTITIES_LEN] = {
    {1, 65, {{2, SLOPE, Y1, 0}, {-3, X1, X1, 0}, MINUS_Q_P}},
    {2,
     POSITIONS,
     {{1, SLOPE, SLOPE, 0}, {-2, X1, WIDE_NONE, 0}, {-1, X3, WIDE_NONE, 0}, MINUS_Q_P}},
    {2,
     POSITIONS,
     {{1, SLOPE, FALL, 0}, {-1, Y1, WIDE_NONE, 0}, {-1, Y3, WIDE_NONE, 0}, MINUS_Q_P}}};

// ---- below p ------------------------------------------------------------------------------------

// p's limbs are 0xfc2f, 0xffff, 0xfffe, and then all 0xffff. So x < p when one of these is less:
// the upper 13 limbs, shown by an inverse of what they lack; or limb 2; or, limb 2 being p's, limb
// 1 or limb 0. One of `less` is 1, that of limb 2 being what the others leave. Where the upper
// limbs lack nothing less[3] is 0, and with bits for less[0] and less[1] no sum of such differences
// is in range for an x from p on.
static const uint32_t prime_limbs[3] = {0xfc2f, 0xffff, 0xfffe};

static void below_p(build *b, wide_pending *p, const pp_expr x[WIDE_LIMBS]) {
    pp_expr less[4], lack = number(b, 0), difference = lack;
    less[0] = column(b, "less_at_limb_0");
    less[1] = column(b, "less_at_limb_1");
    less[3] = column(b, "less_above");
    pp_expr inverse = column(b, "lack_inverse");
    less[2] = minus(minus(b->real, less[3]), plus(less[0], less[1]));
    for (unsigned i = 3; i < WIDE_LIMBS; i++) lack = plus(lack, minus(number(b, 0xffff), x[i]));
    for (unsigned i = 0; i < 2; i++) is_bit(b, "the place of p's excess is a bit", less[i]);
    pp_air_when(b->b, "the upper limbs lack something", less[3], offset(times(lack, inverse), -1));
    pp_air_when(b->b, "limb 2 is p's where it does not decide", plus(less[0], less[1]),
                offset(x[2], -(int64_t)prime_limbs[2]));
    for (unsigned i = 0; i < 3; i++)
        difference = plus(difference, times(less[i], minus(number(b, prime_limbs[i] - 1), x[i])));
    wide_range(b, p, 16, difference);
}

static void fill_below_p(fill *f, const pp_u256 *x) {
    uint32_t lack = 0, place = 3;
    for (unsigned i = 3; i < WIDE_LIMBS; i++) lack += 0xffff - limb(x->v[i / 4], i % 4);
    if (lack == 0) place = 2;
    while (place < 3 && place > 0 && limb(x->v[0], place) == prime_limbs[place]) place--;
    put(f, place == 0);
    put(f, place == 1);
    put(f, place == 3);
    put_fp(f, pp_fp_inverse(pp_fp_from_u32(lack)));
    look_range(f, 16, place == 3 ? 0 : prime_limbs[place] - 1 - limb(x->v[0], place));
}

// ---- building -----------------------------------------------------------------------------------

// x1 and x2 differ: a sum of differences of limbs, by a row of factors and a column of them, is 1.
// With no difference no factors make it so.
static void differ(build *b, const pp_expr x1[WIDE_LIMBS], const pp_expr x2[WIDE_LIMBS]) {
    pp_expr word[4], place[4], sum = number(b, 0);
    columns(b, word, 4, "differ_word");
    columns(b, place, 4, "differ_limb");
    for (unsigned i = 0; i < 4; i++) {
        pp_expr of_word = number(b, 0);
        for (unsigned k = 0; k < 4; k++)
            of_word = plus(of_word, times(place[k], minus(x1[4 * i + k], x2[4 * i + k])));
        sum = plus(sum, times(word[i], of_word));
    }
    equal(b, "x1 and x2 differ", sum, b->real);
}

static void fill_differ(fill *f, const pp_u256 *x1, const pp_u256 *x2) {
    unsigned i = 0;
    while (limb(x1->v[i / 4], i % 4) == limb(x2->v[i / 4], i % 4)) i++;
    pp_fp d = pp_fp_sub(pp_fp_from_u32(limb(x1->v[i / 4], i % 4)),
                        pp_fp_from_u32(limb(x2->v[i / 4], i % 4)));
    for (unsigned k = 0; k < 4; k++) put(f, k == i / 4);
    for (unsigned k = 0; k < 4; k++) put_fp(f, k == i % 4 ? pp_fp_inverse(d) : (pp_fp){0});
}

static void not_zero(build *b, const pp_expr y[WIDE_LIMBS]) {
    pp_expr inverse = column(b, "y_inverse");
    equal(b, "y is not 0", times(pp_air_sum(b->b, y, WIDE_LIMBS), inverse), b->real);
}

static void fill_not_zero(fill *f, const pp_u256 *y) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < WIDE_LIMBS; i++) sum += limb(y->v[i / 4], i % 4);
    put_fp(f, pp_fp_inverse(pp_fp_from_u32(sum)));
}

// The quotient's columns: limbs, or bytes where carries are looked up at each; and the top digit,
// which is the last carry and so as small as one.
static void quotient(build *b, wide_pending *p, const wide_identity *w, wide x[OPERANDS_LEN]) {
    if (w->step == 2) {
        pp_expr limbs[WIDE_LIMBS];
        columns(b, limbs, WIDE_LIMBS, "quotient");
        for (unsigned i = 0; i < WIDE_LIMBS; i++) wide_range(b, p, 16, limbs[i]);
        x[Q] = wide_of_limbs(b, limbs);
    } else {
        x[Q] = wide_columns(b, p, "quotient");
    }
    for (unsigned i = 0; i < WIDE_DIGITS; i++) x[TOP].digit[i] = number(b, 0);
    x[TOP].digit[0] = column(b, "quotient_top");
}

static void third_point(build *b, wide_pending *p, const wide_identity w[IDENTITIES_LEN],
                        const accel_row *row, wide x[OPERANDS_LEN]) {
    pp_expr x3[WIDE_LIMBS], y3[WIDE_LIMBS];
    wide_limbs(x3, row->out);
    wide_limbs(y3, row->out + WIDE_WORDS);
    x[SLOPE] = wide_columns(b, p, "slope");
    x[X3] = wide_of_bytes(b, p, x3, "x3_low_bytes");
    x[Y3] = wide_of_limbs(b, y3);
    for (unsigned i = 0; i < WIDE_LIMBS; i++) wide_range(b, p, 16, y3[i]);
    x[FALL] = wide_minus(&x[X1], &x[X3]);
    below_p(b, p, x3);
    below_p(b, p, y3);
    for (unsigned i = 0; i < IDENTITIES_LEN; i++) {
        quotient(b, p, &w[i], x);
        wide_balance(b, p, &w[i], x);
    }
    wide_flush(b, p);
    end_table(b);
}

void build_secp256k1_add(build *b, const table *t) {
    wide x[OPERANDS_LEN];
    wide_pending pending;
    accel_row row;
    pp_expr x1[WIDE_LIMBS], y1[WIDE_LIMBS], x2[WIDE_LIMBS], y2[WIDE_LIMBS];
    begin_accel(b, t, &row);
    pending.len = pending.next = 0;
    const limbs4 *second = row.in, *negate = second + 2 * WIDE_WORDS, *first = negate + 1;
    wide_limbs(x2, second);
    wide_limbs(y2, second + WIDE_WORDS);
    wide_limbs(x1, first);
    wide_limbs(y1, first + WIDE_WORDS);
    is_bit(b, "negate is a bit", negate->limb[0]);
    is_zero(b, "negate has nothing above", pp_air_sum(b->b, negate->limb + 1, 3));
    for (unsigned i = 0; i < WIDE_LIMBS; i++)
        y2[i] = minus(y2[i], scale(times(negate->limb[0], y2[i]), 2));
    below_p(b, &pending, x1);
    below_p(b, &pending, x2);
    differ(b, x1, x2);
    x[X1] = wide_of_bytes(b, &pending, x1, "x1_low_bytes");
    x[X2] = wide_of_bytes(b, &pending, x2, "x2_low_bytes");
    x[Y1] = wide_of_limbs(b, y1);
    x[Y2] = wide_of_limbs(b, y2);
    x[RUN] = wide_minus(&x[X2], &x[X1]);
    third_point(b, &pending, chord, &row, x);
}

void build_secp256k1_double(build *b, const table *t) {
    wide x[OPERANDS_LEN];
    wide_pending pending;
    accel_row row;
    pp_expr x1[WIDE_LIMBS], y1[WIDE_LIMBS];
    begin_accel(b, t, &row);
    pending.len = pending.next = 0;
    wide_limbs(x1, row.in);
    wide_limbs(y1, row.in + WIDE_WORDS);
    below_p(b, &pending, y1);
    not_zero(b, y1);
    x[X1] = wide_of_bytes(b, &pending, x1, "x1_low_bytes");
    x[Y1] = wide_of_bytes(b, &pending, y1, "y1_low_bytes");
    third_point(b, &pending, tangent, &row, x);
}

// ---- filling ------------------------------------------------------------------------------------

// The quotient digit by digit, from what the other terms add up to: each is what makes the sum up
// to its position divisible, since 977 is odd and q p has 977 q from there on. The last one is the
// top.
static void fill_quotient(fill *f, const wide_identity *w, wide_values x[OPERANDS_LEN],
                          int64_t at[WIDE_POSITIONS]) {
    int64_t carry = 0, base = (int64_t)1 << 8 * w->step;
    const int64_t inverse = 13617; // 1 / 977 mod 2^16
    for (unsigned k = 0; k <= WIDE_DIGITS; k += w->step) {
        int64_t sum = at[k] + carry + (w->step == 2 ? at[k + 1] * 256 : 0);
        int64_t q = -sum * inverse % base;
        q = (q + base) % base;
        if (k == WIDE_DIGITS) {
            q = q < base / 2 ? q : q - base;
            x[TOP].digit[0] = (int32_t)q;
            break;
        }
        x[Q].digit[k] = (int32_t)q;
        at[k + 4] += q;
        at[k + 32] -= q;
        carry = (sum + 977 * q) / base;
    }
    for (unsigned k = 0; k < WIDE_DIGITS; k += w->step) put(f, (uint32_t)x[Q].digit[k]);
    for (unsigned k = 0; k < WIDE_DIGITS; k += 2)
        if (w->step == 2)
            look_range(f, 16, (uint64_t)x[Q].digit[k]);
        else
            look_pair(f, (uint32_t)x[Q].digit[k], (uint32_t)x[Q].digit[k + 1]);
    int32_t top = x[TOP].digit[0];
    put_fp(f, top < 0 ? pp_fp_neg(pp_fp_from_u32((uint32_t)-top)) : pp_fp_from_u32((uint32_t)top));
}

static void fill_third_point(fill *f, const wide_identity w[IDENTITIES_LEN],
                             const pp_secp256k1_point *third, const pp_u256 *slope,
                             wide_values x[OPERANDS_LEN]) {
    fill_wide_columns(f, slope->v);
    fill_wide_of_bytes(f, third->x.v);
    for (unsigned i = 0; i < WIDE_WORDS; i++) look_limbs(f, third->y.v[i], 4);
    x[SLOPE] = wide_values_bytes(slope->v);
    x[X3] = wide_values_bytes(third->x.v);
    x[Y3] = wide_values_limbs(third->y.v);
    x[FALL] = wide_values_minus(&x[X1], &x[X3]);
    fill_below_p(f, &third->x);
    fill_below_p(f, &third->y);
    for (unsigned i = 0; i < IDENTITIES_LEN; i++) {
        int64_t at[WIDE_POSITIONS];
        memset(&x[Q], 0, sizeof x[Q]);
        memset(&x[TOP], 0, sizeof x[TOP]);
        wide_sums(at, &w[i], x);
        fill_quotient(f, &w[i], x, at);
        fill_wide_balance(f, &w[i], x);
    }
}

void fill_secp256k1_add(fill *f, const pp_step *s, const table *t) {
    uint64_t before[PP_ACCEL_CELLS_MAX], words[PP_ACCEL_CELLS_MAX];
    wide_values x[OPERANDS_LEN] = {{{0}}};
    pp_secp256k1_point second, first, third;
    pp_u256 slope;
    fill_accel(f, s, t, before, words);
    memcpy(&second, before, sizeof second);
    bool negate = before[2 * WIDE_WORDS] != 0;
    memcpy(&first, before + 2 * WIDE_WORDS + 1, sizeof first);
    PP_ASSERT(pp_secp256k1_add(&third, &slope, &first, &second, negate));
    fill_below_p(f, &first.x);
    fill_below_p(f, &second.x);
    fill_differ(f, &first.x, &second.x);
    fill_wide_of_bytes(f, first.x.v);
    fill_wide_of_bytes(f, second.x.v);
    x[X1] = wide_values_bytes(first.x.v);
    x[X2] = wide_values_bytes(second.x.v);
    x[Y1] = wide_values_limbs(first.y.v);
    x[Y2] = wide_values_limbs(second.y.v);
    for (unsigned i = 0; negate && i < WIDE_DIGITS; i++) x[Y2].digit[i] = -x[Y2].digit[i];
    x[RUN] = wide_values_minus(&x[X2], &x[X1]);
    fill_third_point(f, chord, &third, &slope, x);
}

void fill_secp256k1_double(fill *f, const pp_step *s, const table *t) {
    uint64_t before[PP_ACCEL_CELLS_MAX], words[PP_ACCEL_CELLS_MAX];
    wide_values x[OPERANDS_LEN] = {{{0}}};
    pp_secp256k1_point point, third;
    pp_u256 slope;
    fill_accel(f, s, t, before, words);
    memcpy(&point, before, sizeof point);
    PP_ASSERT(pp_secp256k1_double(&third, &slope, &point));
    fill_below_p(f, &point.y);
    fill_not_zero(f, &point.y);
    fill_wide_of_bytes(f, point.x.v);
    fill_wide_of_bytes(f, point.y.v);
    x[X1] = wide_values_bytes(point.x.v);
    x[Y1] = wide_values_bytes(point.y.v);
    fill_third_point(f, tangent, &third, &slope, x);
}
