// SPDX-License-Identifier: MIT OR Apache-2.0
#include "codec/tx.h"
#include "rollup/rollup.h"

const pp_address pp_rollup_exit_address = {
    {0, 0, 0, 0, 0, 0, 0, 'p', 'o', 'l', 'y', 'p', 'o', 'l', 'y', '/', 'e', 'x', 'i', 't'}};

const char *pp_rollup_reason_name(pp_rollup_reason reason) {
    static const char *const names[] = {
#define X(name, text) [PP_ROLLUP_##name] = text,
        PP_ROLLUP_REASONS(X)
#undef X
    };
    return reason < PP_ROLLUP_REASONS_LEN ? names[reason] : "R-UNKNOWN";
}

// 0x01..0x0a since Cancun, 0x0b..0x11 Prague (EIP-2537), 0x100 Osaka (EIP-7951). All of them are
// refused whatever the fork, so that no value goes where its meaning may change.
bool pp_rollup_is_precompile(const pp_address *address) {
    for (int i = 0; i < 18; i++)
        if (address->b[i] != 0) return false;
    unsigned low = (unsigned)address->b[18] << 8 | address->b[19];
    return (low >= 0x01 && low <= 0x11) || low == 0x100;
}

// What the checks know of a transaction; each one fills in its part and leaves the first reason.
typedef struct step {
    pp_state *state;
    pp_rollup_totals *totals;
    const pp_rollup_env *env;
    pp_tx tx;
    pp_address sender;
    pp_account account; // the sender's
    uint64_t intrinsic;
    pp_u256 tip_per_gas;
} step;

static pp_rollup_reason check_decoding(step *s, pp_bytes raw) {
    if (raw.size > PP_ROLLUP_TX_SIZE_MAX) return PP_ROLLUP_SIZE;
    switch (pp_tx_decode(&s->tx, raw)) {
    case PP_TX_OK:
        return PP_ROLLUP_OK;
    case PP_TX_BLOB:
        return PP_ROLLUP_TYPE_BLOB;
    case PP_TX_SET_CODE:
        return PP_ROLLUP_TYPE_SETCODE;
    case PP_TX_UNKNOWN_TYPE:
        return PP_ROLLUP_TYPE;
    case PP_TX_MALFORMED:
        break;
    }
    return PP_ROLLUP_DECODE;
}

// A signature without a chain id holds on every chain. On Ethereum itself it is valid; anywhere
// else taking it would let anyone replay what was meant for Ethereum.
static pp_rollup_reason check_chain(const step *s) {
    if (s->tx.has_chain_id)
        return s->tx.chain_id == s->env->chain_id ? PP_ROLLUP_OK : PP_ROLLUP_CHAIN_ID;
    return s->env->chain_id == 1 ? PP_ROLLUP_OK : PP_ROLLUP_UNPROTECTED;
}

static pp_rollup_reason check_nonce(const step *s) {
    if (s->tx.nonce > s->account.nonce) return PP_ROLLUP_NONCE_GAP;
    if (s->tx.nonce < s->account.nonce) return PP_ROLLUP_NONCE_LOW;
    return s->tx.nonce == UINT64_MAX ? PP_ROLLUP_NONCE_MAX : PP_ROLLUP_OK;
}

// Tip per gas: what is left of the cap above the base fee, at most the tip asked for. (A legacy
// price is cap and tip at once.)
static pp_rollup_reason check_fees(step *s) {
    pp_u256 base = pp_u256_from_u64(s->env->base_fee);
    if (pp_u256_cmp(&s->tx.tip_cap, &s->tx.fee_cap) > 0) return PP_ROLLUP_TIP_ABOVE_CAP;
    if (!pp_u256_sub(&s->tip_per_gas, &s->tx.fee_cap, &base)) return PP_ROLLUP_FEE_CAP;
    if (pp_u256_cmp(&s->tip_per_gas, &s->tx.tip_cap) > 0) s->tip_per_gas = s->tx.tip_cap;
    return PP_ROLLUP_OK;
}

