// SPDX-License-Identifier: MIT OR Apache-2.0
// Rows of the 256-bit accelerators that are false: by one look-up alone, each of them; by one
// constraint alone, where test_rows.c finds none. The points' tables are included, for rows of
// theirs are made here that their own functions would not make.
#include <stdlib.h>

#include "rv64/secp256k1.c"
#include "rv64/test_row.h"
#include "sign/fe.h"
#include "sign/inverse.h"

// Cell `index` of the n-th run of columns of this name.
static pp_fp *at(one_row *o, const char *name, unsigned n, int index) {
    for (uint32_t c = 0; c < o->t->columns_len; c++) {
        const pp_air_name *is = &o->t->column_names[c];
        if (strcmp(is->base, name) == 0 && is->index == index && n-- == 0) return &o->columns[c];
    }
    PP_ASSERT(false);
    return NULL;
}

static const char *const operand_names[] = {"operand_0", "operand_1", "operand_2", "operand_3"};

// ---- each look-up -------------------------------------------------------------------------------

enum { LOOKUPS_MAX = 512 };
typedef struct found {
    bool lookup[LOOKUPS_MAX];
} found;

static void note(one_row *o, found *f) {
    int i = row_all_hold(o) ? row_missing(o) : ROW_ALL_FOUND;
    if (i >= 0) f->lookup[i] = true;
}

// By one cell, or by two neighbours of which one carries too much to the other.
static void try_neighbours(one_row *o, found *f) {
    static const int32_t changes[][2] = {{1, 0},    {-1, 0},   {256, 0},    {-256, 0},
                                         {256, -1}, {-256, 1}, {65536, -1}, {-65536, 1}};
    for (uint32_t c = 0; c + 1 < o->t->columns_len; c++) {
        pp_fp *x = o->columns + c, old[2] = {x[0], x[1]};
        for (size_t s = 0; s < PP_COUNT(changes); s++) {
            for (int h = 0; h < 2; h++) {
                int32_t by = changes[s][h];
                pp_fp d = pp_fp_from_u32((uint32_t)abs(by));
                x[h] = by < 0 ? pp_fp_sub(old[h], d) : pp_fp_add(old[h], d);
            }
            note(o, f);
        }
        memcpy(x, old, sizeof old);
    }
}

// From the first one on that is the table's own: what all calls share stands in front, and
// test_lookups.c has it, for keccak.
static void check_found(const one_row *o, const found *f, const pp_accel *accel, unsigned but) {
    uint32_t all = 0, n = 0, own = 4 + 2; // a7, the instruction, the state chain
    for (unsigned i = 0; i < accel->operands_len; i++)
        own += accel->cells[i] != 0 ? 5u + 4u * accel->cells[i] : 3u;
    for (uint32_t i = own; i < o->t->interactions_len; i++) {
        if (!row_is_lookup(rv64_test_machine(), o->t->interactions[i].bus)) continue;
        all++;
        n += f->lookup[i];
        if (!f->lookup[i] && but == 0)
            pp_test_fail(__FILE__, __LINE__, "%s: nothing false without interaction %u", o->t->name,
                         i);
    }
    printf("  %s: %u of %u look-ups\n", o->t->name, n, all);
    CHECK(all - n <= but);
}

// Carries. An identity that is wrong by the field's p at one position (in the last one, by 1) has
// one carry alone that is none: there sums are 0 mod p that are not 0.
static void put_limbs_at(one_row *o, const char *name, unsigned n, const uint64_t v[4]) {
    for (int i = 0; i < 16; i++)
        *at(o, name, n, i) = pp_fp_from_u32(limb(v[i / 4], (unsigned)i % 4));
}
static void put_low_bytes_at(one_row *o, const char *name, const uint64_t v[4]) {
    for (int i = 0; i < 16; i++)
        *at(o, name, 0, i) = pp_fp_from_u32(limb(v[i / 4], (unsigned)i % 4) & 255);
}

