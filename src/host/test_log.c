// SPDX-License-Identifier: MIT OR Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "host/log_inside.h"

static char dir[64];
static char file[96];

static void fresh_dir(void) {
    bool memory = access("/dev/shm", W_OK) == 0; // thousands of syncs
    strcpy(dir, memory ? "/dev/shm/pp-test-log-XXXXXX" : "/tmp/pp-test-log-XXXXXX");
    PP_ASSERT(mkdtemp(dir) != NULL);
    snprintf(file, sizeof file, "%s/chain.log", dir);
}

static void remove_dir(void) {
    char lock[96];
    snprintf(lock, sizeof lock, "%s/LOCK", dir);
    unlink(lock);
    unlink(file);
    rmdir(dir);
}

// The payload of a height: any size, any bytes, known to both sides.
static size_t payload_of(uint8_t out[512], uint64_t height) {
    pp_rng rng = {height + 1};
    size_t size = (size_t)(pp_rng_u64(&rng) % 512);
    for (size_t i = 0; i < size; i++) out[i] = (uint8_t)pp_rng_u64(&rng);
    return size;
}

static bool append(pp_err *err, pp_log *log) {
    uint8_t payload[512];
    size_t size = payload_of(payload, log->records);
    return pp_log_append(err, log, (pp_bytes){payload, size});
}

static bool write_log(uint64_t records) {
    pp_err err = {0};
    pp_log log;
    if (!pp_log_open(&err, &log, dir, PP_LOG_WRITE)) return false;
    bool ok = true;
    while (ok && log.records < records) ok = append(&err, &log);
    pp_log_close(&log);
    return ok;
}

static off_t file_size(void) {
    struct stat st;
    return stat(file, &st) == 0 ? st.st_size : -1;
}

// Every record readable and equal to what was written; returns how many.
static uint64_t read_log(pp_err *err, pp_log_mode mode) {
    pp_log log;
    if (!pp_log_open(err, &log, dir, mode)) return 0;
    pp_log_cursor cursor = {0};
    pp_log_record record;
    bool more;
    uint64_t count = 0;
    while (pp_log_next(err, &more, &record, &log, &cursor) && more) {
        uint8_t payload[512];
        size_t size = payload_of(payload, count);
        CHECK_EQ(record.height, count);
        CHECK_EQ(record.payload.size, size);
        CHECK_MEM(record.payload.data, payload, size);
        count++;
    }
    CHECK_EQ(count, log.records);
    pp_log_close(&log);
    return count;
}

static void flip(off_t offset, uint8_t mask) {
    int fd = open(file, O_RDWR);
    uint8_t byte;
    PP_ASSERT(pread(fd, &byte, 1, offset) == 1);
    byte ^= mask;
    PP_ASSERT(pwrite(fd, &byte, 1, offset) == 1);
    close(fd);
}

PP_TEST(what_is_written_is_read) {
    fresh_dir();
    pp_err err = {0};
    CHECK(write_log(1));
    CHECK(write_log(40));
    CHECK_EQ(read_log(&err, PP_LOG_READ), 40);
    CHECK_EQ(read_log(&err, PP_LOG_WRITE), 40);
    remove_dir();
}

// The places of records, after appending and after opening alike.
PP_TEST(spans_name_the_payloads) {
    fresh_dir();
    pp_err err = {0};
    CHECK(write_log(1500)); // more than the first room for places
    pp_log log;
    REQUIRE(pp_log_open(&err, &log, dir, PP_LOG_WRITE));
    REQUIRE(append(&err, &log));
    uint64_t wrong = 0;
    for (uint64_t h = 0; h < log.records; h++) {
        uint8_t want[512], got[512];
        uint64_t offset;
        size_t size, len = payload_of(want, h);
        pp_log_span(&offset, &size, &log, h);
        wrong += size != len || pread(log.fd, got, len, (off_t)offset) != (ssize_t)len ||
                 memcmp(got, want, len) != 0;
    }
    CHECK_EQ(wrong, 0);
    pp_log_close(&log);
    remove_dir();
}

