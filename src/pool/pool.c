// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pool/pool.h"

#include <stdlib.h>

#include "hash/keccak.h"
#include "pool/verdict.h"

enum { BUCKETS = 2 * PP_POOL_TXS_MAX }; // a power of two

// A sender with transactions here; its first in order of nonces.
typedef struct sender {
    pp_address address;
    uint32_t first; // transaction + 1
    uint32_t count;
    uint32_t next; // sender + 1, in its bucket; or the next free one
} sender;

// Indices are kept one above, so that 0 is none.
struct pp_pool {
    pp_pool_account account;
    void *ctx;
    size_t txs_len, bytes;
    uint64_t numbers;
    uint32_t txs_free, senders_free;
    uint32_t by_hash[BUCKETS], by_sender[BUCKETS];
    pp_pool_tx txs[PP_POOL_TXS_MAX];
    sender senders[PP_POOL_TXS_MAX];
};

const char *pp_pool_text(pp_pool_code code) {
    static const char *const texts[] = {
#define X(name, text) [PP_POOL_##name] = text,
        PP_POOL_CODES(X)
#undef X
    };
    PP_ASSERT(code < PP_POOL_CODES_LEN);
    return texts[code];
}

bool pp_pool_is_busy(pp_pool_code code) {
    return code == PP_POOL_SENDER || code == PP_POOL_GAPPED || code == PP_POOL_FULL;
}

pp_pool *pp_pool_new(pp_pool_account account, void *ctx) {
    pp_pool *pool = calloc(1, sizeof *pool);
    PP_ASSERT(pool != NULL);
    pool->account = account;
    pool->ctx = ctx;
    for (uint32_t i = PP_POOL_TXS_MAX; i-- > 0;) {
        pool->txs[i].next_hash = pool->txs_free;
        pool->senders[i].next = pool->senders_free;
        pool->txs_free = pool->senders_free = i + 1;
    }
    return pool;
}

void pp_pool_free(pp_pool *pool) {
    if (pool == NULL) return;
    for (size_t i = 0; i < PP_POOL_TXS_MAX; i++) free(pool->txs[i].raw);
    free(pool);
}

// ---- finding ----------------------------------------------------------------------------------

// Hashes and addresses are hashes themselves. Who grinds them lengthens a list of at most
// PP_POOL_TXS_MAX.
static uint32_t *hash_bucket(pp_pool *pool, const pp_hash32 *hash) {
    return &pool->by_hash[pp_load_le32(hash->b) % BUCKETS];
}
static uint32_t *sender_bucket(pp_pool *pool, const pp_address *address) {
    return &pool->by_sender[pp_load_le32(address->b) % BUCKETS];
}

static const sender *find_sender(const pp_pool *pool, const pp_address *address) {
    uint32_t at = pool->by_sender[pp_load_le32(address->b) % BUCKETS];
    while (at != 0 && !pp_address_eq(&pool->senders[at - 1].address, address))
        at = pool->senders[at - 1].next;
    return at ? &pool->senders[at - 1] : NULL;
}

const pp_pool_tx *pp_pool_find(const pp_pool *pool, const pp_hash32 *hash) {
    uint32_t at = pool->by_hash[pp_load_le32(hash->b) % BUCKETS];
    while (at != 0 && !pp_hash32_eq(&pool->txs[at - 1].tx.hash, hash))
        at = pool->txs[at - 1].next_hash;
    return at ? &pool->txs[at - 1] : NULL;
}

static const pp_pool_tx *tx_at(const pp_pool *pool, uint32_t at) {
    return at ? &pool->txs[at - 1] : NULL;
}

// How many of a sender's transactions follow on its next nonce without a gap.
static uint32_t ready(const pp_pool *pool, const sender *s, uint64_t nonce) {
    uint32_t n = 0;
    for (const pp_pool_tx *t = tx_at(pool, s->first); t && t->tx.nonce == nonce + n;
         t = tx_at(pool, t->next_nonce))
        n++;
    return n;
}

