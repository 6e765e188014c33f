// SPDX-License-Identifier: MIT OR Apache-2.0
#define PP_SIMD_AVX2
#include "hash/poseidon2_simd.h"

#include "hash/poseidon2_one.h"

const pp_hash_kernels pp_hash_avx2 = {permute, leaves, nodes};
