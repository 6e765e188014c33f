// SPDX-License-Identifier: MIT OR Apache-2.0
// A lane: transactions in order, executed as they come, cut into batches.
#include <stdlib.h>

#include "chain/internal.h"
#include "hash/keccak.h"
#include "vm/vm.h"

// ---- life -------------------------------------------------------------------------------------

void pp_lane_fund_address(pp_address *out, const pp_hash32 *genesis, uint64_t lane) {
    static const char tag[] = "polypoly/fund/1";
    uint8_t id[8];
    pp_hash32 hash;
    pp_keccak k;
    pp_store_le64(id, lane);
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, genesis->b, sizeof genesis->b);
    pp_keccak_update(&k, id, sizeof id);
    pp_keccak_final(&k, &hash);
    memcpy(out->b, hash.b + 12, sizeof out->b);
}

void pp_lane_init(pp_chain *chain, uint64_t id) {
    pp_lane *lane = &chain->lanes[id];
    lane->rollup = &chain->genesis.rollups[id];
    lane->id = id;
    lane->now.reserve_rate = lane->rollup->reserve_rate;
    lane->open_sizes = pp_chain_zeroed(
        lane->rollup->queue_forced + lane->rollup->batch_transactions, sizeof(uint32_t));
    pp_lane_fund_address(&lane->fund, &chain->genesis_hash, id);
    pp_fee_init(lane);
}

bool pp_lane_keep_nodes(pp_err *err, pp_store *store, pp_state *state, pp_digest *root) {
    pp_state_status st = pp_state_root(state, root);
    if (st != PP_STATE_OK) return pp_store_explain(err, store, st);
    return pp_store_has(store, root) || pp_store_commit(err, store, state, root);
}

bool pp_lane_allocate(pp_err *err, pp_chain *chain, pp_lane *lane) {
    pp_digest root;
    pp_state state;
    pp_state_empty_root(&root);
    if (!pp_store_view(err, chain->env.store, &state, &root)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < lane->rollup->allocations_len; i++) {
        const pp_genesis_allocation *a = &lane->rollup->allocations[i];
        pp_u128 balance;
        bool fits = pp_u256_to_u128(&balance, &a->account.balance);
        PP_ASSERT(fits); // within the supply, which genesis bounds
        lane->now.locked += balance;
        pp_state_status st = pp_state_put(&state, &a->address, &a->account);
        ok = st == PP_STATE_OK || pp_store_explain(err, chain->env.store, st);
    }
    ok = ok && pp_lane_keep_nodes(err, chain->env.store, &state, &root);
    pp_state_close(&state);
    lane->now.ordered_root = lane->now.cut_root = lane->now.checked_root = root;
    lane->now.checked_locked = lane->now.locked;
    return ok;
}

void pp_lane_free(pp_lane *lane) {
    if (lane->state.cells) pp_state_close(&lane->state);
    free(lane->open_raw.data);
    free(lane->open_sizes);
    free(lane->txs);
    for (size_t i = 0; i < lane->batches_len; i++) {
        free(lane->batches[i].input);
        pp_claims_forget(&lane->batches[i].leaving);
    }
    free(lane->batches);
    pp_claims_free(lane);
    pp_queue_free(lane);
}

const char pp_lane_incident[] =
    "the batch guest departs from native execution, or no proof holds it";

static void stop(pp_chain *chain, pp_lane *lane, const char *why) {
    lane->now.incident = why;
    pp_chain_emit_batch(chain, PP_EVENT_INCIDENT, lane, lane->now.batches)->text = why;
}

// ---- cutting ----------------------------------------------------------------------------------

static void make_input(const pp_lane *lane, pp_batch_record *out,
                       const pp_rollup_content *content) {
    const pp_digest *old_root = &lane->now.cut_root;
    size_t proof_size = pp_state_proof(&lane->state, NULL, 0);
    uint8_t *proof_data = pp_chain_resize(NULL, proof_size, 1);
    pp_state_proof(&lane->state, proof_data, proof_size);
    pp_bytes proof = {proof_data, proof_size};
    size_t size = pp_rollup_input_encode(NULL, 0, content, old_root, proof);
    out->input = pp_chain_resize(NULL, size, 1);
    pp_rollup_input_encode(out->input, size, content, old_root, proof);
    free(proof_data);
    out->batch.input_size = size;
    out->batch.input = (pp_bytes){out->input, size};
}

