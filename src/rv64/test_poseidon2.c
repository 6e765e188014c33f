// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2's calls as rows: overlapping operands, and each constraint and each look-up of a result
// needed: for every one there is a row that breaks it and no other. Such a row is made by one wrong
// cell and everything that follows from it.
#include <stdlib.h>

#include "air/eval.h"
#include "air/poseidon2.h"
#include "rv64/test_support.h"

enum { W = PP_POSEIDON2_WIDTH, COLUMNS_MAX = 512, CONSTRAINTS_MAX = 512, VALUES_MAX = 2048 };
#define HERE GENERATE_DATA

static void run(rv64_run *r, pp_asm *a) {
    pp_asm_halt(a, 0);
    r->file = support_elf(&r->program, a, GENERATE_DATA, GENERATE_DATA_SIZE);
    rv64_run_begin(r, &r->program, (pp_bytes){NULL, 0});
}
static void node(pp_asm *a, uint64_t left, uint64_t right, uint64_t tag, uint64_t out) {
    pp_asm_li(a, 10, left);
    pp_asm_li(a, 11, right);
    pp_asm_li(a, 12, tag);
    pp_asm_li(a, 13, out);
    pp_asm_ecall(a, PP_ECALL_POSEIDON2_NODE);
}
static void permutation(pp_asm *a, uint64_t at) {
    pp_asm_li(a, 10, at);
    pp_asm_ecall(a, PP_ECALL_POSEIDON2);
}

// All operands in one place, or half over another, or in code: all are read, then the last written.
PP_TEST(overlap) {
    uint32_t words[512];
    pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    permutation(&a, HERE);
    node(&a, HERE, HERE, 17, HERE);
    node(&a, HERE + 8, HERE + 16, UINT64_MAX, HERE);
    node(&a, HERE, HERE + 40, 0, HERE + 24);
    node(&a, SUPPORT_TEXT, PP_VM_INPUT_START, 20, HERE + 512 - 16);
    permutation(&a, HERE + 512 - 48);
    pp_asm_write(&a, PP_FD_OUTPUT, HERE, 200);
    rv64_run r;
    run(&r, &a);
    CHECK(rv64_run_check(&r));
    CHECK_EQ(r.result.accelerated[PP_ACCEL_POSEIDON2], 2);
    CHECK_EQ(r.result.accelerated[PP_ACCEL_POSEIDON2_NODE], 4);
    rv64_run_end(&r);
}

PP_TEST(unused_costs_nothing) {
    uint32_t words[64];
    pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    rv64_run r;
    run(&r, &a);
    for (uint32_t t = TABLE_OPCODE + 1; t < TABLES_LEN; t++) CHECK_EQ(r.layout.rows[t], 0);
    rv64_run_end(&r);
}

// ---- each constraint ----------------------------------------------------------------------------

typedef struct row {
    const pp_machine *machine;
    const pp_air_table *t;
    pp_fp cell[COLUMNS_MAX], start[COLUMNS_MAX], publics[PP_RV64_PUBLICS];
    pp_fp constraint[CONSTRAINTS_MAX], value[VALUES_MAX], *registers;
    pp_fp in[W];      // what is permuted
    uint32_t results; // words
} row;

static uint32_t column_of(const row *o, const char *name) {
    uint32_t c = 0;
    while (strcmp(o->t->column_names[c].base, name) != 0) c++;
    return c;
}

// Cells of the rounds, the k-th one more than it should be, and all that follows from them. With
// k = -1 true ones.
typedef struct faulty {
    pp_air_cells cells;
    row *o;
    uint32_t at;
    int left;
} faulty;
static void put_faulty(pp_air_cells *to, pp_fp *cell) {
    faulty *f = (faulty *)to;
    if (f->left-- == 0) *cell = pp_fp_add(*cell, pp_fp_one());
    f->o->cell[f->at++] = *cell;
}
static void set_halves(row *o, uint32_t i, uint64_t low, pp_fp high) {
    o->cell[column_of(o, "after") + 2 * i] = pp_fp_from_u32((uint32_t)low);
    o->cell[column_of(o, "after") + 2 * i + 1] = high;
    pp_fp rest = pp_fp_sub(pp_fp_from_u32(0x7f00), high);
    o->cell[column_of(o, "inverse") + i] = pp_fp_inverse(rest);
}
static void set_word(row *o, uint32_t i, uint64_t word) {
    set_halves(o, i, word & 0xffff, pp_fp_from_u32((uint32_t)(word >> 16)));
}
static void permute(row *o, int k) {
    memcpy(o->cell, o->start, sizeof o->cell);
    pp_fp s[W];
    memcpy(s, o->in, sizeof s);
    faulty f = {{put_faulty}, o, column_of(o, "full_0"), k};
    pp_air_poseidon2_fill(&f.cells, pp_fp_one(), s, false);
    for (uint32_t i = 0; i < o->results; i++) set_word(o, i, s[i].v);
}

