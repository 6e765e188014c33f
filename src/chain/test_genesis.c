// SPDX-License-Identifier: MIT OR Apache-2.0
// Genesis files: each says one network, and whatever is wrong with one is named with its place.
#include <jansson.h>
#include <stdlib.h>

#include "chain/test_support.h"

static net n;

static json_t *good(void) {
    net_init(&n);
    char *text = pp_genesis_print(&n.genesis);
    json_t *root = json_loads(text, 0, NULL);
    PP_ASSERT(root != NULL);
    free(text);
    net_close(&n);
    return root;
}

// The sentence for this file; "" when it is a genesis.
static const char *sentence(const char *text, size_t size) {
    static pp_err err;
    pp_genesis g;
    err.text[0] = 0;
    if (!pp_genesis_parse(&err, &g, "g.json", (pp_bytes){(const uint8_t *)text, size})) {
        CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
        CHECK(g.accounts == NULL && g.rollups == NULL && g.supply == 0);
        return err.text;
    }
    pp_genesis_free(&g);
    return "";
}

static void expect(int line, json_t *root, const char *want) {
    char *text = json_dumps(root, 0);
    PP_ASSERT(text != NULL);
    const char *got = sentence(text, strlen(text));
    if (strcmp(got, want) != 0) pp_test_fail(__FILE__, line, "\"%s\", not \"%s\"", got, want);
    free(text);
    json_decref(root);
}

// The good file with the value at a path of members and indices replaced ("" removes it).
static json_t *with(const char *path, const char *value) {
    json_t *root = good(), *at = root;
    char step[64];
    const char *rest = path;
    for (;;) {
        size_t len = strcspn(rest, ".");
        PP_ASSERT(len < sizeof step);
        memcpy(step, rest, len);
        step[len] = 0;
        bool last = rest[len] == 0;
        size_t index = (size_t)strtoul(step, NULL, 10);
        json_t *new_value = last && value[0] ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
        if (last && json_is_array(at))
            json_array_set_new(at, index, new_value);
        else if (last && value[0])
            json_object_set_new(at, step, new_value);
        else if (last)
            json_object_del(at, step);
        if (last) return root;
        at = json_is_array(at) ? json_array_get(at, index) : json_object_get(at, step);
        PP_ASSERT(at != NULL);
        rest += len + 1;
    }
}
#define EXPECT(path, value, want) expect(__LINE__, with(path, value), want)

PP_TEST(says_what_was_said) {
    net_init(&n);
    n.genesis.command_fee = 12345;
    char *text = pp_genesis_print(&n.genesis);
    pp_genesis g;
    pp_err err = {0};
    REQUIRE(pp_genesis_parse(&err, &g, "g", (pp_bytes){(uint8_t *)text, strlen(text)}));
    char *again = pp_genesis_print(&g);
    CHECK_STR(text, again);
    CHECK_STR(g.name, "test");
    CHECK_EQ(g.time, n.genesis.time);
    CHECK_EQ(g.block_interval, 1000);
    CHECK_EQ(g.block_bytes, 1 << 20);
    CHECK_EQ(g.block_items, NET_ITEMS);
    CHECK_EQ(g.command_fee, 12345);
    CHECK_EQ(g.check, PP_CHECK_RE_EXECUTE);
    CHECK_MEM(&g.market, &n.genesis.market, sizeof g.market);
    CHECK_MEM(&g.beacon_end, &n.genesis.beacon_end, 32);
    CHECK_EQ(g.rollups_len, 2);
    for (size_t i = 0; i < 2; i++) {
        const pp_genesis_rollup *a = &g.rollups[i], *b = &n.rollups[i];
        CHECK_STR(a->name, b->name);
        CHECK(a->chain_id == b->chain_id && a->open == b->open && a->base_fee == b->base_fee);
        CHECK(a->fund == b->fund && a->reserve_rate == b->reserve_rate);
        CHECK(a->batch_bytes == b->batch_bytes && a->batch_blocks == b->batch_blocks);
        CHECK(a->queue_deposits == 3 && a->queue_forced == 2 && a->queue_batches == 4);
        CHECK_EQ(a->terms.expiry, b->terms.expiry);
        CHECK_EQ(a->allocations_len, NET_USERS);
        for (size_t j = 0; j < NET_USERS; j++) { // member by member: between them is padding
            CHECK(pp_address_eq(&a->allocations[j].address, &b->allocations[j].address));
            CHECK_EQ(a->allocations[j].account.nonce, b->allocations[j].account.nonce);
            CHECK(pp_u256_cmp(&a->allocations[j].account.balance,
                              &b->allocations[j].account.balance) == 0);
        }
    }
    CHECK(g.supply == (NET_ACCOUNTS + NET_PROVERS) * 1000 * ETHER + NET_PROVERS * 100 * ETHER +
                          2 * ETHER + 2 * NET_USERS * 100 * ETHER);
    CHECK_STR(pp_genesis_check_word(PP_CHECK_RE_EXECUTE), "re-executed");
    CHECK_STR(pp_genesis_check_word(PP_CHECK_PROOF), "proven");
    free(text);
    free(again);
    pp_genesis_free(&g);
    net_close(&n);
}

