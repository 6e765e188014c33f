// SPDX-License-Identifier: MIT OR Apache-2.0
// The ALU vectors of the RISC-V architecture tests, for the executor and the tables. Test only.
#ifndef PP_VM_VECTORS_H
#define PP_VM_VECTORS_H

#include "vm/encode.h"

// One ALU vector: op, registers, operands, the expected result.
typedef struct vector {
    pp_op op;
    unsigned rd, rs1, rs2;
    bool immediate;
    uint64_t a, b, expected;
} vector;

enum { VECTORS_MAX = 30000, VECTOR_WORDS_MAX = 24 };

// Reads them from the shared data: how many there are, 0 when the file is not there.
size_t vectors_load(vector out[VECTORS_MAX]);
// The operands, the instruction, the result to the 8 bytes at slot.
void vectors_emit(pp_asm *a, const vector *v, uint64_t slot);

#endif
