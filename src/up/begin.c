// SPDX-License-Identifier: MIT OR Apache-2.0
#include "up/begin.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "host/guest.h"
#include "node/init.h"
#include "prover/config.h"
#include "prover/prover.h"
#include "replay/begin.h"
#include "sign/keys.h"

enum {
    BATCH_BLOCKS = 10,   // a batch waits no longer for its transactions
    WINDOW = 6000,       // ms to bid, and to open bids, at least
    WINDOW_OVER = 12,    // both over the time to count a batch: there are two lanes, and the node
    WINDOW_SHORT = 4000, // where nothing is proven
    BATCH_BLOCKS_SHORT = 2,
    WORK_WINDOW_MIN = 30000,
    WORK_WINDOW_SPARE = 10000,
    WORK_WINDOW_OVER = 4, // the window over the proving time that was measured
    // First reserve over the dearest prover's cost. Competition makes the price; this is what a
    // machine may become slower by before nobody bids, and how steeply the open price climbs.
    RESERVE_OVER_COST = 8,
    REPLAY_BACKLOG = 3, // batches of the second lane at one time
    PROVER_SLOTS = 3,
    RATE_ANY = 1000000000, // units of work a second, until it is known what suits the windows
    MEMORY_SHARE = 4,      // of five parts of what is free, for all provers together
};
#define ETHER ((pp_u128)1000000000000000000)
#define MEMORY_MAX ((uint64_t)3 << 30) // bytes of proving; with the rest of a prover below 4 GiB
#define GWEI ((uint64_t)1000000000)
// What a second of this machine is worth to its operators: they differ.
#define ASK_FIRST (5 * GWEI)
#define ASK_STEP (GWEI / 2)

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

// ---- keys -------------------------------------------------------------------------------------

// DIR/keys/WHO.key: drawn once.
static bool key_of(pp_err *err, uint8_t key[32], pp_address *address, const char *dir,
                   const char *who) {
    char path[PP_UP_PATH], text[66];
    uint8_t *data;
    size_t size;
    snprintf(path, sizeof path, "%.4000s/keys/%s.key", dir, who);
    if (!is_there(path)) {
        if (!pp_sign_key_draw(err, key)) return false;
        pp_hex_encode(text, key, 32);
        text[64] = '\n';
        bool ok = pp_sign_address(address, key) && pp_file_write(err, path, text, 65, 0600);
        explicit_bzero(text, sizeof text);
        return ok;
    }
    if (!pp_file_is_secret(err, path) || !pp_file_read(err, &data, &size, path, 128)) return false;
    bool ok = size == 65 && data[64] == '\n';
    if (ok) data[64] = 0;
    ok = ok && pp_hex_decode(key, 32, (char *)data) && pp_sign_address(address, key);
    explicit_bzero(data, size);
    free(data);
    return ok || pp_err_set(err, PP_EXIT_USAGE, "%s: not a key that polypoly up has made", path);
}

static bool make_keys(pp_err *err, pp_up_parties *p, const char *dir) {
    char path[PP_UP_PATH], who[32];
    pp_address nobody;
    snprintf(path, sizeof path, "%.4000s/keys", dir);
    if (!pp_folder_take(err, dir, 0700) || !pp_folder_take(err, path, 0700) ||
        !key_of(err, p->person, &p->person_address, dir, "wallet") ||
        !key_of(err, p->sequencer, &nobody, dir, "sequencer"))
        return false;
    for (size_t i = 0; i < PP_UP_WALLETS; i++) {
        snprintf(who, sizeof who, "demo%zu", i + 1);
        if (!key_of(err, p->wallet[i].key, &p->wallet[i].address, dir, who)) return false;
    }
    for (size_t i = 0; i < p->provers; i++) {
        snprintf(who, sizeof who, "prover%zu", i + 1);
        if (!key_of(err, p->prover[i], &p->prover_address[i], dir, who)) return false;
    }
    return true;
}

// ---- what it costs here -----------------------------------------------------------------------

static uint64_t memory_free(void) {
    static const char name[] = "MemAvailable:";
    uint64_t kib = 0;
    FILE *f = fopen("/proc/meminfo", "re");
    char line[128];
    while (f && kib == 0 && fgets(line, sizeof line, f))
        if (strncmp(line, name, sizeof name - 1) == 0)
            kib = strtoull(line + sizeof name - 1, NULL, 10);
    if (f) fclose(f);
    return kib << 10;
}

