// SPDX-License-Identifier: MIT OR Apache-2.0
// Load: a node and a prover as processes of their own, and so many JSON-RPC requests a second, one
// in ten of them a signed transfer. Requests fall due by the clock, whatever has become of those
// before; what one takes counts from when it was due, so that a stall is seen in all that it
// delays. A refusal for want of room (-32005) is an answer.
//
//   bench_load            20 s of 2,000 a second
//   PP_LOAD_SECONDS, PP_LOAD_RATE, PP_LOAD_PROVER=0 (no prover) in the environment change that
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "codec/wallet.h"
#include "sign/keys.h"

enum {
    CHAIN_ID = 412346,
    CONNECTIONS = 64,
    SENDERS = 64,
    READS_OF_TEN = 9,
    BATCH = 64,             // transactions: polypoly node init's
    ROOM = 1 << 16,         // bytes of an answer
    REQUESTS_MAX = 4000000, // of one run
};

typedef struct process {
    FILE *out;
    pid_t pid;
} process;

typedef struct sender {
    uint8_t key[32];
    pp_address address;
    uint64_t nonce;
    bool busy;
} sender;

typedef struct connection {
    int fd;
    bool busy;
    sender *sender; // of the transfer that is on its way
    uint64_t due;
    size_t size;
    char in[ROOM];
} connection;

static char program[4096], folder[] = "/tmp/pp-load-XXXXXX", url[64];
static uint16_t port;
static sender senders[SENDERS];
static connection connections[CONNECTIONS];
static uint64_t latencies[REQUESTS_MAX], answered, refused, failed, sent, taken;

static pid_t children[2];
static size_t children_len;

static _Noreturn void die(const char *what) {
    fprintf(stderr, "bench_load: %s: %s\n", what, strerror(errno));
    for (size_t i = 0; i < children_len; i++) kill(children[i], SIGTERM);
    exit(2);
}

// ---- processes --------------------------------------------------------------------------------

__attribute__((format(printf, 1, 2))) static void command(const char *format, ...) {
    static char words[1 << 16];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (system(words) != 0) die(words);
}

__attribute__((format(printf, 2, 3))) static void start(process *p, const char *format, ...) {
    static char words[1 << 14];
    char line[64];
    size_t at = (size_t)sprintf(words, "echo $$; exec ");
    va_list args;
    va_start(args, format);
    vsnprintf(words + at, sizeof words - at, format, args);
    va_end(args);
    p->out = popen(words, "r");
    if (p->out == NULL || fgets(line, sizeof line, p->out) == NULL) die(words);
    p->pid = (pid_t)strtol(line, NULL, 10);
    children[children_len++] = p->pid;
}

static void stop(process *p) {
    if (p->out == NULL) return;
    kill(p->pid, SIGTERM);
    pclose(p->out);
}

static void hex(char out[65], const uint8_t *bytes, size_t size) {
    pp_hex_encode(out, bytes, size);
}

static void begin(process *node, process *prover, bool with_prover) {
    static char allocations[SENDERS * 80];
    size_t at = 0;
    char who[65], key[65];
    for (size_t i = 0; i < SENDERS; i++) {
        memset(senders[i].key, (int)i + 1, 32);
        if (!pp_sign_address(&senders[i].address, senders[i].key)) die("a key");
        hex(who, senders[i].address.b, 20);
        at += (size_t)sprintf(allocations + at, " --allocate 0x%s=1000", who);
    }
    uint8_t prover_key[32];
    pp_address address;
    memset(prover_key, 0xee, sizeof prover_key);
    if (!pp_sign_address(&address, prover_key)) die("a key");
    hex(who, address.b, 20);
    hex(key, prover_key, 32);
    command("%s node init %s/net --blocks 100000 --prover 0x%s=10 --account 0x%s=1%s >%s/log",
            program, folder, who, who, allocations, folder);
    start(node, "%s node %s/net --listen 127.0.0.1:0 --quiet", program, folder);
    if (fgets(url, sizeof url, node->out) == NULL) die("the node does not start");
    url[strcspn(url, "\n")] = 0;
    port = (uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10);
    if (!with_prover) return;
    command("umask 77; echo %s >%s/key; %s prover init %s/prover --node %s --genesis "
            "$(curl -s %s/v1/status | sed 's/.*\"genesis\":\"\\([^\"]*\\)\".*/\\1/') --key-file "
            "%s/key >%s/log",
            key, folder, program, folder, url, url, folder, folder);
    start(prover, "nice -n 10 %s prover %s/prover 2>%s/prover.log", program, folder, folder);
}

