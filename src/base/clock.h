// SPDX-License-Identifier: MIT OR Apache-2.0
// Time for people: how long something took. Nothing that a block's result depends on reads it.
#ifndef PP_BASE_CLOCK_H
#define PP_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

// Nanoseconds of a clock that only runs forward.
static inline uint64_t pp_clock_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

#endif