PP_TEST(a_reader_needs_a_log_and_changes_nothing) {
    fresh_dir();
    pp_err err = {0};
    pp_log log;
    CHECK(!pp_log_open(&err, &log, dir, PP_LOG_READ));
    CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
    CHECK(write_log(5));
    PP_ASSERT(truncate(file, file_size() - 3) == 0);
    off_t size = file_size();
    CHECK_EQ(read_log(&err, PP_LOG_READ), 4);
    CHECK_EQ(file_size(), size);
    remove_dir();
}

PP_TEST(a_torn_tail_of_any_size_is_cut_and_nothing_else) {
    fresh_dir();
    CHECK(write_log(3));
    off_t three = file_size();
    CHECK(write_log(4));
    off_t four = file_size();
    for (off_t size = four - 1; size >= three; size--) {
        CHECK(write_log(4));
        CHECK_EQ(file_size(), four);
        PP_ASSERT(truncate(file, size) == 0);
        pp_err err = {0};
        pp_log log;
        REQUIRE(pp_log_open(&err, &log, dir, PP_LOG_WRITE));
        CHECK_EQ(log.records, 3);
        CHECK_EQ(log.torn_size, size - three);
        CHECK_EQ(file_size(), three);
        pp_log_close(&log);
    }
    // Bytes that a power cut left as zeros are a torn tail too, whole records' worth of them.
    CHECK(write_log(3));
    PP_ASSERT(truncate(file, three + 4000) == 0);
    pp_err err = {0};
    CHECK_EQ(read_log(&err, PP_LOG_WRITE), 3);
    CHECK_EQ(file_size(), three);
    remove_dir();
}

// Sectors of [from, to) that never reached the disk: at least one.
static void lose_sectors(pp_rng *rng, off_t from, off_t to) {
    static const uint8_t zeros[512];
    int fd = open(file, O_WRONLY);
    PP_ASSERT(fd >= 0);
    off_t sectors = to / 512 - from / 512 + 1, must = (off_t)pp_rng_below(rng, (uint64_t)sectors);
    for (off_t i = 0; i < sectors; i++) {
        off_t begin = (from / 512 + i) * 512, end = begin + 512;
        if (begin < from) begin = from;
        if (end > to) end = to;
        if (end - begin < 8 || (i != must && pp_rng_below(rng, 2))) continue;
        PP_ASSERT(pwrite(fd, zeros, (size_t)(end - begin), begin) == end - begin);
    }
    close(fd);
}

// What a power cut leaves of the last record, whichever of its sectors are there, is cut off; in
// the middle of the log the same is damage.
PP_TEST(missing_sectors_at_the_end_are_cut_and_elsewhere_are_damage) {
    fresh_dir();
    pp_rng rng = {pp_test_seed()};
    pp_err err = {0};
    pp_log log;
    uint8_t payload[6000];
    for (int round = 0; round < 60; round++) {
        unlink(file);
        REQUIRE(write_log((uint64_t)round % 5));
        off_t from = file_size(), to;
        if (from < 0) from = 0;
        pp_rng_fill(&rng, payload, sizeof payload);
        REQUIRE(pp_log_open(&err, &log, dir, PP_LOG_WRITE));
        REQUIRE(pp_log_append(&err, &log, (pp_bytes){payload, pp_rng_below(&rng, 6000)}));
        to = file_size();
        bool more = round % 2;
        if (more) REQUIRE(append(&err, &log));
        pp_log_close(&log);
        lose_sectors(&rng, from, to);
        bool ok = pp_log_open(&err, &log, dir, PP_LOG_READ);
        if (ok) {
            CHECK(!more && log.records == (uint64_t)round % 5 && log.torn_size > 0);
            pp_log_close(&log);
        } else {
            CHECK_EQ(err.exit_code, PP_EXIT_NO);
            CHECK(more);
        }
    }
    remove_dir();
}

static void write_at(off_t at, const void *data, size_t size) {
    int fd = open(file, O_WRONLY);
    PP_ASSERT(fd >= 0 && pwrite(fd, data, size, at) == (ssize_t)size);
    close(fd);
}

