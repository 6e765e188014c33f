// SPDX-License-Identifier: MIT OR Apache-2.0
// Who may ask, and how much they may send.
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "http/internal.h"

enum { BODY_FIRST = 4096 }; // room that a body begins with

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

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

// Browsers name the page that asks: only pages of this very server may, and their extensions, which
// wallets are: no page can name itself so. An extension asks without a preflight where its user
// lets it ask this address at all; one that may not gets no answer that it could read.
static bool origin_allowed(const char *origin, const char *host) {
    static const char *const extensions[] = {"chrome-extension://", "moz-extension://",
                                             "safari-web-extension://"};
    static const char page[] = "http://";
    if (origin == NULL) return true;
    for (size_t i = 0; i < PP_COUNT(extensions); i++)
        if (begins(origin, extensions[i])) return true;
    return begins(origin, page) && host != NULL && strcasecmp(origin + sizeof page - 1, host) == 0;
}

static bool type_matches(const char *given, const char *wanted) {
    size_t len = strlen(wanted);
    return given != NULL && strncasecmp(given, wanted, len) == 0 &&
           (given[len] == 0 || given[len] == ';' || given[len] == ' ');
}

static const char *header(const pp_http_request *r, const char *name) {
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

// The first reason counts.
static void refuse(pp_http_request *r, unsigned status, const char *why) {
    if (r->refused == 0) {
        r->refused = status;
        r->why = why;
    }
}

static void refuse_guided(pp_http_request *r, unsigned status, const char *why) {
    snprintf(r->guided, sizeof r->guided, "%s; %s lists them", why, r->http->site.guide);
    refuse(r, status, r->guided);
}

// What stands behind a path's prefix: true when `route` is for this path.
static bool is_for(char rest[PP_HTTP_REST_MAX], const pp_http_route *route, const char *path) {
    size_t len = strlen(route->path);
    if (route->path[len - 1] != '*') return strcmp(route->path, path) == 0;
    if (strncmp(route->path, path, len - 1) != 0) return false;
    size_t more = strlen(path + len - 1);
    if (more == 0 || more >= PP_HTTP_REST_MAX) return false;
    memcpy(rest, path + len - 1, more + 1);
    return true;
}

// HEAD is a GET whose body is not sent.
static bool is_method(const char *wanted, const char *given) {
    return strcmp(wanted, given) == 0 || (strcmp(given, "HEAD") == 0 && strcmp(wanted, "GET") == 0);
}

static void find_route(pp_http_request *r, const char *path, const char *method) {
    const pp_http_site *site = &r->http->site;
    bool known = false;
    for (size_t i = 0; i < site->routes_len && r->route == NULL; i++) {
        if (!is_for(r->rest, &site->routes[i], path)) continue;
        known = true;
        if (is_method(site->routes[i].method, method)) r->route = &site->routes[i];
    }
    if (r->route == NULL && site->find != NULL && site->find(&r->file, path)) {
        known = true;
        if (is_method(pp_answer_files.method, method)) r->route = &pp_answer_files;
    }
    if (!known) refuse_guided(r, MHD_HTTP_NOT_FOUND, "no such path");
    if (!r->route) refuse(r, MHD_HTTP_METHOD_NOT_ALLOWED, "not with this method");
}

void pp_door_look(pp_http_request *r, const char *path, const char *method) {
    const char *host = header(r, "Host"), *length = header(r, "Content-Length");
    if (!host_allowed(r->http, host)) refuse(r, MHD_HTTP_FORBIDDEN, "this Host is not served here");
    if (!origin_allowed(header(r, "Origin"), host))
        refuse(r, MHD_HTTP_FORBIDDEN, "pages of another origin may not ask");
    find_route(r, path, method);
    if (r->refused || r->route->type == NULL) return;
    if (!type_matches(header(r, "Content-Type"), r->route->type))
        refuse_guided(r, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "the Content-Type is not this route's");
    unsigned long long size = length ? strtoull(length, NULL, 10) : r->route->body_max;
    if (size > r->route->body_max)
        refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
    else
        pp_peers_expect(&r->http->peers, r->peer, 0);
}

// ---- bodies -----------------------------------------------------------------------------------

void pp_door_body(pp_http_request *r, const char *data, size_t size) {
    if (r->refused) return;
    pp_peers_got(&r->http->peers, r->peer, size);
    if (r->route->type == NULL || size > r->route->body_max - r->size) {
        refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
        return;
    }
    if (r->size + size > r->max) {
        size_t max = r->max + r->max / 4; // what came decides what is held, not what may come
        if (max < BODY_FIRST) max = BODY_FIRST;
        if (max < r->size + size) max = r->size + size;
        if (max > r->route->body_max) max = r->route->body_max;
        uint8_t *bigger = pp_answer_hold(r, max - r->max) ? realloc(r->body, max) : NULL;
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
