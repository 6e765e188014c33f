// SPDX-License-Identifier: MIT OR Apache-2.0
// What the parties of one data directory keep to themselves, and what their work costs here:
// DIR/provers.json, mode 0600, written once and never changed. Everything random or measured that
// enters a replay stands in it, so two directories that start with the same provers.json and the
// same file and options end with the same state hash.
#ifndef PP_PROVER_SECRETS_H
#define PP_PROVER_SECRETS_H

#include "base/err.h"

enum { PP_PROVERS_MAX = 16 };

typedef struct pp_prover_secret {
    uint8_t key[32];         // secp256k1 secret: the prover's account
    pp_hash32 salt;          // sealed bids' salts are derived from it
    uint64_t ps_per_work;    // picoseconds of this machine for a unit of work, measured
    uint64_t wei_per_second; // what the operator asks for a second of it
} pp_prover_secret;

typedef struct pp_secrets {
    pp_hash32 beacon_seed;    // of the host's hash chain of preimages
    uint8_t operator_key[32]; // of the account that funds the rollup and submits to its lane
    size_t provers_len;       // 1 to PP_PROVERS_MAX
    pp_prover_secret provers[PP_PROVERS_MAX];
} pp_secrets;

// Reads dir/provers.json. *found is false, and nothing else written, when there is none. False
// with one sentence (exit code 2) when it is there and cannot be used.
PP_NODISCARD bool pp_secrets_load(pp_err *err, bool *found, pp_secrets *secrets, const char *dir);

// Draws keys and seeds from the system's generator; costs stay 0 for the caller to fill in.
PP_NODISCARD bool pp_secrets_draw(pp_err *err, pp_secrets *secrets, size_t provers);

// Writes dir/provers.json atomically with mode 0600.
PP_NODISCARD bool pp_secrets_store(pp_err *err, const pp_secrets *secrets, const char *dir);

#endif
