// SPDX-License-Identifier: MIT OR Apache-2.0
// What the server's files share. Only for http/: http.c is the frame, door.c says who may ask,
// wait.c holds what must wait, answer.c queues what is said, stream.c the events.
#ifndef PP_HTTP_INTERNAL_H
#define PP_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>

#include "http/http.h"
#include "http/peers.h"

enum { PP_HTTP_EVENTS = 256 }; // events that a slow reader may be behind

// One request on its way.
struct pp_http_request {
    pp_http *http;
    struct MHD_Connection *connection;
    pp_peer *peer;
    const pp_http_route *route;
    char rest[PP_HTTP_REST_MAX];
    pp_http_file file; // of the pages, where route is theirs
    unsigned refused;  // status to refuse it with; 0: none
    const char *why;
    char guided[128]; // a why that names the site's guide
    uint8_t *body;
    size_t size, max;
    size_t held; // reserved for body and answer
    void *kept;  // the route's
    void (*let_go)(void *app, void *kept);
    // Waiting.
    bool waits; // in the server's list, suspended
    pp_http_request *next, **at;
    uint64_t from; // events: the next one's number
};

struct pp_http {
    struct MHD_Daemon *daemon;
    pp_http_options options;
    pp_http_site site;
    uint16_t port;
    pp_peers peers;
    pthread_mutex_t lock; // of all below
    bool closing;
    uint64_t changes; // so far
    pp_http_request *waiting;
    char *events[PP_HTTP_EVENTS]; // event number n at n % PP_HTTP_EVENTS
    size_t event_sizes[PP_HTTP_EVENTS];
    uint64_t events_len; // so far
    uint64_t latest;     // the number of the last that says how things stand
};

// ---- door.c -----------------------------------------------------------------------------------

// Finds the route and looks at the head: sets r->refused where it may not come in.
void pp_door_look(pp_http_request *r, const char *path, const char *method);
// A piece of the body.
void pp_door_body(pp_http_request *r, const char *data, size_t size);

// ---- wait.c -----------------------------------------------------------------------------------

// READY: something has changed since `seen`. Else as pp_http_wait.
pp_http_waiting pp_wait_since(pp_http_request *r, uint64_t seen);
// With the server's lock: everybody is looked at again.
void pp_wait_wake(pp_http *http);

// ---- answer.c ---------------------------------------------------------------------------------

// So many more bytes are held for this request; false when that is too much.
PP_NODISCARD bool pp_answer_hold(pp_http_request *r, size_t bytes);
// Queues and lets go of the response, with the headers that all have.
// size: of the body, MHD_SIZE_UNKNOWN where it does not end.
bool pp_answer_respond(pp_http_request *r, unsigned status, const char *type, uint64_t size,
                       struct MHD_Response *response);
// The route of all files that the site finds.
extern const pp_http_route pp_answer_files;

#endif
