// SPDX-License-Identifier: MIT OR Apache-2.0
// Ethereum's RPC on a small network: what each method answers, and what it does with wrong words.
#include <jansson.h>
#include <stdlib.h>

#include "chain/test_support.h"
#include "rpc/rpc.h"

typedef struct fixture {
    net n;
    pp_index *index;
    pp_pool *pool;
    pp_rpc rpc;
    const char *busy;
    size_t taken;
    size_t entered;
    bool inside;
} fixture;

static void account_of(void *ctx, pp_account *out, const pp_address *address) {
    const fixture *f = ctx;
    bool ok = pp_index_account(out, f->index, address, pp_index_head(f->index));
    PP_ASSERT(ok);
}
static const char *busy(void *ctx) {
    return ((const fixture *)ctx)->busy;
}
static void on_taken(void *ctx, const pp_hash32 *hash, pp_bytes raw) {
    (void)hash, (void)raw;
    CHECK(((fixture *)ctx)->inside);
    ((fixture *)ctx)->taken++;
}
static void enter(void *ctx) {
    fixture *f = ctx;
    CHECK(!f->inside);
    f->inside = true;
    f->entered++;
}
static void leave(void *ctx) {
    ((fixture *)ctx)->inside = false;
}

static void begin(fixture *f) {
    pp_err err;
    memset(f, 0, sizeof *f);
    net_init(&f->n);
    net_open(&f->n);
    bool ok = pp_index_new(&err, &f->index, f->n.chain, LIVE, NULL);
    PP_ASSERT(ok);
    f->pool = pp_pool_new(account_of, NULL, f);
    f->rpc = (pp_rpc){.index = f->index,
                      .pool = f->pool,
                      .client = "polypoly/test",
                      .env = {.chain_id = 77,
                              .base_fee = 1000000000,
                              .gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT,
                              .fee_recipient = test_address(40)},
                      .ctx = f,
                      .busy = busy,
                      .on_taken = on_taken,
                      .enter = enter,
                      .leave = leave};
}

static void end(fixture *f) {
    pp_index_free(f->index);
    pp_pool_free(f->pool);
    net_close(&f->n);
}

// A block of what the pool chooses.
static void make(fixture *f) {
    const pp_pool_tx *chosen[64];
    pp_err err;
    pp_pool_terms terms = {.max = 64,
                           .max_bytes = SIZE_MAX,
                           .base_fee = f->rpc.env.base_fee,
                           .gas_limit = f->rpc.env.gas_limit,
                           .batch_txs = 64,
                           .batch_bytes = SIZE_MAX,
                           .batches = 2};
    size_t len = pp_pool_select(chosen, f->pool, &terms);
    pp_address senders[64];
    for (size_t i = 0; i < len; i++) {
        size_t size;
        uint8_t *item =
            pp_lane_tx_encode(&size, LIVE, (pp_bytes){chosen[i]->raw, chosen[i]->raw_size});
        net_add(&f->n, item, size);
        free(item);
        senders[i] = chosen[i]->sender;
    }
    pp_chain_result result = net_make(&f->n);
    pp_chain_info info;
    pp_chain_info_get(&info, f->n.chain);
    const net_block *b = &f->n.blocks[info.height];
    CHECK(pp_index_add(&err, f->index, f->n.chain, (pp_bytes){b->bytes, b->size}, &result));
    for (size_t i = 0; i < len; i++) pp_pool_settle(f->pool, &senders[i]);
}

static json_t *ask(fixture *f, const char *request) {
    size_t size;
    char *text =
        pp_rpc_answer(&size, &f->rpc, (pp_bytes){(const uint8_t *)request, strlen(request)});
    json_t *out = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    free(text);
    return out;
}

// The result of a call, or its error's code as an integer. The caller lets it go.
static json_t *call(fixture *f, const char *method, const char *params) {
    static char request[20000];
    snprintf(request, sizeof request,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params);
    json_t *all = ask(f, request), *error = json_object_get(all, "error");
    json_t *out = error ? json_object_get(error, "code") : json_object_get(all, "result");
    CHECK_EQ(json_integer_value(json_object_get(all, "id")), 1);
    json_incref(out);
    json_decref(all);
    return out;
}

