// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/index.h"

#include <stdlib.h>

#include "codec/tx.h"
#include "index/runs.h"
#include "index/states.h"

// Bytes of address space: room for a billion transactions.
#define MOST ((size_t)1 << 37)
enum {
    RUN = 1 << 16, // hashes kept in memory
    COOL = 256,    // blocks: then what was looked up leaves memory
};

struct pp_index {
    uint64_t lane, finalized;
    uint64_t from; // 0: everything is known; else what came before this block, and in it, is not
    uint64_t txs_from; // number of the first transaction that is known
    bool born;         // nothing of the lane is before block `from`, nor in it
    bool proofs;       // the network accepts nothing else
    pp_address fee_recipient;
    pp_far blocks; // pp_index_block, from height 0
    pp_far txs;    // pp_index_tx, from number 0
    pp_far raw;    // their bytes
    pp_runs by_block, by_tx;
    pp_states states; // of every account that was ever touched
};

static pp_index_block *blocks_of(const pp_index *index) {
    return pp_far_items(&index->blocks);
}
static pp_index_tx *txs_of(const pp_index *index) {
    return pp_far_items(&index->txs);
}
static uint64_t blocks_len(const pp_index *index) {
    return index->blocks.size / sizeof(pp_index_block);
}
static uint64_t txs_len(const pp_index *index) {
    return index->txs.size / sizeof(pp_index_tx);
}
// Genesis stands first, then block `from` or 1, then all behind it.
static uint64_t gone(const pp_index *index) {
    return index->from > 0 ? index->from - 1 : 0;
}
static uint64_t next_height(const pp_index *index) {
    return gone(index) + blocks_len(index);
}
static uint64_t next_number(const pp_index *index) {
    return index->txs_from + txs_len(index);
}

// ---- accounts ---------------------------------------------------------------------------------

static bool is_tx(const void *ctx, uint32_t at, const uint8_t *key) {
    return memcmp(txs_of(ctx)[at].hash.b, key, 32) == 0;
}
static bool is_block(const void *ctx, uint32_t at, const uint8_t *key) {
    return memcmp(blocks_of(ctx)[at].hash.b, key, 32) == 0;
}

// The first of the last blocks, where `head` is the last one.
static uint64_t recent(uint64_t head) {
    return head < PP_INDEX_STATES ? 0 : head - PP_INDEX_STATES + 1;
}

static void set_account(pp_index *index, const pp_address *address, const pp_account *account,
                        uint64_t height) {
    const pp_states_reach reach = {recent(height), index->finalized, index->proofs};
    pp_states_set(&index->states, address, account, height, reach);
}

bool pp_index_account(pp_account *out, const pp_index *index, const pp_address *address,
                      uint64_t height) {
    uint64_t head = pp_index_head(index);
    memset(out, 0, sizeof *out);
    if (height > head || (height < index->from && !index->born) ||
        (head - height >= PP_INDEX_STATES && height != index->finalized))
        return false;
    pp_states_get(out, &index->states, address, height);
    return true;
}

// ---- life -------------------------------------------------------------------------------------

static bool add_block(pp_err *err, pp_index *index, const pp_index_block *block) {
    uint32_t at = (uint32_t)blocks_len(index);
    pp_index_block *new = pp_far_add(err, &index->blocks, sizeof *new);
    if (new == NULL) return false;
    *new = *block;
    return pp_runs_add(err, &index->by_block, block->hash.b, at);
}

static uint64_t base_fee_of(const pp_chain *chain, uint64_t id) {
    pp_chain_lane lane;
    bool there = pp_chain_lane_get(&lane, chain, id);
    PP_ASSERT(there);
    return lane.base_fee;
}

static bool open_files(pp_err *err, pp_index *index, const char *dir) {
    return pp_far_open(err, &index->blocks, dir, "index.blocks", MOST) &&
           pp_far_open(err, &index->txs, dir, "index.transactions", MOST) &&
           pp_far_open(err, &index->raw, dir, "index.raw", MOST) &&
           pp_runs_open(err, &index->by_block, dir, "index.block-hashes", RUN) &&
           pp_runs_open(err, &index->by_tx, dir, "index.hashes", RUN);
}

