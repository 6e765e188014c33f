// SPDX-License-Identifier: MIT OR Apache-2.0
// Which instruction set the vector kernels use. The sets are ordered; each module has one table of
// kernels for each set, and takes the one of pp_cpu_level() at every call.
#ifndef PP_CPU_CPU_H
#define PP_CPU_CPU_H

#include "base/base.h"

typedef enum pp_cpu {
    PP_CPU_PORTABLE = 0, // plain C: the reference that every other set equals bit for bit
    PP_CPU_AVX2 = 1,
    PP_CPU_AVX512 = 2, // F, BW, DQ and VL
    PP_CPU_LEN = 3,
} pp_cpu;

// The highest set that processor and operating system offer.
pp_cpu pp_cpu_detected(void);

// The set in use: the lowest of pp_cpu_detected(), the environment variable POLYPOLY_CPU (portable,
// avx2 or avx512; anything else is ignored, see pp_cpu_parse) and pp_cpu_mask().
pp_cpu pp_cpu_level(void);

// Forces a lower set from now on, in every thread; PP_CPU_LEN - 1 lifts it. Not while kernels run.
void pp_cpu_mask(pp_cpu highest);

// "portable", "avx2", "avx512"; and back, false for any other text.
const char *pp_cpu_name(pp_cpu level);
PP_NODISCARD bool pp_cpu_parse(pp_cpu *out, const char *name);

#endif
