// SPDX-License-Identifier: MIT OR Apache-2.0
// What goes into a block and what comes of it, block by block, without threads or a clock.
#include <stdlib.h>
#include <unistd.h>

#include "chain/block.h"
#include "node/init.h"
#include "node/internal.h"
#include "rollup/test_support.h"

enum { CHAIN_ID = 901, USERS = 8, BASE = 1000000000 };

// Test accounts 1 to USERS have money on the chain and in the rollup.
typedef struct net {
    char dir[64];
    pp_node *node;
} net;

static void open_net(net *n) {
    pp_err err = {0};
    pp_node_options o = {.dir = n->dir, .client = "test"};
    bool ok = pp_node_open(&err, &n->node, &o);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
}

static void begin(net *n, uint32_t batch_transactions) {
    pp_genesis_account accounts[USERS];
    pp_genesis_allocation allocations[USERS];
    pp_u128 ether = 1000000000000000000;
    pp_err err = {0};
    for (size_t i = 0; i < USERS; i++) {
        accounts[i] = (pp_genesis_account){test_address(i + 1), ether};
        allocations[i] = (pp_genesis_allocation){.address = test_address(i + 1),
                                                 .account = {.balance = pp_u256_from_u128(ether)}};
    }
    pp_node_init_options o = {.name = "maker",
                              .chain_id = CHAIN_ID,
                              .blocks = 1000,
                              .interval = 1000,
                              .check = PP_CHECK_RE_EXECUTE,
                              .accounts = accounts,
                              .accounts_len = USERS,
                              .allocations = allocations,
                              .allocations_len = USERS,
                              .fund = ether,
                              .batch_transactions = batch_transactions};
    strcpy(n->dir, "/tmp/pp-test-maker-XXXXXX");
    bool ok = mkdtemp(n->dir) != NULL && pp_node_init(&err, n->dir, &o);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
    open_net(n);
}

static void end(net *n) {
    char command[96];
    pp_node_close(n->node);
    snprintf(command, sizeof command, "rm -rf %s", n->dir);
    CHECK_EQ(system(command), 0);
}

static void make_block(net *n) {
    pp_err err = {0};
    bool ok = pp_node_make_block(&err, n->node);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
}

static pp_chain_lane lane_of(const net *n) {
    pp_chain_lane lane;
    bool there = pp_chain_lane_get(&lane, pp_local_chain(n->node->local), 0);
    PP_ASSERT(there);
    return lane;
}

// The command on its way; `nonce` beyond the sender's next.
static pp_node_command *submit(net *n, uint64_t from, uint64_t nonce, pp_command_kind kind,
                               pp_bytes payload) {
    const pp_chain *chain = pp_local_chain(n->node->local);
    pp_chain_info info;
    pp_address sender = test_address(from);
    uint8_t key[32];
    size_t size;
    pp_chain_info_get(&info, chain);
    test_key(key, from);
    uint8_t *item = pp_command_sign(&size, &info.genesis, key,
                                    pp_chain_nonce(chain, &sender) + nonce, kind, payload);
    pp_node_command *c = pp_node_submit(n->node, item, size);
    PP_ASSERT(c != NULL);
    return c;
}

static void check_reason(net *n, pp_node_command *c, const char *reason) {
    CHECK(c->done && !c->dropped);
    CHECK(c->reason != NULL && strcmp(c->reason, reason) == 0);
    if (c->reason && strcmp(c->reason, reason) != 0) fprintf(stderr, "%s\n", c->reason);
    pp_node_abandon(n->node, c);
}

PP_TEST(nobody_puts_junk_into_an_open_lane_for_nothing) {
    net n;
    begin(&n, 4);
    const uint8_t junk[1] = {0xff};
    pp_bytes txs[9];
    size_t size;
    for (size_t i = 0; i < PP_COUNT(txs); i++) txs[i] = (pp_bytes){junk, 1};
    uint8_t *payload = pp_lane_payload_encode(&size, 0, txs, PP_COUNT(txs));
    pp_chain_lane before = lane_of(&n);
    // Also where the command's turn has not come yet, so that the chain does not look into it.
    pp_node_command *now = submit(&n, 1, 0, PP_COMMAND_LANE, (pp_bytes){payload, size}),
                    *first = submit(&n, 2, 0, PP_COMMAND_FUND, (pp_bytes){NULL, 0});
    make_block(&n);
    check_reason(&n, now, "C-KIND");
    check_reason(&n, first, "C-FORMAT");
    uint8_t fund[PP_FUND_PAYLOAD_SIZE];
    pp_fund_payload_encode(fund, 0, 5);
    first = submit(&n, 2, 0, PP_COMMAND_FUND, (pp_bytes){fund, sizeof fund});
    pp_node_command *then = submit(&n, 2, 1, PP_COMMAND_LANE, (pp_bytes){payload, size});
    make_block(&n);
    check_reason(&n, first, "OK");
    check_reason(&n, then, "C-KIND");
    pp_chain_lane after = lane_of(&n);
    CHECK(after.transactions == 0 && after.batches == 0 && after.fund == before.fund + 5);
    free(payload);
    end(&n);
}
