// SPDX-License-Identifier: MIT OR Apache-2.0
// RV64IM as a machine of tables (air/air.h), and shards of runs as its traces. docs/vm-tables.md
// explains.
//
//   pp_rv64_witness *w = pp_rv64_witness_new(&trace, &shard);            // after pp_vm_trace
//   pp_rv64_rows(w, rows, machine, log_min);
//   pp_layout_make(&layout, machine, rows, log_min, …);
//   pp_rv64_fill(w, &layout, machine, stack, pool);                      // stack was zeroed
//   pp_rv64_publics(w, publics);
#ifndef PP_RV64_RV64_H
#define PP_RV64_RV64_H

#include "air/layout.h"
#include "cpu/threads.h"
#include "hash/poseidon2.h"
#include "vm/shard.h"

// The public values: the memory tree's root before the shard, then after it.
enum { PP_RV64_PUBLICS = 18 };

// Builds the machine; always the same. NULL with *error only when memory is too small: keep
// PP_RV64_KEEP_SIZE, scratch PP_AIR_SCRATCH_SIZE.
#define PP_RV64_KEEP_SIZE ((size_t)4 << 20)
PP_NODISCARD const pp_machine *pp_rv64_machine(pp_arena *keep, pp_arena *scratch,
                                               pp_air_error *error);

// Ticks of the state chain that one row of a table takes; 0 for tables that are not on it. The
// verifier checks that the sum over all rows stays below PP_TIME_MAX.
uint32_t pp_rv64_ticks(uint32_t table);

// What a shard of at most 2^log_cells cells may hold, for a plan (vm/shard.h). log_min is the
// parameter set's first fold.
void pp_rv64_limits(pp_shard_limits *out, const pp_machine *machine, uint32_t log_min,
                    uint32_t log_cells);

// What a shard's trace consists of: the pages before and after, the nodes of the memory tree
// between them and the root, every permutation. malloc'ed; views into trace and shard, which must
// outlive it. NULL when memory is short. Whether the roots are those that the shard names is for
// the caller to compare (pp_rv64_publics).
typedef struct pp_rv64_witness pp_rv64_witness;
pp_rv64_witness *pp_rv64_witness_new(const pp_trace *trace, const pp_vm_shard *shard);
void pp_rv64_witness_free(pp_rv64_witness *w);

// Rows in use of each table (1 for a fixed one that is), and the canonical numbers of rows
// (pp_layout_round) that hold them; the latter from the former (a shard's rows are such).
void pp_rv64_used(const pp_rv64_witness *w, uint32_t used[PP_AIR_TABLES_MAX]);
void pp_rv64_round(uint32_t rows[PP_AIR_TABLES_MAX], const pp_machine *machine, uint32_t log_min);
void pp_rv64_rows(const pp_rv64_witness *w, uint32_t rows[PP_AIR_TABLES_MAX],
                  const pp_machine *machine, uint32_t log_min);
// Writes all rows; the same cells for every number of threads (NULL: one). The stack has
// 2^log_cells cells, zero before. False when memory is short.
PP_NODISCARD bool pp_rv64_fill(const pp_rv64_witness *w, const pp_layout *layout,
                               const pp_machine *machine, pp_fp *stack, pp_threads *pool);
void pp_rv64_publics(const pp_rv64_witness *w, pp_fp publics[PP_RV64_PUBLICS]);

#endif
