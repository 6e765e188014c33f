// SPDX-License-Identifier: MIT OR Apache-2.0
// The market's store: accounts, requests, and the one ledger.
#include "market/internal.h"

static const char *const codes[] = {
#define X(name, code, text) code,
    PP_MARKET_REASONS(X)
#undef X
};
static const char *const texts[] = {
#define X(name, code, text) text,
    PP_MARKET_REASONS(X)
#undef X
};
static const char *const states[] = {
#define X(name) #name,
    PP_MARKET_STATES(X)
#undef X
};
static const char *const events[] = {
#define X(name) #name,
    PP_MARKET_EVENTS(X)
#undef X
};

const char *pp_market_reason_code(pp_market_reason reason) {
    return reason < PP_MARKET_REASONS_LEN ? codes[reason] : "?";
}
const char *pp_market_reason_text(pp_market_reason reason) {
    return reason < PP_MARKET_REASONS_LEN ? texts[reason] : "?";
}
const char *pp_market_state_name(pp_market_state state) {
    return state < PP_MARKET_STATES_LEN ? states[state] : "?";
}
const char *pp_market_event_name(pp_market_event_kind kind) {
    return kind < PP_MARKET_EVENTS_LEN ? events[kind] : "?";
}

// ---- memory -----------------------------------------------------------------------------------

// Slots of an index over n things: a power of two, at most half full.
static uint32_t slots_for(uint32_t n) {
    uint32_t slots = 4;
    while (slots < 2 * (uint64_t)n) slots *= 2;
    return slots;
}

static void lay_out(pp_market *m, pp_arena *arena) {
    m->accounts = PP_ARENA_NEW(arena, pp_market_account, m->accounts_max);
    m->requests = PP_ARENA_NEW(arena, pp_market_request, m->requests_max);
    m->debts = PP_ARENA_NEW(arena, pp_market_debt, m->debts_max);
    m->open = PP_ARENA_NEW(arena, uint32_t, m->requests_max);
    m->heap = PP_ARENA_NEW(arena, uint32_t, m->requests_max);
    m->heap_at = PP_ARENA_NEW(arena, uint32_t, m->requests_max);
    m->waiting = PP_ARENA_NEW(arena, uint64_t, m->requests_max / 64 + 1);
    m->account_slots = PP_ARENA_NEW(arena, uint32_t, slots_for(m->accounts_max));
    m->request_slots = PP_ARENA_NEW(arena, uint32_t, slots_for(m->requests_max));
}

size_t pp_market_memory_size(uint32_t accounts_max, uint32_t requests_max) {
    PP_ASSERT(accounts_max <= 1u << 28 && requests_max <= 1u << 28);
    return sizeof(pp_market_account) * (size_t)accounts_max +
           sizeof(pp_market_request) * (size_t)requests_max +
           sizeof(pp_market_debt) * (size_t)requests_max + 12 * (size_t)requests_max +
           8 * ((size_t)requests_max / 64 + 1) +
           4 * ((size_t)slots_for(accounts_max) + slots_for(requests_max)) + (size_t)9 * 16;
}

void pp_market_init(pp_market *m, void *memory, uint32_t accounts_max, uint32_t requests_max,
                    const pp_market_params *params, const pp_hash32 *chain_id,
                    const pp_hash32 *vm_id, uint64_t now) {
    PP_ASSERT(pp_market_params_check(params) == NULL);
    memset(m, 0, sizeof *m);
    m->params = *params;
    m->chain_id = *chain_id;
    m->vm_id = *vm_id;
    m->now = now;
    m->accounts_max = accounts_max;
    m->requests_max = m->debts_max = requests_max;
    pp_arena arena;
    pp_arena_init(&arena, memory, pp_market_memory_size(accounts_max, requests_max));
    lay_out(m, &arena);
    PP_ASSERT(m->request_slots != NULL);
}

// ---- finding ----------------------------------------------------------------------------------

