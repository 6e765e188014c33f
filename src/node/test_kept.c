// SPDX-License-Identifier: MIT OR Apache-2.0
// What a node keeps with its snapshots: whatever it is asked, after any end and any damage to what
// was kept, it answers byte for byte as one that executed its whole log.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chain/block.h"
#include "chain/entry.h"
#include "host/outbox.h"
#include "host/prune.h"
#include "node/init.h"
#include "node/internal.h"
#include "node/lists.h"
#include "rollup/test_support.h"

enum {
    CHAIN_ID = 902,
    USERS = 6,       // test accounts 1 to USERS
    PROVERS = 3,     // the next ones
    INTERVAL = 20000 // ms of simulated time
};

typedef struct net {
    char dir[64];
    uint64_t snapshot_blocks;
    pp_node *node;
    char *log;
    size_t log_size;
} net;

static void open_net(net *n) {
    pp_err err = {0};
    FILE *log = open_memstream(&n->log, &n->log_size);
    pp_node_options o = {
        .dir = n->dir, .client = "test", .snapshot_blocks = n->snapshot_blocks, .log = log};
    bool ok = log != NULL && pp_node_open(&err, &n->node, &o);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
    fflush(log);
}

static void close_net(net *n) {
    FILE *log = n->node->options.log;
    pp_node_close(n->node);
    fclose(log);
    free(n->log);
}

static void run(const char *format, const net *n) {
    char command[256];
    snprintf(command, sizeof command, format, n->dir, n->dir);
    CHECK_EQ(system(command), 0);
}

static void begin(net *n, uint64_t snapshot_blocks) {
    pp_genesis_account accounts[USERS + PROVERS];
    pp_genesis_prover provers[PROVERS];
    pp_genesis_allocation allocations[USERS];
    pp_u128 ether = 1000000000000000000;
    pp_err err = {0};
    for (size_t i = 0; i < USERS + PROVERS; i++)
        accounts[i] = (pp_genesis_account){test_address(i + 1), 1000 * ether};
    for (size_t i = 0; i < USERS; i++)
        allocations[i] = (pp_genesis_allocation){.address = test_address(i + 1),
                                                 .account = {.balance = pp_u256_from_u128(ether)}};
    for (size_t i = 0; i < PROVERS; i++)
        provers[i] = (pp_genesis_prover){
            .address = test_address(USERS + 1 + i), .stake = 1000 * ether, .slots = 8};
    pp_node_init_options o = {.name = "kept",
                              .chain_id = CHAIN_ID,
                              .blocks = 4000,
                              .interval = INTERVAL,
                              .check = PP_CHECK_RE_EXECUTE,
                              .accounts = accounts,
                              .accounts_len = USERS + PROVERS,
                              .provers = provers,
                              .provers_len = PROVERS,
                              .allocations = allocations,
                              .allocations_len = USERS,
                              .fund = ether,
                              .batch_transactions = 2,
                              .batch_blocks = 8,
                              .window = 3 * INTERVAL,
                              .work_window = 240000,
                              .rate_min = 1000000};
    *n = (net){.snapshot_blocks = snapshot_blocks};
    strcpy(n->dir, "/tmp/pp-test-kept-XXXXXX");
    bool ok = mkdtemp(n->dir) != NULL && pp_node_init(&err, n->dir, &o);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
}

// ---- what happens -------------------------------------------------------------------------------

static uint64_t draw(uint64_t a, uint64_t b) {
    uint64_t x = (a + 1) * 0x9e3779b97f4a7c15 ^ (b + 1) * 0xc2b2ae3d27d4eb4f;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    return x ^ x >> 27;
}

static void say(pp_outbox *box, const pp_chain *chain, uint64_t who, const pp_market_command *c) {
    uint8_t key[32];
    test_key(key, who);
    pp_outbox_market(box, chain, key, c);
}

static uint64_t prover_of(const pp_market *m, uint32_t account) {
    for (uint64_t who = USERS + 1; who <= USERS + PROVERS; who++) {
        pp_address address = test_address(who);
        if (pp_address_eq(&m->accounts[account].address, &address)) return who;
    }
    return USERS + 1;
}

static void prove(pp_outbox *box, const pp_chain *chain, uint64_t who, const pp_market_request *r) {
    pp_market_command c = {.kind = PP_MARKET_PROVE, .request = r->id};
    c.output_size = r->terms.output_size;
    memcpy(c.output, r->terms.output, c.output_size);
    say(box, chain, who, &c);
}

