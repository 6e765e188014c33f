// SPDX-License-Identifier: MIT OR Apache-2.0
#define PP_SIMD_AVX2
#include "poly/ntt_simd.h"

const pp_ntt_kernels pp_ntt_avx2 = {pass};
