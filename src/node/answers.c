// SPDX-License-Identifier: MIT OR Apache-2.0
// The routes, and how each is answered.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "chain/block.h"
#include "node/lists.h"
#include "node/routes.h"
#include "node/server.h"
#include "rpc/rpc.h"

enum {
    BLOCKS_MAX = 4 << 20, // bytes of one answer of /v1/blocks
    SMALL = 16 << 10,     // answers up to it are not counted: the connections are
    PIECE = 32 << 10,     // of an answer that is read as it is sent
};
#define TOO_MUCH "answers wait to be taken; take them, or try again later"

enum MHD_Result pp_answer_respond(pp_request *r, unsigned status, const char *type, uint64_t size,
                                  struct MHD_Response *response) {
    PP_ASSERT(response != NULL);
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (MHD_get_response_header(response, "Cache-Control") == NULL)
        MHD_add_response_header(response, "Cache-Control", "no-store");
    if (size != MHD_SIZE_UNKNOWN) pp_peers_expect(&r->http->peers, r->peer, (size_t)size);
    enum MHD_Result result = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result pp_answer_text(pp_request *r, unsigned status, const char *type, char *text,
                               size_t size) {
    pp_peers *peers = &r->http->peers;
    size_t held = size > SMALL ? size : 0;
    if (!pp_peers_reserve(peers, r->peer, held)) {
        free(text);
        return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, TOO_MUCH);
    }
    return pp_answer_respond(r, status, type, size,
                             pp_peers_response(peers, r->peer, text, size, held));
}

enum MHD_Result pp_answer_refusal(pp_request *r, unsigned status, const char *why) {
    char *text = malloc(strlen(why) + 16);
    PP_ASSERT(text != NULL);
    int n = sprintf(text, "{\"error\":\"%s\"}", why);
    return pp_answer_text(r, status, "application/json", text, (size_t)n);
}

static enum MHD_Result answer_rpc(pp_request *r) {
    if (!r->asked) {
        pp_bytes body = {r->body, r->size};
        r->asked = true;
        r->answer = pp_node_rpc(&r->answer_size, &r->ticket, r->http->node, body);
        if (r->answer_size > SMALL && !pp_request_hold(r, r->answer_size))
            return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, TOO_MUCH);
    }
    for (;;) {
        uint64_t seen = pp_wait_changes(r->http);
        if (pp_node_is_safe(r->http->node, r->ticket)) break;
        pp_waiting w = pp_wait_since(r, seen);
        if (w == PP_WAITS) return MHD_YES;
        if (w == PP_ENDS)
            return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the node stops");
    }
    char *answer = r->answer;
    r->answer = NULL;
    if (answer) return pp_answer_text(r, MHD_HTTP_OK, "application/json", answer, r->answer_size);
    return pp_answer_respond(r, MHD_HTTP_NO_CONTENT, "application/json", 0,
                             MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result answer_command(pp_request *r) {
    pp_node *node = r->http->node;
    if (pp_node_follows(node))
        return pp_answer_refusal(r, MHD_HTTP_CONFLICT,
                                 "this node follows another one: send it there");
    if (!r->asked) {
        r->asked = true;
        r->command = pp_node_submit(node, r->body, r->size);
        if (r->command == NULL)
            return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE,
                                     "too many commands wait; try again later");
        r->body = NULL;
    }
    for (;;) {
        uint64_t seen = pp_wait_changes(r->http);
        if (pp_node_is_done(node, r->command)) break;
        pp_waiting w = pp_wait_since(r, seen);
        if (w == PP_WAITS) return MHD_YES;
        if (w == PP_ENDS)
            return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the node stops");
    }
    if (r->command->dropped)
        return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the node stops");
    size_t size;
    char *text = pp_route_command(&size, r->command);
    return pp_answer_text(r, r->command->height ? MHD_HTTP_OK : MHD_HTTP_BAD_REQUEST,
                          "application/json", text, size);
}

