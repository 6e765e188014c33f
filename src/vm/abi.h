// SPDX-License-Identifier: MIT OR Apache-2.0
// Guest ABI, version 1: the address map, the system calls and their numbers (docs/vm.md).
// guest/sdk (linker script, start code) repeats the addresses; test_vm.c compares them. The guest
// library includes this file for the calls' numbers.
#ifndef PP_VM_ABI_H
#define PP_VM_ABI_H

#include "base/base.h"

// Memory lies below 2^30 in four quarters of 2^28 bytes, each a subtree of the memory tree.
#define PP_VM_MEMORY_SIZE ((uint64_t)1 << 30)
#define PP_VM_QUARTER_SIZE ((uint64_t)1 << 28)
#define PP_VM_PROGRAM_START ((uint64_t)0x1000)     // below it: the null page, which traps
#define PP_VM_PROGRAM_END ((uint64_t)0x10000000)   // Q0: text, rodata, data, bss, heap
#define PP_VM_STACK_TOP ((uint64_t)0x20000000)     // Q1: sp starts here and grows down
#define PP_VM_STACK_SIZE ((uint64_t)4 << 20)       // all below it in Q1 is guard
#define PP_VM_INPUT_START ((uint64_t)0x20000000)   // Q2: u64 length, little-endian, then the bytes
#define PP_VM_INPUT_MAX (PP_VM_QUARTER_SIZE - 8)   // the longest input
#define PP_VM_MACHINE_START ((uint64_t)0x30000000) // Q3: registers and output, not addressable

// Permissions and first touches are per page. 2^21 pages: the memory tree has depth 21.
enum { PP_VM_LOG_PAGE = 9, PP_VM_PAGE_SIZE = 1 << PP_VM_LOG_PAGE, PP_VM_TREE_DEPTH = 21 };

// What a page's cells may be used for; it is part of the page's leaf in the memory tree.
typedef enum pp_perm {
    PP_PERM_NONE = 0, // null page, guards, unused space: nothing opens it
    PP_PERM_RO = 1,   // loads
    PP_PERM_RW = 2,   // loads and stores
    PP_PERM_RX = 3,   // fetches and loads
    PP_PERM_MACH = 4, // registers and output: neither
} pp_perm;

// ecall: number in a7, arguments in a0 to a5, result in a0. Everything else ends the run.
enum {
    PP_ECALL_WRITE = 64, // write(fd, pointer, length), returns length; a fd not listed ends the run
    PP_ECALL_HALT = 93,  // halt(code); only code 0 can be proven
};

// Accelerators: calls from 0x1000 on operands in memory. a0, a1, … point to them, 8-aligned, each
// so many 8-byte cells; 0 cells: the register is the operand itself. All operands are read, then
// the last one is written; so they may overlap. All lie in memory that may be loaded, the last in
// writable memory, each in memory of one permission; else the run ends before anything changes. So
// it does where a function has no result (bad-operand). Registers stay as they are.
//   X(id of the table, name, number, what it does, cells of the operands …)
// Beside its line here an accelerator has its function on plain words (vm/accel.c), and its table
// (rv64/<id>.c); what drives it is made from this list. docs/vm-tables.md.
#define PP_ACCELS(X)                                                                               \
    X(keccak, KECCAK_F, 0x1000, "keccak-f[1600] of 25 lanes", 25)                                  \
    X(poseidon2, POSEIDON2, 0x1001, "Poseidon2 of 24 elements", 12)                                \
    X(poseidon2_node, POSEIDON2_NODE, 0x1002, "Poseidon2 of two digests and a tag", 5, 5, 0, 5)    \
    X(sha256, SHA256, 0x1003, "SHA-256's compression of a block, into a state", 8, 4)              \
    X(mulmod, MULMOD, 0x1010, "a b + c mod m: a, b, c, m, result", 4, 4, 4, 4, 4)                  \
    X(secp256k1_add, SECP256K1_ADD, 0x1011, "a point; 1: minus it; added to a point", 8, 0, 8)     \
    X(secp256k1_double, SECP256K1_DOUBLE, 0x1012, "a point, doubled", 8)

enum {
#define X(id, name, number, what, ...) PP_ECALL_##name = (number),
    PP_ACCELS(X)
#undef X
};
enum {
    PP_FD_DEBUG = 1, // text for the developer, outside the proof: never read back, never fails
    PP_FD_DEBUG_ERROR = 2, // likewise
    PP_FD_OUTPUT = 3,      // the public output, PP_OUTPUT_MAX bytes in all
};

#endif
