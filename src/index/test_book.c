// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>
#include <unistd.h>

#include "chain/test_support.h"
#include "index/book.h"

static net n;

static pp_book *begin_in(const char *dir) {
    pp_err err;
    pp_book *book;
    net_init(&n);
    net_open(&n);
    bool ok = pp_book_new(&err, &book, n.chain, dir);
    PP_ASSERT(ok);
    return book;
}

static pp_book *begin(void) {
    return begin_in(NULL);
}

static void end(pp_book *book) {
    pp_book_free(book);
    net_close(&n);
}

static void make(pp_book *book) {
    pp_chain_result result = net_make(&n);
    pp_chain_info info;
    pp_chain_info_get(&info, n.chain);
    const net_block *b = &n.blocks[info.height];
    pp_err err;
    CHECK(pp_book_add(&err, book, n.chain, (pp_bytes){b->bytes, b->size}, &result));
    pp_book_refresh(book, n.chain);
}

static void fill_batch(uint64_t from, uint64_t nonce) {
    for (uint64_t i = 0; i < 4; i++) {
        raw_tx tx;
        net_raw(&tx, LIVE, from, nonce + i, 22, 1000 + i);
        net_tx(&n, LIVE, &tx);
    }
}

static pp_u128 free_of(uint64_t who) {
    pp_address address = test_address(who);
    return pp_market_find_account(pp_chain_market(n.chain), &address)->free;
}

static bool tells(const pp_book_request *r, size_t line, pp_market_event_kind kind) {
    return line < r->story_len && !pp_book_story(r)[line].refused &&
           pp_book_story(r)[line].event.kind == kind;
}

