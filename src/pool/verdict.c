// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pool/verdict.h"

#include <stdlib.h>

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx, (void)old_size;
    if (new_size != 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

// Runs the transition on a state that holds one account.
static pp_rollup_result step(const pp_address *sender, const pp_account *account,
                             const pp_rollup_env *env, pp_bytes raw) {
    pp_state_source source = {.resize = heap_resize};
    pp_state state;
    pp_digest root;
    pp_rollup_totals totals;
    pp_rollup_result result;
    pp_state_empty_root(&root);
    pp_rollup_totals_init(&totals);
    pp_state_status st = pp_state_open(&state, &source, &root);
    if (st == PP_STATE_OK && sender) st = pp_state_put(&state, sender, account);
    if (st == PP_STATE_OK) st = pp_rollup_step(&state, &totals, &result, env, raw);
    PP_ASSERT(st == PP_STATE_OK); // only memory can fail
    pp_state_close(&state);
    return result;
}

pp_rollup_reason pp_verdict_sender(pp_tx *tx, pp_address *sender, const pp_rollup_env *env,
                                   pp_bytes raw) {
    pp_rollup_result r = step(NULL, NULL, env, raw);
    if (!r.has_sender) return r.reason;
    *sender = r.sender;
    pp_tx_status status = pp_tx_decode(tx, raw);
    PP_ASSERT(status == PP_TX_OK);
    return PP_ROLLUP_OK;
}

pp_rollup_reason pp_verdict(uint64_t *gas, const pp_address *sender, const pp_account *account,
                            const pp_rollup_env *env, pp_bytes raw) {
    pp_rollup_result r = step(sender, account, env, raw);
    *gas = r.gas_used;
    return r.reason;
}
