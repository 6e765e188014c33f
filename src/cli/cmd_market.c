// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly market explain and quote: a chain's log followed again, with the market's story noted;
// or a node asked.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "chain/block.h"
#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/market_node.h"
#include "cli/show.h"
#include "cli/words.h"
#include "explain/explain.h"
#include "explain/show.h"
#include "host/follow.h"
#include "json/json.h"

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

// ---- explain ----------------------------------------------------------------------------------

enum { BEGINNING_MIN = 4 }; // digits of an id that are enough

static const char *digits_of(const char *text) {
    return text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;
}

bool pp_market_begins(const char *id, const char *digits) {
    digits = digits_of(digits);
    return strncasecmp(digits_of(id), digits, strlen(digits)) == 0;
}

static bool is_beginning(const char *text) {
    const char *digits = digits_of(text);
    size_t len = strspn(digits, "0123456789abcdefABCDEF");
    return digits[len] == 0 && len >= BEGINNING_MIN && len <= 64;
}

// The request whose id begins so, of those that the market remembers.
static bool find_id(pp_err *err, pp_hash32 *id, const pp_market *m, const char *text,
                    const char *dir) {
    size_t found = 0;
    for (uint32_t i = 0; i < m->requests_len; i++) {
        char hex[65];
        pp_hex_encode(hex, m->requests[i].id.b, 32);
        if (!pp_market_begins(hex, text)) continue;
        *id = m->requests[i].id;
        found++;
    }
    if (found > 1)
        return pp_err_set(err, PP_EXIT_USAGE, "%s begins several requests: give more of it", text);
    return found == 1 ||
           pp_err_set(err, PP_EXIT_NO, "%s: no request that the market remembers begins with %s",
                      dir, text);
}

static json_t *show_request(const pp_market *m, const pp_market_request *r) {
    json_t *out = json_object();
    pp_json_hash(out, "id", &r->id);
    pp_json_text(out, "state", pp_market_state_name(r->state));
    pp_json_bool(out, "proven", r->proven);
    pp_json_u64(out, "posted", r->posted);
    pp_json_u64(out, "work", r->terms.work);
    pp_json_u64(out, "winners", r->terms.winners);
    pp_json_wei(out, "reserve", r->terms.reserve);
    pp_json_wei(out, "paid", r->settled ? r->paid : 0);
    json_object_set_new(out, "payee", json_null());
    if (r->settled) pp_json_address(out, "payee", &m->accounts[r->payee].address);
    return out;
}

static int print_json(json_t *value) {
    char *text = json_dumps(value, JSON_INDENT(1));
    PP_ASSERT(text != NULL);
    puts(text);
    free(text);
    json_decref(value);
    return pp_cli_flush();
}

static int list_requests(const pp_market *m, bool json) {
    json_t *all = json_array();
    if (!json) printf("the requests that the market remembers, open and closed:\n");
    for (uint32_t i = 0; i < m->requests_len; i++) {
        const pp_market_request *r = &m->requests[i];
        char hex[65], paid[PP_CLI_TEXT];
        if (json) json_array_append_new(all, show_request(m, r));
        if (json) continue;
        pp_hex_encode(hex, r->id.b, sizeof r->id.b);
        printf("  0x%s  %-9s", hex, pp_market_state_name(r->state));
        if (r->settled) printf("  paid %s", pp_cli_money(paid, r->paid));
        printf("\n");
    }
    if (json) return print_json(all);
    json_decref(all);
    return pp_cli_flush();
}

// As GET /v1/requests/ID tells it, as far as a log knows.
static int explain_json(const walk *w, const pp_chain *chain, const pp_hash32 *id) {
    const pp_market *m = pp_chain_market(chain);
    const pp_market_request *r = pp_market_find_request(m, id);
    json_t *out = r ? show_request(m, r) : json_object(), *next = json_array();
    pp_json_hash(out, "id", id);
    pp_json_text(out, "check", pp_genesis_check_word(pp_chain_genesis(chain)->check));
    pp_json_u64(out, "market_time", m->now);
    char lines[8][200];
    size_t len = r ? pp_explain_next(lines, m, r) : 0;
    for (size_t i = 0; i < len; i++) json_array_append_new(next, json_string(lines[i]));
    json_object_set_new(out, "next", next);
    pp_explain_set_match(out, w->history.match.known ? &w->history.match : NULL);
    pp_explain_set_story(out, w->history.story, w->history.story_len);
    return print_json(out);
}

