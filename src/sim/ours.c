// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly's rules: the engine itself, one block a second, and the agents around it. Money in gwei.
#include <stdlib.h>

#include "sim/sim.h"

enum { BLOCK = 1000, TC = 4000, TR = 3000, W0 = 3000, KAPPA = 4, PLACES = 4096 };
enum { STEP_MAX = 3 * BLOCK }; // market time never goes further from block to block

typedef struct job {
    pp_hash32 id;
    bool live, bid[PP_SIM_CANDIDATES], opened[PP_SIM_CANDIDATES];
    uint64_t proof_at; // when the one who works has its proof; 0: nobody works
    uint32_t worker;   // a prover
    uint32_t failed;   // assignments that failed
    bool failed_here;  // the running assignee will not prove
} job;

typedef struct ours {
    pp_sim_world *w;
    pp_market m;
    void *memory;
    job *jobs;
    uint8_t winners;
    uint64_t wall; // the clock on the wall, ms; the market's stands still while the chain does
} ours;

static pp_address address(uint32_t who) {
    pp_address a = {{0}};
    pp_store_le32(a.b, who + 1);
    return a;
}

static pp_address asker(uint32_t request) {
    pp_address a = {{0}};
    pp_store_le32(a.b, request % 64 + 1);
    a.b[19] = 0xaa;
    return a;
}

// Who copies proofs.
static pp_address thief(void) {
    pp_address a = {{0}};
    a.b[19] = 0xbb;
    return a;
}

static bool verify_unbound(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx, (void)claim;
    return proof.size == 32;
}

static bool verify(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx;
    return proof.size == 32 && memcmp(proof.data, claim->context.b, 32) == 0;
}

static bool set_up(pp_err *err, ours *o, bool bound) {
    pp_market_params p;
    pp_market_params_default(&p);
    p.stake_min = 1000; // gwei here
    p.bond = p.proof_bond = 100;
    p.registration_age = 0;
    p.requests_max = 4096;
    p.inclusion_bound = 1000;
    p.rate_min = 500000;
    p.fee_work = 1;
    p.fee_input = p.fee_place = 0;
    const pp_hash32 zero = {{0}};
    uint32_t accounts = o->w->config->provers + 128;
    o->memory = aligned_alloc(16, (pp_market_memory_size(accounts, PLACES) + 15) / 16 * 16);
    o->jobs = calloc(o->w->requests_len, sizeof *o->jobs);
    if (!o->memory || !o->jobs) return pp_err_set(err, PP_EXIT_USAGE, "no memory for the market");
    pp_market_init(&o->m, o->memory, accounts, PLACES, &p, &zero, &zero, 0);
    o->m.verify = bound ? verify : verify_unbound;
    for (uint32_t i = 0; i < o->w->config->provers; i++) {
        pp_address a = address(i);
        PP_ASSERT(pp_market_deposit(&o->m, &a, 1000000000) == PP_MARKET_OK);
        PP_ASSERT(pp_market_enroll(&o->m, &a, (pp_u128)1000000000000, o->w->provers[i].slots) ==
                  PP_MARKET_OK);
    }
    pp_address copier = thief();
    PP_ASSERT(pp_market_deposit(&o->m, &copier, 1000000000) == PP_MARKET_OK);
    for (uint32_t i = 0; i < 64; i++) {
        pp_address a = asker(i);
        PP_ASSERT(pp_market_deposit(&o->m, &a, (pp_u128)1 << 80) == PP_MARKET_OK);
    }
    return true;
}

// After every transition; the first invariant that fails is kept.
static void check(ours *o) {
    if (o->w->out->broken == NULL) o->w->out->broken = pp_market_check(&o->m);
}

static void post(ours *o, uint32_t i) {
    const pp_sim_request *r = &o->w->requests[i];
    pp_market_command c = {.kind = PP_MARKET_POST, .sender = asker(i), .nonce = i};
    pp_market_terms *t = &c.terms;
    pp_store_le32(t->input_id.b, i);
    t->work = r->work;
    t->reserve = t->cap = r->reserve;
    t->winners = o->winners;
    t->kappa = KAPPA;
    t->commit_window = TC;
    t->reveal_window = TR;
    t->decline_window = W0;
    t->work_window = pp_sim_work_window(r);
    t->bounty_window = t->work_window / 2;
    t->expiry = TC + TR + 10000 + t->winners * t->decline_window + 3 * t->work_window +
                t->bounty_window + 60000;
    o->jobs[i].live = pp_market_step(&o->m, &c) == PP_MARKET_OK;
    pp_market_request_id(&o->jobs[i].id, &o->m.chain_id, &c.sender, c.nonce, t);
    check(o);
}

