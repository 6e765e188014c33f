// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/folder.h"
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

// The low and high half of a b + c, in limbs of 64 bits.
static void product(uint64_t out[8], const pp_u256 *a, const pp_u256 *b, const pp_u256 *c) {
    memset(out, 0, 8 * sizeof *out);
    memcpy(out, c->v, sizeof c->v);
    for (int i = 0; i < 4; i++) {
        pp_u128 carry = 0;
        for (int j = 0; i + j < 8; j++) {
            carry += out[i + j];
            if (j < 4) carry += (pp_u128)a->v[i] * b->v[j];
            out[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
    }
}

// Numbers whose limbs are often all zeros or all ones, or that are short.
static void draw(pp_u256 *x, pp_rng *rng) {
    pp_rng_fill(rng, x, sizeof *x);
    for (int i = 0; i < 4; i++) {
        uint64_t kind = pp_rng_below(rng, 6);
        if (kind == 0) x->v[i] = 0;
        if (kind == 1) x->v[i] = UINT64_MAX;
        if (kind == 2) x->v[i] = (uint64_t)1 << pp_rng_below(rng, 64);
    }
}

PP_TEST(mul_add_mod) {
    pp_rng rng = {pp_test_seed()};
    unsigned divided = 0, refused = 0, whole = 0;
    for (int i = 0; i < 20000; i++) {
        pp_u256 a, b, c, m, r = {{7}}, q = {{9}};
        draw(&a, &rng);
        draw(&b, &rng);
        draw(&c, &rng);
        draw(&m, &rng);
        if (i % 50 == 0) m = pp_u256_from_u64((uint64_t)i / 50 % 3);
        if (i % 3 == 0 && pp_u256_cmp(&a, &m) >= 0) a = pp_u256_from_u64((uint64_t)i % 2);
        uint64_t left[8], right[8];
        product(left, &a, &b, &c);
        pp_u256 high = {{left[4], left[5], left[6], left[7]}};
        if (!pp_u256_mul_add_mod(&r, &q, &a, &b, &c, &m)) {
            CHECK(!pp_u256_is_zero(&m) && pp_u256_cmp(&high, &m) >= 0);
            CHECK(r.v[0] == 7 && q.v[0] == 9);
            refused++;
        } else if (pp_u256_is_zero(&m)) {
            CHECK_MEM(r.v, left, 32);
            CHECK_MEM(q.v, left + 4, 32);
            whole++;
        } else {
            CHECK(pp_u256_cmp(&r, &m) < 0);
            product(right, &q, &m, &r);
            CHECK_MEM(left, right, sizeof left);
            divided++;
            // In place.
            CHECK(pp_u256_mul_add_mod(&m, &q, &a, &b, &c, &m) && pp_u256_cmp(&m, &r) == 0);
        }
    }
    CHECK(divided > 5000 && refused > 1000 && whole > 100);
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

// What the folder's only file holds; NULL when there are more files, or none.
static const char *only_file(const char *folder, const char *path) {
    static char text[64];
    char command[256];
    snprintf(command, sizeof command, "test $(ls -A %s | wc -l) = 1 && cat %s", folder, path);
    FILE *f = popen(command, "r");
    if (f == NULL) return NULL;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    return pclose(f) == 0 ? text : NULL;
}

PP_TEST(files_written_whole) {
    pp_err err = {0};
    pp_file_out a, b;
    struct stat st;
    char folder[] = "/tmp/polypoly-test-XXXXXX", path[64], link[64], next[128];
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    CHECK(pp_file_can_write(&err, path) && stat(path, &st) != 0);
    CHECK(pp_file_write(&err, path, "one", 3, 0600));
    CHECK_STR(only_file(folder, path), "one");
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    // Two writers at once: each file whole, the later one stays.
    CHECK(pp_file_begin(&err, &a, path, 0644) && pp_file_begin(&err, &b, path, 0644));
    CHECK(pp_file_put(&err, &a, "AA", 2) && pp_file_put(&err, &b, "B", 1));
    CHECK(pp_file_put(&err, &a, "A", 1) && pp_file_end(&err, &b) && pp_file_end(&err, &a));
    CHECK_STR(only_file(folder, path), "AAA");
    CHECK(pp_file_begin(&err, &a, path, 0644) && pp_file_put(&err, &a, "x", 1));
    // A link where the next temporary file would be is passed over, not followed.
    unsigned number = 0;
    char *dash = strrchr(a.temp, '-');
    REQUIRE(dash != NULL && sscanf(dash, "-%x.tmp", &number) == 1);
    snprintf(next, sizeof next, "%s.%lx-%x.tmp", path, (unsigned long)getpid(), number + 1);
    CHECK_EQ(symlink(link, next), 0);
    CHECK(pp_file_write(&err, path, "two", 3, 0644));
    CHECK(lstat(next, &st) == 0 && S_ISLNK(st.st_mode) && lstat(link, &st) != 0);
    CHECK_EQ(unlink(next), 0);
    pp_file_drop(&a);
    CHECK_STR(only_file(folder, path), "two");
    // Nothing but regular files is replaced.
    CHECK_EQ(symlink(path, link), 0);
    CHECK(!pp_file_write(&err, link, "x", 1, 0644) && strstr(err.text, "regular") != NULL);
    CHECK(!pp_file_can_write(&err, folder) && strstr(err.text, "regular") != NULL);
    CHECK(unlink(link) == 0 && mkfifo(link, 0600) == 0);
    CHECK(!pp_file_write(&err, link, "x", 1, 0644) && strstr(err.text, "regular") != NULL);
    CHECK_EQ(unlink(link), 0);
    CHECK_STR(only_file(folder, path), "two");
    // Folders.
    CHECK(!pp_folder_make(&err, path, 0700) && strstr(err.text, "not a folder") != NULL);
    CHECK_EQ(symlink(folder, link), 0);
    CHECK(!pp_folder_make(&err, link, 0700) && unlink(link) == 0);
    CHECK(pp_folder_make(&err, link, 0700) && pp_folder_make(&err, link, 0755));
    CHECK(stat(link, &st) == 0 && (st.st_mode & 0777) == 0700);
    CHECK(rmdir(link) == 0);
    // With all above it; a link to a folder is a way to it, a file is none.
    char deep[256], deeper[256];
    CHECK_EQ(symlink(folder, link), 0);
    snprintf(deep, sizeof deep, "%.200s/a", link);
    snprintf(deeper, sizeof deeper, "%.200s//b/", deep);
    CHECK(pp_folder_make_all(&err, deeper, 0700) && pp_folder_make_all(&err, deeper, 0755));
    CHECK(stat(deeper, &st) == 0 && (st.st_mode & 0777) == 0700);
    CHECK(stat(deep, &st) == 0 && (st.st_mode & 0700) == 0700);
    CHECK(pp_folder_make_all(&err, link, 0700) && pp_folder_make_all(&err, "/", 0700));
    CHECK(rmdir(deeper) == 0 && rmdir(deep) == 0 && unlink(link) == 0);
    // Nobody else may write where keys are.
    for (unsigned mode = 0; mode < 0100; mode++) {
        bool own = (mode & 022) == 0;
        CHECK_EQ(chmod(folder, 0700 | mode), 0);
        CHECK(pp_folder_take(&err, folder, 0700) == own);
        CHECK(own || (err.exit_code == 2 && strstr(err.text, "others may write") != NULL));
        CHECK_EQ(chmod(path, 0600 | mode), 0);
        CHECK(pp_file_is_secret(&err, path) == (mode == 0));
        CHECK(mode == 0 || (err.exit_code == 2 && strstr(err.text, "chmod 600") != NULL));
    }
    CHECK_EQ(chmod(folder, 0700), 0);
    CHECK(geteuid() == 0 || (!pp_folder_take(&err, "/", 0700) && strstr(err.text, "another user")));
    if (geteuid() == 0) {
        CHECK(chown(folder, 12345, getegid()) == 0 && !pp_folder_take(&err, folder, 0700));
        CHECK(strstr(err.text, "another user") != NULL && chown(folder, 0, getegid()) == 0);
        CHECK(symlink(folder, link) == 0 && pp_folder_take(&err, link, 0700));
        CHECK(lchown(link, 12345, getegid()) == 0 && !pp_folder_take(&err, link, 0700));
        CHECK_EQ(unlink(link), 0);
    }
    CHECK(!pp_folder_is_own(&err, deep) && !pp_file_is_secret(&err, deep));
    snprintf(deep, sizeof deep, "%.200s/a", path);
    CHECK(!pp_folder_make_all(&err, deep, 0700) && strstr(err.text, "not a folder") != NULL);
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

PP_TEST(files_read_in_pieces) {
    pp_err err = {0};
    pp_file_in in;
    char path[] = "/tmp/polypoly-test-XXXXXX", text[4] = {0};
    int fd = mkstemp(path);
    REQUIRE(fd >= 0 && write(fd, "abcdef", 6) == 6);
    CHECK(pp_file_open(&err, &in, path) && in.size == 6);
    CHECK(pp_file_get(&err, &in, text, 3, 2));
    CHECK_STR(text, "cde");
    CHECK(!pp_file_get(&err, &in, text, 3, 4) && strstr(err.text, "shrank") != NULL);
    pp_file_close(&in);
    close(fd);
    CHECK_EQ(unlink(path), 0);
}
