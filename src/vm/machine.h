// SPDX-License-Identifier: MIT OR Apache-2.0
// The inside of a running machine; only the executor's own files include this.
#ifndef PP_VM_MACHINE_H
#define PP_VM_MACHINE_H

#include "vm/decode.h"
#include "vm/shard.h"
#include "vm/trace.h"
#include "vm/vm.h"

#define PP_LIKELY(x) __builtin_expect(!!(x), 1)
#define PP_UNLIKELY(x) __builtin_expect(!!(x), 0)

// Instructions are decoded once, at their first execution, into 8 bytes each. Operation numbers
// are those of pp_op, with 0 for "not decoded yet" and two more for rare cases.
typedef struct pp_slot {
    uint8_t op;
    uint8_t rd; // PP_SINK for x0
    uint8_t rs1;
    uint8_t rs2;
    int32_t imm; // of jumps and branches: the distance in slots
} pp_slot;

enum {
    PP_SLOT_UNDECODED = 0,
    PP_SLOT_ILLEGAL = PP_OPS_LEN,
    PP_SLOT_FAR, // a jump or branch to where there is no code
    PP_SLOT_OPS_LEN,
    PP_SINK = 32, // results for x0 go here, so that no instruction tests for it
    PP_REGISTERS = 33,
    PP_REGISTER_A0 = 10,
    PP_REGISTER_A7 = 17,
};

// One byte a page: the permission, and once the page is touched what needs no further check.
// Touched is counted anew in each shard, known for the whole run.
enum {
    PP_PAGE_LOAD = 1,
    PP_PAGE_STORE = 2,
    PP_PAGE_TOUCHED = 4,
    PP_PAGE_KNOWN = 8,
    PP_PAGE_PERM_SHIFT = 4,
};

typedef struct pp_vm_machine {
    uint8_t *memory; // 1 GiB of address space, committed as touched
    uint8_t *pages;  // one byte for each page of it
    pp_slot *slots;  // one for each word of [text_start, text_end), and one behind the last
    uint64_t text_start;
    uint64_t text_size; // bytes
    uint64_t regs[PP_REGISTERS];
    const pp_slot *at;   // the next instruction
    uint64_t remaining;  // cycles that may still be executed
    uint64_t pages_left; // pages that may still be touched
    uint64_t debug_left; // bytes of debug text that may still be handed over
    const pp_vm_options *options;
    pp_vm_result *result;
    pp_trace *trace;  // of _traced
    pp_vm_plan *plan; // while a run is cut into shards, else NULL
} pp_vm_machine;

// Executes until the run ends and fills result's status, pc, address; remaining is exact then.
// _fast may stop early, without an end (returns false), when fewer cycles remain than a straight
// run through the text could take; _exact then goes on, counting each instruction. An end at the
// cycle limit leaves m->at so that _exact can go on with more cycles. _traced is _exact that fills
// m->trace; it also ends, like the limit, where the plan has no room for the next instruction.
bool pp_machine_run_fast(pp_vm_machine *m);
bool pp_machine_run_exact(pp_vm_machine *m);
bool pp_machine_run_traced(pp_vm_machine *m);

// Address space for a machine whose text is set: all zero. And the machine of a run's start, in it.
PP_NODISCARD bool pp_machine_open(pp_err *err, pp_vm_machine *m);
PP_NODISCARD bool pp_machine_begin(pp_err *err, pp_vm_machine *m, pp_vm_result *result,
                                   const pp_program *program, pp_bytes input,
                                   const pp_vm_options *options);
void pp_machine_close(pp_vm_machine *m);

// Writing a run down (vm/trace.c): before an instruction changes anything, and after it took
// effect.
void pp_trace_before(pp_vm_machine *m, uint64_t pc);
void pp_trace_after(pp_vm_machine *m);
PP_NODISCARD bool pp_trace_begin(pp_err *err, pp_trace *trace, size_t words);
// The step that an instruction will be: across is known from the address.
unsigned pp_trace_kind(const pp_vm_machine *m, pp_insn insn);
// The machine's first page as registers and pc are: in memory.
void pp_trace_store_machine(pp_vm_machine *m, uint64_t pc);

// Cutting a run (vm/plan.c): a page's first touch in the shard, before anything on it changes; a
// row of a step; a word executed for the first time; is there room for the instruction at pc?
void pp_plan_touch(pp_vm_plan *plan, uint32_t page);
void pp_plan_step(pp_vm_plan *plan, unsigned kind);
void pp_plan_word(pp_vm_plan *plan);
bool pp_plan_room(pp_vm_plan *plan, uint64_t pc);

// The rare paths. Each returns false when the run ends, with status and address set.
// Loads `size` bytes (1, 2, 4, 8) zero-extended; counts a misaligned one and touches its pages.
bool pp_machine_load(pp_vm_machine *m, uint64_t *out, uint64_t address, unsigned size);
bool pp_machine_store(pp_vm_machine *m, uint64_t address, uint64_t value, unsigned size);
// Decodes the instruction at pc, after touching its page.
bool pp_machine_decode(pp_vm_machine *m, uint64_t pc);
// True when code may be fetched at pc.
bool pp_machine_is_code(const pp_vm_machine *m, uint64_t pc);
// Whether a jump there is no error yet. A shard knows only the pages it opens, and its last jump
// may lead to one that the next shard opens: there anywhere in the text will do, and the fetch
// decides.
bool pp_machine_is_target(const pp_vm_machine *m, uint64_t pc);
bool pp_machine_ecall(pp_vm_machine *m);
// A PP_SLOT_FAR instruction at pc: true when the branch is not taken.
bool pp_machine_far(pp_vm_machine *m, uint64_t pc);
// Notes how the run ends; always false.
bool pp_machine_end(pp_vm_machine *m, pp_vm_status status, uint64_t address);

static inline uint64_t pp_machine_pc(const pp_vm_machine *m, const pp_slot *slot) {
    return m->text_start + 4 * (uint64_t)(slot - m->slots);
}

#endif
