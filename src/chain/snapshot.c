// SPDX-License-Identifier: MIT OR Apache-2.0
// The canonical bytes behind the app hash. What grows with the log stands in them as a chained
// hash, an unchecked batch as a hash made when it changes: a block costs what it changes.
#include <stdlib.h>

#include "chain/internal.h"
#include "hash/keccak.h"

void pp_chain_chain_hash(pp_hash32 *chained, const char *tag, const pp_wire *bytes) {
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, strlen(tag));
    pp_keccak_update(&k, chained->b, sizeof chained->b);
    pp_keccak_update(&k, bytes->data, bytes->size);
    pp_keccak_final(&k, chained);
}

static void write_digest(pp_wire *w, const pp_digest *digest) {
    pp_digest_encode(pp_wire_room(w, PP_DIGEST_SIZE), digest);
}

static void write_env(pp_wire *w, const pp_rollup_env *env) {
    pp_wire_u64(w, env->chain_id);
    pp_wire_u64(w, env->batch);
    pp_wire_u64(w, env->timestamp);
    pp_wire_u64(w, env->base_fee);
    pp_wire_u64(w, env->gas_limit);
    pp_wire_address(w, &env->fee_recipient);
    pp_wire_u64(w, env->deposit_position);
    pp_wire_u64(w, env->forced_position);
    pp_wire_hash(w, &env->deposit_hash);
    pp_wire_hash(w, &env->forced_hash);
}

static void write_batch(pp_wire *w, const pp_chain_batch *b) {
    pp_wire_u8(w, (uint8_t)b->status);
    pp_wire_u64(w, b->begun);
    pp_wire_u64(w, b->height);
    pp_wire_u64(w, b->first);
    pp_wire_u32(w, b->transactions);
    pp_wire_u32(w, b->forced);
    pp_wire_u32(w, b->applied);
    pp_wire_u32(w, b->deposits);
    pp_wire_u128(w, b->deposited);
    pp_wire_u128(w, b->withdrawn);
    pp_wire_u64(w, b->gas_used);
    write_env(w, &b->env);
    pp_wire_raw(w, b->output_bytes, sizeof b->output_bytes);
    pp_wire_hash(w, &b->program_id);
    pp_wire_hash(w, &b->input_id);
    pp_wire_u64(w, b->input_size);
    pp_wire_hash(w, &b->request);
    pp_wire_u8(w, b->escrowed);
    pp_wire_u128(w, b->reserve);
    pp_wire_u64(w, b->work);
    pp_wire_address(w, &b->prover);
    pp_wire_u64(w, b->accepted_height);
}

void pp_batch_changed(pp_batch_record *record) {
    pp_wire w = {0};
    write_batch(&w, &record->batch);
    pp_wire_u8(&w, record->held);
    memset(&record->hash, 0, sizeof record->hash);
    pp_chain_chain_hash(&record->hash, "polypoly/batch-record/1", &w);
    free(w.data);
}

// The running batch; its transactions are behind txs_hash, its state behind ordered_root.
static void write_running(pp_wire *w, const pp_lane *lane) {
    pp_wire_u8(w, lane->now.open);
    if (!lane->now.open) return;
    pp_hash32 withdrawals;
    pp_withdrawals_root(&withdrawals, &lane->totals.withdrawals);
    pp_wire_u64(w, lane->now.open_height);
    pp_wire_u64(w, lane->now.open_transactions);
    write_env(w, &lane->env);
    pp_wire_u32(w, lane->open_applied);
    pp_wire_u32(w, lane->open_deposits);
    pp_wire_u32(w, lane->open_forced);
    pp_wire_u128(w, lane->open_deposited);
    pp_wire_u64(w, lane->open_forced_raw);
    pp_wire_u64(w, lane->open_raw.size);
    pp_wire_u64(w, lane->totals.gas_used);
    pp_wire_u128(w, lane->totals.base_fees);
    pp_wire_u128(w, lane->totals.withdrawn);
    pp_wire_hash(w, &withdrawals);
}

