// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly market list and watch, and explain and quote of a node.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
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

// ---- list -------------------------------------------------------------------------------------

static void print_request(const json_t *r) {
    char reserve[PP_CLI_TEXT], price[PP_CLI_TEXT], whose[PP_CLI_TEXT];
    bool lane = json_is_integer(json_object_get(r, "lane"));
    if (lane)
        snprintf(whose, sizeof whose, "lane %" PRIu64 ", batch %" PRIu64,
                 pp_answer_number(r, "lane"), pp_answer_number(r, "batch"));
    else
        snprintf(whose, sizeof whose, "of %.10s…", pp_answer_text(r, "requester"));
    bool paid = strcmp(pp_answer_text(r, "paid"), "0") != 0;
    const char *who = json_string_value(json_object_get(r, paid ? "payee" : "primary"));
    printf("%.18s…  %-9s  %-20s  %2" PRIu64 " bids  at most %-11s  %s %-11s%s%.10s\n",
           pp_answer_text(r, "id"), pp_answer_text(r, "state"), whose, pp_answer_number(r, "bids"),
           money(reserve, pp_answer_text(r, "reserve")), paid ? "paid " : "price",
           money(price, pp_answer_text(r, paid ? "paid" : "price")), who ? "  to " : "",
           who ? who : "");
}

typedef struct words {
    const char *node;
    uint64_t limit;
    bool json;
} words;

static int parse(words *w, const char *name, int argc, char **argv, bool list) {
    for (int i = 1; i < argc; i++) {
        bool value = i + 1 < argc;
        if (strcmp(argv[i], "--node") == 0 && value)
            w->node = argv[++i];
        else if (list && strcmp(argv[i], "--limit") == 0 && value &&
                 pp_cli_number(&w->limit, argv[i + 1], 1, 100))
            i++;
        else if (list && strcmp(argv[i], "--json") == 0)
            w->json = true;
        else
            return pp_cli_usage(name, "no option '%s', or its value is wrong", argv[i]);
    }
    return PP_EXIT_YES;
}

static int list(int argc, char **argv) {
    words w = {.node = pp_cli_node(), .limit = 20};
    int code = parse(&w, "market list", argc, argv, true);
    if (code != PP_EXIT_YES) return code;
    char path[64];
    pp_err err;
    snprintf(path, sizeof path, "/v1/requests?limit=%" PRIu64, w.limit);
    json_t *page = ask_once(&err, w.node, path);
    if (page == NULL) return pp_cli_fail(&err);
    const json_t *items = json_object_get(page, "items"), *r;
    size_t i;
    if (w.json) {
        char *text = json_dumps(items, JSON_INDENT(1));
        puts(text ? text : "[]");
        free(text);
    } else {
        json_array_foreach(items, i, r) print_request(r);
        if (json_array_size(items) == 0) printf("nothing was ever asked for\n");
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
    "market explain tells one request's story.\n"
    "\n"
    "  --node URL  (http://127.0.0.1:8545)\n"
    "  --limit N   how many, 1 to 100 (20)\n"
    "\n"
    "example: polypoly market list --limit 5\n"
    "\n"
    "Exit codes: 0 told; 2 usage, or no node answers.\n",
    list};

// ---- watch ------------------------------------------------------------------------------------

static volatile sig_atomic_t interrupted;
static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}
static bool stops(void *ctx) {
    (void)ctx;
    return interrupted != 0;
}

// Prints what has another state than the page before had.
static void print_changes(const json_t *now, const json_t *before) {
    size_t i = json_array_size(now);
    while (i-- > 0) {
        const json_t *r = json_array_get(now, i), *old;
        size_t k;
        bool same = false;
        json_array_foreach(before, k, old) {
            if (strcmp(pp_answer_text(old, "id"), pp_answer_text(r, "id")) == 0)
                same = strcmp(pp_answer_text(old, "state"), pp_answer_text(r, "state")) == 0;
        }
        if (!same) print_request(r);
    }
    fflush(stdout);
}

static int watch(int argc, char **argv) {
    words w = {.node = pp_cli_node()};
    int code = parse(&w, "market watch", argc, argv, false);
    if (code != PP_EXIT_YES) return code;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    pp_err err;
    pp_remote *node;
    if (!pp_remote_open(&err, &node, w.node, stops, NULL)) return pp_cli_fail(&err);
    json_t *before = json_array();
    bool ok = true;
    while (ok && !interrupted) {
        json_t *page = ask(&err, node, "/v1/requests?limit=100");
        ok = page != NULL;
        if (!ok) break;
        json_t *items = json_object_get(page, "items");
        print_changes(items, before);
        json_decref(before);
        before = json_incref(items);
        json_decref(page);
        if (!interrupted) nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    }
    json_decref(before);
    pp_remote_close(node);
    return ok || interrupted ? pp_cli_flush() : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_market_watch = {
    "market watch", "what happens to requests, as it happens",
    "usage: polypoly market watch [--node URL]\n"
    "\n"
    "A line for each request of the last hundred, and one more whenever the state of one changes,\n"
    "until Ctrl-C.\n"
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
        const char *account = json_string_value(json_object_get(line, "account"));
        bool refused = json_is_true(json_object_get(line, "refused"));
        const char *digits = json_string_value(json_object_get(line, "amount"));
        printf("  %8.1f s  %-9s  %-10.10s  %s%s\n",
               ((double)pp_answer_number(line, "time") - (double)pp_answer_number(r, "posted")) /
                   1000,
               refused ? "refused" : pp_answer_text(line, "event"), account ? account : "",
               refused  ? pp_answer_text(line, "reason")
               : digits ? money(amount, digits)
                        : "",
               "");
    }
}

int pp_market_node_explain(const char *url, const pp_hash32 *request) {
    char path[128], hex[65];
    pp_err err;
    pp_hex_encode(hex, request->b, 32);
    snprintf(path, sizeof path, "/v1/requests/0x%s", hex);
    json_t *r = ask_once(&err, url, path);
    if (r == NULL) return pp_cli_fail(&err);
    print_request(r);
    printf("\nits story, in seconds since it was posted\n");
    print_story(r);
    const json_t *match = json_object_get(r, "match"), *line;
    if (json_is_object(match))
        printf("the match, recomputed by the node: %s\n",
               json_is_true(json_object_get(match, "right")) ? "right" : "WRONG");
    size_t i;
    json_array_foreach(json_object_get(r, "next"), i, line) {
        if (json_is_string(line)) printf("%s\n", json_string_value(line));
    }
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
