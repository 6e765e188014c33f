// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly prover status, explain, drain, withdraw: a running prover asked and told, by files of
// its directory (prover/report.h).
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/folder.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "host/answer.h"
#include "prover/config.h"
#include "prover/report.h"

typedef struct words {
    const char *dir, *request;
    bool json, off;
} words;

static int parse(words *w, const char *name, int argc, char **argv, bool request, bool json,
                 bool off) {
    for (int i = 1; i < argc; i++) {
        if (json && strcmp(argv[i], "--json") == 0)
            w->json = true;
        else if (off && strcmp(argv[i], "--off") == 0)
            w->off = true;
        else if (argv[i][0] == '-')
            return pp_cli_usage(name, "no option '%s'", argv[i]);
        else if (w->dir == NULL)
            w->dir = argv[i];
        else if (request && w->request == NULL)
            w->request = argv[i];
        else
            return pp_cli_usage(name, "one directory, please");
    }
    if (w->dir == NULL) return pp_cli_usage(name, "which directory?");
    return PP_EXIT_YES;
}

// ---- status -----------------------------------------------------------------------------------

static json_t *load(pp_err *err, const char *dir) {
    char path[4096 + 64];
    uint8_t *data;
    size_t size;
    snprintf(path, sizeof path, "%.4096s/status.json", dir);
    if (access(path, F_OK) != 0) {
        pp_err_set(err, PP_EXIT_NO, "%s: no prover has run there yet", dir);
        return NULL;
    }
    if (!pp_file_read(err, &data, &size, path, 16 << 20)) return NULL;
    json_t *status = json_loadb((const char *)data, size, 0, NULL);
    free(data);
    if (!json_is_object(status)) pp_err_set(err, PP_EXIT_USAGE, "%s: not a status", path);
    return json_is_object(status) ? status : NULL;
}

static char *money_at(char out[PP_CLI_TEXT], const json_t *object, const char *member) {
    pp_u128 wei = 0;
    if (!pp_u128_parse(&wei, pp_answer_text(object, member))) snprintf(out, PP_CLI_TEXT, "?");
    return pp_cli_money(out, wei);
}

static void print_status(const json_t *s, bool runs) {
    char a[PP_CLI_TEXT], b[PP_CLI_TEXT];
    printf("prover      %s, %s", pp_answer_text(s, "address"),
           runs ? pp_answer_text(s, "doing") : "does not run");
    if (runs && json_object_get(s, "proving_seconds"))
        printf(" for %" PRIu64 " s", pp_answer_number(s, "proving_seconds"));
    printf("\nmode        %s\n", pp_answer_text(s, "mode"));
    printf("block       %" PRIu64 "\n", pp_answer_number(s, "height"));
    printf("stake       %s, of it at stake now %s\n", money_at(a, s, "stake_wei"),
           money_at(b, s, "at_stake_wei"));
    if (json_object_get(s, "unbonding_ms"))
        printf("unbonding   %s, free in %.1f hours\n", money_at(a, s, "unbonding_wei"),
               (double)pp_answer_number(s, "unbonding_ms") / 3600000);
    printf("balance     %s\n", money_at(a, s, "free_wei"));
    printf("slots       %" PRIu64 " of %" PRIu64 "; bound to %" PRIu64 " request%s\n",
           pp_answer_number(s, "slots_used"), pp_answer_number(s, "slots"),
           pp_answer_number(s, "assigned"), pp_answer_number(s, "assigned") == 1 ? "" : "s");
    printf("paid        %s for %" PRIu64 " proof%s\n", money_at(a, s, "earned_wei"),
           pp_answer_number(s, "paid"), pp_answer_number(s, "paid") == 1 ? "" : "s");
    printf("owed        %s, by funds that were dry\n", money_at(a, s, "owed_wei"));
    printf("lost        %s in %" PRIu64 " default%s\n", money_at(a, s, "lost_wei"),
           pp_answer_number(s, "defaults"), pp_answer_number(s, "defaults") == 1 ? "" : "s");
    uint64_t ps = pp_answer_number(s, "picoseconds_per_work"),
             begun = pp_answer_number(s, "picoseconds_per_work_begun");
    const char *ask = pp_answer_text(s, "wei_per_second");
    if (ps == 0)
        printf("speed       measured on the first batch; at %s wei a second\n", ask);
    else
        printf("speed       %" PRIu64 " picoseconds a unit of work, at %s wei a second; %" PRIu64
               " to begin with\n",
               ps, ask, begun);
    if (json_object_get(s, "last_failure"))
        printf("failed      %s\n", pp_answer_text(s, "last_failure"));
}

