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
    const pp_market_terms *terms = &net_request(&n, &b.request)->terms;
    CHECK_EQ(terms->match, PP_MARKET_EXACT);
    CHECK_EQ(terms->output_size, PP_ROLLUP_OUTPUT_SIZE);
    CHECK_MEM(terms->output, b.output_bytes, PP_ROLLUP_OUTPUT_SIZE);
    CHECK(pp_hash32_eq(&terms->input_id, &b.input_id) && terms->program_id.b[0] == 0xba);
    CHECK(terms->input_size == b.input_size && terms->work == b.work && terms->cap == b.reserve);
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
    CHECK_EQ(b.accepted_height, 8);
    CHECK(pp_address_eq(&b.prover, &winner));
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

PP_TEST(bytes_are_work_too) {
    net_init(&n);
    n.rollups[LIVE].work_byte = 7;
    net_open(&n);
    fill_batch(21, 0);
    net_make(&n);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    CHECK(b.bytes > 400 && b.bytes < 500);
    CHECK_EQ(b.work, 1000000 + 4 * 500000 + 7 * b.bytes);
    CHECK(b.reserve == (pp_u128)b.work * 1000000); // 10^12 wei a million
    CHECK_EQ(net_request(&n, &b.request)->terms.work, b.work);
    net_close(&n);
}

// A batch of lane LIVE is proven by anyone, before any auction.
static void prove_now(uint64_t batch) {
    pp_hash32 request = net_batch(&n, LIVE, batch).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
}

PP_TEST(roots_advance_in_order) {
    net_init(&n);
    net_open(&n);
    for (uint64_t b = 0; b < 3; b++) fill_batch(21, 4 * b);
    net_make(&n);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 3);
    pp_digest genesis_root = net_lane_now(&n, LIVE).checked_root;
    prove_now(2);
    prove_now(1);
    CHECK_EQ(net_batch(&n, LIVE, 2).status, PP_BATCH_ACCEPTED);
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK_EQ(l.checked, 0);
    CHECK_EQ(l.accepted, 2);
    CHECK(pp_digest_eq(&l.checked_root, &genesis_root));
    CHECK_EQ(n.events[PP_EVENT_ROOT], 0);
    CHECK_EQ(n.events[PP_EVENT_FEES], 0);
    CHECK(l.pending_fees == (pp_u128)12 * 21000 * 1000000000);
    // The closed requests' inputs are kept as long as their roots have not advanced.
    CHECK(net_batch(&n, LIVE, 2).input.data != NULL);
    prove_now(0);
    l = net_lane_now(&n, LIVE);
    CHECK_EQ(l.checked, 3);
    CHECK_EQ(l.accepted, 0);
    CHECK(pp_digest_eq(&l.checked_root, &l.cut_root) && pp_digest_eq(&l.ordered_root, &l.cut_root));
    CHECK_EQ(n.events[PP_EVENT_CHECKED], 3);
    CHECK_EQ(n.events[PP_EVENT_ROOT], 3);
    CHECK_EQ(n.events[PP_EVENT_FEES], 3);
    CHECK(l.pending_fees == 0);
    for (uint64_t b = 0; b < 3; b++) CHECK(net_batch(&n, LIVE, b).input.data == NULL);
    // The same proof again changes nothing; a wrong one for another batch is refused.
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "M-NOOP");
    fill_batch(21, 12);
    net_make(&n);
    request = net_batch(&n, LIVE, 3).request;
    net_prove(&n, 13, &request, false);
    CHECK_STR(net_one(&n), "M-PROOF");
    CHECK_EQ(net_batch(&n, LIVE, 3).status, PP_BATCH_WAITING);
    net_close(&n);
}

