// SPDX-License-Identifier: MIT OR Apache-2.0
// Deposits and forced transactions: from the command to the proven batch, and every way it can go.
#include <stdlib.h>

#include "chain/test_support.h"

static net n;

static pp_u128 free_of(uint64_t who) {
    pp_address a = test_address(who);
    const pp_market_account *account = pp_market_find_account(pp_chain_market(n.chain), &a);
    return account ? account->free : 0;
}

static pp_u128 balance_of(uint64_t who, bool checked) {
    pp_account a;
    pp_err err;
    pp_u128 wei = 0;
    pp_address address = test_address(who);
    CHECK(pp_chain_rollup_account(&err, &a, n.chain, LIVE, &address, checked));
    CHECK(pp_u256_to_u128(&wei, &a.balance));
    return wei;
}

static pp_u128 ledger_line(const char *name) {
    pp_chain_ledger ledger;
    pp_u128 amount = 0;
    CHECK(pp_chain_ledger_get(&ledger, n.chain));
    for (size_t i = 0; pp_chain_ledger_line(&amount, &ledger, i) != NULL; i++)
        if (strcmp(pp_chain_ledger_line(&amount, &ledger, i), name) == 0) return amount;
    CHECK(false);
    return 0;
}

static const pp_chain_event *find(const pp_chain_result *r, pp_chain_event_kind kind) {
    for (size_t i = 0; i < r->events_len; i++)
        if (r->events[i].kind == kind) return &r->events[i];
    return NULL;
}

static void prove(uint64_t batch) {
    pp_hash32 request = net_batch(&n, LIVE, batch).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
}

static void fill_batch(uint64_t nonce) {
    for (uint64_t i = 0; i < 4; i++) {
        raw_tx tx;
        net_raw(&tx, LIVE, 21, nonce + i, 22, 1000);
        net_tx(&n, LIVE, &tx);
    }
}

static void begin(void) {
    net_init(&n);
    net_open(&n);
}

PP_TEST(a_deposit_comes_in) {
    begin();
    pp_u128 had = free_of(1), fund = net_lane_now(&n, LIVE).fund;
    pp_u128 fee = net_lane_now(&n, LIVE).deposit_fee, locked = net_lane_now(&n, LIVE).locked;
    CHECK(fee == 1500000000000); // a batch of one, at 10^12 wei a million: 1.5 million
    net_deposit(&n, 1, LIVE, 30, 5 * ETHER);
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    // Nobody sends a transaction: the block's end begins a batch for it.
    const pp_chain_event *queued = find(&r, PP_EVENT_QUEUED), *in = find(&r, PP_EVENT_DEPOSIT);
    REQUIRE(queued && in);
    CHECK(queued->amount == fee && queued->number == 0 && !queued->forced);
    pp_address to = test_address(30);
    CHECK(in->amount == 5 * ETHER && in->number == 0 && pp_address_eq(&in->account, &to));
    CHECK_EQ(in->item, PP_CHAIN_NO_ITEM);
    CHECK(free_of(1) == had - 5 * ETHER - fee);
    CHECK(net_lane_now(&n, LIVE).fund == fund + fee);
    CHECK(balance_of(30, false) == 5 * ETHER && balance_of(30, true) == 0);
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK(l.open && l.open_height == 1 && l.open_transactions == 0);
    CHECK(l.deposits == 1 && l.deposit_position == 1 && l.checked_deposit_position == 0);
    CHECK(l.locked == locked + 5 * ETHER && l.checked_locked == locked && l.deposited == 0);
    // The batch waits for transactions no longer than any other.
    net_make(&n);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 0);
    net_make(&n);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 1);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    CHECK(b.transactions == 0 && b.deposits == 1 && b.deposited == 5 * ETHER && b.begun == 1);
    CHECK_EQ(b.work, 1500000);
    CHECK(run_guest(b.input, &b.output) > 0);
    pp_chain_deposit d;
    REQUIRE(pp_chain_deposit_get(&d, n.chain, LIVE, 0));
    pp_address from = test_address(1);
    CHECK(pp_address_eq(&d.from, &from) && d.deposit.amount == 5 * ETHER && d.height == 1);
    CHECK(pp_hash32_eq(&d.hash, &b.output.deposit_hash) && b.output.deposit_position == 1);
    prove(0);
    CHECK(balance_of(30, true) == 5 * ETHER);
    CHECK(net_lane_now(&n, LIVE).checked_locked == locked + 5 * ETHER);
    CHECK_EQ(net_lane_now(&n, LIVE).checked_deposit_position, 1);
    net_make(&n);
    CHECK(!pp_chain_deposit_get(&d, n.chain, LIVE, 0)); // forgotten
    CHECK(!pp_chain_deposit_get(&d, n.chain, LIVE, 1) && !pp_chain_deposit_get(&d, n.chain, 9, 0));
    net_close(&n);
}

