// SPDX-License-Identifier: MIT OR Apache-2.0
// What the RPC's files share. Only for rpc/.
#ifndef PP_RPC_INTERNAL_H
#define PP_RPC_INTERNAL_H

#include <jansson.h>

#include "rpc/rpc.h"

// One call on its way. A method returns its result, or NULL after pp_rpc_fail.
typedef struct pp_call {
    pp_rpc *rpc;
    json_t *params; // an array
    int code;       // != 0: failed
    char message[256];
} pp_call;

typedef struct pp_rpc_method {
    const char *name;
    size_t min, max; // parameters
    json_t *(*run)(pp_call *call);
} pp_rpc_method;
extern const pp_rpc_method pp_rpc_methods[];
extern const size_t pp_rpc_methods_len;

// Sets code and message; returns NULL.
json_t *pp_rpc_fail(pp_call *call, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// ---- params.c: each false after pp_rpc_fail. `what` names the parameter ------------------------

bool pp_param_bytes(pp_call *call, uint8_t *out, size_t size, const json_t *value,
                    const char *what);
// "0x" and at most 16 digits without leading zeros.
bool pp_param_u64(pp_call *call, uint64_t *out, const json_t *value, const char *what);
bool pp_param_u256(pp_call *call, pp_u256 *out, const json_t *value, const char *what);
// Bytes of any length: malloc'ed.
bool pp_param_data(pp_call *call, uint8_t **out, size_t *size, const json_t *value,
                   const char *what);
// A tag, a number, or an object of EIP-1898; NULL and null are `latest`. *block is NULL, and true
// returned, when there is no such block.
bool pp_param_block(pp_call *call, const pp_index_block **block, const json_t *value);
bool pp_param_is_pending(const json_t *value);

// ---- show.c -----------------------------------------------------------------------------------

json_t *pp_show_u64(uint64_t v);
json_t *pp_show_u256(const pp_u256 *v);
json_t *pp_show_bytes(const uint8_t *data, size_t size);
// block NULL: the transaction waits in the pool; else base_fee is that of its batch.
json_t *pp_show_tx(pp_bytes raw, const pp_address *sender, const pp_index_block *block,
                   uint32_t position, uint64_t base_fee);
json_t *pp_show_receipt(const pp_index *index, const pp_index_tx *tx, const pp_index_block *block);
json_t *pp_show_block(const pp_rpc *rpc, const pp_index_block *block, bool full);
// What an applied transaction paid the fee recipient for a unit of gas.
pp_u256 pp_show_tip(const pp_index *index, const pp_index_tx *tx);

#endif
