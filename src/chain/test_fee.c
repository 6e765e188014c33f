// SPDX-License-Identifier: MIT OR Apache-2.0
// What gas costs from batch to batch.
#include "chain/internal.h"
#include "chain/test_support.h"

static net n;
static uint64_t nonce;

enum { TARGET = 2 * 21000, GWEI = 1000000000 };

// Fees move by an eighth around two transfers a batch; the floor is `floor` percent.
static void begin(uint32_t floor, uint32_t backlog) {
    net_init(&n);
    pp_genesis_rollup *r = &n.rollups[LIVE];
    r->fee_target = TARGET;
    r->fee_change = 8;
    r->fee_floor = floor;
    r->fee_backlog = backlog;
    net_open(&n);
    nonce = 0;
}

static uint64_t now(void) {
    return net_lane_now(&n, LIVE).base_fee;
}

// A batch of so many transfers (four cut it, fewer after three blocks) that pay any fee.
static void batch_of(size_t transfers) {
    for (size_t i = 0; i < transfers; i++) {
        raw_tx tx;
        tx_spec spec = {.type = 2,
                        .chain_id = 77,
                        .nonce = nonce++,
                        .gas_limit = 21000,
                        .fee_cap = pp_u256_from_u64(1000 * (uint64_t)GWEI),
                        .to = test_address(22)};
        sign_tx(&tx, &spec, 21);
        net_tx(&n, LIVE, &tx);
    }
    uint64_t batches = net_lane_now(&n, LIVE).batches;
    net_make(&n);
    while (net_lane_now(&n, LIVE).batches == batches) net_make(&n);
}

static void prove(uint64_t batch) {
    pp_hash32 request = net_batch(&n, LIVE, batch).request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
}

PP_TEST(follows_the_gas) {
    begin(0, 0);
    CHECK_EQ(now(), GWEI);
    batch_of(4); // twice the target: the whole step
    CHECK_EQ(net_batch(&n, LIVE, 0).env.base_fee, GWEI);
    CHECK_EQ(now(), GWEI + GWEI / 8);
    batch_of(2); // at the target it stays
    CHECK_EQ(now(), GWEI + GWEI / 8);
    batch_of(1); // half of it: half a step down
    CHECK_EQ(now(), 1125000000 - 1125000000 / 16);
    CHECK_EQ(net_batch(&n, LIVE, 2).env.base_fee, 1125000000);
    // While a batch runs its own fee is shown, and it is what its transactions pay.
    raw_tx tx;
    net_raw(&tx, LIVE, 21, nonce++, 22, 1);
    net_tx(&n, LIVE, &tx);
    net_make(&n);
    CHECK(net_lane_now(&n, LIVE).open);
    CHECK_EQ(now(), 1054687500);
    pp_chain_tx record;
    REQUIRE(pp_chain_tx_get(&record, n.chain, LIVE, 7));
    CHECK_EQ(record.base_fee, 1054687500);
    // The guest executes at that fee.
    net_make(&n);
    net_make(&n);
    pp_chain_batch b = net_batch(&n, LIVE, 3);
    CHECK(b.output.base_fees == (pp_u128)21000 * 1054687500);
    CHECK(run_guest(b.input, &b.output) > 0);
    net_close(&n);
}

PP_TEST(steps_are_bounded) {
    begin(0, 0);
    pp_lane lane = {.rollup = &n.rollups[LIVE], .fee_base = 7};
    lane.fee_gas = TARGET + 1; // too little for a step: one wei all the same
    CHECK_EQ(pp_fee_next(&lane), 8);
    lane.fee_gas = INT64_MAX; // counts as twice the target
    lane.fee_base = 800;
    CHECK_EQ(pp_fee_next(&lane), 900);
    lane.fee_gas = 0; // an eighth down, no more
    CHECK_EQ(pp_fee_next(&lane), 700);
    lane.fee_base = 0;
    CHECK_EQ(pp_fee_next(&lane), 0);
    lane.fee_base = INT64_MAX;
    lane.fee_gas = 2 * TARGET;
    CHECK_EQ(pp_fee_next(&lane), INT64_MAX);
    // The largest prices and parameters there can be.
    n.rollups[LIVE].fee_floor = n.rollups[LIVE].fee_backlog = 10000;
    n.rollups[LIVE].batch_backlog = 1 << 20;
    lane.fee_paid = PP_MARKET_AMOUNT_MAX;
    lane.fee_paid_gas = 1;
    lane.now.batches = 1 << 20;
    CHECK_EQ(pp_fee_next(&lane), INT64_MAX);
    n.rollups[LIVE].fee_target = 0; // the environment's
    CHECK_EQ(pp_fee_next(&lane), GWEI);
    net_close(&n);
}

