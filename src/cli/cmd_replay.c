// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly rollup replay: a file of signed Ethereum transactions through the whole line.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "replay/line.h"
#include "replay/report.h"

static const char name[] = "rollup replay";

static const char help[] =
    "usage: polypoly rollup replay FILE --data DIR [--batch N] [--provers N] [--json]\n"
    "                              [--post FILE]\n"
    "\n"
    "Takes the signed transactions of one Ethereum block (FILE, see examples/README.md) through\n"
    "the whole line: lane, block, batch, auction among provers, guest execution, check, payment,\n"
    "root. The check re-executes the guest; nothing here is proven yet.\n"
    "\n"
    "  --data DIR     where the chain lives; made when it is not there. The same command again\n"
    "                 goes on where the last one stopped, however it stopped.\n"
    "  --batch N      transactions in a batch, 1 to 256 (default 16)\n"
    "  --provers N    bidders, each with its own key, stake and costs, 1 to 16 (default 3)\n"
    "  --json         one JSON object on stdout instead of the stages and the table\n"
    "  --post FILE    writes every touched account after the run, as `accounts_before` has it\n"
    "\n"
    "Examples:\n"
    "  polypoly rollup replay examples/mainnet-22244135.json --data data/mainnet\n"
    "  polypoly rollup replay block.json --data data/b --batch 8 --json | jq .root\n"
    "\n"
    "Exit codes: 0 the whole file went through; 1 an incident stopped it; 2 usage, unreadable\n"
    "file, or a directory that cannot be used.\n";

typedef struct {
    pp_replay_options replay;
    bool json;
    const char *post;
} options;

static bool parse_count(size_t *out, const char *text, size_t max) {
    pp_u128 value;
    if (!pp_u128_parse(&value, text) || value < 1 || value > max) return false;
    *out = (size_t)value;
    return true;
}

// Returns 0, or the exit code after the sentence.
static int parse(options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--json") == 0) {
            o->json = true;
            continue;
        }
        if (word[0] != '-' && o->replay.file == NULL) {
            o->replay.file = word;
            continue;
        }
        if (word[0] != '-') return pp_cli_usage(name, "one FILE, not '%s' too", word);
        const bool known = strcmp(word, "--data") == 0 || strcmp(word, "--batch") == 0 ||
                           strcmp(word, "--provers") == 0 || strcmp(word, "--post") == 0;
        if (!known) return pp_cli_usage(name, "no option '%s'", word);
        if (++i == argc) return pp_cli_usage(name, "%s needs a value", word);
        const char *value = argv[i];
        if (strcmp(word, "--data") == 0) {
            o->replay.dir = value;
        } else if (strcmp(word, "--post") == 0) {
            o->post = value;
        } else if (strcmp(word, "--batch") == 0) {
            if (!parse_count(&o->replay.batch, value, PP_REPLAY_BATCH_MAX))
                return pp_cli_usage(name, "--batch takes a number from 1 to %d, not '%s'",
                                    PP_REPLAY_BATCH_MAX, value);
        } else if (!parse_count(&o->replay.provers, value, PP_PROVERS_MAX)) {
            return pp_cli_usage(name, "--provers takes a number from 1 to %d, not '%s'",
                                PP_PROVERS_MAX, value);
        }
    }
    if (o->replay.file == NULL) return pp_cli_usage(name, "needs a FILE of transactions");
    if (o->replay.dir == NULL) return pp_cli_usage(name, "needs --data DIR");
    return 0;
}

static int run(int argc, char **argv) {
    options o = {0};
    int code = parse(&o, argc, argv);
    if (code != 0) return code;
    signal(SIGXFSZ, SIG_IGN); // a file that hits its limit is an error of a write, not a death
    signal(SIGPIPE, SIG_IGN);
    o.replay.stages = o.json ? NULL : stdout;
    o.replay.progress = isatty(STDERR_FILENO) ? stderr : NULL;
    pp_err err = {0};
    pp_replay_result result;
    if (!pp_replay_run(&err, &result, &o.replay)) return pp_cli_fail(&err);
    bool ok = o.post == NULL || pp_report_post(&err, o.post, &result);
    if (ok) {
        if (o.json)
            pp_report_json(stdout, &result);
        else
            pp_report_table(stdout, &result);
        if (fflush(stdout) != 0 || ferror(stdout))
            ok = pp_err_set(&err, PP_EXIT_USAGE, "cannot write the summary to standard output");
    }
    pp_replay_result_free(&result);
    return ok ? PP_EXIT_YES : pp_cli_fail(&err);
}

const pp_cli_command cmd_rollup_replay = {
    .name = name,
    .summary = "takes a file of Ethereum transactions through the whole line",
    .help = help,
    .run = run,
};
