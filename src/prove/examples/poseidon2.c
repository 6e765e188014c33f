// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2 permutations of width 24 in a chain: row i takes (i, state) from the bus and puts
// (i + 1, permuted state) back. A row holds the input and the outputs of the S-boxes: 241 columns.
#include "air/poseidon2.h"
#include "prove/examples/examples.h"

enum { W = PP_POSEIDON2_WIDTH, COLUMNS = 2 + W + PP_AIR_POSEIDON2_CELLS };

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
    pp_air_poseidon2(b, real, s, true);
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

typedef struct to_row {
    pp_air_cells cells;
    pp_row_writer *w;
    uint32_t step, column;
} to_row;
static void put_cell(pp_air_cells *cells, pp_fp *cell) {
    to_row *to = (to_row *)cells;
    *cell = pp_example_cell(to->step, to->column, *cell);
    pp_row_set(to->w, to->column++, *cell);
}

// Fills a row; s becomes the permuted state. Constants count `real` times.
static void fill_row(pp_row_writer *w, uint32_t step, pp_fp s[W], pp_fp real) {
    pp_row_set(w, 0, real);
    pp_row_set_u32(w, 1, step);
    for (uint32_t i = 0; i < W; i++) pp_row_set(w, 2 + i, s[i]);
    to_row to = {{put_cell}, w, step, 2 + W};
    pp_air_poseidon2_fill(&to.cells, real, s, true);
    PP_ASSERT(to.column == COLUMNS);
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
