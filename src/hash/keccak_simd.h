// SPDX-License-Identifier: MIT OR Apache-2.0
// Keccak-256 of KV_LEN messages at once, lane i of each vector for message i. Included by one
// source for each instruction set, with KV_LEN set. Vectors are the compilers' own, so that the
// same source runs anywhere; on AVX2 a permutation of four is 24 x 189 operations, on AVX-512
// rotations are one.
//
// Messages differ in length: a lane whose message ends takes the next one, so that all are busy
// until the last few.
#include "hash/batch_kernels.h"
#include "hash/keccak_round.h"

typedef uint64_t kv __attribute__((vector_size(8 * KV_LEN)));

enum { WORDS = PP_KECCAK256_RATE / 8 };

typedef struct sponge { // a message in a lane
    const uint8_t *next;
    size_t left;
    pp_hash32 *out; // NULL: the lane is idle
    bool fresh, last;
} sponge;

static void permute(kv s[25]) {
#define LOAD(i) kv a##i = s[i], e##i;
    PP_KECCAK_LANES(LOAD)
#undef LOAD
    PP_KECCAK_ROUNDS(kv)
#define STORE(i) s[i] = a##i;
    PP_KECCAK_LANES(STORE)
#undef STORE
}

// The lane's next block; the one that holds the padding is the last.
static void absorb(uint64_t (*s)[KV_LEN], size_t lane, sponge *m) {
    uint8_t padded[PP_KECCAK256_RATE];
    const uint8_t *block = m->next;
    m->last = m->left < PP_KECCAK256_RATE;
    if (m->last) {
        memset(padded, 0, sizeof padded);
        if (m->left > 0) memcpy(padded, m->next, m->left);
        padded[m->left] = 0x01;
        padded[PP_KECCAK256_RATE - 1] |= 0x80;
        block = padded;
    } else {
        m->next += PP_KECCAK256_RATE;
        m->left -= PP_KECCAK256_RATE;
    }
    if (m->fresh) {
        for (size_t i = 0; i < WORDS; i++) s[i][lane] = pp_load_le64(block + 8 * i);
        for (size_t i = WORDS; i < 25; i++) s[i][lane] = 0;
    } else {
        for (size_t i = 0; i < WORDS; i++) s[i][lane] ^= pp_load_le64(block + 8 * i);
    }
    m->fresh = false;
}

static void hash_many(const pp_keccak_message *messages, size_t n) {
    union {
        kv vector[25];
        uint64_t word[25][KV_LEN];
    } s;
    sponge lanes[KV_LEN];
    memset(&s, 0, sizeof s);
    memset(lanes, 0, sizeof lanes);
    for (size_t taken = 0;;) {
        size_t busy = 0;
        for (size_t i = 0; i < KV_LEN; i++) {
            sponge *m = &lanes[i];
            if (m->out == NULL && taken < n) {
                *m = (sponge){messages[taken].data, messages[taken].size, messages[taken].out, true,
                              false};
                taken++;
            }
            if (m->out == NULL) continue;
            absorb(s.word, i, m);
            busy++;
        }
        if (busy == 0) return;
        permute(s.vector);
        for (size_t i = 0; i < KV_LEN; i++) {
            sponge *m = &lanes[i];
            if (m->out == NULL || !m->last) continue;
            for (size_t k = 0; k < 4; k++) pp_store_le64(m->out->b + 8 * k, s.word[k][i]);
            m->out = NULL;
        }
    }
}