PP_TEST(every_member_is_needed_and_no_other) {
    json_t *root = good();
    const char *name;
    json_t *value;
    char want[200], path[64];
    json_object_foreach(root, name, value) {
        snprintf(want, sizeof want, "g.json: %s: missing", name);
        EXPECT(name, "", want);
        if (!json_is_object(value)) continue;
        const char *inner;
        json_t *unused;
        json_object_foreach(value, inner, unused) {
            snprintf(path, sizeof path, "%s.%s", name, inner);
            snprintf(want, sizeof want, "g.json: %s.%s: missing", name, inner);
            EXPECT(path, "", want);
        }
        snprintf(path, sizeof path, "%s.more", name);
        snprintf(want, sizeof want, "g.json: %s: unknown member 'more'", name);
        EXPECT(path, "1", want);
    }
    json_object_foreach(json_array_get(json_object_get(root, "rollups"), 1), name, value) {
        snprintf(path, sizeof path, "rollups.1.%s", name);
        snprintf(want, sizeof want, "g.json: rollups[1].%s: missing", name);
        EXPECT(path, "", want);
    }
    json_decref(root);
    EXPECT("more", "{}", "g.json: unknown member 'more'");
    EXPECT("rollups.1.more", "{}", "g.json: rollups[1]: unknown member 'more'");
    EXPECT("accounts.0.more", "{}", "g.json: accounts[0]: unknown member 'more'");
}

