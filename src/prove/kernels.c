// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/kernels.h"

#include "cpu/cpu.h"

extern const pp_prove_kernels pp_prove_portable;
#if defined(__x86_64__)
extern const pp_prove_kernels pp_prove_avx2, pp_prove_avx512;
#endif

const pp_prove_kernels *pp_prove_kernels_get(void) {
#if defined(__x86_64__)
    static const pp_prove_kernels *const by_level[PP_CPU_LEN] = {&pp_prove_portable, &pp_prove_avx2,
                                                                 &pp_prove_avx512};
    return by_level[pp_cpu_level()];
#else
    return &pp_prove_portable;
#endif
}
