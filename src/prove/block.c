// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/block_inner.h"

#include <stdlib.h>

enum { D = PP_EXT_DEGREE, EDGE = PP_BLOCK_ROWS };

void pp_block_new(pp_block *b, const pp_air_table *t, const pp_fp *publics) {
    size_t lane_bytes = sizeof(pp_fp) * D * PP_BLOCK_LANES;
    size_t columns = (size_t)t->columns_len + t->fixed_len;
    *b = (pp_block){.k = pp_prove_kernels_get(), .t = t, .publics = publics};
    size_t size = lane_bytes * ((size_t)t->registers_len + 6 + PP_BLOCK_CACHE) +
                  sizeof(pp_fp) * EDGE * columns + sizeof(uint64_t) * D * PP_BLOCK_LANES +
                  sizeof(pp_fp) * 4 * PP_BLOCK_LANES + sizeof(void *) * columns + 64;
    b->linear = true;
    for (uint32_t i = 0; i < t->interactions_len; i++)
        b->linear &= t->interactions[i].mult_degree <= 1 && t->interactions[i].tuple_degree <= 1;
    b->memory = calloc(1, size + 64);
    PP_ASSERT(b->memory);
    pp_arena a;
    pp_arena_init(&a, b->memory, size + 64);
    b->registers = pp_arena_alloc(&a, lane_bytes * t->registers_len, 64);
    for (int i = 0; i < 2; i++) b->temp[i] = pp_arena_alloc(&a, lane_bytes, 64);
    for (int i = 0; i < 4; i++) b->work[i] = pp_arena_alloc(&a, lane_bytes, 64);
    b->lines = pp_arena_alloc(&a, lane_bytes * PP_BLOCK_CACHE, 64);
    b->wide = pp_arena_alloc(&a, sizeof(uint64_t) * D * PP_BLOCK_LANES, 64);
    b->waiting = pp_arena_alloc(&a, sizeof(pp_fp) * 4 * PP_BLOCK_LANES, 64);
    b->edge = pp_arena_alloc(&a, sizeof(pp_fp) * EDGE * columns, 64);
    b->columns = (const pp_fp **)pp_arena_alloc(&a, sizeof(void *) * columns, 8);
    PP_ASSERT(b->columns);
    b->fixed = b->columns + t->columns_len;
}

void pp_block_free(pp_block *b) {
    free(b->memory);
}

void pp_block_rows(pp_block *b, const pp_layout *l, uint32_t table, const pp_fp *stack,
                   const pp_fp *fixed, size_t stride, uint32_t row) {
    const pp_air_table *t = b->t;
    for (uint32_t f = 0; f < t->fixed_len; f++) b->fixed[f] = fixed + f * stride + row;
    bool edge = false;
    for (uint32_t i = 0; i < l->table_pieces_len[table]; i++) {
        const pp_piece *p = &l->pieces[l->table_pieces[table][i]];
        uint32_t size = (uint32_t)1 << p->log_rows, from = p->first_row;
        if (from + size <= row || from >= row + PP_BLOCK_ROWS) continue;
        if (from <= row && row + PP_BLOCK_ROWS <= from + size) {
            for (uint32_t c = 0; c < t->columns_len; c++)
                b->columns[c] = stack + p->offset + ((uint64_t)c << p->log_rows) + (row - from);
            return;
        }
        if (!edge)
            memset(b->edge, 0, sizeof(pp_fp) * EDGE * ((size_t)t->columns_len + t->fixed_len));
        edge = true;
        // Here the whole piece lies in the block: both are aligned to their sizes.
        for (uint32_t c = 0; c < t->columns_len; c++)
            memcpy(b->edge + (size_t)c * EDGE + (from - row),
                   stack + p->offset + ((uint64_t)c << p->log_rows), size * sizeof(pp_fp));
    }
    PP_ASSERT(edge);
    for (uint32_t c = 0; c < t->columns_len; c++) b->columns[c] = b->edge + (size_t)c * EDGE;
}

void pp_block_forget_lines(pp_block *b) {
    memset(b->line_of, 0xff, sizeof b->line_of);
}

// Spread, since columns that are used together are often a power of two apart.
static uint32_t line_slot(uint32_t column) {
    return column * 0x9e3779b9u >> 28;
}

pp_fp *pp_block_line(pp_block *b, uint32_t column, bool *there) {
    uint32_t slot = line_slot(column);
    *there = b->line_of[slot] == column;
    b->line_of[slot] = column;
    return b->lines + (size_t)slot * D * PP_BLOCK_LANES;
}

static bool is_column(pp_air_operand o) {
    return o.kind == PP_AIR_COLUMN || o.kind == PP_AIR_FIXED;
}

const pp_fp *pp_block_keep_line(pp_block *b, pp_air_operand ox, pp_air_operand oy, const pp_fp *v,
                                size_t len) {
    if (!is_column(ox) || !is_column(oy)) return v;
    uint32_t x = ox.index + (ox.kind == PP_AIR_FIXED ? b->t->columns_len : 0);
    uint32_t y = oy.index + (oy.kind == PP_AIR_FIXED ? b->t->columns_len : 0);
    if (x == y || line_slot(x) != line_slot(y)) return v;
    memcpy(b->temp[1], v, len * sizeof *v);
    return b->temp[1];
}

void pp_block_spread(pp_fp *dst, pp_ext s, size_t n) {
    for (size_t l = 0; l < D; l++)
        for (size_t i = 0; i < n; i++) dst[l * n + i] = s.c[l];
}