static const char *argument(const pp_request *r, const char *name) {
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

// ---- from the log: read piece by piece as it is sent, so that none of it is in memory whole
// ------

// Part of one record.
typedef struct part {
    pp_node *node;
    uint64_t height;
    size_t offset, size;
} part;

static ssize_t read_part(void *ctx, uint64_t position, char *out, size_t max) {
    const part *p = ctx;
    size_t left = p->size - (size_t)position, n = left < max ? left : max;
    if (pp_node_bytes((uint8_t *)out, n, p->node, p->height, p->offset + (size_t)position))
        return (ssize_t)n;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result send_part(pp_request *r, const char *type, const part *what,
                                 const char *name) {
    part *p = malloc(sizeof *p);
    PP_ASSERT(p != NULL);
    *p = *what;
    struct MHD_Response *response =
        MHD_create_response_from_callback(p->size, PIECE, read_part, p, free);
    PP_ASSERT(response != NULL);
    if (name) MHD_add_response_header(response, "Content-Disposition", name);
    return pp_answer_respond(r, MHD_HTTP_OK, type, what->size, response);
}

static enum MHD_Result answer_genesis(pp_request *r) {
    part p = {.node = r->http->node, .size = pp_node_block_size(r->http->node, 0)};
    return send_part(r, "application/json", &p, NULL);
}

typedef struct records {
    pp_node *node;
    pp_node_records at;
} records;

static ssize_t read_records(void *ctx, uint64_t position, char *out, size_t max) {
    records *s = ctx;
    (void)position; // in order
    size_t n = pp_node_records_read((uint8_t *)out, max, s->node, &s->at);
    return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result answer_blocks(pp_request *r) {
    const char *from = argument(r, "from"), *wait = argument(r, "wait");
    pp_u128 height = 0;
    if (from == NULL || !pp_u128_parse(&height, from) || height < 1 || height > UINT64_MAX)
        return pp_answer_refusal(r, MHD_HTTP_BAD_REQUEST, "from: a height, 1 or more");
    records *s = malloc(sizeof *s);
    PP_ASSERT(s != NULL);
    s->node = r->http->node;
    for (;;) {
        uint64_t seen = pp_wait_changes(r->http);
        s->at = pp_node_records_from(s->node, (uint64_t)height, BLOCKS_MAX);
        if (s->at.pruned > 0) {
            char text[96];
            snprintf(text, sizeof text, "blocks 1 to %" PRIu64 " were pruned here", s->at.pruned);
            free(s);
            return pp_answer_refusal(r, MHD_HTTP_GONE, text);
        }
        if (s->at.size > 0 || s->at.far || wait == NULL || strcmp(wait, "1") != 0) break;
        if (!pp_peers_stream(&r->http->peers, r->peer)) {
            free(s);
            return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many wait for blocks");
        }
        pp_waiting w = pp_wait_since(r, seen);
        if (w == PP_WAITS) {
            free(s);
            return MHD_YES;
        }
        if (w == PP_ENDS) break;
    }
    uint64_t size = s->at.size;
    return pp_answer_respond(r, MHD_HTTP_OK, "application/octet-stream", size,
                             MHD_create_response_from_callback(size, PIECE, read_records, s, free));
}

static enum MHD_Result answer_status(pp_request *r) {
    size_t size;
    char *text = pp_route_status(&size, r->http->node);
    return pp_answer_text(r, MHD_HTTP_OK, "application/json", text, size);
}

static enum MHD_Result answer_metrics(pp_request *r) {
    size_t size;
    char *text = pp_route_metrics(&size, r->http->node);
    return pp_answer_text(r, MHD_HTTP_OK, "text/plain; version=0.0.4", text, size);
}

static enum MHD_Result answer_health(pp_request *r) {
    size_t size;
    bool healthy;
    char *text = pp_route_health(&size, &healthy, r->http->node);
    return pp_answer_text(r, healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                          "application/json", text, size);
}

// ---- lists ------------------------------------------------------------------------------------

static bool number_argument(uint64_t *out, bool *there, const pp_request *r, const char *name) {
    const char *text = argument(r, name);
    pp_u128 n = 0;
    *there = text != NULL;
    if (text == NULL) return true;
    if (!pp_u128_parse(&n, text) || n > UINT64_MAX) return false;
    *out = (uint64_t)n;
    return true;
}

static enum MHD_Result answer_list(pp_request *r, pp_list *list) {
    pp_page page = {.before = UINT64_MAX, .limit = PP_PAGE_DEFAULT};
    uint64_t limit = PP_PAGE_DEFAULT;
    bool there;
    if (!number_argument(&page.before, &there, r, "before") ||
        !number_argument(&page.lane, &page.has_lane, r, "lane") ||
        !number_argument(&limit, &there, r, "limit") || limit < 1)
        return pp_answer_refusal(r, MHD_HTTP_BAD_REQUEST,
                                 "before, lane and limit are numbers, limit 1 or more");
    page.limit = limit < PP_PAGE_MAX ? (size_t)limit : PP_PAGE_MAX;
    size_t size;
    char *text = list(&size, r->http->node, &page);
    return pp_answer_text(r, MHD_HTTP_OK, "application/json", text, size);
}

static enum MHD_Result answer_requests(pp_request *r) {
    return answer_list(r, pp_list_requests);
}
static enum MHD_Result answer_batches(pp_request *r) {
    return answer_list(r, pp_list_batches);
}
static enum MHD_Result answer_provers(pp_request *r) {
    return answer_list(r, pp_list_provers);
}
static enum MHD_Result answer_incidents(pp_request *r) {
    return answer_list(r, pp_list_incidents);
}
static enum MHD_Result answer_prices(pp_request *r) {
    return answer_list(r, pp_list_prices);
}
static enum MHD_Result answer_headers(pp_request *r) {
    return answer_list(r, pp_list_headers);
}
static enum MHD_Result answer_transactions(pp_request *r) {
    return answer_list(r, pp_list_transactions);
}

static bool address_argument(pp_address *out, const pp_request *r) {
    const char *text = argument(r, "address");
    return text != NULL && pp_hex_decode(out->b, sizeof out->b, text);
}
#define NO_ADDRESS "address: 0x and 40 hex digits"

static enum MHD_Result answer_account(pp_request *r) {
    pp_address address;
    if (!address_argument(&address, r))
        return pp_answer_refusal(r, MHD_HTTP_BAD_REQUEST, NO_ADDRESS);
    size_t size;
    char *out = pp_list_account(&size, r->http->node, &address);
    return pp_answer_text(r, MHD_HTTP_OK, "application/json", out, size);
}

// Asked of the chain itself, between its blocks.
static enum MHD_Result answer_withdrawals(pp_request *r) {
    pp_node *node = r->http->node;
    pp_address address;
    if (!address_argument(&address, r))
        return pp_answer_refusal(r, MHD_HTTP_BAD_REQUEST, NO_ADDRESS);
    if (!r->question) r->question = pp_node_ask(node, &address, pp_route_withdrawals);
    if (!r->question)
        return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE,
                                 "too many questions wait; try again later");
    for (;;) {
        uint64_t seen = pp_wait_changes(r->http);
        if (pp_node_is_answered(node, r->question)) break;
        pp_waiting w = pp_wait_since(r, seen);
        if (w == PP_WAITS) return MHD_YES;
        if (w == PP_ENDS)
            return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the node stops");
    }
    char *text = r->question->text;
    r->question->text = NULL;
    if (text == NULL) return pp_answer_refusal(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the node stops");
    return pp_answer_text(r, MHD_HTTP_OK, "application/json", text, r->question->size);
}

static enum MHD_Result send_proof(pp_request *r, const pp_hash32 *id) {
    part p = {.node = r->http->node};
    pp_list_proof(&p.height, &p.offset, &p.size, p.node, id);
    if (p.size == 0)
        return pp_answer_refusal(r, MHD_HTTP_NOT_FOUND, "no proof of this request is kept");
    char hex[2 * 32 + 1], disposition[64]; // the file that the page's command names
    pp_hex_encode(hex, id->b, 32);
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%.12s.proof\"", hex);
    return send_part(r, "application/octet-stream", &p, disposition);
}

// HASH, or HASH/proof.
static enum MHD_Result answer_request(pp_request *r) {
    static const char proof_word[] = "/proof";
    char *slash = strchr(r->rest, '/');
    bool wants_proof = slash != NULL && strcmp(slash, proof_word) == 0;
    pp_hash32 id;
    if (wants_proof) *slash = 0;
    if (!pp_hex_decode(id.b, sizeof id.b, r->rest))
        return pp_answer_refusal(r, MHD_HTTP_NOT_FOUND, "a request's id is 0x and 64 hex digits");
    if (wants_proof) return send_proof(r, &id);
    size_t size;
    char *text = pp_list_request(&size, r->http->node, &id);
    if (text == NULL) return pp_answer_refusal(r, MHD_HTTP_NOT_FOUND, "no such request is kept");
    return pp_answer_text(r, MHD_HTTP_OK, "application/json", text, size);
}

// ---- files ------------------------------------------------------------------------------------

// The pages ask the node they come from, and nobody else; the browser may keep them while they are
// what they were.
static enum MHD_Result answer_file(pp_request *r) {
    const pp_http_file *f = &r->file;
    const char *had = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "If-None-Match");
    bool same = had != NULL && strcmp(had, f->etag) == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        same ? 0 : f->size, (void *)(uintptr_t)f->data, MHD_RESPMEM_PERSISTENT);
    PP_ASSERT(response != NULL);
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    MHD_add_response_header(response, "ETag", f->etag);
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    if (r->http->options.policy)
        MHD_add_response_header(response, "Content-Security-Policy", r->http->options.policy);
    return pp_answer_respond(r, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, f->type,
                             same ? 0 : f->size, response);
}

const pp_route pp_route_file = {"GET", "", answer_file, NULL, 0};
const pp_route pp_routes[] = {
    {"POST", "/", answer_rpc, "application/json", PP_RPC_REQUEST_MAX},
    {"POST", "/v1/commands", answer_command, "application/octet-stream", PP_BLOCK_BYTES_MAX},
    {"GET", "/v1/status", answer_status, NULL, 0},
    {"GET", "/v1/genesis", answer_genesis, NULL, 0},
    {"GET", "/v1/blocks", answer_blocks, NULL, 0},
    {"GET", "/v1/events", pp_stream_answer, NULL, 0},
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
