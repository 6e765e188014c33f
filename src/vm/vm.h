// SPDX-License-Identifier: MIT OR Apache-2.0
// The virtual machine: run a program on an input, and the names (ids) of both. Native.
// RV64IM with misaligned data access, memory and calls as in vm/abi.h; docs/vm.md explains.
//
//   pp_program program;
//   pp_elf_code code = pp_elf_load(&program, file);          // views into file
//   pp_vm_result r;
//   if (!pp_vm_run(&err, &r, &program, input, NULL)) ...     // the environment failed
//   if (pp_vm_ok(&r)) use(r.output, r.output_size);          // else pp_vm_describe(text, &r)
#ifndef PP_VM_VM_H
#define PP_VM_VM_H

#include "base/err.h"
#include "vm/accel.h"
#include "vm/claim.h"
#include "vm/elf.h"

// How a run ended. Only HALTED with exit code 0 can be proven. `pc` and `address` as in the last
// column of pp_vm_result's comment.
#define PP_VM_STATUSES(X)                                                                          \
    X(HALTED, "halted")                 /* halt(exit_code); pc of the ecall */                     \
    X(CYCLE_LIMIT, "cycle-limit")       /* pc: the first instruction not executed */               \
    X(MEMORY_LIMIT, "memory-limit")     /* pc, and the address whose page would be one too many */ \
    X(BAD_FETCH, "bad-fetch")           /* pc: last instruction executed; address: next, not RX */ \
    X(MISALIGNED_PC, "misaligned-pc")   /* pc: the jump or branch; address: its target */          \
    X(ILLEGAL, "illegal-instruction")   /* pc; address: the instruction word */                    \
    X(BAD_LOAD, "bad-load")             /* pc; address: of the load, output write or operand */    \
    X(BAD_STORE, "bad-store")           /* pc; address */                                          \
    X(BAD_ECALL, "bad-ecall")           /* pc; address: the call number (a7) */                    \
    X(BAD_FD, "bad-fd")                 /* pc; address: the file descriptor (a0) */                \
    X(BAD_OPERAND, "bad-operand")       /* pc; address: the accelerator's number */                \
    X(OUTPUT_FULL, "output-full")       /* pc; address: the length that was too much (a2) */       \
    X(INPUT_TOO_LONG, "input-too-long") /* nothing was run; address: the length */

typedef enum pp_vm_status {
#define X(name, text) PP_VM_##name,
    PP_VM_STATUSES(X)
#undef X
        PP_VM_STATUSES_LEN
} pp_vm_status;

// The fixed name of a status, "bad-load".
const char *pp_vm_status_name(pp_vm_status status);

enum {
    PP_VM_DEFAULT_PAGES = 1 << 20, // 512 MiB of touched pages
    PP_VM_DEBUG_MAX = 16 << 20,    // bytes of debug text one run hands over; the rest is dropped
};
#define PP_VM_DEFAULT_CYCLES ((uint64_t)1 << 36)

// What one run may use and tell. All zero, or a NULL pointer to it, means the defaults.
typedef struct pp_vm_options {
    uint64_t max_cycles; // instructions; 0: PP_VM_DEFAULT_CYCLES
    uint64_t max_pages;  // touched 512-byte pages; 0: PP_VM_DEFAULT_PAGES
    // Receives debug text (fd 1 and 2) as the guest writes it; NULL: dropped. The text ends at the
    // first byte the guest itself could not read, for a debug write never ends a run.
    void (*debug)(void *ctx, int fd, pp_bytes text);
    void *debug_ctx;
    // Called every 2^28 instructions or so (a fraction of a second) with those executed; NULL: not.
    void (*progress)(void *ctx, uint64_t cycles);
    void *progress_ctx;
    // Execution counts: counts[i] is raised at each execution of the instruction at
    // program->text_start + 4 i. NULL, or pp_vm_counts_len(program) entries. Runs slower.
    uint64_t *counts;
} pp_vm_options;

// Entries of pp_vm_options.counts: one for each word of the text, and one behind the last, which a
// run off the text's end passes through and leaves as it was.
static inline size_t pp_vm_counts_len(const pp_program *program) {
    return (size_t)(program->text_end - program->text_start) / 4 + 1;
}

typedef struct pp_vm_result {
    pp_vm_status status;
    uint64_t exit_code;  // of halt; 0 when not halted
    uint64_t cycles;     // instructions executed, the ending one included if it took effect
    uint64_t pc;         // where it ended, see PP_VM_STATUSES
    uint64_t address;    // what it ended on, see PP_VM_STATUSES
    uint64_t misaligned; // loads and stores at addresses that are no multiple of their size
    uint64_t accelerated[PP_ACCELS_LEN]; // calls of each accelerator (vm/accel.h)
    uint64_t pages[3];                   // touched pages in Q0, Q1, Q2: first load, store or fetch
    uint32_t output_size;
    uint8_t output[PP_OUTPUT_MAX];
} pp_vm_result;

// Runs program on input until it ends; deterministic: the same result on every machine for the
// same max_cycles and max_pages. Takes 1 GiB of address space; in use are the bytes that program
// and input bring, 2 MiB, and at most 8 KiB for each touched page. False with *err when the system
// gives no address space.
PP_NODISCARD bool pp_vm_run(pp_err *err, pp_vm_result *out, const pp_program *program,
                            pp_bytes input, const pp_vm_options *options);

// Halted with exit code 0: what can be claimed.
static inline bool pp_vm_ok(const pp_vm_result *r) {
    return r->status == PP_VM_HALTED && r->exit_code == 0;
}

// One sentence on how the run ended, with names, pc and address. Returns out.
enum { PP_VM_DESCRIBE_MAX = 256 };
char *pp_vm_describe(char out[PP_VM_DESCRIBE_MAX], const pp_vm_result *r);

// Names. vm_id: this version's machine, the hash of its tables (pp_machine_id of pp_rv64_machine;
// tools/gen_vm_id.py writes it here after the tables changed). program_id: Keccak-256 of (tag,
// vm_id, digest of Q0, entry). input_id: Keccak-256 of (tag, digest of Q2); false when the input is
// longer than PP_VM_INPUT_MAX. The digests are those of vm/memtree.h.
void pp_vm_id(pp_hash32 *out);
void pp_program_id(pp_hash32 *out, const pp_program *program);
PP_NODISCARD bool pp_input_id(pp_hash32 *out, pp_bytes input);

#endif