PP_TEST(a_default_and_a_rescue) {
    pp_book *book = begin();
    fill_batch(21, 0);
    make(book);
    pp_hash32 id = net_batch(&n, LIVE, 0).request;
    const pp_book_request *r = pp_book_request_find(book, &id);
    REQUIRE(r != NULL);
    CHECK(r->has_batch && r->lane == LIVE && r->batch == 0 && r->height == 1);
    CHECK(r->next_len > 0 && r->due > r->last.posted);
    net_bid(&n, 11, &id, 1000);
    make(book);
    net_bid(&n, 11, &id, 900); // a second one: refused, with its reason
    make(book);
    CHECK_EQ(r->bids_len, 1);
    CHECK(!pp_book_bids(r)[0].revealed && pp_book_bids(r)[0].bid == 0); // sealed
    make(book);
    net_reveal(&n, 11, &id, 1000);
    for (int i = 0; i < 15; i++) make(book);
    CHECK_EQ(r->last.state, PP_MARKET_OPEN);
    const pp_book_incident *incident = pp_book_incident_before(book, UINT64_MAX);
    REQUIRE(incident != NULL);
    pp_address primary = test_address(11), rescuer = test_address(13);
    CHECK(pp_address_eq(&incident->defaulter, &primary) && !incident->over && incident->lost > 0);
    CHECK(pp_hash32_eq(&incident->request, &id) && incident->has_batch);
    const pp_book_account *account = pp_book_account_find(book, &primary);
    REQUIRE(account != NULL);
    CHECK(account->defaults == 1 && account->lost == incident->lost && account->nonce == 3);
    // What the book says was shared out is what the ledger did.
    pp_u128 burned = pp_chain_market(n.chain)->burned, had = free_of(13);
    net_prove(&n, 13, &id, true);
    make(book);
    CHECK(incident->over && incident->settled && incident->state == PP_MARKET_RESCUED);
    CHECK(pp_address_eq(&incident->rescuer, &rescuer));
    CHECK(free_of(13) == had + incident->rescuer_paid + incident->bounty);
    CHECK(incident->bounty > 0 && incident->compensation > 0);
    CHECK(pp_chain_market(n.chain)->burned ==
          burned + incident->lost - incident->bounty - incident->compensation);
    CHECK_EQ(incident->delay, r->closed - incident->time);
    account = pp_book_account_find(book, &rescuer);
    CHECK(account->paid == incident->rescuer_paid && account->paid_count == 1 &&
          account->paid_work == r->last.terms.work);
    // The whole story, and the match as it was drawn.
    CHECK(tells(r, 0, PP_MARKET_EVENT_POSTED) && tells(r, 1, PP_MARKET_EVENT_COMMITTED));
    CHECK(pp_book_story(r)[2].refused && pp_book_story(r)[2].kind == PP_MARKET_BID &&
          pp_book_story(r)[2].reason != PP_MARKET_OK);
    CHECK(tells(r, 3, PP_MARKET_EVENT_REVEALED) && tells(r, 4, PP_MARKET_EVENT_ASSIGNED));
    CHECK(tells(r, 5, PP_MARKET_EVENT_DEFAULTED) && tells(r, 6, PP_MARKET_EVENT_OPENED));
    CHECK(tells(r, r->story_len - 1, PP_MARKET_EVENT_CLOSED));
    REQUIRE(pp_book_match(r) != NULL);
    CHECK(pp_book_match(r)->right && pp_book_match(r)->len == 1 &&
          pp_book_match(r)->bids[0].bid == 1000);
    CHECK(r->next_len == 0 && pp_address_eq(&r->payee, &rescuer));
    // The proof stands where the book says.
    pp_hash32 context;
    pp_market_context(&context, &id, &rescuer);
    CHECK_EQ(r->proof_size, 32);
    CHECK_MEM(n.blocks[r->proof_height].bytes + r->proof_offset, context.b, 32);
    const pp_book_batch *batch = pp_book_batch_find(book, LIVE, 0);
    REQUIRE(batch != NULL);
    CHECK(pp_book_request_at(book, batch->request_number) == r);
    CHECK(batch->status == PP_BATCH_DONE && pp_address_eq(&batch->prover, &rescuer));
    CHECK(batch->transactions == 4 && batch->first_block == 1 && batch->cut_block == 1);
    const pp_book_clear *clear = pp_book_clear_before(book, UINT64_MAX);
    REQUIRE(clear != NULL);
    CHECK(clear->clear.served && clear->clear.price == r->last.paid);
    CHECK(pp_book_clear_before(book, clear->sequence) == NULL);
    // News, from the first on.
    const pp_book_news *news = pp_book_news_from(book, 0);
    REQUIRE(news != NULL);
    CHECK_EQ(news->event.kind, PP_MARKET_EVENT_POSTED);
    uint64_t told = 0;
    for (const pp_book_news *x = news; x; x = pp_book_news_from(book, x->sequence + 1)) told++;
    CHECK(told >= r->story_len - 1);
    end(book);
}

// Each lane's batches are found by their numbers, however many of others stand between, and what
// becomes of an old one is told of it.
PP_TEST(batches_of_two_lanes) {
    pp_book *book = begin();
    raw_tx txs[4];
    fill_batch(21, 0);
    make(book);
    for (uint64_t i = 0; i < 3; i++) {
        for (uint64_t k = 0; k < 4; k++) net_raw(&txs[k], REPLAY, 21, 4 * i + k, 22, 5);
        net_lane(&n, 1, REPLAY, txs, 4);
        make(book);
    }
    CHECK_EQ(net_lane_now(&n, REPLAY).batches, 3);
    pp_hash32 id = net_batch(&n, LIVE, 0).request;
    net_prove(&n, 13, &id, true);
    make(book);
    for (uint64_t lane = LIVE; lane <= REPLAY; lane++)
        for (uint64_t number = 0; number < 4; number++) {
            const pp_book_batch *b = pp_book_batch_find(book, lane, number);
            CHECK_EQ(b != NULL, number < net_lane_now(&n, lane).batches);
            if (b) CHECK(b->lane == lane && b->number == number);
            if (b) CHECK_EQ(b->status, lane == LIVE ? PP_BATCH_DONE : PP_BATCH_WAITING);
        }
    CHECK(pp_book_batch_find(book, 9, 0) == NULL);
    CHECK(pp_book_batch_find(book, UINT64_MAX, 0) == NULL);
    end(book);
}

