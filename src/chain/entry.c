// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chain/entry.h"

#include <stddef.h>

#include "chain/wire.h"
#include "rollup/rollup.h"

#define FIELD(field) offsetof(pp_genesis_rollup, field), sizeof(((pp_genesis_rollup *)0)->field)

// clang-format off
const pp_entry_number pp_entry_numbers[PP_ENTRY_NUMBERS] = {
    {"", "chain_id", FIELD(chain_id), 1, PP_ROLLUP_CHAIN_ID_MAX},
    {"", "base_fee", FIELD(base_fee), 0, INT64_MAX},
    {"", "gas_limit", FIELD(gas_limit), PP_ROLLUP_GAS_TRANSFER, INT64_MAX},
    {"fee", "target", FIELD(fee_target), PP_ROLLUP_GAS_TRANSFER, INT64_MAX},
    {"fee", "change", FIELD(fee_change), 2, 1000},
    {"fee", "floor", FIELD(fee_floor), 0, 10000},
    {"fee", "backlog", FIELD(fee_backlog), 0, 10000},
    {"batch", "transactions", FIELD(batch_transactions), 1, PP_ROLLUP_BATCH_TX_MAX},
    {"batch", "bytes", FIELD(batch_bytes), PP_ROLLUP_TX_SIZE_MAX, PP_ROLLUP_BATCH_BYTES_MAX},
    {"batch", "blocks", FIELD(batch_blocks), 1, 1 << 20},
    {"batch", "backlog", FIELD(batch_backlog), 1, 1 << 20},
    {"queue", "deposits", FIELD(queue_deposits), 0, PP_ROLLUP_DEPOSITS_MAX},
    {"queue", "forced", FIELD(queue_forced), 0, PP_ROLLUP_FORCED_MAX},
    {"queue", "batches", FIELD(queue_batches), 1, 1024},
    {"fund", "work_batch", FIELD(work_batch), 1, (uint64_t)1 << 40},
    {"fund", "work_transaction", FIELD(work_transaction), 1, (uint64_t)1 << 40},
    {"fund", "work_byte", FIELD(work_byte), 0, (uint64_t)1 << 24},
    {"request", "winners", FIELD(terms.winners), 1, PP_MARKET_WINNERS_MAX},
    {"request", "kappa", FIELD(terms.kappa), PP_MARKET_KAPPA_MIN, PP_MARKET_KAPPA_MAX},
    {"request", "commit_window", FIELD(terms.commit_window), 1, PP_MARKET_TIME_MAX},
    {"request", "reveal_window", FIELD(terms.reveal_window), 1, PP_MARKET_TIME_MAX},
    {"request", "decline_window", FIELD(terms.decline_window), 0, PP_MARKET_TIME_MAX},
    {"request", "work_window", FIELD(terms.work_window), 1, PP_MARKET_TIME_MAX},
    {"request", "bounty_window", FIELD(terms.bounty_window), 1, PP_MARKET_TIME_MAX},
    {"request", "expiry", FIELD(terms.expiry), 1, PP_MARKET_TIME_MAX},
};
// clang-format on

uint64_t pp_entry_get(const pp_genesis_rollup *entry, size_t number) {
    const pp_entry_number *n = &pp_entry_numbers[number];
    const uint8_t *field = (const uint8_t *)entry + n->at;
    uint32_t small;
    uint64_t large;
    switch (n->size) {
    case 1:
        return *field;
    case 4:
        memcpy(&small, field, sizeof small);
        return small;
    default:
        memcpy(&large, field, sizeof large);
        return large;
    }
}

void pp_entry_set(pp_genesis_rollup *entry, size_t number, uint64_t value) {
    const pp_entry_number *n = &pp_entry_numbers[number];
    uint8_t *field = (uint8_t *)entry + n->at;
    uint32_t small = (uint32_t)value;
    PP_ASSERT(n->size == 8 || value >> (8 * n->size) == 0);
    if (n->size == 1)
        *field = (uint8_t)value;
    else
        memcpy(field, n->size == 4 ? (const void *)&small : &value, n->size);
}

uint64_t pp_entry_max(size_t number, const pp_market_params *market) {
    const pp_entry_number *n = &pp_entry_numbers[number];
    uint64_t most = n->max;
    if (n->at == offsetof(pp_genesis_rollup, batch_backlog)) most = market->requests_max;
    if (n->at == offsetof(pp_genesis_rollup, terms.commit_window) ||
        n->at == offsetof(pp_genesis_rollup, terms.reveal_window) ||
        n->at == offsetof(pp_genesis_rollup, terms.decline_window))
        most = market->window_max;
    return most < n->max ? most : n->max;
}

bool pp_entry_is_fee(size_t number) {
    return strcmp(pp_entry_numbers[number].object, "fee") == 0;
}

bool pp_entry_name_ok(const char *name, size_t len) {
    if (len == 0 || len >= PP_GENESIS_NAME_MAX) return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] == 0 || !strchr("abcdefghijklmnopqrstuvwxyz0123456789-", name[i])) return false;
    return true;
}

