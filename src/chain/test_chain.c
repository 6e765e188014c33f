// SPDX-License-Identifier: MIT OR Apache-2.0
// The application: a batch's whole life, every refusal, every event.
#include <stdlib.h>

#include "chain/test_support.h"

static net n;

static const pp_chain_event *find(const pp_chain_result *r, pp_chain_event_kind kind) {
    for (size_t i = 0; i < r->events_len; i++)
        if (r->events[i].kind == kind) return &r->events[i];
    return NULL;
}

static void make(size_t blocks) {
    for (size_t i = 0; i < blocks; i++) net_make(&n);
}

// Four transfers of user 21 in the live lane: a batch.
static void fill_batch(uint64_t from, uint64_t nonce) {
    for (uint64_t i = 0; i < 4; i++) {
        raw_tx tx;
        net_raw(&tx, LIVE, from, nonce + i, 22, 1000 + i);
        net_tx(&n, LIVE, &tx);
    }
}

PP_TEST(a_batch_is_cut_sold_checked_and_paid) {
    net_init(&n);
    net_open(&n);
    pp_chain_lane before = net_lane_now(&n, LIVE);
    fill_batch(21, 0);
    pp_chain_result r = net_make(&n);
    const pp_chain_event *cut = find(&r, PP_EVENT_CUT), *posted = find(&r, PP_EVENT_POSTED);
    REQUIRE(cut && posted);
    CHECK_EQ(cut->lane, LIVE);
    CHECK_EQ(cut->batch, 0);
    CHECK_EQ(cut->number, 4);
    CHECK(cut->amount == (pp_u128)4 * 21000 * 1000000000);
    CHECK_EQ(cut->item, 3);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    CHECK_EQ(b.status, PP_BATCH_WAITING);
    CHECK_EQ(b.work, 3000000);
    CHECK(b.reserve == 3000000000000 && posted->amount == b.reserve);
    CHECK(b.escrowed && b.applied == 4 && b.transactions == 4 && b.first == 0);
    uint64_t lane, batch;
    CHECK(pp_chain_batch_of(&lane, &batch, n.chain, &b.request) && lane == LIVE && batch == 0);
    pp_hash32 request = b.request;
    CHECK(net_lane_now(&n, LIVE).fund == ETHER - b.reserve);
    net_bid(&n, 11, &request, 1000);
    net_bid(&n, 12, &request, 2000);
    net_bid(&n, 13, &request, 3000);
    make(3);
    net_reveal(&n, 11, &request, 1000);
    net_reveal(&n, 12, &request, 2000);
    net_reveal(&n, 13, &request, 3000);
    make(3);
    const pp_market_request *m = net_request(&n, &request);
    CHECK_EQ(m->state, PP_MARKET_ASSIGNED);
    CHECK(m->price == 2000);
    net_prove(&n, 11, &request, true);
    r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    const pp_chain_event *checked = find(&r, PP_EVENT_CHECKED), *root = find(&r, PP_EVENT_ROOT),
                         *fees = find(&r, PP_EVENT_FEES);
    REQUIRE(checked && root && fees);
    pp_address winner = test_address(11);
    CHECK(pp_address_eq(&checked->account, &winner));
    CHECK(fees->amount == (pp_u128)4 * 21000 * 1000000000);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_PAID);
    b = net_batch(&n, LIVE, 0);
    CHECK_EQ(b.status, PP_BATCH_DONE);
    CHECK(b.input.data == NULL);
    pp_chain_lane after = net_lane_now(&n, LIVE);
    CHECK_EQ(after.checked, 1);
    CHECK(pp_digest_eq(&after.checked_root, &b.output.new_root));
    CHECK(after.pending_fees == 0);
    CHECK(after.fund == ETHER - 2000 + fees->amount);
    CHECK(after.locked == before.locked - fees->amount);
    CHECK(after.reserve_rate == before.reserve_rate - before.reserve_rate / 8);
    CHECK_EQ(n.checks, 1);
    CHECK_EQ(n.preflights, 1);
    net_close(&n);
}
