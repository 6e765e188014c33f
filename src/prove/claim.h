// SPDX-License-Identifier: MIT OR Apache-2.0
// From a program and an input to a proof file (verify/claim.h has its format). Native.
#ifndef PP_PROVE_CLAIM_H
#define PP_PROVE_CLAIM_H

#include "prove/prove.h"
#include "rv64/rv64.h"

// What a proof took.
typedef struct pp_prove_report {
    uint64_t cycles;
    uint64_t cells;       // committed, padding of columns included
    uint32_t log_cells;   // of the stack
    double fill, prove;   // seconds: the run and its rows, the proof
    pp_prove_times parts; // of prove
} pp_prove_report;

typedef struct pp_prove_claim_input {
    const pp_machine *machine; // pp_rv64_machine
    const pp_hash32 *vm_id;    // pp_machine_id of it
    const pp_pcs_params *set;
    const pp_hash32 *context;
    const pp_program *program;
    pp_bytes input;
    const pp_vm_options *options; // of the run; NULL: the defaults
    pp_threads *pool;             // NULL: one thread
    // Told when the run is over and its size known, before the long part; NULL: nobody is.
    void (*begun)(void *ctx, const pp_prove_report *report);
    void *begun_ctx;
} pp_prove_claim_input;

// Runs the program and proves the run. False with *err when the run did not halt with exit code 0
// (result says how it ended, exit code PP_EXIT_NO), takes more than one shard, or memory is short.
// *out is malloc'ed.
PP_NODISCARD bool pp_prove_claim(pp_err *err, uint8_t **out, size_t *size, pp_vm_result *result,
                                 pp_prove_report *report, const pp_prove_claim_input *in);

// The two halves, for tests that put a lie between them. A job owns its stack (2^log_cells cells).
typedef struct pp_claim_job {
    pp_trace trace;
    pp_rv64_witness *witness;
    uint32_t rows[PP_AIR_TABLES_MAX];
    pp_layout layout;
    pp_fp *stack, publics[PP_RV64_PUBLICS];
} pp_claim_job;
PP_NODISCARD bool pp_claim_job_begin(pp_err *err, pp_claim_job *job, pp_vm_result *result,
                                     const pp_prove_claim_input *in);
PP_NODISCARD bool pp_claim_job_prove(pp_err *err, uint8_t **out, size_t *size,
                                     const pp_claim_job *job, const pp_vm_result *result,
                                     pp_prove_times *times, const pp_prove_claim_input *in);
void pp_claim_job_end(pp_claim_job *job);

#endif
