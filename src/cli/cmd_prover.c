// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly prover: one seller of proofs, as a process of its own.
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/folder.h"
#include "cli/cli.h"
#include "cli/words.h"
#include "codec/address.h"
#include "prover/daemon.h"
#include "sign/keys.h"

// ---- prover -----------------------------------------------------------------------------------

static atomic_bool stop;

static void on_signal(int number) {
    (void)number;
    atomic_store(&stop, true);
}

static int run(int argc, char **argv) {
    const char *dir = NULL;
    bool quiet = false;
    const pp_cli_word words[] = {{"--quiet", NULL, &quiet}};
    int code = pp_cli_read("prover", words, PP_COUNT(words), "directory", &dir, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (dir == NULL) return pp_cli_usage("prover", "which directory?");
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    pp_err err;
    pp_prover_daemon *daemon;
    if (!pp_prover_daemon_open(&err, &daemon, dir, quiet ? NULL : stderr, &stop))
        return atomic_load(&stop) ? PP_EXIT_YES : pp_cli_fail(&err);
    bool ok = pp_prover_daemon_run(&err, daemon);
    pp_prover_daemon_close(daemon);
    return ok ? PP_EXIT_YES : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_prover = {
    "prover", "sell proofs: follow a chain, bid, prove, deliver",
    "usage: polypoly prover DIR [--quiet]\n"
    "\n"
    "Follows the chain of the node that DIR/prover.json names (polypoly prover init writes it),\n"
    "executing and checking every block; registers with the stake that stands there; measures "
    "this\n"
    "machine on the first batch it sees; then bids what each batch costs it, proves what it is "
    "drawn\n"
    "for, and delivers. kill -9 at any moment: the same command goes on, with the proof too.\n"
    "\n"
    "  --quiet  no log on stderr; else a line an event, key=value\n"
    "\n"
    "example: polypoly prover data/prover1\n"
    "\n"
    "Exit codes: 0 it was asked to stop (Ctrl-C, SIGTERM); 1 the node's chain is wrong, the block "
    "is\n"
    "named; 2 usage, or something in the environment failed.\n",
    run};

// ---- prover init ------------------------------------------------------------------------------

typedef struct options {
    const char *dir, *key_file;
    pp_prover_config config;
    bool has_genesis;
} options;

static bool take_value(void *ctx, const char *word, const char *value) {
    options *o = ctx;
    pp_prover_config *c = &o->config;
    pp_u128 wei;
    uint64_t n;
    if (strcmp(word, "--node") == 0) {
        snprintf(c->node, sizeof c->node, "%s", value);
        return strlen(value) < sizeof c->node && strncmp(value, "http", 4) == 0;
    }
    if (strcmp(word, "--genesis") == 0) return o->has_genesis = pp_cli_hash(&c->genesis, value);
    if (strcmp(word, "--key-file") == 0) {
        o->key_file = value;
        return true;
    }
    if (strcmp(word, "--ask") == 0) {
        if (!pp_u128_parse(&wei, value) || wei > UINT64_MAX || wei == 0) return false;
        c->secret.wei_per_second = (uint64_t)wei;
        return true;
    }
    if (strcmp(word, "--stake") == 0) return pp_cli_ether(&c->stake, value);
    if (strcmp(word, "--memory") == 0) return pp_cli_parse_size(&c->memory, value);
    if (!pp_cli_number(&n, value, 1, 1024)) return false;
    *(strcmp(word, "--slots") == 0 ? &c->slots : &c->threads) = (uint32_t)n;
    return true;
}

static int parse(options *o, int argc, char **argv) {
    static const char name[] = "prover init";
    static const char *const with_value[] = {"--node",  "--genesis", "--key-file", "--ask",
                                             "--stake", "--memory",  "--slots",    "--threads"};
    int code = pp_cli_read_values(name, with_value, PP_COUNT(with_value), take_value, o, &o->dir,
                                  argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (o->config.node[0] == 0 || !o->has_genesis)
        return pp_cli_usage(name, "--node URL and --genesis HASH are needed: whom to follow, and "
                                  "which network to accept");
    return PP_EXIT_YES;
}

static bool write_it(pp_err *err, options *o) {
    char path[4096 + 32];
    PP_ASSERT(o->dir != NULL);
    snprintf(path, sizeof path, "%.4096s/prover.json", o->dir);
    if (access(path, F_OK) == 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: already there; nothing was changed", path);
    return pp_folder_take(err, o->dir, 0700) && pp_prover_config_draw(err, &o->config) &&
           (o->key_file == NULL || pp_cli_key(err, o->config.secret.key, o->key_file)) &&
           pp_prover_config_store(err, &o->config, o->dir);
}

static int init(int argc, char **argv) {
    options o = {.config = {.stake = (pp_u128)1000000000000000000, .slots = 2}};
    o.config.secret.wei_per_second = 5000000000;
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    if (!write_it(&err, &o)) return pp_cli_fail(&err);
    pp_address address;
    char text[PP_ADDRESS_TEXT];
    if (!pp_sign_address(&address, o.config.secret.key)) PP_ASSERT(false);
    explicit_bzero(&o, sizeof o);
    puts(pp_address_text(text, &address));
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_prover_init = {
    "prover init", "make a prover's key and settings in a directory",
    "usage: polypoly prover init DIR --node URL --genesis HASH [--key-file FILE]\n"
    "         [--ask WEI_PER_SECOND] [--stake ETHER] [--slots N] [--threads N] [--memory SIZE]\n"
    "\n"
    "Writes DIR/prover.json, mode 0600, with a new key or the one of FILE (64 hex digits), and "
    "prints\n"
    "its address. The account needs the stake, and something for bonds, as free balance on the "
    "chain.\n"
    "\n"
    "  --ask      wei for a second of this machine (5000000000): its bid is that times what a "
    "batch\n"
    "             takes here\n"
    "  --stake    what it registers with (1): a default costs of it\n"
    "  --slots    batches it may be bound to at once (2)\n"
    "  --threads  of proving; one for each core where it is not given\n"
    "  --memory   that proving may take, as 4G (about 3G)\n"
    "\n"
    "example: polypoly prover init data/prover1 --node http://127.0.0.1:8545 --genesis 0x3b4c…\n"
    "\n"
    "Exit codes: 0 made; 2 usage, or there is one already, or it cannot be written.\n",
    init};
