// SPDX-License-Identifier: MIT OR Apache-2.0
// What goes into a block, and what has waited for one in vain.
#include <stdlib.h>

#include "pool/internal.h"

// ---- choosing ---------------------------------------------------------------------------------

typedef struct head {
    pp_u256 tip;
    const pp_pool_tx *t;
} head;

// The senders' next transactions: a heap, the best on top, and behind it those that the batch which
// is being filled has no gas for.
typedef struct choosing {
    const pp_pool *pool;
    const pp_pool_terms *terms;
    head *heap;
    size_t len, all;
    // The batch.
    uint64_t base_fee, gas;
    size_t txs, bytes;
    size_t batches; // that can still be cut, this one counted
} choosing;

// False when it does not pay the base fee.
static bool make_head(head *h, const pp_pool_tx *t, uint64_t base_fee) {
    pp_u256 base = pp_u256_from_u64(base_fee);
    h->t = t;
    if (!pp_u256_sub(&h->tip, &t->tx.fee_cap, &base)) return false;
    if (pp_u256_cmp(&h->tip, &t->tx.tip_cap) > 0) h->tip = t->tx.tip_cap;
    return true;
}

static bool before(const head *a, const head *b) {
    int c = pp_u256_cmp(&a->tip, &b->tip);
    return c != 0 ? c > 0 : a->t->number < b->t->number;
}

// Lets the element at `at` sink to its place in the heap.
static void sink(choosing *c, size_t at) {
    head *heap = c->heap;
    for (size_t child; (child = 2 * at + 1) < c->len; at = child) {
        if (child + 1 < c->len && before(&heap[child + 1], &heap[child])) child++;
        if (!before(&heap[child], &heap[at])) return;
        head h = heap[at];
        heap[at] = heap[child];
        heap[child] = h;
    }
}

static bool is_held(const pp_pool_terms *terms, const pp_address *sender) {
    for (size_t i = 0; i < terms->held_len; i++)
        if (pp_address_eq(&terms->held[i], sender)) return true;
    return false;
}

// Each sender's first, where its turn has come.
static void find_heads(choosing *c) {
    const pp_pool *pool = c->pool;
    for (size_t i = 0; i < PP_POOL_TXS_MAX; i++) {
        const pp_pool_sender *s = &pool->senders[i];
        if (s->count == 0 || s->ready == 0 || is_held(c->terms, &s->address)) continue;
        c->all += make_head(&c->heap[c->all], pp_pool_at(pool, s->first), c->base_fee);
    }
}

static void build(choosing *c) {
    c->len = c->all;
    for (size_t i = c->len / 2; i-- > 0;) sink(c, i);
}

// The best one waits for the next batch.
static void set_aside(choosing *c) {
    head h = c->heap[0];
    c->heap[0] = c->heap[--c->len];
    c->heap[c->len] = h;
    sink(c, 0);
}

// The best one, and so its sender, waits for the next block.
static void leave_out(choosing *c) {
    c->heap[0] = c->heap[--c->len];
    c->heap[c->len] = c->heap[--c->all];
    sink(c, 0);
}

static uint64_t dearer(const choosing *c) {
    if (c->terms->rise == 0) return c->base_fee;
    pp_u128 fee = c->base_fee + (pp_u128)c->base_fee * c->terms->rise / 1000000 + 1;
    return fee < INT64_MAX ? (uint64_t)fee : INT64_MAX;
}

static void begin_batch(choosing *c) {
    c->base_fee = dearer(c);
    c->gas = c->terms->forced_gas;
    c->txs = c->bytes = 0;
    c->batches--;
}

// Behind begin_batch: it is dearer, and has gas for those that were set aside.
static void look_again(choosing *c) {
    size_t kept = 0;
    for (size_t i = 0; i < c->all; i++)
        kept += make_head(&c->heap[kept], c->heap[i].t, c->base_fee);
    c->all = kept;
    build(c);
}

// The best one stands in the batch, and its sender's next one in its place.
static void take(choosing *c) {
    const pp_pool_tx *t = c->heap[0].t, *next = pp_pool_at(c->pool, t->next_nonce);
    c->gas += t->gas;
    c->bytes += t->raw_size;
    c->txs++;
    if (next && next->tx.nonce == t->tx.nonce + 1 && make_head(&c->heap[0], next, c->base_fee))
        sink(c, 0);
    else
        leave_out(c);
}

static bool has_gas(const choosing *c, const pp_pool_tx *t) {
    return c->gas <= c->terms->gas_limit && t->tx.gas_limit <= c->terms->gas_limit - c->gas;
}

