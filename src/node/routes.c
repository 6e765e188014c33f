// SPDX-License-Identifier: MIT OR Apache-2.0
#include "node/routes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "json/json.h"

static json_t *lane_of(const pp_genesis_rollup *rollup, const pp_chain_lane *lane,
                       const pp_node_served *served) {
    json_t *out = json_object();
    json_object_set_new(out, "name", json_string(rollup->name));
    pp_json_u64(out, "chain_id", rollup->chain_id);
    json_object_set_new(out, "open", json_boolean(rollup->open));
    pp_json_u64(out, "finalized", served->finalized);
    pp_json_u64(out, "waiting", served->pool.txs);
    pp_json_u64(out, "transactions", lane->transactions);
    pp_json_u64(out, "applied", lane->applied);
    pp_json_u64(out, "batches", lane->batches);
    pp_json_u64(out, "checked", lane->checked);
    pp_json_u64(out, "accepted", lane->accepted);
    pp_json_u64(out, "backlog", rollup->batch_backlog);
    pp_json_u64(out, "room", lane->room);
    pp_json_u64(out, "open_transactions", lane->open_transactions);
    pp_json_root(out, "ordered_root", &lane->ordered_root);
    pp_json_root(out, "checked_root", &lane->checked_root);
    pp_json_u64(out, "base_fee", lane->base_fee);
    pp_json_u64(out, "queue_batches", rollup->queue_batches);
    pp_json_u64(out, "deposits", lane->deposits);
    pp_json_u64(out, "deposits_waiting", lane->deposits - lane->deposit_position);
    pp_json_wei(out, "deposit_fee", lane->deposit_fee);
    pp_json_u64(out, "forced", lane->forced);
    pp_json_u64(out, "forced_waiting", lane->forced - lane->forced_position);
    pp_json_wei(out, "forced_fee", lane->forced_fee);
    pp_json_wei(out, "deposited", lane->deposited);
    pp_json_wei(out, "fund", lane->fund);
    pp_json_wei(out, "debt", lane->debt);
    pp_json_wei(out, "withdrawn", lane->withdrawn);
    pp_json_wei(out, "claimable", lane->claimable);
    json_object_set_new(out, "exit",
                        json_string(lane->frozen      ? "frozen"
                                    : lane->exit_open ? "open"
                                                      : "closed"));
    if (lane->incident) json_object_set_new(out, "incident", json_string(lane->incident));
    return out;
}

char *pp_route_status(size_t *size, pp_node *node) {
    pp_node_view *v = malloc(sizeof *v);
    PP_ASSERT(v != NULL);
    pp_node_view_get(v, node);
    const pp_genesis *genesis = pp_node_genesis(node);
    json_t *out = json_object(), *lanes = json_array(), *ledger = json_object();
    json_object_set_new(out, "network", json_string(genesis->name));
    pp_json_hex(out, "genesis", v->info.genesis.b, 32);
    pp_json_u64(out, "height", v->info.height);
    pp_json_u64(out, "finalized", v->finalized);
    pp_json_u64(out, "time", v->info.time);
    pp_json_u64(out, "market_time", v->info.market_time);
    pp_json_hex(out, "state_hash", v->info.app_hash.b, 32);
    json_object_set_new(out, "check", json_string(pp_genesis_check_word(v->info.check)));
    json_object_set_new(out, "sequencer",
                        json_string("1 of 1; forced inclusion and exit against the host: none "
                                    "until BFT or L1"));
    for (size_t i = 0; i < v->lanes_len; i++)
        json_array_append_new(lanes, lane_of(&genesis->rollups[i], &v->lanes[i], &v->served[i]));
    json_object_set_new(out, "lanes", lanes);
    json_t *accounts = json_object();
    pp_json_u64(accounts, "there", v->info.accounts);
    pp_json_u64(accounts, "places", v->info.accounts_max);
    pp_json_wei(accounts, "price", v->info.account_price);
    json_object_set_new(out, "accounts", accounts);
    pp_json_u64(out, "command_fee", genesis->command_fee);
    pp_u128 amount;
    const char *line;
    for (size_t i = 0; (line = pp_chain_ledger_line(&amount, &v->ledger, i)) != NULL; i++)
        pp_json_wei(ledger, line, amount);
    json_object_set_new(ledger, "balanced", json_boolean(v->balanced));
    json_object_set_new(out, "ledger", ledger);
    pp_json_u64(out, "waiting", v->pool.txs);
    pp_json_u64(out, "late_ms", v->late_ms);
    pp_json_u64(out, "log_bytes", v->log_bytes);
    free(v);
    return pp_json_dump(size, out);
}

char *pp_route_event(size_t *size, const pp_node_view *v) {
    char *text = malloc(512);
    PP_ASSERT(text != NULL);
    uint64_t transactions = 0, batches = 0, checked = 0;
    for (size_t i = 0; i < v->lanes_len; i++) {
        transactions += v->lanes[i].transactions;
        batches += v->lanes[i].batches;
        checked += v->lanes[i].checked;
    }
    int n = snprintf(text, 512,
                     "id: %" PRIu64 "\nevent: block\ndata: {\"height\":%" PRIu64
                     ",\"time\":%" PRIu64 ",\"finalized\":%" PRIu64 ",\"transactions\":%" PRIu64
                     ",\"batches\":%" PRIu64 ",\"checked\":%" PRIu64 "}\n\n",
                     v->info.height, v->info.height, v->info.time, v->finalized, transactions,
                     batches, checked);
    *size = (size_t)n;
    return text;
}

