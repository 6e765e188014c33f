// SPDX-License-Identifier: MIT OR Apache-2.0
// The prover's side of pcs/pcs.h: commit, then open. Native.
#ifndef PP_PCS_PROVER_H
#define PP_PCS_PROVER_H

#include "cpu/threads.h"
#include "pcs/pcs.h"

typedef struct pp_pcs_prover pp_pcs_prover;

// Commits to stack[0 .. 2^log_cells): sends the root and the values at the out-of-domain points.
// The stack stays the caller's, unchanged and alive until pp_pcs_prover_free. log_cells is within
// the set's range. The prover holds some 4 · 2^log_blowup + 9 bytes a cell beside the stack. NULL
// with *err when memory is short.
PP_NODISCARD pp_pcs_prover *pp_pcs_commit(pp_err *err, const pp_pcs_params *params,
                                          unsigned log_cells, const pp_fp *stack, pp_threads *pool,
                                          pp_transcript *t);

// Opens, once. The statement is well formed (pp_pcs_statement_ok); if it is false, a proof is
// written all the same, and rejected. False with *err when memory is short.
PP_NODISCARD bool pp_pcs_open(pp_err *err, pp_pcs_prover *prover, const pp_pcs_group *groups,
                              size_t groups_len, pp_ext target, pp_transcript *t);

void pp_pcs_prover_free(pp_pcs_prover *prover);

// The statement's left side, computed from the cells: what an honest target is. For callers that
// have not computed it on the way. False with *err when memory is short.
PP_NODISCARD bool pp_pcs_value(pp_err *err, pp_ext *value, const pp_pcs_params *params,
                               unsigned log_cells, const pp_fp *stack, pp_threads *pool,
                               const pp_pcs_group *groups, size_t groups_len);

// Where the time of commit and open went, in seconds since the prover began.
typedef struct pp_pcs_times {
    double transform, hashing, sumcheck, grinding, queries;
} pp_pcs_times;
const pp_pcs_times *pp_pcs_prover_times(const pp_pcs_prover *prover);

#endif
