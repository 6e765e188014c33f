// SPDX-License-Identifier: MIT OR Apache-2.0
// A network's week in simulated time: a host and three provers that come and go, killed by SIGKILL
// every few minutes of it, at any moment, and started again from what is on disk. After every block
// the ledger adds up; no batch waits longer than a bound; what was told before a kill is there
// after it; in the end everything is checked, and an audit that believes nothing agrees.
//
//   PP_WEEK_BLOCKS   blocks of 20 s: 30,240 are a week; 64 where it is not set
//   PP_SEED          who is up when, who sends what, when it is killed
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/test.h"
#include "codec/wallet.h"
#include "host/audit.h"
#include "host/local.h"
#include "keystore/keystore.h"
#include "node/init.h"
#include "prover/prover.h"
#include "sign/keys.h"

enum {
    CHAIN_ID = 412346,
    PROVERS = 3,
    USERS = 4,
    INTERVAL = 20000,    // ms
    RESTART_BLOCKS = 24, // between two kills: at most eight minutes
    SNAPSHOT_BLOCKS = 8, // from one to the next: a life starts from one, as a real host does
    OUTAGE_BLOCKS = 60,  // a prover is up or down for so long
    WAIT_MAX = 600,      // blocks that a batch may wait for its check
    DRAIN_MAX = 900,     // blocks for the rest, at the end
};

typedef struct week {
    char dir[64];
    uint64_t blocks; // with traffic; behind them everything is drained
    pp_secrets secrets;
    pp_guest guest;
    uint8_t users[USERS][32];
    pp_address addresses[USERS];
} week;

static uint64_t seed;

// What a child tells after each block that is on disk.
typedef struct told {
    uint64_t height, batches, checked, assigned, defaults; // the last two: in this block
    bool over;                                             // nothing is left to do
} told;

