// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rpc/internal.h"

json_t *pp_rpc_fail(pp_call *call, int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(call->message, sizeof call->message, format, args);
    va_end(args);
    call->code = code;
    return NULL;
}

static bool bad(pp_call *call, const char *what, const char *must) {
    pp_rpc_fail(call, PP_RPC_PARAMS, "invalid params: %s must be %s", what, must);
    return false;
}

bool pp_param_bytes(pp_call *call, uint8_t *out, size_t size, const json_t *value,
                    const char *what) {
    const char *text = json_string_value(value);
    if (text && text[0] == '0' && text[1] == 'x' && pp_hex_decode(out, size, text)) return true;
    char must[40];
    snprintf(must, sizeof must, "0x and %zu hex digits", 2 * size);
    return bad(call, what, must);
}

bool pp_param_u256(pp_call *call, pp_u256 *out, const json_t *value, const char *what) {
    const char *text = json_string_value(value);
    bool ok = text && text[0] == '0' && text[1] == 'x' && (text[2] != '0' || text[3] == 0) &&
              pp_u256_parse(out, text);
    return ok || bad(call, what, "a hex quantity, 0x and no leading zeros");
}

bool pp_param_u64(pp_call *call, uint64_t *out, const json_t *value, const char *what) {
    pp_u256 v;
    if (!pp_param_u256(call, &v, value, what)) return false;
    if (v.v[1] | v.v[2] | v.v[3]) return bad(call, what, "below 2^64");
    *out = v.v[0];
    return true;
}

bool pp_param_data(pp_call *call, uint8_t **out, size_t *size, const json_t *value,
                   const char *what) {
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    *out = NULL;
    if (!text || len < 2 || len % 2 != 0 || text[0] != '0' || text[1] != 'x')
        return bad(call, what, "0x and an even number of hex digits");
    *size = len / 2 - 1;
    *out = malloc(*size + 1);
    PP_ASSERT(*out != NULL);
    if (pp_hex_decode(*out, *size, text)) return true;
    free(*out);
    *out = NULL;
    return bad(call, what, "0x and hex digits");
}

bool pp_param_is_pending(const json_t *value) {
    const char *text = json_string_value(value);
    return text && strcmp(text, "pending") == 0;
}

static bool by_tag(uint64_t *height, const pp_index *index, const char *tag) {
    if (strcmp(tag, "latest") == 0 || strcmp(tag, "pending") == 0)
        *height = pp_index_head(index);
    else if (strcmp(tag, "finalized") == 0 || strcmp(tag, "safe") == 0)
        *height = pp_index_finalized(index);
    else if (strcmp(tag, "earliest") == 0)
        *height = 0;
    else
        return false;
    return true;
}

// {"blockNumber": …} or {"blockHash": …, "requireCanonical": …}: there are no other blocks than
// canonical ones.
static bool by_object(pp_call *call, const pp_index_block **block, const json_t *value) {
    json_t *hash = json_object_get(value, "blockHash");
    json_t *number = json_object_get(value, "blockNumber");
    if (!hash == !number) return bad(call, "block", "named by blockHash or blockNumber");
    pp_hash32 h;
    if (number) return pp_param_block(call, block, number);
    if (!pp_param_bytes(call, h.b, sizeof h.b, hash, "blockHash")) return false;
    *block = pp_index_block_by_hash(call->rpc->index, &h);
    return true;
}

bool pp_param_block(pp_call *call, const pp_index_block **block, const json_t *value) {
    const pp_index *index = call->rpc->index;
    uint64_t height = pp_index_head(index);
    *block = NULL;
    if (json_is_object(value)) return by_object(call, block, value);
    const char *text = json_string_value(value);
    if (value && !json_is_null(value) && !(text && by_tag(&height, index, text)) &&
        !pp_param_u64(call, &height, value, "block"))
        return false;
    *block = pp_index_block_at(index, height);
    if (*block || height > pp_index_head(index)) return true;
    pp_rpc_fail(call, PP_RPC_PRUNED,
                "pruned history unavailable: this node's blocks begin with %llu",
                (unsigned long long)pp_index_first(index));
    return false;
}