static pp_market_reason say(ours *o, uint32_t i, uint32_t who, pp_market_kind kind, uint64_t bid) {
    pp_market_command c = {.kind = kind, .sender = address(who), .request = o->jobs[i].id};
    pp_hash32 context;
    c.amount = bid;
    pp_store_le32(c.hash.b, who);
    if (kind == PP_MARKET_BID) pp_market_bid_hash(&c.hash, &c.request, &c.sender, bid, &c.hash);
    pp_market_context(&context, &c.request, &c.sender);
    c.proof = (pp_bytes){context.b, 32};
    if (kind == PP_MARKET_PROVE && o->w->config->adversary == PP_SIM_THIEF) {
        pp_market_command copy = c;
        copy.sender = thief();
        (void)pp_market_step(&o->m, &copy);
        check(o);
    }
    pp_market_reason got = pp_market_step(&o->m, &c);
    if (got == PP_MARKET_OK) check(o);
    return got;
}

static bool stalls(const ours *o, uint32_t i, uint32_t who) {
    return pp_sim_stalls(o->w, i, who);
}

static bool fits(const ours *o, uint32_t i, uint32_t who, uint64_t window) {
    return pp_sim_proof_time(&o->w->provers[who], &o->w->requests[i]) + 2000 <= window;
}

// Sealed bids and openings, each when its message arrives.
static void auction(ours *o, uint32_t i, const pp_market_request *r) {
    for (uint32_t k = 0; k < PP_SIM_CANDIDATES; k++) {
        uint32_t who = pp_sim_candidate(o->w, i, k);
        pp_sim_prover *p = &o->w->provers[who];
        job *j = &o->jobs[i];
        uint64_t bid = pp_sim_bid(o->w, i, who), late = pp_sim_delay(o->w, i, who, 0);
        if (bid > r->terms.reserve) continue;
        if (r->state == PP_MARKET_COMMIT && !j->bid[k] && o->m.now >= r->posted + late &&
            pp_sim_slot(p, o->wall) && (stalls(o, i, who) || fits(o, i, who, r->terms.work_window)))
            j->bid[k] = say(o, i, who, PP_MARKET_BID, bid) == PP_MARKET_OK;
        bool opens = !(stalls(o, i, who) && o->w->config->adversary == PP_SIM_WITHHOLD);
        if (r->state == PP_MARKET_REVEAL && !r->drawing && j->bid[k] && !j->opened[k] && opens &&
            o->m.now >= pp_market_commit_end(r) + pp_sim_delay(o->w, i, who, 2))
            j->opened[k] = say(o, i, who, PP_MARKET_OPEN_BID, bid) == PP_MARKET_OK;
    }
}

static void begin_work(ours *o, uint32_t i, uint32_t who) {
    job *j = &o->jobs[i];
    uint64_t *slot = pp_sim_slot(&o->w->provers[who], o->wall);
    j->worker = who;
    j->proof_at = o->wall + pp_sim_proof_time(&o->w->provers[who], &o->w->requests[i]) +
                  pp_sim_delay(o->w, i, who, 1);
    if (slot) *slot = j->proof_at;
}

// Whoever was assigned works, unless it stalls or crashes.
static void assigned(ours *o, uint32_t i, const pp_market_request *r) {
    job *j = &o->jobs[i];
    uint32_t who = pp_load_le32(o->m.accounts[r->primary].address.b) - 1;
    if (r->assigned == o->m.now || j->proof_at == 0) {
        if (j->failed_here) return;
        j->failed_here = stalls(o, i, who) || pp_sim_crashes(o->w, i, who);
        if (!j->failed_here) begin_work(o, i, who);
    }
    if (j->proof_at != 0 && o->wall >= j->proof_at && j->worker == who)
        (void)say(o, i, who, PP_MARKET_PROVE, 0);
}

