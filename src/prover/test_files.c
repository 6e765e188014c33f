// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"
#include "prover/bids.h"
#include "prover/prover.h"
#include "prover/shelf.h"
#include "prover/speed.h"

static char dir[64];

static void begin(void) {
    snprintf(dir, sizeof dir, "/tmp/pp-bids-XXXXXX");
    REQUIRE(mkdtemp(dir) != NULL);
}

static void put(const char *name, const void *data, size_t size) {
    char path[128];
    pp_err err;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    REQUIRE(pp_file_write(&err, path, data, size, 0600));
}

static void drop(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    CHECK(unlink(path) == 0 || rmdir(path) == 0);
}

static pp_hash32 id_of(uint8_t n) {
    pp_hash32 id;
    memset(id.b, n, sizeof id.b);
    return id;
}

// A market without requests: everything that was sealed before is over. Its memory, to be freed.
static void *empty_market(pp_market *m) {
    pp_market_params params;
    pp_market_params_default(&params);
    const pp_hash32 zero = {{0}};
    void *memory = aligned_alloc(16, (pp_market_memory_size(4, 4) + 15) / 16 * 16);
    PP_ASSERT(memory != NULL);
    pp_market_init(m, memory, 4, 4, &params, &zero, &zero, 1000);
    return memory;
}

PP_TEST(a_price_outlives_its_writer) {
    static pp_bids bids, again;
    pp_err err;
    pp_hash32 one = id_of(1), two = id_of(2);
    begin();
    static pp_market market, *m = &market;
    void *memory = empty_market(m);
    REQUIRE(pp_bids_open(&err, &bids, dir));
    CHECK(pp_bids_find(&bids, &one) == NULL);
    REQUIRE(pp_bids_add(&err, &bids, m, &one, ((pp_u128)1 << 89) + 7));
    REQUIRE(pp_bids_open(&err, &again, dir));
    const pp_u128 *price = pp_bids_find(&again, &one);
    CHECK(price != NULL && *price == ((pp_u128)1 << 89) + 7);
    // What is over goes with the next one.
    REQUIRE(pp_bids_add(&err, &again, m, &two, 5));
    CHECK_EQ(again.len, 1);
    REQUIRE(pp_bids_open(&err, &bids, dir));
    CHECK(pp_bids_find(&bids, &one) == NULL && pp_bids_find(&bids, &two) != NULL);
    free(memory);
    drop("bids");
    drop("");
}

PP_TEST(a_file_of_something_else) {
    static const char *const bad[] = {
        "hello\n", "12 34\n", "zz",
        "0101010101010101010101010101010101010101010101010101010101010101 x\n",
        "0101010101010101010101010101010101010101010101010101010101010101\n"};
    static pp_bids bids;
    pp_err err;
    begin();
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        put("bids", bad[i], strlen(bad[i]));
        CHECK(!pp_bids_open(&err, &bids, dir));
        CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
    }
    put("bids", "", 0);
    CHECK(pp_bids_open(&err, &bids, dir));
    drop("bids");
    drop("");
}

PP_TEST(a_shelf) {
    static pp_shelf shelf;
    static pp_guest guest;
    char path[128];
    pp_hash32 input, nobody = id_of(9);
    pp_bytes found;
    begin();
    snprintf(path, sizeof path, "%s/shelf", dir);
    pp_shelf_open(&shelf, dir, "shelf");
    pp_shelf_look(&shelf); // there is none
    CHECK(mkdir(path, 0700) == 0);
    pp_guest_batch(&guest);
    put("shelf/a.elf", guest.program.file.data, guest.program.file.size);
    put("shelf/b.elf", "no program", 10);
    put("shelf/c.input", "hello", 5);
    put("shelf/readme", "hello", 5);
    pp_shelf_look(&shelf);
    const pp_guest *program = pp_shelf_program(&shelf, &guest.id);
    CHECK(program != NULL && program->program.file.size == guest.program.file.size);
    CHECK(pp_shelf_program(&shelf, &nobody) == NULL);
    REQUIRE(pp_input_id(&input, (pp_bytes){(const uint8_t *)"hello", 5}));
    CHECK(pp_shelf_input_get(&found, &shelf, &input) && found.size == 5);
    CHECK(!pp_shelf_input_get(&found, &shelf, &nobody));
    // One that was being written when it was looked at first.
    snprintf(path, sizeof path, "%s/shelf/c.input", dir);
    FILE *f = fopen(path, "a");
    REQUIRE(f != NULL && fputs(" there", f) >= 0 && fclose(f) == 0);
    REQUIRE(pp_input_id(&input, (pp_bytes){(const uint8_t *)"hello there", 11}));
    pp_shelf_look(&shelf);
    CHECK(pp_shelf_input_get(&found, &shelf, &input) && found.size == 11);
    drop("shelf/a.elf");
    pp_shelf_look(&shelf);
    CHECK(pp_shelf_program(&shelf, &guest.id) == NULL);
    pp_shelf_close(&shelf);
    drop("shelf/b.elf");
    drop("shelf/c.input");
    drop("shelf/readme");
    drop("shelf");
    drop("");
}