// Whether the best one goes in. It may begin a batch.
static bool goes_in(choosing *c, bool *began) {
    const pp_pool_tx *t = c->heap[0].t;
    *began = false;
    if (c->txs == 0 || c->bytes + t->raw_size <= c->terms->batch_bytes) {
        if (has_gas(c, t)) return true;
        set_aside(c);
        return false;
    }
    // Its bytes would cut the batch. Another's must not: one that the next batch takes.
    choosing next = *c;
    begin_batch(&next);
    head h;
    if (next.batches > 0 && make_head(&h, t, next.base_fee) && has_gas(&next, t)) {
        *c = next;
        *began = true;
        return true;
    }
    leave_out(c);
    return false;
}

size_t pp_pool_select(const pp_pool_tx **out, const pp_pool *pool, const pp_pool_terms *terms) {
    if (pool->txs_len == 0 || terms->batches == 0) return 0;
    choosing c = {.pool = pool,
                  .terms = terms,
                  .heap = malloc(pool->txs_len * sizeof(head)),
                  .base_fee = terms->base_fee,
                  .gas = terms->gas,
                  .txs = terms->txs,
                  .bytes = terms->bytes,
                  .batches = terms->batches};
    PP_ASSERT(c.heap != NULL);
    find_heads(&c);
    build(&c);
    size_t len = 0, bytes = 0;
    while (c.len > 0 && len < terms->max && c.heap[0].t->raw_size <= terms->max_bytes - bytes) {
        const pp_pool_tx *t = c.heap[0].t;
        bool began;
        if (!goes_in(&c, &began)) continue;
        take(&c);
        out[len++] = t;
        bytes += t->raw_size;
        if (c.txs >= terms->batch_txs) {
            begin_batch(&c);
            began = true;
        }
        if (c.batches == 0) break;
        if (began) look_again(&c);
    }
    free(c.heap);
    return len;
}

// ---- what is stuck ----------------------------------------------------------------------------

// A block more, or none, for each of its transactions. True when one has been stuck for too long.
static bool age(pp_pool *pool, pp_pool_sender *s, const pp_u256 *base) {
    bool stuck = false, old = false;
    uint64_t nonce = s->nonce;
    s->stuck = 0;
    for (uint32_t at = s->first; at != 0; at = pool->txs[at - 1].next_nonce) {
        pp_pool_tx *t = &pool->txs[at - 1];
        stuck |= t->tx.nonce != nonce++ || pp_u256_cmp(&t->tx.fee_cap, base) < 0;
        t->stuck = stuck ? t->stuck + 1 : 0;
        old |= t->stuck > PP_POOL_STUCK_MAX;
        s->stuck += stuck;
        pool->stuck += stuck;
        if (stuck) pool->stuck_bytes += t->raw_size;
    }
    return old;
}

static bool is_old(const pp_pool *pool, const pp_pool_sender *s) {
    for (const pp_pool_tx *t = pp_pool_at(pool, s->first); t; t = pp_pool_at(pool, t->next_nonce))
        if (t->stuck > PP_POOL_STUCK_MAX) return true;
    return false;
}

void pp_pool_turn(pp_pool *pool, uint64_t base_fee) {
    pp_u256 base = pp_u256_from_u64(base_fee);
    bool old = false;
    pool->stuck = pool->stuck_bytes = 0;
    if (pool->txs_len == 0) return;
    for (size_t i = 0; i < PP_POOL_TXS_MAX; i++)
        if (pool->senders[i].count > 0) old |= age(pool, &pool->senders[i], &base);
    if (!old) return;
    // With it goes what stands behind it.
    for (size_t i = 0; i < PP_POOL_TXS_MAX; i++)
        while (pool->senders[i].count > 0 && is_old(pool, &pool->senders[i]))
            pp_pool_lose_last(pool, &pool->senders[i]);
}

static size_t stuck_bytes(const pp_pool *pool, const pp_pool_sender *s) {
    size_t bytes = 0;
    for (const pp_pool_tx *t = s ? pp_pool_at(pool, s->first) : NULL; t;
         t = pp_pool_at(pool, t->next_nonce))
        if (t->stuck > 0) bytes += t->raw_size;
    return bytes;
}

bool pp_pool_make_room(pp_pool *pool, const pp_pool_sender *of, size_t bytes) {
    size_t stuck = pool->stuck - (of ? of->stuck : 0);
    if (pool->txs_len - stuck >= pool->txs_most || stuck == 0 ||
        pool->bytes - (pool->stuck_bytes - stuck_bytes(pool, of)) + bytes > pool->bytes_most)
        return false;
    while (pool->txs_len >= pool->txs_most || pool->bytes + bytes > pool->bytes_most) {
        pp_pool_sender *s = &pool->senders[pool->hand];
        if (s->count > 0 && s->stuck > 0 && s != of) pp_pool_lose_last(pool, s);
        pool->hand = (pool->hand + 1) % PP_POOL_TXS_MAX;
    }
    return true;
}
