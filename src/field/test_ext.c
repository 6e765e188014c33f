// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"
#include "field/ext.h"

static pp_fp number(pp_rng *rng) {
    static const uint32_t edges[] = {0, 1, 2, PP_FP_MODULUS - 2, PP_FP_MODULUS - 1};
    uint64_t r = pp_rng_u64(rng);
    return (pp_fp){r % 4 == 0 ? edges[(r >> 8) % PP_COUNT(edges)]
                              : (uint32_t)(r >> 32) % PP_FP_MODULUS};
}
static pp_ext element(pp_rng *rng) {
    pp_ext a;
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = number(rng);
    return a;
}

// By the definition: multiply as polynomials, then X^k = X^(k-5) - X^(k-3) from above.
static pp_ext slow_mul(pp_ext a, pp_ext b) {
    pp_fp c[2 * PP_EXT_DEGREE - 1] = {{0}};
    for (int i = 0; i < PP_EXT_DEGREE; i++)
        for (int j = 0; j < PP_EXT_DEGREE; j++)
            c[i + j] = pp_fp_add(c[i + j], pp_fp_mul(a.c[i], b.c[j]));
    for (int k = 2 * PP_EXT_DEGREE - 2; k >= PP_EXT_DEGREE; k--) {
        c[k - 5] = pp_fp_add(c[k - 5], c[k]);
        c[k - 3] = pp_fp_sub(c[k - 3], c[k]);
    }
    pp_ext r;
    memcpy(&r, c, sizeof r);
    return r;
}

PP_TEST(products_are_those_of_polynomials) {
    pp_rng rng = {pp_test_seed()};
    for (int i = 0; i < 20000; i++) {
        pp_ext a = element(&rng), b = element(&rng);
        CHECK(pp_ext_eq(pp_ext_mul(a, b), slow_mul(a, b)));
        CHECK(pp_ext_eq(pp_ext_sqr(a), slow_mul(a, a)));
        CHECK(pp_ext_eq(pp_ext_mul_fp(a, b.c[0]), slow_mul(a, pp_ext_from_fp(b.c[0]))));
        CHECK(pp_ext_eq(pp_ext_mul_x(a), slow_mul(a, (pp_ext){{{0}, pp_fp_one()}})));
    }
    pp_ext top; // the largest sums
    for (int i = 0; i < PP_EXT_DEGREE; i++) top.c[i] = (pp_fp){PP_FP_MODULUS - 1};
    CHECK(pp_ext_eq(pp_ext_mul(top, top), slow_mul(top, top)));
}

PP_TEST(field_laws) {
    pp_rng rng = {pp_test_seed()};
    for (int i = 0; i < 3000; i++) {
        pp_ext a = element(&rng), b = element(&rng), c = element(&rng);
        CHECK(pp_ext_eq(pp_ext_mul(a, b), pp_ext_mul(b, a)));
        CHECK(pp_ext_eq(pp_ext_mul(pp_ext_mul(a, b), c), pp_ext_mul(a, pp_ext_mul(b, c))));
        CHECK(pp_ext_eq(pp_ext_mul(a, pp_ext_add(b, c)),
                        pp_ext_add(pp_ext_mul(a, b), pp_ext_mul(a, c))));
        CHECK(pp_ext_eq(pp_ext_add(pp_ext_sub(a, b), b), a));
        CHECK(pp_ext_eq(pp_ext_add(a, pp_ext_neg(a)), pp_ext_zero()));
        CHECK(pp_ext_eq(pp_ext_mul(a, pp_ext_one()), a));
        if (!pp_ext_is_zero(a)) CHECK(pp_ext_eq(pp_ext_mul(a, pp_ext_inverse(a)), pp_ext_one()));
        CHECK(pp_ext_eq(pp_ext_pow(a, 13), pp_ext_mul(pp_ext_pow(a, 6), pp_ext_pow(a, 7))));
    }
    CHECK(pp_ext_is_zero(pp_ext_inverse(pp_ext_zero())));
    CHECK(pp_ext_eq(pp_ext_pow(pp_ext_zero(), 0), pp_ext_one()));
}

// a^p fixes exactly the base field, five times gives a back, and X is not in a smaller field: so
// the modulus is irreducible (5 is prime).
PP_TEST(the_modulus_is_irreducible) {
    pp_ext x = {{{0}, pp_fp_one()}}, y = x;
    for (int i = 0; i < PP_EXT_DEGREE; i++) {
        y = pp_ext_pow(y, PP_FP_MODULUS);
        CHECK_EQ(pp_ext_eq(x, y), i == PP_EXT_DEGREE - 1);
    }
}

PP_TEST(roots_of_unity) {
    CHECK(pp_fp_eq(pp_fp_root(0), pp_fp_one()));
    for (unsigned k = 1; k <= PP_FP_TWO_ADICITY; k++) {
        pp_fp r = pp_fp_root(k);
        CHECK(pp_fp_eq(pp_fp_mul(r, r), pp_fp_root(k - 1)));
        CHECK(pp_fp_eq(pp_fp_pow(r, (uint64_t)1 << (k - 1)), pp_fp_neg(pp_fp_one())));
    }
}

PP_TEST(encodings_are_canonical) {
    pp_rng rng = {pp_test_seed()};
    uint8_t bytes[PP_EXT_SIZE];
    pp_ext a = element(&rng), b;
    pp_ext_encode(bytes, a);
    CHECK(pp_ext_decode(&b, bytes));
    CHECK(pp_ext_eq(a, b));
    for (int i = 0; i < PP_EXT_DEGREE; i++) {
        pp_ext_encode(bytes, a);
        pp_store_le32(bytes + 4 * i, PP_FP_MODULUS);
        CHECK(!pp_ext_decode(&b, bytes));
        pp_store_le32(bytes + 4 * i, PP_FP_MODULUS - 1);
        CHECK(pp_ext_decode(&b, bytes));
        CHECK_EQ(pp_fp_to_u32(b.c[i]), PP_FP_MODULUS - 1);
    }
}
