// SPDX-License-Identifier: MIT OR Apache-2.0
// What must hold between two states, written from the rules' table (docs/market.md), not from the
// engine; what one state must satisfy is pp_market_check.
#include "checker/checker.h"

typedef struct step {       // an action on one request, for short
    const pp_market *b, *n; // before and after
    const pp_market_request *r, *s;
    const pp_market_account *me, *mine; // the sender before and after
    uint64_t t;
    pp_check_action a;
} step;

static const pp_market_account *account(const pp_market *m, uint32_t who) {
    pp_address a = pp_check_address(who);
    return pp_market_find_account(m, &a);
}

static pp_u128 min128(pp_u128 a, pp_u128 b) {
    return a < b ? a : b;
}

static pp_u128 max128(pp_u128 a, pp_u128 b) {
    return a > b ? a : b;
}

static pp_u128 free_stake(const pp_market_account *a) {
    return a->stake - a->held - a->unbonding;
}

static bool is(const pp_market *m, uint32_t index, const pp_market_account *a) {
    return index < m->accounts_len && &m->accounts[index] == a;
}

static const pp_market_commit *commit_of(const pp_market *m, const pp_market_request *r,
                                         const pp_market_account *a, bool claim) {
    const pp_market_commit *c = NULL;
    do c = claim ? pp_market_claim_after(m, r, c) : pp_market_commit_after(m, r, c);
    while (c != NULL && !is(m, c->account, a));
    return c;
}

// ---- the rules' numbers, once more
// -------------------------------------------------------------------------------

// max(S_min, kappa p, 5/3 (r - p)), up.
static pp_u128 stake_for(const step *s, const pp_market_terms *t, pp_u128 price, pp_u128 top) {
    pp_u128 cover = top > price ? (5 * (top - price) + 2) / 3 : 0;
    return max128(s->b->params.stake_min, max128(t->kappa * price, cover));
}

static pp_u128 cap_at(const pp_market_request *r, uint64_t t) {
    pp_u128 cap = r->cap;
    for (uint8_t i = 0; i < r->terms.steps_len; i++)
        if (t >= r->posted + r->terms.steps[i].after) cap = max128(cap, r->terms.steps[i].cap);
    return cap;
}

// Up to r by half of the time that was left, then R.
static pp_u128 open_price(const pp_market_request *r, uint64_t t) {
    pp_u128 reserve = r->terms.reserve;
    uint64_t half = (r->expires - r->ramp_start) / 2;
    if (t >= r->ramp_start + half) return max128(reserve, cap_at(r, t));
    if (r->ramp_from >= reserve) return reserve;
    return r->ramp_from + (reserve - r->ramp_from) * (t - r->ramp_start) / half;
}

// ---- commands: what the table's guards say
// -----------------------------------------------------------

static const char *on_post(const step *s, const pp_check_world *w, const pp_market_terms *t) {
    const pp_market_params *p = &s->b->params;
    if (s->a.request < w->scope->requests && s->a.arg == 0) return "post: one request once";
    if (t->winners < 1 || t->winners > 5) return "post: m is 1 to 5";
    if (t->kappa < 2 || t->kappa > 20) return "post: kappa is 2 to 20";
    if (4 * t->decline_window > t->work_window) return "post: w0 <= w1/4";
    if (t->expiry < t->commit_window + t->reveal_window + p->beacon_bound +
                        t->winners * t->decline_window + 3 * t->work_window + t->bounty_window)
        return "post: the expiry leaves time for an auction, a default and two more";
    if (t->work_window * p->rate_min < t->work * 1000 + 2 * p->inclusion_bound * p->rate_min)
        return "post: w1 is enough for the slowest prover";
    if (t->match == PP_MARKET_ANY && t->output_size > 0) return "post: any output is any";
    if (t->reserve == 0) return "post: a reserve";
    if (t->cap < t->reserve) return "post: R >= r";
    if (t->steps_len > 0 && t->steps[0].cap <= t->cap) return "post: R rises";
    uint64_t least = p->inclusion_bound > 0 ? 2 * p->inclusion_bound : 1;
    if (t->commit_window < least || t->reveal_window < least)
        return "post: time to bid, and to open bids";
    pp_u128 fee = t->work * p->fee_work / 1000000 + t->input_size * p->fee_input / 1024;
    if (s->n->burned - s->b->burned != fee) return "post: for a fee";
    uint32_t kept = s->n->kept > s->n->protocol_len ? s->n->kept - s->n->protocol_len : 0;
    if (s->n->requests_max - s->n->open_len < kept) return "post: not into places that are kept";
    return NULL;
}