// Bids, some of them twice and refused; openings, most of them; deliveries, or defaults and
// rescues.
static void act(pp_outbox *box, const pp_chain *chain, const pp_market_request *r, uint64_t next) {
    const pp_market *m = pp_chain_market(chain);
    uint64_t d = draw(r->number, next), who = USERS + 1 + d % PROVERS;
    pp_market_command c = {.kind = PP_MARKET_BID, .request = r->id};
    pp_address address = test_address(who);
    pp_u128 price = r->terms.reserve / 2 + r->number;
    if (r->proven) return;
    if (r->state == PP_MARKET_COMMIT && next <= pp_market_commit_end(r)) {
        pp_market_bid_hash(&c.hash, &r->id, &address, price, &r->id);
        say(box, chain, who, &c);
        if (d % 3 == 0) say(box, chain, who, &c);
    } else if (r->commits_len > 0 && r->bids == 0 && next > pp_market_commit_end(r) &&
               next <= pp_market_reveal_end(r)) {
        for (const pp_market_commit *b = NULL; (b = pp_market_commit_after(m, r, b)) != NULL;) {
            c = (pp_market_command){.kind = PP_MARKET_OPEN_BID, .request = r->id};
            c.amount = price;
            c.hash = r->id;
            if (d % 5 != 0) say(box, chain, prover_of(m, b->account), &c);
        }
    } else if (r->state == PP_MARKET_ASSIGNED && r->number % 3 != 0) {
        prove(box, chain, prover_of(m, r->primary), r);
    } else if (r->state == PP_MARKET_OPEN) {
        prove(box, chain, who, r);
    }
}

// A request of somebody's own, cancelled in the same block: many of them fill what stands in
// memory.
static void post(pp_outbox *box, const pp_chain *chain, uint64_t height, uint64_t i) {
    pp_chain_batch batch;
    uint64_t who = 1 + i % USERS;
    if (!pp_chain_batch_get(&batch, chain, 0, 0)) return;
    const pp_market_request *r = pp_market_find_request(pp_chain_market(chain), &batch.request);
    if (r == NULL) return;
    pp_market_command c = {.kind = PP_MARKET_POST, .terms = r->terms, .nonce = height * 100 + i};
    c.terms.reserve = 1000000000;
    say(box, chain, who, &c);
    pp_address address = test_address(who);
    pp_market_command cancel = {.kind = PP_MARKET_CANCEL};
    pp_market_request_id(&cancel.request, &pp_chain_market(chain)->chain_id, &address, c.nonce,
                         &c.terms);
    if (i % 4 != 0) say(box, chain, who, &cancel);
}

// A second lane, where gas costs nothing.
enum { MADE = 1, MADE_ID = 903, MADE_AT = 3 };
static void create(pp_outbox *box, const pp_chain *chain) {
    size_t size;
    uint8_t key[32];
    pp_genesis_rollup r = pp_chain_genesis(chain)->rollups[0];
    r.allocations = NULL;
    r.allocations_len = 0;
    r.chain_id = MADE_ID;
    r.base_fee = r.fee_target = 0;
    r.fee_change = r.fee_floor = r.fee_backlog = 0;
    strcpy(r.name, "made");
    uint8_t *payload = pp_entry_encode(&size, &r);
    test_key(key, 1);
    pp_outbox_command(box, chain, key, PP_COMMAND_CREATE, (pp_bytes){payload, size});
    free(payload);
}

static uint8_t *transfer(size_t *size, pp_chain *chain, uint64_t from, uint64_t d) {
    pp_err err;
    pp_account account;
    pp_address sender = test_address(from);
    raw_tx raw;
    bool made = d % 3 == 1 && pp_chain_genesis(chain)->rollups_len > MADE;
    PP_ASSERT(pp_chain_rollup_account(&err, &account, chain, made, &sender, false));
    tx_spec spec = {.type = 2,
                    .chain_id = made ? MADE_ID : CHAIN_ID,
                    .nonce = account.nonce + (d % 7 == 0 ? 5 : 0), // refused, some of them
                    .gas_limit = PP_ROLLUP_GAS_TRANSFER,
                    .tip_cap = pp_u256_from_u64(1),
                    .fee_cap = pp_u256_from_u64(100000000000),
                    .to = test_address(1 + d % 40),
                    .value = pp_u256_from_u64(made ? 0 : d % 1000)};
    if (made) spec.tip_cap = spec.fee_cap = pp_u256_from_u64(0);
    sign_tx(&raw, &spec, from);
    return pp_lane_tx_encode(size, made, raw_bytes(&raw));
}

