// SPDX-License-Identifier: MIT OR Apache-2.0
// Leaving a rollup: withdrawals claimed once, and the exit when no root advances.
#include <stdlib.h>

#include "chain/test_support.h"

static net n;

static void make(int blocks) {
    for (int i = 0; i < blocks; i++) net_make(&n);
}

static pp_u128 free_of(uint64_t who) {
    pp_address address = test_address(who);
    const pp_market_account *a = pp_market_find_account(pp_chain_market(n.chain), &address);
    return a ? a->free : 0;
}

// One batch of lane LIVE: what these users take out, 21, 22, ... one transaction each; the rest of
// its four are transfers of user 28.
static void withdraw_batch(const pp_u128 *wei, size_t len) {
    raw_tx tx;
    pp_err err;
    pp_account a;
    pp_address last = test_address(28);
    bool ok = pp_chain_rollup_account(&err, &a, n.chain, LIVE, &last, false);
    PP_ASSERT(ok);
    for (size_t i = 0; i < 4; i++) {
        pp_account user;
        pp_address from = test_address(21 + i);
        ok = pp_chain_rollup_account(&err, &user, n.chain, LIVE, &from, false);
        PP_ASSERT(ok);
        if (i < len)
            net_raw_exit(&tx, LIVE, 21 + i, user.nonce, wei[i]);
        else
            net_raw(&tx, LIVE, 28, a.nonce++, 27, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n);
}

static void prove(uint64_t batch) {
    pp_hash32 request = net_batch(&n, LIVE, batch).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
}

// The same at the door and in a block of its own.
static void expect(const char *file, int line, const char *code) {
    const char *door = pp_chain_reason(pp_chain_check(n.chain, n.items[0]));
    const char *inside = net_one(&n);
    bool same = strcmp(door, code) == 0 || strncmp(code, "M-", 2) == 0; // the market's come later
    if (!same) pp_test_fail(file, line, "%s at the door, not %s", door, code);
    if (strcmp(inside, code) != 0) pp_test_fail(file, line, "%s in a block, not %s", inside, code);
}
#define EXPECT(code) expect(__FILE__, __LINE__, code)

static bool unclaimed(pp_chain_withdrawal *w, uint64_t batch, uint64_t index) {
    return pp_chain_unclaimed(w, &batch, &index, n.chain, LIVE, NULL);
}

// ---- withdrawals ------------------------------------------------------------------------------

PP_TEST(a_withdrawal_is_claimed_once) {
    static const pp_u128 wei[] = {ETHER, 2 * ETHER, 3 * ETHER};
    pp_chain_withdrawal w[3];
    net_init(&n);
    net_open(&n);
    withdraw_batch(wei, 3);
    withdraw_batch(NULL, 0);
    // Ordered, not proven: nothing can be claimed.
    CHECK(!unclaimed(&w[0], 0, 0));
    CHECK(net_lane_now(&n, LIVE).withdrawn == 6 * ETHER && net_lane_now(&n, LIVE).claimable == 0);
    uint8_t early[PP_WITHDRAW_PAYLOAD_SIZE] = {0};
    net_claim(&n, 39, PP_COMMAND_WITHDRAW, (pp_bytes){early, sizeof early});
    EXPECT("C-NOT-PROVEN");
    prove(1); // not in order: its root has not advanced
    net_claim(&n, 39, PP_COMMAND_WITHDRAW, (pp_bytes){early, sizeof early});
    EXPECT("C-NOT-PROVEN");
    prove(0);
    CHECK(net_lane_now(&n, LIVE).claimable == 6 * ETHER);
    early[8] = 1; // batch 1, in which nobody withdrew
    net_claim(&n, 39, PP_COMMAND_WITHDRAW, (pp_bytes){early, sizeof early});
    EXPECT("C-CLAIMED");
    uint64_t batch = 0, index = 0;
    pp_address second = test_address(22);
    for (int i = 0; i < 3; i++)
        REQUIRE(pp_chain_unclaimed(&w[i], &batch, &index, n.chain, LIVE, NULL));
    CHECK(!pp_chain_unclaimed(&w[0], &batch, &index, n.chain, LIVE, NULL));
    CHECK(!pp_chain_unclaimed(&w[0], &(uint64_t){0}, &(uint64_t){0}, n.chain, REPLAY, NULL));
    CHECK(!pp_chain_unclaimed(&w[0], &(uint64_t){0}, &(uint64_t){0}, n.chain, 2, NULL));
    batch = index = 0;
    pp_chain_withdrawal mine;
    REQUIRE(pp_chain_unclaimed(&mine, &batch, &index, n.chain, LIVE, &second));
    CHECK(mine.batch == 0 && mine.withdrawal.index == 1);
    CHECK(!pp_chain_unclaimed(&mine, &batch, &index, n.chain, LIVE, &second));
    // Account 39 has nothing on the chain, and neither have the receivers.
    CHECK(free_of(22) == 0);
    net_withdraw(&n, 39, LIVE, &w[1]);
    EXPECT("C-NOT-YOURS"); // it would burn the price of an account for another
    net_withdraw(&n, 22, LIVE, &w[1]);
    net_withdraw(&n, 38, LIVE, &w[1]); // in the same block
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-CLAIMED");
    CHECK(free_of(22) == 2 * ETHER - net_place(&n) && free_of(39) == 0);
    CHECK(net_lane_now(&n, LIVE).claimable == 4 * ETHER);
    CHECK(net_lane_now(&n, LIVE).withdrawn == 4 * ETHER);
    net_withdraw(&n, 22, LIVE, &w[1]);
    EXPECT("C-CLAIMED");
    net_withdraw(&n, 21, LIVE, &w[0]);
    EXPECT("OK");
    net_transfer(&n, 2, 23, 2 * net_place(&n));
    EXPECT("OK");
    pp_address one = test_address(1);
    CHECK_EQ(pp_chain_nonce(n.chain, &one), 0);
    net_withdraw(&n, 1, LIVE, &w[2]); // anyone, where no account has to be made
    EXPECT("OK");
    CHECK_EQ(pp_chain_nonce(n.chain, &one), 0); // who has an account keeps its nonce
    CHECK(free_of(21) == ETHER - net_place(&n));
    CHECK(free_of(23) == 3 * ETHER + net_place(&n));
    CHECK_EQ(n.events[PP_EVENT_CLAIMED], 3);
    // The last one takes the record of the batch with it.
    CHECK(!unclaimed(&w[0], 0, 0));
    early[8] = 0;
    net_claim(&n, 39, PP_COMMAND_WITHDRAW, (pp_bytes){early, sizeof early});
    EXPECT("C-CLAIMED");
    net_close(&n);
}

// Every byte of a good claim counts.
PP_TEST(nothing_else_can_be_claimed) {
    static const pp_u128 wei[] = {ETHER, 2 * ETHER, 3 * ETHER};
    net_init(&n);
    net_open(&n);
    n.unchecked = true;
    withdraw_batch(wei, 3);
    withdraw_batch(wei, 3);
    prove(0);
    const pp_withdrawal *all;
    size_t len;
    uint8_t good[PP_WITHDRAW_PAYLOAD_MAX + 32], bad[sizeof good];
    REQUIRE(pp_chain_withdrawals_of(&all, &len, n.chain, LIVE, 0) && len == 3);
    CHECK(!pp_chain_withdrawals_of(&all, &len, n.chain, LIVE, 1));
    size_t size = pp_withdraw_payload_encode(good, LIVE, 0, all, len, 1);
    CHECK_EQ(size, PP_WITHDRAW_PAYLOAD_SIZE + 64);
    for (size_t i = 0; i < size; i++) {
        memcpy(bad, good, size);
        bad[i] ^= i < 24 ? 2 : 1; // lanes 2, 2^57...; batch 2; index 3
        net_claim(&n, 39, PP_COMMAND_WITHDRAW, (pp_bytes){bad, size});
        EXPECT(i < 8 ? "C-LANE" : i < 16 ? "C-NOT-PROVEN" : "C-PATH");
    }
    for (size_t cut = 0; cut < size; cut++) {
        net_claim(&n, 39, PP_COMMAND_WITHDRAW, (pp_bytes){good, cut});
        EXPECT(cut == size - 32 || cut == size - 64 ? "C-PATH" : "C-FORMAT");
    }
    memset(good + size, 0, sizeof good - size);
    net_claim(&n, 39, PP_COMMAND_WITHDRAW, (pp_bytes){good, size + 32});
    EXPECT("C-PATH");
    net_claim(&n, 39, PP_COMMAND_WITHDRAW, (pp_bytes){good, PP_WITHDRAW_PAYLOAD_MAX + 32});
    EXPECT("C-FORMAT");
    net_transfer(&n, 2, 22, 2 * net_place(&n));
    EXPECT("OK");
    net_command(&n, 1, PP_COMMAND_WITHDRAW, (pp_bytes){good, size}); // a nonce of 0 all the same
    EXPECT("OK");
    net_transfer(&n, 1, 2, 1);
    net_command(&n, 1, PP_COMMAND_WITHDRAW, (pp_bytes){good, size});
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-NONCE-GAP");
    net_close(&n);
}

// What is in one batch is in no other, also where that one has nothing.
PP_TEST(a_withdrawal_is_of_its_batch) {
    static const pp_u128 wei[] = {ETHER};
    uint8_t payload[PP_WITHDRAW_PAYLOAD_MAX];
    const pp_withdrawal *all;
    size_t len;
    net_init(&n);
    net_open(&n);
    withdraw_batch(NULL, 0);
    withdraw_batch(wei, 1);
    prove(0);
    prove(1);
    CHECK(!pp_chain_withdrawals_of(&all, &len, n.chain, LIVE, 0));
    CHECK(!pp_chain_withdrawals_of(&all, &len, n.chain, 2, 1));
    REQUIRE(pp_chain_withdrawals_of(&all, &len, n.chain, LIVE, 1));
    size_t size = pp_withdraw_payload_encode(payload, LIVE, 1, all, len, 0);
    payload[8] = 0; // its batch
    net_claim(&n, 21, PP_COMMAND_WITHDRAW, (pp_bytes){payload, size});
    EXPECT("C-CLAIMED");
    payload[8] = 1;
    net_claim(&n, 21, PP_COMMAND_WITHDRAW, (pp_bytes){payload, size});
    EXPECT("OK");
    net_close(&n);
}

PP_TEST(a_withdrawal_makes_an_account_only_where_there_is_room) {
    static const pp_u128 wei[] = {5, 50 * ETHER};
    pp_chain_withdrawal w[2];
    net_init(&n);
    n.genesis.accounts_max = NET_ACCOUNTS + NET_PROVERS + 2 + 1;
    net_open(&n);
    withdraw_batch(wei, 2);
    prove(0);
    REQUIRE(unclaimed(&w[0], 0, 0) && unclaimed(&w[1], 0, 1));
    net_withdraw(&n, 21, LIVE, &w[0]);
    EXPECT("C-AMOUNT"); // too little to make an account with
    net_transfer(&n, 1, 21, 50 * ETHER);
    EXPECT("OK");
    pp_u128 had = free_of(21);
    net_withdraw(&n, 22, LIVE, &w[1]);
    EXPECT("C-FULL");
    CHECK(unclaimed(&w[1], 0, 1)); // it waits
    net_withdraw(&n, 1, LIVE, &w[0]);
    EXPECT("OK");
    CHECK(free_of(21) == had + 5);
    net_close(&n);
}

// ---- the exit ---------------------------------------------------------------------------------

enum { BLOCKS = 70, EXIT_MS = 3000 * (BLOCKS - 1) };

static void open_net(void) {
    net_init(&n);
    n.genesis.exit = (pp_genesis_exit){EXIT_MS, BLOCKS};
    net_open(&n);
}

static bool is_open(uint64_t lane) {
    return net_lane_now(&n, lane).exit_open;
}

// Until the exit of LIVE is open: blocks of three seconds of market time, the most there is.
static void wait_for_exit(void) {
    uint64_t step = n.step;
    n.step = 4000;
    make(BLOCKS);
    n.step = step;
}

PP_TEST(the_exit_opens_when_both_have_passed) {
    open_net();
    n.step = 30000;
    make(2 * BLOCKS); // nothing waits
    CHECK(!net_lane_now(&n, LIVE).waits && !is_open(LIVE));
    n.step = 1000;
    raw_tx tx;
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    net_tx(&n, LIVE, &tx);
    net_make(&n); // one transaction, not cut: it waits
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK(l.waits && l.waits_time == pp_chain_market(n.chain)->now &&
          l.waits_height == 2 * BLOCKS + 1);
    make(EXIT_MS / 1000 - 2); // blocks enough, seconds are missing
    net_exit(&n, 22, LIVE, 22);
    EXPECT("C-EXIT-CLOSED");
    CHECK(!is_open(LIVE));
    net_make(&n);
    CHECK(is_open(LIVE) && !is_open(REPLAY));
    net_close(&n);
    open_net();
    net_tx(&n, LIVE, &tx);
    net_make(&n);
    n.step = 600000; // time enough, a block is missing
    make(BLOCKS - 1);
    CHECK(!is_open(LIVE));
    net_make(&n);
    CHECK(is_open(LIVE));
    net_close(&n);
}

// The node was down for ten minutes, and then its clock jumps: nothing opens, nobody pays.
PP_TEST(a_chain_that_stood_still_opens_nothing_and_slashes_nobody) {
    net_init(&n); // a day and 7,200 blocks
    net_open(&n);
    withdraw_batch(NULL, 0);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_bid(&n, 11, &request, 1000);
    make(3);
    net_reveal(&n, 11, &request, 1000);
    make(3);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_ASSIGNED);
    pp_address primary = test_address(11);
    const pp_market *m = pp_chain_market(n.chain);
    pp_u128 stake = pp_market_find_account(m, &primary)->stake, burned = m->burned;
    n.step = 600000;
    net_make(&n);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_ASSIGNED);
    CHECK(!is_open(LIVE));
    n.step = 1000;
    net_prove(&n, 11, &request, true);
    CHECK_STR(net_one(&n), "OK");
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_PAID);
    CHECK(pp_market_find_account(m, &primary)->stake == stake && m->burned == burned);
    withdraw_batch(NULL, 0);
    n.step = 2 * 86400000; // two days in one block
    net_make(&n);
    CHECK(net_lane_now(&n, LIVE).waits && !is_open(LIVE));
    net_close(&n);
}

