// SPDX-License-Identifier: MIT OR Apache-2.0
// A changed proof is rejected: every word of a small one in every way that is a sign of care, then
// random changes. PP_PCS_MUTATIONS sets how many of these (make soak: 10^6).
#include <stdlib.h>

#include "base/test.h"
#include "pcs/test_support.h"

static void check_rejected(const pp_pcs_case *c, const uint8_t *proof, size_t size, size_t at) {
    // An exact-size copy lets the address sanitizer see a read past the end.
    uint8_t *copy = malloc(size > 0 ? size : 1);
    PP_ASSERT(copy != NULL);
    memcpy(copy, proof, size);
    if (pp_pcs_case_verify(c, copy, size) == PP_PCS_OK)
        pp_test_fail(__FILE__, __LINE__, "%s, 2^%u cells: accepted after a change at byte %zu",
                     c->params->name, c->log_cells, at);
    free(copy);
}

// One word: each bit flipped, one more, one less, the edges of the field, another word's value.
static void change_word(pp_pcs_case *c, size_t at) {
    uint8_t *p = c->proof + at;
    uint32_t x = pp_load_le32(p), other = pp_load_le32(c->proof + (at + 4) % c->proof_size);
    uint32_t to[40] = {x + 1, x - 1, 0, 1, PP_FP_MODULUS - 1, PP_FP_MODULUS, x + PP_FP_MODULUS,
                       other};
    for (int i = 0; i < 32; i++) to[8 + i] = x ^ (uint32_t)1 << i;
    for (size_t i = 0; i < PP_COUNT(to); i++) {
        if (to[i] == x) continue;
        pp_store_le32(p, to[i]);
        check_rejected(c, c->proof, c->proof_size, at);
    }
    pp_store_le32(p, x);
}

PP_TEST(every_single_word_of_small_proofs) {
    for (unsigned m = 5; m <= 8; m += 3) {
        pp_pcs_case c;
        pp_pcs_case_make(&c, &pp_pcs_test, m, 1, pp_test_seed() + m);
        pp_pcs_case_prove(&c, NULL, NULL);
        REQUIRE(c.proof_size % 4 == 0);
        for (size_t at = 0; at < c.proof_size; at += 4) change_word(&c, at);
        for (size_t size = 0; size < c.proof_size; size++) check_rejected(&c, c.proof, size, size);
        CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_OK);
        pp_pcs_case_free(&c);
    }
}

static void mutate_once(const pp_pcs_case *c, uint8_t *buffer, pp_rng *rng) {
    size_t size = c->proof_size, words = size / 4;
    memcpy(buffer, c->proof, size);
    size_t at = 4 * (size_t)pp_rng_below(rng, words);
    switch (pp_rng_below(rng, 6)) {
    case 0: // a word
        pp_store_le32(buffer + at, (uint32_t)pp_rng_u64(rng));
        break;
    case 1: // a bit
        buffer[at] ^= (uint8_t)(1u << pp_rng_below(rng, 8));
        break;
    case 2: // a run of words
        for (size_t i = at; i < size && i < at + 36; i++) buffer[i] = (uint8_t)pp_rng_u64(rng);
        break;
    case 3: // two words exchanged
    {
        size_t to = 4 * (size_t)pp_rng_below(rng, words);
        uint32_t a = pp_load_le32(buffer + at), b = pp_load_le32(buffer + to);
        pp_store_le32(buffer + at, b);
        pp_store_le32(buffer + to, a);
        break;
    }
    case 4: // cut
        size = (size_t)pp_rng_below(rng, size);
        break;
    default: // words more, at the end or inside
    {
        size_t more = 4 * (1 + (size_t)pp_rng_below(rng, 9));
        size_t to = pp_rng_below(rng, 2) == 0 ? size : at;
        memmove(buffer + to + more, buffer + to, size - to);
        for (size_t i = to; i < to + more; i++) buffer[i] = (uint8_t)(pp_rng_u64(rng) % 2);
        size += more;
    }
    }
    if (size == c->proof_size && memcmp(buffer, c->proof, size) == 0) return;
    check_rejected(c, buffer, size, at);
}

PP_TEST(random_mutations) {
    const char *text = getenv("PP_PCS_MUTATIONS");
    unsigned long count = text != NULL ? strtoul(text, NULL, 10) : 20000;
    pp_rng rng = {pp_test_seed()};
    enum { CASES = 4 };
    static const unsigned sizes[CASES] = {4, 7, 9, 12};
    pp_pcs_case c[CASES];
    size_t room = 0;
    for (size_t i = 0; i < CASES; i++) {
        pp_pcs_case_make(&c[i], &pp_pcs_test, sizes[i], 1 + i % 2, pp_test_seed() + i);
        pp_pcs_case_prove(&c[i], NULL, NULL);
        room = c[i].proof_size > room ? c[i].proof_size : room;
    }
    uint8_t *buffer = malloc(room + 64);
    REQUIRE(buffer != NULL);
    for (unsigned long i = 0; i < count; i++) mutate_once(&c[i % CASES], buffer, &rng);
    free(buffer);
    for (size_t i = 0; i < CASES; i++) pp_pcs_case_free(&c[i]);
}

// Of a real set's proof, with grinding: a sample.
PP_TEST(words_of_a_real_proof) {
    pp_pcs_case c;
    pp_pcs_case_make(&c, &pp_pcs_small, 12, 2, pp_test_seed());
    pp_pcs_case_prove(&c, NULL, NULL);
    pp_rng rng = {pp_test_seed()};
    for (int i = 0; i < 200; i++) {
        size_t at = 4 * (size_t)pp_rng_below(&rng, c.proof_size / 4);
        uint32_t x = pp_load_le32(c.proof + at);
        pp_store_le32(c.proof + at, x ^ (uint32_t)1 << pp_rng_below(&rng, 31));
        check_rejected(&c, c.proof, c.proof_size, at);
        pp_store_le32(c.proof + at, x);
    }
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_OK);
    pp_pcs_case_free(&c);
}
