// SPDX-License-Identifier: MIT OR Apache-2.0
// All of a market as bytes, one walk for both ways. What can be derived is not in them: the
// indices, the heap, who waits for the beacon, the places of bids and debts, what requests hold of
// accounts.
#include "base/image.h"
#include "market/internal.h"

enum { UNLINKED = 0xfffffffe }; // a closed request that no list has named yet
enum { ACCOUNT_MIN = 20, REQUEST_MIN = 32 + 200 };

// An account by its index; nobody is PP_MARKET_NOBODY.
static void who(pp_image *im, const pp_market *m, uint32_t *account) {
    pp_image_u32(im, account);
    if (!pp_image_is(im, *account < m->accounts_len || *account == PP_MARKET_NOBODY))
        *account = PP_MARKET_NOBODY;
}

static void somebody(pp_image *im, const pp_market *m, uint32_t *account) {
    pp_image_u32(im, account);
    if (!pp_image_is(im, *account < m->accounts_len)) *account = 0;
}

// ---- accounts ---------------------------------------------------------------------------------

static void image_account(pp_image *im, pp_market_account *a) {
    pp_image_u128(im, &a->free);
    pp_image_u128(im, &a->stake);
    pp_image_u128(im, &a->unbonding);
    pp_image_u64(im, &a->unbond_at);
    pp_image_bool(im, &a->registered);
    pp_image_u64(im, &a->registered_at);
    pp_image_u32(im, &a->slots);
    pp_image_u64(im, &a->nonce_floor);
    pp_image_u32(im, &a->debts_paid);
}

// Each once: an address that is there already is found under another index.
static void image_accounts(pp_image *im, pp_market *m) {
    uint32_t len = pp_image_len(im, m->accounts_len, m->accounts_max, ACCOUNT_MIN);
    for (uint32_t i = 0; i < len && !im->bad; i++) {
        pp_address address = im->loading ? (pp_address){{0}} : m->accounts[i].address;
        pp_image_address(im, &address);
        if (im->loading && !pp_image_is(im, pp_market_account_index(m, &address, true) == i))
            return;
        image_account(im, &m->accounts[i]);
    }
}

// ---- debts ------------------------------------------------------------------------------------

// Of each debtor in the order in which they arose.
static void image_debts(pp_image *im, pp_market *m) {
    uint32_t debtor = 0, at = PP_MARKET_NONE;
    uint32_t len = pp_image_len(im, m->debts_len, m->debts_max, 24);
    for (uint32_t i = 0; i < len && !im->bad; i++) {
        pp_market_debt d = {.next = PP_MARKET_NONE};
        if (!im->loading) {
            while (at == PP_MARKET_NONE) at = m->accounts[debtor++].debts_first;
            d = m->debts[at];
            at = d.next;
        }
        somebody(im, m, &d.from);
        somebody(im, m, &d.to);
        pp_image_u128(im, &d.amount);
        if (!im->loading || im->bad) continue;
        m->debts[m->debts_used] = d;
        pp_market_debt_link(m, m->debts_used++);
    }
}

// ---- requests ---------------------------------------------------------------------------------

static void image_terms(pp_image *im, pp_market_terms *t) {
    pp_image_hash(im, &t->program_id);
    pp_image_hash(im, &t->input_id);
    t->match =
        (pp_market_match)pp_image_choice(im, (uint8_t)t->match, PP_MARKET_ANY, PP_MARKET_EXACT);
    t->output_size = pp_image_len(im, t->output_size, PP_OUTPUT_MAX, 1);
    pp_image_raw(im, t->output, t->output_size);
    pp_image_u64(im, &t->work);
    pp_image_u64(im, &t->input_size);
    pp_image_u128(im, &t->reserve);
    pp_image_u128(im, &t->cap);
    pp_image_u8(im, &t->winners);
    pp_image_u8(im, &t->kappa);
    pp_image_u64(im, &t->commit_window);
    pp_image_u64(im, &t->reveal_window);
    pp_image_u64(im, &t->decline_window);
    pp_image_u64(im, &t->work_window);
    pp_image_u64(im, &t->bounty_window);
    pp_image_u64(im, &t->expiry);
    pp_image_u8(im, &t->steps_len);
    if (!pp_image_is(im, t->steps_len <= PP_MARKET_ESCALATION_MAX)) t->steps_len = 0;
    for (uint8_t i = 0; i < t->steps_len; i++) {
        uint64_t after = t->steps[i].after;
        pp_u128 cap = t->steps[i].cap;
        pp_image_u64(im, &after);
        pp_image_u128(im, &cap);
        t->steps[i].after = after;
        t->steps[i].cap = cap;
    }
}