// Refused commands cost nothing: nobody hides with them what became of a request.
PP_TEST(a_story_that_somebody_fills) {
    pp_book *book = begin();
    fill_batch(21, 0);
    make(book);
    pp_hash32 id = net_batch(&n, LIVE, 0).request;
    net_bid(&n, 11, &id, 1000);
    for (int i = 1; i <= 3 * 40; i++) {
        net_reveal(&n, 12, &id, 5); // it has no bid
        if (i % 40 == 0) make(book);
    }
    net_reveal(&n, 11, &id, 1000);
    for (int i = 0; i < 15; i++) make(book);
    pp_u128 burned = pp_chain_market(n.chain)->burned;
    net_prove(&n, 13, &id, true);
    make(book);
    const pp_book_request *r = pp_book_request_find(book, &id);
    REQUIRE(r != NULL && r->last.state == PP_MARKET_RESCUED);
    size_t refused = 0, defaults = 0;
    for (size_t i = 0; i < r->story_len; i++) {
        refused += pp_book_story(r)[i].refused;
        defaults += tells(r, i, PP_MARKET_EVENT_DEFAULTED);
    }
    CHECK(refused == PP_BOOK_REFUSED_MAX && defaults == 1);
    CHECK(tells(r, r->story_len - 1, PP_MARKET_EVENT_CLOSED));
    const pp_book_incident *i = pp_book_incident_before(book, UINT64_MAX);
    REQUIRE(i != NULL && i->over && i->lost > 0 && i->bounty > 0);
    CHECK(pp_chain_market(n.chain)->burned == burned + i->lost - i->bounty - i->compensation);
    end(book);
}

// Whatever happens: what is open in the market stands in the book as it is, behind every block.
PP_TEST(the_book_is_the_market) {
    pp_book *book = begin();
    uint64_t x = 7, nonce = 0;
    for (int at = 0; at < 300; at++) {
        x = x * 6364136223846793005 + 1442695040888963407;
        if (x >> 60 == 0 && net_lane_now(&n, LIVE).batches - net_lane_now(&n, LIVE).checked < 4) {
            fill_batch(21, nonce);
            nonce += 4;
        }
        const pp_market *m = pp_chain_market(n.chain);
        for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
            uint64_t who = 11 + (x >> 33) % 3;
            if (r->state == PP_MARKET_COMMIT) net_bid(&n, who, &r->id, 1000 + (x >> 40) % 9);
            if (r->state == PP_MARKET_REVEAL && (x >> 36) % 4 != 0)
                for (who = 11; who < 14; who++) net_reveal(&n, who, &r->id, 1000 + (x >> 40) % 9);
            if ((x >> 50) % 16 == 0) net_prove(&n, who % 14 < 11 ? 11 : who % 14, &r->id, true);
            x = x * 6364136223846793005 + 1442695040888963407;
        }
        make(book);
        size_t len, open = 0;
        m = pp_chain_market(n.chain);
        for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL; open++) {
            const pp_book_request *b = pp_book_request_find(book, &r->id);
            REQUIRE(b != NULL);
            CHECK(b->last.state == r->state && b->last.price == r->price &&
                  b->last.bids == r->bids && b->last.proven == r->proven);
            CHECK_EQ(b->due, pp_market_request_due(m, r));
        }
        for (const pp_book_request *b = NULL;
             (b = pp_book_request_before(book, b ? b->last.number : UINT64_MAX)) != NULL;)
            open -= !pp_market_state_is_terminal(b->last.state);
        CHECK_EQ(open, 0);
        const pp_book_account *accounts = pp_book_accounts(&len, book);
        CHECK_EQ(len, m->accounts_len);
        for (size_t i = 0; i < len; i++) {
            CHECK(accounts[i].now.free == m->accounts[i].free &&
                  accounts[i].now.held == m->accounts[i].held);
            CHECK_EQ(accounts[i].nonce, pp_chain_nonce(n.chain, &accounts[i].now.address));
        }
    }
    CHECK(pp_book_incident_before(book, UINT64_MAX) != NULL);
    CHECK(net_lane_now(&n, LIVE).checked > 3);
    end(book);
}

