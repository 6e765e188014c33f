// SPDX-License-Identifier: MIT OR Apache-2.0
// One program at a time, built instruction by instruction and run: for the executor's tests.
#ifndef PP_VM_TEST_CODE_H
#define PP_VM_TEST_CODE_H

#include "vm/test_support.h"

enum { T0 = 5, T1 = 6, T2 = 7, A0 = 10, A1 = 11, SP = 2, RA = 1 };
#define BSS ((uint64_t)0x100000)
enum { BSS_SIZE = 0x2000 };

extern pp_asm code;

void start(void); // with no code
void op(pp_op o, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm);
void li(unsigned rd, uint64_t v);

pp_vm_result run_with(pp_bytes input, const pp_vm_options *options);
pp_vm_result run(void); // without input and options

#endif
