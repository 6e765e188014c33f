// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "hash/keccak.h"
#include "pool/internal.h"
#include "pool/verdict.h"

typedef pp_pool_sender sender;

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

pp_pool *pp_pool_new(pp_pool_account account, pp_pool_gone gone, void *ctx) {
    pp_pool *pool = calloc(1, sizeof *pool);
    PP_ASSERT(pool != NULL);
    pool->account = account;
    pool->gone = gone;
    pool->ctx = ctx;
    pp_pool_share(pool, 1);
    for (uint32_t i = PP_POOL_TXS_MAX; i-- > 0;) {
        pool->txs[i].next_hash = pool->txs_free;
        pool->senders[i].next = pool->senders_free;
        pool->txs_free = pool->senders_free = i + 1;
    }
    return pool;
}

void pp_pool_share(pp_pool *pool, size_t pools) {
    PP_ASSERT(pools >= 1 && pools <= PP_POOL_SENDER_MAX);
    pool->txs_most = PP_POOL_TXS_MAX / pools;
    pool->bytes_most = PP_POOL_BYTES_MAX / pools;
    pool->gapped_most = PP_POOL_GAPPED_MAX / pools;
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
    return &pool->by_hash[pp_load_le32(hash->b) % PP_POOL_BUCKETS];
}
static uint32_t *sender_bucket(pp_pool *pool, const pp_address *address) {
    return &pool->by_sender[pp_load_le32(address->b) % PP_POOL_BUCKETS];
}

static const sender *find_sender(const pp_pool *pool, const pp_address *address) {
    uint32_t at = pool->by_sender[pp_load_le32(address->b) % PP_POOL_BUCKETS];
    while (at != 0 && !pp_address_eq(&pool->senders[at - 1].address, address))
        at = pool->senders[at - 1].next;
    return at ? &pool->senders[at - 1] : NULL;
}

const pp_pool_tx *pp_pool_find(const pp_pool *pool, const pp_hash32 *hash) {
    uint32_t at = pool->by_hash[pp_load_le32(hash->b) % PP_POOL_BUCKETS];
    while (at != 0 && !pp_hash32_eq(&pool->txs[at - 1].tx.hash, hash))
        at = pool->txs[at - 1].next_hash;
    return at ? &pool->txs[at - 1] : NULL;
}

// How many of a sender's transactions follow on its next nonce without a gap.
static uint32_t ready(const pp_pool *pool, const sender *s, uint64_t nonce) {
    uint32_t n = 0;
    for (const pp_pool_tx *t = pp_pool_at(pool, s->first); t && t->tx.nonce == nonce + n;
         t = pp_pool_at(pool, t->next_nonce))
        n++;
    return n;
}

// Behind a change of its list or its nonce. What has a gap before it is stuck at once.
static void recount(pp_pool *pool, sender *s, uint32_t gapped_before) {
    s->ready = ready(pool, s, s->nonce);
    pool->gapped += s->count - s->ready;
    pool->gapped -= gapped_before;
}

uint64_t pp_pool_nonce(const pp_pool *pool, const pp_address *address) {
    const sender *s = find_sender(pool, address);
    if (s) return s->nonce + s->ready;
    pp_account account;
    pool->account(pool->ctx, &account, address);
    return account.nonce;
}

pp_pool_size pp_pool_size_get(const pp_pool *pool) {
    return (pp_pool_size){.txs = pool->txs_len, .bytes = pool->bytes, .gapped = pool->gapped};
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
    uint32_t index = *link, gapped = s->count - s->ready;
    pp_pool_tx *t = &pool->txs[index - 1];
    unlink_hash(pool, t);
    *link = t->next_nonce;
    pool->bytes -= t->raw_size;
    pool->txs_len--;
    if (t->stuck > 0) {
        s->stuck--;
        pool->stuck--;
        pool->stuck_bytes -= t->raw_size;
    }
    free(t->raw);
    memset(t, 0, sizeof *t);
    t->next_hash = pool->txs_free;
    pool->txs_free = index;
    s->count--;
    recount(pool, s, gapped);
    if (s->count == 0) release_sender(pool, s);
}

static void lose(pp_pool *pool, sender *s, uint32_t *link) {
    pp_hash32 hash = pool->txs[*link - 1].tx.hash;
    take_out(pool, s, link);
    if (pool->gone) pool->gone(pool->ctx, &hash);
}

void pp_pool_lose_last(pp_pool *pool, sender *s) {
    uint32_t *link = &s->first;
    while (pool->txs[*link - 1].next_nonce) link = &pool->txs[*link - 1].next_nonce;
    lose(pool, s, link);
}

// Its balance carries all that it has here.
static bool can_pay(const pp_pool *pool, const sender *s, const pp_u256 *balance) {
    pp_u256 left = *balance;
    for (const pp_pool_tx *t = pp_pool_at(pool, s->first); t; t = pp_pool_at(pool, t->next_nonce))
        if (!pp_u256_sub(&left, &left, &t->cost)) return false;
    return true;
}

void pp_pool_settle(pp_pool *pool, const pp_address *address) {
    sender *s = (sender *)(uintptr_t)find_sender(pool, address);
    if (s == NULL) return;
    pp_account account;
    pool->account(pool->ctx, &account, address);
    uint32_t gapped = s->count - s->ready;
    s->nonce = account.nonce;
    recount(pool, s, gapped);
    // A sender that has none left is let go, with its count at 0.
    while (s->count > 0 && pool->txs[s->first - 1].tx.nonce < account.nonce)
        take_out(pool, s, &s->first);
    while (s->count > 0 && !can_pay(pool, s, &account.balance)) pp_pool_lose_last(pool, s);
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
    uint64_t gas;
    const pp_pool_tx *replaced;
    bool waited; // before the node stopped
    bool gapped;
} arrival;

