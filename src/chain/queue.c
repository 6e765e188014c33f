// SPDX-License-Identifier: MIT OR Apache-2.0
// The two ways into a rollup that no sequencer stands in: deposits and forced transactions, queued
// on the chain for a fee, taken off in order by whatever batch begins next.
#include <stdlib.h>

#include "chain/internal.h"

void pp_queue_free(pp_lane *lane) {
    for (size_t i = 0; i < lane->forced_len; i++) free(lane->forced[i].raw);
    free(lane->forced);
    free(lane->deposits);
}

// ---- fees -------------------------------------------------------------------------------------

// An entry pays for a batch of its own, at the reserve of this moment, and twice as much for each
// batch that is full already: to keep others out would be dear, and lasts no longer than it is paid
// for. It goes to the proof fund at once.
static pp_u128 fee_of(const pp_lane *lane, uint64_t bytes, uint64_t waiting, uint32_t in_batch) {
    const pp_genesis_rollup *r = lane->rollup;
    pp_u128 cover = pp_lane_price(lane, r->work_batch + r->work_transaction + bytes * r->work_byte);
    uint64_t full = in_batch > 0 ? waiting / in_batch : 0, more = waiting - full * in_batch;
    if (full > 90 || cover > PP_MARKET_AMOUNT_MAX >> full) return PP_MARKET_AMOUNT_MAX;
    pp_u128 fee = cover << full; // at most 2^90, and times part of a batch below 2^100
    if (in_batch > 0) fee += pp_u128_div_u32(fee * more, in_batch);
    return fee < PP_MARKET_AMOUNT_MAX ? fee : PP_MARKET_AMOUNT_MAX;
}

static pp_chain_code admit(const pp_lane *lane, uint64_t waiting, uint32_t in_batch, pp_u128 fee,
                           pp_u128 fee_max) {
    if (waiting >= (uint64_t)in_batch * lane->rollup->queue_batches) return PP_CHAIN_QUEUE;
    return fee > fee_max ? PP_CHAIN_FEE : PP_CHAIN_OK;
}

pp_chain_code pp_queue_admit_deposit(pp_u128 *fee, const pp_lane *lane, pp_u128 fee_max) {
    uint64_t waiting = lane->now.deposits - lane->now.deposit_position;
    *fee = fee_of(lane, 0, waiting, lane->rollup->queue_deposits);
    return admit(lane, waiting, lane->rollup->queue_deposits, *fee, fee_max);
}

// One price for any size: that of the largest.
pp_chain_code pp_queue_admit_forced(pp_u128 *fee, const pp_lane *lane, pp_u128 fee_max) {
    uint64_t waiting = lane->now.forced - lane->now.forced_position;
    *fee = fee_of(lane, PP_ROLLUP_FORCED_SIZE_MAX, waiting, lane->rollup->queue_forced);
    return admit(lane, waiting, lane->rollup->queue_forced, *fee, fee_max);
}

// ---- entries ----------------------------------------------------------------------------------

static void pay(pp_chain *chain, const pp_admission *a) {
    const pp_address *sender = &a->item.command.sender;
    pp_market_reason reason = pp_market_transfer(&chain->market, sender, &a->lane->fund, a->fee);
    if (reason == PP_MARKET_OK && a->amount > 0)
        reason = pp_market_withdraw(&chain->market, sender, a->amount);
    PP_ASSERT(reason == PP_MARKET_OK); // the balance was looked at, and the fund is there
}

// What an entry says beside its running hash.
static void note(pp_chain *chain, const pp_admission *a, bool forced, uint64_t number,
                 const pp_hash32 *hash) {
    uint8_t bytes[1 + 8 + 32 + 20 + 16 + 8 + 8];
    pp_wire w = {.data = bytes, .max = sizeof bytes};
    pp_wire_u8(&w, forced);
    pp_wire_u64(&w, number);
    pp_wire_hash(&w, hash);
    pp_wire_address(&w, &a->item.command.sender);
    pp_wire_u128(&w, a->fee);
    pp_wire_u64(&w, chain->height);
    pp_wire_u64(&w, chain->time);
    PP_ASSERT(w.data == bytes);
    pp_chain_chain_hash(&a->lane->queue_hash, "polypoly/queued/1", &w);
    pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_QUEUED, a->lane, a->lane->now.batches);
    e->number = number;
    e->forced = forced;
    e->account = a->item.command.sender;
    e->amount = a->fee;
}

