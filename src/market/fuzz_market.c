// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as operations on a small market: several senders, time, the beacon, the application's
// own requests, money in and out, and commands as bytes. Every invariant after every operation.
// What bids, openings and proofs must agree on is made here, so that bytes by chance reach every
// state.
#include <stdio.h>
#include <stdlib.h>

#include "market/market.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ACCOUNTS = 9, ASKERS = 2, FUND = 2, P = 3, PROVERS = 5, REQUESTS = 6, OPERATIONS = 400 };

static uint64_t reached[PP_MARKET_STATES_LEN], operations, commands;

typedef struct world {
    pp_market m;
    const uint8_t *data;
    size_t left;
    uint64_t nonce;
} world;

static uint8_t next(world *w) {
    if (w->left == 0) return 0;
    w->left--;
    return *w->data++;
}

static pp_address address_of(unsigned who) {
    pp_address a = {{0}};
    a.b[0] = (uint8_t)(who % ACCOUNTS + 1);
    return a;
}

static bool verify(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx;
    return proof.size == 32 && memcmp(proof.data, claim->context.b, 32) == 0;
}

static void on_event(void *ctx, const pp_market_event *e) {
    world *w = ctx;
    if (e->kind != PP_MARKET_EVENT_CLOSED) return;
    const pp_market_request *r = pp_market_find_request(&w->m, &e->request);
    PP_ASSERT(r != NULL);
    reached[r->state]++;
}

static void check(world *w) {
    const char *bad = pp_market_check(&w->m);
    if (bad != NULL) pp_panic(__FILE__, __LINE__, bad);
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(&w->m, r)) != NULL;)
        reached[r->state]++;
}

static void begin(world *w, void *memory) {
    pp_market_params p;
    pp_market_params_default(&p);
    p.stake_min = 100;
    p.bond = p.proof_bond = 7;
    p.registration_age = p.unbonding = 20;
    p.beacon_bound = 10;
    p.inclusion_bound = 1;
    p.rate_min = 1000000;
    p.fee_work = 1000000;
    p.fee_place = 3;
    const pp_hash32 zero = {{0}};
    pp_market_init(&w->m, memory, ACCOUNTS, REQUESTS, &p, &zero, &zero, 1000);
    w->m.verify = verify;
    w->m.on_event = on_event;
    w->m.event_ctx = w;
    w->m.kept = 1;
    for (unsigned i = 0; i < ACCOUNTS - 1; i++) {
        pp_address a = address_of(i);
        PP_ASSERT(pp_market_deposit(&w->m, &a, i == FUND ? 3000 : 9000) == PP_MARKET_OK);
        if (i < P || i == P + PROVERS - 1) continue; // the last may register
        PP_ASSERT(pp_market_enroll(&w->m, &a, 20000, 3) == PP_MARKET_OK);
    }
}

// ---- operations ---------------------------------------------------------------------------------

static void terms_of(world *w, pp_market_terms *t) {
    uint8_t how = next(w), times = next(w);
    memset(t, 0, sizeof *t);
    t->work = 1;
    t->reserve = t->cap = 1000;
    t->winners = (uint8_t)(how % 4); // 0 is refused
    t->kappa = 2 + (how >> 2 & 1);
    t->commit_window = 2 + (times & 7);
    t->reveal_window = 2 + (times >> 3 & 7);
    t->work_window = 8 + (times >> 6) * 8U;
    t->decline_window = how >> 3 & 3;
    t->bounty_window = 4;
    t->expiry = t->commit_window + t->reveal_window + 10 + t->winners * t->decline_window +
                3 * t->work_window + t->bounty_window + (how >> 5) * 9U;
    if (how >> 5 == 7) t->expiry -= 64; // refused
    if (how >> 5 == 5) t->cap = 1700;
    if (how >> 5 == 6) {
        t->steps_len = 1;
        t->steps[0].after = t->expiry / 2;
        t->steps[0].cap = 2000;
    }
    if ((how & 31) == 31) {
        t->match = PP_MARKET_PREFIX;
        t->output_size = 1;
        t->output[0] = 9;
    }
}

static void run(world *w, pp_market_command *c, unsigned who) {
    c->sender = address_of(who);
    commands++;
    (void)pp_market_step(&w->m, c);
}

static void post(world *w, uint8_t who) {
    pp_market_command c;
    memset(&c, 0, sizeof c);
    c.kind = PP_MARKET_POST;
    terms_of(w, &c.terms);
    c.nonce = who & 64 ? w->nonce : w->nonce++;
    if (who & 1) {
        run(w, &c, who / 2 % ASKERS);
        return;
    }
    pp_address fund = address_of(FUND);
    pp_hash32 id;
    (void)pp_market_post_protocol(&w->m, &id, &fund, c.nonce, &c.terms);
}

static void bytes_as_command(world *w, uint8_t who) {
    size_t size = next(w);
    if (size > w->left) size = w->left;
    pp_market_command c;
    memset(&c, 0, sizeof c);
    if (pp_market_command_decode(&c, (pp_bytes){w->data, size})) run(w, &c, who);
    w->data += size;
    w->left -= size;
}

