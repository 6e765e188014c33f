// SPDX-License-Identifier: MIT OR Apache-2.0
// The accelerators of 256-bit numbers as rows: calls on ordinary, extreme and overlapping operands,
// operands for which there is no result; and the look-ups of the rows, taken away one by one.
#include <stdlib.h>

#include "air/eval.h"
#include "rv64/test_support.h"

enum { WORDS = 16384 };
static const unsigned wide[] = {PP_ACCEL_MULMOD, PP_ACCEL_SECP256K1_ADD, PP_ACCEL_SECP256K1_DOUBLE};
#define AT (GENERATE_DATA + 512 - 72) // operands lie on two pages

// A run that ends well and whose rows hold; its output, the last operand of the last call.
static void check_calls(pp_asm *a, const pp_accel *accel, uint64_t result, uint64_t *out) {
    rv64_run r;
    unsigned len = accel->cells[accel->operands_len - 1];
    pp_asm_write(a, PP_FD_OUTPUT, result, 8 * len);
    pp_asm_halt(a, 0);
    r.file = support_elf(&r.program, a, GENERATE_DATA, GENERATE_DATA_SIZE);
    rv64_run_begin(&r, &r.program, (pp_bytes){NULL, 0});
    CHECK(rv64_run_check(&r));
    CHECK_EQ(r.result.output_size, 8 * len);
    memcpy(out, r.result.output, 8 * (size_t)len);
    rv64_run_end(&r);
}

PP_TEST(rows_hold) {
    static uint32_t code[WORDS];
    pp_rng rng = {pp_test_seed()};
    for (size_t i = 0; i < PP_COUNT(wide); i++) {
        const pp_accel *accel = &pp_accels[wide[i]];
        unsigned last = pp_accel_first(accel, accel->operands_len - 1u);
        pp_asm a = {code, 0, WORDS, SUPPORT_TEXT};
        uint64_t words[PP_ACCEL_CELLS_MAX], got[8];
        for (unsigned k = 0; k < RV64_ACCEL_VARIANTS + 8; k++) {
            rv64_accel_words(words, accel, k % RV64_ACCEL_VARIANTS);
            // Beyond the variants: ordinary numbers, and now and then a limb of all ones or zeros.
            if (k >= RV64_ACCEL_VARIANTS)
                for (unsigned w = 0; w < pp_accel_all(accel); w++) {
                    words[w] = pp_rng_u64(&rng);
                    if (pp_rng_below(&rng, 4) == 0) words[w] = 0 - pp_rng_below(&rng, 2);
                }
            if (accel->cells[1] == 0 && accel->operands_len > 1) words[8] &= 1;
            rv64_asm_accel(&a, accel, AT, words);
            if (!accel->apply(words)) a.len -= 1, pp_asm_op(&a, PP_OP_ADDI, 0, 0, 0, 0);
        }
        rv64_accel_words(words, accel, 0);
        rv64_asm_accel(&a, accel, AT, words);
        PP_ASSERT(accel->apply(words));
        check_calls(&a, accel, AT + 8 * last, got);
        CHECK_MEM(got, words + last, 8 * (size_t)accel->cells[accel->operands_len - 1]);
    }
}

// Everything is read before anything is written, wherever operands overlap.
PP_TEST(operands_may_overlap) {
    static uint32_t code[WORDS];
    for (size_t i = 0; i < PP_COUNT(wide); i++) {
        const pp_accel *accel = &pp_accels[wide[i]];
        for (unsigned shift = 0; shift < 3; shift++) {
            uint64_t memory[PP_ACCEL_CELLS_MAX], words[PP_ACCEL_CELLS_MAX], got[8];
            pp_asm a = {code, 0, WORDS, SUPPORT_TEXT};
            pp_rng rng = {shift + 9};
            pp_rng_fill(&rng, memory, sizeof memory);
            unsigned n = 0, at = 0;
            rv64_asm_words(&a, AT, memory, PP_ACCEL_CELLS_MAX);
            for (unsigned k = 0; k < accel->operands_len; k++) {
                // `shift` words from one operand to the next; none: all the same memory.
                if (accel->cells[k] == 0) {
                    words[n++] = 1;
                    pp_asm_li(&a, 10 + k, 1);
                    continue;
                }
                at = shift * k;
                if (shift == 0 && wide[i] == PP_ACCEL_SECP256K1_ADD) at = k; // one point is no line
                for (unsigned w = 0; w < accel->cells[k]; w++) words[n++] = memory[at + w];
                pp_asm_li(&a, 10 + k, AT + 8 * at);
            }
            pp_asm_ecall(&a, accel->number);
            bool ok = accel->apply(words);
            // a = b = c = m: the quotient is a + 1.
            CHECK(ok || wide[i] == PP_ACCEL_MULMOD);
            if (!ok) continue;
            check_calls(&a, accel, AT + 8 * at, got);
            CHECK_MEM(got, words + pp_accel_first(accel, accel->operands_len - 1u),
                      8 * (size_t)accel->cells[accel->operands_len - 1]);
        }
    }
}

// ---- where there is no result -------------------------------------------------------------------

