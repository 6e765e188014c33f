// SPDX-License-Identifier: MIT OR Apache-2.0
// The market's store: accounts, requests, and the one ledger.
#include "hash/keccak.h"
#include "market/guard.h"
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

// The part at the end that is not zeroed: memory that nobody has used yet is not touched.
static void *take_raw(pp_arena *arena, size_t size) {
    size_t at = (arena->used + 15) / 16 * 16;
    PP_ASSERT(at + size <= arena->size);
    arena->used = at + size;
    return arena->base + at;
}

static void lay_out(pp_market *m, pp_arena *arena) {
    m->accounts = PP_ARENA_NEW(arena, pp_market_account, m->accounts_max);
    m->debts = PP_ARENA_NEW(arena, pp_market_debt, m->debts_max);
    m->heap = PP_ARENA_NEW(arena, pp_market_due, m->requests_max);
    m->heap_at = PP_ARENA_NEW(arena, uint32_t, m->requests_max);
    m->waiting = PP_ARENA_NEW(arena, uint32_t, m->requests_max);
    m->waiting_at = PP_ARENA_NEW(arena, uint32_t, m->requests_max);
    m->account_slots = PP_ARENA_NEW(arena, uint32_t, slots_for(m->accounts_max));
    m->account_last = PP_ARENA_NEW(arena, uint32_t, slots_for(m->accounts_max));
    m->request_slots = PP_ARENA_NEW(arena, uint32_t, slots_for(m->requests_max));
    m->account_tree = pp_market_tree_new(arena, m->accounts_max);
    m->request_tree = pp_market_tree_new(arena, m->requests_max);
    m->requests = take_raw(arena, sizeof(pp_market_request) * (size_t)m->requests_max);
    m->bids = take_raw(arena, sizeof(pp_market_commit) * (size_t)m->bids_max);
}

static uint32_t debts_for(uint32_t requests_max) {
    return requests_max;
}

size_t pp_market_memory_size(uint32_t accounts_max, uint32_t requests_max) {
    PP_ASSERT(accounts_max <= 1u << 27 && requests_max <= 1u << 27);
    return sizeof(pp_market_account) * (size_t)accounts_max +
           sizeof(pp_market_request) * (size_t)requests_max +
           sizeof(pp_market_debt) * (size_t)debts_for(requests_max) +
           sizeof(pp_market_commit) * PP_MARKET_BIDS_SHARE * (size_t)requests_max +
           (sizeof(pp_market_due) + 3 * sizeof(uint32_t)) * (size_t)requests_max +
           4 * (2 * (size_t)slots_for(accounts_max) + slots_for(requests_max)) +
           pp_market_tree_size(accounts_max) + pp_market_tree_size(requests_max) + (size_t)11 * 16;
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
    m->hasher = pp_keccak256_each;
    m->accounts_max = accounts_max;
    m->requests_max = requests_max;
    m->debts_max = debts_for(requests_max);
    m->debts_share = m->debts_max / 2;
    m->bids_max = PP_MARKET_BIDS_SHARE * requests_max;
    m->bids_free = m->debts_free = PP_MARKET_NONE;
    m->open_first = m->open_last = m->closed_first = m->closed_last = PP_MARKET_NONE;
    pp_arena arena;
    pp_arena_init(&arena, memory, pp_market_memory_size(accounts_max, requests_max));
    lay_out(m, &arena);
}

// ---- finding ----------------------------------------------------------------------------------

// Addresses are anybody's choice: a hash that can be solved for would let whoever likes put
// thousands of accounts into one slot.
static uint32_t address_hash(const pp_market *m, const pp_address *address) {
    uint8_t text[32 + 20];
    pp_hash32 hash;
    memcpy(text, m->chain_id.b, 32);
    memcpy(text + 32, address->b, 20);
    pp_keccak256(&hash, text, sizeof text);
    return pp_load_le32(hash.b);
}

// The slot where the account stands, or where it would.
static uint32_t *account_slot(const pp_market *m, const pp_address *address) {
    uint32_t mask = slots_for(m->accounts_max) - 1;
    for (uint32_t i = address_hash(m, address);; i++) {
        uint32_t *slot = &m->account_slots[i & mask];
        if (*slot == 0 || pp_address_eq(&m->accounts[*slot - 1].address, address)) return slot;
    }
}

// Where the account that was last asked for is noted, so that most are found without a hash: an
// address that shares its place with another costs both a hash each time, no more.
static uint32_t *account_last(const pp_market *m, const pp_address *address) {
    uint64_t x = (pp_load_le64(address->b) ^ pp_load_le64(address->b + 12)) * 0x9e3779b97f4a7c15u;
    return &m->account_last[x >> 32 & (slots_for(m->accounts_max) - 1)];
}

