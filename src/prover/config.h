// SPDX-License-Identifier: MIT OR Apache-2.0
// What a prover's operator has decided, and its key: DIR/prover.json, mode 0600. Every number has
// its unit in its name. Unknown members are refused: a misspelt limit must not be none.
#ifndef PP_PROVER_CONFIG_H
#define PP_PROVER_CONFIG_H

#include "base/err.h"
#include "prover/secrets.h"

enum { PP_PROVER_URL_MAX = 512 };

typedef struct pp_prover_config {
    char node[PP_PROVER_URL_MAX]; // whose chain to follow, and who takes its commands
    pp_hash32 genesis;            // the network it must be
    pp_prover_secret secret;      // ps_per_work 0: to be measured on the first batch
    pp_u128 stake;                // wei to register with, where the account is not a prover yet
    uint32_t slots;               // requests it may be bound to at once
    uint32_t threads;             // 0: one for each core
    uint64_t memory;              // bytes of the largest shard's proving; 0: the default
    // A file of an earlier version lacks these: then they are 100, 0 and none.
    uint32_t rescue_percent;  // sells in the open from this part of its cost on; 0: never
    pp_u128 loss_max;         // wei that may be at stake at one time; 0: no limit
    char shard_command[1024]; // of an operator's fleet (prover/jobs.h); "": none
} pp_prover_config;

// Draws key and salt; the rest is the caller's.
PP_NODISCARD bool pp_prover_config_draw(pp_err *err, pp_prover_config *config);
// False with one sentence that names file and member.
PP_NODISCARD bool pp_prover_config_load(pp_err *err, pp_prover_config *out, const char *dir);
// Writes atomically.
PP_NODISCARD bool pp_prover_config_store(pp_err *err, const pp_prover_config *config,
                                         const char *dir);

#endif
