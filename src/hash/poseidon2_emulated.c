// SPDX-License-Identifier: MIT OR Apache-2.0
// The AVX-512 kernels over emulated intrinsics, for tests.
#define PP_SIMD_AVX512
#define PP_SIMD_EMULATED
#include "hash/poseidon2_simd.h"

const pp_hash_kernels pp_hash_emulated = {permute, leaves, nodes};

// One internal layer on any lanes that the kernels may meet, which whole permutations reach too
// seldom: see internal_layer. Returns the rest.
void pp_poseidon2_internal_emulated(uint32_t s[WIDTH][PV_LEN], const uint32_t x[PV_LEN],
                                    uint32_t rest[PV_LEN]);
void pp_poseidon2_internal_emulated(uint32_t s[WIDTH][PV_LEN], const uint32_t x[PV_LEN],
                                    uint32_t rest[PV_LEN]) {
    pv v[WIDTH];
    for (int i = 0; i < WIDTH; i++) v[i] = pv_load(s[i]);
    pv_store(rest, internal_layer(v, pv_load(x), pv_load(rest), &low_parts_table));
    for (int i = 1; i < WIDTH; i++) pv_store(s[i], v[i]);
}
