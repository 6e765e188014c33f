// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly prune: old blocks of a directory given up, for the room they take.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "cli/words.h"
#include "host/prune.h"

enum { DAY = 86400000, KEEP_DAYS = 30 };

static void on_block(void *ctx, uint64_t height, uint64_t of) {
    pp_cli_progress_show(ctx, "block", height, of);
}

static void print(const char *dir, const pp_pruned *p) {
    char x[PP_CLI_TEXT], y[PP_CLI_TEXT];
    if (p->base == p->before) {
        printf("%s: nothing to prune: of %" PRIu64 " blocks all that are left are to be kept\n",
               dir, p->height);
        return;
    }
    printf("%s: blocks %" PRIu64 " to %" PRIu64 " are gone\n\n", dir, p->before + 1, p->base);
    printf("  kept      blocks %" PRIu64 " to %" PRIu64 ", and genesis\n", p->base + 1, p->height);
    printf("  log       %s bytes, before %s\n", pp_cli_count(x, p->log_now),
           pp_cli_count(y, p->log_before));
    printf("  snapshot  block %" PRIu64 ", %s bytes: everything starts from it now\n", p->base,
           pp_cli_count(x, p->snapshot));
}

static void print_json(const pp_pruned *p) {
    printf("{\"height\": %" PRIu64 ", \"pruned\": %" PRIu64 ", \"pruned_before\": %" PRIu64
           ", \"log_bytes\": %" PRIu64 ", \"log_bytes_before\": %" PRIu64
           ", \"snapshot_bytes\": %" PRIu64 "}\n",
           p->height, p->base, p->before, p->log_now, p->log_before, p->snapshot);
}

static int run(int argc, char **argv) {
    pp_err err;
    pp_pruned pruned;
    pp_cli_progress progress = {0};
    pp_prune_options options = {.on_block = on_block, .ctx = &progress};
    const char *dir = NULL, *blocks = NULL, *days = NULL;
    bool json = false;
    uint64_t n = 0;
    const pp_cli_word words[] = {
        {"--keep-blocks", &blocks, NULL}, {"--keep-days", &days, NULL}, {"--json", NULL, &json}};
    int code = pp_cli_read("prune", words, PP_COUNT(words), "directory", &dir, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (dir == NULL) return pp_cli_usage("prune", "one directory, please");
    if (blocks && !pp_cli_number(&options.keep_blocks, blocks, 0, UINT32_MAX))
        return pp_cli_usage("prune", "--keep-blocks needs a number");
    if (days && !pp_cli_number(&n, days, 0, UINT32_MAX))
        return pp_cli_usage("prune", "--keep-days needs a number");
    options.keep_ms = (days != NULL ? n : blocks != NULL ? 0 : (uint64_t)KEEP_DAYS) * DAY;
    bool ok = pp_prune_dir(&err, &pruned, dir, &options);
    pp_cli_progress_hide(&progress);
    if (!ok) return pp_cli_fail(&err);
    json ? print_json(&pruned) : print(dir, &pruned);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_prune = {
    "prune", "give up old blocks of a directory, for the room they take",
    "usage: polypoly prune DIR [--keep-blocks N] [--keep-days N] [--json]\n"
    "\n"
    "Lets go of the blocks of DIR/chain.log, with the proofs in them, but the last N and those of "
    "the\n"
    "last N days; without either, of the last 30 days. DIR is a node's or a prover's directory, "
    "and\n"
    "nothing may be running on it. What everything starts from afterwards is a snapshot of the "
    "state\n"
    "behind the last block that goes: open requests, unproven batches, withdrawals, exits and "
    "proofs to\n"
    "come need nothing older. It cannot be undone: who wants to check all from genesis, and who "
    "follows\n"
    "this node from its first block, needs another copy.\n"
    "\n"
    "examples:\n"
    "  polypoly prune data/node\n"
    "  polypoly prune data/node --keep-blocks 100000\n"
    "\n"
    "Exit codes: 0 done, or nothing was old enough; 1 the log is wrong, and the sentence names "
    "the\n"
    "block; 2 it is in use, cannot be read or written.\n",
    run};
