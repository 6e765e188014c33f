// SPDX-License-Identifier: MIT OR Apache-2.0
// Example machines with traces, for tests and benchmarks of the proof system: Fibonacci numbers,
// Poseidon2 permutations, Keccak-f[1600] permutations, and one of many tables with lookups.
#ifndef PP_PROVE_EXAMPLES_H
#define PP_PROVE_EXAMPLES_H

#include "prove/prove.h"

typedef struct pp_example {
    const char *name;
    const pp_machine *machine; // lives as long as the program
    pp_hash32 vm_id;
    // The shard: rows by table, layout, trace, public values. Filled by the example's maker.
    uint32_t rows[PP_AIR_TABLES_MAX];
    pp_layout layout;
    pp_fp *stack, *publics;
} pp_example;

// Makers: `size` scales the trace (each says how); cells that no constraint fixes are as the
// machine's table says. The trace is laid out for `set`.
void pp_example_fibonacci(pp_example *e, const pp_pcs_params *set, uint32_t steps);
void pp_example_poseidon2(pp_example *e, const pp_pcs_params *set, uint32_t permutations);
void pp_example_keccak(pp_example *e, const pp_pcs_params *set, uint32_t permutations);
// Tables of 2^4 rows and more, the highest a little over 2^log_rows, 6 to 20 (rounded to what the
// set allows).
void pp_example_many(pp_example *e, const pp_pcs_params *set, uint32_t log_rows);
void pp_example_free(pp_example *e);

// Proves with one thread or the pool; aborts when memory is short. *out is malloc'ed.
void pp_example_prove(const pp_example *e, const pp_pcs_params *set, pp_threads *pool,
                      uint8_t **out, size_t *size, pp_prove_times *times);

// A fault for tests: while `on`, makers add `add` to this cell of a step's row as they fill it, and
// go on from the changed value; for bits, `add` other than zero flips. A fault on is_real writes
// the step's row twice with 1/2 in each. Cells that a maker only copies are not faulty. Or, for
// Keccak: rewrite changes the step's row when it is filled, and the state after it.
typedef struct pp_example_fault {
    bool on;
    uint32_t step, column, add;
    void (*rewrite)(pp_row_writer *row, uint64_t *state); // or NULL
} pp_example_fault;
extern pp_example_fault pp_example_faulty;
pp_fp pp_example_cell(uint32_t step, uint32_t column, pp_fp value);
// Rows that the step takes (1 or 2), and what they have in is_real.
uint32_t pp_example_copies(uint32_t step, pp_fp *real);

// For makers: a machine from `build`, and its trace's memory once e->rows holds at least the rows
// that are needed (they are rounded up here).
void pp_example_machine(pp_example *e, const char *name, void build(pp_air_builder *b));
void pp_example_trace(pp_example *e, const pp_pcs_params *set);

#endif
