// SPDX-License-Identifier: MIT OR Apache-2.0
// Keccak-f[1600] permutations in a chain, a round a row: row i takes (i, round, state) from the bus
// and puts (i + 1, next round, next state) back, lanes as four 16-bit limbs. The columns after the
// state follow the layout that Plonky3's keccak-air made common: bits of C and C' = theta's parity,
// bits of A' (after theta), limbs of A'' (after chi), bits of A''[0][0] for iota.
#include "hash/keccak.h"
#include "prove/examples/examples.h"

enum {
    LIMBS = 100,
    REAL = 0,
    STEP = 1,
    ROUND = 2,
    NEXT = 3,
    RC = 4, // the seven bits of the round constant that are ever set: 2^j − 1, j = 0 … 6
    A = RC + 7,
    C = A + LIMBS,
    CP = C + 320,
    AP = CP + 320,
    APP = AP + 1600,
    APP00 = APP + LIMBS,
    APPP00 = APP00 + 64,
    COLUMNS = APPP00 + 4,
};

static const uint8_t rho[5][5] = {{0, 36, 3, 41, 18}, // [x][y]
                                  {1, 44, 10, 45, 2},
                                  {62, 6, 43, 15, 61},
                                  {28, 55, 25, 21, 56},
                                  {27, 20, 39, 8, 14}};

// The bits of the round constants (FIPS 202, 3.2.5), from the linear feedback shift register.
static uint32_t round_bits(uint32_t round) {
    uint32_t bits = 0, state = 1;
    for (uint32_t t = 0; t < 7 * (round + 1); t++) {
        if (t >= 7 * round) bits |= (state & 1) << (t - 7 * round);
        state = state << 1 ^ (state >> 7) * 0x171;
    }
    return bits;
}

static pp_expr xor2(pp_expr x, pp_expr y) {
    return pp_air_sub(pp_air_add(x, y), pp_air_scale(pp_air_mul(x, y), 2));
}

// Σ bit_z 2^z over 16 bits, by doubling: sums cost less than products.
static pp_expr limb(const pp_expr *bits) {
    pp_expr r = bits[15];
    for (int z = 14; z >= 0; z--) r = pp_air_add(pp_air_add(r, r), bits[z]);
    return r;
}

typedef struct row {
    pp_expr real, step, round, next, rc[7], a[LIMBS], c[5][64], cp[5][64], ap[5][5][64];
    pp_expr app[LIMBS], app00[64], appp00[4];
} row;

static void declare(pp_air_builder *b, row *r) {
    r->real = pp_air_column(b, "is_real");
    r->step = pp_air_column(b, "step");
    r->round = pp_air_column(b, "round");
    r->next = pp_air_column(b, "next_round");
    pp_air_columns(b, r->rc, 7, "rc");
    pp_air_columns(b, r->a, LIMBS, "A");
    for (int x = 0; x < 5; x++) pp_air_columns(b, r->c[x], 64, "C");
    for (int x = 0; x < 5; x++) pp_air_columns(b, r->cp[x], 64, "C'");
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++) pp_air_columns(b, r->ap[x][y], 64, "A'");
    pp_air_columns(b, r->app, LIMBS, "A''");
    pp_air_columns(b, r->app00, 64, "A''00");
    pp_air_columns(b, r->appp00, 4, "A'''00");
}

