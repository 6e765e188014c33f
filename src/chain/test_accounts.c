// SPDX-License-Identifier: MIT OR Apache-2.0
// The table of accounts against somebody with much money: what a place costs, who loses one, who
// never does; that no command is good twice, and that what is owed can always be had.
#include <stdlib.h>

#include "chain/internal.h"
#include "chain/test_support.h"

enum { NAMED = NET_ACCOUNTS + NET_PROVERS + 2, MAX = NAMED + 8 };

static net n;

static const pp_market_account *account(uint64_t who) {
    pp_address a = test_address(who);
    return pp_market_find_account(pp_chain_market(n.chain), &a);
}

static pp_u128 free_of(uint64_t who) {
    return account(who) ? account(who)->free : 0;
}

static pp_chain_info info(void) {
    pp_chain_info i;
    pp_chain_info_get(&i, n.chain);
    return i;
}

static const char *transfer(uint64_t from, uint64_t to, pp_u128 wei) {
    net_transfer(&n, from, to, wei);
    return net_one(&n);
}

// All that an account has.
static const char *leave(uint64_t who) {
    return transfer(who, 1, free_of(who));
}

static void begin(uint32_t max) {
    net_init(&n);
    n.genesis.accounts_max = max;
    n.genesis.market.proof_bond = 1000000;
    net_open(&n);
}

// Until no place is left: one wei stays in each. Returns what that has burned.
static pp_u128 fill(uint64_t first) {
    pp_chain_ledger before, after;
    CHECK(pp_chain_ledger_get(&before, n.chain));
    for (uint64_t who = first; info().accounts < info().accounts_max; who++) {
        pp_u128 price = info().account_price, had = free_of(1);
        CHECK_STR(transfer(1, who, 2 * price), "OK");
        CHECK(free_of(who) == price && free_of(1) == had - 2 * price);
        CHECK_STR(transfer(who, 1, price - 1), "OK"); // the wei move on
    }
    CHECK(pp_chain_ledger_get(&after, n.chain));
    return after.burned - before.burned;
}