PP_TEST(an_empty_fund_owes) {
    net_init(&n);
    n.rollups[LIVE].fund = 0;
    n.rollups[LIVE].base_fee = 1; // too little to pay a proof with
    net_open(&n);
    fill_batch(21, 0);
    fill_batch(21, 4);
    net_make(&n);
    CHECK_EQ(n.events[PP_EVENT_UNFUNDED], 2);
    CHECK_EQ(n.events[PP_EVENT_POSTED], 0);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    CHECK(!b.escrowed);
    pp_hash32 request = b.request;
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_OPEN);
    prove_now(0);
    prove_now(1);
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK_EQ(l.checked, 2); // on the claim, not on the payment
    CHECK(l.debt == 2 * b.reserve);
    CHECK(l.fund == (pp_u128)8 * 21000);
    pp_chain_ledger ledger;
    CHECK(pp_chain_ledger_get(&ledger, n.chain) && ledger.debts == l.debt);
    // The first debt is paid once the fund can; the second waits.
    pp_address prover = test_address(13);
    pp_u128 had = pp_market_find_account(pp_chain_market(n.chain), &prover)->free;
    net_fund(&n, 1, LIVE, b.reserve);
    net_make(&n);
    l = net_lane_now(&n, LIVE);
    CHECK(l.debt == b.reserve);
    CHECK(pp_market_find_account(pp_chain_market(n.chain), &prover)->free == had + b.reserve);
    pp_address fund;
    pp_chain_fund_address(&fund, n.chain, LIVE);
    uint8_t payload[PP_TRANSFER_PAYLOAD_SIZE]; // a transfer does the same
    pp_transfer_payload_encode(payload, &fund, b.reserve);
    net_command(&n, 1, PP_COMMAND_TRANSFER, (pp_bytes){payload, sizeof payload});
    net_make(&n);
    CHECK(net_lane_now(&n, LIVE).debt == 0);
    net_close(&n);
}

// Where proving costs more than r a dry fund offers more by and by, as any other: what it does not
// have is owed.
static void wait_for_more(const pp_hash32 *request, pp_u128 reserve) {
    const pp_market *market = pp_chain_market(n.chain);
    make(70);
    CHECK(net_request(&n, request)->cap == reserve + reserve / 2);
    for (int i = 0;
         i < 70 && pp_market_open_price(net_request(&n, request), market->now) <= reserve; i++)
        make(1);
    prove_now(0);
    CHECK(net_request(&n, request)->paid == reserve + reserve / 2);
    CHECK_EQ(net_lane_now(&n, LIVE).checked, 1);
}

PP_TEST(an_empty_fund_offers_more) {
    net_init(&n);
    n.rollups[LIVE].fund = 0;
    n.rollups[LIVE].base_fee = 1;
    net_open(&n);
    fill_batch(21, 0);
    net_make(&n);
    pp_u128 rate = net_lane_now(&n, LIVE).reserve_rate, reserve = net_batch(&n, LIVE, 0).reserve;
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    wait_for_more(&request, reserve);
    CHECK(net_lane_now(&n, LIVE).debt == reserve + reserve / 2);
    CHECK(net_lane_now(&n, LIVE).reserve_rate == rate + rate / 8);
    net_fund(&n, 1, LIVE, reserve + reserve / 2);
    net_make(&n);
    CHECK(net_lane_now(&n, LIVE).debt == 0);
    net_close(&n);
}

PP_TEST(a_fund_of_just_r_offers_more) {
    net_init(&n);
    n.rollups[LIVE].base_fee = 1;
    net_open(&n);
    pp_u128 reserve = pp_market_reserve(n.rollups[LIVE].reserve_rate,
                                        n.rollups[LIVE].work_batch +
                                            4 * (uint64_t)n.rollups[LIVE].work_transaction);
    net_close(&n);
    net_init(&n);
    n.rollups[LIVE].base_fee = 1;
    n.rollups[LIVE].fund = reserve;
    net_open(&n);
    fill_batch(21, 0);
    net_make(&n);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    CHECK(b.reserve == reserve && b.escrowed && net_lane_now(&n, LIVE).fund == 0);
    pp_address prover = test_address(13);
    pp_u128 had = pp_market_find_account(pp_chain_market(n.chain), &prover)->free;
    wait_for_more(&b.request, reserve);
    CHECK(net_lane_now(&n, LIVE).debt == reserve / 2); // r was held, the rest is owed
    CHECK(pp_market_find_account(pp_chain_market(n.chain), &prover)->free == had + reserve);
    net_close(&n);
}

