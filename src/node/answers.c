// SPDX-License-Identifier: MIT OR Apache-2.0
// The routes, and how each is answered.
#include <stdio.h>
#include <stdlib.h>

#include "chain/block.h"
#include "node/routes.h"
#include "node/server.h"
#include "rpc/rpc.h"

enum { BLOCKS_MAX = 4 << 20 }; // bytes of one answer of /v1/blocks

enum MHD_Result pp_answer_respond(pp_request *r, unsigned status, const char *type,
                                  struct MHD_Response *response) {
    PP_ASSERT(response != NULL);
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (MHD_get_response_header(response, "Cache-Control") == NULL)
        MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

// Takes text over.
enum MHD_Result pp_answer_text(pp_request *r, unsigned status, const char *type, char *text,
                               size_t size) {
    return pp_answer_respond(r, status, type,
                             MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE));
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
    return pp_answer_respond(r, MHD_HTTP_NO_CONTENT, "application/json",
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

static enum MHD_Result answer_genesis(pp_request *r) {
    size_t size;
    bool failed;
    uint8_t *data = pp_node_records(&size, &failed, r->http->node, 0, 0); // one record
    if (failed)
        return pp_answer_refusal(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "the log cannot be read");
    PP_ASSERT(data != NULL); // every chain has one
    memmove(data, data + 4, size - 4);
    return pp_answer_text(r, MHD_HTTP_OK, "application/json", (char *)data, size - 4);
}

static enum MHD_Result answer_blocks(pp_request *r) {
    const char *from = argument(r, "from"), *wait = argument(r, "wait");
    pp_u128 height = 0;
    if (from == NULL || !pp_u128_parse(&height, from) || height < 1 || height > UINT64_MAX)
        return pp_answer_refusal(r, MHD_HTTP_BAD_REQUEST, "from: a height, 1 or more");
    size_t size;
    bool failed;
    uint8_t *data;
    for (;;) {
        uint64_t seen = pp_wait_changes(r->http);
        data = pp_node_records(&size, &failed, r->http->node, (uint64_t)height, BLOCKS_MAX);
        if (failed)
            return pp_answer_refusal(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "the log cannot be read");
        if (data != NULL || wait == NULL || strcmp(wait, "1") != 0) break;
        pp_waiting w = pp_wait_since(r, seen);
        if (w == PP_WAITS) return MHD_YES;
        if (w == PP_ENDS) break;
    }
    return pp_answer_text(r, MHD_HTTP_OK, "application/octet-stream", (char *)data, size);
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
    return pp_answer_respond(r, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, f->type, response);
}

const pp_route pp_route_file = {"GET", "", answer_file, NULL, 0};
const pp_route pp_routes[] = {
    {"POST", "/", answer_rpc, "application/json", PP_RPC_REQUEST_MAX},
    {"POST", "/v1/commands", answer_command, "application/octet-stream", PP_BLOCK_BYTES_MAX},
    {"GET", "/v1/status", answer_status, NULL, 0},
    {"GET", "/v1/genesis", answer_genesis, NULL, 0},
    {"GET", "/v1/blocks", answer_blocks, NULL, 0},
    {"GET", "/v1/events", pp_stream_answer, NULL, 0},
    {"GET", "/health", answer_health, NULL, 0},
    {"GET", "/metrics", answer_metrics, NULL, 0},
};
const size_t pp_routes_len = PP_COUNT(pp_routes);
