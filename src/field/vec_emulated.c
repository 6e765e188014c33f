// SPDX-License-Identifier: MIT OR Apache-2.0
// The AVX-512 kernels over emulated intrinsics, for tests.
#define PP_SIMD_AVX512
#define PP_SIMD_EMULATED
#include "field/vec_simd.h"

const pp_vec_kernels pp_vec_emulated = PP_VEC_TABLE;
