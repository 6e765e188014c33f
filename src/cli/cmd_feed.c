// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly rollup feed: a block's transactions into a lane that only its submitter may append to.
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chain/genesis.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/network.h"
#include "cli/words.h"
#include "host/answer.h"
#include "host/speak.h"
#include "replay/file.h"

static const char name[] = "rollup feed";

typedef struct options {
    const char *file, *node, *key_file, *lane, *genesis;
    uint64_t batch;
} options;

// How the lane stands: its number, and how many transactions it takes now.
typedef struct lane {
    size_t number;
    uint64_t transactions, room;
} lane;

static bool look(pp_err *err, lane *out, pp_remote *node, const options *o,
                 const pp_replay_file *file) {
    char *text;
    if (!pp_remote_get(err, &text, node, "/v1/status")) return false;
    json_t *status = json_loads(text, 0, NULL), *found = NULL, *one;
    free(text);
    size_t i;
    json_array_foreach(json_object_get(status, "lanes"), i, one) {
        const char *called = json_string_value(json_object_get(one, "name"));
        if (called != NULL && strcmp(called, o->lane) == 0) {
            found = one;
            out->number = i;
        }
    }
    out->transactions = pp_answer_number(found, "transactions");
    // Whole batches only, so that none is cut early for want of transactions.
    bool free = pp_answer_number(found, "room") > 0;
    out->room = free && pp_answer_number(found, "open_transactions") == 0 ? o->batch : 0;
    bool ok = found != NULL && pp_answer_number(found, "chain_id") == file->chain_id;
    bool known = found != NULL;
    json_decref(status);
    if (ok) return true;
    return pp_err_set(err, PP_EXIT_USAGE, "%s: %s '%s'", o->node,
                      known ? "the file is of another chain id than lane" : "it has no lane",
                      o->lane);
}

static bool feed(pp_err *err, pp_speaker *speaker, const options *o, const pp_replay_file *file) {
    while (!pp_cli_interrupted) {
        lane l = {0};
        if (!look(err, &l, speaker->remote, o, file)) return pp_cli_interrupted != 0;
        if (l.transactions >= file->transactions_len) return true;
        uint64_t left = file->transactions_len - l.transactions;
        size_t len = (size_t)(left < l.room ? left : l.room), size;
        if (len == 0) {
            nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
            continue;
        }
        uint8_t *payload =
            pp_lane_payload_encode(&size, l.number, file->transactions + l.transactions, len);
        uint64_t height;
        char reason[PP_REMOTE_REASON_MAX] = "";
        bool ok =
            pp_speak(err, &height, reason, speaker, PP_COMMAND_LANE, (pp_bytes){payload, size});
        free(payload);
        // Its own last command, of before it was stopped, may have been on its way still.
        if (!ok && strncmp(reason, "C-NONCE-", 8) == 0) continue;
        if (!ok) return pp_cli_interrupted != 0;
        if (strcmp(reason, "OK") != 0 && strcmp(reason, "C-BACKLOG") != 0)
            return pp_err_set(err, PP_EXIT_NO, "the node refuses it: %s", reason);
        if (height != 0)
            printf("block %" PRIu64 ": transactions %" PRIu64 " to %" PRIu64 "\n", height,
                   l.transactions, l.transactions + len - 1);
        fflush(stdout);
    }
    return true;
}

static int parse(options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], **into = NULL;
        if (strcmp(word, "--node") == 0) into = &o->node;
        if (strcmp(word, "--key-file") == 0) into = &o->key_file;
        if (strcmp(word, "--lane") == 0) into = &o->lane;
        if (strcmp(word, "--genesis") == 0) into = &o->genesis;
        bool batch = strcmp(word, "--batch") == 0;
        if ((into != NULL || batch) && i + 1 == argc)
            return pp_cli_usage(name, "%s needs a value", word);
        if (into != NULL)
            *into = argv[++i];
        else if (batch && !pp_cli_number(&o->batch, argv[++i], 1, 1024))
            return pp_cli_usage(name, "--batch does not take '%s'", argv[i]);
        else if (!batch && word[0] == '-')
            return pp_cli_usage(name, "no option '%s'", word);
        else if (!batch && o->file != NULL)
            return pp_cli_usage(name, "one file, please");
        else if (!batch)
            o->file = word;
    }
    if (o->file == NULL) return pp_cli_usage(name, "which file?");
    if (o->key_file == NULL)
        return pp_cli_usage(name, "--key-file FILE is needed: the submitter's");
    return PP_EXIT_YES;
}

static int run(int argc, char **argv) {
    options o = {.node = pp_cli_node(), .lane = "replay", .batch = 8};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_cli_catch(0, false);
    pp_err err;
    pp_replay_file file;
    pp_remote *node = NULL;
    pp_speaker speaker;
    if (!pp_replay_file_load(&err, &file, o.file)) return pp_cli_fail(&err);
    bool ok = pp_cli_speaker(&err, &node, &speaker, o.node, o.key_file, o.genesis, pp_cli_stops) &&
              feed(&err, &speaker, &o, &file);
    explicit_bzero(&speaker, sizeof speaker);
    pp_remote_close(node);
    pp_replay_file_free(&file);
    return ok || pp_cli_interrupted ? pp_cli_flush() : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_rollup_feed = {
    "rollup feed", "put a block's transactions into a lane of which you are the submitter",
    "usage: polypoly rollup feed FILE --key-file FILE [--node URL] [--lane NAME] [--batch N]\n"
    "           [--genesis HASH]\n"
    "\n"
    "Sends the signed transactions of FILE (examples/README.md has its shape), in order, to a "
    "lane\n"
    "that takes them from its submitter only, whose key stands in the key file: a batch at a "
    "time,\n"
    "as the lane has room. It goes on behind the transactions that the lane has, so it can be "
    "stopped\n"
    "at any moment, and called again.\n"
    "\n"
    "  --node URL   (http://127.0.0.1:8545)\n"
    "  --lane NAME  (replay)\n"
    "  --batch N    transactions in one command (8)\n"
    "\n"
    "example: polypoly rollup feed examples/mainnet-22244135.json --key-file "
    "data/up/keys/sequencer.key\n"
    "\n"
    "Exit codes: 0 all of it is ordered, or it was asked to stop; 1 the node refuses it; 2 usage, "
    "or\n"
    "something in the environment failed.\n",
    run};
