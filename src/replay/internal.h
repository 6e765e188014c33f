// SPDX-License-Identifier: MIT OR Apache-2.0
// What the replay's files share. Only for replay/.
#ifndef PP_REPLAY_INTERNAL_H
#define PP_REPLAY_INTERNAL_H

#include "host/local.h"
#include "host/outbox.h"
#include "prover/prover.h"
#include "replay/replay.h"

// Wall times of one batch's runs, ns; only those of this process.
typedef struct pp_replay_times {
    uint64_t preflight, bids, delivery, check;
} pp_replay_times;

typedef struct pp_replay_tx {
    pp_rollup_reason reason;
    pp_address sender; // where applied
} pp_replay_tx;

struct pp_replay {
    const pp_replay_file *file;
    pp_replay_options options;
    pp_replay_watch watch;
    pp_guest guest;
    pp_genesis genesis; // of the network
    pp_works works;     // open where it demands proofs
    pp_local *local;
    pp_secrets secrets;
    pp_prover provers[PP_PROVERS_MAX];
    pp_beacon beacon;
    pp_outbox outbox;
    size_t batch; // transactions in one
    size_t batches_len;
    pp_replay_batch *batches;
    pp_replay_times *times;
    pp_replay_tx *txs;     // of the file
    pp_err departs;        // exit_code != 0: the log is none of this file
    uint64_t check_ns;     // of the chain's own checks in the running block
    uint64_t quiet_blocks; // in a row in which nothing happened
};

void pp_replay_tell(const pp_replay *r, const pp_replay_stage *stage);
// Takes in what became of a block; tells the watcher when it is a live one. block_ns: what it took
// beside the guest's runs.
void pp_replay_observe(pp_replay *r, uint64_t height, const pp_chain_result *result,
                       pp_chain *chain, bool live, uint64_t block_ns);

#endif
