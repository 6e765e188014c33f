// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands pay for their bytes: who pays what, whatever becomes of the command, and nobody on
// somebody else's behalf; who is free to speak without a wei. Every block's ledger is whole
// (net_make).
#include <stdlib.h>

#include "chain/internal.h"
#include "chain/test_support.h"

enum { FEE = 1000000 }; // wei a byte

static net n;

static pp_u128 free_of(uint64_t who) {
    pp_address a = test_address(who);
    const pp_market_account *account = pp_market_find_account(pp_chain_market(n.chain), &a);
    return account ? account->free : 0;
}

static uint64_t nonce_of(uint64_t who) {
    pp_address a = test_address(who);
    return pp_chain_nonce(n.chain, &a);
}

static pp_u128 burned(void) {
    pp_chain_ledger l;
    CHECK(pp_chain_ledger_get(&l, n.chain));
    return l.burned;
}

static void begin(void) {
    net_init(&n);
    n.genesis.command_fee = FEE;
    net_open(&n);
}

// What the last item that waits will cost.
static pp_u128 fee(void) {
    return pp_chain_command_fee(n.chain, n.items[n.items_len - 1].size);
}

static const char *door(void) {
    return pp_chain_reason(pp_chain_check(n.chain, n.items[0]));
}

// The only item, of `who`, is `code` at the door and in a block, and costs its sender its bytes and
// `more`, all of it burned but for `kept` by others.
static void expect(const char *file, int line, const char *code, uint64_t who, pp_u128 more,
                   pp_u128 kept) {
    pp_u128 had = free_of(who), was = burned(), cost = fee();
    uint64_t nonce = nonce_of(who);
    if (strcmp(door(), code) != 0) pp_test_fail(file, line, "%s at the door", door());
    pp_chain_result r = net_make(&n);
    const char *inside = pp_chain_item_reason(&r.items[0]);
    if (strcmp(inside, code) != 0) pp_test_fail(file, line, "%s in a block", inside);
    if (r.items[0].fee != cost) pp_test_fail(file, line, "another fee");
    if (free_of(who) != had - cost - more) pp_test_fail(file, line, "another balance");
    if (burned() != was + cost + more - kept) pp_test_fail(file, line, "another sum is burned");
    if (nonce_of(who) != nonce + 1) pp_test_fail(file, line, "the nonce");
}
#define EXPECT(code, who, more, kept) expect(__FILE__, __LINE__, code, who, more, kept)

// Whatever becomes of it.
PP_TEST(every_command_pays_for_its_bytes) {
    begin();
    net_transfer(&n, 1, 2, 5);
    CHECK(fee() == (pp_u128)FEE * (PP_COMMAND_OVERHEAD + PP_TRANSFER_PAYLOAD_SIZE));
    EXPECT("OK", 1, 5, 5);
    net_transfer(&n, 1, 2, 0);
    EXPECT("C-AMOUNT", 1, 0, 0);
    net_fund(&n, 1, LIVE, 7);
    EXPECT("OK", 1, 7, 7);
    net_fund(&n, 1, 9, 7);
    EXPECT("C-LANE", 1, 0, 0);
    net_command(&n, 1, (pp_command_kind)77, (pp_bytes){(const uint8_t *)"abc", 3});
    EXPECT("C-KIND", 1, 0, 0);
    net_command(&n, 1, PP_COMMAND_TRANSFER, (pp_bytes){(const uint8_t *)"abc", 3});
    EXPECT("C-FORMAT", 1, 0, 0);
    pp_u128 queue = net_lane_now(&n, LIVE).deposit_fee;
    net_deposit(&n, 1, LIVE, 22, 9);
    EXPECT("OK", 1, 9 + queue, 9 + queue);
    raw_tx tx;
    net_raw(&tx, REPLAY, 22, 0, 21, 1);
    net_lane(&n, 2, REPLAY, &tx, 1);
    EXPECT("C-SUBMITTER", 2, 0, 0);
    net_lane(&n, 1, REPLAY, &tx, 1);
    EXPECT("OK", 1, 0, 0);
    pp_market_command c = {.kind = PP_MARKET_REGISTER, .amount = ETHER, .slots = 1};
    net_market(&n, 2, &c);
    EXPECT("OK", 2, ETHER, ETHER);
    net_close(&n);
}

