// SPDX-License-Identifier: MIT OR Apache-2.0
// What gas costs in a lane's next batch: EIP-1559 on the gas of the batch before, never below what
// proving it costs, and that rises with the batches that wait for their proof.
#include "chain/internal.h"

// A batch's base fee times its gas must stay far below 2^128, and people read it as a number.
#define FEE_MAX ((pp_u128)INT64_MAX)

static pp_u128 at_most(pp_u128 v, pp_u128 max) {
    return v < max ? v : max;
}

void pp_fee_init(pp_lane *lane) {
    const pp_genesis_rollup *r = lane->rollup;
    lane->fee_base = r->base_fee;
    lane->fee_gas = r->fee_target; // the first batch's fee is genesis' where the floor allows
    // Before anything was paid: what a full batch of transfers may cost at most.
    lane->fee_paid_gas = (uint64_t)r->batch_transactions * PP_ROLLUP_GAS_TRANSFER;
    lane->fee_paid =
        pp_lane_price(lane, r->work_batch + r->batch_transactions * r->work_transaction);
}

// Trailing means over about eight batches of what proofs were paid and of the gas they were for.
// Deposits pay for themselves and count as a transfer each.
void pp_fee_paid(pp_lane *lane, const pp_chain_batch *b, pp_u128 paid) {
    uint64_t gas = b->gas_used + (uint64_t)b->deposits * PP_ROLLUP_GAS_TRANSFER;
    lane->fee_paid = lane->fee_paid - lane->fee_paid / 8 + paid / 8;
    lane->fee_paid_gas = lane->fee_paid_gas - lane->fee_paid_gas / 8 + gas / 8;
}

void pp_fee_cut(pp_lane *lane, const pp_chain_batch *b) {
    lane->fee_base = b->env.base_fee;
    lane->fee_gas = b->gas_used;
}

// EIP-1559 with `change` for its eighth; no batch counts as more than twice the target.
static pp_u128 follow(const pp_lane *lane) {
    const pp_genesis_rollup *r = lane->rollup;
    pp_u128 base = lane->fee_base, target = r->fee_target;
    pp_u128 gas = at_most(lane->fee_gas, 2 * target);
    if (gas <= target) return base - base * (target - gas) / target / r->fee_change;
    pp_u128 step = base * (gas - target) / target / r->fee_change;
    return base + (step > 0 ? step : 1);
}

// fee_floor percent of the trailing price per gas, and up to fee_backlog percent of that more as
// the backlog fills; rounded up.
static pp_u128 floor_of(const pp_lane *lane) {
    const pp_genesis_rollup *r = lane->rollup;
    uint64_t gas = lane->fee_paid_gas, waiting = lane->now.batches - lane->now.checked;
    pp_u128 per = (pp_u128)(gas > PP_ROLLUP_GAS_TRANSFER ? gas : PP_ROLLUP_GAS_TRANSFER) * 100;
    pp_u128 price = at_most((lane->fee_paid * r->fee_floor + per - 1) / per, FEE_MAX);
    pp_u128 full = (pp_u128)100 * r->batch_backlog;
    return (price * (full + at_most(waiting, r->batch_backlog) * r->fee_backlog) + full - 1) / full;
}

uint64_t pp_fee_next(const pp_lane *lane) {
    if (lane->rollup->fee_target == 0) return lane->rollup->base_fee;
    pp_u128 fee = follow(lane), least = floor_of(lane);
    return (uint64_t)at_most(fee > least ? fee : least, FEE_MAX);
}

uint64_t pp_fee_rise(const pp_genesis_rollup *r) {
    if (r->fee_target == 0) return 0;
    uint64_t step = (1000000 + r->fee_change - 1) / r->fee_change;
    uint64_t floor = ((uint64_t)r->fee_backlog * 10000 + r->batch_backlog - 1) / r->batch_backlog;
    return step > floor ? step : floor;
}