typedef struct refusal {
    unsigned accel;
    const char *what;
    uint64_t word, value[4]; // replaces so many words of variant 0
    unsigned len;
} refusal;

PP_TEST(no_result) {
    static const uint64_t all = UINT64_MAX, low = 0xfffffffefffffc2f;
    static const refusal refusals[] = {
        {PP_ACCEL_MULMOD, "a quotient of 257 bits", 12, {1, 0, 0, 0}, 4},
        {PP_ACCEL_SECP256K1_ADD, "negate is 2", 8, {2}, 1},
        {PP_ACCEL_SECP256K1_ADD, "negate is 2^32 + 1", 8, {0x100000001}, 1},
        {PP_ACCEL_SECP256K1_ADD, "x1 is p", 9, {low, all, all, all}, 4},
        {PP_ACCEL_SECP256K1_ADD, "x2 is above p", 0, {all, all, all, all}, 4},
        {PP_ACCEL_SECP256K1_DOUBLE, "y is 0", 4, {0, 0, 0, 0}, 4},
        {PP_ACCEL_SECP256K1_DOUBLE, "y is p", 4, {low, all, all, all}, 4},
    };
    static uint32_t code[WORDS];
    for (size_t i = 0; i <= PP_COUNT(refusals); i++) {
        bool same = i == PP_COUNT(refusals); // and one x for both points
        const refusal *r = &refusals[same ? 1 : i];
        const pp_accel *accel = &pp_accels[r->accel];
        pp_asm a = {code, 0, WORDS, SUPPORT_TEXT};
        uint64_t words[PP_ACCEL_CELLS_MAX];
        rv64_accel_words(words, accel, 0);
        if (same)
            memcpy(words, words + 9, 32);
        else
            memcpy(words + r->word, r->value, 8 * r->len);
        rv64_asm_accel(&a, accel, AT, words);
        pp_asm_halt(&a, 0);
        pp_program program;
        pp_err err = {0};
        pp_vm_result result;
        uint8_t *file = support_elf(&program, &a, GENERATE_DATA, GENERATE_DATA_SIZE);
        CHECK(pp_vm_run(&err, &result, &program, (pp_bytes){NULL, 0}, NULL));
        if (result.status != PP_VM_BAD_OPERAND || result.address != accel->number)
            pp_test_fail(__FILE__, __LINE__, "%s: ends as %s", same ? "one x" : r->what,
                         pp_vm_status_name(result.status));
        CHECK(pp_vm_status_name(result.status) != NULL);
        char text[PP_VM_DESCRIBE_MAX];
        CHECK(strstr(pp_vm_describe(text, &result), "no result") != NULL);
        free(file);
    }
}

// ---- each look-up -------------------------------------------------------------------------------

enum { COLUMNS_MAX = 512, VALUES_MAX = 4096, LOOKUPS_MAX = 512 };

typedef struct row {
    const pp_air_table *t;
    pp_fp cell[COLUMNS_MAX], publics[PP_RV64_PUBLICS], constraint[64], value[VALUES_MAX];
    pp_fp registers[512];
} row;

static bool all_hold(row *o) {
    pp_air_eval_constraints(o->t, (pp_air_row){o->cell, NULL, o->publics}, o->registers,
                            o->constraint);
    for (uint32_t k = 0; k < o->t->constraints_len; k++)
        if (o->constraint[k].v != 0) return false;
    return true;
}

// The only look-up that finds nothing; -1 for none or several.
static int only_missing(row *o) {
    pp_air_eval_interactions(o->t, (pp_air_row){o->cell, NULL, o->publics}, o->registers, o->value);
    const pp_fp *v = o->value;
    int missing = -1;
    for (uint32_t i = 0; i < o->t->interactions_len; v += 1 + o->t->interactions[i++].arity) {
        const char *bus = rv64_test_machine()->buses[o->t->interactions[i].bus].name;
        uint32_t x = pp_fp_to_u32(v[1]), y = pp_fp_to_u32(v[2]);
        bool found = true;
        if (strcmp(bus, "range") == 0) found = y >> x == 0;
        if (strcmp(bus, "pair") == 0) found = x < 256 && y < 256;
        if (found) continue;
        if (missing >= 0) return -1;
        missing = (int)i;
    }
    return missing;
}

static bool is_lookup(const pp_air_table *t, uint32_t i) {
    const char *bus = rv64_test_machine()->buses[t->interactions[i].bus].name;
    return strcmp(bus, "range") == 0 || strcmp(bus, "pair") == 0;
}

