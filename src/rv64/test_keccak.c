// SPDX-License-Identifier: MIT OR Apache-2.0
// keccak-f[1600] as rows: calls equal the software's, and each constraint of a round is needed: for
// every single one there is a row that breaks it and no other. Such a row is made by one change and
// its consequences: cells that later constraints give are set to what these then say.
#include <stdlib.h>

#include "air/eval.h"
#include "hash/keccak.h"
#include "rv64/test_support.h"

#define STATE (GENERATE_DATA + 512 - 64) // on two pages

static void calls(pp_asm *a, unsigned n) {
    pp_asm_li(a, 5, 0x0123456789abcdef);
    pp_asm_li(a, 10, STATE);
    for (int i = 0; i < 25; i += 3) pp_asm_op(a, PP_OP_SD, 0, 10, 5, 8 * i);
    for (unsigned i = 0; i < n; i++) pp_asm_ecall(a, PP_ECALL_KECCAK_F);
    pp_asm_write(a, PP_FD_OUTPUT, STATE, 200);
    pp_asm_halt(a, 0);
}

static void run(rv64_run *r, pp_asm *a, unsigned n) {
    calls(a, n);
    r->file = support_elf(&r->program, a, GENERATE_DATA, GENERATE_DATA_SIZE);
    rv64_run_begin(r, &r->program, (pp_bytes){NULL, 0});
}

PP_TEST(calls_are_keccak) {
    for (unsigned n = 1; n <= 3; n++) {
        uint32_t words[256];
        pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
        rv64_run r;
        run(&r, &a, n);
        CHECK(rv64_run_check(&r));
        uint64_t state[25] = {0};
        uint8_t want[200];
        for (int i = 0; i < 25; i += 3) state[i] = 0x0123456789abcdef;
        for (unsigned i = 0; i < n; i++) pp_keccak_f1600(state);
        for (size_t i = 0; i < 25; i++) pp_store_le64(want + 8 * i, state[i]);
        CHECK_EQ(r.result.output_size, 200);
        CHECK_MEM(r.result.output, want, 200);
        rv64_run_end(&r);
    }
}

// Other tables of a run without a call have no rows of Keccak's.
PP_TEST(unused_costs_nothing) {
    uint32_t words[64];
    pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    pp_asm_halt(&a, 0);
    rv64_run r;
    r.file = support_elf(&r.program, &a, GENERATE_DATA, GENERATE_DATA_SIZE);
    rv64_run_begin(&r, &r.program, (pp_bytes){NULL, 0});
    CHECK_EQ(r.layout.rows[TABLE_keccak_round], 0);
    CHECK_EQ(r.layout.rows[TABLE_keccak_rc], 0);
    CHECK_EQ(r.layout.rows[rv64_table("keccak")], 0);
    CHECK(rv64_run_check(&r));
    rv64_run_end(&r);
}

// ---- each constraint of a round -----------------------------------------------------------------

enum {
    COLUMNS = 2518,
    A = 10,
    C = A + 100,
    CP = C + 320,
    AP = CP + 320, // y, x, z
    APP = AP + 1600,
    APP00 = APP + 100,
    APPP00 = APP00 + 64,
    CONSTRAINTS_MAX = 3000,
};

typedef struct row {
    const pp_air_table *t;
    pp_fp cell[COLUMNS], start[COLUMNS], publics[PP_RV64_PUBLICS], value[CONSTRAINTS_MAX];
    pp_fp *registers;
} row;

static void eval(row *o) {
    pp_air_eval_constraints(o->t, (pp_air_row){o->cell, NULL, o->publics}, o->registers, o->value);
}
static void add(row *o, uint32_t column, int32_t by) {
    pp_fp d = pp_fp_from_u32((uint32_t)abs(by));
    o->cell[column] = by < 0 ? pp_fp_sub(o->cell[column], d) : pp_fp_add(o->cell[column], d);
}
// A bit's other value.
static void flip(row *o, uint32_t column) {
    o->cell[column] = pp_fp_sub(pp_fp_from_u32(1), o->cell[column]);
}

// The n constraints of that name, in order.
static uint32_t numbers(const row *o, const char *name, uint32_t out[1600]) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < o->t->constraints_len; k++)
        if (strcmp(o->t->constraint_names[k], name) == 0) out[n++] = k;
    return n;
}

// Sets column first + i to what the i-th constraint of the name says, but for the one to break.
static void give(row *o, const char *name, uint32_t first, uint32_t target) {
    uint32_t k[1600], n = numbers(o, name, k);
    eval(o);
    for (uint32_t i = 0; i < n; i++)
        if (k[i] != target) o->cell[first + i] = pp_fp_sub(o->cell[first + i], o->value[k[i]]);
}

// Bits of A' are flipped where parities do not fit.
static void fit_parities(row *o, uint32_t target) {
    uint32_t k[1600], n = numbers(o, "C' is the parity of A'", k);
    eval(o);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = i / 64, z = i % 64;
        if (k[i] == target || o->value[k[i]].v == 0) continue;
        for (unsigned set = 1; set < 32; set++) {
            for (uint32_t y = 0; y < 5; y++)
                if ((set >> y & 1) != 0) flip(o, AP + 64 * (5 * y + x) + z);
            pp_fp d = pp_fp_neg(o->cell[CP + i]);
            for (uint32_t y = 0; y < 5; y++) d = pp_fp_add(d, o->cell[AP + 64 * (5 * y + x) + z]);
            uint32_t v = pp_fp_to_u32(d);
            if (v == 0 || v == 2 || v == 4) break;
            for (uint32_t y = 0; y < 5; y++)
                if ((set >> y & 1) != 0) flip(o, AP + 64 * (5 * y + x) + z);
        }
    }
}

