// SPDX-License-Identifier: MIT OR Apache-2.0
// Blocks: proposed, checked, executed.
#include "chain/internal.h"

// ---- events -----------------------------------------------------------------------------------

pp_chain_event *pp_chain_emit(pp_chain *chain, pp_chain_event_kind kind) {
    PP_CHAIN_GROW(chain->events, chain->events_len, chain->events_max);
    pp_chain_event *e = &chain->events[chain->events_len++];
    memset(e, 0, sizeof *e);
    e->kind = kind;
    e->item = chain->item;
    return e;
}

pp_chain_event *pp_chain_emit_batch(pp_chain *chain, pp_chain_event_kind kind, const pp_lane *lane,
                                    uint64_t batch) {
    pp_chain_event *e = pp_chain_emit(chain, kind);
    e->protocol = true;
    e->lane = lane->id;
    e->batch = batch;
    return e;
}

// ---- blocks from outside ----------------------------------------------------------------------

static pp_chain_code check_block(pp_block *out, const pp_chain *chain, pp_bytes bytes) {
    if (bytes.size > chain->genesis.block_bytes) return PP_CHAIN_BLOCK_SIZE;
    if (!pp_block_decode(out, bytes)) return PP_CHAIN_BLOCK_FORMAT;
    if (out->items_len > chain->genesis.block_items) return PP_CHAIN_BLOCK_SIZE;
    const pp_genesis *g = &chain->genesis;
    if (out->height != chain->height + 1) return PP_CHAIN_BLOCK_HEIGHT;
    if (!pp_hash32_eq(&out->parent, &chain->parent)) return PP_CHAIN_BLOCK_PARENT;
    if (!pp_hash32_eq(&out->state, &chain->app_hash)) return PP_CHAIN_BLOCK_STATE;
    pp_hash32 before;
    pp_beacon_next(&before, &out->beacon);
    if (!pp_hash32_eq(&before, &chain->beacon)) return PP_CHAIN_BLOCK_BEACON;
    bool right = g->has_signer ? pp_block_is_signed(out, bytes, &chain->genesis_hash, &g->signer)
                               : out->signature == NULL;
    return right ? PP_CHAIN_OK : PP_CHAIN_BLOCK_SIGNATURE;
}

pp_chain_code pp_chain_process(const pp_chain *chain, pp_bytes block) {
    pp_block decoded;
    return check_block(&decoded, chain, block);
}

static bool is_tx(pp_bytes item) {
    return item.size > 0 && item.data[0] == PP_ITEM_LANE_TX;
}

static void add_to(pp_block_share *share, pp_bytes item) {
    share->items++;
    share->bytes += 4 + item.size;
}

// How many of the items go in.
static size_t fitting(const pp_genesis *g, const pp_bytes *items, size_t items_len) {
    pp_block_share all[2] = {{0, 0}, {0, 0}}, in[2] = {{0, 0}, {0, 0}};
    for (size_t i = 0; i < items_len; i++) add_to(&all[is_tx(items[i])], items[i]);
    const pp_block_share most[2] = {pp_genesis_share(g, all[1]), pp_genesis_share(g, all[0])};
    size_t n = 0, bytes = 0, room = pp_genesis_block_room(g);
    for (; n < items_len && n < g->block_items; n++) {
        bool tx = is_tx(items[n]);
        if (items[n].size > pp_genesis_item_max(g)) break;
        add_to(&in[tx], items[n]);
        bytes += 4 + items[n].size;
        if (in[tx].items > most[tx].items || in[tx].bytes > most[tx].bytes || bytes > room) break;
    }
    return n;
}

uint8_t *pp_chain_propose(size_t *out_size, size_t *taken, const pp_chain *chain, uint64_t time,
                          const pp_hash32 *beacon, const pp_bytes *items, size_t items_len) {
    size_t n = fitting(&chain->genesis, items, items_len);
    pp_block block = {
        .height = chain->height + 1,
        .time = time,
        .parent = chain->parent,
        .state = chain->app_hash,
        .beacon = *beacon,
    };
    *taken = n;
    return pp_block_encode(out_size, &block, items, n);
}

// ---- items ------------------------------------------------------------------------------------

static void set_market(pp_chain_item_result *result, pp_market_reason reason) {
    if (reason == PP_MARKET_OK) return;
    result->code = PP_CHAIN_MARKET;
    result->market = reason;
}

// Why a lane that took transactions has not taken this one.
static pp_chain_code left_out(const pp_lane *lane) {
    return lane->now.incident ? PP_CHAIN_STOPPED : PP_CHAIN_BACKLOG;
}

// The lane's transactions in order, until an incident stops it or too many batches wait: one
// command takes no more than many would.
static bool append_all(pp_err *err, pp_chain *chain, pp_admission *a) {
    pp_bytes rest = a->txs;
    while (rest.size > 0) {
        uint64_t before = a->lane->now.transactions;
        if (!pp_lane_append(err, chain, a->lane, pp_block_next(&rest))) return false;
        if (a->lane->now.transactions == before) {
            a->result.code = left_out(a->lane);
            break;
        }
        if (rest.size > 0 && !pp_lane_has_room(chain, a->lane)) {
            a->result.code = PP_CHAIN_BACKLOG;
            break;
        }
    }
    return true;
}

