// SPDX-License-Identifier: MIT OR Apache-2.0
// The market as a node tells it (docs/openapi.yaml).
#ifndef PP_CLI_MARKET_NODE_H
#define PP_CLI_MARKET_NODE_H

#include "base/err.h"
#include "explain/explain.h"

// Whether an id, "0x" and 64 digits, begins with these digits, 0x before them or not.
PP_NODISCARD bool pp_market_begins(const char *id, const char *digits);
// The story of the request whose id this is, or begins so, on stdout; the exit code, with one
// sentence when it is none.
int pp_market_node_explain(const char *url, const char *request, bool json);
// The last prices, as pp_quote_get. False with one sentence when there is no answer.
PP_NODISCARD bool pp_market_node_quote(pp_err *err, pp_quote *out, const char *url, pp_u128 rate);

// How long provers took there of late: the median of the last few who were assigned and delivered,
// in ms for a million units of work, all delays counted; 0 where nobody has.
PP_NODISCARD bool pp_market_node_pace(pp_err *err, uint64_t *out, const char *url);

#endif