// The running batch's output and input: a pure function of the log.
static bool make_batch(pp_err *err, pp_chain *chain, pp_lane *lane, pp_batch_record *out) {
    pp_chain_batch *b = &out->batch;
    size_t len = (size_t)lane->now.open_transactions;
    pp_bytes *txs = pp_chain_zeroed(len, sizeof *txs);
    const uint8_t *at = lane->open_raw.data;
    for (size_t i = 0; i < len; at += lane->open_sizes[i++])
        txs[i] = (pp_bytes){at, lane->open_sizes[i]};
    pp_deposit *deposits = pp_chain_zeroed(lane->open_deposits, sizeof *deposits);
    for (uint32_t i = 0; i < lane->open_deposits; i++)
        deposits[i] = pp_queue_deposit_at(lane, lane->env.deposit_position + i)->deposit;
    pp_rollup_content content = {.env = lane->env,
                                 .deposits = deposits,
                                 .deposits_len = lane->open_deposits,
                                 .forced = txs,
                                 .forced_len = lane->open_forced,
                                 .txs = txs + lane->open_forced,
                                 .txs_len = len - lane->open_forced};
    pp_state_status st = pp_rollup_output_make(&lane->state, &b->output, &lane->totals, &content,
                                               &lane->now.cut_root);
    if (st == PP_STATE_OK) make_input(lane, out, &content);
    free(txs);
    free(deposits);
    if (st != PP_STATE_OK) return pp_store_explain(err, chain->env.store, st);
    pp_rollup_output_encode(b->output_bytes, &b->output);
    // At most half of what an input may be is transactions; 3 accounts each bound the multiproof.
    bool fits = b->input_size <= PP_ROLLUP_INPUT_MAX && pp_input_id(&b->input_id, b->input);
    PP_ASSERT(fits);
    return true;
}

static bool passes_preflight(pp_err *err, bool *same, pp_chain *chain, const pp_chain_batch *b) {
    pp_err failed = {0};
    const pp_chain_env *env = &chain->env;
    pp_bytes output = {b->output_bytes, sizeof b->output_bytes};
    *same = !env->preflight || env->preflight(env->ctx, &failed, &b->program_id, b->input, output);
    if (*same || failed.exit_code == 0) return true;
    if (err) *err = failed;
    return false;
}

static void begin_next(pp_lane *lane) {
    pp_state_close(&lane->state);
    lane->now.open = false;
    lane->now.open_height = 0;
    lane->now.open_transactions = 0;
    lane->open_raw.size = 0;
    lane->open_forced_raw = 0;
    lane->open_applied = lane->open_deposits = lane->open_forced = 0;
    lane->open_deposited = 0;
}

void pp_lane_drop_open(pp_lane *lane) {
    if (lane->now.open) begin_next(lane);
    pp_claims_forget(&lane->leaving);
    lane->touched = false;
}

static void push_batch(pp_chain *chain, pp_lane *lane, const pp_batch_record *record) {
    PP_CHAIN_GROW(lane->batches, lane->batches_len, lane->batches_max);
    lane->batches[lane->batches_len] = *record;
    pp_claims_cut(lane, &lane->batches[lane->batches_len]);
    pp_batch_changed(&lane->batches[lane->batches_len++]);
    const pp_chain_batch *b = &record->batch;
    lane->now.cut_root = b->output.new_root;
    PP_ASSERT(lane->now.deposit_position == b->output.deposit_position &&
              lane->now.forced_position == b->output.forced_position);
    pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_CUT, lane, lane->now.batches);
    e->number = b->transactions;
    e->amount = b->output.base_fees;
    lane->now.batches++;
}

// Cuts the running batch. An incident leaves it as it is.
static bool cut(pp_err *err, pp_chain *chain, pp_lane *lane) {
    pp_batch_record record = {.batch = {.status = PP_BATCH_CUT, .height = chain->height}};
    pp_chain_batch *b = &record.batch;
    b->begun = lane->now.open_height;
    b->transactions = (uint32_t)lane->now.open_transactions;
    b->forced = lane->open_forced;
    b->applied = lane->open_applied;
    b->deposits = lane->open_deposits;
    b->deposited = lane->open_deposited;
    b->withdrawn = lane->totals.withdrawn;
    b->gas_used = lane->totals.gas_used;
    b->bytes = lane->open_raw.size;
    b->first = lane->now.transactions - b->transactions;
    b->env = lane->env;
    b->program_id = lane->rollup->program_id;
    bool same = false;
    pp_digest root;
    bool ok = make_batch(err, chain, lane, &record) && passes_preflight(err, &same, chain, b) &&
              (!same || pp_lane_keep_nodes(err, chain->env.store, &lane->state, &root));
    if (!ok || !same) {
        free(record.input);
        if (ok) stop(chain, lane, pp_lane_incident);
        return ok;
    }
    PP_ASSERT(pp_digest_eq(&root, &b->output.new_root));
    pp_batch_price(b, lane);
    pp_fee_cut(lane, b);
    begin_next(lane);
    push_batch(chain, lane, &record);
    pp_lane_post(chain, lane);
    return true;
}

