// SPDX-License-Identifier: MIT OR Apache-2.0
// Proofs made beside a prover, one at a time, by a process of their own (polypoly prove): it can be
// ended at once when its proof is worth nothing any more, its memory is limited, and whatever
// becomes of it, the prover goes on. What is half done stays in the folder, so that a proof that
// was begun goes on after a kill.
//
//   DIR/proofs/PROGRAM.elf, CONTEXT.input, CONTEXT.proof, CONTEXT.proof.work/, CONTEXT.log
//
// An operator's fleet may prove the shards (docs/fleet.md): the shard command is run with the
// plan's folder in PP_WORK, and what it leaves undone is proven here; nothing it leaves is
// believed. What it starts ends with it, or with the prover (prover/guard.h).
#ifndef PP_PROVER_JOBS_H
#define PP_PROVER_JOBS_H

#include <sys/types.h>
#include <time.h>

#include "host/guest.h"
#include "prover/works.h"

enum {
    PP_JOBS_FAILURES = 3,  // of one proof, then it is given up
    PP_JOBS_COMMAND = 1024 // bytes of a shard command
};

typedef enum pp_job_state {
    PP_JOB_RUNS, // or waits for a moment before it is tried again
    PP_JOB_DONE,
    PP_JOB_FAILED, // given up
} pp_job_state;

// What a proof took that nothing had been done of before.
typedef struct pp_jobs_sight {
    uint64_t work, ns;
    bool done; // else it was ended after so long: all of it would have taken longer
} pp_jobs_sight;

typedef struct pp_jobs {
    char dir[PP_WORK_PATH_MAX / 2];
    const char *program;   // whose words "prove …" it runs; this very program where nobody says
    const pp_works *works; // borrowed: what is accepted, sizes
    uint32_t threads;
    uint64_t memory; // bytes, 0: the default
    char shard_command[PP_JOBS_COMMAND];
    pid_t pid;     // 0: none runs
    pid_t hanging; // was ended, and has not ended yet: none is begun meanwhile; 0: none
    pp_hash32 context;
    uint64_t began, limit; // ns
    struct timespec date;  // of its beginning, as files have it
    bool whole;            // nothing of it had been done before
    uint64_t work;         // units that it takes
    pp_jobs_sight sight;   // of the last one; ns 0: told already, or there is nothing to tell
    pp_hash32 failed;      // the proof that failed last
    unsigned failures;
    uint64_t retry; // ns: not before
    char why[512];  // of the last failure
    unsigned ever;  // failures of all proofs
} pp_jobs;

// dir: the prover's. shard_command: "" for none.
void pp_jobs_open(pp_jobs *out, const char *dir, const pp_works *works, uint32_t threads,
                  uint64_t memory, const char *shard_command);
// Ends what runs; what it has done is found again.
void pp_jobs_close(pp_jobs *jobs);

// Asks for the proof of this claim: PP_JOB_DONE with *proof malloc'ed, verified, once it is there,
// whatever else runs. Begins it where nothing runs. work: units that it takes; limit: after so many
// ns it has failed.
pp_job_state pp_jobs_ask(uint8_t **proof, size_t *size, pp_jobs *jobs, const pp_guest *guest,
                         const pp_claim *claim, pp_bytes input, uint64_t work, uint64_t limit);
// The context of the proof that is being made; NULL: none is.
const pp_hash32 *pp_jobs_running(pp_jobs *jobs);
// Whether a proof lies there that is not being made any more; nobody has looked at it yet.
bool pp_jobs_has(pp_jobs *jobs, const pp_hash32 *context);
// What the last proof took: told once. False when there is nothing new.
bool pp_jobs_saw(pp_jobs_sight *out, pp_jobs *jobs);
// Ends what runs. What does not end at once is waited for elsewhere, and nothing is begun before.
void pp_jobs_drop(pp_jobs *jobs);
// Removes everything in the folder but what belongs to these contexts.
void pp_jobs_keep(const pp_jobs *jobs, const pp_hash32 *contexts, size_t len);

#endif
