// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly rollup send, withdraw, force, balance: the least a wallet does, against any node.
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/network.h"
#include "cli/show.h"
#include "cli/words.h"
#include "codec/wallet.h"
#include "hash/keccak.h"
#include "host/answer.h"
#include "host/bridge.h"
#include "rollup/rollup.h"

// The most that a transfer signs away for gas where nobody says otherwise: wei.
static const pp_u128 GAS_FEE_MAX = 1000000000000000;

typedef struct options {
    const char *node, *key_file, *genesis, *chain_id, *to, *value;
    const char *lane, *fee_max, *gas_fee_max;
    const char *address; // of balance
    bool wait, wait_proven, json;
} options;

static int parse(options *o, const char *name, int argc, char **argv) {
    const pp_cli_word words[] = {
        {"--node", &o->node, NULL},
        {"--key-file", &o->key_file, NULL},
        {"--to", &o->to, NULL},
        {"--value", &o->value, NULL},
        {"--lane", &o->lane, NULL},
        {"--fee-max", &o->fee_max, NULL},
        {"--genesis", &o->genesis, NULL},
        {"--chain-id", &o->chain_id, NULL},
        {"--gas-fee-max", &o->gas_fee_max, NULL},
        {"--wait", NULL, &o->wait},
        {"--wait-proven", NULL, &o->wait_proven},
        {"--json", NULL, &o->json},
    };
    return pp_cli_read(name, words, PP_COUNT(words), "address", &o->address, argc, argv);
}

// A quantity as JSON-RPC writes it: "0x…", in quotes.
static bool ask_number(pp_err *err, pp_u256 *out, pp_remote *node, uint64_t lane,
                       const char *method, const char *params) {
    char *result, digits[65];
    uint8_t bytes[32];
    if (!pp_remote_call_lane(err, &result, node, lane, method, params)) return false;
    size_t len = strlen(result);
    bool ok = len >= 5 && len <= 68 && strncmp(result, "\"0x", 3) == 0 && result[len - 1] == '"';
    if (ok) {
        result[len - 1] = 0;
        snprintf(digits, sizeof digits, "%064d", 0);
        memcpy(digits + 64 - (len - 4), result + 3, len - 4);
        ok = pp_hex_decode(bytes, 32, digits);
    }
    free(result);
    if (!ok) return pp_err_set(err, PP_EXIT_USAGE, "%s: no number came back", method);
    pp_u256_load_be(out, bytes);
    return true;
}

static bool ask_u64(pp_err *err, uint64_t *out, pp_remote *node, uint64_t lane, const char *method,
                    const char *params) {
    pp_u256 n;
    if (!ask_number(err, &n, node, lane, method, params)) return false;
    uint8_t bytes[32];
    pp_u256_store_be(bytes, &n);
    *out = 0;
    for (size_t i = 24; i < 32; i++) *out = *out << 8 | bytes[i];
    return true;
}

// ---- balance ------------------------------------------------------------------------------------

// The free balance on the chain itself, which deposits, fees and stakes are paid from.
static bool ask_free(pp_err *err, pp_u128 *out, pp_remote *node, const char *address) {
    char path[96], *text;
    snprintf(path, sizeof path, "/v1/accounts?address=%s", address);
    if (!pp_remote_get(err, &text, node, path)) return false;
    json_t *account = json_loads(text, 0, NULL);
    free(text);
    const char *wei = json_string_value(json_object_get(account, "free"));
    bool ok = wei != NULL && pp_u128_parse(out, wei);
    json_decref(account);
    return ok || pp_err_set(err, PP_EXIT_USAGE, "the node's answer is no account");
}

static void say_money(const char *what, const pp_u256 *wei) {
    char exact[96], text[PP_CLI_TEXT] = "";
    pp_u128 small;
    if (pp_u256_to_u128(&small, wei)) pp_cli_money(text, small);
    printf("%-9s %-16s %s wei\n", what, text, pp_u256_dec(exact, wei));
}

