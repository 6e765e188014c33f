// SPDX-License-Identifier: MIT OR Apache-2.0
// The lanes that a node serves: all of the chain's, each with its own index, pool and JSON-RPC.
#include <stdlib.h>

#include "node/internal.h"

const pp_genesis_rollup *pp_node_rollup(const pp_node_lane *lane) {
    return &pp_node_genesis(lane->node)->rollups[lane->id];
}

// ---- for JSON-RPC -------------------------------------------------------------------------------

static void account_of(void *ctx, pp_account *out, const pp_address *address) {
    const pp_node_lane *lane = ctx;
    bool known = pp_index_account(out, lane->index, address, pp_index_head(lane->index));
    PP_ASSERT(known); // the head's state is always kept
}

static const char *busy(void *ctx) {
    const pp_node_lane *served = ctx;
    const pp_node *node = served->node;
    const pp_chain_lane *lane = &node->view.lanes[served->id];
    const pp_genesis_rollup *rollup = pp_node_rollup(served);
    if (node->stopping) return "the node is stopping";
    if (!rollup->open) return "the rollup takes transactions from its submitter alone";
    if (node->options.follow) return "this node follows another one: send it there";
    if (lane->frozen) return "the rollup is frozen: somebody has left it by the exit";
    if (lane->incident) return "the rollup stands still: an incident, see the node's status";
    if (lane->room == 0)
        return "too many batches wait for a proof, or to be settled; try again later";
    return NULL;
}

static void enter(void *ctx) {
    pthread_mutex_lock(&((pp_node_lane *)ctx)->node->lock);
}
static void leave(void *ctx) {
    pthread_mutex_unlock(&((pp_node_lane *)ctx)->node->lock);
}

static void on_taken(void *ctx, const pp_hash32 *hash, pp_bytes raw) {
    (void)hash;
    pp_journal_add(&((pp_node_lane *)ctx)->node->journal, raw);
}

// It was acknowledged: that it waits no more is written down too, or it would come back.
static void on_gone(void *ctx, const pp_hash32 *hash) {
    pp_journal_add(&((pp_node_lane *)ctx)->node->journal, (pp_bytes){hash->b, sizeof hash->b});
}

// ---- coming and going ---------------------------------------------------------------------------

static void price(pp_node_lane *lane) {
    const pp_index_block *head = pp_index_block_at(lane->index, pp_index_head(lane->index));
    if (head != NULL) lane->rpc.env.base_fee = head->base_fee; // a lane's first block comes yet
}

void pp_node_price(pp_node *node) {
    for (size_t i = 0; i < node->lanes_len; i++) price(&node->lanes[i]);
}

void pp_node_add_lane(pp_node *node, const pp_genesis_rollup *entry, pp_index *index) {
    PP_ASSERT(node->lanes_len < PP_GENESIS_ROLLUPS_MAX);
    pp_node_lane *lane = &node->lanes[node->lanes_len];
    *lane = (pp_node_lane){.node = node, .id = node->lanes_len, .index = index};
    lane->pool = pp_pool_new(account_of, on_gone, lane);
    lane->rpc.index = index;
    lane->rpc.pool = lane->pool;
    // Half of a block's half: where many wait, what they all need around them may take the rest.
    lane->rpc.tx_max = pp_genesis_item_max(pp_chain_genesis(pp_local_chain(node->local))) / 2;
    lane->rpc.client = node->options.client;
    lane->rpc.ctx = lane;
    lane->rpc.busy = busy;
    lane->rpc.on_taken = on_taken;
    lane->rpc.enter = enter;
    lane->rpc.leave = leave;
    lane->rpc.env = (pp_rollup_env){.chain_id = entry->chain_id,
                                    .base_fee = entry->base_fee,
                                    .gas_limit = entry->gas_limit,
                                    .fee_recipient = entry->fee_recipient};
    price(lane);
    node->lanes_len++;
}