static void image_commit(pp_image *im, const pp_market *m, pp_market_commit *c) {
    pp_image_hash(im, &c->hash);
    pp_image_hash(im, &c->salt);
    pp_image_u128(im, &c->held);
    pp_image_u128(im, &c->bond);
    pp_image_u128(im, &c->bid);
    somebody(im, m, &c->account);
    pp_image_bool(im, &c->revealed);
    pp_image_u8(im, &c->rank);
}

static pp_market_commit *bid_new(pp_market *m, pp_market_request *r, bool claim) {
    return claim ? pp_market_claim_new(m, r) : pp_market_commit_new(m, r);
}

// Commits, or claims, in their order.
static void image_bids(pp_image *im, pp_market *m, pp_market_request *r, bool claims) {
    uint32_t at = claims ? r->claims : r->commits;
    uint32_t len = pp_image_len(im, claims ? r->claims_len : r->commits_len,
                                claims ? PP_MARKET_CLAIMS_MAX : PP_MARKET_COMMITS_MAX, 32);
    if (im->loading) {
        *(claims ? &r->claims : &r->commits) = PP_MARKET_NONE;
        *(claims ? &r->claims_len : &r->commits_len) = 0;
    }
    for (uint32_t i = 0; i < len && !im->bad; i++) {
        pp_market_commit *c = im->loading ? bid_new(m, r, claims) : &m->bids[at];
        if (c == NULL) {
            (void)pp_image_is(im, false); // no room
            return;
        }
        at = c->next;
        image_commit(im, m, c);
    }
}

static void image_flags(pp_image *im, pp_market_request *r) {
    bool *const flags[] = {&r->protocol, &r->escrowed,     &r->proven,
                           &r->drawing,  &r->winners_kept, &r->claimed,
                           &r->insured,  &r->opened_once,  &r->settled};
    for (size_t i = 0; i < PP_COUNT(flags); i++) pp_image_bool(im, flags[i]);
}

static void image_request(pp_image *im, pp_market *m, pp_market_request *r) {
    pp_image_hash(im, &r->id);
    image_terms(im, &r->terms);
    r->state = (pp_market_state)pp_image_choice(im, (uint8_t)r->state, PP_MARKET_COMMIT,
                                                PP_MARKET_STATES_LEN - 1);
    image_flags(im, r);
    pp_u128 *const amounts[] = {&r->cap,   &r->escrow, &r->pot,       &r->faults,
                                &r->price, &r->stake,  &r->ramp_from, &r->paid};
    for (size_t i = 0; i < PP_COUNT(amounts); i++) pp_image_u128(im, amounts[i]);
    uint64_t *const times[] = {&r->number,   &r->nonce,    &r->posted, &r->expires,
                               &r->assigned, &r->deadline, &r->opened, &r->ramp_start};
    for (size_t i = 0; i < PP_COUNT(times); i++) pp_image_u64(im, times[i]);
    somebody(im, m, &r->requester);
    who(im, m, &r->primary);
    who(im, m, &r->insurer);
    who(im, m, &r->payee);
    pp_image_u8(im, &r->winners_len);
    pp_image_u8(im, &r->winner_at);
    pp_image_u32(im, &r->bids);
    r->defaulters_len = pp_image_len(im, r->defaulters_len, PP_MARKET_DEFAULTERS_MAX, 4);
    for (uint32_t i = 0; i < r->defaulters_len; i++) somebody(im, m, &r->defaulters[i]);
    image_bids(im, m, r, false);
    image_bids(im, m, r, true);
}

// Each winner that is still counted on has its commit: others ask for it without looking.
static bool has_winners(const pp_market *m, const pp_market_request *r) {
    uint32_t ranks = 0;
    if (r->winners_len > PP_MARKET_WINNERS_MAX || r->winner_at > r->winners_len) return false;
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(m, r, c)) != NULL;)
        if (c->rank > 0 && c->rank <= r->winners_len) ranks |= 1u << c->rank;
    return ranks == (1u << (r->winners_len + 1)) - 2;
}

