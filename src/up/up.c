// SPDX-License-Identifier: MIT OR Apache-2.0
#include "up/up.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "codec/address.h"
#include "host/answer.h"
#include "sign/keys.h"
#include "up/begin.h"
#include "up/demo.h"
#include "up/place.h"
#include "up/tell.h"

enum {
    TRANSFER_SECONDS = 5, // between two transfers of the demo wallets
    BEHIND_MAX = 3,       // batches without a proof: then the demo wallets wait
    LANES_MAX = 2,
    CHILD_NICE = 10,     // provers let the node and people go first
    READY_SECONDS = 120, // then what there is to order no longer waits for the provers
};

// What was printed of a lane already.
typedef struct seen {
    uint64_t batches, checked;
} seen;

typedef struct up {
    const pp_up_options *o;
    const volatile sig_atomic_t *stop;
    pp_up_parties parties;
    pp_up_child node, feed;
    pthread_mutex_t lock; // of what the demo's thread sees: the two below
    pp_up_child prover[PP_UP_PROVERS_MAX];
    bool start[PP_UP_PROVERS_MAX]; // somebody wants it back
    pp_up_demo *demo;
    char url[64];
    pp_hash32 genesis;
    pp_remote *remote;
    uint64_t begin, started; // ns; the second: when all processes ran
    seen lanes[LANES_MAX];
    uint64_t proven, first;        // batches of all lanes; when it began to look
    uint64_t height, missed;       // last seen; so many missed deadlines were told
    bool looked, said_none, waits; // said already
    bool ready;                    // every prover follows the chain
    size_t sent;                   // transfers
    uint64_t next_transfer;
} up;

static bool stopped(const up *u) {
    return *u->stop != 0;
}

// ---- the processes ----------------------------------------------------------------------------

// Whether a port of 127.0.0.1 is free now.
static bool is_free(uint16_t port) {
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool ok = bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
    close(fd);
    return ok;
}

// The first line that the node says once it answers is its address.
static bool start_node(pp_err *err, up *u) {
    char folder[PP_UP_PATH], listen[32];
    int out = -1;
    uint16_t port = u->o->port;
    if (port != 0 && !u->o->port_fixed && !is_free(port)) {
        printf("port %u is taken; another one\n", port);
        port = 0;
    }
    snprintf(folder, sizeof folder, "%.4000s/net", u->o->dir);
    snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
    char *const argv[] = {
        (char *)(uintptr_t)u->o->program, "node", folder, "--listen", listen, NULL};
    if (!pp_up_wait_free(err, folder) ||
        !pp_up_child_start(err, &u->node, u->o->dir, "node", 0, &out, argv))
        return false;
    size_t size = 0;
    while (size < sizeof u->url - 1 && pp_up_child_read(out, u->url + size, 1, u->stop) == 1 &&
           u->url[size] != '\n')
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
    free(text);
    const char *hash = json_string_value(json_object_get(status, "genesis"));
    bool ok = hash != NULL && strlen(hash) == 66 && pp_hex_decode(u->genesis.b, 32, hash + 2);
    json_decref(status);
    return ok || pp_err_set(err, PP_EXIT_USAGE, "%s: its status has no genesis", u->url);
}

static bool start_prover(pp_err *err, up *u, size_t i) {
    char folder[PP_UP_PATH], what[32];
    if (!pp_up_prover_folder(err, folder, &u->parties, u->o, i, u->url, &u->genesis) ||
        !pp_up_wait_free(err, folder))
        return false;
    snprintf(what, sizeof what, "prover%zu", i + 1);
    char *const argv[] = {(char *)(uintptr_t)u->o->program, "prover", folder, NULL};
    pthread_mutex_lock(&u->lock);
    bool ok = pp_up_child_start(err, &u->prover[i], u->o->dir, what, CHILD_NICE, NULL, argv);
    pthread_mutex_unlock(&u->lock);
    return ok;
}

static bool start_feed(pp_err *err, up *u) {
    char key[PP_UP_PATH];
    snprintf(key, sizeof key, "%.4000s/keys/sequencer.key", u->o->dir);
    char *const argv[] = {(char *)(uintptr_t)u->o->program,
                          "rollup",
                          "feed",
                          (char *)(uintptr_t)u->o->replay,
                          "--key-file",
                          key,
                          "--node",
                          u->url,
                          NULL};
    return pp_up_child_start(err, &u->feed, u->o->dir, "feed", 0, NULL, argv);
}

