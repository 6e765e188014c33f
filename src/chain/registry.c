// SPDX-License-Identifier: MIT OR Apache-2.0
// Rollups by command. An entry is for ever, and so is its place in every table: it has a price, and
// there is a number that they never pass.
#include "chain/entry.h"
#include "chain/internal.h"

pp_market_reason pp_registry_check_request(const pp_market_params *market,
                                           const pp_genesis_rollup *entry) {
    pp_lane lane = {.rollup = entry, .now = {.reserve_rate = entry->reserve_rate}};
    pp_chain_batch full = {.work = pp_genesis_full_work(entry),
                           .program_id = entry->program_id,
                           .input_size = PP_ROLLUP_INPUT_MAX};
    pp_market_terms terms;
    full.reserve = pp_lane_price(&lane, full.work);
    pp_batch_terms(&terms, &lane, &full);
    return pp_market_check_terms(market, &terms);
}

// The places of a new lane are those that nobody holds: what requests of others have would come out
// of the older lanes' share.
static bool is_full(const pp_chain *chain, const pp_genesis_rollup *entry) {
    const pp_genesis *g = &chain->genesis;
    const pp_market *m = &chain->market;
    uint64_t others = m->open_len - m->protocol_len;
    return g->rollups_len >= g->registry.rollups ||
           m->kept + others + entry->batch_backlog > g->requests_max;
}

static bool is_taken(const pp_chain *chain, const pp_genesis_rollup *entry) {
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) {
        const pp_genesis_rollup *r = &chain->genesis.rollups[i];
        if (r->chain_id == entry->chain_id || strcmp(r->name, entry->name) == 0) return true;
    }
    return false;
}

// The chain executes one transition natively: the one that genesis' programs prove.
static const pp_genesis_rollup *same_program(const pp_chain *chain, const pp_hash32 *program) {
    for (size_t i = 0; i < chain->from_genesis; i++)
        if (pp_hash32_eq(&chain->genesis.rollups[i].program_id, program))
            return &chain->genesis.rollups[i];
    return NULL;
}

// What a batch costs is the program's, not its maker's to say: batches that are dearer than they
// say cost everybody who executes the block their time, and are worth a proof to nobody.
static bool is_honest(const pp_genesis_rollup *entry, const pp_genesis_rollup *known) {
    return entry->work_batch >= known->work_batch &&
           entry->work_transaction >= known->work_transaction &&
           entry->work_byte >= known->work_byte;
}

pp_chain_code pp_registry_admit(pp_admission *a, const pp_chain *chain) {
    const pp_genesis *g = &chain->genesis;
    pp_genesis_rollup *entry = &a->entry;
    pp_genesis_exit takes;
    bool in_bounds;
    if (!pp_entry_decode(entry, &in_bounds, a->item.command.payload, &g->market))
        return PP_CHAIN_FORMAT;
    if (!in_bounds) return PP_CHAIN_ENTRY;
    if (is_taken(chain, entry)) return PP_CHAIN_TAKEN;
    const pp_genesis_rollup *known = same_program(chain, &entry->program_id);
    if (!known) return PP_CHAIN_PROGRAM;
    if (is_full(chain, entry)) return PP_CHAIN_FULL;
    a->result.market = pp_registry_check_request(&g->market, entry);
    if (a->result.market != PP_MARKET_OK) return PP_CHAIN_MARKET;
    if (!is_honest(entry, known) || (chain->env.fits && !chain->env.fits(chain->env.ctx, entry)))
        return PP_CHAIN_ENTRY_FIT;
    if (!pp_entry_exit_waits(&takes, g, entry)) return PP_CHAIN_ENTRY_EXIT;
    // The fund is an account like any other that a transfer makes.
    if (entry->fund == 0 || entry->fund < g->market.proof_bond) return PP_CHAIN_AMOUNT;
    pp_address fund;
    pp_lane_fund_address(&fund, &chain->genesis_hash, g->rollups_len);
    if (!pp_accounts_has_room(chain, &fund)) return PP_CHAIN_FULL;
    pp_u128 free = pp_sender_has(a, chain);
    return free < g->registry.price || free - g->registry.price < entry->fund ? PP_CHAIN_BALANCE
                                                                              : PP_CHAIN_OK;
}

bool pp_registry_create(pp_err *err, pp_chain *chain, pp_admission *a) {
    pp_genesis *g = &chain->genesis;
    const pp_address *sender = &a->item.command.sender;
    uint64_t id = g->rollups_len;
    pp_lane *lane = &chain->lanes[id];
    g->rollups[id] = a->entry;
    pp_lane_init(chain, id);
    pp_accounts_make_room(chain, &lane->fund); // its place is in the price of the rollup
    pp_market_reason reason =
        pp_market_transfer(&chain->market, sender, &lane->fund, a->entry.fund);
    if (reason == PP_MARKET_OK)
        reason = pp_market_withdraw(&chain->market, sender, g->registry.price);
    PP_ASSERT(reason == PP_MARKET_OK); // looked at
    pp_accounts_in_market(chain, &lane->fund);
    chain->burned += g->registry.price;
    chain->market.kept += a->entry.batch_backlog;
    g->rollups_len++;
    pp_bytes payload = a->item.command.payload;
    pp_wire w = {.data = (uint8_t *)(uintptr_t)payload.data, .size = payload.size};
    pp_chain_chain_hash(&chain->registry_hash, "polypoly/created/1", &w);
    pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_CREATED, lane, 0);
    e->account = *sender;
    e->amount = a->entry.fund;
    return pp_lane_allocate(err, chain, lane);
}