PP_TEST(a_rate_of_nothing) {
    net_init(&n);
    n.rollups[LIVE].reserve_rate = 0;
    n.rollups[REPLAY].reserve_rate = PP_MARKET_AMOUNT_MAX;
    net_open(&n);
    fill_batch(21, 0);
    raw_tx txs[4];
    for (uint64_t i = 0; i < 4; i++) net_raw(&txs[i], REPLAY, 21, i, 22, 1);
    net_lane(&n, 1, REPLAY, txs, 4);
    net_make(&n);
    CHECK(net_batch(&n, LIVE, 0).reserve == 1);
    CHECK(net_batch(&n, REPLAY, 0).reserve == PP_MARKET_AMOUNT_MAX);
    CHECK(!net_batch(&n, REPLAY, 0).escrowed);
    net_close(&n);
}

PP_TEST(where_a_batch_is_cut) {
    net_init(&n);
    n.rollups[LIVE].batch_bytes = PP_ROLLUP_TX_SIZE_MAX;
    net_open(&n);
    raw_tx tx;
    // After three blocks, that of the first transaction counted.
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    net_tx(&n, LIVE, &tx);
    make(2);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 0);
    CHECK_EQ(net_lane_now(&n, LIVE).open_transactions, 1);
    net_make(&n);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 1);
    CHECK_EQ(net_batch(&n, LIVE, 0).height, 3);
    CHECK_EQ(net_batch(&n, LIVE, 0).env.timestamp, n.genesis.time + 1000);
    make(5);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 1); // never empty
    // Before the transaction that would pass the bytes. Garbage counts, and is refused.
    static uint8_t large[13 + PP_ROLLUP_TX_SIZE_MAX];
    large[0] = PP_ITEM_LANE_TX;
    pp_store_le32(large + 9, PP_ROLLUP_TX_SIZE_MAX);
    net_raw(&tx, LIVE, 21, 1, 22, 1);
    net_tx(&n, LIVE, &tx);
    net_add(&n, large, sizeof large);
    net_tx(&n, LIVE, &tx);
    pp_chain_result r = net_make(&n);
    const pp_chain_event *cut = find(&r, PP_EVENT_CUT);
    REQUIRE(cut);
    CHECK_EQ(cut->number, 1);
    CHECK_EQ(cut->item, 1);
    CHECK_EQ(n.events[PP_EVENT_CUT], 3);
    CHECK_EQ(net_batch(&n, LIVE, 2).transactions, 1);
    CHECK_EQ(net_batch(&n, LIVE, 2).applied, 0);
    CHECK_EQ(net_lane_now(&n, LIVE).open_transactions, 1);
    // Two that just fit stay together.
    large[9] = 0;
    pp_store_le32(large + 9, (uint32_t)(PP_ROLLUP_TX_SIZE_MAX - tx.size));
    net_add(&n, large, sizeof large - tx.size);
    net_make(&n);
    CHECK_EQ(n.events[PP_EVENT_CUT], 3);
    net_close(&n);
}

