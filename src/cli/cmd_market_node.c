// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly market list and watch, and explain and quote of a node.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/market_node.h"
#include "cli/network.h"
#include "cli/show.h"
#include "cli/words.h"
#include "host/answer.h"
#include "host/remote.h"

static json_t *ask(pp_err *err, pp_remote *node, const char *path) {
    char *text;
    if (!pp_remote_get(err, &text, node, path)) return NULL;
    json_t *answer = json_loads(text, 0, NULL);
    free(text);
    if (answer == NULL) pp_err_set(err, PP_EXIT_USAGE, "%s: the node's answer is no JSON", path);
    return answer;
}

static json_t *ask_once(pp_err *err, const char *url, const char *path) {
    pp_remote *node;
    if (!pp_remote_open(err, &node, url, NULL, NULL)) return NULL;
    json_t *answer = ask(err, node, path);
    pp_remote_close(node);
    return answer;
}

static char *money(char out[PP_CLI_TEXT], const char *digits) {
    pp_u128 wei;
    if (!pp_u128_parse(&wei, digits)) {
        snprintf(out, PP_CLI_TEXT, "-");
        return out;
    }
    return pp_cli_money(out, wei);
}

// ---- a request in one line ---------------------------------------------------------------------

// "12 s", "3 min", "5 h", "2 d".
static char *span(char out[PP_CLI_TEXT], double ms) {
    double s = ms / 1000;
    if (s < 120)
        snprintf(out, PP_CLI_TEXT, "%.0f s", s);
    else if (s < 7200)
        snprintf(out, PP_CLI_TEXT, "%.0f min", s / 60);
    else if (s < 48 * 3600)
        snprintf(out, PP_CLI_TEXT, "%.0f h", s / 3600);
    else
        snprintf(out, PP_CLI_TEXT, "%.0f d", s / 86400);
    return out;
}

static const char *name_of(const json_t *r, const char *member) {
    const char *name = json_string_value(json_object_get(r, member));
    return name ? pp_answer_text(r, member) : NULL;
}

// What the state means, and until when; now: market time.
static void print_standing(const json_t *r, uint64_t now) {
    static const struct {
        const char *state, *words;
    } all[] = {{"COMMIT", "bids are sealed"},
               {"REVEAL", "bids are opened"},
               {"ASSIGNED", "with"},
               {"OPEN", "open to anyone"},
               {"PAID", "delivered in time"},
               {"INSURED", "delivered by another in time"},
               {"RESCUED", "rescued after a default"},
               {"OPENPAID", "delivered from the open"},
               {"CANCELLED", "taken back"},
               {"EXPIRED", "nobody delivered it"}};
    const char *state = pp_answer_text(r, "state"), *words = "", *primary = name_of(r, "primary");
    for (size_t i = 0; i < PP_COUNT(all); i++)
        if (strcmp(state, all[i].state) == 0) words = all[i].words;
    char text[128], left[PP_CLI_TEXT];
    int n = snprintf(text, sizeof text, "%s", words);
    bool assigned = strcmp(state, "ASSIGNED") == 0, timed = assigned || strcmp(state, "OPEN") != 0;
    if (assigned && primary) n += snprintf(text + n, sizeof text - (size_t)n, " %.10s", primary);
    uint64_t due = json_is_null(json_object_get(r, "closed")) ? pp_answer_number(r, "due") : 0;
    if (timed && due > now)
        snprintf(text + n, sizeof text - (size_t)n, ", %s left", span(left, (double)(due - now)));
    else if (assigned && due > 0)
        snprintf(text + n, sizeof text - (size_t)n, ", late");
    printf("%-9s  %-28s  ", state, text);
}

static void print_bids(const json_t *r) {
    char text[PP_CLI_TEXT];
    uint64_t commits = pp_answer_number(r, "commits"), bids = pp_answer_number(r, "bids");
    const char *state = pp_answer_text(r, "state");
    if (strcmp(state, "COMMIT") == 0)
        snprintf(text, sizeof text, "%" PRIu64 " sealed", commits);
    else if (strcmp(state, "REVEAL") == 0)
        snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 " open", bids, commits);
    else
        snprintf(text, sizeof text, "%" PRIu64, bids);
    printf("%-11s  ", text);
}

