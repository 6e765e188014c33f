// SPDX-License-Identifier: MIT OR Apache-2.0
// A scope's world, and what one action does to it.
#include <stdio.h>
#include <stdlib.h>

#include "checker/checker.h"

pp_market_guard pp_market_guard_off;
int pp_market_limit_off = -1;

pp_address pp_check_address(uint32_t who) {
    pp_address a = {{0}};
    a.b[0] = (uint8_t)(who + 1);
    return a;
}

const pp_market_request *pp_check_request(const pp_check_world *w, uint32_t i) {
    return pp_market_find_request(&w->m, &w->ids[i]);
}

static bool verify(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx;
    return proof.size == 32 && memcmp(proof.data, claim->context.b, 32) == 0;
}

static uint32_t number_of(const pp_address *a) {
    return (uint32_t)a->b[0] - 1;
}

static void on_event(void *ctx, const pp_market_event *e) {
    pp_check_world *w = ctx;
    if (e->account.b[0] == 0 || number_of(&e->account) >= PP_CHECK_ACCOUNTS) return;
    uint32_t who = number_of(&e->account);
    const pp_market_request *r = pp_market_find_request(&w->m, &e->request);
    if (e->kind == PP_MARKET_EVENT_DEFAULTED) w->ghost.faults[who] += (uint32_t)r->price;
    if (e->kind == PP_MARKET_EVENT_DECLINED) w->ghost.lost_by_decline[who] += (uint32_t)e->amount;
}

// Variants beyond the scope's own terms are wrong in one thing each.
void pp_check_terms(pp_market_terms *t, const pp_check_scope *s, uint32_t variant) {
    memset(t, 0, sizeof *t);
    t->program_id.b[0] = 3;
    t->work = 1;
    t->reserve = s->reserve;
    t->cap = s->cap;
    t->winners = s->winners;
    t->kappa = 2;
    t->match = PP_MARKET_EXACT;
    t->output_size = 1;
    t->commit_window = s->commit;
    t->reveal_window = s->reveal;
    t->decline_window = s->decline;
    t->work_window = s->work;
    t->bounty_window = s->bounty;
    t->expiry = s->commit + s->reveal + s->beacon + s->winners * s->decline + 3 * s->work +
                s->bounty + s->slack;
    if (s->step != 0) {
        t->steps_len = 1;
        t->steps[0].after = t->expiry / 2;
        t->steps[0].cap = s->step;
    }
    switch (variant) {
    case 1:
        t->winners = 0;
        break;
    case 2:
        t->winners = 6;
        break;
    case 3:
        t->kappa = 1;
        break;
    case 4:
        t->decline_window = t->work_window / 4 + 1;
        t->expiry += 10;
        break;
    case 5:
        t->expiry--;
        break;
    case 6:
        t->work = 5;
        break;
    case 7:
        t->reserve = 0;
        break;
    case 8:
        t->cap = t->reserve - 1;
        break;
    case 9:
        t->steps_len = 1;
        t->steps[0].after = 2;
        t->steps[0].cap = t->cap;
        break;
    case 11:
        t->match = PP_MARKET_ANY;
        break;
    case 12:
        t->commit_window = 0;
        break;
    case 13:
        t->reveal_window = 0;
        break;
    case 10: // right, and cheaper
        t->reserve = t->cap = 4;
        break;
    default:
        break;
    }
}