static void check_text(fixture *f, const char *method, const char *params, const char *want) {
    json_t *got = call(f, method, params);
    const char *text = json_string_value(got);
    CHECK_STR(text ? text : "(no string)", want);
    json_decref(got);
}

static void check_code(fixture *f, const char *method, const char *params, int want) {
    json_t *got = call(f, method, params);
    if (!json_is_integer(got) || json_integer_value(got) != want)
        pp_test_fail(__FILE__, __LINE__, "%s %.80s: %d, not %d", method, params,
                     (int)json_integer_value(got), want);
    json_decref(got);
}

static void check_member(const json_t *object, const char *name, const char *want) {
    const char *text = json_string_value(json_object_get(object, name));
    CHECK_STR(text ? text : "(no string)", want);
}

static const char *user(uint64_t i) { // its address in quotes
    static char text[4][2 + 42 + 1];
    static unsigned at;
    char *out = text[at++ % 4];
    pp_address address = test_address(i);
    memcpy(out, "\"0x", 3);
    pp_hex_encode(out + 3, address.b, 20);
    memcpy(out + 43, "\"", 2);
    return out;
}

static json_t *send(fixture *f, const raw_tx *raw) {
    static char params[2 * RAW_MAX + 16] = "[\"0x";
    pp_hex_encode(params + 4, raw->data, raw->size);
    memcpy(params + 4 + 2 * raw->size, "\"]", 3);
    return call(f, "eth_sendRawTransaction", params);
}

PP_TEST(the_network) {
    static fixture f;
    begin(&f);
    check_text(&f, "eth_chainId", "[]", "0x4d");
    check_text(&f, "net_version", "[]", "77");
    check_text(&f, "web3_clientVersion", "[]", "polypoly/test");
    check_text(&f, "eth_blockNumber", "[]", "0x0");
    check_text(&f, "eth_gasPrice", "[]", "0x3b9aca00");
    check_text(&f, "eth_maxPriorityFeePerGas", "[]", "0x0");
    json_t *syncing = call(&f, "eth_syncing", "[]");
    CHECK(json_is_false(syncing));
    json_decref(syncing);
    check_code(&f, "eth_sendTransaction", "[{}]", PP_RPC_NO_METHOD);
    check_code(&f, "personal_sign", "[]", PP_RPC_NO_METHOD);
    check_code(&f, "eth_accounts", "[]", PP_RPC_NO_METHOD);
    end(&f);
}

PP_TEST(a_transfer_from_the_wallet_to_the_receipt) {
    static fixture f;
    char params[200];
    begin(&f);
    raw_tx raw;
    net_raw(&raw, LIVE, 21, 0, 30, 12345);
    json_t *hash = send(&f, &raw);
    REQUIRE(json_is_string(hash));
    CHECK_EQ(f.taken, 1);
    snprintf(params, sizeof params, "[\"%s\"]", json_string_value(hash));
    json_t *tx = call(&f, "eth_getTransactionByHash", params);
    CHECK(json_is_null(json_object_get(tx, "blockHash")));
    check_member(tx, "hash", json_string_value(hash));
    json_decref(tx);
    json_t *none = call(&f, "eth_getTransactionReceipt", params);
    CHECK(json_is_null(none));
    json_decref(none);
    char who[80];
    snprintf(who, sizeof who, "[%s,\"pending\"]", user(21));
    check_text(&f, "eth_getTransactionCount", who, "0x1");
    snprintf(who, sizeof who, "[%s,\"latest\"]", user(21));
    check_text(&f, "eth_getTransactionCount", who, "0x0");
    make(&f);
    check_text(&f, "eth_getTransactionCount", who, "0x1");
    snprintf(who, sizeof who, "[%s,\"latest\"]", user(30));
    check_text(&f, "eth_getBalance", who, "0x3039");
    snprintf(who, sizeof who, "[%s,\"finalized\"]", user(30));
    check_text(&f, "eth_getBalance", who, "0x0");
    json_t *receipt = call(&f, "eth_getTransactionReceipt", params);
    check_member(receipt, "status", "0x1");
    check_member(receipt, "gasUsed", "0x5208");
    check_member(receipt, "blockNumber", "0x1");
    check_member(receipt, "effectiveGasPrice", "0x3b9acde8"); // base fee and 1000
    json_decref(receipt);
    tx = call(&f, "eth_getTransactionByHash", params);
    check_member(tx, "blockNumber", "0x1");
    check_member(tx, "transactionIndex", "0x0");
    json_decref(tx);
    json_t *head = call(&f, "eth_getBlockByNumber", "[\"latest\",true]");
    check_member(head, "number", "0x1");
    check_member(head, "gasUsed", "0x5208");
    json_t *listed = json_array_get(json_object_get(head, "transactions"), 0);
    check_member(listed, "hash", json_string_value(hash));
    snprintf(params, sizeof params, "[\"%s\",false]",
             json_string_value(json_object_get(head, "hash")));
    json_t *same = call(&f, "eth_getBlockByHash", params);
    check_member(same, "number", "0x1");
    json_decref(same);
    json_decref(head);
    json_t *receipts = call(&f, "eth_getBlockReceipts", "[\"0x1\"]");
    CHECK_EQ(json_array_size(receipts), 1);
    json_decref(receipts);
    json_t *final = call(&f, "eth_getBlockByNumber", "[\"finalized\",false]");
    check_member(final, "number", "0x0");
    json_decref(final);
    check_text(&f, "eth_maxPriorityFeePerGas", "[]", "0x3e8");
    json_decref(hash);
    end(&f);
}