static void print_price(const json_t *r) {
    char wei[PP_CLI_TEXT];
    const char *state = pp_answer_text(r, "state"), *payee = name_of(r, "payee");
    bool over = !json_is_null(json_object_get(r, "closed"));
    if (over && strcmp(pp_answer_text(r, "paid"), "0") != 0)
        printf("%s paid to %.10s\n", money(wei, pp_answer_text(r, "paid")), payee ? payee : "?");
    else if (over)
        printf("-\n");
    else if (strcmp(state, "OPEN") == 0)
        printf("%s now\n", money(wei, pp_answer_text(r, "price")));
    else if (strcmp(state, "ASSIGNED") == 0)
        printf("%s\n", money(wei, pp_answer_text(r, "price")));
    else
        printf("at most %s\n", money(wei, pp_answer_text(r, "reserve")));
}

static void print_header(const char *before) {
    printf("%s%-19s  %-9s  %-28s  %-7s  %-18s  %-11s  %s\n", before, "request", "state",
           "which means", "age", "asked by", "bids", "price");
}

static void print_request(const json_t *r, uint64_t now) {
    char whose[PP_CLI_TEXT], age[PP_CLI_TEXT];
    if (json_is_integer(json_object_get(r, "lane")))
        snprintf(whose, sizeof whose, "lane %" PRIu64 ", batch %" PRIu64,
                 pp_answer_number(r, "lane"), pp_answer_number(r, "batch"));
    else
        snprintf(whose, sizeof whose, "%.10s…", pp_answer_text(r, "requester"));
    uint64_t posted = pp_answer_number(r, "posted");
    printf("%.18s…  ", pp_answer_text(r, "id"));
    print_standing(r, now);
    printf("%-7s  %-18s  ", now > posted ? span(age, (double)(now - posted)) : "0 s", whose);
    print_bids(r);
    print_price(r);
}

// The newest requests, and the market's time. NULL with one sentence where there is no answer.
static json_t *ask_page(pp_err *err, uint64_t *now, pp_remote *node, const char *path) {
    json_t *status = ask(err, node, "/v1/status");
    if (status == NULL) return NULL;
    *now = pp_answer_number(status, "market_time");
    json_decref(status);
    return ask(err, node, path);
}

// ---- list -------------------------------------------------------------------------------------

