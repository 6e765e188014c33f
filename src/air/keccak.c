// SPDX-License-Identifier: MIT OR Apache-2.0
#include "air/keccak.h"

enum { LIMBS = PP_AIR_KECCAK_LIMBS, LANES = PP_AIR_KECCAK_LANES, RC = PP_AIR_KECCAK_RC };

static const uint8_t rho[5][5] = {{0, 36, 3, 41, 18}, // [x][y]
                                  {1, 44, 10, 45, 2},
                                  {62, 6, 43, 15, 61},
                                  {28, 55, 25, 21, 56},
                                  {27, 20, 39, 8, 14}};

uint32_t pp_air_keccak_rc(uint32_t round) {
    uint32_t bits = 0, state = 1;
    for (uint32_t t = 0; t < RC * (round + 1); t++) {
        if (t >= RC * round) bits |= (state & 1) << (t - RC * round);
        state = state << 1 ^ (state >> 7) * 0x171;
    }
    return bits;
}

// ---- constraints --------------------------------------------------------------------------------

typedef struct row {
    pp_expr rc[RC], a[LIMBS], c[5][64], cp[5][64], ap[5][5][64]; // ap[x][y]
    pp_expr app[LIMBS], app00[64], appp00[4];
} row;

static void theta(pp_air_builder *b, const row *r) {
    for (int x = 0; x < 5; x++)
        for (int z = 0; z < 64; z++) {
            pp_air_assert_bool(b, "C is bits", r->c[x][z]);
            pp_expr left = r->c[(x + 4) % 5][z], right = r->c[(x + 1) % 5][(z + 63) % 64];
            pp_air_assert_eq(b, "C' is C and its neighbours", r->cp[x][z],
                             pp_air_xor(pp_air_xor(left, right), r->c[x][z]));
        }
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            for (int l = 0; l < 4; l++) {
                pp_expr bits[16];
                for (int z = 0; z < 16; z++) {
                    int k = 16 * l + z;
                    pp_air_assert_bool(b, "A' is bits", r->ap[x][y][k]);
                    bits[z] = pp_air_xor(r->ap[x][y][k], pp_air_xor(r->c[x][k], r->cp[x][k]));
                }
                pp_air_assert_eq(b, "A is A' without theta", r->a[4 * (5 * y + x) + l],
                                 pp_air_limb(bits));
            }
    // The sum of five bits minus their parity is 0, 2 or 4.
    for (int x = 0; x < 5; x++)
        for (int z = 0; z < 64; z++) {
            pp_expr d = pp_air_const(b, 0);
            for (int y = 0; y < 5; y++) d = pp_air_add(d, r->ap[x][y][z]);
            d = pp_air_sub(d, r->cp[x][z]);
            pp_expr less_2 = pp_air_offset(d, -2), less_4 = pp_air_offset(d, -4);
            pp_air_assert_zero(b, "C' is the parity of A'",
                               pp_air_mul(d, pp_air_mul(less_2, less_4)));
        }
}

// Bit z of lane (x, y) after rho and pi.
static pp_expr moved_bit(const row *r, int x, int y, int z) {
    int from_x = (x + 3 * y) % 5, from_y = x;
    return r->ap[from_x][from_y][(z + 64 - rho[from_x][from_y]) % 64];
}

static void chi(pp_air_builder *b, const row *r) {
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            for (int l = 0; l < 4; l++) {
                pp_expr bits[16];
                for (int z = 0; z < 16; z++) {
                    int k = 16 * l + z;
                    pp_expr keep = pp_air_not(moved_bit(r, (x + 1) % 5, y, k));
                    bits[z] = pp_air_xor(moved_bit(r, x, y, k),
                                         pp_air_mul(keep, moved_bit(r, (x + 2) % 5, y, k)));
                }
                pp_air_assert_eq(b, "A'' is chi", r->app[4 * (5 * y + x) + l], pp_air_limb(bits));
            }
}

static void iota(pp_air_builder *b, const row *r) {
    pp_expr bits[64];
    for (int z = 0; z < 64; z++) {
        bits[z] = r->app00[z];
        pp_air_assert_bool(b, "A''00 is bits", bits[z]);
    }
    for (int l = 0; l < 4; l++)
        pp_air_assert_eq(b, "A''00 is its bits", r->app[l], pp_air_limb(bits + 16 * (size_t)l));
    for (int j = 0; j < RC; j++) bits[(1 << j) - 1] = pp_air_xor(bits[(1 << j) - 1], r->rc[j]);
    for (int l = 0; l < 4; l++)
        pp_air_assert_eq(b, "A'''00 is iota", r->appp00[l], pp_air_limb(bits + 16 * (size_t)l));
}

void pp_air_keccak_round(pp_air_builder *b, pp_air_keccak *out) {
    row r; // 40 KiB
    pp_air_columns(b, r.rc, RC, "rc");
    pp_air_columns(b, r.a, LIMBS, "A");
    for (int x = 0; x < 5; x++) pp_air_columns(b, r.c[x], 64, "C");
    for (int x = 0; x < 5; x++) pp_air_columns(b, r.cp[x], 64, "C'");
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++) pp_air_columns(b, r.ap[x][y], 64, "A'");
    pp_air_columns(b, r.app, LIMBS, "A''");
    pp_air_columns(b, r.app00, 64, "A''00");
    pp_air_columns(b, r.appp00, 4, "A'''00");
    theta(b, &r);
    chi(b, &r);
    iota(b, &r);
    memcpy(out->rc, r.rc, sizeof r.rc);
    memcpy(out->in, r.a, sizeof r.a);
    memcpy(out->out, r.app, sizeof r.app);
    memcpy(out->out, r.appp00, sizeof r.appp00);
}

// ---- cells --------------------------------------------------------------------------------------

static uint64_t rotate(uint64_t x, unsigned n) {
    return n == 0 ? x : x << n | x >> (64 - n);
}

void pp_air_keccak_fill(pp_air_lanes *to, uint32_t rc, uint64_t s[LANES]) {
    uint64_t c[5], cp[5], moved[LANES];
    for (unsigned i = 0; i < LANES; i++) to->limbs(to, &s[i]);
    for (unsigned x = 0; x < 5; x++) {
        c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        to->bits(to, &c[x]);
    }
    for (unsigned x = 0; x < 5; x++) {
        cp[x] = c[x] ^ c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
        to->bits(to, &cp[x]);
    }
    for (unsigned i = 0; i < LANES; i++) {
        s[i] ^= c[i % 5] ^ cp[i % 5];
        to->bits(to, &s[i]);
    }
    for (unsigned x = 0; x < 5; x++)
        for (unsigned y = 0; y < 5; y++) {
            unsigned from = (x + 3 * y) % 5;
            moved[x + 5 * y] = rotate(s[from + 5 * x], rho[from][x]);
        }
    for (unsigned y = 0; y < LANES; y += 5)
        for (unsigned x = 0; x < 5; x++)
            s[x + y] = moved[x + y] ^ (~moved[(x + 1) % 5 + y] & moved[(x + 2) % 5 + y]);
    for (unsigned i = 0; i < LANES; i++) to->limbs(to, &s[i]);
    to->bits(to, &s[0]);
    for (uint32_t j = 0; j < RC; j++) s[0] ^= (uint64_t)(rc >> j & 1) << ((1 << j) - 1);
    to->limbs(to, &s[0]);
}
