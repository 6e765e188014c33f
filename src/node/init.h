// SPDX-License-Identifier: MIT OR Apache-2.0
// A new network in a directory: DIR/genesis.json, DIR/beacon and DIR/signer.key, which signs
// blocks. The operator may edit the first until the node has begun; its hash is the network's
// identity from then on.
#ifndef PP_NODE_INIT_H
#define PP_NODE_INIT_H

#include "base/err.h"
#include "chain/genesis.h"

typedef struct pp_node_init_options {
    const char *name;     // of the network
    uint64_t chain_id;    // of its one open lane, "live"
    uint64_t blocks;      // that its beacon lasts for
    uint64_t interval;    // ms between blocks
    uint64_t command_fee; // wei for each byte of a command; 0: none
    pp_genesis_check check;
    // Anyone's beginning; addresses in any order, none twice.
    const pp_genesis_account *accounts; // free balances on the chain
    size_t accounts_len;
    const pp_genesis_prover *provers;
    size_t provers_len;
    const pp_genesis_allocation *allocations; // inside the rollup
    size_t allocations_len;
    pp_address fee_recipient;
    pp_u128 fund; // of the rollup's proofs
    // A batch is cut at so many transactions or blocks; ms to bid, to open bids, and to prove. 0:
    // what suits a network of strangers.
    uint32_t batch_transactions, batch_blocks;
    uint64_t window, work_window;
    uint64_t rate_min; // units of work a second of the slowest prover that deadlines must suit
} pp_node_init_options;

// Makes dir and writes the three files. False with one sentence; a directory that has either, or a
// log, is left as it is.
PP_NODISCARD bool pp_node_init(pp_err *err, const char *dir, const pp_node_init_options *options);

#endif
