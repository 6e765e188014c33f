// SPDX-License-Identifier: MIT OR Apache-2.0
// A proof as work: a folder that holds a run cut into shards, and their proofs as they are done.
// Native. So a proof goes on after a kill, and shards go to other machines as files.
//
//     DIR/plan          what is proven, with which parameter set, in how many shards; written last
//     DIR/00000.shard   a shard, all that its prover needs
//     DIR/00000.proof   its proof
//
// Every file is written atomically. The numbers have five digits or more.
#ifndef PP_PROVE_WORK_H
#define PP_PROVE_WORK_H

#include "prove/claim.h"

enum { PP_WORK_PATH_MAX = 4096 };

// A folder's plan.
typedef struct pp_work {
    char dir[PP_WORK_PATH_MAX - 32];
    uint32_t shards;
    uint64_t cycles;    // of all
    uint32_t log_cells; // of a shard at most
    pp_hash32 vm_id, context;
    const pp_pcs_params *set;
    uint8_t head[PP_PROOF_HEAD_MAX]; // of the proof file
    size_t head_size;
} pp_work;

// Told after each shard that was cut, and again when the run is over; for a list, and for progress.
typedef void pp_work_planned(void *ctx, const pp_vm_shard *shard);

// Runs the program and cuts the run into DIR, which is made (for nobody else to read) when it is
// not there; with dir NULL nothing is written. Files of the same plan that are there stay, its
// proofs too; those that are lost or damaged are written again, and those of shards that the plan
// has not are removed. False with *err when the run cannot be proven (PP_EXIT_NO), when the folder
// holds another run's plan or one of other shards (PP_EXIT_USAGE; nothing is changed), or cannot be
// written.
PP_NODISCARD bool pp_work_plan(pp_err *err, pp_work *out, const char *dir, pp_vm_result *result,
                               const pp_prove_claim_input *in, pp_work_planned *planned, void *ctx);

// Reads DIR/plan.
PP_NODISCARD bool pp_work_read(pp_err *err, pp_work *out, const char *dir);

// The path of shard `number`, or of its proof, in out. Returns out.
char *pp_work_path(char out[PP_WORK_PATH_MAX], const pp_work *work, uint32_t number, bool proof);

// Reads a shard's file; the shard is to be freed, set and context are the file's. False with *err:
// not such a file (PP_EXIT_USAGE), or one for another machine than this (PP_EXIT_NO).
PP_NODISCARD bool pp_work_read_shard(pp_err *err, pp_vm_shard *shard, const pp_pcs_params **set,
                                     pp_hash32 *context, const char *path, const pp_hash32 *vm_id);

// Proves the shard in a file, into another file. `with` gives machine, vm_id and pool; set and
// context are the file's. False with *err: not such a file (PP_EXIT_USAGE), another machine's, or
// no shard of a run (PP_EXIT_NO).
PP_NODISCARD bool pp_work_prove(pp_err *err, pp_prove_report *report, const char *shard_path,
                                const char *proof_path, const pp_prove_with *with);

// Checks every shard's proof and that they follow one another, by the verifier itself, and writes
// the proof file, holding one shard at a time. False with *err: a proof is missing, is none, or
// stands in the wrong place (PP_EXIT_NO).
PP_NODISCARD bool pp_work_join(pp_err *err, const pp_work *work, const char *proof_path,
                               uint64_t *proof_size, const pp_machine *machine);

// Who watches a whole proof being made; functions may be NULL.
typedef struct pp_work_watch {
    void *ctx;
    void (*planned)(void *ctx, const pp_work *work); // the run is cut
    // The share of all shards that is done, now and then, in the caller's thread.
    void (*progress)(void *ctx, const pp_work *work, double share);
} pp_work_watch;

// A whole proof: cuts the run into `dir`, proves the shards that have no proof there yet, one after
// the other, joins them into the file `proof_path` and removes the folder. That proof_path can be
// written is asked first. A folder that holds a part of this very proof is gone on with, and what
// is there is checked; after a failure or a kill it is there for the next call. The folder is
// locked: a second process is told so (PP_EXIT_USAGE).
// *report counts the shards proven by this call. watch may be NULL; in->with.progress is not
// called. False with *err as pp_work_plan, pp_work_prove and pp_work_join.
PP_NODISCARD bool pp_work_whole(pp_err *err, const char *proof_path, uint64_t *proof_size,
                                pp_prove_report *report, const char *dir,
                                const pp_prove_claim_input *in, const pp_work_watch *watch);

// Calls `missing` with the number of each shard whose proof is not there, or is none, or does not
// lead from the root to the root that the shard's file names. False with *err for want of memory.
PP_NODISCARD bool pp_work_missing(pp_err *err, const pp_work *work, const pp_machine *machine,
                                  void (*missing)(void *ctx, uint32_t number), void *ctx);

// Removes the folder's own files, and the folder if nothing else is in it.
void pp_work_remove(const pp_work *work);

#endif
