// SPDX-License-Identifier: MIT OR Apache-2.0
// The AVX-512 kernels over emulated intrinsics, for tests.
#define PP_SIMD_AVX512
#define PP_SIMD_EMULATED
#include "hash/poseidon2_simd.h"

const pp_hash_kernels pp_hash_emulated = {permute, leaves, nodes};