// A rollup made by a command begins with nothing under its root, so nobody could freeze it: who
// has deposited does, once the deposit has waited so long itself, and everybody's comes back.
PP_TEST(a_deposit_without_a_root_comes_back) {
    net_init(&n);
    n.genesis.exit = (pp_genesis_exit){120000, 70};
    n.rollups[LIVE].terms.expiry = 60000;
    for (uint64_t i = 0; i < 2; i++) n.rollups[i].allocations_len = 0;
    net_open(&n);
    pp_u128 before = free_of(2), fee = net_lane_now(&n, LIVE).deposit_fee;
    net_deposit(&n, 2, LIVE, 2, 50 * ETHER);
    net_make(&n);
    n.step = 5000;
    n.unchecked = true;
    make(60);
    pp_u128 late = free_of(3);
    net_deposit(&n, 3, LIVE, 4, ETHER);
    net_make(&n);
    make(10);
    n.unchecked = false;
    CHECK(is_open(LIVE));
    net_exit(&n, 1, LIVE, 1);
    EXPECT("C-EXITED"); // who has nothing in it
    net_exit(&n, 3, LIVE, 3);
    EXPECT("C-EXITED"); // nobody buys himself in to freeze it
    net_exit(&n, 4, LIVE, 4);
    EXPECT("C-EXITED"); // not the receiver: the money was the sender's
    CHECK(!net_lane_now(&n, LIVE).frozen);
    net_exit(&n, 2, LIVE, 30);
    net_exit(&n, 2, LIVE, 30);
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-EXITED");
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK(l.frozen && l.locked == 0 && l.deposited == 0);
    CHECK(free_of(2) == before - fee && free_of(3) + 10 * fee > late && free_of(30) == 0);
    CHECK_EQ(n.events[PP_EVENT_REFUNDED], 2);
    net_close(&n);
}