void pp_node_drop_lanes(pp_node *node) {
    for (size_t i = 0; i < node->lanes_len; i++) {
        pp_pool_free(node->lanes[i].pool);
        pp_index_free(node->lanes[i].index);
    }
    node->lanes_len = 0;
}

// ---- all of them --------------------------------------------------------------------------------

void pp_node_share_pools(pp_node *node) {
    size_t open[2] = {0};
    for (size_t i = 0; i < node->lanes_len; i++)
        open[i >= node->from_genesis] += pp_node_rollup(&node->lanes[i])->open;
    for (size_t i = 0; i < node->lanes_len; i++)
        if (pp_node_rollup(&node->lanes[i])->open)
            pp_pool_share(node->lanes[i].pool, open[i >= node->from_genesis]);
}

pp_pool_size pp_node_waiting(const pp_node *node) {
    pp_pool_size all = {0};
    for (size_t i = 0; i < node->lanes_len; i++) {
        pp_pool_size one = pp_pool_size_get(node->lanes[i].pool);
        all.txs += one.txs;
        all.bytes += one.bytes;
        all.gapped += one.gapped;
    }
    return all;
}

pp_node_lane *pp_node_first_lane(pp_node *node) {
    for (size_t i = 0; i < node->lanes_len && i < node->from_genesis; i++)
        if (pp_node_rollup(&node->lanes[i])->open) return &node->lanes[i];
    return NULL;
}

// What was ordered meanwhile, or can never be, goes. No two lanes have the same chain id, which is
// signed: it says whose a transaction is.
void pp_node_restore(pp_node *node, pp_bytes raw) {
    pp_hash32 hash;
    pp_tx tx;
    bool gone = raw.size == sizeof hash.b;
    if (gone)
        memcpy(hash.b, raw.data, sizeof hash.b);
    else if (pp_tx_decode(&tx, raw) != PP_TX_OK)
        return;
    for (size_t i = 0; i < node->lanes_len; i++) {
        pp_node_lane *lane = &node->lanes[i];
        if (gone)
            pp_pool_drop(lane->pool, &hash);
        else if (tx.chain_id == lane->rpc.env.chain_id)
            pp_pool_restore(lane->pool, &lane->rpc.env, raw);
    }
}

// Digits are a number: whoever names a rollup "0" does not stand in for the first one.
static const pp_node_lane *find(pp_node *node, const char *name) {
    char number[24];
    bool numbered = name[strspn(name, "0123456789")] == 0;
    for (size_t i = 0; i < node->lanes_len; i++) {
        snprintf(number, sizeof number, "%zu", i);
        if (strcmp(numbered ? number : pp_node_rollup(&node->lanes[i])->name, name) == 0)
            return &node->lanes[i];
    }
    return NULL;
}

bool pp_node_find_lane(uint64_t *lane, pp_node *node, const char *name) {
    pthread_mutex_lock(&node->lock);
    const pp_node_lane *found = name == NULL ? pp_node_first_lane(node) : find(node, name);
    if (found != NULL) *lane = found->id;
    pthread_mutex_unlock(&node->lock);
    return found != NULL;
}

char *pp_node_rpc(size_t *size, uint64_t *ticket, pp_node *node, uint64_t lane, pp_bytes request) {
    pthread_mutex_lock(&node->lock);
    PP_ASSERT(lane < node->lanes_len); // from pp_node_find_lane
    uint64_t before = node->journal.taken;
    pthread_mutex_unlock(&node->lock);
    *ticket = 0;
    // It takes the lock for each call. What else comes into the journal meanwhile is waited for
    // too.
    char *answer = pp_rpc_answer(size, &node->lanes[lane].rpc, request);
    pthread_mutex_lock(&node->lock);
    if (node->journal.taken != before) {
        *ticket = node->journal.taken;
        pthread_cond_signal(&node->written);
    }
    pthread_mutex_unlock(&node->lock);
    return answer;
}