static pp_rollup_reason check_balance(const step *s) {
    pp_u256 need;
    if (!pp_u256_mul_u64(&need, &s->tx.fee_cap, s->tx.gas_limit) ||
        !pp_u256_add(&need, &need, &s->tx.value) || pp_u256_cmp(&s->account.balance, &need) < 0)
        return PP_ROLLUP_BALANCE;
    return PP_ROLLUP_OK;
}

static pp_rollup_reason check_gas(step *s) {
    uint64_t left = s->env->gas_limit - s->totals->gas_used;
    if (s->tx.gas_limit > left) return PP_ROLLUP_BATCH_GAS;
    // Counts are bounded by the raw size: no overflow.
    s->intrinsic = PP_ROLLUP_GAS_TRANSFER + PP_ROLLUP_GAS_ACCESS_ADDRESS * s->tx.access_addresses +
                   PP_ROLLUP_GAS_ACCESS_KEY * s->tx.access_keys;
    return s->tx.gas_limit < s->intrinsic ? PP_ROLLUP_INTRINSIC_GAS : PP_ROLLUP_OK;
}

static pp_rollup_reason check_kind(const step *s) {
    if (s->tx.data.size != 0) return PP_ROLLUP_INPUT_DATA;
    if (s->tx.creates) return PP_ROLLUP_CREATION;
    return pp_rollup_is_precompile(&s->tx.to) ? PP_ROLLUP_PRECOMPILE : PP_ROLLUP_OK;
}

// Everything, in the order of the design. The state is only read.
static pp_state_status check(step *s, pp_rollup_result *result, pp_bytes raw) {
    result->reason = check_decoding(s, raw);
    if (result->reason == PP_ROLLUP_OK) result->reason = check_chain(s);
    if (result->reason != PP_ROLLUP_OK) return PP_STATE_OK;
    if (!pp_tx_sender(&s->sender, &s->tx)) {
        result->reason = PP_ROLLUP_SIGNATURE;
        return PP_STATE_OK;
    }
    result->has_sender = true;
    result->sender = s->sender;
    pp_state_status st = pp_state_get(s->state, &s->account, &s->sender);
    if (st != PP_STATE_OK) return st;
    result->reason = check_nonce(s);
    if (result->reason == PP_ROLLUP_OK) result->reason = check_fees(s);
    if (result->reason == PP_ROLLUP_OK) result->reason = check_balance(s);
    if (result->reason == PP_ROLLUP_OK) result->reason = check_gas(s);
    if (result->reason == PP_ROLLUP_OK) result->reason = check_kind(s);
    return PP_STATE_OK;
}

// --- applying ---

// A transaction touches at most three accounts, some of which may be one: a small table keeps
// them until all of it is known to fit.
typedef struct touched {
    pp_address address[3];
    pp_account account[3];
    int len;
} touched;

static pp_state_status touch(touched *t, pp_account **out, pp_state *state,
                             const pp_address *address) {
    for (int i = 0; i < t->len; i++) {
        *out = &t->account[i];
        if (pp_address_eq(&t->address[i], address)) return PP_STATE_OK;
    }
    pp_state_status st = pp_state_get(state, &t->account[t->len], address);
    t->address[t->len] = *address;
    *out = &t->account[t->len++];
    return st;
}

// The sender pays value and fees; the balance was checked for more than this.
static void pay(pp_account *sender, const step *s, const pp_u256 *tip, pp_u128 base_fee) {
    pp_u256 base = pp_u256_from_u128(base_fee);
    bool ok = pp_u256_sub(&sender->balance, &sender->balance, &s->tx.value) &&
              pp_u256_sub(&sender->balance, &sender->balance, tip) &&
              pp_u256_sub(&sender->balance, &sender->balance, &base);
    PP_ASSERT(ok);
    sender->nonce++;
}