// Of one prover's proving, where all of them may prove at once. 0: the default, where nobody knows.
static uint64_t memory_each(size_t provers) {
    uint64_t each = memory_free() / 5 * MEMORY_SHARE / (provers ? provers : 1);
    return each < MEMORY_MAX ? each : MEMORY_MAX;
}

// Counts what batches of the file take: the same on every machine.
static bool count(pp_err *err, pp_replay_work *out, const pp_replay_file *file, bool re_execute) {
    static pp_guest guest;
    pp_genesis g = {.check = PP_CHECK_PROOF};
    pp_works works;
    pp_replay_sample sample;
    pp_guest_batch(&guest);
    pp_genesis_proofs_default(&g.proofs);
    pp_vm_id(&g.vm_id);
    if (!re_execute && !pp_works_open(err, &works, ".", &g, 1, 0)) return false;
    bool ok = pp_replay_sample_make(err, &sample, file, PP_UP_BATCH) &&
              pp_replay_count(err, out, &guest, re_execute ? NULL : &works, &sample);
    pp_replay_sample_free(&sample);
    if (!re_execute) pp_works_close(&works);
    return ok;
}

// What one polypoly prover bench --json says.
static bool hear(pp_err *err, pp_up_parties *p, size_t i, int from, const pp_up_child *c,
                 const volatile sig_atomic_t *stop) {
    char text[1 << 12];
    size_t size = 0;
    ssize_t n;
    while (size < sizeof text - 1 &&
           (n = pp_up_child_read(from, text + size, sizeof text - 1 - size, stop)) > 0)
        size += (size_t)n;
    close(from);
    json_t *object = json_loadb(text, size, 0, NULL);
    json_int_t found = json_integer_value(json_object_get(object, "picoseconds_per_work"));
    json_int_t count = json_integer_value(json_object_get(object, "count_ms"));
    json_decref(object);
    p->ps_per_work[i] = found > 0 ? (uint64_t)found : 0;
    if (count > 0 && (uint64_t)count > p->count_ms) p->count_ms = (uint64_t)count;
    return found > 0 ||
           pp_err_set(err, PP_EXIT_USAGE, "a prover could not be measured; %s says why", c->log);
}

// All provers at the same time, as they will work: so costs are true under load.
static bool measure(pp_err *err, pp_up_parties *p, const pp_up_options *o,
                    const volatile sig_atomic_t *stop) {
    pp_up_child children[PP_UP_PROVERS_MAX] = {{.pid = 0}};
    int from[PP_UP_PROVERS_MAX];
    char memory[32], batch[16];
    size_t begun = 0;
    snprintf(memory, sizeof memory, "%" PRIu64 "K", memory_each(p->provers) >> 10);
    snprintf(batch, sizeof batch, "%d", PP_UP_BATCH);
    char *argv[] = {(char *)(uintptr_t)o->program,
                    "prover",
                    "bench",
                    "--json",
                    "--transactions",
                    batch,
                    "--memory",
                    memory,
                    NULL,
                    NULL};
    if (o->re_execute) argv[8] = "--re-execute";
    bool ok = true;
    for (; ok && begun < p->provers; begun += ok)
        ok = pp_up_child_start(err, &children[begun], o->dir, "bench", 10, &from[begun], argv);
    for (size_t i = 0; i < begun; i++) {
        ok = hear(ok ? err : NULL, p, i, from[i], &children[i], stop) && ok;
        pp_up_child_stop(&children[i]);
    }
    return ok;
}

// ---- genesis ----------------------------------------------------------------------------------

static void set_work(pp_genesis_rollup *r, const pp_replay_work *work, pp_u128 rate) {
    r->work_batch = work->batch;
    r->work_transaction = work->transaction;
    r->work_byte = work->byte;
    r->batch_bytes = PP_ROLLUP_TX_SIZE_MAX;
    r->reserve_rate = rate;
}

