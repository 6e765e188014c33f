// SPDX-License-Identifier: MIT OR Apache-2.0
// Rollups by command: one is made and lives like those of genesis; every entry that none can be.
#include <stdlib.h>

#include "chain/entry.h"
#include "chain/internal.h"
#include "chain/test_support.h"

static net n;

static pp_u128 free_of(uint64_t who) {
    pp_address a = test_address(who);
    return pp_market_find_account(pp_chain_market(n.chain), &a)->free;
}

// A third rollup: an open one with its own chain id and no account in it yet.
static pp_genesis_rollup third(void) {
    pp_genesis_rollup r = n.rollups[LIVE];
    r.allocations = NULL;
    r.allocations_len = 0;
    r.chain_id = 78;
    r.fund = 2 * ETHER;
    strcpy(r.name, "third");
    return r;
}

static const char *create(uint64_t who, const pp_genesis_rollup *r) {
    size_t size;
    uint8_t *payload = pp_entry_encode(&size, r);
    net_command(&n, who, PP_COMMAND_CREATE, (pp_bytes){payload, size});
    free(payload);
    return net_one(&n);
}

static void begin(void) {
    net_init(&n);
    net_open(&n);
}

PP_TEST(a_rollup_is_made_and_lives) {
    begin();
    pp_genesis_rollup r = third();
    pp_u128 had = free_of(1);
    pp_chain_ledger ledger;
    CHECK(pp_chain_ledger_get(&ledger, n.chain));
    pp_u128 burned = ledger.burned;
    uint32_t kept = pp_chain_market(n.chain)->kept;
    size_t size;
    uint8_t *payload = pp_entry_encode(&size, &r);
    net_command(&n, 1, PP_COMMAND_CREATE, (pp_bytes){payload, size});
    free(payload);
    pp_chain_result made = net_make(&n);
    CHECK_STR(pp_chain_item_reason(&made.items[0]), "OK");
    CHECK_EQ(made.events_len, 1);
    pp_address creator = test_address(1);
    CHECK_EQ(made.events[0].kind, PP_EVENT_CREATED);
    CHECK(made.events[0].lane == 2 && made.events[0].amount == 2 * ETHER);
    CHECK(pp_address_eq(&made.events[0].account, &creator));
    CHECK(free_of(1) == had - 5 * ETHER); // its fund, and the price
    CHECK(pp_chain_ledger_get(&ledger, n.chain) && ledger.burned == burned + 3 * ETHER);
    CHECK_EQ(pp_chain_market(n.chain)->kept, kept + r.batch_backlog);
    pp_chain_info info;
    pp_chain_info_get(&info, n.chain);
    CHECK_EQ(info.lanes, 3);
    const pp_genesis *g = pp_chain_genesis(n.chain);
    CHECK_EQ(g->rollups_len, 3);
    CHECK_STR(g->rollups[2].name, "third");
    CHECK(g->rollups[2].chain_id == 78 && g->rollups[2].open);
    pp_chain_lane l = net_lane_now(&n, 2);
    CHECK(l.fund == 2 * ETHER && l.locked == 0 && l.batches == 0 && l.base_fee == 1000000000);
    // Money comes in by deposit; it is spent, batched, proven.
    net_deposit(&n, 2, 2, 21, ETHER);
    net_make(&n);
    raw_tx tx;
    tx_spec spec = {.type = 2,
                    .chain_id = 78,
                    .gas_limit = 21000,
                    .fee_cap = pp_u256_from_u64(2000000000),
                    .to = test_address(22),
                    .value = pp_u256_from_u64(5)};
    sign_tx(&tx, &spec, 21);
    net_tx(&n, 2, &tx);
    net_make(&n);
    net_make(&n);
    pp_chain_batch b = net_batch(&n, 2, 0);
    CHECK(b.deposits == 1 && b.transactions == 1 && b.applied == 1);
    CHECK_EQ(b.output.chain_id, 78);
    CHECK(run_guest(b.input, &b.output) > 0);
    uint64_t lane, batch;
    CHECK(pp_chain_batch_of(&lane, &batch, n.chain, &b.request) && lane == 2 && batch == 0);
    pp_hash32 request = b.request;
    net_prove(&n, 13, &request, true);
    CHECK_STR(net_one(&n), "OK");
    CHECK_EQ(net_lane_now(&n, 2).checked, 1);
    pp_account a;
    pp_err err;
    pp_address to = test_address(22);
    CHECK(pp_chain_rollup_account(&err, &a, n.chain, 2, &to, true) && a.balance.v[0] == 5);
    net_fund(&n, 3, 2, ETHER);
    CHECK_STR(net_one(&n), "OK");
    // A chain built from the log has it too, and says the same.
    static net again;
    net_init(&again);
    net_open(&again);
    for (uint64_t h = 1; h <= info.height + 5; h++) {
        pp_hash32 hash;
        CHECK(pp_chain_finalize(&err, &made, again.chain,
                                (pp_bytes){n.blocks[h].bytes, n.blocks[h].size}));
        pp_chain_commit(&hash, again.chain);
        CHECK_MEM(hash.b, n.blocks[h].app_hash.b, 32);
    }
    CHECK_EQ(pp_chain_genesis(again.chain)->rollups_len, 3);
    net_close(&again);
    net_close(&n);
}

