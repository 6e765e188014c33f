// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly rollup export, exit, claim, put: how people get what is theirs out of a rollup, nobody's
// help needed but somebody's copy of the chain.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "chain/block.h"
#include "cli/cli.h"
#include "cli/network.h"
#include "cli/show.h"
#include "cli/words.h"
#include "host/follow.h"
#include "host/leave.h"
#include "host/remote.h"
#include "host/speak.h"
#include "json/json.h"

typedef struct options {
    const char *file, *data, *lane, *out, *key_file, *genesis, *to, *node;
    bool json;
} options;

static int parse(options *o, const char *name, int argc, char **argv) {
    const pp_cli_word words[] = {
        {"--data", &o->data, NULL},         {"--lane", &o->lane, NULL},
        {"--key-file", &o->key_file, NULL}, {"--to", &o->to, NULL},
        {"--node", &o->node, NULL},         {"-o", &o->out, NULL},
        {"--genesis", &o->genesis, NULL},   {"--json", NULL, &o->json},
    };
    return pp_cli_read(name, words, PP_COUNT(words), "file", &o->file, argc, argv);
}

static int print_json(json_t *object) {
    bool ok = json_dumpf(object, stdout, JSON_INDENT(1)) == 0;
    json_decref(object);
    if (ok) putchar('\n');
    return pp_cli_flush();
}

// ---- export -----------------------------------------------------------------------------------

typedef struct walk {
    pp_log log;
    pp_store *store;
    pp_follower follower;
    pp_cli_progress progress;
} walk;

static bool follow(pp_err *err, walk *w, const char *dir) {
    if (!pp_log_open(err, &w->log, dir, PP_LOG_READ)) return false;
    if (!pp_store_open(err, &w->store, "", PP_STORE_MEMORY) ||
        !pp_follower_open(err, &w->follower, &w->log, w->store, NULL))
        return false;
    for (bool more = true; more;) {
        pp_chain_result result;
        if (!pp_follower_next(err, &more, &result, &w->follower)) return false;
        pp_cli_progress_show(&w->progress, "block", w->follower.cursor.height - 1,
                             w->log.records - 1);
    }
    return true;
}

static void walk_close(walk *w) {
    pp_follower_close(&w->follower);
    if (w->store) pp_store_close(w->store);
    pp_log_close(&w->log);
}

// By its number or its name; the first lane when none is named.
static bool find_lane(pp_err *err, uint64_t *lane, const pp_genesis *g, const char *text) {
    *lane = 0;
    if (text == NULL || pp_cli_number(lane, text, 0, UINT32_MAX)) return true;
    for (*lane = 0; *lane < g->rollups_len; ++*lane)
        if (strcmp(g->rollups[*lane].name, text) == 0) return true;
    return pp_err_set(err, PP_EXIT_USAGE, "there is no lane '%s'", text);
}

static size_t unclaimed(const pp_leave *leave) {
    size_t n = 0;
    for (size_t i = 0; i < leave->batches_len; i++)
        for (size_t j = 0; j < leave->batches[i].len; j++) n += !leave->batches[i].claimed[j];
    return n;
}

static int tell_export(const pp_leave *leave, const options *o, const char *word) {
    if (!o->json) {
        printf("%s: lane %" PRIu64 " (chain id %" PRIu64 ") as of block %" PRIu64 ": %zu accounts "
               "under the root\nof %" PRIu64 " %s batches; %zu withdrawals under it are not "
               "claimed\n",
               o->out, leave->lane, leave->chain_id, leave->height, leave->accounts_len,
               leave->checked, word, unclaimed(leave));
        return pp_cli_flush();
    }
    json_t *out = json_object();
    pp_json_hex(out, "genesis", leave->genesis.b, 32);
    pp_json_u64(out, "lane", leave->lane);
    pp_json_u64(out, "chain_id", leave->chain_id);
    pp_json_u64(out, "height", leave->height);
    pp_json_u64(out, "batches", leave->checked);
    json_object_set_new(out, "check", json_string(word));
    pp_json_root(out, "root", &leave->root);
    pp_json_u64(out, "accounts", leave->accounts_len);
    pp_json_u64(out, "unclaimed", unclaimed(leave));
    return print_json(out);
}