PP_TEST(what_is_not_taken) {
    static fixture f;
    begin(&f);
    raw_tx raw;
    net_raw(&raw, REPLAY, 21, 0, 30, 1); // another chain id
    json_t *code = send(&f, &raw);
    CHECK_EQ(json_integer_value(code), (json_int_t)PP_RPC_SERVER);
    json_decref(code);
    net_raw(&raw, LIVE, 21, 0, 30, 1);
    f.busy = "too many batches wait for a proof";
    code = send(&f, &raw);
    CHECK_EQ(json_integer_value(code), (json_int_t)PP_RPC_LIMIT);
    json_decref(code);
    f.busy = NULL;
    f.rpc.tx_max = raw.size - 1; // no block has room for it
    code = send(&f, &raw);
    CHECK_EQ(json_integer_value(code), (json_int_t)PP_RPC_SERVER);
    CHECK_EQ(f.taken, 0);
    json_decref(code);
    f.rpc.tx_max = raw.size;
    json_decref(send(&f, &raw));
    code = send(&f, &raw); // already known
    CHECK_EQ(json_integer_value(code), (json_int_t)PP_RPC_SERVER);
    json_decref(code);
    CHECK_EQ(f.taken, 1);
    check_code(&f, "eth_sendRawTransaction", "[\"0x\"]", PP_RPC_SERVER);
    check_code(&f, "eth_sendRawTransaction", "[\"0x0\"]", PP_RPC_PARAMS);
    check_code(&f, "eth_sendRawTransaction", "[\"0xzz\"]", PP_RPC_PARAMS);
    check_code(&f, "eth_sendRawTransaction", "[1]", PP_RPC_PARAMS);
    check_code(&f, "eth_sendRawTransaction", "[]", PP_RPC_PARAMS);
    end(&f);
}