// Without it a row would be taken whose numbers are others: by one cell, or by two neighbours that
// carry from one to the other, too much, or, of carries that are no integers, by 2^-16 = -32512.
// What is not found so are carries at whose position no limb stands alone: they are like the
// others.
PP_TEST(deleted_lookups) {
    static const int32_t changes[][2] = {{1, 0},      {-1, 0},     {256, 0},     {-256, 0},
                                         {65536, -1}, {-65536, 1}, {256, -1},    {-256, 1},
                                         {1, 32512},  {-1, 32512}, {1, -32512},  {-1, -32512},
                                         {32512, 0},  {-32512, 0}, {8323072, 0}, {-8323072, 0}};
    rv64_run r;
    rv64_run_everything(&r);
    static row o;
    memcpy(o.publics, r.publics, sizeof o.publics);
    for (size_t i = 0; i < PP_COUNT(wide); i++) {
        uint32_t t = rv64_table(pp_accels[wide[i]].id), needed = 0, all = 0;
        o.t = &rv64_test_machine()->tables[t];
        PP_ASSERT(o.t->columns_len <= COLUMNS_MAX && o.t->registers_len <= PP_COUNT(o.registers));
        PP_ASSERT(pp_air_interaction_values(o.t) <= VALUES_MAX && o.t->constraints_len <= 64);
        bool found[LOOKUPS_MAX] = {false};
        for (uint32_t k = 0; k < 1; k++) {
            for (uint32_t c = 0; c < o.t->columns_len; c++)
                o.cell[c] = r.stack[pp_layout_cell(&r.layout, t, c, k)];
            for (uint32_t c = 0; c + 1 < o.t->columns_len; c++) {
                pp_fp old[2] = {o.cell[c], o.cell[c + 1]};
                for (size_t s = 0; s < PP_COUNT(changes); s++) {
                    for (int h = 0; h < 2; h++) {
                        int32_t by = changes[s][h];
                        pp_fp d = pp_fp_from_u32((uint32_t)abs(by));
                        o.cell[c + (uint32_t)h] =
                            by < 0 ? pp_fp_sub(old[h], d) : pp_fp_add(old[h], d);
                    }
                    if (!all_hold(&o)) continue;
                    int at = only_missing(&o);
                    if (at >= 0) found[at] = true;
                }
                o.cell[c] = old[0];
                o.cell[c + 1] = old[1];
            }
        }
        for (uint32_t k = 0; k < o.t->interactions_len; k++) {
            all += is_lookup(o.t, k);
            needed += found[k];
        }
        printf("  %s: %u of %u look-ups\n", o.t->name, needed, all);
        CHECK(2 * needed > all - needed);
    }
    rv64_run_end(&r);
}

// ---- the constraints of a division --------------------------------------------------------------

// Cell `index` of the n-th run of columns of this name.
static pp_fp *at(row *o, const char *name, unsigned n, int index) {
    for (uint32_t c = 0; c < o->t->columns_len; c++) {
        const pp_air_name *is = &o->t->column_names[c];
        if (strcmp(is->base, name) == 0 && is->index == index && n-- == 0) return &o->cell[c];
    }
    PP_ASSERT(false);
    return NULL;
}

// The row says 0 * 0 + d = 0 m + d, for limbs of one byte each.
static void division(row *o, const uint8_t m[16], const uint8_t d[16]) {
    for (int i = 0; i < 16; i++) {
        for (unsigned n = 0; n < 2; n++) *at(o, "operand", n, i) = (pp_fp){0};
        *at(o, "a_low_bytes", 0, i) = *at(o, "b_low_bytes", 0, i) = (pp_fp){0};
        *at(o, "quotient", 0, 2 * i) = *at(o, "quotient", 0, 2 * i + 1) = (pp_fp){0};
        *at(o, "differs_at", 0, i) = (pp_fp){0};
        *at(o, "operand", 2, i) = *at(o, "after", 0, i) = pp_fp_from_u32(d[i]);
        *at(o, "operand", 3, i) = *at(o, "m_low_bytes", 0, i) = pp_fp_from_u32(m[i]);
    }
}
static void select_at(row *o, int i, int by) {
    pp_fp one = pp_fp_from_u32(1);
    *at(o, "differs_at", 0, i) = by < 0 ? pp_fp_neg(one) : one;
}

// The row breaks the i-th constraint of that name and no other, and all its look-ups find
// something.
static void only_breaks(row *o, const char *name, unsigned i) {
    bool fits = all_hold(o);
    CHECK(!fits);
    for (uint32_t k = 0; k < o->t->constraints_len; k++) {
        bool it = strcmp(o->t->constraint_names[k], name) == 0 && i-- == 0;
        if ((o->constraint[k].v != 0) != it)
            pp_test_fail(__FILE__, __LINE__, "%s: constraint %u '%s'", name, k,
                         o->t->constraint_names[k]);
    }
    pp_air_eval_interactions(o->t, (pp_air_row){o->cell, NULL, o->publics}, o->registers, o->value);
    CHECK_EQ(only_missing(o), -1);
}

PP_TEST(every_constraint_of_a_division) {
    static const char bits[] = "the selector of a difference is bits",
                      equal[] = "limbs above the difference are equal";
    rv64_run r;
    rv64_run_everything(&r);
    static row o;
    uint32_t t = rv64_table("mulmod");
    o.t = &rv64_test_machine()->tables[t];
    for (uint32_t c = 0; c < o.t->columns_len; c++)
        o.cell[c] = r.stack[pp_layout_cell(&r.layout, t, c, 0)];
    const uint8_t five[16] = {5}, three[16] = {3}, seven[16] = {7};
    division(&o, five, three);
    select_at(&o, 0, 1);
    CHECK(all_hold(&o) && only_missing(&o) == -1);
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
