// SPDX-License-Identifier: MIT OR Apache-2.0
// Signing and recovery by many threads at once, the very first call included: the one library
// context that they share is made by whoever comes first. The thread sanitizer watches this.
#include <pthread.h>

#include "base/test.h"
#include "sign/keys.h"

enum { THREADS = 4, ROUNDS = 50 };

typedef struct job {
    pthread_t thread;
    uint64_t seed;
    unsigned wrong;
} job;

static void *work(void *context) {
    job *j = context;
    pp_rng rng = {j->seed};
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t key[32], sig[PP_SIGNATURE_SIZE];
        pp_hash32 digest;
        pp_rng_fill(&rng, key, sizeof key);
        pp_rng_fill(&rng, digest.b, sizeof digest.b);
        pp_address want, got;
        bool good = pp_sign_make(sig, &digest, key) && pp_sign_address(&want, key) &&
                    pp_sign_recover(&got, &digest, sig, sig + 32, sig[64]) &&
                    memcmp(&want, &got, sizeof want) == 0;
        j->wrong += !good;
    }
    return NULL;
}

PP_TEST(threads_share_the_context) {
    static job jobs[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        jobs[i] = (job){.seed = pp_test_seed() + i};
        REQUIRE(pthread_create(&jobs[i].thread, NULL, work, &jobs[i]) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(jobs[i].thread, NULL) == 0);
        CHECK_EQ(jobs[i].wrong, 0);
    }
}