// Wei for a million units of work; what a bid's commands cost is in it where the smallest of these
// batches is sold.
static pp_u128 reserve_rate(const pp_up_parties *p, const pp_replay_work work[2]) {
    pp_u128 most = 1, bids = (pp_u128)PP_GENESIS_COMMAND_FEE * pp_prover_bid_bytes() * 1000000;
    uint64_t least = work[0].batch + work[0].transaction;
    if (p->replays && work[1].batch + work[1].transaction < least)
        least = work[1].batch + work[1].transaction;
    for (size_t i = 0; i < p->provers; i++) {
        pp_prover_secret s = {.ps_per_work = p->ps_per_work[i],
                              .wei_per_second = ASK_FIRST + ASK_STEP * i};
        pp_u128 cost;
        if (pp_prover_cost(&cost, &s, 1000000) && cost > most) most = cost;
    }
    return RESERVE_OVER_COST * (most + bids / (least ? least : 1));
}

static void set_replay_lane(pp_genesis_rollup *r, const pp_up_parties *p,
                            const pp_genesis_rollup *live) {
    const pp_replay_file *file = &p->file;
    *r = *live;
    snprintf(r->name, sizeof r->name, "replay");
    r->chain_id = file->chain_id;
    r->open = false;
    if (!pp_sign_address(&r->submitter, p->sequencer)) PP_ASSERT(false);
    r->fee_recipient = file->fee_recipient;
    r->base_fee = file->base_fee;
    r->fee_target = 0; // what is replayed was signed for the fee of its block
    r->fee_change = r->fee_floor = r->fee_backlog = 0;
    r->batch_backlog = REPLAY_BACKLOG;
    r->allocations = calloc(file->accounts_len + 1, sizeof *r->allocations);
    PP_ASSERT(r->allocations != NULL);
    r->allocations_len = file->accounts_len;
    for (size_t i = 0; i < file->accounts_len; i++) {
        const pp_replay_account *a = &file->accounts[i];
        r->allocations[i] = (pp_genesis_allocation){a->address, {a->nonce, a->balance}};
    }
}

// The slowest provers, in units of work a second, that a lane's window suits with its fullest
// batch: no deadline of anybody's may be for faster ones only.
static uint64_t rate_of(const pp_genesis_rollup *r, const pp_market_params *m) {
    PP_ASSERT(r->terms.work_window > 2 * m->inclusion_bound);
    return pp_genesis_full_work(r) * 1000 / (r->terms.work_window - 2 * m->inclusion_bound) + 1;
}

// What polypoly node init has written, with what was measured in it, and the second lane.
static bool change_genesis(pp_err *err, const char *path, const pp_up_parties *p,
                           const pp_replay_work work[2]) {
    uint8_t *data;
    size_t size;
    pp_genesis g;
    pp_genesis_rollup lanes[2];
    if (!pp_file_read(err, &data, &size, path, PP_GENESIS_FILE_MAX)) return false;
    bool ok = pp_genesis_parse(err, &g, path, (pp_bytes){data, size});
    free(data);
    if (!ok) return false;
    pp_u128 rate = reserve_rate(p, work);
    set_work(&g.rollups[0], &work[0], rate);
    pp_genesis all = g;
    lanes[0] = g.rollups[0];
    if (p->replays) {
        set_replay_lane(&lanes[1], p, &lanes[0]);
        set_work(&lanes[1], &work[1], rate);
    }
    all.market.rate_min = rate_of(&lanes[0], &g.market);
    if (p->replays && rate_of(&lanes[1], &g.market) > all.market.rate_min)
        all.market.rate_min = rate_of(&lanes[1], &g.market);
    all.rollups = lanes;
    all.rollups_len = p->replays ? 2 : 1;
    char *text = pp_genesis_print(&all);
    pp_bytes file = {(const uint8_t *)text, strlen(text)};
    pp_genesis again;
    ok = pp_genesis_parse(err, &again, "the new genesis", file); // what would not be read
    if (ok) pp_genesis_free(&again);
    ok = ok && pp_file_write(err, path, text, file.size, 0644);
    free(text);
    if (p->replays) free(lanes[1].allocations);
    pp_genesis_free(&g);
    return ok;
}

// ms of the slowest prover for the heaviest batch that is to be expected.
static uint64_t proving_time(const pp_up_parties *p, const pp_replay_work work[2]) {
    uint64_t most = work[0].heavy, ps = 1;
    if (p->replays && work[1].heavy > most) most = work[1].heavy;
    for (size_t i = 0; i < p->provers; i++)
        if (p->ps_per_work[i] > ps) ps = p->ps_per_work[i];
    return (uint64_t)((pp_u128)most * ps / GWEI);
}

