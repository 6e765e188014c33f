// SPDX-License-Identifier: MIT OR Apache-2.0
// keccak-f[1600] (FIPS 202, section 3): a row a call, a row a round, and the list of the rounds'
// constants. The call puts (time, 0, lanes) on the bus `keccak`, round r takes (time, r, lanes) and
// puts back r + 1, and the call takes (time, 24, lanes): its time is the name, since no other call
// has it. A lane is four 16-bit limbs.
//
// A round has the bits of C, theta's column parities, of C' after theta, and of A' after theta; the
// limbs of A'' after chi, its lane 0 as bits, and that lane after iota. (The layout is the one that
// Plonky3's keccak-air made common.) Rows from A' backwards: A = A' xor C xor C' bit by bit, so A's
// limbs are what they are received as; C' has the parity of A'.
#include "rv64/tables.h"

enum { ROUNDS = 24, LANES = 25, LIMBS = 4 * LANES, RC_BITS = 7 };

static const uint8_t rho[5][5] = {{0, 36, 3, 41, 18}, // [x][y]
                                  {1, 44, 10, 45, 2},
                                  {62, 6, 43, 15, 61},
                                  {28, 55, 25, 21, 56},
                                  {27, 20, 39, 8, 14}};

// The bits 2^j − 1, j = 0 … 6, of a round's constant; all others are zero. From the linear feedback
// shift register of FIPS 202, 3.2.5.
static uint32_t round_bits(uint32_t round) {
    uint32_t bits = 0, state = 1;
    for (uint32_t t = 0; t < RC_BITS * (round + 1); t++) {
        if (t >= RC_BITS * round) bits |= (state & 1) << (t - RC_BITS * round);
        state = state << 1 ^ (state >> 7) * 0x171;
    }
    return bits;
}

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

typedef struct round_row {
    pp_expr id, round, rc[RC_BITS], a[LIMBS], c[5][64], cp[5][64], ap[5][5][64]; // ap[x][y]
    pp_expr app[LIMBS], app00[64], appp00[4];
} round_row;

static void theta(build *b, round_row *r) {
    for (int x = 0; x < 5; x++)
        for (int z = 0; z < 64; z++) {
            is_bit(b, "C is bits", r->c[x][z]);
            pp_expr left = r->c[(x + 4) % 5][z], right = r->c[(x + 1) % 5][(z + 63) % 64];
            equal(b, "C' is C and its neighbours", r->cp[x][z],
                  xor2(xor2(left, right), r->c[x][z]));
        }
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            for (int l = 0; l < 4; l++) {
                pp_expr bits[16];
                for (int z = 0; z < 16; z++) {
                    int k = 16 * l + z;
                    is_bit(b, "A' is bits", r->ap[x][y][k]);
                    bits[z] = xor2(r->ap[x][y][k], xor2(r->c[x][k], r->cp[x][k]));
                }
                equal(b, "A is A' without theta", r->a[4 * (5 * y + x) + l], limb_of(bits));
            }
    // The sum of five bits minus their parity is 0, 2 or 4.
    for (int x = 0; x < 5; x++)
        for (int z = 0; z < 64; z++) {
            pp_expr d = number(b, 0);
            for (int y = 0; y < 5; y++) d = plus(d, r->ap[x][y][z]);
            d = minus(d, r->cp[x][z]);
            is_zero(b, "C' is the parity of A'", times(d, times(offset(d, -2), offset(d, -4))));
        }
}

// Bit z of lane (x, y) after rho and pi.
static pp_expr moved_bit(const round_row *r, int x, int y, int z) {
    int from_x = (x + 3 * y) % 5, from_y = x;
    return r->ap[from_x][from_y][(z + 64 - rho[from_x][from_y]) % 64];
}

static void chi(build *b, round_row *r) {
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            for (int l = 0; l < 4; l++) {
                pp_expr bits[16];
                for (int z = 0; z < 16; z++) {
                    int k = 16 * l + z;
                    pp_expr keep = pp_air_not(moved_bit(r, (x + 1) % 5, y, k));
                    bits[z] =
                        xor2(moved_bit(r, x, y, k), times(keep, moved_bit(r, (x + 2) % 5, y, k)));
                }
                equal(b, "A'' is chi", r->app[4 * (5 * y + x) + l], limb_of(bits));
            }
}

