// SPDX-License-Identifier: MIT OR Apache-2.0
#define PP_SIMD_AVX512
#include "poly/ceilings_simd.h"

const pp_ceilings pp_ceilings_avx512 = {multiply, butterfly, butterfly4};
