// SPDX-License-Identifier: MIT OR Apache-2.0
// The pools' journal is written here, beside the blocks and the questions: what was taken, and at
// times the whole of what waits, for it grows with what was ordered.
#include <stdlib.h>

#include "node/internal.h"

enum { SLACK = 1 << 20 }; // bytes of the journal beyond twice what waits

// With the lock.
static bool is_long(const pp_node *node) {
    pp_pool_size size = pp_node_waiting(node);
    return node->journal.size >= 2 * (size.bytes + 12 * size.txs) + SLACK;
}

void pp_node_shorten_journal(pp_node *node) {
    if (!is_long(node)) return;
    node->journal_long = true;
    pthread_cond_signal(&node->written);
}

bool pp_node_has_part(const pp_node *node) {
    return node->journal_long || node->journal.taken != node->journal.safe;
}

// With the lock.
static pp_journal_part whole(pp_node *node) {
    const pp_pool_tx **all =
        (const pp_pool_tx **)calloc(PP_POOL_TXS_MAX, sizeof(const pp_pool_tx *));
    pp_bytes *raws = calloc(pp_node_waiting(node).txs + 1, sizeof *raws);
    PP_ASSERT(all && raws);
    size_t len = 0;
    for (size_t i = 0; i < node->lanes_len; i++) {
        size_t more = pp_pool_all(all, node->lanes[i].pool);
        for (size_t j = 0; j < more; j++) raws[len++] = (pp_bytes){all[j]->raw, all[j]->raw_size};
    }
    pp_journal_part part = pp_journal_whole(&node->journal, raws, len);
    free((void *)all);
    free(raws);
    return part;
}

bool pp_node_write_part(pp_err *err, pp_node *node) {
    pp_journal_part part = node->journal_long ? whole(node) : pp_journal_take(&node->journal);
    pthread_mutex_unlock(&node->lock);
    bool ok = pp_journal_write(err, &node->journal, &part);
    pthread_mutex_lock(&node->lock);
    if (ok) pp_journal_wrote(&node->journal, &part);
    if (part.whole) node->journal_long = false;
    return ok;
}
