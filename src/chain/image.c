// SPDX-License-Identifier: MIT OR Apache-2.0
// The whole chain as bytes and back, one walk for both ways (base/image.h). What genesis says, what
// others derive and what a block leaves behind only until the next one is not in them; a running
// batch stands in them as its transactions, and is executed again.
#include <stdlib.h>

#include "chain/entry.h"
#include "chain/internal.h"
#include "vm/vm.h"

enum { TX_MIN = 80, BATCH_MIN = 500, WITHDRAWAL_SIZE = 52, ENTRY_MIN = 100 };

// ---- pieces -----------------------------------------------------------------------------------

// Room for so many, zeroed, in a list that is empty.
#define ROOM(im, array, max, len)                                                                  \
    do {                                                                                           \
        if ((im)->loading) (array) = pp_chain_zeroed((max) = (len), sizeof *(array));              \
    } while (0)

static void image_digest(pp_image *im, pp_digest *v) {
    uint8_t b[PP_DIGEST_SIZE];
    pp_digest_encode(b, v);
    pp_image_raw(im, b, sizeof b);
    if (im->loading) pp_image_is(im, pp_digest_decode(v, b));
}

// Heap bytes with their length; *data is NULL when there are none, and NULL before loading.
static void image_bytes(pp_image *im, uint8_t **data, size_t *size, size_t max) {
    *size = pp_image_len(im, *size, max, 1);
    if (im->loading && *size > 0) *data = pp_chain_zeroed(*size, 1);
    pp_image_raw(im, *data, *size);
}

static void image_env(pp_image *im, pp_rollup_env *env) {
    uint64_t *const numbers[] = {&env->chain_id,       &env->batch,     &env->timestamp,
                                 &env->base_fee,       &env->gas_limit, &env->deposit_position,
                                 &env->forced_position};
    for (size_t i = 0; i < PP_COUNT(numbers); i++) pp_image_u64(im, numbers[i]);
    pp_image_address(im, &env->fee_recipient);
    pp_image_hash(im, &env->deposit_hash);
    pp_image_hash(im, &env->forced_hash);
}

// In order: the index of each is its place.
static void image_leaving(pp_image *im, pp_leaving *l) {
    l->len =
        pp_image_len(im, l->len, PP_ROLLUP_BATCH_TX_MAX + PP_ROLLUP_FORCED_MAX, WITHDRAWAL_SIZE);
    ROOM(im, l->all, l->max, l->len);
    for (size_t i = 0; i < l->len; i++) {
        l->all[i].index = i;
        pp_image_address(im, &l->all[i].receiver);
        for (size_t k = 0; k < PP_COUNT(l->all[i].amount.v); k++)
            pp_image_u64(im, &l->all[i].amount.v[k]);
        pp_u128 wei;
        pp_image_is(im, pp_u256_to_u128(&wei, &l->all[i].amount));
    }
}

// ---- records ----------------------------------------------------------------------------------

static void image_tx(pp_image *im, pp_chain_tx *tx) {
    pp_image_hash(im, &tx->hash);
    pp_image_u64(im, &tx->height);
    pp_image_u64(im, &tx->batch);
    pp_image_u64(im, &tx->base_fee);
    tx->reason = (pp_rollup_reason)pp_image_choice(im, (uint8_t)tx->reason, PP_ROLLUP_OK,
                                                   PP_ROLLUP_REASONS_LEN - 1);
    pp_image_bool(im, &tx->forced);
    pp_image_bool(im, &tx->has_sender);
    pp_image_address(im, &tx->sender);
    pp_image_u64(im, &tx->gas_used);
}