// A refusal of the market's costs its bytes too.
PP_TEST(the_market_refuses_nothing_for_nothing) {
    begin();
    static const pp_market_kind kinds[] = {PP_MARKET_CANCEL, PP_MARKET_BID, PP_MARKET_OPEN_BID,
                                           PP_MARKET_DECLINE, PP_MARKET_PROVE};
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        pp_market_command c = {.kind = kinds[i], .request = {{1}}};
        net_market(&n, 11, &c);
        pp_u128 had = free_of(11), cost = fee();
        CHECK_STR(net_one(&n), "M-UNKNOWN");
        CHECK(free_of(11) == had - cost);
    }
    net_close(&n);
}

// Transactions pay gas, where they are executed.
PP_TEST(a_transaction_pays_no_fee) {
    begin();
    pp_u128 was = burned();
    raw_tx tx;
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    net_tx(&n, LIVE, &tx);
    pp_chain_result r = net_make(&n);
    CHECK(r.items[0].code == PP_CHAIN_OK && r.items[0].fee == 0 && burned() == was);
    net_close(&n);
}

// Neither signature nor nonce is somebody's word that he pays.
PP_TEST(nobody_pays_for_another) {
    begin();
    pp_u128 had = free_of(1), was = burned();
    net_transfer(&n, 1, 2, 5);
    ((uint8_t *)(uintptr_t)n.items[0].data)[n.items[0].size - 1] ^= 1;
    CHECK_STR(net_one(&n), "C-SIGNATURE");
    net_transfer(&n, 1, 2, 5);
    net_add(&n, n.items[0].data, n.items[0].size);
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-NONCE-LOW");
    CHECK(r.items[1].fee == 0);
    CHECK(free_of(1) == had - 5 - r.items[0].fee && burned() == was + r.items[0].fee);
    net_close(&n);
}

PP_TEST(a_balance_that_does_not_cover_it) {
    begin();
    net_transfer(&n, 3, 2, 1); // only to know what one costs
    pp_u128 one = fee();
    CHECK_STR(net_one(&n), "OK");
    net_transfer(&n, 3, 1, free_of(3) - one - (one - 1)); // leaves a wei less than one costs
    CHECK_STR(net_one(&n), "OK");
    CHECK(free_of(3) == one - 1);
    uint64_t nonce = nonce_of(3);
    pp_u128 was = burned();
    net_transfer(&n, 3, 1, 1);
    CHECK_STR(door(), "C-COMMAND-FEE");
    CHECK_STR(net_one(&n), "C-COMMAND-FEE");
    CHECK(free_of(3) == one - 1 && burned() == was && nonce_of(3) == nonce);
    // With the fee it is one of those that can only be refused; with a wei more it is good.
    net_transfer(&n, 1, 3, 1);
    CHECK_STR(net_one(&n), "OK");
    net_transfer(&n, 3, 1, 1);
    EXPECT("C-BALANCE", 3, 0, 0);
    net_transfer(&n, 1, 3, one + 1);
    CHECK_STR(net_one(&n), "OK");
    net_transfer(&n, 3, 1, 2);
    CHECK_STR(door(), "C-BALANCE");
    free((void *)(uintptr_t)n.items[--n.items_len].data);
    net_transfer(&n, 3, 1, 1);
    EXPECT("OK", 3, 1, 1);
    CHECK(free_of(3) == 0);
    net_close(&n);
}

// All that takes money beside the fee asks for both.
PP_TEST(the_fee_is_not_spent_twice) {
    begin();
    pp_u128 queue = net_lane_now(&n, LIVE).deposit_fee;
    for (int less = 0; less < 2; less++) {
        pp_u128 bytes =
            pp_chain_command_fee(n.chain, PP_COMMAND_OVERHEAD + PP_DEPOSIT_PAYLOAD_SIZE);
        net_deposit(&n, 4, LIVE, 22, free_of(4) - queue - bytes + !less);
        const char *code = door();
        CHECK_STR(code, less ? "OK" : "C-BALANCE");
        CHECK_STR(net_one(&n), code);
    }
    CHECK(free_of(4) == 0);
    for (int less = 0; less < 2; less++) {
        pp_u128 bytes = pp_chain_command_fee(n.chain, PP_COMMAND_OVERHEAD + PP_FUND_PAYLOAD_SIZE);
        net_fund(&n, 5, LIVE, free_of(5) - bytes + !less);
        const char *code = door();
        CHECK_STR(code, less ? "OK" : "C-BALANCE");
        CHECK_STR(net_one(&n), code);
    }
    CHECK(free_of(5) == 0);
    net_close(&n);
}

