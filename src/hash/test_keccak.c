// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"
#include "hash/keccak.h"

static void expect(const char *text, const char *hex) {
    pp_hash32 out;
    char have[65];
    pp_keccak256(&out, text, strlen(text));
    pp_hex_encode(have, out.b, 32);
    CHECK_STR(have, hex);
}

// The empty string's hash is Ethereum's well-known code hash of an account without code; the
// others are selectors' and events' hashes that every Ethereum library carries.
PP_TEST(known_hashes) {
    expect("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    expect("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    expect("Transfer(address,address,uint256)",
           "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    expect("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
           "8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
}

PP_TEST(any_split_gives_the_same_hash) {
    uint8_t data[400];
    pp_rng rng = {pp_test_seed()};
    pp_rng_fill(&rng, data, sizeof data);
    for (size_t size = 0; size <= sizeof data; size += 1 + size / 40) {
        pp_hash32 whole, parts;
        pp_keccak256(&whole, data, size);
        for (size_t cut = 0; cut <= size; cut++) {
            pp_keccak k;
            pp_keccak_init(&k);
            pp_keccak_update(&k, data, cut);
            pp_keccak_update(&k, data + cut, size - cut);
            pp_keccak_final(&k, &parts);
            CHECK_MEM(whole.b, parts.b, 32);
        }
    }
}

#ifdef PP_KECCAK_UNROLLED
PP_TEST(the_unrolled_permutation_is_the_plain_one) {
    pp_rng rng = {pp_test_seed()};
    uint64_t a[25], b[25];
    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < 25; i++) a[i] = b[i] = round == 0 ? 0 : pp_rng_u64(&rng);
        pp_keccak_f1600(a);
        pp_keccak_f1600_plain(b);
        CHECK_MEM(a, b, sizeof a);
    }
}
#endif