PP_TEST(what_waits_is_a_line_of_the_ledger) {
    begin();
    raw_tx tx;
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    net_tx(&n, LIVE, &tx); // a batch runs: a deposit waits for the next
    net_deposit(&n, 1, LIVE, 30, 7);
    net_deposit(&n, 2, LIVE, 31, 8);
    pp_chain_result r = net_make(&n);
    CHECK(find(&r, PP_EVENT_DEPOSIT) == NULL);
    CHECK(ledger_line("deposits that wait") == 15);
    CHECK(net_lane_now(&n, LIVE).deposited == 15 && balance_of(30, false) == 0);
    net_make(&n);
    r = net_make(&n); // cut; and the next begins at once
    CHECK(find(&r, PP_EVENT_CUT) != NULL && find(&r, PP_EVENT_DEPOSIT) == NULL);
    net_make(&n);
    CHECK(ledger_line("deposits that wait") == 0);
    CHECK(balance_of(30, false) == 7 && balance_of(31, false) == 8);
    net_close(&n);
}

// As many as a batch takes, in order; the fee doubles with each batch that is full already.
PP_TEST(deposits_queue_up) {
    raw_tx tx;
    net_init(&n);
    n.rollups[LIVE].batch_blocks = 50;
    net_open(&n);
    pp_u128 cover = net_lane_now(&n, LIVE).deposit_fee;
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    net_tx(&n, LIVE, &tx);
    net_make(&n);
    for (uint64_t i = 0; i < 12; i++) {
        CHECK(net_lane_now(&n, LIVE).deposit_fee ==
              (cover << i / 3) + (cover << i / 3) * (i % 3) / 3);
        net_deposit(&n, 1 + i % 3, LIVE, 30 + i % 2, 100 + i);
        CHECK_STR(net_one(&n), "OK");
    }
    net_deposit(&n, 1, LIVE, 30, 1);
    CHECK_STR(net_one(&n), "C-QUEUE");
    uint64_t nonce = 1;
    for (uint64_t batch = 1; batch <= 5; batch++) {
        // Three transactions fill the running batch, four a fresh one.
        for (int i = batch == 1; i < 4; i++) {
            net_raw(&tx, LIVE, 21, nonce++, 22, 1);
            net_tx(&n, LIVE, &tx);
        }
        net_make(&n);
        CHECK_EQ(net_lane_now(&n, LIVE).batches, batch);
        if (batch == 1) continue;
        pp_chain_batch b = net_batch(&n, LIVE, batch - 1);
        CHECK_EQ(b.deposits, 3);
        CHECK_EQ(b.transactions, 4);
        CHECK_EQ(b.output.deposit_position, 3 * (batch - 1));
    }
    net_close(&n);
}

PP_TEST(a_forced_transaction_stands_first) {
    begin();
    raw_tx forced, tx;
    net_raw(&forced, LIVE, 21, 0, 30, 1234);
    pp_u128 fee = net_lane_now(&n, LIVE).forced_fee, had = free_of(1);
    net_force(&n, 1, LIVE, &forced);
    for (uint64_t i = 1; i < 5; i++) { // four of the lane's own beside it
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&n, LIVE, &tx);
    }
    pp_chain_result r = net_make(&n);
    CHECK(free_of(1) == had - fee);
    const pp_chain_event *first = find(&r, PP_EVENT_TX);
    REQUIRE(first);
    CHECK(first->forced && first->number == 0 && first->position == 0 && first->item == 1);
    CHECK_EQ(first->rollup, PP_ROLLUP_OK);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    CHECK(b.transactions == 5 && b.forced == 1 && b.applied == 5 && b.first == 0);
    CHECK(b.output.forced == 1 && b.output.forced_position == 1);
    CHECK(run_guest(b.input, &b.output) > 0);
    pp_chain_tx record;
    REQUIRE(pp_chain_tx_get(&record, n.chain, LIVE, 0));
    CHECK(record.forced && record.reason == PP_ROLLUP_OK);
    REQUIRE(pp_chain_tx_get(&record, n.chain, LIVE, 1));
    CHECK(!record.forced);
    CHECK(balance_of(30, false) == 1234);
    pp_chain_forced f;
    REQUIRE(pp_chain_forced_get(&f, n.chain, LIVE, 0));
    CHECK_EQ(f.raw.size, forced.size);
    CHECK_MEM(f.raw.data, forced.data, forced.size);
    CHECK(pp_hash32_eq(&f.hash, &b.output.forced_hash));
    prove(0);
    net_make(&n);
    CHECK(!pp_chain_forced_get(&f, n.chain, LIVE, 0));
    CHECK_EQ(net_lane_now(&n, LIVE).checked_forced_position, 1);
    net_close(&n);
}

