// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"
#include "hash/poseidon2.h"

// Plonky3, koala-bear/src/poseidon2.rs, test_default_koalabear_poseidon2_width_24 (MIT or
// Apache-2.0).
PP_TEST(plonky3s_vector) {
    static const uint32_t input[24] = {886409618,  1327899896, 1902407911, 591953491,  648428576,
                                       1844789031, 1198336108, 355597330,  1799586834, 59617783,
                                       790334801,  1968791836, 559272107,  31054313,   1042221543,
                                       474748436,  135686258,  263665994,  1962340735, 1741539604,
                                       2026927696, 449439011,  1131357108, 50869465};
    static const uint32_t expected[24] = {382801106,  82839311,   1503190615, 1987418517, 854076995,
                                          1862291425, 262755189,  1050814217, 722724562,  741265943,
                                          1026879332, 754316749,  1966025564, 1518878196, 502200188,
                                          1368172258, 845459257,  1711434837, 724453836,  171032289,
                                          655223446,  1098636135, 407832555,  1707498914};
    pp_fp state[24];
    for (int i = 0; i < 24; i++) state[i] = pp_fp_from_u32(input[i]);
    pp_poseidon2_permute(state);
    for (int i = 0; i < 24; i++) CHECK_EQ(pp_fp_to_u32(state[i]), expected[i]);
}

PP_TEST(a_node_is_the_permutation_cut_to_nine) {
    pp_digest left, right, out;
    pp_fp state[24] = {{0}};
    for (uint32_t i = 0; i < 9; i++) {
        state[i] = left.e[i] = pp_fp_from_u32(i + 1);
        state[9 + i] = right.e[i] = pp_fp_from_u32(100 + i);
    }
    state[18] = pp_fp_from_u32(PP_TAG_STATE);
    pp_poseidon2_permute(state);
    pp_hash_node(&out, &left, &right, PP_TAG_STATE);
    CHECK_MEM(out.e, state, sizeof out.e);
    pp_digest other;
    pp_hash_node(&other, &right, &left, PP_TAG_STATE);
    CHECK(!pp_digest_eq(&out, &other));
    pp_hash_node(&other, &left, &right, PP_TAG_MEMORY);
    CHECK(!pp_digest_eq(&out, &other));
}

PP_TEST(a_leaf_depends_on_length_domain_and_parameter) {
    pp_fp data[31] = {{0}};
    pp_digest seen[40];
    size_t n = 0;
    for (size_t len = 0; len <= 31; len++) pp_hash_leaf(&seen[n++], data, len, 1, 0);
    pp_hash_leaf(&seen[n++], data, 15, 2, 0);
    pp_hash_leaf(&seen[n++], data, 15, 1, 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) CHECK(!pp_digest_eq(&seen[i], &seen[j]));
}

PP_TEST(digests_have_one_encoding) {
    pp_digest a, b;
    pp_hash_leaf(&a, (pp_fp[1]){{0}}, 0, 1, 0);
    uint8_t bytes[PP_DIGEST_SIZE];
    pp_digest_encode(bytes, &a);
    CHECK(pp_digest_decode(&b, bytes));
    CHECK(pp_digest_eq(&a, &b));
    pp_store_le32(bytes + 32, PP_FP_MODULUS);
    CHECK(!pp_digest_decode(&b, bytes));
    pp_store_le32(bytes + 32, PP_FP_MODULUS - 1);
    CHECK(pp_digest_decode(&b, bytes));
}
