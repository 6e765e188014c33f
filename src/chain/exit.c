// SPDX-License-Identifier: MIT OR Apache-2.0
// Leaving a rollup whose root does not advance: when the exit opens, what the first claim freezes,
// what each one pays.
#include <stdlib.h>

#include "chain/internal.h"

// ---- when -------------------------------------------------------------------------------------

static bool something_waits(const pp_lane *lane) {
    return lane->now.batches > lane->now.checked || lane->now.open || pp_queue_waits(lane);
}

void pp_exit_end_block(const pp_chain *chain, pp_lane *lane) {
    pp_chain_lane *l = &lane->now;
    if (l->frozen) return;
    if (!something_waits(lane)) {
        l->waits = false;
        l->waits_time = l->waits_height = 0;
    } else if (!l->waits) {
        l->waits = true;
        l->waits_time = chain->market.now;
        l->waits_height = chain->height;
    }
}

bool pp_exit_is_open(const pp_chain *chain, const pp_lane *lane) {
    const pp_chain_lane *l = &lane->now;
    if (l->frozen) return true;
    return l->waits && chain->height - l->waits_height >= chain->genesis.exit.blocks &&
           chain->market.now - l->waits_time >= chain->genesis.exit.time;
}

// ---- the claim --------------------------------------------------------------------------------

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx, (void)old_size;
    if (new_size > 0) return pp_chain_resize(old, new_size, 1);
    free(old);
    return NULL;
}

static pp_u128 balance_of(const pp_account *account) {
    pp_u128 wei;
    bool fits = pp_u256_to_u128(&wei, &account->balance);
    PP_ASSERT(fits); // part of the supply
    return wei;
}

// Who has nothing under the last checked root may freeze the lane too, for a deposit that no root
// holds: it is refunded by that alone.
static bool has_something(const pp_chain *chain, const pp_lane *lane, const pp_address *who,
                          pp_u128 amount) {
    return amount > 0 || (!lane->now.frozen && pp_queue_deposit_has_waited(chain, lane, who));
}

// Whether nothing is left to who in a frozen lane. Where storage cannot tell, pp_exit_pay asks it
// again, and says so.
static bool has_left(const pp_chain *chain, const pp_lane *lane, const pp_address *who) {
    pp_state state;
    pp_account account;
    if (!lane->now.frozen) return false;
    if (!pp_store_view(NULL, chain->env.store, &state, &lane->now.cut_root)) return false;
    bool left = pp_state_get(&state, &account, who) == PP_STATE_OK && balance_of(&account) == 0;
    pp_state_close(&state);
    return left;
}

pp_chain_code pp_exit_check(pp_u128 *amount, const pp_chain *chain, const pp_lane *lane,
                            const pp_address *who, pp_bytes proof) {
    pp_state_source source = {.resize = heap_resize};
    pp_state state;
    pp_digest root;
    pp_account account;
    bool proven = pp_state_open_proof(&state, &source, &root, proof) == PP_STATE_OK &&
                  pp_digest_eq(&root, &lane->now.checked_root) &&
                  pp_state_get(&state, &account, who) == PP_STATE_OK;
    pp_state_close(&state);
    if (!proven) return PP_CHAIN_PATH;
    *amount = balance_of(&account);
    // An EXIT is free, and its proof holds for ever: who has left is told so before a block is.
    if (has_left(chain, lane, who)) return PP_CHAIN_EXITED;
    return has_something(chain, lane, who, *amount) ? PP_CHAIN_OK : PP_CHAIN_EXITED;
}

// Behind the last checked root nothing has happened: what was paid for it goes back to whom it came
// from, deposits too, and the balances under that root are what the rollup holds.
static void freeze(pp_chain *chain, pp_lane *lane) {
    pp_chain_lane *l = &lane->now;
    PP_ASSERT(l->claimable <= l->withdrawn);
    pp_queue_refund(chain, lane);
    l->locked += l->pending_fees + (l->withdrawn - l->claimable);
    PP_ASSERT(l->locked == l->checked_locked);
    l->withdrawn = l->claimable;
    l->pending_fees = 0;
    l->frozen = true;
    pp_chain_emit_batch(chain, PP_EVENT_FROZEN, lane, l->checked);
    pp_lane_drop_open(lane);
    for (uint64_t batch = l->checked; batch < l->batches; batch++)
        pp_batch_void(chain, lane, batch);
    l->ordered_root = l->cut_root = l->checked_root;
}

bool pp_exit_pay(pp_err *err, pp_chain *chain, pp_admission *a) {
    pp_lane *lane = a->lane;
    const pp_address *who = &a->item.command.sender;
    pp_state state;
    pp_account account;
    const pp_digest *left = lane->now.frozen ? &lane->now.cut_root : &lane->now.checked_root;
    if (!pp_store_view(err, chain->env.store, &state, left)) return false;
    pp_state_status st = pp_state_get(&state, &account, who);
    pp_u128 amount = st == PP_STATE_OK ? balance_of(&account) : 0;
    bool pays = st == PP_STATE_OK && amount > 0;
    if (st == PP_STATE_OK && !has_something(chain, lane, who, amount)) {
        a->result.code = PP_CHAIN_EXITED;
    } else if (st == PP_STATE_OK) {
        if (pays) pp_accounts_pay(chain, NULL, &a->receiver, amount);
        if (!lane->now.frozen) freeze(chain, lane);
    }
    if (pays) {
        account.balance = pp_u256_from_u64(0);
        st = pp_state_put(&state, who, &account);
    }
    bool ok = st == PP_STATE_OK || pp_store_explain(err, chain->env.store, st);
    if (ok && pays) {
        ok = pp_lane_keep_nodes(err, chain->env.store, &state, &lane->now.cut_root);
        lane->now.ordered_root = lane->now.cut_root;
        lane->now.locked -= amount;
        pp_chain_event *e = pp_chain_emit_batch(chain, PP_EVENT_EXITED, lane, lane->now.checked);
        e->account = *who;
        e->amount = amount;
    }
    pp_state_close(&state);
    return ok;
}

// ---- proofs -----------------------------------------------------------------------------------

bool pp_exit_proof(pp_err *err, uint8_t **out, size_t *out_size, pp_store *store,
                   const pp_digest *root, const pp_address *who) {
    pp_state state;
    pp_account account;
    *out = NULL;
    if (!pp_store_view(err, store, &state, root)) return false;
    pp_state_status st = pp_state_get(&state, &account, who);
    bool ok = st == PP_STATE_OK || pp_store_explain(err, store, st);
    if (ok) {
        *out_size = pp_state_proof(&state, NULL, 0);
        *out = pp_chain_resize(NULL, *out_size, 1);
        pp_state_proof(&state, *out, *out_size);
    }
    pp_state_close(&state);
    return ok;
}