uint64_t pp_pool_nonce(const pp_pool *pool, const pp_address *address) {
    pp_account account;
    pool->account(pool->ctx, &account, address);
    const sender *s = find_sender(pool, address);
    return account.nonce + (s ? ready(pool, s, account.nonce) : 0);
}

pp_pool_size pp_pool_size_get(const pp_pool *pool) {
    pp_pool_size size = {.txs = pool->txs_len, .bytes = pool->bytes};
    for (size_t b = 0; b < BUCKETS; b++)
        for (uint32_t at = pool->by_sender[b]; at != 0; at = pool->senders[at - 1].next) {
            const sender *s = &pool->senders[at - 1];
            pp_account account;
            pool->account(pool->ctx, &account, &s->address);
            size.gapped += s->count - ready(pool, s, account.nonce);
        }
    return size;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = (*(const pp_pool_tx *const *)a)->number,
             y = (*(const pp_pool_tx *const *)b)->number;
    return x < y ? -1 : x > y;
}

size_t pp_pool_all(const pp_pool_tx **out, const pp_pool *pool) {
    size_t len = 0;
    for (size_t i = 0; i < PP_POOL_TXS_MAX; i++)
        if (pool->txs[i].raw != NULL) out[len++] = &pool->txs[i];
    qsort((void *)out, len, sizeof(const pp_pool_tx *), by_number);
    return len;
}

// ---- leaving ----------------------------------------------------------------------------------

static void unlink_hash(pp_pool *pool, const pp_pool_tx *t) {
    uint32_t *at = hash_bucket(pool, &t->tx.hash), index = (uint32_t)(t - pool->txs) + 1;
    while (*at != index) at = &pool->txs[*at - 1].next_hash;
    *at = t->next_hash;
}

static void release_sender(pp_pool *pool, sender *s) {
    uint32_t *at = sender_bucket(pool, &s->address), index = (uint32_t)(s - pool->senders) + 1;
    while (*at != index) at = &pool->senders[*at - 1].next;
    *at = s->next;
    s->next = pool->senders_free;
    pool->senders_free = index;
}

// Takes the transaction at *link out of its sender's list and the pool.
static void take_out(pp_pool *pool, sender *s, uint32_t *link) {
    uint32_t index = *link;
    pp_pool_tx *t = &pool->txs[index - 1];
    unlink_hash(pool, t);
    *link = t->next_nonce;
    pool->bytes -= t->raw_size;
    pool->txs_len--;
    free(t->raw);
    memset(t, 0, sizeof *t);
    t->next_hash = pool->txs_free;
    pool->txs_free = index;
    if (--s->count == 0) release_sender(pool, s);
}

void pp_pool_settle(pp_pool *pool, const pp_address *address) {
    pp_account account;
    pool->account(pool->ctx, &account, address);
    sender *s = (sender *)(uintptr_t)find_sender(pool, address);
    while (s && s->count > 0 && pool->txs[s->first - 1].tx.nonce < account.nonce)
        take_out(pool, s, &s->first);
}

void pp_pool_drop(pp_pool *pool, const pp_hash32 *hash) {
    const pp_pool_tx *t = pp_pool_find(pool, hash);
    if (t == NULL) return;
    sender *s = (sender *)(uintptr_t)find_sender(pool, &t->sender);
    uint32_t *link = &s->first;
    while (&pool->txs[*link - 1] != t) link = &pool->txs[*link - 1].next_nonce;
    take_out(pool, s, link);
}

// ---- coming in --------------------------------------------------------------------------------

// x + x / PP_POOL_BUMP percent, rounded up, is at most y.
static bool is_bump(const pp_u256 *old, const pp_u256 *new) {
    pp_u256 a, b;
    return pp_u256_mul_u64(&a, old, 100 + PP_POOL_BUMP) &&
           (!pp_u256_mul_u64(&b, new, 100) || pp_u256_cmp(&a, &b) <= 0);
}

typedef struct arrival {
    pp_tx tx;
    pp_address sender;
    pp_account account; // the sender's behind the last block
    pp_u256 cost;
    const pp_pool_tx *replaced;
} arrival;

