// SPDX-License-Identifier: MIT OR Apache-2.0
// A node served over HTTP (http/http.h), on one address.
//
//   POST /             Ethereum's JSON-RPC (application/json), of the first open lane of genesis
//   POST /rpc/NAME     the same of any lane, by its name or number
//   GET  /health       200 while blocks keep coming, 503 when the last one is late
//   GET  /metrics      for Prometheus
//   GET  /v1/status    the view behind the last block
//   GET  /v1/genesis   the genesis file
//   GET  /v1/blocks    ?from=H[&wait=1]: u32 size and bytes each, at most 4 MiB; with wait, held
//                      until there is one
//   GET  /v1/events    a line for each block, as server-sent events
//   POST /v1/commands  one signed command (application/octet-stream); answered when its block is
//                      on disk
// docs/node.md and docs/openapi.yaml have the details; GET / is the page (web.h).
#ifndef PP_NODE_SERVE_H
#define PP_NODE_SERVE_H

#include "http/http.h"
#include "node/node.h"

typedef struct pp_served pp_served;

// Binds and begins to answer. The node must not run yet, and outlive it. False with one sentence.
PP_NODISCARD bool pp_serve_open(pp_err *err, pp_served **out, pp_node *node,
                                const pp_http_options *options);
uint16_t pp_serve_port(const pp_served *served);
// Ends every connection. The node has stopped. NULL is fine.
void pp_serve_close(pp_served *served);

#endif