// Credits value; to the exit address it becomes a withdrawal of *withdrawn instead.
static pp_state_status receive(touched *t, pp_rollup_reason *reason, pp_u128 *withdrawn,
                               const step *s) {
    *withdrawn = 0;
    if (pp_address_eq(&s->tx.to, &pp_rollup_exit_address)) {
        pp_u128 sum;
        if (!pp_u256_to_u128(withdrawn, &s->tx.value) ||
            !pp_u128_add(&sum, s->totals->withdrawn, *withdrawn))
            *reason = PP_ROLLUP_EXIT_AMOUNT;
        return PP_STATE_OK;
    }
    pp_account *to;
    pp_state_status st = touch(t, &to, s->state, &s->tx.to);
    if (st == PP_STATE_OK && !pp_u256_add(&to->balance, &to->balance, &s->tx.value))
        *reason = PP_ROLLUP_OVERFLOW;
    return st;
}

static void book(step *s, pp_u128 base_fee, pp_u128 withdrawn) {
    pp_rollup_totals *totals = s->totals;
    totals->applied++;
    totals->gas_used += s->intrinsic;
    totals->base_fees += base_fee; // gas of a batch * base fee: below 2^128
    if (withdrawn == 0) return;
    totals->withdrawn += withdrawn; // receive() has checked the sum
    pp_withdrawals_append(&totals->withdrawals, &s->sender, &s->tx.value);
}

static pp_state_status apply(step *s, pp_rollup_result *result) {
    pp_u128 base_fee = (pp_u128)s->intrinsic * s->env->base_fee, withdrawn;
    bool fits = pp_u256_mul_u64(&result->tip, &s->tip_per_gas, s->intrinsic);
    PP_ASSERT(fits); // gas limit * fee cap, which is not less, fitted
    touched t = {.len = 1, .address = {s->sender}, .account = {s->account}};
    pay(&t.account[0], s, &result->tip, base_fee);
    pp_state_status st = receive(&t, &result->reason, &withdrawn, s);
    if (st != PP_STATE_OK || result->reason != PP_ROLLUP_OK) return st;
    pp_account *collector;
    st = touch(&t, &collector, s->state, &s->env->fee_recipient);
    if (st != PP_STATE_OK) return st;
    if (!pp_u256_add(&collector->balance, &collector->balance, &result->tip)) {
        result->reason = PP_ROLLUP_OVERFLOW;
        return PP_STATE_OK;
    }
    for (int i = 0; i < t.len; i++) {
        st = pp_state_put(s->state, &t.address[i], &t.account[i]);
        if (st != PP_STATE_OK) return st;
    }
    result->gas_used = s->intrinsic;
    book(s, base_fee, withdrawn);
    return PP_STATE_OK;
}

pp_state_status pp_rollup_deposit(pp_state *state, bool *fits, const pp_deposit *deposit) {
    pp_account account;
    pp_u256 amount = pp_u256_from_u128(deposit->amount);
    pp_state_status st = pp_state_get(state, &account, &deposit->receiver);
    *fits = st != PP_STATE_OK || pp_u256_add(&account.balance, &account.balance, &amount);
    return st == PP_STATE_OK && *fits ? pp_state_put(state, &deposit->receiver, &account) : st;
}

pp_state_status pp_rollup_step(pp_state *state, pp_rollup_totals *totals, pp_rollup_result *result,
                               const pp_rollup_env *env, pp_bytes raw) {
    step s;
    memset(&s, 0, sizeof s);
    s.state = state;
    s.totals = totals;
    s.env = env;
    memset(result, 0, sizeof *result);
    pp_state_status st = check(&s, result, raw);
    if (st != PP_STATE_OK || result->reason != PP_ROLLUP_OK) return st;
    st = apply(&s, result);
    if (result->reason != PP_ROLLUP_OK) memset(&result->tip, 0, sizeof result->tip);
    return st;
}