static void theta(pp_air_builder *b, row *r) {
    for (int x = 0; x < 5; x++)
        for (int z = 0; z < 64; z++) {
            pp_air_assert_bool(b, "C is bits", r->c[x][z]);
            pp_expr left = r->c[(x + 4) % 5][z], right = r->c[(x + 1) % 5][(z + 63) % 64];
            pp_air_assert_eq(b, "C' is C and its neighbours", r->cp[x][z],
                             xor2(xor2(left, right), r->c[x][z]));
        }
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            for (int l = 0; l < 4; l++) {
                pp_expr bits[16];
                for (int z = 0; z < 16; z++) {
                    int k = 16 * l + z;
                    pp_air_assert_bool(b, "A' is bits", r->ap[x][y][k]);
                    bits[z] = xor2(r->ap[x][y][k], xor2(r->c[x][k], r->cp[x][k]));
                }
                pp_air_assert_eq(b, "A is A' without theta", r->a[4 * (5 * y + x) + l], limb(bits));
            }
    for (int x = 0; x < 5; x++)
        for (int z = 0; z < 64; z++) {
            pp_expr sum = r->ap[x][0][z];
            for (int y = 1; y < 5; y++) sum = pp_air_add(sum, r->ap[x][y][z]);
            pp_expr d = pp_air_sub(sum, r->cp[x][z]);
            pp_air_assert_zero(
                b, "C' is the parity of A'",
                pp_air_mul(d, pp_air_mul(pp_air_offset(d, -2), pp_air_offset(d, -4))));
        }
}

// Bit z of B[x][y] after rho and pi.
static pp_expr b_bit(const row *r, int x, int y, int z) {
    int from_x = (x + 3 * y) % 5, from_y = x;
    return r->ap[from_x][from_y][(z + 64 - rho[from_x][from_y]) % 64];
}

static void chi(pp_air_builder *b, row *r) {
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            for (int l = 0; l < 4; l++) {
                pp_expr bits[16];
                for (int z = 0; z < 16; z++) {
                    int k = 16 * l + z;
                    pp_expr keep = pp_air_not(b_bit(r, (x + 1) % 5, y, k));
                    bits[z] =
                        xor2(b_bit(r, x, y, k), pp_air_mul(keep, b_bit(r, (x + 2) % 5, y, k)));
                }
                pp_air_assert_eq(b, "A'' is chi", r->app[4 * (5 * y + x) + l], limb(bits));
            }
}

static void iota(pp_air_builder *b, row *r) {
    pp_expr bits[64];
    for (int z = 0; z < 64; z++) {
        bits[z] = r->app00[z];
        pp_air_assert_bool(b, "A''00 is bits", bits[z]);
    }
    for (int l = 0; l < 4; l++)
        pp_air_assert_eq(b, "A''00 is its bits", r->app[l], limb(bits + 16 * l));
    for (int j = 0; j < 7; j++) bits[(1 << j) - 1] = xor2(bits[(1 << j) - 1], r->rc[j]);
    for (int l = 0; l < 4; l++)
        pp_air_assert_eq(b, "A'''00 is iota", r->appp00[l], limb(bits + 16 * l));
}