static void money(world *w, uint8_t who) {
    pp_address from = address_of(who), to = address_of(who >> 4);
    uint8_t what = next(w);
    pp_u128 amount = (pp_u128)(what >> 2) * 40;
    if (what % 4 == 0) (void)pp_market_deposit(&w->m, &from, amount);
    if (what % 4 == 1) (void)pp_market_withdraw(&w->m, &from, amount);
    if (what % 4 == 2) (void)pp_market_transfer(&w->m, &from, &to, amount);
    if (what % 4 == 3) (void)pp_market_enroll(&w->m, &from, amount * 20, what >> 6);
}

static void seal(pp_market_command *c, const pp_market_request *r, unsigned who, uint8_t extra) {
    pp_address a = address_of(who);
    pp_hash32 salt = r->id;
    salt.b[0] ^= a.b[0];
    c->amount = salt.b[1] * 4U; // some are above r
    c->hash = salt;
    if (c->kind == PP_MARKET_BID) pp_market_bid_hash(&c->hash, &r->id, &a, c->amount, &salt);
    if (extra == 255) c->hash.b[5] ^= 1;
}

// A command on one of the requests, from anybody, or from who may do it.
static void on_request(world *w, pp_market_kind kind, uint8_t who) {
    uint8_t which = next(w);
    if (w->m.requests_len == 0) return;
    const pp_market_request *r = &w->m.requests[which % w->m.requests_len];
    uint8_t extra = next(w);
    unsigned sender = who;
    if (who & 128 && r->primary < w->m.accounts_len)
        sender = w->m.accounts[r->primary].address.b[0] - 1U;
    else if (kind >= PP_MARKET_BID)
        sender = P + who % (PROVERS + 1U);
    pp_market_command c;
    memset(&c, 0, sizeof c);
    c.kind = kind;
    c.request = r->id;
    c.amount = extra * 16U;
    if (kind == PP_MARKET_BID || kind == PP_MARKET_OPEN_BID) seal(&c, r, sender, extra);
    pp_hash32 proof;
    if (kind == PP_MARKET_PROVE) {
        pp_address a = address_of(sender);
        pp_market_context(&proof, &r->id, &a);
        // By others seldom: else nothing is left for a primary to do.
        proof.b[0] ^= (who & 128) != 0 ? extra % 8 == 7 : extra % 8 != 0;
        c.output_size = extra % 8 == 6 ? 0 : r->terms.output_size;
        c.output[0] = r->terms.output[0];
        c.proof = (pp_bytes){proof.b, sizeof proof.b};
    }
    run(w, &c, sender);
}

static void stakes(world *w, uint8_t who) {
    pp_market_command c;
    memset(&c, 0, sizeof c);
    uint8_t what = next(w);
    c.kind = (pp_market_kind)(PP_MARKET_REGISTER + what % 3);
    c.amount = (what >> 2) * 50U;
    c.slots = who >> 5;
    run(w, &c, P + who % PROVERS);
}

static void one(world *w) {
    static const pp_market_kind kinds[] = {
        PP_MARKET_CANCEL,   PP_MARKET_RAISE,    PP_MARKET_BID,      PP_MARKET_BID,
        PP_MARKET_BID,      PP_MARKET_BID,      PP_MARKET_OPEN_BID, PP_MARKET_OPEN_BID,
        PP_MARKET_OPEN_BID, PP_MARKET_OPEN_BID, PP_MARKET_DECLINE,  PP_MARKET_RELEASE,
        PP_MARKET_CLAIM,    PP_MARKET_CLAIM,    PP_MARKET_PROVE,    PP_MARKET_PROVE};
    uint8_t op = next(w) % 32, who = next(w);
    pp_hash32 h = {{0}};
    h.b[0] = who;
    if (op < 6) {
        pp_market_advance(&w->m, w->m.now + (who < 240 ? who % 8 : who));
    } else if (op < 10) {
        pp_market_beacon(&w->m, &h);
    } else if (op < 12) {
        post(w, who);
    } else if (op < 28) {
        on_request(w, kinds[op - 12], who);
    } else if (op == 28) {
        stakes(w, who);
    } else if (op == 29) {
        money(w, who);
    } else if (op == 30) {
        bytes_as_command(w, who);
    } else if (who % 8 == 0 && w->m.requests_len > 0) {
        h = w->m.requests[(who >> 3) % w->m.requests_len].id;
        pp_market_void(&w->m, &h);
    }
}

// With PP_FUZZ_REACH set, a run that leaves out a state has failed.
static void at_end(void) {
    for (int i = 0; i < PP_MARKET_STATES_LEN; i++) {
        printf("%10llu %s\n", (unsigned long long)reached[i],
               pp_market_state_name((pp_market_state)i));
        if (reached[i] == 0 && getenv("PP_FUZZ_REACH") != NULL) {
            fflush(stdout);
            fprintf(stderr, "a state was never reached\n");
            _Exit(1);
        }
    }
    printf("%10llu operations, %llu of them commands\n", (unsigned long long)operations,
           (unsigned long long)commands);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static world w;
    static void *memory;
    if (memory == NULL) {
        memory = aligned_alloc(16, (pp_market_memory_size(ACCOUNTS, REQUESTS) + 15) / 16 * 16);
        PP_ASSERT(memory != NULL && atexit(at_end) == 0);
    }
    memset(&w, 0, sizeof w);
    begin(&w, memory);
    w.data = data;
    w.left = size;
    for (unsigned i = 0; i < OPERATIONS && w.left > 0; i++, operations++) {
        one(&w);
        check(&w);
    }
    pp_hash32 hash;
    pp_market_hash(&hash, &w.m);
    return 0;
}
