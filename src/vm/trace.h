// SPDX-License-Identifier: MIT OR Apache-2.0
// A run written down, step by step, for the proof's tables. Native.
//
// Each executed instruction leaves one record, filed under its kind; with the values and the times
// of all it touched, so that each record becomes a row without looking at any other. Time as in
// docs/vm-tables.md: an instruction has PP_TICKS_STEP ticks, an ecall PP_TICKS_CALL, an
// accelerator pp_accel_ticks.
#ifndef PP_VM_TRACE_H
#define PP_VM_TRACE_H

#include "vm/decode.h"
#include "vm/vm.h"

enum {
    PP_TICKS_STEP = 4,
    PP_TICKS_CALL = 8,
    PP_TIME_START = 4,         // of the first instruction; page-in is 0
    PP_TIME_MAX = 1 << 24,     // all times of a shard are below
    PP_REFRESH_TICKS = 1 << 16 // a register's accesses lie no further apart
};

// The registers' cells, by their number (PP_VM_MACHINE_START + 8 · number): x0 to x31, then these.
enum {
    PP_CELL_SINK = 32,
    PP_CELL_PC = 33,
    PP_CELL_EXIT = 34,
    PP_CELL_OUTPUT_SIZE = 35,
    PP_CELL_OUTPUT = 64, // 32 of them
};

// What a record is of: an operation (pp_op), or one of these.
enum {
    PP_STEP_LOAD_ACROSS = PP_OPS_LEN, // a load that is not aligned to its size
    PP_STEP_STORE_ACROSS,
    PP_STEP_HALT,
    PP_STEP_DEBUG,   // write to fd 1 or 2
    PP_STEP_WRITE,   // write to fd 3, then one
    PP_STEP_BYTE,    // for each of its bytes
    PP_STEP_REFRESH, // a register carried on in time
    PP_STEP_ACCEL,   // the first of the accelerators
    PP_STEPS_LEN = PP_STEP_ACCEL + PP_ACCELS_LEN
};

// A cell before an access: its value and the time of the access before.
typedef struct pp_cell {
    uint64_t v;
    uint32_t time;
    uint8_t perm; // of its page, where it is an accelerator's
} pp_cell;

// One record. Which cells it uses, by kind:
//   instructions: [0] rs1, [1] rs2, [2] rd, where the operation has them; loads and stores:
//   [3] the 8-aligned cell at the address, [4] the one after it (across, when it is reached);
//   HALT: [0] a7, [1] a0, [2] exit code; DEBUG: a7, a0, a2; WRITE: a7, a0, a1, a2, output length;
//   BYTE: [0] memory, [1] output; REFRESH: [0]; accelerators: a7, and from pp_trace.operands
//   on the registers a0, a1, …, then the operands' words; of a register's there is the value alone.
typedef struct pp_step {
    uint64_t result; // rd after
    pp_cell cell[5];
    uint32_t pc;
    uint32_t time;
    int32_t imm;
    uint8_t op, rd, rs1, rs2; // as decoded; rd 32 for x0
    uint8_t perm[2];          // of the pages of [3], [4]; of BYTE's memory
    uint32_t a, b, c;         // BYTE: pointer, position, bytes left; REFRESH: cell, new time;
                              // accelerators: a, its first of operands
} pp_step;

typedef struct pp_steps {
    pp_step *items;
    size_t len, max;
} pp_steps;

// A page that the shard opens, at its end.
typedef struct pp_trace_page {
    uint32_t index; // address / 512
    pp_perm perm;
    uint8_t bytes[PP_VM_PAGE_SIZE];
    uint32_t time[PP_VM_PAGE_SIZE / 8]; // of the last access to each cell; 0: none
} pp_trace_page;

typedef struct pp_trace {
    pp_steps steps[PP_STEPS_LEN];
    pp_cell *operands; // that accelerators found, call by call
    size_t operands_len, operands_max;
    uint32_t end_time; // of the state after the last instruction
    uint64_t start_pc;
    uint64_t end_pc;      // 1 after halt
    pp_trace_page *pages; // by index
    size_t pages_len;
    // One number a word of the text: how often it was executed.
    uint64_t *counts;
    size_t counts_len;
    // While it runs. A plan only counts: the steps have lengths, and no items.
    struct pp_vm_plan *plan;
    uint32_t *times; // by cell; address space, committed as touched
    uint32_t now;
    pp_step step;
    uint64_t words[PP_ACCEL_CELLS_MAX]; // of an accelerator's operands, before
    bool full;                          // the shard's time is over
    bool spent;                         // memory was short
    bool astray;                        // the output's page was written and is not the shard's
} pp_trace;

// pp_vm_trace (vm/shard.h) makes one.
void pp_trace_free(pp_trace *trace);
// Only the records, when rows were made of them.
void pp_trace_free_steps(pp_trace *trace);

#endif