void pp_queue_deposit(pp_chain *chain, const pp_admission *a) {
    pp_lane *lane = a->lane;
    pay(chain, a);
    uint64_t number = lane->now.deposits++;
    pp_chain_deposit entry = {.from = a->item.command.sender,
                              .deposit = {a->receiver, a->amount},
                              .height = chain->height,
                              .time = chain->time};
    pp_deposit_chain(&lane->deposits_hash, number, &entry.deposit);
    entry.hash = lane->deposits_hash;
    lane->now.deposited += a->amount;
    pp_accounts_deposit_waits(chain, &entry.from, true);
    PP_CHAIN_GROW(lane->deposits, lane->deposits_len, lane->deposits_max);
    lane->deposits[lane->deposits_len++] = entry;
    note(chain, a, false, number, &entry.hash);
}

void pp_queue_force(pp_chain *chain, const pp_admission *a) {
    pp_lane *lane = a->lane;
    pay(chain, a);
    uint64_t number = lane->now.forced++;
    pp_lane_forced forced = {.raw = pp_chain_resize(NULL, a->raw.size, 1)};
    memcpy(forced.raw, a->raw.data, a->raw.size);
    pp_forced_chain(&lane->forced_hash, number, a->raw);
    forced.entry = (pp_chain_forced){.from = a->item.command.sender,
                                     .raw = {forced.raw, a->raw.size},
                                     .height = chain->height,
                                     .time = chain->time,
                                     .hash = lane->forced_hash};
    PP_CHAIN_GROW(lane->forced, lane->forced_len, lane->forced_max);
    lane->forced[lane->forced_len++] = forced;
    note(chain, a, true, number, &forced.entry.hash);
}

bool pp_queue_waits(const pp_lane *lane) {
    return lane->now.deposit_position < lane->now.deposits ||
           lane->now.forced_position < lane->now.forced;
}

const pp_chain_deposit *pp_queue_deposit_at(const pp_lane *lane, uint64_t number) {
    PP_ASSERT(number >= lane->deposits_first && number < lane->now.deposits);
    return &lane->deposits[number - lane->deposits_first];
}

const pp_chain_forced *pp_queue_forced_at(const pp_lane *lane, uint64_t number) {
    PP_ASSERT(number >= lane->forced_first && number < lane->now.forced);
    return &lane->forced[number - lane->forced_first].entry;
}

void pp_queue_release(pp_chain *chain, pp_lane *lane) {
    size_t d = (size_t)(lane->now.checked_deposit_position - lane->deposits_first);
    size_t f = (size_t)(lane->now.checked_forced_position - lane->forced_first);
    if (d > 0) {
        for (size_t i = 0; i < d; i++)
            pp_accounts_deposit_waits(chain, &lane->deposits[i].from, false);
        lane->deposits_len -= d;
        memmove(lane->deposits, lane->deposits + d, lane->deposits_len * sizeof *lane->deposits);
        lane->deposits_first += d;
    }
    if (f > 0) {
        for (size_t i = 0; i < f; i++) free(lane->forced[i].raw);
        lane->forced_len -= f;
        memmove(lane->forced, lane->forced + f, lane->forced_len * sizeof *lane->forced);
        lane->forced_first += f;
    }
}

bool pp_queue_deposit_has_waited(const pp_chain *chain, const pp_lane *lane,
                                 const pp_address *from) {
    for (uint64_t i = lane->now.checked_deposit_position; i < lane->now.deposits; i++) {
        const pp_chain_deposit *d = pp_queue_deposit_at(lane, i);
        if (pp_address_eq(&d->from, from) &&
            chain->height - d->height >= chain->genesis.exit.blocks)
            return true;
    }
    return false;
}

void pp_queue_refund(pp_chain *chain, pp_lane *lane) {
    pp_chain_lane *l = &lane->now;
    for (uint64_t i = l->checked_deposit_position; i < l->deposits; i++) {
        const pp_chain_deposit *d = pp_queue_deposit_at(lane, i);
        pp_u128 amount = d->deposit.amount;
        pp_u128 *from = i < l->deposit_position ? &l->locked : &l->deposited;
        pp_market_reason reason = pp_market_deposit(&chain->market, &d->from, amount);
        PP_ASSERT(reason == PP_MARKET_OK && amount <= *from); // it has kept its place for this
        *from -= amount;
        pp_accounts_deposit_waits(chain, &d->from, false);
        pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_REFUNDED, lane, l->checked);
        e->number = i;
        e->account = d->from;
        e->amount = amount;
    }
}
