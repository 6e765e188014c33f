// SPDX-License-Identifier: MIT OR Apache-2.0
// Every code: of items, at the door and in a block; of blocks, tampered with byte by byte.
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "chain/test_support.h"
#include "sign/keys.h"

static net n;

// The waiting item's code at the door and in a block of its own are the same, and this one.
// `counts`: it uses a nonce of test account `who` up.
static void expect(const char *file, int line, const char *code, uint64_t who, bool counts) {
    pp_address sender = test_address(who);
    uint64_t nonce = pp_chain_nonce(n.chain, &sender);
    const char *door = pp_chain_reason(pp_chain_check(n.chain, n.items[0]));
    const char *inside = net_one(&n);
    if (strcmp(door, code) != 0) pp_test_fail(file, line, "%s at the door, not %s", door, code);
    if (strcmp(inside, code) != 0) pp_test_fail(file, line, "%s in a block, not %s", inside, code);
    if (pp_chain_nonce(n.chain, &sender) != nonce + counts)
        pp_test_fail(file, line, "%s: the nonce is wrong", code);
}
#define EXPECT(code, who, counts) expect(__FILE__, __LINE__, code, who, counts)

static void open_net(void) {
    net_init(&n);
    net_open(&n);
}

static void payload_command(uint64_t who, int kind, const void *payload, size_t size) {
    net_command(&n, who, (pp_command_kind)kind, (pp_bytes){payload, size});
}

static uint8_t *item(void) {
    return (uint8_t *)(uintptr_t)n.items[0].data;
}

PP_TEST(good_items) {
    open_net();
    net_transfer(&n, 1, 2, 5);
    EXPECT("OK", 1, true);
    net_fund(&n, 2, LIVE, 7);
    EXPECT("OK", 2, true);
    CHECK(net_lane_now(&n, LIVE).fund == ETHER + 7);
    raw_tx tx;
    net_raw(&tx, LIVE, 21, 0, 22, 1);
    net_tx(&n, LIVE, &tx);
    EXPECT("OK", 1, false);
    net_raw(&tx, LIVE, 22, 0, 21, 1);
    net_lane(&n, 3, LIVE, &tx, 1);
    EXPECT("OK", 3, true);
    net_raw(&tx, REPLAY, 22, 0, 21, 1);
    net_lane(&n, 1, REPLAY, &tx, 1);
    EXPECT("OK", 1, true);
    CHECK(pp_chain_market(n.chain)->accounts_len == 2 + NET_ACCOUNTS + NET_PROVERS);
    net_close(&n);
}

PP_TEST(formats) {
    open_net();
    static const uint8_t junk[40] = {9, 1, 2};
    net_add(&n, junk, 0);
    EXPECT("C-FORMAT", 1, false);
    net_add(&n, junk, sizeof junk);
    EXPECT("C-FORMAT", 1, false);
    net_add(&n, (const uint8_t *)"\1", 1);
    EXPECT("C-FORMAT", 1, false);
    // Every payload one byte short and one too long; the nonce counts.
    uint8_t p[PP_TRANSFER_PAYLOAD_SIZE + 1] = {0};
    static const size_t sizes[][2] = {
        {PP_COMMAND_MARKET, 1}, // kind 0
        {PP_COMMAND_TRANSFER, PP_TRANSFER_PAYLOAD_SIZE},
        {PP_COMMAND_LANE, 12}, // count 0
        {PP_COMMAND_FUND, PP_FUND_PAYLOAD_SIZE},
    };
    for (size_t i = 0; i < PP_COUNT(sizes); i++)
        for (size_t size = sizes[i][1] - 1; size <= sizes[i][1] + 1; size += 2) {
            payload_command(1, (int)sizes[i][0], p, size);
            EXPECT("C-FORMAT", 1, true);
        }
    // A lane command whose count is wrong, or zero.
    uint8_t lane[8 + 4 + 4 + 1] = {0};
    payload_command(1, PP_COMMAND_LANE, lane, 12);
    EXPECT("C-FORMAT", 1, true);
    lane[12] = 1;
    for (unsigned count = 0; count < 3; count++) {
        lane[8] = (uint8_t)count;
        payload_command(1, PP_COMMAND_LANE, lane, sizeof lane);
        EXPECT(count == 1 ? "OK" : "C-FORMAT", 1, true);
    }
    net_close(&n);
}

