// SPDX-License-Identifier: MIT OR Apache-2.0
// Questions that need the chain itself. Few: what is asked often stands beside it (index/book.h).
// They are answered in steps, in turns, and never when a block is due.
#include <stdlib.h>

#include "base/clock.h"
#include "node/internal.h"

pp_node_question *pp_node_ask(pp_node *node, const pp_address *about,
                              bool (*answer)(pp_node_question *question, const pp_chain *chain)) {
    pp_node_question *q = calloc(1, sizeof *q);
    PP_ASSERT(q != NULL);
    *q = (pp_node_question){.answer = answer, .address = *about};
    pthread_mutex_lock(&node->lock);
    bool room = !node->stopping && node->questions_len < PP_NODE_QUESTIONS_MAX;
    if (room) {
        *node->questions_end = q;
        node->questions_end = &q->next;
        node->questions_len++;
        pthread_cond_broadcast(&node->wake);
    }
    pthread_mutex_unlock(&node->lock);
    if (room) return q;
    free(q);
    return NULL;
}

static void free_question(pp_node_question *q) {
    free(q->text);
    free(q);
}

// With the lock.
static void finish(pp_node_question *q) {
    q->done = true;
    if (q->abandoned) free_question(q);
}

bool pp_node_is_answered(pp_node *node, const pp_node_question *q) {
    pthread_mutex_lock(&node->lock);
    bool done = q->done;
    pthread_mutex_unlock(&node->lock);
    return done;
}

void pp_node_forget(pp_node *node, pp_node_question *q) {
    pthread_mutex_lock(&node->lock);
    if (q->done)
        free_question(q);
    else
        q->abandoned = true;
    pthread_mutex_unlock(&node->lock);
}

static pp_node_question *first(pp_node *node) {
    pthread_mutex_lock(&node->lock);
    pp_node_question *q = node->questions;
    pthread_mutex_unlock(&node->lock);
    return q;
}

// The first one is answered, or has had its step: the next one's turn.
static void move_on(pp_node *node, pp_node_question *q, bool answered) {
    pthread_mutex_lock(&node->lock);
    node->questions = q->next;
    if (node->questions == NULL) node->questions_end = &node->questions;
    if (answered || q->abandoned) {
        node->questions_len--;
        finish(q);
    } else {
        q->next = NULL;
        *node->questions_end = q;
        node->questions_end = &q->next;
    }
    pthread_mutex_unlock(&node->lock);
}

bool pp_node_answer(pp_node *node, uint64_t until) {
    bool any = false;
    for (pp_node_question *q; (q = first(node)) != NULL;) {
        bool answered = q->answer(q, pp_local_chain(node->local));
        any |= answered;
        move_on(node, q, answered); // it may be gone behind this
        if (pp_clock_ns() >= until) break;
    }
    return any;
}

void pp_node_answer_none(pp_node *node) {
    for (pp_node_question *q = node->questions, *next; q; q = next) {
        next = q->next;
        free(q->text); // the half of an answer
        q->text = NULL;
        finish(q);
    }
    node->questions = NULL;
    node->questions_end = &node->questions;
    node->questions_len = 0;
}
