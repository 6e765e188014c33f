// SPDX-License-Identifier: MIT OR Apache-2.0
#include "explain/explain.h"

#include <stdlib.h>

void pp_history_init(pp_history *h, const pp_hash32 *about) {
    memset(h, 0, sizeof *h);
    h->has_about = about != NULL;
    if (about != NULL) h->about = *about;
}

void pp_history_free(pp_history *h) {
    free(h->story);
    free(h->clears);
    h->story = NULL;
    h->clears = NULL;
}

static void *grown(pp_history *h, void *list, size_t len, size_t *max, size_t size) {
    if (len < *max) return list;
    size_t more = *max == 0 ? 64 : 2 * *max;
    void *larger = realloc(list, more * size);
    if (larger == NULL) {
        h->failed = true;
        return NULL;
    }
    *max = more;
    return larger;
}

static void tell(pp_history *h, const pp_story *line) {
    pp_story *list = grown(h, h->story, h->story_len, &h->story_max, sizeof *list);
    if (list == NULL) return;
    h->story = list;
    h->story[h->story_len++] = *line;
}

static void note_clear(pp_history *h, const pp_market_request *r) {
    pp_clear *list = grown(h, h->clears, h->clears_len, &h->clears_max, sizeof *list);
    if (list == NULL) return;
    h->clears = list;
    h->clears[h->clears_len++] = (pp_clear){r->paid, r->terms.reserve, r->terms.work, r->settled};
}

void pp_match_read(pp_match *x, const pp_market *m, const pp_market_request *r,
                   const pp_hash32 *preimage) {
    *x = (pp_match){.known = true,
                    .preimage = *preimage,
                    .winners = r->terms.winners,
                    .reserve = r->terms.reserve,
                    .price = r->price};
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(m, r, c)) != NULL;) {
        pp_match_bid *b = &x->bids[x->len++];
        b->prover = m->accounts[c->account].address;
        b->bid = c->bid;
        b->salt = c->salt;
        b->revealed = c->revealed;
        b->rank = c->rank;
    }
    pp_match_recompute(x, &r->id);
}

void pp_history_event(pp_history *h, const pp_market *m, const pp_hash32 *preimage,
                      const pp_market_event *e) {
    const pp_market_request *r = pp_market_find_request(m, &e->request);
    if (e->kind == PP_MARKET_EVENT_CLOSED && r != NULL && r->state != PP_MARKET_CANCELLED)
        note_clear(h, r);
    if (!h->has_about || !pp_hash32_eq(&e->request, &h->about)) return;
    pp_story line = {.event = *e};
    tell(h, &line);
    // The next winner after a decline is of the same draw; a claim's is another one.
    if (e->kind == PP_MARKET_EVENT_ASSIGNED && r != NULL && r->commits_len > 0 && !r->claimed &&
        !h->match.known)
        pp_match_read(&h->match, m, r, preimage);
}

void pp_history_refused(pp_history *h, uint64_t time, const pp_market_command *c,
                        pp_market_reason reason) {
    if (!h->has_about || !pp_hash32_eq(&c->request, &h->about)) return;
    pp_story line = {.refused = true, .kind = c->kind, .reason = reason};
    line.event.time = time;
    line.event.account = c->sender;
    tell(h, &line);
}

// ---- the match
// --------------------------------------------------------------------------------------

static bool comes_before(const pp_match_bid *a, const pp_hash32 *sa, const pp_match_bid *b,
                         const pp_hash32 *sb, bool by_bid) {
    if (by_bid && a->bid != b->bid) return a->bid < b->bid;
    return memcmp(sa->b, sb->b, 32) < 0;
}

void pp_match_recompute(pp_match *x, const pp_hash32 *request) {
    pp_hash32 salts[PP_MARKET_COMMITS_MAX], scores[PP_MARKET_COMMITS_MAX];
    uint32_t n = 0;
    for (size_t i = 0; i < x->len; i++) {
        if (!x->bids[i].revealed) continue;
        uint32_t at = n++;
        for (; at > 0 && memcmp(salts[at - 1].b, x->bids[i].salt.b, 32) > 0; at--)
            salts[at] = salts[at - 1];
        salts[at] = x->bids[i].salt;
    }
    for (size_t i = 0; i < x->len; i++)
        pp_market_draw_score(&scores[i], &x->preimage, request, salts, n, &x->bids[i].prover);
    x->recomputed = x->reserve;
    x->right = true;
    bool won[PP_MARKET_COMMITS_MAX] = {false};
    for (size_t i = 0; i < x->len; i++) { // a place by bid, then among the winners by score alone
        uint32_t before = 0;
        for (size_t k = 0; k < x->len; k++)
            before += x->bids[i].revealed && x->bids[k].revealed && k != i &&
                      comes_before(&x->bids[k], &scores[k], &x->bids[i], &scores[i], true);
        won[i] = x->bids[i].revealed && before < x->winners;
        if (x->bids[i].revealed && before == x->winners) x->recomputed = x->bids[i].bid;
    }
    for (size_t i = 0; i < x->len; i++) {
        uint32_t rank = 1;
        for (size_t k = 0; k < x->len; k++)
            rank += won[k] && k != i &&
                    comes_before(&x->bids[k], &scores[k], &x->bids[i], &scores[i], false);
        x->bids[i].fits = x->bids[i].rank == (won[i] ? rank : 0);
        x->right &= x->bids[i].fits;
    }
    x->right &= x->price == x->recomputed;
}