static int list(int argc, char **argv) {
    const char *url = pp_cli_node(), *many = "20";
    bool json = false;
    const pp_cli_word words[] = {
        {"--node", &url, NULL}, {"--limit", &many, NULL}, {"--json", NULL, &json}};
    int code = pp_cli_read("market list", words, PP_COUNT(words), NULL, NULL, argc, argv);
    if (code != PP_EXIT_YES) return code;
    uint64_t limit, now = 0;
    if (!pp_cli_number(&limit, many, 1, 100))
        return pp_cli_usage("market list", "--limit does not take '%s': 1 to 100", many);
    char path[64];
    pp_err err;
    pp_remote *node;
    snprintf(path, sizeof path, "/v1/requests?limit=%" PRIu64, limit);
    if (!pp_remote_open(&err, &node, url, NULL, NULL)) return pp_cli_fail(&err);
    json_t *page = ask_page(&err, &now, node, path);
    pp_remote_close(node);
    if (page == NULL) return pp_cli_fail(&err);
    const json_t *items = json_object_get(page, "items"), *r;
    size_t i;
    if (json) {
        char *text = json_dumps(items, JSON_INDENT(1));
        puts(text ? text : "[]");
        free(text);
    } else if (json_array_size(items) == 0) {
        printf("nothing was ever asked for\n");
    } else {
        print_header("");
        json_array_foreach(items, i, r) print_request(r, now);
    }
    json_decref(page);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_market_list = {
    "market list", "the requests for proofs, newest first",
    "usage: polypoly market list [--node URL] [--limit N] [--json]\n"
    "\n"
    "What is asked for, by whom, in which state, for how much, and who is drawn or was paid. "
    "polypoly\n"
    "market explain tells one request's story; as much of its id as is shown here will do.\n"
    "\n"
    "  --node URL  (http://127.0.0.1:8545)\n"
    "  --limit N   how many, 1 to 100 (20)\n"
    "\n"
    "Times are the market's, which stand still while no block comes. 'At most' is what the "
    "auction\n"
    "pays; the price is known when a prover is drawn.\n"
    "\n"
    "example: polypoly market list --limit 5\n"
    "\n"
    "Exit codes: 0 told; 2 usage, or no node answers.\n",
    list};

// ---- watch ------------------------------------------------------------------------------------

static bool is_over(const json_t *r) {
    return !json_is_null(json_object_get(r, "closed"));
}

// With the time it was seen at.
static void print_change(json_t *r, uint64_t now, bool json) {
    struct timespec t;
    struct tm day;
    char clock[16] = "";
    clock_gettime(CLOCK_REALTIME, &t);
    if (json) {
        json_t *line = json_object();
        json_object_set_new(line, "time", json_integer(t.tv_sec * 1000 + t.tv_nsec / 1000000));
        json_object_set(line, "request", r);
        char *text = json_dumps(line, JSON_COMPACT);
        puts(text ? text : "{}");
        free(text);
        json_decref(line);
        return;
    }
    if (localtime_r(&t.tv_sec, &day)) strftime(clock, sizeof clock, "%H:%M:%S", &day);
    printf("%-8s  ", clock);
    print_request(r, now);
}

// Prints what has another state than the page before had; of the first page (before NULL) what is
// not over.
static void print_changes(const json_t *page, const json_t *before, uint64_t now, bool json) {
    size_t i = json_array_size(page);
    while (i-- > 0) {
        json_t *r = json_array_get(page, i);
        const json_t *old;
        size_t k;
        bool same = before == NULL && is_over(r);
        json_array_foreach(before, k, old) {
            if (strcmp(pp_answer_text(old, "id"), pp_answer_text(r, "id")) == 0)
                same = strcmp(pp_answer_text(old, "state"), pp_answer_text(r, "state")) == 0;
        }
        if (!same) print_change(r, now, json);
    }
    fflush(stdout);
}

static int watch(int argc, char **argv) {
    const char *url = pp_cli_node();
    bool json = false;
    const pp_cli_word words[] = {{"--node", &url, NULL}, {"--json", NULL, &json}};
    int code = pp_cli_read("market watch", words, PP_COUNT(words), NULL, NULL, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_cli_catch(SA_RESTART, false);
    pp_err err;
    pp_remote *node;
    if (!pp_remote_open(&err, &node, url, pp_cli_stops, NULL)) return pp_cli_fail(&err);
    json_t *before = NULL, *page = NULL;
    uint64_t now = 0;
    while (!pp_cli_interrupted &&
           (page = ask_page(&err, &now, node, "/v1/requests?limit=100")) != NULL) {
        json_t *items = json_object_get(page, "items");
        if (before == NULL && !json) print_header("at        ");
        print_changes(items, before, now, json);
        json_decref(before);
        before = json_incref(items);
        json_decref(page);
        if (!pp_cli_interrupted) nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    }
    json_decref(before);
    pp_remote_close(node);
    return pp_cli_interrupted ? pp_cli_flush() : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_market_watch = {
    "market watch", "what happens to requests, as it happens",
    "usage: polypoly market watch [--node URL] [--json]\n"
    "\n"
    "A line for each request that is not over yet, and one more whenever the state of one "
    "changes,\n"
    "each with the time of day, until Ctrl-C. Of the last hundred requests. With --json a line is "
    "an\n"
    "object: time (ms since 1970, of this machine) and request, as GET /v1/requests has it.\n"
    "\n"
    "example: polypoly market watch --node http://127.0.0.1:8545\n"
    "\n"
    "Exit codes: 0 it was asked to stop; 2 usage, or no node answers.\n",
    watch};

// ---- explain, quote ---------------------------------------------------------------------------

static void print_story(const json_t *r) {
    const json_t *line;
    size_t i;
    json_array_foreach(json_object_get(r, "story"), i, line) {
        char amount[PP_CLI_TEXT];
        const char *account = name_of(line, "account"), *digits = name_of(line, "amount");
        bool refused = json_is_true(json_object_get(line, "refused"));
        printf("  %8.1f s  %-9s  %-10.10s  %s\n",
               ((double)pp_answer_number(line, "time") - (double)pp_answer_number(r, "posted")) /
                   1000,
               refused ? "refused" : pp_answer_text(line, "event"), account ? account : "",
               refused  ? pp_answer_text(line, "reason")
               : digits ? money(amount, digits)
                        : "");
    }
}

// The one whose id begins so, among the newest: "0x" and its digits. False with one sentence where
// none does, or several do.
static bool find_id(pp_err *err, char id[67], pp_remote *node, const char *beginning) {
    enum { PAGES = 20 };
    char path[128] = "/v1/requests?limit=100";
    id[0] = 0;
    for (int i = 0; i < PAGES && path[0]; i++) {
        const json_t *r;
        size_t k;
        json_t *page = ask(err, node, path);
        if (page == NULL) return false;
        json_array_foreach(json_object_get(page, "items"), k, r) {
            const char *one = pp_answer_text(r, "id");
            if (!pp_market_begins(one, beginning)) continue;
            if (id[0]) {
                json_decref(page);
                return pp_err_set(err, PP_EXIT_USAGE, "%s begins several requests: give more of it",
                                  beginning);
            }
            snprintf(id, 67, "%s", one);
        }
        const json_t *next = json_object_get(page, "next");
        path[0] = 0;
        if (json_is_integer(next))
            snprintf(path, sizeof path, "/v1/requests?limit=100&before=%" PRIu64,
                     (uint64_t)json_integer_value(next));
        json_decref(page);
    }
    return id[0] || pp_err_set(err, PP_EXIT_NO, "none of the newest %d requests begins with %s",
                               PAGES * 100, beginning);
}

// The request of this id, or whose id begins so.
static json_t *ask_request(pp_err *err, uint64_t *now, pp_remote *node, const char *text) {
    char path[128], id[67];
    pp_hash32 whole;
    if (!pp_hex_decode(whole.b, sizeof whole.b, text)) {
        if (!find_id(err, id, node, text)) return NULL;
        text = id;
    }
    snprintf(path, sizeof path, "/v1/requests/%s%s", strncmp(text, "0x", 2) == 0 ? "" : "0x", text);
    return ask_page(err, now, node, path);
}

// A sentence of the node's, its market times (13 digits) and amounts as people read them.
static void print_sentence(const char *line, uint64_t now) {
    while (*line) {
        size_t plain = strcspn(line, "0123456789"), digits = strspn(line + plain, "0123456789");
        printf("%.*s", (int)plain, line);
        line += plain;
        char number[40] = "", text[PP_CLI_TEXT];
        if (digits < sizeof number) memcpy(number, line, digits);
        bool hex = digits == 1 && line[0] == '0' && line[1] == 'x'; // an address, whole
        if (hex) digits = strcspn(line, " .,:");
        if (!hex && digits == 13) {
            double ms = (double)strtoull(number, NULL, 10) - (double)now;
            printf("%s %s", span(text, ms < 0 ? -ms : ms), ms < 0 ? "ago" : "from now");
        } else if (!hex && number[0] && strncmp(line + digits, " wei", 4) == 0) {
            printf("%s", money(text, number));
            digits += 4;
        } else {
            printf("%.*s", (int)digits, line);
        }
        line += digits;
    }
    putchar('\n');
}

int pp_market_node_explain(const char *url, const char *request, bool json) {
    pp_err err;
    pp_remote *node;
    uint64_t now = 0;
    if (!pp_remote_open(&err, &node, url, NULL, NULL)) return pp_cli_fail(&err);
    json_t *r = ask_request(&err, &now, node, request);
    pp_remote_close(node);
    if (r == NULL) return pp_cli_fail(&err);
    if (json) {
        char *text = json_dumps(r, JSON_INDENT(1));
        puts(text ? text : "{}");
        free(text);
        json_decref(r);
        return pp_cli_flush();
    }
    printf("%s\n", pp_answer_text(r, "id"));
    print_header("");
    print_request(r, now);
    printf("\nits story, in seconds since it was posted\n");
    print_story(r);
    const json_t *match = json_object_get(r, "match");
    if (json_is_object(match))
        printf("the match, recomputed by the node: %s\n",
               json_is_true(json_object_get(match, "right")) ? "right" : "WRONG");
    size_t i;
    json_t *line, *one = json_object();
    json_array_foreach(json_object_get(r, "next"), i, line) {
        json_object_set(one, "line", line);
        print_sentence(pp_answer_text(one, "line"), now);
    }
    json_decref(one);
    json_decref(r);
    return pp_cli_flush();
}

bool pp_market_node_quote(pp_err *err, pp_quote *out, const char *url, pp_u128 rate) {
    enum { MILLION = 1000000 };
    json_t *page = ask_once(err, url, "/v1/prices?limit=100");
    if (page == NULL) return false;
    const json_t *items = json_object_get(page, "items");
    size_t len = json_array_size(items);
    pp_clear *clears = calloc(len + 1, sizeof *clears);
    PP_ASSERT(clears != NULL);
    pp_history h = {.clears_len = len, .clears_max = len, .clears = clears};
    for (size_t i = 0; i < len; i++) {
        const json_t *one = json_array_get(items, len - 1 - i); // oldest first
        clears[i].work = MILLION;
        clears[i].served = json_is_true(json_object_get(one, "served")) &&
                           pp_u128_parse(&clears[i].price, pp_answer_text(one, "price_per_mwork"));
        if (!pp_u128_parse(&clears[i].reserve, pp_answer_text(one, "reserve_per_mwork")))
            clears[i].reserve = 0;
    }
    pp_quote_get(out, &h, rate);
    free(clears);
    json_decref(page);
    return true;
}

// ms from the last assignment to the proof, for a million units; 0 where it was not assigned.
static uint64_t pace_of(const json_t *r) {
    uint64_t assigned = 0, proven = 0, work = pp_answer_number(r, "work");
    const json_t *line;
    size_t i;
    json_array_foreach(json_object_get(r, "story"), i, line) {
        const char *event = pp_answer_text(line, "event");
        if (json_is_true(json_object_get(line, "refused"))) continue;
        if (strcmp(event, "ASSIGNED") == 0) assigned = pp_answer_number(line, "time");
        if (strcmp(event, "PROVEN") == 0) proven = pp_answer_number(line, "time");
    }
    if (assigned == 0 || proven <= assigned || work == 0) return 0;
    return (uint64_t)((pp_u128)(proven - assigned) * 1000000 / work);
}

static int ascending(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

bool pp_market_node_pace(pp_err *err, uint64_t *out, const char *url) {
    enum { LAST = 9 };
    uint64_t paces[LAST], len = 0;
    pp_remote *node;
    *out = 0;
    if (!pp_remote_open(err, &node, url, NULL, NULL)) return false;
    json_t *page = ask(err, node, "/v1/requests?limit=100");
    bool ok = page != NULL;
    const json_t *items = json_object_get(page, "items");
    for (size_t i = 0; ok && i < json_array_size(items) && len < LAST; i++) {
        const json_t *one = json_array_get(items, i);
        pp_hash32 id;
        char path[96], hex[65];
        if (!is_over(one) || !json_is_true(json_object_get(one, "proven")) ||
            !pp_hex_decode(id.b, sizeof id.b, pp_answer_text(one, "id")))
            continue;
        pp_hex_encode(hex, id.b, 32);
        snprintf(path, sizeof path, "/v1/requests/0x%s", hex);
        json_t *r = ask(err, node, path);
        ok = r != NULL;
        paces[len] = pace_of(r);
        len += paces[len] > 0;
        json_decref(r);
    }
    json_decref(page);
    pp_remote_close(node);
    if (len == 0) return ok;
    qsort(paces, len, sizeof *paces, ascending);
    *out = paces[len / 2];
    return ok;
}
