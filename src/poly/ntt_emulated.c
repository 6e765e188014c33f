// SPDX-License-Identifier: MIT OR Apache-2.0
// The AVX-512 kernels over emulated intrinsics, for tests.
#define PP_SIMD_AVX512
#define PP_SIMD_EMULATED
#include "poly/ntt_simd.h"

const pp_ntt_kernels pp_ntt_emulated = {pass};