// The slot where the account stands, or where it would.
static uint32_t *account_slot(const pp_market *m, const pp_address *address) {
    uint32_t mask = slots_for(m->accounts_max) - 1;
    uint64_t h = pp_load_le64(address->b) ^ pp_load_le64(address->b + 12);
    for (uint32_t i = (uint32_t)(h ^ h >> 32);; i++) {
        uint32_t *slot = &m->account_slots[i & mask];
        if (*slot == 0 || pp_address_eq(&m->accounts[*slot - 1].address, address)) return slot;
    }
}

static uint32_t *request_slot(const pp_market *m, const pp_hash32 *id) {
    uint32_t mask = slots_for(m->requests_max) - 1;
    for (uint32_t i = pp_load_le32(id->b);; i++) {
        uint32_t *slot = &m->request_slots[i & mask];
        if (*slot == 0 || pp_hash32_eq(&m->requests[*slot - 1].id, id)) return slot;
    }
}

uint32_t pp_market_account_index(pp_market *m, const pp_address *address, bool create) {
    uint32_t *slot = account_slot(m, address);
    if (*slot != 0) return *slot - 1;
    if (!create || m->accounts_len == m->accounts_max) return PP_MARKET_NOBODY;
    m->accounts[m->accounts_len].address = *address;
    *slot = ++m->accounts_len;
    return m->accounts_len - 1;
}

const pp_market_account *pp_market_find_account(const pp_market *m, const pp_address *address) {
    uint32_t at = *account_slot(m, address);
    return at == 0 ? NULL : &m->accounts[at - 1];
}

pp_market_request *pp_market_request_by_id(pp_market *m, const pp_hash32 *id) {
    uint32_t at = *request_slot(m, id);
    return at == 0 ? NULL : &m->requests[at - 1];
}

const pp_market_request *pp_market_find_request(const pp_market *m, const pp_hash32 *id) {
    uint32_t at = *request_slot(m, id);
    return at == 0 ? NULL : &m->requests[at - 1];
}

pp_market_request *pp_market_request_new(pp_market *m, const pp_hash32 *id) {
    if (m->requests_len == m->requests_max) return NULL;
    uint32_t *slot = request_slot(m, id);
    PP_ASSERT(*slot == 0);
    pp_market_request *r = &m->requests[m->requests_len++];
    *slot = m->requests_len;
    r->id = *id;
    r->primary = r->insurer = r->payee = PP_MARKET_NOBODY;
    return r;
}

void pp_market_emit(pp_market *m, pp_market_event_kind kind, uint64_t time,
                    const pp_market_request *r, uint32_t account, pp_u128 amount) {
    if (m->on_event == NULL) return;
    pp_market_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    e.time = time;
    if (r != NULL) e.request = r->id;
    if (account != PP_MARKET_NOBODY) e.account = m->accounts[account].address;
    e.amount = amount;
    m->on_event(m->event_ctx, &e);
}

// ---- money ------------------------------------------------------------------------------------

pp_u128 pp_market_free_stake(const pp_market_account *a) {
    return a->stake - a->held - a->unbonding;
}

void pp_market_hold(pp_market_account *a, pp_u128 stake) {
    PP_ASSERT(stake <= pp_market_free_stake(a) && a->slots_used < a->slots);
    a->held += stake;
    a->slots_used++;
}

void pp_market_unhold(pp_market_account *a, pp_u128 stake) {
    PP_ASSERT(stake <= a->held && a->slots_used > 0);
    a->held -= stake;
    a->slots_used--;
}

void pp_market_free_commit(pp_market *m, pp_market_commit *c) {
    if (c->held == 0) return; // S_min is at least 1, so holding means holding something
    pp_market_unhold(&m->accounts[c->account], c->held);
    c->held = 0;
}

void pp_market_free_bond(pp_market *m, pp_market_commit *c) {
    m->accounts[c->account].free += c->bond;
    c->bond = 0;
}

void pp_market_drop_commits(pp_market *m, pp_market_request *r) {
    for (uint32_t i = 0; i < r->commits_len; i++) {
        pp_market_free_commit(m, &r->commits[i]);
        pp_market_free_bond(m, &r->commits[i]);
    }
    r->winners_kept = false;
    r->drawing = false;
}

