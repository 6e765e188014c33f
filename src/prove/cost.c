// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/cost.h"

// A fixed table that a shard uses stands there whole.
static void add_rows(pp_prove_cost *cost, const pp_machine *machine, uint32_t t, uint64_t rows) {
    const pp_air_table *a = &machine->tables[t];
    if (rows == 0) return;
    if (a->log_fixed != 0) {
        if (cost->rows[t] == 0) {
            cost->fixed_cells += ((uint64_t)1 << a->log_fixed) * a->columns_len;
            cost->fixed_interactions += ((uint64_t)1 << a->log_fixed) * a->interactions_len;
        }
    } else {
        cost->cells += rows * a->columns_len;
        cost->interactions += rows * a->interactions_len;
    }
    cost->rows[t] += rows;
}

static void add_shard(pp_prove_cost *cost, const pp_machine *machine, const pp_vm_shard *shard) {
    const pp_pcs_params *set = &pp_pcs_fast;
    uint32_t rows[PP_AIR_TABLES_MAX];
    pp_layout layout;
    for (uint32_t t = 0; t < machine->tables_len; t++) add_rows(cost, machine, t, shard->rows[t]);
    memcpy(rows, shard->rows, sizeof rows);
    pp_rv64_round(rows, machine, set->rounds[0].fold);
    if (pp_prove_layout(&layout, machine, rows, set) == PP_LAYOUT_OK)
        cost->stack += (uint64_t)1 << layout.log_cells;
    cost->shards++;
}

uint64_t pp_prove_cost_all(const pp_prove_cost *c) {
    return c->cells + c->interactions + c->shards * (c->fixed_cells + c->fixed_interactions);
}

uint64_t pp_prove_cost_time(const pp_prove_cost *c) {
    const uint64_t cells = c->cells + c->shards * c->fixed_cells;
    const uint64_t interactions = c->interactions + c->shards * c->fixed_interactions;
    return (2 * cells + 3 * c->stack) / 5 + interactions;
}

uint64_t pp_prove_cost_work(const pp_prove_cost *cost) {
    return (pp_prove_cost_all(cost) + PP_COST_UNIT - 1) / PP_COST_UNIT;
}

uint64_t pp_prove_shard_work(const pp_machine *machine, const pp_vm_shard *shard) {
    pp_prove_cost cost = {0};
    add_shard(&cost, machine, shard);
    return pp_prove_cost_work(&cost);
}

bool pp_prove_cost_count(pp_err *err, pp_prove_cost *out, const pp_machine *machine,
                         const pp_program *program, pp_bytes input, const pp_vm_options *options) {
    pp_shard_limits limits;
    const pp_prove_with with = {.machine = machine, .set = &pp_pcs_fast};
    pp_err inner = {0};
    pp_vm_shard shard;
    memset(out, 0, sizeof *out);
    pp_prove_limits(&limits, &with);
    pp_vm_plan *plan = pp_vm_plan_new(&inner, program, input, options, &limits);
    while (plan != NULL && pp_vm_plan_next(&inner, plan, &shard)) {
        add_shard(out, machine, &shard);
        pp_vm_shard_free(&shard);
    }
    if (plan != NULL) out->result = *pp_vm_plan_result(plan);
    pp_vm_plan_free(plan);
    if (inner.exit_code != 0 && err != NULL) *err = inner;
    return inner.exit_code == 0;
}
