// SPDX-License-Identifier: MIT OR Apache-2.0
// What answers are made of, and how they go out.
#include <stdio.h>
#include <stdlib.h>

#include "http/internal.h"

enum {
    SMALL = 16 << 10, // answers up to it are not counted: the connections are
    PIECE = 32 << 10, // of an answer that is read as it is sent
};

void *pp_http_app(const pp_http_request *r) {
    return r->http->site.app;
}

const char *pp_http_rest(const pp_http_request *r) {
    return r->rest;
}

const char *pp_http_argument(const pp_http_request *r, const char *name) {
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

void pp_http_from(uint8_t out[16], const pp_http_request *r) {
    pp_peers_address(out, r->peer);
}

uint8_t *pp_http_take_body(size_t *size, pp_http_request *r) {
    uint8_t *body = r->body;
    *size = r->size;
    pp_peers_release(&r->http->peers, r->peer, r->max);
    r->held -= r->max;
    r->body = NULL;
    r->size = r->max = 0;
    return body;
}

void pp_http_keep(pp_http_request *r, void *kept, void (*let_go)(void *app, void *kept)) {
    PP_ASSERT(r->kept == NULL);
    r->kept = kept;
    r->let_go = let_go;
}

void *pp_http_kept(const pp_http_request *r) {
    return r->kept;
}

bool pp_answer_hold(pp_http_request *r, size_t bytes) {
    if (!pp_peers_reserve(&r->http->peers, r->peer, bytes)) return false;
    r->held += bytes;
    return true;
}

bool pp_http_hold(pp_http_request *r, size_t bytes) {
    return bytes <= SMALL || pp_answer_hold(r, bytes);
}

bool pp_http_patient(pp_http_request *r) {
    return pp_peers_stream(&r->http->peers, r->peer);
}

bool pp_answer_respond(pp_http_request *r, unsigned status, const char *type, uint64_t size,
                       struct MHD_Response *response) {
    PP_ASSERT(response != NULL);
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (MHD_get_response_header(response, "Cache-Control") == NULL)
        MHD_add_response_header(response, "Cache-Control", "no-store");
    if (size != MHD_SIZE_UNKNOWN) pp_peers_expect(&r->http->peers, r->peer, (size_t)size);
    enum MHD_Result result = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    return result == MHD_YES;
}

bool pp_http_text(pp_http_request *r, unsigned status, const char *type, char *text, size_t size) {
    pp_peers *peers = &r->http->peers;
    size_t held = size > SMALL ? size : 0;
    if (!pp_peers_reserve(peers, r->peer, held)) {
        free(text);
        return pp_http_refuse(r, PP_HTTP_UNAVAILABLE, PP_HTTP_TOO_MUCH);
    }
    return pp_answer_respond(r, status, type, size,
                             pp_peers_response(peers, r->peer, text, size, held));
}

bool pp_http_refuse(pp_http_request *r, unsigned status, const char *why) {
    char *text = malloc(strlen(why) + 16);
    PP_ASSERT(text != NULL);
    int n = sprintf(text, "{\"error\":\"%s\"}", why);
    return pp_http_text(r, status, PP_HTTP_JSON, text, (size_t)n);
}

typedef struct reader {
    size_t (*read)(uint8_t *out, size_t max, void *ctx, uint64_t position);
    void *ctx;
} reader;

static ssize_t read_piece(void *ctx, uint64_t position, char *out, size_t max) {
    const reader *s = ctx;
    size_t n = s->read((uint8_t *)out, max, s->ctx, position);
    return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_reader(void *ctx) {
    reader *s = ctx;
    free(s->ctx);
    free(s);
}

bool pp_http_send(pp_http_request *r, const char *type, const char *name, uint64_t size,
                  size_t (*read)(uint8_t *out, size_t max, void *ctx, uint64_t position),
                  void *ctx) {
    reader *s = malloc(sizeof *s);
    PP_ASSERT(s != NULL);
    *s = (reader){read, ctx};
    struct MHD_Response *response =
        MHD_create_response_from_callback(size, PIECE, read_piece, s, free_reader);
    PP_ASSERT(response != NULL);
    if (name) {
        char disposition[128];
        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", name);
        MHD_add_response_header(response, "Content-Disposition", disposition);
    }
    return pp_answer_respond(r, PP_HTTP_OK, type, size, response);
}

// ---- files ------------------------------------------------------------------------------------

// The pages ask the server they come from, and nobody else; the browser may keep them while they
// are what they were.
static bool answer_file(pp_http_request *r) {
    const pp_http_file *f = &r->file;
    const char *had = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "If-None-Match");
    bool same = had != NULL && strcmp(had, f->etag) == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        same ? 0 : f->size, (void *)(uintptr_t)f->data, MHD_RESPMEM_PERSISTENT);
    PP_ASSERT(response != NULL);
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    MHD_add_response_header(response, "ETag", f->etag);
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    if (r->http->site.policy)
        MHD_add_response_header(response, "Content-Security-Policy", r->http->site.policy);
    return pp_answer_respond(r, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, f->type,
                             same ? 0 : f->size, response);
}

const pp_http_route pp_answer_files = {"GET", "", answer_file, NULL, 0};
