// SPDX-License-Identifier: MIT OR Apache-2.0
// From a program and an input to a proof file (verify/claim.h has its format), shard by shard.
// Native. prove/work.h does the same over files, for several machines or after a kill.
#ifndef PP_PROVE_CLAIM_H
#define PP_PROVE_CLAIM_H

#include "prove/prove.h"
#include "rv64/rv64.h"
#include "verify/claim.h"

// What proofs are made with and bound to.
typedef struct pp_prove_with {
    const pp_machine *machine; // pp_rv64_machine
    const pp_hash32 *vm_id;    // pp_machine_id of it
    const pp_pcs_params *set;
    const pp_hash32 *context;
    uint32_t log_cells; // of a shard at most; 0: pp_prove_log_cells_default
    pp_threads *pool;   // NULL: one thread
    // As pp_prove_input's, of each shard.
    void (*progress)(void *ctx, double share);
    void *progress_ctx;
    void (*opening)(void *ctx);
    void *opening_ctx;
} pp_prove_with;

// Sizes of shards. The fixed tables alone take half of the smallest. In shards larger than the
// default, time (PP_TIME_MAX) ends a run of cheap instructions before the cells do, and the rest of
// the stack is filling: they are not faster.
enum { PP_PROVE_LOG_CELLS_MIN = 19, PP_PROVE_LOG_CELLS_DEFAULT = 26 };
uint32_t pp_prove_log_cells_default(const pp_pcs_params *set);
// Bytes of memory that the prover of a shard of 2^log_cells cells takes at most, as measured; the
// plan's are counted too.
uint64_t pp_prove_memory(const pp_pcs_params *set, uint32_t log_cells);
// The largest shards up to the default that fit in so many bytes; 0 when none do.
uint32_t pp_prove_log_cells_for(const pp_pcs_params *set, uint64_t memory);
// The limits of a plan made for `with`.
void pp_prove_limits(pp_shard_limits *out, const pp_prove_with *with);

// For the whole process, before it proves: memory that is freed is kept for the next phase or shard
// and not given back to the system, which would clear its pages anew (a tenth of a proof).
void pp_prove_keep_memory(void);

// What the proof of a shard, or of all shards together, took.
typedef struct pp_prove_report {
    uint64_t shards, cycles;
    uint64_t cells;        // committed, padding of columns included
    uint64_t interactions; // rows in use and filled up, times the interactions of their tables
    uint64_t pages;
    uint32_t log_cells; // of the largest stack
    uint64_t bytes;     // of the shards' proofs
    double plan;        // seconds: the run, cut into shards
    double trace, fill; // the run of a shard written down; its rows
    pp_prove_times parts;
} pp_prove_report;
void pp_prove_report_add(pp_prove_report *sum, const pp_prove_report *shard);

// Proves one shard: *out is malloc'ed, pp_verify_shard's bytes. False with *err when the shard is
// not a run's (PP_EXIT_NO), or memory is short. report may be NULL.
PP_NODISCARD bool pp_prove_shard_of(pp_err *err, uint8_t **out, size_t *size,
                                    pp_prove_report *report, const pp_vm_shard *shard,
                                    const pp_prove_with *with);

// The head of the proof file of a plan that has come to its end. program_before and input are the
// digests at its beginning. Returns the head's size.
size_t pp_proof_head(uint8_t out[PP_PROOF_HEAD_MAX], pp_vm_plan *plan, const pp_program *program,
                     const pp_digest start[4], const pp_hash32 *context, uint32_t shards);
// Bytes that a shard takes in a proof file; and writes them. Returns the end.
size_t pp_proof_shard_size(size_t size);
uint8_t *pp_proof_put_shard(uint8_t *at, const uint8_t *shard, size_t size);

typedef struct pp_prove_claim_input {
    pp_prove_with with;
    const pp_program *program;
    pp_bytes input;
    const pp_vm_options *options; // of the run; NULL: the defaults
} pp_prove_claim_input;

// Runs the program and proves the run, all of it in memory, one shard after the other. False with
// *err when the run did not halt with exit code 0 (result says how it ended, exit code PP_EXIT_NO),
// or memory is short. *out is malloc'ed.
PP_NODISCARD bool pp_prove_claim(pp_err *err, uint8_t **out, size_t *size, pp_vm_result *result,
                                 pp_prove_report *report, const pp_prove_claim_input *in);

// Shards one after the other, each written down and its rows filled in by a thread beside while the
// one before it is opened, when the pool has more than one thread; so the cores are busy all the
// time, and it takes no more memory than one shard does.
typedef struct pp_prove_stream {
    void *ctx;
    // The next shard, to be freed. False at the end, with err->exit_code 0; and with *err. May be
    // called in another thread, but never twice at a time.
    bool (*next)(void *ctx, pp_err *err, pp_vm_shard *shard);
    // Its proof, in the caller's thread. False with *err ends the stream.
    bool (*done)(void *ctx, pp_err *err, const pp_vm_shard *shard, const uint8_t *bytes,
                 size_t size);
} pp_prove_stream;
// *report gets the sum of all, with what a shard was waited for as its trace. with->opening is not
// called. False with *err.
PP_NODISCARD bool pp_prove_stream_run(pp_err *err, pp_prove_report *report,
                                      const pp_prove_stream *stream, const pp_prove_with *with);

// The two halves of pp_prove_shard_of, for tests that put a lie between them. A job owns its stack
// (2^log_cells cells); the shard must outlive it.
typedef struct pp_claim_job {
    pp_trace trace; // its steps are gone
    uint32_t rows[PP_AIR_TABLES_MAX];
    pp_layout layout;
    pp_fp *stack, publics[PP_RV64_PUBLICS];
    double trace_time, fill_time;
} pp_claim_job;
PP_NODISCARD bool pp_claim_job_begin(pp_err *err, pp_claim_job *job, const pp_vm_shard *shard,
                                     const pp_prove_with *with);
PP_NODISCARD bool pp_claim_job_prove(pp_err *err, uint8_t **out, size_t *size,
                                     const pp_claim_job *job, pp_prove_times *times,
                                     const pp_prove_with *with);
void pp_claim_job_end(pp_claim_job *job);
// The second half, with a report, and the end of the job.
PP_NODISCARD bool pp_claim_job_finish(pp_err *err, uint8_t **out, size_t *size,
                                      pp_prove_report *report, pp_claim_job *job,
                                      const pp_vm_shard *shard, const pp_prove_with *with);

#endif