void pp_check_open(pp_check_world *w, const pp_check_scope *s) {
    pp_market_params p;
    pp_market_params_default(&p);
    p.stake_min = s->stake_min > 0 ? s->stake_min : 1;
    p.bond = 1;
    p.proof_bond = s->proof_bond > 0 ? s->proof_bond : 1;
    p.registration_age = 2;
    p.unbonding = 3;
    p.beacon_bound = s->beacon;
    p.inclusion_bound = 0;
    p.rate_min = 1000;
    p.fee_work = 1000000; // 1 a request
    p.fee_input = p.fee_place = 0;
    p.slots_max = 4;
    memset(w, 0, sizeof *w);
    w->scope = s;
    w->memory_size = (pp_market_memory_size(PP_CHECK_ACCOUNTS + 1, s->places) + 15) / 16 * 16;
    w->memory = aligned_alloc(16, w->memory_size);
    PP_ASSERT(w->memory != NULL);
    memset(w->memory, 0, w->memory_size);
    const pp_hash32 zero = {{0}};
    pp_market_init(&w->m, w->memory, PP_CHECK_ACCOUNTS + 1, s->places, &p, &zero, &zero, 100);
    w->m.verify = verify;
    w->m.kept = s->kept;
    w->m.debts_share = w->m.debts_max; // one fund
    for (uint32_t i = 0; i < PP_CHECK_ACCOUNTS; i++) {
        pp_address a = pp_check_address(i);
        uint64_t cash = i < PP_CHECK_PROVERS  ? s->cash
                        : i == PP_CHECK_ASKER ? s->asker
                        : i == PP_CHECK_FUND  ? s->fund
                                              : 20;
        PP_ASSERT(pp_market_deposit(&w->m, &a, cash) == PP_MARKET_OK);
        w->started[i] = cash;
        if (i >= PP_CHECK_PROVERS) continue;
        PP_ASSERT(pp_market_enroll(&w->m, &a, s->stake, (uint32_t)s->slots) == PP_MARKET_OK);
        w->started[i] += s->stake;
    }
    for (uint32_t i = 0; i < s->requests; i++) {
        pp_check_action post = {PP_CHECK_COMMAND, PP_MARKET_POST, PP_CHECK_ASKER, (uint8_t)i, 0};
        if (s->protocol) post.op = PP_CHECK_POST_PROTOCOL;
        pp_check_do(w, post);
        PP_ASSERT(w->reason == PP_MARKET_OK);
    }
    w->m.on_event = on_event;
    w->m.event_ctx = w;
}

void pp_check_close(pp_check_world *w) {
    free(w->memory);
}

// ---- actions
// --------------------------------------------------------------------------------------

