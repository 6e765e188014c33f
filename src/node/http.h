// SPDX-License-Identifier: MIT OR Apache-2.0
// The node's door: HTTP/1.1 by libmicrohttpd, one thread, on one address.
//
//   POST /             Ethereum's JSON-RPC (application/json)
//   GET  /health       200 while blocks keep coming, 503 when the last one is late
//   GET  /metrics      for Prometheus
//   GET  /v1/status    the view behind the last block
//   GET  /v1/genesis   the genesis file
//   GET  /v1/blocks    ?from=H[&wait=1]: u32 size and bytes each, at most 4 MiB; with wait, held
//                      until there is one
//   GET  /v1/events    a line for each block, as server-sent events
//   POST /v1/commands  one signed command (application/octet-stream); answered when its block is
//                      on disk
// docs/node.md and docs/openapi.yaml have the details.
//
// Safety: requests whose Host is not allowed, or whose Origin is not this node's own, are refused;
// nothing is read that its declared type does not name, so no web page can make a browser send it.
// Bodies, connections and what all bodies hold together are bounded; slow peers are cut off.
#ifndef PP_NODE_HTTP_H
#define PP_NODE_HTTP_H

#include "node/node.h"

typedef struct pp_http pp_http;

// A file of the pages that are served beside the routes: static data.
typedef struct pp_http_file {
    const char *type; // "text/html; charset=utf-8"
    const char *etag; // quoted; changes with the data
    const uint8_t *data;
    size_t size;
} pp_http_file;

typedef struct pp_http_options {
    const char *address;      // numeric: "127.0.0.1", "::1", "0.0.0.0"
    uint16_t port;            // 0: any free one
    const char *const *hosts; // allowed in Host beside localhost and the address, without port
    size_t hosts_len;
    // Seconds that a peer may say nothing, has for a request's head, and for a body or an answer
    // beside a second for each 128 KiB; 1 or more.
    unsigned patience;
    // Asked for GETs of paths that are no route: the file, or false. NULL: there are none.
    bool (*find)(pp_http_file *out, const char *path);
    const char *policy; // Content-Security-Policy of these files
} pp_http_options;

// Binds and begins to answer. The node must not run yet, and outlive it. False with one sentence.
PP_NODISCARD bool pp_http_open(pp_err *err, pp_http **out, pp_node *node,
                               const pp_http_options *options);
uint16_t pp_http_port(const pp_http *http);
// Ends every connection. The node has stopped. NULL is fine.
void pp_http_close(pp_http *http);

#endif
