// SPDX-License-Identifier: MIT OR Apache-2.0
// Fibonacci: row i takes (i, a, b) from the bus and puts (i + 1, b, a + b) back; the first and the
// last state are the verifier's. Public: the number of steps and the two numbers at the end.
#include "prove/examples/examples.h"

static void build(pp_air_builder *b) {
    pp_bus state = pp_air_bus(b, "state", 3);
    pp_expr steps = pp_air_public(b), last[2] = {pp_air_public(b), pp_air_public(b)};
    pp_air_table_begin(b, "fibonacci");
    pp_expr real = pp_air_column(b, "is_real"), i = pp_air_column(b, "step");
    pp_expr x = pp_air_column(b, "a"), y = pp_air_column(b, "b"), sum = pp_air_column(b, "sum");
    pp_air_assert_bool(b, "is_real is a bit", real);
    pp_air_assert_eq(b, "sum is a + b", sum, pp_air_add(x, y));
    pp_air_receive(b, state, real, PP_TUPLE(i, x, y));
    pp_air_send(b, state, real, PP_TUPLE(pp_air_offset(i, 1), y, sum));
    pp_air_table_end(b);

    pp_air_boundary_begin(b);
    pp_expr zero = pp_air_const(b, 0), one = pp_air_const(b, 1);
    pp_air_send(b, state, one, PP_TUPLE(zero, zero, one));
    pp_air_receive(b, state, one, PP_TUPLE(steps, last[0], last[1]));
    pp_air_boundary_end(b);
}

void pp_example_fibonacci(pp_example *e, const pp_pcs_params *set, uint32_t steps) {
    pp_example_machine(e, "fibonacci", build);
    pp_fp a = {0}, b = pp_fp_one(), real;
    e->rows[0] = steps + (pp_example_copies(pp_example_faulty.step, &real) - 1);
    pp_example_trace(e, set);
    pp_row_writer w;
    pp_row_writer_begin(&w, &e->layout, e->stack, 0, 0);
    for (uint32_t i = 0; i < steps; i++) {
        pp_fp sum = pp_example_cell(i, 4, pp_fp_add(a, b));
        for (uint32_t copies = pp_example_copies(i, &real); copies > 0; copies--) {
            pp_row_set(&w, 0, real);
            pp_row_set_u32(&w, 1, i);
            pp_row_set(&w, 2, a);
            pp_row_set(&w, 3, b);
            pp_row_set(&w, 4, sum);
            pp_row_next(&w);
        }
        a = b;
        b = sum;
    }
    e->publics[0] = pp_fp_from_u32(steps);
    e->publics[1] = a;
    e->publics[2] = b;
}
