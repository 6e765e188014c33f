// SPDX-License-Identifier: MIT OR Apache-2.0
// What the transactions of the next block would come to stand in. The proof fund pays for those
// that a batch refuses too, so none is ordered that its batch would refuse, as far as can be known.
#include <stdlib.h>

#include "chain/wire.h"
#include "node/internal.h"

// What the running batch holds.
static void count_running(pp_pool_terms *t, const pp_node_lane *served, const pp_chain_lane *lane) {
    const pp_chain *chain = pp_local_chain(served->node->local);
    for (uint64_t i = lane->transactions - lane->open_transactions; i < lane->transactions; i++) {
        pp_chain_tx tx;
        bool there = pp_chain_tx_get(&tx, chain, served->id, i);
        PP_ASSERT(there); // the running batch's are kept
        t->gas += tx.gas_used;
        if (tx.forced) continue;
        t->txs++;
    }
    t->bytes = lane->open_bytes; // not of the index: it may begin behind them
}

typedef struct held {
    const pp_node_lane *lane;
    pp_address *list;
    size_t len, max;
} held;

// A forced transaction that will be executed changes what its sender's others find. (One whose
// nonce is used up will not: else anyone could hold somebody up with what he once signed.)
static void hold_sender(held *h, pp_bytes raw) {
    pp_tx tx;
    pp_address sender;
    pp_account account;
    if (pp_tx_decode(&tx, raw) != PP_TX_OK || !pp_tx_sender(&sender, &tx)) return;
    const pp_index *index = h->lane->index;
    bool known = pp_index_account(&account, index, &sender, pp_index_head(index));
    PP_ASSERT(known && h->len < h->max);
    if (tx.nonce >= account.nonce) h->list[h->len++] = sender;
}

// The transaction of a FORCE command for this lane; no data where it is another command.
static pp_bytes forced_by(pp_bytes item, uint64_t lane) {
    pp_item i;
    const pp_bytes none = {NULL, 0};
    if (!pp_item_decode(&i, item) || i.type != PP_ITEM_COMMAND ||
        i.command.kind != PP_COMMAND_FORCE)
        return none;
    pp_reader r = pp_reader_of(i.command.payload);
    uint64_t id = pp_read_u64(&r);
    pp_read_u128(&r);
    pp_bytes raw = pp_read_bytes(&r);
    return pp_read_done(&r) && id == lane ? raw : none;
}

// The senders of forced transactions that wait, or come to wait in this very block, and the most
// gas that those of a batch use.
static void hold_forced(pp_pool_terms *t, held *h, const pp_chain_lane *lane,
                        const pp_genesis_rollup *r, const pp_bytes *commands, size_t len) {
    uint64_t waiting = lane->forced - lane->forced_position;
    h->max = (size_t)waiting + len;
    h->list = calloc(h->max + 1, sizeof *h->list);
    PP_ASSERT(h->list != NULL);
    for (uint64_t i = lane->forced_position; i < lane->forced; i++) {
        pp_chain_forced f;
        bool there = pp_chain_forced_get(&f, pp_local_chain(h->lane->node->local), h->lane->id, i);
        PP_ASSERT(there);
        hold_sender(h, f.raw);
    }
    for (size_t i = 0; i < len; i++) {
        pp_bytes raw = forced_by(commands[i], h->lane->id);
        if (raw.size == 0 || raw.size > PP_ROLLUP_FORCED_SIZE_MAX) continue;
        hold_sender(h, raw);
        waiting++;
    }
    if (waiting > r->queue_forced) waiting = r->queue_forced;
    t->forced_gas = waiting * PP_ROLLUP_FORCED_GAS_MAX;
    t->held_len = h->len;
    t->held = h->list;
}

bool pp_node_terms(pp_pool_terms *out, pp_address **to_free, const pp_node_lane *served,
                   const pp_bytes *commands, size_t commands_len) {
    const pp_genesis_rollup *r = pp_node_rollup(served);
    pp_chain_lane lane;
    bool there = pp_chain_lane_get(&lane, pp_local_chain(served->node->local), served->id);
    PP_ASSERT(there);
    *to_free = NULL;
    if (lane.incident || lane.frozen || lane.room == 0) return false;
    *out = (pp_pool_terms){.base_fee = lane.base_fee,
                           .rise = pp_fee_rise(r),
                           .gas_limit = r->gas_limit,
                           .batch_txs = r->batch_transactions,
                           .batch_bytes = r->batch_bytes,
                           .batches = (size_t)lane.room};
    held h = {.lane = served};
    hold_forced(out, &h, &lane, r, commands, commands_len);
    *to_free = h.list;
    if (lane.open)
        count_running(out, served, &lane);
    else
        out->gas = out->forced_gas;
    return true;
}