static int run_export(int argc, char **argv) {
    static const char name[] = "rollup export";
    static walk w;
    options o = {0};
    pp_err err;
    pp_leave leave = {0};
    uint64_t lane;
    int code = parse(&o, name, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (!o.data || !o.out || o.file || o.node || o.key_file || o.to)
        return pp_cli_usage(name, "--data DIR and -o FILE, please, and --lane LANE if not the "
                                  "first");
    if (!pp_file_can_write(&err, o.out)) return pp_cli_fail(&err);
    memset(&w, 0, sizeof w);
    bool ok = follow(&err, &w, o.data);
    pp_cli_progress_hide(&w.progress);
    const pp_genesis *g = ok ? pp_chain_genesis(w.follower.chain) : NULL;
    ok = ok && find_lane(&err, &lane, g, o.lane) &&
         pp_leave_make(&err, &leave, w.follower.chain, w.store, lane);
    if (ok) {
        size_t size;
        uint8_t *bytes = pp_leave_encode(&size, &leave);
        ok = pp_file_write(&err, o.out, bytes, size, 0644);
        free(bytes);
    }
    code = ok ? tell_export(&leave, &o, pp_genesis_check_word(g->check)) : pp_cli_fail(&err);
    pp_leave_free(&leave);
    walk_close(&w);
    return code;
}

// ---- commands made and sent -------------------------------------------------------------------

// What to do about some refusals, where the chain's own words do not say it.
static const char *const advice[][2] = {
    {"C-EXIT-CLOSED", "the exit is not open: the rollup's root advances, or has not been still for "
                      "long enough; keep the command, it stays good"},
    {"C-NOT-PROVEN", "this node's chain has not come so far yet"},
    {"C-PATH", "the root has advanced since: export again"},
    {"C-AMOUNT",
     "too little to make an account on the chain with: claim something larger first, or "
     "have somebody transfer to it"},
    {"C-FULL", "the chain has no room for another account: name one that it has (--to)"},
};

static const char *meaning(const char *reason) {
    for (size_t i = 0; i < PP_COUNT(advice); i++)
        if (strcmp(advice[i][0], reason) == 0) return advice[i][1];
    const char *text = pp_chain_reason_text(reason);
    return text ? text : "refused";
}

// Each one, whatever becomes of those before it. PP_EXIT_NO when one was refused.
static int send_all(const pp_bytes *items, size_t len, const char *url) {
    pp_err err;
    pp_remote *node;
    if (!pp_remote_open(&err, &node, url, NULL, NULL)) return pp_cli_fail(&err);
    int code = PP_EXIT_YES;
    for (size_t i = 0; i < len && code != PP_EXIT_USAGE; i++) {
        uint64_t height;
        char reason[PP_REMOTE_REASON_MAX];
        pp_item item;
        if (!pp_remote_command(&err, &height, reason, node, items[i])) {
            code = pp_cli_fail(&err);
            break;
        }
        bool known = pp_item_decode(&item, items[i]) && item.type == PP_ITEM_COMMAND;
        const char *what = !known                                   ? "command"
                           : item.command.kind == PP_COMMAND_EXIT   ? "exit"
                           : pp_command_is_claim(item.command.kind) ? "withdrawal"
                                                                    : "command";
        if (strcmp(reason, "OK") == 0) {
            printf("%s: done in block %" PRIu64 "\n", what, height);
        } else {
            printf("%s: %s: %s\n", what, reason, meaning(reason));
            code = PP_EXIT_NO;
        }
    }
    pp_remote_close(node);
    int flushed = pp_cli_flush();
    return code != PP_EXIT_YES ? code : flushed;
}

// One line each: 0x and hex digits.
static bool write_commands(pp_err *err, const char *path, const pp_bytes *items, size_t len) {
    size_t size = 0, at = 0;
    for (size_t i = 0; i < len; i++) size += 2 * items[i].size + 3;
    char *text = malloc(size + 1);
    PP_ASSERT(text != NULL);
    for (size_t i = 0; i < len; i++) {
        text[at++] = '0';
        text[at++] = 'x';
        pp_hex_encode(text + at, items[i].data, items[i].size);
        at += 2 * items[i].size;
        text[at++] = '\n';
    }
    bool ok = pp_file_write(err, path, text, size, 0600);
    free(text);
    return ok;
}

static int tell_claims(const pp_leave_claims *c, const options *o) {
    char owner[43] = "0x", withdrawn[40], balance[40];
    pp_hex_encode(owner + 2, c->owner.b, 20);
    if (o->json) {
        json_t *out = json_object();
        json_object_set_new(out, "owner", json_string(owner));
        pp_json_u64(out, "withdrawals", c->withdrawals);
        pp_json_wei(out, "withdrawn", c->withdrawn);
        pp_json_wei(out, "balance", c->balance);
        json_object_set_new(out, "commands", json_string(o->out));
        return print_json(out);
    }
    printf("%s: %zu commands of %s\n", o->out, c->items_len, owner);
    if (c->withdrawals > 0)
        printf("  %zu withdrawals, %s wei\n", c->withdrawals, pp_u128_dec(withdrawn, c->withdrawn));
    if (c->balance > 0)
        printf(
            "  the exit, with %s wei: whoever has this file can make you leave once it is open\n",
            pp_u128_dec(balance, c->balance));
    printf("send them with: polypoly rollup put %s --node URL\n", o->out);
    return pp_cli_flush();
}

static bool read_leave(pp_err *err, pp_leave *leave, const char *path) {
    uint8_t *data;
    size_t size;
    memset(leave, 0, sizeof *leave);
    if (!pp_file_read(err, &data, &size, path, PP_LEAVE_FILE_MAX)) return false;
    bool ok = pp_leave_decode(err, leave, path, (pp_bytes){data, size});
    free(data);
    return ok;
}

static bool claims_of_file(pp_err *err, pp_leave_claims *out, const options *o,
                           const pp_address *to, bool leaves) {
    pp_leave leave = {0};
    uint8_t key[32];
    bool ok = pp_cli_key(err, key, o->key_file) && read_leave(err, &leave, o->file) &&
              pp_leave_claim(err, out, &leave, o->file, key, to, leaves);
    explicit_bzero(key, sizeof key);
    pp_leave_free(&leave);
    return ok;
}

// One of a node's answers, signed.
static bool sign_claim(pp_err *err, pp_leave_claims *out, const json_t *entry,
                       const uint8_t key[32], const pp_hash32 *genesis, const pp_address *to) {
    uint8_t payload[PP_WITHDRAW_PAYLOAD_MAX];
    const char *hex = json_string_value(json_object_get(entry, "payload"));
    const char *wei = json_string_value(json_object_get(entry, "wei"));
    size_t digits = hex ? strlen(hex) : 0, item_size;
    pp_u128 amount;
    bool ok = wei && pp_u128_parse(&amount, wei) && digits >= 4 && digits % 2 == 0 &&
              digits / 2 - 1 <= sizeof payload && strncmp(hex, "0x", 2) == 0 &&
              pp_hex_decode(payload, digits / 2 - 1, hex + 2);
    if (!ok) return pp_err_set(err, PP_EXIT_USAGE, "the node's answer is no list of withdrawals");
    uint8_t *item =
        pp_withdraw_sign(&item_size, genesis, key, (pp_bytes){payload, digits / 2 - 1}, to);
    PP_ASSERT(item != NULL); // the key has given an address
    out->items[out->items_len++] = (pp_bytes){item, item_size};
    out->withdrawals++;
    out->withdrawn += amount;
    return true;
}

// What a node says can be claimed. It is not believed: the chain pays nothing else.
static bool claims_of_node(pp_err *err, pp_leave_claims *out, const options *o,
                           const pp_address *to) {
    pp_remote *node = NULL;
    pp_speaker speaker = {0};
    char path[80] = "/v1/withdrawals?address=0x", *text = NULL;
    bool ok = pp_cli_speaker(err, &node, &speaker, o->node, o->key_file, o->genesis, NULL);
    if (ok) {
        out->owner = speaker.address;
        pp_hex_encode(path + strlen(path), speaker.address.b, 20);
        ok = pp_remote_get(err, &text, node, path);
    }
    json_t *answer = ok ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const json_t *list = json_object_get(answer, "withdrawals");
    size_t len = json_array_size(list);
    if (ok && !json_is_array(list))
        ok = pp_err_set(err, PP_EXIT_USAGE, "the node's answer is no list of withdrawals");
    out->items = calloc(len ? len : 1, sizeof *out->items);
    PP_ASSERT(out->items != NULL);
    for (size_t i = 0; ok && i < len; i++)
        ok = sign_claim(err, out, json_array_get(list, i), speaker.key, &speaker.genesis, to);
    json_decref(answer);
    free(text);
    explicit_bzero(&speaker, sizeof speaker);
    pp_remote_close(node);
    return ok;
}

static int make_claims(const char *name, bool leaves, int argc, char **argv) {
    options o = {0};
    pp_err err;
    pp_address to;
    pp_leave_claims claims = {0};
    int code = parse(&o, name, argc, argv);
    if (code != PP_EXIT_YES) return code;
    bool whole = o.file ? !o.out != !o.node : !leaves && o.node;
    if (!whole || !o.key_file || o.data || o.lane)
        return pp_cli_usage(name, "a FILE of rollup export, --key-file KEY, and either -o COMMANDS "
                                  "or --node URL");
    if (o.to) code = pp_cli_address(&to, name, "--to", o.to);
    if (code != PP_EXIT_YES) return code;
    if (o.out && !pp_file_can_write(&err, o.out)) return pp_cli_fail(&err);
    const pp_address *paid = o.to ? &to : NULL;
    bool ok = o.file ? claims_of_file(&err, &claims, &o, paid, leaves)
                     : claims_of_node(&err, &claims, &o, paid);
    if (ok && claims.items_len == 0)
        ok = pp_err_set(&err, PP_EXIT_NO,
                        "%s: nothing there is this key's to claim; what was withdrawn is, once its "
                        "batch is proven",
                        o.file ? o.file : o.node);
    if (ok && o.out) ok = write_commands(&err, o.out, claims.items, claims.items_len);
    code = !ok     ? pp_cli_fail(&err)
           : o.out ? tell_claims(&claims, &o)
                   : send_all(claims.items, claims.items_len, o.node);
    pp_leave_claims_free(&claims);
    return code;
}

static int run_exit(int argc, char **argv) {
    return make_claims("rollup exit", true, argc, argv);
}

static int run_claim(int argc, char **argv) {
    return make_claims("rollup claim", false, argc, argv);
}

// ---- put --------------------------------------------------------------------------------------

enum { COMMANDS_MAX = 256 << 20, LINES_MAX = 1 << 20 };

// The commands of a file, decoded in place.
static bool read_commands(pp_err *err, pp_bytes *items, size_t *len, char *text, const char *path) {
    *len = 0;
    size_t number = 0;
    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        number++;
        size_t digits = strlen(line);
        uint8_t *bytes = (uint8_t *)line; // never longer than its digits
        pp_item item;
        bool hex = digits >= 4 && digits % 2 == 0 && strncmp(line, "0x", 2) == 0 &&
                   pp_hex_decode(bytes, digits / 2 - 1, line + 2);
        pp_bytes view = {bytes, digits / 2 - 1};
        if (!hex || *len == LINES_MAX || !pp_item_decode(&item, view))
            return pp_err_set(err, PP_EXIT_USAGE, "%s: line %zu: not a command in hex digits", path,
                              number);
        items[(*len)++] = view;
    }
    return *len > 0 || pp_err_set(err, PP_EXIT_USAGE, "%s: no command in it", path);
}