static void beacon(pp_check_world *w, uint32_t order) {
    static const uint8_t ranks[6][PP_CHECK_PROVERS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    pp_hash32 preimage = {{0}};
    memset(preimage.b, 9, sizeof preimage.b);
    memcpy(preimage.b, ranks[order], PP_CHECK_PROVERS); // accounts are made in this order
    pp_market_beacon(&w->m, &preimage);
    w->reason = PP_MARKET_OK;
}

static pp_hash32 salt_of(uint32_t who, uint32_t bid) {
    pp_hash32 salt = {{0}};
    salt.b[0] = (uint8_t)who;
    salt.b[1] = (uint8_t)bid;
    return salt;
}

static void command(pp_check_world *w, pp_check_action a) {
    static uint8_t proof[32];
    pp_market_command *c = &w->command;
    memset(c, 0, sizeof *c);
    c->kind = (pp_market_kind)a.kind;
    c->sender = pp_check_address(a.who);
    c->request = w->ids[a.request];
    switch (c->kind) {
    case PP_MARKET_REGISTER:
        c->amount = (a.arg & 15) * 2;
        c->slots = a.arg >> 4;
        break;
    case PP_MARKET_POST:
        pp_check_terms(&c->terms, w->scope, a.arg);
        c->nonce = a.request;
        if (a.arg == 0)
            pp_market_request_id(&w->ids[a.request], &w->m.chain_id, &c->sender, c->nonce,
                                 &c->terms);
        break;
    case PP_MARKET_BID:
    case PP_MARKET_OPEN_BID:
        c->hash = salt_of(a.who, a.arg);
        if (c->kind == PP_MARKET_BID)
            pp_market_bid_hash(&c->hash, &c->request, &c->sender, a.arg, &c->hash);
        else
            c->amount = a.arg;
        break;
    case PP_MARKET_PROVE: {
        pp_hash32 context;
        pp_market_context(&context, &c->request, &c->sender);
        memcpy(proof, context.b, 32);
        proof[0] ^= a.arg == 0;
        c->proof = (pp_bytes){proof, 32};
        c->output_size = 1;
        c->output[0] = a.arg == 2;
        break;
    }
    default:
        c->amount = a.arg;
        break;
    }
    w->reason = pp_market_step(&w->m, c);
}

void pp_check_do(pp_check_world *w, pp_check_action a) {
    pp_address who = pp_check_address(a.who), other = pp_check_address(PP_CHECK_ASKER);
    pp_market_terms terms;
    w->reason = PP_MARKET_OK;
    switch ((pp_check_op)a.op) {
    case PP_CHECK_NONE:
        break;
    case PP_CHECK_TICK:
        pp_market_advance(&w->m, w->m.now + 1);
        break;
    case PP_CHECK_BEACON:
        beacon(w, a.arg);
        break;
    case PP_CHECK_COMMAND:
        command(w, a);
        if (a.kind == PP_MARKET_RAISE && w->reason == PP_MARKET_OK) w->ghost.raises++;
        if (a.kind == PP_MARKET_BID && w->reason == PP_MARKET_OK)
            w->ghost.sealed[a.request][a.who] = a.arg;
        if (w->reason == PP_MARKET_PROOF) w->ghost.wrong_proofs++;
        break;
    case PP_CHECK_POST_PROTOCOL:
        pp_check_terms(&terms, w->scope, a.arg);
        who = pp_check_address(PP_CHECK_FUND);
        w->reason = pp_market_post_protocol(&w->m, &w->ids[a.request], &who, a.request, &terms);
        break;
    case PP_CHECK_VOID:
        pp_market_void(&w->m, &w->ids[a.request]);
        break;
    case PP_CHECK_DEPOSIT:
        w->reason = pp_market_deposit(&w->m, &who, a.arg);
        w->ghost.went_in[a.who] += a.arg;
        break;
    case PP_CHECK_WITHDRAW:
        w->reason = pp_market_withdraw(&w->m, &who, a.arg);
        if (w->reason == PP_MARKET_OK) w->ghost.went_in[a.who] -= a.arg;
        break;
    case PP_CHECK_TRANSFER:
        w->reason = pp_market_transfer(&w->m, &who, &other, a.arg);
        if (w->reason != PP_MARKET_OK) break;
        w->ghost.went_in[a.who] -= a.arg;
        w->ghost.went_in[PP_CHECK_ASKER] += a.arg;
        break;
    case PP_CHECK_NEWCOMER:
        other = pp_check_address(PP_CHECK_ACCOUNTS);
        w->reason = pp_market_transfer(&w->m, &who, &other, a.arg);
        break;
    case PP_CHECK_ENROLL:
        w->reason = pp_market_enroll(&w->m, &who, a.arg, 1);
        break;
    }
}

// ---- in words
// ---------------------------------------------------------------------------------------

static const char *name_of(uint32_t who) {
    static const char *const names[] = {"prover 0",  "prover 1", "prover 2",
                                        "requester", "fund",     "stranger"};
    return names[who];
}

void pp_check_describe(char out[160], const pp_check_world *w, pp_check_action a) {
    static const char *const does[] = {[PP_MARKET_REGISTER] = "registers",
                                       [PP_MARKET_UNBOND] = "unbonds",
                                       [PP_MARKET_UNBONDED] = "takes unbonded stake",
                                       [PP_MARKET_POST] = "posts",
                                       [PP_MARKET_CANCEL] = "cancels",
                                       [PP_MARKET_RAISE] = "raises R to",
                                       [PP_MARKET_BID] = "seals a bid of",
                                       [PP_MARKET_OPEN_BID] = "opens a bid of",
                                       [PP_MARKET_DECLINE] = "declines",
                                       [PP_MARKET_RELEASE] = "releases",
                                       [PP_MARKET_CLAIM] = "claims",
                                       [PP_MARKET_PROVE] = "proves"};
    static const char *const proofs[] = {"with a wrong proof", "", "another output"};
    char what[80] = "";
    switch ((pp_check_op)a.op) {
    case PP_CHECK_TICK:
        snprintf(out, 160, "the clock ticks");
        return;
    case PP_CHECK_BEACON:
        snprintf(out, 160, "the beacon draws (order %u)", a.arg);
        return;
    case PP_CHECK_COMMAND:
        if (a.kind == PP_MARKET_PROVE)
            snprintf(what, sizeof what, "%s", proofs[a.arg]);
        else if (a.kind == PP_MARKET_REGISTER)
            snprintf(what, sizeof what, "%u with %u slots", (a.arg & 15) * 2, a.arg >> 4);
        else if (a.arg != 0)
            snprintf(what, sizeof what, "%u", a.arg);
        snprintf(out, 160, "%s %s %s (request %u)", name_of(a.who), does[a.kind], what, a.request);
        break;
    case PP_CHECK_POST_PROTOCOL:
        snprintf(out, 160, "the protocol posts request %u", a.request);
        break;
    case PP_CHECK_VOID:
        snprintf(out, 160, "the protocol voids request %u", a.request);
        break;
    default:
        snprintf(out, 160, "%s %s %u", name_of(a.who),
                 a.op == PP_CHECK_DEPOSIT    ? "is given"
                 : a.op == PP_CHECK_WITHDRAW ? "withdraws"
                 : a.op == PP_CHECK_TRANSFER ? "sends the requester"
                 : a.op == PP_CHECK_NEWCOMER ? "sends somebody new"
                                             : "is enrolled with",
                 a.arg);
        break;
    }
    size_t at = strlen(out);
    snprintf(out + at, 160 - at, ": %s", pp_market_reason_code(w->reason));
}
