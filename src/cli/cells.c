// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "prove/cost.h"
#include "rv64/owned.h"

static int by_cells(const void *a, const void *b) {
    const pp_cli_cells_row *x = a, *y = b;
    return x->cells < y->cells ? 1 : x->cells > y->cells ? -1 : 0;
}

static void count(pp_cli_cells *out, const pp_machine *machine, const pp_prove_cost *cost) {
    *out = (pp_cli_cells){.sum = {.name = "all"},
                          .fixed_cells = cost->fixed_cells,
                          .fixed_interactions = cost->fixed_interactions,
                          .shards = cost->shards,
                          .stack = cost->stack,
                          .cost = (pp_prove_cost_time(cost) + 500) / 1000};
    for (uint32_t t = 0; t < machine->tables_len; t++) {
        const pp_air_table *a = &machine->tables[t];
        uint64_t rows = cost->rows[t];
        if (rows == 0 || a->log_fixed != 0) continue;
        out->tables[out->len++] =
            (pp_cli_cells_row){a->name, rows, rows * a->columns_len, rows * a->interactions_len};
        out->sum.rows += rows;
    }
    out->sum.cells = cost->cells;
    out->sum.interactions = cost->interactions;
    qsort(out->tables, out->len, sizeof out->tables[0], by_cells);
}

bool pp_cli_cells_count(pp_err *err, pp_cli_cells *out, const pp_program *program, pp_bytes input,
                        const pp_vm_options *options) {
    pp_machine_owned machine;
    pp_prove_cost cost;
    if (!pp_machine_own(err, &machine)) return false;
    const pp_vm_options quiet = {.max_cycles = options->max_cycles,
                                 .max_pages = options->max_pages};
    bool ok = pp_prove_cost_count(err, &cost, machine.machine, program, input, &quiet);
    if (ok) count(out, machine.machine, &cost);
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
    printf("  cost %" PRIu64 " thousand: 2/5 of all cells, 3/5 of %" PRIu64
           " cells of filled-up stacks, interactions\n",
           c->cost, c->stack);
}

void pp_cli_cells_json(const pp_cli_cells *c) {
    printf(", \"tables\": {");
    for (size_t i = 0; i < c->len; i++)
        printf("%s\"%s\": {\"rows\": %" PRIu64 ", \"cells\": %" PRIu64
               ", \"interactions\": %" PRIu64 "}",
               i ? ", " : "", c->tables[i].name, c->tables[i].rows, c->tables[i].cells,
               c->tables[i].interactions);
    printf("}, \"cells\": %" PRIu64 ", \"interactions\": %" PRIu64 ", \"shards\": %" PRIu64
           ", \"stack\": %" PRIu64 ", \"cost\": %" PRIu64,
           c->sum.cells + c->shards * c->fixed_cells,
           c->sum.interactions + c->shards * c->fixed_interactions, c->shards, c->stack, c->cost);
}
