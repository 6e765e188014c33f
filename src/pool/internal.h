// SPDX-License-Identifier: MIT OR Apache-2.0
// What the pool's files share. Only for pool/.
#ifndef PP_POOL_INTERNAL_H
#define PP_POOL_INTERNAL_H

#include "pool/pool.h"

enum { PP_POOL_BUCKETS = 2 * PP_POOL_TXS_MAX }; // a power of two

// A sender with transactions here; its first in order of nonces.
typedef struct pp_pool_sender {
    pp_address address;
    uint64_t nonce; // its next one, behind the last block
    uint32_t first; // transaction + 1
    uint32_t count; // 0: nobody
    uint32_t ready; // follow on its next nonce without a gap
    uint32_t stuck; // could not go into a block when they were last looked at
    uint32_t next;  // sender + 1, in its bucket; or the next free one
} pp_pool_sender;

// Indices are kept one above, so that 0 is none.
struct pp_pool {
    pp_pool_account account;
    pp_pool_gone gone; // or NULL
    void *ctx;
    size_t txs_len, bytes, gapped;
    size_t txs_most, bytes_most, gapped_most; // that it takes
    size_t stuck, stuck_bytes;
    uint64_t numbers;
    uint32_t txs_free, senders_free;
    uint32_t hand; // the sender behind the last that had to make room
    uint32_t by_hash[PP_POOL_BUCKETS], by_sender[PP_POOL_BUCKETS];
    pp_pool_tx txs[PP_POOL_TXS_MAX];
    pp_pool_sender senders[PP_POOL_TXS_MAX];
};

static inline const pp_pool_tx *pp_pool_at(const pp_pool *pool, uint32_t at) {
    return at ? &pool->txs[at - 1] : NULL;
}

// Its last transaction leaves for good: nobody ordered or replaced it.
void pp_pool_lose_last(pp_pool *pool, pp_pool_sender *s);
// Room for one of so many bytes of a sender (NULL: one that has none here), where transactions
// that cannot go into a block now can make it: not its own. False when they cannot; nothing has
// gone then.
PP_NODISCARD bool pp_pool_make_room(pp_pool *pool, const pp_pool_sender *of, size_t bytes);

#endif
