// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly node: a chain kept going, and served.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/words.h"
#include "node/demo.h"
#include "node/init.h"
#include "node/serve.h"

enum { HOSTS_MAX = 16, PARTIES_MAX = 256, BLOCKS_DEFAULT = 1 << 22, PORT = 8545, PATIENCE = 30 };

// ---- node -------------------------------------------------------------------------------------

typedef struct options {
    const char *dir;
    char address[64];
    pp_http_options http;
    const char *hosts[HOSTS_MAX];
    const char *follow;
    pp_hash32 genesis;
    bool has_genesis, quiet;
} options;

// "ADDRESS:PORT", "[V6]:PORT", or a port alone.
static bool parse_listen(options *o, const char *text) {
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') text++, len -= 2;
    pp_u128 n;
    if (len >= sizeof o->address || !pp_u128_parse(&n, port) || n > 65535) return false;
    if (colon) {
        memcpy(o->address, text, len);
        o->address[len] = 0;
        if (strcmp(o->address, "localhost") == 0)
            snprintf(o->address, sizeof o->address, "127.0.0.1");
    }
    o->http.port = (uint16_t)n;
    return true;
}

static int parse(options *o, int argc, char **argv) {
    static const char name[] = "node";
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool listen = strcmp(word, "--listen") == 0, host = strcmp(word, "--allow-host") == 0;
        bool follow = strcmp(word, "--follow") == 0, genesis = strcmp(word, "--genesis") == 0;
        bool patience = strcmp(word, "--patience") == 0;
        bool takes = listen || host || follow || genesis || patience;
        uint64_t seconds = 0;
        if (takes && value == NULL) return pp_cli_usage(name, "%s needs a value", word);
        if (listen && !parse_listen(o, value))
            return pp_cli_usage(name,
                                "--listen takes ADDRESS:PORT with an address in numbers, or "
                                "localhost, not '%s'",
                                value);
        if (host && o->http.hosts_len == HOSTS_MAX)
            return pp_cli_usage(name, "at most %d --allow-host", HOSTS_MAX);
        if (host) o->hosts[o->http.hosts_len++] = value;
        if (follow) o->follow = value;
        if (genesis && !pp_cli_hash(&o->genesis, value))
            return pp_cli_usage(name, "--genesis takes 0x and 64 hex digits, not '%s'", value);
        o->has_genesis |= genesis;
        if (patience && !pp_cli_number(&seconds, value, 1, 3600))
            return pp_cli_usage(name, "--patience takes 1 to 3600 seconds, not '%s'", value);
        if (patience) o->http.patience = (unsigned)seconds;
        if (takes)
            i++;
        else if (strcmp(word, "--quiet") == 0)
            o->quiet = true;
        else if (word[0] == '-')
            return pp_cli_usage(name, "no option '%s'", word);
        else if (o->dir != NULL)
            return pp_cli_usage(name, "one directory, please");
        else
            o->dir = word;
    }
    if (o->dir == NULL) return pp_cli_usage(name, "which directory?");
    if ((o->follow != NULL) != o->has_genesis)
        return pp_cli_usage(name, "--follow URL and --genesis HASH go together: whom to ask, and "
                                  "which network to accept");
    return PP_EXIT_YES;
}

// Until a signal says stop, or the node has stopped by itself.
static void wait_for_the_end(pp_node *node, const sigset_t *signals) {
    const struct timespec pause = {.tv_nsec = 100000000};
    while (!pp_node_is_stopping(node))
        if (sigtimedwait(signals, NULL, &pause) > 0) pp_node_stop(node);
}

// Who reaches the address could spend what keys that everybody knows hold.
static bool may_listen(pp_err *err, const pp_node *node, const char *address) {
    const pp_address *known = pp_node_demo_key(pp_node_genesis(node));
    char hex[41];
    if (known == NULL || pp_node_is_loopback(address)) return true;
    pp_hex_encode(hex, known->b, sizeof known->b);
    return pp_err_set(
        err, PP_EXIT_USAGE,
        "genesis gives money to 0x%s, whose key everybody knows: listen on 127.0.0.1, "
        "not on %s",
        hex, address);
}

