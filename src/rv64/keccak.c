// SPDX-License-Identifier: MIT OR Apache-2.0
// keccak-f[1600] (FIPS 202, section 3): a row a call, a row a round, and the list of the rounds'
// constants. The call puts (time, 0, lanes) on the bus `keccak`, round r takes (time, r, lanes) and
// puts back r + 1, and the call takes (time, 24, lanes): its time is the name, since no other call
// has it. A lane is four 16-bit limbs.
#include "air/keccak.h"
#include "rv64/tables.h"

enum {
    ROUNDS = PP_AIR_KECCAK_ROUNDS,
    LANES = PP_AIR_KECCAK_LANES,
    LIMBS = PP_AIR_KECCAK_LIMBS,
    RC_BITS = PP_AIR_KECCAK_RC
};

// ---- the call -----------------------------------------------------------------------------------

static void lanes_tuple(pp_expr tuple[2 + LIMBS], pp_expr id, pp_expr round,
                        const pp_expr limbs[LIMBS]) {
    tuple[0] = id;
    tuple[1] = round;
    memcpy(tuple + 2, limbs, LIMBS * sizeof *limbs);
}

static void flat(pp_expr limbs[LIMBS], const limbs4 lanes[LANES]) {
    for (unsigned i = 0; i < LANES; i++) memcpy(limbs + 4 * i, lanes[i].limb, sizeof lanes[i].limb);
}

void build_keccak(build *b, const table *t) {
    accel_row row;
    begin_accel(b, t, &row);
    pp_expr limbs[LIMBS], tuple[2 + LIMBS];
    flat(limbs, row.in);
    lanes_tuple(tuple, b->time, number(b, 0), limbs);
    pp_air_send(b->b, b->keccak, b->real, tuple, 2 + LIMBS);
    flat(limbs, row.out);
    lanes_tuple(tuple, b->time, number(b, ROUNDS), limbs);
    pp_air_receive(b->b, b->keccak, b->real, tuple, 2 + LIMBS);
    end_table(b);
}

void fill_keccak(fill *f, const pp_step *s, const table *t) {
    uint64_t before[PP_ACCEL_CELLS_MAX], after[PP_ACCEL_CELLS_MAX];
    fill_accel(f, s, t, before, after);
}

// ---- a round ------------------------------------------------------------------------------------

void build_keccak_round(build *b, const table *t) {
    pp_air_keccak r;
    begin_rows(b, t->name);
    pp_expr id = column(b, "id"), round = column(b, "round"), tuple[2 + LIMBS];
    pp_air_keccak_round(b->b, &r);
    lanes_tuple(tuple, id, round, r.in);
    pp_air_receive(b->b, b->keccak, b->real, tuple, 2 + LIMBS);
    lanes_tuple(tuple, id, offset(round, 1), r.out);
    pp_air_send(b->b, b->keccak, b->real, tuple, 2 + LIMBS);
    pp_expr constant[1 + RC_BITS] = {round};
    memcpy(constant + 1, r.rc, sizeof r.rc);
    pp_air_send(b->b, b->keccak_rc, b->real, constant, 1 + RC_BITS);
    end_table(b);
}

// Every round of every call is looked up once, so a column counts the calls on 24 rows; on the
// others, which are no rounds, a count counts nothing.
void build_keccak_rc(build *b, const table *t) {
    static const char *const names[RC_BITS] = {"rc0", "rc1", "rc2", "rc3", "rc4", "rc5", "rc6"};
    uint32_t values[2 + RC_BITS][ROUNDS];
    for (uint32_t i = 0; i < ROUNDS; i++) {
        values[0][i] = i;
        values[1][i] = 1;
        for (uint32_t j = 0; j < RC_BITS; j++) values[2 + j][i] = pp_air_keccak_rc(i) >> j & 1;
    }
    pp_air_table_begin(b->b, t->name);
    pp_air_fixed_height(b->b, PP_AIR_LOG_FIXED_ROWS_MIN);
    pp_expr count = column(b, "count"), tuple[1 + RC_BITS];
    tuple[0] = pp_air_fixed_list(b->b, "round", values[0], ROUNDS);
    pp_expr listed = pp_air_fixed_list(b->b, "is_round", values[1], ROUNDS);
    for (uint32_t j = 0; j < RC_BITS; j++)
        tuple[1 + j] = pp_air_fixed_list(b->b, names[j], values[2 + j], ROUNDS);
    pp_air_receive(b->b, b->keccak_rc, times(count, listed), tuple, 1 + RC_BITS);
    end_table(b);
}

typedef struct lanes {
    pp_air_lanes to;
    fill *fill;
} lanes;
static void put_lane_limbs(pp_air_lanes *to, uint64_t *lane) {
    put_limbs(((lanes *)to)->fill, *lane, 4);
}
static void put_lane_bits(pp_air_lanes *to, uint64_t *lane) {
    put_bits(((lanes *)to)->fill, *lane, 64);
}

void fill_keccak_round(fill *f, const pp_step *s, const table *t) {
    uint64_t state[PP_ACCEL_CELLS_MAX];
    accel_words(f, s, t, state);
    lanes to = {{put_lane_limbs, put_lane_bits}, f};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const uint32_t rc = pp_air_keccak_rc(round);
        if (round != 0) next_row(f);
        put(f, 1);
        put(f, s->time);
        put(f, round);
        put_bits(f, rc, RC_BITS);
        pp_air_keccak_fill(&to.to, rc, state);
    }
}

void fill_keccak_rc(fill *f, const pp_step *s, const table *t) {
    (void)s;
    (void)t;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (round != 0) next_row(f);
        put(f, f->calls);
    }
}
