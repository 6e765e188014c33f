// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/fit.h"

#include "prove/cost.h"
#include "verify/plan.h"

// The longest proof of a shard of this size: every table in use, heights and leaves as many
// as there can be (prove/prove.c has the same sum of the messages, for one shard).
static size_t shard_size(const pp_machine *machine, const pp_pcs_params *set, uint32_t log_cells) {
    const size_t rows = PP_AIR_LOG_ROWS_MAX, layers = rows + PP_AIR_LOG_LEAVES_MAX;
    size_t columns = 0;
    for (uint32_t t = 0; t < machine->tables_len; t++) columns += machine->tables[t].columns_len;
    return PP_SHARD_HEADER_SIZE +
           PP_EXT_SIZE * (2 + layers * 4 + layers * (layers + 1) + 3 * rows + columns) +
           sizeof(uint32_t) * ((size_t)machine->publics_len + machine->tables_len + 1) +
           pp_pcs_proof_size_max(set, log_cells);
}

uint64_t pp_fit_shards(const pp_genesis_proofs *accepts, const pp_machine *machine,
                       uint32_t log_cells) {
    if (log_cells == 0) log_cells = pp_prove_log_cells_default(accepts->sets[0]);
    uint64_t bytes = accepts->bytes > PP_PROOF_HEAD_MAX ? accepts->bytes - PP_PROOF_HEAD_MAX : 0;
    uint64_t shards = bytes / pp_proof_shard_size(shard_size(machine, accepts->sets[0], log_cells));
    return shards < accepts->shards ? shards : accepts->shards;
}

uint64_t pp_fit_work(const pp_genesis_proofs *accepts, const pp_machine *machine) {
    uint64_t shards = pp_fit_shards(accepts, machine, 0);
    uint64_t cells = (uint64_t)1 << pp_prove_log_cells_default(accepts->sets[0]);
    // The last shard may be all but empty, and an eighth of the others filling.
    return shards > 1 ? (shards - 1) * (cells / PP_COST_UNIT) / 8 * 7 : 0;
}

bool pp_fit_run(pp_err *err, pp_fit *out, const pp_genesis_proofs *accepts,
                const pp_machine *machine, const pp_program *program, pp_bytes input,
                const pp_vm_options *options, uint32_t log_cells) {
    const pp_prove_with with = {
        .machine = machine, .set = accepts->sets[0], .log_cells = log_cells};
    uint64_t most = pp_fit_shards(accepts, machine, log_cells);
    pp_shard_limits limits;
    pp_vm_shard shard;
    pp_err inner = {0};
    memset(out, 0, sizeof *out);
    pp_prove_limits(&limits, &with);
    pp_vm_plan *plan = pp_vm_plan_new(&inner, program, input, options, &limits);
    while (plan != NULL && out->shards <= most && pp_vm_plan_next(&inner, plan, &shard)) {
        out->shards++;
        pp_vm_shard_free(&shard);
    }
    out->fits = out->shards <= most;
    if (plan != NULL) out->result = *pp_vm_plan_result(plan);
    pp_vm_plan_free(plan);
    if (inner.exit_code == 0 || inner.exit_code == PP_EXIT_NO) return true;
    if (err) *err = inner;
    return false;
}
