// SPDX-License-Identifier: MIT OR Apache-2.0
// The routes, and how each is answered.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "chain/block.h"
#include "node/lists.h"
#include "node/routes.h"
#include "rpc/rpc.h"

enum { BLOCKS_MAX = 4 << 20 }; // bytes of one answer of /v1/blocks

static pp_node *node_of(const pp_http_request *r) {
    return pp_http_app(r);
}

static bool stops(pp_http_request *r) {
    return pp_http_refuse(r, PP_HTTP_UNAVAILABLE, "the node stops");
}

static bool say(pp_http_request *r, char *json, size_t size) {
    return pp_http_text(r, PP_HTTP_OK, PP_HTTP_JSON, json, size);
}

// ---- what waits -------------------------------------------------------------------------------

// A JSON-RPC answer, until what it acknowledges is on disk.
typedef struct rpc_answer {
    char *text;
    size_t size;
    uint64_t ticket;
} rpc_answer;

static void free_rpc(void *node, void *kept) {
    rpc_answer *a = kept;
    (void)node;
    free(a->text);
    free(a);
}

static bool is_safe(void *r) {
    const rpc_answer *a = pp_http_kept(r);
    return pp_node_is_safe(node_of(r), a->ticket);
}

// name: of the lane; NULL: the first open one of genesis.
static bool answer_rpc_of(pp_http_request *r, const char *name) {
    rpc_answer *a = pp_http_kept(r);
    if (a == NULL) {
        size_t size;
        uint64_t lane;
        if (!pp_node_find_lane(&lane, node_of(r), name))
            return pp_http_refuse(
                r, PP_HTTP_NOT_FOUND,
                name ? "this network has no such rollup; /v1/status lists them"
                     : "no rollup of genesis is open: POST /rpc/NAME asks another");
        a = calloc(1, sizeof *a);
        PP_ASSERT(a != NULL);
        uint8_t *body = pp_http_take_body(&size, r);
        a->text = pp_node_rpc(&a->size, &a->ticket, node_of(r), lane, (pp_bytes){body, size});
        free(body);
        pp_http_keep(r, a, free_rpc);
        if (!pp_http_hold(r, a->size))
            return pp_http_refuse(r, PP_HTTP_UNAVAILABLE, PP_HTTP_TOO_MUCH);
    }
    pp_http_waiting w = pp_http_wait(r, is_safe, r);
    if (w != PP_HTTP_READY) return w == PP_HTTP_WAITS || stops(r);
    char *text = a->text;
    a->text = NULL;
    if (text != NULL) return say(r, text, a->size);
    return pp_http_text(r, PP_HTTP_NO_CONTENT, PP_HTTP_JSON, NULL, 0);
}

static bool answer_rpc(pp_http_request *r) {
    return answer_rpc_of(r, NULL);
}
static bool answer_lane_rpc(pp_http_request *r) {
    return answer_rpc_of(r, pp_http_rest(r));
}

static void abandon(void *node, void *command) {
    pp_node_abandon(node, command);
}

static bool is_done(void *r) {
    return pp_node_is_done(node_of(r), pp_http_kept(r));
}

static bool answer_command(pp_http_request *r) {
    pp_node_command *command = pp_http_kept(r);
    if (pp_node_follows(node_of(r)))
        return pp_http_refuse(r, PP_HTTP_CONFLICT, "this node follows another one: send it there");
    size_t size;
    if (command == NULL) {
        uint8_t *item = pp_http_take_body(&size, r);
        uint8_t from[16];
        pp_http_from(from, r);
        command = pp_node_submit(node_of(r), from, item, size);
        if (command == NULL) {
            free(item);
            return pp_http_refuse(r, PP_HTTP_UNAVAILABLE,
                                  "too many commands wait; try again later");
        }
        pp_http_keep(r, command, abandon);
    }
    pp_http_waiting w = pp_http_wait(r, is_done, r);
    if (w != PP_HTTP_READY) return w == PP_HTTP_WAITS || stops(r);
    if (command->dropped) return stops(r);
    char *text = pp_route_command(&size, command);
    return pp_http_text(r, command->height ? PP_HTTP_OK : PP_HTTP_BAD_REQUEST, PP_HTTP_JSON, text,
                        size);
}

// ---- from the log, piece by piece as it is sent -----------------------------------------------

// Part of one record.
typedef struct part {
    pp_node *node;
    uint64_t height;
    size_t offset, size;
} part;

static size_t read_part(uint8_t *out, size_t max, void *ctx, uint64_t position) {
    const part *p = ctx;
    size_t left = p->size - (size_t)position, n = left < max ? left : max;
    return pp_node_bytes(out, n, p->node, p->height, p->offset + (size_t)position) ? n : 0;
}

static bool send_part(pp_http_request *r, const char *type, const part *what, const char *name) {
    part *p = malloc(sizeof *p);
    PP_ASSERT(p != NULL);
    *p = *what;
    return pp_http_send(r, type, name, p->size, read_part, p);
}