// Whoever writes into a block may write what looks like the next one's header, record and all. It
// has not this log's secret: where a power cut takes the header before it, that block was cut
// short.
PP_TEST(nobody_forges_the_next_header) {
    static const uint8_t zeros[PP_LOG_HEADER_SIZE];
    fresh_dir();
    for (uint64_t before = 1; before < 5; before++) {
        uint8_t payload[2000];
        pp_err err = {0};
        pp_log log, other = {.records = 0};
        pp_hash32 link;
        unlink(file);
        REQUIRE(write_log(before));
        off_t at = file_size();
        memset(payload, 0x55, sizeof payload);
        for (size_t i = 0; i < 3;
             i++) { // as another log has it, one without a secret, and of any height
            memset(other.secret.b, i == 0 ? 0 : 7, sizeof other.secret.b);
            pp_log_record_encode(payload + 300 * i + 1, &other, PP_LOG_BLOCK,
                                 before + (i < 2 ? 1 : 9), &link, (pp_bytes){payload + 1800, 100},
                                 &link);
        }
        REQUIRE(pp_log_open(&err, &log, dir, PP_LOG_WRITE));
        REQUIRE(pp_log_append(&err, &log, (pp_bytes){payload, sizeof payload}));
        pp_log_close(&log);
        write_at(at, zeros, sizeof zeros);
        REQUIRE(pp_log_open(&err, &log, dir, PP_LOG_WRITE));
        CHECK(log.records == before && log.torn_size > sizeof payload);
        // A true one behind it is another matter.
        REQUIRE(pp_log_append(&err, &log, (pp_bytes){payload, sizeof payload}) &&
                append(&err, &log));
        pp_log_close(&log);
        write_at(at, zeros, sizeof zeros);
        CHECK(!pp_log_open(&err, &log, dir, PP_LOG_WRITE) && err.exit_code == PP_EXIT_NO);
    }
    remove_dir();
}

static pp_hash32 secret_of(pp_log_mode mode) {
    pp_err err;
    pp_log log;
    bool opened = pp_log_open(&err, &log, dir, mode);
    PP_ASSERT(opened);
    pp_hash32 secret = log.secret;
    pp_log_close(&log);
    return secret;
}

// Each log has a secret of its own, which stays, also when it is pruned; logs that were made before
// there was one are read and written on.
PP_TEST(secrets) {
    pp_err err = {0};
    pp_log log, none = {.records = 0};
    uint8_t payload[512], record[700];
    pp_hash32 link = {{0}};
    fresh_dir();
    REQUIRE(write_log(4));
    pp_hash32 first = secret_of(PP_LOG_READ), zero = {{0}};
    CHECK(!pp_hash32_eq(&first, &zero));
    REQUIRE(pp_log_open(&err, &log, dir, PP_LOG_WRITE) && pp_log_prune(&err, &log, 2));
    REQUIRE(append(&err, &log));
    pp_log_close(&log);
    pp_hash32 later = secret_of(PP_LOG_WRITE);
    CHECK(pp_hash32_eq(&first, &later));
    unlink(file);
    REQUIRE(write_log(1));
    later = secret_of(PP_LOG_READ);
    CHECK(!pp_hash32_eq(&first, &later));
    unlink(file);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    off_t at = 0;
    for (uint64_t h = 0; h < 3; h++) {
        size_t size = payload_of(payload, h);
        pp_log_record_encode(record, &none, PP_LOG_BLOCK, h, &link, (pp_bytes){payload, size},
                             &link);
        write_at(at, record, PP_LOG_HEADER_SIZE + size + PP_LOG_LINK_SIZE);
        at += (off_t)(PP_LOG_HEADER_SIZE + size + PP_LOG_LINK_SIZE);
    }
    REQUIRE(write_log(6));
    CHECK_EQ(read_log(&err, PP_LOG_READ), 6);
    later = secret_of(PP_LOG_READ);
    CHECK(pp_hash32_eq(&later, &zero));
    remove_dir();
}

