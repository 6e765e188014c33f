// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof files of the virtual machine, any bytes: no verifier proves one, neither at once nor
// shard by shard. The corpus has real heads before shards that are cut short.
#include <stdlib.h>

#include "rv64/rv64.h"
#include "verify/claim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const pp_pcs_params *const sets[] = {&pp_pcs_test, &pp_pcs_fast};
static const pp_machine *machine;
static pp_hash32 vm_id;
static pp_verify_policy policy;
static void *work;
static size_t work_size;

static void make(void) {
    pp_arena keep, scratch;
    pp_air_error error;
    void *memory = malloc(PP_RV64_KEEP_SIZE), *more = malloc(PP_AIR_SCRATCH_SIZE);
    PP_ASSERT(memory && more);
    pp_arena_init(&keep, memory, PP_RV64_KEEP_SIZE);
    pp_arena_init(&scratch, more, PP_AIR_SCRATCH_SIZE);
    machine = pp_rv64_machine(&keep, &scratch, &error);
    PP_ASSERT(machine);
    free(more);
    pp_machine_id(&vm_id, machine);
    policy = (pp_verify_policy){.machines = &machine,
                                .vm_ids = &vm_id,
                                .machines_len = 1,
                                .sets = sets,
                                .sets_len = PP_COUNT(sets),
                                .log_cells_max = 28,
                                .shards_max = 4};
    work_size = pp_verify_work_size(&policy);
    work = malloc(work_size);
    PP_ASSERT(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!machine) make();
    pp_claim claim;
    pp_verify_status shard;
    uint32_t set;
    pp_claim_status whole =
        pp_claim_verify(&claim, &shard, &set, &policy, data, size, work, work_size);
    PP_ASSERT(whole != PP_CLAIM_PROVEN && pp_claim_status_text(whole)[0] != 0);
    size_t head = pp_claim_head_size(data, size);
    PP_ASSERT(head <= size && (head != 0 || whole == PP_CLAIM_FORMAT));
    if (head == 0) return 0;
    pp_claim_verifier c;
    pp_claim_status status = pp_claim_begin(&c, &policy, data, head, work, work_size);
    for (size_t at = head; size - at >= 8;) {
        uint64_t len = pp_load_le64(data + at);
        if (len > size - at - 8) break;
        status = pp_claim_shard(&c, data + at + 8, (size_t)len);
        at += 8 + (size_t)len;
    }
    status = pp_claim_end(&claim, &c);
    PP_ASSERT(status != PP_CLAIM_PROVEN);
    return 0;
}