// The next block: a function of the chain before it.
static void make_block(pp_node *node) {
    enum { MOST = 512 };
    pp_err err = {0};
    pp_chain *chain = pp_local_chain(node->local);
    const pp_market *m = pp_chain_market(chain);
    pp_chain_info info;
    pp_chain_result result;
    pp_outbox box = {0};
    pp_bytes items[MOST + 1];
    uint8_t *tx = NULL;
    size_t size;
    pp_chain_info_get(&info, chain);
    uint64_t d = draw(77, info.height);
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;)
        if (r->protocol) act(&box, chain, r, info.market_time + INTERVAL);
    for (uint64_t i = 0; info.height % 8 == 5 && i < 70; i++) post(&box, chain, info.height, i);
    if (info.height + 1 == MADE_AT) create(&box, chain);
    PP_ASSERT(box.len <= MOST);
    for (size_t i = 0; i < box.len; i++) items[i] = box.items[i];
    size_t len = box.len;
    if (d % 3 == 0) {
        tx = transfer(&size, chain, 1 + d / 3 % USERS, d / 64);
        items[len++] = (pp_bytes){tx, size};
    }
    bool ok = pp_local_append(&err, &result, NULL, node->local, info.time + INTERVAL, items, len) &&
              pp_node_take_in(&err, node, &result, 0);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
    pp_outbox_free(&box);
    free(tx);
}

static uint64_t height_of(const net *n) {
    return n->node->view.info.height;
}

static void make_blocks(net *n, uint64_t to) {
    while (height_of(n) < to) make_block(n->node);
}

// ---- all that can be asked ----------------------------------------------------------------------

static void write_json(FILE *out, char *text) {
    fprintf(out, "%s\n", text ? text : "none");
    free(text);
}

static void ask(FILE *out, net *n, uint64_t lane, const char *method, const char *params) {
    char request[512];
    size_t size;
    uint64_t ticket;
    int len = snprintf(request, sizeof request,
                       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":[%s]}", method,
                       params);
    write_json(out, pp_node_rpc(&size, &ticket, n->node, lane,
                                (pp_bytes){(const uint8_t *)request, (size_t)len}));
}

static void ask_list(FILE *out, net *n, pp_list *list) {
    pp_page page = {.before = UINT64_MAX, .limit = PP_PAGE_MAX};
    size_t size;
    for (bool more = true; more;) {
        char *text = list(&size, n->node, &page);
        json_t *all = json_loads(text, 0, NULL), *next = json_object_get(all, "next");
        more = json_is_integer(next);
        if (more) page.before = (uint64_t)json_integer_value(next);
        json_decref(all);
        write_json(out, text);
    }
}

static void ask_requests(FILE *out, net *n) {
    uint64_t height = 0;
    size_t size, offset = 0;
    const pp_book_request *r = NULL;
    while ((r = pp_book_request_before(n->node->book, r ? r->last.number : UINT64_MAX)) != NULL) {
        write_json(out, pp_list_request(&size, n->node, &r->last.id));
        pp_list_proof(&height, &offset, &size, n->node, &r->last.id);
        fprintf(out, "%llu %zu %zu\n", (unsigned long long)height, offset, size);
    }
}

static void ask_wallet(FILE *out, net *n, uint64_t lane) {
    const pp_index *index = n->node->lanes[lane].index;
    char params[256], hex[65];
    for (uint64_t h = 0; h <= height_of(n); h++) {
        snprintf(params, sizeof params, "\"0x%llx\",true", (unsigned long long)h);
        ask(out, n, lane, "eth_getBlockByNumber", params);
        snprintf(params, sizeof params, "\"0x%llx\"", (unsigned long long)h);
        ask(out, n, lane, "eth_getBlockReceipts", params);
        for (uint64_t who = 0; who < 45; who += who < 2 ? 1 : 11) {
            pp_address a = test_address(who);
            pp_hex_encode(hex, a.b, sizeof a.b);
            snprintf(params, sizeof params, "\"0x%s\",\"0x%llx\"", hex, (unsigned long long)h);
            ask(out, n, lane, "eth_getBalance", params);
            ask(out, n, lane, "eth_getTransactionCount", params);
        }
        const pp_index_block *b = pp_index_block_at(index, h);
        if (b == NULL) continue;
        pp_hex_encode(hex, b->hash.b, sizeof b->hash.b);
        snprintf(params, sizeof params, "\"0x%s\",false", hex);
        ask(out, n, lane, "eth_getBlockByHash", params);
    }
    const pp_index_tx *tx;
    for (uint64_t i = 0; i < n->node->view.lanes[lane].transactions; i++) {
        if ((tx = pp_index_tx_at(index, i)) == NULL) continue;
        pp_hex_encode(hex, tx->hash.b, sizeof tx->hash.b);
        snprintf(params, sizeof params, "\"0x%s\"", hex);
        ask(out, n, lane, "eth_getTransactionByHash", params);
        ask(out, n, lane, "eth_getTransactionReceipt", params);
    }
    ask(out, n, lane, "eth_feeHistory", "\"0x100\",\"latest\",[10,50]");
    ask(out, n, lane, "eth_blockNumber", "");
    ask(out, n, lane, "eth_gasPrice", "");
}

