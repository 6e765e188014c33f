// SPDX-License-Identifier: MIT OR Apache-2.0
// The world that every rule set gets: requests, provers, crashes, delays.
#include <stdlib.h>

#include "sim/sim.h"

static const char *const adversaries[] = {
#define X(name, word, text) word,
    PP_SIM_ADVERSARIES(X)
#undef X
};
static const char *const adversary_texts[] = {
#define X(name, word, text) (text),
    PP_SIM_ADVERSARIES(X)
#undef X
};
static const char *const rule_names[] = {
#define X(name, text) text,
    PP_SIM_RULES(X)
#undef X
};

const char *pp_sim_adversary_name(pp_sim_adversary a) {
    return adversaries[a];
}
const char *pp_sim_adversary_text(pp_sim_adversary a) {
    return adversary_texts[a];
}
const char *pp_sim_rules_name(pp_sim_rules r) {
    return rule_names[r];
}

// splitmix64 over the four numbers: any of them may be asked for in any order.
uint64_t pp_sim_random(uint64_t seed, uint64_t a, uint64_t b, uint64_t c) {
    uint64_t x = seed;
    const uint64_t parts[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        x += 0x9e3779b97f4a7c15u + parts[i] * 0xd1342543de82ef95u;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        x = (x ^ x >> 27) * 0x94d049bb133111ebu;
        x ^= x >> 31;
    }
    return x;
}

// Between 1/8 and 8 in 256ths, most near 1: 2^((sum of 4 dice) - 2), linear between the powers.
static uint64_t spread(uint64_t x) {
    uint64_t sum = 0; // 0 to 6 in 1024ths
    for (int i = 0; i < 4; i++) sum += (x >> (16 * i) & 0xffff) * 1536 / 65536;
    uint64_t whole = sum / 1024, part = sum % 1024;
    return (uint64_t)32 * ((uint64_t)1 << whole) * (1024 + part) / 1024;
}

enum { HALT_EVERY = 300000, HALT = 120000 }; // ms
enum { GAP = 2000, WORK = 20000000, SPEED = 1000000, UNIT = 1000 };

bool pp_sim_open(pp_sim_world *w, const pp_sim_config *c, pp_sim_result *out) {
    memset(w, 0, sizeof *w);
    memset(out, 0, sizeof *out);
    w->config = c;
    w->out = out;
    w->requests_len = c->adversary == PP_SIM_SPAM ? 2 * c->requests : c->requests;
    w->provers = calloc(c->provers, sizeof *w->provers);
    w->requests = calloc(w->requests_len, sizeof *w->requests);
    w->busy = calloc((size_t)c->provers * 4, sizeof *w->busy);
    w->times = calloc(c->requests, sizeof *w->times);
    if (!w->provers || !w->requests || !w->busy || !w->times) return false;
    for (uint32_t i = 0; i < c->provers; i++) {
        pp_sim_prover *p = &w->provers[i];
        p->speed = SPEED * spread(pp_sim_random(c->seed, 1, i, 0)) / 256;
        p->unit = UNIT * (256 + (pp_sim_random(c->seed, 1, i, 1) & 511)) / 512;
        p->slots = 1 + (uint32_t)(pp_sim_random(c->seed, 1, i, 2) % 4);
        p->busy = w->busy + (size_t)i * 4;
        bool attacks = c->adversary >= PP_SIM_WITHHOLD && c->adversary != PP_SIM_SPAM &&
                       c->adversary != PP_SIM_SHILL;
        p->bad = attacks && pp_sim_random(c->seed, 1, i, 3) % 100 < c->adversaries;
    }
    uint64_t t = 0;
    for (uint32_t i = 0; i < w->requests_len; i++) {
        pp_sim_request *r = &w->requests[i];
        uint64_t x = pp_sim_random(c->seed, 2, i, 0);
        uint64_t gap = c->adversary == PP_SIM_SPAM ? GAP / 2 : GAP;
        t += gap * ((x & 0xffff) + (x >> 16 & 0xffff)) / 65536; // mean: the gap
        r->posted = t;
        r->work = WORK * spread(pp_sim_random(c->seed, 2, i, 1)) / 256;
        r->reserve = r->work / 1000000 * UNIT * 3 / 2 + 1; // one and a half times the mean cost
        r->fake = c->adversary == PP_SIM_SPAM && i % 2 == 1;
        if (r->fake) r->reserve /= 10;
    }
    return true;
}

void pp_sim_close(pp_sim_world *w) {
    free(w->provers);
    free(w->requests);
    free(w->busy);
    free(w->times);
}

uint64_t pp_sim_cost(const pp_sim_prover *p, const pp_sim_request *r) {
    return r->work / 1000 * p->unit / 1000 + 1;
}

uint64_t pp_sim_proof_time(const pp_sim_prover *p, const pp_sim_request *r) {
    return r->work * 1000 / p->speed + 1;
}

bool pp_sim_crashes(const pp_sim_world *w, uint32_t request, uint32_t prover) {
    pp_sim_adversary a = w->config->adversary;
    uint64_t percent = a == PP_SIM_CRASH || a == PP_SIM_THIEF ? 20 : 2;
    return pp_sim_random(w->config->seed, 3, request, prover) % 100 < percent;
}

uint64_t pp_sim_block(const pp_sim_world *w, uint64_t t) {
    uint64_t at = t % HALT_EVERY;
    if (w->config->adversary != PP_SIM_HALT || at < HALT_EVERY - HALT) return t;
    return t + HALT_EVERY - at;
}

