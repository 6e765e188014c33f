// SPDX-License-Identifier: MIT OR Apache-2.0
// Whether a run's proof is one that a network accepts. Genesis bounds a proof's shards and bytes,
// and what no accepted proof can hold must never be offered: nobody could be paid for it. The run
// is cut into shards as provers cut it (polypoly prove --plan), of the default size, or of the
// size that one prover's memory allows: smaller shards are more.
#ifndef PP_HOST_FIT_H
#define PP_HOST_FIT_H

#include "chain/genesis.h"
#include "prove/claim.h"

// Shards of at most 2^log_cells cells (0: the default size) that fit whatever is in them: genesis'
// number, or as many of the largest as its bytes hold. The proofs are of the first set that the
// network accepts.
uint64_t pp_fit_shards(const pp_genesis_proofs *accepts, const pp_machine *machine,
                       uint32_t log_cells);
// Units of work (prove/cost.h) of which every run fits: what a genesis may estimate a batch at.
uint64_t pp_fit_work(const pp_genesis_proofs *accepts, const pp_machine *machine);

typedef struct pp_fit {
    uint64_t shards; // at most one more than fit: there the run is given up
    bool fits;
    pp_vm_result result; // of the run, as far as it was followed
} pp_fit;

// Runs the program and counts its shards, of at most 2^log_cells cells (0: the default size); what
// ends otherwise than with exit code 0 fits too, and the result says so. False with *err when
// memory is short.
PP_NODISCARD bool pp_fit_run(pp_err *err, pp_fit *out, const pp_genesis_proofs *accepts,
                             const pp_machine *machine, const pp_program *program, pp_bytes input,
                             const pp_vm_options *options, uint32_t log_cells);

#endif
