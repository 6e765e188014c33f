// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cpu/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>

static const char *const names[PP_CPU_LEN] = {"portable", "avx2", "avx512"};

const char *pp_cpu_name(pp_cpu level) {
    PP_ASSERT((unsigned)level < PP_CPU_LEN);
    return names[level];
}

bool pp_cpu_parse(pp_cpu *out, const char *name) {
    for (unsigned i = 0; i < PP_CPU_LEN; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (pp_cpu)i;
            return true;
        }
    return false;
}

// The compiler's own detection asks the operating system for the wide registers too.
pp_cpu pp_cpu_detected(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return PP_CPU_PORTABLE;
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return wide ? PP_CPU_AVX512 : PP_CPU_AVX2;
#else
    return PP_CPU_PORTABLE;
#endif
}

static pp_cpu allowed(void) {
    pp_cpu level = pp_cpu_detected(), named;
    const char *text = getenv("POLYPOLY_CPU");
    if (text != NULL && pp_cpu_parse(&named, text) && named < level) level = named;
    return level;
}

// 0: not yet known; else 1 + level.
static _Atomic unsigned known;

pp_cpu pp_cpu_level(void) {
    unsigned k = atomic_load_explicit(&known, memory_order_relaxed);
    if (k == 0) {
        k = 1 + (unsigned)allowed();
        atomic_store_explicit(&known, k, memory_order_relaxed);
    }
    return (pp_cpu)(k - 1);
}

void pp_cpu_mask(pp_cpu highest) {
    pp_cpu level = allowed();
    if (highest < level) level = highest;
    atomic_store_explicit(&known, 1 + (unsigned)level, memory_order_relaxed);
}