PP_TEST(estimates_calls_logs) {
    static fixture f;
    char params[400];
    begin(&f);
    snprintf(params, sizeof params, "[{\"from\":%s,\"to\":%s,\"value\":\"0x1\"}]", user(21),
             user(30));
    check_text(&f, "eth_estimateGas", params, "0x5208");
    check_text(&f, "eth_call", params, "0x");
    snprintf(params, sizeof params,
             "[{\"to\":%s,\"accessList\":[{\"address\":%s,\"storageKeys\":[\"0x00\"]}]}]", user(30),
             user(31));
    check_text(&f, "eth_estimateGas", params, "0x62d4");
    snprintf(params, sizeof params, "[{\"from\":%s,\"to\":%s,\"value\":\"0x1\"}]", user(30),
             user(21));
    check_code(&f, "eth_estimateGas", params, PP_RPC_SERVER); // has nothing
    snprintf(params, sizeof params, "[{\"to\":%s,\"data\":\"0x01\"}]", user(30));
    check_code(&f, "eth_estimateGas", params, PP_RPC_SERVER);
    check_code(&f, "eth_estimateGas", "[{}]", PP_RPC_SERVER);
    check_code(&f, "eth_estimateGas", "[7]", PP_RPC_PARAMS);
    snprintf(params, sizeof params, "[%s]", user(30));
    check_text(&f, "eth_getCode", params, "0x");
    json_t *logs = call(&f, "eth_getLogs", "[{\"fromBlock\":\"0x0\"}]");
    CHECK(json_is_array(logs) && json_array_size(logs) == 0);
    json_decref(logs);
    check_code(&f, "eth_getLogs", "[\"latest\"]", PP_RPC_PARAMS);
    json_t *fees = call(&f, "eth_feeHistory", "[\"0x5\",\"latest\",[10,50]]");
    check_member(fees, "oldestBlock", "0x0");
    CHECK_EQ(json_array_size(json_object_get(fees, "baseFeePerGas")), 2);
    json_decref(fees);
    check_code(&f, "eth_feeHistory", "[\"0x5\",\"latest\",[50,10]]", PP_RPC_PARAMS);
    check_code(&f, "eth_feeHistory", "[\"0x5\",\"0x9\",[]]", PP_RPC_SERVER);
    end(&f);
}

// Of what asks for fees, code, estimates and logs: each word that is wrong.
PP_TEST(wrong_words) {
    static fixture f;
    char params[800], *at;
    begin(&f);
    static const char *const fees[] = {"[\"0x5\",\"latest\",[101]]",
                                       "[\"0x5\",\"latest\",[-1]]",
                                       "[\"0x5\",\"latest\",[\"10\"]]",
                                       "[\"0x5\",\"latest\",7]",
                                       "[\"0x5\",\"latest\",{}]",
                                       "[\"0x05\",\"latest\",[]]",
                                       "[0,\"latest\",[]]",
                                       "[-3,\"latest\",[]]",
                                       "[\"0x10000000000000000\",\"latest\",[]]"};
    for (size_t i = 0; i < PP_COUNT(fees); i++)
        check_code(&f, "eth_feeHistory", fees[i], PP_RPC_PARAMS);
    at = params + sprintf(params, "[\"0x1\",\"latest\",[0");
    for (int i = 0; i < PP_RPC_PERCENTILES_MAX; i++) at += sprintf(at, ",100"); // one too many
    memcpy(at, "]]", 3);
    check_code(&f, "eth_feeHistory", params, PP_RPC_PARAMS);
    json_t *none = call(&f, "eth_feeHistory", "[1,\"latest\",null]"); // a number will do
    CHECK_EQ(json_array_size(json_object_get(none, "gasUsedRatio")), 1);
    CHECK(json_object_get(none, "reward") == NULL || json_is_null(json_object_get(none, "reward")));
    json_decref(none);
    static const struct {
        const char *method, *before, *behind;
        int code;
    } calls[] = {
        {"eth_getCode", "[", ",\"0x9\"]", PP_RPC_SERVER},
        {"eth_getCode", "[", ",\"first\"]", PP_RPC_PARAMS},
        {"eth_estimateGas", "[{\"to\":", "},\"first\"]", PP_RPC_PARAMS},
        {"eth_estimateGas", "[{\"to\":", ",\"value\":\"0x01\"}]", PP_RPC_PARAMS},
        {"eth_estimateGas", "[{\"to\":", ",\"data\":\"0\"}]", PP_RPC_PARAMS},
        {"eth_estimateGas", "[{\"to\":", ",\"data\":\"\"}]", PP_RPC_PARAMS},
        {"eth_estimateGas", "[{\"to\":", ",\"accessList\":7}]", PP_RPC_PARAMS},
        {"eth_call", "[{\"to\":", "},\"0x9\"]", PP_RPC_SERVER},
        {"eth_getLogs", "[{\"address\":", ",\"fromBlock\":\"first\"}]", PP_RPC_PARAMS},
        {"eth_getLogs", "[{\"address\":", ",\"toBlock\":\"0x01\"}]", PP_RPC_PARAMS},
        {"eth_getLogs", "[{\"address\":", ",\"blockHash\":\"0x12\"}]", PP_RPC_PARAMS},
    };
    for (size_t i = 0; i < PP_COUNT(calls); i++) {
        snprintf(params, sizeof params, "%s%s%s", calls[i].before, user(30), calls[i].behind);
        check_code(&f, calls[i].method, params, calls[i].code);
    }
    // Nulls are as if they were not there.
    snprintf(params, sizeof params,
             "[{\"to\":%s,\"from\":null,\"value\":null,\"data\":null,\"accessList\":null}]",
             user(30));
    check_text(&f, "eth_estimateGas", params, "0x5208");
    check_code(&f, "eth_estimateGas", "[{\"to\":\"0x0000000000000000000000000000000000000001\"}]",
               PP_RPC_SERVER);
    char hash[70];
    memset(hash, '0', sizeof hash);
    memcpy(hash, "0x", 2);
    hash[66] = 0;
    snprintf(params, sizeof params, "[{\"blockHash\":\"%s\",\"fromBlock\":\"0x0\"}]", hash);
    check_code(&f, "eth_getLogs", params, PP_RPC_PARAMS);
    snprintf(params, sizeof params, "[{\"blockHash\":\"%s\",\"toBlock\":\"0x0\"}]", hash);
    check_code(&f, "eth_getLogs", params, PP_RPC_PARAMS);
    snprintf(params, sizeof params, "[{\"blockHash\":\"%s\"}]", hash);
    check_code(&f, "eth_getLogs", params, PP_RPC_SERVER);
    check_code(&f, "eth_getTransactionByHash", "[\"0x12\"]", PP_RPC_PARAMS);
    check_code(&f, "eth_getBlockByNumber", "[\"latest\",1]", PP_RPC_PARAMS);
    snprintf(params, sizeof params, "[%s,\"safe\"]", user(30));
    check_text(&f, "eth_getBalance", params, "0x0");
    end(&f);
}