static bool answer_genesis(pp_http_request *r) {
    part p = {.node = node_of(r), .size = pp_node_block_size(node_of(r), 0)};
    return send_part(r, PP_HTTP_JSON, &p, NULL);
}

typedef struct records {
    pp_node *node;
    uint64_t from;
    pp_node_records at;
} records;

static bool has_records(void *ctx) {
    records *s = ctx;
    s->at = pp_node_records_from(s->node, s->from, BLOCKS_MAX);
    return s->at.size > 0 || s->at.far || s->at.pruned > 0;
}

static size_t read_records(uint8_t *out, size_t max, void *ctx, uint64_t position) {
    records *s = ctx;
    (void)position; // in order
    return pp_node_records_read(out, max, s->node, &s->at);
}

static bool answer_blocks(pp_http_request *r) {
    const char *from = pp_http_argument(r, "from"), *wait = pp_http_argument(r, "wait");
    pp_u128 height = 0;
    if (from == NULL || !pp_u128_parse(&height, from) || height < 1 || height > UINT64_MAX)
        return pp_http_refuse(r, PP_HTTP_BAD_REQUEST, "from: a height, 1 or more");
    records s = {.node = node_of(r), .from = (uint64_t)height};
    if (!has_records(&s) && wait != NULL && strcmp(wait, "1") == 0) {
        if (!pp_http_patient(r))
            return pp_http_refuse(r, PP_HTTP_UNAVAILABLE, "too many wait for blocks");
        if (pp_http_wait(r, has_records, &s) == PP_HTTP_WAITS) return true;
    }
    if (s.at.pruned > 0) {
        char text[96];
        snprintf(text, sizeof text, "blocks 1 to %" PRIu64 " were pruned here", s.at.pruned);
        return pp_http_refuse(r, PP_HTTP_GONE, text);
    }
    records *sent = malloc(sizeof *sent);
    PP_ASSERT(sent != NULL);
    *sent = s;
    return pp_http_send(r, "application/octet-stream", NULL, s.at.size, read_records, sent);
}

static bool answer_status(pp_http_request *r) {
    size_t size;
    char *text = pp_route_status(&size, node_of(r));
    return say(r, text, size);
}

static bool answer_metrics(pp_http_request *r) {
    size_t size;
    char *text = pp_route_metrics(&size, node_of(r));
    return pp_http_text(r, PP_HTTP_OK, "text/plain; version=0.0.4", text, size);
}

static bool answer_health(pp_http_request *r) {
    size_t size;
    bool healthy;
    char *text = pp_route_health(&size, &healthy, node_of(r));
    return pp_http_text(r, healthy ? PP_HTTP_OK : PP_HTTP_UNAVAILABLE, PP_HTTP_JSON, text, size);
}

// ---- lists ------------------------------------------------------------------------------------

static bool number_argument(uint64_t *out, bool *there, const pp_http_request *r,
                            const char *name) {
    const char *text = pp_http_argument(r, name);
    pp_u128 n = 0;
    *there = text != NULL;
    if (text == NULL) return true;
    if (!pp_u128_parse(&n, text) || n > UINT64_MAX) return false;
    *out = (uint64_t)n;
    return true;
}

static bool answer_list(pp_http_request *r, pp_list *list) {
    pp_page page = {.before = UINT64_MAX, .limit = PP_PAGE_DEFAULT};
    uint64_t limit = PP_PAGE_DEFAULT;
    bool there;
    if (!number_argument(&page.before, &there, r, "before") ||
        !number_argument(&page.lane, &page.has_lane, r, "lane") ||
        !number_argument(&page.number, &page.has_number, r, "number") ||
        !number_argument(&limit, &there, r, "limit") || limit < 1 ||
        (page.has_number && !page.has_lane))
        return pp_http_refuse(r, PP_HTTP_BAD_REQUEST,
                              "before, lane, number and limit are numbers, limit 1 or more; a "
                              "number is one of a lane");
    page.limit = limit < PP_PAGE_MAX ? (size_t)limit : PP_PAGE_MAX;
    size_t size;
    char *text = list(&size, node_of(r), &page);
    return say(r, text, size);
}

static bool answer_requests(pp_http_request *r) {
    return answer_list(r, pp_list_requests);
}
static bool answer_batches(pp_http_request *r) {
    return answer_list(r, pp_list_batches);
}
static bool answer_provers(pp_http_request *r) {
    return answer_list(r, pp_list_provers);
}
static bool answer_incidents(pp_http_request *r) {
    return answer_list(r, pp_list_incidents);
}
static bool answer_prices(pp_http_request *r) {
    return answer_list(r, pp_list_prices);
}
static bool answer_headers(pp_http_request *r) {
    return answer_list(r, pp_list_headers);
}
static bool answer_transactions(pp_http_request *r) {
    return answer_list(r, pp_list_transactions);
}