PP_TEST(signatures_and_nonces) {
    open_net();
    net_transfer(&n, 1, 2, 5);
    item()[1] ^= 1;
    EXPECT("C-NETWORK", 1, false);
    // One flipped bit anywhere behind the network: the signature no longer holds.
    net_transfer(&n, 1, 2, 5);
    size_t size = n.items[0].size;
    uint8_t *good = malloc(size);
    REQUIRE(good != NULL);
    memcpy(good, item(), size);
    for (size_t at = 5; at < size; at++) {
        item()[at] ^= 0x40;
        pp_chain_code code = pp_chain_check(n.chain, n.items[0]);
        bool is_length = at >= 34 && at < 38;
        CHECK_STR(pp_chain_reason(code), is_length ? "C-FORMAT" : "C-SIGNATURE");
        item()[at] ^= 0x40;
    }
    item()[size - 1] ^= 1;
    EXPECT("C-SIGNATURE", 1, false);
    // The other root, high s, recovers the same sender and is refused.
    net_add(&n, good, size);
    pp_u256 s, order;
    REQUIRE(pp_u256_parse(&order,
                          "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
    pp_u256_load_be(&s, item() + size - 33);
    REQUIRE(pp_u256_sub(&s, &order, &s));
    pp_u256_store_be(item() + size - 33, &s);
    item()[size - 1] ^= 1;
    EXPECT("C-SIGNATURE", 1, false);
    // Nobody.
    net_transfer(&n, 39, 2, 5);
    EXPECT("C-ACCOUNT", 39, false);
    // Used up, and too early.
    net_add(&n, good, size);
    EXPECT("OK", 1, true);
    net_add(&n, good, size);
    EXPECT("C-NONCE-LOW", 1, false);
    net_transfer(&n, 1, 2, 5); // nonce 1
    net_transfer(&n, 1, 2, 5); // nonce 2, alone
    free((void *)(uintptr_t)n.items[0].data);
    n.items[0] = n.items[--n.items_len];
    EXPECT("C-NONCE-GAP", 1, false);
    payload_command(1, 0, "", 0);
    EXPECT("C-KIND", 1, true);
    payload_command(1, 200, "abc", 3);
    EXPECT("C-KIND", 1, true);
    free(good);
    net_close(&n);
}

PP_TEST(amounts) {
    open_net();
    net_transfer(&n, 1, 2, 0);
    EXPECT("C-AMOUNT", 1, true);
    net_transfer(&n, 1, 2, PP_MARKET_AMOUNT_MAX + 1);
    EXPECT("C-AMOUNT", 1, true);
    net_transfer(&n, 1, 2, PP_MARKET_AMOUNT_MAX);
    EXPECT("C-BALANCE", 1, true);
    net_transfer(&n, 1, 2, 1000 * ETHER + 1);
    EXPECT("C-BALANCE", 1, true);
    net_fund(&n, 1, LIVE, 0);
    EXPECT("C-AMOUNT", 1, true);
    net_fund(&n, 1, LIVE, 1000 * ETHER + 1);
    EXPECT("C-BALANCE", 1, true);
    // A new account costs its place, and at most half of what comes goes for that.
    pp_u128 least = 2 * net_place(&n);
    net_transfer(&n, 1, 39, least - 1);
    EXPECT("C-AMOUNT", 1, true);
    net_transfer(&n, 1, 39, least);
    EXPECT("OK", 1, true);
    net_transfer(&n, 39, 1, least - net_place(&n));
    EXPECT("OK", 39, true);
    net_transfer(&n, 1, 39, 1);
    EXPECT("C-AMOUNT", 1, true); // an empty account is none
    net_transfer(&n, 2, 3, 1000 * ETHER);
    EXPECT("OK", 2, true);
    net_close(&n);
}

PP_TEST(no_room_for_an_account) {
    net_init(&n);
    n.genesis.accounts_max = 2 + NET_ACCOUNTS + NET_PROVERS;
    net_open(&n);
    net_transfer(&n, 1, 39, 100 * ETHER);
    CHECK_STR(pp_chain_reason(pp_chain_check(n.chain, n.items[0])), "C-FULL");
    CHECK_STR(net_one(&n), "C-FULL");
    net_close(&n);
}

PP_TEST(market_refusals) {
    open_net();
    pp_market_command c = {.kind = PP_MARKET_CANCEL, .request = {{1}}};
    net_market(&n, 1, &c);
    CHECK_STR(pp_chain_reason(pp_chain_check(n.chain, n.items[0])), "OK");
    pp_chain_result r = net_make(&n);
    CHECK_EQ(r.items[0].code, PP_CHAIN_MARKET);
    CHECK_EQ(r.items[0].market, PP_MARKET_UNKNOWN);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "M-UNKNOWN");
    CHECK_STR(pp_chain_reason(r.items[0].code), "C-MARKET");
    CHECK(r.items[0].has_sender && r.items[0].kind == PP_COMMAND_MARKET);
    net_close(&n);
}

PP_TEST(lanes) {
    open_net();
    raw_tx tx;
    net_raw(&tx, REPLAY, 21, 0, 22, 1);
    net_tx(&n, 2, &tx);
    EXPECT("C-LANE", 1, false);
    net_lane(&n, 1, 7, &tx, 1);
    EXPECT("C-LANE", 1, true);
    net_fund(&n, 1, UINT64_MAX, 1);
    EXPECT("C-LANE", 1, true);
    net_tx(&n, REPLAY, &tx);
    EXPECT("C-SUBMITTER", 1, false);
    net_lane(&n, 2, REPLAY, &tx, 1);
    EXPECT("C-SUBMITTER", 2, true);
    tx.size = 0;
    net_tx(&n, LIVE, &tx);
    EXPECT("C-TX-SIZE", 1, false);
    raw_tx two[2];
    net_raw(&two[0], LIVE, 21, 0, 22, 1);
    two[1].size = 0;
    net_lane(&n, 2, LIVE, two, 2);
    EXPECT("C-TX-SIZE", 2, true);
    CHECK_EQ(net_lane_now(&n, LIVE).transactions, 0);
    // The largest there can be, and one byte more.
    static uint8_t large[1 + 8 + 4 + PP_ROLLUP_TX_SIZE_MAX + 1];
    for (size_t more = 0; more < 2; more++) {
        size_t size = PP_ROLLUP_TX_SIZE_MAX + more;
        large[0] = PP_ITEM_LANE_TX;
        pp_store_le32(large + 9, (uint32_t)size);
        net_add(&n, large, 13 + size);
        EXPECT(more ? "C-TX-SIZE" : "OK", 1, false);
    }
    net_close(&n);
}

PP_TEST(backlog) {
    net_init(&n);
    n.rollups[LIVE].batch_backlog = 2;
    n.rollups[LIVE].batch_transactions = 1;
    net_open(&n);
    raw_tx tx;
    for (uint64_t i = 0; i < 3; i++) {
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&n, LIVE, &tx);
        EXPECT(i < 2 ? "OK" : "C-BACKLOG", 1, false);
    }
    net_lane(&n, 1, LIVE, &tx, 1);
    EXPECT("C-BACKLOG", 1, true);
    // A root that advances makes room.
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    net_prove(&n, 11, &b.request, true);
    EXPECT("OK", 11, true);
    net_tx(&n, LIVE, &tx);
    EXPECT("OK", 1, false);
    net_close(&n);
}

