// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly up, status, down: a whole network on this machine.
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/words.h"
#include "up/up.h"

#define DIR_DEFAULT "data/up"

// One word that is no option: the directory. False: a second one.
static bool take_dir(const char **dir, bool *has_dir, const char *word) {
    if (*has_dir) return false;
    *dir = word;
    return *has_dir = true;
}

// ---- up ---------------------------------------------------------------------------------------

// Words without a value. False: there is no such word.
static bool take_flag(pp_up_options *o, const char *word) {
    static const char *const words[] = {"--once", "--no-wallet", "--re-execute", "--demo"};
    size_t i = 0;
    while (i < PP_COUNT(words) && strcmp(words[i], word) != 0) i++;
    if (i == 0) o->once = true;
    if (i == 1) o->wallets = false;
    if (i == 2) o->re_execute = true;
    if (i == 3) o->demo = true;
    return i < PP_COUNT(words);
}

static int parse(pp_up_options *o, int argc, char **argv) {
    static const char name[] = "up";
    bool has_dir = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool provers = strcmp(word, "--provers") == 0, port = strcmp(word, "--port") == 0;
        bool replay = strcmp(word, "--replay") == 0;
        uint64_t n = 0;
        if (provers || port || replay) {
            if (value == NULL) return pp_cli_usage(name, "%s needs a value", word);
            if (!replay && !pp_cli_number(&n, value, 0, provers ? PP_UP_PROVERS_MAX : 65535))
                return pp_cli_usage(name, "%s does not take '%s'", word, value);
            if (replay) o->replay = value;
            if (provers) o->provers = (int)n;
            if (port) o->port = (uint16_t)n;
            o->port_fixed |= port;
            i++;
        } else if (!take_flag(o, word)) {
            if (word[0] == '-') return pp_cli_usage(name, "no option '%s'", word);
            if (!take_dir(&o->dir, &has_dir, word))
                return pp_cli_usage(name, "one directory, please");
        }
    }
    if (strlen(o->dir) > 3900) return pp_cli_usage(name, "the directory's path is too long");
    if (o->once && o->provers == 0)
        return pp_cli_usage(name, "--once waits for a proven batch, and with --provers 0 nobody "
                                  "proves: say --provers 1 or more, or leave --once out and bring "
                                  "a prover of your own (polypoly prover init)");
    return PP_EXIT_YES;
}

static int run(int argc, char **argv) {
    char program[4096];
    pp_up_options o = {.dir = DIR_DEFAULT,
                       .program = program,
                       .provers = PP_UP_ANY_NUMBER,
                       .port = PP_UP_PORT,
                       .wallets = true};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0) return pp_cli_usage("up", "cannot find this program's own file");
    program[len] = 0;
    pp_cli_catch(0, true);
    signal(SIGPIPE, SIG_IGN);
    pp_err err = {.exit_code = 0};
    bool ok = pp_up_run(&err, &o, &pp_cli_interrupted);
    if (!ok && pp_cli_interrupted && !o.once) return PP_EXIT_YES;
    return ok ? pp_cli_flush() : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_up = {
    "up", "a whole network on this machine: a node, provers, wallets",
    "usage: polypoly up [DIR] [--provers N] [--port N] [--replay FILE] [--once] [--demo]\n"
    "         [--no-wallet] [--re-execute]\n"
    "\n"
    "Starts a node and provers as processes of their own, with keys and stakes of their own, "
    "below\n"
    "DIR (data/up); where DIR has a network, that one goes on, and where it is up already it is "
    "only\n"
    "watched. Demo wallets send transfers; they are ordered, cut into batches, auctioned, proven,\n"
    "verified and paid. Kill any prover: the rollup goes on, and its stake pays. Wallets connect "
    "to\n"
    "the address that is printed.\n"
    "\n"
    "  --provers N    0 to 16 (3), of a new network; they are measured at the same time\n"
    "  --port N       of the node, on 127.0.0.1 (8545, or any free one where that is taken); 0: "
    "any\n"
    "  --replay FILE  a second lane, closed to wallets, replays the transactions of a block\n"
    "                 (examples/README.md has the shape)\n"
    "  --once         end with code 0 once a batch is proven\n"
    "  --demo         buttons that stop and start provers, in the node's page\n"
    "  --no-wallet    no demo wallet sends anything\n"
    "  --re-execute   a new network whose check runs batches again instead of demanding proofs\n"
    "\n"
    "examples:\n"
    "  polypoly up\n"
    "  polypoly up data/net --replay examples/mainnet-22244135.json --once\n"
    "  polypoly status                       # in another terminal\n"
    "  kill -9 $(pgrep -f 'prover data/up/prover1')\n"
    "  polypoly down\n"
    "\n"
    "Exit codes: 0 it was asked to stop, or --once has seen its batch; 1 --once was stopped "
    "before, or\n"
    "no prover is left for it; 2 usage, or something in the environment failed.\n",
    run};

// ---- status, down -----------------------------------------------------------------------------

static int status(int argc, char **argv) {
    static const char name[] = "status";
    const char *dir = DIR_DEFAULT, *url = NULL;
    bool has_dir = false, json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (strcmp(argv[i], "--node") == 0 && i + 1 < argc)
            url = argv[++i];
        else if (argv[i][0] == '-')
            return pp_cli_usage(name, "no option '%s', or its value is missing", argv[i]);
        else if (!take_dir(&dir, &has_dir, argv[i]))
            return pp_cli_usage(name, "one directory, please");
    }
    pp_err err;
    if (!pp_up_status(&err, url && !has_dir ? NULL : dir, url, json)) return pp_cli_fail(&err);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_status = {
    "status", "how far every stage of a running network has come",
    "usage: polypoly status [DIR] [--node URL] [--json]\n"
    "\n"
    "Of what polypoly up keeps running below DIR (data/up), or of any node: the last block and "
    "its\n"
    "age, what is final, and for each lane what is ordered, cut and proven, and how far each stage "
    "is\n"
    "behind the one before it; what each prover below DIR does.\n"
    "\n"
    "examples:\n"
    "  polypoly status\n"
    "  polypoly status --node http://127.0.0.1:8545 --json | jq .lanes\n"
    "\n"
    "Exit codes: 0 told; 1 nothing is up there; 2 usage, or no node answers.\n",
    status};

static int down(int argc, char **argv) {
    const char *dir = DIR_DEFAULT;
    bool has_dir = false, was_up;
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' || !take_dir(&dir, &has_dir, argv[i]))
            return pp_cli_usage("down", "one directory, please, and no options");
    pp_err err;
    if (!pp_up_down(&err, &was_up, dir)) return pp_cli_fail(&err);
    printf(was_up ? "%s: down\n" : "%s: nothing was up there\n", dir);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_down = {
    "down", "end what polypoly up keeps running",
    "usage: polypoly down [DIR]\n"
    "\n"
    "Ends node, provers and all below DIR (data/up), and waits until they have ended. What was\n"
    "acknowledged is on disk; polypoly up goes on with it.\n"
    "\n"
    "example: polypoly down data/net\n"
    "\n"
    "Exit codes: 0 nothing runs there now; 2 usage, or it could not be ended.\n",
    down};
