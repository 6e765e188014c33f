// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t pp_rng_u64(pp_rng *rng) {
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t pp_rng_below(pp_rng *rng, uint64_t bound) {
    return (uint64_t)((pp_u128)pp_rng_u64(rng) * bound >> 64);
}

void pp_rng_fill(pp_rng *rng, void *out, size_t size) {
    uint8_t *p = out;
    for (size_t i = 0; i < size; i++) p[i] = (uint8_t)pp_rng_u64(rng);
}

uint64_t pp_test_seed(void) {
    static bool told;
    const char *text = getenv("PP_SEED");
    char *end = NULL;
    uint64_t seed = text ? strtoull(text, &end, 0) : 0x706f6c79706f6c79u;
    if (text && (end == text || *end != 0)) {
        fprintf(stderr, "PP_SEED is no number: '%s'\n", text);
        exit(2);
    }
    if (!told) {
        printf("PP_SEED=0x%llx\n", (unsigned long long)seed);
        fflush(stdout);
    }
    told = true;
    return seed;
}
