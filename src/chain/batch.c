// SPDX-License-Identifier: MIT OR Apache-2.0
// A batch from its cut to its root: the request that the lane's proof fund posts, the claim that is
// accepted, the root that advances in order.
#include <stdlib.h>

#include "chain/internal.h"

// Advanced batches whose records queries still find.
enum { KEPT = 1024 };

pp_batch_record *pp_lane_batch(const pp_lane *lane, uint64_t batch) {
    if (batch < lane->batches_first || batch - lane->batches_first >= lane->batches_len)
        return NULL;
    return &lane->batches[batch - lane->batches_first];
}

// A protocol request is posted by a lane's fund, and asks for the output of one batch.
pp_lane *pp_lane_of_request(uint64_t *batch, const pp_chain *chain, const pp_hash32 *request) {
    const pp_market_request *r = pp_market_find_request(&chain->market, request);
    if (!r || !r->protocol) return NULL;
    const pp_address *fund = &chain->market.accounts[r->requester].address;
    pp_rollup_output output;
    for (uint64_t i = 0; i < chain->genesis.rollups_len; i++) {
        if (!pp_address_eq(&chain->lanes[i].fund, fund)) continue;
        bool ours =
            pp_rollup_output_decode(&output, (pp_bytes){r->terms.output, r->terms.output_size});
        PP_ASSERT(ours);
        *batch = output.batch;
        return &chain->lanes[i];
    }
    return NULL;
}

// ---- posting ----------------------------------------------------------------------------------

pp_u128 pp_lane_price(const pp_lane *lane, uint64_t work) {
    return pp_market_reserve(lane->now.reserve_rate, work);
}

void pp_batch_price(pp_chain_batch *b, const pp_lane *lane) {
    const pp_genesis_rollup *r = lane->rollup;
    // Below 2^52: genesis.
    b->work = r->work_batch + (b->transactions + b->deposits) * r->work_transaction +
              b->bytes * r->work_byte;
    b->reserve = pp_lane_price(lane, b->work);
}

void pp_batch_terms(pp_market_terms *out, const pp_lane *lane, const pp_chain_batch *b) {
    *out = lane->rollup->terms; // winners, kappa, windows
    out->program_id = b->program_id;
    out->input_id = b->input_id;
    out->match = PP_MARKET_EXACT;
    out->output_size = sizeof b->output_bytes;
    memcpy(out->output, b->output_bytes, sizeof b->output_bytes);
    out->work = b->work;
    out->input_size = b->input_size;
    out->reserve = out->cap = b->reserve;
}

static bool post(pp_chain *chain, pp_lane *lane, uint64_t number) {
    pp_batch_record *record = pp_lane_batch(lane, number);
    pp_chain_batch *b = &record->batch;
    pp_market_terms terms;
    pp_batch_terms(&terms, lane, b);
    // Its places are as many as its backlog, and the others are the others'.
    pp_market_reason reason = PP_MARKET_FULL;
    if (pp_lane_open_requests(chain, lane) < lane->rollup->batch_backlog)
        reason = pp_market_post_protocol(&chain->market, &b->request, &lane->fund, number, &terms);
    if (reason != PP_MARKET_OK) {
        memset(&b->request, 0, sizeof b->request);
        if (record->held) return false;
        pp_chain_emit_batch(chain, PP_EVENT_HELD_BACK, lane, number)->text =
            pp_market_reason_code(reason);
        record->held = true;
        pp_batch_changed(record);
        return false;
    }
    b->escrowed = pp_market_find_request(&chain->market, &b->request)->escrowed;
    b->status = PP_BATCH_WAITING;
    pp_batch_changed(record);
    pp_chain_event *e =
        pp_chain_emit_batch(chain, b->escrowed ? PP_EVENT_POSTED : PP_EVENT_UNFUNDED, lane, number);
    e->request = b->request;
    e->amount = b->reserve;
    return true;
}

void pp_lane_post(pp_chain *chain, pp_lane *lane) {
    while (lane->posted < lane->now.batches && post(chain, lane, lane->posted)) lane->posted++;
}

// ---- after the market -------------------------------------------------------------------------

static void drop_input(pp_batch_record *record) {
    free(record->input);
    record->input = NULL;
    record->batch.input = (pp_bytes){NULL, 0};
}

static bool is_terminal(const pp_chain *chain, const pp_chain_batch *b) {
    const pp_market_request *r = pp_market_find_request(&chain->market, &b->request);
    return !r || pp_market_state_is_terminal(r->state); // gone: closed long ago
}

