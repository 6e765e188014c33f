// SPDX-License-Identifier: MIT OR Apache-2.0
// A prover that lies between the lines. The others in these tests prove a wrong trace as if it were
// right, and fail at the first check that notices. This one follows the verifier message by message
// and bends what it says so that the checks before a chosen one all hold: first the root of the
// buses, then the layers' halves, then the columns' values. What catches it is the chosen check
// alone, so each is shown to be needed; the last is the opening.
//
// It is the real prover: the linker puts bend() between it and the transcript.
#include <stdlib.h>

#include "base/test.h"
#include "prove/test_forge_support.h"
#include "verify/parts.h"

// How far it bends; each includes those before.
typedef enum lie { HONEST, ROOT, HALVES, COLUMNS } lie;

// What the verifier will know, as it will know it.
static struct {
    lie lie;
    const pp_machine *machine;
    const pp_fp *publics;
    pp_shard_plan plan;
    pp_ext alpha, gamma, lambda, claim, round[PP_AIR_DEGREE_MAX], halves[4];
    pp_air_bus_challenges bus;
    pp_fraction leaf;
    pp_ext rho[PP_SHARD_VARIABLES_MAX], point[PP_AIR_LOG_ROWS_MAX];
    uint32_t at; // the round of the running sum-check
    unsigned bent;
} seen;

// ---- what the verifier computes -----------------------------------------------------------------

static pp_ext padding_weight(void) {
    pp_ext sum = pp_ext_zero();
    for (uint32_t i = seen.plan.leaves_len; i < (uint32_t)1 << seen.plan.log_leaves; i++)
        sum = pp_ext_add(
            sum, pp_eq_number(i, seen.rho + seen.plan.layout.log_rows, seen.plan.log_leaves));
    return sum;
}

// Constraints and leaves on these columns.
static pp_ext tables_at(const pp_ext *columns) {
    uint32_t n = seen.plan.layout.log_rows;
    pp_ext sum = pp_ext_zero(), power = pp_ext_sqr(seen.gamma);
    for (uint32_t i = 0; i < seen.machine->tables_len; i++) {
        const pp_air_table *t = &seen.machine->tables[i];
        if (seen.plan.layout.rows[i] == 0) continue;
        pp_ext fixed[16], registers[64];
        pp_fraction leaves[16];
        PP_ASSERT(t->fixed_len <= 16 && t->registers_len <= 64 && t->leaves_len <= 16);
        for (uint32_t f = 0; f < t->fixed_len; f++)
            fixed[f] = pp_fixed_at(&t->fixed[f], t->log_fixed, seen.point, n);
        pp_air_point at = {columns + seen.plan.first_column[i], fixed, seen.publics, registers};
        sum = pp_ext_add(sum, pp_air_point_constraints(t, &at, seen.gamma, &power));
        pp_air_point_leaves(t, &at, &seen.bus, leaves);
        for (uint32_t k = 0; k < t->leaves_len; k++) {
            pp_ext weight =
                pp_eq_number(seen.plan.first_leaf[i] + k, seen.rho + n, seen.plan.log_leaves);
            pp_ext leaf = pp_ext_add(leaves[k].p, pp_ext_mul(seen.gamma, leaves[k].q));
            sum = pp_ext_add(sum, pp_ext_mul(weight, leaf));
        }
    }
    return sum;
}

// ---- bending ------------------------------------------------------------------------------------

static void change(pp_ext *x, pp_ext by) {
    if (!pp_ext_is_zero(by)) seen.bent++;
    *x = pp_ext_add(*x, by);
}

// P over Q plus the boundary's fractions is to be zero.
static void bend_root(pp_ext *root) {
    const pp_air_table *t = seen.machine->boundary;
    pp_ext registers[64];
    pp_fraction leaves[16], sum = {pp_ext_zero(), pp_ext_one()};
    PP_ASSERT(t->registers_len <= 64 && t->leaves_len <= 16);
    pp_air_point at = {.publics = seen.publics, .registers = registers};
    pp_air_point_leaves(t, &at, &seen.bus, leaves);
    for (uint32_t i = 0; i < t->leaves_len; i++) sum = pp_fraction_add(sum, leaves[i]);
    pp_ext p = pp_ext_neg(pp_ext_mul(pp_ext_mul(sum.p, pp_ext_inverse(sum.q)), root[1]));
    if (seen.lie >= ROOT) change(&root[0], pp_ext_sub(p, root[0]));
    seen.leaf = (pp_fraction){root[0], root[1]};
}