static int explain_text(const walk *w, const pp_chain *chain, const pp_hash32 *id) {
    bool known = pp_explain_print(stdout, &w->history, pp_chain_market(chain), id);
    PP_ASSERT(known);
    if (pp_chain_genesis(chain)->check != PP_CHECK_PROOF)
        printf(
            "This network's check is a re-execution: PROVEN in its market's words means that the "
            "claim was\naccepted on that. Nothing here is proven.\n");
    return pp_cli_flush();
}

// The log is followed once for the ids, where only the beginning of one is given, and once for the
// story.
static int explain_log(const char *dir, const char *text, bool json) {
    static walk w;
    pp_err err;
    pp_hash32 id = {{0}};
    bool whole = text && pp_hex_decode(id.b, sizeof id.b, text);
    bool ok = walk_open(&err, &w, dir, whole ? &id : NULL);
    if (ok && text && !whole) {
        ok = find_id(&err, &id, pp_chain_market(w.follower.chain), text, dir);
        walk_close(&w);
        if (!ok) return pp_cli_fail(&err);
        ok = walk_open(&err, &w, dir, &id);
    }
    int code = PP_EXIT_YES;
    const pp_chain *chain = w.follower.chain;
    if (!ok) {
        code = pp_cli_fail(&err);
    } else if (!text) {
        code = list_requests(pp_chain_market(chain), json);
    } else if (w.history.story_len == 0 && !pp_market_find_request(pp_chain_market(chain), &id)) {
        fprintf(stderr, "polypoly: %s: no request %s was ever posted there\n", dir, text);
        code = PP_EXIT_NO;
    } else {
        code = json ? explain_json(&w, chain, &id) : explain_text(&w, chain, &id);
    }
    walk_close(&w);
    return code;
}