// The only look-up that is not found; or that all are, or that several are not.
enum { ALL_FOUND = -1, SEVERAL_MISSING = -2 };
static int missing(row *o) {
    int at = ALL_FOUND;
    pp_air_eval_interactions(o->t, (pp_air_row){o->cell, NULL, o->publics}, o->registers, o->value);
    const pp_fp *v = o->value;
    for (uint32_t i = 0; i < o->t->interactions_len; i++) {
        const pp_air_interaction *x = &o->t->interactions[i];
        if (strcmp(o->machine->buses[x->bus].name, "range") == 0 &&
            pp_fp_to_u32(v[2]) >> pp_fp_to_u32(v[1]) != 0)
            at = at == ALL_FOUND ? (int)i : SEVERAL_MISSING;
        v += 1 + x->arity;
    }
    return at;
}
static uint32_t broken(row *o, uint32_t *which) {
    uint32_t n = 0;
    pp_air_eval_constraints(o->t, (pp_air_row){o->cell, NULL, o->publics}, o->registers,
                            o->constraint);
    for (uint32_t k = 0; k < o->t->constraints_len; k++) {
        if (o->constraint[k].v == 0) continue;
        *which = k;
        n++;
    }
    return n;
}

// Notes the only constraint that the row breaks; false when it breaks none or several, or a
// look-up.
static bool note(row *o, bool *needed, const char *name) {
    uint32_t k;
    if (broken(o, &k) != 1 || strcmp(o->t->constraint_names[k], name) != 0 ||
        missing(o) != ALL_FOUND)
        return false;
    needed[k] = true;
    return true;
}

// Input for which result i is a word from `least` to below `end`.
static bool result_between(row *o, uint32_t i, uint32_t least, uint32_t end, pp_rng *rng) {
    for (uint32_t n = 0; n < 1 << 19; n++) {
        pp_fp s[W];
        o->in[0].v = (uint32_t)pp_rng_below(rng, PP_FP_MODULUS);
        memcpy(s, o->in, sizeof s);
        pp_poseidon2_permute(s);
        if (s[i].v >= least && s[i].v < end) return true;
    }
    return false;
}
static void set_input(row *o) {
    uint32_t before = column_of(o, o->results == W ? "before" : "operand_0");
    o->start[before] = pp_fp_from_u32(o->in[0].v & 0xffff);
    o->start[before + 1] = pp_fp_from_u32(o->in[0].v >> 16);
}

// A true row with such a result; the word.
static uint32_t true_row(row *o, uint32_t i, uint32_t least, uint32_t end, pp_rng *rng) {
    uint32_t k;
    const bool found = result_between(o, i, least, end, rng);
    PP_ASSERT(found);
    set_input(o);
    permute(o, -1);
    CHECK_EQ(broken(o, &k), 0);
    CHECK_EQ(missing(o), ALL_FOUND);
    const pp_fp *half = &o->cell[column_of(o, "after") + 2 * i];
    return pp_fp_to_u32(half[0]) + (pp_fp_to_u32(half[1]) << 16);
}

