// SPDX-License-Identifier: MIT OR Apache-2.0
// What a parameter set proves, in bits, round by round, computed from the very numbers that prover
// and verifier use. docs/soundness.md derives each formula. Native: floating point.
//
// Every round's error is an upper bound on the probability that a challenge turns a transcript
// without a continuation that would be right into one with. "Bits" are −log2 of it. Grinding adds
// its bits: a challenge can be tried only by paying for the nonce.
#ifndef PP_PCS_SOUNDNESS_H
#define PP_PCS_SOUNDNESS_H

#include "pcs/pcs.h"

// One kind of round. Iterations repeat it `times` times with the same error.
typedef struct pp_soundness_line {
    char round[48];      // "codeword 1: folding"
    char numbers[96];    // what goes into the formula
    const char *formula; // as docs/soundness.md has it
    const char *source;  // paper and theorem
    unsigned times;
    double error;   // log2, before grinding
    unsigned grind; // bits
    double bits;    // of one round, after grinding
} pp_soundness_line;

enum { PP_SOUNDNESS_LINES_MAX = 64 };

typedef struct pp_soundness {
    size_t lines_len;
    pp_soundness_line lines[PP_SOUNDNESS_LINES_MAX];
    double round_by_round; // bits of the weakest round: what Fiat–Shamir keeps
    double interactive;    // bits of the sum of all rounds' errors
    double collision;      // bits of work to collide two digests: apart, not part of the above
    double field;          // log2 of the extension's size
} pp_soundness;

// The commitment and its opening. log_cells is within the set's range.
void pp_soundness_pcs(pp_soundness *s, const pp_pcs_params *p, unsigned log_cells);

// Adds a round of another protocol (its fields set but for `bits`) and recomputes the totals.
void pp_soundness_add(pp_soundness *s, const pp_soundness_line *line);

// log2 |E|.
double pp_soundness_field(void);

// The parts the lines are made of. A code has 2^log_rows rows and rate 2^−log_blowup; multiplicity
// as in pp_pcs_round.
//
// 1 − δ: the share of rows in which a word within the proximity radius agrees with the code.
double pp_soundness_agreement(unsigned multiplicity, unsigned log_blowup);
// How many codewords lie within the radius, at most.
double pp_soundness_list(unsigned multiplicity, unsigned log_blowup);
// log2 of the probability that a random point of a line of two words, of any number of columns,
// agrees with the code where the two do not.
double pp_soundness_gap(unsigned multiplicity, unsigned log_rows, unsigned log_blowup);

#endif