static void build(pp_air_builder *b) {
    pp_bus state = pp_air_bus(b, "state", 2 + LIMBS), rounds = pp_air_bus(b, "rounds", 9);
    pp_expr steps = pp_air_public(b), last[LIMBS];
    for (int i = 0; i < LIMBS; i++) last[i] = pp_air_public(b);

    static row r;
    pp_air_table_begin(b, "keccak");
    declare(b, &r);
    pp_air_assert_bool(b, "is_real is a bit", r.real);
    theta(b, &r);
    chi(b, &r);
    iota(b, &r);
    pp_expr tuple[2 + LIMBS] = {r.step, r.round};
    memcpy(tuple + 2, r.a, sizeof r.a);
    pp_air_receive(b, state, r.real, tuple, 2 + LIMBS);
    tuple[0] = pp_air_offset(r.step, 1);
    tuple[1] = r.next;
    memcpy(tuple + 2, r.app, sizeof r.app);
    memcpy(tuple + 2, r.appp00, sizeof r.appp00);
    pp_air_send(b, state, r.real, tuple, 2 + LIMBS);
    pp_air_send(
        b, rounds, r.real,
        PP_TUPLE(r.round, r.next, r.rc[0], r.rc[1], r.rc[2], r.rc[3], r.rc[4], r.rc[5], r.rc[6]));
    pp_air_table_end(b);

    pp_air_table_begin(b, "rounds");
    uint32_t values[9][24], ones[24];
    for (uint32_t i = 0; i < 24; i++) {
        values[0][i] = i;
        values[1][i] = (i + 1) % 24;
        for (uint32_t j = 0; j < 7; j++) values[2 + j][i] = round_bits(i) >> j & 1;
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

static uint64_t rotate(uint64_t x, unsigned n) {
    return n == 0 ? x : x << n | x >> (64 - n);
}
// The lane as bits; a fault flips one, in the lane that is gone on from too.
static uint64_t set_bits(pp_row_writer *w, uint32_t step, uint32_t column, uint64_t x) {
    for (uint32_t z = 0; z < 64; z++)
        if (pp_example_cell(step, column + z, (pp_fp){0}).v != 0) x ^= (uint64_t)1 << z;
    for (uint32_t z = 0; z < 64; z++) pp_row_set_u32(w, column + z, x >> z & 1);
    return x;
}
// The lane as limbs; a fault flips a limb's lowest bit.
static uint64_t faulty_limbs(uint32_t step, uint32_t column, uint64_t x) {
    for (uint32_t l = 0; l < 4; l++)
        if (pp_example_cell(step, column + l, (pp_fp){0}).v != 0) x ^= (uint64_t)1 << 16 * l;
    return x;
}
static void set_limbs(pp_row_writer *w, uint32_t column, uint64_t x) {
    for (uint32_t l = 0; l < 4; l++) pp_row_set_u32(w, column + l, x >> 16 * l & 0xffff);
}

// One round: the row's cells, and s after it. Lane x + 5 y. A fault in the limbs of A is one that
// the rest of the row goes on from, but not the limbs themselves.
static void fill_row(pp_row_writer *w, uint32_t step, pp_fp real, uint64_t s[25]) {
    uint32_t round = step % 24, bits = round_bits(round);
    uint64_t c[5], cp[5], ap[25], bb[25];
    pp_row_set(w, REAL, real);
    pp_row_set_u32(w, STEP, step);
    pp_row_set_u32(w, ROUND, round);
    pp_row_set_u32(w, NEXT, (round + 1) % 24);
    for (uint32_t j = 0; j < 7; j++) pp_row_set_u32(w, RC + j, bits >> j & 1);
    for (uint32_t i = 0; i < 25; i++) {
        set_limbs(w, A + 4 * i, s[i]);
        s[i] = faulty_limbs(step, A + 4 * i, s[i]);
    }
    for (uint32_t x = 0; x < 5; x++) {
        c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        c[x] = set_bits(w, step, C + 64 * x, c[x]);
    }
    for (uint32_t x = 0; x < 5; x++) {
        cp[x] = c[x] ^ c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
        cp[x] = set_bits(w, step, CP + 64 * x, cp[x]);
    }
    for (uint32_t i = 0; i < 25; i++) {
        ap[i] = s[i] ^ c[i % 5] ^ cp[i % 5];
        ap[i] = set_bits(w, step, AP + 64 * i, ap[i]);
    }
    for (uint32_t x = 0; x < 5; x++)
        for (uint32_t y = 0; y < 5; y++) {
            uint32_t fx = (x + 3 * y) % 5;
            bb[x + 5 * y] = rotate(ap[fx + 5 * x], rho[fx][x]);
        }
    for (uint32_t y = 0; y < 25; y += 5)
        for (uint32_t x = 0; x < 5; x++)
            s[x + y] = bb[x + y] ^ (~bb[(x + 1) % 5 + y] & bb[(x + 2) % 5 + y]);
    for (uint32_t i = 0; i < 25; i++) {
        s[i] = faulty_limbs(step, APP + 4 * i, s[i]);
        set_limbs(w, APP + 4 * i, s[i]);
    }
    s[0] = set_bits(w, step, APP00, s[0]);
    for (uint32_t j = 0; j < 7; j++) s[0] ^= (uint64_t)(bits >> j & 1) << ((1 << j) - 1);
    s[0] = faulty_limbs(step, APPP00, s[0]);
    set_limbs(w, APPP00, s[0]);
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