PP_TEST(what_is_wrong_is_named) {
    EXPECT("polypoly", "\"genesis/2\"", "g.json: polypoly: must be \"genesis/1\"");
    EXPECT("name", "\"A\"", "g.json: name: must be 1 to 31 lower-case letters, digits and '-'");
    EXPECT("name", "\"\"", "g.json: name: must be 1 to 31 lower-case letters, digits and '-'");
    EXPECT("name", "\"0123456789012345678901234567890-\"",
           "g.json: name: must be 1 to 31 lower-case letters, digits and '-'");
    EXPECT("time", "-1", "g.json: time: must be a whole number");
    EXPECT("time", "1.5", "g.json: time: must be a whole number");
    EXPECT("time", "2000000000000000", "g.json: time: must be from 0 to 1125899906842624");
    EXPECT(
        "check", "\"trust\"",
        "g.json: check: must be \"re-execute\" or an object that says which proofs are accepted");
    EXPECT(
        "check", "\"proof\"",
        "g.json: check: must be \"re-execute\" or an object that says which proofs are accepted");
    EXPECT("check", "{}", "g.json: check.sets: missing");
    EXPECT("check", "{\"sets\": [], \"bytes\": 1, \"shards\": 1}",
           "g.json: check.sets: must be 1 to 4 names of parameter sets");
    EXPECT("check", "{\"sets\": \"fast\", \"bytes\": 1, \"shards\": 1}",
           "g.json: check.sets: must be a list");
    EXPECT("check", "{\"sets\": [\"fast\", \"slow\"], \"bytes\": 1, \"shards\": 1}",
           "g.json: check.sets[1]: must be the name of a parameter set (polypoly soundness)");
    EXPECT("check", "{\"sets\": [7], \"bytes\": 1, \"shards\": 1}",
           "g.json: check.sets[0]: must be the name of a parameter set (polypoly soundness)");
    EXPECT("check", "{\"sets\": [\"test\"], \"bytes\": 1, \"shards\": 1}",
           "g.json: check.sets[0]: the set test proves nothing to anybody");
    EXPECT("check", "{\"sets\": [\"fast\", \"fast\"], \"bytes\": 1, \"shards\": 1}",
           "g.json: check.sets[1]: the set fast stands there twice");
    EXPECT("check", "{\"sets\": [\"fast\"], \"bytes\": 523265, \"shards\": 1}",
           "g.json: check.bytes: must be from 1 to 523264");
    EXPECT("check", "{\"sets\": [\"fast\"], \"bytes\": 1, \"shards\": 0}",
           "g.json: check.shards: must be from 1 to 65536");
    EXPECT("check", "{\"sets\": [\"small\", \"fast\"], \"bytes\": 523264, \"shards\": 65536}", "");
    EXPECT("vm_id", "\"0x12\"", "g.json: vm_id: must be 0x and 64 hex digits");
    EXPECT("vm_id", "7", "g.json: vm_id: must be 0x and 64 hex digits");
    EXPECT("signer", "7", "g.json: signer: must be 0x and 40 hex digits");
    EXPECT("signer", "\"0x12\"", "g.json: signer: must be 0x and 40 hex digits");
    EXPECT("signer", "\"0x00112233445566778899aabbccddeeff00112233\"", "");
    EXPECT("beacon_end", "\"12\"", "g.json: beacon_end: must be 0x and 64 hex digits");
    EXPECT("block", "[]", "g.json: block: must be an object");
    EXPECT("block.bytes", "1", "g.json: block.bytes: must be from 65536 to 67108864");
    EXPECT("block.items", "0", "g.json: block.items: must be from 1 to 65536");
    EXPECT("block.command_fee", "-1", "g.json: block.command_fee: must be a whole number");
    EXPECT("block.command_fee", "1000000000000000001",
           "g.json: block.command_fee: must be from 0 to 1000000000000000000");
    EXPECT("block.command_fee", "1000000000000000000", "");
    EXPECT("block.command_fee", "0", "");
    EXPECT("block.interval", "0", "g.json: block.interval: must be from 1 to 3600000");
    EXPECT("limits.accounts", "0", "g.json: limits.accounts: must be from 1 to 16777216");
    EXPECT("limits.requests", "0", "g.json: limits.requests: must be from 1 to 1048576");
    // An exit that opens before a batch must be proven: 3 blocks, 60 s until its request's expiry,
    // a second of F and two blocks.
    EXPECT("exit.blocks", "65",
           "g.json: exit: opens before a batch must be proven: batch.blocks and the expiry of "
           "rollups[0] need 66 blocks, 66000 ms");
    EXPECT("exit.blocks", "66", "");
    EXPECT("exit.time", "65999",
           "g.json: exit: opens before a batch must be proven: batch.blocks and the expiry of "
           "rollups[0] need 66 blocks, 66000 ms");
    EXPECT("exit.time", "66000", "");
    EXPECT("rollups.1.batch.blocks", "1048576",
           "g.json: exit: opens before a batch must be proven: batch.blocks and the expiry of "
           "rollups[1] need 1048639 blocks, 1048639000 ms");
    EXPECT("block.interval", "999", ""); // blocks that are shorter: more of them
    EXPECT("market.beacon_bound", "2999",
           "g.json: market: beacon_bound: below three of block.interval: a late block would end "
           "auctions undrawn");
    EXPECT("market.beacon_bound", "3000", "");
    EXPECT("market.inclusion_bound", "0",
           "g.json: market: inclusion_bound: 0: a deadline could be the block of the assignment");
    EXPECT("market.inclusion_bound", "1", "");
    EXPECT("market.window_max", "2999",
           "g.json: market: window_max: below three of block.interval: no bid would be opened in "
           "time");
    EXPECT("market.window_max", "3000", "");
    EXPECT("market.commits_max", "33", "g.json: market.commits_max: must be from 1 to 32");
    EXPECT("accounts", "7", "g.json: accounts: must be a list");
    EXPECT("accounts.1.balance", "5",
           "g.json: accounts[1].balance: must be wei as a decimal string below 2^128");
    EXPECT("accounts.1.balance", "\"1237940039285380274899124225\"",
           "g.json: accounts[1].balance: must be at most 2^90 wei");
    EXPECT("accounts.1.address", "\"0x0000000000000000000000000000000000000000\"",
           "g.json: accounts[1]: addresses must be ascending, none twice");
    EXPECT("provers.1.address", "\"0x0000000000000000000000000000000000000000\"",
           "g.json: provers[1]: addresses must be ascending, none twice");
    EXPECT("provers.0.slots", "0", "g.json: provers[0].slots: must be from 1 to 1024");
    EXPECT(
        "rollups.0.chain_id", "1",
        "g.json: rollups[1]: chain_id 1 is that of rollups[0] too: signatures would hold in both");
    EXPECT("rollups.0.submitter", "5",
           "g.json: rollups[0].submitter: must be 0x and 40 hex digits");
    EXPECT("rollups.0.gas_limit", "20999",
           "g.json: rollups[0].gas_limit: must be from 21000 to 9223372036854775807");
    EXPECT("rollups.0.batch.transactions", "1025",
           "g.json: rollups[0].batch.transactions: must be from 1 to 1024");
    EXPECT("rollups.0.batch.bytes", "131071",
           "g.json: rollups[0].batch.bytes: must be from 131072 to 16777216");
    EXPECT("registry.rollups", "1", "g.json: registry: rollups: fewer than this file names");
    EXPECT("registry.rollups", "65", "g.json: registry.rollups: must be from 0 to 64");
    EXPECT("registry.price", "1",
           "g.json: registry.price: must be wei as a decimal string below 2^128");
    EXPECT("rollups.0.fee", "7", "g.json: rollups[0].fee: must be an object");
    EXPECT("rollups.0.fee", "{\"target\": 21000, \"change\": 8, \"floor\": 125}",
           "g.json: rollups[0].fee.backlog: missing");
    EXPECT("rollups.0.fee", "{\"target\": 20999, \"change\": 8, \"floor\": 125, \"backlog\": 300}",
           "g.json: rollups[0].fee.target: must be from 21000 to 9223372036854775807");
    EXPECT("rollups.0.fee", "{\"target\": 21000, \"change\": 1, \"floor\": 125, \"backlog\": 300}",
           "g.json: rollups[0].fee.change: must be from 2 to 1000");
    EXPECT("rollups.0.fee",
           "{\"target\": 21000, \"change\": 2, \"floor\": 10000, \"backlog\": 10000}", "");
    EXPECT("rollups.0.queue.forced", "65", "g.json: rollups[0].queue.forced: must be from 0 to 64");
    EXPECT("rollups.0.queue.deposits", "257",
           "g.json: rollups[0].queue.deposits: must be from 0 to 256");
    EXPECT("rollups.0.queue.batches", "0",
           "g.json: rollups[0].queue.batches: must be from 1 to 1024");
    EXPECT("rollups.0.gas_limit", "492559",
           "g.json: rollups[0].queue: gas_limit is below 246280 for each forced transaction");
    EXPECT("rollups.0.gas_limit", "492560", "");
    EXPECT("rollups.0.batch.backlog", "65",
           "g.json: rollups[0].batch.backlog: must be from 1 to 64");
    EXPECT("rollups.0.fund.work_byte", "16777217",
           "g.json: rollups[0].fund.work_byte: must be from 0 to 16777216");
    EXPECT("rollups.0.request.winners", "6",
           "g.json: rollups[0].request.winners: must be from 1 to 5");
    EXPECT("rollups.0.allocations.2.address", "\"0x0000000000000000000000000000000000000000\"",
           "g.json: rollups[0].allocations[2]: addresses must be ascending, none twice");
    EXPECT("rollups.0.allocations.2.balance", "\"-1\"",
           "g.json: rollups[0].allocations[2].balance: must be wei as a string below 2^256");
    EXPECT("rollups.0.allocations.2.balance", "\"1237940039285380274899124224\"",
           "g.json: accounts, stakes, funds and allocations sum to more than 2^90 wei");
    EXPECT("rollups.1.allocations.7.balance",
           "\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"",
           "g.json: accounts, stakes, funds and allocations sum to more than 2^90 wei");
    EXPECT("provers.0.stake", "\"1237940039285380274899124224\"",
           "g.json: accounts, stakes, funds and allocations sum to more than 2^90 wei");
}

