// SPDX-License-Identifier: MIT OR Apache-2.0
// Posting: terms, fee and escrow; the application's own requests; raising and taking back.
#include "market/guard.h"
#include "market/internal.h"

// ---- terms ------------------------------------------------------------------------------------

static uint64_t max64(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static pp_market_reason check_prices(const pp_market_terms *t) {
    if (PP_MARKET_GUARD(TERMS_RESERVE, t->reserve == 0) ||
        PP_MARKET_LIMIT(AMOUNTS,
                        t->reserve > PP_MARKET_AMOUNT_MAX || t->cap > PP_MARKET_AMOUNT_MAX))
        return PP_MARKET_AMOUNT;
    if (PP_MARKET_GUARD(TERMS_CAP, t->cap < t->reserve) ||
        PP_MARKET_LIMIT(STEPS, t->steps_len > PP_MARKET_ESCALATION_MAX))
        return PP_MARKET_TERMS_PRICE;
    pp_u128 cap = t->cap;
    uint64_t after = 0;
    for (uint8_t i = 0; i < t->steps_len; i++) {
        if (PP_MARKET_LIMIT(AMOUNTS, t->steps[i].cap > PP_MARKET_AMOUNT_MAX))
            return PP_MARKET_AMOUNT;
        if (PP_MARKET_GUARD(TERMS_STEPS, t->steps[i].cap <= cap || t->steps[i].after <= after ||
                                             t->steps[i].after >= t->expiry))
            return PP_MARKET_TERMS_PRICE;
        cap = t->steps[i].cap;
        after = t->steps[i].after;
    }
    return PP_MARKET_OK;
}

static bool is_too_long(const pp_market_params *p, const pp_market_terms *t) {
    uint64_t short_ones = max64(max64(t->commit_window, t->reveal_window), t->decline_window);
    uint64_t others = max64(max64(t->work_window, t->bounty_window), t->expiry);
    return short_ones > p->window_max || others > PP_MARKET_TIME_MAX;
}

pp_market_reason pp_market_check_terms(const pp_market_params *p, const pp_market_terms *t) {
    if (PP_MARKET_GUARD(TERMS_WINNERS, t->winners < 1 || t->winners > PP_MARKET_WINNERS_MAX))
        return PP_MARKET_TERMS_WINNERS;
    if (PP_MARKET_GUARD(TERMS_KAPPA,
                        t->kappa < PP_MARKET_KAPPA_MIN || t->kappa > PP_MARKET_KAPPA_MAX))
        return PP_MARKET_TERMS_KAPPA;
    if (PP_MARKET_LIMIT(MATCHES, t->match > PP_MARKET_EXACT) ||
        PP_MARKET_LIMIT(OUTPUT_SIZE, t->output_size > PP_OUTPUT_MAX) ||
        PP_MARKET_GUARD(TERMS_ANY, t->match == PP_MARKET_ANY && t->output_size > 0))
        return PP_MARKET_TERMS_OUTPUT;
    if (PP_MARKET_LIMIT(WORK_AND_INPUT,
                        t->work > (uint64_t)1 << 50 || t->input_size > (uint64_t)1 << 40))
        return PP_MARKET_AMOUNT;
    uint64_t w0 = t->decline_window, w1 = t->work_window;
    // A window holds a block's time at least, and an honest command, told late and taken late.
    uint64_t least = p->inclusion_bound > 0 ? 2 * p->inclusion_bound : 1;
    if (PP_MARKET_GUARD(TERMS_WINDOW, t->commit_window < least || t->reveal_window < least) ||
        PP_MARKET_GUARD(TERMS_DECLINE, w0 > w1 / 4) || PP_MARKET_LIMIT(WINDOWS, is_too_long(p, t)))
        return PP_MARKET_TERMS_WINDOWS;
    // w1 >= W / minimum rate + 2 F, in units of 1/rate milliseconds.
    if (PP_MARKET_GUARD(TERMS_WORK, (pp_u128)w1 * p->rate_min <
                                        (pp_u128)t->work * 1000 +
                                            (pp_u128)p->inclusion_bound * 2 * p->rate_min))
        return PP_MARKET_TERMS_WINDOWS;
    // The wait for the beacon counts too, or an assignment could outlive the expiry.
    if (PP_MARKET_GUARD(TERMS_EXPIRY, t->expiry < t->commit_window + t->reveal_window +
                                                      p->beacon_bound + t->winners * w0 + 3 * w1 +
                                                      t->bounty_window))
        return PP_MARKET_TERMS_EXPIRY;
    return check_prices(t);
}

// ---- posting ----------------------------------------------------------------------------------

static pp_u128 top_cap(const pp_market_terms *t) {
    return t->steps_len > 0 ? t->steps[t->steps_len - 1].cap : t->cap;
}

// A place costs by the hour, and twice as much for each 32nd that others than the application have
// taken above half: to hold all of them costs tens of thousands of times what one does.
static pp_u128 place_fee(const pp_market *m, const pp_market_terms *t) {
    enum { HOUR = 3600000, PARTS = 32 };
    uint32_t places = m->requests_max - m->kept, taken = m->open_len - m->protocol_len;
    uint32_t part = places > 0 ? (uint32_t)((uint64_t)PARTS * taken / places) : PARTS - 1;
    if (part > PARTS - 1) part = PARTS - 1;
    pp_u128 fee = (pp_u128)m->params.fee_place * ((t->expiry + HOUR - 1) / HOUR);
    for (uint32_t p = PARTS / 2; p < part; p++) fee += fee; // wasm32 has no shift of 128 bits
    return fee;
}

pp_u128 pp_market_posting_fee(const pp_market *m, const pp_market_terms *t) {
    pp_u128 work = pp_u128_div_u32((pp_u128)m->params.fee_work * t->work, 1000000);
    work += pp_u128_div_u32((pp_u128)m->params.fee_input * t->input_size, 1024);
    return work + place_fee(m, t);
}

static pp_market_request *new_request(pp_market *m, const pp_hash32 *id, uint32_t who,
                                      uint64_t nonce, const pp_market_terms *terms) {
    pp_market_request *r = pp_market_request_new(m, id);
    r->requester = who;
    r->nonce = nonce;
    r->terms = *terms;
    r->escrowed = true;
    r->state = PP_MARKET_COMMIT;
    r->posted = m->now;
    r->expires = m->now + terms->expiry;
    r->cap = terms->cap;
    pp_market_account_at(m, who)->open_requests++;
    pp_market_open_list_add(m, r);
    return r;
}

// Whether the places that are left are kept for the application's own requests.
static bool is_kept(const pp_market *m) {
    uint32_t kept = m->kept > m->protocol_len ? m->kept - m->protocol_len : 0;
    return m->requests_max - m->open_len <= kept;
}

pp_market_reason pp_market_do_post(pp_market *m, const pp_market_command *c, uint32_t who) {
    pp_market_reason bad = pp_market_check_terms(&m->params, &c->terms);
    if (bad != PP_MARKET_OK) return bad;
    pp_hash32 id;
    pp_market_request_id(&id, &m->chain_id, &c->sender, c->nonce, &c->terms);
    if (PP_MARKET_GUARD(POST_AGAIN, pp_market_request_by_id(m, &id) != NULL)) return PP_MARKET_NOOP;
    pp_market_account *a = pp_market_account_at(m, who);
    if (PP_MARKET_LIMIT(NONCES, c->nonce == UINT64_MAX)) return PP_MARKET_AMOUNT;
    if (PP_MARKET_GUARD(POST_NONCE, c->nonce < a->nonce_floor)) return PP_MARKET_NONCE;
    if (PP_MARKET_LIMIT(REQUESTS_OF_ONE, a->open_requests >= m->params.requests_max))
        return PP_MARKET_REQUESTS;
    if (PP_MARKET_LIMIT(PLACES, !pp_market_has_room(m)) || PP_MARKET_GUARD(POST_KEPT, is_kept(m)))
        return PP_MARKET_FULL;
    pp_u128 fee = PP_MARKET_GUARD(POST_FEE, true) ? pp_market_posting_fee(m, &c->terms) : 0;
    pp_u128 escrow = top_cap(&c->terms);
    if (PP_MARKET_GUARD(POST_BALANCE, a->free < fee || a->free - fee < escrow))
        return PP_MARKET_BALANCE;
    a->free -= fee + escrow;
    pp_market_burn(m, fee);
    pp_market_request *r = new_request(m, &id, who, c->nonce, &c->terms);
    r->escrow = escrow;
    pp_market_emit(m, PP_MARKET_EVENT_POSTED, m->now, r, who, escrow);
    return PP_MARKET_OK;
}

pp_market_reason pp_market_post_protocol(pp_market *m, pp_hash32 *id, const pp_address *fund,
                                         uint64_t nonce, const pp_market_terms *terms) {
    pp_market_reason bad = pp_market_check_terms(&m->params, terms);
    if (bad != PP_MARKET_OK) return bad;
    pp_market_request_id(id, &m->chain_id, fund, nonce, terms);
    if (PP_MARKET_GUARD(FUND_AGAIN, pp_market_request_by_id(m, id) != NULL)) return PP_MARKET_NOOP;
    uint32_t who = pp_market_account_index(m, fund, true);
    if (PP_MARKET_LIMIT(PLACES, who == PP_MARKET_NOBODY || !pp_market_has_room(m)))
        return PP_MARKET_FULL;
    pp_market_account *a = pp_market_account_at(m, who);
    // New requests do not overtake the fund's debts.
    bool dry = PP_MARKET_GUARD(FUND_DRY, a->free < terms->reserve) ||
               PP_MARKET_GUARD(FUND_OWES, a->debts_len > 0);
    if (PP_MARKET_LIMIT(PLACES, dry && !pp_market_may_owe(m, a, 1))) return PP_MARKET_FULL;
    pp_market_request *r = new_request(m, id, who, nonce, terms);
    r->protocol = true;
    m->protocol_len++;
    // What the fund cannot cover is not offered, but for r.
    pp_u128 top = top_cap(terms);
    pp_u128 offer = dry                                           ? terms->reserve
                    : PP_MARKET_GUARD(FUND_ESCROW, a->free < top) ? a->free
                                                                  : top;
    if (PP_MARKET_GUARD(FUND_CAP, r->cap > offer)) r->cap = offer;
    for (uint8_t i = 0; i < r->terms.steps_len; i++)
        if (PP_MARKET_GUARD(FUND_STEPS, r->terms.steps[i].cap > offer))
            r->terms.steps[i].cap = offer;
    r->escrowed = !dry;
    r->escrow = dry ? 0 : offer;
    a->free -= r->escrow;
    pp_market_emit(m, PP_MARKET_EVENT_POSTED, m->now, r, who, r->escrow);
    if (dry) {
        m->promises++;
        pp_market_to_open(m, r, m->now, terms->reserve);
        pp_market_changed(m, r);
    }
    return PP_MARKET_OK;
}

// ---- after posting ----------------------------------------------------------------------------

void pp_market_void(pp_market *m, const pp_hash32 *request) {
    pp_market_request *r = pp_market_request_by_id(m, request);
    if (PP_MARKET_REASON(NOTHING_THERE, r == NULL) ||
        PP_MARKET_GUARD(VOID_STATE, pp_market_state_is_terminal(r->state)))
        return;
    // A proof that was taken while another held the assignment is the work that was asked for.
    if (PP_MARKET_GUARD(VOID_INSURED, r->insured))
        pp_market_settle(m, r, m->now, r->insurer, r->price, PP_MARKET_INSURED);
    else
        pp_market_close(m, r, m->now, PP_MARKET_CANCELLED);
}

pp_market_reason pp_market_do_cancel(pp_market *m, pp_market_request *r, uint32_t who) {
    if (PP_MARKET_GUARD(CANCEL_OWNER, who != r->requester) ||
        PP_MARKET_GUARD(CANCEL_PROTOCOL, r->protocol))
        return PP_MARKET_NOT_YOURS;
    if (PP_MARKET_REASON(CANCELLED, r->state == PP_MARKET_CANCELLED)) return PP_MARKET_NOOP;
    if (PP_MARKET_GUARD(CANCEL_STATE, r->state != PP_MARKET_COMMIT) ||
        PP_MARKET_GUARD(CANCEL_COMMITS, r->commits_len > 0))
        return PP_MARKET_STATE;
    pp_market_close(m, r, m->now, PP_MARKET_CANCELLED);
    return PP_MARKET_OK;
}

pp_market_reason pp_market_do_raise(pp_market *m, const pp_market_command *c, pp_market_request *r,
                                    uint32_t who) {
    if (PP_MARKET_GUARD(RAISE_OWNER, who != r->requester) ||
        PP_MARKET_GUARD(RAISE_PROTOCOL, r->protocol))
        return PP_MARKET_NOT_YOURS;
    if (PP_MARKET_GUARD(RAISE_STATE, pp_market_state_is_terminal(r->state))) return PP_MARKET_STATE;
    if (PP_MARKET_LIMIT(AMOUNTS, c->amount > PP_MARKET_AMOUNT_MAX)) return PP_MARKET_AMOUNT;
    if (PP_MARKET_GUARD(RAISE_LESS, c->amount <= r->cap)) return PP_MARKET_NOOP;
    pp_market_account *a = pp_market_account_at(m, who);
    pp_u128 more = c->amount > r->escrow ? c->amount - r->escrow : 0;
    if (PP_MARKET_GUARD(RAISE_BALANCE, a->free < more)) return PP_MARKET_BALANCE;
    a->free -= more;
    r->escrow += more;
    r->cap = c->amount;
    return PP_MARKET_OK;
}
