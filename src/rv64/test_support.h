// SPDX-License-Identifier: MIT OR Apache-2.0
// What the tests of this folder share: a run as a trace that can be checked, and spoilt.
#ifndef PP_RV64_TEST_SUPPORT_H
#define PP_RV64_TEST_SUPPORT_H

#include "air/check.h"
#include "rv64/machine.h"
#include "vm/generate.h"
#include "vm/test_support.h"

enum { RV64_TEST_LOG_MIN = 3 };

// The machine, built once and never freed.
const pp_machine *rv64_test_machine(void);

// A whole run as one shard: records, witness, layout, stack. Aborts when the run does not end with
// code 0.
typedef struct rv64_run {
    pp_vm_shard shard;
    pp_trace trace;
    pp_vm_result result;
    pp_rv64_witness *witness;
    uint8_t *file; // of rv64_run_everything
    pp_program program;
    pp_layout layout;
    pp_fp *stack, publics[PP_RV64_PUBLICS];
} rv64_run;
void rv64_run_begin(rv64_run *r, const pp_program *program, pp_bytes input);
void rv64_run_end(rv64_run *r);
// The debug checker's verdict; prints its finding when it is no.
bool rv64_run_check(const rv64_run *r);

// Code that writes words to memory (x5, x6), and then calls an accelerator with them: its operands
// lie one behind the other from `address` on; words of register operands are given to the register.
void rv64_asm_words(pp_asm *a, uint64_t address, const uint64_t *words, size_t len);
void rv64_asm_accel(pp_asm *a, const pp_accel *accel, uint64_t address, const uint64_t *words);

// Words for which every accelerator has a result: variants 0, 1, … are ordinary and edge cases.
enum { RV64_ACCEL_VARIANTS = 8 };
void rv64_accel_words(uint64_t words[PP_ACCEL_CELLS_MAX], const pp_accel *accel, unsigned variant);

// A run that has rows in every table: generated programs, all calls, every kind of access.
void rv64_run_everything(rv64_run *r);

// Cells by name ("result", 2); an index of -1 for a column that is alone. Aborts on a wrong name.
uint32_t rv64_table(const char *name);
pp_fp *rv64_cell(rv64_run *r, const char *in, uint32_t row, const char *column, int index);

// Begin, check, end.
bool rv64_check(const pp_program *program, pp_bytes input);
bool rv64_check_asm(const pp_asm *code, pp_bytes input);

#endif