// The same in every life of the process: a function of the seed and its arguments.
static uint64_t draw(uint64_t a, uint64_t b) {
    uint64_t x = (a + 1) * 0x9e3779b97f4a7c15 ^ (b + 1) * 0xc2b2ae3d27d4eb4f;
    x ^= seed * 0xd6e8feb86659fd93;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static week the_week;
static uint64_t lives; // this one's number

// What it takes to see it again; the directory stays.
static void fail(const char *what, const pp_err *err) {
    fprintf(stderr, "week: %s: %s (PP_SEED=0x%llx PP_WEEK_BLOCKS=%llu, life %llu, %s)\n", what,
            err ? err->text : "", (unsigned long long)seed, (unsigned long long)the_week.blocks,
            (unsigned long long)lives, the_week.dir);
    _exit(3);
}

static void must(bool ok, const char *what, const pp_err *err) {
    if (!ok) fail(what, err);
}

static void make_network(week *w) {
    pp_err err;
    pp_genesis_account accounts[PROVERS];
    pp_genesis_prover provers[PROVERS];
    pp_genesis_allocation purses[USERS];
    must(pp_secrets_draw(&err, &w->secrets, PROVERS), "secrets", &err);
    for (size_t i = 0; i < PROVERS; i++) {
        pp_prover_secret *s = &w->secrets.provers[i];
        s->ps_per_work = 10000 + 1000 * i;
        s->wei_per_second = 50000000000000;
        must(pp_sign_address(&accounts[i].address, s->key), "a key", NULL);
        accounts[i].balance = (pp_u128)1000 * 1000000000000000000;
        provers[i] = (pp_genesis_prover){
            .address = accounts[i].address, .stake = accounts[i].balance, .slots = 8};
    }
    for (size_t i = 0; i < USERS; i++) {
        memset(w->users[i], (int)i + 1, 32);
        must(pp_sign_address(&w->addresses[i], w->users[i]), "a key", NULL);
        purses[i] = (pp_genesis_allocation){
            w->addresses[i], {0, pp_u256_from_u128((pp_u128)1000 * 1000000000000000000)}};
    }
    pp_node_init_options o = {.name = "week",
                              .chain_id = CHAIN_ID,
                              .blocks = w->blocks + 2 * DRAIN_MAX,
                              .interval = INTERVAL,
                              .check = PP_CHECK_RE_EXECUTE,
                              .accounts = accounts,
                              .accounts_len = PROVERS,
                              .provers = provers,
                              .provers_len = PROVERS,
                              .allocations = purses,
                              .allocations_len = USERS,
                              .fund = 1000000000000000000,
                              .batch_transactions = 4,
                              .batch_blocks = 12,
                              .window = 3 * INTERVAL,
                              .work_window = 600000,
                              .rate_min = 1000000};
    must(pp_node_init(&err, w->dir, &o), "init", &err);
}

static pp_local *open_local(const week *w, pp_beacon *beacon) {
    char path[128];
    uint8_t *file;
    size_t size;
    pp_err err;
    pp_local *local;
    pp_genesis genesis;
    pp_local_watch watch = {.ctx = NULL};
    snprintf(path, sizeof path, "%s/genesis.json", w->dir);
    must(pp_file_read(&err, &file, &size, path, PP_GENESIS_FILE_MAX), "genesis", &err);
    must(pp_genesis_parse(&err, &genesis, path, (pp_bytes){file, size}), "genesis", &err);
    snprintf(path, sizeof path, "%s/beacon", w->dir);
    must(pp_beacon_load(&err, beacon, path, &genesis.beacon_end), "beacon", &err);
    must(pp_local_open(&err, &local, w->dir), "open", &err);
    uint8_t key[32], *text;
    size_t text_size;
    snprintf(path, sizeof path, "%s/signer.key", w->dir);
    must(pp_file_read(&err, &text, &text_size, path, 256) &&
             pp_keystore_hex(key, (pp_bytes){text, text_size}),
         "signer.key", &err);
    pp_local_sign_with(local, key);
    pp_local_snapshots(local, SNAPSHOT_BLOCKS, PP_LOCAL_SNAPSHOTS);
    free(text);
    must(pp_local_start(&err, local, (pp_bytes){file, size}, beacon, &watch), "start", &err);
    pp_genesis_free(&genesis);
    free(file);
    return local;
}

// A transfer of somebody, one block in four, as the lane's item; NULL else.
static uint8_t *transfer(size_t *size, const week *w, pp_chain *chain, uint64_t height) {
    uint64_t d = draw(1, height);
    if (d % 4 != 0 || height > w->blocks) return NULL;
    size_t from = d / 4 % USERS;
    pp_err err;
    pp_account account;
    must(pp_chain_rollup_account(&err, &account, chain, 0, &w->addresses[from], false), "account",
         &err);
    pp_transfer t = {.chain_id = CHAIN_ID,
                     .nonce = account.nonce,
                     .tip_cap = 1,
                     .fee_cap = 1000000000000,
                     .gas_limit = 21000,
                     .to = w->addresses[(from + 1) % USERS],
                     .value = pp_u256_from_u64(1 + d % 1000)};
    uint8_t raw[PP_TRANSFER_SIZE_MAX];
    size_t raw_size = pp_transfer_sign(raw, &t, w->users[from]);
    return pp_lane_tx_encode(size, 0, (pp_bytes){raw, raw_size});
}

// Every third while all are up, so that nothing waits for ever; and at the end.
static bool is_up(const week *w, size_t prover, uint64_t height) {
    uint64_t window = height / OUTAGE_BLOCKS;
    return height > w->blocks || window % 3 == 0 || draw(2 + prover, window) % 10 < 6;
}

// A primary in eight does not come back before its time is over.
static bool deserts(const pp_market *m, const pp_address *prover) {
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;)
        if (r->state == PP_MARKET_ASSIGNED && draw(9, r->number) % 8 == 0 &&
            pp_address_eq(&m->accounts[r->primary].address, prover))
            return true;
    return false;
}