// What the sender's other transactions here may cost: its balance must carry all of them.
static bool others_cost(pp_u256 *sum, const pp_pool *pool, const sender *s, uint64_t nonce) {
    *sum = pp_u256_from_u64(0);
    for (const pp_pool_tx *t = s ? pp_pool_at(pool, s->first) : NULL; t;
         t = pp_pool_at(pool, t->next_nonce))
        if (t->tx.nonce != nonce && !pp_u256_add(sum, sum, &t->cost)) return false;
    return true;
}

static pp_pool_code check_place(arrival *a, pp_pool *pool, const sender *s, size_t size) {
    for (const pp_pool_tx *t = s ? pp_pool_at(pool, s->first) : NULL; t;
         t = pp_pool_at(pool, t->next_nonce))
        if (t->tx.nonce == a->tx.nonce) a->replaced = t;
    if (a->replaced != NULL) {
        bool more = is_bump(&a->replaced->tx.fee_cap, &a->tx.fee_cap) &&
                    is_bump(&a->replaced->tx.tip_cap, &a->tx.tip_cap);
        if (!more) return PP_POOL_UNDERPRICED;
        return pool->bytes - a->replaced->raw_size + size > pool->bytes_most ? PP_POOL_FULL
                                                                             : PP_POOL_OK;
    }
    if (s && s->count >= PP_POOL_SENDER_MAX) return PP_POOL_SENDER;
    a->gapped = a->tx.nonce != a->account.nonce + (s ? ready(pool, s, a->account.nonce) : 0);
    if (a->gapped && !a->waited && pool->gapped >= pool->gapped_most) return PP_POOL_GAPPED;
    if (pool->txs_len < pool->txs_most && pool->bytes + size <= pool->bytes_most) return PP_POOL_OK;
    return !a->gapped && pp_pool_make_room(pool, s, size) ? PP_POOL_OK : PP_POOL_FULL;
}

static pp_pool_code check(pp_pool_result *result, arrival *a, pp_pool *pool,
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
    result->reason = pp_verdict(&a->gas, &a->sender, &then, env, raw);
    if (result->reason != PP_ROLLUP_OK) return PP_POOL_REFUSED;
    bool fits = pp_u256_mul_u64(&a->cost, &a->tx.fee_cap, a->tx.gas_limit) &&
                pp_u256_add(&a->cost, &a->cost, &a->tx.value);
    PP_ASSERT(fits); // the rollup has compared it with a balance
    return check_place(a, pool, s, raw.size);
}

static sender *sender_of(pp_pool *pool, const pp_address *address, uint64_t nonce) {
    sender *s = (sender *)(uintptr_t)find_sender(pool, address);
    if (s) return s;
    PP_ASSERT(pool->senders_free != 0); // as many as transactions
    uint32_t index = pool->senders_free, *bucket = sender_bucket(pool, address);
    s = &pool->senders[index - 1];
    pool->senders_free = s->next;
    *s = (sender){.address = *address, .nonce = nonce, .next = *bucket};
    *bucket = index;
    return s;
}

static void put(pp_pool *pool, const arrival *a, pp_bytes raw) {
    uint32_t index = pool->txs_free;
    PP_ASSERT(index != 0);
    pp_pool_tx *t = &pool->txs[index - 1];
    pool->txs_free = t->next_hash;
    *t = (pp_pool_tx){.tx = a->tx,
                      .sender = a->sender,
                      .cost = a->cost,
                      .gas = a->gas,
                      .raw_size = raw.size,
                      .stuck = a->gapped};
    t->raw = malloc(raw.size);
    PP_ASSERT(t->raw != NULL);
    memcpy(t->raw, raw.data, raw.size);
    t->tx.data = (pp_bytes){t->raw, 0}; // transfers have none
    t->number = pool->numbers++;
    uint32_t *bucket = hash_bucket(pool, &t->tx.hash);
    t->next_hash = *bucket;
    *bucket = index;
    sender *s = sender_of(pool, &a->sender, a->account.nonce);
    uint32_t gapped = s->count - s->ready;
    uint32_t *link = &s->first;
    while (*link && pool->txs[*link - 1].tx.nonce < t->tx.nonce)
        link = &pool->txs[*link - 1].next_nonce;
    t->next_nonce = *link;
    *link = index;
    s->count++;
    pool->txs_len++;
    pool->bytes += raw.size;
    if (t->stuck > 0) {
        s->stuck++;
        pool->stuck++;
        pool->stuck_bytes += raw.size;
    }
    recount(pool, s, gapped);
}

static pp_pool_result take_in(pp_pool *pool, const pp_rollup_env *env, pp_bytes raw, bool waited) {
    pp_pool_result result = {0};
    arrival a = {.waited = waited};
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

pp_pool_result pp_pool_add(pp_pool *pool, const pp_rollup_env *env, pp_bytes raw) {
    return take_in(pool, env, raw, false);
}

pp_pool_result pp_pool_restore(pp_pool *pool, const pp_rollup_env *env, pp_bytes raw) {
    pp_rollup_env cheap = *env;
    cheap.base_fee = 0;
    return take_in(pool, &cheap, raw, true);
}