PP_TEST(an_incident_stops_the_lane) {
    open_net();
    raw_tx txs[6];
    for (uint64_t i = 0; i < 6; i++) net_raw(&txs[i], LIVE, 21, i, 22, 1);
    net_lane(&n, 1, LIVE, txs, 4);
    EXPECT("OK", 1, true);
    n.preflight_differs = true;
    net_lane(&n, 1, LIVE, txs + 4, 2);
    EXPECT("OK", 1, true);
    raw_tx more[4];
    for (uint64_t i = 0; i < 4; i++) net_raw(&more[i], LIVE, 22, i, 21, 1);
    net_lane(&n, 1, LIVE, more, 4); // the second of them fills the batch
    CHECK_STR(pp_chain_reason(pp_chain_check(n.chain, n.items[0])), "OK");
    pp_chain_result r = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&r.items[0]), "C-STOPPED");
    CHECK_EQ(n.events[PP_EVENT_INCIDENT], 1);
    CHECK_EQ(n.events[PP_EVENT_CUT], 1);
    pp_chain_lane l = net_lane_now(&n, LIVE);
    CHECK_EQ(l.transactions, 8);
    CHECK_EQ(l.open_transactions, 4);
    CHECK(l.incident != NULL);
    pp_chain_info info;
    pp_chain_info_get(&info, n.chain);
    CHECK(info.incident);
    net_tx(&n, LIVE, &more[2]);
    EXPECT("C-STOPPED", 1, false);
    net_lane(&n, 1, LIVE, &more[2], 1);
    EXPECT("C-STOPPED", 1, true);
    // What was cut before can still be checked; the other lane goes on; blocks do not cut again.
    n.preflight_differs = false;
    pp_chain_batch b = net_batch(&n, LIVE, 0);
    net_prove(&n, 11, &b.request, true);
    EXPECT("OK", 11, true);
    CHECK_EQ(net_lane_now(&n, LIVE).checked, 1);
    net_raw(&txs[0], REPLAY, 21, 0, 22, 1);
    net_lane(&n, 1, REPLAY, txs, 1);
    EXPECT("OK", 1, true);
    for (int i = 0; i < 6; i++) net_make(&n);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 1);
    CHECK_EQ(net_lane_now(&n, REPLAY).batches, 1);
    CHECK_EQ(n.events[PP_EVENT_INCIDENT], 1);
    net_close(&n);
}