// Nothing is ordered before those who are to bid for it listen: the first batch's auction is over
// soon, and where nobody has bid its price climbs slowly.
static bool make_ready(pp_err *err, up *u) {
    double took = (double)(pp_clock_ns() - u->begin) / 1e9;
    if (u->ready) return true;
    if (u->started == 0) u->started = pp_clock_ns();
    bool all = true;
    for (size_t i = 0; i < u->parties.provers; i++)
        all &= u->prover[i].pid == 0 || pp_up_prover_acts(u->o->dir, i + 1, u->prover[i].pid);
    if (!all && pp_clock_ns() - u->started < (uint64_t)READY_SECONDS * 1000000000) return true;
    u->ready = true;
    if (u->parties.provers > 0)
        printf("%6.1f s  %s\n", took,
               all ? "the provers follow the chain" : "not every prover follows the chain yet");
    return !u->parties.replays || start_feed(err, u);
}

static size_t provers_running(const up *u) {
    size_t n = 0;
    for (size_t i = 0; i < u->parties.provers; i++) n += u->prover[i].pid != 0;
    return n;
}

// Who has ended is said once; who is wanted back is started.
static bool tend(pp_err *err, up *u) {
    char why[PP_UP_PATH + 96];
    if (pp_up_child_ended(&u->node, why, sizeof why))
        return pp_err_set(err, PP_EXIT_USAGE, "%s", why);
    if (pp_up_child_ended(&u->feed, why, sizeof why) && !stopped(u)) {
        if (u->feed.code == 0)
            printf("replay    all %zu transactions are ordered\n",
                   u->parties.file.transactions_len);
        else
            printf("%s\n", why);
    }
    for (size_t i = 0; i < u->parties.provers; i++) {
        pthread_mutex_lock(&u->lock);
        bool ended = pp_up_child_ended(&u->prover[i], why, sizeof why);
        bool start = u->start[i] && u->prover[i].pid == 0;
        if (start) u->start[i] = false;
        pthread_mutex_unlock(&u->lock);
        if (ended && !stopped(u))
            printf("%s; polypoly prover %s/prover%zu brings it back\n", why, u->o->dir, i + 1);
        if (!start) continue;
        pp_err later;
        if (start_prover(&later, u, i))
            printf("prover%zu is back, process %ld\n", i + 1, (long)u->prover[i].pid);
        else
            printf("%s\n", later.text);
    }
    return true;
}

// ---- the demo's buttons -----------------------------------------------------------------------

static char *list_provers(void *ctx) {
    up *u = ctx;
    json_t *list = json_array();
    pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < u->parties.provers; i++) {
        char name[32], hex[43] = "0x";
        snprintf(name, sizeof name, "prover%zu", i + 1);
        pp_hex_encode(hex + 2, u->parties.prover_address[i].b, 20);
        json_array_append_new(list, json_pack("{s:s,s:s,s:b}", "name", name, "address", hex,
                                              "running", u->prover[i].pid != 0));
    }
    pthread_mutex_unlock(&u->lock);
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    PP_ASSERT(text != NULL);
    return text;
}

static bool move_prover(void *ctx, unsigned prover, bool start) {
    up *u = ctx;
    if (prover > u->parties.provers) return false;
    pthread_mutex_lock(&u->lock);
    pid_t pid = u->prover[prover - 1].pid;
    bool ok = start ? pid == 0 : pid != 0 && kill(pid, SIGKILL) == 0;
    u->start[prover - 1] = ok && start;
    pthread_mutex_unlock(&u->lock);
    return ok;
}

static bool open_demo(pp_err *err, up *u) {
    const char *colon = strrchr(u->url, ':');
    pp_up_demo_actions actions = {u, list_provers, move_prover};
    if (!u->o->demo) return true;
    uint16_t port = (uint16_t)strtoul(colon + 1, NULL, 10);
    if (!pp_up_demo_open(err, &u->demo, port, &actions)) return false;
    printf("demo      %s/#demo=%u.%s\n", u->url, pp_up_demo_port(u->demo),
           pp_up_demo_token(u->demo));
    return true;
}

