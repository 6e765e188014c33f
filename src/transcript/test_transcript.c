// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"
#include "transcript/grind.h"

// The log of one side, as text and elements run together.
typedef struct record {
    char text[4096];
    size_t len;
} record;

static void keep(void *ctx, const char *kind, const char *label, const pp_fp *x, size_t len) {
    record *r = ctx;
    r->len += (size_t)snprintf(r->text + r->len, sizeof r->text - r->len, "%s %s:", kind, label);
    for (size_t i = 0; i < len; i++)
        r->len +=
            (size_t)snprintf(r->text + r->len, sizeof r->text - r->len, " %x", (unsigned)x[i].v);
    r->len += (size_t)snprintf(r->text + r->len, sizeof r->text - r->len, "\n");
}

static pp_ext element(uint32_t x) {
    pp_ext e;
    for (uint32_t i = 0; i < PP_EXT_DEGREE; i++) e.c[i] = pp_fp_from_u32(x * 31 + i);
    return e;
}
static pp_digest digest(uint32_t x) {
    pp_digest d;
    pp_fp v = pp_fp_from_u32(x);
    pp_hash_leaf(&d, &v, 1, 1, 0);
    return d;
}

enum { BITS = 9, MESSAGES = 3 };
typedef struct heard {
    pp_ext challenge[2];
    uint32_t index[4];
} heard;

static void start(pp_transcript *t) {
    pp_transcript_absorb_bytes(t, "vm_id", (const uint8_t *)"0123456789abcdef", 16);
    pp_transcript_absorb_u64(t, "height", 0xfedcba9876543210u);
}

static heard prove(pp_transcript *t, pp_threads *pool) {
    heard h;
    pp_digest root = digest(7), path = digest(8);
    pp_ext x[2] = {element(1), element(2)};
    pp_fp y[20];
    for (uint32_t i = 0; i < 20; i++) y[i] = pp_fp_from_u32(i);
    start(t);
    pp_transcript_send_digest(t, "root", &root, 1);
    h.challenge[0] = pp_transcript_challenge_ext(t, "alpha");
    pp_transcript_send_ext(t, "round", x, 2);
    h.challenge[1] = pp_transcript_challenge_ext(t, "r");
    pp_transcript_send_fp(t, "values", y, 20);
    pp_transcript_grind(t, pool, "pow", BITS);
    for (int i = 0; i < 4; i++) h.index[i] = pp_transcript_challenge_index(t, "query", 20);
    pp_transcript_send_hint_digest(t, "path", &path, 1);
    pp_transcript_send_hint_ext(t, "leaf", x, 1);
    return h;
}

static bool verify(pp_transcript *t, heard *h) {
    pp_digest root, path;
    pp_ext x[2];
    pp_fp y[20];
    start(t);
    if (!pp_transcript_receive_digest(t, "root", &root, 1)) return false;
    h->challenge[0] = pp_transcript_challenge_ext(t, "alpha");
    if (!pp_transcript_receive_ext(t, "round", x, 2)) return false;
    h->challenge[1] = pp_transcript_challenge_ext(t, "r");
    if (!pp_transcript_receive_fp(t, "values", y, 20)) return false;
    if (!pp_transcript_check_nonce(t, "pow", BITS)) return false;
    for (int i = 0; i < 4; i++) h->index[i] = pp_transcript_challenge_index(t, "query", 20);
    if (!pp_transcript_receive_hint_digest(t, "path", &path, 1)) return false;
    if (!pp_transcript_receive_hint_ext(t, "leaf", x, 1)) return false;
    pp_digest want = digest(8);
    return pp_transcript_end(t) && pp_digest_eq(&path, &want);
}

PP_TEST(both_sides_hear_the_same) {
    static record a, b;
    uint8_t proof[512];
    pp_transcript p, v;
    heard hp, hv;
    pp_transcript_prove(&p, proof, sizeof proof);
    p.log = keep;
    p.log_ctx = &a;
    hp = prove(&p, NULL);
    CHECK_EQ(pp_transcript_size(&p), 36 + 40 + 80 + 4 + 36 + 20);
    pp_transcript_verify(&v, proof, pp_transcript_size(&p));
    v.log = keep;
    v.log_ctx = &b;
    CHECK(verify(&v, &hv));
    CHECK_MEM(&hp, &hv, sizeof hp);
    CHECK_STR(a.text, b.text);
    CHECK(strstr(a.text, "hint path") != NULL);
}

PP_TEST(two_threads_grind_the_same_nonce) {
    uint8_t one[512], two[512];
    pp_threads *pool = pp_threads_new(NULL, 2);
    pp_transcript a, b;
    pp_transcript_prove(&a, one, sizeof one);
    pp_transcript_prove(&b, two, sizeof two);
    prove(&a, NULL);
    prove(&b, pool);
    CHECK_EQ(a.at, b.at);
    CHECK_MEM(one, two, a.at);
    pp_threads_free(pool);
}