static int serve(pp_node *node, const options *o, const sigset_t *signals) {
    pp_err err = {.exit_code = 0};
    pp_served *served;
    if (!may_listen(&err, node, o->address)) return pp_cli_fail(&err);
    if (!pp_serve_open(&err, &served, node, &o->http)) return pp_cli_fail(&err);
    bool ok = pp_node_start(&err, node);
    if (ok) {
        printf("http://%s%s%s:%u\n", strchr(o->address, ':') ? "[" : "", o->address,
               strchr(o->address, ':') ? "]" : "", pp_serve_port(served));
        if (pp_cli_flush() != PP_EXIT_YES) pp_node_stop(node);
        wait_for_the_end(node, signals);
        ok = pp_node_wait(&err, node);
    }
    pp_serve_close(served);
    return ok ? PP_EXIT_YES : pp_cli_fail(&err);
}

static int run(int argc, char **argv) {
    options o = {.address = "127.0.0.1", .http = {.port = PORT, .patience = PATIENCE}};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    o.http.address = o.address;
    o.http.hosts = o.hosts;
    // Every thread inherits this: signals come to the main thread alone.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files; // a connection is a descriptor
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    pp_err err;
    pp_node *node;
    pp_node_options how = {.follow = o.follow,
                           .genesis = o.genesis,
                           .dir = o.dir,
                           .client = "polypoly/" PP_VERSION,
                           .log = o.quiet ? NULL : stderr};
    if (!pp_node_open(&err, &node, &how)) return pp_cli_fail(&err);
    code = serve(node, &o, &signals);
    pp_node_close(node);
    return code;
}

const pp_cli_command pp_cmd_node = {
    "node", "keep a chain going and serve it: Ethereum's JSON-RPC, metrics, blocks",
    "usage: polypoly node DIR [--listen ADDRESS:PORT] [--allow-host NAME]... [--quiet]\n"
    "         [--patience SECONDS] [--follow URL --genesis HASH]\n"
    "\n"
    "Opens the network in DIR (polypoly node init makes one), makes a block every interval, and\n"
    "answers on one address. Ctrl-C or SIGTERM end it after the block it is making; kill -9 loses\n"
    "nothing that was acknowledged, and the same command goes on.\n"
    "\n"
    "  --listen ADDRESS:PORT  numeric; 127.0.0.1:8545 where it is not given, port 0 for any free "
    "one\n"
    "  --allow-host NAME      a name that people may use for this machine, beside localhost\n"
    "  --follow URL           take the blocks of the node at URL instead of making any, and check "
    "all\n"
    "                         of them: one that does not follow is named, and ends it with code 1\n"
    "  --genesis HASH         with --follow: the network it must be; polypoly trusts nothing else\n"
    "  --patience SECONDS     what a peer has for a request's head, and for a body or an answer\n"
    "                         beside a second for each 128 KiB (30); then it is cut off\n"
    "  --quiet                no log on stderr; else a line an event, key=value\n"
    "\n"
    "The first line on stdout is its address, once it answers. Anyone who reaches the address may\n"
    "ask; everything that changes state is signed by its sender. Say 0.0.0.0 only behind a proxy\n"
    "that you trust; a network whose genesis gives money to keys that everybody knows (those of "
    "the\n"
    "usual development phrase) is kept to this machine.\n"
    "\n"
    "examples:\n"
    "  polypoly node init data/net --allocate 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266=1000\n"
    "  polypoly node data/net\n"
    "  curl -H 'content-type: application/json' localhost:8545 \\\n"
    "       -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_blockNumber\"}'\n"
    "  curl localhost:8545/v1/status\n"
    "  polypoly node data/mine --listen 8546 --follow http://127.0.0.1:8545 --genesis 0x3b4c…\n"
    "\n"
    "Exit codes: 0 it was asked to stop; 1 the log is wrong (the block is named); 2 usage, or\n"
    "something in the environment failed.\n",
    run};

// ---- node init --------------------------------------------------------------------------------

typedef struct init_options {
    const char *dir;
    pp_node_init_options init;
    pp_genesis_account accounts[PARTIES_MAX];
    pp_genesis_prover provers[PARTIES_MAX];
    pp_genesis_allocation allocations[PARTIES_MAX];
} init_options;

