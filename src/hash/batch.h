// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2 and Keccak-256 many at a time: as hash/poseidon2.h and hash/keccak.h, on the
// instruction set of pp_cpu_level(). Native.
#ifndef PP_HASH_BATCH_H
#define PP_HASH_BATCH_H

#include "cpu/threads.h"
#include "hash/keccak.h"
#include "hash/poseidon2.h"

// n permutations, in place.
void pp_poseidon2_permute_many(pp_fp (*states)[PP_POSEIDON2_WIDTH], size_t n);

// out[i] = pp_hash_leaf of row i of a row-major matrix with n rows of `width` elements.
void pp_hash_leaves(pp_threads *pool, pp_digest *out, const pp_fp *rows, size_t n, size_t width,
                    uint32_t domain, uint32_t parameter);

// out[i] = pp_hash_node(children[2i], children[2i + 1]) for i < n. out and children may not
// overlap.
void pp_hash_nodes(pp_threads *pool, pp_digest *out, const pp_digest *children, size_t n,
                   uint32_t tag);

// As pp_keccak256_each, four messages at once with AVX2, eight with AVX-512.
void pp_keccak256_many(const pp_keccak_message *messages, size_t n);

#endif