PP_TEST(transactions_and_accounts_can_be_asked_for) {
    net_init(&n);
    net_open(&n);
    raw_tx tx[4];
    for (uint64_t i = 0; i < 4; i++) net_raw(&tx[i], LIVE, 21, i, 30, 1000);
    net_raw(&tx[1], LIVE, 21, 7, 30, 1000); // a gap
    for (int i = 0; i < 3; i++) net_tx(&n, LIVE, &tx[i]);
    pp_chain_result r = net_make(&n);
    CHECK_EQ(r.events_len, 3);
    CHECK_EQ(r.events[1].kind, PP_EVENT_TX);
    CHECK_EQ(r.events[1].number, 1);
    CHECK_EQ(r.events[1].rollup, PP_ROLLUP_NONCE_GAP);
    pp_chain_tx got;
    CHECK(!pp_chain_tx_get(&got, n.chain, LIVE, 3) && !pp_chain_tx_get(&got, n.chain, 9, 0));
    REQUIRE(pp_chain_tx_get(&got, n.chain, LIVE, 1));
    CHECK_EQ(got.reason, PP_ROLLUP_NONCE_GAP);
    CHECK(got.has_sender && got.height == 1 && got.batch == 0 && got.gas_used == 0);
    REQUIRE(pp_chain_tx_get(&got, n.chain, LIVE, 0));
    CHECK_EQ(got.gas_used, 21000);
    pp_account a;
    pp_err err = {0};
    pp_address to = test_address(30), nobody = test_address(31);
    CHECK(pp_chain_rollup_account(&err, &a, n.chain, LIVE, &to, false));
    CHECK(a.balance.v[0] == 1000 && a.nonce == 0);
    CHECK(pp_chain_rollup_account(&err, &a, n.chain, LIVE, &nobody, false));
    CHECK(pp_u256_is_zero(&a.balance));
    CHECK(pp_chain_rollup_account(&err, &a, n.chain, LIVE, &to, true));
    CHECK(pp_u256_is_zero(&a.balance));
    CHECK(!pp_chain_rollup_account(&err, &a, n.chain, 2, &to, true));
    CHECK_STR(err.text, "there is no lane 2");
    // Looking leaves no trace: the batch's input is what anybody makes of the log.
    net_tx(&n, LIVE, &tx[3]);
    net_make(&n);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    pp_rollup_input input;
    REQUIRE(pp_rollup_input_decode(&input, b.input));
    static net other;
    net_init(&other);
    net_open(&other);
    for (uint64_t h = 1; h <= 2; h++) {
        pp_hash32 hash;
        CHECK(pp_chain_finalize(&err, &r, other.chain,
                                (pp_bytes){n.blocks[h].bytes, n.blocks[h].size}));
        pp_chain_commit(&hash, other.chain);
        CHECK_MEM(hash.b, n.blocks[h].app_hash.b, 32);
    }
    pp_hash32 same = net_batch(&other, LIVE, 0).input_id;
    CHECK(pp_hash32_eq(&same, &b.input_id));
    pp_bytes published;
    CHECK(pp_chain_input(&published, other.chain, &b.input_id) && published.size == b.input_size);
    CHECK(pp_chain_batch_get(&b, other.chain, LIVE, 0) && published.data == b.input.data);
    b.input_id.b[0] ^= 1;
    CHECK(!pp_chain_input(&published, other.chain, &b.input_id));
    CHECK(!pp_chain_batch_get(&b, n.chain, LIVE, 1) && !pp_chain_batch_get(&b, n.chain, 2, 0));
    net_close(&other);
    net_close(&n);
}

// The batch guest itself halts with the output that the chain asks for.
PP_TEST(the_guest_agrees) {
    net_init(&n);
    net_open(&n);
    fill_batch(21, 0);
    fill_batch(22, 3); // every one a gap
    net_make(&n);
    for (uint64_t b = 0; b < 2; b++) {
        pp_chain_batch batch = net_batch(&n, LIVE, b);
        CHECK_EQ(batch.applied, b == 0 ? 4 : 0);
        CHECK(run_guest(batch.input, &batch.output) > 0);
    }
    net_close(&n);
}

