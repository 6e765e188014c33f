// SPDX-License-Identifier: MIT OR Apache-2.0
// A node's life, and what its server asks.
#include "node/node.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "node/internal.h"

void pp_node_changed(pp_node *node) {
    if (node->on_change) node->on_change(node->change_ctx);
}

// With the lock. Everything that waits hears that nothing will come of it.
static void give_up(pp_node *node) {
    for (pp_node_command *c = node->inbox, *next; c; c = next) {
        next = c->next;
        c->dropped = true;
        pp_node_finish(c);
    }
    node->inbox = NULL;
    node->inbox_end = &node->inbox;
    node->inbox_len = node->inbox_bytes = 0;
}

static void fail(pp_node *node, const pp_err *err) {
    pthread_mutex_lock(&node->lock);
    if (node->failed.exit_code == 0) node->failed = *err;
    node->stopping = true;
    pthread_cond_broadcast(&node->wake);
    pthread_cond_broadcast(&node->written);
    pthread_mutex_unlock(&node->lock);
    pp_note(node->options.log, "failed", "why=\"%s\"", err->text);
    pp_node_changed(node);
}

// Answers what is asked of the chain meanwhile, and nothing more once the block is due. False when
// the node stops.
static bool wait_until(pp_node *node, const struct timespec *due) {
    uint64_t end = (uint64_t)due->tv_sec * 1000000000U + (uint64_t)due->tv_nsec;
    for (bool over = false;;) {
        pthread_mutex_lock(&node->lock);
        while (!node->stopping && !over && node->questions == NULL)
            over = pthread_cond_timedwait(&node->wake, &node->lock, due) != 0;
        bool stop = node->stopping;
        pthread_mutex_unlock(&node->lock);
        if (stop) return false;
        if (pp_node_answer(node, end)) pp_node_changed(node);
        if (over || pp_clock_ns() >= end) return true;
    }
}

// Until the node stops. False with one sentence when the environment failed.
static bool make_blocks(pp_err *err, pp_node *node) {
    uint64_t interval = pp_node_genesis(node)->block_interval;
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (;;) {
        due.tv_sec += (time_t)(interval / 1000);
        due.tv_nsec += (long)(interval % 1000) * 1000000;
        if (due.tv_nsec >= 1000000000) due.tv_sec++, due.tv_nsec -= 1000000000;
        if (!wait_until(node, &due)) return true;
        if (!pp_node_make_block(err, node)) return false;
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t late = ((int64_t)now.tv_sec - due.tv_sec) * 1000 +
                       ((int64_t)now.tv_nsec - due.tv_nsec) / 1000000;
        pthread_mutex_lock(&node->lock);
        node->view.late_ms = late > 0 ? (uint64_t)late : 0;
        pthread_mutex_unlock(&node->lock);
        if (late > (int64_t)interval) due = now; // a slow block moves the ones behind it
        pp_node_changed(node);
    }
}

static void *bring_blocks(void *arg) {
    pp_node *node = arg;
    pp_err err = {.exit_code = 0};
    if (!(node->options.follow ? pp_node_follow(&err, node) : make_blocks(&err, node)))
        fail(node, &err);
    pthread_mutex_lock(&node->lock);
    give_up(node);
    pp_node_answer_none(node);
    node->stopping = true;
    pthread_cond_broadcast(&node->written);
    pthread_mutex_unlock(&node->lock);
    pp_node_changed(node);
    return NULL;
}

static void *write_journal(void *arg) {
    pp_node *node = arg;
    pp_err err = {.exit_code = 0};
    pthread_mutex_lock(&node->lock);
    for (;;) {
        while (!node->stopping && !pp_node_has_part(node))
            pthread_cond_wait(&node->written, &node->lock);
        if (!pp_node_has_part(node)) break;
        bool ok = pp_node_write_part(&err, node);
        pthread_mutex_unlock(&node->lock);
        if (!ok) {
            fail(node, &err);
            return NULL;
        }
        pp_node_changed(node);
        pthread_mutex_lock(&node->lock);
    }
    pthread_mutex_unlock(&node->lock);
    return NULL;
}