uint64_t pp_sim_delay(const pp_sim_world *w, uint32_t request, uint32_t prover, uint32_t message) {
    uint64_t x = pp_sim_random(w->config->seed, 4 + message, request, prover);
    if (w->config->adversary == PP_SIM_SLOW && x % 10 == 0) return (x >> 8) % 20000;
    return (x >> 8) % 1000;
}

uint32_t pp_sim_candidate(const pp_sim_world *w, uint32_t request, uint32_t k) {
    // A stride that visits different provers; the same ones for every rule set.
    uint32_t n = w->config->provers;
    uint64_t x = pp_sim_random(w->config->seed, 9, request, 0);
    return (uint32_t)((x + (uint64_t)k * (1 + n / PP_SIM_CANDIDATES)) % n);
}

bool pp_sim_is_bad(const pp_sim_world *w, uint32_t request, uint32_t prover) {
    if (w->config->adversary == PP_SIM_SHILL) return prover == pp_sim_candidate(w, request, 0);
    return w->provers[prover].bad;
}

bool pp_sim_stalls(const pp_sim_world *w, uint32_t request, uint32_t prover) {
    pp_sim_adversary a = w->config->adversary;
    return a != PP_SIM_RING && a != PP_SIM_SYBIL && pp_sim_is_bad(w, request, prover);
}

uint64_t pp_sim_bid(const pp_sim_world *w, uint32_t request, uint32_t prover) {
    const pp_sim_request *r = &w->requests[request];
    if (pp_sim_is_bad(w, request, prover)) {
        if (w->config->adversary == PP_SIM_RING) return r->reserve;
        if (w->config->adversary == PP_SIM_SHILL) return r->reserve / 3;
        if (w->config->adversary != PP_SIM_WITHHOLD) return 0;
    }
    return pp_sim_cost(&w->provers[prover], r);
}

uint64_t *pp_sim_slot(pp_sim_prover *p, uint64_t t) {
    for (uint32_t i = 0; i < p->slots; i++)
        if (p->busy[i] <= t) return &p->busy[i];
    return NULL;
}

uint64_t pp_sim_work_window(const pp_sim_request *r) {
    return r->work * 1000 / SPEED * 2 + 10000; // twice the mean prover's time, and ten seconds
}

// Which quarter of the provers' speeds: the spread's own quartiles, near enough.
static uint32_t size_of(const pp_sim_prover *p) {
    return p->speed < SPEED * 6 / 10    ? 0
           : p->speed < SPEED           ? 1
           : p->speed < SPEED * 16 / 10 ? 2
                                        : 3;
}

void pp_sim_served(pp_sim_world *w, uint32_t request, uint32_t prover, uint64_t t, uint64_t price) {
    const pp_sim_request *r = &w->requests[request];
    if (r->fake) return;
    pp_sim_result *o = w->out;
    w->times[o->served++] = t - r->posted;
    o->price_sum += price;
    o->cost_sum += pp_sim_cost(&w->provers[prover], r);
    w->work_by_size[size_of(&w->provers[prover])] += r->work / 1000;
}

static int ascending(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void pp_sim_finish(pp_sim_world *w) {
    pp_sim_result *o = w->out;
    o->requests = w->config->requests;
    uint64_t sum = 0, work = 0;
    qsort(w->times, o->served, sizeof *w->times, ascending);
    for (uint32_t i = 0; i < o->served; i++) {
        sum += w->times[i];
        for (uint32_t k = 0; k < PP_SIM_TIMES; k++)
            o->time_curve[k] += w->times[i] <= (uint64_t)(k + 1) * PP_SIM_CURVE_STEP;
    }
    for (uint32_t k = 0; k < PP_SIM_TIMES; k++)
        o->time_curve[k] = o->time_curve[k] * 10000 / (o->requests > 0 ? o->requests : 1);
    if (o->served > 0) {
        o->time_mean = sum / o->served;
        o->time_p50 = w->times[o->served / 2];
        o->time_p90 = w->times[(uint64_t)o->served * 9 / 10];
    }
    for (int i = 0; i < PP_SIM_SIZES; i++) work += w->work_by_size[i];
    for (int i = 0; i < PP_SIM_SIZES; i++)
        o->work_share[i] = work == 0 ? 0 : w->work_by_size[i] * 10000 / work;
}

uint32_t pp_sim_rules_len(const pp_sim_config *config) {
    return config->adversary == PP_SIM_THIEF ? PP_SIM_RULES_LEN : PP_SIM_UNBOUND;
}

bool pp_sim_run(pp_err *err, pp_sim_result *out, const pp_sim_config *config, pp_sim_rules rules) {
    pp_sim_world w;
    bool ok = pp_sim_open(&w, config, out);
    if (!ok)
        pp_err_set(err, PP_EXIT_USAGE, "no memory for %u provers and %u requests", config->provers,
                   config->requests);
    out->rules = rules;
    if (ok && rules == PP_SIM_UNBOUND)
        ok = pp_sim_run_ours(err, &w, 1, false);
    else if (ok && rules >= PP_SIM_OURS_1)
        ok = pp_sim_run_ours(err, &w, (uint8_t)(rules - PP_SIM_OURS_1 + 1), true);
    else if (ok)
        pp_sim_run_field(&w, rules);
    if (ok) pp_sim_finish(&w);
    pp_sim_close(&w);
    return ok;
}
