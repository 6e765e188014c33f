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
static pp_shelf shelf, held;
static pp_prover prover;
static pp_works works;
static pp_jobs jobs;
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

static void begin_as(uint64_t command_fee) {
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
    n.genesis.command_fee = command_fee;
    net_open(&n);
    guest.id = n.rollups[LIVE].program_id; // a name that this network gives it
    test_key(secret.key, ME);
    REQUIRE(pp_prover_init(&prover, &secret, &guest, NULL));
    REQUIRE(pp_bids_open(&err, &bids, dir));
    pp_shelf_open(&shelf, dir, "shelf");
    pp_shelf_open(&held, dir, "held");
    prover.bids = &bids;
    prover.shelf = &shelf;
    prover.live = true;
    prover.on_run = on_run;
}

static void begin(void) {
    begin_as(0);
}

static void end(void) {
    char remove[96];
    pp_shelf_close(&shelf);
    pp_shelf_close(&held);
    net_close(&n);
    snprintf(remove, sizeof remove, "rm -r %s", dir);
    CHECK_EQ(system(remove), 0);
}

// The first batch's request.
static pp_hash32 make_batch(void) {
    for (uint64_t i = 0; i < n.rollups[LIVE].batch_transactions; i++) {
        raw_tx tx;
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n);
    return net_batch(&n, LIVE, 0).request;
}

