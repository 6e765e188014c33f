// SPDX-License-Identifier: MIT OR Apache-2.0
// What people look at, as JSON: lists page by page, newest first, and single requests and accounts.
// Only for node/. docs/openapi.yaml has the members.
#ifndef PP_NODE_LISTS_H
#define PP_NODE_LISTS_H

#include <jansson.h>

#include "node/node.h"

enum { PP_PAGE_MAX = 100, PP_PAGE_DEFAULT = 25 };

typedef struct pp_page {
    uint64_t before; // items whose number is below
    size_t limit;    // 1 to PP_PAGE_MAX
    bool has_lane;   // batches: of this lane only; blocks and transactions: as this lane has them
    uint64_t lane;
    bool has_number; // and of this number only
    uint64_t number;
} pp_page;

// {"items": [...], "next": what to ask for as `before`, or null}, malloc'ed.
typedef char *pp_list(size_t *size, pp_node *node, const pp_page *page);
pp_list pp_list_requests, pp_list_batches, pp_list_provers, pp_list_incidents, pp_list_prices,
    pp_list_headers, pp_list_transactions;

// NULL when there is none, or it is forgotten.
char *pp_list_request(size_t *size, pp_node *node, const pp_hash32 *id);
// All zero, where it has nothing on the chain.
char *pp_list_account(size_t *size, pp_node *node, const pp_address *address);
// Server-sent events of the market, from number *from on, one malloc'ed text; *from moves on. NULL
// when there is nothing new.
char *pp_list_news(size_t *size, uint64_t *from, pp_node *node);
// Where a request's accepted proof stands; *size 0 when there is none.
void pp_list_proof(uint64_t *height, size_t *offset, size_t *size, pp_node *node,
                   const pp_hash32 *id);

// ---- for those who write lists
// --------------------------------------------------------------------

// A question on its way through pp_node_read.
typedef struct pp_ask {
    const pp_page *page;
    json_t *items;
    bool more; // there are items behind the page
    uint64_t next;
    const pp_hash32 *id;
    const pp_address *address;
    json_t *one;
} pp_ask;

// The page that read, given a pp_ask, fills: malloc'ed text.
char *pp_list_make(size_t *size, pp_node *node, const pp_page *page,
                   void (*read)(void *ctx, const pp_node_seen *seen));
bool pp_list_full(const pp_ask *ask);
// lane and batch, null where there are none.
void pp_list_place(json_t *out, bool has_batch, uint64_t lane, uint64_t batch);

#endif