// ---- who may act
// ------------------------------------------------------------------------------------

static void address_text(char out[43], const pp_address *a) {
    out[0] = '0';
    out[1] = 'x';
    pp_hex_encode(out + 2, a->b, sizeof a->b);
}

#define LINE(...) snprintf(lines[n++], 200, __VA_ARGS__)

size_t pp_explain_next(char lines[8][200], const pp_market *m, const pp_market_request *r) {
    size_t n = 0;
    char who[43] = "", price[40];
    unsigned long long due = 0;
    if (pp_market_state_is_terminal(r->state)) {
        LINE("Nobody: it is over.");
        return n;
    }
    due = pp_market_request_due(m, r);
    if (!r->proven) LINE("Anybody may prove it, until %llu.", (unsigned long long)r->expires);
    switch (r->state) {
    case PP_MARKET_COMMIT:
        LINE("Registered provers may seal bids of at most r until %llu (%u of %llu did).", due,
             r->commits_len, (unsigned long long)m->params.commits_max);
        if (r->commits_len == 0 && !r->protocol)
            LINE("The requester may cancel it until the first bid.");
        break;
    case PP_MARKET_REVEAL:
        if (r->drawing)
            LINE("The next beacon draws among %u bids; without one by %llu it is open.", r->bids,
                 due);
        else
            LINE("Those who sealed a bid must open it by %llu (%u of %u did).", due, r->bids,
                 r->commits_len);
        break;
    case PP_MARKET_ASSIGNED:
        address_text(who, &m->accounts[r->primary].address);
        pp_u128_dec(price, r->price);
        LINE("%s must prove it by %llu, for %s wei.", who, (unsigned long long)r->deadline, price);
        if (r->insured) {
            address_text(who, &m->accounts[r->insurer].address);
            LINE("It is proven already: %s is paid if the primary does not deliver or lets go.",
                 who);
        } else if (!r->claimed && m->now <= r->assigned + r->terms.decline_window) {
            LINE("It may decline until %llu.",
                 (unsigned long long)(r->assigned + r->terms.decline_window));
        }
        break;
    default:
        pp_u128_dec(price, pp_market_open_price(r, m->now));
        LINE("Its proof pays %s wei now, and no less until %llu.", price,
             (unsigned long long)r->expires);
        bool held = pp_market_open_price(r, m->now) <= r->escrow;
        if (held && m->now + 2 * r->terms.work_window <= r->expires)
            LINE("Registered provers may claim it until %llu.",
                 (unsigned long long)(r->expires - 2 * r->terms.work_window));
        pp_u128_dec(price, r->escrow);
        if (!held) LINE("%s wei of that are held: the rest will be its fund's debt.", price);
        break;
    }
    if (!r->protocol) LINE("The requester may raise R.");
    return n;
}
#undef LINE

pp_u128 pp_explain_at_risk(const pp_market *m, const pp_address *prover) {
    const pp_market_account *a = pp_market_find_account(m, prover);
    if (a == NULL) return 0;
    pp_u128 risk = a->held;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;)
        for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(m, r, c)) != NULL;)
            if (&m->accounts[c->account] == a) risk += c->bond;
    return risk;
}

// ---- the answer
// ---------------------------------------------------------------------------------------

const char *pp_explain_command(pp_market_kind kind) {
    static const char *const names[] = {
        [PP_MARKET_CANCEL] = "CANCEL",   [PP_MARKET_RAISE] = "RAISE",
        [PP_MARKET_BID] = "BID",         [PP_MARKET_OPEN_BID] = "OPEN BID",
        [PP_MARKET_DECLINE] = "DECLINE", [PP_MARKET_RELEASE] = "RELEASE",
        [PP_MARKET_CLAIM] = "CLAIM",     [PP_MARKET_PROVE] = "PROVE"};
    return kind >= PP_MARKET_CANCEL && kind < PP_MARKET_KINDS_END ? names[kind] : "?";
}

