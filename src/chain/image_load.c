// SPDX-License-Identifier: MIT OR Apache-2.0
// A chain of an image: what stands in it is read (chain/image.c), the rest is made again, and all
// of it is looked at.
#include <stdlib.h>

#include "chain/internal.h"

// Executes the running batch again. *same: it leads to what the image says.
static bool rerun(pp_err *err, bool *same, const pp_chain *chain, pp_lane *lane) {
    pp_store *store = chain->env.store;
    if (!pp_store_view(err, store, &lane->state, &lane->now.cut_root)) return false;
    pp_rollup_totals_init(&lane->totals);
    pp_state_status st = PP_STATE_OK;
    bool fits = true;
    for (uint32_t i = 0; st == PP_STATE_OK && fits && i < lane->open_deposits; i++) {
        const pp_chain_deposit *d = pp_queue_deposit_at(lane, lane->env.deposit_position + i);
        st = pp_rollup_deposit(&lane->state, &fits, &d->deposit);
    }
    const uint8_t *at = lane->open_raw.data;
    for (size_t i = 0; st == PP_STATE_OK && i < lane->now.open_transactions; i++) {
        pp_rollup_result result;
        pp_u128 before = lane->totals.withdrawn;
        st = pp_rollup_step(&lane->state, &lane->totals, &result, &lane->env,
                            (pp_bytes){at, lane->open_sizes[i]});
        if (st == PP_STATE_OK && lane->totals.withdrawn > before)
            pp_claims_note(lane, &result.sender, lane->totals.withdrawn - before);
        at += lane->open_sizes[i];
    }
    pp_digest root;
    if (st == PP_STATE_OK) st = pp_state_root(&lane->state, &root);
    *same = st == PP_STATE_OK && fits && pp_digest_eq(&root, &lane->now.ordered_root) &&
            lane->totals.applied == lane->open_applied;
    return st == PP_STATE_OK || pp_store_explain(err, store, st);
}

static bool has_states(const pp_chain *chain) {
    size_t len = pp_chain_roots(NULL, 0, chain);
    pp_digest *roots = pp_chain_zeroed(len, sizeof *roots);
    pp_chain_roots(roots, len, chain);
    bool all = true;
    for (size_t i = 0; all && i < len; i++) all = pp_store_has(chain->env.store, &roots[i]);
    free(roots);
    return all;
}

// What is taken for granted elsewhere: a lane has its fund, a protocol request asks for a batch's
// output.
static bool is_complete(const pp_chain *chain) {
    const pp_market *m = &chain->market;
    pp_rollup_output output;
    for (size_t i = 0; i < chain->genesis.rollups_len; i++)
        if (!pp_market_find_account(m, &chain->lanes[i].fund)) return false;
    for (uint32_t i = 0; i < m->requests_len; i++) {
        const pp_market_terms *t = &m->requests[i].terms;
        if (m->requests[i].protocol &&
            !pp_rollup_output_decode(&output, (pp_bytes){t->output, t->output_size}))
            return false;
    }
    return true;
}

static bool is_no_image(pp_err *err, const char *name, const char *why) {
    return pp_err_set(err, PP_EXIT_NO, "%s: %s", name, why);
}

static bool load(pp_err *err, pp_chain *chain, const char *name, pp_bytes bytes) {
    pp_image im = pp_image_loading(bytes);
    pp_chain_image(&im, chain);
    if (!pp_image_done(&im) || !is_complete(chain))
        return is_no_image(err, name, "no image of this network's state");
    if (!has_states(chain)) return is_no_image(err, name, "a state that it names is not with it");
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) {
        bool same = true;
        if (chain->lanes[i].now.open && !rerun(err, &same, chain, &chain->lanes[i])) return false;
        if (!same) return is_no_image(err, name, "its running batch leads to another state");
    }
    if (!pp_accounts_restore(chain))
        return is_no_image(err, name, "a deposit waits whose sender has no account");
    pp_hash32 app_hash;
    pp_chain_ledger ledger;
    if (!pp_chain_ledger_get(&ledger, chain))
        return is_no_image(err, name, "its ledger does not add up");
    pp_chain_app_hash(&app_hash, chain);
    if (!pp_hash32_eq(&app_hash, &chain->app_hash))
        return is_no_image(err, name, "its state has another hash than it says");
    pp_chain_attend(chain);
    return true;
}

bool pp_chain_load(pp_err *err, pp_chain **out, const char *name, pp_bytes genesis,
                   const pp_chain_env *env, pp_bytes image) {
    *out = NULL;
    pp_chain *chain = pp_chain_shell(err, name, genesis, env);
    if (!chain || !load(err, chain, name, image)) {
        pp_chain_free(chain);
        return false;
    }
    *out = chain;
    return true;
}
