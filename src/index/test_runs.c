// SPDX-License-Identifier: MIT OR Apache-2.0
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/test.h"
#include "index/runs.h"

enum { KEYS = 1000, RUN = 8 };

static uint8_t keys[KEYS][32];

static bool same(const void *ctx, uint32_t at, const uint8_t *key) {
    (void)ctx;
    return memcmp(keys[at], key, 32) == 0;
}

static void draw_keys(void) {
    uint64_t x = 5;
    for (size_t i = 0; i < KEYS; i++)
        for (size_t j = 0; j < 32; j++) {
            x = x * 6364136223846793005 + 1442695040888963407;
            keys[i][j] = (uint8_t)(x >> 56);
        }
    // Those that begin alike are told apart by the rest.
    for (size_t i = 1; i < KEYS; i += 50) memcpy(keys[i], keys[i - 1], 16);
}

static void in_folder(const char *dir) {
    pp_err err;
    pp_runs runs;
    REQUIRE(pp_runs_open(&err, &runs, dir, "keys", RUN));
    for (uint32_t i = 0; i < KEYS; i++) {
        CHECK(pp_runs_find(&runs, keys[i], same, NULL) == PP_TABLE_NONE);
        REQUIRE(pp_runs_add(&err, &runs, keys[i], i));
        pp_far_cool(&runs.far);
    }
    for (uint32_t i = 0; i < KEYS; i++) CHECK_EQ(pp_runs_find(&runs, keys[i], same, NULL), i);
    pp_runs_close(&runs);
}

PP_TEST(keys_in_memory_and_in_runs) {
    char dir[] = "/tmp/pp-runs-XXXXXX";
    bool made = mkdtemp(dir) != NULL;
    REQUIRE(made);
    draw_keys();
    in_folder(dir);
    in_folder(NULL);
    CHECK_EQ(rmdir(dir), 0);
}

// What was written is there after its pages were given back; what does not fit says so.
PP_TEST(far_bytes) {
    enum { ITEM = 64 << 10, ITEMS = 100 };
    pp_err err;
    pp_far far;
    char dir[] = "/tmp/pp-far-XXXXXX";
    bool made = mkdtemp(dir) != NULL;
    REQUIRE(made);
    REQUIRE(pp_far_open(&err, &far, dir, "bytes", ITEM * ITEMS));
    for (size_t i = 0; i < ITEMS; i++) {
        uint8_t *item = pp_far_add(&err, &far, ITEM);
        REQUIRE(item != NULL);
        CHECK(item[0] == 0 && item[ITEM - 1] == 0);
        memset(item, (int)i + 1, ITEM);
        pp_far_cool(&far);
    }
    for (size_t i = 0; i < ITEMS; i++) {
        CHECK_EQ(far.base[i * ITEM], i + 1);
        CHECK_EQ(far.base[(i + 1) * ITEM - 1], i + 1);
    }
    CHECK(pp_far_add(&err, &far, far.reserved) == NULL && err.exit_code == PP_EXIT_USAGE);
    CHECK(strstr(err.text, "bytes cannot grow beyond") != NULL);
    CHECK_EQ(far.size, (size_t)ITEM * ITEMS);
    pp_far_close(&far);
    CHECK_EQ(rmdir(dir), 0);
    CHECK(!pp_far_open(&err, &far, dir, "bytes", ITEM)); // the folder is gone
    CHECK(strstr(err.text, dir) != NULL);
}

// Addresses may be chosen: those that share all but their last bytes are spread like any others.
PP_TEST(chosen_addresses_are_spread) {
    enum { ADDRESSES = 1 << 16 };
    uint8_t address[20] = {0};
    pp_table table = {0};
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        pp_store_be32(address + 16, i << 12);
        pp_table_add(&table, address, i);
    }
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < table.max; i++) {
        run = table.slots[i].at == 0 ? 0 : run + 1;
        if (run > longest) longest = run;
    }
    CHECK(longest < 256); // some 40 at random, half of the slots in use
    pp_table_free(&table);
}

// A disk that is full is a sentence, and what stands there can still be read.
PP_TEST(far_bytes_on_a_full_disk) {
    enum { ITEM = 600 << 10 };
    pp_err err;
    pp_far far;
    struct rlimit before, little = {1 << 20, RLIM_INFINITY};
    char dir[] = "/tmp/pp-full-XXXXXX";
    bool made = mkdtemp(dir) != NULL;
    REQUIRE(made && getrlimit(RLIMIT_FSIZE, &before) == 0);
    REQUIRE(pp_far_open(&err, &far, dir, "bytes", (size_t)1 << 30));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    little.rlim_max = before.rlim_max;
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
    uint8_t *item = pp_far_add(&err, &far, ITEM);
    REQUIRE(item != NULL);
    memset(item, 7, ITEM);
    CHECK(pp_far_add(&err, &far, ITEM) == NULL && err.exit_code == PP_EXIT_USAGE);
    CHECK(strstr(err.text, "the index's file bytes cannot grow beyond 1048576 bytes: ") != NULL);
    CHECK(far.size == ITEM && far.base[ITEM - 1] == 7);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    CHECK(pp_far_add(&err, &far, ITEM) != NULL);
    pp_far_close(&far);
    CHECK_EQ(rmdir(dir), 0);
}