// Whatever the lane selects, who was forced is in one of the next batches; a claim for a batch
// without them is not the one that was asked for.
PP_TEST(the_lane_cannot_keep_them_out) {
    net_init(&n);
    n.rollups[LIVE].batch_blocks = 50;
    net_open(&n);
    raw_tx tx;
    net_raw(&tx, LIVE, 22, 0, 23, 1);
    net_tx(&n, LIVE, &tx);
    net_make(&n);
    pp_u128 cover = net_lane_now(&n, LIVE).forced_fee;
    for (uint64_t i = 0; i < 8; i++) { // 2 a batch, 4 batches
        CHECK(net_lane_now(&n, LIVE).forced_fee ==
              (cover << i / 2) + (cover << i / 2) * (i % 2) / 2);
        net_raw(&tx, LIVE, 21, i, 30, 1);
        net_force(&n, 1 + i % 3, LIVE, &tx);
        CHECK_STR(net_one(&n), "OK");
    }
    net_force(&n, 1, LIVE, &tx);
    CHECK_STR(net_one(&n), "C-QUEUE");
    for (uint64_t i = 1; i < 20; i++) { // the lane's own: 3, then 4 a batch
        net_raw(&tx, LIVE, 22, i, 23, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 5);
    CHECK_EQ(net_batch(&n, LIVE, 0).forced, 0);
    for (uint64_t b = 1; b < 5; b++) {
        pp_chain_batch batch = net_batch(&n, LIVE, b);
        CHECK_EQ(batch.forced, 2);
        CHECK_EQ(batch.output.forced_position, 2 * b);
        CHECK_EQ(batch.applied, 6);
    }
    // The batch as a sequencer would have it that leaves one out: its output is another, refused.
    pp_chain_batch b = net_batch(&n, LIVE, 1);
    pp_rollup_input in;
    REQUIRE(pp_rollup_input_decode(&in, b.input));
    pp_bytes txs[4], forced[2];
    for (int i = 0; i < 4; i++) txs[i] = pp_rollup_input_next(&in.txs);
    for (int i = 0; i < 2; i++) forced[i] = pp_rollup_input_next(&in.forced);
    pp_hash32 request = b.request;
    for (size_t left = 0; left < 2; left++) {
        pp_rollup_content c = {
            .env = in.env, .forced = forced, .forced_len = left, .txs = txs, .txs_len = 4};
        size_t size = pp_rollup_input_encode(NULL, 0, &c, &in.old_root, in.proof);
        uint8_t *bytes = malloc(size);
        REQUIRE(bytes != NULL);
        pp_rollup_input_encode(bytes, size, &c, &in.old_root, in.proof);
        pp_rollup_output got;
        const char *why;
        REQUIRE(net_run(&got, &why, (pp_bytes){bytes, size}));
        CHECK(run_guest((pp_bytes){bytes, size}, &got) > 0);
        free(bytes);
        pp_market_command claim = {.kind = PP_MARKET_PROVE, .request = request};
        claim.output_size = PP_ROLLUP_OUTPUT_SIZE;
        pp_rollup_output_encode(claim.output, &got);
        pp_address prover = test_address(13);
        pp_hash32 context;
        pp_market_context(&context, &request, &prover);
        claim.proof = (pp_bytes){context.b, 32};
        net_market(&n, 13, &claim);
        CHECK_STR(net_one(&n), "M-OUTPUT");
    }
    prove(1);
    CHECK_EQ(net_batch(&n, LIVE, 1).status, PP_BATCH_ACCEPTED);
    net_close(&n);
}

// Refused inside the rollup, and out of the queue all the same.
PP_TEST(a_forced_transaction_may_be_worthless) {
    begin();
    raw_tx garbage = {.size = 5, .data = "hello"}, gap;
    net_raw(&gap, LIVE, 21, 7, 22, 1);
    net_force(&n, 1, LIVE, &garbage);
    net_force(&n, 1, LIVE, &gap);
    pp_chain_result r = net_make(&n);
    size_t seen = 0;
    for (size_t i = 0; i < r.events_len; i++)
        if (r.events[i].kind == PP_EVENT_TX) {
            CHECK(r.events[i].forced && r.events[i].item == PP_CHAIN_NO_ITEM);
            CHECK_EQ(r.events[i].rollup, seen++ ? PP_ROLLUP_NONCE_GAP : PP_ROLLUP_TYPE);
        }
    CHECK_EQ(seen, 2);
    net_make(&n);
    net_make(&n);
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    CHECK(b.transactions == 2 && b.forced == 2 && b.applied == 0);
    CHECK(run_guest(b.input, &b.output) > 0);
    net_close(&n);
}

// Its own gas is there whatever stands before it in the batch.
PP_TEST(forced_ones_leave_gas_for_each_other) {
    net_init(&n);
    n.rollups[LIVE].gas_limit = 2 * PP_ROLLUP_FORCED_GAS_MAX;
    net_open(&n);
    raw_tx heavy, tx;
    tx_spec spec = {.type = 2,
                    .chain_id = 77,
                    .gas_limit = PP_ROLLUP_FORCED_GAS_MAX,
                    .fee_cap = pp_u256_from_u64(2000000000),
                    .to = test_address(22),
                    .access_addresses = 83};
    sign_tx(&heavy, &spec, 21); // as many addresses as go into the largest
    CHECK(heavy.size <= PP_ROLLUP_FORCED_SIZE_MAX && heavy.size > PP_ROLLUP_FORCED_SIZE_MAX - 66);
    spec.gas_limit = 21000;
    spec.access_addresses = 0;
    spec.nonce = 1;
    sign_tx(&tx, &spec, 21);
    net_force(&n, 1, LIVE, &heavy);
    net_force(&n, 1, LIVE, &tx);
    pp_chain_result r = net_make(&n);
    for (size_t i = 0; i < r.events_len; i++)
        if (r.events[i].kind == PP_EVENT_TX) CHECK_EQ(r.events[i].rollup, PP_ROLLUP_OK);
    CHECK_EQ(n.events[PP_EVENT_TX], 2);
    net_close(&n);
}

static const char *deposit(uint64_t who, uint64_t lane, pp_address to, pp_u128 wei, pp_u128 fee) {
    uint8_t payload[PP_DEPOSIT_PAYLOAD_SIZE];
    pp_deposit_payload_encode(payload, lane, &to, wei, fee);
    net_command(&n, who, PP_COMMAND_DEPOSIT, (pp_bytes){payload, sizeof payload});
    return net_one(&n);
}

static const char *force(uint64_t who, uint64_t lane, size_t size, pp_u128 fee) {
    static const uint8_t zeros[PP_ROLLUP_FORCED_SIZE_MAX + 1];
    size_t payload_size;
    uint8_t *payload = pp_force_payload_encode(&payload_size, lane, fee, (pp_bytes){zeros, size});
    net_command(&n, who, PP_COMMAND_FORCE, (pp_bytes){payload, payload_size});
    free(payload);
    return net_one(&n);
}

PP_TEST(refusals) {
    net_init(&n);
    n.rollups[REPLAY].queue_deposits = n.rollups[REPLAY].queue_forced = 0;
    net_open(&n);
    pp_address to = test_address(30), precompile = {{[19] = 2}};
    pp_u128 fee = net_lane_now(&n, LIVE).deposit_fee, most = PP_MARKET_AMOUNT_MAX;
    CHECK_STR(deposit(1, 2, to, 1, fee), "C-LANE");
    CHECK_STR(deposit(1, LIVE, to, 0, fee), "C-AMOUNT");
    CHECK_STR(deposit(1, LIVE, to, most + 1, fee), "C-AMOUNT");
    CHECK_STR(deposit(1, LIVE, precompile, 1, fee), "C-RECEIVER");
    CHECK_STR(deposit(1, LIVE, pp_rollup_exit_address, 1, fee), "C-RECEIVER");
    CHECK_STR(deposit(1, REPLAY, to, 1, most), "C-QUEUE");
    CHECK_STR(deposit(1, LIVE, to, 1, fee - 1), "C-FEE");
    CHECK_STR(deposit(1, LIVE, to, free_of(1), fee), "C-BALANCE");
    CHECK_STR(deposit(1, LIVE, to, free_of(1) - fee + 1, fee), "C-BALANCE");
    CHECK_STR(deposit(1, LIVE, to, free_of(1) - fee, fee), "OK"); // to the last wei
    CHECK(free_of(1) == 0);
    fee = net_lane_now(&n, LIVE).forced_fee;
    CHECK_STR(force(2, 2, 9, fee), "C-LANE");
    CHECK_STR(force(2, LIVE, 0, fee), "C-TX-SIZE");
    CHECK_STR(force(2, LIVE, PP_ROLLUP_FORCED_SIZE_MAX + 1, fee), "C-TX-SIZE");
    CHECK_STR(force(2, REPLAY, 9, most), "C-QUEUE");
    CHECK_STR(force(2, LIVE, 9, fee - 1), "C-FEE");
    CHECK_STR(force(1, LIVE, 9, fee), "C-BALANCE");
    CHECK_STR(force(2, LIVE, PP_ROLLUP_FORCED_SIZE_MAX, fee), "OK");
    // Bytes too few or too many.
    uint8_t payload[PP_DEPOSIT_PAYLOAD_SIZE + 1] = {0};
    for (size_t size = 0; size <= sizeof payload; size += size < 8 ? 8 : 1) {
        if (size == PP_DEPOSIT_PAYLOAD_SIZE) continue;
        net_command(&n, 2, PP_COMMAND_DEPOSIT, (pp_bytes){payload, size});
        CHECK_STR(net_one(&n), "C-FORMAT");
    }
    payload[24] = 2; // a forced transaction of two bytes
    for (size_t size = 0; size <= 34; size++) {
        if (size == 30) continue;
        net_command(&n, 2, PP_COMMAND_FORCE, (pp_bytes){payload, size});
        CHECK_STR(net_one(&n), "C-FORMAT");
    }
    net_close(&n);
}

// A stopped lane takes neither; what waited keeps waiting.
PP_TEST(a_stopped_lane_takes_nothing) {
    begin();
    raw_tx tx;
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    net_tx(&n, LIVE, &tx);
    net_make(&n);
    net_deposit(&n, 1, LIVE, 30, 7);
    n.preflight_differs = true;
    net_make(&n);
    net_make(&n);
    CHECK_EQ(n.events[PP_EVENT_INCIDENT], 1);
    CHECK_STR(deposit(1, LIVE, test_address(30), 1, ETHER), "C-STOPPED");
    CHECK_STR(force(1, LIVE, 9, ETHER), "C-STOPPED");
    CHECK(net_lane_now(&n, LIVE).deposited == 7);
    net_close(&n);
}

// With the backlog full nothing new begins; what waits comes in with the first room.
PP_TEST(who_waits_waits_for_room) {
    net_init(&n);
    n.rollups[LIVE].batch_backlog = 1;
    net_open(&n);
    fill_batch(0);
    net_deposit(&n, 1, LIVE, 30, 7);
    for (int i = 0; i < 5; i++) net_make(&n);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 1);
    CHECK(!net_lane_now(&n, LIVE).open && balance_of(30, false) == 0);
    prove(0);
    CHECK(net_lane_now(&n, LIVE).open && balance_of(30, false) == 7);
    net_close(&n);
}

