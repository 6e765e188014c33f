// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/kernels.h"
#include "prove/lanes_portable.h"

extern const pp_prove_kernels pp_prove_portable;
#define PP_PROVE_KERNELS pp_prove_portable
#include "prove/kernels.inc"
