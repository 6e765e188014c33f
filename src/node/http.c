// SPDX-License-Identifier: MIT OR Apache-2.0
// The server's frame: connections, bodies, what waits. What is answered stands in routes.c.
//
// A connection that must wait (for the journal, for a block) is suspended, and resumed by whoever
// changes something: it is then looked at again, in the server's thread.
#include "node/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>

#include "chain/block.h"
#include "node/routes.h"
#include "rpc/rpc.h"

enum {
    CONNECTIONS = 1024,
    FILES_SPARE = 64,       // descriptors that the rest of the process may need
    IDLE_SECONDS = 30,      // a peer that says nothing for so long is cut off
    BODIES_MAX = 256 << 20, // bytes that all unfinished bodies hold together
    BODY_FIRST = 4096,      // room that a body begins with
    BLOCKS_MAX = 4 << 20,   // bytes of one answer of /v1/blocks
    STREAMS_MAX = 256,      // server-sent events: connections that never end
    EVENTS = 64,            // events that a slow reader may be behind
};

typedef enum route_kind {
    ROUTE_RPC,
    ROUTE_COMMAND,
    ROUTE_STATUS,
    ROUTE_HEALTH,
    ROUTE_METRICS,
    ROUTE_GENESIS,
    ROUTE_BLOCKS,
    ROUTE_EVENTS,
} route_kind;

typedef struct route {
    const char *method, *path;
    route_kind kind;
    const char *type; // of the body
    size_t body_max;
} route;

static const route routes[] = {
    {"POST", "/", ROUTE_RPC, "application/json", PP_RPC_REQUEST_MAX},
    {"POST", "/v1/commands", ROUTE_COMMAND, "application/octet-stream", PP_BLOCK_BYTES_MAX},
    {"GET", "/v1/status", ROUTE_STATUS, NULL, 0},
    {"GET", "/v1/genesis", ROUTE_GENESIS, NULL, 0},
    {"GET", "/v1/blocks", ROUTE_BLOCKS, NULL, 0},
    {"GET", "/v1/events", ROUTE_EVENTS, NULL, 0},
    {"GET", "/health", ROUTE_HEALTH, NULL, 0},
    {"GET", "/metrics", ROUTE_METRICS, NULL, 0},
};

// One request on its way.
typedef struct request {
    pp_http *http;
    struct MHD_Connection *connection;
    const route *route;
    unsigned refused; // status to refuse it with; 0: none
    const char *why;
    uint8_t *body;
    size_t size, max;
    // Waiting.
    bool waits; // in the list below, suspended
    struct request *next, **at;
    bool asked; // the answer is made, or the command is on its way
    char *answer;
    size_t answer_size;
    uint64_t ticket;
    pp_node_command *command;
    uint64_t from; // events: the next one's number
} request;

struct pp_http {
    pp_node *node;
    struct MHD_Daemon *daemon;
    pp_http_options options;
    uint16_t port;
    pthread_mutex_t lock; // of all below
    bool closing;
    uint64_t changes; // so far
    request *waiting;
    size_t bodies, streams;
    char *events[EVENTS]; // event number n at n % EVENTS
    size_t event_sizes[EVENTS];
    uint64_t events_len; // so far
};

// ---- who may ask ------------------------------------------------------------------------------

// Length of the host in "host:port" or "[v6]:port".
static size_t host_len(const char *text) {
    if (text[0] == '[') return strcspn(text, "]") + (strchr(text, ']') != NULL);
    return strcspn(text, ":");
}

static bool is_host(const char *text, size_t len, const char *name) {
    return strlen(name) == len && strncasecmp(text, name, len) == 0;
}

// A name that somebody else's page gave to this address is not ours (DNS rebinding).
static bool host_allowed(const pp_http *http, const char *text) {
    static const char *const always[] = {"localhost", "127.0.0.1", "[::1]"};
    if (text == NULL) return false;
    size_t len = host_len(text);
    for (size_t i = 0; i < PP_COUNT(always); i++)
        if (is_host(text, len, always[i])) return true;
    for (size_t i = 0; i < http->options.hosts_len; i++)
        if (is_host(text, len, http->options.hosts[i])) return true;
    char address[64];
    snprintf(address, sizeof address, strchr(http->options.address, ':') ? "[%s]" : "%s",
             http->options.address);
    return is_host(text, len, address);
}

