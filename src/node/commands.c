// SPDX-License-Identifier: MIT OR Apache-2.0
// Signed commands on their way into a block.
#include <stdlib.h>

#include "node/internal.h"

enum { SMALL = 64 << 10 }; // bytes: such a command has room whatever large ones wait

// Half of it at most is for one address: who sends junk shuts out itself.
static bool has_room(const pp_node *node, const uint8_t from[16], size_t size) {
    size_t len = 0, bytes = 0;
    for (const pp_node_command *c = node->inbox; c; c = c->next) {
        if (memcmp(c->from, from, sizeof c->from) != 0) continue;
        len++;
        bytes += c->size;
    }
    return node->inbox_len < PP_NODE_INBOX_MAX && len < PP_NODE_INBOX_MAX / 2 &&
           (size <= SMALL || (node->inbox_bytes + size <= PP_NODE_INBOX_BYTES_MAX &&
                              bytes + size <= PP_NODE_INBOX_BYTES_MAX / 2));
}

pp_node_command *pp_node_submit(pp_node *node, const uint8_t from[16], uint8_t *item, size_t size) {
    pp_node_command *command = calloc(1, sizeof *command);
    PP_ASSERT(command != NULL);
    pthread_mutex_lock(&node->lock);
    bool room = !node->stopping && !node->options.follow && has_room(node, from, size);
    if (room) {
        *command = (pp_node_command){.item = item, .size = size};
        memcpy(command->from, from, sizeof command->from);
        *node->inbox_end = command;
        node->inbox_end = &command->next;
        node->inbox_len++;
        node->inbox_bytes += size;
    }
    pthread_mutex_unlock(&node->lock);
    if (room) return command;
    free(command);
    return NULL;
}

static void free_command(pp_node_command *command) {
    free(command->item);
    free(command);
}

void pp_node_finish(pp_node_command *command) {
    command->done = true;
    if (command->abandoned) free_command(command);
}

void pp_node_abandon(pp_node *node, pp_node_command *command) {
    pthread_mutex_lock(&node->lock);
    if (command->done)
        free_command(command);
    else
        command->abandoned = true;
    pthread_mutex_unlock(&node->lock);
}

bool pp_node_is_done(pp_node *node, const pp_node_command *command) {
    pthread_mutex_lock(&node->lock);
    bool done = command->done;
    pthread_mutex_unlock(&node->lock);
    return done;
}