// A withdrawal of one ether by account 21 that can be claimed.
static pp_chain_withdrawal withdrawal(void) {
    pp_chain_withdrawal w;
    raw_tx tx;
    for (uint64_t i = 0; i < 4; i++) {
        if (i == 0)
            net_raw_exit(&tx, LIVE, 21, 0, ETHER);
        else
            net_raw(&tx, LIVE, 28, i - 1, 27, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
    bool there = pp_chain_unclaimed(&w, &(uint64_t){0}, &(uint64_t){0}, n.chain, LIVE, NULL);
    PP_ASSERT(there);
    return w;
}

static const char *withdraw_to(uint64_t who, const pp_chain_withdrawal *w, uint64_t to) {
    uint8_t payload[20 + PP_WITHDRAW_PAYLOAD_MAX];
    const pp_withdrawal *all;
    size_t len;
    pp_address paid = test_address(to);
    bool there = pp_chain_withdrawals_of(&all, &len, n.chain, LIVE, w->batch);
    PP_ASSERT(there);
    memcpy(payload, paid.b, 20);
    size_t size = 20 + pp_withdraw_payload_encode(payload + 20, LIVE, w->batch, all, len,
                                                  w->withdrawal.index);
    net_claim(&n, who, PP_COMMAND_WITHDRAW_TO, (pp_bytes){payload, size});
    return net_one(&n);
}

// Whoever sends it, to whom it is paid: one withdrawal is one claim, and so is one who leaves.
PP_TEST(claims_of_the_same) {
    static uint8_t bytes[20 + PP_WITHDRAW_PAYLOAD_MAX];
    pp_hash32 one, two;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i / 20 * i);
    pp_command c = {.kind = PP_COMMAND_WITHDRAW, .payload = {bytes + 20, 60}};
    CHECK(pp_command_claim_key(&one, &c));
    c = (pp_command){.kind = PP_COMMAND_WITHDRAW_TO, .payload = {bytes, 80}, .sender = {{1}}};
    CHECK(pp_command_claim_key(&two, &c) && pp_hash32_eq(&one, &two));
    bytes[20 + 16]++; // another index
    CHECK(pp_command_claim_key(&two, &c) && !pp_hash32_eq(&one, &two));
    c = (pp_command){.kind = PP_COMMAND_EXIT, .payload = {bytes, 80}, .sender = {{1}}};
    CHECK(pp_command_claim_key(&one, &c));
    bytes[8]++; // to somebody else
    CHECK(pp_command_claim_key(&two, &c) && pp_hash32_eq(&one, &two));
    c.sender.b[0]++;
    CHECK(pp_command_claim_key(&two, &c) && !pp_hash32_eq(&one, &two));
    c.payload.size = 7;
    CHECK(!pp_command_claim_key(&two, &c));
    c = (pp_command){.kind = PP_COMMAND_WITHDRAW_TO, .payload = {bytes, 43}};
    CHECK(!pp_command_claim_key(&two, &c));
    c = (pp_command){.kind = PP_COMMAND_TRANSFER, .payload = {bytes, 80}};
    CHECK(!pp_command_claim_key(&two, &c));
}

PP_TEST(a_place_costs_more_as_the_table_fills) {
    begin(64);
    CHECK(info().accounts == NAMED && info().accounts_max == 64);
    pp_u128 sum = 0;
    for (uint32_t used = NAMED; used < 64; used++)
        sum += (pp_u128)1000000 << (used < 32 ? 0 : (used - 32) * 16 / 32);
    CHECK(info().account_price == 1000000);
    CHECK(fill(100) == sum);
    CHECK(info().account_price == (pp_u128)1000000 << 16);
    CHECK_STR(transfer(1, 99, 2 * info().account_price), "C-FULL");
    CHECK_STR(transfer(1, 99, 2 * info().account_price - 1), "C-AMOUNT");
    net_close(&n);
}

// Places that are vacant one after the other are cheap; to fill them again is not.
PP_TEST(the_price_is_no_less_in_another_order) {
    begin(MAX);
    pp_chain_ledger before, after;
    CHECK(pp_chain_ledger_get(&before, n.chain));
    pp_u128 flat = info().account_price;
    for (uint64_t who = 100; who < 108; who++) {
        CHECK_STR(transfer(1, who, 2 * flat), "OK");
        CHECK_STR(leave(who), "OK");
        CHECK(info().account_price == flat && account(who));
    }
    CHECK_STR(transfer(1, 100, 1), "C-AMOUNT");
    pp_market_command c = {.kind = PP_MARKET_UNBONDED};
    net_market(&n, 100, &c);
    CHECK_STR(net_one(&n), "C-BALANCE");
    CHECK_EQ(info().accounts, NAMED);
    pp_u128 sum = 8 * flat;
    for (uint64_t who = 100; who < 108; who++) {
        pp_u128 price = info().account_price;
        CHECK_STR(transfer(1, who, 2 * price), "OK");
        CHECK(free_of(who) == price);
        sum += price;
    }
    CHECK(pp_chain_ledger_get(&after, n.chain) && after.burned - before.burned == sum);
    CHECK(info().account_price > flat);
    net_close(&n);
}

// Somebody rich takes every place. Nobody new comes in; who is there is not touched, and what is
// owed can be had by naming an account that is there.
PP_TEST(a_full_table_keeps_nobody_from_what_is_his) {
    begin(MAX);
    pp_chain_withdrawal w = withdrawal();
    fill(100);
    net_withdraw(&n, 1, LIVE, &w);
    CHECK_STR(net_one(&n), "C-NOT-YOURS");
    net_withdraw(&n, 21, LIVE, &w);
    CHECK_STR(net_one(&n), "C-FULL");
    CHECK_STR(withdraw_to(22, &w, 22), "C-NOT-YOURS");
    CHECK_STR(withdraw_to(1, &w, 1), "C-NOT-YOURS");
    CHECK_STR(withdraw_to(21, &w, 21), "C-FULL");
    pp_u128 had = free_of(2);
    CHECK_STR(withdraw_to(21, &w, 2), "OK");
    CHECK(free_of(2) == had + ETHER); // to the wei: it was there
    net_close(&n);
}

PP_TEST(an_empty_place_is_given_on_and_no_command_is_good_twice) {
    begin(MAX);
    fill(100);
    for (int i = 0; i < 5; i++) CHECK_STR(transfer(1, 100, 1), "OK");
    for (int i = 0; i < 4; i++) CHECK_STR(transfer(100, 1, 1), "OK");
    pp_address gone = test_address(100);
    // A command that 100 signs now, kept by somebody.
    net_transfer(&n, 100, 1, 1);
    pp_bytes kept = n.items[0];
    uint8_t copy[256];
    size_t size = kept.size;
    REQUIRE(size <= sizeof copy);
    memcpy(copy, kept.data, size);
    CHECK_STR(net_one(&n), "OK");
    CHECK(account(100) && info().accounts == MAX);
    CHECK_STR(leave(100), "OK");
    CHECK_EQ(info().accounts, MAX - 1);
    uint64_t used = pp_chain_nonce(n.chain, &gone);
    CHECK(account(100) && used == 7); // nobody has needed the place
    pp_u128 price = info().account_price;
    CHECK_STR(transfer(1, 200, 2 * price), "OK");
    CHECK(!account(100) && account(200) && info().accounts == MAX);
    pp_address second = test_address(200);
    CHECK_EQ(pp_chain_nonce(n.chain, &second), used);
    net_add(&n, copy, size);
    CHECK_STR(net_one(&n), "C-ACCOUNT");
    CHECK_STR(leave(101), "OK");
    price = info().account_price;
    CHECK_STR(transfer(1, 100, 2 * price + 5), "OK"); // 100 is back, in another place
    CHECK(pp_chain_nonce(n.chain, &gone) >= used);
    net_add(&n, copy, size);
    CHECK_STR(net_one(&n), "C-NONCE-LOW");
    CHECK(free_of(100) == price + 5);
    net_close(&n);
}

// Who is named by genesis, has done something in the market, or waits for a deposit that a freeze
// would give back, keeps the place with nothing in it.
PP_TEST(who_keeps_an_empty_place) {
    begin(MAX);
    n.genesis.exit.blocks = 66;
    CHECK_STR(leave(2), "OK"); // of genesis
    CHECK_EQ(info().accounts, NAMED);
    fill(100);
    CHECK_STR(transfer(1, 100, 50), "OK");
    pp_market_command c = {.kind = PP_MARKET_REGISTER, .amount = 1, .slots = 1};
    net_market(&n, 100, &c);
    CHECK_STR(net_one(&n), "OK");
    CHECK_STR(leave(100), "OK");
    CHECK(free_of(100) == 0 && info().accounts == MAX);
    CHECK_STR(transfer(1, 101, ETHER), "OK");
    pp_u128 fee = net_lane_now(&n, LIVE).deposit_fee;
    net_deposit(&n, 101, LIVE, 22, free_of(101) - fee);
    CHECK_STR(net_one(&n), "OK");
    CHECK(free_of(101) == 0 && info().accounts == MAX);
    CHECK_STR(transfer(1, 200, 1 << 30), "C-AMOUNT");
    CHECK_STR(transfer(1, 200, 2 * info().account_price), "C-FULL");
    while (net_lane_now(&n, LIVE).batches == 0) net_make(&n);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
    CHECK_EQ(info().accounts, MAX);
    net_make(&n); // the queue lets go of what is under a root
    CHECK_EQ(info().accounts, MAX - 1);
    CHECK_STR(transfer(1, 200, 2 * info().account_price), "OK");
    CHECK(!account(101) && account(100) && account(200) && account(2));
    net_close(&n);
}

// Both go on alike from an image, places and all.
PP_TEST(vacant_places_out_of_an_image) {
    begin(MAX);
    fill(100);
    CHECK_STR(leave(103), "OK");
    CHECK_STR(leave(101), "OK");
    size_t size;
    pp_err err = {0};
    pp_chain *other;
    uint8_t *image = pp_chain_save(&size, n.chain);
    pp_bytes file = {(const uint8_t *)n.file, strlen(n.file)};
    REQUIRE(pp_chain_load(&err, &other, "image", file, &n.env, (pp_bytes){image, size}));
    free(image);
    CHECK(other->vacant_len == 2 && n.chain->vacant_len == 2);
    for (uint64_t who = 200; who < 202; who++) {
        CHECK_STR(transfer(1, who, 2 * info().account_price), "OK");
        pp_chain_result result;
        pp_hash32 hash;
        uint64_t height = info().height;
        REQUIRE(pp_chain_finalize(&err, &result, other,
                                  (pp_bytes){n.blocks[height].bytes, n.blocks[height].size}));
        pp_chain_commit(&hash, other);
        CHECK_MEM(hash.b, n.blocks[height].app_hash.b, 32);
    }
    CHECK(other->vacant_len == 0);
    pp_chain_free(other);
    net_close(&n);
}

// Random transfers among more addresses than there are places: what is vacant is what holds
// nothing, and no address ever sees a nonce again that it has used.
PP_TEST(many_come_and_go) {
    enum { PEOPLE = 24, STEPS = 150 };
    uint64_t used[PEOPLE] = {0}, taken = 0, full = 0;
    pp_rng rng = {5};
    begin(MAX);
    n.unchecked = true;
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < 4; i++) {
            uint64_t from = pp_rng_below(&rng, PEOPLE + 8), to = 100 + pp_rng_below(&rng, PEOPLE);
            bool rich = from >= PEOPLE || free_of(100 + from) == 0;
            pp_u128 wei = rich ? 2 * info().account_price : free_of(100 + from);
            if (!rich && pp_rng_below(&rng, 4) == 0) wei = 1;
            net_transfer(&n, rich ? 1 : 100 + from, to, wei);
        }
        pp_chain_result r = net_make(&n);
        for (uint32_t i = 0; i < 4; i++) {
            taken += r.items[i].code == PP_CHAIN_OK;
            full += r.items[i].code == PP_CHAIN_FULL;
        }
        uint32_t vacant = 0;
        for (uint32_t at = 0; at < n.chain->market.accounts_len; at++) {
            bool bit = n.chain->vacant[at / 64] >> at % 64 & 1;
            CHECK(bit == (at >= NAMED && n.chain->market.accounts[at].free == 0));
            vacant += bit;
        }
        CHECK_EQ(n.chain->vacant_len, vacant);
        for (size_t i = 0; i < PEOPLE; i++) {
            pp_address who = test_address(100 + i);
            if (!account(100 + i)) continue;
            CHECK(pp_chain_nonce(n.chain, &who) >= used[i]);
            used[i] = pp_chain_nonce(n.chain, &who);
        }
    }
    CHECK(taken > 200 && full > 0);
    CHECK(net_check(&n) == NULL);
    net_close(&n);
}