PP_TEST(the_nonce_is_the_smallest) {
    uint8_t proof[16];
    pp_transcript t, at;
    pp_transcript_prove(&t, proof, sizeof proof);
    pp_transcript_absorb_u64(&t, "x", 5);
    at = t;
    pp_transcript_grind(&t, NULL, "pow", 12);
    uint32_t nonce = pp_load_le32(proof);
    printf("nonce %u\n", nonce);
    for (uint32_t i = 0; i <= nonce; i++) {
        uint8_t bytes[4];
        pp_store_le32(bytes, i);
        pp_transcript v = at;
        v.out = NULL;
        v.in = bytes;
        v.size = 4;
        v.at = 0;
        CHECK_EQ(pp_transcript_check_nonce(&v, "pow", 12), i == nonce);
        if (i == nonce) CHECK_MEM(v.state, t.state, sizeof v.state);
        if (i == nonce) CHECK_EQ(v.ready, t.ready);
    }
}

PP_TEST(every_absorbed_bit_changes_what_follows) {
    uint8_t proof[512], bad[512];
    pp_transcript t;
    pp_transcript_prove(&t, proof, sizeof proof);
    heard good = prove(&t, NULL), h;
    size_t size = t.at;
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit += 7) {
            memcpy(bad, proof, size);
            bad[i] ^= (uint8_t)(1 << bit);
            pp_transcript_verify(&t, bad, size);
            memset(&h, 0, sizeof h);
            bool ok = verify(&t, &h);
            if (i < 36) CHECK(!ok || !pp_ext_eq(h.challenge[0], good.challenge[0]));
            if (i < 76) CHECK(!ok || !pp_ext_eq(h.challenge[1], good.challenge[1]));
            if (i < 160) CHECK(!ok || memcmp(h.index, good.index, sizeof h.index) != 0);
            if (i >= 160 && i < 196) CHECK(!ok);
        }
    for (size_t cut = 0; cut < size; cut++) {
        pp_transcript_verify(&t, proof, cut);
        CHECK(!verify(&t, &h));
    }
    pp_transcript_verify(&t, proof, size + 1);
    CHECK(!verify(&t, &h));
}

PP_TEST(boundaries_of_blocks_are_absorbed) {
    // Zeros absorbed, up to two blocks and more: every count gives another challenge.
    static const pp_fp zero = {0};
    pp_ext seen[40];
    for (size_t n = 0; n < 40; n++) {
        pp_transcript t;
        pp_transcript_prove(&t, NULL, 0);
        for (size_t i = 0; i < n; i++) pp_transcript_absorb_fp(&t, "zero", &zero, 1);
        seen[n] = pp_transcript_challenge_ext(&t, "x");
        for (size_t i = 0; i < n; i++) CHECK(!pp_ext_eq(seen[i], seen[n]));
    }
}

PP_TEST(challenges_follow_what_was_absorbed_after_the_last) {
    pp_transcript a, b;
    pp_transcript_prove(&a, NULL, 0);
    pp_transcript_prove(&b, NULL, 0);
    CHECK(pp_ext_eq(pp_transcript_challenge_ext(&a, "x"), pp_transcript_challenge_ext(&b, "x")));
    pp_transcript_absorb_u64(&a, "y", 1);
    pp_transcript_absorb_u64(&b, "y", 2);
    CHECK(!pp_ext_eq(pp_transcript_challenge_ext(&a, "x"), pp_transcript_challenge_ext(&b, "x")));
    // Many challenges in a row go on over the end of the rate.
    pp_ext seen[12];
    for (int i = 0; i < 12; i++) {
        seen[i] = pp_transcript_challenge_ext(&a, "x");
        for (int j = 0; j < i; j++) CHECK(!pp_ext_eq(seen[i], seen[j]));
    }
}

PP_TEST(indices_pass_over_the_last_element) {
    pp_transcript t;
    pp_transcript_prove(&t, NULL, 0);
    t.ready = 2;
    t.state[PP_SPONGE_RATE - 2] = pp_fp_from_u32(PP_FP_MODULUS - 1);
    t.state[PP_SPONGE_RATE - 1] = pp_fp_from_u32(0x7123456);
    CHECK_EQ(pp_transcript_challenge_index(&t, "i", 24), 0x123456);
    CHECK(!pp_transcript_nonce_hits(pp_fp_from_u32(PP_FP_MODULUS - 1), 24));
    CHECK(pp_transcript_nonce_hits(pp_fp_from_u32(1 << 24), 24));
    CHECK(!pp_transcript_nonce_hits(pp_fp_from_u32(1 << 23), 24));
}
