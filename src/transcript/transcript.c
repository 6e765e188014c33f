// SPDX-License-Identifier: MIT OR Apache-2.0
#include "transcript/transcript.h"

enum { RATE = PP_SPONGE_RATE, COUNT = PP_POSEIDON2_WIDTH - 1, INDEX_BITS_MAX = 24 };

static void init(pp_transcript *t) {
    memset(t, 0, sizeof *t);
    t->state[RATE] = pp_fp_from_u32(PP_DOMAIN_TRANSCRIPT);
}

void pp_transcript_prove(pp_transcript *t, uint8_t *out, size_t capacity) {
    init(t);
    t->out = out;
    t->size = capacity;
}

void pp_transcript_verify(pp_transcript *t, const uint8_t *in, size_t size) {
    init(t);
    t->in = in;
    t->size = size;
}

bool pp_transcript_end(const pp_transcript *t) {
    return !t->failed && t->at == t->size;
}

static void permute(pp_transcript *t) {
    t->state[COUNT] = pp_fp_add(t->state[COUNT], pp_fp_from_u32(t->pending));
    pp_poseidon2_permute(t->state);
    t->pending = 0;
    t->ready = RATE;
}

void pp_transcript_flush(pp_transcript *t) {
    if (t->pending > 0) permute(t);
}

static void report(pp_transcript *t, const char *kind, const char *label, const pp_fp *x,
                   size_t len) {
    if (t->log != NULL) t->log(t->log_ctx, kind, label, x, len);
}

static void absorb(pp_transcript *t, pp_fp x) {
    if (t->pending == RATE) permute(t);
    t->ready = 0;
    t->state[t->pending] = pp_fp_add(t->state[t->pending], x);
    t->pending++;
}

void pp_transcript_absorb_fp(pp_transcript *t, const char *label, const pp_fp *x, size_t len) {
    for (size_t i = 0; i < len; i++) absorb(t, x[i]);
    report(t, "absorb", label, x, len);
}

static void send(pp_transcript *t, const pp_fp *x, size_t len) {
    PP_ASSERT(t->out != NULL && (t->size - t->at) / PP_FP_SIZE >= len);
    for (size_t i = 0; i < len; i++, t->at += PP_FP_SIZE) pp_fp_encode(t->out + t->at, x[i]);
}

static bool receive(pp_transcript *t, pp_fp *x, size_t len) {
    PP_ASSERT(t->out == NULL);
    t->failed |= (t->size - t->at) / PP_FP_SIZE < len;
    for (size_t i = 0; i < len && !t->failed; i++, t->at += PP_FP_SIZE)
        t->failed = !pp_fp_decode(&x[i], t->in + t->at);
    if (t->failed) memset(x, 0, len * sizeof *x);
    return !t->failed;
}

void pp_transcript_send_fp(pp_transcript *t, const char *label, const pp_fp *x, size_t len) {
    send(t, x, len);
    pp_transcript_absorb_fp(t, label, x, len);
}

bool pp_transcript_receive_fp(pp_transcript *t, const char *label, pp_fp *x, size_t len) {
    if (!receive(t, x, len)) return false;
    pp_transcript_absorb_fp(t, label, x, len);
    return true;
}

void pp_transcript_send_hint_fp(pp_transcript *t, const char *label, const pp_fp *x, size_t len) {
    send(t, x, len);
    report(t, "hint", label, x, len);
}

bool pp_transcript_receive_hint_fp(pp_transcript *t, const char *label, pp_fp *x, size_t len) {
    if (!receive(t, x, len)) return false;
    report(t, "hint", label, x, len);
    return true;
}

// Extension elements and digests are arrays of base elements.
#define VARIANTS(name, type, per)                                                                  \
    _Static_assert(sizeof(type) == (per) * sizeof(pp_fp), "no padding");                           \
    void pp_transcript_absorb_##name(pp_transcript *t, const char *label, const type *x,           \
                                     size_t len) {                                                 \
        pp_transcript_absorb_fp(t, label, (const pp_fp *)x, len *(per));                           \
    }                                                                                              \
    void pp_transcript_send_##name(pp_transcript *t, const char *label, const type *x,             \
                                   size_t len) {                                                   \
        pp_transcript_send_fp(t, label, (const pp_fp *)x, len *(per));                             \
    }                                                                                              \
    void pp_transcript_send_hint_##name(pp_transcript *t, const char *label, const type *x,        \
                                        size_t len) {                                              \
        pp_transcript_send_hint_fp(t, label, (const pp_fp *)x, len *(per));                        \
    }                                                                                              \
    bool pp_transcript_receive_##name(pp_transcript *t, const char *label, type *x, size_t len) {  \
        return pp_transcript_receive_fp(t, label, (pp_fp *)x, len * (per));                        \
    }                                                                                              \
    bool pp_transcript_receive_hint_##name(pp_transcript *t, const char *label, type *x,           \
                                           size_t len) {                                           \
        return pp_transcript_receive_hint_fp(t, label, (pp_fp *)x, len * (per));                   \
    }
VARIANTS(ext, pp_ext, PP_EXT_DEGREE)
VARIANTS(digest, pp_digest, PP_DIGEST_LEN)

void pp_transcript_absorb_u64(pp_transcript *t, const char *label, uint64_t x) {
    pp_fp limbs[3] = {pp_fp_from_u32((uint32_t)x & 0xffffff),
                      pp_fp_from_u32((uint32_t)(x >> 24) & 0xffffff),
                      pp_fp_from_u32((uint32_t)(x >> 48))};
    pp_transcript_absorb_fp(t, label, limbs, 3);
}

void pp_transcript_absorb_bytes(pp_transcript *t, const char *label, const uint8_t *data,
                                size_t size) {
    PP_ASSERT(size < (size_t)1 << 24);
    pp_fp head = pp_fp_from_u32((uint32_t)size);
    pp_transcript_absorb_fp(t, label, &head, 1);
    for (size_t i = 0; i < size; i += 3) {
        uint32_t x = 0;
        for (size_t k = 0; k < 3 && i + k < size; k++) x |= (uint32_t)data[i + k] << (8 * k);
        pp_fp e = pp_fp_from_u32(x);
        pp_transcript_absorb_fp(t, label, &e, 1);
    }
}

static pp_fp squeeze(pp_transcript *t) {
    if (t->pending > 0 || t->ready == 0) permute(t);
    return t->state[RATE - t->ready--];
}

pp_ext pp_transcript_challenge_ext(pp_transcript *t, const char *label) {
    pp_ext x;
    for (int i = 0; i < PP_EXT_DEGREE; i++) x.c[i] = squeeze(t);
    report(t, "challenge", label, x.c, PP_EXT_DEGREE);
    return x;
}

uint32_t pp_transcript_challenge_index(pp_transcript *t, const char *label, unsigned bits) {
    PP_ASSERT(bits <= INDEX_BITS_MAX);
    pp_fp x;
    do {
        x = squeeze(t);
    } while (pp_fp_to_u32(x) == PP_FP_MODULUS - 1);
    report(t, "challenge", label, &x, 1);
    return pp_fp_to_u32(x) & (((uint32_t)1 << bits) - 1);
}

bool pp_transcript_check_nonce(pp_transcript *t, const char *label, unsigned bits) {
    PP_ASSERT(bits <= INDEX_BITS_MAX);
    if (bits == 0) return true;
    pp_fp nonce;
    pp_transcript_flush(t);
    if (!pp_transcript_receive_fp(t, label, &nonce, 1)) return false;
    return pp_transcript_nonce_hits(squeeze(t), bits);
}