// What the sender's other transactions here may cost: its balance must carry all of them.
static bool others_cost(pp_u256 *sum, const pp_pool *pool, const sender *s, uint64_t nonce) {
    *sum = pp_u256_from_u64(0);
    for (const pp_pool_tx *t = s ? tx_at(pool, s->first) : NULL; t; t = tx_at(pool, t->next_nonce))
        if (t->tx.nonce != nonce && !pp_u256_add(sum, sum, &t->cost)) return false;
    return true;
}

static pp_pool_code check_place(arrival *a, const pp_pool *pool, const sender *s, size_t size) {
    for (const pp_pool_tx *t = s ? tx_at(pool, s->first) : NULL; t; t = tx_at(pool, t->next_nonce))
        if (t->tx.nonce == a->tx.nonce) a->replaced = t;
    if (a->replaced != NULL) {
        bool more = is_bump(&a->replaced->tx.fee_cap, &a->tx.fee_cap) &&
                    is_bump(&a->replaced->tx.tip_cap, &a->tx.tip_cap);
        if (!more) return PP_POOL_UNDERPRICED;
        return pool->bytes - a->replaced->raw_size + size > PP_POOL_BYTES_MAX ? PP_POOL_FULL
                                                                              : PP_POOL_OK;
    }
    if (s && s->count >= PP_POOL_SENDER_MAX) return PP_POOL_SENDER;
    if (pool->txs_len >= PP_POOL_TXS_MAX || pool->bytes + size > PP_POOL_BYTES_MAX)
        return PP_POOL_FULL;
    bool gap = a->tx.nonce != a->account.nonce + (s ? ready(pool, s, a->account.nonce) : 0);
    if (gap && pp_pool_size_get(pool).gapped >= PP_POOL_GAPPED_MAX) return PP_POOL_GAPPED;
    return PP_POOL_OK;
}

static pp_pool_code check(pp_pool_result *result, arrival *a, const pp_pool *pool,
                          const pp_rollup_env *env, pp_bytes raw) {
    if (pp_pool_find(pool, &result->hash)) return PP_POOL_KNOWN;
    result->reason = pp_verdict_sender(&a->tx, &a->sender, env, raw);
    if (result->reason != PP_ROLLUP_OK) return PP_POOL_REFUSED;
    if (a->tx.gas_limit > env->gas_limit / 100 * PP_POOL_GAS_SHARE_MAX) return PP_POOL_GAS;
    pool->account(pool->ctx, &a->account, &a->sender);
    if (a->tx.nonce < a->account.nonce) return PP_POOL_NONCE_LOW;
    if (a->tx.nonce - a->account.nonce >= PP_POOL_SENDER_MAX) return PP_POOL_NONCE_FAR;
    const sender *s = find_sender(pool, &a->sender);
    pp_account then = {.nonce = a->tx.nonce, .balance = a->account.balance};
    pp_u256 others;
    if (!others_cost(&others, pool, s, a->tx.nonce) ||
        !pp_u256_sub(&then.balance, &then.balance, &others))
        then.balance = pp_u256_from_u64(0);
    result->reason = pp_verdict(&a->sender, &then, env, raw);
    if (result->reason != PP_ROLLUP_OK) return PP_POOL_REFUSED;
    bool fits = pp_u256_mul_u64(&a->cost, &a->tx.fee_cap, a->tx.gas_limit) &&
                pp_u256_add(&a->cost, &a->cost, &a->tx.value);
    PP_ASSERT(fits); // the rollup has compared it with a balance
    return check_place(a, pool, s, raw.size);
}

static sender *sender_of(pp_pool *pool, const pp_address *address) {
    sender *s = (sender *)(uintptr_t)find_sender(pool, address);
    if (s) return s;
    PP_ASSERT(pool->senders_free != 0); // as many as transactions
    uint32_t index = pool->senders_free, *bucket = sender_bucket(pool, address);
    s = &pool->senders[index - 1];
    pool->senders_free = s->next;
    *s = (sender){.address = *address, .next = *bucket};
    *bucket = index;
    return s;
}

