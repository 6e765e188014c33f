// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"
#include "chain/genesis.h"
#include "host/beacon.h"

// Lengths around a stride.
static const uint64_t lens[] = {1,
                                100,
                                PP_BEACON_STRIDE - 1,
                                PP_BEACON_STRIDE,
                                PP_BEACON_STRIDE + 1,
                                3 * PP_BEACON_STRIDE,
                                3 * PP_BEACON_STRIDE + 7};

PP_TEST(each_value_leads_to_the_one_before) {
    static pp_beacon beacon;
    pp_err err;
    pp_hash32 seed = {{1}};
    for (size_t i = 0; i < PP_COUNT(lens); i++) {
        REQUIRE(pp_beacon_make(&err, &beacon, &seed, lens[i]));
        pp_hash32 before, value, next;
        pp_beacon_at(&before, &beacon, 0);
        CHECK(pp_hash32_eq(&before, &beacon.end));
        uint64_t bad = 0;
        for (uint64_t h = 1; h <= lens[i]; h++, before = value) {
            pp_beacon_at(&value, &beacon, h);
            pp_beacon_next(&next, &value);
            bad += !pp_hash32_eq(&next, &before);
        }
        CHECK_EQ(bad, 0);
        pp_beacon_free(&beacon);
    }
}

PP_TEST(values_do_not_depend_on_the_order_of_questions) {
    static pp_beacon beacon;
    pp_err err;
    pp_hash32 seed = {{2}}, forward[3], value;
    const uint64_t at[] = {5, PP_BEACON_STRIDE + 5, 2 * PP_BEACON_STRIDE + 5};
    REQUIRE(pp_beacon_make(&err, &beacon, &seed, 3 * PP_BEACON_STRIDE));
    for (size_t i = 0; i < 3; i++) pp_beacon_at(&forward[i], &beacon, at[i]);
    for (size_t i = 3; i-- > 0;) {
        pp_beacon_at(&value, &beacon, at[i]);
        CHECK(pp_hash32_eq(&value, &forward[i]));
    }
    pp_beacon_free(&beacon);
}

PP_TEST(seeds_differ_and_too_long_is_refused) {
    static pp_beacon a, b;
    pp_err err = {.exit_code = 0};
    pp_hash32 one = {{1}}, two = {{1}};
    two.b[31] = 1;
    REQUIRE(pp_beacon_make(&err, &a, &one, 10) && pp_beacon_make(&err, &b, &two, 10));
    CHECK(!pp_hash32_eq(&a.end, &b.end));
    pp_beacon_free(&a);
    pp_beacon_free(&b);
    CHECK(!pp_beacon_make(&err, &a, &one, UINT64_MAX) && err.exit_code == PP_EXIT_USAGE);
}

PP_TEST(marks_are_stored_and_loaded_and_nothing_else_is) {
    static pp_beacon a, b;
    pp_err err = {.exit_code = 0};
    pp_hash32 seed = {{3}}, other = {{4}}, x, y;
    char path[] = "/tmp/pp-test-beacon-XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    close(fd);
    for (size_t i = 0; i < PP_COUNT(lens); i++) {
        REQUIRE(pp_beacon_make(&err, &a, &seed, lens[i]));
        REQUIRE(pp_beacon_store(&err, &a, path));
        REQUIRE(pp_beacon_load(&err, &b, path, &a.end));
        CHECK_EQ(b.len, lens[i]);
        pp_beacon_at(&x, &a, lens[i]);
        pp_beacon_at(&y, &b, lens[i]);
        CHECK(pp_hash32_eq(&x, &y));
        pp_beacon_free(&b);
        CHECK(!pp_beacon_load(&err, &b, path, &other) && strstr(err.text, "another network"));
        pp_beacon_free(&a);
    }
    struct stat st;
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(truncate(path, st.st_size - 1) == 0);
    CHECK(!pp_beacon_load(&err, &b, path, &other) && strstr(err.text, "not the marks"));
    CHECK(truncate(path, 3) == 0);
    CHECK(!pp_beacon_load(&err, &b, path, &other) && strstr(err.text, "not the marks"));
    unlink(path);
    CHECK(!pp_beacon_load(&err, &b, path, &other));
}