// ---- watching ---------------------------------------------------------------------------------

static void look_at_lane(up *u, uint64_t id, const json_t *status, const json_t *lane) {
    seen *s = &u->lanes[id];
    uint64_t height = pp_answer_number(status, "height"),
             batches = pp_answer_number(lane, "batches");
    uint64_t checked = pp_answer_number(lane, "checked");
    double took = (double)(pp_clock_ns() - u->begin) / 1e9;
    const char *name = pp_answer_text(lane, "name"), *check = pp_answer_text(status, "check");
    for (uint64_t b = s->batches; u->looked && b < batches; b++)
        printf("%6.1f s  block %" PRIu64 ": lane %s: batch %" PRIu64 " is cut and offered; %" PRIu64
               " transactions so far\n",
               took, height, name, b, pp_answer_number(lane, "transactions"));
    for (uint64_t b = s->checked; u->looked && b < checked; b++) {
        char how[PP_UP_TOLD];
        pp_up_tell_proven(how, u->remote, &u->parties, id, b);
        printf("%6.1f s  block %" PRIu64 ": lane %s: batch %" PRIu64 " is %s%s%s\n", took, height,
               name, b, check,
               u->proven == u->first && b == s->checked ? ": the first from here on" : "", how);
    }
    s->batches = batches;
    s->checked = checked;
}

static bool look(pp_err *err, up *u) {
    char *text;
    if (!pp_remote_get(err, &text, u->remote, "/v1/status")) return false;
    json_t *status = json_loads(text, 0, NULL), *lanes = json_object_get(status, "lanes");
    free(text);
    uint64_t proven = 0;
    for (size_t i = 0; i < LANES_MAX && i < json_array_size(lanes); i++) {
        look_at_lane(u, i, status, json_array_get(lanes, i));
        proven += u->lanes[i].checked;
    }
    uint64_t height = pp_answer_number(status, "height");
    if (height != u->height)
        pp_up_tell_missed(&u->missed, u->remote, &u->parties,
                          (double)(pp_clock_ns() - u->begin) / 1e9, !u->looked);
    u->height = height;
    fflush(stdout);
    json_decref(status);
    if (!u->looked) u->first = proven;
    u->looked = true;
    u->proven = proven;
    return true;
}

// At once as many as one batch holds, then one now and then.
static void send_transfers(up *u) {
    if (!u->o->wallets || !u->ready || pp_clock_ns() < u->next_transfer) return;
    if (u->lanes[0].batches - u->lanes[0].checked > BEHIND_MAX) return;
    pp_err why;
    bool sent = true;
    while (sent && !stopped(u)) {
        sent = pp_up_wallet_send(&why, &u->parties.wallet[u->sent % PP_UP_WALLETS], u->remote,
                                 PP_UP_CHAIN_ID);
        u->sent += sent;
        if (u->sent % PP_UP_BATCH == 0 || u->sent > PP_UP_BATCH) break;
    }
    u->next_transfer = pp_clock_ns() + (uint64_t)TRANSFER_SECONDS * 1000000000;
    if (!sent && !u->waits && !stopped(u)) printf("the demo wallets wait: %s\n", why.text);
    u->waits = !sent;
}

// Nobody will prove anything: said once, and with --once the end.
static bool nobody_proves(pp_err *err, up *u) {
    if (provers_running(u) > 0) {
        u->said_none = false;
        return false;
    }
    static const char what[] =
        "no prover is running: batches are ordered, cut and offered, and nobody proves them; "
        "polypoly prover DIR/prover1 brings one back, polypoly prover init makes one";
    if (!u->said_none && !u->o->once) printf("%s\n", what);
    u->said_none = true;
    return u->o->once && !pp_err_set(err, PP_EXIT_NO, "%s", what);
}

static bool done(const up *u) {
    return u->o->once && u->looked && u->proven > u->first;
}

