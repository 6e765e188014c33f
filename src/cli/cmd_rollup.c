// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly rollup send, withdraw, force, balance: the least a wallet does, against any node.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/words.h"
#include "codec/wallet.h"
#include "hash/keccak.h"
#include "host/bridge.h"
#include "rollup/rollup.h"
#include "sign/keys.h"

typedef struct options {
    const char *node, *key_file, *to, *value;
    const char *lane, *fee_max; // of force
    const char *address;        // of balance
    bool wait;
} options;

static int parse(options *o, const char *name, int argc, char **argv) {
    const pp_cli_word words[] = {
        {"--node", &o->node, NULL}, {"--key-file", &o->key_file, NULL},
        {"--to", &o->to, NULL},     {"--value", &o->value, NULL},
        {"--lane", &o->lane, NULL}, {"--fee-max", &o->fee_max, NULL},
        {"--wait", NULL, &o->wait},
    };
    return pp_cli_read(name, words, PP_COUNT(words), "address", &o->address, argc, argv);
}

// A quantity as JSON-RPC writes it: "0x…", in quotes.
static bool ask_number(pp_err *err, pp_u256 *out, pp_remote *node, const char *method,
                       const char *params) {
    char *result, digits[65];
    uint8_t bytes[32];
    if (!pp_remote_call(err, &result, node, method, params)) return false;
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

static bool ask_u64(pp_err *err, uint64_t *out, pp_remote *node, const char *method,
                    const char *params) {
    pp_u256 n;
    if (!ask_number(err, &n, node, method, params)) return false;
    uint8_t bytes[32];
    pp_u256_store_be(bytes, &n);
    *out = 0;
    for (size_t i = 24; i < 32; i++) *out = *out << 8 | bytes[i];
    return true;
}

// ---- balance ------------------------------------------------------------------------------------

static int balance(int argc, char **argv) {
    static const char name[] = "rollup balance";
    options o = {.node = "http://127.0.0.1:8545"};
    pp_address address;
    int code = parse(&o, name, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (o.address == NULL || !pp_cli_address(&address, o.address))
        return pp_cli_usage(name, "whose? An address, 0x and 40 hex digits");
    pp_err err;
    pp_remote *node;
    static const char *const tags[] = {"latest", "finalized"};
    static const char *const words[] = {"ordered", "proven"};
    if (!pp_remote_open(&err, &node, o.node, NULL, NULL)) return pp_cli_fail(&err);
    bool ok = true;
    for (size_t i = 0; ok && i < PP_COUNT(tags); i++) {
        char params[128], text[96];
        pp_u256 wei;
        snprintf(params, sizeof params, "[\"%s\",\"%s\"]", o.address, tags[i]);
        ok = ask_number(&err, &wei, node, "eth_getBalance", params);
        if (ok) printf("%-8s %s wei\n", words[i], pp_u256_dec(text, &wei));
    }
    pp_remote_close(node);
    return ok ? pp_cli_flush() : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_rollup_balance = {
    "rollup balance", "what an account has: ordered, and proven",
    "usage: polypoly rollup balance 0xADDRESS [--node URL]\n"
    "\n"
    "Asks the node (http://127.0.0.1:8545) what the account has behind the last ordered block, "
    "and\n"
    "behind the last proven one: the first may still be undone with the host, the second may not.\n"
    "\n"
    "example: polypoly rollup balance 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n"
    "\n"
    "Exit codes: 0 told; 1 the node says no; 2 usage, or no node answers.\n",
    balance};

// ---- send ---------------------------------------------------------------------------------------

static bool fill_in(pp_err *err, pp_transfer *t, pp_remote *node, const uint8_t key[32]) {
    pp_address from;
    char params[96], hex[41];
    uint64_t price, tip;
    if (!pp_sign_address(&from, key)) PP_ASSERT(false); // the key file was looked at
    pp_hex_encode(hex, from.b, 20);
    snprintf(params, sizeof params, "[\"0x%s\",\"pending\"]", hex);
    if (!ask_u64(err, &t->chain_id, node, "eth_chainId", "[]") ||
        !ask_u64(err, &t->nonce, node, "eth_getTransactionCount", params) ||
        !ask_u64(err, &price, node, "eth_gasPrice", "[]") ||
        !ask_u64(err, &tip, node, "eth_maxPriorityFeePerGas", "[]"))
        return false;
    t->tip_cap = tip;
    t->fee_cap = 2 * price + tip; // room for a base fee that rises
    t->gas_limit = 21000;
    return true;
}

// Until the transaction stands in a block.
static bool wait_for_block(pp_err *err, pp_remote *node, const char *hash) {
    enum { SECONDS = 60 };
    char params[128], *receipt;
    snprintf(params, sizeof params, "[%s]", hash);
    for (uint64_t begin = pp_clock_ns(); pp_clock_ns() - begin < SECONDS * 1000000000ULL;) {
        if (!pp_remote_call(err, &receipt, node, "eth_getTransactionReceipt", params)) return false;
        bool there = strcmp(receipt, "null") != 0;
        free(receipt);
        if (there) return true;
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    return pp_err_set(err, PP_EXIT_NO, "%s stands in no block after %d seconds", hash, SECONDS);
}

// How a transfer goes in: to the lane, to the address through which money leaves the rollup, or
// past the lane.
typedef enum route { SEND, WITHDRAW, FORCE } route;

static int check(pp_transfer *t, const options *o, const char *name, route way) {
    pp_u128 wei;
    if (o->address != NULL) return pp_cli_usage(name, "say --to %s", o->address);
    if (way != FORCE && (o->lane != NULL || o->fee_max != NULL))
        return pp_cli_usage(name, "no --lane and no --fee-max here");
    if (way == FORCE && o->wait) return pp_cli_usage(name, "no --wait: it waits for its block");
    if (way == WITHDRAW && o->to != NULL)
        return pp_cli_usage(name, "no --to: it is paid to who withdraws");
    if (way == WITHDRAW)
        t->to = pp_rollup_exit_address;
    else if (o->to == NULL || !pp_cli_address(&t->to, o->to))
        return pp_cli_usage(name, "--to takes 0x and 40 hex digits");
    if (o->value == NULL || !pp_cli_ether(&wei, o->value))
        return pp_cli_usage(name, "--value takes ether, as in 0.05");
    if (o->key_file == NULL) return pp_cli_usage(name, "--key-file FILE is needed: who sends");
    t->value = pp_u256_from_u128(wei);
    return PP_EXIT_YES;
}

static bool send_raw(pp_err *err, pp_remote *node, pp_bytes raw, bool wait) {
    char digits[2 * PP_TRANSFER_SIZE_MAX + 1], params[sizeof digits + 8], *hash;
    pp_hex_encode(digits, raw.data, raw.size);
    snprintf(params, sizeof params, "[\"0x%s\"]", digits);
    if (!pp_remote_call(err, &hash, node, "eth_sendRawTransaction", params)) return false;
    printf("%.66s\n", hash + 1);
    bool ok = !wait || wait_for_block(err, node, hash);
    free(hash);
    return ok;
}

static bool force_raw(pp_err *err, pp_remote *node, const uint8_t key[32], pp_bytes raw,
                      const options *o, pp_u128 fee_max) {
    pp_speaker speaker;
    pp_bridge_lane lane;
    pp_hash32 hash;
    uint64_t height;
    bool ok = pp_speaker_open(err, &speaker, node, key) &&
              pp_bridge_find(err, &lane, node, o->lane ? o->lane : "0");
    if (ok && o->fee_max == NULL) fee_max = lane.forced_fee + lane.forced_fee / 2;
    ok = ok && pp_bridge_force(err, &height, &speaker, lane.id, raw, fee_max);
    explicit_bzero(&speaker, sizeof speaker);
    if (!ok) return false;
    pp_keccak256(&hash, raw.data, raw.size);
    pp_cli_print_hash("hash", &hash, false);
    printf("Queued in block %" PRIu64 ". It is in one of the next %" PRIu64 " batches.\n", height,
           lane.queue_batches);
    return true;
}

static int transfer(const char *name, route way, int argc, char **argv) {
    options o = {.node = "http://127.0.0.1:8545"};
    pp_transfer t = {.chain_id = 0};
    uint8_t key[32], raw[PP_TRANSFER_SIZE_MAX];
    pp_u128 fee_max = 0;
    int code = parse(&o, name, argc, argv);
    if (code == PP_EXIT_YES) code = check(&t, &o, name, way);
    if (code != PP_EXIT_YES) return code;
    if (o.fee_max != NULL && !pp_cli_ether(&fee_max, o.fee_max))
        return pp_cli_usage(name, "--fee-max takes ether, as in 0.001");
    pp_err err;
    pp_remote *node;
    if (!pp_cli_key(&err, key, o.key_file)) return pp_cli_fail(&err);
    bool ok = pp_remote_open(&err, &node, o.node, NULL, NULL);
    if (ok && fill_in(&err, &t, node, key)) {
        pp_bytes view = {raw, pp_transfer_sign(raw, &t, key)};
        ok = way == FORCE ? force_raw(&err, node, key, view, &o, fee_max)
                          : send_raw(&err, node, view, o.wait);
    } else {
        ok = false;
    }
    explicit_bzero(key, sizeof key);
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
    "           [--fee-max ETHER] [--lane NAME|N] [--node URL]\n"
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
    "usage: polypoly rollup withdraw --value ETHER --key-file FILE [--node URL] [--wait]\n"
    "\n"
    "Sends a plain transfer to the exit address, 0x00000000000000706f6c79706f6c792f65786974 (any\n"
    "wallet can do the same). Once its batch is proven it can be claimed on the chain, by anyone,\n"
    "for whoever sent it: rollup claim.\n"
    "\n"
    "example: polypoly rollup withdraw --value 0.05 --key-file data/up/keys/wallet.key --wait\n"
    "\n"
    "Exit codes: 0 sent; 1 the node refuses it, with its reason; 2 usage, or no node answers.\n",
    withdraw};

const pp_cli_command pp_cmd_rollup_send = {
    "rollup send", "send ether inside a rollup",
    "usage: polypoly rollup send --to 0xADDRESS --value ETHER --key-file FILE [--node URL] "
    "[--wait]\n"
    "\n"
    "Signs a plain transfer (EIP-1559) with the key of FILE (64 hex digits), here, and sends it to "
    "the\n"
    "node (http://127.0.0.1:8545). Prints its hash once the node has it on disk; with --wait once "
    "it\n"
    "stands in a block too. Any Ethereum wallet does the same.\n"
    "\n"
    "example: polypoly rollup send --to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --value 0.05 "
    "\\\n"
    "             --key-file data/up/keys/wallet.key --wait\n"
    "\n"
    "Exit codes: 0 sent; 1 the node refuses it, with its reason; 2 usage, or no node answers.\n",
    send_it};