// a = 2^s, and b is more by p 2^(16 k - s) than what q and d are of.
static void wrong_division(one_row *o, unsigned k) {
    const bool last = k == 31;
    unsigned s = 16 * k < 255 ? 16 * k : 255, rest = 16 * k - s;
    pp_u256 a = {{0}}, b = {{12345, 6789}}, c = {{7, 8, 9, 10}}, m = {{1, 2, 3, 0}}, d, q, more;
    a.v[s / 64] = (uint64_t)1 << s % 64;
    m.v[3] = s < 192 ? 1 : (uint64_t)1 << 63; // a is below it, or b
    PP_ASSERT(pp_u256_mul_add_mod(&d, &q, &a, &b, &c, &m));
    pp_u256 unit = {{0}}, zero = {{0}}, none, error = pp_u256_from_u64(last ? 1 : PP_FP_MODULUS);
    unit.v[rest / 64] = (uint64_t)1 << rest % 64;
    PP_ASSERT(pp_u256_mul_add_mod(&more, &none, &error, &unit, &zero, &zero));
    PP_ASSERT(pp_u256_is_zero(&none) && pp_u256_add(&b, &b, &more));
    const pp_u256 *in[] = {&a, &b, &c, &m};
    for (unsigned n = 0; n < 4; n++) put_limbs_at(o, operand_names[n], 0, in[n]->v);
    put_low_bytes_at(o, "a_low_bytes", a.v);
    put_low_bytes_at(o, "b_low_bytes", b.v);
    put_low_bytes_at(o, "m_low_bytes", m.v);
    put_limbs_at(o, "after", 0, d.v);
    bool decided = false;
    for (int i = 15; i >= 0; i--) {
        bool here =
            !decided && limb(d.v[i / 4], (unsigned)i % 4) != limb(m.v[i / 4], (unsigned)i % 4);
        *at(o, "differs_at", 0, i) = pp_fp_from_u32(here);
        decided = decided || here;
    }
    for (int i = 0; i < 32; i++)
        *at(o, "quotient", 0, i) = pp_fp_from_u32(byte(q.v[i / 8], (unsigned)i % 8));
}

// p 2^(8 k) modulo the curve's prime; 2^(8 k) for the last.
static void error_at(num *out, unsigned k) {
    num base = {{256}};
    *out = pp_u256_from_u64(k == 64 ? 1 : PP_FP_MODULUS);
    for (; k > 0; k--) fe_mul(out, out, &base);
}

// Identity `wrong` is off at position k, one way or the other: the slope, x or y is what it then is
// mod the curve's prime.
static void wrong_point(one_row *o, const wide_identity w[3], const wide_values start[OPERANDS_LEN],
                        const pp_secp256k1_point *first, const pp_secp256k1_point *second,
                        unsigned wrong, unsigned k, bool minus_p) {
    static lookups look;
    num error, slope, t;
    pp_secp256k1_point third;
    const bool is_tangent = w == tangent;
    error_at(&error, k);
    if (minus_p) fe_negate(&error, &error);
    if (is_tangent) {
        fe_sqr(&t, &first->x);
        fe_add(&slope, &t, &t);
        fe_add(&slope, &slope, &t);
        fe_add(&t, &first->y, &first->y);
    } else {
        fe_sub(&slope, &second->y, &first->y);
        fe_sub(&t, &second->x, &first->x);
    }
    if (wrong == 0) fe_add(&slope, &slope, &error);
    pp_sign_fe_invert(&t, &t);
    fe_mul(&slope, &slope, &t);
    fe_sqr(&third.x, &slope);
    fe_sub(&third.x, &third.x, &first->x);
    fe_sub(&third.x, &third.x, is_tangent ? &first->x : &second->x);
    if (wrong == 1) fe_sub(&third.x, &third.x, &error);
    fe_sub(&third.y, &first->x, &third.x);
    fe_mul(&third.y, &third.y, &slope);
    fe_sub(&third.y, &third.y, &first->y);
    if (wrong == 2) fe_sub(&third.y, &third.y, &error);
    for (int i = 0; i < 16; i++) {
        *at(o, "after", 0, i) = pp_fp_from_u32(limb(third.x.v[i / 4], (unsigned)i % 4));
        *at(o, "after", 0, 16 + i) = pp_fp_from_u32(limb(third.y.v[i / 4], (unsigned)i % 4));
    }
    wide_values x[OPERANDS_LEN];
    memcpy(x, start, sizeof x);
    fill f = {.w = {.row = o->columns}, .look = &look};
    f.column = (uint32_t)(at(o, "slope", 0, 0) - o->columns);
    fill_wide_columns(&f, slope.v);
    fill_wide_of_bytes(&f, third.x.v);
    x[SLOPE] = wide_values_bytes(slope.v);
    x[X3] = wide_values_bytes(third.x.v);
    x[Y3] = wide_values_limbs(third.y.v);
    x[FALL] = wide_values_minus(&x[X1], &x[X3]);
    fill_below_p(&f, &third.x);
    fill_below_p(&f, &third.y);
    for (unsigned i = 0; i < IDENTITIES_LEN; i++) {
        int64_t sums[WIDE_POSITIONS];
        memset(&x[Q], 0, sizeof x[Q]);
        memset(&x[TOP], 0, sizeof x[TOP]);
        wide_sums(sums, &w[i], x);
        int64_t by = k == 64 ? 1 : PP_FP_MODULUS;
        if (i == wrong) sums[k] -= minus_p ? -by : by;
        fill_quotient(&f, &w[i], x, sums);
    }
    PP_ASSERT(f.column == o->t->columns_len);
}