PP_TEST(a_failing_preflight_is_no_incident) {
    open_net();
    raw_tx txs[4];
    for (uint64_t i = 0; i < 4; i++) net_raw(&txs[i], LIVE, 21, i, 22, 1);
    net_lane(&n, 1, LIVE, txs, 4);
    n.preflight_fails = true;
    size_t size;
    uint8_t *bytes = net_propose(&n, &size);
    pp_err err = {0};
    pp_chain_result r;
    CHECK(!pp_chain_finalize(&err, &r, n.chain, (pp_bytes){bytes, size}));
    CHECK_STR(err.text, "no memory for the guest");
    // The chain is spent, and says so.
    n.preflight_fails = false;
    CHECK(!pp_chain_finalize(&err, &r, n.chain, (pp_bytes){bytes, size}));
    CHECK(strstr(err.text, "anew") != NULL);
    free(bytes);
    net_close(&n);
}

// A store whose disk is full fails the block.
PP_TEST(a_store_that_fails_is_named) {
    char dir[] = "/tmp/pp_chain_XXXXXX";
    REQUIRE(mkdtemp(dir) != NULL);
    pp_err err = {0};
    net_init(&n);
    REQUIRE(pp_store_open(&err, &n.store, dir, 0));
    net_open(&n);
    raw_tx txs[4];
    for (uint64_t i = 0; i < 4; i++) net_raw(&txs[i], LIVE, 21, i, 22, 1);
    net_lane(&n, 1, LIVE, txs, 3);
    net_make(&n);
    net_lane(&n, 1, LIVE, txs + 3, 1);
    size_t size;
    uint8_t *bytes = net_propose(&n, &size);
    pp_chain_result r;
    struct rlimit limit, small = {1, RLIM_INFINITY};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small.rlim_max = limit.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    bool ok = pp_chain_finalize(&err, &r, n.chain, (pp_bytes){bytes, size});
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(!ok);
    CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
    CHECK(strstr(err.text, dir) && strstr(err.text, "cannot write"));
    free(bytes);
    net_close(&n);
    CHECK(access(dir, F_OK) != 0); // scratch: nothing is left
}