// From C on downwards; A''00's bits where its limbs can be cut into them.
static void settle(row *o, uint32_t target, bool theta, bool cut) {
    if (theta) give(o, "C' is C and its neighbours", CP, target);
    fit_parities(o, target);
    give(o, "A is A' without theta", A, target);
    give(o, "A'' is chi", APP, target);
    for (uint32_t l = 0; cut && l < 4; l++) {
        uint32_t v = pp_fp_to_u32(o->cell[APP + l]);
        for (uint32_t z = 0; v >> 16 == 0 && z < 16; z++)
            o->cell[APP00 + 16 * l + z] = pp_fp_from_u32(v >> z & 1);
    }
    give(o, "A'''00 is iota", APPP00, target);
}

static bool only(row *o, uint32_t target) {
    eval(o);
    for (uint32_t k = 0; k < o->t->constraints_len; k++)
        if ((o->value[k].v != 0) != (k == target)) return false;
    return true;
}

// Breaks constraint k, the i-th of its name; `attempt` counts ways to do it.
static bool break_one(row *o, const char *name, uint32_t i, uint32_t k, int attempt) {
    static const int32_t far[] = {2, -2, 3, -3, 4, -4, 5, -5};
    memcpy(o->cell, o->start, sizeof o->cell);
    if (strcmp(name, "C is bits") == 0) {
        add(o, C + i, far[attempt]);
        settle(o, k, true, true);
    } else if (strcmp(name, "C' is C and its neighbours") == 0) {
        flip(o, CP + i);
        settle(o, k, false, true);
    } else if (strcmp(name, "A' is bits") == 0) {
        add(o, AP + i, far[attempt]);
        settle(o, k, false, true);
    } else if (strcmp(name, "A is A' without theta") == 0) {
        add(o, A + i, 1);
    } else if (strcmp(name, "C' is the parity of A'") == 0) {
        flip(o, AP + i);
        settle(o, k, false, true);
    } else if (strcmp(name, "A'' is chi") == 0) {
        add(o, APP + i, (pp_fp_to_u32(o->cell[APP + i]) & 1) != 0 ? -1 : 1);
        settle(o, k, false, true);
    } else if (strcmp(name, "A''00 is bits") == 0) {
        // Two neighbours of one limb whose sum stays: the other one becomes its other bit.
        bool top = i % 16 == 15;
        uint32_t other = top ? i - 1 : i + 1;
        bool was = o->cell[APP00 + other].v != 0;
        pp_fp by = top ? pp_fp_inverse(pp_fp_from_u32(2)) : pp_fp_from_u32(2);
        flip(o, APP00 + other);
        pp_fp *x = &o->cell[APP00 + i];
        *x = was ? pp_fp_add(*x, by) : pp_fp_sub(*x, by);
        settle(o, k, false, false);
    } else if (strcmp(name, "A''00 is its bits") == 0) {
        flip(o, APP00 + 16 * i);
        settle(o, k, false, false);
    } else if (strcmp(name, "A'''00 is iota") == 0) {
        add(o, APPP00 + i, 1);
    } else {
        return false;
    }
    return only(o, k);
}

// The top bit of a limb of lane 0, which goes unmoved into A''00: with any other value no limb is
// left that A''00's bits could be cut from, so there two constraints break.
static bool is_doubly_bound(const char *name, uint32_t i) {
    return strcmp(name, "A' is bits") == 0 && i < 64 && i % 16 == 15;
}

PP_TEST(every_constraint_of_a_round) {
    static const char *const names[] = {"C is bits",
                                        "C' is C and its neighbours",
                                        "A' is bits",
                                        "A is A' without theta",
                                        "C' is the parity of A'",
                                        "A'' is chi",
                                        "A''00 is bits",
                                        "A''00 is its bits",
                                        "A'''00 is iota"};
    uint32_t words[256];
    pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    rv64_run r;
    run(&r, &a, 1);
    static row o;
    o.t = &rv64_test_machine()->tables[TABLE_keccak_round];
    o.registers = calloc(o.t->registers_len, sizeof *o.registers);
    PP_ASSERT(o.registers != NULL && o.t->columns_len == COLUMNS);
    PP_ASSERT(o.t->constraints_len <= CONSTRAINTS_MAX);
    const char *more = getenv("PP_KECCAK_ALL"); // soak sets it: all of them
    uint32_t all = 1, broken = 0, tried = 0;
    for (size_t s = 0; s < PP_COUNT(names); s++) {
        uint32_t k[1600], n = numbers(&o, names[s], k), step = more == NULL && n > 200 ? 7 : 1;
        CHECK(n > 0);
        all += n;
        for (uint32_t i = 0; i < n; i += step) {
            bool found = is_doubly_bound(names[s], i);
            // Several rounds, for bits of both values.
            for (uint32_t round = 1; round < 24 && !found; round += 3) {
                for (uint32_t c = 0; c < COLUMNS; c++)
                    o.start[c] = r.stack[pp_layout_cell(&r.layout, TABLE_keccak_round, c, round)];
                for (int attempt = 0; attempt < 8 && !found; attempt++)
                    found = break_one(&o, names[s], i, k[i], attempt);
            }
            tried++;
            broken += found;
            if (!found)
                pp_test_fail(__FILE__, __LINE__, "nothing false without '%s' %u", names[s], i);
        }
    }
    // And is_real, which every table has.
    CHECK_EQ(o.t->constraints_len, all);
    printf("  %u of %u\n", broken, tried);
    free(o.registers);
    rv64_run_end(&r);
}