static int run_put(int argc, char **argv) {
    static const char name[] = "rollup put";
    options o = {.node = pp_cli_node()};
    pp_err err;
    uint8_t *data;
    size_t size, len;
    int code = parse(&o, name, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (!o.file || o.data || o.lane || o.out || o.key_file || o.to || o.json)
        return pp_cli_usage(name, "a file of commands, please, and --node URL");
    if (!pp_file_read(&err, &data, &size, o.file, COMMANDS_MAX)) return pp_cli_fail(&err);
    pp_bytes *items = malloc((size / 4 + 1) * sizeof *items);
    PP_ASSERT(items != NULL);
    bool ok = read_commands(&err, items, &len, (char *)data, o.file);
    code = ok ? send_all(items, len, o.node) : pp_cli_fail(&err);
    free(items);
    free(data);
    return code;
}

// ---- the table --------------------------------------------------------------------------------

const pp_cli_command pp_cmd_rollup_export = {
    "rollup export", "a rollup's accounts under its last proven root, to leave it with",
    "usage: polypoly rollup export --data DIR [--lane LANE] -o FILE [--json]\n"
    "\n"
    "Follows DIR/chain.log again, believing nothing (but a pruned copy's snapshot), with no node "
    "running on it, and writes what\n"
    "people need to leave the rollup LANE (a number or a name; the first one): every account "
    "under\n"
    "the last proven root, and the withdrawals under it that nobody has claimed. Anyone's copy of\n"
    "the chain will do; the file holds no secret, hand it on.\n"
    "\n"
    "example: polypoly rollup export --data data/node --lane live -o live.leave\n"
    "\n"
    "Exit codes: 0 written; 1 the log is wrong, the block is named; 2 usage, or unreadable.\n",
    run_export};

const pp_cli_command pp_cmd_rollup_exit = {
    "rollup exit", "leave a rollup whose proofs have stopped, with nobody's help",
    "usage: polypoly rollup exit FILE --key-file KEY [--to 0xADDRESS] (-o COMMANDS [--json] | "
    "--node URL [--genesis HASH])\n"
    "\n"
    "From a FILE of rollup export and your key, and nothing else, makes the signed commands that\n"
    "claim your withdrawals and pay what your account holds under the last proven root, to you or\n"
    "to the account --to. Any node of the network takes them (rollup put). The exit is open once "
    "no\n"
    "root has advanced, though something waits for one, for as long as the network's genesis says\n"
    "(a day and 7,200 blocks); the first to leave freezes the rollup for good.\n"
    "\n"
    "examples: polypoly rollup exit live.leave --key-file wallet.key -o out.commands\n"
    "          polypoly rollup exit live.leave --key-file wallet.key --node http://127.0.0.1:8545\n"
    "\n"
    "Exit codes: 0 made, or all of it paid; 1 nothing there is yours, or a node refuses one, with\n"
    "its reason; 2 usage, unreadable, or no node answers.\n",
    run_exit};

const pp_cli_command pp_cmd_rollup_claim = {
    "rollup claim", "claim on the chain what you have withdrawn from a rollup",
    "usage: polypoly rollup claim FILE --key-file KEY [--to 0xADDRESS] (-o COMMANDS [--json] | "
    "--node URL [--genesis HASH])\n"
    "\n"
    "From a FILE of rollup export, makes the commands that pay your withdrawals under the last\n"
    "proven root, and leaves your account where it is. The chain pays each once, whoever sends "
    "it;\n"
    "to you, or to the account --to. An account that is new costs its place (docs/chain.md), and\n"
    "where the chain has no room for one, one that it has is always paid.\n"
    "\n"
    "example: polypoly rollup claim live.leave --key-file wallet.key --node http://127.0.0.1:8545\n"
    "\n"
    "Exit codes: 0 made, or all of it paid; 1 nothing there is yours, or a node refuses one, with\n"
    "its reason; 2 usage, unreadable, or no node answers.\n",
    run_claim};

const pp_cli_command pp_cmd_rollup_put = {
    "rollup put", "send commands that were made before",
    "usage: polypoly rollup put COMMANDS [--node URL]\n"
    "\n"
    "Sends each command of a file (rollup exit -o, rollup claim -o) to the node\n"
    "(http://127.0.0.1:8545) and says what became of it. Anyone may do it for you, with any node.\n"
    "\n"
    "example: polypoly rollup put out.commands --node http://127.0.0.1:8545\n"
    "\n"
    "Exit codes: 0 all done; 1 the node refuses one, with its reason; 2 usage, unreadable, or no\n"
    "node answers.\n",
    run_put};