static const char *may_work(const step *s, pp_u128 stake) {
    if (!s->me->registered) return "work: for registered provers";
    if (s->t - s->me->registered_at < s->b->params.registration_age)
        return "work: not for new names";
    if (s->me->open_defaults > 0) return "work: not for those with an unresolved default";
    if (free_stake(s->me) < stake) return "work: with its stake";
    if (s->me->slots_used >= s->me->slots) return "work: in a free slot";
    return NULL;
}

static const char *on_bid(const step *s) {
    const pp_market_terms *t = &s->r->terms;
    pp_u128 stake = stake_for(s, t, t->reserve, t->reserve);
    if (s->r->state != PP_MARKET_COMMIT || s->t > pp_market_commit_end(s->r))
        return "commit: until Tc";
    if (commit_of(s->b, s->r, s->me, false) != NULL) return "commit: one of each prover";
    pp_u128 bond = max128(t->reserve / 2, s->b->params.bond);
    if (s->me->free < bond || s->me->free - s->mine->free != bond) return "commit: with a bond";
    if (s->mine->held - s->me->held != stake) return "commit: reserves max(S_min, kappa r)";
    return may_work(s, stake);
}

static const char *on_open_bid(const step *s, const pp_market_command *c) {
    const pp_market_commit *mine = commit_of(s->b, s->r, s->me, false);
    if (s->r->state != PP_MARKET_REVEAL || s->r->drawing || s->t > pp_market_reveal_end(s->r))
        return "reveal: from Tc to Tr";
    if (mine == NULL || mine->revealed) return "reveal: of a sealed bid, once";
    if (c->amount > s->r->terms.reserve) return "reveal: at most r";
    pp_hash32 hash;
    pp_market_bid_hash(&hash, &s->r->id, &c->sender, c->amount, &c->hash);
    if (!pp_hash32_eq(&hash, &mine->hash)) return "reveal: what was sealed";
    return NULL;
}

static const char *on_claim(const step *s) {
    const pp_market_request *r = s->r;
    if (r->state != PP_MARKET_OPEN) return "claim: of an open request";
    if (open_price(r, s->t) > r->escrow) return "claim: for no more than is held";
    if (s->t + 2 * r->terms.work_window > r->expires) return "claim: its w1 ends a w1 before Texp";
    if (commit_of(s->b, r, s->me, true) != NULL) return "claim: one of each prover a block";
    pp_u128 top = r->cap;
    for (uint8_t i = 0; i < r->terms.steps_len; i++)
        if (r->terms.steps[i].cap > top) top = r->terms.steps[i].cap;
    if (top < r->terms.reserve) top = r->terms.reserve;
    return may_work(s, stake_for(s, &r->terms, open_price(r, s->t), top));
}

static bool pays_bond(const step *s, bool primary) {
    pp_u128 bond = s->b->params.proof_bond;
    return s->me->free >= bond || (primary && s->r->stake >= bond);
}