// Index + 1, or 0.
static uint32_t find_account(const pp_market *m, const pp_address *address) {
    uint32_t last = *account_last(m, address);
    if (last != 0 && pp_address_eq(&m->accounts[last - 1].address, address)) return last;
    return *account_slot(m, address);
}

static uint32_t *request_slot(const pp_market *m, const pp_hash32 *id) {
    uint32_t mask = slots_for(m->requests_max) - 1;
    for (uint32_t i = pp_load_le32(id->b);; i++) {
        uint32_t *slot = &m->request_slots[i & mask];
        if (*slot == 0 || pp_hash32_eq(&m->requests[*slot - 1].id, id)) return slot;
    }
}

uint32_t pp_market_account_index(pp_market *m, const pp_address *address, bool create) {
    uint32_t found = find_account(m, address);
    if (found != 0) {
        *account_last(m, address) = found;
        return found - 1;
    }
    if (!create || m->accounts_len == m->accounts_max) return PP_MARKET_NOBODY;
    uint32_t *slot = account_slot(m, address);
    pp_market_account *a = pp_market_account_at(m, m->accounts_len);
    a->address = *address;
    a->debts_first = a->debts_last = PP_MARKET_NONE;
    *slot = ++m->accounts_len;
    return m->accounts_len - 1;
}

