// SPDX-License-Identifier: MIT OR Apache-2.0
// Makes the directory of a network with a long past: a log that a node opens, executes and answers
// from, with as many requests and transactions as asked for. Time is simulated; what would take
// hours, the guest's runs, is not made: DIR/checked says that they were, as after a restart.
//
//   bench_explorer DIR [REQUESTS [TRANSACTIONS]]     in all; 1,000 and 10,000 where not set
//
// Every request is a batch: cut, bid for by one or two of eight provers, drawn, delivered; every
// 50th primary is late, and another prover rescues. web/test/long.mjs measures a node on it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/wallet.h"
#include "host/beacon.h"
#include "host/checks.h"
#include "host/guest.h"
#include "host/log.h"
#include "host/outbox.h"
#include "host/past.h"
#include "keystore/keystore.h"
#include "node/init.h"
#include "sign/keys.h"

enum {
    CHAIN_ID = 412346,
    PROVERS = 8,
    USERS = 64,
    INTERVAL = 1000, // ms
    PER_BLOCK = 10,  // batches
    BACKLOG = 64,    // the most there is

    SPARE_BLOCKS = 1 << 16, // that the node may make on top of it
    LATE = 50,              // one primary in so many
    BATCH_MAX = 64,
};

typedef struct world {
    const char *dir;
    uint64_t requests, transactions; // in all
    uint32_t batch;                  // transactions
    pp_hash32 genesis_hash;
    uint64_t time;
    uint8_t signer[32], provers[PROVERS][32], users[USERS][32];
    pp_address prover_addresses[PROVERS], user_addresses[USERS];
    uint64_t nonces[USERS], sent;
    pp_beacon beacon;
    pp_log log;
    pp_past past;
    pp_chain *chain;
} world;

static void must(bool ok, const char *what, const pp_err *err) {
    if (ok) return;
    fprintf(stderr, "bench_explorer: %s: %s\n", what, err ? err->text : "failed");
    exit(2);
}

static void *no_null(void *memory) {
    must(memory != NULL, "no memory", NULL);
    return memory;
}

static void read_file(uint8_t **file, size_t *size, const world *w, const char *name) {
    char path[4200];
    pp_err err;
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    must(pp_file_read(&err, file, size, path, PP_GENESIS_FILE_MAX), name, &err);
}

// ---- the network ------------------------------------------------------------------------------

static void init_network(world *w) {
    pp_err err;
    pp_genesis_prover provers[PROVERS];
    pp_genesis_allocation purses[USERS];
    pp_genesis_account accounts[PROVERS];
    const pp_u128 ether = 1000000000000000000;
    for (size_t i = 0; i < PROVERS; i++) {
        memset(w->provers[i], 0x70 + (int)i, 32);
        must(pp_sign_address(&w->prover_addresses[i], w->provers[i]), "a key", NULL);
        accounts[i] = (pp_genesis_account){w->prover_addresses[i], 1000000 * ether};
        provers[i] = (pp_genesis_prover){w->prover_addresses[i], 1000000 * ether, 1024};
    }
    for (size_t i = 0; i < USERS; i++) {
        memset(w->users[i], 1 + (int)i, 32);
        must(pp_sign_address(&w->user_addresses[i], w->users[i]), "a key", NULL);
        purses[i] =
            (pp_genesis_allocation){w->user_addresses[i], {0, pp_u256_from_u128(1000000 * ether)}};
    }
    pp_node_init_options o = {.name = "long",
                              .chain_id = CHAIN_ID,
                              .blocks = w->requests / PER_BLOCK * 3 + SPARE_BLOCKS,
                              .interval = INTERVAL,
                              .check = PP_CHECK_RE_EXECUTE,
                              .accounts = accounts,
                              .accounts_len = PROVERS,
                              .provers = provers,
                              .provers_len = PROVERS,
                              .allocations = purses,
                              .allocations_len = USERS,
                              .fund = 1000000 * ether,
                              .batch_transactions = w->batch,
                              .window = 1000,
                              .work_window = 8000,
                              .rate_min = 1000000000000};
    must(pp_node_init(&err, w->dir, &o), "init", &err);
}

// Its past lies behind us: the node on it goes on from now.
static void set_genesis(world *w) {
    pp_err err;
    pp_genesis genesis;
    uint8_t *file;
    size_t size;
    char path[4200];
    read_file(&file, &size, w, "genesis.json");
    must(pp_genesis_parse(&err, &genesis, "genesis.json", (pp_bytes){file, size}), "genesis", &err);
    free(file);
    genesis.time = (uint64_t)time(NULL) * 1000 - INTERVAL * (w->requests / PER_BLOCK * 3 + 1000);
    genesis.requests_max = 16 * BACKLOG;
    genesis.rollups[0].batch_backlog = BACKLOG;
    // Every batch is full, and no fee is to leave all purses behind.
    genesis.rollups[0].fee_target = (uint64_t)w->batch * 21000;
    genesis.rollups[0].fee_floor = genesis.rollups[0].fee_backlog = 0;
    w->time = genesis.time;
    char *text = pp_genesis_print(&genesis);
    snprintf(path, sizeof path, "%s/genesis.json", w->dir);
    must(pp_file_write(&err, path, text, strlen(text), 0644), "genesis", &err);
    snprintf(path, sizeof path, "%s/beacon", w->dir);
    must(pp_beacon_load(&err, &w->beacon, path, &genesis.beacon_end), "beacon", &err);
    pp_genesis_free(&genesis);
    free(text);
}

