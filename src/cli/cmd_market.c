// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly market explain and quote: a chain's log followed again, with the market's story noted;
// or a node asked.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "chain/block.h"
#include "cli/cli.h"
#include "cli/market_node.h"
#include "cli/show.h"
#include "explain/explain.h"
#include "host/follow.h"

typedef struct asked {
    pp_market_command command;
    uint32_t item;
} asked;

typedef struct walk {
    pp_history history;
    pp_log log;
    pp_log_cursor cursor; // a second look at each block, for what its commands asked
    pp_store *store;
    pp_follower follower;
    asked *asked;
    size_t asked_len, asked_max;
    pp_hash32 beacon;
    pp_cli_progress progress;
} walk;

// The block's market commands about requests.
static bool read_block(pp_err *err, walk *w) {
    pp_log_record record;
    bool more;
    w->asked_len = 0;
    if (!pp_log_next(err, &more, &record, &w->log, &w->cursor)) return false;
    pp_block block;
    if (!more || w->cursor.height == 1 || !pp_block_decode(&block, record.payload)) return true;
    w->beacon = block.beacon;
    pp_bytes left = block.items;
    for (uint32_t i = 0; i < block.items_len; i++) {
        pp_item item;
        asked a = {.item = i};
        if (!pp_item_decode(&item, pp_block_next(&left)) || item.type != PP_ITEM_COMMAND ||
            item.command.kind != PP_COMMAND_MARKET ||
            !pp_market_command_decode(&a.command, item.command.payload))
            continue;
        a.command.sender = item.command.sender;
        a.command.proof = (pp_bytes){NULL, 0};
        if (w->asked_len == w->asked_max) {
            size_t max = w->asked_max == 0 ? 64 : 2 * w->asked_max;
            asked *larger = realloc(w->asked, max * sizeof *larger);
            if (!larger)
                return pp_err_set(err, PP_EXIT_USAGE, "no memory for the block's commands");
            w->asked = larger;
            w->asked_max = max;
        }
        w->asked[w->asked_len++] = a;
    }
    return true;
}

static void note_block(walk *w, const pp_chain_result *result) {
    const pp_market *m = pp_chain_market(w->follower.chain);
    for (size_t i = 0; i < w->asked_len; i++) {
        if (w->asked[i].item >= result->items_len) continue;
        const pp_chain_item_result *r = &result->items[w->asked[i].item];
        if (r->code == PP_CHAIN_MARKET)
            pp_history_refused(&w->history, m->now, &w->asked[i].command, r->market);
    }
    for (size_t i = 0; i < result->events_len; i++)
        if (result->events[i].kind == PP_EVENT_MARKET)
            pp_history_event(&w->history, m, &w->beacon, &result->events[i].market);
}

static bool follow(pp_err *err, walk *w) {
    if (!pp_follower_open(err, &w->follower, &w->log, w->store, NULL) || !read_block(err, w))
        return false;
    if (w->follower.began > 0) w->cursor = w->follower.cursor;
    for (;;) {
        pp_chain_result result;
        bool more;
        if (!read_block(err, w) || !pp_follower_next(err, &more, &result, &w->follower))
            return false;
        if (!more) return true;
        note_block(w, &result);
        pp_cli_progress_show(&w->progress, "block", w->follower.cursor.height - 1,
                             w->log.records - 1);
    }
}

static bool walk_open(pp_err *err, walk *w, const char *dir, const pp_hash32 *about) {
    memset(w, 0, sizeof *w);
    pp_history_init(&w->history, about);
    if (!pp_log_open(err, &w->log, dir, PP_LOG_READ)) return false;
    bool ok = pp_store_open(err, &w->store, NULL, PP_STORE_MEMORY) && follow(err, w);
    pp_cli_progress_hide(&w->progress);
    return ok;
}

static void walk_close(walk *w) {
    pp_follower_close(&w->follower);
    if (w->store) pp_store_close(w->store);
    pp_log_close(&w->log);
    pp_history_free(&w->history);
    free(w->asked);
}

// --data DIR or --node URL anywhere, --json where json is not NULL, the rest in order. False:
// usage.
static bool data_of(const char **dir, const char **node, const char **rest, bool *json, int argc,
                    char **argv) {
    *dir = *node = *rest = NULL;
    for (int i = 1; i < argc; i++) {
        if (json && strcmp(argv[i], "--json") == 0) {
            *json = true;
            continue;
        }
        if (strcmp(argv[i], "--data") == 0 && i + 1 < argc)
            *dir = argv[++i];
        else if (strcmp(argv[i], "--node") == 0 && i + 1 < argc)
            *node = argv[++i];
        else if (!*rest && argv[i][0] != '-')
            *rest = argv[i];
        else
            return false;
    }
    return (*dir == NULL) != (*node == NULL);
}

static void list_requests(const pp_market *m) {
    printf("the requests that the market remembers, open and closed:\n");
    for (uint32_t i = 0; i < m->requests_len; i++) {
        const pp_market_request *r = &m->requests[i];
        char hex[65], paid[40];
        pp_hex_encode(hex, r->id.b, sizeof r->id.b);
        printf("  0x%s  %-9s", hex, pp_market_state_name(r->state));
        if (r->settled) printf("  paid %s wei", pp_u128_dec(paid, r->paid));
        printf("\n");
    }
}

