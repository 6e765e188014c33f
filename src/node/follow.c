// SPDX-License-Identifier: MIT OR Apache-2.0
// A node that makes no blocks but takes another's, believing nothing: each is executed here, its
// claims are checked here, and one that does not follow ends it, named.
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "host/remote.h"
#include "node/internal.h"

enum { RETRY_MS = 1000, ANSWERS_MS = 100 }; // of questions between two fetches

static bool answer(pp_node *node) {
    return pp_node_answer(node, pp_clock_ns() + (uint64_t)ANSWERS_MS * 1000000);
}

static bool stop(void *ctx) {
    return pp_node_is_stopping(ctx);
}

bool pp_node_fetch_genesis(pp_err *err, uint8_t **file, size_t *size, const char *url,
                           const pp_hash32 *hash) {
    pp_remote *remote;
    if (!pp_remote_open(err, &remote, url, NULL, NULL)) return false;
    bool ok = pp_remote_genesis(err, file, size, remote, hash);
    pp_remote_close(remote);
    return ok;
}

// Takes blocks from an answer. *right is false, with *why, where they are none of the network's
// signer: what took them on their way may answer otherwise later. False with one sentence when one
// does not follow.
static bool take_blocks(pp_err *err, bool *right, pp_err *why, pp_node *node, pp_bytes rest) {
    *right = true;
    for (pp_bytes block; !pp_node_is_stopping(node);) {
        *right = pp_remote_next(why, &block, &rest, node->local);
        if (!*right || block.size == 0) break;
        uint64_t begin = pp_clock_ns();
        pp_chain_result result;
        if (!pp_local_take(err, &result, node->local, block) ||
            !pp_node_take_in(err, node, &result, pp_clock_ns() - begin))
            return false;
    }
    return true;
}

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

bool pp_node_follow(pp_err *err, pp_node *node) {
    pp_remote *remote;
    bool lost = false, ok = true;
    if (!pp_remote_open(err, &remote, node->options.follow, stop, node)) return false;
    while (ok && !pp_node_is_stopping(node)) {
        uint8_t *data;
        size_t size;
        pp_err why;
        bool right =
            pp_remote_blocks(&why, &data, &size, remote, pp_local_records(node->local), true);
        if (right) {
            ok = take_blocks(err, &right, &why, node, (pp_bytes){data, size});
            free(data);
        }
        if (!right) {
            if (pp_node_is_stopping(node)) break;
            // It may be down for a while: that is no error.
            if (!lost) pp_note(node->options.log, "lost", "why=\"%s\"", why.text);
            lost = true;
            (void)answer(node);
            pp_node_changed(node); // whoever waits here is looked at, and may be gone
            pause_ms(RETRY_MS);
            continue;
        }
        if (lost) pp_note(node->options.log, "found", "url=%s", node->options.follow);
        lost = false;
        (void)answer(node);
        pp_node_changed(node);
        if (size == 0) pause_ms(RETRY_MS / 10); // it has nothing and did not wait
    }
    pp_remote_close(remote);
    return ok;
}
