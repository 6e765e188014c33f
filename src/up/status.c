// SPDX-License-Identifier: MIT OR Apache-2.0
// How far every stage has come, as people read it.
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "host/answer.h"
#include "host/remote.h"
#include "up/child.h"
#include "up/place.h"
#include "up/up.h"

static void print_lane(const json_t *lane, const char *check) {
    uint64_t transactions = pp_answer_number(lane, "transactions"),
             batches = pp_answer_number(lane, "batches");
    uint64_t checked = pp_answer_number(lane, "checked"),
             open = pp_answer_number(lane, "open_transactions");
    printf("\nlane %s, chain id %" PRIu64 "\n", pp_answer_text(lane, "name"),
           pp_answer_number(lane, "chain_id"));
    printf("  ordered   %" PRIu64 " transactions\n", transactions);
    printf("  cut       %" PRIu64 " batches; %" PRIu64 " transactions behind\n", batches, open);
    printf("  %-9s %" PRIu64 " batches; %" PRIu64 " behind\n", check, checked,
           batches > checked ? batches - checked : 0);
    const char *incident = json_string_value(json_object_get(lane, "incident"));
    if (incident) printf("  INCIDENT  it stands still: %s\n", incident);
    const char *way_out = pp_answer_text(lane, "exit");
    if (strcmp(way_out, "open") == 0)
        printf(
            "  EXIT      open: its root has not advanced for so long that anybody may leave with "
            "what is proven (rollup exit)\n");
    if (strcmp(way_out, "frozen") == 0)
        printf(
            "  FROZEN    somebody has left by the exit: it takes nothing more, and what is proven "
            "comes out by rollup exit\n");
}

static void print_node(const json_t *status, const char *url) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t time = pp_answer_number(status, "time"), height = pp_answer_number(status, "height");
    uint64_t final = pp_answer_number(status, "finalized");
    printf("node      %s, network %s\n", url, pp_answer_text(status, "network"));
    printf("block     %" PRIu64 ", %.1f s ago; the last one was %" PRIu64 " ms late\n", height,
           ms > time ? (double)(ms - time) / 1000 : 0, pp_answer_number(status, "late_ms"));
    printf("waiting   %" PRIu64 " transactions\n", pp_answer_number(status, "waiting"));
    printf("final     block %" PRIu64 ", %" PRIu64 " behind\n", final,
           height > final ? height - final : 0);
    const json_t *lane;
    size_t i;
    json_array_foreach(json_object_get(status, "lanes"), i, lane) {
        print_lane(lane, pp_answer_text(status, "check"));
    }
    bool balanced = json_is_true(json_object_get(json_object_get(status, "ledger"), "balanced"));
    printf("\nledger    %s\n", balanced ? "every wei is accounted for" : "DOES NOT ADD UP");
}

// What each prover has written of itself; empty where there is none.
static json_t *provers_of(const char *dir) {
    json_t *out = json_array();
    for (int i = 1; dir && i <= PP_UP_PROVERS_MAX; i++) {
        char path[PP_UP_PATH];
        snprintf(path, sizeof path, "%.4000s/prover%d/status.json", dir, i);
        if (access(path, F_OK) != 0) continue;
        json_t *one = json_load_file(path, 0, NULL);
        if (one == NULL) continue;
        json_object_set_new(one, "number", json_integer(i)); // one may not have said anything yet
        json_array_append_new(out, one);
    }
    return out;
}

static void print_provers(const json_t *provers, uint64_t height) {
    const json_t *p;
    size_t i;
    if (json_array_size(provers) > 0) printf("\n");
    json_array_foreach(provers, i, p) {
        uint64_t at = pp_answer_number(p, "height");
        bool runs = pp_up_runs((pid_t)pp_answer_number(p, "pid"));
        uint64_t bound = pp_answer_number(p, "assigned");
        printf("prover %" PRIu64 "  %.10s…, ", pp_answer_number(p, "number"),
               pp_answer_text(p, "address"));
        if (!runs) printf("does not run\n");
        if (runs)
            printf("%s; block %" PRIu64 ", %" PRIu64 " behind; bound to %" PRIu64
                   " request%s, paid for %" PRIu64 "\n",
                   pp_answer_text(p, "doing"), at, height > at ? height - at : 0, bound,
                   bound == 1 ? "" : "s", pp_answer_number(p, "paid"));
    }
}

bool pp_up_status(pp_err *err, const char *dir, const char *url, bool json) {
    char found[1024], *text;
    pp_remote *node;
    if (url == NULL) {
        if (pp_up_holder(dir) == 0)
            return pp_err_set(err, PP_EXIT_NO,
                              "%s: nothing is up there; polypoly up starts a network, "
                              "--node URL asks any node",
                              dir);
        if (!pp_up_read_url(err, found, sizeof found, dir)) return false;
        url = found;
    }
    if (!pp_remote_open(err, &node, url, NULL, NULL)) return false;
    bool ok = pp_remote_get(err, &text, node, "/v1/status");
    pp_remote_close(node);
    if (!ok) return false;
    json_t *status = json_loads(text, 0, NULL), *provers = provers_of(dir);
    free(text);
    if (status == NULL) {
        json_decref(provers);
        return pp_err_set(err, PP_EXIT_USAGE, "%s: its status is no JSON", url);
    }
    if (json) {
        json_object_set(status, "provers", provers);
        char *all = json_dumps(status, JSON_INDENT(1));
        puts(all ? all : "{}");
        free(all);
    } else {
        print_node(status, url);
        print_provers(provers, pp_answer_number(status, "height"));
    }
    json_decref(status);
    json_decref(provers);
    return true;
}