PP_TEST(market_time_never_leaps) {
    net_init(&n);
    net_open(&n);
    pp_chain_info info;
    pp_chain_info_get(&info, n.chain);
    uint64_t start = info.market_time;
    CHECK_EQ(start, n.genesis.time);
    static const struct {
        int64_t step;
        uint64_t market;
    } steps[] = {{1000, 1000},     {2999, 2999},   {3001, 3000},
                 {86400000, 3000}, {-90000000, 0}, {1, 1}};
    for (size_t i = 0; i < PP_COUNT(steps); i++) {
        uint64_t before = info.market_time;
        n.step = (uint64_t)steps[i].step; // modulo 2^64
        net_make(&n);
        pp_chain_info_get(&info, n.chain);
        CHECK_EQ(info.market_time - before, steps[i].market);
        CHECK_EQ(info.time, n.time);
    }
    // A clock at its end, and back: nothing stands still for ever.
    n.step = UINT64_MAX - n.time;
    net_make(&n);
    n.step = n.genesis.time - n.time;
    net_make(&n);
    n.step = 1000;
    pp_chain_info_get(&info, n.chain);
    uint64_t before = info.market_time;
    net_make(&n);
    pp_chain_info_get(&info, n.chain);
    CHECK_EQ(info.market_time - before, 1000);
    net_close(&n);
}

// Genesis at the beginning of time: its provers may bid in the first block all the same.
PP_TEST(genesis_provers_are_old_enough) {
    net_init(&n);
    n.genesis.time = 0;
    net_open(&n);
    fill_batch(21, 0);
    net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_bid(&n, 11, &request, 5);
    CHECK_STR(net_one(&n), "OK");
    net_close(&n);
}

PP_TEST(nobody_bids_and_the_reserve_rises) {
    net_init(&n);
    net_open(&n);
    fill_batch(21, 0);
    net_make(&n);
    pp_u128 rate = net_lane_now(&n, LIVE).reserve_rate;
    make(4);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_OPEN);
    // It never expires: open again under the same id, with more to offer.
    make(70);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_OPEN);
    CHECK(net_request(&n, &request)->cap > net_batch(&n, LIVE, 0).reserve);
    // Only for more than r does somebody prove it: r was not enough. Who proves for r shows that it
    // is.
    const pp_market *market = pp_chain_market(n.chain);
    for (int i = 0; i < 70; i++)
        if (pp_market_open_price(net_request(&n, &request), market->now) <=
            net_batch(&n, LIVE, 0).reserve)
            make(1);
    prove_now(0);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_OPENPAID);
    CHECK(net_request(&n, &request)->paid > net_batch(&n, LIVE, 0).reserve);
    CHECK(net_lane_now(&n, LIVE).reserve_rate == rate + rate / 8);
    fill_batch(21, 4);
    net_make(&n);
    CHECK(net_batch(&n, LIVE, 1).reserve == (rate + rate / 8) * 3);
    net_close(&n);
}

PP_TEST(a_primary_that_does_not_deliver) {
    net_init(&n);
    net_open(&n);
    fill_batch(21, 0);
    net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_bid(&n, 11, &request, 1000);
    make(3);
    net_reveal(&n, 11, &request, 1000);
    make(14);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_OPEN);
    CHECK_EQ(net_request(&n, &request)->defaulters_len, 1);
    pp_u128 burned = pp_chain_market(n.chain)->burned;
    prove_now(0); // account 13, which bid nothing
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_RESCUED);
    CHECK(pp_chain_market(n.chain)->burned > burned);
    CHECK_EQ(net_lane_now(&n, LIVE).checked, 1);
    net_close(&n);
}

// An hour of market time, and nobody did anything for the rollup: the request is there still, and
// the late primary's proof serves it.
PP_TEST(a_batch_that_nobody_proves_for_an_hour_is_served_later) {
    net_init(&n);
    net_open(&n);
    n.unchecked = true;
    fill_batch(21, 0);
    net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_bid(&n, 11, &request, 1000);
    make(3);
    net_reveal(&n, 11, &request, 1000);
    make(3);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_ASSIGNED);
    uint64_t begin = pp_chain_market(n.chain)->now;
    n.step = 3000;
    make(1200);
    CHECK_EQ(pp_chain_market(n.chain)->now - begin, 3600000);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_OPEN);
    CHECK_EQ(net_batch(&n, LIVE, 0).status, PP_BATCH_WAITING);
    CHECK(net_batch(&n, LIVE, 0).input.data != NULL);
    n.unchecked = false;
    net_prove(&n, 11, &request, true);
    CHECK_STR(net_one(&n), "OK");
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_RESCUED);
    CHECK_EQ(net_lane_now(&n, LIVE).checked, 1);
    net_close(&n);
}

