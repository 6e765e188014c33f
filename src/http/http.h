// SPDX-License-Identifier: MIT OR Apache-2.0
// An HTTP/1.1 server that knows nothing of what it serves: libmicrohttpd, one thread, one address.
// A site says which routes there are and how each is answered; answers may wait until something
// changes, be read piece by piece as they are sent, or be events that never end.
//
// Safety: requests whose Host is not allowed, or whose Origin is neither this server's own nor a
// browser extension's, are refused; nothing is read that its declared type does not name, so no web
// page can make a browser send it. Bodies, connections and what all bodies and answers hold
// together are bounded; slow peers are cut off (peers.h).
#ifndef PP_HTTP_HTTP_H
#define PP_HTTP_HTTP_H

#include "base/err.h"

typedef struct pp_http pp_http;
typedef struct pp_http_request pp_http_request;

// The statuses that routes answer with.
enum {
    PP_HTTP_OK = 200,
    PP_HTTP_NO_CONTENT = 204,
    PP_HTTP_BAD_REQUEST = 400,
    PP_HTTP_NOT_FOUND = 404,
    PP_HTTP_CONFLICT = 409,
    PP_HTTP_GONE = 410,
    PP_HTTP_UNAVAILABLE = 503,
};
enum { PP_HTTP_REST_MAX = 96 }; // bytes of a path behind a route that takes more, its NUL with them
#define PP_HTTP_JSON "application/json"

// One thing that is served.
typedef struct pp_http_route {
    const char *method; // "GET": HEAD too
    const char *path;   // "/v1/status"; one that ends in * takes more: pp_http_rest
    // In the server's thread, once the body is there: queues an answer (one of pp_http_text to
    // pp_http_events, whose result it returns), or has waited for one (true): it is then called
    // again. False ends the connection.
    bool (*answer)(pp_http_request *r);
    const char *type; // of the body, NULL where none is taken
    size_t body_max;
} pp_http_route;

// A file of the pages that are served beside the routes: static data.
typedef struct pp_http_file {
    const char *type; // "text/html; charset=utf-8"
    const char *etag; // quoted; changes with the data
    const uint8_t *data;
    size_t size;
} pp_http_file;

// What is served. Lasts as long as the server.
typedef struct pp_http_site {
    void *app; // the routes' own: pp_http_app
    const pp_http_route *routes;
    size_t routes_len;
    // Asked for GETs of paths that are no route: the file, or false. NULL: there are none.
    bool (*find)(pp_http_file *out, const char *path);
    const char *policy; // Content-Security-Policy of these files; NULL: none
    const char *guide;  // the document that lists the routes: refusals name it
} pp_http_site;

// Where, for whom.
typedef struct pp_http_options {
    const char *address;      // numeric: "127.0.0.1", "::1", "0.0.0.0"
    uint16_t port;            // 0: any free one
    const char *const *hosts; // allowed in Host beside localhost and the address, without port
    size_t hosts_len;
    // Seconds that a peer may say nothing, has for a request's head, and for a body or an answer
    // beside a second for each 128 KiB; 1 or more.
    unsigned patience;
} pp_http_options;

// Binds and begins to answer. False with one sentence. What options and site point at outlives it.
PP_NODISCARD bool pp_http_open(pp_err *err, pp_http **out, const pp_http_options *options,
                               const pp_http_site *site);
uint16_t pp_http_port(const pp_http *http);
// Ends every connection. Nobody calls pp_http_event or pp_http_wake any more. NULL is fine.
void pp_http_close(pp_http *http);

// ---- from any thread ----------------------------------------------------------------------------

// An event for those who watch: "event: …\ndata: …\n\n", malloc'ed and taken over. latest: it says
// how things stand: who comes new begins with the last such one.
void pp_http_event(pp_http *http, char *text, size_t size, bool latest);
// Something has changed: every answer that waits is looked at again, and every event is sent. Cuts
// off peers whose time is over, so it has to be called every few seconds.
void pp_http_wake(pp_http *http);

// ---- for answers, in the server's thread --------------------------------------------------------

void *pp_http_app(const pp_http_request *r);
const char *pp_http_rest(const pp_http_request *r);                       // behind the route's *
const char *pp_http_argument(const pp_http_request *r, const char *name); // ?name=…; NULL: none
// The address that it comes from, IPv4 as mapped; of IPv6 the half that whoever has one has.
void pp_http_from(uint8_t out[16], const pp_http_request *r);
// The body, malloc'ed: the caller's from now on, and counted for the peer no more. NULL when there
// is none.
uint8_t *pp_http_take_body(size_t *size, pp_http_request *r);

// Something that an answer which waits keeps until it is called again; NULL at first. let_go is
// called with it when the request ends, however it does.
void pp_http_keep(pp_http_request *r, void *kept, void (*let_go)(void *app, void *kept));
void *pp_http_kept(const pp_http_request *r);
// Bytes that are held for this request until it ends; those of small answers do not count. False
// when that is too much: refuse it, with these words.
PP_NODISCARD bool pp_http_hold(pp_http_request *r, size_t bytes);
#define PP_HTTP_TOO_MUCH "answers wait to be taken; take them, or try again later"

// READY: ready said so. WAITS: not yet; the answer returns true, and is called again once
// something has changed. ENDS: not yet, and the server ends: nobody would call it again.
typedef enum pp_http_waiting { PP_HTTP_READY, PP_HTTP_WAITS, PP_HTTP_ENDS } pp_http_waiting;
pp_http_waiting pp_http_wait(pp_http_request *r, bool (*ready)(void *ctx), void *ctx);
// This request waits without an end, so it has no deadline. False when too many do: refuse it.
PP_NODISCARD bool pp_http_patient(pp_http_request *r);

// Each queues the answer; false when there can be none. Takes text, malloc'ed, over; NULL where
// size is 0. Where too much is held already, that is the answer.
bool pp_http_text(pp_http_request *r, unsigned status, const char *type, char *text, size_t size);
// {"error": why}.
bool pp_http_refuse(pp_http_request *r, unsigned status, const char *why);
// Reads the answer piece by piece as it is sent, so that none of it is in memory whole: read gives
// the bytes from `position` on, at most max, in order; 0 when that failed, and the connection ends.
// ctx is malloc'ed and taken over. name: as what a browser saves it; NULL: it shows it.
bool pp_http_send(pp_http_request *r, const char *type, const char *name, uint64_t size,
                  size_t (*read)(uint8_t *out, size_t max, void *ctx, uint64_t position),
                  void *ctx);
// All events from now on, for as long as the peer reads them.
bool pp_http_events(pp_http_request *r);

#endif