PP_TEST(one_flipped_byte_anywhere_names_its_block) {
    fresh_dir();
    off_t ends[9];
    for (uint64_t n = 1; n <= 8; n++) {
        CHECK(write_log(n));
        ends[n] = file_size();
    }
    ends[0] = 0;
    pp_rng rng = {pp_test_seed()};
    uint64_t block = 0;
    for (off_t at = 0; at < ends[8]; at++) {
        while (at >= ends[block + 1]) block++;
        uint8_t mask = (uint8_t)(1u << (pp_rng_u64(&rng) % 8));
        flip(at, mask);
        for (int mode = PP_LOG_WRITE; mode <= PP_LOG_READ; mode++) {
            pp_err err = {0};
            pp_log log;
            CHECK(!pp_log_open(&err, &log, dir, (pp_log_mode)mode));
            char expected[160];
            snprintf(expected, sizeof expected, "%s: block %llu is damaged", file,
                     (unsigned long long)block);
            CHECK(strncmp(err.text, expected, strlen(expected)) == 0);
            CHECK_EQ(err.exit_code, PP_EXIT_NO);
        }
        CHECK_EQ(file_size(), ends[8]);
        flip(at, mask);
    }
    pp_err err = {0};
    CHECK_EQ(read_log(&err, PP_LOG_READ), 8);
    remove_dir();
}

PP_TEST(records_cannot_change_places) {
    fresh_dir();
    CHECK(write_log(2));
    off_t two = file_size();
    CHECK(write_log(3));
    // The third record again, behind itself.
    size_t size = (size_t)(file_size() - two);
    uint8_t copy[1024];
    REQUIRE(size > 0 && size <= sizeof copy);
    int fd = open(file, O_RDWR | O_APPEND);
    PP_ASSERT(pread(fd, copy, size, two) == (ssize_t)size);
    PP_ASSERT(write(fd, copy, size) == (ssize_t)size);
    close(fd);
    pp_err err = {0};
    CHECK_EQ(read_log(&err, PP_LOG_READ), 0);
    CHECK(strstr(err.text, "block 3 is damaged") != NULL);
    remove_dir();
}

