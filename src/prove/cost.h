// SPDX-License-Identifier: MIT OR Apache-2.0
// What a run costs to prove, counted and not timed: the same on every machine. Proving time follows
// cells plus interactions; cycles say little, for an accelerator's call is
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
    uint64_t stack; // cells of the shards' stacks, each of which is filled up to a power of two
    pp_vm_result result; // of the run
} pp_prove_cost;

// Runs the program and counts. False with *err when the run is none to prove (PP_EXIT_NO; the
// result says how it ended), or memory is short.
PP_NODISCARD bool pp_prove_cost_count(pp_err *err, pp_prove_cost *out, const pp_machine *machine,
                                      const pp_program *program, pp_bytes input,
                                      const pp_vm_options *options);
// All cells and interactions of all shards.
uint64_t pp_prove_cost_all(const pp_prove_cost *cost);
// What proving time is linear in (polypoly bench cost measures it): 2/5 of the cells, which writing
// them and the tables take, 3/5 of the stacks', for commitment and opening, and the interactions,
// for the buses. Of large runs the same as all; of small ones it has steps, which no price should.
uint64_t pp_prove_cost_time(const pp_prove_cost *cost);
// All cells and interactions in units of work, rounded up.
uint64_t pp_prove_cost_work(const pp_prove_cost *cost);
// Units of work of one shard.
uint64_t pp_prove_shard_work(const pp_machine *machine, const pp_vm_shard *shard);

#endif
