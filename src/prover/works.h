// SPDX-License-Identifier: MIT OR Apache-2.0
// Where proofs are made for the market: a folder for what is half done, the machine, the threads.
// Provers of one process share one. A proof that was begun goes on after a kill, and one that is
// done is not made again; the folder is a cache and may be removed at any time.
#ifndef PP_PROVER_WORKS_H
#define PP_PROVER_WORKS_H

#include "host/fit.h"
#include "host/guest.h"
#include "host/proofs.h"
#include "prove/cost.h"
#include "prove/work.h"

// Of the shard that is measured at most: large enough that what a shard costs whatever its size
// (fixed tables, grinding: about a second) is a small part.
enum { PP_WORKS_MEASURE_LOG_CELLS = 24 };

typedef struct pp_works {
    char dir[PP_WORK_PATH_MAX / 2];
    pp_proofs proofs; // what the network accepts: nothing else is delivered
    const pp_genesis_proofs *accepts;
    pp_threads *pool;
    const pp_pcs_params *set;
    uint32_t log_cells; // of a shard at most; the same proof comes out of the same number
    // Told the share of the proof in work now and then; NULL: nobody is.
    void (*on_progress)(void *ctx, const pp_claim *claim, double share);
    void *progress_ctx;
} pp_works;

// Proofs of the first set of the genesis, which demands them, asserted, and outlives this. threads
// 0: one for each core; memory: of the largest shard's proving, bytes, 0: the default. The folder
// is made when it is needed. False with one sentence; nothing is to be closed then.
PP_NODISCARD bool pp_works_open(pp_err *err, pp_works *out, const char *dir,
                                const pp_genesis *genesis, size_t threads, uint64_t memory);
// All zero is fine.
void pp_works_close(pp_works *works);

// The proof of this claim, malloc'ed, found or made: of the guest's run on this input, which halts
// with code 0 and claim's output. It was verified here. False with one sentence when memory or disk
// is short, or when the proof is larger than the network accepts.
PP_NODISCARD bool pp_works_prove(pp_err *err, uint8_t **proof, size_t *size, pp_works *works,
                                 const pp_guest *guest, const pp_claim *claim, pp_bytes input);
// Removes what is kept of a proof, and the folder when nothing else is in it.
void pp_works_forget(const pp_works *works, const pp_hash32 *context);

// What a guest may take before a bid: some seconds, 256 MiB of touched pages. One that takes more
// is not proven here.
extern const pp_vm_options pp_works_limits;

// Whether the network accepts a proof of the run, cut into shards as it is cut here; within
// pp_works_limits. False with *err when memory is short.
PP_NODISCARD bool pp_works_fit(pp_err *err, pp_fit *out, const pp_works *works,
                               const pp_guest *guest, pp_bytes input);

// Units of work of a run that halts with code 0 (prove/cost.h). False with one sentence: exit code
// 1 when the run cannot be proven within the limits, 2 when memory is short.
PP_NODISCARD bool pp_works_count(pp_err *err, uint64_t *work, const pp_works *works,
                                 const pp_guest *guest, pp_bytes input);

// Picoseconds of proving for a unit of work, at least 1: times the first shard, of
// 2^PP_WORKS_MEASURE_LOG_CELLS cells at most, of the guest's run on this input.
PP_NODISCARD bool pp_works_measure(pp_err *err, uint64_t *ps_per_work, const pp_works *works,
                                   const pp_guest *guest, pp_bytes input);

#endif
