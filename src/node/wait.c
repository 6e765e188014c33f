// SPDX-License-Identifier: MIT OR Apache-2.0
// A connection that must wait (for the journal, for a block) is suspended, and resumed by whoever
// changes something: it is then looked at again, in the server's thread.
#include "node/server.h"

uint64_t pp_wait_changes(pp_http *http) {
    pthread_mutex_lock(&http->lock);
    uint64_t n = http->changes;
    pthread_mutex_unlock(&http->lock);
    return n;
}

pp_waiting pp_wait_since(pp_request *r, uint64_t seen) {
    pp_http *http = r->http;
    pthread_mutex_lock(&http->lock);
    pp_waiting w = http->closing ? PP_ENDS : http->changes != seen ? PP_LOOK : PP_WAITS;
    if (w == PP_WAITS) {
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

void pp_wait_wake(pp_http *http) {
    for (pp_request *r = http->waiting, *next; r; r = next) {
        next = r->next;
        r->waits = false;
        MHD_resume_connection(r->connection);
    }
    http->waiting = NULL;
    http->changes++;
}