PP_TEST(many_cheap_requests_make_nobody_deaf) {
    pp_outbox box = {0};
    begin();
    const pp_hash32 request = make_batch(); // and a bid for it
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
        // Also one that was started again in between.
        pp_wire saved = {0};
        pp_prover_save(&saved, &prover);
        CHECK_EQ(saved.size, 32 * (i + 1));
        for (size_t k = 0; k < PP_PROVER_JOBS; k++) prover.job[k].claims = 0;
        CHECK(!pp_prover_load(&prover, (pp_bytes){saved.data, saved.size - 1}));
        CHECK(pp_prover_load(&prover, (pp_bytes){saved.data, saved.size}));
        free(saved.data);
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
    const pp_hash32 request = make_batch();
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

// Sealing a bid and opening it cost whoever wins: not where the reserve leaves less, nor where
// nothing would be left to open it with.
PP_TEST(what_a_bid_s_commands_cost) {
    enum { FEE = 1000 };
    pp_outbox box = {0};
    begin_as(FEE);
    const pp_hash32 request = make_batch();
    (void)act(&box);
    size_t seal = 0, open = pp_prover_bid_bytes();
    for (size_t i = 0; i < box.len; i++) seal += box.items[i].size;
    CHECK(box.len == 1 && seal == 168 && open == 168 + 184);
    CHECK(prover.bid_fee == FEE * open);
    const pp_market *m = pp_chain_market(n.chain);
    const pp_market_account *me = pp_market_find_account(m, &prover.address);
    const pp_prover_job *job = pp_prover_job_of(&prover, &request);
    const pp_market_request *r = net_request(&n, &request);
    REQUIRE(me != NULL && job != NULL);
    prover.said = (pp_prover_said){.slots = 0};
    pp_u128 bid = r->terms.reserve - FEE * open;
    CHECK(pp_wish_no_price(&prover, m, r, me, job, bid, n.step) == NULL);
    CHECK(pp_wish_no_price(&prover, m, r, me, job, bid + 1, n.step) != NULL);
    pp_market_account poor = *me;
    poor.free = pp_market_bond(&m->params, r->terms.reserve) + 2 * poor.slots * FEE * open;
    CHECK(pp_wish_no_bid(&prover, m, r, &poor) == NULL);
    poor.free--;
    CHECK(pp_wish_no_bid(&prover, m, r, &poor) != NULL);
    pp_outbox_free(&box);
    end();
}

// What is sold in the open takes fee and bond until it is accepted.
PP_TEST(who_could_not_deliver_sells_nothing) {
    enum { FEE = 1000000000 };
    pp_outbox box = {0};
    begin_as(FEE);
    const pp_hash32 request = make_batch();
    prover.rests = true;
    while (net_request(&n, &request)->state != PP_MARKET_OPEN) net_make(&n);
    net_make(&n);
    prover.rests = false;
    prover.rescue_percent = 1;
    const pp_market_account *me = pp_market_find_account(pp_chain_market(n.chain), &prover.address);
    pp_u128 needs = n.genesis.market.proof_bond + (pp_u128)FEE * PP_GENESIS_PROOF_SPARE;
    net_transfer(&n, ME, 1, me->free - (needs - 1) - (pp_u128)FEE * 139);
    CHECK_STR(net_one(&n), "OK");
    CHECK(me->free == needs - 1);
    (void)act(&box);
    CHECK_EQ(said(&box, PP_MARKET_PROVE, &request), 0);
    CHECK(prover.delivery_wei == needs);
    net_transfer(&n, 1, ME, 1);
    CHECK_STR(net_one(&n), "OK");
    (void)act(&box);
    CHECK_EQ(said(&box, PP_MARKET_PROVE, &request), 1);
    pp_outbox_free(&box);
    end();
}

// Posted by somebody for a run on the first batch's input: their requests.
static size_t post_on_batch(pp_hash32 *out, size_t len, pp_u128 reserve) {
    for (size_t i = 0; i < len; i++) {
        pp_market_command c = {.kind = PP_MARKET_POST, .nonce = i, .terms = n.rollups[LIVE].terms};
        c.terms.program_id = guest.id;
        c.terms.input_id = net_batch(&n, LIVE, 0).input_id;
        c.terms.match = PP_MARKET_ANY;
        c.terms.reserve = c.terms.cap = reserve;
        net_market(&n, 2, &c);
    }
    pp_chain_result r = net_make(&n);
    size_t found = 0;
    for (size_t i = 0; i < r.events_len; i++)
        if (r.events[i].kind == PP_EVENT_MARKET &&
            r.events[i].market.kind == PP_MARKET_EVENT_POSTED && found < len)
            out[found++] = r.events[i].market.request;
    return found;
}

// What it says goes into the next block.
static void go_on(pp_outbox *box) {
    (void)act(box);
    hand_in(box);
}

// As where proofs are demanded; those that it begins fail at once.
static void begin_proving(void) {
    static pp_genesis genesis = {.check = PP_CHECK_PROOF};
    pp_err err;
    begin();
    genesis.proofs =
        (pp_genesis_proofs){.sets = {&pp_pcs_test}, .sets_len = 1, .bytes = 16 << 20, .shards = 64};
    pp_vm_id(&genesis.vm_id);
    REQUIRE(pp_works_open(&err, &works, dir, &genesis, 1, 0));
    pp_jobs_open(&jobs, dir, &works, 1, 0, "");
    jobs.program = "/bin/false";
    prover.works = &works;
    prover.jobs = &jobs;
}

static void end_proving(void) {
    pp_jobs_close(&jobs);
    pp_works_close(&works);
    end();
}

// Somebody asks for another run on a batch's input, and the prover is drawn for it once the chain
// has forgotten that input with the batch's proof, which is another prover's.
static pp_hash32 drawn_for_another_run(pp_outbox *box) {
    enum { OTHER = 12 };
    pp_hash32 asked = {{0}};
    pp_bytes input;
    const pp_hash32 request = make_batch();
    const pp_hash32 id = net_batch(&n, LIVE, 0).input_id;
    net_bid(&n, OTHER, &request, 1);
    net_make(&n);
    CHECK_EQ(post_on_batch(&asked, 1, 1000000), 1);
    bool opened = false, proven = false;
    for (int i = 0; i < 20 && net_request(&n, &asked)->state != PP_MARKET_ASSIGNED; i++) {
        const pp_market_request *r = net_request(&n, &request);
        if (r->state == PP_MARKET_REVEAL && !opened) net_reveal(&n, OTHER, &request, 1);
        opened |= r->state == PP_MARKET_REVEAL;
        if (r->state == PP_MARKET_ASSIGNED && !proven) net_prove(&n, OTHER, &request, true);
        proven |= r->state == PP_MARKET_ASSIGNED;
        go_on(box);
        // Another process has begun since.
        pp_shelf_close(&held);
        pp_shelf_open(&held, dir, "held");
    }
    const pp_market *m = pp_chain_market(n.chain);
    const pp_market_request *r = net_request(&n, &asked);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_PAID);
    CHECK(r->state == PP_MARKET_ASSIGNED &&
          pp_address_eq(&m->accounts[r->primary].address, &prover.address));
    CHECK(!pp_chain_input(&input, n.chain, &id));
    return asked;
}