// What stands in front in a block cannot spend what those behind it cost: all of them are paid for
// before the first is executed, and the door counts them.
PP_TEST(nothing_is_left_unpaid_in_a_block) {
    begin();
    net_transfer(&n, 3, 1, free_of(3));
    pp_u128 one = fee();
    free((void *)(uintptr_t)n.items[--n.items_len].data);
    pp_u128 had = free_of(3), was = burned();
    net_transfer(&n, 3, 1, had - 3 * one); // leaves what three cost
    for (int i = 0; i < 3; i++) net_transfer(&n, 3, 1, 1);
    pp_market_reason market;
    for (uint64_t i = 0; i < 4; i++) {
        pp_chain_ahead ahead = {i, i * n.items[0].size};
        CHECK_STR(pp_chain_reason(pp_chain_check_behind(&market, n.chain, n.items[i], ahead)),
                  "OK");
    }
    pp_chain_result r = net_make(&n);
    // Four fees are gone first, so that the one in front no longer has what it would send.
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "C-BALANCE");
    for (size_t i = 0; i < 4; i++) CHECK(r.items[i].fee == one);
    for (size_t i = 1; i < 4; i++) CHECK_STR(pp_chain_item_reason(&r.items[i]), "OK");
    CHECK(burned() == was + 4 * one && free_of(3) == had - 4 * one - 3);
    // Two and a half: the third is not paid for, so it stays out, at the door and in a block.
    net_transfer(&n, 3, 1, free_of(3) - one - 5 * one / 2);
    CHECK_STR(net_one(&n), "OK");
    CHECK(free_of(3) == 5 * one / 2);
    uint64_t nonce = nonce_of(3);
    for (int i = 0; i < 3; i++) net_transfer(&n, 3, 1, 1);
    pp_chain_ahead two = {2, 2 * n.items[0].size};
    CHECK_STR(pp_chain_reason(pp_chain_check_behind(&market, n.chain, n.items[2], two)),
              "C-COMMAND-FEE");
    r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "OK");
    CHECK_STR(pp_chain_item_reason(&r.items[2]), "C-COMMAND-FEE");
    CHECK(r.items[2].fee == 0 && nonce_of(3) == nonce + 2);
    net_close(&n);
}

// Money that comes in a block is there for the next one.
PP_TEST(money_of_the_same_block_pays_no_fee) {
    begin();
    net_transfer(&n, 3, 1, free_of(3) - 139 * FEE);
    CHECK_STR(net_one(&n), "OK");
    CHECK(free_of(3) == 0);
    net_transfer(&n, 1, 3, ETHER);
    net_transfer(&n, 3, 1, 1);
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-COMMAND-FEE");
    net_transfer(&n, 3, 1, 1);
    EXPECT("OK", 3, 1, 1);
    net_close(&n);
}

// A sender whose last wei went for its fee has an empty place, which somebody in front of it in the
// same block may be given.
PP_TEST(a_place_that_is_given_on_behind_its_fee) {
    enum { NAMED = NET_ACCOUNTS + NET_PROVERS + 2 };
    net_init(&n);
    n.genesis.command_fee = FEE;
    n.genesis.accounts_max = NAMED + 1;
    n.genesis.market.proof_bond = 1000;
    net_open(&n);
    pp_u128 one = pp_chain_command_fee(n.chain, PP_COMMAND_OVERHEAD + PP_TRANSFER_PAYLOAD_SIZE);
    net_transfer(&n, 1, 100, 4 * one);
    CHECK_STR(net_one(&n), "OK");
    net_transfer(&n, 100, 1, free_of(100) - 2 * one);
    CHECK_STR(net_one(&n), "OK");
    CHECK(free_of(100) == one);
    pp_u128 was = burned();
    net_transfer(&n, 1, 200, (pp_u128)1 << 40);
    net_transfer(&n, 100, 1, 1);
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-ACCOUNT");
    CHECK(r.items[1].fee == one && free_of(100) == 0 && free_of(200) > 0);
    CHECK(burned() > was + 2 * one);
    // And what he had signed is good for nobody.
    CHECK(nonce_of(200) >= 2);
    net_close(&n);
}