static void image_batch(pp_image *im, pp_batch_record *record) {
    pp_chain_batch *b = &record->batch;
    b->status =
        (pp_batch_status)pp_image_choice(im, (uint8_t)b->status, PP_BATCH_CUT, PP_BATCH_VOID);
    uint64_t *const numbers[] = {&b->begun, &b->height, &b->first,          &b->gas_used,
                                 &b->bytes, &b->work,   &b->accepted_height};
    for (size_t i = 0; i < PP_COUNT(numbers); i++) pp_image_u64(im, numbers[i]);
    uint32_t *const counts[] = {&b->transactions, &b->forced, &b->applied, &b->deposits};
    for (size_t i = 0; i < PP_COUNT(counts); i++) pp_image_u32(im, counts[i]);
    pp_image_u128(im, &b->deposited);
    pp_image_u128(im, &b->withdrawn);
    pp_image_u128(im, &b->reserve);
    image_env(im, &b->env);
    pp_image_raw(im, b->output_bytes, sizeof b->output_bytes);
    pp_bytes output = {b->output_bytes, sizeof b->output_bytes};
    if (im->loading) pp_image_is(im, pp_rollup_output_decode(&b->output, output));
    pp_image_hash(im, &b->program_id);
    pp_image_hash(im, &b->input_id);
    pp_image_hash(im, &b->request);
    pp_image_bool(im, &b->escrowed);
    pp_image_address(im, &b->prover);
    pp_image_bool(im, &record->held);
    uint64_t whole = b->input_size; // also of an input that is no longer here
    size_t size = record->input ? b->input_size : 0;
    pp_image_u64(im, &whole);
    image_bytes(im, &record->input, &size, PP_ROLLUP_INPUT_MAX);
    image_leaving(im, &record->leaving);
    if (!im->loading) return;
    pp_hash32 id;
    b->input_size = whole;
    b->input = (pp_bytes){record->input, size};
    pp_image_is(im, whole <= PP_ROLLUP_INPUT_MAX);
    if (record->input)
        pp_image_is(im,
                    size == whole && pp_input_id(&id, b->input) && pp_hash32_eq(&id, &b->input_id));
    pp_batch_changed(record);
}

static void image_records(pp_image *im, pp_lane *lane) {
    pp_image_u64(im, &lane->txs_first);
    lane->txs_len = pp_image_len(im, lane->txs_len, UINT32_MAX, TX_MIN);
    ROOM(im, lane->txs, lane->txs_max, lane->txs_len);
    for (size_t i = 0; i < lane->txs_len; i++) image_tx(im, &lane->txs[i]);
    pp_image_u64(im, &lane->batches_first);
    lane->batches_len = pp_image_len(im, lane->batches_len, UINT32_MAX, BATCH_MIN);
    ROOM(im, lane->batches, lane->batches_max, lane->batches_len);
    for (size_t i = 0; i < lane->batches_len; i++) image_batch(im, &lane->batches[i]);
}

static bool has_bit(const pp_claimable *c, size_t i) {
    return c->paid[i / 8] >> i % 8 & 1;
}

static void image_claimable(pp_image *im, pp_claimable *c) {
    pp_image_u64(im, &c->batch);
    image_leaving(im, &c->withdrawals);
    size_t len = c->withdrawals.len, size = (len + 7) / 8;
    if (im->loading) c->paid = pp_chain_zeroed(size, 1);
    pp_image_raw(im, c->paid, size);
    if (!im->loading) return;
    c->left = 0;
    for (size_t i = 0; i < len; i++) c->left += !has_bit(c, i);
    if (pp_image_is(im, c->left > 0)) pp_withdrawals_top(&c->top, c->withdrawals.all, len);
}

// ---- queues -----------------------------------------------------------------------------------

static void image_queues(pp_image *im, pp_lane *lane) {
    pp_image_u64(im, &lane->deposits_first);
    lane->deposits_len = pp_image_len(im, lane->deposits_len, UINT32_MAX, ENTRY_MIN);
    ROOM(im, lane->deposits, lane->deposits_max, lane->deposits_len);
    for (size_t i = 0; i < lane->deposits_len; i++) {
        pp_chain_deposit *d = &lane->deposits[i];
        pp_image_address(im, &d->from);
        pp_image_address(im, &d->deposit.receiver);
        pp_image_u128(im, &d->deposit.amount);
        pp_image_u64(im, &d->height);
        pp_image_u64(im, &d->time);
        pp_image_hash(im, &d->hash);
    }
    pp_image_u64(im, &lane->forced_first);
    lane->forced_len = pp_image_len(im, lane->forced_len, UINT32_MAX, ENTRY_MIN - 32);
    ROOM(im, lane->forced, lane->forced_max, lane->forced_len);
    for (size_t i = 0; i < lane->forced_len; i++) {
        pp_lane_forced *f = &lane->forced[i];
        pp_image_address(im, &f->entry.from);
        pp_image_u64(im, &f->entry.height);
        pp_image_u64(im, &f->entry.time);
        pp_image_hash(im, &f->entry.hash);
        image_bytes(im, &f->raw, &f->entry.raw.size, PP_ROLLUP_FORCED_SIZE_MAX);
        f->entry.raw.data = f->raw;
    }
}

// ---- a lane -----------------------------------------------------------------------------------

static void image_incident(pp_image *im, pp_chain_lane *now) {
    bool stands = now->incident != NULL;
    pp_image_bool(im, &stands);
    if (im->loading) now->incident = stands ? pp_lane_incident : NULL;
}

