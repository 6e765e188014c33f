// SPDX-License-Identifier: MIT OR Apache-2.0
// Every wei on the chain, in one sum.
#include "chain/internal.h"

// The supply is at most 2^90 wei and every line at most 2^120 (market.h), so nothing overflows
// unless something is wrong already; then the sum is not the supply.
bool pp_chain_ledger_get(pp_chain_ledger *out, const pp_chain *chain) {
    pp_market_ledger m;
    pp_market_ledger_sum(&m, &chain->market);
    *out = (pp_chain_ledger){
        .escrow = m.escrow,
        .stakes = m.stakes,
        .bonds = m.bonds,
        .pots = m.pots,
        .burned = m.burned + chain->burned,
        .supply = chain->supply,
        .debts = m.debts,
    };
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) {
        const pp_lane *lane = &chain->lanes[i];
        out->funds += pp_market_find_account(&chain->market, &lane->fund)->free;
        out->deposited += lane->now.deposited;
        out->locked += lane->now.locked;
        out->pending_fees += lane->now.pending_fees;
        out->withdrawn += lane->now.withdrawn;
    }
    bool fits = pp_u128_sub(&out->free, m.free, out->funds);
    const pp_u128 lines[] = {out->free,         out->escrow,    out->stakes,    out->bonds,
                             out->pots,         out->funds,     out->deposited, out->locked,
                             out->pending_fees, out->withdrawn, out->burned};
    for (size_t i = 0; i < PP_COUNT(lines); i++) fits &= pp_u128_add(&out->sum, out->sum, lines[i]);
    return fits && out->sum == out->supply;
}

const char *pp_chain_ledger_line(pp_u128 *amount, const pp_chain_ledger *l, size_t index) {
    const struct {
        const char *name;
        pp_u128 amount;
    } lines[] = {
        {"accounts", l->free},
        {"escrow", l->escrow},
        {"stakes", l->stakes},
        {"bonds", l->bonds},
        {"pots", l->pots},
        {"proof funds", l->funds},
        {"deposits that wait", l->deposited},
        {"rollups", l->locked},
        {"fees of unaccepted batches", l->pending_fees},
        {"withdrawn, unclaimed", l->withdrawn},
        {"burned", l->burned},
        {"sum", l->sum},
        {"supply", l->supply},
        {"debts of the funds", l->debts},
    };
    if (index >= PP_COUNT(lines)) return NULL;
    *amount = lines[index].amount;
    return lines[index].name;
}
