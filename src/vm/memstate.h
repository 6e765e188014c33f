// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory tree of a run that goes on: the start's nodes, hashed once when they are first asked
// for, and those that changed since. Subtrees that are uniform take no room. Native.
#ifndef PP_VM_MEMSTATE_H
#define PP_VM_MEMSTATE_H

#include "vm/memtree.h"

typedef struct pp_memstate_node {
    uint32_t key; // level and index; 0: free
    pp_digest digest;
} pp_memstate_node;

typedef struct pp_memstate {
    pp_memtree start;
    pp_memstate_node *nodes; // open addressing
    size_t len, max;
    bool failed; // memory was short; every digest since is worthless
} pp_memstate;

void pp_memstate_begin(pp_memstate *s, const pp_program *program, pp_bytes input);
void pp_memstate_free(pp_memstate *s);
// The digest of the subtree over pages [index 2^level, (index + 1) 2^level).
void pp_memstate_get(pp_memstate *s, pp_digest *out, unsigned level, uint32_t index);
void pp_memstate_set(pp_memstate *s, unsigned level, uint32_t index, const pp_digest *digest);

#endif