// One command takes no more than many would: it ends where the backlog does.
PP_TEST(a_command_ends_at_the_backlog) {
    net_init(&n);
    n.rollups[LIVE].batch_backlog = 2;
    n.rollups[LIVE].batch_transactions = 1;
    net_open(&n);
    raw_tx txs[3];
    for (uint64_t i = 0; i < 3; i++) net_raw(&txs[i], LIVE, 21, i, 22, 1);
    net_lane(&n, 1, LIVE, txs, 3);
    CHECK_STR(net_one(&n), "C-BACKLOG");
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 2);
    CHECK_EQ(net_lane_now(&n, LIVE).transactions, 2);
    net_lane(&n, 1, LIVE, txs, 2);
    CHECK_STR(net_one(&n), "C-BACKLOG");
    CHECK_EQ(net_lane_now(&n, LIVE).transactions, 2);
    net_close(&n);
}

PP_TEST(held_back_until_the_market_takes_it) {
    net_init(&n);
    n.genesis.requests_max = 4;
    n.rollups[LIVE].batch_backlog = 3;
    n.rollups[REPLAY].batch_backlog = 1;
    n.rollups[LIVE].batch_transactions = 1;
    net_open(&n);
    // Fewer places than the lanes' backlogs, which genesis forbids: held back, and nothing lost.
    ((pp_market *)(uintptr_t)pp_chain_market(n.chain))->requests_max = 2;
    raw_tx txs[3];
    for (uint64_t i = 0; i < 3; i++) net_raw(&txs[i], LIVE, 21, i, 22, 1);
    net_lane(&n, 1, LIVE, txs, 3);
    pp_chain_result r = net_make(&n);
    const pp_chain_event *held = find(&r, PP_EVENT_HELD_BACK);
    REQUIRE(held);
    CHECK_STR(held->text, "M-FULL");
    CHECK_EQ(held->batch, 2);
    pp_chain_batch b = net_batch(&n, LIVE, 2);
    CHECK_EQ(b.status, PP_BATCH_CUT);
    CHECK(!b.escrowed && b.input.data);
    make(5);
    CHECK_EQ(n.events[PP_EVENT_HELD_BACK], 1);
    prove_now(0);
    CHECK_EQ(net_lane_now(&n, LIVE).checked, 1);
    // The place of the request that closed is taken at the end of that very block.
    CHECK_EQ(net_batch(&n, LIVE, 2).status, PP_BATCH_WAITING);
    prove_now(2);
    prove_now(1);
    CHECK_EQ(net_lane_now(&n, LIVE).checked, 3);
    net_close(&n);
}