// ---- provers ----------------------------------------------------------------------------------

// Sold to 11 at 2000.
static void sell(const pp_hash32 *request) {
    net_bid(&n, 11, request, 1000);
    net_bid(&n, 12, request, 2000);
    for (int i = 0; i < 3; i++) net_make(&n);
    net_reveal(&n, 11, request, 1000);
    net_reveal(&n, 12, request, 2000);
    for (int i = 0; i < 3; i++) net_make(&n);
    const pp_market_request *r = net_request(&n, request);
    CHECK(r->state == PP_MARKET_ASSIGNED && r->price == 2000);
}

// A batch of lane LIVE; its request.
static pp_hash32 assigned(void) {
    for (uint64_t i = 0; i < 4; i++) {
        raw_tx tx;
        net_raw(&tx, LIVE, 21, i, 22, 1000 + i);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    sell(&request);
    return request;
}

// Leaves 11 with this much.
static void spend(pp_u128 wei) {
    net_transfer(&n, 11, 1, free_of(11) - wei - 139 * FEE);
    CHECK_STR(net_one(&n), "OK");
    CHECK(free_of(11) == wei);
}

PP_TEST(a_proof_that_is_taken_gets_its_fee_back) {
    begin();
    pp_hash32 request = assigned();
    pp_u128 had = free_of(11), was = burned();
    net_prove(&n, 11, &request, true);
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK(r.items[0].fee == 0 && free_of(11) == had + 2000 && burned() == was);
    // The same again is taken no more: it costs.
    net_prove(&n, 12, &request, true);
    had = free_of(12);
    pp_u128 cost = fee();
    CHECK_STR(net_one(&n), "M-NOOP");
    CHECK(free_of(12) == had - cost && burned() == was + cost);
    net_close(&n);
}

PP_TEST(a_wrong_proof_costs_fee_and_bond) {
    begin();
    pp_hash32 request = assigned();
    pp_u128 bond = n.genesis.market.proof_bond;
    net_prove(&n, 12, &request, false);
    pp_u128 had = free_of(12), cost = fee();
    CHECK_STR(net_one(&n), "M-PROOF");
    CHECK(free_of(12) == had - cost - bond);
    net_close(&n);
}

// Whom the market has drawn can deliver with nothing left beside the stake, once a block.
PP_TEST(a_primary_without_a_wei_delivers) {
    begin();
    pp_hash32 request = assigned();
    spend(0);
    // Not with a wrong proof for nothing: the stake pays the bond. Behind another command, and for
    // all else, it pays as everybody does.
    const pp_market_account *me;
    pp_address address = test_address(11);
    me = pp_market_find_account(pp_chain_market(n.chain), &address);
    pp_u128 stake = me->stake, bond = n.genesis.market.proof_bond;
    net_prove(&n, 11, &request, false);
    net_prove(&n, 11, &request, false);
    pp_market_reason market;
    pp_chain_ahead one = {1, n.items[0].size};
    CHECK_STR(door(), "OK");
    CHECK_STR(pp_chain_reason(pp_chain_check_behind(&market, n.chain, n.items[1], one)),
              "C-COMMAND-FEE");
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "M-PROOF");
    CHECK_STR(pp_chain_item_reason(&r.items[1]), "C-COMMAND-FEE");
    CHECK(me->stake == stake - bond && me->free == 0);
    // A proof that the market would not look at, and one that is none.
    pp_market_command c = {.kind = PP_MARKET_PROVE, .request = request, .output_size = 1};
    net_market(&n, 11, &c);
    CHECK_STR(door(), "C-COMMAND-FEE");
    CHECK_STR(net_one(&n), "C-COMMAND-FEE");
    c.kind = PP_MARKET_DECLINE;
    net_market(&n, 11, &c);
    CHECK_STR(net_one(&n), "C-COMMAND-FEE");
    net_transfer(&n, 11, 1, 1);
    CHECK_STR(net_one(&n), "C-COMMAND-FEE");
    // Anybody else without a wei.
    net_transfer(&n, 12, 1, free_of(12) - 139 * FEE);
    CHECK_STR(net_one(&n), "OK");
    net_prove(&n, 12, &request, true);
    CHECK_STR(door(), "C-COMMAND-FEE");
    CHECK_STR(net_one(&n), "C-COMMAND-FEE");
    net_prove(&n, 11, &request, true);
    CHECK_STR(door(), "OK");
    r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK(r.items[0].fee == 0 && free_of(11) == 2000);
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_PAID);
    net_close(&n);
}

