// SPDX-License-Identifier: MIT OR Apache-2.0
// A host that stops, starts from snapshots and prunes goes on as one that never did: the same state
// hash behind every block.
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/folder.h"
#include "chain/test_support.h"
#include "hash/keccak.h"
#include "host/audit.h"
#include "host/local.h"
#include "host/prune.h"
#include "host/snapshot.h"

enum { BLOCKS = 48 };

static net n;
static char top[64];
static struct {
    uint8_t *bytes;
    size_t size;
    pp_hash32 state; // behind it
} blocks[BLOCKS + 1];
static uint64_t seen, saves, notes; // of a watcher: blocks

static const char *in(const char *name) {
    static char path[2][160];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", top, name);
    return path[turn];
}

static void on_block(void *ctx, uint64_t height, uint64_t of, const pp_chain_result *result,
                     pp_chain *chain) {
    (void)ctx, (void)height, (void)of, (void)result, (void)chain;
    seen++;
}
static void on_note(void *ctx, const char *text) {
    (void)ctx, (void)text;
    notes++;
}
static bool on_save(pp_err *err, void *ctx, pp_wire *out) {
    (void)err, (void)ctx;
    saves++;
    pp_wire_u64(out, seen);
    return true;
}
static bool on_load(pp_err *err, void *ctx, pp_chain *chain, pp_bytes saved) {
    (void)ctx, (void)chain;
    if (saved.size != 8) return saved.size == 0 || pp_err_set(err, PP_EXIT_NO, "not eight bytes");
    seen = pp_load_le64(saved.data);
    return true;
}

// ---- the reference ----------------------------------------------------------------------------

// Somebody bids for the first batch that waits, opens the bid and delivers: checked by execution.
// Where the auction came to nothing, another one delivers.
static void work(uint64_t height) {
    pp_chain_lane lane = net_lane_now(&n, LIVE);
    pp_chain_batch b;
    if (!pp_chain_batch_get(&b, n.chain, LIVE, lane.checked) || b.status != PP_BATCH_WAITING)
        return;
    const pp_market_request *r = net_request(&n, &b.request);
    if (r->state == PP_MARKET_COMMIT && r->commits_len == 0) net_bid(&n, 11, &r->id, 1000);
    if (r->state == PP_MARKET_REVEAL && r->bids == 0) net_reveal(&n, 11, &r->id, 1000);
    if (r->state < PP_MARKET_ASSIGNED || height % 2) return;
    pp_market_command c = {.kind = PP_MARKET_PROVE, .request = b.request};
    c.output_size = sizeof b.output_bytes;
    memcpy(c.output, b.output_bytes, sizeof b.output_bytes);
    net_market(&n, r->state == PP_MARKET_ASSIGNED ? 11 : 12, &c);
}

static void fill(uint64_t height) {
    static uint64_t nonces[NET_USERS];
    raw_tx tx;
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t who = (height + 3 * i) % NET_USERS;
        if (height % 9 == 4)
            net_raw_exit(&tx, LIVE, 21 + who, nonces[who]++, ETHER);
        else
            net_raw(&tx, LIVE, 21 + who, nonces[who]++, 30 + height, 1000 + height);
        net_tx(&n, LIVE, &tx);
    }
    net_transfer(&n, 1 + height % 3, 4, 1000);
    if (height % 5 == 0) net_deposit(&n, 2, LIVE, 50 + height, ETHER);
    work(height);
}

static pp_local *open_local(const char *dir, pp_beacon *beacon, const pp_local_watch *watch,
                            uint64_t every) {
    pp_err err = {0};
    pp_local *local;
    bool ok = pp_local_open(&err, &local, dir);
    if (ok) pp_local_snapshots(local, every, 2);
    ok = ok && pp_local_start(&err, local, (pp_bytes){(const uint8_t *)n.file, strlen(n.file)},
                              beacon, watch);
    if (!ok) pp_panic(__FILE__, __LINE__, err.text);
    return local;
}

static pp_hash32 state_of(pp_local *local, uint64_t *height) {
    pp_chain_info info;
    pp_chain_info_get(&info, pp_local_chain(local));
    if (height) *height = info.height;
    return info.app_hash;
}

