// SPDX-License-Identifier: MIT OR Apache-2.0
// Keccak-f[1600] permutations in a chain, a round a row: row i takes (i, round, state) from the bus
// and puts (i + 1, next round, next state) back, as air/keccak.h has it.
#include "air/keccak.h"
#include "prove/examples/examples.h"

enum {
    LIMBS = PP_AIR_KECCAK_LIMBS,
    REAL = 0,
    STEP = 1,
    ROUND = 2,
    NEXT = 3,
    RC = 4,
    A = RC + PP_AIR_KECCAK_RC,
    C = A + LIMBS,
    COLUMNS = RC + PP_AIR_KECCAK_COLUMNS,
};

static void build(pp_air_builder *b) {
    pp_bus state = pp_air_bus(b, "state", 2 + LIMBS), rounds = pp_air_bus(b, "rounds", 9);
    pp_expr steps = pp_air_public(b), last[LIMBS];
    for (int i = 0; i < LIMBS; i++) last[i] = pp_air_public(b);

    pp_air_keccak r;
    pp_air_table_begin(b, "keccak");
    pp_expr real = pp_air_column(b, "is_real"), step = pp_air_column(b, "step");
    pp_expr round = pp_air_column(b, "round"), next = pp_air_column(b, "next_round");
    pp_air_assert_bool(b, "is_real is a bit", real);
    pp_air_keccak_round(b, &r);
    pp_expr tuple[2 + LIMBS] = {step, round};
    memcpy(tuple + 2, r.in, sizeof r.in);
    pp_air_receive(b, state, real, tuple, 2 + LIMBS);
    tuple[0] = pp_air_offset(step, 1);
    tuple[1] = next;
    memcpy(tuple + 2, r.out, sizeof r.out);
    pp_air_send(b, state, real, tuple, 2 + LIMBS);
    pp_air_send(
        b, rounds, real,
        PP_TUPLE(round, next, r.rc[0], r.rc[1], r.rc[2], r.rc[3], r.rc[4], r.rc[5], r.rc[6]));
    pp_air_table_end(b);

    pp_air_table_begin(b, "rounds");
    uint32_t values[9][24], ones[24];
    for (uint32_t i = 0; i < 24; i++) {
        values[0][i] = i;
        values[1][i] = (i + 1) % 24;
        for (uint32_t j = 0; j < 7; j++) values[2 + j][i] = pp_air_keccak_rc(i) >> j & 1;
        ones[i] = 1;
    }
    pp_air_fixed_height(b, 7);
    pp_expr times = pp_air_column(b, "times"), listed = pp_air_fixed_list(b, "listed", ones, 24);
    static const char *const names[9] = {"round", "next_round", "rc0", "rc1", "rc2",
                                         "rc3",   "rc4",        "rc5", "rc6"};
    for (int i = 0; i < 9; i++) tuple[i] = pp_air_fixed_list(b, names[i], values[i], 24);
    pp_air_receive(b, rounds, pp_air_mul(times, listed), tuple, 9);
    pp_air_when(b, "only listed rows are used", pp_air_not(listed), times);
    pp_air_table_end(b);

    pp_air_boundary_begin(b);
    pp_expr zero = pp_air_const(b, 0), one = pp_air_const(b, 1);
    for (int i = 0; i < 2 + LIMBS; i++) tuple[i] = zero;
    pp_air_send(b, state, one, tuple, 2 + LIMBS);
    tuple[0] = steps;
    memcpy(tuple + 2, last, sizeof last);
    pp_air_receive(b, state, one, tuple, 2 + LIMBS);
    pp_air_boundary_end(b);
}

// ---- the trace ----------------------------------------------------------------------------------

typedef struct lanes {
    pp_air_lanes to;
    pp_row_writer *writer;
    uint32_t step, column;
} lanes;
// The lane as bits; a fault flips one, in the lane that is gone on from too.
static void put_bits(pp_air_lanes *to, uint64_t *lane) {
    lanes *l = (lanes *)to;
    for (uint32_t z = 0; z < 64; z++)
        if (pp_example_cell(l->step, l->column + z, (pp_fp){0}).v != 0) *lane ^= (uint64_t)1 << z;
    for (uint32_t z = 0; z < 64; z++) pp_row_set_u32(l->writer, l->column++, *lane >> z & 1);
}
// The lane as limbs; a fault flips a limb's lowest bit. One in the limbs of A is one that the rest
// of the row goes on from, but not the limbs themselves.
static void put_limbs(pp_air_lanes *to, uint64_t *lane) {
    lanes *l = (lanes *)to;
    uint64_t faulty = *lane;
    for (uint32_t i = 0; i < 4; i++)
        if (pp_example_cell(l->step, l->column + i, (pp_fp){0}).v != 0)
            faulty ^= (uint64_t)1 << 16 * i;
    const uint64_t put = l->column < C ? *lane : faulty;
    for (uint32_t i = 0; i < 4; i++) pp_row_set_u32(l->writer, l->column++, put >> 16 * i & 0xffff);
    *lane = faulty;
}

// One round: the row's cells, and s after it.
static void fill_row(pp_row_writer *w, uint32_t step, pp_fp real, uint64_t s[25]) {
    uint32_t round = step % 24, rc = pp_air_keccak_rc(round);
    pp_row_set(w, REAL, real);
    pp_row_set_u32(w, STEP, step);
    pp_row_set_u32(w, ROUND, round);
    pp_row_set_u32(w, NEXT, (round + 1) % 24);
    for (uint32_t j = 0; j < 7; j++) pp_row_set_u32(w, RC + j, rc >> j & 1);
    lanes to = {{put_limbs, put_bits}, w, step, A};
    pp_air_keccak_fill(&to.to, rc, s);
    const pp_example_fault *f = &pp_example_faulty;
    if (f->on && f->rewrite && f->step == step) f->rewrite(w, s);
}

void pp_example_keccak(pp_example *e, const pp_pcs_params *set, uint32_t permutations) {
    pp_example_machine(e, "keccak", build);
    PP_ASSERT(e->machine->tables[0].columns_len == COLUMNS);
    uint32_t steps = 24 * permutations;
    pp_fp real;
    e->rows[0] = steps + (pp_example_copies(pp_example_faulty.step, &real) - 1);
    e->rows[1] = 1 << 7;
    pp_example_trace(e, set);
    uint64_t s[25] = {0};
    pp_row_writer w;
    pp_row_writer_begin(&w, &e->layout, e->stack, 0, 0);
    for (uint32_t i = 0; i < steps; i++) {
        uint64_t in[25];
        memcpy(in, s, sizeof s);
        for (uint32_t copies = pp_example_copies(i, &real); copies > 0; copies--) {
            memcpy(s, in, sizeof s);
            fill_row(&w, i, real, s);
            pp_row_next(&w);
        }
    }
    for (uint32_t i = 0; i < 24; i++)
        e->stack[pp_layout_cell(&e->layout, 1, 0, i)] = pp_fp_from_u32(permutations);
    e->publics[0] = pp_fp_from_u32(steps);
    for (uint32_t i = 0; i < LIMBS; i++)
        e->publics[1 + i] = pp_fp_from_u32(s[i / 4] >> 16 * (i % 4) & 0xffff);
}
