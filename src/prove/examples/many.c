// SPDX-License-Identifier: MIT OR Apache-2.0
// Many tables, of all heights: a chain of steps on 12-bit numbers, each looked up in an operation's
// table (add, and, multiply), which look up ranges and bitwise results in fixed tables.
#include <stdlib.h>

#include "prove/examples/examples.h"

enum {
    CHAIN,
    ADD,
    AND,
    MUL,
    RANGE,
    HALVES,
    CODES,
    TABLES,
    BITS = 12,
    HALF = BITS / 2,
    MASK = (1 << BITS) - 1,
    HALF_MASK = (1 << HALF) - 1,
};

static void build_operations(pp_air_builder *b, pp_bus call, pp_bus range, pp_bus bytes) {
    pp_air_table_begin(b, "add");
    pp_expr n = pp_air_column(b, "times"), x = pp_air_column(b, "x"), y = pp_air_column(b, "y");
    pp_expr z = pp_air_column(b, "z"), carry = pp_air_column(b, "carry");
    pp_air_assert_bool(b, "carry is a bit", carry);
    pp_air_assert_eq(b, "z + 2^12 carry is x + y", pp_air_add(z, pp_air_scale(carry, 1 << BITS)),
                     pp_air_add(x, y));
    pp_air_receive(b, call, n, PP_TUPLE(pp_air_const(b, 1), x, y, z));
    pp_air_send(b, range, n, PP_TUPLE(z));
    pp_air_table_end(b);

    pp_air_table_begin(b, "and");
    pp_expr real = pp_air_column(b, "is_real"), xs[2], ys[2], zs[2];
    pp_air_columns(b, xs, 2, "x");
    pp_air_columns(b, ys, 2, "y");
    pp_air_columns(b, zs, 2, "z");
    pp_air_assert_bool(b, "is_real is a bit", real);
    for (int i = 0; i < 2; i++) pp_air_send(b, bytes, real, PP_TUPLE(xs[i], ys[i], zs[i]));
    pp_air_receive(b, call, real,
                   PP_TUPLE(pp_air_const(b, 2), pp_air_compose(b, xs, 2, 1 << HALF),
                            pp_air_compose(b, ys, 2, 1 << HALF),
                            pp_air_compose(b, zs, 2, 1 << HALF)));
    pp_air_table_end(b);

    pp_air_table_begin(b, "multiply");
    real = pp_air_column(b, "is_real"), x = pp_air_column(b, "x"), y = pp_air_column(b, "y");
    z = pp_air_column(b, "low");
    pp_expr high = pp_air_column(b, "high");
    pp_air_assert_bool(b, "is_real is a bit", real);
    pp_air_when(b, "low + 2^12 high is x y", real,
                pp_air_sub(pp_air_add(z, pp_air_scale(high, 1 << BITS)), pp_air_mul(x, y)));
    pp_air_send(b, range, real, PP_TUPLE(z));
    pp_air_send(b, range, real, PP_TUPLE(high));
    pp_air_receive(b, call, real, PP_TUPLE(pp_air_const(b, 3), x, y, z));
    pp_air_table_end(b);
}

static void build(pp_air_builder *b) {
    pp_bus state = pp_air_bus(b, "state", 2), call = pp_air_bus(b, "call", 4);
    pp_bus range = pp_air_bus(b, "range", 1), bytes = pp_air_bus(b, "halves", 3);
    pp_bus codes = pp_air_bus(b, "codes", 2);
    pp_expr steps = pp_air_public(b), last = pp_air_public(b);

    // Step i: value' = operation(value, constant of the code), code from a listed table.
    pp_air_table_begin(b, "chain");
    pp_expr real = pp_air_column(b, "is_real"), i = pp_air_column(b, "step");
    pp_expr x = pp_air_column(b, "value"), code = pp_air_column(b, "code");
    pp_expr y = pp_air_column(b, "operand"), z = pp_air_column(b, "result");
    pp_air_assert_bool(b, "is_real is a bit", real);
    pp_air_receive(b, state, real, PP_TUPLE(i, x));
    pp_air_send(b, state, real, PP_TUPLE(pp_air_offset(i, 1), z));
    pp_air_send(b, call, real, PP_TUPLE(code, x, y, z));
    pp_air_send(b, codes, real, PP_TUPLE(code, y));
    pp_air_table_end(b);

    build_operations(b, call, range, bytes);

    pp_air_table_begin(b, "range");
    pp_air_fixed_height(b, BITS);
    pp_expr row = pp_air_fixed_bits(b, "row", 0, BITS), times = pp_air_column(b, "times");
    pp_air_receive(b, range, times, PP_TUPLE(row));
    pp_air_table_end(b);

    pp_air_table_begin(b, "halves");
    pp_air_fixed_height(b, BITS);
    pp_expr l = pp_air_fixed_bits(b, "left", 0, HALF),
            r = pp_air_fixed_bits(b, "right", HALF, HALF);
    pp_expr both = pp_air_fixed_and(b, "and", 0, HALF, HALF);
    times = pp_air_column(b, "times");
    pp_air_receive(b, bytes, times, PP_TUPLE(l, r, both));
    pp_air_table_end(b);

    // The operands that each operation is used with: 16 listed rows.
    uint32_t ops[16], operands[16], ones[16];
    for (uint32_t k = 0; k < 16; k++) {
        ops[k] = 1 + k % 3;
        operands[k] = (k * 40503 + 977) & MASK;
        ones[k] = 1;
    }
    pp_air_table_begin(b, "codes");
    pp_air_fixed_height(b, 7);
    pp_expr op = pp_air_fixed_list(b, "operation", ops, 16);
    pp_expr operand = pp_air_fixed_list(b, "operand", operands, 16);
    pp_expr listed = pp_air_fixed_list(b, "listed", ones, 16);
    times = pp_air_column(b, "times");
    pp_air_receive(b, codes, pp_air_mul(listed, times), PP_TUPLE(op, operand));
    pp_air_when(b, "only listed rows are used", pp_air_not(listed), times);
    pp_air_table_end(b);

    pp_air_boundary_begin(b);
    pp_expr one = pp_air_const(b, 1);
    pp_air_send(b, state, one, PP_TUPLE(pp_air_const(b, 0), one));
    pp_air_receive(b, state, one, PP_TUPLE(steps, last));
    pp_air_boundary_end(b);
}

