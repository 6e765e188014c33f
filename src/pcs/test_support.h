// SPDX-License-Identifier: MIT OR Apache-2.0
// Statements and proofs for the commitment's tests, fuzz target, bench and example files.
#ifndef PP_PCS_TEST_SUPPORT_H
#define PP_PCS_TEST_SUPPORT_H

#include "pcs/prover.h"

// A committed vector, a statement of one or two groups whose terms cover it in pieces of many
// lengths, and the value. Freed by pp_pcs_case_free.
typedef struct pp_pcs_case {
    const pp_pcs_params *params;
    unsigned log_cells;
    pp_fp *stack;
    pp_ext point[2][PP_PCS_LOG_CELLS_MAX];
    pp_pcs_term *terms[2];
    pp_pcs_group groups[2];
    size_t groups_len;
    pp_ext target;
    uint8_t *proof;
    size_t proof_size;
} pp_pcs_case;

// Made from a seed: the same seed, the same case. No proof yet. Ends the program when memory is
// short, as all of these do.
void pp_pcs_case_make(pp_pcs_case *c, const pp_pcs_params *params, unsigned log_cells,
                      size_t groups_len, uint64_t seed);
void pp_pcs_case_free(pp_pcs_case *c);
// The proof of the statement, true or not. times may be NULL.
void pp_pcs_case_prove(pp_pcs_case *c, pp_threads *pool, pp_pcs_times *times);
// What a cheat does: commits to the case's vector, opens another one, for which target is made
// true.
void pp_pcs_case_prove_swapped(pp_pcs_case *c);
// Verifies proof[0 .. size) and that it ends there (PP_PCS_FORMAT otherwise).
pp_pcs_status pp_pcs_case_verify(const pp_pcs_case *c, const uint8_t *proof, size_t size);

// The cases of the fuzz target, proven: small ones of the test set.
enum { PP_PCS_FUZZ_CASES = 4 };
void pp_pcs_case_fuzz(pp_pcs_case *c, unsigned which);

#endif
