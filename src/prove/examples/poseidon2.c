// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2 permutations of width 24 in a chain: row i takes (i, state) from the bus and puts
// (i + 1, permuted state) back. A row holds the input, the state after each full round and the one
// S-box output of each partial round: 241 columns. Round constants are multiplied by is_real.
#include "hash/poseidon2.h"
#include "prove/examples/examples.h"

#include "hash/poseidon2_constants.inc"

enum { W = PP_POSEIDON2_WIDTH, HALF = 4, PARTIAL = 23, COLUMNS = 2 + W + 8 * W + PARTIAL };

static pp_expr cube(pp_expr x) {
    return pp_air_mul(pp_air_mul(x, x), x);
}

static void external_layer(pp_expr s[W]) {
    pp_expr sums[4];
    for (int b = 0; b < W; b += 4) {
        pp_expr *x = s + b;
        pp_expr t01 = pp_air_add(x[0], x[1]), t23 = pp_air_add(x[2], x[3]);
        pp_expr all = pp_air_add(t01, t23);
        pp_expr a = pp_air_add(all, x[1]), c = pp_air_add(all, x[3]);
        pp_expr y3 = pp_air_add(c, pp_air_scale(x[0], 2));
        pp_expr y1 = pp_air_add(a, pp_air_scale(x[2], 2));
        x[0] = pp_air_add(a, t01);
        x[2] = pp_air_add(c, t23);
        x[1] = y1;
        x[3] = y3;
        for (int i = 0; i < 4; i++) sums[i] = b == 0 ? x[i] : pp_air_add(sums[i], x[i]);
    }
    for (int i = 0; i < W; i++) s[i] = pp_air_add(s[i], sums[i % 4]);
}

static void full_rounds(pp_air_builder *b, pp_expr s[W], pp_expr real, int first) {
    for (int r = first; r < first + HALF; r++) {
        for (int i = 0; i < W; i++) {
            pp_expr constant = pp_air_const_fp(b, external_constants[r][i]);
            s[i] = cube(pp_air_add(s[i], pp_air_mul(real, constant)));
        }
        external_layer(s);
        pp_expr next[W];
        pp_air_columns(b, next, W, "full");
        for (int i = 0; i < W; i++) {
            pp_air_assert_eq(b, "a full round", next[i], s[i]);
            s[i] = next[i];
        }
    }
}

static void build(pp_air_builder *b) {
    pp_bus state = pp_air_bus(b, "state", 1 + W);
    pp_expr first[W], last[W], steps = pp_air_public(b);
    for (int i = 0; i < W; i++) first[i] = pp_air_public(b);
    for (int i = 0; i < W; i++) last[i] = pp_air_public(b);

    pp_air_table_begin(b, "poseidon2");
    pp_expr real = pp_air_column(b, "is_real"), step = pp_air_column(b, "step");
    pp_expr s[W], in[1 + W] = {step}, out[1 + W] = {pp_air_offset(step, 1)};
    pp_air_columns(b, s, W, "in");
    memcpy(in + 1, s, sizeof s);
    pp_air_assert_bool(b, "is_real is a bit", real);
    external_layer(s);
    full_rounds(b, s, real, 0);
    for (int r = 0; r < PARTIAL; r++) {
        pp_expr constant = pp_air_const_fp(b, internal_constants[r]);
        pp_expr sbox = pp_air_column(b, "partial");
        pp_air_assert_eq(b, "a partial round", sbox,
                         cube(pp_air_add(s[0], pp_air_mul(real, constant))));
        s[0] = sbox;
        pp_expr sum = pp_air_sum(b, s, W);
        for (int i = 0; i < W; i++)
            s[i] = pp_air_add(sum, pp_air_mul(s[i], pp_air_const_fp(b, internal_diagonal[i])));
    }
    full_rounds(b, s, real, HALF);
    memcpy(out + 1, s, sizeof s);
    pp_air_receive(b, state, real, in, 1 + W);
    pp_air_send(b, state, real, out, 1 + W);
    pp_air_table_end(b);

    pp_air_boundary_begin(b);
    pp_expr one = pp_air_const(b, 1), tuple[1 + W] = {pp_air_const(b, 0)};
    memcpy(tuple + 1, first, sizeof first);
    pp_air_send(b, state, one, tuple, 1 + W);
    tuple[0] = steps;
    memcpy(tuple + 1, last, sizeof last);
    pp_air_receive(b, state, one, tuple, 1 + W);
    pp_air_boundary_end(b);
}

