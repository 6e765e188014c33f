// SPDX-License-Identifier: MIT OR Apache-2.0
// The AVX-512 kernels over emulated intrinsics, for tests.
#define PP_SIMD_AVX512
#define PP_SIMD_EMULATED
#include "prove/kernels.h"
#include "prove/lanes_simd.h"

extern const pp_prove_kernels pp_prove_emulated;
#define PP_PROVE_KERNELS pp_prove_emulated
#include "prove/kernels.inc"