bool pp_node_start(pp_err *err, pp_node *node) {
    PP_ASSERT(!node->running);
    if (pthread_create(&node->maker, NULL, bring_blocks, node) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "cannot start a thread: %s", strerror(errno));
    if (pthread_create(&node->writer, NULL, write_journal, node) != 0) {
        pp_node_stop(node);
        pthread_join(node->maker, NULL);
        return pp_err_set(err, PP_EXIT_USAGE, "cannot start a thread: %s", strerror(errno));
    }
    node->running = true;
    return true;
}

void pp_node_stop(pp_node *node) {
    pthread_mutex_lock(&node->lock);
    node->stopping = true;
    pthread_cond_broadcast(&node->wake);
    pthread_cond_broadcast(&node->written);
    pthread_mutex_unlock(&node->lock);
}

bool pp_node_follows(const pp_node *node) {
    return node->options.follow != NULL;
}

bool pp_node_is_stopping(pp_node *node) {
    pthread_mutex_lock(&node->lock);
    bool stopping = node->stopping;
    pthread_mutex_unlock(&node->lock);
    return stopping;
}

bool pp_node_wait(pp_err *err, pp_node *node) {
    PP_ASSERT(node->running);
    pthread_join(node->maker, NULL);
    pthread_join(node->writer, NULL);
    node->running = false;
    pp_note(node->options.log, "stopped", "height=%llu",
            (unsigned long long)node->view.info.height);
    if (node->failed.exit_code == 0) return true;
    *err = node->failed;
    return false;
}

// ---- questions --------------------------------------------------------------------------------

void pp_node_listen(pp_node *node, void (*on_change)(void *ctx), void *ctx) {
    PP_ASSERT(!node->running);
    node->on_change = on_change;
    node->change_ctx = ctx;
}

const pp_genesis *pp_node_genesis(const pp_node *node) {
    return pp_chain_genesis(pp_local_chain(node->local)); // immutable
}

// With the lock.
static void update_view(pp_node *node) {
    pp_node_view *v = &node->view;
    v->pool = pp_node_waiting(node);
    v->rpc_calls = v->rpc_errors = 0;
    for (size_t i = 0; i < node->lanes_len; i++) {
        const pp_node_lane *lane = &node->lanes[i];
        v->served[i] = (pp_node_served){.finalized = pp_index_finalized(lane->index),
                                        .pool = pp_pool_size_get(lane->pool),
                                        .rpc_calls = lane->rpc.calls,
                                        .rpc_errors = lane->rpc.errors};
        v->rpc_calls += lane->rpc.calls;
        v->rpc_errors += lane->rpc.errors;
    }
}

void pp_node_view_get(pp_node_view *out, pp_node *node) {
    pthread_mutex_lock(&node->lock);
    update_view(node);
    *out = node->view;
    pthread_mutex_unlock(&node->lock);
}

void pp_node_read(pp_node *node, void (*read)(void *ctx, const pp_node_seen *seen), void *ctx) {
    pthread_mutex_lock(&node->lock);
    update_view(node);
    const pp_node_lane *first = pp_node_first_lane(node);
    pp_node_seen seen = {.view = &node->view, .book = node->book};
    if (first != NULL) seen.index = first->index;
    for (size_t i = 0; i < node->lanes_len; i++) seen.indexes[i] = node->lanes[i].index;
    read(ctx, &seen);
    pthread_mutex_unlock(&node->lock);
}

bool pp_node_is_safe(pp_node *node, uint64_t ticket) {
    pthread_mutex_lock(&node->lock);
    bool safe = node->journal.safe >= ticket;
    pthread_mutex_unlock(&node->lock);
    return safe;
}