static const char *on_prove(const step *s, pp_market_reason reason) {
    bool primary = s->r->state == PP_MARKET_ASSIGNED && is(s->b, s->r->primary, s->me);
    bool open = !pp_market_state_is_terminal(s->r->state) && (!s->r->proven || primary);
    bool good = s->a.arg == 1;
    if (reason == PP_MARKET_OK && !open) return "proof: of what is not over and not proven";
    if (reason == PP_MARKET_OK && !good) return "proof: valid, for the output that was asked for";
    if (reason == PP_MARKET_OK && !pays_bond(s, primary)) return "proof: with a bond";
    pp_u128 lost = s->me->free + s->me->stake - s->mine->free - s->mine->stake;
    pp_u128 gone = s->n->burned - s->b->burned + s->s->pot - s->r->pot;
    if (reason == PP_MARKET_PROOF && (lost != s->b->params.proof_bond || gone != lost))
        return "proof: a wrong one burns its bond, or puts it into the pot";
    if (reason == PP_MARKET_PROOF && s->me->stake + s->r->pot != s->mine->stake + s->s->pot)
        return "proof: what a stake loses is in the pot";
    if (reason == PP_MARKET_PROOF && good) return "proof: a valid one is not called invalid";
    if (reason != PP_MARKET_OK && open && good && pays_bond(s, primary))
        return "acceptance is never exclusive: the first valid proof from anybody";
    if (reason == PP_MARKET_OK && primary && s->s->state != PP_MARKET_PAID)
        return "a primary that proves by d1 is paid";
    if (reason == PP_MARKET_OK && primary && s->mine->stake != s->me->stake)
        return "a primary that proves by d1 loses no stake";
    if (reason == PP_MARKET_OK && !s->s->proven) return "proven: from the first valid proof on";
    if (reason == PP_MARKET_OK && s->r->state == PP_MARKET_OPEN &&
        s->s->paid != open_price(s->r, s->t))
        return "proof: for the open price";
    if (reason == PP_MARKET_OK && s->r->state < PP_MARKET_ASSIGNED && s->s->paid != 0)
        return "proof: before the auction is over for nothing";
    return NULL;
}

static const char *on_request(const step *s, const pp_check_world *w) {
    const pp_market_request *r = s->r;
    bool asker = is(s->b, r->requester, s->me), primary = is(s->b, r->primary, s->me);
    bool assigned = r->state == PP_MARKET_ASSIGNED;
    pp_u128 fee = r->stake / 20;
    if (s->a.kind == PP_MARKET_PROVE) return on_prove(s, w->reason);
    if (w->reason != PP_MARKET_OK) return NULL;
    switch (s->a.kind) {
    case PP_MARKET_CANCEL:
        if (!asker || r->protocol) return "cancel: by the requester";
        return r->state == PP_MARKET_COMMIT && r->commits_len == 0 ? NULL
                                                                   : "cancel: before a commit";
    case PP_MARKET_RAISE:
        if (!asker || r->protocol) return "raise: by the requester";
        if (pp_market_state_is_terminal(r->state)) return "raise: while it is not over";
        return s->s->cap > r->cap ? NULL : "raise: R only rises";
    case PP_MARKET_BID:
        return on_bid(s);
    case PP_MARKET_OPEN_BID:
        return on_open_bid(s, &w->command);
    case PP_MARKET_DECLINE:
        if (!assigned || !primary) return "decline: by the primary";
        if (!r->insured && r->claimed) return "decline: not of a claim";
        if (r->winner_at + 1 == r->winners_len) fee += r->terms.reserve - r->price;
        if (!r->insured && s->me->stake - s->mine->stake != min128(fee, r->stake))
            return "decline: for 5 % of S, and r - p where no winner is left";
        return r->insured || s->t <= r->assigned + r->terms.decline_window ? NULL
                                                                           : "decline: until w0";
    case PP_MARKET_RELEASE:
        if (!assigned || !primary) return "release: by the primary";
        return r->insured ? NULL : "release: of what is proven";
    case PP_MARKET_CLAIM:
        return on_claim(s);
    default:
        return NULL;
    }
}

// ---- draws
// -------------------------------------------------------------------------------------------

