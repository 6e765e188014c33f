// SPDX-License-Identifier: MIT OR Apache-2.0
// What a run costs to prove, counted and not timed: the same on every machine. Proving time is
// meant to be linear in cells plus interactions; cycles say little, for an accelerator's call is
// one cycle and thousands of rows.
#ifndef PP_PROVE_COST_H
#define PP_PROVE_COST_H

#include "prove/claim.h"

// Cells plus interactions of one unit of work: of a cycle of fib when this was written. A unit of
// prices and deadlines, so it stays.
enum { PP_COST_UNIT = 34 };

typedef struct pp_prove_cost {
    uint64_t shards; // of the default size of the set fast
    uint64_t rows[PP_AIR_TABLES_MAX];
    uint64_t cells, interactions;             // of the tables that grow with the run
    uint64_t fixed_cells, fixed_interactions; // of the fixed tables, which every shard has once
    pp_vm_result result;                      // of the run
} pp_prove_cost;

// Runs the program and counts. False with *err when the run is none to prove (PP_EXIT_NO; the
// result says how it ended), or memory is short.
PP_NODISCARD bool pp_prove_cost_count(pp_err *err, pp_prove_cost *out, const pp_machine *machine,
                                      const pp_program *program, pp_bytes input,
                                      const pp_vm_options *options);
// All cells and interactions of all shards.
uint64_t pp_prove_cost_all(const pp_prove_cost *cost);
// The same in units of work, rounded up.
uint64_t pp_prove_cost_work(const pp_prove_cost *cost);
// Units of work of one shard.
uint64_t pp_prove_shard_work(const pp_machine *machine, const pp_vm_shard *shard);

#endif