PP_TEST(sizes) {
    net_init(&n);
    n.genesis.block_bytes = 1 << 16;
    n.genesis.block_items = 3;
    net_open(&n);
    uint8_t *large = calloc(1, 1 << 16), *tx = calloc(1, 1 << 16);
    REQUIRE(large != NULL && tx != NULL);
    tx[0] = PP_ITEM_LANE_TX;
    size_t most = ((1 << 16) - PP_BLOCK_HEADER_SIZE) / 2 - 4; // two of these fill a block
    CHECK_EQ(pp_chain_check(n.chain, (pp_bytes){large, most}), PP_CHAIN_FORMAT);
    CHECK_EQ(pp_chain_check(n.chain, (pp_bytes){large, most + 1}), PP_CHAIN_SIZE);
    // A proposal takes from the front what goes in.
    size_t size, taken;
    pp_bytes items[4] = {{large, most}, {tx, most}, {large, 1}, {large, 1}};
    free(pp_chain_propose(&size, &taken, n.chain, n.time, &n.beacons[1], items, 4));
    CHECK_EQ(taken, 2);
    CHECK_EQ(size, 1 << 16);
    items[0].size++;
    free(pp_chain_propose(&size, &taken, n.chain, n.time, &n.beacons[1], items, 4));
    CHECK_EQ(taken, 0);
    CHECK_EQ(size, PP_BLOCK_HEADER_SIZE);
    items[1] = (pp_bytes){large, 1};
    items[0].size = 1;
    uint8_t *bytes = pp_chain_propose(&size, &taken, n.chain, n.time, &n.beacons[1], items, 4);
    CHECK_EQ(taken, 3);
    CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){bytes, size}), PP_CHAIN_OK);
    free(bytes);
    // Blocks that somebody else made larger.
    pp_block head = {.height = 1, .parent = n.hash, .beacon = n.beacons[1]};
    pp_chain_info info;
    pp_chain_info_get(&info, n.chain);
    head.state = info.app_hash;
    bytes = pp_block_encode(&size, &head, items, 4);
    CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){bytes, size}), PP_CHAIN_BLOCK_SIZE);
    free(bytes);
    items[0].size = 2 * most + 5;
    bytes = pp_block_encode(&size, &head, items, 1);
    CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){bytes, size}), PP_CHAIN_BLOCK_SIZE);
    free(bytes);
    free(large);
    free(tx);
    net_close(&n);
}

// So many items of these kinds ('c', 't') and sizes: how many go in.
static size_t proposed(const char *kinds, const size_t *sizes) {
    static uint8_t command[1 << 16] = {PP_ITEM_COMMAND}, tx[1 << 16] = {PP_ITEM_LANE_TX};
    pp_bytes items[16];
    size_t len = 0, size, taken;
    for (; kinds[len]; len++)
        items[len] = (pp_bytes){kinds[len] == 't' ? tx : command, sizes ? sizes[len] : 1};
    free(pp_chain_propose(&size, &taken, n.chain, n.time, &n.beacons[1], items, len));
    return taken;
}

// Neither commands nor transactions keep the others out; what one does not need the other has.
PP_TEST(shares_of_a_block) {
    net_init(&n);
    n.genesis.block_bytes = 1 << 16;
    n.genesis.block_items = 6;
    net_open(&n);
    const pp_genesis *g = pp_chain_genesis(n.chain);
    CHECK_EQ(proposed("cccccccc", NULL), 6);
    CHECK_EQ(proposed("tttttttt", NULL), 6);
    CHECK_EQ(proposed("ccccttt", NULL), 3); // they leave three to the others
    CHECK_EQ(proposed("cccttttt", NULL), 6);
    CHECK_EQ(proposed("tttcc", NULL), 5);
    CHECK_EQ(proposed("ttttcc", NULL), 6);
    CHECK_EQ(proposed("ttttccc", NULL), 3);
    CHECK_EQ(proposed("cccccct", NULL), 5);
    const size_t room = pp_genesis_block_room(g), most = pp_genesis_item_max(g);
    CHECK_EQ(2 * (most + 4), room);
    const size_t two[] = {most, most}, more[] = {most, 1, most}, less[] = {most, 1, most - 5, 1},
                 beside[] = {most, 1, most - 5};
    CHECK_EQ(proposed("cc", two), 2);
    const size_t large[] = {most + 1};
    CHECK_EQ(proposed("c", large), 0);
    CHECK_EQ(proposed("t", large), 0);
    CHECK_EQ(proposed("cct", more), 1); // the second one would be above the half
    CHECK_EQ(proposed("cct", beside), 3);
    CHECK_EQ(proposed("cctt", less), 1);
    CHECK_EQ(proposed("ttc", more), 1);
    CHECK_EQ(proposed("ttc", beside), 3);
    // What they may have, by what waits beside.
    pp_block_share s = pp_genesis_share(g, (pp_block_share){0, 0});
    CHECK(s.items == 6 && s.bytes == room);
    s = pp_genesis_share(g, (pp_block_share){2, 1000});
    CHECK(s.items == 4 && s.bytes == room - 1000);
    s = pp_genesis_share(g, (pp_block_share){1000, SIZE_MAX});
    CHECK(s.items == 3 && s.bytes == room / 2);
    net_close(&n);
    net_init(&n);
    n.genesis.block_items = 1;
    net_open(&n);
    CHECK_EQ(proposed("ct", NULL), 1);
    CHECK_EQ(proposed("tc", NULL), 1);
    net_close(&n);
}

