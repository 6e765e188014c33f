// SPDX-License-Identifier: MIT OR Apache-2.0
// The follower's check of a log: executes everything again from genesis, in memory, and changes
// nothing in the directory. Where the log was pruned it can only begin from a snapshot.
#ifndef PP_HOST_AUDIT_H
#define PP_HOST_AUDIT_H

#include "chain/chain.h"

typedef struct pp_audit {
    char network[PP_GENESIS_NAME_MAX];
    pp_genesis_check check;
    pp_chain_info info;
    pp_chain_ledger ledger;
    bool balanced; // the ledger adds up (after every block too)
    // Of the blocks that were executed, all lanes together:
    uint64_t items, refused; // commands and transactions in blocks
    uint64_t transactions, applied, batches, checked;
    pp_digest root;               // lane 0's last checked root
    uint64_t payments;            // to provers: of escrow, of a fund's debt
    pp_u128 paid;                 // wei, by all of them
    uint64_t runs, cycles;        // of guests, run again here
    uint64_t proofs, proof_bytes; // verified again here
    uint64_t proofs_refused;      // of them: that were none
    uint64_t log_size;            // bytes of the log
    uint64_t began; // 0: at genesis. Else the log was pruned, and all begins with the snapshot of
                    // this block, which is believed (host/snapshot.h)
    uint64_t span;  // ms from genesis, or that snapshot, to the last block, as blocks tell
    uint64_t torn_size; // bytes behind the last whole block: never acknowledged
    uint64_t ns;        // wall time
} pp_audit;

// Called after each block, number `height` of `of`.
typedef void pp_audit_watch(void *ctx, uint64_t height, uint64_t of);

// Checks DIR/chain.log; on_block may be NULL. False with one sentence: exit code 1 when the log is
// wrong (the block is named), 2 when it cannot be read.
PP_NODISCARD bool pp_audit_dir(pp_err *err, pp_audit *out, const char *dir,
                               pp_audit_watch *on_block, void *ctx);

#endif
