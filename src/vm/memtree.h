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
// The root of a run's start.
void pp_memtree_root(pp_digest *out, const pp_program *program, pp_bytes input);

#endif