// The price and the primary by the rule: the m lowest, ties by the draw, the lowest draw first.
static const char *on_draw(const step *s, uint32_t order) {
    static const uint8_t ranks[6][PP_CHECK_PROVERS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    pp_u128 lowest[PP_CHECK_PROVERS]; // bid and rank in one number
    uint32_t n = 0;
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(s->b, s->r, c)) != NULL;) {
        if (!c->revealed) continue;
        pp_u128 x = c->bid << 8 | ranks[order][c->account];
        uint32_t at = n++;
        for (; at > 0 && lowest[at - 1] > x; at--) lowest[at] = lowest[at - 1];
        lowest[at] = x;
    }
    uint32_t m = s->r->terms.winners;
    pp_u128 price = n > m ? lowest[m] >> 8 : s->r->terms.reserve;
    if (s->s->price != price) return "draw: p is the (m+1)-th lowest bid, or r";
    uint32_t best = 255;
    for (uint32_t i = 0; i < n && i < m; i++)
        if ((uint8_t)lowest[i] < best) best = (uint8_t)lowest[i];
    if (ranks[order][s->s->primary] != best) return "draw: the primary is the first of the winners";
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(s->n, s->s, c)) != NULL;)
        if (c->held != 0 && c->rank == 0) return "draw: losers are free";
    pp_u128 need = stake_for(s, &s->r->terms, price, s->r->terms.reserve);
    return s->s->stake == need ? NULL : "draw: S at the price";
}

// ---- what any step may do to a request
// -------------------------------------------------------------------

static pp_u128 owed_to(const pp_market *m, uint32_t who) {
    pp_u128 owed = 0;
    for (uint32_t i = 0; i < m->accounts_len; i++)
        for (uint32_t d = m->accounts[i].debts_first; d != UINT32_MAX; d = m->debts[d].next)
            if (m->debts[d].to == who) owed += m->debts[d].amount;
    return owed;
}

// Where the money of a request goes as it ends, seen from its accounts.
static const char *on_closing(const step *s) {
    const pp_market_request *r = s->r, *n = s->s;
    pp_u128 pot = r->pot, faults = r->faults;
    if (n->defaulters_len > r->defaulters_len) {
        pot += r->stake;
        faults += r->price;
    }
    if ((s->n->burned - s->b->burned) * 5 + 5 < pot) return "each default burns 0.2 S at least";
    // With several requests two may end at once, and an account's money is of both.
    if (!n->settled || s->n->posted > 1) return NULL;
    const pp_market_account *payee = &s->b->accounts[n->payee], *now = &s->n->accounts[n->payee];
    if (n->payee != r->requester &&
        now->free + owed_to(s->n, n->payee) < payee->free + owed_to(s->b, n->payee) + n->paid)
        return "pay: all of it, held or owed";
    pp_u128 compensation = min128(2 * pot / 5, faults / 2), bounty = min128(2 * pot / 5, faults);
    bool in_pot = false;
    for (uint32_t i = 0; i < n->defaulters_len; i++) in_pot |= n->defaulters[i] == n->payee;
    if (in_pot || !r->opened_once) bounty = 0;
    uint64_t gone = s->n->now - r->opened; // a proof comes now; an insurer's default came earlier
    if (gone < r->terms.bounty_window) bounty = bounty * gone / r->terms.bounty_window;
    pp_u128 got = now->free - payee->free, bonds = 0;
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(s->b, r, c)) != NULL;)
        if (c->account == n->payee) bonds += c->bond;
    if (n->payee == r->requester)
        return got <= r->escrow + compensation + bonds ? NULL
                                                       : "bounty: none for a requester that proves";
    if (got > n->paid + bounty + bonds)
        return in_pot ? "bounty: none for a defaulter" : "bounty: within its caps, if ever opened";
    return NULL;
}

static const char *on_default(const step *s) {
    const pp_market_request *r = s->r, *n = s->s;
    if (r->state != PP_MARKET_ASSIGNED || s->n->now <= r->deadline) return "default: after d1 only";
    if (n->state == PP_MARKET_OPEN && n->expires == r->expires &&
        open_price(n, n->opened) < r->price)
        return "a default never lowers the price";
    return NULL;
}