static char *answers(net *n) {
    static pp_list *const lists[] = {pp_list_requests,    pp_list_batches, pp_list_provers,
                                     pp_list_incidents,   pp_list_prices,  pp_list_headers,
                                     pp_list_transactions};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    PP_ASSERT(out != NULL);
    for (size_t i = 0; i < PP_COUNT(lists); i++) ask_list(out, n, lists[i]);
    for (uint64_t who = 0; who < 45; who++) {
        pp_address a = test_address(who);
        write_json(out, pp_list_account(&size, n->node, &a));
    }
    ask_requests(out, n);
    uint64_t from = 0;
    for (char *news; (news = pp_list_news(&size, &from, n->node)) != NULL;) write_json(out, news);
    for (uint64_t lane = 0; lane < n->node->lanes_len; lane++) ask_wallet(out, n, lane);
    fclose(out);
    return text;
}

// ---- tests --------------------------------------------------------------------------------------

// Answers of a copy that has nothing but the log, and what it takes to go on.
static char *answers_from_the_log(const net *n) {
    net bare = {.snapshot_blocks = 1000};
    snprintf(bare.dir, sizeof bare.dir, "%.50s-bare", n->dir);
    run("cp -r %s %s-bare", n);
    run("rm -rf %s-bare/snapshots %s-bare/index", n);
    open_net(&bare);
    CHECK_EQ(bare.node->executed, height_of(&bare) - bare.node->from);
    char *text = answers(&bare);
    close_net(&bare);
    run("rm -rf %s-bare", n);
    return text;
}

static void check_same(const char *a, const char *b) {
    size_t at = 0, from;
    while (a[at] != 0 && a[at] == b[at]) at++;
    CHECK(a[at] == b[at]);
    if (a[at] == b[at]) return;
    from = at > 200 ? at - 200 : 0;
    fprintf(stderr, "first difference at %zu:\n%.400s\n----\n%.400s\n", at, a + from, b + from);
}

// Answers as one that executed everything, having executed at most so many blocks.
static void check_answers(net *n, uint64_t executed) {
    char *mine = answers(n), *theirs = answers_from_the_log(n);
    check_same(theirs, mine);
    CHECK(n->node->executed <= executed);
    free(mine);
    free(theirs);
}

PP_TEST(a_node_that_was_stopped_executes_nothing) {
    net n;
    begin(&n, 20);
    open_net(&n);
    make_blocks(&n, 64);
    CHECK(n.node->view.lanes[0].batches > 5 && n.node->view.lanes[0].checked > 3);
    CHECK(pp_book_incident_before(n.node->book, UINT64_MAX) != NULL);
    CHECK(n.node->view.lanes[0].transactions > n.node->view.lanes[0].applied);
    CHECK(n.node->lanes_len == 2 && n.node->view.lanes[MADE].applied > 0);
    const pp_book_request *r = pp_book_request_before(n.node->book, UINT64_MAX);
    CHECK(r != NULL && r->last.number > PP_BOOK_REQUESTS + 150); // many were put away
    char *before = answers(&n);
    close_net(&n);
    open_net(&n);
    CHECK_EQ(n.node->executed, 0);
    CHECK(strstr(n.log, "event=snapshot") == NULL);
    char *after = answers(&n);
    check_same(before, after);
    free(before);
    free(after);
    check_answers(&n, 0);
    // It goes on from there like any other.
    make_blocks(&n, 80);
    check_answers(&n, 0);
    close_net(&n);
    run("rm -rf %s", &n);
}

static void live(net *n, int out) {
    open_net(n);
    for (;;) {
        make_block(n->node);
        uint64_t height = height_of(n);
        if (write(out, &height, sizeof height) != sizeof height) _exit(3);
    }
}

