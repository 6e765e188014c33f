// SPDX-License-Identifier: MIT OR Apache-2.0
#include <signal.h>
#include <stdio.h>
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

static void remove_folder(const char *dir) {
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK_EQ(system(command), 0);
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
    remove_folder(dir);
}

static const uint8_t *key_of(const void *ctx, uint32_t at) {
    (void)ctx;
    return at < KEYS ? keys[at] : NULL;
}

// As they were when they were saved, whatever came afterwards.
PP_TEST(keys_that_were_kept) {
    enum { KEPT = 3 * RUN + 5 };
    char dir[] = "/tmp/pp-runs-XXXXXX";
    pp_err err;
    pp_runs runs;
    pp_wire saved = {0};
    bool made = mkdtemp(dir) != NULL;
    REQUIRE(made);
    draw_keys();
    REQUIRE(pp_runs_open(&err, &runs, dir, "keys", RUN));
    for (uint32_t i = 0; i < KEYS; i++) {
        if (i == KEPT) CHECK(pp_runs_save(&err, &runs, &saved));
        REQUIRE(pp_runs_add(&err, &runs, keys[i], i));
    }
    pp_runs_close(&runs);
    for (int again = 0; again < 2; again++) {
        pp_reader r = pp_reader_of((pp_bytes){saved.data, saved.size});
        REQUIRE(pp_runs_load(&err, &runs, &r, dir, "keys", RUN, key_of, NULL));
        CHECK(pp_read_done(&r));
        for (uint32_t i = 0; i < KEYS; i++)
            CHECK_EQ(pp_runs_find(&runs, keys[i], same, NULL), i < KEPT ? i : PP_TABLE_NONE);
        for (uint32_t i = KEPT; i < KEYS; i++) REQUIRE(pp_runs_add(&err, &runs, keys[i], i));
        for (uint32_t i = 0; i < KEYS; i++) CHECK_EQ(pp_runs_find(&runs, keys[i], same, NULL), i);
        pp_runs_close(&runs);
    }
    saved.data[saved.size - 1] = 0xff; // a place that there is none of
    pp_reader r = pp_reader_of((pp_bytes){saved.data, saved.size});
    CHECK(!pp_runs_load(&err, &runs, &r, dir, "keys", RUN, key_of, NULL));
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    pp_runs_close(&runs);
    free(saved.data);
    remove_folder(dir);
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
    remove_folder(dir);
    CHECK(!pp_far_open(&err, &far, dir, "bytes", ITEM)); // the folder is gone
    CHECK(strstr(err.text, dir) != NULL);
}

// ---- kept -------------------------------------------------------------------------------------

static bool load_far(pp_far *far, const pp_wire *saved, const char *dir) {
    pp_err err;
    pp_reader r = pp_reader_of((pp_bytes){saved->data, saved->size});
    bool ok = pp_far_load(&err, far, &r, dir, "bytes", 1 << 22);
    if (ok) CHECK(pp_read_done(&r));
    if (!ok) CHECK(err.exit_code == PP_EXIT_NO && strstr(err.text, "bytes is not the one"));
    return ok;
}

static void write_byte(const char *dir, long at, int byte) {
    char path[64];
    snprintf(path, sizeof path, "%s/bytes", dir);
    FILE *f = fopen(path, "r+b");
    REQUIRE(f != NULL);
    CHECK(fseek(f, at, SEEK_SET) == 0 && fputc(byte, f) == byte);
    CHECK_EQ(fclose(f), 0);
}

// What was fixed must be there; what was not is put back; what came behind it is gone, and zero.
PP_TEST(far_bytes_that_were_kept) {
    enum { SIZE = 3 << 19, FIXED = (1 << 20) + 77 };
    char dir[] = "/tmp/pp-far-XXXXXX", command[96];
    pp_err err;
    pp_far far;
    pp_wire saved = {0}, shorter = {0};
    bool made = mkdtemp(dir) != NULL;
    REQUIRE(made);
    REQUIRE(pp_far_open(&err, &far, dir, "bytes", 1 << 22));
    REQUIRE(pp_far_add(&err, &far, 100) != NULL);
    memset(far.base, 3, 100);
    CHECK(pp_far_save(&err, &far, &shorter, 50));
    memset(far.base + 50, 4, 50);
    REQUIRE(pp_far_add(&err, &far, SIZE - 100) != NULL);
    for (size_t i = 100; i < SIZE; i++) far.base[i] = (uint8_t)(i * 7 >> 3);
    CHECK(pp_far_save(&err, &far, &saved, FIXED));
    memset(far.base + FIXED, 1, SIZE - FIXED);
    uint8_t *more = pp_far_add(&err, &far, 1 << 20);
    REQUIRE(more != NULL);
    memset(more, 2, 1 << 20);
    pp_far_close(&far);
    REQUIRE(load_far(&far, &saved, dir));
    CHECK_EQ(far.size, SIZE);
    for (size_t i = 100; i < SIZE; i++) CHECK_EQ(far.base[i], (uint8_t)(i * 7 >> 3));
    more = pp_far_add(&err, &far, 1 << 20);
    REQUIRE(more != NULL);
    for (size_t i = 0; i < 1 << 20; i++) CHECK_EQ(more[i], 0);
    pp_far_close(&far);
    // Each byte of what was fixed counts; behind it none does.
    for (long at = 0; at < FIXED / 16 * 16; at += 4093 * 16 + 5) {
        write_byte(dir, at, 0xee);
        CHECK(!load_far(&far, &saved, dir));
        pp_far_close(&far);
        write_byte(dir, at, at < 50 ? 3 : at < 100 ? 4 : (int)(uint8_t)(at * 7 >> 3));
    }
    write_byte(dir, FIXED, 0xee);
    CHECK(load_far(&far, &saved, dir));
    pp_far_close(&far);
    CHECK(load_far(&far, &shorter, dir)); // as it was even before
    CHECK_EQ(far.size, 100);
    for (size_t i = 0; i < 100; i++) CHECK_EQ(far.base[i], 3);
    pp_far_close(&far);
    CHECK(!load_far(&far, &saved, dir)); // it was cut by that
    pp_far_close(&far);
    saved.size = 30; // not all that was saved
    CHECK(!load_far(&far, &saved, dir));
    pp_far_close(&far);
    snprintf(command, sizeof command, "rm %s/bytes", dir);
    CHECK_EQ(system(command), 0);
    pp_reader r = pp_reader_of((pp_bytes){shorter.data, shorter.size});
    CHECK(!pp_far_load(&err, &far, &r, dir, "bytes", 1 << 22));
    CHECK(err.exit_code == PP_EXIT_USAGE && strstr(err.text, "/bytes: cannot read"));
    pp_far_close(&far);
    free(saved.data);
    free(shorter.data);
    remove_folder(dir);
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
    remove_folder(dir);
}
