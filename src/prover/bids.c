// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/bids.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE = 64 + 1 + 40 + 1 }; // at most: request, blank, decimal wei, newline

static bool take_line(pp_bids *b, char *line) {
    char *blank = strchr(line, ' ');
    if (blank == NULL || b->len == PP_BIDS_MAX) return false;
    *blank = 0;
    pp_bids_one *one = &b->one[b->len];
    if (!pp_hex_decode(one->request.b, 32, line) || !pp_u128_parse(&one->price, blank + 1))
        return false;
    b->len++;
    return true;
}

bool pp_bids_open(pp_err *err, pp_bids *b, const char *dir) {
    uint8_t *data;
    size_t size;
    b->len = 0;
    snprintf(b->path, sizeof b->path, "%.4096s/bids", dir);
    if (access(b->path, F_OK) != 0) return true;
    if (!pp_file_read(err, &data, &size, b->path, (size_t)LINE * PP_BIDS_MAX)) return false;
    bool ok = true;
    char *rest = (char *)data;
    for (char *line; ok && (line = strsep(&rest, "\n")) != NULL && *line;) ok = take_line(b, line);
    free(data);
    return ok || pp_err_set(err, PP_EXIT_USAGE, "%s: not the prices that a prover keeps", b->path);
}

const pp_u128 *pp_bids_find(const pp_bids *b, const pp_hash32 *request) {
    for (size_t i = 0; i < b->len; i++)
        if (pp_hash32_eq(&b->one[i].request, request)) return &b->one[i].price;
    return NULL;
}

static bool is_over(const pp_market *m, const pp_hash32 *request) {
    const pp_market_request *r = pp_market_find_request(m, request);
    return r == NULL || (r->state != PP_MARKET_COMMIT && r->state != PP_MARKET_REVEAL);
}

bool pp_bids_add(pp_err *err, pp_bids *b, const pp_market *m, const pp_hash32 *request,
                 pp_u128 price) {
    size_t kept = 0;
    for (size_t i = 0; i < b->len; i++)
        if (!is_over(m, &b->one[i].request)) b->one[kept++] = b->one[i];
    b->len = kept;
    if (b->len == PP_BIDS_MAX)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: too many bids are sealed", b->path);
    b->one[b->len++] = (pp_bids_one){*request, price};
    char *text = malloc((size_t)LINE * b->len + 1), *at = text;
    PP_ASSERT(text != NULL);
    for (size_t i = 0; i < b->len; i++) {
        char wei[40];
        pp_hex_encode(at, b->one[i].request.b, 32);
        at += 64;
        at += snprintf(at, LINE - 63, " %s\n", pp_u128_dec(wei, b->one[i].price));
    }
    bool ok = pp_file_write(err, b->path, text, (size_t)(at - text), 0600);
    free(text);
    if (!ok) b->len--;
    return ok;
}
