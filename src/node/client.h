// SPDX-License-Identifier: MIT OR Apache-2.0
// Asking another node over HTTP, by libcurl. Only numeric trust: what comes back is checked by
// whoever asked, and is bounded here.
#ifndef PP_NODE_CLIENT_H
#define PP_NODE_CLIENT_H

#include "base/err.h"

typedef struct pp_client pp_client;

// url: "http://HOST:PORT" or https, without a path. stop is asked while a request waits (twice a
// second at least): true ends it. False with one sentence.
PP_NODISCARD bool pp_client_open(pp_err *err, pp_client **out, const char *url,
                                 bool (*stop)(void *ctx), void *ctx);
void pp_client_close(pp_client *client); // NULL is fine

// GET url + path; body NULL; or POST with this body and type. The answer is malloc'ed, one NUL
// behind it, of at most max bytes. *status is HTTP's. seconds: how long all of it may take. False
// with one sentence when there is no answer: exit code 2.
PP_NODISCARD bool pp_client_ask(pp_err *err, uint8_t **answer, size_t *size, long *status,
                                pp_client *client, const char *path, const pp_bytes *body,
                                const char *type, size_t max, long seconds);

#endif