static int balance(int argc, char **argv) {
    static const char name[] = "rollup balance";
    options o = {.node = pp_cli_node()};
    pp_address address;
    int code = parse(&o, name, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (o.address == NULL) return pp_cli_usage(name, "whose? An address, 0x and 40 hex digits");
    code = pp_cli_address(&address, name, "ADDRESS", o.address);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    pp_remote *node;
    pp_bridge_lane lane;
    pp_u256 ordered = pp_u256_from_u64(0), proven = ordered, chain;
    pp_u128 free_wei = 0;
    char params[128], text[3][96];
    if (!pp_remote_open(&err, &node, o.node, NULL, NULL)) return pp_cli_fail(&err);
    snprintf(params, sizeof params, "[\"%s\",\"latest\"]", o.address);
    bool ok = pp_bridge_find(&err, &lane, node, o.lane) &&
              ask_number(&err, &ordered, node, lane.id, "eth_getBalance", params);
    snprintf(params, sizeof params, "[\"%s\",\"finalized\"]", o.address);
    ok = ok && ask_number(&err, &proven, node, lane.id, "eth_getBalance", params) &&
         ask_free(&err, &free_wei, node, o.address);
    pp_remote_close(node);
    if (!ok) return pp_cli_fail(&err);
    chain = pp_u256_from_u128(free_wei);
    if (o.json) {
        printf("{\"ordered\": \"%s\", \"proven\": \"%s\", \"chain\": \"%s\", \"frozen\": %s}\n",
               pp_u256_dec(text[0], &ordered), pp_u256_dec(text[1], &proven),
               pp_u256_dec(text[2], &chain), lane.frozen ? "true" : "false");
    } else {
        say_money("ordered", &ordered);
        say_money("proven", &proven);
        if (lane.frozen)
            puts("frozen    somebody has left this rollup by the exit: what is proven comes out by "
                 "rollup exit, once");
        say_money("chain", &chain);
    }
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_rollup_balance = {
    "rollup balance", "what an account has: ordered, and proven",
    "usage: polypoly rollup balance 0xADDRESS [--lane NAME|N] [--node URL] [--json]\n"
    "\n"
    "Asks the node what the account has in the rollup behind the last ordered block, and behind "
    "the\n"
    "last proven one: the first may still be undone with the host, the second may not; and what it "
    "has\n"
    "free on the chain itself, where deposits, forced transactions and stakes are paid from.\n"
    "\n"
    "example: polypoly rollup balance 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n"
    "\n"
    "Exit codes: 0 told; 1 the node says no; 2 usage, or no node answers.\n",
    balance};

// ---- send ---------------------------------------------------------------------------------------

// The chain id that is signed: that of the rollup in the network's genesis, or the one that the
// user names. The node's word alone could be another network's, or another rollup's, in which the
// key has money.
static bool know_chain(pp_err *err, const pp_bridge_lane *lane, const pp_speaker *s,
                       const options *o) {
    uint64_t named;
    uint8_t *file;
    size_t size;
    pp_genesis genesis;
    if (o->chain_id != NULL) {
        bool same = pp_cli_number(&named, o->chain_id, 1, UINT64_MAX) && named == lane->chain_id;
        return same || pp_err_set(err, PP_EXIT_NO,
                                  "%s: rollup '%s' has chain id %" PRIu64 ", not %s; "
                                  "nothing is signed",
                                  o->node, lane->name, lane->chain_id, o->chain_id);
    }
    if (!pp_remote_genesis(err, &file, &size, s->remote, &s->genesis)) return false;
    bool ok = pp_genesis_parse(err, &genesis, "the node's genesis", (pp_bytes){file, size});
    free(file);
    if (!ok) return false;
    const pp_genesis_rollup *r = lane->id < genesis.rollups_len ? &genesis.rollups[lane->id] : NULL;
    bool same = r != NULL && r->chain_id == lane->chain_id && strcmp(r->name, lane->name) == 0;
    pp_genesis_free(&genesis);
    if (same) return true;
    return pp_err_set(err, PP_EXIT_NO,
                      "%s: says that rollup '%s' has chain id %" PRIu64 ", which the network's "
                      "genesis does not (it names none that a command made); nothing is signed. If "
                      "that is meant: --chain-id %" PRIu64,
                      o->node, lane->name, lane->chain_id, lane->chain_id);
}

static bool fill_in(pp_err *err, pp_transfer *t, const pp_bridge_lane *lane, const pp_speaker *s,
                    const options *o, pp_u128 gas_fee_max) {
    char params[96], hex[41], asked[PP_CLI_TEXT], most[PP_CLI_TEXT];
    uint64_t price, tip;
    pp_hex_encode(hex, s->address.b, 20);
    snprintf(params, sizeof params, "[\"0x%s\",\"pending\"]", hex);
    if (!know_chain(err, lane, s, o) ||
        !ask_u64(err, &t->nonce, s->remote, lane->id, "eth_getTransactionCount", params) ||
        !ask_u64(err, &price, s->remote, lane->id, "eth_gasPrice", "[]") ||
        !ask_u64(err, &tip, s->remote, lane->id, "eth_maxPriorityFeePerGas", "[]"))
        return false;
    t->chain_id = lane->chain_id;
    t->gas_limit = 21000;
    pp_u128 cap = 2 * (pp_u128)price + tip; // room for a base fee that rises
    if (cap > UINT64_MAX || cap * t->gas_limit > gas_fee_max)
        return pp_err_set(err, PP_EXIT_NO,
                          "%s: would have up to %s signed away for gas, where %s is the most "
                          "(--gas-fee-max); nothing is signed",
                          o->node, pp_cli_money(asked, cap * t->gas_limit),
                          pp_cli_money(most, gas_fee_max));
    t->tip_cap = tip;
    t->fee_cap = (uint64_t)cap;
    return true;
}

// Until the transaction stands in a block.
static bool wait_for_block(pp_err *err, uint64_t *block, pp_remote *node, uint64_t lane,
                           const char hash[65]) {
    enum { SECONDS = 60 };
    char params[80], *text;
    snprintf(params, sizeof params, "[\"0x%s\"]", hash);
    for (uint64_t begin = pp_clock_ns(); pp_clock_ns() - begin < SECONDS * 1000000000ULL;) {
        if (!pp_remote_call_lane(err, &text, node, lane, "eth_getTransactionReceipt", params))
            return false;
        json_t *receipt = json_loads(text, JSON_DECODE_ANY, NULL);
        free(text);
        const char *number = json_string_value(json_object_get(receipt, "blockNumber"));
        bool there = number != NULL && pp_cli_parse_u64(block, number);
        json_decref(receipt);
        if (there) return true;
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    return pp_err_set(err, PP_EXIT_NO, "0x%s stands in no block after %d seconds", hash, SECONDS);
}

// How far the rollup is proven. False with one sentence where that is not as far as this block, and
// no further proof will come.
static bool ask_proven(pp_err *err, uint64_t *proven, pp_remote *node, uint64_t lane,
                       uint64_t block) {
    char *text;
    if (!pp_remote_get(err, &text, node, "/v1/status")) return false;
    json_t *status = json_loads(text, 0, NULL);
    free(text);
    const json_t *one = json_array_get(json_object_get(status, "lanes"), lane);
    bool ok = one != NULL;
    *proven = pp_answer_number(one, "finalized");
    if (!ok)
        pp_err_set(err, PP_EXIT_USAGE, "the node's status names no such rollup");
    else if (strcmp(pp_answer_text(status, "check"), pp_genesis_check_word(PP_CHECK_PROOF)) != 0)
        ok = pp_err_set(err, PP_EXIT_NO, "ordered, and never proven: the network re-executes");
    else if (*proven >= block)
        ok = true;
    else if (json_object_get(one, "incident") != NULL)
        ok = pp_err_set(err, PP_EXIT_NO, "ordered, and not proven: the rollup stands still: %s",
                        pp_answer_text(one, "incident"));
    else if (strcmp(pp_answer_text(one, "exit"), "frozen") == 0)
        ok = pp_err_set(err, PP_EXIT_NO,
                        "ordered, and never proven: somebody has left the rollup by the exit");
    json_decref(status);
    return ok;
}

// Until this block is behind the rollup's last proven root.
static bool wait_for_proof(pp_err *err, pp_remote *node, uint64_t lane, uint64_t block) {
    pp_cli_progress progress = {0};
    uint64_t proven = 0;
    bool ok = ask_proven(err, &proven, node, lane, block);
    while (ok && proven < block) {
        pp_cli_progress_show(&progress, "proven up to block", proven, block);
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
        ok = ask_proven(err, &proven, node, lane, block);
    }
    pp_cli_progress_hide(&progress);
    return ok;
}

// How a transfer goes in: to the lane, to the address through which money leaves the rollup, or
// past the lane.
typedef enum route { SEND, WITHDRAW, FORCE } route;

static int check(pp_transfer *t, const options *o, const char *name, route way) {
    pp_u128 wei;
    int code;
    if (o->address != NULL) return pp_cli_usage(name, "say --to %s", o->address);
    if (way != FORCE && o->fee_max != NULL) return pp_cli_usage(name, "no --fee-max here");
    if (way == FORCE && (o->wait || o->wait_proven))
        return pp_cli_usage(name, "no --wait: it waits for its block");
    if (way == WITHDRAW && o->to != NULL)
        return pp_cli_usage(name, "no --to: it is paid to who withdraws");
    if (way != WITHDRAW && o->to == NULL) return pp_cli_usage(name, "to whom? --to 0xADDRESS");
    t->to = pp_rollup_exit_address;
    if (way != WITHDRAW && (code = pp_cli_address(&t->to, name, "--to", o->to)) != PP_EXIT_YES)
        return code;
    if (o->value == NULL || !pp_cli_ether(&wei, o->value))
        return pp_cli_usage(name, "--value takes ether, as in 0.05");
    if (o->key_file == NULL) return pp_cli_usage(name, "--key-file FILE is needed: who sends");
    t->value = pp_u256_from_u128(wei);
    return PP_EXIT_YES;
}

static bool send_raw(pp_err *err, pp_remote *node, uint64_t lane, pp_bytes raw, const options *o) {
    char digits[2 * PP_TRANSFER_SIZE_MAX + 1], params[sizeof digits + 8], *hash;
    pp_hex_encode(digits, raw.data, raw.size);
    snprintf(params, sizeof params, "[\"0x%s\"]", digits);
    if (!pp_remote_call_lane(err, &hash, node, lane, "eth_sendRawTransaction", params))
        return false;
    // It is the hash of what was sent, whatever the node says.
    pp_hash32 id;
    char hex[65];
    pp_keccak256(&id, raw.data, raw.size);
    pp_hex_encode(hex, id.b, 32);
    free(hash);
    printf(o->json ? "{\"hash\": \"0x%s\"}\n" : "0x%s\n", hex);
    fflush(stdout);
    uint64_t block = 0;
    return (!o->wait && !o->wait_proven) ||
           (wait_for_block(err, &block, node, lane, hex) &&
            (!o->wait_proven || wait_for_proof(err, node, lane, block)));
}

static bool force_raw(pp_err *err, pp_speaker *speaker, const pp_bridge_lane *lane, pp_bytes raw,
                      const options *o, pp_u128 fee_max) {
    pp_hash32 hash;
    uint64_t height;
    char hex[65], wei[PP_CLI_TEXT], bytes[PP_CLI_TEXT];
    if (o->fee_max == NULL) fee_max = lane->forced_fee + lane->forced_fee / 2;
    if (!pp_bridge_force(err, &height, speaker, lane->id, raw, fee_max)) return false;
    pp_keccak256(&hash, raw.data, raw.size);
    pp_hex_encode(hex, hash.b, 32);
    if (o->json)
        printf("{\"hash\": \"0x%s\", \"lane\": %" PRIu64 ", \"block\": %" PRIu64 "}\n", hex,
               lane->id, height);
    else
        printf("0x%s\nin block %" PRIu64 ". It is in one of the next %" PRIu64
               " batches. The queue's fee was about %s, and the command's bytes cost %s.\n",
               hex, height, lane->queue_batches, pp_cli_money(wei, lane->forced_fee),
               pp_cli_money(bytes, speaker->fee));
    return true;
}

static int transfer(const char *name, route way, int argc, char **argv) {
    options o = {.node = pp_cli_node()};
    pp_transfer t = {.chain_id = 0};
    uint8_t raw[PP_TRANSFER_SIZE_MAX];
    pp_u128 fee_max = 0, gas_fee_max = GAS_FEE_MAX;
    int code = parse(&o, name, argc, argv);
    if (code == PP_EXIT_YES) code = check(&t, &o, name, way);
    if (code != PP_EXIT_YES) return code;
    if (o.fee_max != NULL && !pp_cli_ether(&fee_max, o.fee_max))
        return pp_cli_usage(name, "--fee-max takes ether, as in 0.001");
    if (o.gas_fee_max != NULL && !pp_cli_ether(&gas_fee_max, o.gas_fee_max))
        return pp_cli_usage(name, "--gas-fee-max takes ether, as in 0.001");
    pp_err err;
    pp_remote *node;
    pp_speaker speaker;
    pp_bridge_lane lane;
    bool ok = pp_cli_speaker(&err, &node, &speaker, o.node, o.key_file, o.genesis, NULL) &&
              pp_bridge_find(&err, &lane, node, o.lane) &&
              fill_in(&err, &t, &lane, &speaker, &o, gas_fee_max);
    if (ok) {
        pp_bytes view = {raw, pp_transfer_sign(raw, &t, speaker.key)};
        ok = way == FORCE ? force_raw(&err, &speaker, &lane, view, &o, fee_max)
                          : send_raw(&err, node, lane.id, view, &o);
    }
    explicit_bzero(&speaker, sizeof speaker);
    pp_remote_close(node);
    return ok ? pp_cli_flush() : pp_cli_fail(&err);
}

static int send_it(int argc, char **argv) {
    return transfer("rollup send", SEND, argc, argv);
}

static int withdraw(int argc, char **argv) {
    return transfer("rollup withdraw", WITHDRAW, argc, argv);
}

static int force(int argc, char **argv) {
    return transfer("rollup force", FORCE, argc, argv);
}

const pp_cli_command pp_cmd_rollup_force = {
    "rollup force", "send ether inside a rollup past its lane",
    "usage: polypoly rollup force --to 0xADDRESS --value ETHER --key-file FILE\n"
    "           [--fee-max ETHER] [--gas-fee-max ETHER] [--lane NAME|N] [--node URL]\n"
    "           [--genesis HASH] [--chain-id N] [--json]\n"
    "\n"
    "Signs a plain transfer as rollup send does, and puts it into the rollup's forced queue on "
    "the\n"
    "chain, paid from the free balance of the same key: no sequencer selects it, and its batch "
    "cannot\n"
    "be proven without it. The fee covers a proof and rises with who waits: one and a half times\n"
    "what is asked now is the most that is paid, unless --fee-max says otherwise. To take money "
    "out,\n"
    "send it to the exit address, 0x00000000000000706f6c79706f6c792f65786974.\n"
    "\n"
    "example: polypoly rollup force --to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --value 0.05 "
    "\\\n"
    "             --key-file data/up/keys/wallet.key\n"
    "\n"
    "Exit codes: 0 queued; 1 refused, with the reason; 2 usage, or no node answers.\n",
    force};

const pp_cli_command pp_cmd_rollup_withdraw = {
    "rollup withdraw", "take ether out of a rollup, to the chain",
    "usage: polypoly rollup withdraw --value ETHER --key-file FILE [--lane NAME|N] [--node URL]\n"
    "           [--wait | --wait-proven] [--genesis HASH] [--chain-id N] [--gas-fee-max ETHER]\n"
    "           [--json]\n"
    "\n"
    "Sends a plain transfer to the exit address, 0x00000000000000706f6c79706f6c792f65786974 (any\n"
    "wallet can do the same). Once its batch is proven it can be claimed on the chain, by anyone,\n"
    "for whoever sent it: rollup claim.\n"
    "\n"
    "example: polypoly rollup withdraw --value 0.05 --key-file data/up/keys/wallet.key "
    "--wait-proven\n"
    "\n"
    "Exit codes: 0 sent; 1 the node refuses it, with its reason; 2 usage, or no node answers.\n",
    withdraw};

const pp_cli_command pp_cmd_rollup_send = {
    "rollup send", "send ether inside a rollup",
    "usage: polypoly rollup send --to 0xADDRESS --value ETHER --key-file FILE [--lane NAME|N]\n"
    "           [--node URL] [--wait | --wait-proven] [--genesis HASH] [--chain-id N]\n"
    "           [--gas-fee-max ETHER] [--json]\n"
    "\n"
    "Signs a plain transfer (EIP-1559) with the key of FILE (64 hex digits), here, and sends it to "
    "the\n"
    "node (http://127.0.0.1:8545). Prints its hash once the node has it on disk; --wait ends "
    "once it\n"
    "stands in a block, --wait-proven once that block is proven. Any Ethereum wallet does the "
    "same.\n"
    "\n"
    "What is signed is good on one network only: the one of --genesis (its hash), or one that the "
    "key\n"
    "has signed for before (FILE.networks), and in one rollup: the first open one, or the one of\n"
    "--lane. Its chain id is the one that genesis says; that of a rollup which a command made "
    "stands in\n"
    "no genesis: name it by --chain-id. A node elsewhere than on this machine is not believed "
    "what\n"
    "network it is. For gas at most 0.001 ether is signed away, or --gas-fee-max. POLYPOLY_NODE "
    "and\n"
    "POLYPOLY_GENESIS stand for --node and --genesis.\n"
    "\n"
    "example: polypoly rollup send --to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --value 0.05 "
    "\\\n"
    "             --key-file data/up/keys/wallet.key --wait\n"
    "\n"
    "Exit codes: 0 sent; 1 the node refuses it, with its reason; 2 usage, or no node answers.\n",
    send_it};