// ---- requests ---------------------------------------------------------------------------------

static int connect_to(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) die("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static sender *free_sender(uint64_t number) {
    for (size_t i = 0; i < SENDERS; i++) {
        sender *s = &senders[(number + i) % SENDERS];
        if (!s->busy) return s;
    }
    return NULL;
}

// What people's wallets ask; the number of the request chooses.
static int call_of(char *out, size_t max, connection *c, uint64_t number) {
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":";
    char who[65];
    hex(who, senders[number % SENDERS].address.b, 20);
    c->sender = number % 10 >= READS_OF_TEN ? free_sender(number / 10) : NULL;
    if (c->sender) {
        uint8_t raw[PP_TRANSFER_SIZE_MAX];
        char text[2 * PP_TRANSFER_SIZE_MAX + 1];
        pp_transfer t = {.chain_id = CHAIN_ID,
                         .nonce = c->sender->nonce,
                         .tip_cap = 1,
                         .fee_cap = 100000000000,
                         .gas_limit = 21000,
                         .to = senders[(number + 1) % SENDERS].address,
                         .value = pp_u256_from_u64(1)};
        size_t size = pp_transfer_sign(raw, &t, c->sender->key);
        pp_hex_encode(text, raw, size);
        c->sender->busy = true;
        return snprintf(out, max, "%s\"eth_sendRawTransaction\",\"params\":[\"0x%s\"]}", head,
                        text);
    }
    switch (number % 8) {
    case 0:
        return snprintf(out, max, "%s\"eth_blockNumber\"}", head);
    case 1:
        return snprintf(out, max, "%s\"eth_getBalance\",\"params\":[\"0x%s\",\"latest\"]}", head,
                        who);
    case 2:
        return snprintf(out, max,
                        "%s\"eth_getTransactionCount\",\"params\":[\"0x%s\",\"pending\"]}", head,
                        who);
    case 3:
        return snprintf(out, max, "%s\"eth_getBlockByNumber\",\"params\":[\"latest\",false]}",
                        head);
    case 4:
        return snprintf(out, max, "%s\"eth_gasPrice\"}", head);
    case 5:
        return snprintf(out, max, "%s\"eth_feeHistory\",\"params\":[\"0xa\",\"latest\",[50]]}",
                        head);
    case 6:
        return snprintf(out, max, "%s\"eth_getBalance\",\"params\":[\"0x%s\",\"finalized\"]}", head,
                        who);
    default:
        return snprintf(out, max, "%s\"eth_chainId\"}", head);
    }
}

static void ask(connection *c, uint64_t number, uint64_t due) {
    char body[1024], text[1400];
    int size = call_of(body, sizeof body, c, number);
    int len = snprintf(text, sizeof text,
                       "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       "Content-Length: %d\r\n\r\n%s",
                       size, body);
    if (write(c->fd, text, (size_t)len) != len) die("a request could not be sent");
    c->busy = true;
    c->due = due;
    c->size = 0;
}

// True when the answer is there, whole.
static bool hear(connection *c) {
    ssize_t n = read(c->fd, c->in + c->size, ROOM - 1 - c->size);
    if (n == 0 && !c->busy) { // one that asks nothing for long is ended
        close(c->fd);
        c->fd = connect_to();
        return false;
    }
    if (n <= 0) die("the node ended a connection");
    c->size += (size_t)n;
    c->in[c->size] = 0;
    const char *end = strstr(c->in, "\r\n\r\n"), *length = strstr(c->in, "Content-Length: ");
    if (end == NULL || length == NULL) return false;
    size_t want = (size_t)(end + 4 - c->in) + strtoul(length + 16, NULL, 10);
    PP_ASSERT(want < ROOM);
    return c->size >= want;
}

