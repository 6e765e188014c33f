// SPDX-License-Identifier: MIT OR Apache-2.0
#include "node/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

struct pp_client {
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
    pp_client *c = ctx;
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
    pp_client *c = ctx;
    (void)a, (void)b, (void)x, (void)y;
    return c->stop && c->stop(c->ctx);
}

bool pp_client_open(pp_err *err, pp_client **out, const char *url, bool (*stop)(void *ctx),
                    void *ctx) {
    *out = NULL;
    bool web = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/') len--;
    pp_client *c = calloc(1, sizeof *c);
    if (c == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    if (!web || len >= sizeof c->url) {
        free(c);
        return pp_err_set(err, PP_EXIT_USAGE, "'%.200s' is not a node's address: http://HOST:PORT",
                          url);
    }
    memcpy(c->url, url, len);
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

void pp_client_close(pp_client *c) {
    if (c == NULL) return;
    curl_easy_cleanup(c->curl);
    free(c->data);
    free(c);
}

bool pp_client_ask(pp_err *err, uint8_t **answer, size_t *size, long *status, pp_client *c,
                   const char *path, const pp_bytes *body, const char *type, size_t max,
                   long seconds) {
    char url[2048], kind[128], why[CURL_ERROR_SIZE] = "";
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
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT, seconds);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, look);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, c);
    if (body != NULL) {
        snprintf(kind, sizeof kind, "Content-Type: %s", type);
        headers = curl_slist_append(headers, kind);
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
