// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly audit: check a chain's log without believing anything in it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "cli/words.h"
#include "host/audit.h"
#include "json/json.h"

static void on_block(void *ctx, uint64_t height, uint64_t of) {
    pp_cli_progress_show(ctx, "block", height, of);
}

static void print(const char *dir, const pp_audit *a) {
    char x[PP_CLI_TEXT], y[PP_CLI_TEXT], hex[2 * PP_DIGEST_SIZE + 1];
    uint8_t root[PP_DIGEST_SIZE];
    if (a->began > 0)
        printf("%s: every block that is left checks out\n\n"
               "  BEGINS      with a snapshot of block %" PRIu64
               ": blocks 1 to it were pruned, and what "
               "they did is believed,\n"
               "              not checked: it has the state hash that block %" PRIu64
               " names, and the "
               "money in it adds up.\n"
               "              For more, audit a copy of the log that is whole.\n",
               dir, a->began, a->began + 1);
    else
        printf("%s: every block checks out\n\n", dir);
    printf("  network     %s\n", a->network);
    printf("  blocks      ");
    if (a->began > 0) printf("%" PRIu64 " to ", a->began + 1);
    printf("%" PRIu64 ", with %" PRIu64 " items, %" PRIu64 " of them refused\n", a->info.height,
           a->items, a->refused);
    printf("  lane        %" PRIu64 " transactions executed again: %" PRIu64 " applied, %" PRIu64
           " refused\n",
           a->transactions, a->applied, a->transactions - a->applied);
    printf("  batches     %" PRIu64 " cut, %" PRIu64 " %s: %" PRIu64 " runs of the guest here, %s "
           "cycles\n",
           a->batches, a->checked, pp_genesis_check_word(a->check), a->runs,
           pp_cli_count(x, a->cycles));
    if (a->check == PP_CHECK_PROOF)
        printf("  proofs      %" PRIu64 " verified again, %s bytes; %" PRIu64 " of them refused\n",
               a->proofs, pp_cli_count(x, a->proof_bytes), a->proofs_refused);
    printf("  log         %s bytes", pp_cli_count(x, a->log_size));
    if (a->span > 0)
        printf(", growing by %s a day at this pace",
               pp_cli_count(x, (uint64_t)((pp_u128)a->log_size * 86400000 / a->span)));
    printf("\n");
    printf("  payments    %" PRIu64 ", %s in all\n", a->payments, pp_cli_money(x, a->paid));
    pp_digest_encode(root, &a->root);
    pp_hex_encode(hex, root, sizeof root);
    printf("  root        0x%s\n", hex);
    pp_hex_encode(hex, a->info.app_hash.b, 32);
    printf("  state hash  0x%s\n", hex);
    printf("  took        %s\n", pp_cli_time(y, a->ns));
    if (a->torn_size > 0)
        printf("  (%" PRIu64
               " bytes of a block that was never finished stand behind the last one)\n",
               a->torn_size);
    if (a->info.incident) printf("  INCIDENT    a lane stands still: its batch cannot be proven\n");
    pp_cli_ledger(&a->ledger, a->balanced);
    if (a->check == PP_CHECK_RE_EXECUTE)
        printf("\nThis network's check is a re-execution; nothing here is proven.\n");
}

static int print_json(const pp_audit *a) {
    json_t *out = json_object(), *ledger = json_object();
    pp_u128 amount;
    const char *line;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{"began", a->began},
                   {"height", a->info.height},
                   {"items", a->items},
                   {"refused", a->refused},
                   {"transactions", a->transactions},
                   {"applied", a->applied},
                   {"batches", a->batches},
                   {"checked", a->checked},
                   {"runs", a->runs},
                   {"cycles", a->cycles},
                   {"proofs", a->proofs},
                   {"proofs_refused", a->proofs_refused},
                   {"proof_bytes", a->proof_bytes},
                   {"payments", a->payments},
                   {"log_bytes", a->log_size},
                   {"torn_bytes", a->torn_size},
                   {"ms", a->ns / 1000000}};
    pp_json_text(out, "network", a->network);
    pp_json_text(out, "check", pp_genesis_check_word(a->check));
    for (size_t i = 0; i < PP_COUNT(numbers); i++)
        pp_json_u64(out, numbers[i].name, numbers[i].value);
    pp_json_wei(out, "paid", a->paid);
    pp_json_root(out, "root", &a->root);
    pp_json_hash(out, "state_hash", &a->info.app_hash);
    pp_json_bool(out, "incident", a->info.incident);
    for (size_t i = 0; (line = pp_chain_ledger_line(&amount, &a->ledger, i)) != NULL; i++)
        pp_json_wei(ledger, line, amount);
    pp_json_bool(ledger, "balanced", a->balanced);
    json_object_set_new(out, "ledger", ledger);
    char *text = json_dumps(out, JSON_INDENT(1));
    PP_ASSERT(text != NULL);
    puts(text);
    free(text);
    json_decref(out);
    return pp_cli_flush();
}

static int run(int argc, char **argv) {
    const char *dir = NULL;
    bool json = false;
    const pp_cli_word words[] = {{"--json", NULL, &json}};
    int code = pp_cli_read("audit", words, PP_COUNT(words), "directory", &dir, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (dir == NULL) return pp_cli_usage("audit", "one directory, please");
    pp_err err;
    pp_audit audit;
    pp_cli_progress progress = {0};
    bool ok = pp_audit_dir(&err, &audit, dir, on_block, &progress);
    pp_cli_progress_hide(&progress);
    if (!ok) return pp_cli_fail(&err);
    if (json) return print_json(&audit);
    print(dir, &audit);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_audit = {"audit",
                                     "check a chain's log, block by block, believing nothing",
                                     "usage: polypoly audit DIR [--json]\n"
                                     "\n"
                                     "Executes DIR/chain.log again from its genesis, as a follower "
                                     "does: every signature, bid, match,\n"
                                     "payment and root, the ledger after every block, and each "
                                     "batch's guest. DIR is not changed. One\n"
                                     "wrong byte, and it names the block. Where blocks were pruned "
                                     "it begins from a snapshot, and says so.\n"
                                     "\n"
                                     "example: polypoly audit data/mainnet\n"
                                     "\n"
                                     "Exit codes: 0 all of it checks out; 1 it does not, and the "
                                     "sentence names the block; 2 there is\n"
                                     "nothing to check, it cannot be read, or its genesis is none "
                                     "that this version knows.\n",
                                     run};