PP_TEST(what_was_promised_is_kept) {
    pp_outbox box = {0};
    pp_hash32 context;
    char path[128];
    begin_proving();
    prover.held = &held;
    const pp_hash32 asked = drawn_for_another_run(&box);
    (void)act(&box);
    pp_market_context(&context, &asked, &prover.address);
    CHECK(box.len == 0 && pp_hash32_eq(&jobs.context, &context)); // it is being proven
    CHECK_EQ(held.inputs_len, 1);
    while (net_request(&n, &asked)->state == PP_MARKET_ASSIGNED) net_make(&n);
    (void)act(&box); // it is too late, and what was held goes
    CHECK_EQ(held.inputs_len, 0);
    snprintf(path, sizeof path, "%s/held", dir);
    CHECK_EQ(rmdir(path), 0);
    pp_outbox_free(&box);
    end_proving();
}

// Without it, it declines while that may be done: a twentieth of the stake, not all of it.
PP_TEST(what_cannot_be_kept_is_declined) {
    pp_outbox box = {0};
    begin_proving();
    const pp_hash32 asked = drawn_for_another_run(&box);
    (void)act(&box);
    CHECK(box.len == 1 && said(&box, PP_MARKET_DECLINE, &asked) == 1);
    hand_in(&box);
    const pp_market_request *r = net_request(&n, &asked);
    CHECK(r->state == PP_MARKET_OPEN && r->defaulters_len == 0);
    pp_outbox_free(&box);
    end_proving();
}

// Where runs are made again, nobody can check one whose input the chain has forgotten.
PP_TEST(no_promise_that_nobody_could_check) {
    pp_outbox box = {0};
    pp_hash32 asked;
    begin();
    const pp_hash32 request = make_batch();
    REQUIRE(post_on_batch(&asked, 1, 1000000) == 1);
    (void)act(&box);
    CHECK(box.len == 1 && said(&box, PP_MARKET_BID, &request) == 1);
    pp_outbox_free(&box);
    end();
}

// Limits hold for what is said in one act, not for each bid alone.
PP_TEST(limits_hold_for_all_bids_of_an_act) {
    enum { ASKED = 3 };
    pp_outbox box = {0};
    pp_hash32 asked[ASKED];
    begin_proving();
    (void)make_batch();
    (void)act(&box);
    REQUIRE(post_on_batch(asked, ASKED, 1000000) == ASKED);
    const pp_market *m = pp_chain_market(n.chain);
    pp_market_account *me =
        (pp_market_account *)(uintptr_t)pp_market_find_account(m, &prover.address);
    const pp_market_request *r = net_request(&n, &asked[0]);
    pp_u128 stake = r->terms.reserve * r->terms.kappa, bond = pp_market_bond(&m->params, 1000000);
    if (stake < m->params.stake_min) stake = m->params.stake_min;
    REQUIRE(me != NULL);
    const struct {
        pp_u128 loss_max, free;
        uint32_t slots;
    } cases[] = {{stake + bond, me->free, 8},
                 {2 * (stake + bond) - 1, me->free, 8},
                 {0, bond, 8},
                 {0, 2 * bond - 1, 8},
                 {0, me->free, 1}};
    const pp_market_account was = *me;
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        prover.loss_max = cases[i].loss_max;
        me->free = cases[i].free;
        me->slots = cases[i].slots;
        (void)act(&box);
        CHECK_EQ(box.len, 1);
        *me = was;
    }
    prover.loss_max = 0;
    (void)act(&box);
    CHECK_EQ(box.len, ASKED + 1); // the batch's own, too
    pp_outbox_free(&box);
    end_proving();
}

