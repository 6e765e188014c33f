// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/remote.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "chain/genesis.h"

enum {
    BLOCKS_MAX = 80 << 20, // bytes of an answer: one block may be as large as a record
    ANSWER_MAX = 1 << 20,  // of any other
    // For an answer; a question that waits for a block too, which may be a minute away.
    SECONDS = 2 * 60 + 30,
};

struct pp_remote {
    CURL *curl;
    char url[1024];
    bool (*stop)(void *ctx);
    void *ctx;
    // The answer that is coming.
    uint8_t *data;
    size_t size, room, max;
    bool too_long;
};

static size_t take(char *data, size_t one, size_t size, void *ctx) {
    pp_remote *c = ctx;
    (void)one;
    if (size > c->max - c->size) {
        c->too_long = true;
        return 0;
    }
    if (c->size + size + 1 > c->room) {
        size_t room = 2 * (c->size + size) + 4096;
        uint8_t *bigger = realloc(c->data, room);
        if (bigger == NULL) return 0;
        c->data = bigger;
        c->room = room;
    }
    memcpy(c->data + c->size, data, size);
    c->size += size;
    return size;
}

static int look(void *ctx, curl_off_t a, curl_off_t b, curl_off_t x, curl_off_t y) {
    pp_remote *c = ctx;
    (void)a, (void)b, (void)x, (void)y;
    return c->stop && c->stop(c->ctx);
}

bool pp_remote_open(pp_err *err, pp_remote **out, const char *url, bool (*stop)(void *ctx),
                    void *ctx) {
    *out = NULL;
    bool web = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/') len--;
    pp_remote *c = calloc(1, sizeof *c);
    if (c == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    if (!web || len >= sizeof c->url) {
        free(c);
        return pp_err_set(err, PP_EXIT_USAGE, "'%.200s' is not a node's address: http://HOST:PORT",
                          url);
    }
    snprintf(c->url, sizeof c->url, "%.*s", (int)len, url);
    c->stop = stop;
    c->ctx = ctx;
    c->curl = curl_easy_init();
    if (c->curl != NULL) {
        *out = c;
        return true;
    }
    free(c);
    return pp_err_set(err, PP_EXIT_USAGE, "libcurl cannot begin");
}

void pp_remote_close(pp_remote *c) {
    if (c == NULL) return;
    curl_easy_cleanup(c->curl);
    free(c->data);
    free(c);
}

// One question. POST where there is a body.
static bool ask(pp_err *err, uint8_t **answer, size_t *size, long *status, pp_remote *c,
                const char *path, const pp_bytes *body, const char *type, size_t max) {
    char url[2048], why[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = NULL;
    snprintf(url, sizeof url, "%s%s", c->url, path);
    c->size = 0;
    c->max = max;
    c->too_long = false;
    CURL *h = c->curl;
    curl_easy_reset(h);
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)SECONDS);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, look);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, c);
    if (body != NULL) {
        headers = curl_slist_append(headers, type);
        headers = curl_slist_append(headers, "Expect:"); // the body is sent at once
        curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(h, CURLOPT_POST, 1L);
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, (const char *)body->data);
    }
    CURLcode code = curl_easy_perform(h);
    curl_slist_free_all(headers);
    if (code != CURLE_OK)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", url,
                          c->too_long ? "its answer is too long"
                          : why[0]    ? why
                                      : curl_easy_strerror(code));
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, status);
    *answer = malloc(c->size + 1);
    if (*answer == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    if (c->size > 0) memcpy(*answer, c->data, c->size);
    (*answer)[c->size] = 0;
    *size = c->size;
    return true;
}

bool pp_remote_genesis(pp_err *err, uint8_t **file, size_t *size, pp_remote *remote,
                       const pp_hash32 *hash) {
    long status = 0;
    pp_hash32 found;
    char text[65];
    if (!ask(err, file, size, &status, remote, "/v1/genesis", NULL, NULL, PP_GENESIS_FILE_MAX))
        return false;
    pp_genesis_hash(&found, (pp_bytes){*file, *size});
    if (status == 200 && pp_hash32_eq(&found, hash)) return true;
    // A proxy's page says nothing of the network either.
    pp_genesis other;
    bool is_genesis = status == 200 && pp_genesis_parse(NULL, &other, "", (pp_bytes){*file, *size});
    if (is_genesis) pp_genesis_free(&other);
    free(*file);
    *file = NULL;
    pp_hex_encode(text, found.b, 32);
    if (!is_genesis)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: no genesis there: HTTP status %ld", remote->url,
                          status);
    return pp_err_set(err, PP_EXIT_NO, "%s: another network: its genesis has the hash 0x%s",
                      remote->url, text);
}

