// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/err.h"
#include "base/test.h"
#include "base/u256.h"

PP_TEST(endian) {
    uint8_t b[16];
    pp_store_le64(b, 0x0102030405060708u);
    CHECK_EQ(b[0], 8);
    CHECK_EQ(pp_load_le64(b), 0x0102030405060708u);
    CHECK_EQ(pp_load_be64(b), 0x0807060504030201u);
    CHECK_EQ(pp_load_le32(b), 0x05060708u);
    CHECK_EQ(pp_load_le16(b), 0x0708u);
    pp_store_be32(b, 0xa1b2c3d4u);
    CHECK_EQ(b[0], 0xa1);
    CHECK_EQ(pp_load_be32(b), 0xa1b2c3d4u);
    pp_store_le128(b, (pp_u128)7 << 64 | 9);
    CHECK(pp_load_le128(b) == ((pp_u128)7 << 64 | 9));
}

PP_TEST(checked) {
    uint64_t r = 5;
    CHECK(!pp_u64_add(&r, UINT64_MAX, 1) && r == 5);
    CHECK(!pp_u64_sub(&r, 1, 2) && r == 5);
    CHECK(!pp_u64_mul(&r, 1ull << 32, 1ull << 32) && r == 5);
    CHECK(pp_u64_mul(&r, 1ull << 31, 1ull << 32) && r == 1ull << 63);
    pp_u128 big = ~(pp_u128)0, out = 3;
    CHECK(!pp_u128_add(&out, big, 1) && out == 3);
    CHECK(!pp_u128_sub(&out, 0, 1) && out == 3);
    CHECK(!pp_u128_mul(&out, big, 2) && out == 3);
    CHECK(pp_u128_mul(&out, big, 1) && out == big);
    CHECK(pp_u128_mul(&out, big / 3, 3) && out == big);
}

PP_TEST(decimal) {
    char text[40];
    pp_u128 v;
    CHECK_STR(pp_u128_dec(text, 0), "0");
    CHECK_STR(pp_u128_dec(text, ~(pp_u128)0), "340282366920938463463374607431768211455");
    CHECK(pp_u128_parse(&v, "340282366920938463463374607431768211455") && v == ~(pp_u128)0);
    CHECK(!pp_u128_parse(&v, "340282366920938463463374607431768211456"));
    CHECK(!pp_u128_parse(&v, ""));
    CHECK(!pp_u128_parse(&v, "-1"));
    CHECK(!pp_u128_parse(&v, "1 "));
}

PP_TEST(hex) {
    uint8_t b[3];
    char text[7];
    CHECK(pp_hex_decode(b, 3, "0xaBcD01"));
    pp_hex_encode(text, b, 3);
    CHECK_STR(text, "abcd01");
    CHECK(!pp_hex_decode(b, 3, "abcd0"));
    CHECK(!pp_hex_decode(b, 3, "abcd012"));
    CHECK(!pp_hex_decode(b, 3, "abcg01"));
    CHECK(!pp_hex_decode(b, 3, ""));
}

PP_TEST(arena) {
    alignas(64) uint8_t memory[100];
    memset(memory, 0xff, sizeof memory);
    pp_arena a;
    pp_arena_init(&a, memory, sizeof memory);
    uint8_t *one = pp_arena_alloc(&a, 1, 1);
    CHECK(one == memory && *one == 0);
    CHECK(pp_arena_alloc(&a, 8, 64) == memory + 64);
    CHECK(pp_arena_alloc(&a, 29, 1) == NULL);
    CHECK(pp_arena_alloc(&a, 28, 1) == memory + 72);
    CHECK(pp_arena_alloc(&a, 1, 1) == NULL);
    CHECK(pp_arena_alloc(&a, SIZE_MAX, 1) == NULL);
}

PP_TEST(u256) {
    pp_u256 a, b, c;
    char text[80];
    CHECK(pp_u256_parse(&a, "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"));
    CHECK_STR(pp_u256_dec(text, &a),
              "115792089237316195423570985008687907853269984665640564039457584007913129639935");
    CHECK(pp_u256_parse(&b, text) && pp_u256_cmp(&a, &b) == 0);
    b = pp_u256_from_u64(1);
    CHECK(!pp_u256_add(&c, &a, &b));
    CHECK(pp_u256_sub(&c, &a, &b) && pp_u256_cmp(&c, &a) < 0);
    CHECK(pp_u256_add(&c, &c, &b) && pp_u256_cmp(&c, &a) == 0);
    CHECK(!pp_u256_sub(&c, &b, &a));
    CHECK(!pp_u256_mul_u64(&c, &a, 2));
    CHECK(pp_u256_parse(&a, "0x100000000000000000000000000000000"));
    pp_u128 small;
    CHECK(!pp_u256_to_u128(&small, &a));
    CHECK(pp_u256_sub(&a, &a, &b) && pp_u256_to_u128(&small, &a) && small == ~(pp_u128)0);
    CHECK(pp_u256_mul_u64(&c, &a, 1000));
    uint8_t be[32];
    pp_u256_store_be(be, &c);
    pp_u256_load_be(&b, be);
    CHECK(pp_u256_cmp(&b, &c) == 0);
    CHECK(!pp_u256_parse(&a, "0x"));
    CHECK(!pp_u256_parse(&a, "12a"));
    CHECK(!pp_u256_parse(
        &a, "115792089237316195423570985008687907853269984665640564039457584007913129639936"));
}

PP_TEST(files) {
    pp_err err = {0};
    uint8_t *data;
    size_t size;
    CHECK(!pp_file_read(&err, &data, &size, "/dev/null/file", 10));
    CHECK(err.exit_code == PP_EXIT_USAGE && strstr(err.text, "/dev/null/file") != NULL);
    CHECK(!pp_file_read(&err, &data, &size, "/tmp", 10));
    CHECK(!pp_file_write(&err, "/dev/null/file", "x", 1, 0644));
}