// Limbs of y3 that carry too much, the lowest of them, and for the highest y3 + p, one p less in
// the quotient.
static void wrong_y3(one_row *o, const pp_secp256k1_point *third, int i) {
    pp_fp *y3 = at(o, "after", 0, 16), lack = {0}, *inverse = NULL, *quotient = NULL;
    if (i < 15) {
        y3[i] = pp_fp_add(y3[i], pp_fp_from_u32(1 << 16));
        y3[i + 1] = pp_fp_sub(y3[i + 1], pp_fp_from_u32(1));
    } else {
        num less = third->y;
        fe_sub_c(&less); // y3 + p is this and 2^256
        for (int k = 0; k < 16; k++) y3[k] = pp_fp_from_u32(limb(less.v[k / 4], (unsigned)k % 4));
        y3[15] = pp_fp_add(y3[15], pp_fp_from_u32(1 << 16));
    }
    for (int k = 3; k < 16; k++) lack = pp_fp_add(lack, pp_fp_sub(pp_fp_from_u32(0xffff), y3[k]));
    for (uint32_t c = 0; c < o->t->columns_len; c++) {
        const pp_air_name *name = &o->t->column_names[c];
        if (strcmp(name->base, "lack_inverse") == 0) inverse = &o->columns[c];
        if (strcmp(name->base, "quotient") == 0 && name->index == 0) quotient = &o->columns[c];
    }
    *inverse = pp_fp_inverse(lack);
    if (i == 15) *quotient = pp_fp_sub(*quotient, pp_fp_from_u32(1));
}

// The row says 0 * 0 + d = 0 m + d, for limbs of one byte each.
static void division(one_row *o, const uint8_t m[16], const uint8_t d[16]) {
    for (int i = 0; i < 16; i++) {
        for (unsigned n = 0; n < 2; n++) *at(o, operand_names[n], 0, i) = (pp_fp){0};
        *at(o, "a_low_bytes", 0, i) = *at(o, "b_low_bytes", 0, i) = (pp_fp){0};
        *at(o, "quotient", 0, 2 * i) = *at(o, "quotient", 0, 2 * i + 1) = (pp_fp){0};
        *at(o, "differs_at", 0, i) = (pp_fp){0};
        *at(o, operand_names[2], 0, i) = *at(o, "after", 0, i) = pp_fp_from_u32(d[i]);
        *at(o, operand_names[3], 0, i) = *at(o, "m_low_bytes", 0, i) = pp_fp_from_u32(m[i]);
    }
}
static void select_at(one_row *o, int i, int by) {
    pp_fp one = pp_fp_from_u32(1);
    *at(o, "differs_at", 0, i) = by < 0 ? pp_fp_neg(one) : one;
}

