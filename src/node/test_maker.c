// SPDX-License-Identifier: MIT OR Apache-2.0
// What goes into a block and what comes of it, block by block, without threads or a clock.
#include <stdlib.h>
#include <unistd.h>

#include "chain/block.h"
#include "chain/entry.h"
#include "host/prune.h"
#include "node/init.h"
#include "node/internal.h"
#include "pool/internal.h"
#include "rollup/test_support.h"
#include "verify/claim.h"

enum { CHAIN_ID = 901, USERS = 8, BASE = 1000000000 };

// Test accounts 1 to USERS have money on the chain, the last one much, and in the rollup.
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

static void init_as(net *n, uint32_t batch_transactions, uint64_t command_fee,
                    pp_genesis_check check) {
    pp_genesis_account accounts[USERS];
    pp_genesis_allocation allocations[USERS];
    pp_u128 ether = 1000000000000000000;
    pp_err err = {0};
    for (size_t i = 0; i < USERS; i++) {
        accounts[i] = (pp_genesis_account){test_address(i + 1), (i + 1 == USERS ? 100 : 1) * ether};
        allocations[i] = (pp_genesis_allocation){.address = test_address(i + 1),
                                                 .account = {.balance = pp_u256_from_u128(ether)}};
    }
    const pp_genesis_prover provers[] = {
        {.address = test_address(3), .stake = ether, .slots = 1},
        {.address = test_address(4), .stake = ether, .slots = 1},
    };
    pp_node_init_options o = {.name = "maker",
                              .chain_id = CHAIN_ID,
                              .blocks = 1000,
                              .interval = 1000,
                              .check = check,
                              .accounts = accounts,
                              .accounts_len = USERS,
                              .provers = provers,
                              .provers_len = PP_COUNT(provers),
                              .allocations = allocations,
                              .allocations_len = USERS,
                              .fund = ether,
                              .command_fee = command_fee,
                              .batch_transactions = batch_transactions};
    strcpy(n->dir, "/tmp/pp-test-maker-XXXXXX");
    bool ok = mkdtemp(n->dir) != NULL && pp_node_init(&err, n->dir, &o);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
}

static void init(net *n, uint32_t batch_transactions) {
    init_as(n, batch_transactions, 0, PP_CHECK_RE_EXECUTE);
}

