// SPDX-License-Identifier: MIT OR Apache-2.0
// The routes, and the texts that questions are answered with. Only for node/.
#ifndef PP_NODE_ROUTES_H
#define PP_NODE_ROUTES_H

#include "http/http.h"
#include "node/node.h"

// Their app is a pp_node.
extern const pp_http_route pp_routes[];
extern const size_t pp_routes_len;

// Each malloc'ed.
char *pp_route_status(size_t *size, pp_node *node);  // JSON
char *pp_route_metrics(size_t *size, pp_node *node); // Prometheus' text format
char *pp_route_health(size_t *size, bool *healthy, pp_node *node);
char *pp_route_event(size_t *size, const pp_node_view *view);         // one server-sent event
char *pp_route_command(size_t *size, const pp_node_command *command); // JSON

// What an address has left to claim on the chain, JSON: the steps of an answer to a question, one
// withdrawal each.
enum { PP_ROUTE_WITHDRAWALS_MAX = 100 };
bool pp_route_withdrawals(pp_node_question *question, const pp_chain *chain);

#endif