static bool is_over(const pp_market_request *r) {
    return pp_market_state_is_terminal(r->state);
}

static bool holds_together(const pp_market *m, const pp_market_request *r) {
    if (is_over(r)) return r->commits_len + r->claims_len == 0;
    bool may_default = r->state == PP_MARKET_ASSIGNED || r->claims_len > 0;
    return has_winners(m, r) && !(may_default && r->defaulters_len == PP_MARKET_DEFAULTERS_MAX);
}

// By their places: the state hash has them there.
static void image_requests(pp_image *im, pp_market *m) {
    m->requests_len = pp_image_len(im, m->requests_len, m->requests_max, REQUEST_MIN);
    if (im->loading) // the indices below look at any of them
        for (uint32_t i = 0; i < m->requests_len; i++)
            memset(&m->requests[i], 0, sizeof *m->requests);
    for (uint32_t i = 0; i < m->requests_len && !im->bad; i++) {
        pp_market_request *r = &m->requests[i];
        image_request(im, m, r);
        if (!im->loading || im->bad) continue;
        pp_image_is(im, pp_market_index_request(m, i) && holds_together(m, r));
        r->prev = UNLINKED;
        r->next = PP_MARKET_NONE;
    }
}

// ---- lists ------------------------------------------------------------------------------------

// What an open request holds of accounts, and counts for the market.
static void count_request(pp_market *m, const pp_market_request *r) {
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(m, r, c)) != NULL;) {
        m->accounts[c->account].held += c->held;
        m->accounts[c->account].slots_used += c->held != 0;
    }
    if (r->primary != PP_MARKET_NOBODY) {
        m->accounts[r->primary].held += r->stake;
        m->accounts[r->primary].slots_used++;
    }
    for (uint32_t i = 0; i < r->defaulters_len; i++) m->accounts[r->defaulters[i]].open_defaults++;
    m->accounts[r->requester].open_requests++;
    m->promises += !r->escrowed;
    m->protocol_len += r->protocol;
}

static void link_open(pp_market *m, pp_market_request *r) {
    pp_market_open_list_add(m, r);
    pp_market_changed(m, r);
    count_request(m, r);
}

static void link_closed(pp_market *m, pp_market_request *r) {
    uint32_t at = (uint32_t)(r - m->requests);
    r->prev = PP_MARKET_NONE;
    if (m->closed_last == PP_MARKET_NONE)
        m->closed_first = at;
    else
        m->requests[m->closed_last].next = at;
    m->closed_last = at;
}

// The places of a list in its order.
static void image_list(pp_image *im, pp_market *m, bool over, uint32_t first, uint32_t len) {
    const pp_market_request *before = NULL;
    for (uint32_t i = 0, at = first; i < len && !im->bad; i++) {
        pp_image_u32(im, &at);
        if (!pp_image_is(im, at < m->requests_len)) return;
        pp_market_request *r = &m->requests[at];
        if (im->loading) {
            bool in_order = over || before == NULL || before->number < r->number;
            if (!pp_image_is(im, is_over(r) == over && r->prev == UNLINKED && in_order)) return;
            over ? link_closed(m, r) : link_open(m, r);
        }
        before = r;
        at = r->next;
    }
}

// Every request is in one of the two.
static void image_lists(pp_image *im, pp_market *m) {
    uint32_t open = pp_image_len(im, m->open_len, m->requests_len, 4);
    image_list(im, m, false, m->open_first, open);
    image_list(im, m, true, m->closed_first, m->requests_len - open);
}

void pp_market_image(pp_image *im, pp_market *m) {
    pp_image_u64(im, &m->now);
    image_accounts(im, m);
    image_debts(im, m);
    image_requests(im, m);
    image_lists(im, m);
    pp_image_u64(im, &m->posted);
    pp_image_hash(im, &m->closed);
    pp_image_hash(im, &m->owed);
    pp_image_u128(im, &m->deposits);
    pp_image_u128(im, &m->withdrawals);
    pp_image_u128(im, &m->burned);
    if (im->loading && !im->bad) pp_image_is(im, pp_market_check(m) == NULL);
}
