// SPDX-License-Identifier: MIT OR Apache-2.0
// A node that makes no blocks but takes another's, believing nothing: each is executed here, its
// claims are checked here, and one that does not follow ends it, named.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chain/genesis.h"
#include "host/clock.h"
#include "node/client.h"
#include "node/internal.h"

enum {
    ANSWER_MAX = 80 << 20, // a block may be as large as a record
    WAIT_SECONDS = 60,     // a question that waits for a block
    RETRY_MS = 1000,
};

static bool stop(void *ctx) {
    return pp_node_is_stopping(ctx);
}

bool pp_node_fetch_genesis(pp_err *err, uint8_t **file, size_t *size, const char *url,
                           const pp_hash32 *hash) {
    pp_client *client;
    long status;
    pp_hash32 found;
    char text[65];
    if (!pp_client_open(err, &client, url, NULL, NULL)) return false;
    bool ok = pp_client_ask(err, file, size, &status, client, "/v1/genesis", NULL, NULL,
                            PP_GENESIS_FILE_MAX, WAIT_SECONDS);
    pp_client_close(client);
    if (!ok) return false;
    pp_genesis_hash(&found, (pp_bytes){*file, *size});
    if (status == 200 && pp_hash32_eq(&found, hash)) return true;
    free(*file);
    *file = NULL;
    pp_hex_encode(text, found.b, 32);
    if (status != 200)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: no genesis there: HTTP status %ld", url, status);
    return pp_err_set(err, PP_EXIT_NO, "%s: another network: its genesis has the hash 0x%s", url,
                      text);
}

// Takes blocks from an answer. False with one sentence when one does not follow.
static bool take_blocks(pp_err *err, pp_node *node, const uint8_t *data, size_t size) {
    while (size > 0) {
        uint32_t len = size >= 4 ? pp_load_le32(data) : 0;
        if (size < 4 || len > size - 4)
            return pp_err_set(err, PP_EXIT_NO, "%s: block %llu was sent in pieces that do not fit",
                              node->options.follow,
                              (unsigned long long)pp_local_records(node->local));
        uint64_t begin = pp_clock_ns();
        pp_chain_result result;
        if (!pp_local_take(err, &result, node->local, (pp_bytes){data + 4, len}) ||
            !pp_node_take_in(err, node, &result, pp_clock_ns() - begin))
            return false;
        data += 4 + len;
        size -= 4 + len;
        if (pp_node_is_stopping(node)) break;
    }
    return true;
}

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

bool pp_node_follow(pp_err *err, pp_node *node) {
    pp_client *client;
    bool lost = false, ok = true;
    if (!pp_client_open(err, &client, node->options.follow, stop, node)) return false;
    while (ok && !pp_node_is_stopping(node)) {
        char path[64];
        uint8_t *data;
        size_t size;
        long status = 0;
        pp_err why;
        snprintf(path, sizeof path, "/v1/blocks?from=%llu&wait=1",
                 (unsigned long long)pp_local_records(node->local));
        bool got = pp_client_ask(&why, &data, &size, &status, client, path, NULL, NULL, ANSWER_MAX,
                                 WAIT_SECONDS);
        if (got && status != 200) {
            pp_err_set(&why, PP_EXIT_USAGE, "HTTP status %ld", status);
            free(data);
            got = false;
        }
        if (!got && !pp_node_is_stopping(node)) { // it may be down for a while: that is no error
            if (!lost)
                pp_node_note(node, "lost", "url=%s why=\"%s\"", node->options.follow, why.text);
            lost = true;
            pause_ms(RETRY_MS);
        }
        if (!got) continue;
        if (lost) pp_node_note(node, "found", "url=%s", node->options.follow);
        lost = false;
        ok = take_blocks(err, node, data, size);
        free(data);
        pp_node_changed(node);
        if (size == 0) pause_ms(RETRY_MS / 10); // it has nothing and did not wait
    }
    pp_client_close(client);
    return ok;
}