// A clock that is ahead for some blocks, before the wait begins or behind that, and is put right:
// the exit opens neither earlier nor later for it, but for the block that puts it right.
PP_TEST(a_clock_put_back) {
    raw_tx tx;
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    for (int ahead = 0; ahead < 2; ahead++) {
        open_net();
        if (ahead == 0) n.step = 86400000;
        net_tx(&n, LIVE, &tx);
        net_make(&n);
        if (ahead == 1) n.step = 86400000;
        if (ahead == 1) net_make(&n);
        n.step = 0 - (uint64_t)86400000;
        net_make(&n);
        n.step = 1000;
        make(BLOCKS + 5);
        CHECK(!is_open(LIVE));
        make(EXIT_MS / 1000 - (BLOCKS + 5) - 3 * ahead - 1);
        CHECK(!is_open(LIVE));
        make(1);
        CHECK(is_open(LIVE));
        net_close(&n);
    }
}

// Nor open it: in the block whose clock is behind the wait's beginning, too, nobody leaves.
PP_TEST(a_clock_put_back_opens_nothing) {
    open_net();
    raw_tx tx;
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    net_tx(&n, LIVE, &tx);
    net_make(&n);
    n.step = 1;
    make(BLOCKS); // blocks enough, of no time
    n.step = 0 - (uint64_t)5000;
    net_exit(&n, 22, LIVE, 22);
    CHECK_STR(net_one(&n), "C-EXIT-CLOSED");
    CHECK(!is_open(LIVE));
    net_close(&n);
}

