// SPDX-License-Identifier: MIT OR Apache-2.0
// What is believed of checks made before a restart, and of whom.
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"
#include "hash/keccak.h"
#include "host/past.h"

static char dir[64];
static pp_log log_;
static pp_err err;

static void begin(uint64_t records, uint8_t first) {
    strcpy(dir, "/tmp/pp-test-past-XXXXXX");
    bool ok = mkdtemp(dir) != NULL && pp_log_open(&err, &log_, dir, PP_LOG_WRITE);
    for (uint64_t i = 0; ok && i < records; i++) {
        uint8_t payload[2] = {first, (uint8_t)i};
        ok = pp_log_append(&err, &log_, (pp_bytes){payload, 2});
    }
    PP_ASSERT(ok);
}

static void end(void) {
    char command[128];
    pp_log_close(&log_);
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK_EQ(system(command), 0);
}

static pp_hash32 app_hash_of(uint64_t height) {
    return (pp_hash32){{(uint8_t)height, 9}};
}

// Blocks up to `height`, each with one check of its own; returns how many were believed. False at
// the first that does not commit.
static bool follow(pp_past *past, uint64_t height, uint64_t *believed) {
    *believed = 0;
    for (uint64_t h = 1; h <= height; h++) {
        pp_past_check c;
        if (pp_past_take(past, &c, (uint8_t)(h % 3))) {
            ++*believed;
            CHECK(c.yes == (h % 2 == 0) && c.cycles == h << 33 && c.shards == h);
        } else {
            c = (pp_past_check){(uint8_t)(h % 3), h % 2 == 0, (uint32_t)h, h << 33};
            pp_past_add(past, &c);
        }
        pp_hash32 app_hash = app_hash_of(h);
        if (!pp_past_commit(&err, past, h, &app_hash)) return false;
    }
    return true;
}

PP_TEST(only_ones_own_log_is_believed_and_only_so_far) {
    begin(6, 1);
    pp_past past;
    uint64_t believed;
    pp_hash32 app_hash = app_hash_of(5);
    pp_past_open(&past, dir, &log_);
    CHECK(follow(&past, 5, &believed) && believed == 0);
    // A check of a block that never counted is not written down.
    pp_past_add(&past, &(pp_past_check){.kind = 7});
    pp_past_save(&past, &log_, log_.records - 1, &app_hash);
    pp_past_close(&past);
    for (int i = 0; i < 2; i++) { // and again, after more blocks
        pp_past_open(&past, dir, &log_);
        CHECK_EQ(past.height, 5 + i);
        CHECK(follow(&past, 5 + (uint64_t)i, &believed) && believed == 5 + (uint64_t)i);
        uint8_t payload[1] = {3};
        CHECK(pp_log_append(&err, &log_, (pp_bytes){payload, 1}));
        pp_past_check c = {(uint8_t)((6 + i) % 3), (6 + i) % 2 == 0, (uint32_t)(6 + i),
                           (uint64_t)(6 + i) << 33};
        pp_past_check none;
        CHECK(!pp_past_take(&past, &none, c.kind));
        pp_past_add(&past, &c);
        app_hash = app_hash_of(6 + (uint64_t)i);
        CHECK(pp_past_commit(&err, &past, 6 + (uint64_t)i, &app_hash));
        pp_past_save(&past, &log_, log_.records - 1, &app_hash);
        pp_past_close(&past);
    }
    // Another log, of the same length: nothing.
    char path[96];
    uint8_t *data;
    size_t size;
    snprintf(path, sizeof path, "%s/checked", dir);
    REQUIRE(pp_file_read(&err, &data, &size, path, 1 << 20));
    // One wrong byte anywhere, or some missing: nothing.
    for (size_t at = 0; at < size; at++) {
        data[at] ^= (uint8_t)(1u << at % 8);
        CHECK(pp_file_write(&err, path, data, at % 2 ? size : at, 0644));
        data[at] ^= (uint8_t)(1u << at % 8);
        pp_past_open(&past, dir, &log_);
        CHECK_EQ(past.believed, 0);
        pp_past_close(&past);
    }
    end();
    for (int i = 0; i < 2; i++) { // and one that is shorter
        begin(i ? 3 : 8, i ? 1 : 2);
        snprintf(path, sizeof path, "%s/checked", dir);
        CHECK(pp_file_write(&err, path, data, size, 0644));
        pp_past_open(&past, dir, &log_);
        CHECK_EQ(past.believed, 0);
        pp_past_close(&past);
        end();
    }
    free(data);
}