static void know_account(void *ctx, const pp_address *address, const pp_account *account) {
    pp_index *index = ctx;
    set_account(index, address, account, index->from);
}

static void advance_finalized(pp_index *index, const pp_chain *chain);

// What is before this block was pruned; of the block itself its hash is known, and the accounts
// behind it.
static bool begin_late(pp_err *err, pp_index *index, pp_chain *chain, const pp_chain_info *info) {
    pp_chain_lane lane;
    bool there = pp_chain_lane_get(&lane, chain, index->lane);
    PP_ASSERT(there);
    index->from = info->height;
    index->txs_from = lane.transactions;
    const pp_index_block block = {.height = info->height,
                                  .time = info->time,
                                  .hash = info->parent,
                                  .state = info->app_hash,
                                  .first = lane.transactions,
                                  .base_fee = lane.base_fee};
    if (!add_block(err, index, &block) ||
        !pp_chain_each_account(err, chain, index->lane, index, know_account))
        return false;
    advance_finalized(index, chain);
    return true;
}

// Genesis.
static bool begin_files(pp_err *err, pp_index *index, const pp_chain_info *info,
                        const pp_genesis *genesis, const char *dir) {
    const pp_index_block first = {.time = genesis->time,
                                  .hash = info->genesis,
                                  .state = info->height == 0 ? info->app_hash : (pp_hash32){{0}},
                                  .base_fee = genesis->rollups[index->lane].base_fee};
    return open_files(err, index, dir) && add_block(err, index, &first);
}

// The block before the lane's first one holds its place, and is not told: the next one is.
static bool begin_born(pp_err *err, pp_index *index, const pp_chain *chain, const char *dir) {
    const pp_genesis *genesis = pp_chain_genesis(chain);
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    PP_ASSERT(info.height > 0);
    index->from = info.height - 1;
    index->born = true;
    const pp_index_block before = {.height = index->from,
                                   .base_fee = genesis->rollups[index->lane].base_fee};
    return begin_files(err, index, &info, genesis, dir) &&
           (index->from == 0 || add_block(err, index, &before));
}

static bool begin(pp_err *err, pp_index *index, pp_chain *chain, const char *dir) {
    const pp_genesis *genesis = pp_chain_genesis(chain);
    const pp_genesis_rollup *rollup = &genesis->rollups[index->lane];
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    if (!begin_files(err, index, &info, genesis, dir)) return false;
    if (info.height > 0) return begin_late(err, index, chain, &info);
    for (size_t i = 0; i < rollup->allocations_len; i++)
        set_account(index, &rollup->allocations[i].address, &rollup->allocations[i].account, 0);
    return true;
}

static pp_index *new_index(const pp_chain *chain, uint64_t lane) {
    const pp_genesis *genesis = pp_chain_genesis(chain);
    PP_ASSERT(lane < genesis->rollups_len);
    pp_index *index = calloc(1, sizeof *index);
    PP_ASSERT(index != NULL);
    index->lane = lane;
    index->proofs = genesis->check == PP_CHECK_PROOF;
    index->fee_recipient = genesis->rollups[lane].fee_recipient;
    return index;
}

static bool give(pp_index **out, pp_index *index, bool ok) {
    if (!ok) pp_index_free(index);
    *out = ok ? index : NULL;
    return ok;
}

bool pp_index_new(pp_err *err, pp_index **out, pp_chain *chain, uint64_t lane, const char *dir) {
    pp_index *index = new_index(chain, lane);
    return give(out, index, begin(err, index, chain, dir));
}

bool pp_index_new_born(pp_err *err, pp_index **out, const pp_chain *chain, uint64_t lane,
                       const char *dir) {
    pp_index *index = new_index(chain, lane);
    return give(out, index, begin_born(err, index, chain, dir));
}

void pp_index_free(pp_index *index) {
    if (index == NULL) return;
    pp_states_free(&index->states);
    pp_far_close(&index->blocks);
    pp_far_close(&index->txs);
    pp_far_close(&index->raw);
    pp_runs_close(&index->by_block);
    pp_runs_close(&index->by_tx);
    free(index);
}

