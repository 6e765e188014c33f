// SPDX-License-Identifier: MIT OR Apache-2.0
// The server's frame: connections come and go.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "http/internal.h"

enum {
    CONNECTIONS = 1024,
    FILES_SPARE = 64, // descriptors that the rest of the process may need
};

static enum MHD_Result answer(pp_http_request *r) {
    bool ok = r->refused ? pp_http_refuse(r, r->refused, r->why) : r->route->answer(r);
    return ok ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state) {
    (void)version;
    pp_http_request *r = *state;
    if (r == NULL) {
        r = calloc(1, sizeof *r);
        if (r == NULL) return MHD_NO;
        r->http = ctx;
        r->connection = connection;
        r->peer = pp_peers_of(connection);
        *state = r;
        pp_door_look(r, path, method);
        return r->refused ? answer(r) : MHD_YES; // refused before its body is read
    }
    if (*size > 0) {
        pp_door_body(r, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return answer(r);
}

static void ended(void *ctx, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode why) {
    (void)ctx, (void)connection, (void)why;
    pp_http_request *r = *state;
    if (r == NULL) return;
    pp_http *http = r->http;
    PP_ASSERT(!r->waits); // what is suspended does not end before it is resumed
    if (r->kept) r->let_go(http->site.app, r->kept);
    pp_peers_release(&http->peers, r->peer, r->held);
    pp_peers_expect(&http->peers, r->peer, 0); // the next request
    free(r->body);
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

bool pp_http_open(pp_err *err, pp_http **out, const pp_http_options *options,
                  const pp_http_site *site) {
    struct sockaddr_storage address;
    socklen_t len;
    *out = NULL;
    if (!address_of(&address, &len, options))
        return pp_err_set(err, PP_EXIT_USAGE, "'%s' is not a numeric address to listen on",
                          options->address);
    pp_http *http = calloc(1, sizeof *http);
    if (http == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    http->options = *options;
    http->site = *site;
    pthread_mutex_init(&http->lock, NULL);
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    if (address.ss_family == AF_INET6) flags |= MHD_USE_IPv6;
    struct rlimit files = {0};
    unsigned connections = CONNECTIONS;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < connections + FILES_SPARE)
        connections =
            files.rlim_cur > 2 * FILES_SPARE ? (unsigned)files.rlim_cur - FILES_SPARE : FILES_SPARE;
    pp_peers_init(&http->peers, options->patience, connections);
    errno = 0;
    http->daemon = MHD_start_daemon(
        flags, options->port, pp_peers_accept, &http->peers, on_request, http, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, ended, http,
        MHD_OPTION_NOTIFY_CONNECTION, pp_peers_notify, &http->peers, MHD_OPTION_CONNECTION_LIMIT,
        connections, MHD_OPTION_CONNECTION_TIMEOUT, options->patience, MHD_OPTION_END);
    if (http->daemon == NULL) {
        pp_err_set(err, PP_EXIT_USAGE, "cannot listen on %s port %u: %s", options->address,
                   options->port, errno ? strerror(errno) : "refused");
        pp_peers_free(&http->peers);
        pthread_mutex_destroy(&http->lock);
        free(http);
        return false;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    http->port = info ? info->port : options->port;
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
    pp_wait_wake(http);
    pthread_mutex_unlock(&http->lock);
    MHD_stop_daemon(http->daemon);
    for (size_t i = 0; i < PP_HTTP_EVENTS; i++) free(http->events[i]);
    pp_peers_free(&http->peers);
    pthread_mutex_destroy(&http->lock);
    free(http);
}
