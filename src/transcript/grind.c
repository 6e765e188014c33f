// SPDX-License-Identifier: MIT OR Apache-2.0
#include "transcript/grind.h"

#include "hash/batch.h"

enum { GROUP = 64, ROUND = 1 << 14 }; // nonces tried at once; between looks at the result

typedef struct job {
    const pp_fp *state; // all but the nonce added
    uint32_t base;
    unsigned bits;
    uint32_t found[PP_THREADS_MAX]; // the smallest in each part
} job;

static void try_nonces(void *ctx, size_t first, size_t end, size_t part) {
    job *j = ctx;
    pp_fp states[GROUP][PP_POSEIDON2_WIDTH];
    for (size_t at = first; at < end; at += GROUP) {
        for (size_t i = 0; i < GROUP; i++) {
            memcpy(states[i], j->state, sizeof states[i]);
            pp_fp nonce = pp_fp_from_u32(j->base + (uint32_t)(at + i));
            states[i][0] = pp_fp_add(states[i][0], nonce);
        }
        pp_poseidon2_permute_many(states, GROUP);
        for (size_t i = 0; i < GROUP; i++)
            if (pp_transcript_nonce_hits(states[i][0], j->bits)) {
                j->found[part] = j->base + (uint32_t)(at + i);
                return;
            }
    }
}

void pp_transcript_grind(pp_transcript *t, pp_threads *pool, const char *label, unsigned bits) {
    PP_ASSERT(bits <= 24);
    if (bits == 0) return;
    pp_transcript_flush(t);
    pp_fp state[PP_POSEIDON2_WIDTH];
    memcpy(state, t->state, sizeof state);
    state[PP_POSEIDON2_WIDTH - 1] = pp_fp_add(state[PP_POSEIDON2_WIDTH - 1], pp_fp_one());
    for (uint32_t base = 0;; base += ROUND) {
        PP_ASSERT(base < PP_FP_MODULUS - ROUND); // a chance below e^-80
        job j = {.state = state, .base = base, .bits = bits};
        memset(j.found, 0xff, sizeof j.found);
        pp_threads_run(pool, ROUND, GROUP, try_nonces, &j);
        for (size_t i = 0; i < pp_threads_len(pool); i++)
            if (j.found[i] != UINT32_MAX) {
                pp_fp nonce = pp_fp_from_u32(j.found[i]), first;
                pp_transcript_send_fp(t, label, &nonce, 1);
                // The verifier takes the first element; so does this side.
                pp_transcript_flush(t);
                first = t->state[0];
                t->ready--;
                PP_ASSERT(pp_transcript_nonce_hits(first, bits));
                return;
            }
    }
}
