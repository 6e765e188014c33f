// SPDX-License-Identifier: MIT OR Apache-2.0
#include "up/demo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum { BODY_MAX = 256, CONNECTIONS = 16, SECONDS = 10 };

struct pp_up_demo {
    struct MHD_Daemon *server;
    pp_up_demo_actions actions;
    char token[PP_UP_TOKEN];
    uint16_t port, node_port;
};

typedef struct request {
    char body[BODY_MAX + 1];
    size_t size;
    bool too_long;
} request;

static const char *header(struct MHD_Connection *c, const char *name) {
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static bool is_local(const pp_up_demo *d, const char *text, const char *before, uint16_t port) {
    static const char *const names[] = {"127.0.0.1", "localhost"};
    char wanted[64];
    (void)d;
    for (size_t i = 0; text != NULL && i < PP_COUNT(names); i++) {
        snprintf(wanted, sizeof wanted, "%s%s:%u", before, names[i], port);
        if (strcmp(text, wanted) == 0) return true;
    }
    return false;
}

// In a time that does not depend on where they differ.
static bool same_token(const char *a, const char *b) {
    unsigned char differ = 0;
    if (a == NULL || strlen(a) != PP_UP_TOKEN - 1) return false;
    for (size_t i = 0; i < PP_UP_TOKEN - 1; i++) differ |= (unsigned char)(a[i] ^ b[i]);
    return differ == 0;
}

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *text) {
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                             MHD_RESPMEM_MUST_COPY);
    const char *origin = header(c, "Origin"); // it was looked at
    if (r == NULL) return MHD_NO;
    MHD_add_response_header(r, "Content-Type", "application/json");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (origin != NULL && status != MHD_HTTP_FORBIDDEN) {
        MHD_add_response_header(r, "Access-Control-Allow-Origin", origin);
        MHD_add_response_header(r, "Access-Control-Allow-Methods", "GET, POST");
        MHD_add_response_header(r, "Access-Control-Allow-Headers",
                                "Content-Type, X-Polypoly-Token");
        MHD_add_response_header(r, "Vary", "Origin");
    }
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *why) {
    char text[160];
    snprintf(text, sizeof text, "{\"error\": \"%s\"}", why);
    return answer(c, status, text);
}

static enum MHD_Result list(const pp_up_demo *d, struct MHD_Connection *c) {
    char *provers = d->actions.list(d->actions.ctx);
    size_t size = strlen(provers) + 32;
    char *text = malloc(size);
    PP_ASSERT(text != NULL);
    snprintf(text, size, "{\"provers\": %s}", provers);
    enum MHD_Result result = answer(c, MHD_HTTP_OK, text);
    free(text);
    free(provers);
    return result;
}

static enum MHD_Result move(const pp_up_demo *d, struct MHD_Connection *c, const request *r,
                            bool start) {
    const char *type = header(c, "Content-Type");
    if (type == NULL || strncmp(type, "application/json", 16) != 0)
        return refuse(c, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json");
    json_t *object = json_loadb(r->body, r->size, JSON_REJECT_DUPLICATES, NULL);
    json_int_t prover = json_integer_value(json_object_get(object, "prover"));
    json_decref(object);
    if (prover < 1 || prover > 1000 || !d->actions.move(d->actions.ctx, (unsigned)prover, start))
        return refuse(c, MHD_HTTP_CONFLICT,
                      start ? "no such prover, or it runs" : "no such prover, or it does not run");
    return answer(c, MHD_HTTP_OK, "{\"ok\": true}");
}

static enum MHD_Result serve(const pp_up_demo *d, struct MHD_Connection *c, const char *path,
                             const char *method, const request *r) {
    const char *origin = header(c, "Origin");
    if (!is_local(d, header(c, "Host"), "", d->port))
        return refuse(c, MHD_HTTP_FORBIDDEN, "this Host is not served here");
    if (origin != NULL && !is_local(d, origin, "http://", d->node_port))
        return refuse(c, MHD_HTTP_FORBIDDEN, "pages of another origin may not ask");
    if (strcmp(method, "OPTIONS") == 0 && origin != NULL) return answer(c, MHD_HTTP_OK, "{}");
    if (!same_token(header(c, "X-Polypoly-Token"), d->token))
        return refuse(c, MHD_HTTP_UNAUTHORIZED, "X-Polypoly-Token is not the one of this run");
    if (r->too_long) return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
    if (strcmp(path, "/demo") == 0 && strcmp(method, "GET") == 0) return list(d, c);
    bool start = strcmp(path, "/demo/start") == 0, post = strcmp(method, "POST") == 0;
    if (post && (start || strcmp(path, "/demo/stop") == 0)) return move(d, c, r, start);
    return refuse(c, MHD_HTTP_NOT_FOUND, "no such path");
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state) {
    request *r = *state;
    (void)version;
    if (r == NULL) {
        *state = calloc(1, sizeof *r);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*size > 0) {
        if (*size > BODY_MAX - r->size) {
            r->too_long = true;
        } else {
            memcpy(r->body + r->size, data, *size);
            r->size += *size;
        }
        *size = 0;
        return MHD_YES;
    }
    return serve(ctx, c, path, method, r);
}

static void on_done(void *ctx, struct MHD_Connection *c, void **state,
                    enum MHD_RequestTerminationCode why) {
    (void)ctx, (void)c, (void)why;
    free(*state);
    *state = NULL;
}

bool pp_up_demo_open(pp_err *err, pp_up_demo **out, uint16_t node_port,
                     const pp_up_demo_actions *actions) {
    uint8_t drawn[(PP_UP_TOKEN - 1) / 2];
    *out = NULL;
    if (getrandom(drawn, sizeof drawn, 0) != sizeof drawn)
        return pp_err_set(err, PP_EXIT_USAGE, "no random bytes from the system: %s",
                          strerror(errno));
    pp_up_demo *d = calloc(1, sizeof *d);
    PP_ASSERT(d != NULL);
    d->actions = *actions;
    d->node_port = node_port;
    pp_hex_encode(d->token, drawn, sizeof drawn);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    d->server =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, d,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SECONDS,
                         MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        d->server ? MHD_get_daemon_info(d->server, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (info == NULL) {
        pp_up_demo_close(d);
        return pp_err_set(err, PP_EXIT_USAGE, "no port for the demo's buttons");
    }
    d->port = info->port;
    *out = d;
    return true;
}

uint16_t pp_up_demo_port(const pp_up_demo *d) {
    return d->port;
}

const char *pp_up_demo_token(const pp_up_demo *d) {
    return d->token;
}

void pp_up_demo_close(pp_up_demo *d) {
    if (d == NULL) return;
    if (d->server) MHD_stop_daemon(d->server);
    explicit_bzero(d, sizeof *d);
    free(d);
}