// A lane whose batches are proven, and whose primaries keep their requests open until their
// deadline, holds as many places as its backlog: it waits for the next one, and the other lane's
// are there.
PP_TEST(places_are_a_lanes_own) {
    net_init(&n);
    n.genesis.requests_max = 4;
    n.rollups[LIVE].batch_backlog = n.rollups[REPLAY].batch_backlog = 2;
    n.rollups[REPLAY].batch_transactions = 1;
    n.rollups[REPLAY].terms.work_window = 20000;
    n.rollups[REPLAY].terms.expiry = 80000;
    net_open(&n);
    raw_tx txs[4];
    for (uint64_t i = 0; i < 4; i++) net_raw(&txs[i], REPLAY, 21, i, 22, 1);
    net_lane(&n, 1, REPLAY, txs, 2);
    CHECK_STR(net_one(&n), "OK");
    pp_hash32 request[2];
    for (uint64_t i = 0; i < 2; i++) {
        request[i] = net_batch(&n, REPLAY, i).request;
        net_bid(&n, 11, &request[i], 0);
    }
    make(3);
    for (uint64_t i = 0; i < 2; i++) net_reveal(&n, 11, &request[i], 0);
    make(3);
    for (uint64_t i = 0; i < 2; i++) {
        CHECK_EQ(net_request(&n, &request[i])->state, PP_MARKET_ASSIGNED);
        net_prove(&n, 12, &request[i], true);
    }
    make(1);
    CHECK_EQ(net_lane_now(&n, REPLAY).checked, 2);
    CHECK_EQ(net_lane_now(&n, REPLAY).room, 0); // so nobody proposes what would be refused
    CHECK_EQ(net_lane_now(&n, LIVE).room, 2);
    for (int i = 0; i < 2; i++) { // both roots have advanced, both places are taken
        net_lane(&n, 1, REPLAY, txs + 2, 2);
        CHECK_STR(net_one(&n), "C-BACKLOG");
        CHECK_EQ(net_lane_now(&n, REPLAY).transactions, 2);
    }
    net_deposit(&n, 2, REPLAY, 2, ETHER); // and who queues waits with everybody else
    make(4);
    CHECK_EQ(net_lane_now(&n, REPLAY).batches, 2);
    for (uint64_t b = 0; b < 2; b++) fill_batch(21, 4 * b);
    net_make(&n);
    for (uint64_t b = 0; b < 2; b++) CHECK_EQ(net_batch(&n, LIVE, b).status, PP_BATCH_WAITING);
    make(20); // the primary's deadline gives the places back
    CHECK_EQ(net_lane_now(&n, REPLAY).batches, 3);
    CHECK_EQ(net_batch(&n, REPLAY, 2).status, PP_BATCH_WAITING);
    CHECK_EQ(net_lane_now(&n, REPLAY).room, 1);
    net_close(&n);
}

// The transaction that does not fit a batch cuts it, and waits where that was the last one there is
// room for.
PP_TEST(a_full_batch_may_be_the_last) {
    net_init(&n);
    n.rollups[LIVE].batch_backlog = 1;
    n.rollups[LIVE].batch_transactions = 64;
    n.rollups[LIVE].work_transaction = 1;
    net_open(&n);
    static raw_tx big;
    big.size = 8192;
    big.data[0] = 0xff;
    for (int i = 0; i < 17; i++) net_tx(&n, LIVE, &big); // 16 of them are batch.bytes
    pp_chain_result r = net_make(&n);
    for (size_t i = 0; i < 17; i++)
        CHECK_STR(pp_chain_item_reason(&r.items[i]), i < 16 ? "OK" : "C-BACKLOG");
    make(4);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 1);
    CHECK_EQ(net_lane_now(&n, LIVE).transactions, 16);
    net_close(&n);
}

// Requests of others leave the lanes the places that are kept for them.
PP_TEST(others_cannot_fill_the_market) {
    net_init(&n);
    n.genesis.requests_max = 20; // 16 kept for two lanes
    net_open(&n);
    pp_market_command c = {.kind = PP_MARKET_POST, .terms = n.rollups[LIVE].terms};
    c.terms.reserve = c.terms.cap = 1;
    for (uint64_t i = 0; i < 6; i++) {
        c.nonce = i;
        net_market(&n, 2, &c);
        CHECK_STR(net_one(&n), i < 4 ? "OK" : "M-FULL");
    }
    for (uint64_t b = 0; b < 8; b++) fill_batch(21, 4 * b);
    net_make(&n);
    CHECK_EQ(n.events[PP_EVENT_POSTED], 8);
    CHECK_EQ(n.events[PP_EVENT_HELD_BACK], 0);
    net_market(&n, 2, &c);
    CHECK_STR(net_one(&n), "M-FULL");
    net_close(&n);
}