static void take(connection *c) {
    latencies[answered++] = pp_clock_ns() - c->due;
    bool ok = strstr(c->in, "\"result\":") != NULL, full = strstr(c->in, "-32005") != NULL;
    refused += full;
    failed += !ok && !full;
    if (!ok && !full && failed == 1) fprintf(stderr, "%s\n", c->in);
    if (c->sender) {
        sent++;
        taken += ok;
        c->sender->nonce += ok;
        c->sender->busy = false;
    }
    c->busy = false;
}

static void load(uint64_t rate, uint64_t seconds) {
    struct pollfd polled[CONNECTIONS];
    uint64_t asked = 0, all = rate * seconds, start_ns = pp_clock_ns();
    for (size_t i = 0; i < CONNECTIONS; i++) {
        connections[i].fd = connect_to();
        polled[i] = (struct pollfd){.fd = connections[i].fd, .events = POLLIN};
    }
    while (answered < all) {
        uint64_t now = pp_clock_ns();
        for (size_t i = 0; i < CONNECTIONS && asked < all; i++) {
            uint64_t due = start_ns + asked * 1000000000 / rate;
            if (due > now) break;
            if (!connections[i].busy) ask(&connections[i], asked++, due);
        }
        if (poll(polled, CONNECTIONS, 1) < 0 && errno != EINTR) die("poll");
        for (size_t i = 0; i < CONNECTIONS; i++)
            if (polled[i].revents & (POLLIN | POLLHUP)) {
                if (hear(&connections[i])) take(&connections[i]);
                polled[i].fd = connections[i].fd;
            }
    }
    for (size_t i = 0; i < CONNECTIONS; i++) {
        close(connections[i].fd);
        connections[i].busy = false;
    }
}

// ---- what is said -----------------------------------------------------------------------------

static json_t *get(const char *path) {
    char words[256];
    static char text[1 << 20];
    snprintf(words, sizeof words, "curl -s %s%s", url, path);
    FILE *f = popen(words, "r");
    if (f == NULL) die("curl");
    size_t size = fread(text, 1, sizeof text - 1, f);
    text[size] = 0;
    pclose(f);
    json_t *value = json_loads(text, 0, NULL);
    if (value == NULL) die(path);
    return value;
}