static bool init_node(pp_err *err, const char *path, const pp_up_parties *p, bool re_execute,
                      uint64_t time) {
    pp_genesis_account accounts[PP_UP_PROVERS_MAX + 2];
    pp_genesis_prover provers[PP_UP_PROVERS_MAX];
    pp_genesis_allocation purses[PP_UP_WALLETS + 1];
    pp_address sequencer;
    pp_account rich = {0, pp_u256_from_u128(1000 * ETHER)};
    for (size_t i = 0; i < p->provers; i++) {
        accounts[i] = (pp_genesis_account){p->prover_address[i], ETHER};
        provers[i] = (pp_genesis_prover){
            .address = p->prover_address[i], .stake = 10 * ETHER, .slots = PROVER_SLOTS};
    }
    if (!pp_sign_address(&sequencer, p->sequencer)) PP_ASSERT(false);
    accounts[p->provers] = (pp_genesis_account){sequencer, ETHER};
    accounts[p->provers + 1] = (pp_genesis_account){p->person_address, 100 * ETHER};
    for (size_t i = 0; i < PP_UP_WALLETS; i++)
        purses[i] = (pp_genesis_allocation){p->wallet[i].address, rich};
    purses[PP_UP_WALLETS] = (pp_genesis_allocation){p->person_address, rich};
    uint64_t work_window = WORK_WINDOW_OVER * time + WORK_WINDOW_SPARE;
    uint64_t window = re_execute ? WINDOW_SHORT : WINDOW;
    if (WINDOW_OVER * p->count_ms > window) window = WINDOW_OVER * p->count_ms;
    pp_node_init_options o = {.name = "up",
                              .chain_id = PP_UP_CHAIN_ID,
                              .blocks = 1 << 22,
                              .interval = 1000,
                              .command_fee = PP_GENESIS_COMMAND_FEE,
                              .check = re_execute ? PP_CHECK_RE_EXECUTE : PP_CHECK_PROOF,
                              .accounts = accounts,
                              .accounts_len = p->provers + 2,
                              .provers = provers,
                              .provers_len = p->provers,
                              .allocations = purses,
                              .allocations_len = PP_UP_WALLETS + 1,
                              .fund = ETHER,
                              .batch_transactions = PP_UP_BATCH,
                              .batch_blocks = re_execute ? BATCH_BLOCKS_SHORT : BATCH_BLOCKS,
                              .window = window,
                              .work_window =
                                  work_window > WORK_WINDOW_MIN ? work_window : WORK_WINDOW_MIN,
                              .rate_min = RATE_ANY};
    return pp_node_init(err, path, &o);
}

