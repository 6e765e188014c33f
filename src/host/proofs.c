// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/proofs.h"

#include <stdlib.h>

bool pp_proofs_open(pp_err *err, pp_proofs *out, const char *name, const pp_genesis *genesis) {
    PP_ASSERT(genesis->check == PP_CHECK_PROOF);
    memset(out, 0, sizeof *out);
    if (!pp_machine_own(err, &out->machine)) return false;
    if (!pp_hash32_eq(&out->machine.vm_id, &genesis->vm_id)) {
        pp_machine_disown(&out->machine);
        return pp_err_set(err, PP_EXIT_USAGE, "%s: vm_id: a machine that is not known here", name);
    }
    out->policy = (pp_verify_policy){.machines = &out->machine.machine,
                                     .vm_ids = &out->machine.vm_id,
                                     .machines_len = 1,
                                     .sets = genesis->proofs.sets,
                                     .sets_len = genesis->proofs.sets_len,
                                     .log_cells_max = PP_PCS_LOG_CELLS_MAX,
                                     .shards_max = genesis->proofs.shards};
    out->work_size = pp_verify_work_size(&out->policy);
    out->work = malloc(out->work_size);
    if (out->work == NULL) {
        pp_machine_disown(&out->machine);
        return pp_err_set(err, PP_EXIT_USAGE, "no memory to verify proofs in");
    }
    return true;
}

void pp_proofs_close(pp_proofs *proofs) {
    pp_machine_disown(&proofs->machine);
    free(proofs->work);
    memset(proofs, 0, sizeof *proofs);
}

// What a proof file's head says already.
static const char *head_differs(const pp_claim *proven, const pp_claim *claim) {
    if (!pp_hash32_eq(&proven->input_id, &claim->input_id)) return "it is about another input";
    if (!pp_hash32_eq(&proven->context, &claim->context))
        return "it is bound to another request or prover";
    if (proven->output_size != claim->output_size ||
        memcmp(proven->output, claim->output, claim->output_size) != 0)
        return "it proves another output";
    return NULL;
}

static const char *differs(const pp_claim *proven, const pp_claim *claim) {
    if (!pp_hash32_eq(&proven->vm_id, &claim->vm_id)) return "it is about another machine";
    if (!pp_hash32_eq(&proven->program_id, &claim->program_id))
        return "it is about another program";
    return head_differs(proven, claim);
}

const char *pp_proofs_refuse(const pp_proofs *proofs, const pp_claim *claim, pp_bytes proof) {
    pp_claim proven;
    pp_verify_status shard;
    uint32_t set;
    pp_claim_verifier head;
    size_t head_size = pp_claim_head_size(proof.data, proof.size);
    pp_claim_status status = PP_CLAIM_FORMAT;
    if (head_size > 0)
        status = pp_claim_begin(&head, &proofs->policy, proof.data, head_size, proofs->work,
                                proofs->work_size);
    if (status != PP_CLAIM_PROVEN) return pp_claim_status_text(status);
    // A copied proof is refused before its shards cost anything.
    const char *other = head_differs(&head.claim, claim);
    if (other != NULL) return other;
    status = pp_claim_verify(&proven, &shard, &set, &proofs->policy, proof.data, proof.size,
                             proofs->work, proofs->work_size);
    if (status == PP_CLAIM_SHARD) return pp_verify_status_text(shard);
    if (status != PP_CLAIM_PROVEN) return pp_claim_status_text(status);
    return differs(&proven, claim);
}