// Where genesis names a signer, its signature is part of every block; elsewhere no block has one.
PP_TEST(signed_blocks) {
    static const uint8_t key[32] = {1}, other_key[32] = {2};
    pp_chain_info info;
    pp_hash32 other_network = {{9}};
    size_t size, taken;
    for (int signs = 0; signs < 2; signs++) {
        net_init(&n);
        n.genesis.block_bytes = 1 << 16;
        n.genesis.has_signer = signs;
        bool is_key = pp_sign_address(&n.genesis.signer, key);
        REQUIRE(is_key);
        net_open(&n);
        pp_chain_info_get(&info, n.chain);
        // The largest item leaves room for the signature.
        uint8_t *large = calloc(1, 1 << 16);
        REQUIRE(large != NULL);
        size_t room = (1 << 16) - PP_BLOCK_HEADER_SIZE - (signs ? PP_BLOCK_SIGNATURE_SIZE : 0);
        size_t most = room / 2 - 4;
        CHECK_EQ(pp_chain_check(n.chain, (pp_bytes){large, most}), PP_CHAIN_FORMAT);
        CHECK_EQ(pp_chain_check(n.chain, (pp_bytes){large, most + 1}), PP_CHAIN_SIZE);
        pp_bytes items[2] = {{large, most}, {large, room - most - 8 - room % 2}};
        uint8_t *plain = pp_chain_propose(&size, &taken, n.chain, n.time, &n.beacons[1], items, 2);
        CHECK_EQ(taken, 2);
        CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){plain, size}),
                 signs ? PP_CHAIN_BLOCK_SIGNATURE : PP_CHAIN_OK);
        const struct {
            const uint8_t *key;
            const pp_hash32 *network;
            pp_chain_code code;
        } cases[] = {
            {key, &info.genesis, signs ? PP_CHAIN_OK : PP_CHAIN_BLOCK_SIZE},
            {other_key, &info.genesis, signs ? PP_CHAIN_BLOCK_SIGNATURE : PP_CHAIN_BLOCK_SIZE},
            {key, &other_network, signs ? PP_CHAIN_BLOCK_SIGNATURE : PP_CHAIN_BLOCK_SIZE}};
        for (size_t i = 0; i < PP_COUNT(cases); i++) {
            size_t signed_size = size;
            uint8_t *copy = malloc(size);
            REQUIRE(copy != NULL);
            memcpy(copy, plain, size);
            pp_block_sign(&copy, &signed_size, cases[i].network, cases[i].key);
            CHECK_EQ(signed_size, size + PP_BLOCK_SIGNATURE_SIZE);
            CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){copy, signed_size}), cases[i].code);
            // Every bit of the signature counts, and so does its time.
            for (size_t bit = 0; i == 0 && signs && bit < 8 * PP_BLOCK_SIGNATURE_SIZE; bit += 7) {
                copy[size + bit / 8] ^= 1 << bit % 8;
                CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){copy, signed_size}),
                         PP_CHAIN_BLOCK_SIGNATURE);
                copy[size + bit / 8] ^= 1 << bit % 8;
            }
            copy[8] ^= 1;
            if (signs)
                CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){copy, signed_size}),
                         PP_CHAIN_BLOCK_SIGNATURE);
            free(copy);
        }
        free(plain);
        // A small one with a signature that nobody asked for.
        items[0].size = 1;
        plain = pp_chain_propose(&size, &taken, n.chain, n.time, &n.beacons[1], items, 1);
        pp_block_sign(&plain, &size, &info.genesis, key);
        CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){plain, size}),
                 signs ? PP_CHAIN_OK : PP_CHAIN_BLOCK_SIGNATURE);
        free(plain);
        free(large);
        net_close(&n);
    }
}