PP_TEST(a_proof_closes_the_exit_until_somebody_has_left) {
    static const pp_u128 wei[] = {ETHER};
    open_net();
    withdraw_batch(wei, 1);
    withdraw_batch(wei, 1);
    wait_for_exit();
    CHECK(is_open(LIVE));
    prove(1); // a proof, but no root advances
    CHECK(is_open(LIVE));
    prove(0);
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK(!l.exit_open && !l.waits && l.checked == 2);
    withdraw_batch(NULL, 0);
    withdraw_batch(NULL, 0);
    wait_for_exit();
    // A root and a claim in one block: who comes first.
    pp_hash32 request = net_batch(&n, LIVE, 2).request;
    net_prove(&n, 13, &request, true);
    net_exit(&n, 22, LIVE, 22);
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-EXIT-CLOSED");
    l = net_lane_now(&n, LIVE);
    pp_chain_info info;
    pp_chain_info_get(&info, n.chain);
    CHECK(!l.frozen && l.waits && l.waits_height == info.height); // batch 3, from now on
    wait_for_exit();
    request = net_batch(&n, LIVE, 3).request;
    net_exit(&n, 22, LIVE, 22);
    net_prove(&n, 13, &request, true);
    pp_u128 prover = free_of(13);
    r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "M-STATE"); // the late proof is refused
    CHECK(free_of(13) == prover);
    l = net_lane_now(&n, LIVE);
    CHECK(l.frozen && l.exit_open && l.checked == 3);
    CHECK_EQ(net_batch(&n, LIVE, 3).status, PP_BATCH_VOID);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_CANCELLED);
    net_close(&n);
}

