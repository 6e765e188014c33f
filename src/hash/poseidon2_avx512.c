// SPDX-License-Identifier: MIT OR Apache-2.0
#define PP_SIMD_AVX512
#include "hash/poseidon2_simd.h"

const pp_hash_kernels pp_hash_avx512 = {permute, leaves, nodes};