// Rows whose constraints all hold, false by one look-up of a result's word: a lower half of 17
// bits; a higher one below zero; and one above p's.
static void every_lookup(row *o, pp_rng *rng) {
    const uint32_t p = PP_FP_MODULUS;
    for (uint32_t i = 0; i < o->results; i++) {
        int at[3];
        uint32_t word = true_row(o, i, 0x10000, p, rng), k;
        set_halves(o, i, (word & 0xffff) + 0x10000, pp_fp_from_u32((word >> 16) - 1));
        CHECK_EQ(broken(o, &k), 0);
        at[0] = missing(o);
        word = true_row(o, i, p - 0xfe * 0x10000, p - 0x10000, rng);
        const uint32_t below = (p - word + 0xffff) >> 16;
        set_halves(o, i, word + ((uint64_t)below << 16) - p, pp_fp_neg(pp_fp_from_u32(below)));
        CHECK_EQ(broken(o, &k), 0);
        at[1] = missing(o);
        word = true_row(o, i, 0x10000, 0xff0000, rng);
        set_word(o, i, (uint64_t)word + p);
        CHECK_EQ(broken(o, &k), 0);
        at[2] = missing(o);
        for (int n = 0; n < 3; n++) CHECK(at[n] >= 0 && (n == 0 || at[n] == at[n - 1] + 1));
    }
}

static void every_constraint(rv64_run *r, uint32_t t, const pp_fp in[W], uint32_t results) {
    static row o;
    bool needed[CONSTRAINTS_MAX] = {false};
    uint32_t k;
    pp_rng rng = {pp_test_seed()};
    o.machine = rv64_test_machine();
    o.t = &o.machine->tables[t];
    o.results = results;
    memcpy(o.in, in, sizeof o.in);
    PP_ASSERT(o.t->columns_len <= COLUMNS_MAX && o.t->constraints_len <= CONSTRAINTS_MAX &&
              pp_air_interaction_values(o.t) <= VALUES_MAX);
    o.registers = calloc(o.t->registers_len, sizeof *o.registers);
    PP_ASSERT(o.registers != NULL);
    for (uint32_t c = 0; c < o.t->columns_len; c++)
        o.start[c] = r->stack[pp_layout_cell(&r->layout, t, c, 0)];
    permute(&o, -1);
    CHECK_MEM(o.cell, o.start, o.t->columns_len * sizeof *o.cell);
    CHECK_EQ(broken(&o, &k), 0);
    CHECK_EQ(missing(&o), ALL_FOUND);
    for (int i = 0; i < PP_AIR_POSEIDON2_FREE; i++) {
        permute(&o, i);
        bool partial = i >= 4 * W && i < 4 * W + 23;
        CHECK(note(&o, needed, partial ? "partial round" : "full round"));
    }
    for (uint32_t i = 0; i < results; i++) {
        permute(&o, -1);
        uint32_t low = pp_fp_to_u32(o.cell[column_of(&o, "after") + 2 * i]);
        o.cell[column_of(&o, "after") + 2 * i] = pp_fp_from_u32(low ^ 1);
        CHECK(note(&o, needed, "a result's word"));
        // The same element by its other word.
        uint32_t word = true_row(&o, i, 0, 0xffff, &rng);
        set_word(&o, i, (uint64_t)word + PP_FP_MODULUS);
        CHECK(note(&o, needed, "a result is below p"));
    }
    for (uint32_t half = 0; results < W && half < 2; half++) {
        permute(&o, -1);
        pp_fp *cell = &o.cell[column_of(&o, "after") + 2 * results + half];
        *cell = pp_fp_add(*cell, pp_fp_one());
        CHECK(note(&o, needed, "the word behind a digest stays"));
    }
    every_lookup(&o, &rng);
    // A half of a row: counts by halves on all buses.
    uint32_t found = 0;
    for (k = 0; k < o.t->constraints_len; k++) {
        const char *name = o.t->constraint_names[k];
        bool elsewhere = strcmp(name, "is_real is a bit") == 0 ||
                         strcmp(name, "the page's permission is RO, RW or RX") == 0;
        if (!needed[k] && !elsewhere)
            pp_test_fail(__FILE__, __LINE__, "nothing false without '%s' %u", name, k);
        found += needed[k];
    }
    printf("  %s: %u of %u\n", o.t->name, found, o.t->constraints_len);
    free(o.registers);
}

PP_TEST(every_constraint_is_needed) {
    uint32_t words[128];
    pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    permutation(&a, HERE);
    node(&a, HERE + 512, HERE + 512, 17, HERE + 1024);
    rv64_run r;
    run(&r, &a);
    pp_fp in[W] = {{0}};
    every_constraint(&r, TABLE_poseidon2, in, W);
    in[2 * PP_DIGEST_LEN] = pp_fp_from_u32(17);
    every_constraint(&r, TABLE_poseidon2_node, in, PP_DIGEST_LEN);
    rv64_run_end(&r);
}