static void begin(net *n, uint32_t batch_transactions) {
    init(n, batch_transactions);
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

static pp_chain_lane lane_at(const net *n, uint64_t id) {
    pp_chain_lane lane;
    bool there = pp_chain_lane_get(&lane, pp_local_chain(n->node->local), id);
    PP_ASSERT(there);
    return lane;
}

static pp_chain_lane lane_of(const net *n) {
    return lane_at(n, 0);
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
    pp_node_command *c = pp_node_submit(n->node, (uint8_t[16]){0}, item, size);
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

// Blocks are kept for ever: nobody fills them with what they would refuse for nothing.
PP_TEST(what_a_block_would_refuse_for_nothing_stays_out) {
    net n;
    begin(&n, 4);
    static uint8_t large[1 << 20];
    uint8_t fund[PP_FUND_PAYLOAD_SIZE];
    pp_fund_payload_encode(fund, 0, 5);
    // Behind a command that is good, so that its nonce is not the next one yet.
    pp_node_command *good[2], *bad[2];
    good[0] = submit(&n, 1, 0, PP_COMMAND_FUND, (pp_bytes){fund, sizeof fund});
    bad[0] = submit(&n, 1, 1, PP_COMMAND_MARKET, (pp_bytes){large, sizeof large});
    good[1] = submit(&n, 1, 1, PP_COMMAND_FUND, (pp_bytes){fund, sizeof fund});
    pp_market_command prove = {.kind = PP_MARKET_PROVE, .proof = {large, sizeof large}};
    size_t size = pp_market_command_encode(NULL, 0, &prove);
    uint8_t *payload = malloc(size);
    REQUIRE(payload != NULL);
    CHECK_EQ(pp_market_command_encode(payload, size, &prove), size);
    bad[1] = submit(&n, 2, 0, PP_COMMAND_MARKET, (pp_bytes){payload, size});
    free(payload);
    make_block(&n);
    check_reason(&n, good[0], "OK");
    check_reason(&n, good[1], "OK");
    check_reason(&n, bad[0], "C-FORMAT");
    check_reason(&n, bad[1], "M-UNKNOWN");
    CHECK(n.node->view.log_bytes < 1 << 16);
    end(&n);
}

// Nor with what nobody pays for: the door counts what those in front cost.
PP_TEST(what_nobody_pays_for_stays_out) {
    net n;
    init_as(&n, 4, 1000000000000000, PP_CHECK_RE_EXECUTE); // an ether pays for a thousand bytes
    open_net(&n);
    uint8_t fund[PP_FUND_PAYLOAD_SIZE];
    pp_fund_payload_encode(fund, 0, 5);
    pp_node_command *c[9];
    size_t good = 1000 / (PP_COMMAND_OVERHEAD + sizeof fund);
    for (size_t i = 0; i < PP_COUNT(c); i++)
        c[i] = submit(&n, 1, i, PP_COMMAND_FUND, (pp_bytes){fund, sizeof fund});
    pp_node_command *other = submit(&n, 2, 0, PP_COMMAND_FUND, (pp_bytes){fund, sizeof fund});
    make_block(&n);
    for (size_t i = 0; i < PP_COUNT(c); i++) {
        CHECK_EQ(c[i]->height, i < good);
        check_reason(&n, c[i], i < good ? "OK" : i == good ? "C-COMMAND-FEE" : "C-NONCE-GAP");
    }
    check_reason(&n, other, "OK");
    end(&n);
}

// Somebody who goes on sending what is refused, faster than a signature is looked at.
enum { JUNK = PP_NODE_INBOX_MAX + 2000 };
typedef struct sender {
    net *n;
    const uint8_t *item;
    size_t size;
    _Atomic size_t sent;
} sender;

static void send_junk(sender *s, size_t len) {
    for (size_t i = 0; i < len; i++) {
        uint8_t *copy = malloc(s->size);
        PP_ASSERT(copy != NULL);
        memcpy(copy, s->item, s->size);
        pp_node_command *c =
            pp_node_submit(s->n->node, (uint8_t[16]){(uint8_t)(s->sent % 3)}, copy, s->size);
        if (c == NULL) { // as many as can wait
            free(copy);
            return;
        }
        pp_node_abandon(s->n->node, c);
        s->sent++;
    }
}

static void *send_on(void *arg) {
    sender *s = arg;
    while (s->sent < JUNK && !pp_node_is_stopping(s->n->node)) send_junk(s, JUNK - s->sent);
    return NULL;
}

PP_TEST(commands_that_go_on_coming_hold_up_no_block) {
    net n;
    begin(&n, 4);
    const pp_chain *chain = pp_local_chain(n.node->local);
    pp_chain_info info;
    uint8_t key[32];
    size_t size;
    pp_chain_info_get(&info, chain);
    test_key(key, USERS + 1); // has nothing here
    uint8_t *item =
        pp_command_sign(&size, &info.genesis, key, 0, PP_COMMAND_FUND, (pp_bytes){NULL, 0});
    sender s = {.n = &n, .item = item, .size = size};
    send_junk(&s, 100);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, send_on, &s) == 0);
    make_block(&n);
    CHECK(s.sent < JUNK); // they never stopped, but the block has come
    pp_node_stop(n.node);
    pthread_join(thread, NULL);
    while (n.node->inbox_len > 0) make_block(&n);
    free(item);
    end(&n);
}

// Large ones that nobody asks about any more still take the room of who has sent them.
PP_TEST(one_address_does_not_fill_the_inbox) {
    net n;
    begin(&n, 4);
    enum { LARGE = PP_NODE_INBOX_BYTES_MAX / 4, SMALL = 64 << 10 };
    static const struct {
        uint8_t from;
        size_t size;
        bool taken;
    } send[] = {{1, LARGE, true}, {1, LARGE, true},      {1, SMALL + 1, false},
                {1, SMALL, true}, {2, LARGE, true},      {2, LARGE - SMALL, true},
                {2, 1, true},     {3, SMALL + 1, false}, {3, SMALL, true}};
    for (size_t i = 0; i < PP_COUNT(send); i++) {
        uint8_t *junk = calloc(1, send[i].size);
        REQUIRE(junk != NULL);
        pp_node_command *c =
            pp_node_submit(n.node, (uint8_t[16]){send[i].from}, junk, send[i].size);
        CHECK((c != NULL) == send[i].taken);
        if (c) pp_node_abandon(n.node, c);
        if (!c) free(junk);
    }
    make_block(&n);
    CHECK(n.node->inbox_len == 0 && n.node->inbox_bytes == 0);
    size_t taken = 0;
    for (size_t i = 0; i < PP_NODE_INBOX_MAX; i++) {
        uint8_t *junk = calloc(1, 1);
        REQUIRE(junk != NULL);
        pp_node_command *c = pp_node_submit(n.node, (uint8_t[16]){1}, junk, 1);
        taken += c != NULL;
        if (c) pp_node_abandon(n.node, c);
        if (!c) free(junk);
    }
    CHECK_EQ(taken, PP_NODE_INBOX_MAX / 2);
    make_block(&n);
    end(&n);
}

// ---- in which order ---------------------------------------------------------------------------