char *pp_route_command(size_t *size, const pp_node_command *c) {
    json_t *out = json_object();
    json_object_set_new(out, "result", json_string(c->reason));
    pp_json_u64(out, "height", c->height);
    return pp_json_dump(size, out);
}

static json_t *show_withdrawal(uint64_t lane, const pp_chain_withdrawal *w, const pp_chain *chain) {
    const pp_withdrawal *all;
    size_t len;
    pp_u128 wei;
    bool there = pp_chain_withdrawals_of(&all, &len, chain, lane, w->batch);
    PP_ASSERT(there && pp_u256_to_u128(&wei, &w->withdrawal.amount));
    uint8_t payload[PP_WITHDRAW_PAYLOAD_MAX];
    char text[2 + 2 * PP_WITHDRAW_PAYLOAD_MAX + 1] = "0x";
    size_t size =
        pp_withdraw_payload_encode(payload, lane, w->batch, all, len, w->withdrawal.index);
    pp_hex_encode(text + 2, payload, size);
    json_t *out = json_object();
    pp_json_u64(out, "lane", lane);
    pp_json_u64(out, "batch", w->batch);
    pp_json_u64(out, "index", w->withdrawal.index);
    pp_json_wei(out, "wei", wei);
    pp_json_text(out, "payload", text);
    return out;
}

static void append(pp_node_question *q, const char *text, size_t size) {
    char *more = realloc(q->text, q->size + size + 1);
    PP_ASSERT(more != NULL);
    q->text = more;
    memcpy(q->text + q->size, text, size);
    q->size += size;
    q->text[q->size] = 0;
}

bool pp_route_withdrawals(pp_node_question *q, const pp_chain *chain) {
    static const char head[] = "{\"withdrawals\":[", tail[] = "]}";
    uint64_t *lane = &q->at[0], *batch = &q->at[1], *index = &q->at[2], *shown = &q->at[3];
    pp_chain_info info;
    pp_chain_withdrawal w;
    pp_chain_info_get(&info, chain);
    if (q->text == NULL) append(q, head, sizeof head - 1);
    if (*lane < info.lanes && *shown < PP_ROUTE_WITHDRAWALS_MAX) {
        // One withdrawal a step, whoever's it is: a lane may have very many of others.
        if (pp_chain_unclaimed(&w, batch, index, chain, *lane, NULL)) {
            size_t size;
            if (!pp_address_eq(&w.withdrawal.receiver, &q->address)) return false;
            char *one = pp_json_dump(&size, show_withdrawal(*lane, &w, chain));
            if ((*shown)++ > 0) append(q, ",", 1);
            append(q, one, size);
            free(one);
        } else {
            ++*lane;
            *batch = *index = 0;
        }
        return false;
    }
    append(q, tail, sizeof tail - 1);
    return true;
}

char *pp_route_health(size_t *size, bool *healthy, pp_node *node) {
    pp_node_view *v = malloc(sizeof *v);
    PP_ASSERT(v != NULL);
    pp_node_view_get(v, node);
    uint64_t interval = pp_node_genesis(node)->block_interval;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    *healthy = !v->info.incident && (ms < v->info.time || ms - v->info.time < 10 * interval);
    json_t *out = json_object();
    json_object_set_new(out, "healthy", json_boolean(*healthy));
    pp_json_u64(out, "height", v->info.height);
    free(v);
    return pp_json_dump(size, out);
}

// ---- metrics ----------------------------------------------------------------------------------