static void count(pp_example *e, uint32_t table, uint32_t row) {
    pp_fp *cell = &e->stack[pp_layout_cell(&e->layout, table, 0, row)];
    *cell = pp_fp_add(*cell, pp_fp_from_u32(1));
}

void pp_example_many(pp_example *e, const pp_pcs_params *set, uint32_t log_rows) {
    PP_ASSERT(log_rows >= 6 && log_rows <= 20);
    pp_example_machine(e, "many", build);
    // A chain of 2^log_rows steps, all additions but 16 multiplications and 2^(log_rows − 2) ANDs.
    uint32_t steps = (uint32_t)1 << log_rows, ands = steps / 4, muls = 16,
             adds = steps - ands - muls;
    // One row more than needed in each: padding that tests use.
    uint32_t rows[TABLES] = {steps + 1, adds + 1, ands + 1, muls + 1, 1 << BITS, 1 << BITS, 1 << 7};
    memcpy(e->rows, rows, sizeof rows);
    pp_example_trace(e, set);
    pp_row_writer w[4];
    for (uint32_t t = 0; t < 4; t++) pp_row_writer_begin(&w[t], &e->layout, e->stack, t, 0);
    uint32_t value = 1;
    for (uint32_t i = 0; i < steps; i++) {
        uint32_t code = i % 4 == 3 ? 2 : i % (steps / muls) == 1 ? 3 : 1;
        uint32_t k = (code - 1) + 3 * (i / 4 % 5), y = (k * 40503 + 977) & MASK, z;
        pp_row_writer *o = &w[code];
        uint32_t sum = code == 3 ? value * y : value + y;
        // Faults: the result (column 5 of the chain); the carry (its column 6, which is none).
        bool bad_carry = pp_example_cell(i, 6, (pp_fp){0}).v != 0;
        z = (code == 2 ? value & y : sum) & MASK;
        z = (z + pp_fp_to_u32(pp_example_cell(i, 5, (pp_fp){0})) + bad_carry) & MASK;
        if (code == 2) {
            uint32_t cells[] = {1,         value & HALF_MASK, value >> HALF, y & HALF_MASK,
                                y >> HALF, z & HALF_MASK,     z >> HALF};
            for (uint32_t c = 0; c < 7; c++) pp_row_set_u32(o, c, cells[c]);
            count(e, HALVES, (value & HALF_MASK) | (y & HALF_MASK) << HALF);
            count(e, HALVES, value >> HALF | y >> HALF << HALF);
        } else {
            uint32_t cells[] = {1, value, y, z, sum >> BITS};
            for (uint32_t c = 0; c < 5; c++) pp_row_set_u32(o, c, cells[c]);
            count(e, RANGE, z);
            if (code == 3) count(e, RANGE, sum >> BITS);
            if (bad_carry)
                pp_row_set(o, 4,
                           pp_fp_mul(pp_fp_sub(pp_fp_from_u32(sum), pp_fp_from_u32(z)),
                                     pp_fp_inverse(pp_fp_from_u32(1 << BITS))));
        }
        count(e, CODES, k);
        pp_row_next(o);
        uint32_t cells[] = {1, i, value, code, y, z};
        for (uint32_t c = 0; c < 6; c++) pp_row_set_u32(&w[CHAIN], c, cells[c]);
        pp_row_next(&w[CHAIN]);
        value = z;
    }
    e->publics[0] = pp_fp_from_u32(steps);
    e->publics[1] = pp_fp_from_u32(value);
}