const pp_market_account *pp_market_find_account(const pp_market *m, const pp_address *address) {
    uint32_t at = find_account(m, address);
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

bool pp_market_index_request(pp_market *m, uint32_t place) {
    uint32_t *slot = request_slot(m, &m->requests[place].id);
    if (*slot != 0) return false;
    *slot = place + 1;
    return true;
}

bool pp_market_has_room(const pp_market *m) {
    return m->requests_len < m->requests_max || m->closed_first != PP_MARKET_NONE;
}

static uint32_t request_home(const pp_market *m, uint32_t at) {
    return pp_load_le32(m->requests[at].id.b);
}

static uint32_t account_home(const pp_market *m, uint32_t at) {
    return address_hash(m, &m->accounts[at].address);
}

// Takes an entry out of an index: those behind it that it had pushed on move up.
static void unindex(const pp_market *m, uint32_t *slots, uint32_t len, uint32_t *slot,
                    uint32_t (*home_of)(const pp_market *m, uint32_t at)) {
    uint32_t mask = len - 1, hole = (uint32_t)(slot - slots);
    for (uint32_t i = (hole + 1) & mask; slots[i] != 0; i = (i + 1) & mask) {
        uint32_t home = home_of(m, slots[i] - 1) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue; // its home lies behind the hole
        slots[hole] = slots[i];
        hole = i;
    }
    slots[hole] = 0;
}

void pp_market_hand_on(pp_market *m, uint32_t at, const pp_address *to) {
    pp_market_account *a = pp_market_account_at(m, at);
    PP_ASSERT(at < m->accounts_len && find_account(m, to) == 0);
    PP_ASSERT(a->free == 0 && a->stake == 0 && !a->registered && a->open_requests == 0 &&
              a->nonce_floor == 0 && a->debts_len == 0 && a->debts_paid == 0);
    uint32_t *last = account_last(m, &a->address);
    if (*last == at + 1) *last = 0;
    unindex(m, m->account_slots, slots_for(m->accounts_max), account_slot(m, &a->address),
            account_home);
    a->address = *to;
    *account_slot(m, to) = at + 1;
}

// Forgets the request that closed longest ago; its place is free. Its nonce, and any before it,
// will not be taken again.
static uint32_t forget_oldest(pp_market *m) {
    uint32_t place = m->closed_first;
    PP_ASSERT(place != PP_MARKET_NONE);
    const pp_market_request *r = &m->requests[place];
    m->closed_first = r->next;
    if (m->closed_first == PP_MARKET_NONE) m->closed_last = PP_MARKET_NONE;
    unindex(m, m->request_slots, slots_for(m->requests_max), request_slot(m, &r->id), request_home);
    pp_market_account *a = pp_market_account_at(m, r->requester);
    if (!r->protocol && r->nonce >= a->nonce_floor) a->nonce_floor = r->nonce + 1;
    return place;
}

pp_market_request *pp_market_request_new(pp_market *m, const pp_hash32 *id) {
    PP_ASSERT(*request_slot(m, id) == 0);
    uint32_t place = m->requests_len < m->requests_max ? m->requests_len++ : forget_oldest(m);
    pp_market_request *r = &m->requests[place];
    *request_slot(m, id) = place + 1;
    memset(r, 0, sizeof *r);
    r->id = *id;
    r->number = m->posted++;
    r->primary = r->insurer = r->payee = PP_MARKET_NOBODY;
    r->commits = r->claims = PP_MARKET_NONE;
    return r;
}

// ---- commits and claims -------------------------------------------------------------------------

static uint32_t take_bid(pp_market *m) {
    uint32_t at = m->bids_free;
    if (at != PP_MARKET_NONE)
        m->bids_free = m->bids[at].next;
    else if (m->bids_len < m->bids_max)
        at = m->bids_len++;
    else
        return PP_MARKET_NONE;
    memset(&m->bids[at], 0, sizeof m->bids[at]);
    m->bids[at].next = PP_MARKET_NONE;
    return at;
}

static void give_bids(pp_market *m, uint32_t first) {
    while (first != PP_MARKET_NONE) {
        uint32_t next = m->bids[first].next;
        m->bids[first].next = m->bids_free;
        m->bids_free = first;
        first = next;
    }
}

// At the end of a list, which is short.
static pp_market_commit *append(pp_market *m, uint32_t *first, uint32_t *len) {
    uint32_t at = take_bid(m);
    if (at == PP_MARKET_NONE) return NULL;
    while (*first != PP_MARKET_NONE) first = &m->bids[*first].next;
    *first = at;
    (*len)++;
    return &m->bids[at];
}

pp_market_commit *pp_market_commit_new(pp_market *m, pp_market_request *r) {
    return append(m, &r->commits, &r->commits_len);
}

pp_market_commit *pp_market_claim_new(pp_market *m, pp_market_request *r) {
    return append(m, &r->claims, &r->claims_len);
}

void pp_market_commits_free(pp_market *m, pp_market_request *r) {
    give_bids(m, r->commits);
    r->commits = PP_MARKET_NONE;
    r->commits_len = 0;
}

void pp_market_claims_free(pp_market *m, pp_market_request *r) {
    give_bids(m, r->claims);
    r->claims = PP_MARKET_NONE;
    r->claims_len = 0;
}

const pp_market_commit *pp_market_commit_after(const pp_market *m, const pp_market_request *r,
                                               const pp_market_commit *c) {
    return pp_market_bid_at(m, c == NULL ? r->commits : c->next);
}

const pp_market_commit *pp_market_claim_after(const pp_market *m, const pp_market_request *r,
                                              const pp_market_commit *c) {
    return pp_market_bid_at(m, c == NULL ? r->claims : c->next);
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
    pp_market_unhold(pp_market_account_at(m, c->account), c->held);
    c->held = 0;
}

void pp_market_free_bond(pp_market *m, pp_market_commit *c) {
    pp_market_account_at(m, c->account)->free += c->bond;
    c->bond = 0;
}

void pp_market_drop_commits(pp_market *m, pp_market_request *r) {
    for (uint32_t i = r->commits; i != PP_MARKET_NONE; i = m->bids[i].next) {
        pp_market_free_commit(m, &m->bids[i]);
        pp_market_free_bond(m, &m->bids[i]);
    }
    r->winners_kept = false;
    r->drawing = false;
}

// ---- debts --------------------------------------------------------------------------------------

// Each fund has its share of the places: debts that nobody ever pays shut no other lane out.
bool pp_market_may_owe(const pp_market *m, const pp_market_account *fund, uint32_t more) {
    uint32_t left = m->debts_max - m->debts_len - m->promises;
    return left > 0 && fund->debts_len + fund->open_requests + more <= m->debts_share;
}

void pp_market_debt_link(pp_market *m, uint32_t at) {
    pp_market_account *a = pp_market_account_at(m, m->debts[at].from);
    if (a->debts_last == PP_MARKET_NONE)
        a->debts_first = at;
    else
        m->debts[a->debts_last].next = at;
    a->debts_last = at;
    a->debts_len++;
    m->debts_len++;
}

void pp_market_debt_add(pp_market *m, uint32_t from, uint32_t to, pp_u128 amount) {
    uint32_t at = m->debts_free;
    if (at != PP_MARKET_NONE)
        m->debts_free = m->debts[at].next;
    else
        at = m->debts_used++;
    PP_ASSERT(at < m->debts_max); // promised when the request was posted
    m->debts[at] = (pp_market_debt){amount, from, to, PP_MARKET_NONE};
    pp_market_debt_link(m, at);
    pp_market_fold_debt(m, &m->debts[at]);
}

void pp_market_pay_debts(pp_market *m, uint32_t fund) {
    pp_market_account *a = &m->accounts[fund];
    while (a->debts_len > 0) {
        uint32_t at = a->debts_first;
        pp_market_debt *d = &m->debts[at];
        // First in, first out: a debt that cannot be paid stops those behind it.
        if (PP_MARKET_GUARD(DEBT_ORDER, d->amount > a->free)) return;
        a->debts_first = d->next;
        if (d->next == PP_MARKET_NONE) a->debts_last = PP_MARKET_NONE;
        a->debts_len--;
        a->debts_paid++;
        m->debts_len--;
        pp_market_account_at(m, fund)->free -= d->amount;
        pp_market_account_at(m, d->to)->free += d->amount;
        pp_market_emit(m, PP_MARKET_EVENT_REPAID, m->now, NULL, d->to, d->amount);
        d->next = m->debts_free;
        m->debts_free = at;
    }
}

pp_u128 pp_market_debt_of(const pp_market *m, const pp_market_account *fund) {
    pp_u128 owed = 0;
    for (uint32_t d = fund->debts_first; d != PP_MARKET_NONE; d = m->debts[d].next)
        owed += m->debts[d].amount;
    return owed;
}

// ---- in and out ---------------------------------------------------------------------------------

pp_market_reason pp_market_deposit(pp_market *m, const pp_address *to, pp_u128 amount) {
    // Every sum in the ledger stays below what ever came in, and that below 2^127.
    if (PP_MARKET_LIMIT(AMOUNTS, amount > PP_MARKET_AMOUNT_MAX) ||
        PP_MARKET_LIMIT(AMOUNTS, m->deposits + amount > (pp_u128)1 << 120))
        return PP_MARKET_AMOUNT;
    uint32_t at = pp_market_account_index(m, to, true);
    if (PP_MARKET_LIMIT(PLACES, at == PP_MARKET_NOBODY)) return PP_MARKET_FULL;
    m->deposits += amount;
    pp_market_account_at(m, at)->free += amount;
    pp_market_pay_debts(m, at);
    return PP_MARKET_OK;
}

pp_market_reason pp_market_withdraw(pp_market *m, const pp_address *from, pp_u128 amount) {
    uint32_t at = pp_market_account_index(m, from, false);
    if (PP_MARKET_REASON(NOTHING_THERE, at == PP_MARKET_NOBODY)) return PP_MARKET_BALANCE;
    if (PP_MARKET_GUARD(WITHDRAW_BALANCE, m->accounts[at].free < amount)) return PP_MARKET_BALANCE;
    pp_market_account_at(m, at)->free -= amount;
    m->withdrawals += amount;
    return PP_MARKET_OK;
}

// Whether a transfer would make an account for less than a proof's bond: nobody fills the table of
// accounts for a wei each.
static bool makes_account_for_less(const pp_market *m, const pp_address *to, pp_u128 amount) {
    return (amount == 0 || amount < m->params.proof_bond) && !pp_market_find_account(m, to);
}

pp_market_reason pp_market_transfer(pp_market *m, const pp_address *from, const pp_address *to,
                                    pp_u128 amount) {
    uint32_t a = pp_market_account_index(m, from, false);
    if (PP_MARKET_REASON(NOTHING_THERE, a == PP_MARKET_NOBODY)) return PP_MARKET_BALANCE;
    if (PP_MARKET_GUARD(TRANSFER_BALANCE, m->accounts[a].free < amount)) return PP_MARKET_BALANCE;
    if (PP_MARKET_GUARD(TRANSFER_SMALL, makes_account_for_less(m, to, amount)))
        return PP_MARKET_AMOUNT;
    uint32_t b = pp_market_account_index(m, to, true);
    if (PP_MARKET_LIMIT(PLACES, b == PP_MARKET_NOBODY)) return PP_MARKET_FULL;
    pp_market_account_at(m, a)->free -= amount;
    pp_market_account_at(m, b)->free += amount;
    pp_market_pay_debts(m, b);
    return PP_MARKET_OK;
}

pp_market_reason pp_market_enroll(pp_market *m, const pp_address *prover, pp_u128 stake,
                                  uint32_t slots) {
    if (PP_MARKET_LIMIT(AMOUNTS, stake > PP_MARKET_AMOUNT_MAX) ||
        PP_MARKET_LIMIT(SLOTS, slots == 0 || slots > m->params.slots_max))
        return PP_MARKET_AMOUNT;
    uint32_t at = pp_market_account_index(m, prover, true);
    if (PP_MARKET_LIMIT(PLACES, at == PP_MARKET_NOBODY)) return PP_MARKET_FULL;
    pp_market_account *a = pp_market_account_at(m, at);
    if (PP_MARKET_GUARD(ENROLL_AGAIN, a->registered)) return PP_MARKET_STATE;
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
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        out->escrow += r->escrow;
        out->pots += r->pot;
        for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(m, r, c)) != NULL;)
            out->bonds += c->bond;
    }
    for (uint32_t i = 0; i < m->accounts_len; i++)
        out->debts += pp_market_debt_of(m, &m->accounts[i]);
    out->burned = m->burned;
    out->sum = out->free + out->stakes + out->escrow + out->bonds + out->pots + out->burned;
}
