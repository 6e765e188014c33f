// SPDX-License-Identifier: MIT OR Apache-2.0
// Whole proofs with something changed: every word of a small one, then random changes, cuts and
// extensions. Nothing but the proof itself is accepted. PP_PROVE_MUTATIONS sets how many.
#include <stdlib.h>

#include "base/test.h"
#include "prove/examples/examples.h"
#include "verify/verify.h"

typedef struct subject {
    pp_example e;
    uint8_t *proof, *changed;
    size_t size;
    const pp_pcs_params *set;
    pp_verify_policy policy;
    void *work;
    pp_verifier v;
} subject;

static void subject_begin(subject *s) {
    static const pp_hash32 context = {{1, 2, 3}};
    s->set = &pp_pcs_test;
    pp_example_prove(&s->e, s->set, NULL, &s->proof, &s->size, NULL);
    s->policy = (pp_verify_policy){&s->e.machine, &s->e.vm_id, 1, &s->set, 1, 28, 1};
    size_t work_size = pp_verify_work_size(&s->policy);
    s->work = malloc(work_size);
    s->changed = malloc(s->size + 64);
    PP_ASSERT(s->work && s->changed);
    CHECK_EQ(pp_verify_begin(&s->v, &s->policy, &context, s->work, work_size), PP_VERIFY_OK);
    CHECK_EQ(pp_verify_shard(&s->v, s->proof, s->size), PP_VERIFY_OK);
    memcpy(s->changed, s->proof, s->size);
}
static void subject_end(subject *s) {
    free(s->proof);
    free(s->changed);
    free(s->work);
    pp_example_free(&s->e);
}

PP_TEST(every_word_counts) {
    subject s;
    pp_example_fibonacci(&s.e, &pp_pcs_test, 4);
    subject_begin(&s);
    for (size_t at = 0; at + 4 <= s.size; at += 4) {
        uint32_t word = pp_load_le32(s.proof + at);
        const uint32_t changes[] = {word + 1,
                                    word - 1,
                                    word ^ 0x80000000u,
                                    0,
                                    word + PP_FP_MODULUS, // the same element, not canonical
                                    PP_FP_MODULUS - word};
        for (size_t i = 0; i < PP_COUNT(changes); i++) {
            if (changes[i] == word) continue;
            pp_store_le32(s.changed + at, changes[i]);
            if (pp_verify_shard(&s.v, s.changed, s.size) == PP_VERIFY_OK)
                pp_test_fail(__FILE__, __LINE__, "word %zu of %zu may be %u for %u", at / 4,
                             s.size / 4, changes[i], word);
        }
        pp_store_le32(s.changed + at, word);
    }
    for (size_t size = 0; size < s.size; size++)
        CHECK(pp_verify_shard(&s.v, s.proof, size) != PP_VERIFY_OK);
    subject_end(&s);
}

static void mutate(pp_rng *rng, uint8_t *bytes, size_t *size) {
    size_t at = (size_t)pp_rng_below(rng, *size);
    switch (pp_rng_below(rng, 6)) {
    case 0:
        bytes[at] ^= (uint8_t)(1 << pp_rng_below(rng, 8));
        break;
    case 1:
        *size = at;
        break;
    case 2:
        pp_rng_fill(rng, bytes + *size, 64);
        *size += 1 + (size_t)pp_rng_below(rng, 64);
        break;
    case 3: { // one word's value somewhere else
        size_t from = (size_t)pp_rng_below(rng, *size / 4) * 4;
        at = at / 4 * 4;
        memmove(bytes + at, bytes + from, 4);
        break;
    }
    case 4: // a run of bytes
        for (uint64_t n = 1 + pp_rng_below(rng, 40); n > 0 && at < *size; n--, at++)
            bytes[at] = (uint8_t)pp_rng_u64(rng);
        break;
    default: { // two elements of the extension change places
        size_t other = (size_t)pp_rng_below(rng, *size / 4) * 4;
        at = at / 4 * 4;
        if (at + 20 > *size || other + 20 > *size) break;
        uint8_t x[20];
        memcpy(x, bytes + at, 20);
        memmove(bytes + at, bytes + other, 20);
        memcpy(bytes + other, x, 20);
    }
    }
}

PP_TEST(random_mutations) {
    const char *text = getenv("PP_PROVE_MUTATIONS");
    unsigned long count = text ? strtoul(text, NULL, 0) : 20000, accepted = 0;
    pp_rng rng = {pp_test_seed()};
    subject s[3];
    pp_example_fibonacci(&s[0].e, &pp_pcs_test, 40);
    pp_example_poseidon2(&s[1].e, &pp_pcs_test, 3);
    pp_example_many(&s[2].e, &pp_pcs_test, 6);
    for (int i = 0; i < 3; i++) subject_begin(&s[i]);
    for (unsigned long i = 0; i < count; i++) {
        subject *x = &s[i % 16 == 0 ? 2 : i % 4 == 0];
        size_t size = x->size;
        memcpy(x->changed, x->proof, x->size);
        mutate(&rng, x->changed, &size);
        if (size == x->size && memcmp(x->changed, x->proof, size) == 0) continue;
        if (pp_verify_shard(&x->v, x->changed, size) != PP_VERIFY_OK) continue;
        accepted++;
        pp_test_fail(__FILE__, __LINE__, "mutation %lu of %s is accepted", i, x->e.name);
    }
    printf("  %lu mutations, %lu accepted\n", count, accepted);
    for (int i = 0; i < 3; i++) subject_end(&s[i]);
}
