// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly up: a whole network on this machine, each part a process of its own.
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fcntl.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "cli/words.h"
#include "codec/wallet.h"
#include "host/clock.h"
#include "host/remote.h"
#include "node/init.h"
#include "prover/config.h"
#include "sign/keys.h"

enum {
    PROVERS_MAX = 16,
    PORT = 8545,
    CHAIN_ID = 412346,
    BATCH_TRANSACTIONS = 8,
    BATCH_BLOCKS = 10,
    WINDOW = 6000,        // ms to bid, and to open bids
    WORK_WINDOW = 180000, // ms to prove: four times what a batch takes on two loaded cores
    RATE_MIN = 1000000,
    WALLET_SECONDS = 5, // between two transfers of the demo wallet
};
#define ETHER ((pp_u128)1000000000000000000)

static const char name[] = "up";

typedef struct child {
    char what[32], log[4096 + 64];
    pid_t pid; // 0: does not run
} child;

typedef struct up {
    const char *dir;
    size_t provers;
    uint16_t port;
    bool once, wallet, re_execute;
    char program[4096];
    uint8_t wallet_key[32], prover_keys[PROVERS_MAX][32];
    pp_address wallet_address;
    pp_hash32 genesis;
    char url[64];
    child node, prover[PROVERS_MAX];
    pp_remote *remote;
    uint64_t nonce;
    bool has_nonce, waits;
} up;

static volatile sig_atomic_t interrupted;
static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

// ---- keys and genesis ---------------------------------------------------------------------------

static bool make_folder(pp_err *err, const char *path) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return true;
    return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot make this directory: %s", path,
                      strerror(errno));
}

// DIR/keys/WHO.key: drawn once.
static bool key_of(pp_err *err, uint8_t key[32], const up *u, const char *who) {
    char path[4096 + 64], text[66];
    uint8_t *data;
    size_t size;
    pp_address address;
    snprintf(path, sizeof path, "%.4000s/keys/%s.key", u->dir, who);
    if (access(path, F_OK) != 0) {
        if (!pp_sign_key_draw(err, key)) return false;
        pp_hex_encode(text, key, 32);
        text[64] = '\n';
        return pp_file_write(err, path, text, 65, 0600);
    }
    if (!pp_file_read(err, &data, &size, path, 128)) return false;
    bool ok = size == 65 && data[64] == '\n';
    if (ok) data[64] = 0;
    ok = ok && pp_hex_decode(key, 32, (char *)data) && pp_sign_address(&address, key);
    explicit_bzero(data, size);
    free(data);
    return ok || pp_err_set(err, PP_EXIT_USAGE, "%s: not a key that polypoly up has made", path);
}

static bool make_keys(pp_err *err, up *u) {
    char path[4096 + 64], who[32];
    snprintf(path, sizeof path, "%.4000s/keys", u->dir);
    if (!make_folder(err, u->dir) || !make_folder(err, path) ||
        !key_of(err, u->wallet_key, u, "wallet") ||
        !pp_sign_address(&u->wallet_address, u->wallet_key))
        return false;
    for (size_t i = 0; i < u->provers; i++) {
        snprintf(who, sizeof who, "prover%zu", i + 1);
        if (!key_of(err, u->prover_keys[i], u, who)) return false;
    }
    return true;
}

static bool make_network(pp_err *err, up *u) {
    char path[4096 + 64];
    pp_genesis_account accounts[PROVERS_MAX];
    pp_genesis_prover provers[PROVERS_MAX];
    pp_genesis_allocation purse = {u->wallet_address, {0, pp_u256_from_u128(1000 * ETHER)}};
    snprintf(path, sizeof path, "%.4000s/net/genesis.json", u->dir);
    if (access(path, F_OK) == 0) return true;
    for (size_t i = 0; i < u->provers; i++) {
        pp_address address;
        if (!pp_sign_address(&address, u->prover_keys[i])) PP_ASSERT(false);
        accounts[i] = (pp_genesis_account){address, ETHER};
        provers[i] = (pp_genesis_prover){.address = address, .stake = 10 * ETHER, .slots = 2};
    }
    pp_node_init_options o = {.name = "up",
                              .chain_id = CHAIN_ID,
                              .blocks = 1 << 22,
                              .interval = 1000,
                              .check = u->re_execute ? PP_CHECK_RE_EXECUTE : PP_CHECK_PROOF,
                              .accounts = accounts,
                              .accounts_len = u->provers,
                              .provers = provers,
                              .provers_len = u->provers,
                              .allocations = &purse,
                              .allocations_len = 1,
                              .fund = ETHER,
                              .batch_transactions = BATCH_TRANSACTIONS,
                              .batch_blocks = BATCH_BLOCKS,
                              .window = WINDOW,
                              .work_window = WORK_WINDOW,
                              .rate_min = RATE_MIN};
    snprintf(path, sizeof path, "%.4000s/net", u->dir);
    return pp_node_init(err, path, &o);
}