PP_TEST(blocks_are_named_in_every_way) {
    static fixture f;
    char params[200];
    begin(&f);
    make(&f);
    static const char *const names[] = {"\"0x1\"", "\"latest\"", "{\"blockNumber\":\"0x1\"}",
                                        "\"pending\""};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        snprintf(params, sizeof params, "[%s,%s]", user(21), names[i]);
        check_text(&f, "eth_getBalance", params, "0x56bc75e2d63100000");
    }
    static const char *const wrong[] = {"\"0x01\"", "\"1\"", "1", "\"first\"", "{}", "[]", "true"};
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        snprintf(params, sizeof params, "[%s,%s]", user(21), wrong[i]);
        check_code(&f, "eth_getBalance", params, PP_RPC_PARAMS);
    }
    snprintf(params, sizeof params, "[%s,\"0x2\"]", user(21));
    check_code(&f, "eth_getBalance", params, PP_RPC_SERVER);
    json_t *none = call(&f, "eth_getBlockByNumber", "[\"0x2\",false]");
    CHECK(json_is_null(none));
    json_decref(none);
    end(&f);
}

static int error_of(fixture *f, const char *request) {
    json_t *all = ask(f, request);
    int code = (int)json_integer_value(json_object_get(json_object_get(all, "error"), "code"));
    json_decref(all);
    return code;
}