static int ascending(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static double ms(double part) {
    return (double)latencies[(size_t)(part * (double)(answered - 1))] / 1e6;
}

static uint64_t batches_checked(uint64_t *transactions) {
    json_t *status = get("/v1/status"), *lane = json_array_get(json_object_get(status, "lanes"), 0);
    uint64_t checked = (uint64_t)json_integer_value(json_object_get(lane, "checked"));
    *transactions = (uint64_t)json_integer_value(json_object_get(lane, "transactions"));
    json_decref(status);
    return checked;
}

// The longest and the mean time between the last blocks, ms.
static void show_blocks(uint64_t seconds) {
    char path[64];
    snprintf(path, sizeof path, "/v1/headers?limit=%d", seconds < 99 ? (int)seconds : 99);
    json_t *page = get(path), *items = json_object_get(page, "items");
    uint64_t longest = 0, first = 0, last = 0;
    size_t n = json_array_size(items);
    for (size_t i = 0; i < n; i++) {
        uint64_t t =
            (uint64_t)json_integer_value(json_object_get(json_array_get(items, i), "time"));
        if (i == 0) last = t;
        if (i > 0 && first - t > longest) longest = first - t;
        first = t;
    }
    printf("blocks: one in %.0f ms in the mean, %.0f ms at most (asked 1000)\n",
           n > 1 ? (double)(last - first) / (double)(n - 1) : 0, (double)longest);
    json_decref(page);
}

// What /proc says of a process: its parent, and the ticks of processor that it and those whose end
// it has seen have used. False when there is none.
static bool stat_of(const char *pid, long *parent, uint64_t *ticks) {
    char path[300], text[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) return false;
    size_t size = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[size] = 0;
    char *at = strrchr(text, ')'); // a name may have blanks
    if (at == NULL || strlen(at) < 4) return false;
    *parent = strtol(at + 4, &at, 10); // behind its state
    *ticks = 0;
    for (int i = 5; i <= 17; i++) { // members as proc(5) counts them
        uint64_t n = strtoull(at, &at, 10);
        if (i >= 14) *ticks += n; // of its own and its children's, in user's and kernel's time
    }
    return true;
}

// Seconds of processor that a process has used, and all that it has started: proofs are made by
// processes of their own.
static double used_by(long pid) {
    char name[32];
    long parent;
    uint64_t ticks;
    snprintf(name, sizeof name, "%ld", pid);
    if (!stat_of(name, &parent, &ticks)) return 0;
    double sum = (double)ticks / (double)sysconf(_SC_CLK_TCK);
    DIR *all = opendir("/proc");
    for (struct dirent *e; all && (e = readdir(all)) != NULL;)
        if (stat_of(e->d_name, &parent, &ticks) && parent == pid)
            sum += used_by(strtol(e->d_name, NULL, 10));
    if (all) closedir(all);
    return sum;
}

static double used(const process *p) {
    return p->out ? used_by(p->pid) : 0;
}

static uint64_t number_of(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

int main(void) {
    uint64_t rate = number_of("PP_LOAD_RATE", 2000), seconds = number_of("PP_LOAD_SECONDS", 20);
    bool with_prover = number_of("PP_LOAD_PROVER", 1) != 0;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 16);
    if (n <= 0) die("its own path");
    program[n] = 0;
    char *name = strrchr(program, '/') + 1;
    snprintf(name, sizeof program - (size_t)(name - program), "polypoly");
    if (rate < 1 || seconds < 1 || seconds > 3600 || rate > REQUESTS_MAX / seconds)
        die("PP_LOAD_RATE or PP_LOAD_SECONDS");
    if (mkdtemp(folder) == NULL) die(folder);
    process node = {0}, prover = {0};
    begin(&node, &prover, with_prover);
    if (with_prover) { // until it works: a first batch is cut and sold meanwhile
        load(100, 20);
        memset(latencies, 0, answered * sizeof *latencies);
        answered = refused = failed = sent = taken = 0;
    }
    uint64_t ordered[2], checked = batches_checked(&ordered[0]), begin_ns = pp_clock_ns();
    double by_node = used(&node), by_prover = used(&prover);
    load(rate, seconds);
    double took = (double)(pp_clock_ns() - begin_ns) / 1e9;
    by_node = used(&node) - by_node;
    by_prover = used(&prover) - by_prover;
    checked = batches_checked(&ordered[1]) - checked;
    qsort(latencies, answered, sizeof *latencies, ascending);
    printf("%llu requests in %.1f s, %.0f a second (asked %llu); %llu transfers, %llu taken; "
           "%llu refused for want of room, %llu failed\n",
           (unsigned long long)answered, took, (double)answered / took, (unsigned long long)rate,
           (unsigned long long)sent, (unsigned long long)taken, (unsigned long long)refused,
           (unsigned long long)failed);
    printf("ms from when it was due: p50 %.2f, p90 %.2f, p99 %.2f, most %.2f\n", ms(0.5), ms(0.9),
           ms(0.99), ms(1));
    printf("%.1f transactions ordered a second; %llu batches proven meanwhile, which is %.1f "
           "transactions a second\n",
           (double)(ordered[1] - ordered[0]) / took, (unsigned long long)checked,
           (double)(checked * BATCH) / took);
    printf("processors: the node %.2f, the prover %.2f\n", by_node / took, by_prover / took);
    show_blocks(seconds);
    stop(&prover);
    stop(&node);
    command("rm -rf %s", folder);
    return 0;
}