// An empty fund holds no root up: who proves is owed, and paid first in, first out, whole debts
// only, by whatever comes into the fund: the queue's fees too.
PP_TEST(an_empty_fund_owes_in_order) {
    net_init(&n);
    n.rollups[LIVE].fund = 0;
    n.rollups[LIVE].base_fee = 0;
    net_open(&n);
    for (uint64_t b = 0; b < 3; b++) fill_batch(4 * b);
    net_make(&n);
    pp_u128 each = net_batch(&n, LIVE, 0).reserve;
    CHECK(!net_batch(&n, LIVE, 0).escrowed && net_lane_now(&n, LIVE).fund == 0);
    static const uint64_t provers[] = {13, 11, 12}; // of batches 0, 2, 1, in this order in time
    static const uint64_t batches[] = {0, 2, 1};
    for (int i = 0; i < 3; i++) {
        pp_hash32 request = net_batch(&n, LIVE, batches[i]).request;
        net_prove(&n, provers[i], &request, true);
        CHECK_STR(net_one(&n), "OK");
        CHECK_EQ(net_lane_now(&n, LIVE).checked, i < 2 ? 1 : 3);
    }
    CHECK(net_lane_now(&n, LIVE).debt == 3 * each);
    pp_u128 had[3], fund = 0;
    for (int i = 0; i < 3; i++) had[i] = free_of(provers[i]);
    size_t paid = 0;
    for (int i = 0; paid < 3 && i < 20; i++) { // half a debt at a time, by way of deposits
        pp_u128 fee = net_lane_now(&n, LIVE).deposit_fee;
        net_deposit(&n, 1, LIVE, 30, 7);
        CHECK_STR(net_one(&n), "OK");
        fund += fee;
        for (; paid < 3 && fund >= each; paid++) fund -= each;
        for (size_t k = 0; k < 3; k++) CHECK(free_of(provers[k]) == had[k] + (k < paid ? each : 0));
        CHECK(net_lane_now(&n, LIVE).debt == (3 - paid) * each);
        CHECK(paid == 3 || net_lane_now(&n, LIVE).fund == fund);
    }
    CHECK_EQ(paid, 3);
    net_close(&n);
}

