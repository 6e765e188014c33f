// SPDX-License-Identifier: MIT OR Apache-2.0
// Ethereum's JSON-RPC over one lane, as a function from request bytes to response bytes: no socket,
// no clock, no disk. JSON-RPC 2.0 with batches; method semantics as in Ethereum's execution-apis.
//
// Any bytes are answered in bounded time: what is no JSON, too deep, too long or not a request has
// its error code. Nothing here signs, and no method takes a key.
//
// `latest` is the last ordered block. `finalized` and `safe` are the last proven one; where a
// network accepts anything else than proofs, that is block 0.
#ifndef PP_RPC_RPC_H
#define PP_RPC_RPC_H

#include "index/index.h"
#include "pool/pool.h"

enum {
    PP_RPC_REQUEST_MAX = 1 << 20,  // bytes; whoever calls refuses longer ones
    PP_RPC_BATCH_MAX = 100,        // calls in one batch
    PP_RPC_RESPONSE_MAX = 8 << 20, // bytes; a batch that comes to more ends in errors
    PP_RPC_FEE_HISTORY_MAX = 1024, // blocks of one eth_feeHistory
    // Blocks, their transactions and percentiles that all eth_feeHistory of one request come to,
    // beyond the first one's first block: fewer blocks are answered, then none.
    PP_RPC_FEE_WORK_MAX = 8192,
    PP_RPC_PERCENTILES_MAX = 100, // of one eth_feeHistory
};

// Error codes: those of JSON-RPC 2.0 and of EIP-1474.
enum {
    PP_RPC_PARSE = -32700,
    PP_RPC_INVALID = -32600,
    PP_RPC_NO_METHOD = -32601,
    PP_RPC_PARAMS = -32602,
    PP_RPC_SERVER = -32000, // the transaction or the question is refused
    PP_RPC_LIMIT = -32005,  // try again later
    PP_RPC_PRUNED =
        4444, // of a block that this node does not have any more (as EIP-4444's clients)
};

typedef struct pp_rpc {
    const pp_index *index;
    pp_pool *pool;
    pp_rollup_env env;  // what the lane's next batch stands in
    size_t tx_max;      // bytes of a transaction that any block has room for; 0: of every one
    const char *client; // web3_clientVersion
    void *ctx;
    // Why the lane takes no transaction now, or NULL: the text goes to the wallet.
    const char *(*busy)(void *ctx);
    // A transaction has come into the pool. What answers for it must not go out before it is
    // durable.
    void (*on_taken)(void *ctx, const pp_hash32 *hash, pp_bytes raw);
    // Around each call that looks at any of the above, so that others come in between the calls of
    // a batch; NULL: nobody else is there. What one call says belongs together, a batch need not.
    void (*enter)(void *ctx);
    void (*leave)(void *ctx);
    _Atomic uint64_t calls, errors; // counted here, for metrics
    size_t fee_work;                // its own: left to the request in work
} pp_rpc;

// Requests come one at a time. The response, malloc'ed, NUL behind it. NULL, with *size 0, when
// there is nothing to say: notifications only. Running out of memory ends the program.
char *pp_rpc_answer(size_t *size, pp_rpc *rpc, pp_bytes request);

#endif
