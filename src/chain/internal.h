// SPDX-License-Identifier: MIT OR Apache-2.0
// What the application's files share. Only for chain/.
#ifndef PP_CHAIN_INTERNAL_H
#define PP_CHAIN_INTERNAL_H

#include "chain/chain.h"
#include "chain/wire.h"

typedef struct pp_batch_record {
    pp_chain_batch batch; // batch.input views input
    uint8_t *input;       // heap; NULL when it is no longer kept
    bool held;            // the market has refused it, and that was said
    pp_hash32 hash;       // of all of it that counts: pp_batch_changed
} pp_batch_record;

typedef struct pp_lane {
    const pp_genesis_rollup *rollup;
    uint64_t id;
    pp_address fund;
    pp_chain_lane now; // fund and debt are the market's: filled in by the query
    uint64_t posted;   // batches that have a request: in order
    // The running batch, now.open_transactions long; the rest means something when that is > 0.
    pp_state state;
    pp_rollup_env env;
    pp_rollup_totals totals;
    uint64_t open_height; // of the block with its first transaction
    uint32_t open_applied;
    pp_wire open_raw;     // its transactions one behind the other
    uint32_t *open_sizes; // rollup->batch_transactions entries
    bool touched;         // ordered_root is out of date
    // What queries can see: the last records, from number txs_first and batches_first.
    uint64_t txs_first, batches_first;
    size_t txs_len, txs_max, batches_len, batches_max;
    pp_chain_tx *txs;
    pp_batch_record *batches;
    // All of both, as chained hashes, for the app hash.
    pp_hash32 txs_hash;     // of every ordered transaction
    pp_hash32 batches_hash; // of every batch whose root has advanced
} pp_lane;

struct pp_chain {
    pp_genesis genesis;
    pp_hash32 genesis_hash;
    pp_chain_env env;
    void *market_memory;
    pp_market market;
    uint64_t *nonces; // by the market's account index
    uint32_t nonces_max;
    pp_hash32 nonces_hash; // of every change, chained
    pp_lane *lanes;        // genesis.rollups_len
    pp_u128 supply;
    // The last block.
    uint64_t height, time;
    pp_hash32 parent, beacon, app_hash;
    // The block in work.
    bool finalized; // commit is due
    bool failed;    // the environment failed: good for nothing any more
    uint32_t item;
    size_t events_len, events_max, items_len, items_max;
    pp_chain_event *events;
    pp_chain_item_result *items;
};

// ---- admit.c: what can be said of an item without executing it ---------------------------------

typedef struct pp_admission {
    pp_item item;
    pp_chain_item_result result;
    bool counts;                // a command that uses its nonce up, whatever result.code says
    uint32_t account;           // COMMAND: the sender's
    pp_market_command *command; // MARKET: decoded here; the caller's
    pp_lane *lane;              // LANE, FUND, PP_ITEM_LANE_TX
    pp_bytes txs;               // LANE: its transactions, each u32 size and bytes
    pp_address receiver;        // TRANSFER
    pp_u128 amount;             // TRANSFER, FUND
} pp_admission;

// out->result.code OK: it would be taken into the next block. command is scratch memory.
void pp_chain_admit(pp_admission *out, pp_market_command *command, const pp_chain *chain,
                    pp_bytes item);

// ---- events ------------------------------------------------------------------------------------

// A new event, zeroed but for its kind and the running item. Valid until the next one.
pp_chain_event *pp_chain_emit(pp_chain *chain, pp_chain_event_kind kind);
pp_chain_event *pp_chain_emit_batch(pp_chain *chain, pp_chain_event_kind kind, const pp_lane *lane,
                                    uint64_t batch);

// ---- lane.c: ordering and cutting --------------------------------------------------------------

void pp_lane_init(pp_chain *chain, uint64_t id);
// Writes the genesis' accounts to the store.
PP_NODISCARD bool pp_lane_allocate(pp_err *err, pp_chain *chain, pp_lane *lane);
void pp_lane_free(pp_lane *lane);
// Appends one transaction and executes it; cuts where that is due. An incident leaves it out:
// lane->now.incident says so. False when the environment failed.
PP_NODISCARD bool pp_lane_append(pp_err *err, pp_chain *chain, pp_lane *lane, pp_bytes raw);
// At the end of a block: cuts what has waited long enough, brings ordered_root up to date.
PP_NODISCARD bool pp_lane_end_block(pp_err *err, pp_chain *chain, pp_lane *lane);

// ---- batch.c: from a cut batch to its root -----------------------------------------------------

// NULL when there is no such batch, or no record of it any more.
pp_batch_record *pp_lane_batch(const pp_lane *lane, uint64_t batch);
pp_lane *pp_lane_of_request(uint64_t *batch, const pp_chain *chain, const pp_hash32 *request);
// A full batch's request, as the market must take it.
void pp_batch_terms(pp_market_terms *out, const pp_lane *lane, const pp_chain_batch *batch);
void pp_batch_price(pp_chain_batch *batch, const pp_lane *lane);
// Posts what is cut, in order, as far as the market takes it.
void pp_lane_post(pp_chain *chain, pp_lane *lane);
// Acts on the market's events from number `first` on: claims, roots, fees, the next reserve.
void pp_chain_follow_market(pp_chain *chain, size_t first);

// ---- snapshot.c --------------------------------------------------------------------------------

// *chained = Keccak-256(tag, *chained, bytes).
void pp_chain_chain_hash(pp_hash32 *chained, const char *tag, const pp_wire *bytes);
// Brings a record's hash up to date: after every change to it.
void pp_batch_changed(pp_batch_record *record);
void pp_chain_app_hash(pp_hash32 *out, const pp_chain *chain);

#endif