static int run_explain(int argc, char **argv) {
    const char *dir, *node, *text;
    pp_hash32 id = {{0}};
    if (!data_of(&dir, &node, &text, NULL, argc, argv))
        return pp_cli_usage("market explain", "--data DIR or --node URL, please, and a request");
    if (text && !pp_hex_decode(id.b, sizeof id.b, text))
        return pp_cli_usage("market explain", "'%s' is no request: 64 hex digits", text);
    if (node && !text)
        return pp_cli_usage("market explain", "which request? polypoly market list tells");
    if (node) return pp_market_node_explain(node, &id);
    static walk w;
    pp_err err;
    if (!walk_open(&err, &w, dir, &id)) {
        walk_close(&w);
        return pp_cli_fail(&err);
    }
    if (!text) list_requests(pp_chain_market(w.follower.chain));
    bool known =
        !text || pp_explain_print(stdout, &w.history, pp_chain_market(w.follower.chain), &id);
    if (known && pp_chain_genesis(w.follower.chain)->check != PP_CHECK_PROOF)
        printf(
            "This network's check is a re-execution: PROVEN in its market's words means that the "
            "claim was\naccepted on that. Nothing here is proven.\n");
    walk_close(&w);
    if (known) return PP_EXIT_YES;
    fprintf(stderr, "polypoly: %s: no request %s was ever posted there\n", dir, text);
    return PP_EXIT_NO;
}

static int print_quote(const char *where, const pp_quote *q, const char *rate, bool json) {
    char a[40], b[40], c[40];
    if (q->clears == 0) {
        fprintf(stderr, "polypoly: %s: nothing was ever cleared there, so there is no price\n",
                where);
        return PP_EXIT_NO;
    }
    if (json) {
        printf("{\"closed\": %zu, \"served\": %zu, \"wei_per_million\": {\"p25\": \"%s\", \"p50\": "
               "\"%s\", \"p90\": \"%s\"}",
               q->closed, q->clears, pp_u128_dec(a, q->p25), pp_u128_dec(b, q->p50),
               pp_u128_dec(c, q->p90));
        if (rate) printf(", \"rate\": \"%s\", \"chance_percent\": %u", rate, q->chance);
        printf("}\n");
        return pp_cli_flush();
    }
    printf(
        "of the last %zu requests that closed, %zu were served; wei for a million units of work:\n",
        q->closed, q->clears);
    printf("  p25 %s\n  p50 %s\n  p90 %s\n", pp_u128_dec(a, q->p25), pp_u128_dec(b, q->p50),
           pp_u128_dec(c, q->p90));
    if (rate) printf("at %s: %u %% of them were served for that or less\n", rate, q->chance);
    return pp_cli_flush();
}

static int run_quote(int argc, char **argv) {
    const char *dir, *node, *text;
    pp_u128 rate = 0;
    pp_quote q;
    pp_err err;
    bool json = false;
    if (!data_of(&dir, &node, &text, &json, argc, argv))
        return pp_cli_usage("market quote",
                            "--data DIR or --node URL, please, and a rate if you have one");
    if (text && !pp_u128_parse(&rate, text))
        return pp_cli_usage("market quote", "'%s' is no rate: wei for a million units of work",
                            text);
    bool ok;
    if (node) {
        ok = pp_market_node_quote(&err, &q, node, rate);
    } else {
        static walk w;
        ok = walk_open(&err, &w, dir, NULL);
        pp_quote_get(&q, &w.history, rate);
        walk_close(&w);
    }
    return ok ? print_quote(node ? node : dir, &q, text, json) : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_market_explain = {
    "market explain", "why a request is where it is, and who may act next",
    "usage: polypoly market explain [REQUEST] --data DIR\n"
    "       polypoly market explain REQUEST --node URL\n"
    "\n"
    "Follows DIR/chain.log again, believing nothing, and tells one request's story: every event,\n"
    "every command about it that was refused with its reason (M-...), the match recomputed from\n"
    "bids, salts and beacon, who may act next and until when. Without REQUEST: which ones there "
    "are.\n"
    "With --node, what that node says of it.\n"
    "\n"
    "example: polypoly market explain 0x1c7f...e2 --data data/mainnet\n"
    "\n"
    "Exit codes: 0 told; 1 there is no such request, or the log is wrong; 2 usage, or "
    "unreadable.\n",
    run_explain};

const pp_cli_command pp_cmd_market_quote = {
    "market quote", "what a proof costs now",
    "usage: polypoly market quote --data DIR | --node URL [RATE] [--json]\n"
    "\n"
    "The 25th, 50th and 90th percentile of the last 100 prices, in wei for a million units of\n"
    "work; with a RATE, the share of requests that were served for that or less.\n"
    "\n"
    "examples: polypoly market quote --data data/mainnet\n"
    "          polypoly market quote --data data/mainnet 20000000000\n"
    "\n"
    "Exit codes: 0 a price; 1 nothing was cleared yet, or the log is wrong; 2 usage, or "
    "unreadable.\n",
    run_quote};
