// SPDX-License-Identifier: MIT OR Apache-2.0
// Kernels behind hash/batch.h, one table for each instruction set. Internal to hash/, its tests and
// benchmark.
#ifndef PP_HASH_BATCH_KERNELS_H
#define PP_HASH_BATCH_KERNELS_H

#include "hash/keccak.h"
#include "hash/poseidon2.h"

typedef struct pp_hash_kernels {
    void (*permute)(pp_fp (*states)[PP_POSEIDON2_WIDTH], size_t n);
    void (*leaves)(pp_digest *out, const pp_fp *rows, size_t n, size_t width, uint32_t domain,
                   uint32_t parameter);
    void (*nodes)(pp_digest *out, const pp_digest *children, size_t n, uint32_t tag);
} pp_hash_kernels;

extern const pp_hash_kernels pp_hash_portable;
#if defined(__x86_64__)
extern const pp_hash_kernels pp_hash_avx2, pp_hash_avx512;
void pp_poseidon2_permute_avx2(pp_fp state[PP_POSEIDON2_WIDTH]);
pp_keccak_hasher pp_keccak256_avx2, pp_keccak256_avx512;
#endif

#endif