static bool take_value(void *ctx, const char *word, const char *value) {
    init_options *o = ctx;
    pp_node_init_options *n = &o->init;
    pp_address address;
    pp_u128 wei;
    if (strcmp(word, "--name") == 0) {
        n->name = value;
        return strlen(value) < PP_GENESIS_NAME_MAX;
    }
    if (strcmp(word, "--chain-id") == 0)
        return pp_cli_number(&n->chain_id, value, 2, PP_ROLLUP_CHAIN_ID_MAX);
    if (strcmp(word, "--interval") == 0) return pp_cli_number(&n->interval, value, 100, 20000);
    if (strcmp(word, "--blocks") == 0)
        return pp_cli_number(&n->blocks, value, 1, (uint64_t)1 << 32);
    if (strcmp(word, "--fund") == 0) return pp_cli_ether(&n->fund, value);
    if (strcmp(word, "--check") == 0) {
        n->check = strcmp(value, "proof") == 0 ? PP_CHECK_PROOF : PP_CHECK_RE_EXECUTE;
        return n->check == PP_CHECK_PROOF || strcmp(value, "re-execute") == 0;
    }
    if (!pp_cli_party(&address, &wei, value)) return false;
    if (strcmp(word, "--account") == 0 && n->accounts_len < PARTIES_MAX)
        o->accounts[n->accounts_len++] = (pp_genesis_account){address, wei};
    else if (strcmp(word, "--prover") == 0 && n->provers_len < PARTIES_MAX)
        o->provers[n->provers_len++] =
            (pp_genesis_prover){.address = address, .stake = wei, .slots = 4};
    else if (strcmp(word, "--allocate") == 0 && n->allocations_len < PARTIES_MAX)
        o->allocations[n->allocations_len++] =
            (pp_genesis_allocation){address, {0, pp_u256_from_u128(wei)}};
    else
        return false;
    return true;
}

static int parse_init(init_options *o, int argc, char **argv) {
    static const char name[] = "node init";
    static const char *const with_value[] = {"--name",    "--chain-id", "--interval",
                                             "--blocks",  "--fund",     "--check",
                                             "--account", "--prover",   "--allocate"};
    return pp_cli_read_values(name, with_value, PP_COUNT(with_value), take_value, o, &o->dir, argc,
                              argv);
}

static int init(int argc, char **argv) {
    static init_options o;
    o.init = (pp_node_init_options){.name = "local",
                                    .chain_id = 412346,
                                    .blocks = BLOCKS_DEFAULT,
                                    .interval = 1000,
                                    .command_fee = PP_GENESIS_COMMAND_FEE,
                                    .check = PP_CHECK_PROOF,
                                    .accounts = o.accounts,
                                    .provers = o.provers,
                                    .allocations = o.allocations,
                                    .fund = (pp_u128)1000000000000000000};
    int code = parse_init(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    if (!pp_node_init(&err, o.dir, &o.init)) return pp_cli_fail(&err);
    printf("%s/genesis.json: network '%s', one open lane with chain id %" PRIu64 "\n"
           "%s/beacon: its draws for %" PRIu64 " blocks; keep it secret\n"
           "%s/signer.key: signs its blocks; keep it secret\n",
           o.dir, o.init.name, o.init.chain_id, o.dir, o.init.blocks, o.dir);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_node_init = {
    "node init", "make a new network in a directory",
    "usage: polypoly node init DIR [--name NAME] [--chain-id N] [--interval MS] [--blocks N]\n"
    "         [--fund ETHER] [--check proof|re-execute] [--account 0xADDRESS=ETHER]...\n"
    "         [--prover 0xADDRESS=ETHER]... [--allocate 0xADDRESS=ETHER]...\n"
    "\n"
    "Writes DIR/genesis.json, which you may edit until polypoly node DIR has begun, DIR/beacon "
    "and\n"
    "DIR/signer.key, both secret.\n"
    "The network has one lane, open to everybody's transactions.\n"
    "\n"
    "  --account   somebody's free balance on the chain: for bonds, stakes, funds\n"
    "  --prover    somebody's stake, in a prover of four slots\n"
    "  --allocate  somebody's balance inside the rollup: what wallets see\n"
    "  --fund      what the rollup has for proofs (1)\n"
    "  --check     what the chain accepts for a batch (proof); re-execute proves nothing\n"
    "  --blocks    how many blocks its beacon lasts for (4194304: 48 days of a block a second)\n"
    "\n"
    "example: polypoly node init data/net --allocate "
    "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266=1000\n"
    "\n"
    "Exit codes: 0 made; 2 usage, or DIR has a network already, or cannot be written.\n",
    init};
