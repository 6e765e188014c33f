// SPDX-License-Identifier: MIT OR Apache-2.0
#define PP_SIMD_AVX2
#include "prove/kernels.h"
#include "prove/lanes_simd.h"

extern const pp_prove_kernels pp_prove_avx2;
#define PP_PROVE_KERNELS pp_prove_avx2
#include "prove/kernels.inc"
