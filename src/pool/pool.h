// SPDX-License-Identifier: MIT OR Apache-2.0
// Transactions that wait for a block of one open lane. Bounded in every direction; what it has
// taken it keeps until it is ordered, replaced by its own sender, or can never be valid again: a
// transaction that was acknowledged is not pushed out by somebody else's.
//
// Whether a transaction is valid is asked of the rollup's own transition (pp_rollup_step), run on
// its sender's account as it will be when its turn comes. No rule is written twice.
//
// Native, no clock, no I/O. One thread at a time. Running out of memory ends the program.
#ifndef PP_POOL_POOL_H
#define PP_POOL_POOL_H

#include "codec/tx.h"
#include "rollup/rollup.h"

// The limits.
enum {
    PP_POOL_TXS_MAX = 8192,       // transactions in all
    PP_POOL_BYTES_MAX = 32 << 20, // bytes of them
    PP_POOL_SENDER_MAX = 64,      // of one sender; its nonces reach no further beyond its next
    PP_POOL_GAPPED_MAX = 1024,    // that wait for an earlier nonce: they could wait for ever
    PP_POOL_BUMP = 10,            // percent that both fee caps of a replacement are above the old
    PP_POOL_GAS_SHARE_MAX = 50,   // percent of a batch's gas that one transaction may ask for
};

// Why a transaction is not taken. The texts are those that wallets know from Ethereum's nodes.
#define PP_POOL_CODES(X)                                                                           \
    X(OK, "ok")                                                                                    \
    X(KNOWN, "already known")                                                                      \
    X(REFUSED, "the rollup would refuse it") /* result.reason says why */                          \
    X(GAS, "exceeds block gas limit")                                                              \
    X(NONCE_LOW, "nonce too low")                                                                  \
    X(NONCE_FAR, "nonce too high")                                                                 \
    X(UNDERPRICED, "replacement transaction underpriced")                                          \
    X(SENDER, "too many transactions of this sender wait")                                         \
    X(GAPPED, "too many transactions wait for an earlier nonce")                                   \
    X(FULL, "txpool is full")

typedef enum pp_pool_code {
#define X(name, text) PP_POOL_##name,
    PP_POOL_CODES(X)
#undef X
        PP_POOL_CODES_LEN
} pp_pool_code;

const char *pp_pool_text(pp_pool_code code);
// The sender did nothing wrong: the same transaction may be taken later.
bool pp_pool_is_busy(pp_pool_code code);

// One that waits. Views are valid until the next change of the pool.
typedef struct pp_pool_tx {
    pp_tx tx; // its data views raw
    pp_address sender;
    pp_u256 cost; // value + gas limit * fee cap
    uint8_t *raw;
    size_t raw_size;
    uint64_t number; // in order of arrival
    // The pool's own.
    uint32_t next_hash, next_nonce;
} pp_pool_tx;

typedef struct pp_pool pp_pool;

// How accounts stand behind the last block; an absent one is all zero.
typedef void (*pp_pool_account)(void *ctx, pp_account *out, const pp_address *address);

pp_pool *pp_pool_new(pp_pool_account account, void *ctx);
void pp_pool_free(pp_pool *pool); // NULL is fine

typedef struct pp_pool_result {
    pp_pool_code code;
    pp_rollup_reason reason; // when code is REFUSED
    pp_hash32 hash;          // Keccak-256 of the raw bytes, whatever they are
} pp_pool_result;

// Takes a transaction in (a copy of raw), or says why not; nothing has changed then. env: what the
// next batch stands in.
pp_pool_result pp_pool_add(pp_pool *pool, const pp_rollup_env *env, pp_bytes raw);

// The transactions for the next block: those whose earlier nonces are all ordered or stand before
// them here and that pay base_fee, best tip first, earlier arrival first among equals. At most max
// of them and max_bytes in all. They stay in the pool until pp_pool_settle or pp_pool_drop.
size_t pp_pool_select(const pp_pool_tx **out, size_t max, size_t max_bytes, const pp_pool *pool,
                      uint64_t base_fee);

// Behind a block: what the account's nonce has passed goes.
void pp_pool_settle(pp_pool *pool, const pp_address *sender);
// It was ordered and refused, or can never be valid.
void pp_pool_drop(pp_pool *pool, const pp_hash32 *hash);

// NULL when it does not wait here.
const pp_pool_tx *pp_pool_find(const pp_pool *pool, const pp_hash32 *hash);
// The nonce behind the sender's last transaction without a gap before it (`pending`).
uint64_t pp_pool_nonce(const pp_pool *pool, const pp_address *sender);

typedef struct pp_pool_size {
    size_t txs, bytes, gapped;
} pp_pool_size;
pp_pool_size pp_pool_size_get(const pp_pool *pool);
// All of them, in order of arrival: for a journal. out: PP_POOL_TXS_MAX entries.
size_t pp_pool_all(const pp_pool_tx **out, const pp_pool *pool);

#endif