// Browsers name the page that asks: only pages of this very server may.
static bool origin_allowed(const char *origin, const char *host) {
    static const char scheme[] = "http://";
    return origin == NULL || (strncmp(origin, scheme, sizeof scheme - 1) == 0 && host != NULL &&
                              strcasecmp(origin + sizeof scheme - 1, host) == 0);
}

static bool type_matches(const char *given, const char *wanted) {
    size_t len = strlen(wanted);
    return given != NULL && strncasecmp(given, wanted, len) == 0 &&
           (given[len] == 0 || given[len] == ';' || given[len] == ' ');
}

static const char *header(const request *r, const char *name) {
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static void refuse(request *r, unsigned status, const char *why) {
    if (r->refused == 0) {
        r->refused = status;
        r->why = why;
    }
}

static void look_at_head(request *r, const char *path, const char *method) {
    const char *host = header(r, "Host"), *length = header(r, "Content-Length");
    bool path_known = false;
    for (size_t i = 0; i < PP_COUNT(routes); i++) {
        if (strcmp(routes[i].path, path) != 0) continue;
        path_known = true;
        if (strcmp(routes[i].method, method) == 0) r->route = &routes[i];
    }
    if (!host_allowed(r->http, host)) refuse(r, MHD_HTTP_FORBIDDEN, "this Host is not served here");
    if (!origin_allowed(header(r, "Origin"), host))
        refuse(r, MHD_HTTP_FORBIDDEN, "pages of another origin may not ask");
    if (!path_known) refuse(r, MHD_HTTP_NOT_FOUND, "no such path; docs/node.md lists them");
    if (!r->route) refuse(r, MHD_HTTP_METHOD_NOT_ALLOWED, "not with this method");
    if (r->refused) return;
    if (r->route->type && !type_matches(header(r, "Content-Type"), r->route->type))
        refuse(r, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
               r->route->kind == ROUTE_RPC ? "Content-Type must be application/json"
                                           : "Content-Type must be application/octet-stream");
    if (length && r->route->type && strtoull(length, NULL, 10) > r->route->body_max)
        refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
}

// ---- bodies -----------------------------------------------------------------------------------

static bool reserve(pp_http *http, size_t more) {
    pthread_mutex_lock(&http->lock);
    bool ok = http->bodies + more <= BODIES_MAX;
    if (ok) http->bodies += more;
    pthread_mutex_unlock(&http->lock);
    return ok;
}

static void take_body(request *r, const char *data, size_t size) {
    if (r->refused) return;
    if (r->route->type == NULL || size > r->route->body_max - r->size) {
        refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
        return;
    }
    if (r->size + size > r->max) {
        size_t max = r->max ? 2 * r->max : BODY_FIRST;
        if (max < r->size + size) max = r->size + size;
        uint8_t *bigger = reserve(r->http, max - r->max) ? realloc(r->body, max) : NULL;
        if (bigger == NULL) {
            refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too much is being sent; try again later");
            return;
        }
        r->body = bigger;
        r->max = max;
    }
    memcpy(r->body + r->size, data, size);
    r->size += size;
}

// ---- waiting ----------------------------------------------------------------------------------

static uint64_t changes(pp_http *http) {
    pthread_mutex_lock(&http->lock);
    uint64_t n = http->changes;
    pthread_mutex_unlock(&http->lock);
    return n;
}

// WAITS: suspended. LOOK: something has changed since `seen`. ENDS: nobody would wake it.
typedef enum waiting { WAITS, LOOK, ENDS } waiting;

static waiting wait_since(request *r, uint64_t seen) {
    pp_http *http = r->http;
    pthread_mutex_lock(&http->lock);
    waiting w = http->closing ? ENDS : http->changes != seen ? LOOK : WAITS;
    if (w == WAITS) {
        MHD_suspend_connection(r->connection);
        r->waits = true;
        r->next = http->waiting;
        r->at = &http->waiting;
        if (r->next) r->next->at = &r->next;
        http->waiting = r;
    }
    pthread_mutex_unlock(&http->lock);
    return w;
}

// With the server's lock.
static void wake_all(pp_http *http) {
    for (request *r = http->waiting, *next; r; r = next) {
        next = r->next;
        r->waits = false;
        MHD_resume_connection(r->connection);
    }
    http->waiting = NULL;
    http->changes++;
}

// From the node's threads.
static void on_change(void *ctx) {
    pp_http *http = ctx;
    pp_node_view *v = malloc(sizeof *v);
    PP_ASSERT(v != NULL);
    pp_node_view_get(v, http->node);
    size_t size;
    char *event = pp_route_event(&size, v);
    free(v);
    pthread_mutex_lock(&http->lock);
    size_t last = (size_t)((http->events_len + EVENTS - 1) % EVENTS);
    bool news = http->events_len == 0 || http->event_sizes[last] != size ||
                memcmp(http->events[last], event, size) != 0;
    if (news) {
        size_t at = (size_t)(http->events_len++ % EVENTS);
        free(http->events[at]);
        http->events[at] = event;
        http->event_sizes[at] = size;
    } else {
        free(event);
    }
    wake_all(http);
    pthread_mutex_unlock(&http->lock);
}

// ---- answers ----------------------------------------------------------------------------------

static enum MHD_Result respond(request *r, unsigned status, const char *type,
                               struct MHD_Response *response) {
    PP_ASSERT(response != NULL);
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

// Takes text over.
static enum MHD_Result send_text(request *r, unsigned status, const char *type, char *text,
                                 size_t size) {
    return respond(r, status, type,
                   MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE));
}

static enum MHD_Result send_refusal(request *r, unsigned status, const char *why) {
    char *text = malloc(strlen(why) + 16);
    PP_ASSERT(text != NULL);
    int n = sprintf(text, "{\"error\":\"%s\"}", why);
    return send_text(r, status, "application/json", text, (size_t)n);
}

static enum MHD_Result answer_rpc(request *r) {
    if (!r->asked) {
        pp_bytes body = {r->body, r->size};
        r->asked = true;
        r->answer = pp_node_rpc(&r->answer_size, &r->ticket, r->http->node, body);
    }
    for (;;) {
        uint64_t seen = changes(r->http);
        if (pp_node_is_safe(r->http->node, r->ticket)) break;
        waiting w = wait_since(r, seen);
        if (w == WAITS) return MHD_YES;
        if (w == ENDS) return send_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the node stops");
    }
    char *answer = r->answer;
    r->answer = NULL;
    if (answer) return send_text(r, MHD_HTTP_OK, "application/json", answer, r->answer_size);
    return respond(r, MHD_HTTP_NO_CONTENT, "application/json",
                   MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result answer_command(request *r) {
    pp_node *node = r->http->node;
    if (pp_node_follows(node))
        return send_refusal(r, MHD_HTTP_CONFLICT, "this node follows another one: send it there");
    if (!r->asked) {
        r->asked = true;
        r->command = pp_node_submit(node, r->body, r->size);
        if (r->command == NULL)
            return send_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE,
                                "too many commands wait; try again later");
        r->body = NULL;
    }
    for (;;) {
        uint64_t seen = changes(r->http);
        if (pp_node_is_done(node, r->command)) break;
        waiting w = wait_since(r, seen);
        if (w == WAITS) return MHD_YES;
        if (w == ENDS) return send_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the node stops");
    }
    if (r->command->dropped) return send_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the node stops");
    size_t size;
    char *text = pp_route_command(&size, r->command);
    return send_text(r, r->command->height ? MHD_HTTP_OK : MHD_HTTP_BAD_REQUEST, "application/json",
                     text, size);
}

static enum MHD_Result answer_blocks(request *r) {
    const char *from = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "from");
    const char *wait = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "wait");
    pp_u128 height = 0;
    if (r->route->kind == ROUTE_BLOCKS &&
        (from == NULL || !pp_u128_parse(&height, from) || height < 1 || height > UINT64_MAX))
        return send_refusal(r, MHD_HTTP_BAD_REQUEST, "from: a height, 1 or more");
    size_t size;
    bool failed;
    uint8_t *data;
    for (;;) {
        uint64_t seen = changes(r->http);
        // Genesis is one record, whatever its size.
        data = pp_node_records(&size, &failed, r->http->node, (uint64_t)height,
                               r->route->kind == ROUTE_BLOCKS ? BLOCKS_MAX : 0);
        if (failed)
            return send_refusal(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "the log cannot be read");
        if (data != NULL || wait == NULL || strcmp(wait, "1") != 0) break;
        waiting w = wait_since(r, seen);
        if (w == WAITS) return MHD_YES;
        if (w == ENDS) break;
    }
    if (r->route->kind == ROUTE_GENESIS) {
        PP_ASSERT(data != NULL); // every chain has one
        memmove(data, data + 4, size - 4);
        return send_text(r, MHD_HTTP_OK, "application/json", (char *)data, size - 4);
    }
    return send_text(r, MHD_HTTP_OK, "application/octet-stream", (char *)data, size);
}