static void iota(build *b, round_row *r) {
    pp_expr bits[64];
    for (int z = 0; z < 64; z++) {
        bits[z] = r->app00[z];
        is_bit(b, "A''00 is bits", bits[z]);
    }
    for (int l = 0; l < 4; l++)
        equal(b, "A''00 is its bits", r->app[l], limb_of(bits + 16 * (size_t)l));
    for (int j = 0; j < RC_BITS; j++) bits[(1 << j) - 1] = xor2(bits[(1 << j) - 1], r->rc[j]);
    for (int l = 0; l < 4; l++)
        equal(b, "A'''00 is iota", r->appp00[l], limb_of(bits + 16 * (size_t)l));
}

void build_keccak_round(build *b, const table *t) {
    round_row r; // 40 KiB
    begin_rows(b, t->name);
    r.id = column(b, "id");
    r.round = column(b, "round");
    columns(b, r.rc, RC_BITS, "rc");
    columns(b, r.a, LIMBS, "A");
    for (int x = 0; x < 5; x++) columns(b, r.c[x], 64, "C");
    for (int x = 0; x < 5; x++) columns(b, r.cp[x], 64, "C'");
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++) columns(b, r.ap[x][y], 64, "A'");
    columns(b, r.app, LIMBS, "A''");
    columns(b, r.app00, 64, "A''00");
    columns(b, r.appp00, 4, "A'''00");
    theta(b, &r);
    chi(b, &r);
    iota(b, &r);
    pp_expr tuple[2 + LIMBS];
    lanes_tuple(tuple, r.id, r.round, r.a);
    pp_air_receive(b->b, b->keccak, b->real, tuple, 2 + LIMBS);
    lanes_tuple(tuple, r.id, offset(r.round, 1), r.app);
    memcpy(tuple + 2, r.appp00, sizeof r.appp00);
    pp_air_send(b->b, b->keccak, b->real, tuple, 2 + LIMBS);
    pp_expr constant[1 + RC_BITS] = {r.round};
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
        for (uint32_t j = 0; j < RC_BITS; j++) values[2 + j][i] = round_bits(i) >> j & 1;
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

static uint64_t rotate(uint64_t x, unsigned n) {
    return n == 0 ? x : x << n | x >> (64 - n);
}

static void fill_round(fill *f, uint32_t id, uint32_t round, uint64_t s[LANES]) {
    uint32_t bits = round_bits(round);
    uint64_t c[5], cp[5], moved[LANES];
    put(f, 1);
    put(f, id);
    put(f, round);
    for (uint32_t j = 0; j < RC_BITS; j++) put(f, bits >> j & 1);
    for (unsigned i = 0; i < LANES; i++) put_limbs(f, s[i], 4);
    for (unsigned x = 0; x < 5; x++) {
        c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        put_bits(f, c[x], 64);
    }
    for (unsigned x = 0; x < 5; x++) {
        cp[x] = c[x] ^ c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
        put_bits(f, cp[x], 64);
    }
    for (unsigned i = 0; i < LANES; i++) {
        s[i] ^= c[i % 5] ^ cp[i % 5];
        put_bits(f, s[i], 64);
    }
    for (unsigned x = 0; x < 5; x++)
        for (unsigned y = 0; y < 5; y++) {
            unsigned from = (x + 3 * y) % 5;
            moved[x + 5 * y] = rotate(s[from + 5 * x], rho[from][x]);
        }
    for (unsigned y = 0; y < LANES; y += 5)
        for (unsigned x = 0; x < 5; x++)
            s[x + y] = moved[x + y] ^ (~moved[(x + 1) % 5 + y] & moved[(x + 2) % 5 + y]);
    for (unsigned i = 0; i < LANES; i++) put_limbs(f, s[i], 4);
    put_bits(f, s[0], 64);
    for (uint32_t j = 0; j < RC_BITS; j++) s[0] ^= (uint64_t)(bits >> j & 1) << ((1 << j) - 1);
    put_limbs(f, s[0], 4);
}

void fill_keccak_round(fill *f, const pp_step *s, const table *t) {
    uint64_t state[PP_ACCEL_CELLS_MAX];
    accel_words(f, s, t, state);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (round != 0) next_row(f);
        fill_round(f, s->time, round, state);
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