PP_TEST(too_many_rollups) {
    json_t *root = good(), *list = json_object_get(root, "rollups");
    while (json_array_size(list) <= PP_GENESIS_ROLLUPS_MAX)
        json_array_append_new(list, json_object());
    expect(__LINE__, root, "g.json: rollups: more than 64");
}

PP_TEST(no_json) {
    const char *two = "{\"name\": 1, \"name\": 1}";
    CHECK(strncmp(sentence("", 0), "g.json: not JSON, line ", 23) == 0);
    CHECK(strncmp(sentence("{", 1), "g.json: not JSON, line ", 23) == 0);
    CHECK(strncmp(sentence(two, strlen(two)), "g.json: not JSON, line ", 23) == 0);
    CHECK_STR(sentence("[]", 2), "g.json: must be an object");
    // Cut short anywhere.
    net_init(&n);
    char *text = pp_genesis_print(&n.genesis);
    for (size_t size = 0; size < strlen(text); size += 7) CHECK(sentence(text, size)[0] != 0);
    free(text);
    net_close(&n);
}

// What only the whole of it shows.
static void no_chain(int line, const char *want) {
    char *text = pp_genesis_print(&n.genesis);
    pp_err err = {0};
    pp_chain *chain = NULL;
    pp_chain_env env = {0};
    if (!pp_store_open(&err, &n.store, "", PP_STORE_MEMORY)) return;
    env.store = n.store;
    bool ok = pp_chain_new(&err, &chain, "g.json", (pp_bytes){(uint8_t *)text, strlen(text)}, &env);
    if (ok || chain || strcmp(err.text, want) != 0)
        pp_test_fail(__FILE__, line, "\"%s\", not \"%s\"", err.text, want);
    pp_chain_free(chain);
    free(text);
    net_close(&n);
}