static void print_story(FILE *out, const pp_history *h) {
    for (size_t i = 0; i < h->story_len; i++) {
        const pp_story *s = &h->story[i];
        char who[43], amount[40];
        address_text(who, &s->event.account);
        pp_u128_dec(amount, s->event.amount);
        if (s->refused)
            fprintf(out, "  %12llu  %-10s %s refused: %s, %s\n", (unsigned long long)s->event.time,
                    pp_explain_command(s->kind), who, pp_market_reason_code(s->reason),
                    pp_market_reason_text(s->reason));
        else
            fprintf(out, "  %12llu  %-10s %s %s\n", (unsigned long long)s->event.time,
                    pp_market_event_name(s->event.kind), who, amount);
    }
}

static void print_match(FILE *out, const pp_match *x) {
    char price[40], again[40], hex[65];
    pp_u128_dec(price, x->price);
    pp_u128_dec(again, x->recomputed);
    pp_hex_encode(hex, x->preimage.b, 32);
    fprintf(out, "\nthe match, recomputed from bids, salts and the beacon 0x%s:\n", hex);
    for (size_t i = 0; i < x->len; i++) {
        char who[43], bid[40];
        address_text(who, &x->bids[i].prover);
        pp_u128_dec(bid, x->bids[i].bid);
        fprintf(out, "  %s  %s  %s\n", who, x->bids[i].revealed ? bid : "never opened",
                !x->bids[i].fits       ? "NOT in the place that the rule gives"
                : x->bids[i].rank == 1 ? "drawn first: the primary"
                : x->bids[i].rank != 0 ? "a winner, drawn later"
                : x->bids[i].revealed  ? "not among the m lowest"
                                       : "");
    }
    fprintf(out, "  m = %u, price %s, by the rule %s: %s\n", x->winners, price, again,
            x->right ? "the match is right" : "THE MATCH IS WRONG");
}

bool pp_explain_print(FILE *out, const pp_history *h, const pp_market *m, const pp_hash32 *id) {
    const pp_market_request *r = pp_market_find_request(m, id);
    if (r == NULL && h->story_len == 0) return false;
    if (r != NULL) {
        char reserve[40], paid[40], who[43];
        fprintf(out, "%s%s", pp_market_state_name(r->state), r->proven ? ", proven" : "");
        pp_u128_dec(reserve, r->terms.reserve);
        pp_u128_dec(paid, r->paid);
        fprintf(out, "; reserve %s wei, m = %u, work %llu", reserve, r->terms.winners,
                (unsigned long long)r->terms.work);
        if (r->settled) {
            address_text(who, &m->accounts[r->payee].address);
            fprintf(out, "; paid %s wei to %s", paid, who);
        }
        fprintf(out, "\n\nwho may act next (it is %llu):\n", (unsigned long long)m->now);
        char lines[8][200];
        size_t n = pp_explain_next(lines, m, r);
        for (size_t i = 0; i < n; i++) fprintf(out, "  %s\n", lines[i]);
    } else {
        fprintf(out, "over, and forgotten by the market; its story is in the log\n");
    }
    fprintf(out, "\nwhat happened:\n");
    print_story(out, h);
    if (h->match.known) print_match(out, &h->match);
    if (h->failed) fprintf(out, "(memory ran out: lines are missing)\n");
    return true;
}

// ---- prices
// -------------------------------------------------------------------------------------------

// a million times a / b without overflow where it matters: prices below 2^90, work below 2^50.
static pp_u128 rate_of(pp_u128 price, uint64_t work) {
    return work == 0 ? price : price * 1000000 / work;
}

static int ascending(const void *a, const void *b) {
    const pp_u128 x = *(const pp_u128 *)a, y = *(const pp_u128 *)b;
    return (x > y) - (x < y);
}

void pp_quote_get(pp_quote *out, const pp_history *h, pp_u128 rate) {
    memset(out, 0, sizeof *out);
    pp_u128 rates[100];
    size_t first = h->clears_len > 100 ? h->clears_len - 100 : 0;
    uint32_t within = 0;
    for (size_t i = first; i < h->clears_len; i++) {
        const pp_clear *c = &h->clears[i];
        out->closed++;
        if (!c->served) continue;
        rates[out->clears] = rate_of(c->price, c->work);
        within += rates[out->clears] <= rate;
        out->clears++;
    }
    if (out->clears == 0) return;
    qsort(rates, out->clears, sizeof rates[0], ascending);
    out->p25 = rates[out->clears / 4];
    out->p50 = rates[out->clears / 2];
    out->p90 = rates[out->clears * 9 / 10];
    out->chance = (uint32_t)(within * 100 / out->closed);
}
