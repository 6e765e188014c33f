// SPDX-License-Identifier: MIT OR Apache-2.0
// What a run would cost to prove: rows, committed cells and interactions of each table.
#ifndef PP_CLI_CELLS_H
#define PP_CLI_CELLS_H

#include "air/air.h"
#include "base/err.h"
#include "vm/vm.h"

typedef struct pp_cli_cells_row {
    const char *name; // static
    uint64_t rows, cells, interactions;
} pp_cli_cells_row;

typedef struct pp_cli_cells {
    size_t len; // tables that have rows
    pp_cli_cells_row tables[PP_AIR_TABLES_MAX];
    pp_cli_cells_row sum; // of the tables that grow with the run
    // Of the fixed tables, which every shard has once.
    uint64_t fixed_cells, fixed_interactions;
    uint64_t shards; // at the size that prove takes by itself
    uint64_t stack;  // cells of all shards' stacks: each is filled up to a power of two
    // What proving time is linear in (polypoly bench cost), in thousands: 2/5 of the cells, which
    // is what writing them and the tables take, 3/5 of the stacks', for commitment and opening, and
    // the interactions, for the buses.
    uint64_t cost;
} pp_cli_cells;

// Runs the program once more and counts. False with *err when the run is none to prove.
PP_NODISCARD bool pp_cli_cells_count(pp_err *err, pp_cli_cells *out, const pp_program *program,
                                     pp_bytes input, const pp_vm_options *options);

// As a table for people; as a JSON member "tables", after a comma.
void pp_cli_cells_print(const pp_cli_cells *c, uint64_t cycles);
void pp_cli_cells_json(const pp_cli_cells *c);

#endif
