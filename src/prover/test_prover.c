// SPDX-License-Identifier: MIT OR Apache-2.0
// A prover among many requests: what it promised comes first, whoever asks for how much.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"
#include "chain/block.h"
#include "chain/test_support.h"
#include "prover/prover.h"
#include "prover/wish.h"

enum { ME = 11, JUNK = 12, JUNK_RESERVE = 1000 };

static net n;
static pp_guest guest;
static pp_bids bids;
static pp_shelf shelf;
static pp_prover prover;
static pp_prover_secret secret = {.ps_per_work = 1000, .wei_per_second = 1};
static char dir[64];
static unsigned runs;
static pp_hash32 last_run;

static void on_run(void *ctx, const pp_prover *p, const pp_prover_run *run) {
    (void)ctx, (void)p;
    runs += !run->delivery;
    last_run = run->request;
}

static void put(const char *name, const char *text) {
    char path[128];
    pp_err err;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    REQUIRE(pp_file_write(&err, path, text, strlen(text), 0600));
}

// What it says now, and how many runs that took.
static unsigned act(pp_outbox *box) {
    pp_chain_info info;
    pp_err err;
    unsigned before = runs;
    pp_outbox_clear(box);
    pp_chain_info_get(&info, n.chain);
    CHECK(pp_prover_act(&err, &prover, box, n.chain, info.market_time + n.step));
    return runs - before;
}

static size_t said(const pp_outbox *box, pp_market_kind kind, const pp_hash32 *request) {
    size_t found = 0;
    for (size_t i = 0; i < box->len; i++) {
        pp_item item;
        pp_market_command c;
        bool ok = pp_item_decode(&item, box->items[i]) &&
                  pp_market_command_decode(&c, item.command.payload);
        CHECK(ok);
        found += ok && c.kind == kind && pp_hash32_eq(&c.request, request);
    }
    return found;
}

static void hand_in(const pp_outbox *box) {
    for (size_t i = 0; i < box->len; i++) net_add(&n, box->items[i].data, box->items[i].size);
    pp_chain_result r = net_make(&n);
    for (size_t i = 0; i < r.items_len; i++) CHECK_STR(pp_chain_item_reason(&r.items[i]), "OK");
}

// A request for a run that ends badly: it is counted, and worth nothing.
static void post_junk(uint64_t who, uint64_t nonce, pp_u128 reserve, const char *input) {
    pp_market_command c = {.kind = PP_MARKET_POST, .nonce = nonce, .terms = n.rollups[LIVE].terms};
    REQUIRE(pp_input_id(&c.terms.input_id, (pp_bytes){(const uint8_t *)input, strlen(input)}));
    c.terms.program_id = guest.id;
    c.terms.reserve = c.terms.cap = reserve;
    net_market(&n, who, &c);
}