// Whoever leaves a lane by the exit freezes it: deposits that no root holds are their senders'
// again, those in a batch that ran and those in the queue.
PP_TEST(a_frozen_lane_gives_deposits_back) {
    net_init(&n);
    n.genesis.exit = (pp_genesis_exit){66000, 66};
    n.rollups[LIVE].batch_blocks = 1;
    net_open(&n);
    net_transfer(&n, 1, 40, 3 * ETHER); // not of genesis: its place can be given on
    CHECK_STR(net_one(&n), "OK");
    net_deposit(&n, 1, LIVE, 30, 5 * ETHER);
    net_make(&n);
    prove(0); // this one is under a root
    pp_u128 had[2] = {free_of(1), free_of(2)}, fee = net_lane_now(&n, LIVE).deposit_fee;
    net_deposit(&n, 1, LIVE, 31, 7 * ETHER);
    net_make(&n); // in a batch that nobody proves
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 2);
    n.preflight_differs = true; // stops the lane with the third in its batch
    net_deposit(&n, 2, LIVE, 31, 11 * ETHER);
    net_deposit(&n, 40, LIVE, 31, ETHER);
    net_make(&n);
    CHECK(net_lane_now(&n, LIVE).incident != NULL);
    for (int i = 0; i < 66; i++) net_make(&n);
    CHECK(net_lane_now(&n, LIVE).exit_open);
    uint8_t *proof, *payload;
    size_t size;
    pp_err err;
    pp_address who = test_address(21);
    pp_digest root = net_lane_now(&n, LIVE).checked_root;
    REQUIRE(pp_exit_proof(&err, &proof, &size, n.store, &root, &who));
    payload = pp_exit_payload_encode(&size, LIVE, &who, (pp_bytes){proof, size});
    net_command(&n, 21, PP_COMMAND_EXIT, (pp_bytes){payload, size});
    free(proof);
    free(payload);
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK_EQ(n.events[PP_EVENT_REFUNDED], 3);
    CHECK(find(&r, PP_EVENT_REFUNDED)->number == 1);
    CHECK(free_of(1) == had[0] - fee && free_of(2) == had[1] - fee);
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK(l.frozen && l.deposited == 0 && l.locked == l.checked_locked - 100 * ETHER);
    CHECK(ledger_line("deposits that wait") == 0);
    net_make(&n);
    CHECK_EQ(n.events[PP_EVENT_REFUNDED], 3);
    // Who took his deposit back and left has left his place too, also out of an image.
    pp_chain_info info;
    pp_chain_info_get(&info, n.chain);
    uint32_t places = info.accounts;
    net_transfer(&n, 40, 1, free_of(40));
    CHECK_STR(net_one(&n), "OK");
    net_reload(&n);
    pp_chain_info_get(&info, n.chain);
    CHECK_EQ(info.accounts, places - 1);
    net_close(&n);
}