// ---- the chain without its checks -------------------------------------------------------------

// As the chain's own checks would have been written down.
static bool note(world *w, pp_checks_kind kind) {
    const pp_past_check c = {.kind = (uint8_t)kind, .yes = true, .cycles = 1};
    pp_past_check known;
    bool believed = pp_past_take(&w->past, &known, (uint8_t)kind);
    must(!believed, "a directory with a past", NULL);
    pp_past_add(&w->past, &c);
    return true;
}

static bool check(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)claim;
    return proof.size == 0 && note(ctx, PP_CHECKS_RE_EXECUTED);
}

static bool preflight(void *ctx, pp_err *err, const pp_hash32 *program_id, pp_bytes input,
                      pp_bytes output) {
    (void)program_id, (void)input, (void)output;
    err->exit_code = 0;
    return note(ctx, PP_CHECKS_PREFLIGHT);
}

static void begin_chain(world *w) {
    pp_err err;
    uint8_t *file, *text;
    size_t size, text_size;
    pp_store *store;
    read_file(&file, &size, w, "genesis.json");
    read_file(&text, &text_size, w, "signer.key");
    must(pp_keystore_hex(w->signer, (pp_bytes){text, text_size}), "signer.key", NULL);
    must(pp_log_open(&err, &w->log, w->dir, PP_LOG_WRITE), "log", &err);
    must(pp_log_append(&err, &w->log, (pp_bytes){file, size}), "log", &err);
    pp_past_open(&w->past, w->dir, &w->log);
    must(pp_store_open(&err, &store, "", PP_STORE_MEMORY), "store", &err);
    pp_chain_env env = {.ctx = w, .check = check, .preflight = preflight, .store = store};
    must(pp_chain_new(&err, &w->chain, "genesis.json", (pp_bytes){file, size}, &env), "chain",
         &err);
    pp_genesis_hash(&w->genesis_hash, (pp_bytes){file, size});
    free(file);
    free(text);
}

// ---- what people and provers say --------------------------------------------------------------

static uint8_t *transfer(size_t *size, world *w) {
    size_t from = w->sent++ % USERS;
    uint8_t raw[PP_TRANSFER_SIZE_MAX];
    pp_transfer t = {.chain_id = CHAIN_ID,
                     .nonce = w->nonces[from]++,
                     .tip_cap = 1,
                     .fee_cap = 1000000000000,
                     .gas_limit = 21000,
                     .to = w->user_addresses[(from + 7) % USERS],
                     .value = pp_u256_from_u64(1 + w->sent)};
    size_t raw_size = pp_transfer_sign(raw, &t, w->users[from]);
    return no_null(pp_lane_tx_encode(size, 0, (pp_bytes){raw, raw_size}));
}

static void say(world *w, pp_outbox *box, size_t prover, const pp_market_command *c) {
    pp_outbox_market(box, w->chain, w->provers[prover], c);
}

static size_t prover_of(const world *w, const pp_market *m, uint32_t account) {
    for (size_t i = 0; i < PROVERS; i++)
        if (pp_address_eq(&m->accounts[account].address, &w->prover_addresses[i])) return i;
    must(false, "a prover of nobody's", NULL);
    return 0;
}

static void prove(world *w, pp_outbox *box, size_t prover, const pp_market_request *r) {
    pp_market_command c = {.kind = PP_MARKET_PROVE, .request = r->id};
    c.output_size = r->terms.output_size;
    memcpy(c.output, r->terms.output, c.output_size);
    say(w, box, prover, &c);
}

static pp_u128 price_of(const pp_market_request *r, size_t prover) {
    return r->terms.reserve / 2 + r->number * (prover + 1) % (uint64_t)(r->terms.reserve / 4 + 1);
}

// One that may, or two: who has not delivered in time yet may not.
static void bid(world *w, pp_outbox *box, const pp_market *m, const pp_market_request *r) {
    size_t bids = 0, wanted = r->number % 4 == 0 ? 2 : 1;
    for (size_t i = 0; bids < wanted && i < PROVERS; i++) {
        size_t prover = (size_t)(r->number * 3 + i) % PROVERS;
        pp_market_command c = {.kind = PP_MARKET_BID, .request = r->id};
        if (pp_market_find_account(m, &w->prover_addresses[prover])->open_defaults > 0) continue;
        pp_market_bid_hash(&c.hash, &r->id, &w->prover_addresses[prover], price_of(r, prover),
                           &r->id); // its salt: nobody here guesses
        say(w, box, prover, &c);
        bids++;
    }
}