// ---- ordering ---------------------------------------------------------------------------------

// An empty batch: what it is in.
static bool open_batch(pp_err *err, pp_chain *chain, pp_lane *lane) {
    if (!pp_store_view(err, chain->env.store, &lane->state, &lane->now.cut_root)) return false;
    pp_rollup_totals_init(&lane->totals);
    lane->now.open = lane->touched = true;
    lane->now.open_height = chain->height;
    lane->env = (pp_rollup_env){
        .chain_id = lane->rollup->chain_id,
        .batch = lane->now.batches,
        .timestamp = chain->time,
        .base_fee = pp_fee_next(lane),
        .gas_limit = lane->rollup->gas_limit,
        .fee_recipient = lane->rollup->fee_recipient,
        .deposit_position = lane->now.deposit_position,
        .forced_position = lane->now.forced_position,
        .deposit_hash = lane->consumed_deposits,
        .forced_hash = lane->consumed_forced,
    };
    return true;
}

// What leaves the rollup's balances is a base fee or a withdrawal.
static void book(pp_lane *lane, pp_u128 base_fee, pp_u128 withdrawn) {
    PP_ASSERT(base_fee <= lane->now.locked && withdrawn <= lane->now.locked - base_fee);
    lane->now.locked -= base_fee + withdrawn;
    lane->now.pending_fees += base_fee;
    lane->now.withdrawn += withdrawn;
}

static void record_tx(pp_chain *chain, pp_lane *lane, pp_bytes raw, const pp_rollup_result *r,
                      bool forced) {
    pp_chain_tx tx = {
        .height = chain->height,
        .batch = lane->now.batches,
        .base_fee = lane->env.base_fee,
        .reason = r->reason,
        .forced = forced,
        .has_sender = r->has_sender,
        .sender = r->sender,
        .gas_used = r->gas_used,
    };
    pp_keccak256(&tx.hash, raw.data, raw.size);
    uint8_t bytes[32 + 8 + 8 + 8 + 4 + 1 + 1 + 20 + 8];
    pp_wire w = {.data = bytes, .max = sizeof bytes};
    pp_wire_hash(&w, &tx.hash);
    pp_wire_u64(&w, tx.height);
    pp_wire_u64(&w, tx.batch);
    pp_wire_u64(&w, tx.base_fee);
    pp_wire_u32(&w, (uint32_t)tx.reason);
    pp_wire_u8(&w, tx.forced);
    pp_wire_u8(&w, tx.has_sender);
    pp_wire_address(&w, &tx.sender);
    pp_wire_u64(&w, tx.gas_used);
    PP_ASSERT(w.data == bytes);
    pp_chain_chain_hash(&lane->txs_hash, "polypoly/ordered/1", &w);
    PP_CHAIN_GROW(lane->txs, lane->txs_len, lane->txs_max);
    lane->txs[lane->txs_len++] = tx;
    pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_TX, lane, lane->now.batches);
    e->number = lane->now.transactions;
    e->rollup = tx.reason;
    e->account = tx.sender;
    e->forced = forced;
    if (forced) e->position = lane->now.forced_position;
}

static bool execute(pp_err *err, pp_chain *chain, pp_lane *lane, pp_bytes raw, bool forced) {
    pp_rollup_result result;
    pp_u128 fees = lane->totals.base_fees, withdrawn = lane->totals.withdrawn;
    pp_state_status st = pp_rollup_step(&lane->state, &lane->totals, &result, &lane->env, raw);
    if (st != PP_STATE_OK) return pp_store_explain(err, chain->env.store, st);
    withdrawn = lane->totals.withdrawn - withdrawn;
    book(lane, lane->totals.base_fees - fees, withdrawn);
    if (withdrawn > 0) pp_claims_note(lane, &result.sender, withdrawn);
    record_tx(chain, lane, raw, &result, forced);
    pp_wire_raw(&lane->open_raw, raw.data, raw.size);
    lane->open_sizes[lane->now.open_transactions++] = (uint32_t)raw.size;
    lane->now.transactions++;
    if (result.reason == PP_ROLLUP_OK) {
        lane->now.applied++;
        lane->open_applied++;
    }
    lane->touched = true;
    return true;
}