bool pp_remote_blocks(pp_err *err, uint8_t **data, size_t *size, pp_remote *remote, uint64_t height,
                      bool wait) {
    char path[64];
    long status = 0;
    snprintf(path, sizeof path, "/v1/blocks?from=%llu%s", (unsigned long long)height,
             wait ? "&wait=1" : "");
    if (!ask(err, data, size, &status, remote, path, NULL, NULL, BLOCKS_MAX)) return false;
    if (status == 200) return true;
    free(*data);
    *data = NULL;
    if (status == 410)
        return pp_err_set(
            err, PP_EXIT_USAGE,
            "%s: block %llu was pruned there: begin with another node, or with a copy of "
            "a directory that has come further",
            remote->url, (unsigned long long)height);
    return pp_err_set(err, PP_EXIT_USAGE, "%s%s: HTTP status %ld", remote->url, path, status);
}

bool pp_remote_next(pp_err *err, pp_bytes *block, pp_bytes *rest, pp_local *local) {
    *block = (pp_bytes){NULL, 0};
    if (rest->size == 0) return true;
    uint32_t size = rest->size >= 4 ? pp_load_le32(rest->data) : 0;
    if (rest->size < 4 || size == 0 || size > rest->size - 4)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "what came in place of block %llu is no list of blocks",
                          (unsigned long long)pp_local_records(local));
    *block = (pp_bytes){rest->data + 4, size};
    *rest = (pp_bytes){rest->data + 4 + size, rest->size - 4 - size};
    return pp_local_is_next(err, local, *block);
}

bool pp_remote_command(pp_err *err, uint64_t *height, char reason[PP_REMOTE_REASON_MAX],
                       pp_remote *remote, pp_bytes item) {
    uint8_t *answer = NULL;
    size_t size = 0;
    long status = 0;
    if (!ask(err, &answer, &size, &status, remote, "/v1/commands", &item,
             "Content-Type: application/octet-stream", ANSWER_MAX))
        return false;
    json_t *object = json_loadb((const char *)answer, size, JSON_REJECT_DUPLICATES, NULL);
    free(answer);
    const char *result = json_string_value(json_object_get(object, "result"));
    json_int_t at = json_integer_value(json_object_get(object, "height"));
    bool ok = (status == 200 || status == 400) && result != NULL && at >= 0;
    if (ok) {
        snprintf(reason, PP_REMOTE_REASON_MAX, "%s", result);
        *height = (uint64_t)at;
    } else {
        pp_err_set(err, PP_EXIT_USAGE, "%s: no answer to a command: HTTP status %ld", remote->url,
                   status);
    }
    json_decref(object);
    return ok;
}

bool pp_remote_get(pp_err *err, char **text, pp_remote *remote, const char *path) {
    uint8_t *answer = NULL;
    size_t size = 0;
    long status = 0;
    if (!ask(err, &answer, &size, &status, remote, path, NULL, NULL, ANSWER_MAX)) return false;
    *text = (char *)answer;
    if (status == 200) return true;
    free(answer);
    return pp_err_set(err, PP_EXIT_USAGE, "%s%s: HTTP status %ld", remote->url, path, status);
}

// The result of a call's answer; NULL with one sentence.
static json_t *result_of(pp_err *err, const pp_remote *remote, json_t *answer) {
    json_t *result = json_object_get(answer, "result");
    const char *message =
        json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
    if (result != NULL && message == NULL) return result;
    pp_err_set(err, message ? PP_EXIT_NO : PP_EXIT_USAGE, "%s: %.300s", remote->url,
               message ? message : "no answer of JSON-RPC");
    return NULL;
}

static bool call(pp_err *err, char **result, pp_remote *remote, const char *path,
                 const char *method, const char *params) {
    static const char format[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}";
    size_t max = sizeof format + strlen(method) + strlen(params), size = 0;
    char *request = malloc(max);
    uint8_t *answer = NULL;
    long status = 0;
    if (request == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    int n = snprintf(request, max, format, method, params);
    pp_bytes body = {(const uint8_t *)request, (size_t)n};
    bool ok = ask(err, &answer, &size, &status, remote, path, &body,
                  "Content-Type: application/json", ANSWER_MAX);
    free(request);
    if (!ok) return false;
    json_t *object = json_loadb((const char *)answer, size, JSON_REJECT_DUPLICATES, NULL);
    free(answer);
    json_t *value = result_of(err, remote, object);
    *result = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref(object);
    return *result != NULL;
}

bool pp_remote_call(pp_err *err, char **result, pp_remote *remote, const char *method,
                    const char *params) {
    return call(err, result, remote, "/", method, params);
}

bool pp_remote_call_lane(pp_err *err, char **result, pp_remote *remote, uint64_t lane,
                         const char *method, const char *params) {
    char path[32];
    snprintf(path, sizeof path, "/rpc/%llu", (unsigned long long)lane);
    return call(err, result, remote, path, method, params);
}
