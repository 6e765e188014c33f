// SPDX-License-Identifier: MIT OR Apache-2.0
// A round of keccak-f[1600] (FIPS 202, section 3) on a row: one source for every table that has it.
// A lane is four 16-bit limbs. The row has the bits of C, theta's column parities, of C' after
// theta, and of A' after theta; the limbs of A'' after chi, its lane 0 as bits, and that lane after
// iota. (The layout is the one that Plonky3's keccak-air made common.) Rows from A' backwards:
// A = A' xor C xor C' bit by bit, so A's limbs are what they are received as; C' has the parity of
// A'. Pure.
#ifndef PP_AIR_KECCAK_H
#define PP_AIR_KECCAK_H

#include "air/air.h"

enum {
    PP_AIR_KECCAK_ROUNDS = 24,
    PP_AIR_KECCAK_LANES = 25, // lane x + 5 y
    PP_AIR_KECCAK_LIMBS = 4 * PP_AIR_KECCAK_LANES,
    PP_AIR_KECCAK_RC = 7, // bits of a round's constant that are ever set: 2^j − 1, j = 0 … 6
    // Columns of a round: those, A and A'', C and C', A', A''00, A'''00.
    PP_AIR_KECCAK_COLUMNS = PP_AIR_KECCAK_RC + 2 * PP_AIR_KECCAK_LIMBS + 2 * 320 + 1600 + 64 + 4,
};

// Those bits of round 0 … 23, bit j the one at 2^j − 1: the linear feedback shift register of
// FIPS 202, 3.2.5.
uint32_t pp_air_keccak_rc(uint32_t round);

typedef struct pp_air_keccak {
    pp_expr rc[PP_AIR_KECCAK_RC]; // bits, which the caller ties to the round's number
    pp_expr in[PP_AIR_KECCAK_LIMBS], out[PP_AIR_KECCAK_LIMBS];
} pp_air_keccak;

// Declares the columns "rc", "A", "C", "C'", "A'", "A''", "A''00", "A'''00" in this order and their
// constraints, and tells the limbs before and after. The all-zero row is one when the table's other
// columns allow it.
void pp_air_keccak_round(pp_air_builder *b, pp_air_keccak *out);

// The cells from "A" on, in order, a lane at a time as limbs or as 64 bits, lowest first; whoever
// takes them may change the lane, and what follows goes on from there.
typedef struct pp_air_lanes {
    void (*limbs)(struct pp_air_lanes *to, uint64_t *lane);
    void (*bits)(struct pp_air_lanes *to, uint64_t *lane);
} pp_air_lanes;
// s: the state before the round, after it when it returns. rc: pp_air_keccak_rc of the round.
void pp_air_keccak_fill(pp_air_lanes *to, uint32_t rc, uint64_t s[PP_AIR_KECCAK_LANES]);

#endif