// ---- processes ----------------------------------------------------------------------------------

// Starts the program with these words; its stderr goes to DIR/WHAT.log. stdout comes back where
// out is not NULL.
static bool spawn(pp_err *err, up *u, child *c, int nice_by, int *out, char *const argv[]) {
    int ends[2] = {-1, -1};
    snprintf(c->log, sizeof c->log, "%.4000s/%s.log", u->dir, c->what);
    int log = open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0 || (out != NULL && pipe2(ends, O_CLOEXEC) != 0)) {
        if (log >= 0) close(log);
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot write: %s", c->log, strerror(errno));
    }
    pid_t parent = getpid();
    c->pid = fork();
    if (c->pid == 0) {
        // It must not outlive us, however we end.
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        if (getppid() != parent) _exit(127);
        // Ctrl-C comes to all of the terminal's group: the children are told by us, in order.
        setpgid(0, 0);
        dup2(log, STDERR_FILENO);
        dup2(out != NULL ? ends[1] : log, STDOUT_FILENO);
        if (nice_by != 0 && nice(nice_by) == -1) errno = 0;
        execv(u->program, argv);
        _exit(127);
    }
    close(log);
    if (out != NULL) {
        close(ends[1]);
        *out = ends[0];
    }
    if (c->pid > 0) return true;
    c->pid = 0;
    if (out != NULL) close(*out);
    return pp_err_set(err, PP_EXIT_USAGE, "cannot start a process: %s", strerror(errno));
}

// The first line that the node says once it answers is its address.
static bool start_node(pp_err *err, up *u) {
    char folder[4096 + 64], listen[32];
    int out = -1;
    snprintf(folder, sizeof folder, "%.4000s/net", u->dir);
    snprintf(listen, sizeof listen, "127.0.0.1:%u", u->port);
    snprintf(u->node.what, sizeof u->node.what, "node");
    char *const argv[] = {u->program, "node", folder, "--listen", listen, NULL};
    if (!spawn(err, u, &u->node, 0, &out, argv)) return false;
    size_t size = 0;
    while (size < sizeof u->url - 1 && read(out, u->url + size, 1) == 1 && u->url[size] != '\n')
        size++;
    close(out);
    u->url[size] = 0;
    if (strncmp(u->url, "http://", 7) == 0) return true;
    return pp_err_set(err, PP_EXIT_USAGE, "the node did not start; %s says why", u->node.log);
}

static bool ask_genesis(pp_err *err, up *u) {
    char *text;
    if (!pp_remote_get(err, &text, u->remote, "/v1/status")) return false;
    json_t *status = json_loads(text, 0, NULL);
    const char *hash = json_string_value(json_object_get(status, "genesis"));
    bool ok = hash != NULL && pp_cli_parse_hash(&u->genesis, hash);
    json_decref(status);
    free(text);
    return ok || pp_err_set(err, PP_EXIT_USAGE, "%s: its status has no genesis", u->url);
}

static bool start_prover(pp_err *err, up *u, size_t i) {
    child *c = &u->prover[i];
    char folder[4096 + 64], path[4096 + 96];
    snprintf(c->what, sizeof c->what, "prover%zu", i + 1);
    snprintf(folder, sizeof folder, "%.4000s/%s", u->dir, c->what);
    snprintf(path, sizeof path, "%s/prover.json", folder);
    pp_prover_config config;
    if (access(path, F_OK) != 0) {
        if (!make_folder(err, folder) || !pp_prover_config_draw(err, &config)) return false;
        snprintf(config.node, sizeof config.node, "%s", u->url);
        config.genesis = u->genesis;
        memcpy(config.secret.key, u->prover_keys[i], 32);
        config.secret.wei_per_second = 5000000000 + 500000000 * i; // operators differ
        config.secret.ps_per_work = 0;
        config.stake = 0; // it has one from genesis
        config.slots = 2;
        config.threads = 0;
        config.memory = 0;
        if (!pp_prover_config_store(err, &config, folder)) return false;
    } else { // the node's port may be another one now
        if (!pp_prover_config_load(err, &config, folder)) return false;
        snprintf(config.node, sizeof config.node, "%s", u->url);
        if (!pp_prover_config_store(err, &config, folder)) return false;
    }
    char *const argv[] = {u->program, "prover", folder, NULL};
    return spawn(err, u, c, 10, NULL, argv);
}

