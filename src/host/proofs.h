// SPDX-License-Identifier: MIT OR Apache-2.0
// The check by proof: the verifier (verify/claim.h) under the policy of a genesis. Its yes, and
// nothing else, is what a network calls proven.
#ifndef PP_HOST_PROOFS_H
#define PP_HOST_PROOFS_H

#include "chain/genesis.h"
#include "rv64/owned.h"
#include "verify/claim.h"

typedef struct pp_proofs {
    pp_machine_owned machine;
    pp_verify_policy policy; // views machine and the genesis
    void *work;              // of policy's size
    size_t work_size;
} pp_proofs;

// The genesis demands proofs, asserted, and outlives this. False with one sentence (exit code 2)
// when its machine is not this program's, or memory is short; nothing is to be closed then.
PP_NODISCARD bool pp_proofs_open(pp_err *err, pp_proofs *out, const char *name,
                                 const pp_genesis *genesis);
void pp_proofs_close(pp_proofs *proofs); // all zero is fine

// NULL when these bytes prove this very claim: machine, program, input, context and output. Else
// why not, as a clause for people; static.
const char *pp_proofs_refuse(const pp_proofs *proofs, const pp_claim *claim, pp_bytes proof);

#endif
