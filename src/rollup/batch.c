// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/keccak.h"
#include "rollup/rollup.h"

void pp_rollup_totals_init(pp_rollup_totals *totals) {
    memset(totals, 0, sizeof *totals);
    pp_withdrawals_init(&totals->withdrawals);
}

// All of the output but the new root and what the totals say.
static void begin(pp_rollup_output *output, const pp_rollup_env *env, const pp_digest *old_root) {
    memset(output, 0, sizeof *output);
    output->chain_id = env->chain_id;
    output->batch = env->batch;
    output->old_root = *old_root;
    output->deposit_position = env->deposit_position;
    output->forced_position = env->forced_position;
    pp_keccak256(&output->deposit_hash, NULL, 0);
    output->forced_hash = output->deposit_hash;
}

static pp_state_status finish(pp_rollup_output *output, pp_state *state,
                              const pp_rollup_totals *totals) {
    output->base_fees = totals->base_fees;
    pp_withdrawals_root(&output->withdrawals, &totals->withdrawals);
    return pp_state_root(state, &output->new_root);
}

pp_state_status pp_rollup_output_make(pp_state *state, pp_rollup_output *output,
                                      const pp_rollup_totals *totals, const pp_rollup_env *env,
                                      const pp_digest *old_root, const pp_bytes *txs,
                                      size_t txs_len) {
    PP_ASSERT(txs_len <= PP_ROLLUP_BATCH_TX_MAX);
    begin(output, env, old_root);
    pp_rollup_data_hash(&output->data_hash, env, txs, txs_len);
    return finish(output, state, totals);
}

pp_state_status pp_rollup_batch(pp_state *state, pp_rollup_output *output,
                                pp_rollup_result *results, pp_rollup_totals *totals,
                                const pp_rollup_env *env, const pp_digest *old_root,
                                const pp_bytes *txs, size_t txs_len) {
    PP_ASSERT(txs_len <= PP_ROLLUP_BATCH_TX_MAX);
    pp_rollup_totals own;
    if (!totals) totals = &own;
    pp_rollup_totals_init(totals);
    begin(output, env, old_root);
    pp_rollup_data_hash(&output->data_hash, env, txs, txs_len);
    for (size_t i = 0; i < txs_len; i++) {
        pp_rollup_result one, *result = results ? &results[i] : &one;
        pp_state_status st = pp_rollup_step(state, totals, result, env, txs[i]);
        if (st != PP_STATE_OK) return st;
    }
    return finish(output, state, totals);
}

// Each transaction of an encoded input in order.
static pp_state_status run(pp_state *state, pp_rollup_output *output,
                           const pp_rollup_input *input) {
    pp_rollup_totals totals;
    pp_rollup_totals_init(&totals);
    begin(output, &input->env, &input->old_root);
    pp_keccak256(&output->data_hash, input->data.data, input->data.size);
    pp_bytes txs = input->txs;
    for (uint32_t i = 0; i < input->txs_len; i++) {
        pp_rollup_result result;
        pp_bytes tx = pp_rollup_input_next(&txs);
        pp_state_status st = pp_rollup_step(state, &totals, &result, &input->env, tx);
        if (st != PP_STATE_OK) return st;
    }
    return finish(output, state, &totals);
}

bool pp_rollup_run_input(pp_rollup_output *output, const char **why, const pp_state_source *memory,
                         pp_bytes bytes) {
    pp_rollup_input input;
    pp_state state;
    pp_digest root;
    pp_state_source source = {.ctx = memory->ctx, .resize = memory->resize};
    if (!pp_rollup_input_decode(&input, bytes)) {
        *why = "input-malformed";
        return false;
    }
    pp_state_status st = pp_state_open_proof(&state, &source, &root, input.proof);
    bool same_root = st == PP_STATE_OK && pp_digest_eq(&root, &input.old_root);
    if (same_root) st = run(&state, output, &input);
    pp_state_close(&state);
    *why = st == PP_STATE_OK ? "root-mismatch" : pp_state_status_name(st);
    return same_root && st == PP_STATE_OK;
}