// Until it is stopped; with --once until a batch is proven. mine: the processes are ours.
static bool watch(pp_err *err, up *u, bool mine) {
    while (!stopped(u) && !done(u)) {
        if (mine && !tend(err, u)) return false;
        if (mine && nobody_proves(err, u)) return false;
        if (stopped(u)) break;
        if (mine && !make_ready(err, u)) return false;
        if (!look(err, u)) return stopped(u) && !u->o->once;
        if (mine) send_transfers(u);
        if (!done(u)) nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    }
    if (!u->o->once) return true;
    if (!done(u)) return false; // it was stopped: pp_up_run says so
    printf("\n");
    return pp_up_status(err, u->o->dir, u->url, false);
}

// ---- all of it --------------------------------------------------------------------------------

static void print_parties(const up *u) {
    char text[PP_ADDRESS_TEXT];
    for (size_t i = 0; i < u->parties.provers; i++) {
        pp_address_text(text, &u->parties.prover_address[i]);
        printf("prover %zu  %s, process %ld; log %s\n", i + 1, text, (long)u->prover[i].pid,
               u->prover[i].log);
    }
    printf("wallet    %s; key %s/keys/wallet.key\n",
           pp_address_text(text, &u->parties.person_address), u->o->dir);
    if (u->o->wallets)
        printf("demo      %d wallets send %d transfers at once, then one every %d seconds\n",
               PP_UP_WALLETS, PP_UP_BATCH, TRANSFER_SECONDS);
    if (u->parties.replays)
        printf("replay    %zu transactions of %s into lane replay, closed to wallets\n",
               u->parties.file.transactions_len, u->o->replay);
    printf("polypoly status %s tells how it stands; polypoly down %s ends it\n", u->o->dir,
           u->o->dir);
    printf("%s\n\n", u->o->once ? "ends when a batch is proven"
                                : "Ctrl-C ends all of it; the same command goes on");
    fflush(stdout);
}

static bool bring_up(pp_err *err, up *u) {
    char hex[41];
    if (!pp_up_begin(err, &u->parties, u->o, u->stop) || stopped(u) || !start_node(err, u) ||
        !pp_remote_open(err, &u->remote, u->url, NULL, NULL) || !ask_genesis(err, u) ||
        !pp_up_note_url(err, u->o->dir, u->url))
        return false;
    pp_hex_encode(hex, u->genesis.b, 20);
    printf("node      %s, chain id %d, network 0x%.16s…; log %s\n", u->url, PP_UP_CHAIN_ID, hex,
           u->node.log);
    for (size_t i = 0; i < u->parties.provers; i++)
        if (!start_prover(err, u, i)) return false;
    if (!open_demo(err, u)) return false;
    print_parties(u);
    return watch(err, u, true);
}

// Somebody else has it up: looked at, and left as it is.
static bool join(pp_err *err, up *u, pid_t holder) {
    if (!pp_up_read_url(err, u->url, sizeof u->url, u->o->dir) ||
        !pp_remote_open(err, &u->remote, u->url, NULL, NULL))
        return false;
    printf("%s is up already, by process %ld: %s\n%s\n\n", u->o->dir, (long)holder, u->url,
           u->o->once ? "ends when a batch is proven"
                      : "Ctrl-C ends only this view; polypoly down ends all of it");
    if (!pp_up_status(err, u->o->dir, u->url, false)) return false;
    printf("\n");
    fflush(stdout);
    return watch(err, u, false);
}

bool pp_up_run(pp_err *err, const pp_up_options *o, const volatile sig_atomic_t *stop) {
    static up u;
    u = (up){.o = o, .stop = stop, .begin = pp_clock_ns()};
    pid_t holder;
    if (!pp_up_lock(err, &holder, o->dir)) return false;
    pthread_mutex_init(&u.lock, NULL);
    bool ok = holder ? join(err, &u, holder) : bring_up(err, &u);
    if (!ok && stopped(&u)) pp_err_set(err, PP_EXIT_NO, "stopped before a batch was proven");
    pp_up_demo_close(u.demo);
    for (size_t i = 0; i < PP_UP_PROVERS_MAX; i++) pp_up_child_stop(&u.prover[i]);
    pp_up_child_stop(&u.feed);
    pp_up_child_stop(&u.node);
    pp_remote_close(u.remote);
    pp_up_parties_free(&u.parties);
    return ok;
}
