// SPDX-License-Identifier: MIT OR Apache-2.0
// Rebuilds a chain from its log, or from a snapshot and what is behind it, block by block. Of these
// blocks it believes nothing: every one is executed again, every batch run again, every claim in it
// checked as its genesis says, and the state that each names must be the one found here.
#ifndef PP_HOST_FOLLOW_H
#define PP_HOST_FOLLOW_H

#include "host/checks.h"
#include "host/snapshot.h"

// Where to begin: everything may be NULL.
typedef struct pp_follower_start {
    bool newest; // from the newest snapshot that can be used; else from as early as the log reaches
    uint64_t most; // of a block no higher than this one; 0: of any
    void *ctx;
    // Whether its user can go on from this snapshot, whose chain it is; a sentence, if not. NULL:
    // from any.
    bool (*accept)(pp_err *err, void *ctx, pp_chain *chain, const pp_snapshot *snapshot);
    void (*note)(void *ctx, const char *text); // why a snapshot was not used: one sentence
} pp_follower_start;

typedef struct pp_follower {
    pp_log *log;     // open; not the follower's
    pp_store *store; // likewise
    pp_log_cursor cursor;
    pp_checks checks;
    pp_chain *chain;
    uint64_t began;         // height of the snapshot that it began from; 0: genesis
    uint64_t checks_before; // that blocks up to there have asked for
    pp_bytes block;         // what pp_follower_next took in last; valid until its next call
} pp_follower;

// Makes the chain of record 0, or of a snapshot: start NULL: of the earliest there is. The follower
// must stay where it is. False with one sentence, exit code 1 when what the log says is wrong (the
// sentence names block 0), or when it was pruned and no snapshot of it can be used, 2 when the log
// is empty or the environment failed. pp_follower_close either way.
PP_NODISCARD bool pp_follower_open(pp_err *err, pp_follower *f, pp_log *log, pp_store *store,
                                   const pp_follower_start *start);
// Takes in the next record; *more is false at the end of the log. *result as pp_chain_finalize.
// False with one sentence, exit code 1 when the block does not follow (it is named), 2 when the
// environment failed.
PP_NODISCARD bool pp_follower_next(pp_err *err, bool *more, pp_chain_result *result,
                                   pp_follower *f);
// Lets go of states that no lane can come back to, where that is worth the time: after a commit.
// False with one sentence when the environment failed.
PP_NODISCARD bool pp_follower_forget(pp_err *err, pp_follower *f);
void pp_follower_close(pp_follower *f);

// Executes a block; whoever calls commits. False with one sentence: exit code 1 when it is none of
// this chain's or its ledger does not add up (the block is named), 2 when the environment failed.
// The chain is then spent.
PP_NODISCARD bool pp_follower_finalize(pp_err *err, pp_chain_result *result, pp_follower *f,
                                       uint64_t height, pp_bytes block);

#endif