static bool address_argument(pp_address *out, const pp_http_request *r) {
    const char *text = pp_http_argument(r, "address");
    return text != NULL && pp_hex_decode(out->b, sizeof out->b, text);
}
#define NO_ADDRESS "address: 0x and 40 hex digits"

static bool answer_account(pp_http_request *r) {
    pp_address address;
    if (!address_argument(&address, r)) return pp_http_refuse(r, PP_HTTP_BAD_REQUEST, NO_ADDRESS);
    size_t size;
    char *out = pp_list_account(&size, node_of(r), &address);
    return say(r, out, size);
}

// Asked of the chain itself, between its blocks.
static void forget(void *node, void *question) {
    pp_node_forget(node, question);
}

static bool is_answered(void *r) {
    return pp_node_is_answered(node_of(r), pp_http_kept(r));
}

static bool answer_withdrawals(pp_http_request *r) {
    pp_node_question *question = pp_http_kept(r);
    pp_address address;
    if (!address_argument(&address, r)) return pp_http_refuse(r, PP_HTTP_BAD_REQUEST, NO_ADDRESS);
    if (question == NULL) {
        question = pp_node_ask(node_of(r), &address, pp_route_withdrawals);
        if (question == NULL)
            return pp_http_refuse(r, PP_HTTP_UNAVAILABLE,
                                  "too many questions wait; try again later");
        pp_http_keep(r, question, forget);
    }
    pp_http_waiting w = pp_http_wait(r, is_answered, r);
    if (w != PP_HTTP_READY) return w == PP_HTTP_WAITS || stops(r);
    char *text = question->text;
    question->text = NULL;
    return text == NULL ? stops(r) : say(r, text, question->size);
}

static bool send_proof(pp_http_request *r, const pp_hash32 *id) {
    part p = {.node = node_of(r)};
    pp_list_proof(&p.height, &p.offset, &p.size, p.node, id);
    if (p.size == 0)
        return pp_http_refuse(r, PP_HTTP_NOT_FOUND, "no proof of this request is kept");
    char hex[2 * 32 + 1], name[32]; // the file that the page's command names
    pp_hex_encode(hex, id->b, 32);
    snprintf(name, sizeof name, "%.12s.proof", hex);
    return send_part(r, "application/octet-stream", &p, name);
}

// HASH, or HASH/proof.
static bool answer_request(pp_http_request *r) {
    static const char proof_word[] = "/proof";
    char hash[PP_HTTP_REST_MAX];
    snprintf(hash, sizeof hash, "%s", pp_http_rest(r));
    char *slash = strchr(hash, '/');
    bool wants_proof = slash != NULL && strcmp(slash, proof_word) == 0;
    pp_hash32 id;
    if (wants_proof) *slash = 0;
    if (!pp_hex_decode(id.b, sizeof id.b, hash))
        return pp_http_refuse(r, PP_HTTP_NOT_FOUND, "a request's id is 0x and 64 hex digits");
    if (wants_proof) return send_proof(r, &id);
    size_t size;
    char *text = pp_list_request(&size, node_of(r), &id);
    if (text == NULL) return pp_http_refuse(r, PP_HTTP_NOT_FOUND, "no such request is kept");
    return say(r, text, size);
}

const pp_http_route pp_routes[] = {
    {"POST", "/", answer_rpc, PP_HTTP_JSON, PP_RPC_REQUEST_MAX},
    {"POST", "/rpc/*", answer_lane_rpc, PP_HTTP_JSON, PP_RPC_REQUEST_MAX},
    {"POST", "/v1/commands", answer_command, "application/octet-stream", PP_BLOCK_BYTES_MAX},
    {"GET", "/v1/status", answer_status, NULL, 0},
    {"GET", "/v1/genesis", answer_genesis, NULL, 0},
    {"GET", "/v1/blocks", answer_blocks, NULL, 0},
    {"GET", "/v1/events", pp_http_events, NULL, 0},
    {"GET", "/v1/headers", answer_headers, NULL, 0},
    {"GET", "/v1/transactions", answer_transactions, NULL, 0},
    {"GET", "/v1/batches", answer_batches, NULL, 0},
    {"GET", "/v1/requests", answer_requests, NULL, 0},
    {"GET", "/v1/requests/*", answer_request, NULL, 0},
    {"GET", "/v1/provers", answer_provers, NULL, 0},
    {"GET", "/v1/accounts", answer_account, NULL, 0},
    {"GET", "/v1/withdrawals", answer_withdrawals, NULL, 0},
    {"GET", "/v1/incidents", answer_incidents, NULL, 0},
    {"GET", "/v1/prices", answer_prices, NULL, 0},
    {"GET", "/health", answer_health, NULL, 0},
    {"GET", "/metrics", answer_metrics, NULL, 0},
};
const size_t pp_routes_len = PP_COUNT(pp_routes);
