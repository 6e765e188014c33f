// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as a request: answered by JSON, or not at all, and nothing but the pool changes.
#include <jansson.h>
#include <stdlib.h>

#include "chain/fuzz_support.h"
#include "rpc/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_account(void *ctx, pp_account *out, const pp_address *address) {
    (void)ctx, (void)address;
    *out = (pp_account){.balance = pp_u256_from_u64(1u << 31)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static pp_index *index;
    pp_err err;
    if (!index) {
        bool made = pp_index_new(&err, &index, fuzz_open()->chain, 0, NULL);
        PP_ASSERT(made);
    }
    static pp_pool *pool;
    if (!pool) pool = pp_pool_new(no_account, NULL, NULL);
    pp_rpc rpc = {.index = index,
                  .pool = pool,
                  .client = "fuzz",
                  .env = {.chain_id = 77, .base_fee = 7, .gas_limit = 30000000}};
    size_t len;
    char *text = pp_rpc_answer(&len, &rpc, (pp_bytes){data, size});
    PP_ASSERT(!text == (len == 0));
    if (text) {
        json_t *parsed = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
        PP_ASSERT(strlen(text) == len && (json_is_object(parsed) || json_is_array(parsed)));
        json_decref(parsed);
    }
    free(text);
    return 0;
}