static void stop_child(child *c) {
    if (c->pid == 0) return;
    kill(c->pid, SIGTERM);
    for (int i = 0; i < 100; i++) {
        if (waitpid(c->pid, NULL, WNOHANG) == c->pid) {
            c->pid = 0;
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    kill(c->pid, SIGKILL); // what it had acknowledged is on disk
    waitpid(c->pid, NULL, 0);
    c->pid = 0;
}

// Whether it has ended by itself; said once.
static bool has_ended(child *c) {
    int status;
    if (c->pid == 0 || waitpid(c->pid, &status, WNOHANG) != c->pid) return false;
    c->pid = 0;
    if (WIFSIGNALED(status))
        printf("%s was killed by signal %d\n", c->what, WTERMSIG(status));
    else
        printf("%s has ended with code %d; %s says why\n", c->what, WEXITSTATUS(status), c->log);
    return true;
}

// ---- the demo wallet
// ------------------------------------------------------------------------------

static bool rpc_number(pp_err *err, uint64_t *out, up *u, const char *method, const char *params) {
    char *result;
    if (!pp_remote_call(err, &result, u->remote, method, params)) return false;
    *out = strtoull(result + 1, NULL, 16); // "0x…" in quotes
    free(result);
    return true;
}

static bool send_transfer(pp_err *err, up *u) {
    char params[2 * PP_TRANSFER_SIZE_MAX + 64], hex[41], *result;
    pp_hex_encode(hex, u->wallet_address.b, 20);
    snprintf(params, sizeof params, "[\"0x%s\",\"pending\"]", hex);
    if (!u->has_nonce && !rpc_number(err, &u->nonce, u, "eth_getTransactionCount", params))
        return false;
    pp_transfer t = {.chain_id = CHAIN_ID,
                     .nonce = u->nonce,
                     .tip_cap = 1000000000,
                     .fee_cap = 10000000000,
                     .gas_limit = 21000,
                     .value = pp_u256_from_u64(1000000000000000)};
    memset(t.to.b, 0xd0, sizeof t.to.b);
    uint8_t raw[PP_TRANSFER_SIZE_MAX];
    char digits[2 * PP_TRANSFER_SIZE_MAX + 1];
    pp_hex_encode(digits, raw, pp_transfer_sign(raw, &t, u->wallet_key));
    snprintf(params, sizeof params, "[\"0x%s\"]", digits);
    u->has_nonce = false; // asked anew when this one is not taken
    if (!pp_remote_call(err, &result, u->remote, "eth_sendRawTransaction", params)) return false;
    free(result);
    u->nonce++;
    u->has_nonce = true;
    return true;
}

// ---- watching
// -------------------------------------------------------------------------------------

typedef struct seen {
    uint64_t batches, checked, transactions;
} seen;

static uint64_t number_at(const json_t *object, const char *member) {
    return (uint64_t)json_integer_value(json_object_get(object, member));
}

static bool look(pp_err *err, up *u, seen *s, uint64_t begin) {
    char *text, took[PP_CLI_TEXT];
    if (!pp_remote_get(err, &text, u->remote, "/v1/status")) return false;
    json_t *status = json_loads(text, 0, NULL);
    free(text);
    const json_t *lane = json_array_get(json_object_get(status, "lanes"), 0);
    const char *check = json_string_value(json_object_get(status, "check"));
    seen now = {number_at(lane, "batches"), number_at(lane, "checked"),
                number_at(lane, "transactions")};
    pp_cli_time(took, pp_clock_ns() - begin);
    for (uint64_t b = s->batches; b < now.batches; b++)
        printf("%8s  block %" PRIu64 ": batch %" PRIu64 " is cut and offered; %" PRIu64
               " transactions so far\n",
               took, number_at(status, "height"), b, now.transactions);
    for (uint64_t b = s->checked; b < now.checked; b++)
        printf("%8s  block %" PRIu64 ": batch %" PRIu64
               " is %s and paid, root %.18s…; block %" PRIu64 " is final\n",
               took, number_at(status, "height"), b, check ? check : "?",
               json_string_value(json_object_get(lane, "checked_root")),
               number_at(status, "finalized"));
    fflush(stdout);
    *s = now;
    json_decref(status);
    return true;
}

// Until Ctrl-C; with --once until a batch is proven.
static bool watch(pp_err *err, up *u, uint64_t begin) {
    seen s = {0};
    if (!look(err, u, &s, begin)) return false;
    uint64_t first = s.checked, next_transfer = 0;
    while (!interrupted) {
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
        if (has_ended(&u->node))
            return pp_err_set(err, PP_EXIT_USAGE, "the node has ended; %s says why", u->node.log);
        for (size_t i = 0; i < u->provers; i++) has_ended(&u->prover[i]);
        if (interrupted) break;
        if (!look(err, u, &s, begin)) return interrupted != 0;
        if (u->once && s.checked > first) return true;
        if (!u->wallet || pp_clock_ns() < next_transfer) continue;
        next_transfer = pp_clock_ns() + (uint64_t)WALLET_SECONDS * 1000000000;
        pp_err why;
        bool sent = send_transfer(&why, u);
        if (!sent && !u->waits && !interrupted) printf("the wallet waits: %s\n", why.text);
        u->waits = !sent;
    }
    return !u->once || interrupted == 0 ||
           pp_err_set(err, PP_EXIT_NO, "stopped before a batch was proven");
}

static bool run_all(pp_err *err, up *u, uint64_t begin) {
    char hex[41];
    if (!make_keys(err, u) || !make_network(err, u) || !start_node(err, u) ||
        !pp_remote_open(err, &u->remote, u->url, NULL, NULL) || !ask_genesis(err, u))
        return false;
    printf("node      %s, chain id %d, network ", u->url, CHAIN_ID);
    pp_hex_encode(hex, u->genesis.b, 20);
    printf("0x%.16s…; log %s\n", hex, u->node.log);
    for (size_t i = 0; i < u->provers; i++) {
        pp_address address;
        if (!start_prover(err, u, i)) return false;
        if (!pp_sign_address(&address, u->prover_keys[i])) PP_ASSERT(false);
        pp_hex_encode(hex, address.b, 20);
        printf("prover %zu  0x%s, process %ld; log %s\n", i + 1, hex, (long)u->prover[i].pid,
               u->prover[i].log);
    }
    pp_hex_encode(hex, u->wallet_address.b, 20);
    printf("wallet    0x%s, 1000 ETH%s; key %s/keys/wallet.key\n", hex,
           u->wallet ? ", sends a transfer every five seconds" : "", u->dir);
    printf("%s\n\n", u->once ? "ends when a batch is proven"
                             : "Ctrl-C ends all of it; the same command goes on");
    fflush(stdout);
    return watch(err, u, begin);
}

static int run(int argc, char **argv) {
    static up u;
    u = (up){.dir = "data/up", .provers = 3, .port = PORT, .wallet = true};
    bool has_dir = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        uint64_t n = 0;
        if (strcmp(word, "--provers") == 0 || strcmp(word, "--port") == 0) {
            bool provers = word[3] == 'r';
            if (value == NULL) return pp_cli_usage(name, "%s needs a value", word);
            if (!pp_cli_number(&n, value, provers ? 1 : 0, provers ? PROVERS_MAX : 65535))
                return pp_cli_usage(name, "%s does not take '%s'", word, value);
            if (provers)
                u.provers = (size_t)n;
            else
                u.port = (uint16_t)n;
            i++;
        } else if (strcmp(word, "--once") == 0) {
            u.once = true;
        } else if (strcmp(word, "--no-wallet") == 0) {
            u.wallet = false;
        } else if (strcmp(word, "--re-execute") == 0) {
            u.re_execute = true;
        } else if (word[0] == '-') {
            return pp_cli_usage(name, "no option '%s'", word);
        } else if (has_dir) {
            return pp_cli_usage(name, "one directory, please");
        } else {
            u.dir = word;
            has_dir = true;
        }
    }
    if (strlen(u.dir) > 3900) return pp_cli_usage(name, "the directory's path is too long");
    ssize_t len = readlink("/proc/self/exe", u.program, sizeof u.program - 1);
    if (len <= 0) return pp_cli_usage(name, "cannot find this program's own file");
    u.program[len] = 0;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    pp_err err = {.exit_code = 0};
    bool ok = run_all(&err, &u, pp_clock_ns());
    for (size_t i = 0; i < u.provers; i++) stop_child(&u.prover[i]);
    stop_child(&u.node);
    pp_remote_close(u.remote);
    return ok ? pp_cli_flush() : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_up = {
    "up", "a whole network on this machine: a node, provers, a wallet",
    "usage: polypoly up [DIR] [--provers N] [--port N] [--once] [--no-wallet] [--re-execute]\n"
    "\n"
    "Starts a node and provers as processes of their own, with keys and stakes of their own, "
    "below\n"
    "DIR (data/up); where DIR has a network, that one goes on. A demo wallet sends transfers; they "
    "are\n"
    "ordered, cut into batches, auctioned, proven, verified and paid. Kill any prover: the rollup\n"
    "goes on, and its stake pays. Wallets connect to the address that is printed.\n"
    "\n"
    "  --provers N    1 to 16 (3), for a new network\n"
    "  --port N       of the node (8545), on 127.0.0.1; 0: any free one\n"
    "  --once         end with code 0 once a batch is proven\n"
    "  --no-wallet    send nothing\n"
    "  --re-execute   a new network whose check runs batches again instead of demanding proofs\n"
    "\n"
    "examples:\n"
    "  polypoly up\n"
    "  polypoly up /tmp/net --provers 2 --once\n"
    "\n"
    "Exit codes: 0 it was asked to stop, or --once has seen its batch; 1 --once was stopped "
    "before; 2\n"
    "usage, or something in the environment failed.\n",
    run};