// p0 q1 + p1 q0 + lambda q0 q1 is to be the claim.
static void bend_halves(pp_ext *v) {
    pp_fraction both = pp_fraction_add((pp_fraction){v[0], v[2]}, (pp_fraction){v[1], v[3]});
    pp_ext now = pp_ext_add(both.p, pp_ext_mul(seen.lambda, both.q));
    if (seen.lie >= HALVES)
        change(&v[0], pp_ext_mul(pp_ext_sub(seen.claim, now), pp_ext_inverse(v[3])));
    memcpy(seen.halves, v, sizeof seen.halves);
}

// The tables are to give the claim: by a column in which they are linear.
static void bend_columns(pp_ext *columns) {
    pp_ext at[3], one = pp_ext_one();
    at[0] = tables_at(columns);
    if (seen.lie < COLUMNS || pp_ext_eq(at[0], seen.claim)) return;
    for (uint32_t c = 0; c < seen.plan.columns_len; c++) {
        pp_ext old = columns[c];
        for (int i = 1; i < 3; i++) {
            columns[c] = pp_ext_add(columns[c], one);
            at[i] = tables_at(columns);
        }
        columns[c] = old;
        pp_ext slope = pp_ext_sub(at[1], at[0]);
        if (pp_ext_is_zero(slope) || !pp_ext_eq(pp_ext_sub(at[2], at[1]), slope)) continue;
        change(&columns[c], pp_ext_mul(pp_ext_sub(seen.claim, at[0]), pp_ext_inverse(slope)));
        CHECK(pp_ext_eq(tables_at(columns), seen.claim));
        return;
    }
    CHECK(false); // every machine here has such a column
}

static void bend(const char *label, pp_ext *x, size_t len) {
    if (strcmp(label, "gkr root") == 0) bend_root(x);
    if (strcmp(label, "gkr halves") == 0) bend_halves(x);
    if (strcmp(label, "columns") == 0) bend_columns(x);
    if (strcmp(label, "gkr round") == 0 || strcmp(label, "zero-check round") == 0)
        memcpy(seen.round, x, len * sizeof *x);
}

static void hear(const char *label, pp_ext r) {
    uint32_t layers = seen.plan.layout.log_rows + seen.plan.log_leaves;
    if (strcmp(label, "alpha") == 0) seen.alpha = r;
    if (strcmp(label, "beta") == 0) pp_air_bus_challenges_set(&seen.bus, seen.alpha, r);
    if (strcmp(label, "lambda") == 0) {
        seen.lambda = r;
        seen.claim = pp_ext_add(seen.leaf.p, pp_ext_mul(r, seen.leaf.q));
        seen.at = 0;
    }
    if (strcmp(label, "gkr point") == 0) {
        seen.claim = pp_round_next(seen.claim, seen.rho[seen.at], seen.round, 2, r);
        seen.rho[seen.at++] = r;
    }
    if (strcmp(label, "gkr half") == 0) {
        const pp_ext *v = seen.halves;
        memmove(seen.rho + 1, seen.rho, (layers - 1) * sizeof *seen.rho);
        seen.rho[0] = r;
        seen.leaf.p = pp_ext_add(v[0], pp_ext_mul(r, pp_ext_sub(v[1], v[0])));
        seen.leaf.q = pp_ext_add(v[2], pp_ext_mul(r, pp_ext_sub(v[3], v[2])));
    }
    if (strcmp(label, "gamma") == 0) {
        seen.gamma = r;
        seen.claim =
            pp_ext_add(seen.leaf.p, pp_ext_mul(r, pp_ext_sub(seen.leaf.q, padding_weight())));
        seen.at = 0;
    }
    if (strcmp(label, "zero-check point") == 0) {
        seen.claim = pp_round_next(seen.claim, seen.rho[seen.at], seen.round, 3, r);
        seen.point[seen.at++] = r;
    }
}

// The linker gives calls of pp_transcript_X to __wrap_X, and the real one's name to __real_X.
void __real_pp_transcript_send_ext(pp_transcript *t, const char *label, const pp_ext *x,
                                   size_t len);
void __wrap_pp_transcript_send_ext(pp_transcript *t, const char *label, const pp_ext *x,
                                   size_t len);
pp_ext __real_pp_transcript_challenge_ext(pp_transcript *t, const char *label);
pp_ext __wrap_pp_transcript_challenge_ext(pp_transcript *t, const char *label);

// In place, so that the prover goes on from what was said.
void __wrap_pp_transcript_send_ext(pp_transcript *t, const char *label, const pp_ext *x,
                                   size_t len) {
    bend(label, (pp_ext *)(uintptr_t)x, len);
    __real_pp_transcript_send_ext(t, label, x, len);
}
pp_ext __wrap_pp_transcript_challenge_ext(pp_transcript *t, const char *label) {
    pp_ext r = __real_pp_transcript_challenge_ext(t, label);
    if (t->out) hear(label, r);
    return r;
}

// ---- lies ---------------------------------------------------------------------------------------

