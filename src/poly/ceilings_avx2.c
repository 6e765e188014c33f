// SPDX-License-Identifier: MIT OR Apache-2.0
#define PP_SIMD_AVX2
#include "poly/ceilings_simd.h"

const pp_ceilings pp_ceilings_avx2 = {multiply, butterfly, butterfly4};
