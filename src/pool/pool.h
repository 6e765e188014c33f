// SPDX-License-Identifier: MIT OR Apache-2.0
// Transactions that wait for a block of one open lane. Bounded in every direction; what it has
// taken it keeps until it is ordered, until its own sender replaces it or can pay for it no more,
// or until it has been stuck: it cannot go into a block, because an earlier nonce is missing or its
// fee cap is below the base fee. What is stuck goes after PP_POOL_STUCK_MAX blocks, or earlier when
// the pool is full and one comes that is not: else who fills it at a low fee would close it. A
// transaction that could go into the next block is never pushed out by somebody else's.
//
// Whether a transaction is valid is asked of the rollup's own transition (pp_rollup_step), run on
// its sender's account as it will be when its turn comes. No rule is written twice.
//
// Native, no clock, no I/O. One thread at a time. Running out of memory ends the program.
#ifndef PP_POOL_POOL_H
#define PP_POOL_POOL_H

#include "codec/tx.h"
#include "rollup/rollup.h"

// The limits. Pools that share one have each the same part of it (pp_pool_share).
enum {
    PP_POOL_TXS_MAX = 8192,       // transactions in all
    PP_POOL_BYTES_MAX = 32 << 20, // bytes of them
    PP_POOL_SENDER_MAX = 64,      // of one sender; its nonces reach no further beyond its next
    PP_POOL_GAPPED_MAX = 1024,    // that wait for an earlier nonce: they could wait for ever
    PP_POOL_STUCK_MAX = 10800,    // blocks in a row in which one is stuck
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
    uint64_t gas;    // that it uses
    uint32_t stuck;  // blocks, in a row
    // The pool's own.
    uint32_t next_hash, next_nonce;
} pp_pool_tx;

typedef struct pp_pool pp_pool;

// How accounts stand behind the last block; an absent one is all zero.
typedef void (*pp_pool_account)(void *ctx, pp_account *out, const pp_address *address);

// One has left that was neither ordered nor replaced nor dropped by pp_pool_drop. Called in the
// middle of a change: it must not call the pool.
typedef void (*pp_pool_gone)(void *ctx, const pp_hash32 *hash);

pp_pool *pp_pool_new(pp_pool_account account, pp_pool_gone gone, void *ctx); // gone: may be NULL
void pp_pool_free(pp_pool *pool);                                            // NULL is fine
// The limits of all are shared by so many pools, 1 to PP_POOL_SENDER_MAX: this one takes no more
// than its part of transactions, bytes, and gapped ones. What it holds beyond that it keeps.
void pp_pool_share(pp_pool *pool, size_t pools);

typedef struct pp_pool_result {
    pp_pool_code code;
    pp_rollup_reason reason; // when code is REFUSED
    pp_hash32 hash;          // Keccak-256 of the raw bytes, whatever they are
} pp_pool_result;

// Takes a transaction in (a copy of raw), or says why not; nothing has changed then. env: what the
// next batch stands in.
pp_pool_result pp_pool_add(pp_pool *pool, const pp_rollup_env *env, pp_bytes raw);

// One that was taken before the program stopped. It is not asked to pay today's base fee, and may
// wait for an earlier nonce however many do.
pp_pool_result pp_pool_restore(pp_pool *pool, const pp_rollup_env *env, pp_bytes raw);

// What a block's transactions come to stand in: the batch that runs, or the one that would begin,
// and those behind it. The lane's rules: chain/lane.c, chain/fee.c.
typedef struct pp_pool_terms {
    size_t max, max_bytes; // of the transactions that the block still takes
    uint64_t base_fee;     // of the first batch, wei per gas
    uint64_t rise;         // millionths by which the next one's may be higher; 0: it never moves
    uint64_t gas_limit;    // of a batch
    size_t batch_txs, batch_bytes; // with which one is cut
    size_t batches;                // that can be cut: then the lane takes no more
    // Of the first batch: gas used in it, the lane's own transactions and their bytes.
    uint64_t gas;
    size_t txs, bytes;
    uint64_t forced_gas; // most that a batch's forced transactions use before the lane's own
    // Senders who have to wait: others act for them first.
    const pp_address *held;
    size_t held_len;
} pp_pool_terms;

// The transactions for the next block, best tip first, earlier arrival first among equals: those
// whose earlier nonces are all ordered or stand before them here, that pay the most that their
// batch can cost, and whose gas is left in it. So the lane refuses none of them, but where more
// than `rise` moved the fee. out: terms->max entries. They stay in the pool until pp_pool_settle or
// pp_pool_drop.
size_t pp_pool_select(const pp_pool_tx **out, const pp_pool *pool, const pp_pool_terms *terms);

// Behind a block, for every account that has ordered a transaction in it, whichever way: what its
// nonce has passed goes, and from the last one back what its balance does not carry any more.
void pp_pool_settle(pp_pool *pool, const pp_address *sender);
// Behind a block and its pp_pool_settle: what is stuck at this base fee has been so for a block
// more.
void pp_pool_turn(pp_pool *pool, uint64_t base_fee);
// It can never be valid.
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