PP_TEST(no_network) {
    net_init(&n);
    n.genesis.accounts_max = 10;
    no_chain(__LINE__, "g.json: limits.accounts: fewer than the accounts, provers and rollups of "
                       "this file");
    net_init(&n);
    n.genesis.requests_max = 15;
    no_chain(__LINE__, "g.json: limits.requests: fewer than the lanes' backlogs together (16)");
    net_init(&n);
    n.rollups[REPLAY].terms.decline_window = 2501;
    no_chain(__LINE__, "g.json: rollups[1].request: the market takes no full batch with it: a "
                       "window is out of its bounds (M-TERMS-WINDOWS)");
    net_init(&n);
    n.rollups[LIVE].work_transaction = 1000000000;
    no_chain(__LINE__, "g.json: rollups[0].request: the market takes no full batch with it: a "
                       "window is out of its bounds (M-TERMS-WINDOWS)");
    net_init(&n);
    n.rollups[LIVE].terms.expiry = 30000;
    no_chain(
        __LINE__,
        "g.json: rollups[0].request: the market takes no full batch with it: the expiry leaves "
        "no time for an auction and a rescue (M-TERMS-EXPIRY)");
    net_init(&n);
    n.rollups[LIVE].work_transaction = n.rollups[LIVE].work_batch = (uint64_t)1 << 40;
    n.rollups[LIVE].batch_transactions = 1024;
    no_chain(__LINE__, "g.json: rollups[0].request: the market takes no full batch with it: an "
                       "amount is out of range (M-AMOUNT)");
}

PP_TEST(the_file_is_the_network) {
    static const char a[] = "{}", b[] = "{ }";
    pp_hash32 ha, hb;
    pp_genesis_hash(&ha, (pp_bytes){(const uint8_t *)a, 2});
    pp_genesis_hash(&hb, (pp_bytes){(const uint8_t *)b, 3});
    CHECK(!pp_hash32_eq(&ha, &hb));
}

// What the fuzzer begins from is accepted: else it never comes past the first missing member.
PP_TEST(seeds_are_good) {
    static const char *const seeds[] = {"small", "two_rollups"};
    for (size_t i = 0; i < PP_COUNT(seeds); i++) {
        char path[1024];
        uint8_t *data;
        size_t size;
        pp_err err = {0};
        pp_genesis g;
        snprintf(path, sizeof path, "%s/fuzz/chain_genesis/%s.json", PP_SOURCE_DIR, seeds[i]);
        REQUIRE(pp_file_read(&err, &data, &size, path, 1 << 20));
        if (!pp_genesis_parse(&err, &g, seeds[i], (pp_bytes){data, size}))
            pp_test_fail(__FILE__, __LINE__, "%s", err.text);
        pp_genesis_free(&g);
        free(data);
    }
}