PP_TEST(deleted_lookups) {
    rv64_run r;
    rv64_run_everything(&r);
    static one_row o;
    static found f;
    row_load(&o, &r, rv64_table("mulmod"), 0);
    memset(&f, 0, sizeof f);
    try_neighbours(&o, &f);
    for (unsigned k = 0; k < 32; k++) {
        wrong_division(&o, k);
        note(&o, &f);
    }
    row_load(&o, &r, rv64_table("mulmod"), 0);
    division(&o, (const uint8_t[16]){5}, (const uint8_t[16]){7});
    select_at(&o, 0, 1);
    note(&o, &f);
    // A remainder below zero: 3 = 1 5 - 2, in the highest limbs.
    division(&o, (const uint8_t[16]){[15] = 5}, (const uint8_t[16]){[15] = 3});
    select_at(&o, 15, 1);
    *at(&o, "after", 0, 15) = pp_fp_neg(pp_fp_from_u32(2));
    *at(&o, "quotient", 0, 0) = pp_fp_from_u32(1);
    note(&o, &f);
    check_found(&o, &f, &pp_accels[PP_ACCEL_MULMOD], 0);
    for (int both = 0; both < 2; both++) {
        const pp_accel *accel =
            &pp_accels[both ? PP_ACCEL_SECP256K1_DOUBLE : PP_ACCEL_SECP256K1_ADD];
        const wide_identity *w = both ? tangent : chord;
        uint64_t words[PP_ACCEL_CELLS_MAX];
        memset(&f, 0, sizeof f);
        for (unsigned variant = 0; variant < 5; variant++) {
            wide_values x[OPERANDS_LEN] = {{{0}}};
            pp_secp256k1_point first, second;
            rv64_accel_words(words, accel, variant);
            memcpy(&second, words, sizeof second);
            memcpy(&first, words + (both ? 0 : 9), sizeof first);
            x[X1] = wide_values_bytes(first.x.v);
            x[Y1] = both ? wide_values_bytes(first.y.v) : wide_values_limbs(first.y.v);
            x[X2] = wide_values_bytes(second.x.v);
            x[Y2] = wide_values_limbs(second.y.v);
            x[RUN] = wide_values_minus(&x[X2], &x[X1]);
            for (unsigned wrong = 0; wrong < IDENTITIES_LEN; wrong++)
                for (unsigned k = 0; k <= 64; k += w[wrong].step)
                    for (int sign = 0; sign < 2; sign++) {
                        row_load(&o, &r, rv64_table(accel->id), variant);
                        wrong_point(&o, w, x, &first, &second, wrong, k, sign != 0);
                        note(&o, &f);
                    }
        }
        rv64_accel_words(words, accel, 0);
        PP_ASSERT(accel->apply(words));
        pp_secp256k1_point third;
        memcpy(&third, words + (both ? 0 : 9), sizeof third);
        for (int i = 0; i < 16; i++) {
            row_load(&o, &r, rv64_table(accel->id), 0);
            wrong_y3(&o, &third, i);
            note(&o, &f);
        }
        row_load(&o, &r, rv64_table(accel->id), 0);
        try_neighbours(&o, &f);
        // Of a tangent's slope the last two carries: there the top digit is too large for others.
        check_found(&o, &f, accel, both ? 2 : 0);
    }
    rv64_run_end(&r);
}

// ---- the constraints of a division --------------------------------------------------------------

// The row breaks the i-th constraint of that name and no other, and all its look-ups find
// something.
static void only_breaks(one_row *o, const char *name, unsigned i) {
    CHECK(!row_all_hold(o));
    for (uint32_t k = 0; k < o->t->constraints_len; k++) {
        bool it = strcmp(o->t->constraint_names[k], name) == 0 && i-- == 0;
        if ((o->constraints[k].v != 0) != it)
            pp_test_fail(__FILE__, __LINE__, "%s: constraint %u '%s'", name, k,
                         o->t->constraint_names[k]);
    }
    CHECK(row_missing(o) == ROW_ALL_FOUND);
}

PP_TEST(every_constraint_of_a_division) {
    static const char bits[] = "the selector of a difference is bits",
                      equal[] = "limbs above the difference are equal";
    rv64_run r;
    rv64_run_everything(&r);
    static one_row o;
    row_load(&o, &r, rv64_table("mulmod"), 0);
    const uint8_t five[16] = {5}, three[16] = {3}, seven[16] = {7};
    division(&o, five, three);
    select_at(&o, 0, 1);
    CHECK(row_all_hold(&o) && row_missing(&o) == ROW_ALL_FOUND);
    // In the order of limbs from the highest, as the constraints are.
    for (int i = 15; i >= 0; i--) {
        division(&o, five, i == 0 ? seven : three);
        select_at(&o, i, -1);
        select_at(&o, i == 1 ? 2 : 1, 1);
        select_at(&o, i == 0 ? 2 : 0, 1);
        only_breaks(&o, bits, 15 - (unsigned)i);
        if (i == 0) continue;
        uint8_t above[16] = {3};
        above[i] = 1;
        division(&o, five, above);
        select_at(&o, 0, 1);
        only_breaks(&o, equal, 15 - (unsigned)i);
    }
    division(&o, five, three);
    select_at(&o, 0, 1);
    select_at(&o, 1, 1);
    only_breaks(&o, "one difference is selected, unless m is 0", 0);
    division(&o, five, seven);
    *at(&o, "m_is_0", 0, -1) = pp_fp_from_u32(1);
    only_breaks(&o, "m is 0 where it is said to be", 0);
    rv64_run_end(&r);
}