// Of genesis.json, before the network begins.
static void set_number(const net *n, const char *member, unsigned value) {
    char path[128], name[64];
    uint8_t *data;
    size_t size;
    pp_err err;
    snprintf(path, sizeof path, "%s/genesis.json", n->dir);
    snprintf(name, sizeof name, "\"%s\": ", member);
    bool ok = pp_file_read(&err, &data, &size, path, PP_GENESIS_FILE_MAX);
    PP_ASSERT(ok);
    char *at = strstr((char *)data, name), *all = malloc(size + 32);
    PP_ASSERT(at != NULL && all != NULL);
    at += strlen(name);
    int len = snprintf(all, size + 32, "%.*s%u%s", (int)(at - (char *)data), (char *)data, value,
                       at + strspn(at, "0123456789"));
    ok = pp_file_write(&err, path, all, (size_t)len, 0644);
    PP_ASSERT(ok);
    free(all);
    free(data);
}

// A request of account 1, with windows of milliseconds.
static pp_hash32 post(net *n) {
    pp_market_command c = {.kind = PP_MARKET_POST};
    c.terms = pp_node_genesis(n->node)->rollups[0].terms;
    c.terms.program_id = c.terms.input_id = (pp_hash32){{7}};
    c.terms.commit_window = c.terms.reveal_window = 40;
    c.terms.reserve = c.terms.cap = 1000;
    const pp_market *m = pp_chain_market(pp_local_chain(n->node->local));
    size_t before = m->open_len;
    uint8_t payload[512];
    c.nonce = before;
    size_t size = pp_market_command_encode(payload, sizeof payload, &c);
    PP_ASSERT(size <= sizeof payload);
    pp_node_command *posted = submit(n, 1, 0, PP_COMMAND_MARKET, (pp_bytes){payload, size});
    make_block(n);
    check_reason(n, posted, "OK");
    PP_ASSERT(m->open_len == before + 1);
    pp_address poster = test_address(1);
    pp_hash32 id;
    pp_market_request_id(&id, &m->chain_id, &poster, c.nonce, &c.terms);
    return id;
}

static pp_hash32 begin_proofs(net *n, pp_genesis_check check) {
    init_as(n, 4, 0, check);
    if (check == PP_CHECK_RE_EXECUTE) set_number(n, "bytes", 2 << 20); // of a block
    set_number(n, "inclusion_bound", 20);
    open_net(n);
    return post(n);
}

// A proof of nothing, with so many shards in a file of this size; where they do not fit into it,
// its head says so only.
static pp_node_command *prove(net *n, uint64_t from, uint64_t nonce, const pp_hash32 *request,
                              size_t size, uint32_t shards) {
    uint8_t *proof = calloc(1, size);
    PP_ASSERT(proof != NULL && size > PP_PROOF_HEAD_SIZE);
    memcpy(proof, PP_PROOF_MAGIC, 8);
    pp_store_le32(proof + PP_PROOF_HEAD_SIZE - 4, shards);
    size_t behind = size - PP_PROOF_HEAD_SIZE;
    PP_ASSERT(behind % 8 == 0);
    if (8 * (size_t)shards <= behind)
        pp_store_le64(proof + PP_PROOF_HEAD_SIZE, behind - 8 * (size_t)shards);
    pp_market_command c = {.kind = PP_MARKET_PROVE, .request = *request, .proof = {proof, size}};
    size = pp_market_command_encode(NULL, 0, &c);
    uint8_t *payload = malloc(size);
    PP_ASSERT(payload != NULL);
    CHECK_EQ(pp_market_command_encode(payload, size, &c), size);
    pp_node_command *command = submit(n, from, nonce, PP_COMMAND_MARKET, (pp_bytes){payload, size});
    free(payload);
    free(proof);
    return command;
}

static pp_node_command *fund(net *n, uint64_t from, uint64_t nonce) {
    uint8_t payload[PP_FUND_PAYLOAD_SIZE];
    pp_fund_payload_encode(payload, 0, 5);
    return submit(n, from, nonce, PP_COMMAND_FUND, (pp_bytes){payload, sizeof payload});
}

// Where it stands in the last block; 0: it does not.
static size_t place(const net *n, const pp_node_command *c) {
    pp_bytes made = pp_local_block(n->node->local);
    const uint8_t *at = memmem(made.data, made.size, c->item, c->size);
    return at ? (size_t)(at - made.data) : 0;
}