static pp_u128 proven_balance(uint64_t who) {
    pp_err err;
    pp_account a;
    pp_u128 wei;
    pp_address address = test_address(who);
    bool ok = pp_chain_rollup_account(&err, &a, n.chain, LIVE, &address, true) &&
              pp_u256_to_u128(&wei, &a.balance);
    PP_ASSERT(ok);
    return wei;
}

// The whole of it: a proven withdrawal, one that is not proven, a transaction that is not even cut,
// a request in every state; then everybody leaves.
PP_TEST(everybody_leaves) {
    static const pp_u128 wei[] = {ETHER, 2 * ETHER};
    pp_chain_withdrawal w;
    open_net();
    withdraw_batch(wei, 2);
    prove(0);
    REQUIRE(unclaimed(&w, 0, 0));
    pp_u128 fund = net_lane_now(&n, LIVE).fund;
    pp_chain_withdrawal claimed = w;
    for (int i = 0; i < 4; i++)
        withdraw_batch(wei, 2); // batches 1 to 4: these withdrawals are void
    prove(3);                   // accepted and paid, its root never advances
    raw_tx tx;
    net_raw(&tx, LIVE, 25, 0, 26, 5 * ETHER);
    net_tx(&n, LIVE, &tx);
    pp_hash32 bid_on = net_batch(&n, LIVE, 4).request;
    net_bid(&n, 11, &bid_on, 1000);
    net_make(&n);
    uint64_t bids = net_request(&n, &bid_on)->commits_len;
    CHECK_EQ(bids, 1);
    wait_for_exit();
    pp_u128 left[NET_USERS], locked = 0;
    for (uint64_t i = 0; i < NET_USERS; i++) left[i] = proven_balance(21 + i);
    for (uint64_t i = 0; i < NET_USERS; i++) locked += left[i];
    locked += proven_balance(40);
    CHECK(left[0] < 99 * ETHER && left[0] > 98 * ETHER);
    // A claim by somebody whose account is not shown, with a changed proof, of another state.
    net_exit(&n, 30, LIVE, 30);
    EXPECT("C-EXITED");
    CHECK(!net_lane_now(&n, LIVE).frozen);
    net_exit(&n, 21, LIVE, 31); // to somebody else's account, which is new
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK(l.frozen && l.locked == locked - left[0] && l.pending_fees == 0);
    CHECK(l.withdrawn == 3 * ETHER && l.claimable == 3 * ETHER);
    CHECK(free_of(31) == left[0] - net_place(&n));
    CHECK(l.fund >= fund - net_batch(&n, LIVE, 3).reserve);
    CHECK_EQ(l.open_transactions, 0);
    CHECK_EQ(net_request(&n, &bid_on)->state, PP_MARKET_CANCELLED);
    const pp_market *m = pp_chain_market(n.chain);
    CHECK_EQ(m->open_len, 0);
    for (uint64_t i = 0; i < NET_PROVERS; i++) {
        pp_address prover = test_address(11 + i);
        const pp_market_account *a = pp_market_find_account(m, &prover);
        CHECK(a->held == 0 && a->slots_used == 0 && a->stake == 100 * ETHER);
    }
    // Nothing goes in any more; what waits moves nothing.
    net_raw(&tx, LIVE, 25, 0, 26, 1);
    net_tx(&n, LIVE, &tx);
    EXPECT("C-FROZEN");
    net_lane(&n, 2, LIVE, &tx, 1);
    EXPECT("C-FROZEN");
    for (uint64_t batch = 1; batch < 5; batch++) {
        pp_hash32 request = net_batch(&n, LIVE, batch).request;
        net_prove(&n, 12, &request, true);
        const char *why = net_one(&n);
        CHECK(strcmp(why, "M-STATE") == 0 || strcmp(why, "M-NOOP") == 0);
    }
    // Once each.
    net_exit(&n, 21, LIVE, 21);
    EXPECT("C-EXITED"); // at the door too: it is free, and anybody can send it again
    for (uint64_t i = 1; i < NET_USERS; i++) {
        net_exit(&n, 21 + i, LIVE, 21 + i);
        net_exit(&n, 21 + i, LIVE, 21 + i);
        pp_u128 had = free_of(21 + i);
        if (had == 0) had -= net_place(&n);
        r = net_make(&n);
        CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
        CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-EXITED");
        CHECK(free_of(21 + i) == had + left[i]);
    }
    pp_u128 tips_left = proven_balance(40);
    net_exit(&n, 40, LIVE, 1);
    EXPECT(tips_left > 0 ? "OK" : "C-EXITED");
    CHECK(net_lane_now(&n, LIVE).locked == 0);
    for (uint64_t i = 0; i < NET_USERS; i++) {
        net_exit(&n, 21 + i, LIVE, 1);
        EXPECT("C-EXITED");
    }
    // What was withdrawn under the last root is claimed as ever; the rest is void.
    net_withdraw(&n, 21, LIVE, &claimed);
    EXPECT("OK");
    REQUIRE(unclaimed(&w, 0, 1));
    net_withdraw(&n, 1, LIVE, &w);
    EXPECT("OK");
    CHECK(!unclaimed(&w, 0, 0));
    CHECK(net_lane_now(&n, LIVE).withdrawn == 0);
    CHECK_EQ(n.events[PP_EVENT_FROZEN], 1);
    // The other lane goes on.
    net_raw(&tx, REPLAY, 21, 0, 22, 1);
    net_lane(&n, 1, REPLAY, &tx, 1);
    EXPECT("OK");
    net_close(&n);
}