static told make_block(const week *w, pp_local *local, pp_prover *provers, pp_outbox *box) {
    pp_chain *chain = pp_local_chain(local);
    pp_chain_info info;
    pp_chain_ledger ledger;
    pp_chain_lane lane;
    pp_chain_result result;
    pp_err err;
    pp_bytes items[1 + 256];
    size_t len = 0, size;
    pp_chain_info_get(&info, chain);
    pp_outbox_clear(box);
    for (size_t i = 0; i < PROVERS; i++)
        if (is_up(w, i, info.height + 1) && !deserts(pp_chain_market(chain), &provers[i].address))
            must(pp_prover_act(&err, &provers[i], box, chain, info.market_time + INTERVAL),
                 "a prover", &err);
    uint8_t *tx = transfer(&size, w, chain, info.height + 1);
    must(box->len <= 256, "too many commands", NULL);
    for (; len < box->len; len++) items[len] = box->items[len];
    if (tx) items[len++] = (pp_bytes){tx, size};
    must(pp_local_append(&err, &result, NULL, local, info.time + INTERVAL, items, len), "append",
         &err);
    free(tx);
    must(pp_chain_ledger_get(&ledger, chain), "the ledger does not add up", NULL);
    must(pp_chain_lane_get(&lane, chain, 0) && lane.incident == NULL, "an incident", NULL);
    told t = {.height = info.height + 1, .batches = lane.batches, .checked = lane.checked};
    for (size_t i = 0; i < result.events_len; i++) {
        const pp_chain_event *e = &result.events[i];
        if (e->kind != PP_EVENT_MARKET) continue;
        t.assigned += e->market.kind == PP_MARKET_EVENT_ASSIGNED;
        t.defaults += e->market.kind == PP_MARKET_EVENT_DEFAULTED;
    }
    pp_chain_batch oldest;
    if (lane.checked < lane.batches)
        must(pp_chain_batch_get(&oldest, chain, 0, lane.checked) &&
                 oldest.height + WAIT_MAX > t.height,
             "a batch is stuck", NULL);
    t.over = t.height > w->blocks && lane.checked == lane.batches && lane.open_transactions == 0;
    must(t.height < w->blocks + DRAIN_MAX, "the backlog does not clear", NULL);
    return t;
}

// One life of the process: until it is killed, or everything is over.
static void live(const week *w, int out) {
    static pp_prover provers[PROVERS];
    pp_beacon beacon;
    pp_outbox box = {0};
    pp_local *local = open_local(w, &beacon);
    for (size_t i = 0; i < PROVERS; i++)
        must(pp_prover_init(&provers[i], &w->secrets.provers[i], &w->guest, NULL), "a key", NULL);
    for (told t = {0}; !t.over;) {
        t = make_block(w, local, provers, &box);
        must(write(out, &t, sizeof t) == sizeof t, "telling", NULL);
    }
    pp_outbox_free(&box);
    pp_local_close(local);
    pp_beacon_free(&beacon);
    _exit(0);
}

typedef struct sums {
    uint64_t assigned, defaults;
    told last;
} sums;

// False when it has ended by itself: everything is over.
static bool one_life(const week *w, sums *s) {
    int ends[2];
    told t;
    bool piped = pipe(ends) == 0;
    PP_ASSERT(piped);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        live(w, ends[1]);
    }
    PP_ASSERT(child > 0);
    close(ends[1]);
    uint64_t first = s->last.height, blocks = 1 + draw(7, lives) % RESTART_BLOCKS;
    bool killed = false;
    while (read(ends[0], &t, sizeof t) == sizeof t) {
        // What was told before the last kill is there; one block more may be.
        if (t.height <= s->last.height) fail("a block that was told is lost", NULL);
        s->last = t;
        s->assigned += t.assigned;
        s->defaults += t.defaults;
        if (killed || t.height < first + blocks || t.over) continue;
        struct timespec pause = {.tv_nsec = (long)(draw(8, lives) % 3000000)};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        killed = true;
    }
    close(ends[0]);
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status) != 0)
        fail("a life ended otherwise than by the kill, or with everything over", NULL);
    lives++;
    return WIFSIGNALED(status);
}

PP_TEST(a_week_with_restarts) {
    week *w = &the_week;
    const char *blocks = getenv("PP_WEEK_BLOCKS");
    w->blocks = blocks ? strtoull(blocks, NULL, 10) : 64;
    seed = pp_test_seed();
    strcpy(w->dir, "/tmp/pp-week-XXXXXX");
    bool made = mkdtemp(w->dir) != NULL;
    REQUIRE(made);
    pp_guest_batch(&w->guest);
    make_network(w);
    sums s = {0};
    while (one_life(w, &s));
    CHECK(s.last.over);
    CHECK_EQ(s.last.batches, s.last.checked);
    if (s.last.batches > 50) CHECK(s.defaults > 0);
    printf("%llu blocks, %llu lives, %llu batches, %llu assigned, %llu defaults\n",
           (unsigned long long)s.last.height, (unsigned long long)lives,
           (unsigned long long)s.last.batches, (unsigned long long)s.assigned,
           (unsigned long long)s.defaults);
    pp_err err;
    pp_audit audit;
    bool right = pp_audit_dir(&err, &audit, w->dir, NULL, NULL);
    REQUIRE(right);
    CHECK(audit.balanced);
    CHECK_EQ(audit.info.height, s.last.height);
    CHECK_EQ(audit.batches, audit.checked);
    char words[128];
    snprintf(words, sizeof words, "rm -rf %s", w->dir);
    CHECK_EQ(system(words), 0);
}
