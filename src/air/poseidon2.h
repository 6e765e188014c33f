// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2 of width 24 (hash/poseidon2.h) on a row: one source for every table that has it. Pure.
#ifndef PP_AIR_POSEIDON2_H
#define PP_AIR_POSEIDON2_H

#include "air/air.h"
#include "hash/poseidon2.h"

enum {
    PP_AIR_POSEIDON2_FREE = 7 * PP_POSEIDON2_WIDTH + 23, // cells of all rounds but the last
    PP_AIR_POSEIDON2_CELLS = PP_AIR_POSEIDON2_FREE + PP_POSEIDON2_WIDTH,
};

// Declares the columns "full_0" …, "partial", … of the S-boxes' outputs and their constraints, and
// puts s, of degree 1, to the permuted state: of degree 1 again, or, without columns for the last
// round, of degree 3. Constants count `real` times, so that the all-zero row is one.
void pp_air_poseidon2(pp_air_builder *b, pp_expr real, pp_expr s[PP_POSEIDON2_WIDTH],
                      bool last_columns);

// Those cells, in order, each through put, which may change it; what follows goes on from there.
typedef struct pp_air_cells {
    void (*put)(struct pp_air_cells *to, pp_fp *cell);
} pp_air_cells;
void pp_air_poseidon2_fill(pp_air_cells *to, pp_fp real, pp_fp s[PP_POSEIDON2_WIDTH],
                           bool last_columns);

#endif