static uint64_t after(uint64_t ps, uint64_t work, uint64_t ns, bool done) {
    return pp_speed_next(ps, &(pp_jobs_sight){work, ns, done});
}

PP_TEST(the_price_follows_the_machine) {
    enum { WORK = 1 << 21 };
    const uint64_t second = 1000000000, old = 1000000; // 2^21 units take 2.1 s
    CHECK_EQ(after(old, 1000, second, true), old);     // too small to tell
    CHECK_EQ(after(old, WORK, (uint64_t)WORK * 1000, true), old);
    CHECK_EQ(after(old, WORK, (uint64_t)WORK * 2000, true), old + old / 4);
    CHECK_EQ(after(old, WORK, (uint64_t)WORK * 500, true), old - old / 8);
    // A batch of eight transfers tells: polypoly up has no others.
    CHECK_EQ(after(old, 400000, 400000ULL * 2000, true), old + old / 4);
    // One outlier, a machine that slept, is not believed whole.
    CHECK_EQ(after(old, WORK, 86400 * second, true), old + 3 * old / 4);
    CHECK_EQ(after(old, WORK, 1, true), old - 3 * old / 16);
    CHECK_EQ(after(1, WORK, 1, true), 1);
    CHECK_EQ(after(PP_SPEED_MAX, WORK, UINT64_MAX, true), PP_SPEED_MAX);
    // One that was ended would have taken longer than so long, how much nobody knows.
    CHECK_EQ(after(old, WORK, (uint64_t)WORK * 500, false), old);
    CHECK_EQ(after(old, WORK, (uint64_t)WORK * 2000, false), old + old / 4);
    uint64_t ps = old;
    for (int i = 0; i < 40; i++) ps = after(ps, WORK, (uint64_t)WORK * 3000, true);
    CHECK(ps > 29 * old / 10 && ps <= 3 * old);
    for (int i = 0; i < 40; i++) ps = after(ps, WORK, (uint64_t)WORK * 1000, true);
    CHECK(ps >= old && ps < 11 * old / 10); // and back
}

PP_TEST(what_it_has_seen_outlives_it) {
    static const char *const bad[] = {"5\n", "5 \n", "x 7\n", "5 0\n", "5 9999999999999\n", ""};
    uint64_t ps = 0;
    pp_err err;
    begin();
    CHECK(pp_speed_load(&err, &ps, dir, 5) && ps == 5);
    CHECK(pp_speed_store(&err, dir, 5, 7));
    CHECK(pp_speed_load(&err, &ps, dir, 5) && ps == 7);
    CHECK(pp_speed_load(&err, &ps, dir, 6) && ps == 6); // its operator says otherwise since
    CHECK(pp_speed_store(&err, dir, PP_SPEED_MAX, PP_SPEED_MAX));
    CHECK(pp_speed_load(&err, &ps, dir, PP_SPEED_MAX) && ps == PP_SPEED_MAX);
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        put("speed", bad[i], strlen(bad[i]));
        CHECK(!pp_speed_load(&err, &ps, dir, 5) && err.exit_code == PP_EXIT_USAGE && ps == 5);
    }
    drop("speed");
    drop("");
}
