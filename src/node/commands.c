// SPDX-License-Identifier: MIT OR Apache-2.0
// Signed commands on their way into a block.
#include <stdlib.h>

#include "node/internal.h"

pp_node_command *pp_node_submit(pp_node *node, uint8_t *item, size_t size) {
    pp_node_command *command = calloc(1, sizeof *command);
    PP_ASSERT(command != NULL);
    pthread_mutex_lock(&node->lock);
    bool room = !node->stopping && !node->options.follow && node->inbox_len < PP_NODE_INBOX_MAX &&
                size <= PP_NODE_INBOX_BYTES_MAX - node->inbox_bytes;
    if (room) {
        *command = (pp_node_command){.item = item, .size = size};
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
