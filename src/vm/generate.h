// SPDX-License-Identifier: MIT OR Apache-2.0
// Random programs for comparing the executor with qemu-riscv64: every instruction, every register,
// edge values, misaligned data, forward and backward jumps; each program ends.
#ifndef PP_VM_GENERATE_H
#define PP_VM_GENERATE_H

#include "base/test.h"
#include "vm/encode.h"

// Where a batch's memory lies: registers and scratch bytes of the program that is running.
#define GENERATE_DATA ((uint64_t)0x2000000)
enum {
    GENERATE_SCRATCH = 2048,                   // bytes a program loads from and stores to
    GENERATE_DUMP = 32 * 8 + GENERATE_SCRATCH, // what each program writes to fd 1
    GENERATE_DATA_SIZE = GENERATE_DUMP + 4096,
    GENERATE_WORDS_MAX = 1200, // an upper bound of a program's words
};

// Appends one random program: sets the registers, runs a random body, writes all registers and
// the scratch bytes to fd 1, and falls through to what follows. Reproducible from *rng.
void generate_program(pp_asm *a, pp_rng *rng);

// Appends n calls of accelerators, which qemu has not, of those that have a result for any
// operands: anywhere in the scratch bytes, so that many overlap; in turn, from a random one on. At
// most 200 words a call.
void generate_calls(pp_asm *a, pp_rng *rng, unsigned n);

#endif