// ---- kept -------------------------------------------------------------------------------------

// The first block behind which an account may still be asked for. One that has not changed since
// then is as the chain has it.
static uint64_t oldest(const pp_index *index) {
    uint64_t since = recent(pp_index_head(index));
    if (index->finalized < since) since = index->finalized;
    return since > index->from ? since : index->from;
}

static void know_the_rest(void *ctx, const pp_address *address, const pp_account *account) {
    pp_index *index = ctx;
    if (!pp_states_has(&index->states, address)) set_account(index, address, account, index->from);
}

bool pp_index_save(pp_err *err, pp_index *index, pp_wire *out) {
    pp_wire_u64(out, index->lane);
    pp_wire_u64(out, index->from);
    pp_wire_u64(out, index->txs_from);
    pp_wire_u8(out, index->born);
    pp_wire_u64(out, index->finalized);
    pp_states_save(&index->states, out, oldest(index));
    return pp_far_save(err, &index->blocks, out, index->blocks.size) &&
           pp_far_save(err, &index->txs, out, index->txs.size) &&
           pp_far_save(err, &index->raw, out, index->raw.size) &&
           pp_runs_save(err, &index->by_block, out) && pp_runs_save(err, &index->by_tx, out);
}

static const uint8_t *hash_of_block(const void *ctx, uint32_t at) {
    return at < blocks_len(ctx) ? blocks_of(ctx)[at].hash.b : NULL;
}
static const uint8_t *hash_of_tx(const void *ctx, uint32_t at) {
    return at < txs_len(ctx) ? txs_of(ctx)[at].hash.b : NULL;
}

static bool load_files(pp_err *err, pp_index *index, const char *dir, pp_reader *saved) {
    return pp_far_load(err, &index->blocks, saved, dir, "index.blocks", MOST) &&
           pp_far_load(err, &index->txs, saved, dir, "index.transactions", MOST) &&
           pp_far_load(err, &index->raw, saved, dir, "index.raw", MOST) &&
           pp_runs_load(err, &index->by_block, saved, dir, "index.block-hashes", RUN, hash_of_block,
                        index) &&
           pp_runs_load(err, &index->by_tx, saved, dir, "index.hashes", RUN, hash_of_tx, index);
}

static bool load(pp_err *err, pp_index *index, pp_chain *chain, const char *dir, pp_reader *saved) {
    pp_chain_info info;
    pp_chain_lane lane;
    pp_chain_info_get(&info, chain);
    bool there = pp_chain_lane_get(&lane, chain, index->lane);
    uint64_t same = pp_read_u64(saved);
    index->from = pp_read_u64(saved);
    index->txs_from = pp_read_u64(saved);
    index->born = pp_read_u8(saved) != 0;
    index->finalized = pp_read_u64(saved);
    bool ok = there && same == index->lane && pp_states_load(&index->states, saved);
    if (ok && !load_files(err, index, dir, saved)) return false;
    ok = ok && blocks_len(index) > 0 && pp_index_head(index) == info.height &&
         pp_hash32_eq(&blocks_of(index)[blocks_len(index) - 1].hash, &info.parent) &&
         next_number(index) == lane.transactions;
    if (!ok) return pp_err_set(err, PP_EXIT_NO, "what was kept of the index is of another chain");
    return pp_chain_each_account(err, chain, index->lane, index, know_the_rest);
}

bool pp_index_load(pp_err *err, pp_index **out, pp_chain *chain, uint64_t lane, const char *dir,
                   pp_reader *saved) {
    pp_index *index = new_index(chain, lane);
    return give(out, index, load(err, index, chain, dir, saved));
}

// ---- blocks -----------------------------------------------------------------------------------

static bool touch(pp_err *err, pp_index *index, pp_chain *chain, const pp_address *address,
                  uint64_t height) {
    pp_account account;
    if (!pp_chain_rollup_account(err, &account, chain, index->lane, address, false)) return false;
    set_account(index, address, &account, height);
    return true;
}