static pp_u128 wealth_of(uint64_t who) {
    pp_address address = test_address(who);
    const pp_market_account *a = pp_market_find_account(pp_chain_market(n.chain), &address);
    return a->free + a->stake;
}

static pp_market_state state_of(uint64_t batch) {
    pp_hash32 request = net_batch(&n, LIVE, batch).request;
    return net_request(&n, &request)->state;
}

// A request for each state that a freeze may find it in: escrow, bonds and stakes are whose they
// were, a pot burns, and what was proven under the root stays paid.
static void forget(void) {
    pp_err err;
    size_t len = pp_chain_roots(NULL, 0, n.chain);
    pp_digest *roots = calloc(len, sizeof *roots);
    PP_ASSERT(roots != NULL);
    CHECK_EQ(pp_chain_roots(roots, len, n.chain), len);
    CHECK(pp_store_keep(&err, n.store, roots, len));
    free(roots);
}

// What a host forgets while batches wait is never what a later proof, or who leaves, asks for.
PP_TEST(states_forgotten_while_batches_wait) {
    static const pp_u128 wei[] = {ETHER};
    open_net();
    for (int i = 0; i < 5; i++) withdraw_batch(wei, 1);
    forget();
    prove(0);
    prove(1);
    forget();
    prove(2);
    wait_for_exit();
    CHECK(proven_balance(21) > 0);
    net_exit(&n, 21, LIVE, 21);
    EXPECT("OK");
    forget();
    net_exit(&n, 22, LIVE, 22);
    EXPECT("OK");
    net_close(&n);
}