// ---- the trace ----------------------------------------------------------------------------------

static void external_values(pp_fp s[W]) {
    pp_fp t[W], sums[4] = {{0}};
    static const uint32_t m[4][4] = {{2, 3, 1, 1}, {1, 2, 3, 1}, {1, 1, 2, 3}, {3, 1, 1, 2}};
    for (int i = 0; i < W; i++) {
        t[i] = (pp_fp){0};
        for (int j = 0; j < 4; j++)
            for (uint32_t k = 0; k < m[i % 4][j]; k++) t[i] = pp_fp_add(t[i], s[i / 4 * 4 + j]);
        sums[i % 4] = pp_fp_add(sums[i % 4], t[i]);
    }
    for (int i = 0; i < W; i++) s[i] = pp_fp_add(t[i], sums[i % 4]);
}

static pp_fp cube_value(pp_fp x) {
    return pp_fp_mul(pp_fp_mul(x, x), x);
}

// Fills a row's cells from column *c on; s becomes the permuted state. Constants count `real`
// times.
static void full_values(pp_row_writer *w, uint32_t step, uint32_t *c, pp_fp s[W], pp_fp real,
                        int first) {
    for (int r = first; r < first + HALF; r++) {
        for (int i = 0; i < W; i++)
            s[i] = cube_value(pp_fp_add(s[i], pp_fp_mul(real, external_constants[r][i])));
        external_values(s);
        for (int i = 0; i < W; i++, (*c)++)
            pp_row_set(w, *c, s[i] = pp_example_cell(step, *c, s[i]));
    }
}

static void fill_row(pp_row_writer *w, uint32_t step, pp_fp s[W], pp_fp real) {
    uint32_t c = 0;
    pp_row_set(w, c++, real);
    pp_row_set_u32(w, c++, step);
    for (int i = 0; i < W; i++) pp_row_set(w, c++, s[i]);
    external_values(s);
    full_values(w, step, &c, s, real, 0);
    for (int r = 0; r < PARTIAL; r++) {
        s[0] = cube_value(pp_fp_add(s[0], pp_fp_mul(real, internal_constants[r])));
        s[0] = pp_example_cell(step, c, s[0]);
        pp_row_set(w, c++, s[0]);
        pp_fp sum = {0};
        for (int i = 0; i < W; i++) sum = pp_fp_add(sum, s[i]);
        for (int i = 0; i < W; i++) s[i] = pp_fp_add(sum, pp_fp_mul(s[i], internal_diagonal[i]));
    }
    full_values(w, step, &c, s, real, HALF);
    PP_ASSERT(c == COLUMNS);
}

void pp_example_poseidon2(pp_example *e, const pp_pcs_params *set, uint32_t permutations) {
    pp_example_machine(e, "poseidon2", build);
    PP_ASSERT(e->machine->columns_len == COLUMNS);
    pp_fp s[W], real;
    e->rows[0] = permutations + (pp_example_copies(pp_example_faulty.step, &real) - 1);
    pp_example_trace(e, set);
    for (uint32_t i = 0; i < W; i++) s[i] = e->publics[1 + i] = pp_fp_from_u32(i);
    pp_row_writer w;
    pp_row_writer_begin(&w, &e->layout, e->stack, 0, 0);
    for (uint32_t i = 0; i < permutations; i++) {
        pp_fp in[W];
        memcpy(in, s, sizeof s);
        for (uint32_t copies = pp_example_copies(i, &real); copies > 0; copies--) {
            memcpy(s, in, sizeof s);
            fill_row(&w, i, s, real);
            pp_row_next(&w);
        }
    }
    e->publics[0] = pp_fp_from_u32(permutations);
    memcpy(e->publics + 1 + W, s, sizeof s);
}