static void open_bids(world *w, pp_outbox *box, const pp_market *m, const pp_market_request *r) {
    for (const pp_market_commit *b = NULL; (b = pp_market_commit_after(m, r, b)) != NULL;) {
        size_t prover = prover_of(w, m, b->account);
        pp_market_command c = {.kind = PP_MARKET_OPEN_BID,
                               .request = r->id,
                               .amount = price_of(r, prover),
                               .hash = r->id};
        say(w, box, prover, &c);
    }
}

static void act(world *w, pp_outbox *box, uint64_t next) {
    const pp_market *m = pp_chain_market(w->chain);
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        if (r->proven) continue;
        if (r->state == PP_MARKET_COMMIT && r->commits_len == 0 && next <= pp_market_commit_end(r))
            bid(w, box, m, r);
        else if (r->bids == 0 && r->commits_len > 0 && next > pp_market_commit_end(r) &&
                 next <= pp_market_reveal_end(r))
            open_bids(w, box, m, r);
        else if (r->state == PP_MARKET_ASSIGNED && r->number % LATE != 0)
            prove(w, box, prover_of(w, m, r->primary), r);
        else if (r->state == PP_MARKET_OPEN)
            prove(w, box, (size_t)r->number % PROVERS, r);
    }
}

// ---- blocks -----------------------------------------------------------------------------------

static void make_block(world *w, const pp_bytes *items, size_t len) {
    pp_err err;
    pp_chain_info info;
    pp_chain_result result;
    pp_hash32 beacon, app_hash;
    size_t size, taken;
    pp_chain_info_get(&info, w->chain);
    w->time += INTERVAL;
    pp_beacon_at(&beacon, &w->beacon, info.height + 1);
    uint8_t *block =
        no_null(pp_chain_propose(&size, &taken, w->chain, w->time, &beacon, items, len));
    must(taken == len, "a block is full", NULL);
    pp_block_sign(&block, &size, &w->genesis_hash, w->signer);
    must(pp_chain_finalize(&err, &result, w->chain, (pp_bytes){block, size}), "a block", &err);
    must(result.code == PP_CHAIN_OK, pp_chain_reason(result.code), NULL);
    for (size_t i = 0; i < result.items_len; i++) // a default at the block's begin stops a bid
        must(result.items[i].code == PP_CHAIN_OK || result.items[i].market == PP_MARKET_DEFAULT,
             pp_chain_item_reason(&result.items[i]), NULL);
    must(pp_log_append(&err, &w->log, (pp_bytes){block, size}), "log", &err);
    pp_chain_commit(&app_hash, w->chain);
    must(pp_past_commit(&err, &w->past, info.height + 1, &app_hash), "past", &err);
    free(block);
}

int main(int argc, char **argv) {
    static world w;
    pp_outbox box = {0};
    pp_chain_lane lane = {0};
    pp_chain_info info;
    must(argc >= 2 && argc <= 4, "usage: bench_explorer DIR [REQUESTS [TRANSACTIONS]]", NULL);
    w.dir = argv[1];
    w.requests = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;
    w.transactions = argc > 3 ? strtoull(argv[3], NULL, 10) : 10 * w.requests;
    must(w.requests > 0 && w.transactions / w.requests >= 1 &&
             w.transactions / w.requests <= BATCH_MAX,
         "1 to 64 transactions for a request", NULL);
    w.batch = (uint32_t)(w.transactions / w.requests);
    init_network(&w);
    set_genesis(&w);
    begin_chain(&w);
    const size_t max = (size_t)PER_BLOCK * BATCH_MAX + 16 * BACKLOG;
    pp_bytes *items = no_null(calloc(max, sizeof *items));
    do {
        pp_chain_info_get(&info, w.chain);
        act(&w, &box, info.market_time + INTERVAL);
        size_t len = box.len, own = len;
        for (size_t i = 0; i < len; i++) items[i] = box.items[i];
        // One that is late holds up all roots behind it.
        bool room = lane.batches - lane.checked + PER_BLOCK <= BACKLOG;
        for (uint32_t i = 0; room && i < PER_BLOCK * w.batch && w.sent < w.requests * w.batch;
             i++) {
            size_t size;
            uint8_t *item = transfer(&size, &w);
            items[len++] = (pp_bytes){item, size};
        }
        make_block(&w, items, len);
        for (size_t i = own; i < len; i++) free((void *)(uintptr_t)items[i].data);
        pp_outbox_clear(&box);
        must(pp_chain_lane_get(&lane, w.chain, 0) && lane.incident == NULL, "an incident", NULL);
    } while (lane.checked < w.requests);
    free(items);
    pp_chain_info_get(&info, w.chain);
    pp_past_save(&w.past, &w.log, info.height, &info.app_hash);
    printf("%" PRIu64 " blocks, %" PRIu64 " requests, %" PRIu64 " transactions, %" PRIu64
           " bytes of log\n",
           info.height, pp_chain_market(w.chain)->posted, lane.transactions, w.log.end);
    return 0;
}
