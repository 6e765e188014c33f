// SPDX-License-Identifier: MIT OR Apache-2.0
// Seconds of a clock that only runs forward, for reports of what proving took. Internal to prove/.
#ifndef PP_PROVE_NOW_H
#define PP_PROVE_NOW_H

#include <time.h>

static inline double pp_prove_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
