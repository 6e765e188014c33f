// SPDX-License-Identifier: MIT OR Apache-2.0
// A connection that must wait is suspended, and resumed by whoever changes something: it is then
// looked at again, in the server's thread.
#include "http/internal.h"

pp_http_waiting pp_wait_since(pp_http_request *r, uint64_t seen) {
    pp_http *http = r->http;
    pthread_mutex_lock(&http->lock);
    pp_http_waiting w = http->closing           ? PP_HTTP_ENDS
                        : http->changes != seen ? PP_HTTP_READY
                                                : PP_HTTP_WAITS;
    if (w == PP_HTTP_WAITS) {
        pp_peers_wait(&http->peers, r->peer);
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

pp_http_waiting pp_http_wait(pp_http_request *r, bool (*ready)(void *ctx), void *ctx) {
    for (;;) {
        pthread_mutex_lock(&r->http->lock);
        uint64_t seen = r->http->changes; // before ready looks: what changes then is not missed
        pthread_mutex_unlock(&r->http->lock);
        if (ready(ctx)) return PP_HTTP_READY;
        pp_http_waiting w = pp_wait_since(r, seen);
        if (w != PP_HTTP_READY) return w;
    }
}

void pp_wait_wake(pp_http *http) {
    for (pp_http_request *r = http->waiting, *next; r; r = next) {
        next = r->next;
        r->waits = false;
        MHD_resume_connection(r->connection);
    }
    http->waiting = NULL;
    http->changes++;
}

void pp_http_wake(pp_http *http) {
    pthread_mutex_lock(&http->lock);
    pp_wait_wake(http);
    pthread_mutex_unlock(&http->lock);
    pp_peers_sweep(&http->peers);
}