static void begin(void) {
    pp_err err;
    char path[96];
    runs = 0;
    strcpy(dir, "/tmp/pp-prover-XXXXXX");
    REQUIRE(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/shelf", dir);
    REQUIRE(pp_folder_make(&err, path, 0700));
    for (int i = 0; i <= JUNK; i++) {
        char name[32];
        snprintf(name, sizeof name, "shelf/junk%d.input", i);
        put(name, name + 6);
    }
    pp_guest_batch(&guest);
    net_init(&n);
    net_open(&n);
    guest.id = n.rollups[LIVE].program_id; // a name that this network gives it
    test_key(secret.key, ME);
    REQUIRE(pp_prover_init(&prover, &secret, &guest, NULL));
    REQUIRE(pp_bids_open(&err, &bids, dir));
    pp_shelf_open(&shelf, dir);
    prover.bids = &bids;
    prover.shelf = &shelf;
    prover.live = true;
    prover.on_run = on_run;
}

static void end(void) {
    char remove[96];
    pp_shelf_close(&shelf);
    net_close(&n);
    snprintf(remove, sizeof remove, "rm -r %s", dir);
    CHECK_EQ(system(remove), 0);
}

PP_TEST(many_cheap_requests_make_nobody_deaf) {
    pp_outbox box = {0};
    begin();
    // A batch, and a bid for it.
    for (uint64_t i = 0; i < n.rollups[LIVE].batch_transactions; i++) {
        raw_tx tx;
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    CHECK_EQ(act(&box), 1);
    CHECK(said(&box, PP_MARKET_BID, &request) == 1 && box.len == 1);
    hand_in(&box);
    for (uint64_t i = 0; i < JUNK; i++) {
        char input[32];
        snprintf(input, sizeof input, "junk%d.input", (int)i);
        post_junk(2 + i % 4, i, JUNK_RESERVE, input);
    }
    net_make(&n);
    // One run an act, what pays most first, until all are known; nothing is bid for what ends
    // badly.
    post_junk(6, 100, 5 * JUNK_RESERVE, "junk12.input");
    pp_chain_result posted = net_make(&n);
    pp_hash32 dear = {{0}};
    for (size_t i = 0; i < posted.events_len; i++)
        if (posted.events[i].kind == PP_EVENT_MARKET &&
            posted.events[i].market.kind == PP_MARKET_EVENT_POSTED)
            dear = posted.events[i].market.request;
    CHECK_STR(pp_chain_item_reason(&posted.items[0]), "OK");
    CHECK_EQ(act(&box), 1);
    CHECK(pp_hash32_eq(&last_run, &dear));
    CHECK(said(&box, PP_MARKET_OPEN_BID, &request) == 1 && box.len == 1);
    // Its program has another name now: what was sealed is opened all the same.
    guest.id.b[0] ^= 1;
    CHECK_EQ(act(&box), 0);
    guest.id.b[0] ^= 1;
    CHECK(said(&box, PP_MARKET_OPEN_BID, &request) == 1 && box.len == 1);
    hand_in(&box);
    unsigned counted = 1;
    while (net_request(&n, &request)->state == PP_MARKET_REVEAL) {
        unsigned now = act(&box);
        CHECK(now <= 1 && box.len == 0);
        counted += now;
        net_make(&n);
    }
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_ASSIGNED);
    // Whoever asks for what was counted has nothing counted again, whatever he offers.
    unsigned known = runs;
    while (act(&box) > 0) {
    }
    CHECK_EQ(counted + runs - known, JUNK + 1);
    post_junk(6, 101, 9 * JUNK_RESERVE, "junk12.input");
    net_make(&n);
    CHECK_EQ(act(&box), 0);
    // It delivers, but not what it has given up, and what was refused three times it leaves.
    pp_prover_job *job = (pp_prover_job *)(uintptr_t)pp_prover_job_of(&prover, &request);
    REQUIRE(job != NULL);
    job->given_up = true;
    (void)act(&box);
    CHECK_EQ(said(&box, PP_MARKET_PROVE, &request), 0);
    job->given_up = false;
    for (int i = 0; i < PP_PROVER_TRIES; i++) {
        (void)act(&box);
        CHECK_EQ(said(&box, PP_MARKET_PROVE, &request), 1);
        pp_prover_refused(&prover, &request);
    }
    (void)act(&box);
    CHECK_EQ(said(&box, PP_MARKET_PROVE, &request), 0);
    pp_outbox_free(&box);
    end();
}

// A market whose inclusion bound is below the time of two blocks lets a requester leave bidders no
// block to open in, and would burn their bonds.
PP_TEST(a_bid_that_no_block_could_open_is_not_sealed) {
    pp_outbox box = {0};
    begin();
    for (uint64_t i = 0; i < n.rollups[LIVE].batch_transactions; i++) {
        raw_tx tx;
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n);
    const pp_hash32 request = net_batch(&n, LIVE, 0).request;
    (void)act(&box);
    CHECK_EQ(said(&box, PP_MARKET_BID, &request), 1);
    const pp_market *m = pp_chain_market(n.chain);
    const pp_market_account *me = pp_market_find_account(m, &prover.address);
    const pp_prover_job *job = pp_prover_job_of(&prover, &request);
    pp_market_request r = *net_request(&n, &request);
    REQUIRE(me != NULL && job != NULL);
    r.terms.reveal_window = 2 * n.step;
    CHECK(pp_wish_no_price(&prover, m, &r, me, job, 1, n.step) == NULL);
    r.terms.reveal_window--;
    const char *why = pp_wish_no_price(&prover, m, &r, me, job, 1, n.step);
    CHECK(why != NULL && strcmp(why, "its bid could not be opened in time") == 0);
    pp_outbox_free(&box);
    end();
}