// What a closed request does to its lane's rate, posted at one and closed at another.
static const char *on_rate(const pp_market_request *n, pp_u128 start, pp_u128 rate) {
    pp_u128 now = rate * n->terms.work / 1000000, posted = n->terms.reserve;
    pp_u128 next = pp_market_next_rate(rate, start, n);
    if (next < start / 2) return "reserve: never below half of the first";
    if (next > 4 * start) return "reserve: never above four times the first";
    if (next < rate - rate / 8 || next > rate + rate / 8) return "reserve: by an eighth";
    if ((next < rate && now < posted) || (next > rate && now > posted))
        return "reserve: once for all that were posted at one";
    if (next < rate && (n->state != PP_MARKET_PAID || n->claimed))
        return "reserve: falls where an auction paid";
    if (next < rate && n->bids <= n->terms.winners) return "reserve: falls where more than m bid";
    if (next > rate && n->bids > 0) return "reserve: rises where nobody bid";
    if (next > rate && n->paid <= n->terms.reserve) return "reserve: rises where r was too little";
    return NULL;
}

static const char *on_rates(const step *s) {
    const char *bad = NULL;
    pp_u128 posted = s->s->terms.reserve * 1000000 / s->s->terms.work;
    for (pp_u128 start = posted / 4; bad == NULL && start <= 2 * posted; start *= 2)
        for (pp_u128 eighths = 4; bad == NULL && eighths <= 32; eighths++)
            bad = on_rate(s->s, start, start * eighths / 8);
    return bad;
}

static const char *on_reopening(const step *s) {
    const pp_market_request *r = s->r, *n = s->s;
    const pp_market_account *fund = &s->b->accounts[r->requester];
    pp_u128 top = cap_at(r, r->expires), most = 4 * r->terms.reserve;
    if (n->cap < r->cap) return "reopened: R only rises";
    if (n->cap > max128(top, most)) return "reopened: for 4 r at most";
    if (n->cap < min128(top + top / 2, most))
        return "reopened: for half as much again, whatever the fund has";
    // Another that ends or reopens at the same time gives money back, or takes some.
    bool ends = s->n->open_len != s->b->open_len;
    if (!ends && fund->debts_len > 0 && n->escrow != r->escrow)
        return "reopened: the fund's debts first";
    if (s->n->posted > 1) return NULL;
    pp_u128 has = r->escrow + (fund->debts_len > 0 ? 0 : fund->free);
    return n->escrow == min128(n->cap, has)
               ? NULL
               : "reopened: what the fund has and does not owe is held";
}

static const char *on_any(const step *s, bool offered) {
    const pp_market_request *r = s->r, *n = s->s;
    bool was = pp_market_state_is_terminal(r->state), over = pp_market_state_is_terminal(n->state);
    bool sealed = r->state == PP_MARKET_REVEAL && !r->drawing;
    pp_u128 bonds = 0;
    for (const pp_market_commit *c = NULL; sealed && (c = pp_market_commit_after(s->b, r, c));)
        bonds += c->bond;
    if (sealed && (n->drawing || n->state == PP_MARKET_OPEN) && s->n->burned < s->b->burned + bonds)
        return "reveal: what stays sealed loses its bond";
    if (r->claimed && n->state == PP_MARKET_OPEN && n->expires == r->expires &&
        (n->ramp_start != r->ramp_start || n->ramp_from != r->ramp_from))
        return "open: a claimed ramp goes on as if it had not been claimed";
    if (was && (n->state != r->state || n->paid != r->paid || n->payee != r->payee))
        return "what is over stays as it ended";
    if (r->proven && !n->proven) return "proven: irreversible";
    if (!was && over) {
        const char *bad = on_closing(s);
        if (bad == NULL && n->protocol) bad = on_rates(s);
        if (bad != NULL) return bad;
    }
    if (n->state == PP_MARKET_EXPIRED && !was && (offered || s->n->now <= r->expires))
        return "expired: after Texp, and only if no valid proof was offered";
    if (n->defaulters_len > r->defaulters_len) return on_default(s);
    if (n->expires != r->expires) return on_reopening(s);
    bool starts =
        n->state == PP_MARKET_ASSIGNED && (r->state != n->state || r->assigned != n->assigned);
    if (starts && n->deadline + n->terms.work_window > n->expires)
        return "assigned: until a w1 before the expiry at most";
    if (starts && n->claimed && s->b->accounts[n->primary].open_defaults > 0)
        return "assigned: no claim of somebody with an unresolved default";
    if (starts && n->stake == 0) return "assigned: with a stake";
    return NULL;
}