// Who has the fee pays it, drawn or not: it comes back with the proof's acceptance.
PP_TEST(a_primary_that_can_pay_pays) {
    begin();
    pp_hash32 request = assigned();
    net_prove(&n, 11, &request, true);
    pp_u128 cost = fee();
    free((void *)(uintptr_t)n.items[--n.items_len].data);
    spend(cost);
    net_prove(&n, 11, &request, false);
    CHECK_STR(net_one(&n), "M-PROOF");
    CHECK(free_of(11) == 0);
    net_close(&n);
}

// Who has the bond, and not the fee, and was not drawn.
PP_TEST(nobody_else_delivers_for_nothing) {
    net_init(&n);
    n.genesis.command_fee = FEE;
    n.genesis.market.proof_bond = 1000;
    net_open(&n);
    pp_hash32 request = assigned();
    net_transfer(&n, 12, 1, free_of(12) - 1000 - 139 * FEE);
    CHECK_STR(net_one(&n), "OK");
    net_prove(&n, 12, &request, true);
    CHECK_STR(door(), "C-COMMAND-FEE");
    CHECK_STR(net_one(&n), "C-COMMAND-FEE");
    net_close(&n);
}

// Nothing else that a primary says is free, where any output would do either.
PP_TEST(a_primary_pays_for_all_else) {
    begin();
    pp_market_command c = {.kind = PP_MARKET_POST, .terms = n.rollups[LIVE].terms};
    pp_address poster = test_address(1);
    pp_hash32 request;
    c.terms.program_id.b[0] = 7;
    c.terms.reserve = c.terms.cap = 1000000;
    net_market(&n, 1, &c);
    CHECK_STR(net_one(&n), "OK");
    pp_market_request_id(&request, &n.hash, &poster, 0, &c.terms);
    sell(&request);
    spend(0);
    static const pp_market_kind kinds[] = {PP_MARKET_DECLINE, PP_MARKET_RELEASE, PP_MARKET_CLAIM};
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        c = (pp_market_command){.kind = kinds[i], .request = request};
        net_market(&n, 11, &c);
        CHECK_STR(door(), "C-COMMAND-FEE");
        CHECK_STR(net_one(&n), "C-COMMAND-FEE");
    }
    net_close(&n);
}

PP_TEST(a_proof_too_large_is_not_free) {
    net_init(&n);
    n.genesis.command_fee = FEE;
    n.genesis.check = PP_CHECK_PROOF;
    n.genesis.proofs.bytes = 64;
    net_open(&n);
    pp_hash32 request = assigned();
    spend(0);
    static uint8_t large[65];
    const pp_market_request *r = net_request(&n, &request);
    pp_market_command c = {.kind = PP_MARKET_PROVE,
                           .request = request,
                           .output_size = r->terms.output_size,
                           .proof = {large, sizeof large}};
    memcpy(c.output, r->terms.output, c.output_size);
    net_market(&n, 11, &c);
    CHECK_STR(net_one(&n), "C-COMMAND-FEE");
    net_prove(&n, 11, &request, true);
    CHECK_STR(net_one(&n), "OK");
    net_close(&n);
}

// ---- claims -----------------------------------------------------------------------------------

// Whoever comes out of a rollup needs nothing on the chain.
PP_TEST(a_claim_is_free) {
    begin();
    raw_tx tx;
    net_raw_exit(&tx, LIVE, 21, 0, ETHER);
    net_tx(&n, LIVE, &tx);
    for (int i = 0; i < 3; i++) net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
    pp_chain_withdrawal w;
    uint64_t batch = 0, index = 0;
    REQUIRE(pp_chain_unclaimed(&w, &batch, &index, n.chain, LIVE, NULL));
    pp_u128 was = burned();
    net_withdraw(&n, 21, LIVE, &w);
    CHECK_STR(door(), "OK");
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "OK");
    CHECK(r.items[0].fee == 0);
    CHECK(free_of(21) == ETHER - net_place(&n) && burned() == was + net_place(&n));
    net_close(&n);
}
