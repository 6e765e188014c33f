// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory tree: what a machine's memory is, as one digest. Pure.
//
// Depth 21 over 512-byte pages; page i is memory [512 i, 512 i + 512). A leaf is pp_hash_leaf with
// domain PP_MEMTREE_PAGE and the permission as parameter over the page's 256 limbs of 16 bits,
// little-endian, one field element each; for a page of permission NONE over no elements. A node is
// pp_hash_node with tag PP_MEMTREE_NODE. The root of the start is N(N(Q0, Q1), N(Q2, Q3)).
#ifndef PP_VM_MEMTREE_H
#define PP_VM_MEMTREE_H

#include "hash/poseidon2.h"
#include "vm/elf.h"

// Levels of a quarter's subtree.
enum { PP_MEMTREE_QUARTER_DEPTH = PP_VM_TREE_DEPTH - 2 };

// The leaf of one page. MACH pages are leaves like any other.
void pp_memtree_leaf(pp_digest *out, const uint8_t page[PP_VM_PAGE_SIZE], pp_perm perm);
void pp_memtree_node(pp_digest *out, const pp_digest *left, const pp_digest *right);

// Q0 to Q3 as a run starts.
void pp_memtree_program(pp_digest *out, const pp_program *program);
void pp_memtree_stack(pp_digest *out); // a constant of the ABI
// input.size <= PP_VM_INPUT_MAX, asserted.
void pp_memtree_input(pp_digest *out, pp_bytes input);
// The machine's registers stand in its first page, one 64-bit word each: x0 to x31, the sink for
// rd = x0, pc, exit code, output length; the output's 256 bytes are the first of the second page.
// At the start all is zero but pc.
void pp_memtree_machine(pp_digest *out, uint64_t entry);
// The machine quarter at any time: the first `len` words (at most 64) of its first page, and the
// output's bytes.
void pp_memtree_machine_state(pp_digest *out, const uint64_t *words, size_t len, pp_bytes output);
// The root over four quarters.
void pp_memtree_join(pp_digest *out, const pp_digest quarters[4]);
// The root of a run's start.
void pp_memtree_root(pp_digest *out, const pp_program *program, pp_bytes input);

// The ids of vm/vm.h from digests.
void pp_program_id_of(pp_hash32 *out, const pp_hash32 *vm_id, const pp_digest *program,
                      uint64_t entry);
void pp_input_id_of(pp_hash32 *out, const pp_digest *input);

// The memory at a run's start, for whoever opens parts of it: begin, then any page, and the digest
// of any aligned subtree of zeros that lies in one quarter. The program, its file and the input
// must outlive it.
typedef struct pp_memtree_quarter {
    const void *ctx;
    // True when pages [first, first + count) of the quarter are zero and of one permission.
    bool (*uniform)(const void *ctx, pp_perm *perm, uint64_t first, uint64_t count);
    // The bytes and permission of one page.
    pp_perm (*page)(const void *ctx, uint8_t out[PP_VM_PAGE_SIZE], uint64_t page);
    // Digests of zero subtrees by permission and level, filled when first needed.
    pp_digest zero[PP_PERM_MACH + 1][PP_MEMTREE_QUARTER_DEPTH + 1];
    bool have_zero[PP_PERM_MACH + 1];
} pp_memtree_quarter;
typedef struct pp_memtree {
    pp_memtree_quarter quarter[4];
    pp_bytes input;
    uint64_t entry;
} pp_memtree;

void pp_memtree_begin(pp_memtree *t, const pp_program *program, pp_bytes input);
// page < 2^21.
pp_perm pp_memtree_page(pp_memtree *t, uint8_t out[PP_VM_PAGE_SIZE], uint32_t page);
// Whether pages [first, first + 2^level), level <= PP_MEMTREE_QUARTER_DEPTH, first a multiple of
// 2^level, are zero and of one permission; then their digest.
PP_NODISCARD bool pp_memtree_zeros(pp_memtree *t, pp_digest *out, uint32_t first, unsigned level);

#endif