// What pp_chain_lane_get tells, but for what it fills in itself.
static void image_now(pp_image *im, pp_chain_lane *l) {
    uint64_t *const numbers[] = {
        &l->transactions, &l->applied,          &l->batches,
        &l->checked,      &l->open_height,      &l->open_transactions,
        &l->deposits,     &l->deposit_position, &l->checked_deposit_position,
        &l->forced,       &l->forced_position,  &l->checked_forced_position,
        &l->waits_time,   &l->waits_height};
    for (size_t i = 0; i < PP_COUNT(numbers); i++) pp_image_u64(im, numbers[i]);
    pp_u128 *const amounts[] = {&l->deposited, &l->locked,    &l->checked_locked, &l->pending_fees,
                                &l->withdrawn, &l->claimable, &l->reserve_rate};
    for (size_t i = 0; i < PP_COUNT(amounts); i++) pp_image_u128(im, amounts[i]);
    image_digest(im, &l->ordered_root);
    image_digest(im, &l->cut_root);
    image_digest(im, &l->checked_root);
    pp_image_bool(im, &l->open);
    pp_image_bool(im, &l->waits);
    pp_image_bool(im, &l->frozen);
    image_incident(im, l);
}

static uint64_t running_max(const pp_lane *lane) {
    return (uint64_t)lane->rollup->queue_forced + lane->rollup->batch_transactions;
}

// The running batch, all that cannot be had by executing it again.
static void image_running(pp_image *im, pp_lane *lane) {
    image_env(im, &lane->env);
    pp_image_u32(im, &lane->open_applied);
    pp_image_u32(im, &lane->open_deposits);
    pp_image_u32(im, &lane->open_forced);
    pp_image_u128(im, &lane->open_deposited);
    pp_image_u64(im, &lane->open_forced_raw);
    size_t len = (size_t)lane->now.open_transactions;
    if (!pp_image_is(im, len <= running_max(lane))) return;
    for (size_t i = 0; i < len; i++) pp_image_u32(im, &lane->open_sizes[i]);
    image_bytes(im, &lane->open_raw.data, &lane->open_raw.size, PP_ROLLUP_INPUT_MAX);
    if (!im->loading) return;
    size_t size = 0;
    lane->open_raw.max = lane->open_raw.size;
    for (size_t i = 0; i < len; i++) size += lane->open_sizes[i];
    pp_image_is(im, size == lane->open_raw.size && lane->open_forced <= len);
}

// Numbers that others rely on: no list is shorter than what is asked of it.
static bool adds_up(const pp_lane *lane) {
    const pp_chain_lane *l = &lane->now;
    uint64_t end = lane->env.deposit_position + lane->open_deposits;
    return lane->txs_first + lane->txs_len == l->transactions &&
           lane->batches_first + lane->batches_len == l->batches &&
           lane->batches_first <= l->checked && l->checked <= l->batches &&
           l->open_transactions <= l->transactions && lane->posted <= l->batches &&
           lane->deposits_first + lane->deposits_len == l->deposits &&
           lane->forced_first + lane->forced_len == l->forced &&
           lane->deposits_first <= l->checked_deposit_position &&
           lane->forced_first <= l->checked_forced_position &&
           l->checked_deposit_position <= l->deposit_position &&
           l->checked_forced_position <= l->forced_position && l->deposit_position <= l->deposits &&
           l->forced_position <= l->forced &&
           (!l->open || (lane->env.deposit_position >= lane->deposits_first &&
                         end >= lane->env.deposit_position && end == l->deposit_position));
}

static bool claims_ascend(const pp_lane *lane) {
    for (size_t i = 0; i < lane->claimable_len; i++)
        if (lane->claimable[i].batch >= lane->now.checked ||
            (i > 0 && lane->claimable[i - 1].batch >= lane->claimable[i].batch))
            return false;
    return true;
}

// First transactions ascend, within the records: what is forgotten later is found by them.
static bool batches_ascend(const pp_lane *lane) {
    uint64_t at = lane->txs_first;
    for (size_t i = 0; i < lane->batches_len; i++) {
        const pp_chain_batch *b = &lane->batches[i].batch;
        if (b->first < at || b->first > lane->now.transactions ||
            b->output.batch != lane->batches_first + i)
            return false;
        at = b->first;
    }
    return true;
}