bool pp_entry_gas_ok(const pp_genesis_rollup *r) {
    return r->gas_limit / PP_ROLLUP_FORCED_GAS_MAX >= r->queue_forced;
}

// Until w1 another request may keep the last of the lane's places; then the market's own bound on
// liveness, Texp - w1 + F; and a block each for the post and the proof.
void pp_entry_longest(pp_genesis_exit *out, const pp_genesis *g, const pp_genesis_rollup *r) {
    uint64_t bound = r->terms.expiry + g->market.inclusion_bound, interval = g->block_interval;
    out->blocks = r->batch_blocks + 2 + (bound + interval - 1) / interval;
    out->time = (r->batch_blocks + (uint64_t)2) * interval + bound;
}

bool pp_entry_exit_waits(pp_genesis_exit *takes, const pp_genesis *g, const pp_genesis_rollup *r) {
    pp_entry_longest(takes, g, r);
    return g->exit.blocks >= takes->blocks && g->exit.time >= takes->time;
}

void pp_genesis_exit_default(pp_genesis *g) {
    g->exit = (pp_genesis_exit){86400000, 7200};
    for (size_t i = 0; i < g->rollups_len; i++) {
        pp_genesis_exit takes;
        pp_entry_longest(&takes, g, &g->rollups[i]);
        if (g->exit.time < 2 * takes.time) g->exit.time = 2 * takes.time;
        if (g->exit.blocks < 2 * takes.blocks) g->exit.blocks = 2 * takes.blocks;
    }
}

uint64_t pp_genesis_full_work(const pp_genesis_rollup *r) {
    uint64_t forced = r->queue_forced;
    return r->work_batch +
           (r->batch_transactions + forced + r->queue_deposits) * r->work_transaction +
           (r->batch_bytes + forced * PP_ROLLUP_FORCED_SIZE_MAX) * r->work_byte;
}

// ---- bytes ------------------------------------------------------------------------------------

uint8_t *pp_entry_encode(size_t *out_size, const pp_genesis_rollup *r) {
    pp_wire w = {0};
    pp_wire_bytes(&w, (pp_bytes){(const uint8_t *)r->name, strlen(r->name)});
    for (size_t i = 0; i < PP_ENTRY_NUMBERS; i++) pp_wire_u64(&w, pp_entry_get(r, i));
    pp_wire_hash(&w, &r->program_id);
    pp_wire_u8(&w, r->open);
    pp_wire_address(&w, &r->submitter);
    pp_wire_address(&w, &r->fee_recipient);
    pp_wire_u128(&w, r->fund);
    pp_wire_u128(&w, r->reserve_rate);
    *out_size = w.size;
    return w.data;
}

static bool number_ok(size_t i, uint64_t value, bool has_fee, const pp_market_params *market) {
    if (pp_entry_is_fee(i) && !has_fee) return value == 0;
    return value >= pp_entry_numbers[i].min && value <= pp_entry_max(i, market);
}

static bool read_numbers(pp_genesis_rollup *r, pp_reader *from, const pp_market_params *market) {
    uint64_t values[PP_ENTRY_NUMBERS];
    bool has_fee = false, ok = true;
    for (size_t i = 0; i < PP_ENTRY_NUMBERS; i++) {
        values[i] = pp_read_u64(from);
        has_fee |= pp_entry_is_fee(i) && values[i] != 0;
    }
    for (size_t i = 0; i < PP_ENTRY_NUMBERS; i++) {
        bool fits = number_ok(i, values[i], has_fee, market);
        pp_entry_set(r, i, fits ? values[i] : 0);
        ok = ok && fits;
    }
    return ok;
}

bool pp_entry_decode(pp_genesis_rollup *r, bool *in_bounds, pp_bytes bytes,
                     const pp_market_params *market) {
    pp_reader from = pp_reader_of(bytes);
    memset(r, 0, sizeof *r);
    pp_bytes name = pp_read_bytes(&from);
    bool ok = pp_entry_name_ok((const char *)name.data, name.size);
    if (ok) memcpy(r->name, name.data, name.size);
    ok = read_numbers(r, &from, market) && ok;
    pp_read_into(&from, r->program_id.b, sizeof r->program_id.b);
    uint8_t open = pp_read_u8(&from);
    r->open = open != 0;
    pp_read_into(&from, r->submitter.b, sizeof r->submitter.b);
    pp_read_into(&from, r->fee_recipient.b, sizeof r->fee_recipient.b);
    r->fund = pp_read_u128(&from);
    r->reserve_rate = pp_read_u128(&from);
    static const pp_address nobody;
    *in_bounds = ok && pp_entry_gas_ok(r) && r->fund <= PP_MARKET_AMOUNT_MAX &&
                 r->reserve_rate <= PP_MARKET_AMOUNT_MAX;
    return pp_read_done(&from) && open <= 1 && (open == 0 || pp_address_eq(&r->submitter, &nobody));
}
