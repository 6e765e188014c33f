// SPDX-License-Identifier: MIT OR Apache-2.0
// The verifier: are these bytes a proof that the machine accepts some trace with these public
// values? Total, no heap, no stdio; one source, natively, in the browser and as a guest. Pure.
//
// Read in this order: verify.c (a shard from top to bottom), gkr.c (the buses), zerocheck.c (the
// constraints, and the tables at one point), pcs/ (the commitment). docs/proofs.md maps the papers'
// steps to functions; spec/proof.md is the normative text.
#ifndef PP_VERIFY_VERIFY_H
#define PP_VERIFY_VERIFY_H

#include "air/air.h"
#include "pcs/pcs.h"

typedef enum pp_verify_status {
    PP_VERIFY_OK = 0,
    PP_VERIFY_HEADER,    // not a shard of this version
    PP_VERIFY_MACHINE,   // a vm_id that the policy does not accept
    PP_VERIFY_SET,       // a parameter set that the policy does not accept
    PP_VERIFY_SHAPE,     // heights that are not canonical, or sizes over the policy's limits
    PP_VERIFY_ENCODING,  // too short, too long, or a number of p or more
    PP_VERIFY_GRINDING,  // a nonce that does not do
    PP_VERIFY_BUSES,     // the buses do not balance, or a GKR layer does not follow
    PP_VERIFY_TABLES,    // the tables at the point are not what the sum-check claims
    PP_VERIFY_OPENING,   // the commitment does not open to the claimed columns
    PP_VERIFY_WORKSPACE, // the workspace is too small
} pp_verify_status;

// A clause for people: "the buses do not balance".
const char *pp_verify_status_text(pp_verify_status status);

// What a verifier accepts; never taken from the proof. Borrowed by the verifier.
typedef struct pp_verify_policy {
    const pp_machine *const *machines;
    const pp_hash32 *vm_ids; // pp_machine_id of each
    uint32_t machines_len;
    const pp_pcs_params *const *sets; // the accepted parameter sets
    uint32_t sets_len;
    uint32_t log_cells_max; // of a shard
    uint32_t shards_max;    // of a claim (verify/claim.h); 0: PP_VERIFY_SHARDS_MAX
} pp_verify_policy;
enum { PP_VERIFY_SHARDS_MAX = 1 << 16 };

typedef struct pp_verifier {
    const pp_verify_policy *policy;
    pp_hash32 context;
    pp_arena work;
    // Of the last shard that was accepted, valid until the next call:
    uint32_t machine, set; // the numbers in the policy's lists
    const pp_fp *publics;  // its public values, publics_len of the machine
    const uint32_t *rows;  // of each table
    uint32_t shards;       // accepted so far
} pp_verifier;

// Bytes of workspace that every proof under this policy can be verified in: below 1 MiB for the
// example machines, 1.27 MB for the virtual machine.
size_t pp_verify_work_size(const pp_verify_policy *policy);

// Starts a verifier whose memory is work[0 … size), any alignment. context is what the proof must
// have been made for. The stack needs at most 32 KiB.
PP_NODISCARD pp_verify_status pp_verify_begin(pp_verifier *v, const pp_verify_policy *policy,
                                              const pp_hash32 *context, void *work, size_t size);

// Verifies one shard, all of its bytes. On PP_VERIFY_OK its public values are in v->publics; what
// links the shards of one claim by them is the caller's (verify/claim.h for the virtual machine).
PP_NODISCARD pp_verify_status pp_verify_shard(pp_verifier *v, const uint8_t *bytes, size_t size);

#endif