static int status(int argc, char **argv) {
    words w = {0};
    int code = parse(&w, "prover status", argc, argv, false, true, false);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    json_t *s = load(&err, w.dir);
    if (s == NULL) return pp_cli_fail(&err);
    pid_t pid = (pid_t)pp_answer_number(s, "pid");
    bool runs = pid > 0 && kill(pid, 0) == 0;
    json_object_set_new(s, "running", json_boolean(runs));
    char *text = w.json ? json_dumps(s, JSON_INDENT(1)) : NULL;
    if (w.json)
        puts(text ? text : "{}");
    else
        print_status(s, runs);
    free(text);
    json_decref(s);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_prover_status = {
    "prover status", "what a prover does, holds and has earned",
    "usage: polypoly prover status DIR [--json]\n"
    "\n"
    "As it stood behind the last block that the prover has acted on: stake and what of it is at "
    "stake\n"
    "now, slots, what it was paid and what it lost, and why its last proof failed, if one did.\n"
    "\n"
    "example: polypoly prover status data/up/prover1\n"
    "\n"
    "Exit codes: 0 told; 1 no prover has run there yet; 2 usage, or unreadable.\n",
    status};

// ---- explain ----------------------------------------------------------------------------------

static int explain(int argc, char **argv) {
    words w = {0};
    int code = parse(&w, "prover explain", argc, argv, true, true, false);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    json_t *s = load(&err, w.dir);
    if (s == NULL) return pp_cli_fail(&err);
    json_t *r, *found = json_array();
    size_t i, shown = 0;
    json_array_foreach(json_object_get(s, "requests"), i, r) {
        const char *id = pp_answer_text(r, "request");
        if (w.request && strncmp(id, w.request, strlen(w.request)) != 0) continue;
        json_array_append(found, r);
        if (w.json) continue;
        char cost[PP_CLI_TEXT], reserve[PP_CLI_TEXT];
        printf("%s  %s%s\n", id, pp_answer_text(r, "state"),
               json_is_true(json_object_get(r, "mine")) ? ", drawn for it" : "");
        printf("  %s\n", pp_answer_text(r, "why"));
        if (json_object_get(r, "cost_wei"))
            printf("  it costs %s here, %" PRIu64 " units of work; the reserve is %s\n",
                   money_at(cost, r, "cost_wei"), pp_answer_number(r, "work"),
                   money_at(reserve, r, "reserve_wei"));
    }
    shown = json_array_size(found);
    char *text = w.json ? json_dumps(found, JSON_INDENT(1)) : NULL;
    if (text != NULL) puts(text);
    free(text);
    json_decref(found);
    json_decref(s);
    if (shown > 0 || (w.json && !w.request)) return pp_cli_flush();
    if (!w.request) {
        printf("no request is open\n");
        return pp_cli_flush();
    }
    pp_err_set(&err, PP_EXIT_NO,
               "%s: no such request is open; polypoly market explain tells of "
               "those that are over",
               w.request);
    return pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_prover_explain = {
    "prover explain", "why a prover bids for a request, or does not",
    "usage: polypoly prover explain DIR [REQUEST] [--json]\n"
    "\n"
    "For each open request, or the one whose id begins so: its state, what the prover does about "
    "it or\n"
    "why it does nothing, and what it costs here.\n"
    "\n"
    "example: polypoly prover explain data/up/prover1 0x1c7f\n"
    "\n"
    "Exit codes: 0 told; 1 no such request is open, or no prover has run there; 2 usage, or "
    "unreadable.\n",
    explain};

// ---- drain, withdraw --------------------------------------------------------------------------

static int set_mode(const char *name, pp_prover_mode mode, int argc, char **argv) {
    words w = {0};
    int code = parse(&w, name, argc, argv, false, false, true);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    pp_prover_config config; // a directory of a prover, and no other
    if (!pp_prover_config_load(&err, &config, w.dir) || !pp_folder_is_own(&err, w.dir) ||
        !pp_prover_mode_write(&err, w.dir, w.off ? PP_PROVER_WORK : mode))
        return pp_cli_fail(&err);
    explicit_bzero(&config, sizeof config);
    return PP_EXIT_YES;
}

static int drain(int argc, char **argv) {
    return set_mode("prover drain", PP_PROVER_DRAIN, argc, argv);
}

static int withdraw(int argc, char **argv) {
    return set_mode("prover withdraw", PP_PROVER_WITHDRAW, argc, argv);
}

const pp_cli_command pp_cmd_prover_drain = {
    "prover drain", "let a prover finish, and take nothing new",
    "usage: polypoly prover drain DIR [--off]\n"
    "\n"
    "From its next block on the prover of DIR seals no bids and sells nothing in the open; bids "
    "that\n"
    "are sealed are opened, and what it is drawn for it proves. --off: it works again. It holds "
    "over\n"
    "restarts. Stop it once polypoly prover status says that nothing is at stake.\n"
    "\n"
    "example: polypoly prover drain data/prover1\n"
    "\n"
    "Exit codes: 0 said; 2 usage, or DIR has no prover.\n",
    drain};

const pp_cli_command pp_cmd_prover_withdraw = {
    "prover withdraw", "let a prover finish, and take its stake back",
    "usage: polypoly prover withdraw DIR [--off]\n"
    "\n"
    "As polypoly prover drain; once nothing is at stake any more the running prover unbonds all of "
    "its\n"
    "stake, and after the network's unbonding time (seven days where genesis says nothing else) "
    "takes it\n"
    "to its free balance. That cannot be taken back once it is said: with --off the prover works "
    "again\n"
    "when the stake has come back, and stakes stake_wei of prover.json anew. status says when.\n"
    "\n"
    "example: polypoly prover withdraw data/prover1\n"
    "\n"
    "Exit codes: 0 said; 2 usage, or DIR has no prover.\n",
    withdraw};