PP_TEST(what_has_no_room_holds_up_nobody_else) {
    net n;
    pp_hash32 id = begin_proofs(&n, PP_CHECK_RE_EXECUTE);
    enum { LARGE = 1000 << 10 }; // two such a block
    // One is not signed by account 5, whose own command waits for nothing that others send.
    pp_node_command *first = prove(&n, 2, 0, &id, LARGE, 1),
                    *forged = prove(&n, 5, 0, &id, LARGE, 1),
                    *next = prove(&n, 6, 0, &id, LARGE, 1),
                    *second = prove(&n, 3, 0, &id, LARGE, 1), *third = fund(&n, 3, 1),
                    *small = fund(&n, 4, 0), *mine = fund(&n, 5, 0);
    forged->item[forged->size - 1] ^= 1;
    make_block(&n);
    CHECK(place(&n, small) > 0 && place(&n, small) < place(&n, first) && place(&n, mine) > 0);
    check_reason(&n, forged, "C-SIGNATURE");
    check_reason(&n, small, "OK");
    check_reason(&n, mine, "OK");
    check_reason(&n, first, "M-PROOF");
    check_reason(&n, next, "M-PROOF");
    CHECK(!second->done && !third->done); // one sender's commands stay in its order
    make_block(&n);
    CHECK(place(&n, second) > 0 && place(&n, second) < place(&n, third));
    check_reason(&n, second, "M-PROOF");
    check_reason(&n, third, "OK");
    CHECK(n.node->inbox_len == 0 && n.node->inbox_bytes == 0);
    end(&n);
}

// As many shards a block as are verified in half an interval, or one proof.
PP_TEST(proofs_hold_up_no_block) {
    net n;
    pp_hash32 id = begin_proofs(&n, PP_CHECK_PROOF);
    uint64_t most = 1000 * 1000000 / 2 / PP_CHECKS_SHARD_NS;
    REQUIRE(most == 10);
    CHECK_EQ(pp_node_genesis(n.node)->proofs.shards, 64);
    enum { PROOFS = 7 };
    // Of 65 shards none is looked at, nor of a file that is not whole: these cost nobody's turn.
    static const struct {
        size_t size;
        uint32_t shards;
        int in;
    } p[PROOFS] = {{1000, 6, 1},  {1000, 5, 2}, {1000, 4, 1}, {1000, 60, 3},
                   {2000, 65, 1}, {600, 20, 1}, {1000, 1, 2}};
    pp_node_command *c[PROOFS];
    for (size_t i = 0; i < PROOFS; i++) c[i] = prove(&n, 2 + i, 0, &id, p[i].size, p[i].shards);
    for (int b = 1; b <= 3; b++) {
        make_block(&n);
        for (size_t i = 0; i < PROOFS; i++) CHECK_EQ(place(&n, c[i]) > 0, p[i].in == b);
    }
    for (size_t i = 0; i < PROOFS; i++) check_reason(&n, c[i], "M-PROOF");
    end(&n);
}

// Behind the request's windows: who claims it is bound to it.
static void bind_to(net *n, uint64_t from, const pp_hash32 *id) {
    pp_market_command claim = {.kind = PP_MARKET_CLAIM, .request = *id};
    uint8_t payload[128];
    size_t size = pp_market_command_encode(payload, sizeof payload, &claim);
    pp_node_command *said = submit(n, from, 0, PP_COMMAND_MARKET, (pp_bytes){payload, size});
    make_block(n);
    check_reason(n, said, "OK");
    make_block(n); // with what draws
    const pp_market *m = pp_chain_market(pp_local_chain(n->node->local));
    const pp_market_request *r = pp_market_find_request(m, id);
    PP_ASSERT(r != NULL && r->state == PP_MARKET_ASSIGNED);
}

// Who is bound to a request proves before those who may be anybody, who wait for that once.
PP_TEST(who_is_bound_proves_first) {
    net n;
    pp_hash32 id = begin_proofs(&n, PP_CHECK_PROOF);
    usleep(60000); // its windows are over
    make_block(&n);
    bind_to(&n, 3, &id);
    pp_node_command *anybody = prove(&n, 2, 0, &id, 1000, 1),
                    *bound = prove(&n, 3, 0, &id, 1000, 1);
    make_block(&n);
    CHECK(place(&n, bound) > 0 && place(&n, anybody) == 0);
    check_reason(&n, bound, "M-PROOF");
    bound = prove(&n, 3, 0, &id, 1000, 1);
    make_block(&n);
    CHECK(place(&n, bound) > 0 && place(&n, anybody) > place(&n, bound));
    check_reason(&n, bound, "M-PROOF");
    check_reason(&n, anybody, "M-PROOF");
    end(&n);
}

