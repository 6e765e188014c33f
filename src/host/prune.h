// SPDX-License-Identifier: MIT OR Apache-2.0
// A directory of a local host (host/local.h) that lets go of old blocks. What stays is the genesis,
// a snapshot of the state behind the last block that goes, and all blocks behind that: everything
// that a request, an unproven batch, a withdrawal, an exit or a proof to come can ask for is part
// of that state, whatever its age. What is gone is history: the blocks with the proofs in them, and
// the chance to check the state at the snapshot by executing everything before it.
#ifndef PP_HOST_PRUNE_H
#define PP_HOST_PRUNE_H

#include "base/err.h"

typedef struct pp_prune_options {
    uint64_t keep_blocks; // so many last blocks stay at least, and
    uint64_t keep_ms;     // all that are younger than so much before the last one
    void (*on_block)(void *ctx, uint64_t height, uint64_t of); // NULL: nobody watches
    void *ctx;
} pp_prune_options;

typedef struct pp_pruned {
    uint64_t height;              // of the last block
    uint64_t before, base;        // blocks 1 to this one were gone before, and are now
    uint64_t log_before, log_now; // bytes
    uint64_t snapshot; // bytes of the one that everything begins from now; 0: nothing went
} pp_pruned;

// Takes the directory (no node may use it), executes up to the last block that goes from the newest
// snapshot before it, writes a snapshot there and reads it back, and only then replaces the log by
// what is left of it, in one step: a kill leaves the old log or the new one. Checks that this host
// has made are believed, as at a start. False with one sentence, as pp_follower_open and
// pp_follower_next and pp_log_prune: nothing is gone then, but where the sentence says so.
PP_NODISCARD bool pp_prune_dir(pp_err *err, pp_pruned *out, const char *dir,
                               const pp_prune_options *options);

#endif