static void put(pp_pool *pool, const arrival *a, pp_bytes raw) {
    uint32_t index = pool->txs_free;
    PP_ASSERT(index != 0);
    pp_pool_tx *t = &pool->txs[index - 1];
    pool->txs_free = t->next_hash;
    *t = (pp_pool_tx){.tx = a->tx, .sender = a->sender, .cost = a->cost, .raw_size = raw.size};
    t->raw = malloc(raw.size);
    PP_ASSERT(t->raw != NULL);
    memcpy(t->raw, raw.data, raw.size);
    t->tx.data = (pp_bytes){t->raw, 0}; // transfers have none
    t->number = pool->numbers++;
    uint32_t *bucket = hash_bucket(pool, &t->tx.hash);
    t->next_hash = *bucket;
    *bucket = index;
    sender *s = sender_of(pool, &a->sender);
    uint32_t *link = &s->first;
    while (*link && pool->txs[*link - 1].tx.nonce < t->tx.nonce)
        link = &pool->txs[*link - 1].next_nonce;
    t->next_nonce = *link;
    *link = index;
    s->count++;
    pool->txs_len++;
    pool->bytes += raw.size;
}

pp_pool_result pp_pool_add(pp_pool *pool, const pp_rollup_env *env, pp_bytes raw) {
    pp_pool_result result = {0};
    arrival a = {0};
    pp_keccak256(&result.hash, raw.data, raw.size);
    result.code = check(&result, &a, pool, env, raw);
    if (result.code != PP_POOL_OK) return result;
    if (a.replaced) {
        pp_hash32 old = a.replaced->tx.hash;
        pp_pool_drop(pool, &old);
    }
    put(pool, &a, raw);
    return result;
}

// ---- choosing ---------------------------------------------------------------------------------

typedef struct head {
    pp_u256 tip;
    const pp_pool_tx *t;
} head;

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

// Lets the element at `at` sink to its place in the heap, the best on top.
static void sink(head *heap, size_t len, size_t at) {
    for (size_t child; (child = 2 * at + 1) < len; at = child) {
        if (child + 1 < len && before(&heap[child + 1], &heap[child])) child++;
        if (!before(&heap[child], &heap[at])) return;
        head h = heap[at];
        heap[at] = heap[child];
        heap[child] = h;
    }
}

// Each sender's first, where its turn has come.
static size_t heads(head *heap, const pp_pool *pool, uint64_t base_fee) {
    size_t len = 0;
    for (size_t b = 0; b < BUCKETS; b++)
        for (uint32_t at = pool->by_sender[b]; at != 0; at = pool->senders[at - 1].next) {
            const sender *s = &pool->senders[at - 1];
            const pp_pool_tx *t = tx_at(pool, s->first);
            pp_account account;
            pool->account(pool->ctx, &account, &s->address);
            len += t->tx.nonce == account.nonce && make_head(&heap[len], t, base_fee);
        }
    return len;
}

size_t pp_pool_select(const pp_pool_tx **out, size_t max, size_t max_bytes, const pp_pool *pool,
                      uint64_t base_fee) {
    if (pool->txs_len == 0) return 0;
    head *heap = malloc(pool->txs_len * sizeof *heap);
    PP_ASSERT(heap != NULL);
    size_t heap_len = heads(heap, pool, base_fee), len = 0, bytes = 0;
    for (size_t i = heap_len / 2; i-- > 0;) sink(heap, heap_len, i);
    while (heap_len > 0 && len < max && heap[0].t->raw_size <= max_bytes - bytes) {
        const pp_pool_tx *t = heap[0].t, *next = tx_at(pool, t->next_nonce);
        out[len++] = t;
        bytes += t->raw_size;
        if (!next || next->tx.nonce != t->tx.nonce + 1 || !make_head(&heap[0], next, base_fee))
            heap[0] = heap[--heap_len];
        sink(heap, heap_len, 0);
    }
    free(heap);
    return len;
}