// The floor: 1.25 times what a unit of gas costs to prove, and more the more batches wait.
PP_TEST(never_below_the_cost) {
    begin(125, 300);
    // Full batches of four cost 3 * 10^12 wei at most: 84,000 gas.
    uint64_t cost = 3000000000000 * 125 / 100 / 84000 + 1;
    CHECK_EQ(cost, 44642858);
    pp_lane *lane = &n.chain->lanes[LIVE];
    lane->fee_base = 1;
    CHECK_EQ(now(), cost);
    batch_of(4); // one of eight waits: 3/8 more
    CHECK_EQ(net_batch(&n, LIVE, 0).env.base_fee, cost);
    lane->fee_base = 1;
    CHECK_EQ(now(), (cost * (800 + 300) + 799) / 800);
    for (int i = 0; i < 7; i++) batch_of(4);
    lane->fee_base = 1;
    CHECK_EQ(now(), 4 * cost); // the backlog is full
    raw_tx tx;
    net_raw(&tx, LIVE, 21, nonce, 22, 1);
    net_tx(&n, LIVE, &tx);
    CHECK_STR(net_one(&n), "C-BACKLOG"); // and takes nothing more
    // Each proof moves the mean by an eighth towards what it was paid; an empty backlog asks for no
    // more than the cost.
    for (uint64_t b = 0; b < 8; b++) {
        pp_hash32 request = net_batch(&n, LIVE, b).request;
        pp_u128 before = lane->fee_paid;
        prove(b);
        CHECK(lane->fee_paid == before - before / 8 + net_request(&n, &request)->paid / 8);
        CHECK_EQ(lane->fee_paid_gas, 84000);
    }
    lane->fee_base = 1;
    CHECK_EQ(now(), (uint64_t)((lane->fee_paid * 125 + 8399999) / 8400000));
    net_close(&n);
}

// What a proof was paid for, not what it was offered, makes the mean; deposits count as transfers.
PP_TEST(the_mean_is_of_what_was_paid) {
    begin(100, 0);
    pp_lane *lane = &n.chain->lanes[LIVE];
    net_deposit(&n, 1, LIVE, 30, 5);
    batch_of(4); // begun by the first transfer, with the deposit in it
    CHECK_EQ(net_batch(&n, LIVE, 0).deposits, 1);
    pp_hash32 request = net_batch(&n, LIVE, 0).request;
    pp_u128 before = lane->fee_paid;
    net_bid(&n, 11, &request, 800000);
    net_bid(&n, 12, &request, 1600000);
    for (int i = 0; i < 3; i++) net_make(&n);
    net_reveal(&n, 11, &request, 800000);
    net_reveal(&n, 12, &request, 1600000);
    for (int i = 0; i < 3; i++) net_make(&n);
    net_prove(&n, 11, &request, true);
    CHECK_STR(net_one(&n), "OK");
    CHECK_EQ(net_request(&n, &request)->state, PP_MARKET_PAID);
    CHECK(net_request(&n, &request)->paid == 1600000);
    CHECK(lane->fee_paid == before - before / 8 + 200000);
    CHECK_EQ(lane->fee_paid_gas, 84000 - 84000 / 8 + 5 * 21000 / 8);
    net_close(&n);
}

// As long as no proof is paid, which could move the floor otherwise.
PP_TEST(no_step_is_above_the_rise) {
    static const uint32_t floors[] = {0, 10000}, backlogs[] = {0, 300, 10000};
    for (size_t i = 0; i < PP_COUNT(floors); i++)
        for (size_t j = 0; j < PP_COUNT(backlogs); j++) {
            begin(floors[i], backlogs[j]);
            uint64_t rise = pp_fee_rise(&n.genesis.rollups[LIVE]), most = 0;
            CHECK(rise >= 125000);
            for (size_t b = 0; b < 7; b++) {
                uint64_t before = now();
                batch_of(4);
                uint64_t more = now() - before;
                CHECK(more <= (uint64_t)((pp_u128)before * rise / 1000000) + 1);
                if (more * 1000000 / before > most) most = more * 1000000 / before;
            }
            if (floors[i] == 0) CHECK_EQ(most, 125000); // and it is no larger than it need be
            net_close(&n);
        }
    net_init(&n); // n's rollups
    CHECK_EQ(pp_fee_rise(&n.genesis.rollups[LIVE]), 0);
    n.rollups[LIVE].fee_target = TARGET;
    n.rollups[LIVE].fee_change = 7;
    n.rollups[LIVE].fee_backlog = 0;
    CHECK_EQ(pp_fee_rise(&n.genesis.rollups[LIVE]), 142858);
    n.rollups[LIVE].fee_backlog = 300; // eight batches
    CHECK_EQ(pp_fee_rise(&n.genesis.rollups[LIVE]), 375000);
    net_open(&n);
    net_close(&n);
}

// Where genesis names no rule the environment's fee holds for ever.
PP_TEST(a_fixed_fee_stays) {
    net_init(&n);
    net_open(&n);
    nonce = 0;
    batch_of(4);
    batch_of(4);
    CHECK_EQ(now(), GWEI);
    CHECK_EQ(net_batch(&n, LIVE, 1).env.base_fee, GWEI);
    net_close(&n);
}