PP_TEST(a_freeze_cancels_requests_in_every_state) {
    enum { LATE, CLAIMED, INSURED, WON, SEALED_OPEN, SEALED, NEW, COUNT };
    pp_hash32 id[COUNT];
    net_init(&n);
    n.genesis.block_interval = 3000;
    pp_market_terms *terms = &n.rollups[LIVE].terms;
    terms->commit_window = terms->reveal_window = 4000;
    terms->work_window = 20000;
    terms->expiry = 120000;
    net_open(&n);
    // Sooner than genesis allows: while requests are in every state.
    ((pp_genesis *)(uintptr_t)pp_chain_genesis(n.chain))->exit = (pp_genesis_exit){50000, 15};
    n.step = 3000; // a block is as long for the market as for the exit
    withdraw_batch(NULL, 0);
    id[LATE] = net_batch(&n, LIVE, LATE).request;
    net_bid(&n, 11, &id[LATE], 1000);
    net_make(&n);
    net_reveal(&n, 11, &id[LATE], 1000);
    net_make(&n);
    net_make(&n);
    CHECK_EQ(state_of(LATE), PP_MARKET_ASSIGNED);
    withdraw_batch(NULL, 0); // 11 defaults on the first; nobody bids for this one
    id[CLAIMED] = net_batch(&n, LIVE, CLAIMED).request;
    make(6);
    CHECK_EQ(state_of(LATE), PP_MARKET_OPEN);
    CHECK_EQ(state_of(CLAIMED), PP_MARKET_OPEN);
    CHECK(net_request(&n, &id[LATE])->pot > 0);
    pp_u128 pot = net_request(&n, &id[LATE])->pot, burned = pp_chain_market(n.chain)->burned;
    pp_u128 twelve = wealth_of(12), thirteen = wealth_of(13), fund = net_lane_now(&n, LIVE).fund;
    pp_u128 escrow = net_request(&n, &id[LATE])->escrow + net_request(&n, &id[CLAIMED])->escrow;
    // Two auctions to their end, one of them insured by another's proof.
    withdraw_batch(NULL, 0);
    id[INSURED] = net_batch(&n, LIVE, INSURED).request;
    net_bid(&n, 12, &id[INSURED], 1000);
    net_bid(&n, 13, &id[INSURED], 2000);
    withdraw_batch(NULL, 0);
    id[WON] = net_batch(&n, LIVE, WON).request;
    net_reveal(&n, 12, &id[INSURED], 1000);
    net_reveal(&n, 13, &id[INSURED], 2000);
    net_bid(&n, 12, &id[WON], 1000);
    net_make(&n);
    net_reveal(&n, 12, &id[WON], 1000);
    net_make(&n);
    net_make(&n);
    CHECK_EQ(state_of(INSURED), PP_MARKET_ASSIGNED);
    CHECK_EQ(state_of(WON), PP_MARKET_ASSIGNED);
    net_prove(&n, 13, &id[INSURED], true);
    CHECK_STR(net_one(&n), "OK");
    CHECK(net_request(&n, &id[INSURED])->insured);
    pp_u128 price = net_request(&n, &id[INSURED])->price;
    CHECK(price > 0);
    // One on the way to its reveals, one with sealed bids, one that is new; and a claim.
    pp_market_command claim = {.kind = PP_MARKET_CLAIM, .request = id[CLAIMED]};
    net_market(&n, 13, &claim);
    withdraw_batch(NULL, 0);
    CHECK_EQ(state_of(CLAIMED), PP_MARKET_ASSIGNED);
    id[SEALED_OPEN] = net_batch(&n, LIVE, SEALED_OPEN).request;
    net_bid(&n, 12, &id[SEALED_OPEN], 7);
    net_bid(&n, 13, &id[SEALED_OPEN], 7);
    withdraw_batch(NULL, 0);
    id[SEALED] = net_batch(&n, LIVE, SEALED).request;
    net_bid(&n, 13, &id[SEALED], 7);
    n.step = 1;
    withdraw_batch(NULL, 0);
    net_reveal(&n, 12, &id[SEALED_OPEN], 7);
    n.step = 2000;
    net_make(&n);
    n.step = 1;
    CHECK_EQ(state_of(SEALED_OPEN), PP_MARKET_REVEAL);
    CHECK_EQ(state_of(SEALED), PP_MARKET_COMMIT);
    CHECK_EQ(state_of(NEW), PP_MARKET_COMMIT);
    CHECK(is_open(LIVE) && net_lane_now(&n, LIVE).checked == 0);
    net_exit(&n, 21, LIVE, 21);
    EXPECT("OK");
    for (uint64_t b = 0; b < COUNT; b++)
        CHECK_EQ(state_of(b), b == INSURED ? PP_MARKET_INSURED : PP_MARKET_CANCELLED);
    // Whose proof was taken is paid for it, though its root never advances.
    CHECK(wealth_of(12) == twelve && wealth_of(13) == thirteen + price);
    CHECK(net_lane_now(&n, LIVE).fund == fund + escrow - price);
    CHECK(pp_chain_market(n.chain)->burned == burned + pot);
    for (uint64_t who = 11; who <= 13; who++) {
        pp_address prover = test_address(who);
        const pp_market_account *a = pp_market_find_account(pp_chain_market(n.chain), &prover);
        CHECK(a->held == 0 && a->slots_used == 0 && a->open_defaults == 0);
    }
    net_close(&n);
}

