// SPDX-License-Identifier: MIT OR Apache-2.0
// What the files of the node's server share. Only for node/: http.c is the frame, door.c says who
// may ask, wait.c holds what must wait, answers.c has the routes, stream.c the events.
#ifndef PP_NODE_SERVER_H
#define PP_NODE_SERVER_H

#include <microhttpd.h>
#include <pthread.h>

#include "node/http.h"
#include "node/peers.h"

enum {
    PP_HTTP_EVENTS = 256,  // events that a slow reader may be behind
    PP_HTTP_REST_MAX = 96, // bytes of a path behind a route that takes more
};

typedef struct pp_request pp_request;

// One thing that is served.
typedef struct pp_route {
    const char *method, *path; // one that ends in * takes more: request->rest
    enum MHD_Result (*answer)(pp_request *r);
    const char *type; // of the body, NULL where none is taken
    size_t body_max;
} pp_route;
extern const pp_route pp_routes[];
extern const size_t pp_routes_len;
extern const pp_route pp_route_file; // of all files that options->find knows

// One request on its way.
struct pp_request {
    pp_http *http;
    struct MHD_Connection *connection;
    pp_peer *peer;
    const pp_route *route;
    char rest[PP_HTTP_REST_MAX];
    pp_http_file file; // of the pages, where route is theirs
    unsigned refused;  // status to refuse it with; 0: none
    const char *why;
    uint8_t *body;
    size_t size, max;
    size_t held; // reserved for body and answer
    // Waiting.
    bool waits; // in the server's list, suspended
    pp_request *next, **at;
    bool asked; // the answer is made, or the command is on its way
    char *answer;
    size_t answer_size;
    uint64_t ticket;
    pp_node_command *command;
    pp_node_question *question;
    uint64_t from; // events: the next one's number
};

struct pp_http {
    pp_node *node;
    struct MHD_Daemon *daemon;
    pp_http_options options;
    uint16_t port;
    pp_peers peers;
    pthread_mutex_t lock; // of all below
    bool closing;
    uint64_t changes; // so far
    pp_request *waiting;
    char *events[PP_HTTP_EVENTS]; // event number n at n % PP_HTTP_EVENTS
    size_t event_sizes[PP_HTTP_EVENTS];
    uint64_t events_len;        // so far
    uint64_t height, finalized; // of the last block's event
    uint64_t news;              // the next of the market's
};

// ---- door.c -----------------------------------------------------------------------------------

// Finds the route and looks at the head: sets r->refused where it may not come in.
void pp_door_look(pp_request *r, const char *path, const char *method);
// A piece of the body.
void pp_door_body(pp_request *r, const char *data, size_t size);
// The first reason counts.
void pp_door_refuse(pp_request *r, unsigned status, const char *why);

// ---- wait.c -----------------------------------------------------------------------------------

// WAITS: suspended, to be looked at again. LOOK: something has changed since `seen`. ENDS: nobody
// would wake it.
typedef enum pp_waiting { PP_WAITS, PP_LOOK, PP_ENDS } pp_waiting;
uint64_t pp_wait_changes(pp_http *http);
pp_waiting pp_wait_since(pp_request *r, uint64_t seen);
// With the server's lock: everybody is looked at again.
void pp_wait_wake(pp_http *http);

// ---- stream.c ---------------------------------------------------------------------------------

// What the market has told so far is no news: before the first change.
void pp_stream_skip(pp_http *http);
// From the node's threads: something has changed.
void pp_stream_change(void *http);
enum MHD_Result pp_stream_answer(pp_request *r);

// ---- answers.c --------------------------------------------------------------------------------

// So many more bytes are held for this request; false when that is too much.
PP_NODISCARD bool pp_request_hold(pp_request *r, size_t bytes);

// Queues and lets go of the response, with the headers that all have.
// size: of the body, MHD_SIZE_UNKNOWN where it does not end.
enum MHD_Result pp_answer_respond(pp_request *r, unsigned status, const char *type, uint64_t size,
                                  struct MHD_Response *response);
// Takes text, malloc'ed, over. Where too much is held already, that is the answer.
enum MHD_Result pp_answer_text(pp_request *r, unsigned status, const char *type, char *text,
                               size_t size);
enum MHD_Result pp_answer_refusal(pp_request *r, unsigned status, const char *why);

#endif