static bool execute_command(pp_err *err, pp_chain *chain, pp_admission *a) {
    const pp_address *sender = &a->item.command.sender;
    switch (a->item.command.kind) {
    case PP_COMMAND_MARKET:
        pp_accounts_in_market(chain, sender);
        set_market(&a->result, pp_market_step(&chain->market, a->command));
        if (a->command->kind == PP_MARKET_PROVE && a->result.code == PP_CHAIN_OK)
            pp_sender_give_back(chain, &a->result);
        return true;
    case PP_COMMAND_TRANSFER:
        pp_accounts_pay(chain, sender, &a->receiver, a->amount);
        return true;
    case PP_COMMAND_FUND:
        pp_accounts_pay(chain, sender, &a->lane->fund, a->amount);
        return true;
    case PP_COMMAND_WITHDRAW:
    case PP_COMMAND_WITHDRAW_TO:
        pp_claims_pay(chain, a->lane, a->batch, &a->withdrawal, &a->receiver);
        return true;
    case PP_COMMAND_EXIT:
        return pp_exit_pay(err, chain, a);
    case PP_COMMAND_DEPOSIT:
        pp_queue_deposit(chain, a);
        return true;
    case PP_COMMAND_FORCE:
        pp_queue_force(chain, a);
        return true;
    case PP_COMMAND_CREATE:
        return pp_registry_create(err, chain, a);
    default:
        return append_all(err, chain, a);
    }
}

static bool execute_tx(pp_err *err, pp_chain *chain, pp_admission *a) {
    uint64_t before = a->lane->now.transactions;
    if (!pp_lane_append(err, chain, a->lane, a->item.raw)) return false;
    if (a->lane->now.transactions == before) a->result.code = left_out(a->lane);
    return true;
}

// One that pp_sender_enter has been at.
static bool execute_item(pp_err *err, pp_chain *chain, pp_bytes item) {
    pp_admission a = {.result = chain->items[chain->item]};
    pp_market_command command;
    size_t first = chain->events_len;
    if (a.result.code != PP_CHAIN_OK) return true;
    if (!pp_item_decode(&a.item, item)) PP_ASSERT(false); // it was
    pp_chain_admit(&a, &command, chain);
    bool ok = true;
    if (a.result.code == PP_CHAIN_OK)
        ok = a.item.type == PP_ITEM_COMMAND ? execute_command(err, chain, &a)
                                            : execute_tx(err, chain, &a);
    if (pp_chain_is_counted(&a.result) && pp_sender_find(&a, chain))
        pp_accounts_look(chain, &a.result.sender);
    pp_chain_follow_market(chain, first);
    chain->items[chain->item] = a.result;
    return ok;
}

// ---- the block ----------------------------------------------------------------------------------

// A stopped node or a clock that jumps expires nothing: a block moves market time by at most three
// intervals, and never back.
static uint64_t market_time(const pp_chain *chain, uint64_t block_time) {
    uint64_t step = block_time > chain->time ? block_time - chain->time : 0;
    uint64_t most = 3 * chain->genesis.block_interval;
    return chain->market.now + (step < most ? step : most);
}

static void begin_block(pp_chain *chain, const pp_block *block, pp_bytes bytes) {
    uint64_t now = market_time(chain, block->time);
    chain->events_len = chain->items_len = 0;
    chain->item = PP_CHAIN_NO_ITEM;
    chain->height = block->height;
    chain->time = block->time;
    chain->beacon = block->beacon;
    pp_block_hash(&chain->parent, &chain->genesis_hash, bytes);
    for (size_t i = 0; i < chain->genesis.rollups_len; i++)
        pp_queue_release(chain, &chain->lanes[i]);
    pp_market_advance(&chain->market, now);
    pp_chain_follow_market(chain, 0);
}

static bool end_block(pp_err *err, pp_chain *chain) {
    chain->item = PP_CHAIN_NO_ITEM;
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) {
        if (!pp_lane_end_block(err, chain, &chain->lanes[i])) return false;
        pp_lane_post(chain, &chain->lanes[i]);
        pp_exit_end_block(chain, &chain->lanes[i]);
    }
    size_t first = chain->events_len;
    pp_market_beacon(&chain->market, &chain->beacon);
    pp_chain_follow_market(chain, first);
    pp_chain_ledger ledger;
    bool all_the_money_is_there = pp_chain_ledger_get(&ledger, chain);
    PP_ASSERT(all_the_money_is_there);
    return true;
}

static void enter_all(pp_chain *chain, const pp_block *block) {
    pp_market_command scratch;
    pp_bytes rest = block->items;
    chain->entering = true;
    for (uint32_t i = 0; i < block->items_len; i++)
        pp_sender_enter(chain, pp_block_next(&rest), &scratch);
    chain->entering = false;
}

static bool execute_block(pp_err *err, pp_chain *chain, const pp_block *block, pp_bytes bytes) {
    begin_block(chain, block, bytes);
    enter_all(chain, block);
    pp_bytes rest = block->items;
    for (uint32_t i = 0; i < block->items_len; i++) {
        chain->item = i;
        if (!execute_item(err, chain, pp_block_next(&rest))) return false;
    }
    return end_block(err, chain);
}

bool pp_chain_finalize(pp_err *err, pp_chain_result *result, pp_chain *chain, pp_bytes bytes) {
    PP_ASSERT(!chain->finalized);
    memset(result, 0, sizeof *result);
    if (chain->failed)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "chain: a block failed half-way; it must be built anew from its log");
    pp_block block;
    result->code = check_block(&block, chain, bytes);
    if (result->code != PP_CHAIN_OK) return true;
    if (!execute_block(err, chain, &block, bytes)) {
        chain->failed = true;
        return false;
    }
    chain->finalized = true;
    result->items = chain->items;
    result->items_len = chain->items_len;
    result->events = chain->events;
    result->events_len = chain->events_len;
    return true;
}

void pp_chain_commit(pp_hash32 *app_hash, pp_chain *chain) {
    PP_ASSERT(chain->finalized);
    chain->finalized = false;
    pp_chain_app_hash(&chain->app_hash, chain);
    *app_hash = chain->app_hash;
}
