// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"
#include "field/field.h"

static uint32_t number(pp_rng *rng) {
    static const uint32_t edges[] = {0, 1, 2, PP_FP_MODULUS - 2, PP_FP_MODULUS - 1};
    uint64_t r = pp_rng_u64(rng);
    return r % 4 == 0 ? edges[(r >> 8) % PP_COUNT(edges)] : (uint32_t)(r >> 32) % PP_FP_MODULUS;
}

PP_TEST(arithmetic_is_that_of_integers_mod_p) {
    pp_rng rng = {pp_test_seed()};
    const uint64_t p = PP_FP_MODULUS;
    for (int i = 0; i < 100000; i++) {
        uint32_t a = number(&rng), b = number(&rng);
        pp_fp x = pp_fp_from_u32(a), y = pp_fp_from_u32(b);
        CHECK(x.v < p);
        CHECK_EQ(pp_fp_to_u32(x), a);
        CHECK_EQ(pp_fp_to_u32(pp_fp_add(x, y)), ((uint64_t)a + b) % p);
        CHECK_EQ(pp_fp_to_u32(pp_fp_sub(x, y)), (a + p - b) % p);
        CHECK_EQ(pp_fp_to_u32(pp_fp_neg(x)), (p - a) % p);
        CHECK_EQ(pp_fp_to_u32(pp_fp_mul(x, y)), (uint64_t)a * b % p);
    }
    CHECK_EQ(pp_fp_to_u32(pp_fp_from_u32(UINT32_MAX)), UINT32_MAX % p);
}
