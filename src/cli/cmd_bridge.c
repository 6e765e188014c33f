// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly rollup create, fund, deposit: from the chain into its rollups, against any node.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/network.h"
#include "cli/show.h"
#include "cli/words.h"
#include "host/bridge.h"

typedef struct options {
    const char *node, *key_file, *genesis, *lane, *to, *value, *fee_max;
    const char *file; // of create
    bool json;
} options;

static int parse(options *o, const char *name, bool takes_file, int argc, char **argv) {
    *o = (options){.node = pp_cli_node(), .lane = NULL};
    const pp_cli_word words[] = {
        {"--node", &o->node, NULL},       {"--key-file", &o->key_file, NULL},
        {"--genesis", &o->genesis, NULL}, {"--json", NULL, &o->json},
        {"--lane", &o->lane, NULL},       {"--to", &o->to, NULL},
        {"--value", &o->value, NULL},     {"--fee-max", &o->fee_max, NULL},
    };
    int code = pp_cli_read(name, words, takes_file ? 4 : PP_COUNT(words), "file",
                           takes_file ? &o->file : NULL, argc, argv);
    if (code != PP_EXIT_YES) return code;
    return o->key_file ? PP_EXIT_YES : pp_cli_usage(name, "--key-file FILE is needed: who pays");
}

static bool open_speaker(pp_err *err, pp_remote **node, pp_speaker *speaker, const options *o) {
    return pp_cli_speaker(err, node, speaker, o->node, o->key_file, o->genesis, NULL);
}

static int done(pp_err *err, bool ok, pp_remote *node, pp_speaker *speaker) {
    explicit_bzero(speaker, sizeof *speaker);
    pp_remote_close(node);
    return ok ? pp_cli_flush() : pp_cli_fail(err);
}

static void say_block(const options *o, const pp_bridge_lane *lane, const pp_speaker *speaker,
                      uint64_t height) {
    char wei[40], money[PP_CLI_TEXT];
    if (o->json)
        printf("{\"lane\": %" PRIu64 ", \"block\": %" PRIu64 ", \"command_fee\": \"%s\"}\n",
               lane->id, height, pp_u128_dec(wei, speaker->fee));
    else
        printf("in block %" PRIu64 "; the command's bytes cost %s\n", height,
               pp_cli_money(money, speaker->fee));
}

// ---- fund ---------------------------------------------------------------------------------------