PP_TEST(what_does_not_lead_to_the_same_state_is_a_sentence) {
    for (int i = 0; i < 4; i++) {
        begin(4, 1);
        pp_past past;
        uint64_t believed;
        pp_hash32 app_hash =
            app_hash_of(i == 0 ? 7 : 3); // 0: another state than what follows leads to
        pp_past_open(&past, dir, &log_);
        CHECK(follow(&past, 3, &believed));
        if (i == 1) { // one check too many
            pp_past_add(&past, &(pp_past_check){.kind = 1});
            past.of_whole++;
        }
        if (i == 2) past.of_whole--;
        if (i == 3) past.checks[0] ^= 3; // of another kind
        pp_past_save(&past, &log_, log_.records - 1, &app_hash);
        pp_past_close(&past);
        pp_past_open(&past, dir, &log_);
        bool ok = follow(&past, 3, &believed);
        // One too few is made again: then it is what the blocks ask for.
        CHECK(ok == (i == 2));
        if (!ok) CHECK(err.exit_code == PP_EXIT_USAGE && strstr(err.text, "start again") != NULL);
        CHECK(ok || access(past.path, F_OK) != 0);
        pp_past_close(&past);
        end();
    }
}

// Begun from a snapshot that three checks stand before: what comes behind is kept all the same, and
// believed by whoever begins no earlier.
PP_TEST(checks_behind_a_snapshot) {
    begin(6, 1);
    pp_past past;
    pp_past_check c;
    pp_hash32 app_hash = app_hash_of(5);
    pp_past_open(&past, dir, &log_);
    pp_past_skip(&past, 3);
    for (uint64_t h = 4; h <= 5; h++) {
        CHECK(!pp_past_take(&past, &c, 1));
        pp_past_add(&past, &(pp_past_check){.kind = 1, .cycles = h});
        CHECK(pp_past_commit(&err, &past, h, &app_hash));
    }
    CHECK_EQ(pp_past_asked(&past), 5);
    pp_past_save(&past, &log_, 5, &app_hash);
    pp_past_close(&past);
    for (uint64_t checks = 0; checks < 8; checks++) {
        pp_past_open(&past, dir, &log_);
        CHECK(past.believed == 2 && past.height == 5);
        pp_past_skip(&past, checks);
        CHECK_EQ(pp_past_asked(&past), checks);
        for (uint64_t h = checks + 1; checks >= 3 && h <= 5; h++) {
            CHECK(pp_past_take(&past, &c, 1) && c.cycles == h);
            CHECK(pp_past_commit(&err, &past, h, &app_hash));
        }
        CHECK(!pp_past_take(&past, &c, 1));
        pp_past_close(&past);
    }
    end();
}

// The file of earlier builds: not in vain.
PP_TEST(a_file_of_the_first_version) {
    uint8_t data[8 + 8 + 32 + 32 + 8 + 2 * 13 + 32] = "ppcheck\x01";
    char path[96];
    pp_past past;
    pp_past_check c;
    pp_hash32 link, sum;
    begin(3, 1);
    CHECK(pp_log_link(&link, &log_, 2));
    pp_store_le64(data + 8, 2);
    memcpy(data + 16, link.b, 32);
    pp_store_le64(data + 80, 2);
    data[88] = 1 | 16;
    data[88 + 13] = 2;
    pp_keccak256(&sum, data, sizeof data - 32);
    memcpy(data + sizeof data - 32, sum.b, 32);
    snprintf(path, sizeof path, "%s/checked", dir);
    CHECK(pp_file_write(&err, path, data, sizeof data, 0644));
    pp_past_open(&past, dir, &log_);
    CHECK(past.believed == 2 && past.before == 0);
    CHECK(pp_past_take(&past, &c, 1) && c.yes && pp_past_take(&past, &c, 2) && !c.yes);
    CHECK(!past.departs);
    pp_past_close(&past);
    end();
}