// What a block with one byte changed is refused for; NULL: it is another block, of other items or
// another time.
static const char *code_of_offset(size_t at) {
    if (at < 8) return "C-BLOCK-HEIGHT";
    if (at < 16) return NULL;
    if (at < 48) return "C-BLOCK-PARENT";
    if (at < 80) return "C-BLOCK-STATE";
    if (at < 112) return "C-BLOCK-BEACON";
    if (at < 120) return "C-BLOCK-FORMAT"; // count, and the size of the first item
    return NULL;
}

PP_TEST(every_byte_of_a_block) {
    open_net();
    net_make(&n);
    net_transfer(&n, 1, 2, 5);
    size_t size;
    uint8_t *bytes = net_propose(&n, &size);
    pp_bytes whole = {bytes, size};
    pp_chain_result r;
    for (size_t at = 0; at < size; at++)
        for (unsigned bit = 0; bit < 8; bit += 7) {
            bytes[at] ^= (uint8_t)(1u << bit);
            const char *code = pp_chain_reason(pp_chain_process(n.chain, whole));
            const char *due = code_of_offset(at);
            CHECK_STR(code, due ? due : "OK");
            // Refused, it changes nothing; and the next one is as good as before.
            pp_err err;
            if (due) {
                CHECK(pp_chain_finalize(&err, &r, n.chain, whole));
                CHECK_STR(pp_chain_reason(r.code), due);
            }
            bytes[at] ^= (uint8_t)(1u << bit);
        }
    for (size_t cut = 0; cut < size; cut++)
        CHECK_EQ(pp_chain_process(n.chain, (pp_bytes){bytes, cut}), PP_CHAIN_BLOCK_FORMAT);
    net_make(&n);
    CHECK_EQ(pp_chain_process(n.chain, whole), PP_CHAIN_BLOCK_HEIGHT);
    free(bytes);
    net_close(&n);
}

// A block changed behind the header has another hash, so the one after it does not follow.
PP_TEST(a_changed_block_is_found_at_the_next) {
    open_net();
    net_transfer(&n, 1, 2, 5);
    net_make(&n);
    net_make(&n);
    static net other;
    for (size_t at = 8; at < n.blocks[1].size; at++) {
        if (code_of_offset(at) || (at > 124 && at % 16)) continue;
        net_init(&other);
        net_open(&other);
        pp_err err;
        pp_chain_result r;
        pp_hash32 hash;
        n.blocks[1].bytes[at] ^= 1;
        bool ok = pp_chain_finalize(&err, &r, other.chain,
                                    (pp_bytes){n.blocks[1].bytes, n.blocks[1].size});
        CHECK(ok && r.code == PP_CHAIN_OK);
        pp_chain_commit(&hash, other.chain);
        CHECK(!pp_hash32_eq(&hash, &n.blocks[1].app_hash));
        CHECK_EQ(pp_chain_process(other.chain, (pp_bytes){n.blocks[2].bytes, n.blocks[2].size}),
                 PP_CHAIN_BLOCK_PARENT);
        n.blocks[1].bytes[at] ^= 1;
        net_close(&other);
    }
    net_close(&n);
}

PP_TEST(names) {
    for (int i = 0; i < PP_CHAIN_CODES_LEN; i++) {
        const char *name = pp_chain_reason((pp_chain_code)i);
        CHECK(i == 0 ? strcmp(name, "OK") == 0 : strncmp(name, "C-", 2) == 0);
        for (int j = 0; j < i; j++) CHECK(strcmp(name, pp_chain_reason((pp_chain_code)j)) != 0);
    }
    CHECK_STR(pp_chain_reason(PP_CHAIN_CODES_LEN), "C-UNKNOWN");
}