// Runs body in a child, so that limits and user ids stay there; its CHECKs count as one.
static bool in_child(bool (*body)(void)) {
    pid_t pid = fork();
    PP_ASSERT(pid >= 0);
    if (pid == 0) _exit(body() ? 0 : 1);
    int status;
    PP_ASSERT(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool fill_the_disk(void) {
    signal(SIGXFSZ, SIG_IGN);
    pp_err err = {0};
    pp_log log;
    if (!pp_log_open(&err, &log, dir, PP_LOG_WRITE)) return false;
    struct rlimit limit = {(rlim_t)log.end + 100, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    uint8_t big[400] = {0};
    uint64_t before = log.records, end = log.end;
    for (int i = 0; i < 3; i++) {
        if (pp_log_append(&err, &log, (pp_bytes){big, sizeof big})) return false;
        if (err.exit_code != PP_EXIT_USAGE || strstr(err.text, "nothing is lost") == NULL)
            return false;
        if (log.records != before || file_size() != (off_t)end) return false;
    }
    // Space returns: the same log goes on.
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (!append(&err, &log) || log.records != before + 1) return false;
    pp_log_close(&log);
    return true;
}

PP_TEST(a_full_disk_loses_nothing) {
    fresh_dir();
    CHECK(write_log(7));
    CHECK(in_child(fill_the_disk));
    pp_err err = {0};
    CHECK_EQ(read_log(&err, PP_LOG_READ), 8);
    remove_dir();
}

static bool try_as_nobody(void) {
    if (getuid() == 0 && setuid(65534) != 0) return false;
    pp_err err = {0};
    pp_log log;
    if (pp_log_open(&err, &log, dir, PP_LOG_WRITE)) return false;
    if (err.exit_code != PP_EXIT_USAGE || strstr(err.text, "Permission denied") == NULL)
        return false;
    return read_log(&err, PP_LOG_READ) == 2;
}

PP_TEST(a_read_only_directory_is_one_sentence_and_still_readable) {
    fresh_dir();
    CHECK(write_log(2));
    char lock[96];
    snprintf(lock, sizeof lock, "%s/LOCK", dir);
    chmod(file, 0444);
    chmod(lock, 0444);
    chmod(dir, 0555);
    CHECK(in_child(try_as_nobody));
    chmod(dir, 0755);
    remove_dir();
}

static bool second_process(void) {
    pp_err err = {0};
    pp_log log;
    for (int mode = PP_LOG_WRITE; mode <= PP_LOG_READ; mode++) {
        if (pp_log_open(&err, &log, dir, (pp_log_mode)mode)) return false;
        char who[64];
        snprintf(who, sizeof who, "process id %ld ", (long)getppid());
        if (err.exit_code != PP_EXIT_USAGE || strstr(err.text, who) == NULL) return false;
    }
    return true;
}

PP_TEST(a_second_process_is_told_who_holds_the_directory) {
    fresh_dir();
    pp_err err = {0};
    pp_log log;
    REQUIRE(pp_log_open(&err, &log, dir, PP_LOG_WRITE));
    CHECK(in_child(second_process));
    CHECK(append(&err, &log));
    pp_log_close(&log);
    CHECK_EQ(read_log(&err, PP_LOG_READ), 1);
    remove_dir();
}

static bool die_while_appending(void) {
    pp_err err = {0};
    pp_log log;
    if (!pp_log_open(&err, &log, dir, PP_LOG_WRITE)) return false;
    int acknowledged = open("/proc/self/fd/9", O_WRONLY);
    for (;;) {
        if (!append(&err, &log)) return false;
        if (write(acknowledged < 0 ? 9 : acknowledged, &log.records, 8) != 8) return false;
    }
}

PP_TEST(what_was_acknowledged_survives_kill_9) {
    fresh_dir();
    CHECK(write_log(1));
    pp_rng rng = {pp_test_seed()};
    uint64_t acknowledged = 1;
    for (int round = 0; round < 20; round++) {
        int ends[2];
        PP_ASSERT(pipe(ends) == 0);
        pid_t pid = fork();
        PP_ASSERT(pid >= 0);
        if (pid == 0) {
            dup2(ends[1], 9);
            _exit(die_while_appending() ? 0 : 1);
        }
        close(ends[1]);
        usleep((useconds_t)(pp_rng_u64(&rng) % 20000));
        kill(pid, SIGKILL);
        uint64_t records;
        while (read(ends[0], &records, 8) == 8) acknowledged = records;
        close(ends[0]);
        waitpid(pid, NULL, 0);
        pp_err err = {0};
        uint64_t found = read_log(&err, PP_LOG_WRITE);
        CHECK(found >= acknowledged);
        acknowledged = found;
    }
    CHECK(acknowledged > 1);
    remove_dir();
}

// What says that blocks are gone was synced before it got its name: damage there cuts nothing off.
// Also where no block is left: a torn first block it is not.
PP_TEST(damage_where_a_log_was_pruned_cuts_nothing) {
    enum { SIZE = PP_LOG_HEADER_SIZE + 2 * PP_LOG_LINK_SIZE };
    uint8_t base[SIZE], bad[SIZE];
    pp_err err = {0};
    pp_log log;
    for (uint64_t left = 0; left <= 4; left += 4) {
        fresh_dir();
        REQUIRE(write_log(9) && pp_log_open(&err, &log, dir, PP_LOG_WRITE));
        REQUIRE(pp_log_prune(&err, &log, 8 - left));
        const off_t from = (off_t)log.ends[0], size = (off_t)log.end;
        pp_log_close(&log);
        int fd = open(file, O_RDWR);
        REQUIRE(fd >= 0 && pread(fd, base, SIZE, from) == SIZE);
        for (size_t i = 0; i <= SIZE + 1; i++) { // each byte; the header lost with its sector, all
            memcpy(bad, base, SIZE);
            if (i < SIZE)
                bad[i] ^= 1;
            else
                memset(bad, 0, i == SIZE ? PP_LOG_HEADER_SIZE : SIZE);
            REQUIRE(pwrite(fd, bad, SIZE, from) == SIZE);
            CHECK(!pp_log_open(&err, &log, dir, PP_LOG_WRITE));
            CHECK(err.exit_code == PP_EXIT_NO && file_size() == size);
        }
        for (off_t end = from; left == 0 && end < size; end++) { // a file that ends too early
            REQUIRE(pwrite(fd, base, SIZE, from) == SIZE && ftruncate(fd, end) == 0);
            CHECK(!pp_log_open(&err, &log, dir, PP_LOG_WRITE));
            CHECK(err.exit_code == PP_EXIT_NO && file_size() == end);
        }
        close(fd);
        remove_dir();
    }
}

static void refused(const char *why) {
    pp_err err = {0};
    pp_log log;
    off_t size = file_size();
    CHECK(!pp_log_open(&err, &log, dir, PP_LOG_WRITE));
    CHECK(err.exit_code == PP_EXIT_NO && file_size() == size);
    if (!strstr(err.text, why)) pp_test_fail(__FILE__, __LINE__, "%s: not %s", err.text, why);
}

// Whoever knows the log's secret can make every checksum right: what a record says is looked at
// too.
PP_TEST(checksums_alone_make_no_record) {
    enum { RECORDS = 5, MAX = PP_LOG_HEADER_SIZE + 512 + PP_LOG_LINK_SIZE };
    uint8_t record[MAX], bad[MAX];
    pp_err err = {0};
    pp_log log;
    pp_hash32 before, other, link;
    fresh_dir();
    REQUIRE(write_log(RECORDS) && pp_log_open(&err, &log, dir, PP_LOG_READ));
    REQUIRE(pp_log_link(&before, &log, RECORDS - 2));
    const off_t from = (off_t)log.ends[RECORDS - 2];
    const size_t size = (size_t)log.end - (size_t)from;
    const pp_log secret = {.secret = log.secret};
    pp_log_close(&log);
    int fd = open(file, O_RDWR);
    REQUIRE(fd >= 0 && pread(fd, record, size, from) == (ssize_t)size);
    const pp_bytes payload = {record + PP_LOG_HEADER_SIZE,
                              size - PP_LOG_HEADER_SIZE - PP_LOG_LINK_SIZE};
    pp_log_record_encode(bad, &secret, PP_LOG_BLOCK, RECORDS - 1, &before, payload, &link);
    CHECK_MEM(bad, record, size);
    other = before;
    other.b[31] ^= 1;
    pp_log_record_encode(bad, &secret, PP_LOG_BLOCK, RECORDS - 1, &other, payload, &link);
    REQUIRE(pwrite(fd, bad, size, from) == (ssize_t)size);
    refused("does not follow the block before it");
    pp_log_record_encode(bad, &secret, PP_LOG_BLOCK, RECORDS, &before, payload, &link);
    REQUIRE(pwrite(fd, bad, size, from) == (ssize_t)size);
    refused("another height");
    memcpy(bad, record, size);
    pp_log_header(bad, &secret, PP_LOG_BLOCK, UINT32_MAX, RECORDS - 1, &before);
    REQUIRE(pwrite(fd, bad, size, from) == (ssize_t)size);
    refused("larger than a record may be");
    for (pp_log_kind kind = PP_LOG_ROOT; kind <= PP_LOG_BASE; kind++) {
        pp_log_record_encode(bad, &secret, kind, RECORDS - 1, &before, payload, &link);
        REQUIRE(pwrite(fd, bad, size, from) == (ssize_t)size);
        refused("is damaged");
    }
    REQUIRE(pwrite(fd, record, size, from) == (ssize_t)size);
    CHECK_EQ(read_log(&err, PP_LOG_READ), RECORDS);
    close(fd);
    remove_dir();
}

// The same of what says which blocks are gone.
PP_TEST(no_blocks_or_all_of_them_cannot_be_gone) {
    static const uint64_t heights[] = {0, UINT64_MAX / 2, UINT64_MAX};
    uint8_t base[PP_LOG_BASE_SIZE];
    pp_err err = {0};
    pp_log log;
    pp_hash32 before, link;
    fresh_dir();
    REQUIRE(write_log(9) && pp_log_open(&err, &log, dir, PP_LOG_WRITE));
    REQUIRE(pp_log_prune(&err, &log, 4));
    const off_t from = (off_t)log.ends[0];
    const pp_log secret = {.secret = log.secret};
    pp_log_close(&log);
    int fd = open(file, O_RDWR);
    REQUIRE(fd >= 0 && pread(fd, base, sizeof base, from) == (ssize_t)sizeof base);
    const pp_bytes payload = {base + PP_LOG_HEADER_SIZE, PP_LOG_LINK_SIZE};
    memcpy(before.b, base + 16, 32);
    for (size_t i = 0; i < PP_COUNT(heights); i++) {
        uint8_t bad[PP_LOG_BASE_SIZE];
        pp_log_record_encode(bad, &secret, PP_LOG_BASE, heights[i], &before, payload, &link);
        REQUIRE(pwrite(fd, bad, sizeof bad, from) == (ssize_t)sizeof bad);
        refused("pruned is wrong");
    }
    close(fd);
    remove_dir();
}