// ---- the rest of the actions
// ---------------------------------------------------------------------------

static const char *on_protocol_post(const step *s, const pp_check_world *after) {
    const pp_market_request *n = pp_check_request(after, s->a.request);
    const pp_market_account *fund = account(s->b, PP_CHECK_FUND);
    if (n == NULL || pp_check_request(after, s->a.request)->posted != s->t) return NULL;
    if (n->escrowed && fund->debts_len > 0) return "fund: its debts first";
    if (n->escrowed && n->escrow < n->terms.reserve) return "fund: r is covered";
    return NULL;
}

static const char *on_command(step *s, const pp_check_world *before, const pp_check_world *after,
                              bool same) {
    pp_market_reason reason = after->reason;
    if (reason != PP_MARKET_OK && reason != PP_MARKET_PROOF && !same)
        return "a refused command changes nothing";
    if (s->a.kind == PP_MARKET_POST)
        return reason == PP_MARKET_OK ? on_post(s, before, &after->command.terms) : NULL;
    if (s->a.kind == PP_MARKET_UNBOND && s->a.arg == 0 && !same) return "unbonding: of something";
    if (s->a.kind == PP_MARKET_UNBONDED && reason == PP_MARKET_OK && s->t < s->me->unbond_at)
        return "unbonding: not before its time";
    if (s->a.kind < PP_MARKET_CANCEL || s->r == NULL) return NULL;
    return on_request(s, after);
}

const char *pp_check_properties(const pp_check_world *before, const pp_check_world *after,
                                pp_check_action a, bool same) {
    step s = {.b = &before->m, .n = &after->m, .t = before->m.now, .a = a};
    s.me = account(s.b, a.who);
    s.mine = account(s.n, a.who);
    s.r = pp_check_request(before, a.request);
    s.s = pp_check_request(after, a.request);
    const char *bad = NULL;
    if (a.op == PP_CHECK_COMMAND) bad = on_command(&s, before, after, same);
    if (a.op == PP_CHECK_POST_PROTOCOL && after->reason == PP_MARKET_OK)
        bad = on_protocol_post(&s, after);
    if (a.op == PP_CHECK_VOID && s.r != NULL && s.r->state == PP_MARKET_ASSIGNED && s.r->insured &&
        s.s->state != PP_MARKET_INSURED)
        bad = "voided: who insured it is paid";
    if (bad != NULL || same) return bad;
    if (s.n->accounts_len > s.b->accounts_len && (a.arg == 0 || a.arg < s.b->params.proof_bond))
        return "money: what makes an account is worth a proof's bond";
    for (uint32_t i = 0; i < PP_CHECK_REQUESTS; i++) {
        s.r = pp_check_request(before, i);
        s.s = pp_check_request(after, i);
        if (s.r == NULL || s.s == NULL) continue;
        bad = on_any(&s, before->ghost.offered[i]);
        if (bad == NULL && a.op == PP_CHECK_BEACON && s.r->state == PP_MARKET_REVEAL &&
            s.s->state == PP_MARKET_ASSIGNED)
            bad = on_draw(&s, a.arg);
        if (bad != NULL) return bad;
    }
    return NULL;
}
