// SPDX-License-Identifier: MIT OR Apache-2.0
// Server-sent events: a ring of the last ones, read by as many as watch.
#include <stdlib.h>

#include "http/internal.h"

void pp_http_event(pp_http *http, char *text, size_t size, bool latest) {
    pthread_mutex_lock(&http->lock);
    size_t at = (size_t)(http->events_len % PP_HTTP_EVENTS);
    free(http->events[at]);
    http->events[at] = text;
    http->event_sizes[at] = size;
    if (latest) http->latest = http->events_len;
    http->events_len++;
    pthread_mutex_unlock(&http->lock);
}

// One stream; longer-lived than its request's answer.
typedef struct stream {
    pp_http_request *request; // while its connection lasts
    size_t offset;            // in the event that is being sent
} stream;

// With the lock: the number of the oldest event that is still there.
static uint64_t oldest(const pp_http *http) {
    return http->events_len > PP_HTTP_EVENTS ? http->events_len - PP_HTTP_EVENTS : 0;
}

static ssize_t read_events(void *ctx, uint64_t position, char *out, size_t max) {
    stream *s = ctx;
    pp_http_request *r = s->request;
    pp_http *http = r->http;
    ssize_t sent = 0;
    (void)position;
    pthread_mutex_lock(&http->lock);
    uint64_t seen = http->changes;
    if (r->from <
        oldest(http)) { // what it missed is gone: it may begin again, where the next event begins
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
    return pp_wait_since(r, seen) == PP_HTTP_ENDS ? MHD_CONTENT_READER_END_OF_STREAM : 0;
}

bool pp_http_events(pp_http_request *r) {
    pp_http *http = r->http;
    if (!pp_http_patient(r))
        return pp_http_refuse(r, PP_HTTP_UNAVAILABLE, "too many watch; try again later");
    pthread_mutex_lock(&http->lock);
    r->from = http->latest > oldest(http) ? http->latest : oldest(http);
    pthread_mutex_unlock(&http->lock);
    stream *s = malloc(sizeof *s);
    PP_ASSERT(s != NULL);
    *s = (stream){.request = r};
    return pp_answer_respond(
        r, MHD_HTTP_OK, "text/event-stream", MHD_SIZE_UNKNOWN,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, read_events, s, free));
}