// Blocks until it is killed, at some moment behind the next `blocks` ones. Returns the last one
// told.
static uint64_t one_life(net *n, uint64_t blocks, uint64_t ns) {
    int ends[2];
    uint64_t height = 0, told = 0;
    PP_ASSERT(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        live(n, ends[1]);
    }
    PP_ASSERT(child > 0);
    close(ends[1]);
    for (uint64_t i = 0; read(ends[0], &height, sizeof height) == sizeof height; i++) {
        told = height;
        if (i < blocks) continue;
        nanosleep(&(struct timespec){.tv_nsec = (long)ns}, NULL);
        kill(child, SIGKILL);
    }
    close(ends[0]);
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return told;
}

PP_TEST(a_node_that_was_killed_executes_what_is_behind_its_snapshot) {
    enum { SNAPSHOT = 7, LIVES = 8 };
    const char *more = getenv("PP_KEPT_LIVES");
    uint64_t lives = more ? strtoull(more, NULL, 10) : LIVES;
    net n;
    begin(&n, SNAPSHOT);
    for (uint64_t i = 0; i < lives; i++) {
        uint64_t told = one_life(&n, draw(1, i) % 20, draw(2, i) % 4000000);
        if (i % 4 != 3) continue;
        open_net(&n);
        CHECK(height_of(&n) >= told);
        check_answers(&n, SNAPSHOT);
        close_net(&n);
    }
    run("rm -rf %s", &n);
}

static const char *const files[] = {"book.batches",   "book.prices", "book.requests",
                                    "0/index.blocks", "0/index.raw", "0/index.transactions"};

// Whatever happens to the index's files, its answers are right: from an older snapshot, or the log.
PP_TEST(an_index_that_is_damaged_or_not_its_own_is_passed_over) {
    net n, other;
    char command[512];
    begin(&n, 40);
    open_net(&n);
    make_blocks(&n, 45);
    close_net(&n);
    open_net(&n);
    char *right = answers(&n);
    close_net(&n);
    begin(&other, 40);
    open_net(&other);
    make_blocks(&other, 45);
    close_net(&other);
    run("cp -r %s %s-whole", &n);
    static const char *const damage[] = {
        "printf '\\377' | dd of=%s/index/%s bs=1 seek=100 conv=notrunc status=none", // a byte
        "truncate -s 64 %s/index/%s", "rm %s/index/%s",
        "printf x >> %s/index/%s"}; // a torn tail: harmless
    for (size_t i = 0; i < PP_COUNT(files) * PP_COUNT(damage); i++) {
        const char *file = files[i % PP_COUNT(files)];
        size_t kind = i / PP_COUNT(files);
        if (i % PP_COUNT(files) != kind && kind != 0) continue; // each file, and each kind
        snprintf(command, sizeof command, "rm -rf %s && cp -r %s-whole %s", n.dir, n.dir, n.dir);
        CHECK_EQ(system(command), 0);
        snprintf(command, sizeof command, damage[kind], n.dir, file);
        CHECK_EQ(system(command), 0);
        open_net(&n);
        bool harmless = kind == 3;
        CHECK_EQ(n.node->executed, harmless ? 0 : 45);
        CHECK_EQ(strstr(n.log, "event=snapshot") != NULL, !harmless);
        char *text = answers(&n);
        check_same(right, text);
        free(text);
        close_net(&n);
    }
    // Another network's, whole.
    snprintf(command, sizeof command, "rm -rf %s/index && cp -r %s/index %s/index", n.dir,
             other.dir, n.dir);
    CHECK_EQ(system(command), 0);
    open_net(&n);
    CHECK(n.node->executed > 0);
    char *text = answers(&n);
    check_same(right, text);
    free(text);
    close_net(&n);
    // What was made again is kept again.
    open_net(&n);
    CHECK_EQ(n.node->executed, 0);
    close_net(&n);
    free(right);
    run("rm -rf %s %s-whole", &n);
    run("rm -rf %s", &other);
}

// A pruned node's index begins where its log does, whatever an older one knew.
PP_TEST(a_pruned_node) {
    net n;
    pp_err err;
    pp_pruned pruned;
    begin(&n, 30);
    open_net(&n);
    make_blocks(&n, 60);
    close_net(&n);
    const pp_prune_options keep = {.keep_blocks = 25};
    REQUIRE(pp_prune_dir(&err, &pruned, n.dir, &keep));
    CHECK_EQ(pruned.base, 35);
    open_net(&n);
    CHECK(n.node->executed == 25 && n.node->from == 35);
    make_blocks(&n, 75);
    char *before = answers(&n);
    close_net(&n);
    open_net(&n);
    CHECK(n.node->executed == 0 && n.node->from == 35);
    char *after = answers(&n);
    check_same(before, after);
    close_net(&n);
    free(before);
    free(after);
    run("rm -rf %s", &n);
}
