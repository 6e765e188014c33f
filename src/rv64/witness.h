// SPDX-License-Identifier: MIT OR Apache-2.0
// What rows are made of; only this folder's own files include this.
#ifndef PP_RV64_WITNESS_H
#define PP_RV64_WITNESS_H

#include "rv64/machine.h"

struct pp_rv64_witness {
    const pp_trace *trace;
    const pp_vm_shard *shard;
    size_t siblings_used;
    page_row *pages;
    node_row *nodes;
    size_t nodes_len, nodes_max;
    permutation_row *permutations;
    size_t permutations_len, permutations_max;
    uint32_t decode_rows;
    pp_digest root[2];
    bool failed; // memory was short
};

#endif