// Somebody else has proven what it is drawn for: it goes on, for it is paid, and lets go where it
// would be late. To say nothing would cost the stake.
PP_TEST(an_insured_primary_is_paid_or_lets_go) {
    for (int rests = 0; rests < 2; rests++) {
        pp_outbox box = {0};
        begin();
        const pp_hash32 request = make_batch();
        while (net_request(&n, &request)->state != PP_MARKET_ASSIGNED) go_on(&box);
        net_prove(&n, 12, &request, true);
        net_make(&n);
        const pp_market_request *r = net_request(&n, &request);
        CHECK(r->state == PP_MARKET_ASSIGNED && r->insured && r->primary != r->insurer);
        prover.rests = rests;
        (void)act(&box);
        CHECK_EQ(said(&box, rests ? PP_MARKET_RELEASE : PP_MARKET_PROVE, &request), 1);
        CHECK_EQ(box.len, 1);
        if (rests) {
            hand_in(&box);
            CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_INSURED);
            CHECK_EQ(net_request(&n, &request)->defaulters_len, 0);
        }
        pp_outbox_free(&box);
        end();
        prover.rests = false;
    }
}

// Who makes blocks would hear all prices while bids are still taken.
PP_TEST(nothing_is_opened_while_bids_are_taken) {
    pp_outbox box = {0};
    begin();
    const pp_hash32 request = make_batch();
    go_on(&box);
    for (int i = 0; i < 20 && net_request(&n, &request)->state == PP_MARKET_COMMIT; i++) {
        (void)act(&box);
        CHECK_EQ(said(&box, PP_MARKET_OPEN_BID, &request), 0);
        net_make(&n);
    }
    (void)act(&box);
    CHECK_EQ(said(&box, PP_MARKET_OPEN_BID, &request), 1);
    pp_outbox_free(&box);
    end();
}

// What it says of one of the open requests.
static const char *why_of(const pp_hash32 *request) {
    const pp_prover_job *job = pp_prover_job_of(&prover, request);
    return job && job->why ? job->why : "nothing";
}

// Terms that a stranger may set, and what the market would refuse anyway.
PP_TEST(what_it_does_not_bid_for) {
    pp_outbox box = {0};
    pp_hash32 asked;
    begin_proving();
    const pp_hash32 request = make_batch();
    REQUIRE(post_on_batch(&asked, 1, 1000000) == 1);
    pp_market *m = (pp_market *)(uintptr_t)pp_chain_market(n.chain);
    pp_market_request *r = (pp_market_request *)(uintptr_t)net_request(&n, &asked);
    pp_market_request *own = (pp_market_request *)(uintptr_t)net_request(&n, &request);
    pp_market_account *me =
        (pp_market_account *)(uintptr_t)pp_market_find_account(m, &prover.address);
    REQUIRE(me != NULL);
    // A promise of nobody's that genesis knows; that of a rollup of genesis is as good as money.
    r->escrowed = own->escrowed = false;
    (void)act(&box);
    CHECK(box.len == 1 && said(&box, PP_MARKET_BID, &request) == 1);
    CHECK(!pp_prover_job_of(&prover, &asked)->known || strstr(why_of(&asked), "nothing is held"));
    r->escrowed = own->escrowed = true;
    // Other winners wait for the first one until it may no longer decline.
    const uint64_t declines = r->terms.decline_window;
    r->terms.decline_window = 1000 * 3600;
    (void)act(&box);
    CHECK_EQ(said(&box, PP_MARKET_BID, &asked), 0);
    CHECK_STR(why_of(&asked), "its winners would be held for too long");
    r->terms.decline_window = declines;
    // One that has just registered waits until it may.
    const uint64_t since = me->registered_at;
    me->registered_at = m->now - m->params.registration_age + 1;
    (void)act(&box);
    CHECK_EQ(box.len, 0);
    CHECK_STR(why_of(&asked), "registered, and not for long enough yet");
    me->registered_at = since;
    (void)act(&box);
    CHECK_EQ(box.len, 2);
    pp_outbox_free(&box);
    end_proving();
}

// Where there is time it counts all that a block brings: of four that come at once with a window of
// six blocks, the one that pays least is not too late.
PP_TEST(it_counts_as_long_as_there_is_time) {
    pp_outbox box = {0};
    begin();
    prover.count_ns = 600 * (uint64_t)1000000000;
    for (uint64_t i = 0; i < 4; i++) {
        char input[32];
        snprintf(input, sizeof input, "junk%d.input", (int)i);
        post_junk(2 + i, 0, JUNK_RESERVE, input);
    }
    net_make(&n);
    CHECK_EQ(act(&box), 4);
    prover.count_ns = 0;
    pp_outbox_free(&box);
    end();
}