PP_TEST(what_none_can_be) {
    net_init(&n);
    n.genesis.requests_max = 30; // 16 are the first two's
    net_open(&n);
    pp_genesis_rollup r = third();
    r.chain_id = 1; // signatures would hold in both
    CHECK_STR(create(1, &r), "C-TAKEN");
    r = third();
    strcpy(r.name, "live");
    CHECK_STR(create(1, &r), "C-TAKEN");
    r = third();
    r.program_id.b[31] = 1;
    CHECK_STR(create(1, &r), "C-PROGRAM");
    r = third();
    r.batch_backlog = 15;
    CHECK_STR(create(1, &r), "C-FULL");
    r = third();
    r.terms.decline_window = 2501;
    CHECK_STR(create(1, &r), "M-TERMS-WINDOWS");
    r = third();
    r.fund = n.genesis.market.proof_bond - 1;
    CHECK_STR(create(1, &r), "C-AMOUNT");
    r.fund = free_of(1) - 3 * ETHER + 1;
    CHECK_STR(create(1, &r), "C-BALANCE");
    r = third();
    r.gas_limit = PP_ROLLUP_FORCED_GAS_MAX;
    CHECK_STR(create(1, &r), "C-ENTRY");
    r = third();
    r.reserve_rate = PP_MARKET_AMOUNT_MAX + 1;
    CHECK_STR(create(1, &r), "C-ENTRY");
    r = third();
    r.fund = PP_MARKET_AMOUNT_MAX + 1;
    CHECK_STR(create(1, &r), "C-ENTRY");
    r = third();
    strcpy(r.name, "Third");
    CHECK_STR(create(1, &r), "C-ENTRY");
    r.name[0] = 0;
    CHECK_STR(create(1, &r), "C-ENTRY");
    r = third();
    r.fee_floor = 125; // half a fee rule
    CHECK_STR(create(1, &r), "C-ENTRY");
    CHECK_EQ(pp_chain_genesis(n.chain)->rollups_len, 2);
    // To the last wei; and again under other names until there is no place.
    r = third();
    r.batch_backlog = 1;
    r.fund = free_of(1) - 3 * ETHER;
    CHECK_STR(create(1, &r), "OK");
    CHECK(free_of(1) == 0);
    CHECK_STR(create(2, &r), "C-TAKEN");
    r.fund = ETHER;
    r.chain_id = 79;
    strcpy(r.name, "fourth");
    CHECK_STR(create(2, &r), "OK");
    r.chain_id = 80;
    strcpy(r.name, "fifth");
    CHECK_STR(create(2, &r), "C-FULL"); // genesis says four
    net_close(&n);
}