// However many one sends, and of however many shards, and though they were first.
PP_TEST(no_prover_keeps_the_others_out) {
    net n;
    pp_hash32 theirs = begin_proofs(&n, PP_CHECK_PROOF), ours = post(&n);
    usleep(60000);
    make_block(&n);
    bind_to(&n, 3, &theirs);
    bind_to(&n, 4, &ours);
    enum { MANY = 11 };
    pp_node_command *c[MANY], *other;
    for (size_t i = 0; i < MANY; i++) c[i] = prove(&n, 3, i, &theirs, 1000, 1);
    other = prove(&n, 4, 0, &ours, 1000, 1);
    make_block(&n); // ten shards of eleven, of which the other's is one
    CHECK(place(&n, c[0]) > 0 && place(&n, other) > place(&n, c[0]) && place(&n, c[MANY - 3]) > 0);
    CHECK(!c[MANY - 2]->done);
    check_reason(&n, other, "M-PROOF");
    make_block(&n);
    for (size_t i = 0; i < MANY; i++) check_reason(&n, c[i], "M-PROOF");
    // Each a block's.
    for (size_t i = 0; i < 3; i++) c[i] = prove(&n, 3, i, &theirs, 1000, 64);
    other = prove(&n, 4, 0, &ours, 1000, 1);
    make_block(&n);
    CHECK(place(&n, c[0]) > 0 && !other->done);
    make_block(&n);
    CHECK(place(&n, other) > 0 && !c[1]->done);
    check_reason(&n, other, "M-PROOF");
    make_block(&n);
    make_block(&n);
    for (size_t i = 0; i < 3; i++) check_reason(&n, c[i], "M-PROOF");
    CHECK(n.node->inbox_len == 0 && *n.node->inbox_end == NULL);
    end(&n);
}

// ---- transactions -----------------------------------------------------------------------------

static tx_spec spend(uint64_t nonce, uint64_t fee_cap, uint64_t milliether) {
    return (tx_spec){.type = 2,
                     .chain_id = CHAIN_ID,
                     .nonce = nonce,
                     .gas_limit = PP_ROLLUP_GAS_TRANSFER,
                     .tip_cap = pp_u256_from_u64(1),
                     .fee_cap = pp_u256_from_u64(fee_cap),
                     .to = test_address(50),
                     .value = pp_u256_from_u64(milliether * 1000000000000000)};
}

