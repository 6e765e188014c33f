// SPDX-License-Identifier: MIT OR Apache-2.0
#include "field/vec.h"

#include "cpu/cpu.h"
#include "field/vec_kernels.h"

static const pp_vec_kernels *const tables[PP_CPU_LEN] = {
    [PP_CPU_PORTABLE] = &pp_vec_portable,
#if defined(__x86_64__)
    [PP_CPU_AVX2] = &pp_vec_avx2,
    [PP_CPU_AVX512] = &pp_vec_avx512,
#endif
};

#define DISPATCH(result, name, parameters, arguments)                                              \
    result pp_##name parameters {                                                                  \
        return tables[pp_cpu_level()]->name arguments;                                             \
    }
PP_VEC_KERNELS(DISPATCH)
