// SPDX-License-Identifier: MIT OR Apache-2.0
// What the execution counts of a run say: by instruction, and by function. Native.
#ifndef PP_VM_PROFILE_H
#define PP_VM_PROFILE_H

#include "vm/decode.h"
#include "vm/vm.h"

// Cycles by operation, from pp_vm_options.counts. out[PP_OP_ILLEGAL] stays 0.
void pp_profile_ops(uint64_t out[PP_OPS_LEN], const pp_program *program, const uint64_t *counts);

// Cycles spent in the instructions of one function (not in what it calls).
typedef struct pp_profile_function {
    const char *name; // a view into the program file, "?" for code before the first symbol
    uint64_t address;
    uint64_t cycles;
    uint64_t calls; // executions of its first instruction
} pp_profile_function;

// Fills *out (malloc'ed, the caller frees) with the functions that were executed, most cycles
// first. A stripped program gives one nameless function. Returns their number.
size_t pp_profile_functions(pp_profile_function **out, const pp_program *program,
                            const uint64_t *counts);

// The function that holds pc: its name (a view into the program file) and how far into it pc is;
// NULL when no symbol stands before it.
const char *pp_profile_symbol(uint64_t *offset, const pp_program *program, uint64_t pc);

#endif