// The lane is frozen: what stood above its last checked root is void, whoever it touched.
static bool touch_all(pp_err *err, pp_index *index, pp_chain *chain, uint64_t height) {
    for (size_t i = 0; i < index->states.len; i++) {
        pp_address address = index->states.entries[i].address;
        if (!touch(err, index, chain, &address, height)) return false;
    }
    return true;
}

// The lane's next transaction: bytes from the block, the rest from the chain's record of it.
static bool add_tx(pp_err *err, pp_index *index, pp_chain *chain, pp_index_block *block,
                   pp_bytes raw) {
    pp_chain_tx record;
    uint64_t number = next_number(index), place = txs_len(index);
    bool there = pp_chain_tx_get(&record, chain, index->lane, number);
    PP_ASSERT(there && record.height == block->height);
    pp_index_tx tx = {.hash = record.hash,
                      .height = block->height,
                      .number = number,
                      .position = block->applied,
                      .reason = record.reason,
                      .has_sender = record.has_sender,
                      .sender = record.sender,
                      .gas_used = record.gas_used,
                      .base_fee = record.base_fee,
                      .gas_before = block->gas_used,
                      .raw_at = index->raw.size,
                      .raw_size = raw.size};
    uint8_t *copy = pp_far_add(err, &index->raw, raw.size);
    pp_index_tx *new = copy ? pp_far_add(err, &index->txs, sizeof *new) : NULL;
    if (new == NULL) return false;
    memcpy(copy, raw.data, raw.size);
    *new = tx;
    if (!pp_runs_add(err, &index->by_tx, tx.hash.b, (uint32_t)place)) return false;
    block->ordered++;
    if (tx.reason != PP_ROLLUP_OK) return true;
    block->applied++;
    block->gas_used += tx.gas_used;
    pp_tx decoded;
    pp_tx_status status = pp_tx_decode(&decoded, raw);
    PP_ASSERT(status == PP_TX_OK);
    return touch(err, index, chain, &tx.sender, block->height) &&
           touch(err, index, chain, &decoded.to, block->height) &&
           touch(err, index, chain, &index->fee_recipient, block->height);
}

// Where the lane's own transactions stand in a block's items, in order.
typedef struct cursor {
    pp_bytes items; // behind `item`
    uint32_t taken; // items
    pp_item item;
    pp_bytes rest; // of a command's transactions
} cursor;

static pp_bytes next_raw(cursor *c, uint32_t item) {
    while (c->taken <= item) {
        bool decoded = pp_item_decode(&c->item, pp_block_next(&c->items));
        PP_ASSERT(decoded || c->taken < item);
        if (decoded && c->item.type == PP_ITEM_COMMAND && c->taken == item)
            c->rest =
                (pp_bytes){c->item.command.payload.data + 12, c->item.command.payload.size - 12};
        c->taken++;
    }
    return c->item.type == PP_ITEM_LANE_TX ? c->item.raw : pp_block_next(&c->rest);
}

// A transaction or a deposit of the lane, as the chain executed it. Bytes come from the block, or,
// of a forced transaction, from the chain's queue.
static bool add_event(pp_err *err, pp_index *index, pp_chain *chain, pp_index_block *block,
                      cursor *c, const pp_chain_event *e) {
    if (e->kind == PP_EVENT_DEPOSIT || e->kind == PP_EVENT_EXITED)
        return touch(err, index, chain, &e->account, block->height);
    if (e->kind == PP_EVENT_FROZEN) return touch_all(err, index, chain, block->height);
    if (e->kind != PP_EVENT_TX) return true;
    if (!e->forced) return add_tx(err, index, chain, block, next_raw(c, e->item));
    pp_chain_forced forced;
    bool there = pp_chain_forced_get(&forced, chain, index->lane, e->position);
    PP_ASSERT(there);
    return add_tx(err, index, chain, block, forced.raw);
}