static int run_explain(int argc, char **argv) {
    const char *dir = NULL, *node = NULL, *text = NULL;
    bool json = false;
    const pp_cli_word words[] = {
        {"--data", &dir, NULL}, {"--node", &node, NULL}, {"--json", NULL, &json}};
    int code = pp_cli_read("market explain", words, PP_COUNT(words), "request", &text, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if ((dir == NULL) == (node == NULL))
        return pp_cli_usage("market explain", "--data DIR or --node URL, please, and a request");
    if (text && !is_beginning(text))
        return pp_cli_usage("market explain",
                            "'%s' is no request: its id, or the first %d of its 64 hex digits or "
                            "more",
                            text, BEGINNING_MIN);
    if (node && !text)
        return pp_cli_usage("market explain", "which request? polypoly market list tells");
    return node ? pp_market_node_explain(node, text, json) : explain_log(dir, text, json);
}

// ---- quote ------------------------------------------------------------------------------------

typedef struct asked_quote {
    const char *where, *rate; // rate NULL: none asked for
    uint64_t work;            // of a run, 0: none was given
    pp_quote quote;
} asked_quote;

static int quote_json(const asked_quote *a) {
    const pp_quote *q = &a->quote;
    json_t *out = json_object(), *rates = json_object(), *run = json_object();
    const struct {
        const char *name;
        pp_u128 wei;
    } parts[] = {{"p25", q->p25}, {"p50", q->p50}, {"p90", q->p90}};
    for (size_t i = 0; i < PP_COUNT(parts); i++) {
        pp_json_wei(rates, parts[i].name, parts[i].wei);
        pp_json_wei(run, parts[i].name, pp_quote_wei(parts[i].wei, a->work));
    }
    pp_json_u64(out, "closed", q->closed);
    pp_json_u64(out, "served", q->clears);
    json_object_set_new(out, "wei_per_million", rates);
    if (a->rate) pp_json_text(out, "rate", a->rate);
    if (a->rate) pp_json_u64(out, "chance_percent", q->chance);
    if (a->work > 0) pp_json_u64(out, "work", a->work);
    if (a->work > 0) json_object_set(out, "wei", run);
    json_decref(run);
    return print_json(out);
}

static int quote_text(const asked_quote *a) {
    const pp_quote *q = &a->quote;
    const struct {
        const char *name;
        pp_u128 wei;
    } parts[] = {{"p25", q->p25}, {"p50", q->p50}, {"p90", q->p90}};
    char wei[40], text[PP_CLI_TEXT];
    printf(
        "of the last %zu requests that closed, %zu were served; wei for a million units of work:\n",
        q->closed, q->clears);
    for (size_t i = 0; i < PP_COUNT(parts); i++)
        printf("  %s %s  (%s)\n", parts[i].name, pp_u128_dec(wei, parts[i].wei),
               pp_cli_money(text, parts[i].wei));
    if (a->rate) printf("at %s: %u %% of them were served for that or less\n", a->rate, q->chance);
    if (a->work == 0) return pp_cli_flush();
    printf("this run is %s units of work; as much cost\n", pp_cli_count(text, a->work));
    for (size_t i = 0; i < PP_COUNT(parts); i++)
        printf("  %s %s\n", parts[i].name, pp_cli_money(text, pp_quote_wei(parts[i].wei, a->work)));
    return pp_cli_flush();
}

static bool quote_log(pp_err *err, pp_quote *out, const char *dir, pp_u128 rate) {
    static walk w;
    bool ok = walk_open(err, &w, dir, NULL);
    pp_quote_get(out, &w.history, rate);
    walk_close(&w);
    return ok;
}

static bool work_of(pp_err *err, uint64_t *work, const char *program, const char *input) {
    static pp_prove_cost cost;
    pp_guest_file guest;
    pp_guest_input in = {.file = NULL};
    if (!pp_guest_file_read(err, &guest, program)) return false;
    bool ok = (input == NULL || pp_guest_input_read(err, &in, input)) &&
              pp_guest_cost(err, &cost, &guest.program, in.bytes);
    if (ok) *work = pp_prove_cost_work(&cost);
    pp_guest_input_free(&in);
    pp_guest_file_free(&guest);
    return ok;
}

static int run_quote(int argc, char **argv) {
    const char *dir = NULL, *node = NULL, *program = NULL, *input = NULL;
    asked_quote a = {.rate = NULL};
    bool json = false;
    const pp_cli_word words[] = {{"--data", &dir, NULL},
                                 {"--node", &node, NULL},
                                 {"--program", &program, NULL},
                                 {"--input", &input, NULL},
                                 {"--json", NULL, &json}};
    int code = pp_cli_read("market quote", words, PP_COUNT(words), "rate", &a.rate, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_u128 rate = 0;
    pp_err err;
    if ((dir == NULL) == (node == NULL))
        return pp_cli_usage("market quote",
                            "--data DIR or --node URL, please, and a rate if you have one");
    if (input && !program) return pp_cli_usage("market quote", "--input is a program's: --program");
    if (a.rate && !pp_u128_parse(&rate, a.rate))
        return pp_cli_usage("market quote", "'%s' is no rate: wei for a million units of work",
                            a.rate);
    if (program && !work_of(&err, &a.work, program, input)) return pp_cli_fail(&err);
    a.where = node ? node : dir;
    bool ok = node ? pp_market_node_quote(&err, &a.quote, node, rate)
                   : quote_log(&err, &a.quote, dir, rate);
    if (!ok) return pp_cli_fail(&err);
    if (a.quote.clears > 0) return json ? quote_json(&a) : quote_text(&a);
    fprintf(stderr, "polypoly: %s: nothing was ever cleared there, so there is no price\n",
            a.where);
    return PP_EXIT_NO;
}

const pp_cli_command pp_cmd_market_explain = {
    "market explain", "why a request is where it is, and who may act next",
    "usage: polypoly market explain [REQUEST] --data DIR [--json]\n"
    "       polypoly market explain REQUEST --node URL [--json]\n"
    "\n"
    "REQUEST is its id, or as much of its beginning as tells it from others.\n"
    "\n"
    "Follows DIR/chain.log again, believing nothing, and tells one request's story: every event,\n"
    "every command about it that was refused with its reason (M-...), the match recomputed from\n"
    "bids, salts and beacon, who may act next and until when. Without REQUEST: which ones there "
    "are.\n"
    "With --node, what that node says of it.\n"
    "\n"
    "examples: polypoly market explain 0x1c7f8de2 --data data/mainnet\n"
    "          polypoly market explain 0x1c7f8de2 --node http://127.0.0.1:8545 --json\n"
    "\n"
    "Exit codes: 0 told; 1 there is no such request, or the log is wrong; 2 usage, or "
    "unreadable.\n",
    run_explain};

const pp_cli_command pp_cmd_market_quote = {
    "market quote", "what a proof costs now",
    "usage: polypoly market quote --data DIR | --node URL [RATE] [--program FILE [--input FILE]] "
    "[--json]\n"
    "\n"
    "The 25th, 50th and 90th percentile of the last 100 prices, in wei for a million units of\n"
    "work; with a RATE, the share of requests that were served for that or less. With a program, "
    "run\n"
    "here, what its proof would have cost: how much work it is, and that at these prices.\n"
    "\n"
    "examples: polypoly market quote --data data/mainnet\n"
    "          polypoly market quote --data data/mainnet 20000000000\n"
    "          polypoly market quote --node http://127.0.0.1:8545 --program build/guests/fib.elf "
    "--input n.bin\n"
    "\n"
    "Exit codes: 0 a price; 1 nothing was cleared yet, or the log is wrong; 2 usage, or "
    "unreadable.\n",
    run_quote};