// Places that requests of others hold are none that a new rollup could have: they would be missing
// to the lanes that are there.
PP_TEST(places_that_others_hold) {
    net_init(&n);
    n.genesis.requests_max = 20; // 16 are the first two's
    net_open(&n);
    const pp_market *m = pp_chain_market(n.chain);
    pp_market_command post = {.kind = PP_MARKET_POST, .terms = n.rollups[LIVE].terms};
    post.terms.reserve = post.terms.cap = 1;
    for (; post.nonce < 3; post.nonce++) {
        net_market(&n, 2, &post);
        CHECK_STR(net_one(&n), "OK");
    }
    pp_genesis_rollup r = third();
    r.batch_backlog = 2;
    CHECK_STR(create(1, &r), "C-FULL");
    CHECK_EQ(m->kept, 16);
    raw_tx tx;
    for (uint64_t i = 0; i < 4; i++) {
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_make(&n); // a lane's own request holds none of the others' places
    CHECK(m->protocol_len == 1 && m->open_len == 4);
    r.batch_backlog = 1;
    CHECK_STR(create(1, &r), "OK");
    CHECK_EQ(m->kept, 17);
    net_market(&n, 2, &post);
    CHECK_STR(net_one(&n), "M-FULL");
    // Both have all of theirs.
    for (uint64_t i = 4; i < 32; i++) {
        net_raw(&tx, LIVE, 21, i, 22, 1);
        net_tx(&n, LIVE, &tx);
    }
    net_deposit(&n, 1, 2, 21, ETHER);
    for (int i = 0; i < 8; i++) net_make(&n);
    CHECK_EQ(net_lane_now(&n, LIVE).batches, 8);
    CHECK_EQ(net_lane_now(&n, 2).batches, 1);
    CHECK_EQ(n.events[PP_EVENT_POSTED], 9);
    CHECK_EQ(n.events[PP_EVENT_HELD_BACK], 0);
    net_close(&n);
}

// What genesis demands of its rollups: a full batch fits a proof, and the exit waits for an
// one whose winners decline and default.
PP_TEST(no_less_than_genesis_demands) {
    net_init(&n);
    n.genesis.exit = (pp_genesis_exit){66000, 66};
    n.rollups[LIVE].work_byte = 1;
    net_open(&n);
    pp_genesis_rollup r = third();
    r.batch_blocks = 4;
    CHECK_STR(create(1, &r), "C-ENTRY-EXIT");
    r.batch_blocks = 3;
    r.terms.expiry += 1;
    CHECK_STR(create(1, &r), "C-ENTRY-EXIT");
    r = third();
    n.work_most = pp_genesis_full_work(&r) - 1;
    CHECK_STR(create(1, &r), "C-ENTRY-FIT");
    n.work_most++;
    // What a batch costs is the program's: nobody says that his are cheaper.
    r.work_batch--;
    CHECK_STR(create(1, &r), "C-ENTRY-FIT");
    r = third();
    r.work_transaction--;
    CHECK_STR(create(1, &r), "C-ENTRY-FIT");
    r = third();
    r.work_byte--;
    CHECK_STR(create(1, &r), "C-ENTRY-FIT");
    r = third();
    CHECK_STR(create(1, &r), "OK");
    net_close(&n);
}

// No place for the fund's account: nothing is paid and nothing made.
PP_TEST(a_full_table_of_accounts) {
    net_init(&n);
    n.genesis.accounts_max = NET_ACCOUNTS + NET_PROVERS + 2;
    net_open(&n);
    pp_genesis_rollup r = third();
    pp_u128 had = free_of(1);
    CHECK_STR(create(1, &r), "C-FULL");
    CHECK(free_of(1) == had);
    CHECK_EQ(pp_chain_genesis(n.chain)->rollups_len, 2);
    net_close(&n);
}

// Every number of an entry below, at and above its bounds; every byte of it cut off or added.
PP_TEST(bounds_and_bytes) {
    begin();
    const pp_market_params *market = &n.genesis.market;
    pp_genesis_rollup r = third(), back;
    r.fee_target = 42000;
    r.fee_change = 8;
    r.fee_floor = 125;
    r.fee_backlog = 300;
    bool in_bounds;
    size_t size;
    uint8_t *bytes = pp_entry_encode(&size, &r);
    REQUIRE(pp_entry_decode(&back, &in_bounds, (pp_bytes){bytes, size}, market) && in_bounds);
    size_t again_size;
    uint8_t *again = pp_entry_encode(&again_size, &back);
    CHECK_EQ(again_size, size);
    CHECK_MEM(again, bytes, size);
    free(again);
    for (size_t cut = 0; cut < size; cut++)
        CHECK(!pp_entry_decode(&back, &in_bounds, (pp_bytes){bytes, cut}, market));
    uint8_t *longer = calloc(1, size + 1);
    REQUIRE(longer != NULL);
    memcpy(longer, bytes, size);
    CHECK(!pp_entry_decode(&back, &in_bounds, (pp_bytes){longer, size + 1}, market));
    free(longer);
    size_t numbers_at = 4 + strlen(r.name);
    for (size_t i = 0; i < PP_ENTRY_NUMBERS; i++) {
        uint8_t *at = bytes + numbers_at + 8 * i;
        uint64_t kept = pp_load_le64(at), min = pp_entry_numbers[i].min,
                 max = pp_entry_max(i, market);
        CHECK(kept >= min && kept <= max);
        const uint64_t out[] = {min - 1, max + 1, UINT64_MAX, (uint64_t)1 << 32 | kept};
        for (size_t k = 0; k < PP_COUNT(out); k++) {
            if (out[k] >= min && out[k] <= max) continue;
            pp_store_le64(at, out[k]);
            CHECK(pp_entry_decode(&back, &in_bounds, (pp_bytes){bytes, size}, market));
            CHECK(!in_bounds);
        }
        pp_store_le64(at, max);
        CHECK(pp_entry_decode(&back, &in_bounds, (pp_bytes){bytes, size}, market));
        CHECK_EQ(pp_entry_get(&back, i), max);
        pp_store_le64(at, kept);
    }
    // An open lane names no submitter; a flag is one bit.
    size_t open_at = numbers_at + 8 * PP_ENTRY_NUMBERS + 32;
    CHECK_EQ(bytes[open_at], 1);
    bytes[open_at + 1] = 1;
    CHECK(!pp_entry_decode(&back, &in_bounds, (pp_bytes){bytes, size}, market));
    bytes[open_at] = 2;
    CHECK(!pp_entry_decode(&back, &in_bounds, (pp_bytes){bytes, size}, market));
    bytes[open_at] = 0;
    CHECK(pp_entry_decode(&back, &in_bounds, (pp_bytes){bytes, size}, market) && !back.open);
    free(bytes);
    net_close(&n);
}

// The file of `rollup create` says what a genesis says, without allocations.
PP_TEST(an_entry_as_a_file) {
    begin();
    static const char text[] =
        "{\"name\": \"mine\", \"chain_id\": 4711, \"program_id\": "
        "\"0xba00000000000000000000000000000000000000000000000000000000000000\", \"submitter\": "
        "null, \"fee_recipient\": \"0x1c99b6e0cb9498316b6fe9e1115dfc7587b0f315\", \"base_fee\": "
        "7, \"gas_limit\": 36000000, \"fee\": null, \"batch\": {\"transactions\": 4, \"bytes\": "
        "131072, \"blocks\": 3, \"backlog\": 8}, \"queue\": {\"deposits\": 3, \"forced\": 2, "
        "\"batches\": 4}, \"fund\": {\"balance\": \"1000000000000000000\", \"reserve_rate\": "
        "\"1000000000000\", \"work_batch\": 1000000, \"work_transaction\": 500000, "
        "\"work_byte\": 0}, \"request\": {\"winners\": 1, \"kappa\": 4, \"commit_window\": 2000, "
        "\"reveal_window\": 2000, \"decline_window\": 1000, \"work_window\": 10000, "
        "\"bounty_window\": 4000, \"expiry\": 60000}}";
    pp_genesis_rollup r;
    pp_err err = {0};
    pp_bytes file = {(const uint8_t *)text, sizeof text - 1};
    CHECK(pp_genesis_rollup_parse(&err, &r, "mine.json", file, &n.genesis.market));
    CHECK(r.chain_id == 4711 && r.fee_target == 0 && r.queue_forced == 2 && r.fund == ETHER);
    CHECK_STR(create(1, &r), "OK");
    CHECK(!pp_genesis_rollup_parse(&err, &r, "mine.json", (pp_bytes){file.data, file.size - 1},
                                   &n.genesis.market));
    CHECK(strncmp(err.text, "mine.json: not JSON", 19) == 0);
    char other[sizeof text];
    memcpy(other, text, sizeof text);
    memcpy(strstr(other, "\"blocks\": 3"), "\"blocks\": 0", 11);
    CHECK(!pp_genesis_rollup_parse(&err, &r, "mine.json", (pp_bytes){(uint8_t *)other, file.size},
                                   &n.genesis.market));
    CHECK_STR(err.text, "mine.json: batch.blocks: must be from 1 to 1048576");
    net_close(&n);
}