// An open request: those it pays claim it; in the last window the first of them works at once.
static void open_one(ours *o, uint32_t i, const pp_market_request *r) {
    job *j = &o->jobs[i];
    j->failed_here = false;
    if (j->proof_at != 0 && o->wall >= j->proof_at) {
        pp_market_reason got = say(o, i, j->worker, PP_MARKET_PROVE, 0);
        if (got == PP_MARKET_OK || pp_market_state_is_terminal(r->state)) return;
        j->proof_at = 0;
    }
    if (j->proof_at != 0) return; // somebody works on it already
    uint64_t pay = (uint64_t)pp_market_open_price(r, o->m.now);
    bool claims = o->m.now + 2 * r->terms.work_window <= r->expires &&
                  o->w->config->adversary != PP_SIM_THIEF;
    for (uint32_t k = 0; k < PP_SIM_CANDIDATES; k++) {
        uint32_t who = pp_sim_candidate(o->w, i, k);
        pp_sim_prover *p = &o->w->provers[who];
        if (!pp_sim_slot(p, o->wall) || !fits(o, i, who, r->terms.work_window)) continue;
        bool crashed = !stalls(o, i, who) && pp_sim_crashes(o->w, i, who);
        if (crashed && j->failed > 0) continue; // still down
        bool attacks = stalls(o, i, who) && o->w->config->adversary != PP_SIM_WITHHOLD;
        if (!attacks && pp_sim_cost(p, &o->w->requests[i]) > pay) continue;
        if (claims) {
            (void)say(o, i, who, PP_MARKET_CLAIM, 0);
        } else if (!stalls(o, i, who) && !crashed) {
            begin_work(o, i, who);
            return;
        }
    }
}

static void closed(ours *o, uint32_t i, const pp_market_request *r) {
    o->jobs[i].live = false;
    o->w->out->stalled += r->defaulters_len > 0 && !o->w->requests[i].fake;
    if (!r->settled) return;
    pp_address payee = o->m.accounts[r->payee].address, copier = thief();
    bool stolen = pp_address_eq(&payee, &copier);
    o->w->out->stolen += stolen;
    pp_sim_served(o->w, i, stolen ? o->jobs[i].worker : pp_load_le32(payee.b) - 1, o->wall,
                  (uint64_t)r->paid);
}

static void lost_stake(void *ctx, const pp_market_event *e) {
    ours *o = ctx;
    if (e->kind == PP_MARKET_EVENT_DEFAULTED) o->w->out->stake_lost += (uint64_t)e->amount;
    if (e->kind != PP_MARKET_EVENT_DEFAULTED) return;
    const pp_market_request *r = pp_market_find_request(&o->m, &e->request);
    uint32_t i = pp_load_le32(r->terms.input_id.b);
    o->jobs[i].failed++;
    o->jobs[i].proof_at = 0;
}

static void act(ours *o, uint32_t i) {
    job *j = &o->jobs[i];
    const pp_market_request *r = pp_market_find_request(&o->m, &j->id);
    if (r == NULL || pp_market_state_is_terminal(r->state)) {
        PP_ASSERT(r != NULL); // the market keeps more than are ever live here
        closed(o, i, r);
        return;
    }
    if (o->w->requests[i].fake && r->state > PP_MARKET_REVEAL && r->state != PP_MARKET_OPEN)
        j->failed_here = false; // a program that runs: it is proven and paid like any other
    if (r->state == PP_MARKET_COMMIT || r->state == PP_MARKET_REVEAL) auction(o, i, r);
    if (r->state == PP_MARKET_ASSIGNED) assigned(o, i, r);
    if (r->state == PP_MARKET_OPEN) open_one(o, i, r);
    if (pp_market_state_is_terminal(r->state)) closed(o, i, r);
}

bool pp_sim_run_ours(pp_err *err, pp_sim_world *w, uint8_t winners, bool bound) {
    ours o = {.w = w, .winners = winners};
    bool ok = set_up(err, &o, bound);
    o.m.on_event = lost_stake;
    o.m.event_ctx = &o;
    uint32_t first = 0, next = 0;
    while (ok && first < w->requests_len) {
        uint64_t block = pp_sim_block(w, o.wall + BLOCK), step = block - o.wall;
        o.wall = block;
        pp_market_advance(&o.m, o.m.now + (step < STEP_MAX ? step : STEP_MAX));
        check(&o);
        for (; next < w->requests_len && w->requests[next].posted <= o.wall; next++) post(&o, next);
        for (uint32_t i = first; i < next; i++)
            if (o.jobs[i].live) act(&o, i);
        while (first < next && !o.jobs[first].live) first++;
        pp_hash32 beacon = {{0}};
        pp_store_le64(beacon.b, pp_sim_random(w->config->seed, 7, o.m.now, winners));
        pp_market_beacon(&o.m, &beacon);
        check(&o);
    }
    free(o.memory);
    free(o.jobs);
    return ok;
}
