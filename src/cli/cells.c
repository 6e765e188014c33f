// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "prove/claim.h"
#include "rv64/owned.h"

static int by_cells(const void *a, const void *b) {
    const pp_cli_cells_row *x = a, *y = b;
    return x->cells < y->cells ? 1 : x->cells > y->cells ? -1 : 0;
}

static void count(pp_cli_cells *out, const pp_machine *machine, uint64_t shards,
                  const uint64_t used[PP_AIR_TABLES_MAX]) {
    *out = (pp_cli_cells){.sum = {.name = "all"}, .shards = shards};
    for (uint32_t t = 0; t < machine->tables_len; t++) {
        const pp_air_table *a = &machine->tables[t];
        uint64_t rows = a->log_fixed != 0 && used[t] != 0 ? (uint64_t)1 << a->log_fixed : used[t];
        if (rows == 0) continue;
        pp_cli_cells_row r = {a->name, rows, rows * a->columns_len, rows * a->interactions_len};
        if (a->log_fixed != 0) {
            out->fixed_cells += r.cells;
            out->fixed_interactions += r.interactions;
            continue;
        }
        out->tables[out->len++] = r;
        out->sum.rows += r.rows;
        out->sum.cells += r.cells;
        out->sum.interactions += r.interactions;
    }
    qsort(out->tables, out->len, sizeof out->tables[0], by_cells);
    out->cost = (out->sum.cells + out->sum.interactions +
                 shards * (out->fixed_cells + out->fixed_interactions) + 500) /
                1000;
}

bool pp_cli_cells_count(pp_err *err, pp_cli_cells *out, const pp_program *program, pp_bytes input,
                        const pp_vm_options *options) {
    pp_machine_owned machine;
    if (!pp_machine_own(err, &machine)) return false;
    pp_shard_limits limits;
    const pp_prove_with with = {.machine = machine.machine, .set = &pp_pcs_fast};
    const pp_vm_options quiet = {.max_cycles = options->max_cycles,
                                 .max_pages = options->max_pages};
    pp_prove_limits(&limits, &with);
    pp_vm_plan *plan = pp_vm_plan_new(err, program, input, &quiet, &limits);
    uint64_t used[PP_AIR_TABLES_MAX] = {0}, shards = 0;
    pp_vm_shard shard;
    while (plan != NULL && pp_vm_plan_next(err, plan, &shard)) {
        for (uint32_t t = 0; t < machine.machine->tables_len; t++) used[t] += shard.rows[t];
        shards++;
        pp_vm_shard_free(&shard);
    }
    bool ok = plan != NULL && err->exit_code == 0;
    if (ok) count(out, machine.machine, shards, used);
    pp_vm_plan_free(plan);
    pp_machine_disown(&machine);
    return ok;
}

static void print_row(const pp_cli_cells_row *r, uint64_t all, uint64_t cycles) {
    printf("  %-13s %12" PRIu64 " %14" PRIu64 "  %5.1f %%  %7.2f  %7.2f\n", r->name, r->rows,
           r->cells, 100.0 * (double)r->cells / (double)all, (double)r->cells / (double)cycles,
           (double)r->interactions / (double)cycles);
}

void pp_cli_cells_print(const pp_cli_cells *c, uint64_t cycles) {
    printf(
        "\ntables of a proof      rows          cells           cells and interactions a cycle\n");
    for (size_t i = 0; i < c->len; i++) print_row(&c->tables[i], c->sum.cells, cycles);
    print_row(&c->sum, c->sum.cells, cycles);
    printf("  and once a shard: %" PRIu64 " cells, %" PRIu64
           " interactions of fixed tables; %" PRIu64 " shard%s\n",
           c->fixed_cells, c->fixed_interactions, c->shards, c->shards == 1 ? "" : "s");
    printf("  cost %" PRIu64 " (cells and interactions, in thousands)\n", c->cost);
}

void pp_cli_cells_json(const pp_cli_cells *c) {
    printf(", \"tables\": {");
    for (size_t i = 0; i < c->len; i++)
        printf("%s\"%s\": {\"rows\": %" PRIu64 ", \"cells\": %" PRIu64
               ", \"interactions\": %" PRIu64 "}",
               i ? ", " : "", c->tables[i].name, c->tables[i].rows, c->tables[i].cells,
               c->tables[i].interactions);
    printf("}, \"cells\": %" PRIu64 ", \"interactions\": %" PRIu64 ", \"shards\": %" PRIu64
           ", \"cost\": %" PRIu64,
           c->sum.cells + c->shards * c->fixed_cells,
           c->sum.interactions + c->shards * c->fixed_interactions, c->shards, c->cost);
}