static void write_lane(pp_wire *w, const pp_lane *lane) {
    const pp_chain_lane *l = &lane->now;
    pp_wire_u64(w, l->transactions);
    pp_wire_u64(w, l->applied);
    pp_wire_u64(w, l->batches);
    pp_wire_u64(w, l->checked);
    write_digest(w, &l->ordered_root);
    write_digest(w, &l->cut_root);
    write_digest(w, &l->checked_root);
    pp_wire_u64(w, l->deposits);
    pp_wire_u64(w, l->deposit_position);
    pp_wire_u64(w, l->checked_deposit_position);
    pp_wire_u64(w, l->forced);
    pp_wire_u64(w, l->forced_position);
    pp_wire_u64(w, l->checked_forced_position);
    pp_wire_hash(w, &lane->deposits_hash);
    pp_wire_hash(w, &lane->forced_hash);
    pp_wire_hash(w, &lane->consumed_deposits);
    pp_wire_hash(w, &lane->consumed_forced);
    pp_wire_hash(w, &lane->queue_hash);
    pp_wire_u128(w, l->deposited);
    pp_wire_u128(w, l->locked);
    pp_wire_u128(w, l->checked_locked);
    pp_wire_u128(w, l->pending_fees);
    pp_wire_u128(w, l->withdrawn);
    pp_wire_u128(w, l->claimable);
    pp_wire_u128(w, l->reserve_rate);
    pp_wire_u64(w, lane->fee_base);
    pp_wire_u64(w, lane->fee_gas);
    pp_wire_u64(w, lane->fee_paid_gas);
    pp_wire_u128(w, lane->fee_paid);
    pp_wire_u8(w, l->waits);
    pp_wire_u64(w, l->waits_time);
    pp_wire_u64(w, l->waits_height);
    pp_wire_u8(w, l->frozen);
    const char *incident = l->incident ? l->incident : "";
    pp_wire_bytes(w, (pp_bytes){(const uint8_t *)incident, strlen(incident)});
    pp_wire_hash(w, &lane->txs_hash);
    pp_wire_hash(w, &lane->batches_hash);
    pp_wire_hash(w, &lane->claims_hash);
    write_running(w, lane);
    pp_wire_u64(w, lane->posted);
    for (uint64_t b = l->checked; b < l->batches; b++)
        pp_wire_hash(w, &pp_lane_batch(lane, b)->hash);
}

static void write_chain(pp_wire *w, const pp_chain *chain) {
    pp_hash32 market;
    pp_market_hash(&market, &chain->market);
    pp_wire_hash(w, &chain->genesis_hash);
    pp_wire_u64(w, chain->height);
    pp_wire_u64(w, chain->time);
    pp_wire_hash(w, &chain->parent);
    pp_wire_hash(w, &chain->beacon);
    pp_wire_hash(w, &market);
    pp_wire_hash(w, &chain->nonces_hash);
    pp_wire_u64(w, chain->nonce_floor);
    pp_wire_u32(w, chain->places_named);
    pp_wire_u128(w, chain->supply);
    pp_wire_u128(w, chain->burned);
    pp_wire_hash(w, &chain->registry_hash);
    pp_wire_u64(w, chain->genesis.rollups_len);
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) write_lane(w, &chain->lanes[i]);
}

uint8_t *pp_chain_snapshot(size_t *out_size, const pp_chain *chain) {
    pp_wire w = {0};
    write_chain(&w, chain);
    *out_size = w.size;
    return w.data;
}

void pp_chain_app_hash(pp_hash32 *out, const pp_chain *chain) {
    static const char tag[] = "polypoly/app/3";
    pp_wire w = {0};
    write_chain(&w, chain);
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, w.data, w.size);
    pp_keccak_final(&k, out);
    free(w.data);
}