static bool credit(pp_err *err, pp_chain *chain, pp_lane *lane, const pp_chain_deposit *d) {
    bool fits;
    pp_state_status st = pp_rollup_deposit(&lane->state, &fits, &d->deposit);
    if (st != PP_STATE_OK) return pp_store_explain(err, chain->env.store, st);
    PP_ASSERT(fits && d->deposit.amount <= lane->now.deposited); // within the supply
    lane->now.deposited -= d->deposit.amount;
    lane->now.locked += d->deposit.amount;
    lane->open_deposited += d->deposit.amount;
    lane->open_deposits++;
    pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_DEPOSIT, lane, lane->now.batches);
    e->number = lane->now.deposit_position++;
    e->account = d->deposit.receiver;
    e->amount = d->deposit.amount;
    lane->consumed_deposits = d->hash;
    return true;
}

static bool include(pp_err *err, pp_chain *chain, pp_lane *lane, const pp_chain_forced *f) {
    if (!execute(err, chain, lane, f->raw, true)) return false;
    lane->open_forced++;
    lane->open_forced_raw += f->raw.size;
    lane->now.forced_position++;
    lane->consumed_forced = f->hash;
    return true;
}

// A batch begins with who waits in the queues, as many as it takes: nothing of the lane's own can
// come before them.
static bool begin_batch(pp_err *err, pp_chain *chain, pp_lane *lane) {
    const pp_genesis_rollup *r = lane->rollup;
    const pp_chain_lane *now = &lane->now;
    bool ok = open_batch(err, chain, lane);
    while (ok && now->deposit_position < now->deposits && lane->open_deposits < r->queue_deposits)
        ok = credit(err, chain, lane, pp_queue_deposit_at(lane, now->deposit_position));
    while (ok && now->forced_position < now->forced && lane->open_forced < r->queue_forced)
        ok = include(err, chain, lane, pp_queue_forced_at(lane, now->forced_position));
    return ok;
}

bool pp_lane_append(pp_err *err, pp_chain *chain, pp_lane *lane, pp_bytes raw) {
    // Who came through the forced queue takes no room from the lane's own.
    bool full = lane->now.open_transactions > lane->open_forced &&
                lane->open_raw.size - lane->open_forced_raw + raw.size > lane->rollup->batch_bytes;
    if (full && !cut(err, chain, lane)) return false;
    if (lane->now.incident) return true;
    if (!lane->now.open && !pp_lane_has_room(chain, lane)) return true;
    if (!lane->now.open && !begin_batch(err, chain, lane)) return false;
    if (!execute(err, chain, lane, raw, false)) return false;
    bool last = lane->now.open_transactions - lane->open_forced == lane->rollup->batch_transactions;
    return !last || cut(err, chain, lane);
}

uint32_t pp_lane_open_requests(const pp_chain *chain, const pp_lane *lane) {
    const pp_market_account *fund = pp_market_find_account(&chain->market, &lane->fund);
    return fund ? fund->open_requests : 0;
}

uint64_t pp_lane_room(const pp_chain *chain, const pp_lane *lane) {
    uint64_t backlog = lane->rollup->batch_backlog;
    uint64_t places = pp_lane_open_requests(chain, lane) + lane->now.batches - lane->posted;
    uint64_t waiting = lane->now.batches - lane->now.checked;
    uint64_t taken = places > waiting ? places : waiting;
    return taken < backlog ? backlog - taken : 0;
}

bool pp_lane_has_room(const pp_chain *chain, const pp_lane *lane) {
    return pp_lane_room(chain, lane) > 0;
}

bool pp_lane_end_block(pp_err *err, pp_chain *chain, pp_lane *lane) {
    bool can_begin = !lane->now.open && !lane->now.incident && !lane->now.frozen;
    if (can_begin && pp_queue_waits(lane) && pp_lane_has_room(chain, lane) &&
        !begin_batch(err, chain, lane))
        return false;
    bool due = lane->now.open && !lane->now.incident &&
               chain->height - lane->now.open_height + 1 >= lane->rollup->batch_blocks;
    if (due && !cut(err, chain, lane)) return false;
    if (!lane->touched) return true;
    lane->touched = false;
    if (!lane->now.open) {
        lane->now.ordered_root = lane->now.cut_root;
        return true;
    }
    pp_state_status st = pp_state_root(&lane->state, &lane->now.ordered_root);
    return st == PP_STATE_OK || pp_store_explain(err, chain->env.store, st);
}