// Forgets the oldest records: advanced, closed, and more than KEPT of them. In large steps, so that
// moving the others costs little.
static void prune(const pp_chain *chain, pp_lane *lane) {
    if (lane->now.checked - lane->batches_first < 2 * (uint64_t)KEPT) return;
    PP_ASSERT(lane->batches && lane->batches_len > KEPT);
    size_t drop = 0;
    while (drop < KEPT && is_terminal(chain, &lane->batches[drop].batch)) drop++;
    if (drop == 0) return;
    for (size_t i = 0; i < drop; i++) free(lane->batches[i].input);
    size_t txs = (size_t)(lane->batches[drop].batch.first - lane->txs_first);
    lane->batches_len -= drop;
    lane->batches_first += drop;
    memmove(lane->batches, lane->batches + drop, lane->batches_len * sizeof *lane->batches);
    lane->txs_len -= txs;
    lane->txs_first += txs;
    memmove(lane->txs, lane->txs + txs, lane->txs_len * sizeof *lane->txs);
}

static void pay_fees(pp_chain *chain, pp_lane *lane, const pp_chain_batch *b) {
    pp_u128 fees = b->output.base_fees;
    if (fees == 0) return;
    PP_ASSERT(fees <= lane->now.pending_fees);
    pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_FEES, lane, lane->now.checked);
    e->amount = fees;
    e->account = lane->fund;
    lane->now.pending_fees -= fees;
    pp_market_reason reason = pp_market_deposit(&chain->market, &lane->fund, fees);
    PP_ASSERT(reason == PP_MARKET_OK); // the account is there, the supply is within the limit
}

static void advance_root(pp_chain *chain, pp_lane *lane, pp_batch_record *record) {
    pp_chain_batch *b = &record->batch;
    PP_ASSERT(pp_digest_eq(&b->output.old_root, &lane->now.checked_root));
    b->status = PP_BATCH_DONE;
    lane->now.checked_root = b->output.new_root;
    lane->now.checked_deposit_position = b->output.deposit_position;
    lane->now.checked_forced_position = b->output.forced_position;
    lane->now.checked_locked += b->deposited;
    PP_ASSERT(b->output.base_fees + b->withdrawn <= lane->now.checked_locked);
    lane->now.checked_locked -= b->output.base_fees + b->withdrawn;
    pp_batch_changed(record);
    pp_wire w = {.data = record->hash.b, .size = sizeof record->hash};
    pp_chain_chain_hash(&lane->batches_hash, "polypoly/advanced/1", &w);
    pp_chain_emit_batch(chain, PP_EVENT_ROOT, lane, lane->now.checked);
    pp_claims_open(lane, record);
    pay_fees(chain, lane, b);
    lane->now.checked++;
    lane->now.waits = false; // what stands above it waits from this block on
    if (is_terminal(chain, b)) drop_input(record);
}

static void accept(pp_chain *chain, pp_lane *lane, uint64_t number, const pp_address *prover) {
    pp_batch_record *record = pp_lane_batch(lane, number);
    PP_ASSERT(record && record->batch.status == PP_BATCH_WAITING);
    record->batch.status = PP_BATCH_ACCEPTED;
    record->batch.prover = *prover;
    record->batch.accepted_height = chain->height;
    pp_batch_changed(record);
    pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_CHECKED, lane, number);
    e->account = *prover;
    e->request = record->batch.request;
    while ((record = pp_lane_batch(lane, lane->now.checked)) &&
           record->batch.status == PP_BATCH_ACCEPTED)
        advance_root(chain, lane, record);
}

static void closed(pp_chain *chain, pp_lane *lane, uint64_t number, const pp_hash32 *request) {
    const pp_market_request *r = pp_market_find_request(&chain->market, request);
    if (r) // forgotten at once only in a market that is full
        lane->now.reserve_rate =
            pp_market_next_rate(lane->now.reserve_rate, lane->rollup->reserve_rate, r);
    pp_batch_record *record = pp_lane_batch(lane, number);
    if (r && record && r->settled) pp_fee_paid(lane, &record->batch, r->paid);
    if (record && record->batch.status == PP_BATCH_DONE) drop_input(record);
    prune(chain, lane);
}

void pp_batch_void(pp_chain *chain, pp_lane *lane, uint64_t number) {
    pp_batch_record *record = pp_lane_batch(lane, number);
    PP_ASSERT(record && record->batch.status != PP_BATCH_DONE);
    if (number < lane->posted)
        pp_market_void(&chain->market, &record->batch.request);
    else
        lane->posted = number + 1; // the market has not taken it, and will not be asked again
    record->batch.status = PP_BATCH_VOID;
    drop_input(record);
    pp_claims_forget(&record->leaving);
    pp_batch_changed(record);
}

void pp_chain_follow_market(pp_chain *chain, size_t first) {
    for (size_t i = first; i < chain->events_len; i++) {
        if (chain->events[i].kind != PP_EVENT_MARKET || !chain->events[i].protocol) continue;
        pp_market_event event = chain->events[i].market; // the list grows below
        pp_lane *lane = &chain->lanes[chain->events[i].lane];
        uint64_t number = chain->events[i].batch;
        if (event.kind == PP_MARKET_EVENT_PROVEN) accept(chain, lane, number, &event.account);
        if (event.kind == PP_MARKET_EVENT_CLOSED) closed(chain, lane, number, &event.request);
    }
}