// More than stand in memory: the first ones are found, with all that they had, in the files.
PP_TEST(old_requests_are_put_away) {
    enum { POSTS = PP_BOOK_REQUESTS + 150, EACH = 25 };
    static pp_hash32 ids[POSTS + 1];
    char dir[] = "/tmp/pp-book-XXXXXX";
    bool made = mkdtemp(dir) != NULL;
    REQUIRE(made);
    pp_book *book = begin_in(dir);
    fill_batch(21, 0);
    make(book);
    ids[0] = net_batch(&n, LIVE, 0).request;
    pp_market_command post = {.kind = PP_MARKET_POST, .terms = net_request(&n, &ids[0])->terms};
    pp_address poster = test_address(11);
    for (size_t i = 1; i <= POSTS; i++) {
        pp_market_command cancel = {.kind = PP_MARKET_CANCEL};
        post.nonce = i;
        pp_market_request_id(&cancel.request, &pp_chain_market(n.chain)->chain_id, &poster, i,
                             &post.terms);
        ids[i] = cancel.request;
        net_market(&n, 11, &post);
        net_market(&n, 11, &cancel);
        if (i % EACH == 0) make(book);
    }
    make(book);
    uint64_t number = POSTS + 1;
    const pp_book_request *r = NULL;
    while ((r = pp_book_request_before(book, r ? r->last.number : UINT64_MAX)) != NULL) {
        REQUIRE(number-- == r->last.number + 1);
        CHECK(pp_hash32_eq(&r->last.id, &ids[r->last.number]));
        CHECK(pp_book_request_find(book, &r->last.id) == r);
        CHECK(pp_book_request_at(book, r->last.number) == r);
        if (r->last.number == 0) continue;
        CHECK_EQ(r->last.state, PP_MARKET_CANCELLED);
        CHECK(pp_address_eq(&r->requester, &poster) && r->closed > 0 && r->height > 1);
        CHECK(r->story_len == 2 && tells(r, 0, PP_MARKET_EVENT_POSTED) &&
              tells(r, 1, PP_MARKET_EVENT_CLOSED));
    }
    CHECK_EQ(number, 0);
    pp_hash32 none = {{1}};
    CHECK(pp_book_request_find(book, &none) == NULL);
    CHECK(pp_book_request_at(book, POSTS + 1) == NULL &&
          pp_book_request_at(book, UINT64_MAX) == NULL);
    end(book);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK_EQ(system(command), 0);
}

static void pay(pp_book *book, uint64_t from, uint64_t to, pp_u128 wei) {
    net_transfer(&n, from, to, wei);
    make(book);
}

// A place that was left and given on: the book knows its new owner, and the old one no more.
PP_TEST(a_place_given_on) {
    pp_err err;
    pp_book *book;
    net_init(&n);
    n.genesis.accounts_max = NET_ACCOUNTS + NET_PROVERS + 2 + 1;
    n.genesis.market.proof_bond = 1000;
    net_open(&n);
    REQUIRE(pp_book_new(&err, &book, n.chain, NULL));
    pp_address old = test_address(100), new = test_address(101);
    pay(book, 1, 100, 1 << 30); // more than the last place costs
    const pp_book_account *a = pp_book_account_find(book, &old);
    REQUIRE(a != NULL && a->now.free > 0);
    pay(book, 100, 1, a->now.free);
    pay(book, 1, 101, 1 << 30);
    CHECK(pp_book_account_find(book, &old) == NULL);
    a = pp_book_account_find(book, &new);
    REQUIRE(a != NULL);
    CHECK(a->now.free == free_of(101) && a->now.free > 0);
    end(book);
}