static void image_lane(pp_image *im, pp_lane *lane) {
    image_now(im, &lane->now);
    pp_image_u64(im, &lane->posted);
    pp_image_u64(im, &lane->fee_base);
    pp_image_u64(im, &lane->fee_gas);
    pp_image_u64(im, &lane->fee_paid_gas);
    pp_image_u128(im, &lane->fee_paid);
    pp_hash32 *const hashes[] = {
        &lane->deposits_hash, &lane->forced_hash, &lane->consumed_deposits, &lane->consumed_forced,
        &lane->queue_hash,    &lane->txs_hash,    &lane->batches_hash,      &lane->claims_hash};
    for (size_t i = 0; i < PP_COUNT(hashes); i++) pp_image_hash(im, hashes[i]);
    image_queues(im, lane);
    image_records(im, lane);
    lane->claimable_len = pp_image_len(im, lane->claimable_len, UINT32_MAX, WITHDRAWAL_SIZE);
    ROOM(im, lane->claimable, lane->claimable_max, lane->claimable_len);
    for (size_t i = 0; i < lane->claimable_len; i++) image_claimable(im, &lane->claimable[i]);
    if (lane->now.open) image_running(im, lane);
    if (im->loading && !im->bad)
        pp_image_is(im, adds_up(lane) && claims_ascend(lane) && batches_ascend(lane));
}

// ---- the chain --------------------------------------------------------------------------------

// Rollups that commands made stand behind those of genesis.
static void image_created(pp_image *im, pp_chain *chain) {
    const size_t from_genesis = chain->from_genesis;
    pp_genesis *g = &chain->genesis;
    uint32_t len = pp_image_len(im, g->rollups_len - from_genesis,
                                g->registry.rollups - from_genesis, ENTRY_MIN);
    for (size_t i = 0; i < len && !im->bad; i++) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        bool fits;
        if (!im->loading) bytes = pp_entry_encode(&size, &g->rollups[from_genesis + i]);
        image_bytes(im, &bytes, &size, 4096);
        if (im->loading) {
            pp_genesis_rollup *entry = &g->rollups[from_genesis + i];
            pp_image_is(im,
                        pp_entry_decode(entry, &fits, (pp_bytes){bytes, size}, &g->market) && fits);
            if (!im->bad) g->rollups_len++;
        }
        free(bytes);
    }
}

// One for each account of the market.
static void image_places(pp_image *im, pp_chain *chain) {
    pp_image_u64(im, &chain->nonce_floor);
    pp_image_u32(im, &chain->places_named);
    pp_image_is(im, chain->places_named <= chain->market.accounts_len);
    for (uint32_t i = 0; i < chain->market.accounts_len && !im->bad; i++) {
        pp_image_u64(im, &chain->places[i].nonce);
        pp_image_bool(im, &chain->places[i].market);
    }
}

void pp_chain_image(pp_image *im, pp_chain *chain) {
    static const char magic[] = "polypoly/image/1";
    char said[sizeof magic];
    pp_err err;
    memcpy(said, magic, sizeof magic);
    pp_image_raw(im, said, sizeof magic - 1);
    pp_image_is(im, memcmp(said, magic, sizeof magic - 1) == 0);
    pp_hash32 genesis = chain->genesis_hash;
    pp_image_hash(im, &genesis);
    if (!pp_image_is(im, pp_hash32_eq(&genesis, &chain->genesis_hash))) return;
    pp_image_u64(im, &chain->height);
    pp_image_u64(im, &chain->time);
    pp_image_hash(im, &chain->parent);
    pp_image_hash(im, &chain->beacon);
    pp_image_hash(im, &chain->app_hash);
    pp_image_hash(im, &chain->nonces_hash);
    pp_image_hash(im, &chain->registry_hash);
    pp_image_u128(im, &chain->burned);
    image_created(im, chain);
    if (im->loading && !pp_image_is(im, pp_chain_keep_places(&err, chain, ""))) return;
    pp_market_image(im, &chain->market);
    image_places(im, chain);
    for (size_t i = 0; i < chain->genesis.rollups_len && !im->bad; i++) {
        if (im->loading) pp_lane_init(chain, i);
        image_lane(im, &chain->lanes[i]);
    }
}

uint8_t *pp_chain_save(size_t *out_size, const pp_chain *chain) {
    PP_ASSERT(!chain->finalized && !chain->failed);
    pp_chain *same = (pp_chain *)(uintptr_t)chain; // saving changes nothing
    pp_image im = pp_image_saving(NULL, 0);
    pp_chain_image(&im, same);
    uint8_t *out = pp_chain_resize(NULL, im.size, 1);
    im = pp_image_saving(out, *out_size = im.size);
    pp_chain_image(&im, same);
    return out;
}