// Somebody proves before the primary: the root advances, the input stays for the primary.
PP_TEST(an_insured_primary_still_delivers) {
    net_init(&n);
    net_open(&n);
    fill_batch(21, 0);
    net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_bid(&n, 11, &request, 1000);
    make(3);
    net_reveal(&n, 11, &request, 1000);
    make(3);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_ASSIGNED);
    prove_now(0);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_ASSIGNED);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    CHECK_EQ(b.status, PP_BATCH_DONE);
    CHECK(b.input.data != NULL);
    pp_address insurer = test_address(13);
    CHECK(pp_address_eq(&b.prover, &insurer));
    net_prove(&n, 11, &request, true);
    CHECK_STR(net_one(&n), "OK");
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_PAID);
    b = net_batch(&n, LIVE, 0);
    CHECK(b.input.data == NULL && pp_address_eq(&b.prover, &insurer));
    CHECK_EQ(n.events[PP_EVENT_CHECKED], 1);
    CHECK_EQ(n.events[PP_EVENT_ROOT], 1);
    net_close(&n);
}

PP_TEST(withdrawals_leave_the_rollup) {
    net_init(&n);
    net_open(&n);
    raw_tx tx;
    net_raw(&tx, LIVE, 21, 0, 0, 0);
    tx_spec spec = {.type = 2,
                    .chain_id = 77,
                    .gas_limit = 21000,
                    .fee_cap = pp_u256_from_u64(2000000000),
                    .to = pp_rollup_exit_address,
                    .value = pp_u256_from_u64(12345)};
    sign_tx(&tx, &spec, 21);
    net_tx(&n, LIVE, &tx);
    make(3);
    pp_chain_ledger ledger;
    CHECK(pp_chain_ledger_get(&ledger, n.chain));
    CHECK(ledger.withdrawn == 12345);
    CHECK(ledger.pending_fees == (pp_u128)21000 * 1000000000);
    CHECK(ledger.supply == (NET_ACCOUNTS + NET_PROVERS) * 1000 * ETHER + NET_PROVERS * 100 * ETHER +
                               2 * ETHER + 2 * NET_USERS * 100 * ETHER);
    pp_u128 amount, sum = 0;
    size_t lines = 0;
    for (; pp_chain_ledger_line(&amount, &ledger, lines); lines++)
        if (lines < 11) sum += amount;
    CHECK_EQ(lines, 14);
    CHECK(sum == ledger.sum && sum == ledger.supply);
    net_close(&n);
}

// Records behind a thousand advanced batches are let go; the state hash does not notice.
PP_TEST(old_records_are_let_go) {
    static net long_net;
    net_init(&long_net);
    long_net.genesis.requests_max = 4096;
    long_net.rollups[LIVE].batch_transactions = 1;
    net_open(&long_net);
    enum { BATCHES = 2060 };
    long_net.unchecked = true;
    for (uint64_t i = 0; i < BATCHES; i++) {
        raw_tx tx;
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&long_net, LIVE, &tx);
        if (i > 0) {
            pp_hash32 request = net_batch(&long_net, LIVE, i - 1).request;
            net_prove(&long_net, 13, &request, true);
        }
        net_make(&long_net);
    }
    long_net.unchecked = false;
    net_make(&long_net);
    pp_chain_lane l = net_lane_now(&long_net, LIVE);
    CHECK_EQ(l.batches, BATCHES);
    CHECK_EQ(l.checked, BATCHES - 1);
    pp_chain_batch b;
    pp_chain_tx tx;
    CHECK(!pp_chain_batch_get(&b, long_net.chain, LIVE, 0));
    CHECK(!pp_chain_tx_get(&tx, long_net.chain, LIVE, 0));
    CHECK(!pp_chain_batch_get(&b, long_net.chain, LIVE, 1023));
    CHECK(pp_chain_batch_get(&b, long_net.chain, LIVE, 1024) && b.first == 1024);
    CHECK(pp_chain_tx_get(&tx, long_net.chain, LIVE, 1024) && tx.batch == 1024);
    CHECK(!pp_chain_tx_get(&tx, long_net.chain, LIVE, 1023));
    net_close(&long_net);
}