static void advance_finalized(pp_index *index, const pp_chain *chain) {
    pp_chain_lane lane;
    bool there = pp_chain_lane_get(&lane, chain, index->lane);
    PP_ASSERT(there);
    // In a frozen lane nothing more is proven, and what was not is void.
    if (!index->proofs || lane.frozen) return;
    // The block before the one in which the first batch that is not proven began.
    uint64_t height = lane.open ? lane.open_height - 1 : next_height(index) - 1;
    pp_chain_batch batch;
    if (lane.checked < lane.batches) {
        if (!pp_chain_batch_get(&batch, chain, index->lane, lane.checked)) return;
        height = batch.begun - 1;
    }
    if (height > index->finalized) index->finalized = height;
}

static void cool(const pp_index *index) {
    pp_far_cool(&index->blocks);
    pp_far_cool(&index->txs);
    pp_far_cool(&index->raw);
    pp_far_cool(&index->by_block.far);
    pp_far_cool(&index->by_tx.far);
}

bool pp_index_add(pp_err *err, pp_index *index, pp_chain *chain, pp_bytes bytes,
                  const pp_chain_result *result) {
    pp_block decoded;
    pp_chain_info info;
    bool ok = pp_block_decode(&decoded, bytes);
    pp_chain_info_get(&info, chain);
    PP_ASSERT(ok && decoded.height == next_height(index) && info.height == decoded.height);
    pp_index_block block = {.height = decoded.height,
                            .time = decoded.time,
                            .hash = info.parent,
                            .parent = decoded.parent,
                            .state = info.app_hash,
                            .size = bytes.size,
                            .first = next_number(index),
                            .base_fee = base_fee_of(chain, index->lane)};
    cursor c = {.items = decoded.items};
    for (size_t i = 0; i < result->events_len; i++) {
        const pp_chain_event *e = &result->events[i];
        bool ours = e->protocol && e->lane == index->lane;
        if (ours && !add_event(err, index, chain, &block, &c, e)) return false;
    }
    if (!add_block(err, index, &block)) return false;
    advance_finalized(index, chain);
    if (block.height % COOL == 0) cool(index);
    return true;
}

// ---- questions --------------------------------------------------------------------------------

uint64_t pp_index_head(const pp_index *index) {
    return next_height(index) - 1;
}
uint64_t pp_index_first(const pp_index *index) {
    if (index->from == 0) return 0;
    return index->from < pp_index_head(index) ? index->from + 1 : index->from;
}
uint64_t pp_index_finalized(const pp_index *index) {
    return index->finalized;
}

const pp_index_block *pp_index_block_at(const pp_index *index, uint64_t height) {
    if (height == 0) return blocks_of(index);
    bool known = height >= pp_index_first(index) && height < next_height(index);
    return known ? &blocks_of(index)[height - gone(index)] : NULL;
}
const pp_index_block *pp_index_block_by_hash(const pp_index *index, const pp_hash32 *hash) {
    uint32_t at = pp_runs_find(&index->by_block, hash->b, is_block, index);
    if (at == PP_TABLE_NONE || blocks_of(index)[at].height < pp_index_first(index)) return NULL;
    return &blocks_of(index)[at];
}
const pp_index_tx *pp_index_tx_at(const pp_index *index, uint64_t number) {
    bool known = number >= index->txs_from && number < next_number(index);
    return known ? &txs_of(index)[number - index->txs_from] : NULL;
}

pp_bytes pp_index_raw(const pp_index *index, const pp_index_tx *tx) {
    return (pp_bytes){index->raw.base + tx->raw_at, (size_t)tx->raw_size};
}

static bool is_applied(const void *ctx, uint32_t at, const uint8_t *key) {
    return is_tx(ctx, at, key) && txs_of(ctx)[at].reason == PP_ROLLUP_OK;
}

const pp_index_tx *pp_index_tx_by_hash(const pp_index *index, const pp_hash32 *hash) {
    uint32_t at = pp_runs_find(&index->by_tx, hash->b, is_applied, index);
    if (at == PP_TABLE_NONE) at = pp_runs_find(&index->by_tx, hash->b, is_tx, index);
    return at == PP_TABLE_NONE ? NULL : &txs_of(index)[at];
}
