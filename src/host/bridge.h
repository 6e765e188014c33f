// SPDX-License-Identifier: MIT OR Apache-2.0
// Into a rollup from the chain, by way of any node: what its queues cost now, and the commands that
// make a rollup, fill its fund, deposit, and force a transaction past its lane.
#ifndef PP_HOST_BRIDGE_H
#define PP_HOST_BRIDGE_H

#include "chain/genesis.h"
#include "host/speak.h"

typedef struct pp_bridge_lane {
    uint64_t id;
    char name[PP_GENESIS_NAME_MAX];
    uint64_t chain_id;
    bool open;                       // to everybody's transactions
    bool frozen;                     // somebody has left by the exit
    uint64_t base_fee;               // wei per gas
    pp_u128 deposit_fee, forced_fee; // wei, what the next entry of each queue costs
    uint64_t queue_batches;          // whoever waits is in one of so many batches that begin
} pp_bridge_lane;

// A lane by its name or number (digits are a number); NULL: the first open one. False with one
// sentence when there is none, or no answer.
PP_NODISCARD bool pp_bridge_find(pp_err *err, pp_bridge_lane *out, pp_remote *remote,
                                 const char *lane);

// A command, sent and waited for: *height is its block. False with one sentence, exit code 1 and
// the reason's code in it, when it was refused, at the door or in its block.
PP_NODISCARD bool pp_bridge_fund(pp_err *err, uint64_t *height, pp_speaker *speaker, uint64_t lane,
                                 pp_u128 wei);
PP_NODISCARD bool pp_bridge_deposit(pp_err *err, uint64_t *height, pp_speaker *speaker,
                                    uint64_t lane, const pp_address *receiver, pp_u128 wei,
                                    pp_u128 fee_max);
PP_NODISCARD bool pp_bridge_force(pp_err *err, uint64_t *height, pp_speaker *speaker, uint64_t lane,
                                  pp_bytes raw, pp_u128 fee_max);
PP_NODISCARD bool pp_bridge_create(pp_err *err, uint64_t *height, pp_speaker *speaker,
                                   const pp_genesis_rollup *entry);

#endif
