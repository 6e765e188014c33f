// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"
#include "sign/keys.h"
#include "sign/wycheproof.h"

static const char order[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
static const char prime[] = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";

static void hex(uint8_t out[32], const char *text) {
    PP_ASSERT(pp_hex_decode(out, 32, text));
}

// Both implementations must agree; returns the answer.
static bool both(pp_address *out, const pp_hash32 *digest, const uint8_t r[32], const uint8_t s[32],
                 unsigned parity) {
    pp_address portable = {{0}};
    memset(out, 0, sizeof *out);
    bool a = pp_sign_recover(out, digest, r, s, parity);
    bool b = pp_sign_recover_portable(&portable, digest, r, s, parity);
    CHECK(a == b);
    CHECK_MEM(out->b, portable.b, 20);
    return a;
}

PP_TEST(keys_have_ethereums_addresses) {
    uint8_t key[32] = {0};
    pp_address a;
    CHECK(!pp_sign_address(&a, key));
    key[31] = 1; // the address of key 1 that every wallet knows
    CHECK(pp_sign_address(&a, key));
    char text[41];
    pp_hex_encode(text, a.b, 20);
    CHECK_STR(text, "7e5f4552091a69125d5dfcb7b8c2659029395bdf");
    hex(key, order);
    CHECK(!pp_sign_address(&a, key));
}

PP_TEST(what_is_signed_is_recovered_by_both) {
    pp_rng rng = {pp_test_seed()};
    for (int i = 0; i < 300; i++) {
        uint8_t key[32], sig[PP_SIGNATURE_SIZE];
        pp_hash32 digest;
        pp_rng_fill(&rng, key, 32);
        pp_rng_fill(&rng, digest.b, 32);
        if (i % 10 == 0) memset(digest.b, 0xff, 31); // at or above the order
        pp_address want, got;
        REQUIRE(pp_sign_address(&want, key));
        REQUIRE(pp_sign_make(sig, &digest, key));
        CHECK(pp_sign_is_low_s(sig + 32));
        CHECK(both(&got, &digest, sig, sig + 32, sig[64]));
        CHECK_MEM(want.b, got.b, 20);
        both(&got, &digest, sig, sig + 32, sig[64] ^ 1);
        CHECK(memcmp(want.b, got.b, 20) != 0);
    }
}

PP_TEST(random_and_extreme_values_agree) {
    pp_rng rng = {pp_test_seed() + 1};
    const char *edges[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                           "0000000000000000000000000000000000000000000000000000000000000001",
                           "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
                           order,
                           "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0",
                           "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1",
                           prime,
                           "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
                           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    int answered = 0;
    for (size_t i = 0; i < PP_COUNT(edges); i++) {
        for (size_t j = 0; j < PP_COUNT(edges); j++) {
            for (size_t k = 0; k < PP_COUNT(edges); k++) {
                uint8_t r[32], s[32];
                pp_hash32 digest;
                pp_address got;
                hex(r, edges[i]);
                hex(s, edges[j]);
                hex(digest.b, edges[k]);
                for (unsigned parity = 0; parity < 3; parity++)
                    answered += both(&got, &digest, r, s, parity);
            }
        }
    }
    CHECK(answered > 0);
    for (int i = 0; i < 300; i++) {
        uint8_t r[32], s[32];
        pp_hash32 digest;
        pp_address got;
        pp_rng_fill(&rng, r, 32);
        pp_rng_fill(&rng, s, 32);
        pp_rng_fill(&rng, digest.b, 32);
        both(&got, &digest, r, s, (unsigned)(i & 1));
    }
}

// Keys behind signatures whose point has an x at or above the order: nobody meets them by chance,
// so they are made from small r. What is recovered must verify, with both implementations.
PP_TEST(recovery_ids_2_and_3) {
    pp_rng rng = {pp_test_seed() + 3};
    unsigned found = 0;
    for (unsigned i = 1; i < 40; i++) {
        uint8_t r[32] = {0}, s[32], key[PP_PUBLIC_KEY_SIZE], other[PP_PUBLIC_KEY_SIZE];
        pp_hash32 digest;
        r[31] = (uint8_t)i;
        pp_rng_fill(&rng, s, 32);
        s[0] &= 0x7f;
        pp_rng_fill(&rng, digest.b, 32);
        if (!pp_sign_recover_key_portable(key, &digest, r, s, 2)) continue;
        REQUIRE(pp_sign_recover_key_portable(other, &digest, r, s, 3));
        CHECK(memcmp(key, other, sizeof key) != 0);
        CHECK(pp_sign_verify_portable(&digest, r, s, key) && pp_sign_verify(&digest, r, s, key));
        CHECK(pp_sign_verify_portable(&digest, r, s, other) &&
              pp_sign_verify(&digest, r, s, other));
        CHECK(!pp_sign_recover_key_portable(key, &digest, r, s, 4));
        r[0] = 0x80; // r + n is beyond the prime
        CHECK(!pp_sign_recover_key_portable(key, &digest, r, s, 2));
        found++;
    }
    CHECK(found > 5);
}

PP_TEST(verify_takes_the_right_key_only) {
    pp_rng rng = {pp_test_seed() + 4};
    for (int i = 0; i < 50; i++) {
        uint8_t key[32], public[PP_PUBLIC_KEY_SIZE], got[PP_PUBLIC_KEY_SIZE],
            sig[PP_SIGNATURE_SIZE];
        pp_hash32 digest;
        pp_rng_fill(&rng, key, 32);
        pp_rng_fill(&rng, digest.b, 32);
        REQUIRE(pp_sign_public_key(public, key) && pp_sign_make(sig, &digest, key));
        CHECK(pp_sign_recover_key_portable(got, &digest, sig, sig + 32, sig[64]));
        CHECK_MEM(got, public, sizeof got);
        CHECK(pp_sign_verify_portable(&digest, sig, sig + 32, public));
        // One bit of any part: digest, r, s, key (a point off the curve).
        uint8_t *parts[] = {digest.b, sig, sig + 32, public, public + 32};
        for (size_t part = 0; part < PP_COUNT(parts); part++) {
            uint8_t *byte = parts[part] + pp_rng_below(&rng, 32);
            uint8_t bit = (uint8_t)(1u << pp_rng_below(&rng, 8));
            *byte ^= bit;
            CHECK(!pp_sign_verify_portable(&digest, sig, sig + 32, public));
            CHECK(!pp_sign_verify(&digest, sig, sig + 32, public));
            *byte ^= bit;
        }
    }
}

// r the generator's x, s = digest: the key comes out as infinity, or as -2 G.
PP_TEST(a_key_at_infinity_is_refused_by_both) {
    uint8_t r[32];
    hex(r, "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    pp_hash32 digest;
    pp_rng rng = {pp_test_seed() + 2};
    pp_rng_fill(&rng, digest.b, 32);
    digest.b[0] = 1;
    pp_address got;
    CHECK(!both(&got, &digest, r, digest.b, 0)); // the generator's y is even
    CHECK(both(&got, &digest, r, digest.b, 1));
}

PP_TEST(low_s) {
    uint8_t s[32];
    hex(s, "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
    CHECK(pp_sign_is_low_s(s));
    s[31]++;
    CHECK(!pp_sign_is_low_s(s));
}

PP_TEST(wycheproofs_cases) {
    wycheproof_case c;
    unsigned valid = 0, all = 0;
    FILE *f = fopen(PP_SOURCE_DIR "/src/sign/wycheproof.txt", "r");
    REQUIRE(f != NULL);
    while (wycheproof_next(&c, f)) {
        if (pp_sign_verify(&c.digest, c.rs, c.rs + 32, c.key) != c.valid ||
            pp_sign_verify_portable(&c.digest, c.rs, c.rs + 32, c.key) != c.valid)
            pp_test_fail(__FILE__, __LINE__, "case %u", c.number);
        // Behind a valid signature stands the key, with one of the four ids.
        uint8_t key[PP_PUBLIC_KEY_SIZE];
        bool found = false;
        for (unsigned id = 0; id < 4; id++)
            found |= pp_sign_recover_key_portable(key, &c.digest, c.rs, c.rs + 32, id) &&
                     memcmp(key, c.key, sizeof key) == 0;
        CHECK(found == c.valid);
        valid += c.valid;
        all++;
    }
    fclose(f);
    CHECK(all == 234 && valid == 167);
}