static pp_verify_status tell(const pp_example *e, const uint32_t *rows, const pp_fp *publics,
                             lie how) {
    memset(&seen, 0, sizeof seen);
    seen.lie = how;
    seen.machine = e->machine;
    seen.publics = publics;
    PP_ASSERT(pp_shard_plan_make(&seen.plan, e->machine, rows, pp_pcs_test.rounds[0].fold,
                                 pp_pcs_test.log_cells_min,
                                 pp_pcs_test.log_cells_max) == PP_LAYOUT_OK);
    return forge_try(e, e->machine, e->machine, &e->vm_id, publics, rows);
}

// A statement that the buses contradict: told straight, and bent further and further.
static void bus_lie(const pp_example *e, const uint32_t *rows, const pp_fp *publics) {
    CHECK_EQ(tell(e, rows, publics, HONEST), PP_VERIFY_BUSES);
    CHECK_EQ(seen.bent, 0);
    CHECK_EQ(tell(e, rows, publics, ROOT), PP_VERIFY_BUSES);
    CHECK_EQ(seen.bent, 1);
    CHECK_EQ(tell(e, rows, publics, HALVES), PP_VERIFY_TABLES);
    CHECK(seen.bent > 1);
    CHECK_EQ(tell(e, rows, publics, COLUMNS), PP_VERIFY_OPENING);
}

static void add_to_cell(pp_example *e, uint32_t table, uint32_t column, uint32_t row) {
    pp_fp *cell = &e->stack[pp_layout_cell(&e->layout, table, column, row)];
    *cell = pp_fp_add(*cell, pp_fp_one());
}

PP_TEST(a_true_statement_needs_no_bending) {
    pp_example e;
    pp_example_many(&e, &pp_pcs_test, 9);
    CHECK_EQ(tell(&e, e.rows, e.publics, COLUMNS), PP_VERIFY_OK);
    CHECK_EQ(seen.bent, 0);
    pp_example_free(&e);
}

PP_TEST(a_false_result_does_not_open) {
    pp_example e;
    pp_example_many(&e, &pp_pcs_test, 9);
    pp_fp publics[2] = {e.publics[0], pp_fp_add(e.publics[1], pp_fp_one())};
    bus_lie(&e, e.rows, publics);
    pp_example_free(&e);
    pp_example_fibonacci(&e, &pp_pcs_test, 20);
    e.publics[e.machine->publics_len - 1] = pp_fp_from_u32(7);
    bus_lie(&e, e.rows, e.publics);
    pp_example_free(&e);
}

PP_TEST(a_false_multiplicity_does_not_open) {
    enum { RANGE = 4 };
    pp_example e;
    pp_example_many(&e, &pp_pcs_test, 9);
    add_to_cell(&e, RANGE, 0, 77);
    bus_lie(&e, e.rows, e.publics);
    pp_example_free(&e);
}

// The table of ranges left out: its columns are in no claim at all.
PP_TEST(a_table_left_out_does_not_open) {
    enum { RANGE = 4 };
    pp_example e, less;
    pp_example_many(&e, &pp_pcs_test, 9);
    less = e;
    less.rows[RANGE] = 0;
    PP_ASSERT(pp_prove_layout(&less.layout, e.machine, less.rows, &pp_pcs_test) == PP_LAYOUT_OK);
    less.stack = calloc((size_t)1 << less.layout.log_cells, sizeof *less.stack);
    PP_ASSERT(less.stack);
    for (uint32_t t = 0; t < e.machine->tables_len; t++)
        for (uint32_t c = 0; c < e.machine->tables[t].columns_len; c++)
            for (uint32_t r = 0; r < less.rows[t]; r++)
                less.stack[pp_layout_cell(&less.layout, t, c, r)] =
                    e.stack[pp_layout_cell(&e.layout, t, c, r)];
    bus_lie(&less, less.rows, e.publics);
    free(less.stack);
    pp_example_free(&e);
}

// A constraint that does not hold, in a cell that no bus sees.
PP_TEST(a_false_row_does_not_open) {
    enum { ADD = 1, CARRY = 4 };
    pp_example e;
    pp_example_many(&e, &pp_pcs_test, 9);
    add_to_cell(&e, ADD, CARRY, 3);
    CHECK_EQ(tell(&e, e.rows, e.publics, HONEST), PP_VERIFY_TABLES);
    CHECK_EQ(tell(&e, e.rows, e.publics, HALVES), PP_VERIFY_TABLES);
    CHECK_EQ(seen.bent, 0);
    CHECK_EQ(tell(&e, e.rows, e.publics, COLUMNS), PP_VERIFY_OPENING);
    CHECK_EQ(seen.bent, 1);
    pp_example_free(&e);
}