// By JSON-RPC, as wallets do: true when it was taken.
static bool send_to(net *n, uint64_t lane, uint64_t from, const tx_spec *spec) {
    static char request[2 * RAW_MAX + 200];
    static const char begins[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                                 "\"eth_sendRawTransaction\",\"params\":[\"0x";
    raw_tx raw;
    size_t size;
    uint64_t ticket;
    sign_tx(&raw, spec, from);
    strcpy(request, begins);
    pp_hex_encode(request + sizeof begins - 1, raw.data, raw.size);
    strcat(request, "\"]}");
    char *answer = pp_node_rpc(&size, &ticket, n->node, lane,
                               (pp_bytes){(const uint8_t *)request, strlen(request)});
    bool taken = strstr(answer, "result") != NULL;
    if (!taken) fprintf(stderr, "%s\n", answer);
    CHECK_EQ(taken, ticket > 0);
    free(answer);
    return taken;
}

static bool send(net *n, uint64_t from, const tx_spec *spec) {
    return send_to(n, 0, from, spec);
}

// A command of a stranger: the transaction, past the lane.
static pp_node_command *force(net *n, uint64_t stranger, uint64_t nonce, uint64_t from,
                              const tx_spec *spec) {
    raw_tx raw;
    size_t size;
    sign_tx(&raw, spec, from);
    uint8_t *payload =
        pp_force_payload_encode(&size, 0, (pp_u128)100000000000000000, raw_bytes(&raw));
    pp_node_command *c = submit(n, stranger, nonce, PP_COMMAND_FORCE, (pp_bytes){payload, size});
    free(payload);
    return c;
}

static size_t waiting(const net *n) {
    return pp_pool_size_get(n->node->lanes[0].pool).txs;
}

// Whatever was written is safe; the rest of the node's memory is gone.
static void restart(net *n) {
    pp_err err;
    pthread_mutex_lock(&n->node->lock);
    if (pp_node_has_part(n->node)) CHECK(pp_node_write_part(&err, n->node));
    CHECK(!pp_node_has_part(n->node));
    pthread_mutex_unlock(&n->node->lock);
    pp_node_close(n->node);
    open_net(n);
}

// What the blocks of a network have no room for is not taken: it would be before all others for
// ever.
PP_TEST(what_is_too_large_for_any_block_is_not_taken) {
    net n;
    init(&n, 4);
    set_number(&n, "bytes", 1 << 16); // of a block: some 16 KiB are left to each transaction
    open_net(&n);
    CHECK(n.node->lanes[0].rpc.tx_max > 16000 && n.node->lanes[0].rpc.tx_max < 1 << 14);
    end(&n);
}

// A block's batches become dearer one by one; who pays only for the first waits for a cheaper one.
PP_TEST(nothing_is_ordered_into_a_batch_that_it_does_not_pay) {
    net n;
    begin(&n, 4);
    uint64_t base = n.node->lanes[0].rpc.env.base_fee;
    tx_spec spec;
    for (uint64_t from = 1; from < USERS; from++)
        for (uint64_t i = 0; i < 3; i++) {
            spec = spend(i, 20 * base, 1);
            spec.tip_cap = pp_u256_from_u64(5);
            CHECK(send(&n, from, &spec));
        }
    for (uint64_t i = 0; i < 2; i++) {
        spec = spend(i, base, 1);
        CHECK(send(&n, USERS, &spec));
    }
    make_block(&n);
    pp_chain_lane lane = lane_of(&n);
    CHECK_EQ(lane.applied, 21); // five batches, and one that runs
    CHECK(lane.transactions == 21 && lane.batches == 5);
    CHECK_EQ(waiting(&n), 2);
    // Neither a restart at a time when nothing pays loses them, nor a journal that is written anew.
    CHECK(n.node->lanes[0].rpc.env.base_fee > base);
    for (int whole = 0; whole < 2; whole++) {
        n.node->journal_long = whole != 0;
        restart(&n);
        CHECK_EQ(waiting(&n), 2);
    }
    make_block(&n);
    lane = lane_of(&n);
    CHECK(lane.transactions == 21 && waiting(&n) == 2);
    spec = spend(2, 20 * base, 1);
    CHECK(send(&n, USERS, &spec)); // into the journal that was written anew
    restart(&n);
    CHECK_EQ(waiting(&n), 3);
    end(&n);
}

// A clock that was a day ahead for a block and is put right: the market's time goes on, at the next
// block but one.
PP_TEST(a_clock_that_was_ahead) {
    net n;
    begin(&n, 64);
    pp_chain_info info;
    uint64_t day = 86400000, before;
    make_block(&n);
    n.node->clock_ms = (int64_t)day;
    make_block(&n);
    n.node->clock_ms = 0;
    make_block(&n);
    pp_chain_info_get(&info, pp_local_chain(n.node->local));
    before = info.market_time;
    for (int i = 0; i < 3; i++) {
        n.node->clock_ms += 2000;
        make_block(&n);
    }
    pp_chain_info_get(&info, pp_local_chain(n.node->local));
    CHECK(info.market_time - before >= 6000);
    end(&n);
}

PP_TEST(nothing_is_ordered_into_a_batch_without_gas_for_it) {
    net n;
    begin(&n, 64);
    for (uint64_t i = 0; i < 60; i++) {
        tx_spec spec = spend(i / USERS, 20 * (uint64_t)BASE, 0);
        spec.access_addresses = 300;
        spec.gas_limit = PP_ROLLUP_GAS_TRANSFER + 300 * PP_ROLLUP_GAS_ACCESS_ADDRESS;
        CHECK(send(&n, 1 + i % USERS, &spec));
    }
    make_block(&n);
    pp_chain_lane lane = lane_of(&n);
    uint64_t most =
        PP_ROLLUP_GAS_LIMIT_DEFAULT / (PP_ROLLUP_GAS_TRANSFER + 300 * PP_ROLLUP_GAS_ACCESS_ADDRESS);
    CHECK(lane.transactions == most && lane.applied == most);
    CHECK_EQ(waiting(&n), 60 - most);
    make_block(&n); // the same batch
    CHECK_EQ(lane_of(&n).transactions, most);
    for (int i = 0; i < 30 && lane_of(&n).batches == 0; i++) make_block(&n);
    make_block(&n);
    lane = lane_of(&n);
    CHECK(lane.transactions == 60 && lane.applied == 60 && waiting(&n) == 0);
    end(&n);
}

// What others do for a sender, or what it did elsewhere, neither wedges it nor costs the fund.
PP_TEST(forced_transactions_and_the_pool) {
    net n;
    begin(&n, 64);
    tx_spec mine = spend(0, 20 * (uint64_t)BASE, 1), other = spend(0, 20 * (uint64_t)BASE, 2);
    CHECK(send(&n, 1, &mine));
    pp_node_command *first = force(&n, 2, 0, 1, &other);
    make_block(&n); // it would have come behind the forced one, at a nonce that is used up
    check_reason(&n, first, "OK");
    pp_chain_lane lane = lane_of(&n);
    CHECK(lane.transactions == 1 && lane.applied == 1 && lane.forced_position == 1);
    CHECK_EQ(waiting(&n), 0);
    // One that waits for nonce 1, which comes by force, with another of its own nonce.
    mine = spend(2, 20 * (uint64_t)BASE, 1);
    CHECK(send(&n, 1, &mine));
    other = spend(1, 20 * (uint64_t)BASE, 3);
    first = force(&n, 2, 0, 1, &other);
    other = spend(2, 20 * (uint64_t)BASE, 3);
    pp_node_command *second = force(&n, 2, 1, 1, &other);
    make_block(&n);
    check_reason(&n, first, "OK");
    check_reason(&n, second, "OK");
    for (int i = 0; i < 31 && lane_of(&n).transactions < 3; i++) make_block(&n);
    CHECK_EQ(lane_of(&n).applied, 3);
    CHECK_EQ(waiting(&n), 0);
    mine = spend(3, 20 * (uint64_t)BASE, 1);
    CHECK(send(&n, 1, &mine));
    make_block(&n);
    CHECK(lane_of(&n).applied == 4 && lane_of(&n).transactions == 4 && waiting(&n) == 0);
    end(&n);
}

// What its sender could not pay any more stays away, also behind a restart, and also when it could
// pay again.
PP_TEST(what_has_gone_does_not_come_back) {
    net n;
    begin(&n, 64);
    tx_spec mine = spend(1, 20 * (uint64_t)BASE, 900), other = spend(0, 20 * (uint64_t)BASE, 500),
            gift = spend(0, 20 * (uint64_t)BASE, 700);
    CHECK(send(&n, 1, &mine));
    pp_node_command *c = force(&n, 2, 0, 1, &other);
    make_block(&n);
    check_reason(&n, c, "OK");
    CHECK_EQ(lane_of(&n).applied, 1);
    CHECK_EQ(waiting(&n), 0);
    gift.to = test_address(1);
    CHECK(send(&n, 3, &gift));
    make_block(&n);
    CHECK_EQ(lane_of(&n).applied, 2);
    restart(&n);
    CHECK_EQ(waiting(&n), 0);
    CHECK(send(&n, 1, &mine)); // unless it is sent again
    restart(&n);
    CHECK_EQ(waiting(&n), 1);
    make_block(&n);
    CHECK_EQ(lane_of(&n).applied, 3);
    end(&n);
}

// A batch that runs across the place where the log was cut off: its first transactions are in no
// index.
PP_TEST(a_pruned_node_goes_on_with_the_batch_that_ran) {
    net n;
    begin(&n, 4);
    pp_err err = {0};
    pp_pruned pruned;
    tx_spec spec = spend(0, 20 * (uint64_t)BASE, 1);
    CHECK(send(&n, 1, &spec));
    make_block(&n);
    make_block(&n);
    pp_node_close(n.node);
    CHECK(pp_prune_dir(&err, &pruned, n.dir, &(pp_prune_options){.keep_blocks = 0}));
    CHECK_EQ(pruned.base, 2);
    open_net(&n);
    pp_chain_lane lane = lane_of(&n);
    CHECK(lane.open_transactions == 1 && lane.open_bytes > 100);
    for (uint64_t from = 2; from < 6; from++) CHECK(send(&n, from, &spec));
    make_block(&n);
    lane = lane_of(&n);
    CHECK(lane.applied == 5 && lane.transactions == 5 && lane.batches == 1);
    end(&n);
}

// Commands and transactions have half of a block each, where so many wait, and all of it otherwise.
PP_TEST(neither_commands_nor_transactions_keep_the_others_out) {
    net n;
    init(&n, 64);
    set_number(&n, "items", 8);
    open_net(&n);
    enum { COMMANDS = 22 };
    pp_node_command *c[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) c[i] = fund(&n, 1 + i % 2, i / 2);
    for (uint64_t i = 0; i < 6; i++) {
        tx_spec spec = spend(i, 100 * (uint64_t)BASE, 1);
        CHECK(send(&n, 3, &spec));
    }
    static const size_t commands[] = {4, 10, 18, 22}, txs[] = {4, 6, 6, 6}; // behind each block
    for (size_t b = 0; b < PP_COUNT(commands); b++) {
        make_block(&n);
        for (size_t i = 0; i < COMMANDS; i++) CHECK_EQ(c[i]->done, i < commands[b]);
        CHECK_EQ(lane_of(&n).transactions, txs[b]);
    }
    for (size_t i = 0; i < COMMANDS; i++) check_reason(&n, c[i], "OK");
    end(&n);
}

// ---- several lanes ----------------------------------------------------------------------------

// Of somebody's own, as the network's first one, but that gas costs nothing there.
static void create(net *n, const char *name, uint64_t chain_id, bool open) {
    size_t size;
    pp_genesis_rollup r = pp_node_genesis(n->node)->rollups[0];
    r.allocations = NULL;
    r.allocations_len = 0;
    r.chain_id = chain_id;
    r.base_fee = 0;
    r.fee_target = 0;
    r.fee_change = r.fee_floor = r.fee_backlog = 0;
    r.open = open;
    if (!open) r.submitter = test_address(1);
    snprintf(r.name, sizeof r.name, "%s", name);
    uint8_t *payload = pp_entry_encode(&size, &r);
    pp_node_command *c = submit(n, USERS, 0, PP_COMMAND_CREATE, (pp_bytes){payload, size});
    free(payload);
    make_block(n);
    check_reason(n, c, "OK");
}

static tx_spec nothing(uint64_t chain_id, uint64_t nonce) {
    tx_spec spec = spend(nonce, 0, 0);
    spec.chain_id = chain_id;
    spec.tip_cap = pp_u256_from_u64(0);
    return spec;
}

static size_t waiting_in(const net *n, uint64_t lane) {
    return pp_pool_size_get(n->node->lanes[lane].pool).txs;
}

// One fills a pool of its own at no price: the network's own lane keeps its room in pool and block.
PP_TEST(a_lane_that_somebody_made_takes_nothing_from_the_others) {
    enum { FREE = 902, ITEMS = 16, SENDER = 5 };
    net n;
    init(&n, 64);
    set_number(&n, "items", ITEMS);
    open_net(&n);
    CHECK_EQ(pp_node_genesis(n.node)->block_items, ITEMS);
    create(&n, "free", FREE, true);
    CHECK_EQ(n.node->lanes_len, 2);
    tx_spec spec;
    for (uint64_t i = 0; i < 40; i++) {
        spec = nothing(FREE, i);
        CHECK(send_to(&n, 1, SENDER, &spec));
    }
    for (uint64_t i = 0; i < 5; i++) { // the same sender, in both
        spec = spend(i, 20 * (uint64_t)BASE, 1);
        CHECK(send_to(&n, 0, SENDER, &spec));
    }
    make_block(&n); // the fewer ones whole, and the rest of the block is the others'
    CHECK(lane_at(&n, 0).applied == 5 && lane_at(&n, 1).applied == ITEMS - 5);
    for (uint64_t i = 5; i < 45; i++) {
        spec = spend(i, 20 * (uint64_t)BASE, 1);
        CHECK(send_to(&n, 0, SENDER, &spec));
    }
    make_block(&n); // both have too many: half and half
    CHECK(lane_at(&n, 0).applied == 5 + ITEMS / 2);
    CHECK(lane_at(&n, 1).applied == ITEMS - 5 + ITEMS / 2);
    pp_address who = test_address(SENDER);
    pp_account account;
    for (size_t i = 0; i < 2; i++) {
        const pp_index *index = n.node->lanes[i].index;
        CHECK(pp_index_account(&account, index, &who, pp_index_head(index)));
        CHECK_EQ(account.nonce, lane_at(&n, i).applied);
    }
    // What waits in either comes back to where it was, also from a journal written anew.
    CHECK(waiting_in(&n, 0) == 32 && waiting_in(&n, 1) == 21);
    for (int whole = 0; whole < 2; whole++) {
        n.node->journal_long = whole != 0;
        restart(&n);
        CHECK(waiting_in(&n, 0) == 32 && waiting_in(&n, 1) == 21);
    }
    for (int i = 0; i < 8; i++) make_block(&n);
    CHECK(lane_at(&n, 0).applied == 45 && lane_at(&n, 1).applied == 40);
    CHECK_EQ(pp_node_waiting(n.node).txs, 0);
    end(&n);
}

// The pools of lanes that commands made share one more bound; the network's own keeps its.
PP_TEST(pools_of_made_lanes_share_one_bound) {
    net n;
    begin(&n, 64);
    create(&n, "one", 902, true);
    create(&n, "two", 903, true);
    create(&n, "closed", 904, false);
    create(&n, "0", 905, false); // a name like any other, but not what it says
    CHECK_EQ(n.node->lanes_len, 5);
    for (int again = 0; again < 2; again++) {
        CHECK_EQ(n.node->lanes[0].pool->txs_most, PP_POOL_TXS_MAX);
        for (size_t i = 1; i < 3; i++) {
            CHECK_EQ(n.node->lanes[i].pool->txs_most, PP_POOL_TXS_MAX / 2);
            CHECK_EQ(n.node->lanes[i].pool->bytes_most, PP_POOL_BYTES_MAX / 2);
        }
        restart(&n);
    }
    // A closed one can be asked, and takes nothing.
    uint64_t lane = 9;
    CHECK(pp_node_find_lane(&lane, n.node, NULL) && lane == 0);
    CHECK(pp_node_find_lane(&lane, n.node, "closed") && lane == 3);
    CHECK(pp_node_find_lane(&lane, n.node, "2") && lane == 2);
    CHECK(pp_node_find_lane(&lane, n.node, "0") && lane == 0);
    CHECK(!pp_node_find_lane(&lane, n.node, "5") && !pp_node_find_lane(&lane, n.node, ""));
    tx_spec spec = nothing(904, 0);
    CHECK(!send_to(&n, 3, 5, &spec));
    spec = nothing(903, 0); // signed for another
    CHECK(!send_to(&n, 1, 5, &spec) && send_to(&n, 2, 5, &spec));
    end(&n);
}