// ---- server-sent events -----------------------------------------------------------------------

// One stream; longer-lived than its request's answer.
typedef struct stream {
    pp_http *http;
    request *request; // while its connection lasts
    size_t offset;    // in the event that is being sent
} stream;

static ssize_t read_events(void *ctx, uint64_t position, char *out, size_t max) {
    stream *s = ctx;
    request *r = s->request;
    pp_http *http = r->http;
    ssize_t sent = 0;
    (void)position;
    pthread_mutex_lock(&http->lock);
    uint64_t seen = http->changes;
    bool behind = http->events_len > EVENTS && r->from < http->events_len - EVENTS;
    if (behind) { // what it missed is gone: it may begin again, where the next event begins
        pthread_mutex_unlock(&http->lock);
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (r->from < http->events_len) {
        size_t at = (size_t)(r->from % EVENTS), left = http->event_sizes[at] - s->offset;
        size_t n = left < max ? left : max;
        memcpy(out, http->events[at] + s->offset, n);
        s->offset += n;
        if (n == left) {
            s->offset = 0;
            r->from++;
        }
        sent = (ssize_t)n;
    }
    pthread_mutex_unlock(&http->lock);
    if (sent > 0) return sent;
    // 0: it is asked again at once, or when it is resumed.
    return wait_since(r, seen) == ENDS ? MHD_CONTENT_READER_END_OF_STREAM : 0;
}

static void free_stream(void *ctx) {
    stream *s = ctx;
    pthread_mutex_lock(&s->http->lock);
    s->http->streams--;
    pthread_mutex_unlock(&s->http->lock);
    free(s);
}

static enum MHD_Result answer_events(request *r) {
    pp_http *http = r->http;
    pthread_mutex_lock(&http->lock);
    bool room = http->streams < STREAMS_MAX;
    if (room) http->streams++;
    r->from = http->events_len ? http->events_len - 1 : 0; // how things stand comes at once
    pthread_mutex_unlock(&http->lock);
    if (!room)
        return send_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many watch; try again later");
    stream *s = calloc(1, sizeof *s);
    PP_ASSERT(s != NULL);
    *s = (stream){.http = http, .request = r};
    return respond(
        r, MHD_HTTP_OK, "text/event-stream",
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, read_events, s, free_stream));
}

