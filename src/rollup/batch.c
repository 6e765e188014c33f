// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/keccak.h"
#include "rollup/rollup.h"

void pp_rollup_totals_init(pp_rollup_totals *totals) {
    memset(totals, 0, sizeof *totals);
    pp_withdrawals_init(&totals->withdrawals);
}

// ---- the queues' running hashes ---------------------------------------------------------------

// *hash = Keccak(tag, *hash, number, rest).
static void chain(pp_hash32 *hash, const char *tag, size_t tag_size, uint64_t number,
                  const uint8_t *rest, size_t rest_size) {
    uint8_t be[8];
    pp_keccak k;
    pp_store_be64(be, number);
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, tag_size);
    pp_keccak_update(&k, hash->b, sizeof hash->b);
    pp_keccak_update(&k, be, sizeof be);
    pp_keccak_update(&k, rest, rest_size);
    pp_keccak_final(&k, hash);
}

void pp_deposit_chain(pp_hash32 *hash, uint64_t number, const pp_deposit *deposit) {
    static const char tag[] = "polypoly/deposit/1";
    uint8_t rest[20 + 32];
    pp_u256 amount = pp_u256_from_u128(deposit->amount);
    memcpy(rest, deposit->receiver.b, 20);
    pp_u256_store_be(rest + 20, &amount);
    chain(hash, tag, sizeof tag - 1, number, rest, sizeof rest);
}

void pp_forced_chain(pp_hash32 *hash, uint64_t number, pp_bytes raw) {
    static const char tag[] = "polypoly/forced/1";
    pp_hash32 tx;
    pp_keccak256(&tx, raw.data, raw.size);
    chain(hash, tag, sizeof tag - 1, number, tx.b, sizeof tx.b);
}

// One more deposit, one more forced transaction.
static void count_deposit(pp_rollup_output *output, const pp_deposit *deposit) {
    pp_deposit_chain(&output->deposit_hash, output->deposit_position++, deposit);
    output->deposits++;
}
static void count_forced(pp_rollup_output *output, pp_bytes raw) {
    pp_forced_chain(&output->forced_hash, output->forced_position++, raw);
    output->forced++;
}

// ---- a batch ----------------------------------------------------------------------------------

// As the batch finds it: no deposit, no transaction.
static void begin(pp_rollup_output *output, const pp_rollup_env *env, const pp_digest *old_root) {
    memset(output, 0, sizeof *output);
    output->chain_id = env->chain_id;
    output->batch = env->batch;
    output->old_root = *old_root;
    output->deposit_position = env->deposit_position;
    output->deposit_hash = env->deposit_hash;
    output->forced_position = env->forced_position;
    output->forced_hash = env->forced_hash;
}

static pp_state_status finish(pp_rollup_output *output, pp_state *state,
                              const pp_rollup_totals *totals) {
    output->base_fees = totals->base_fees;
    pp_withdrawals_root(&output->withdrawals, &totals->withdrawals);
    return pp_state_root(state, &output->new_root);
}

// All but the new root and what the totals say.
static void describe(pp_rollup_output *output, const pp_rollup_content *content,
                     const pp_digest *old_root) {
    PP_ASSERT(content->txs_len <= PP_ROLLUP_BATCH_TX_MAX &&
              content->forced_len <= PP_ROLLUP_FORCED_MAX &&
              content->deposits_len <= PP_ROLLUP_DEPOSITS_MAX);
    begin(output, &content->env, old_root);
    pp_rollup_data_hash(&output->data_hash, content);
    for (size_t i = 0; i < content->deposits_len; i++) count_deposit(output, &content->deposits[i]);
    for (size_t i = 0; i < content->forced_len; i++) count_forced(output, content->forced[i]);
}

pp_state_status pp_rollup_output_make(pp_state *state, pp_rollup_output *output,
                                      const pp_rollup_totals *totals,
                                      const pp_rollup_content *content, const pp_digest *old_root) {
    describe(output, content, old_root);
    return finish(output, state, totals);
}

pp_state_status pp_rollup_batch(pp_state *state, pp_rollup_output *output,
                                pp_rollup_result *results, pp_rollup_totals *totals,
                                const pp_rollup_content *c, const pp_digest *old_root) {
    pp_rollup_totals own;
    if (!totals) totals = &own;
    pp_rollup_totals_init(totals);
    describe(output, c, old_root);
    pp_state_status st = PP_STATE_OK;
    for (size_t i = 0; st == PP_STATE_OK && i < c->deposits_len; i++) {
        bool fits;
        st = pp_rollup_deposit(state, &fits, &c->deposits[i]);
        PP_ASSERT(st != PP_STATE_OK || fits);
    }
    for (size_t i = 0; st == PP_STATE_OK && i < c->forced_len + c->txs_len; i++) {
        pp_rollup_result one, *result = results ? &results[i] : &one;
        pp_bytes raw = i < c->forced_len ? c->forced[i] : c->txs[i - c->forced_len];
        st = pp_rollup_step(state, totals, result, &c->env, raw);
    }
    return st == PP_STATE_OK ? finish(output, state, totals) : st;
}

// ---- the guest --------------------------------------------------------------------------------

// An encoded input in order. *fits is false when a deposit does not.
static pp_state_status run(pp_state *state, bool *fits, pp_rollup_output *output,
                           const pp_rollup_input *input) {
    pp_rollup_totals totals;
    pp_rollup_result result;
    pp_rollup_totals_init(&totals);
    pp_bytes deposits = input->deposits, forced = input->forced, txs = input->txs;
    *fits = true;
    for (uint32_t i = 0; i < input->deposits_len; i++) {
        pp_deposit deposit = pp_rollup_input_deposit(&deposits);
        pp_state_status st = pp_rollup_deposit(state, fits, &deposit);
        if (st != PP_STATE_OK || !*fits) return st;
        count_deposit(output, &deposit);
    }
    for (uint32_t i = 0; i < input->forced_len + input->txs_len; i++) {
        bool is_forced = i < input->forced_len;
        pp_bytes tx = pp_rollup_input_next(is_forced ? &forced : &txs);
        pp_state_status st = pp_rollup_step(state, &totals, &result, &input->env, tx);
        if (st != PP_STATE_OK) return st;
        if (is_forced) count_forced(output, tx);
    }
    return finish(output, state, &totals);
}

// Whoever chooses an address of the batch changes it.
static void seed_of(uint64_t seed[3], const pp_hash32 *data_hash, const pp_rollup_input *input) {
    pp_hash32 hash;
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, data_hash->b, sizeof data_hash->b);
    pp_keccak_update(&k, input->deposits.data, input->deposits.size);
    pp_keccak_update(&k, input->forced.data, input->forced.size);
    pp_keccak_final(&k, &hash);
    for (size_t i = 0; i < 3; i++) seed[i] = pp_load_le64(hash.b + 8 * i);
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
    begin(output, &input.env, &input.old_root);
    pp_keccak256(&output->data_hash, input.data.data, input.data.size);
    seed_of(source.seed, &output->data_hash, &input);
    pp_state_status st = pp_state_open_proof(&state, &source, &root, input.proof);
    bool same_root = st == PP_STATE_OK && pp_digest_eq(&root, &input.old_root), fits = true;
    if (same_root) st = run(&state, &fits, output, &input);
    pp_state_close(&state);
    *why = st != PP_STATE_OK ? pp_state_status_name(st)
           : fits            ? "root-mismatch"
                             : "deposit-overflow";
    return same_root && st == PP_STATE_OK && fits;
}
