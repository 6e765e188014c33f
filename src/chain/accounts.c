// SPDX-License-Identifier: MIT OR Apache-2.0
// One rule for making and leaving accounts (docs/decisions.md). A place in the table has a price,
// burned out of the first money that comes; a place that holds nothing is vacant: its address keeps
// it until another needs it.
#include <stdlib.h>

#include "chain/internal.h"

enum { STEPS = 16 }; // doublings of the price from a table half full to a full one

void pp_accounts_init(pp_chain *chain) {
    size_t max = chain->genesis.accounts_max;
    chain->places = pp_chain_zeroed(max, sizeof *chain->places);
    chain->vacant = pp_chain_zeroed((max + 63) / 64, sizeof *chain->vacant);
}

void pp_accounts_free(pp_chain *chain) {
    free(chain->places);
    free(chain->vacant);
}

// ---- vacant places ------------------------------------------------------------------------------

static bool is_vacant(const pp_chain *chain, uint32_t at) {
    const pp_place *p = &chain->places[at];
    return at >= chain->places_named && !p->market && p->deposits == 0 &&
           chain->market.accounts[at].free == 0;
}

// After anything that could have made a place vacant, or ended that.
static void look_at(pp_chain *chain, uint32_t at) {
    uint64_t *word = &chain->vacant[at / 64], bit = (uint64_t)1 << at % 64;
    bool was = *word & bit, is = is_vacant(chain, at);
    if (was == is) return;
    *word ^= bit;
    chain->vacant_len += is ? 1 : UINT32_MAX;
    if (is && at / 64 < chain->vacant_from) chain->vacant_from = at / 64;
}

// The first one; there is one.
static uint32_t first_vacant(pp_chain *chain) {
    while (chain->vacant[chain->vacant_from] == 0) chain->vacant_from++;
    return 64 * chain->vacant_from + (uint32_t)__builtin_ctzll(chain->vacant[chain->vacant_from]);
}

static uint32_t place_of(const pp_chain *chain, const pp_address *who) {
    const pp_market_account *a = pp_market_find_account(&chain->market, who);
    PP_ASSERT(a);
    return (uint32_t)(a - chain->market.accounts);
}

void pp_accounts_look(pp_chain *chain, const pp_address *who) {
    look_at(chain, place_of(chain, who));
}

bool pp_accounts_restore(pp_chain *chain) {
    for (size_t i = 0; i < chain->genesis.rollups_len; i++) {
        const pp_lane *lane = &chain->lanes[i];
        size_t len = lane->deposits_len;
        if (lane->now.frozen) // the rest was given back
            len = (size_t)(lane->now.checked_deposit_position - lane->deposits_first);
        for (size_t d = 0; d < len; d++) {
            if (!pp_market_find_account(&chain->market, &lane->deposits[d].from)) return false;
            chain->places[place_of(chain, &lane->deposits[d].from)].deposits++;
        }
    }
    for (uint32_t at = 0; at < chain->market.accounts_len; at++) look_at(chain, at);
    return true;
}

// ---- what binds an account to its place ---------------------------------------------------------

void pp_accounts_in_market(pp_chain *chain, const pp_address *who) {
    pp_place *p = &chain->places[place_of(chain, who)];
    if (p->market) return;
    p->market = true;
    pp_wire w = {.data = (uint8_t *)(uintptr_t)who->b, .size = sizeof who->b};
    pp_chain_chain_hash(&chain->nonces_hash, "polypoly/in-market/1", &w);
    pp_accounts_look(chain, who);
}

void pp_accounts_deposit_waits(pp_chain *chain, const pp_address *from, bool waits) {
    uint32_t at = place_of(chain, from);
    PP_ASSERT(waits || chain->places[at].deposits > 0);
    chain->places[at].deposits += waits ? 1 : UINT32_MAX;
    look_at(chain, at);
}

// ---- making one ---------------------------------------------------------------------------------

pp_u128 pp_accounts_price(const pp_chain *chain) {
    uint64_t max = chain->market.accounts_max, half = max / 2;
    uint64_t used = chain->market.accounts_len - chain->vacant_len;
    uint64_t step = used < half ? 0 : (used - half) * STEPS / (max - half);
    return (pp_u128)chain->genesis.market.proof_bond << step;
}

bool pp_accounts_has_room(const pp_chain *chain, const pp_address *to) {
    return pp_market_find_account(&chain->market, to) ||
           chain->market.accounts_len < chain->market.accounts_max || chain->vacant_len > 0;
}

// An account that is vacant is none: who fills it pays for its place as for any other. Else the
// table could be filled at its lowest price, with places that are vacant one after the other.
bool pp_accounts_there(const pp_chain *chain, const pp_address *who) {
    const pp_market_account *a = pp_market_find_account(&chain->market, who);
    return a && !is_vacant(chain, (uint32_t)(a - chain->market.accounts));
}

pp_chain_code pp_accounts_admit(const pp_chain *chain, const pp_address *to, pp_u128 amount) {
    if (pp_accounts_there(chain, to)) return PP_CHAIN_OK;
    if (amount == 0 || amount < 2 * pp_accounts_price(chain)) return PP_CHAIN_AMOUNT;
    return pp_accounts_has_room(chain, to) ? PP_CHAIN_OK : PP_CHAIN_FULL;
}

void pp_accounts_make_room(pp_chain *chain, const pp_address *to) {
    const pp_market *m = &chain->market;
    if (m->accounts_len < m->accounts_max || pp_market_find_account(m, to)) return;
    uint32_t at = first_vacant(chain);
    pp_place *p = &chain->places[at];
    if (p->nonce > chain->nonce_floor) chain->nonce_floor = p->nonce;
    pp_market_hand_on(&chain->market, at, to);
    p->nonce = chain->nonce_floor;
}

void pp_accounts_pay(pp_chain *chain, const pp_address *from, const pp_address *to,
                     pp_u128 amount) {
    pp_market *m = &chain->market;
    pp_u128 price = pp_accounts_there(chain, to) ? 0 : pp_accounts_price(chain);
    pp_accounts_make_room(chain, to);
    pp_market_reason reason =
        from ? pp_market_transfer(m, from, to, amount) : pp_market_deposit(m, to, amount);
    if (reason == PP_MARKET_OK) reason = pp_market_withdraw(m, to, price);
    PP_ASSERT(reason == PP_MARKET_OK); // admitted
    chain->burned += price;
    pp_accounts_look(chain, to);
}

uint64_t pp_chain_nonce(const pp_chain *chain, const pp_address *who) {
    const pp_market *m = &chain->market;
    const pp_market_account *a = pp_market_find_account(m, who);
    if (a) return chain->places[a - m->accounts].nonce;
    return m->accounts_len < m->accounts_max ? 0 : chain->nonce_floor;
}