void pp_market_pay_debts(pp_market *m, uint32_t fund) {
    uint32_t kept = 0;
    bool dry = false; // first in, first out: a debt that cannot be paid stops those behind it
    for (uint32_t i = 0; i < m->debts_len; i++) {
        pp_market_debt *d = &m->debts[i];
        pp_market_account *from = &m->accounts[d->from];
        if (d->from == fund && !dry && d->amount <= from->free) {
            from->free -= d->amount;
            m->accounts[d->to].free += d->amount;
            pp_market_emit(m, PP_MARKET_EVENT_REPAID, m->now, NULL, d->to, d->amount);
            continue;
        }
        dry |= d->from == fund;
        m->debts[kept++] = *d;
    }
    m->debts_len = kept;
}

pp_market_reason pp_market_deposit(pp_market *m, const pp_address *to, pp_u128 amount) {
    if (amount > PP_MARKET_AMOUNT_MAX) return PP_MARKET_AMOUNT;
    // Every sum in the ledger stays below what ever came in, and that below 2^127.
    if (m->deposits + amount > (pp_u128)1 << 120) return PP_MARKET_AMOUNT;
    uint32_t at = pp_market_account_index(m, to, true);
    if (at == PP_MARKET_NOBODY) return PP_MARKET_FULL;
    m->deposits += amount;
    m->accounts[at].free += amount;
    pp_market_pay_debts(m, at);
    return PP_MARKET_OK;
}

pp_market_reason pp_market_withdraw(pp_market *m, const pp_address *from, pp_u128 amount) {
    uint32_t at = pp_market_account_index(m, from, false);
    if (at == PP_MARKET_NOBODY || m->accounts[at].free < amount) return PP_MARKET_BALANCE;
    m->accounts[at].free -= amount;
    m->withdrawals += amount;
    return PP_MARKET_OK;
}

pp_market_reason pp_market_transfer(pp_market *m, const pp_address *from, const pp_address *to,
                                    pp_u128 amount) {
    uint32_t a = pp_market_account_index(m, from, false);
    if (a == PP_MARKET_NOBODY || m->accounts[a].free < amount) return PP_MARKET_BALANCE;
    uint32_t b = pp_market_account_index(m, to, true);
    if (b == PP_MARKET_NOBODY) return PP_MARKET_FULL;
    m->accounts[a].free -= amount;
    m->accounts[b].free += amount;
    pp_market_pay_debts(m, b);
    return PP_MARKET_OK;
}

pp_market_reason pp_market_enroll(pp_market *m, const pp_address *prover, pp_u128 stake,
                                  uint32_t slots) {
    if (stake > PP_MARKET_AMOUNT_MAX || slots == 0 || slots > m->params.slots_max)
        return PP_MARKET_AMOUNT;
    uint32_t at = pp_market_account_index(m, prover, true);
    if (at == PP_MARKET_NOBODY) return PP_MARKET_FULL;
    pp_market_account *a = &m->accounts[at];
    if (a->registered) return PP_MARKET_STATE;
    m->deposits += stake;
    a->stake = stake;
    a->slots = slots;
    a->registered = true;
    a->registered_at =
        m->now > m->params.registration_age ? m->now - m->params.registration_age : 0;
    return PP_MARKET_OK;
}

void pp_market_ledger_sum(pp_market_ledger *out, const pp_market *m) {
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < m->accounts_len; i++) {
        out->free += m->accounts[i].free;
        out->stakes += m->accounts[i].stake;
    }
    for (uint32_t i = 0; i < m->open_len; i++) {
        const pp_market_request *r = &m->requests[m->open[i]];
        out->escrow += r->escrow;
        out->pots += r->pot;
        for (uint32_t c = 0; c < r->commits_len; c++) out->bonds += r->commits[c].bond;
    }
    for (uint32_t i = 0; i < m->debts_len; i++) out->debts += m->debts[i].amount;
    out->burned = m->burned;
    out->sum = out->free + out->stakes + out->escrow + out->bonds + out->pots + out->burned;
}
