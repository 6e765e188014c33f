// SPDX-License-Identifier: MIT OR Apache-2.0
// Server-sent events: a ring of the last ones, read by as many as watch.
#include <stdlib.h>

#include "node/lists.h"
#include "node/routes.h"
#include "node/server.h"

// With the lock. Takes the text over.
static void add(pp_http *http, char *event, size_t size) {
    size_t at = (size_t)(http->events_len++ % PP_HTTP_EVENTS);
    free(http->events[at]);
    http->events[at] = event;
    http->event_sizes[at] = size;
}

void pp_stream_skip(pp_http *http) {
    size_t size;
    for (char *text; (text = pp_list_news(&size, &http->news, http->node)) != NULL;) free(text);
}

void pp_stream_change(void *ctx) {
    pp_http *http = ctx;
    pp_node_view *v = malloc(sizeof *v);
    PP_ASSERT(v != NULL);
    pthread_mutex_lock(&http->lock);
    size_t size;
    for (char *text; (text = pp_list_news(&size, &http->news, http->node)) != NULL;)
        add(http, text, size);
    pp_node_view_get(v, http->node);
    // The last event of a change is always the block's: who comes new begins with it.
    bool news =
        http->events_len == 0 || v->info.height != http->height || v->finalized != http->finalized;
    http->height = v->info.height;
    http->finalized = v->finalized;
    if (news) {
        char *event = pp_route_event(&size, v);
        add(http, event, size);
    }
    free(v);
    pp_wait_wake(http);
    pthread_mutex_unlock(&http->lock);
    pp_peers_sweep(&http->peers);
}

// One stream; longer-lived than its request's answer.
typedef struct stream {
    pp_http *http;
    pp_request *request; // while its connection lasts
    size_t offset;       // in the event that is being sent
} stream;

static ssize_t read_events(void *ctx, uint64_t position, char *out, size_t max) {
    stream *s = ctx;
    pp_request *r = s->request;
    pp_http *http = r->http;
    ssize_t sent = 0;
    (void)position;
    pthread_mutex_lock(&http->lock);
    uint64_t seen = http->changes;
    bool behind = http->events_len > PP_HTTP_EVENTS && r->from < http->events_len - PP_HTTP_EVENTS;
    if (behind) { // what it missed is gone: it may begin again, where the next event begins
        pthread_mutex_unlock(&http->lock);
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (r->from < http->events_len) {
        size_t at = (size_t)(r->from % PP_HTTP_EVENTS), left = http->event_sizes[at] - s->offset;
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
    return pp_wait_since(r, seen) == PP_ENDS ? MHD_CONTENT_READER_END_OF_STREAM : 0;
}

enum MHD_Result pp_stream_answer(pp_request *r) {
    pp_http *http = r->http;
    if (!pp_peers_stream(&http->peers, r->peer))
        return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE,
                                 "too many watch; try again later");
    pthread_mutex_lock(&http->lock);
    r->from = http->events_len ? http->events_len - 1 : 0; // how things stand comes at once
    pthread_mutex_unlock(&http->lock);
    stream *s = calloc(1, sizeof *s);
    PP_ASSERT(s != NULL);
    *s = (stream){.http = http, .request = r};
    return pp_answer_respond(
        r, MHD_HTTP_OK, "text/event-stream", MHD_SIZE_UNKNOWN,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, read_events, s, free));
}