static enum MHD_Result answer(request *r) {
    size_t size;
    char *text;
    bool healthy;
    if (r->refused) return send_refusal(r, r->refused, r->why);
    switch (r->route->kind) {
    case ROUTE_RPC:
        return answer_rpc(r);
    case ROUTE_COMMAND:
        return answer_command(r);
    case ROUTE_GENESIS:
    case ROUTE_BLOCKS:
        return answer_blocks(r);
    case ROUTE_EVENTS:
        return answer_events(r);
    case ROUTE_STATUS:
        text = pp_route_status(&size, r->http->node);
        return send_text(r, MHD_HTTP_OK, "application/json", text, size);
    case ROUTE_METRICS:
        text = pp_route_metrics(&size, r->http->node);
        return send_text(r, MHD_HTTP_OK, "text/plain; version=0.0.4", text, size);
    case ROUTE_HEALTH:
        text = pp_route_health(&size, &healthy, r->http->node);
        return send_text(r, healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                         "application/json", text, size);
    }
    return MHD_NO;
}

// ---- the server -------------------------------------------------------------------------------

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state) {
    (void)version;
    request *r = *state;
    if (r == NULL) {
        r = calloc(1, sizeof *r);
        if (r == NULL) return MHD_NO;
        r->http = ctx;
        r->connection = connection;
        *state = r;
        look_at_head(r, path, method);
        return r->refused ? answer(r) : MHD_YES; // refused before its body is read
    }
    if (*size > 0) {
        take_body(r, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return answer(r);
}

static void ended(void *ctx, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode why) {
    (void)ctx, (void)connection, (void)why;
    request *r = *state;
    if (r == NULL) return;
    pp_http *http = r->http;
    PP_ASSERT(!r->waits); // what is suspended does not end before it is resumed
    if (r->command) pp_node_abandon(http->node, r->command);
    pthread_mutex_lock(&http->lock);
    http->bodies -= r->max;
    pthread_mutex_unlock(&http->lock);
    free(r->body);
    free(r->answer);
    free(r);
    *state = NULL;
}

static bool address_of(struct sockaddr_storage *out, socklen_t *len, const pp_http_options *o) {
    memset(out, 0, sizeof *out);
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    if (inet_pton(AF_INET, o->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(o->port);
        *len = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, o->address, &v6->sin6_addr) != 1) return false;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(o->port);
    *len = sizeof *v6;
    return true;
}

bool pp_http_open(pp_err *err, pp_http **out, pp_node *node, const pp_http_options *options) {
    struct sockaddr_storage address;
    socklen_t len;
    *out = NULL;
    if (!address_of(&address, &len, options))
        return pp_err_set(err, PP_EXIT_USAGE, "'%s' is not a numeric address to listen on",
                          options->address);
    pp_http *http = calloc(1, sizeof *http);
    if (http == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    http->node = node;
    http->options = *options;
    pthread_mutex_init(&http->lock, NULL);
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    if (address.ss_family == AF_INET6) flags |= MHD_USE_IPv6;
    struct rlimit files = {0};
    unsigned connections = CONNECTIONS;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < connections + FILES_SPARE)
        connections =
            files.rlim_cur > 2 * FILES_SPARE ? (unsigned)files.rlim_cur - FILES_SPARE : FILES_SPARE;
    errno = 0;
    http->daemon =
        MHD_start_daemon(flags, options->port, NULL, NULL, on_request, http, MHD_OPTION_SOCK_ADDR,
                         (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, ended, http,
                         MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT,
                         (unsigned)IDLE_SECONDS, MHD_OPTION_END);
    if (http->daemon == NULL) {
        pp_err_set(err, PP_EXIT_USAGE, "cannot listen on %s port %u: %s", options->address,
                   options->port, errno ? strerror(errno) : "refused");
        pthread_mutex_destroy(&http->lock);
        free(http);
        return false;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    http->port = info ? info->port : options->port;
    pp_node_listen(node, on_change, http);
    on_change(http);
    *out = http;
    return true;
}

uint16_t pp_http_port(const pp_http *http) {
    return http->port;
}

void pp_http_close(pp_http *http) {
    if (http == NULL) return;
    pthread_mutex_lock(&http->lock);
    http->closing = true;
    wake_all(http);
    pthread_mutex_unlock(&http->lock);
    MHD_stop_daemon(http->daemon);
    for (size_t i = 0; i < EVENTS; i++) free(http->events[i]);
    pthread_mutex_destroy(&http->lock);
    free(http);
}
