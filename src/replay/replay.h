// SPDX-License-Identifier: MIT OR Apache-2.0
// A block of Ethereum through the whole line, in one process: its transactions into the lane,
// batches, auctions among provers with keys and stakes of their own, the guest, the check, the
// payment, the root. Every station is the one the network has; only the clock is the replay's own:
// each block is one interval after the one before, so that file, options and provers.json fix the
// result. What everybody does follows from the chain's state, so a replay that was stopped at any
// moment goes on where its log ends.
#ifndef PP_REPLAY_REPLAY_H
#define PP_REPLAY_REPLAY_H

#include "chain/chain.h"
#include "replay/begin.h"

// What happens to a batch, in order; those below the line only when things do not go smoothly.
typedef enum pp_replay_stage_kind {
    PP_REPLAY_MEASURED,   // work: of the heaviest batch; ns; the provers have timed the guest
    PP_REPLAY_RESTORED,   // height: of the log's last block; ns
    PP_REPLAY_ORDERED,    // count: transactions, applied: of them; ns: to execute them natively
    PP_REPLAY_CUT,        // count: bytes of input, amount: reserve, cycles, work: as estimated;
                          // ns: the chain's own run
    PP_REPLAY_BID,        // count: sealed bids; ns: of the provers' runs
    PP_REPLAY_OPENED_BID, // bids
    PP_REPLAY_ASSIGNED,   // prover, amount: price
    PP_REPLAY_DELIVERED,  // prover, cycles, count: bytes of the proof; ns: of its run and proof
    PP_REPLAY_CHECKED,    // prover; ns: of the chain's run, or of the verifier
    PP_REPLAY_PAID,       // prover, amount
    PP_REPLAY_OWED,       // prover, amount: the proof fund's debt, until it has that much
    PP_REPLAY_ROOT,       // root, amount: base fees that the fund got
    PP_REPLAY_NOTE,       // text
} pp_replay_stage_kind;

typedef struct pp_replay_stage {
    pp_replay_stage_kind kind;
    bool proofs; // the network demands them
    uint64_t height;
    uint64_t batch;
    uint64_t count, applied, cycles, work;
    uint64_t ns;
    size_t prover; // index in provers.json; PP_REPLAY_NOBODY for none of them
    pp_u128 amount;
    size_t bids_len;
    pp_u128 bids[PP_PROVERS_MAX]; // by prover; valid where bid[i] > 0
    pp_digest root;
    char text[160];
} pp_replay_stage;
#define PP_REPLAY_NOBODY SIZE_MAX

typedef struct pp_replay_watch {
    void *ctx;
    void (*on_stage)(void *ctx, const pp_replay_stage *stage); // NULL: nobody watches
    // Batches whose root has advanced, of all; or blocks taken from the log.
    void (*on_progress)(void *ctx, bool restoring, uint64_t done, uint64_t of);
    // The share of a proof that is done.
    void (*on_proving)(void *ctx, uint64_t batch, double share);
} pp_replay_watch;

typedef struct pp_replay_options {
    const char *data; // the directory
    size_t batch;     // transactions, 1 to PP_ROLLUP_BATCH_TX_MAX; 0: the directory's, or default
    size_t provers;   // 1 to PP_PROVERS_MAX; 0: likewise
    pp_genesis_check check; // 0: the directory's, or proofs
    size_t threads;         // that prove; 0: one for each core
    uint64_t memory;        // bytes for proving; 0: the default. With the rest it fixes the proofs
} pp_replay_options;

typedef struct pp_replay_batch {
    uint32_t transactions, applied;
    uint64_t cycles;
    uint64_t work;       // as the chain estimates it, in units of prove/cost.h or cycles
    uint64_t proof_size; // bytes of the accepted proof, where proofs are demanded
    pp_u128 reserve;
    pp_u128 bids[PP_PROVERS_MAX]; // by prover; 0: none
    uint32_t bids_len;
    size_t winner; // who was paid; PP_REPLAY_NOBODY so far
    pp_address winner_address;
    pp_u128 price; // paid, or owed
    pp_u128 owed;  // of it: a debt of the proof fund that is not paid yet
    pp_u128 fees;  // base fees that went to the proof fund
    bool checked;
} pp_replay_batch;

typedef struct pp_replay pp_replay;

// Takes the directory and brings the chain to the end of its log, beginning one where there is
// none. `path` is the file's, for sentences; file outlives the replay. False with one sentence;
// exit code 1 when the log is wrong, 2 otherwise.
PP_NODISCARD bool pp_replay_open(pp_err *err, pp_replay **out, const pp_replay_file *file,
                                 const char *path, const pp_replay_options *options,
                                 const pp_replay_watch *watch);
// Goes on until every batch is paid. False with one sentence: exit code 1 when the line stands
// still (an incident), 2 when the environment failed. What was acknowledged is in the log.
PP_NODISCARD bool pp_replay_run(pp_err *err, pp_replay *replay);
void pp_replay_close(pp_replay *replay); // NULL is fine

// ---- the result -------------------------------------------------------------------------------

typedef struct pp_replay_summary {
    uint64_t transactions, applied;
    uint64_t reasons[PP_ROLLUP_REASONS_LEN]; // how many; [PP_ROLLUP_OK] == applied
    pp_genesis_check check;
    uint64_t proofs, proof_bytes; // accepted, where the check is a proof
    pp_chain_info info;
    pp_chain_lane lane;
    pp_chain_ledger ledger;
    bool balanced; // the ledger adds up
    size_t provers;
    size_t batches_len;
    const pp_replay_batch *batches; // valid until the replay is closed
} pp_replay_summary;
void pp_replay_summary_get(pp_replay_summary *out, const pp_replay *replay);

// Writes every account that an applied transaction touched (sender, receiver, fee recipient), as
// it is behind the last checked root, in the shape of the file's accounts_before. Atomically.
PP_NODISCARD bool pp_replay_write_post(pp_err *err, const pp_replay *replay, const char *path);

#endif