// One host makes all blocks, without ever stopping.
static void make_blocks(void) {
    static pp_beacon beacon;
    static pp_guest guest;
    pp_err err = {0};
    pp_hash32 seed = {{3}};
    unsigned stakes_held = 0, paid = 0; // blocks behind which a stake is held; requests
    if (blocks[1].bytes) return;
    bool memory = access("/dev/shm", W_OK) == 0; // hundreds of syncs
    strcpy(top, memory ? "/dev/shm/pp-test-local-XXXXXX" : "/tmp/pp-test-local-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL && pp_beacon_make(&err, &beacon, &seed, BLOCKS));
    net_init(&n);
    pp_guest_batch(&guest);
    pp_vm_id(&n.genesis.vm_id);
    for (int i = 0; i < 2; i++) n.rollups[i].program_id = guest.id;
    n.genesis.beacon_end = beacon.end;
    n.file = pp_genesis_print(&n.genesis);
    pp_local *local = open_local(in("made"), &beacon, &(pp_local_watch){0}, 0);
    pp_genesis_hash(&n.hash, (pp_bytes){(const uint8_t *)n.file, strlen(n.file)});
    n.chain = pp_local_chain(local);
    for (uint64_t h = 1; h <= BLOCKS; h++) {
        pp_chain_result result;
        size_t taken;
        fill(h);
        REQUIRE(pp_local_append(&err, &result, &taken, local, n.genesis.time + 1000 * h, n.items,
                                n.items_len));
        CHECK_EQ(taken, n.items_len);
        for (size_t i = 0; i < n.items_len; i++) free((void *)(uintptr_t)n.items[i].data);
        n.items_len = 0;
        pp_bytes made = pp_local_block(local);
        blocks[h].bytes = malloc(made.size);
        REQUIRE(blocks[h].bytes != NULL);
        memcpy(blocks[h].bytes, made.data, blocks[h].size = made.size);
        blocks[h].state = state_of(local, NULL);
        pp_address prover = test_address(11);
        stakes_held += pp_market_find_account(pp_chain_market(n.chain), &prover)->held > 0;
        for (size_t i = 0; i < result.events_len; i++)
            paid += result.events[i].kind == PP_EVENT_MARKET &&
                    result.events[i].market.kind == PP_MARKET_EVENT_CLOSED;
    }
    pp_chain_lane lane = net_lane_now(&n, LIVE);
    CHECK(lane.checked > 5 && lane.batches > lane.checked && lane.deposits > 5);
    CHECK(stakes_held > 0 && paid > 5);
    pp_local_close(local);
    pp_beacon_free(&beacon);
    free(n.file);
    n.file = pp_genesis_print(&n.genesis);
}

// Takes blocks up to this height from wherever the host stands.
static void take_to(pp_local *local, uint64_t last) {
    pp_err err = {0};
    uint64_t height;
    pp_chain_result result;
    pp_hash32 state = state_of(local, &height);
    CHECK(height == 0 || pp_hash32_eq(&state, &blocks[height].state));
    while (height < last) {
        height++;
        pp_bytes next = {blocks[height].bytes, blocks[height].size};
        if (!pp_local_take(&err, &result, local, next)) pp_panic(__FILE__, __LINE__, err.text);
        seen++;
        state = state_of(local, NULL);
        CHECK(pp_hash32_eq(&state, &blocks[height].state));
    }
    CHECK(pp_local_block(local).size == blocks[height].size);
}

static const pp_local_watch watcher = {
    .on_block = on_block, .on_save = on_save, .on_load = on_load, .on_note = on_note};

// ---- tests ------------------------------------------------------------------------------------

PP_TEST(it_goes_on_from_its_snapshots) {
    make_blocks();
    pp_rng rng = {.state = pp_test_seed()};
    uint64_t heights[PP_SNAPSHOTS_MAX];
    seen = notes = 0;
    for (uint64_t last = 0; last < BLOCKS;) {
        pp_local *local = open_local(in("a"), NULL, &watcher, 7);
        CHECK_EQ(seen, last); // blocks before the snapshot were not shown again
        last += 1 + pp_rng_below(&rng, 12);
        take_to(local, last < BLOCKS ? last : BLOCKS);
        pp_local_close(local);
        size_t len = pp_snapshot_list(heights, in("a"));
        CHECK(len > 0 && len <= 2 && heights[0] == (last < BLOCKS ? last : BLOCKS));
    }
    CHECK_EQ(notes, 0);
}

static void damage(const char *dir, uint64_t height) {
    char path[200];
    uint8_t *data;
    size_t size;
    pp_err err;
    snprintf(path, sizeof path, "%s/snapshots/%012" PRIu64, dir, height);
    REQUIRE(pp_file_read(&err, &data, &size, path, 1 << 26));
    data[size / 2] ^= 1;
    REQUIRE(pp_file_write(&err, path, data, size, 0644));
    free(data);
}

// Another app hash in a snapshot, and the sum that such a file would have.
static void forge(const char *dir, uint64_t height) {
    char path[200];
    uint8_t *data;
    size_t size;
    pp_err err;
    pp_hash32 sum;
    snprintf(path, sizeof path, "%s/snapshots/%012" PRIu64, dir, height);
    REQUIRE(pp_file_read(&err, &data, &size, path, 1 << 26));
    data[48] ^= 1;
    pp_keccak256(&sum, data, size - sizeof sum);
    memcpy(data + size - sizeof sum, sum.b, sizeof sum);
    REQUIRE(pp_file_write(&err, path, data, size, 0644));
    free(data);
}

// ---- kill -9 ----------------------------------------------------------------------------------

// What a process does until it is killed: goes on from whatever is there, prunes now and then, and
// says each height once it is durable. Exit code 3: something that was said is gone or another.
static _Noreturn void live(const char *dir, uint64_t said, uint64_t draw, int out) {
    pp_err err;
    pp_pruned pruned;
    pp_local *local;
    pp_chain_result result;
    uint64_t height;
    const pp_prune_options options = {.keep_blocks = draw / 4 % 8};
    if (said > 4 && draw % 4 == 0 && !pp_prune_dir(&err, &pruned, dir, &options)) _exit(4);
    local = open_local(dir, NULL, &watcher, 3);
    pp_hash32 state = state_of(local, &height);
    if (height < said || (height > 0 && !pp_hash32_eq(&state, &blocks[height].state))) _exit(3);
    while (height < BLOCKS) {
        height++;
        pp_bytes next = {blocks[height].bytes, blocks[height].size};
        if (!pp_local_take(&err, &result, local, next)) _exit(4);
        state = state_of(local, NULL);
        if (!pp_hash32_eq(&state, &blocks[height].state)) _exit(3);
        seen++;
        if (write(out, &height, sizeof height) != sizeof height) _exit(4);
    }
    pp_local_close(local);
    _exit(0);
}

// Runs it for a while; its exit code, -1 when it was killed. *said: the last height it said.
static int live_for(const char *dir, uint64_t *said, uint64_t draw, useconds_t us) {
    int ends[2], status;
    uint64_t height;
    PP_ASSERT(pipe(ends) == 0);
    pid_t child = fork();
    PP_ASSERT(child >= 0);
    if (child == 0) live(dir, *said, draw, ends[1]);
    close(ends[1]);
    usleep(us);
    kill(child, SIGKILL);
    while (read(ends[0], &height, sizeof height) == sizeof height) *said = height;
    close(ends[0]);
    PP_ASSERT(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The blocks hold transfers, deposits, withdrawals, bids with their stakes, proofs and their
// payments: all of it is there, once, up to whatever was said, wherever the kill falls into a
// block, a snapshot or a pruning.
PP_TEST(kills_lose_nothing_and_double_nothing) {
    make_blocks();
    const char *wish = getenv("PP_LOCAL_KILLS"); // soak: 1,000
    uint64_t kills = wish ? strtoull(wish, NULL, 10) : 100, whole = 0, number = 0;
    pp_rng rng = {.state = pp_test_seed()};
    while (kills > 0) {
        char dir[96];
        uint64_t said = 0;
        int code = -1;
        snprintf(dir, sizeof dir, "%s/kills-%" PRIu64, top, number++);
        while (code < 0 && kills > 0) {
            uint64_t draw = pp_rng_u64(&rng);
            code = live_for(dir, &said, draw, (useconds_t)(2000 + pp_rng_below(&rng, 25000)));
            kills -= code < 0;
            if (code > 0)
                pp_test_fail(__FILE__, __LINE__, "exit code %d behind %" PRIu64, code, said);
            if (code > 0) return;
        }
        whole += code == 0;
        seen = 0;
        pp_local *local = open_local(dir, NULL, &watcher, 0);
        take_to(local, BLOCKS);
        pp_local_close(local);
    }
    printf("kills: %" PRIu64 " directories, %" PRIu64 " of them brought to their end\n", number,
           whole);
}

PP_TEST(damaged_snapshots_are_passed_over) {
    make_blocks();
    uint64_t heights[PP_SNAPSHOTS_MAX];
    seen = 0;
    pp_local *local = open_local(in("b"), NULL, &watcher, 10);
    take_to(local, 35);
    pp_local_close(local);
    REQUIRE(pp_snapshot_list(heights, in("b")) == 2);
    for (int i = 0; i < 2; i++) { // the newest; then both: from genesis
        damage(in("b"), heights[i]);
        seen = notes = 0;
        local = open_local(in("b"), NULL, &watcher, 0);
        CHECK_EQ(notes, i + 1);
        CHECK_EQ(seen, 35 + i);
        take_to(local, 36 + (uint64_t)i);
        pp_local_close(local);
    }
    for (int i = 0; i < 2; i++) damage(in("b"), heights[i]); // they are whole again
    // Of another log: a longer one, or one that departs.
    pp_err err = {0};
    pp_snapshot snapshot;
    pp_log log;
    REQUIRE(pp_log_open(&err, &log, in("c"), PP_LOG_WRITE));
    CHECK(pp_log_append(&err, &log, (pp_bytes){(const uint8_t *)n.file, strlen(n.file)}));
    CHECK(!pp_snapshot_read(&err, &snapshot, in("b"), heights[1], &log));
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    for (uint64_t h = 1; h <= heights[1]; h++)
        CHECK(pp_log_append(&err, &log,
                            (pp_bytes){blocks[h].bytes, blocks[h].size - (h == heights[1])}));
    CHECK(!pp_snapshot_read(&err, &snapshot, in("b"), heights[1], &log));
    pp_log_close(&log);
}

// Where the next block names another state, and, behind the last block, where the state is another.
PP_TEST(forged_snapshots_are_passed_over) {
    make_blocks();
    uint64_t heights[PP_SNAPSHOTS_MAX];
    pp_err err = {0};
    pp_snapshot snapshot;
    pp_log log;
    seen = 0;
    pp_local *local = open_local(in("f"), NULL, &watcher, 10);
    take_to(local, 35);
    pp_local_close(local);
    REQUIRE(pp_snapshot_list(heights, in("f")) == 2 && heights[0] == 35);
    for (int i = 0; i < 2; i++) {
        forge(in("f"), heights[i]);
        REQUIRE(pp_log_open(&err, &log, in("f"), PP_LOG_READ));
        const bool reads = pp_snapshot_read(&err, &snapshot, in("f"), heights[i], &log);
        CHECK_EQ(reads, i == 0);
        if (reads) pp_snapshot_free(&snapshot);
        pp_log_close(&log);
        seen = notes = 0;
        local = open_local(in("f"), NULL, &watcher, 0);
        CHECK_EQ(notes, i + 1);
        CHECK_EQ(seen, 35);
        pp_local_close(local);
    }
}

// A file of any size whose sum is right, whatever sizes it says its parts have: nothing is read
// that is not there.
PP_TEST(parts_of_a_snapshot_fill_its_file) {
    enum { PARTS = 3, END = 8 * PARTS + 32, SMALLEST = 88 + END };
    static const uint64_t wrong[] = {1, UINT64_MAX, 0 - (uint64_t)8, (uint64_t)1 << 63};
    uint64_t heights[PP_SNAPSHOTS_MAX];
    char path[200];
    uint8_t *data;
    size_t size, reads = 0;
    pp_err err = {0};
    pp_snapshot snapshot;
    pp_log log;
    make_blocks();
    pp_local *local = open_local(in("g"), NULL, &watcher, 10);
    take_to(local, 35);
    pp_local_close(local);
    REQUIRE(pp_snapshot_list(heights, in("g")) == 2);
    snprintf(path, sizeof path, "%s/snapshots/%012" PRIu64, in("g"), heights[1]);
    REQUIRE(pp_file_read(&err, &data, &size, path, 1 << 26));
    REQUIRE(pp_log_open(&err, &log, in("g"), PP_LOG_READ) && size > SMALLEST);
    uint8_t *bad = malloc(size);
    REQUIRE(bad != NULL);
    for (size_t i = 0; i <= PARTS * PP_COUNT(wrong) + SMALLEST; i++) {
        size_t len = size, at = size - END + 8 * (i / PP_COUNT(wrong));
        memcpy(bad, data, size);
        if (i < PARTS * PP_COUNT(wrong))
            pp_store_le64(bad + at, pp_load_le64(data + at) + wrong[i % PP_COUNT(wrong)]);
        else if (i > PARTS * PP_COUNT(wrong)) // the first one is as it was
            len = i - PARTS * PP_COUNT(wrong) - 1;
        pp_hash32 sum;
        if (len >= sizeof sum) pp_keccak256(&sum, bad, len - sizeof sum);
        if (len >= sizeof sum) memcpy(bad + len - sizeof sum, sum.b, sizeof sum);
        REQUIRE(pp_file_write(&err, path, bad, len, 0644));
        const bool good = pp_snapshot_read(&err, &snapshot, in("g"), heights[1], &log);
        reads += good;
        CHECK_EQ(good, i == PARTS * PP_COUNT(wrong));
        if (good) pp_snapshot_free(&snapshot);
    }
    CHECK_EQ(reads, 1);
    free(bad);
    free(data);
    pp_log_close(&log);
}

PP_TEST(a_pruned_log_goes_on) {
    make_blocks();
    pp_err err = {0};
    pp_pruned pruned;
    pp_audit audit;
    seen = notes = 0;
    pp_local *local = open_local(in("d"), NULL, &watcher, 10);
    take_to(local, 30);
    pp_local_close(local);
    pp_prune_options options = {.keep_blocks = 30};
    CHECK(pp_prune_dir(&err, &pruned, in("d"), &options) && pruned.base == 0);
    static const uint64_t bases[] = {3, 17, 29, 30};
    for (size_t i = 0; i < PP_COUNT(bases); i++) {
        options.keep_blocks = 30 - bases[i];
        if (!pp_prune_dir(&err, &pruned, in("d"), &options))
            pp_test_fail(__FILE__, __LINE__, "%s", err.text);
        CHECK(pruned.base == bases[i] && pruned.log_now < pruned.log_before && pruned.snapshot > 0);
        if (!pp_audit_dir(&err, &audit, in("d"), NULL, NULL))
            pp_test_fail(__FILE__, __LINE__, "%s", err.text);
        CHECK(audit.began == bases[i] && audit.balanced && audit.info.height == 30);
        CHECK(pp_hash32_eq(&audit.info.app_hash, &blocks[30].state));
        // Who has to see all blocks is told; who sees each sees those that are left.
        pp_local_watch all = {.whole = true}, each = {.on_block = on_block};
        REQUIRE(pp_local_open(&err, &local, in("d")));
        CHECK(!pp_local_start(&err, local, (pp_bytes){NULL, 0}, NULL, &all));
        CHECK(strstr(err.text, "were pruned") != NULL);
        pp_local_close(local);
        seen = 0;
        local = open_local(in("d"), NULL, &each, 0);
        CHECK_EQ(seen, 30 - bases[i]);
        CHECK_EQ(pp_local_base(local, NULL), bases[i]);
        pp_local_close(local);
    }
    local = open_local(in("d"), NULL, &watcher, 10);
    take_to(local, BLOCKS);
    pp_local_close(local);
    CHECK(pp_audit_dir(&err, &audit, in("d"), NULL, NULL));
    CHECK(audit.began == 30 && pp_hash32_eq(&audit.info.app_hash, &blocks[BLOCKS].state));
    // By age: blocks are a second apart.
    options = (pp_prune_options){.keep_ms = 5000};
    CHECK(pp_prune_dir(&err, &pruned, in("d"), &options));
    CHECK_EQ(pruned.base, BLOCKS - 5);
    // Without any snapshot that is good nothing can be begun: a sentence.
    uint64_t heights[PP_SNAPSHOTS_MAX];
    size_t len = pp_snapshot_list(heights, in("d"));
    for (size_t i = 0; i < len; i++) damage(in("d"), heights[i]);
    CHECK(!pp_audit_dir(&err, &audit, in("d"), NULL, NULL));
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    CHECK(strstr(err.text, "no snapshot can be begun from") != NULL);
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", top);
    CHECK_EQ(system(command), 0);
}

// Snapshots above the one just written are of no use any more, and keep no place of those that are.
PP_TEST(what_is_above_takes_no_snapshots_place) {
    static const uint64_t there[] = {500, 900, 1000, 1500, 1800};
    uint64_t heights[PP_SNAPSHOTS_MAX];
    char path[256];
    pp_err err;
    snprintf(path, sizeof path, "%s/snapshots", in("r"));
    REQUIRE(pp_folder_make_all(&err, path, 0700));
    for (size_t i = 0; i < PP_COUNT(there); i++) {
        snprintf(path, sizeof path, "%s/snapshots/%012" PRIu64, in("r"), there[i]);
        REQUIRE(pp_file_write(&err, path, "", 0, 0600));
    }
    REQUIRE(pp_snapshot_list(heights, in("r")) == PP_COUNT(there));
    pp_snapshot_retain(in("r"), 2, 500, 1000);
    REQUIRE(pp_snapshot_list(heights, in("r")) == 3);
    CHECK(heights[0] == 1000 && heights[1] == 900 && heights[2] == 500);
}
