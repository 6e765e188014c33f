// SPDX-License-Identifier: MIT OR Apache-2.0
#define PP_SIMD_AVX512
#include "field/vec_simd.h"

const pp_vec_kernels pp_vec_avx512 = PP_VEC_TABLE;