PP_TEST(the_frame_of_json_rpc) {
    static fixture f;
    begin(&f);
    CHECK_EQ(-error_of(&f, "{"), -PP_RPC_PARSE);
    CHECK_EQ(-error_of(&f, ""), -PP_RPC_PARSE);
    CHECK_EQ(-error_of(&f, "7"), -PP_RPC_PARSE); // JSON's top is an object or an array here
    CHECK_EQ(-error_of(&f, "{\"id\":1,\"id\":2}"), -PP_RPC_PARSE);
    CHECK_EQ(-error_of(&f, "{}"), -PP_RPC_INVALID);
    CHECK_EQ(-error_of(&f, "[]"), -PP_RPC_INVALID);
    CHECK_EQ(-error_of(&f, "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"eth_chainId\"}"),
             -PP_RPC_INVALID);
    CHECK_EQ(-error_of(&f, "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"eth_chainId\"}"),
             -PP_RPC_INVALID);
    CHECK_EQ(
        -error_of(&f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":{}}"),
        -PP_RPC_PARAMS);
    CHECK(ask(&f, "{\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"}") == NULL);
    json_t *batch = ask(&f, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"},7,"
                            "{\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"},"
                            "{\"jsonrpc\":\"2.0\",\"id\":\"b\",\"method\":\"eth_no\"}]");
    REQUIRE(json_array_size(batch) == 3);
    check_member(json_array_get(batch, 0), "result", "0x4d");
    check_member(json_array_get(batch, 2), "id", "b");
    json_decref(batch);
    char *many = malloc(3 * (PP_RPC_BATCH_MAX + 1) + 3), *at = many;
    REQUIRE(many != NULL);
    for (int i = 0; i <= PP_RPC_BATCH_MAX; i++) at += sprintf(at, "%c{}", i ? ',' : '[');
    memcpy(at, "]", 2);
    CHECK_EQ(-error_of(&f, many), -PP_RPC_LIMIT);
    free(many);
    // Longer than a request may be: not even read.
    many = malloc(PP_RPC_REQUEST_MAX + 2);
    REQUIRE(many != NULL);
    memset(many, ' ', PP_RPC_REQUEST_MAX + 1);
    static const char whole[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"}";
    memcpy(many, whole, sizeof whole - 1);
    many[PP_RPC_REQUEST_MAX] = 0;
    CHECK_EQ(error_of(&f, many), 0);
    many[PP_RPC_REQUEST_MAX] = ' ';
    many[PP_RPC_REQUEST_MAX + 1] = 0;
    CHECK_EQ(-error_of(&f, many), -PP_RPC_PARSE);
    free(many);
    end(&f);
}

// Whoever asks much at once is answered, but others come in between, and there is an end.
PP_TEST(no_batch_keeps_others_out) {
    static fixture f;
    begin(&f);
    for (int i = 0; i < 150; i++) make(&f);
    char params[600] = "[\"0x400\",\"latest\",[0", *at = params + strlen(params);
    for (int i = 1; i < PP_RPC_PERCENTILES_MAX; i++) at += sprintf(at, ",%d", i);
    memcpy(at, "]]", 3);
    // What nobody has sent costs as much as what was: 100 percentiles of each block.
    json_t *fees = call(&f, "eth_feeHistory", params);
    size_t blocks = json_array_size(json_object_get(fees, "reward"));
    CHECK_EQ(blocks, PP_RPC_FEE_WORK_MAX / (1 + PP_RPC_PERCENTILES_MAX));
    check_member(fees, "oldestBlock", "0x46"); // 150 down to 70
    json_decref(fees);
    fees = call(&f, "eth_feeHistory", "[\"0x400\",\"latest\"]");
    CHECK_EQ(json_array_size(json_object_get(fees, "gasUsedRatio")), 151);
    json_decref(fees);
    char request[4000];
    at = request;
    for (int i = 0; i < 4; i++)
        at += sprintf(at,
                      "%c{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"eth_feeHistory\","
                      "\"params\":%s}",
                      i ? ',' : '[', i, params);
    memcpy(at, "]", 2);
    f.entered = 0;
    json_t *all = ask(&f, request);
    CHECK_EQ(f.entered, 4);
    REQUIRE(json_array_size(all) == 4);
    size_t answered = 0, refused = 0;
    for (size_t i = 0; i < 4; i++) {
        json_t *one = json_array_get(all, i), *error = json_object_get(one, "error");
        answered += json_array_size(json_object_get(json_object_get(one, "result"), "reward"));
        refused += json_integer_value(json_object_get(error, "code")) == PP_RPC_LIMIT;
    }
    CHECK_EQ(answered, blocks + 1); // a block more for the eleven that were left over
    CHECK_EQ(refused, 2);
    json_decref(all);
    end(&f);
}

// Nor does one fill the memory: what comes behind 8 MiB of answers is refused, each by its id.
PP_TEST(no_batch_is_answered_without_end) {
    static fixture f;
    static char request[PP_RPC_BATCH_MAX * 120], *at = request;
    begin(&f);
    for (uint64_t i = 0; i < 12; i++) {
        raw_tx raw;
        tx_spec spec = {.type = 2,
                        .chain_id = 77,
                        .nonce = i,
                        .gas_limit = 1000000,
                        .fee_cap = pp_u256_from_u64(2000000000),
                        .to = test_address(30),
                        .access_addresses = 250};
        sign_tx(&raw, &spec, 21);
        json_t *hash = send(&f, &raw);
        CHECK(json_is_string(hash));
        json_decref(hash);
    }
    make(&f);
    for (int i = 0; i < PP_RPC_BATCH_MAX; i++)
        at += sprintf(at,
                      "%c{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"eth_getBlockByNumber\","
                      "\"params\":[\"0x1\",true]}",
                      i ? ',' : '[', i);
    memcpy(at, "]", 2);
    size_t size;
    char *text =
        pp_rpc_answer(&size, &f.rpc, (pp_bytes){(const uint8_t *)request, strlen(request)});
    json_t *all = json_loads(text, 0, NULL);
    REQUIRE(json_array_size(all) == PP_RPC_BATCH_MAX);
    size_t one = size, answered = 0;
    for (size_t i = 0; i < PP_RPC_BATCH_MAX; i++) {
        json_t *it = json_array_get(all, i), *error = json_object_get(it, "error");
        CHECK_EQ(json_integer_value(json_object_get(it, "id")), i);
        if (error == NULL) CHECK_EQ(answered++, i); // the first ones
        if (error) CHECK(json_integer_value(json_object_get(error, "code")) == PP_RPC_LIMIT);
    }
    one /= answered;
    CHECK(answered > 10 && answered < PP_RPC_BATCH_MAX);
    CHECK(size > PP_RPC_RESPONSE_MAX && size < PP_RPC_RESPONSE_MAX + 2 * one);
    free(text);
    json_decref(all);
    end(&f);
}

PP_TEST(a_name_is_cut_at_a_whole_character) {
    static fixture f;
    char request[300], name[200];
    begin(&f);
    for (size_t len = 60; len < 68; len++) {
        memset(name, 'x', len);
        strcpy(name + len, "\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x8a and more");
        snprintf(request, sizeof request, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", name);
        json_t *all = ask(&f, request), *error = json_object_get(all, "error");
        const char *text = json_string_value(json_object_get(error, "message"));
        CHECK(text != NULL && strstr(text, "xxxx") && strstr(text, " does not exist here"));
        json_decref(all);
    }
    end(&f);
}

// One of each type, with what wallets read back of it.
PP_TEST(every_type_reads_back) {
    static fixture f;
    begin(&f);
    json_t *hashes[3];
    for (int type = 0; type < 3; type++) {
        raw_tx raw;
        tx_spec spec = {.type = type,
                        .chain_id = 77,
                        .nonce = (uint64_t)type,
                        .gas_limit = 60000,
                        .tip_cap = pp_u256_from_u64(5),
                        .fee_cap = pp_u256_from_u64(2000000000),
                        .to = test_address(30),
                        .value = pp_u256_from_u64(9),
                        .access_addresses = type ? 2 : 0,
                        .access_keys = type ? 3 : 0};
        sign_tx(&raw, &spec, 21);
        hashes[type] = send(&f, &raw);
        CHECK(json_is_string(hashes[type]));
    }
    make(&f);
    static const char *const types[] = {"0x0", "0x1", "0x2"};
    for (int type = 0; type < 3; type++) {
        char params[100];
        snprintf(params, sizeof params, "[\"%s\"]", json_string_value(hashes[type]));
        json_t *tx = call(&f, "eth_getTransactionByHash", params);
        json_t *receipt = call(&f, "eth_getTransactionReceipt", params);
        check_member(tx, "type", types[type]);
        check_member(receipt, "type", types[type]);
        check_member(tx, "chainId", "0x4d");
        check_member(tx, "gas", "0xea60");
        check_member(receipt, "gasUsed", type ? "0x9150" : "0x5208"); // 2 x 2400 + 6 x 1900 more
        json_t *list = json_object_get(tx, "accessList");
        CHECK_EQ(json_array_size(list), type ? 2 : 0);
        if (type)
            CHECK_EQ(json_array_size(json_object_get(json_array_get(list, 1), "storageKeys")), 3);
        // A legacy price is cap and tip at once; the last one's tip is 5 wei.
        check_member(receipt, "effectiveGasPrice", type == 2 ? "0x3b9aca05" : "0x77359400");
        json_decref(tx);
        json_decref(receipt);
        json_decref(hashes[type]);
    }
    end(&f);
}