static int fund(int argc, char **argv) {
    static const char name[] = "rollup fund";
    options o;
    pp_u128 wei;
    int code = parse(&o, name, false, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (o.to != NULL || o.fee_max != NULL) return pp_cli_usage(name, "no --to and no --fee-max");
    if (o.value == NULL || !pp_cli_ether(&wei, o.value))
        return pp_cli_usage(name, "--value takes ether, as in 0.05");
    pp_err err;
    pp_remote *node = NULL;
    pp_speaker speaker;
    pp_bridge_lane lane;
    uint64_t height;
    bool ok = open_speaker(&err, &node, &speaker, &o) &&
              pp_bridge_find(&err, &lane, node, o.lane) &&
              pp_bridge_fund(&err, &height, &speaker, lane.id, wei);
    if (ok) say_block(&o, &lane, &speaker, height);
    return done(&err, ok, node, &speaker);
}

const pp_cli_command pp_cmd_rollup_fund = {
    "rollup fund", "put ether into a rollup's proof fund",
    "usage: polypoly rollup fund --value ETHER --key-file FILE [--lane NAME|N] [--node URL]\n"
    "           [--genesis HASH] [--json]\n"
    "\n"
    "Moves free balance of the chain (that of the key in FILE) into the fund that pays for the\n"
    "rollup's proofs. What the fund owes is paid first, the oldest debt before the others.\n"
    "\n"
    "example: polypoly rollup fund --value 1.5 --key-file data/up/keys/wallet.key --lane live\n"
    "\n"
    "Exit codes: 0 done; 1 refused, with the reason; 2 usage, or no node answers.\n",
    fund};

// ---- deposit ------------------------------------------------------------------------------------

static int deposit(int argc, char **argv) {
    static const char name[] = "rollup deposit";
    options o;
    pp_u128 wei, fee_max = 0;
    pp_address to;
    int code = parse(&o, name, false, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (o.value == NULL || !pp_cli_ether(&wei, o.value))
        return pp_cli_usage(name, "--value takes ether, as in 0.05");
    if (o.fee_max != NULL && !pp_cli_ether(&fee_max, o.fee_max))
        return pp_cli_usage(name, "--fee-max takes ether, as in 0.001");
    if (o.to != NULL) code = pp_cli_address(&to, name, "--to", o.to);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    pp_remote *node = NULL;
    pp_speaker speaker;
    pp_bridge_lane lane;
    uint64_t height;
    char text[40];
    bool ok = open_speaker(&err, &node, &speaker, &o) && pp_bridge_find(&err, &lane, node, o.lane);
    if (ok && o.to == NULL) to = speaker.address;
    if (ok && o.fee_max == NULL) fee_max = lane.deposit_fee + lane.deposit_fee / 2;
    ok = ok && pp_bridge_deposit(&err, &height, &speaker, lane.id, &to, wei, fee_max);
    if (ok) {
        say_block(&o, &lane, &speaker, height);
        if (!o.json)
            printf("It is in one of the next %" PRIu64
                   " batches. The queue's fee was about %s wei.\n",
                   lane.queue_batches, pp_u128_dec(text, lane.deposit_fee));
    }
    return done(&err, ok, node, &speaker);
}

const pp_cli_command pp_cmd_rollup_deposit = {
    "rollup deposit", "move ether from the chain into a rollup",
    "usage: polypoly rollup deposit --value ETHER --key-file FILE [--to 0xADDRESS]\n"
    "           [--fee-max ETHER] [--lane NAME|N] [--node URL]\n"
    "           [--genesis HASH] [--json]\n"
    "\n"
    "Takes free balance of the chain (that of the key in FILE) and credits it inside the rollup, "
    "to\n"
    "the same address or the one named. It waits in the chain's queue for the next batches; "
    "nobody\n"
    "selects it. The queue has a fee that rises with who waits: one and a half times what is "
    "asked\n"
    "now is the most that is paid, unless --fee-max says otherwise.\n"
    "\n"
    "example: polypoly rollup deposit --value 0.5 --key-file data/up/keys/wallet.key\n"
    "\n"
    "Exit codes: 0 queued; 1 refused, with the reason; 2 usage, or no node answers.\n",
    deposit};

// ---- create -------------------------------------------------------------------------------------

// The entry in the file, within the bounds of the node's network.
static bool read_entry(pp_err *err, pp_genesis_rollup *entry, pp_remote *node,
                       const pp_hash32 *hash, const char *path) {
    enum { ENTRY_MAX = 1 << 16 };
    uint8_t *file, *text;
    size_t file_size, text_size;
    pp_genesis genesis;
    if (!pp_file_read(err, &text, &text_size, path, ENTRY_MAX)) return false;
    bool ok = pp_remote_genesis(err, &file, &file_size, node, hash);
    if (ok) {
        ok = pp_genesis_parse(err, &genesis, "the node's genesis", (pp_bytes){file, file_size});
        free(file);
        if (ok) {
            ok = pp_genesis_rollup_parse(err, entry, path, (pp_bytes){text, text_size},
                                         &genesis.market);
            pp_genesis_free(&genesis);
        }
    }
    free(text);
    return ok;
}

static int create(int argc, char **argv) {
    static const char name[] = "rollup create";
    options o;
    int code = parse(&o, name, true, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (o.file == NULL) return pp_cli_usage(name, "which rollup? A file");
    pp_err err;
    pp_remote *node = NULL;
    pp_speaker speaker;
    pp_bridge_lane lane;
    pp_genesis_rollup entry;
    uint64_t height;
    bool ok = open_speaker(&err, &node, &speaker, &o) &&
              read_entry(&err, &entry, node, &speaker.genesis, o.file) &&
              pp_bridge_create(&err, &height, &speaker, &entry) &&
              pp_bridge_find(&err, &lane, node, entry.name);
    if (ok) {
        say_block(&o, &lane, &speaker, height);
        if (!o.json) printf("%s is lane %" PRIu64 "\n", lane.name, lane.id);
    }
    return done(&err, ok, node, &speaker);
}

const pp_cli_command pp_cmd_rollup_create = {
    "rollup create", "make a new rollup on a running chain",
    "usage: polypoly rollup create FILE --key-file FILE [--node URL] [--genesis HASH] [--json]\n"
    "\n"
    "FILE is one rollup as it stands in a genesis file (docs/chain.md), without allocations: "
    "name,\n"
    "chain id, the batch guest's id, who may append, fees, batches, queues, fund, request. "
    "Nothing\n"
    "of it can be changed afterwards. The chain burns the price that its genesis names, and takes\n"
    "the fund's first balance from the account of the key. Money comes in by rollup deposit.\n"
    "\n"
    "example: polypoly rollup create mine.json --key-file data/up/keys/wallet.key\n"
    "\n"
    "Exit codes: 0 made; 1 refused, with the reason; 2 usage, or no node answers.\n",
    create};
