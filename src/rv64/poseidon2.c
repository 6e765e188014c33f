// SPDX-License-Identifier: MIT OR Apache-2.0
// Calls of Poseidon2, a row each: the permutation in place, and the hash of a tree's node. Memory
// holds elements as the field does (field/field.h: x · 2^32 mod p), so that the library's own
// values are operands; any 32-bit word is taken modulo p, and what is written is below p.
#include "air/poseidon2.h"
#include "rv64/tables.h"

enum { WIDTH = PP_POSEIDON2_WIDTH, DIGEST = PP_DIGEST_LEN, CELLS = (DIGEST + 1) / 2 };

// Limb `half` of the i-th 32-bit word of these cells.
static pp_expr half_of(const limbs4 *cells, unsigned i, unsigned half) {
    return cells[i / 2].limb[2 * (i % 2) + half];
}

// The elements that the first len words hold.
static void elements(build *b, pp_expr *out, const limbs4 *cells, unsigned len) {
    const pp_fp down32 = {1}; // of Montgomery form: 2^-32
    for (unsigned i = 0; i < len; i++)
        out[i] = times(plus(half_of(cells, i, 0), scale(half_of(cells, i, 1), 1 << 16)),
                       pp_air_const_fp(b->b, down32));
}

// The first len words hold s, and are below p = 0x7f00 · 2^16 + 1: the upper half is at most 0x7f00
// (two look-ups), and if it is 0x7f00, so that the difference has no inverse, the lower one is 0.
static void results(build *b, const limbs4 *cells, const pp_expr *s, unsigned len) {
    const pp_fp up32 = pp_fp_from_u32((uint32_t)(((uint64_t)1 << 32) % PP_FP_MODULUS));
    pp_expr inverse[WIDTH];
    columns(b, inverse, len, "inverse");
    for (unsigned i = 0; i < len; i++) {
        pp_expr low = half_of(cells, i, 0), high = half_of(cells, i, 1);
        equal(b, "a result's word", plus(low, scale(high, 1 << 16)),
              times(s[i], pp_air_const_fp(b->b, up32)));
        range(b, 16, low);
        range(b, 15, high);
        range(b, 15, plus(high, scale(b->real, 0xff)));
        pp_expr rest = minus(scale(b->real, 0x7f00), high);
        is_zero(b, "a result is below p", times(low, minus(b->real, times(rest, inverse[i]))));
    }
}

typedef struct to_row {
    pp_air_cells cells;
    fill *f;
} to_row;
static void put_cell(pp_air_cells *to, pp_fp *cell) {
    put_fp(((to_row *)to)->f, *cell);
}
void fill_poseidon2_cells(fill *f, pp_fp s[WIDTH], bool last_columns) {
    to_row to = {{put_cell}, f};
    pp_air_poseidon2_fill(&to.cells, pp_fp_one(), s, last_columns);
}

static void fill_results(fill *f, pp_fp s[WIDTH], const uint64_t *words, unsigned len) {
    fill_poseidon2_cells(f, s, false);
    for (unsigned i = 0; i < len; i++) {
        uint32_t word = (uint32_t)(words[i / 2] >> 32 * (i % 2)), high = word >> 16;
        PP_ASSERT(word == s[i].v);
        put_fp(f, pp_fp_inverse(pp_fp_from_u32(0x7f00 - high)));
        look_range(f, 16, word & 0xffff);
        look_range(f, 15, high);
        look_range(f, 15, high + 0xff);
    }
}

static void words_as_elements(pp_fp *out, const uint64_t *words, unsigned len) {
    for (unsigned i = 0; i < len; i++)
        out[i].v = (uint32_t)(words[i / 2] >> 32 * (i % 2)) % PP_FP_MODULUS;
}

// ---- the permutation: 24 elements ---------------------------------------------------------------

void build_poseidon2(build *b, const table *t) {
    accel_row row;
    pp_expr s[WIDTH];
    begin_accel(b, t, &row);
    elements(b, s, row.in, WIDTH);
    pp_air_poseidon2(b->b, b->real, s, false);
    results(b, row.out, s, WIDTH);
    end_table(b);
}

void fill_poseidon2(fill *f, const pp_step *step, const table *t) {
    uint64_t before[PP_ACCEL_CELLS_MAX], after[PP_ACCEL_CELLS_MAX];
    pp_fp s[WIDTH];
    fill_accel(f, step, t, before, after);
    words_as_elements(s, before, WIDTH);
    fill_results(f, s, after, WIDTH);
}

// ---- a node: two digests of nine elements and a tag, to a digest --------------------------------

void build_poseidon2_node(build *b, const table *t) {
    accel_row row;
    pp_expr s[WIDTH];
    begin_accel(b, t, &row);
    const limbs4 *tag = &row.in[2 * CELLS], *before = tag + 1, *after = row.out;
    elements(b, s, row.in, DIGEST);
    elements(b, s + DIGEST, row.in + CELLS, DIGEST);
    pp_expr *of_tag = &s[2 * DIGEST];
    *of_tag = tag->limb[3];
    for (int i = 2; i >= 0; i--) *of_tag = plus(scale(*of_tag, 1 << 16), tag->limb[i]);
    for (unsigned i = 2 * DIGEST + 1; i < WIDTH; i++) s[i] = number(b, 0);
    pp_air_poseidon2(b->b, b->real, s, false);
    results(b, after, s, DIGEST);
    for (unsigned half = 0; half < 2; half++)
        equal(b, "the word behind a digest stays", half_of(after, DIGEST, half),
              half_of(before, DIGEST, half));
    end_table(b);
}

void fill_poseidon2_node(fill *f, const pp_step *step, const table *t) {
    uint64_t before[PP_ACCEL_CELLS_MAX], after[PP_ACCEL_CELLS_MAX];
    pp_fp s[WIDTH] = {{0}};
    fill_accel(f, step, t, before, after);
    words_as_elements(s, before, DIGEST);
    words_as_elements(s + DIGEST, before + CELLS, DIGEST);
    s[2 * DIGEST] = pp_fp_from_u32((uint32_t)(before[2 * CELLS] % PP_FP_MODULUS));
    fill_results(f, s, after + 2 * CELLS + 1, DIGEST);
}
