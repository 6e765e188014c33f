// SPDX-License-Identifier: MIT OR Apache-2.0
// Random choices of tests, fuzz targets and benchmarks, the same for the same seed.
#ifndef PP_BASE_RNG_H
#define PP_BASE_RNG_H

#include "base/base.h"

// A deterministic generator (splitmix64): the same seed gives the same sequence.
typedef struct pp_rng {
    uint64_t state;
} pp_rng;
uint64_t pp_rng_u64(pp_rng *rng);
uint64_t pp_rng_below(pp_rng *rng, uint64_t bound); // bound > 0
void pp_rng_fill(pp_rng *rng, void *out, size_t size);

// The seed of this run: the environment variable PP_SEED, or always the same number. The first call
// prints it, so that whoever sees a run fail, or end anyhow, can repeat it. What is no number ends
// the program.
uint64_t pp_test_seed(void);

#endif
