// SPDX-License-Identifier: MIT OR Apache-2.0
// What people and a running prover tell each other by files of its directory:
//
//   DIR/mode         what its operator wants: "work" (where there is none), "drain" or "withdraw"
//   DIR/status.json  how it stands behind its last block: a view, lost without harm
#ifndef PP_PROVER_REPORT_H
#define PP_PROVER_REPORT_H

#include "prover/prover.h"

typedef enum pp_prover_mode {
    PP_PROVER_WORK,
    PP_PROVER_DRAIN,    // takes nothing new; does what it is bound to
    PP_PROVER_WITHDRAW, // the same; then takes its stake back to the free balance
} pp_prover_mode;
const char *pp_prover_mode_name(pp_prover_mode mode);

// False with one sentence when the file holds anything else, or cannot be read.
PP_NODISCARD bool pp_prover_mode_read(pp_err *err, pp_prover_mode *out, const char *dir);
PP_NODISCARD bool pp_prover_mode_write(pp_err *err, const char *dir, pp_prover_mode mode);

// What became of its requests, as its chain tells.
typedef struct pp_prover_past {
    uint64_t paid, defaults;    // how many
    pp_u128 earned, lost, owed; // wei: that came in, that was slashed, that a fund still owes
} pp_prover_past;
// Takes in a block's events about this account.
void pp_prover_past_add(pp_prover_past *past, const pp_address *me, const pp_chain_result *result);

typedef enum pp_prover_stage {
    PP_PROVER_LOST,    // its node does not answer
    PP_PROVER_CATCHES, // there are blocks that it has not executed yet
    PP_PROVER_FOLLOWS, // it has acted on the last one
} pp_prover_stage;

// Writes DIR/status.json, atomically, unsynced. A disk that is full is no
// reason to stop. begun: the picoseconds for a unit of work that prover.json says.
void pp_prover_report(const char *dir, const pp_prover *prover, const pp_prover_past *past,
                      const pp_chain *chain, pp_prover_mode mode, pp_prover_stage stage,
                      uint64_t begun);

#endif
