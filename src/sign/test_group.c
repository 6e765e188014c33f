// SPDX-License-Identifier: MIT OR Apache-2.0
// The group law against libsecp256k1, and where it has no answer.
#include <secp256k1.h>

#include "base/test.h"
#include "sign/group.h"

static const pp_u256 prime = {{0xfffffffefffffc2f, UINT64_MAX, UINT64_MAX, UINT64_MAX}};

static void random_point(pp_secp256k1_point *out, secp256k1_pubkey *key,
                         const secp256k1_context *ctx, pp_rng *rng) {
    uint8_t secret[32], bytes[65];
    size_t size = sizeof bytes;
    pp_rng_fill(rng, secret, sizeof secret);
    PP_ASSERT(secp256k1_ec_pubkey_create(ctx, key, secret));
    secp256k1_ec_pubkey_serialize(ctx, bytes, &size, key, SECP256K1_EC_UNCOMPRESSED);
    pp_u256_load_be(&out->x, bytes + 1);
    pp_u256_load_be(&out->y, bytes + 33);
}

static void check_point(const pp_secp256k1_point *got, const secp256k1_context *ctx,
                        const secp256k1_pubkey *want) {
    uint8_t bytes[65], mine[64];
    size_t size = sizeof bytes;
    secp256k1_ec_pubkey_serialize(ctx, bytes, &size, want, SECP256K1_EC_UNCOMPRESSED);
    pp_u256_store_be(mine, &got->x);
    pp_u256_store_be(mine + 32, &got->y);
    CHECK_MEM(mine, bytes + 1, 64);
}

PP_TEST(sums_are_libsecp256k1s) {
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    pp_rng rng = {pp_test_seed()};
    for (int i = 0; i < 200; i++) {
        pp_secp256k1_point a, b, sum, again;
        secp256k1_pubkey ka, kb, want;
        random_point(&a, &ka, ctx, &rng);
        random_point(&b, &kb, ctx, &rng);
        const secp256k1_pubkey *two[2] = {&ka, &kb}, *same[2] = {&ka, &ka};
        PP_ASSERT(secp256k1_ec_pubkey_combine(ctx, &want, two, 2));
        REQUIRE(pp_secp256k1_add(&sum, NULL, &a, &b, false));
        check_point(&sum, ctx, &want);
        // Minus minus; in place; y at or above p.
        pp_secp256k1_point minus = b;
        REQUIRE(pp_u256_sub(&minus.y, &prime, &b.y));
        REQUIRE(pp_secp256k1_add(&minus, NULL, &a, &minus, true));
        CHECK_MEM(&minus, &sum, sizeof sum);
        PP_ASSERT(secp256k1_ec_pubkey_combine(ctx, &want, same, 2));
        REQUIRE(pp_secp256k1_double(&again, NULL, &a));
        check_point(&again, ctx, &want);
        // The sum minus b is a.
        REQUIRE(pp_secp256k1_add(&sum, NULL, &sum, &b, true));
        CHECK_MEM(&sum, &a, sizeof a);
    }
    secp256k1_context_destroy(ctx);
}

// Not on the curve, but what the formulas say: coordinates at or above p are taken mod p where they
// may be, and there is no line through points with one x.
PP_TEST(edges) {
    const pp_u256 one = {{1}}, two = {{2}}, zero = {{0}},
                  most = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    pp_u256 above, slope = {{5}};
    PP_ASSERT(pp_u256_add(&above, &prime, &two));
    pp_secp256k1_point a = {one, two}, b = {two, above}, c = {two, two}, out, other;
    REQUIRE(pp_secp256k1_add(&out, &slope, &a, &b, false) &&
            pp_secp256k1_add(&other, NULL, &a, &c, false));
    CHECK_MEM(&out, &other, sizeof out);
    CHECK(pp_u256_is_zero(&slope));
    const pp_secp256k1_point kept = out;
    b.x = one;
    CHECK(!pp_secp256k1_add(&out, &slope, &a, &b, false));
    CHECK(!pp_secp256k1_add(&out, &slope, &a, &a, true));
    a.x = prime;
    CHECK(!pp_secp256k1_add(&out, &slope, &a, &b, false));
    CHECK(!pp_secp256k1_add(&out, &slope, &b, &a, false));
    a = (pp_secp256k1_point){one, zero};
    CHECK(!pp_secp256k1_double(&out, &slope, &a));
    a.y = prime;
    CHECK(!pp_secp256k1_double(&out, &slope, &a));
    CHECK_MEM(&out, &kept, sizeof out);
    CHECK(pp_u256_is_zero(&slope));
    a = (pp_secp256k1_point){most, one};
    c = (pp_secp256k1_point){{{0x1000003d0}}, one}; // 2^256 - 1 mod p
    REQUIRE(pp_secp256k1_double(&out, NULL, &a) && pp_secp256k1_double(&other, NULL, &c));
    CHECK_MEM(&out, &other, sizeof out);
    // p - 1 is below p.
    PP_ASSERT(pp_u256_sub(&a.x, &prime, &one));
    CHECK(pp_secp256k1_add(&out, NULL, &a, &b, false) &&
          pp_secp256k1_add(&out, NULL, &b, &a, true));
}
