// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"
#include "hash/sha256.h"

static void expect(const void *data, size_t size, const char *hex) {
    pp_hash32 out;
    char have[65];
    pp_sha256(&out, data, size);
    pp_hex_encode(have, out.b, 32);
    CHECK_STR(have, hex);
}

// NIST's examples for FIPS 180-4, and the empty message. Random lengths: tests/test_hashes.py.
PP_TEST(published_hashes) {
    expect(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
        "lmnopqrsmnopqrstnopqrstu",
        112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    static uint8_t a[1000000];
    memset(a, 'a', sizeof a);
    expect(a, sizeof a, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
