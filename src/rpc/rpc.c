// SPDX-License-Identifier: MIT OR Apache-2.0
// The frame of JSON-RPC 2.0: requests, batches, errors.
#include "rpc/rpc.h"

#include <stdlib.h>

#include "rpc/internal.h"

static json_t *response(json_t *id, const char *member, json_t *value) {
    json_t *out = json_object();
    PP_ASSERT(out != NULL && value != NULL);
    json_object_set_new(out, "jsonrpc", json_string("2.0"));
    if (id)
        json_object_set(out, "id", id);
    else
        json_object_set_new(out, "id", json_null());
    json_object_set_new(out, member, value);
    return out;
}

static json_t *failure(pp_rpc *rpc, json_t *id, int code, const char *message) {
    json_t *error = json_object();
    PP_ASSERT(error != NULL);
    rpc->errors++;
    json_object_set_new(error, "code", json_integer(code));
    json_object_set_new(error, "message", json_string(message));
    return response(id, "error", error);
}

static const pp_rpc_method *find_method(const char *name) {
    for (size_t i = 0; i < pp_rpc_methods_len; i++)
        if (strcmp(pp_rpc_methods[i].name, name) == 0) return &pp_rpc_methods[i];
    return NULL;
}

// Bytes of the first whole characters of UTF-8 text, at most max: half of one is no JSON.
static int whole(const char *text, size_t max) {
    size_t len = strnlen(text, max + 1);
    if (len <= max) return (int)len;
    for (len = max; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80;) len--;
    return (int)len;
}

static json_t *run(pp_call *call, const pp_rpc_method *method) {
    pp_rpc *rpc = call->rpc;
    if (rpc->enter) rpc->enter(rpc->ctx);
    json_t *result = method->run(call);
    if (rpc->leave) rpc->leave(rpc->ctx);
    return result;
}

static json_t *run_method(pp_rpc *rpc, json_t *id, const char *name, json_t *params) {
    const pp_rpc_method *method = find_method(name);
    pp_call call = {.rpc = rpc, .params = params};
    json_t *result = NULL;
    if (!method)
        pp_rpc_fail(&call, PP_RPC_NO_METHOD, "the method %.*s does not exist here", whole(name, 64),
                    name);
    else if (json_array_size(params) < method->min || json_array_size(params) > method->max)
        pp_rpc_fail(&call, PP_RPC_PARAMS, "invalid params: %s takes %zu to %zu, not %zu",
                    method->name, method->min, method->max, json_array_size(params));
    else
        result = run(&call, method);
    PP_ASSERT(!result == (call.code != 0));
    return result ? response(id, "result", result) : failure(rpc, id, call.code, call.message);
}

// NULL for a notification, which is not run: every method here is a question.
static json_t *answer_one(pp_rpc *rpc, json_t *request) {
    rpc->calls++;
    json_t *id = json_object_get(request, "id");
    json_t *method = json_object_get(request, "method");
    json_t *params = json_object_get(request, "params");
    const char *version = json_string_value(json_object_get(request, "jsonrpc"));
    bool id_ok = !id || json_is_null(id) || json_is_string(id) || json_is_number(id);
    if (!json_is_object(request) || !version || strcmp(version, "2.0") != 0 ||
        !json_is_string(method) || !id_ok)
        return failure(rpc, id_ok ? id : NULL, PP_RPC_INVALID,
                       "invalid request: jsonrpc must be \"2.0\", method a string, id a string or "
                       "a number");
    if (!id) return NULL;
    if (params && !json_is_null(params) && !json_is_array(params))
        return failure(rpc, id, PP_RPC_PARAMS, "invalid params: an array, please");
    json_t *list = json_is_array(params) ? json_incref(params) : json_array();
    json_t *out = run_method(rpc, id, json_string_value(method), list);
    json_decref(list);
    return out;
}

static char *dump(size_t *size, json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    PP_ASSERT(text != NULL);
    *size = strlen(text);
    return text;
}

// A batch, each answer written as it comes: so that its size is known before the next one.
static char *answer_batch(size_t *size, pp_rpc *rpc, json_t *batch) {
    char *out = NULL;
    *size = 0;
    for (size_t i = 0; i < json_array_size(batch); i++) {
        json_t *request = json_array_get(batch, i), *one;
        if (*size > PP_RPC_RESPONSE_MAX)
            one = failure(rpc, json_object_get(request, "id"), PP_RPC_LIMIT,
                          "the batch's answers are too long");
        else
            one = answer_one(rpc, request);
        if (one == NULL) continue;
        size_t len;
        char *text = dump(&len, one);
        json_decref(one);
        char *longer = realloc(out, *size + len + 3);
        PP_ASSERT(longer != NULL);
        out = longer;
        out[*size] = *size == 0 ? '[' : ',';
        memcpy(out + *size + 1, text, len);
        *size += 1 + len;
        free(text);
    }
    if (out == NULL) return NULL;
    out[(*size)++] = ']';
    out[*size] = 0;
    return out;
}

static char *answer(size_t *size, pp_rpc *rpc, json_t *request) {
    json_t *one;
    size_t len = json_array_size(request);
    if (!request)
        one = failure(rpc, NULL, PP_RPC_PARSE, "parse error: not JSON");
    else if (!json_is_array(request))
        one = answer_one(rpc, request);
    else if (len == 0)
        one = failure(rpc, NULL, PP_RPC_INVALID, "invalid request: an empty batch");
    else if (len > PP_RPC_BATCH_MAX)
        one = failure(rpc, NULL, PP_RPC_LIMIT, "a batch has at most 100 calls");
    else
        return answer_batch(size, rpc, request);
    if (one == NULL) return NULL;
    char *text = dump(size, one);
    json_decref(one);
    return text;
}

char *pp_rpc_answer(size_t *size, pp_rpc *rpc, pp_bytes bytes) {
    json_error_t error;
    *size = 0;
    rpc->fee_work = PP_RPC_FEE_WORK_MAX;
    // A member that stands twice is refused: two readers could take different ones.
    json_t *request =
        bytes.size > PP_RPC_REQUEST_MAX
            ? NULL
            : json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, &error);
    char *text = answer(size, rpc, request);
    json_decref(request);
    return text;
}
