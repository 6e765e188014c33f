// SPDX-License-Identifier: MIT OR Apache-2.0
// Withdrawals: noted as they are ordered, claimable once their batch's root has advanced, paid
// once.
#include <stdlib.h>

#include "chain/internal.h"

void pp_claims_note(pp_lane *lane, const pp_address *receiver, pp_u128 amount) {
    PP_CHAIN_GROW(lane->leaving.all, lane->leaving.len, lane->leaving.max);
    size_t index = lane->leaving.len++;
    lane->leaving.all[index] = (pp_withdrawal){index, *receiver, pp_u256_from_u128(amount)};
}

void pp_claims_cut(pp_lane *lane, pp_batch_record *record) {
    record->leaving = lane->leaving;
    memset(&lane->leaving, 0, sizeof lane->leaving);
}

void pp_claims_forget(pp_leaving *leaving) {
    free(leaving->all);
    memset(leaving, 0, sizeof *leaving);
}

pp_u128 pp_claims_sum(const pp_leaving *leaving) {
    pp_u128 sum = 0, amount;
    for (size_t i = 0; i < leaving->len; i++) {
        bool fits = pp_u256_to_u128(&amount, &leaving->all[i].amount);
        PP_ASSERT(fits); // part of the supply
        sum += amount;
    }
    return sum;
}

// What was noted is what the batch's output says, and its proof.
static void check_root(const pp_batch_record *record) {
    pp_withdrawals tree;
    pp_hash32 root;
    pp_withdrawals_init(&tree);
    for (size_t i = 0; i < record->leaving.len; i++)
        pp_withdrawals_append(&tree, &record->leaving.all[i].receiver,
                              &record->leaving.all[i].amount);
    pp_withdrawals_root(&root, &tree);
    PP_ASSERT(pp_hash32_eq(&root, &record->batch.output.withdrawals));
}

void pp_claims_open(pp_lane *lane, pp_batch_record *record) {
    size_t count = record->leaving.len;
    check_root(record);
    if (count == 0) return;
    pp_u128 sum = pp_claims_sum(&record->leaving);
    PP_CHAIN_GROW(lane->claimable, lane->claimable_len, lane->claimable_max);
    pp_claimable *c = &lane->claimable[lane->claimable_len++];
    *c = (pp_claimable){
        .batch = record->batch.output.batch,
        .left = (uint32_t)count,
        .withdrawals = record->leaving,
        .paid = pp_chain_zeroed((count + 7) / 8, 1),
    };
    pp_withdrawals_top(&c->top, c->withdrawals.all, count);
    memset(&record->leaving, 0, sizeof record->leaving);
    lane->now.claimable += sum;
    // Which withdrawals they are stands behind batches_hash.
}

void pp_claims_free(pp_lane *lane) {
    for (size_t i = 0; i < lane->claimable_len; i++) {
        pp_claims_forget(&lane->claimable[i].withdrawals);
        free(lane->claimable[i].paid);
    }
    free(lane->claimable);
    pp_claims_forget(&lane->leaving);
}

// ---- finding ----------------------------------------------------------------------------------

// The first one of this batch or a later one; claimable_len when there is none.
static size_t find_from(const pp_lane *lane, uint64_t batch) {
    size_t low = 0, high = lane->claimable_len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lane->claimable[middle].batch < batch)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static pp_claimable *find(const pp_lane *lane, uint64_t batch) {
    size_t at = find_from(lane, batch);
    bool there = at < lane->claimable_len && lane->claimable[at].batch == batch;
    return there ? &lane->claimable[at] : NULL;
}

static bool is_paid(const pp_claimable *c, uint64_t index) {
    return c->paid[index / 8] >> index % 8 & 1;
}

pp_chain_code pp_claims_check(const pp_lane *lane, uint64_t batch, const pp_withdrawal *w,
                              const pp_hash32 *path, size_t path_len) {
    if (batch >= lane->now.checked) return PP_CHAIN_NOT_PROVEN;
    const pp_claimable *c = find(lane, batch);
    if (!c) return PP_CHAIN_CLAIMED;
    if (w->index < c->withdrawals.len && is_paid(c, w->index)) return PP_CHAIN_CLAIMED;
    pp_hash32 top;
    bool proven = pp_withdrawals_climb(&top, c->withdrawals.len, w, path, path_len) &&
                  pp_hash32_eq(&top, &c->top);
    return proven ? PP_CHAIN_OK : PP_CHAIN_PATH;
}

// ---- paying -----------------------------------------------------------------------------------

static void chain_payment(pp_lane *lane, uint64_t batch, uint64_t index) {
    uint8_t bytes[16];
    pp_store_le64(bytes, batch);
    pp_store_le64(bytes + 8, index);
    pp_wire w = {.data = bytes, .size = sizeof bytes};
    pp_chain_chain_hash(&lane->claims_hash, "polypoly/claimed/1", &w);
}

void pp_claims_pay(pp_chain *chain, pp_lane *lane, uint64_t batch, const pp_withdrawal *w,
                   const pp_address *to) {
    pp_claimable *c = find(lane, batch);
    pp_u128 amount;
    bool fits = pp_u256_to_u128(&amount, &w->amount);
    PP_ASSERT(c && fits && !is_paid(c, w->index) && amount <= lane->now.claimable);
    pp_accounts_pay(chain, NULL, to, amount);
    lane->now.withdrawn -= amount;
    lane->now.claimable -= amount;
    c->paid[w->index / 8] |= (uint8_t)(1u << w->index % 8);
    chain_payment(lane, batch, w->index);
    pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_CLAIMED, lane, batch);
    e->number = w->index;
    e->account = *to;
    e->amount = amount;
    if (--c->left > 0) return;
    pp_claims_forget(&c->withdrawals);
    free(c->paid);
    size_t behind = lane->claimable_len - (size_t)(c - lane->claimable) - 1;
    memmove(c, c + 1, behind * sizeof *c);
    lane->claimable_len--;
}

// ---- queries ----------------------------------------------------------------------------------

bool pp_chain_unclaimed(pp_chain_withdrawal *out, uint64_t *batch, uint64_t *index,
                        const pp_chain *chain, uint64_t id, const pp_address *receiver) {
    if (id >= chain->genesis.rollups_len) return false;
    const pp_lane *lane = &chain->lanes[id];
    for (size_t at = find_from(lane, *batch); at < lane->claimable_len; at++) {
        const pp_claimable *c = &lane->claimable[at];
        for (uint64_t i = c->batch == *batch ? *index : 0; i < c->withdrawals.len; i++) {
            const pp_withdrawal *w = &c->withdrawals.all[i];
            if (is_paid(c, i) || (receiver && !pp_address_eq(receiver, &w->receiver))) continue;
            *out = (pp_chain_withdrawal){.batch = c->batch, .withdrawal = *w};
            *batch = c->batch;
            *index = i + 1;
            return true;
        }
    }
    return false;
}

bool pp_chain_withdrawals_of(const pp_withdrawal **all, size_t *len, const pp_chain *chain,
                             uint64_t id, uint64_t batch) {
    const pp_claimable *c = id < chain->genesis.rollups_len ? find(&chain->lanes[id], batch) : NULL;
    if (!c) return false;
    *all = c->withdrawals.all;
    *len = c->withdrawals.len;
    return true;
}