// A frozen lane's fund takes what it owes to provers, and nothing that would stay in it.
PP_TEST(the_fund_of_a_frozen_lane) {
    net_init(&n);
    n.genesis.exit = (pp_genesis_exit){EXIT_MS, BLOCKS};
    n.rollups[LIVE].fund = 0;
    net_open(&n);
    withdraw_batch(NULL, 0);
    withdraw_batch(NULL, 0);
    pp_u128 had = free_of(13);
    prove(1); // accepted, owed; its root never advances
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK(l.debt > 1 && l.fund == 0 && l.checked == 0);
    wait_for_exit();
    net_exit(&n, 22, LIVE, 1);
    EXPECT("OK");
    pp_address fund;
    pp_chain_fund_address(&fund, n.chain, LIVE);
    uint8_t to_fund[PP_TRANSFER_PAYLOAD_SIZE];
    net_fund(&n, 1, LIVE, l.debt + 1);
    EXPECT("C-FROZEN");
    pp_transfer_payload_encode(to_fund, &fund, l.debt + 1);
    net_command(&n, 1, PP_COMMAND_TRANSFER, (pp_bytes){to_fund, sizeof to_fund});
    EXPECT("C-FROZEN");
    net_fund(&n, 1, LIVE, 1);
    EXPECT("OK");
    pp_transfer_payload_encode(to_fund, &fund, l.debt - 1);
    net_command(&n, 1, PP_COMMAND_TRANSFER, (pp_bytes){to_fund, sizeof to_fund});
    EXPECT("OK");
    CHECK(free_of(13) == had + l.debt && net_lane_now(&n, LIVE).debt == 0);
    CHECK(net_lane_now(&n, LIVE).fund == 0);
    net_fund(&n, 1, LIVE, 1);
    EXPECT("C-FROZEN");
    net_close(&n);
}

// Every byte of an exit's payload; the market's table being full freezes nothing.
PP_TEST(nobody_else_leaves) {
    net_init(&n);
    n.genesis.exit = (pp_genesis_exit){EXIT_MS, BLOCKS};
    n.genesis.accounts_max = NET_ACCOUNTS + NET_PROVERS + 2;
    net_open(&n);
    n.unchecked = true;
    withdraw_batch(NULL, 0);
    wait_for_exit();
    net_exit(&n, 21, LIVE, 21);
    pp_item item;
    REQUIRE(pp_item_decode(&item, n.items[0]));
    uint8_t payload[1024];
    size_t size = item.command.payload.size;
    REQUIRE(size < sizeof payload - 1);
    memcpy(payload, item.command.payload.data, size);
    EXPECT("C-FULL"); // account 21 is new
    CHECK(!net_lane_now(&n, LIVE).frozen);
    for (size_t i = 28; i < size; i++) {
        payload[i] ^= 1;
        net_claim(&n, 21, PP_COMMAND_EXIT, (pp_bytes){payload, size});
        EXPECT("C-PATH");
        payload[i] ^= 1;
    }
    for (size_t cut = 0; cut < size; cut++) {
        net_claim(&n, 21, PP_COMMAND_EXIT, (pp_bytes){payload, cut});
        EXPECT(cut < 28 ? "C-FORMAT" : "C-PATH");
    }
    payload[size] = 0;
    net_claim(&n, 21, PP_COMMAND_EXIT, (pp_bytes){payload, size + 1});
    EXPECT("C-PATH");
    net_claim(&n, 22, PP_COMMAND_EXIT, (pp_bytes){payload, size}); // another's proof
    CHECK(strcmp(net_one(&n), "OK") != 0);
    payload[0] = 7;
    net_claim(&n, 21, PP_COMMAND_EXIT, (pp_bytes){payload, size});
    EXPECT("C-LANE");
    payload[0] = REPLAY; // the roots are the same; but nothing waits there
    net_claim(&n, 21, PP_COMMAND_EXIT, (pp_bytes){payload, size});
    EXPECT("C-EXIT-CLOSED");
    static uint8_t large[28 + PP_EXIT_PROOF_MAX + 1];
    net_claim(&n, 21, PP_COMMAND_EXIT, (pp_bytes){large, sizeof large});
    EXPECT("C-FORMAT");
    CHECK(!net_lane_now(&n, LIVE).frozen);
    net_exit(&n, 21, LIVE, 2);
    EXPECT("OK");
    CHECK(net_lane_now(&n, LIVE).frozen);
    net_close(&n);
}

// An incident stops a lane for good; its people leave.
PP_TEST(out_of_a_lane_that_stands_still) {
    open_net();
    n.preflight_differs = true;
    withdraw_batch(NULL, 0);
    CHECK(net_lane_now(&n, LIVE).incident != NULL);
    wait_for_exit();
    net_exit(&n, 21, LIVE, 21);
    EXPECT("OK");
    CHECK(free_of(21) == 100 * ETHER - net_place(&n));
    net_close(&n);
}