typedef struct text {
    char *data;
    size_t size, max;
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(text *t, const char *format, ...) {
    for (;;) {
        va_list args;
        va_start(args, format);
        int n = vsnprintf(t->data + t->size, t->max - t->size, format, args);
        va_end(args);
        PP_ASSERT(n >= 0);
        if ((size_t)n < t->max - t->size) {
            t->size += (size_t)n;
            return;
        }
        t->max = 2 * t->max + (size_t)n;
        char *longer = realloc(t->data, t->max);
        PP_ASSERT(longer != NULL);
        t->data = longer;
    }
}

static void metric(text *t, const char *name, const char *type, const char *help, double value) {
    put(t, "# HELP polypoly_%s %s\n# TYPE polypoly_%s %s\npolypoly_%s %.17g\n", name, help, name,
        type, name, value);
}

static void lane_metric(text *t, const char *name, const char *type, const char *help,
                        const pp_genesis *genesis, const pp_node_view *v,
                        double (*value)(const pp_node_view *v, size_t lane)) {
    put(t, "# HELP polypoly_%s %s\n# TYPE polypoly_%s %s\n", name, help, name, type);
    for (size_t i = 0; i < v->lanes_len; i++)
        put(t, "polypoly_%s{lane=\"%s\"} %.17g\n", name, genesis->rollups[i].name, value(v, i));
}

static double lane_transactions(const pp_node_view *v, size_t i) {
    return (double)v->lanes[i].transactions;
}
static double lane_applied(const pp_node_view *v, size_t i) {
    return (double)v->lanes[i].applied;
}
static double lane_batches(const pp_node_view *v, size_t i) {
    return (double)v->lanes[i].batches;
}
static double lane_checked(const pp_node_view *v, size_t i) {
    return (double)v->lanes[i].checked;
}
static double lane_fund(const pp_node_view *v, size_t i) {
    return (double)v->lanes[i].fund;
}
static double lane_debt(const pp_node_view *v, size_t i) {
    return (double)v->lanes[i].debt;
}
static double lane_stands(const pp_node_view *v, size_t i) {
    return v->lanes[i].incident != NULL;
}

static double lane_finalized(const pp_node_view *v, size_t i) {
    return (double)v->served[i].finalized;
}
static double lane_waiting(const pp_node_view *v, size_t i) {
    return (double)v->served[i].pool.txs;
}
static double lane_waiting_bytes(const pp_node_view *v, size_t i) {
    return (double)v->served[i].pool.bytes;
}
static double lane_gapped(const pp_node_view *v, size_t i) {
    return (double)v->served[i].pool.gapped;
}
static double lane_calls(const pp_node_view *v, size_t i) {
    return (double)v->served[i].rpc_calls;
}
static double lane_errors(const pp_node_view *v, size_t i) {
    return (double)v->served[i].rpc_errors;
}

char *pp_route_metrics(size_t *size, pp_node *node) {
    pp_node_view *v = malloc(sizeof *v);
    text t = {malloc(8192), 0, 8192};
    PP_ASSERT(v != NULL && t.data != NULL);
    pp_node_view_get(v, node);
    const pp_genesis *g = pp_node_genesis(node);
    metric(&t, "height", "gauge", "Height of the last block", (double)v->info.height);
    metric(&t, "finalized_height", "gauge",
           "Last block with everything before it proven, in genesis' first open lane",
           (double)v->finalized);
    metric(&t, "block_time_seconds", "gauge", "Time of the last block, seconds since 1970",
           (double)v->info.time / 1000);
    metric(&t, "block_seconds", "gauge", "What the last block took to execute and write",
           (double)v->block_ns / 1e9);
    metric(&t, "block_late_seconds", "gauge", "How late the last block was ready",
           (double)v->late_ms / 1000);
    metric(&t, "log_bytes", "gauge", "Bytes of the chain's log", (double)v->log_bytes);
    metric(&t, "pool_transactions", "gauge", "Transactions that wait", (double)v->pool.txs);
    metric(&t, "pool_bytes", "gauge", "Bytes of them", (double)v->pool.bytes);
    metric(&t, "pool_gapped", "gauge", "Those that wait for an earlier nonce",
           (double)v->pool.gapped);
    metric(&t, "rpc_calls_total", "counter", "JSON-RPC calls", (double)v->rpc_calls);
    metric(&t, "rpc_errors_total", "counter", "JSON-RPC calls that were refused",
           (double)v->rpc_errors);
    metric(&t, "ledger_balanced", "gauge", "1 while every wei is accounted for", v->balanced);
    metric(&t, "burned_wei_total", "counter", "Burned so far", (double)v->ledger.burned);
    lane_metric(&t, "lane_transactions_total", "counter", "Transactions ordered", g, v,
                lane_transactions);
    lane_metric(&t, "lane_applied_total", "counter", "Of them, applied", g, v, lane_applied);
    lane_metric(&t, "lane_batches_total", "counter", "Batches cut", g, v, lane_batches);
    lane_metric(&t, "lane_checked_total", "counter", "Batches whose root has advanced", g, v,
                lane_checked);
    lane_metric(&t, "lane_fund_wei", "gauge", "Free balance of the proof fund", g, v, lane_fund);
    lane_metric(&t, "lane_debt_wei", "gauge", "What the proof fund owes", g, v, lane_debt);
    lane_metric(&t, "lane_incident", "gauge", "1 while the lane stands still", g, v, lane_stands);
    lane_metric(&t, "lane_finalized_height", "gauge", "Last block with everything before it proven",
                g, v, lane_finalized);
    lane_metric(&t, "lane_pool_transactions", "gauge", "Transactions that wait", g, v,
                lane_waiting);
    lane_metric(&t, "lane_pool_bytes", "gauge", "Bytes of them", g, v, lane_waiting_bytes);
    lane_metric(&t, "lane_pool_gapped", "gauge", "Those that wait for an earlier nonce", g, v,
                lane_gapped);
    lane_metric(&t, "lane_rpc_calls_total", "counter", "JSON-RPC calls", g, v, lane_calls);
    lane_metric(&t, "lane_rpc_errors_total", "counter", "JSON-RPC calls that were refused", g, v,
                lane_errors);
    free(v);
    *size = t.size;
    return t.data;
}