static void remove_half(const char *folder) {
    static const char *const files[] = {"genesis.json", "beacon", "signer.key"};
    char path[PP_UP_PATH];
    for (size_t i = 0; i < PP_COUNT(files); i++) {
        snprintf(path, sizeof path, "%.4050s/%s", folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

// Made under another name, and then there at once, whole.
static bool make_network(pp_err *err, pp_up_parties *p, const pp_up_options *o,
                         const volatile sig_atomic_t *stop) {
    char path[PP_UP_PATH], half[PP_UP_PATH], whole[PP_UP_PATH];
    pp_replay_work work[2] = {{0}};
    pp_replay_file transfers;
    if (p->provers > 0)
        printf("a new network: %zu provers are measured, at the same time; that takes ten seconds "
               "to a minute\n",
               p->provers);
    fflush(stdout);
    pp_replay_file_transfers(&transfers, PP_UP_BATCH, PP_UP_CHAIN_ID);
    bool ok = measure(err, p, o, stop) && count(err, &work[0], &transfers, o->re_execute) &&
              (!p->replays || count(err, &work[1], &p->file, o->re_execute));
    pp_replay_file_free(&transfers);
    snprintf(whole, sizeof whole, "%.4000s/net", o->dir);
    snprintf(half, sizeof half, "%.4000s/net.new", o->dir);
    snprintf(path, sizeof path, "%.4050s/genesis.json", half);
    remove_half(half);
    uint64_t time = proving_time(p, work);
    ok = ok && init_node(err, half, p, o->re_execute, time) && change_genesis(err, path, p, work);
    if (!ok) {
        remove_half(half);
        return false;
    }
    if (!o->re_execute && p->provers > 0)
        printf("a batch of %d transfers takes them about %.0f s each, all at once\n", PP_UP_BATCH,
               (double)work[0].heavy * (double)p->ps_per_work[0] / 1e12);
    return (rename(half, whole) == 0 && pp_file_sync_name(whole)) ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be made", whole);
}

// ---- what is there ----------------------------------------------------------------------------

// The network of DIR/net: how many provers it has, whether it replays this file.
static bool read_network(pp_err *err, pp_up_parties *p, const pp_up_options *o, const char *path) {
    uint8_t *data;
    size_t size;
    pp_genesis g;
    if (!pp_file_read(err, &data, &size, path, PP_GENESIS_FILE_MAX)) return false;
    bool ok = pp_genesis_parse(err, &g, path, (pp_bytes){data, size});
    free(data);
    if (!ok) return false;
    p->provers = g.provers_len <= PP_UP_PROVERS_MAX ? g.provers_len : PP_UP_PROVERS_MAX;
    bool replays = g.rollups_len > 1;
    ok = !replays || !p->replays ||
         (g.rollups[1].chain_id == p->file.chain_id &&
          g.rollups[1].allocations_len == p->file.accounts_len);
    bool proves = g.check == PP_CHECK_PROOF;
    pp_genesis_free(&g);
    if (o->provers >= 0 && (size_t)o->provers != p->provers)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: this network has %zu provers; name another directory for another "
                          "number",
                          o->dir, p->provers);
    if (p->replays && (!replays || !ok))
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: this network was made without a lane for %s; name another directory",
                          o->dir, o->replay);
    return !o->re_execute || !proves ||
           pp_err_set(err, PP_EXIT_USAGE,
                      "%s: this network demands proofs; name another directory for --re-execute",
                      o->dir);
}

bool pp_up_begin(pp_err *err, pp_up_parties *p, const pp_up_options *o,
                 const volatile sig_atomic_t *stop) {
    char path[PP_UP_PATH];
    memset(p, 0, sizeof *p);
    if (o->replay) {
        if (!pp_replay_file_load(err, &p->file, o->replay) ||
            !pp_replay_file_fits(err, &p->file, o->replay))
            return false;
        p->replays = true;
    }
    snprintf(path, sizeof path, "%.4000s/net/genesis.json", o->dir);
    bool there = is_there(path);
    p->provers = o->provers >= 0 ? (size_t)o->provers : PP_UP_PROVERS;
    if (there && !read_network(err, p, o, path)) return false;
    return make_keys(err, p, o->dir) && (there || make_network(err, p, o, stop));
}

void pp_up_parties_free(pp_up_parties *p) {
    pp_replay_file_free(&p->file);
    explicit_bzero(p, sizeof *p);
}

// ---- provers ----------------------------------------------------------------------------------

bool pp_up_prover_folder(pp_err *err, char folder[PP_UP_PATH], const pp_up_parties *p,
                         const pp_up_options *o, size_t i, const char *url,
                         const pp_hash32 *genesis) {
    char path[PP_UP_PATH + 32];
    pp_prover_config config;
    snprintf(folder, PP_UP_PATH, "%.4000s/prover%zu", o->dir, i + 1);
    snprintf(path, sizeof path, "%s/prover.json", folder);
    bool ok = pp_folder_take(err, folder, 0700);
    if (ok && is_there(path)) {
        ok = pp_prover_config_load(err, &config, folder);
    } else if (ok) {
        ok = pp_prover_config_draw(err, &config);
        config.genesis = *genesis;
        memcpy(config.secret.key, p->prover[i], 32);
        config.secret.wei_per_second = ASK_FIRST + ASK_STEP * i;
        config.secret.ps_per_work = p->ps_per_work[i];
        config.stake = 0; // it has one from genesis
        config.slots = PROVER_SLOTS;
        config.threads = 0;
        config.memory = memory_each(p->provers);
    }
    snprintf(config.node, sizeof config.node, "%s", url);
    ok = ok && pp_prover_config_store(err, &config, folder);
    explicit_bzero(&config, sizeof config);
    return ok;
}
