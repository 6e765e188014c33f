// SPDX-License-Identifier: MIT OR Apache-2.0
// Table programs over blocks of rows: 128 rows at a time, so that what an instruction costs beside
// its arithmetic is shared. Native; internal to prove/.
#ifndef PP_PROVE_BLOCK_H
#define PP_PROVE_BLOCK_H

#include "air/point.h"
#include "prove/kernels.h"
#include "verify/plan.h"

enum {
    PP_BLOCK_ROWS = 128,
    PP_BLOCK_PAIRS = PP_BLOCK_ROWS / 2,
    PP_BLOCK_QUADS = PP_BLOCK_ROWS / 4,
    PP_BLOCK_LANES = PP_GRID * PP_BLOCK_QUADS, // the most of any evaluation
    PP_BLOCK_EXT_LANES = PP_POINTS * PP_BLOCK_PAIRS,
    PP_BLOCK_CACHE = 16, // columns kept as lines, for programs use one several times in a row
};

// Challenges and weights of the combination Σ_k eq(rho_k, k) (p_k + gamma q_k) + Σ gamma^(2+c) C_c.
typedef struct pp_block_weights {
    const pp_air_bus_challenges *bus;
    pp_ext gamma;
    const pp_ext *constraints; // gamma^(2 + c) of this table's, first constraint first
    const pp_ext *leaves;      // eq(rho_k, k), this table's first leaf first
} pp_block_weights;

// Scratch for one thread and one table.
typedef struct pp_block {
    const pp_prove_kernels *k;
    const pp_air_table *t;
    const pp_fp *publics;
    void *memory;
    pp_fp *registers; // of the base field, or planes
    pp_fp *temp[2];
    pp_fp *lines; // PP_BLOCK_CACHE columns at the points
    uint32_t
        line_of[PP_BLOCK_CACHE]; // the column (fixed ones after committed) that is there, or −1
    pp_fp *work[4];              // five planes each
    pp_fp *edge;                 // rows of a block that lies in several pieces
    uint64_t *wide;
    pp_fp *waiting;                 // four constraints that wait to be added to it
    const pp_fp **columns, **fixed; // where the block's rows begin
    const pp_fp *folded;            // the block of folded columns
    size_t lanes;
    bool linear;  // all multiplicities and tuples are linear in the columns
    bool on_rows; // folded columns as they are, not as lines
} pp_block;

// Room for evaluations of t; aborts when there is no memory.
void pp_block_new(pp_block *b, const pp_air_table *t, const pp_fp *publics);
void pp_block_free(pp_block *b);

// Places the block on rows [row, row + PP_BLOCK_ROWS) of the table, row a multiple of that; rows
// behind the table's end are zero. fixed: the fixed columns' values, `stride` apart, zeros after
// their end.
void pp_block_rows(pp_block *b, const pp_layout *l, uint32_t table, const pp_fp *stack,
                   const pp_fp *fixed, size_t stride, uint32_t row);

// The GKR leaves of the block's rows: calls with number, p and q (five planes of PP_BLOCK_ROWS).
typedef void pp_block_leaf_fn(void *ctx, uint32_t leaf, const pp_fp *p, const pp_fp *q);
void pp_block_leaves(pp_block *b, const pp_air_bus_challenges *bus, pp_block_leaf_fn *fn,
                     void *ctx);

// The combination on the bilinear functions through four neighbouring rows at the grid's points:
// sum[5][16 · quads], points in that order. Base field, for the block placed by pp_block_rows. The
// constraints are taken to be zero on rows, which the corners are. w->constraints has four more.
void pp_block_combine_fp(pp_block *b, const pp_block_weights *w, pp_fp *sum);

// Folded columns lie block by block, so that a block is one run of memory: PP_BLOCK_ROWS entries of
// each column, then of each fixed column.
static inline pp_planes pp_block_column(pp_fp *folded, size_t columns, size_t block,
                                        size_t column) {
    return (pp_planes){folded + (block * columns + column) * PP_EXT_DEGREE * PP_BLOCK_ROWS,
                       PP_BLOCK_ROWS};
}

// The combination on the lines through neighbours at X = 2, −1, 0 for one block of folded columns:
// sum[5][3 · pairs].
void pp_block_combine_ext(pp_block *b, const pp_block_weights *w, const pp_fp *folded, pp_fp *sum);

#endif
