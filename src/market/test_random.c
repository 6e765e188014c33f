// SPDX-License-Identifier: MIT OR Apache-2.0
// Random commands, 10^5 in the suite: every invariant after every transition, every transition of
// market.md's table taken, every refusal seen. Two markets get the same commands: one is advanced
// every millisecond, the other only when it must; their states are equal all the way.
#include <stdlib.h>

#include "hash/batch.h"
#include "market/test_support.h"

enum { ASKERS = 3, FUND = 5, STRANGER = 9, P = 10, PROVERS = 8, REQUESTS = 12, ROUND = 2500 };

// ---- what was seen ------------------------------------------------------------------------------

#define TRANSITIONS(X)                                                                             \
    X(POST, "posted")                                                                              \
    X(POST_PROTOCOL, "posted by the protocol")                                                     \
    X(POST_DRY, "posted by a dry fund")                                                            \
    X(BID, "COMMIT commit")                                                                        \
    X(CANCEL, "COMMIT cancel")                                                                     \
    X(RAISE, "raise")                                                                              \
    X(TC_REVEAL, "COMMIT Tc REVEAL")                                                               \
    X(TC_OPEN, "COMMIT Tc OPEN")                                                                   \
    X(OPEN_BID, "REVEAL reveal")                                                                   \
    X(TR_OPEN, "REVEAL Tr OPEN, none revealed")                                                    \
    X(TR_DRAW, "REVEAL Tr, waiting for the beacon")                                                \
    X(NO_BEACON, "REVEAL no beacon OPEN")                                                          \
    X(DRAW_FEW, "REVEAL beacon ASSIGNED, n <= m")                                                  \
    X(DRAW_MANY, "REVEAL beacon ASSIGNED, n > m")                                                  \
    X(PROOF_COMMIT, "COMMIT proof OPENPAID")                                                       \
    X(PROOF_REVEAL, "REVEAL proof OPENPAID")                                                       \
    X(PAID_AUCTION, "ASSIGNED primary's proof PAID")                                               \
    X(PAID_CLAIM, "ASSIGNED claimant's proof PAID")                                                \
    X(PAID_INSURED, "ASSIGNED insured, primary's proof PAID")                                      \
    X(INSURE, "ASSIGNED another's proof")                                                          \
    X(DECLINE_NEXT, "ASSIGNED decline ASSIGNED")                                                   \
    X(DECLINE_OPEN, "ASSIGNED decline OPEN")                                                       \
    X(W0, "ASSIGNED w0, other winners free")                                                       \
    X(RELEASE, "ASSIGNED release INSURED")                                                         \
    X(DECLINE_INSURED, "ASSIGNED decline INSURED")                                                 \
    X(D1_INSURED, "ASSIGNED d1 INSURED")                                                           \
    X(D1_OPEN, "ASSIGNED d1 OPEN")                                                                 \
    X(D1_CLAIM, "ASSIGNED d1 OPEN, the claimed ramp")                                              \
    X(CLAIM, "OPEN claim ASSIGNED")                                                                \
    X(RESCUED, "OPEN proof RESCUED")                                                               \
    X(RESCUED_LATE, "OPEN the late primary's proof RESCUED")                                       \
    X(OPENPAID, "OPEN proof OPENPAID")                                                             \
    X(OWED, "OPEN proof OPENPAID, owed")                                                           \
    X(OWED_PART, "OPEN proof OPENPAID, owed in part")                                              \
    X(EXPIRED, "OPEN Texp EXPIRED")                                                                \
    X(REOPENED_DRY, "OPEN Texp OPEN, with more to offer than is held")                             \
    X(REOPENED, "OPEN Texp OPEN")                                                                  \
    X(VOID_COMMIT, "COMMIT void")                                                                  \
    X(VOID_REVEAL, "REVEAL void")                                                                  \
    X(VOID_ASSIGNED, "ASSIGNED void")                                                              \
    X(VOID_INSURED, "ASSIGNED insured void INSURED")                                               \
    X(VOID_OPEN, "OPEN void")

enum {
#define X(name, text) T_##name,
    TRANSITIONS(X)
#undef X
        TRANSITIONS_LEN
};
static const char *const transition_names[] = {
#define X(name, text) text,
    TRANSITIONS(X)
#undef X
};
static uint64_t taken[TRANSITIONS_LEN], reasons[PP_MARKET_REASONS_LEN];

typedef struct world {
    bench_market a, b; // a is advanced often, b seldom
    pp_rng rng;
    pp_market_request *before; // a's requests before the running operation
    uint32_t before_len;
    pp_u128 burned;
    uint64_t nonce, commands;
} world;

static uint64_t below(world *w, uint64_t n) {
    return pp_rng_below(&w->rng, n);
}
static bool chance(world *w, unsigned percent) {
    return below(w, 100) < percent;
}

static void remember(world *w) {
    w->before_len = w->a.m.requests_len;
    w->burned = w->a.m.burned;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(&w->a.m, r)) != NULL;)
        w->before[r - w->a.m.requests] = *r;
}

// ---- transitions, told from the states around them
// ------------------------------------------------

enum { BY_TIME = 100, BY_BEACON, BY_VOID }; // other causes are kinds of command

static bool defaulted(const pp_market_request *r, uint32_t who) {
    for (uint32_t i = 0; i < r->defaulters_len; i++)
        if (r->defaulters[i] == who) return true;
    return false;
}

static int by_time(const pp_market_request *o, const pp_market_request *n) {
    switch (o->state) {
    case PP_MARKET_COMMIT:
        if (n->state == PP_MARKET_COMMIT) return -1;
        return n->state == PP_MARKET_REVEAL ? T_TC_REVEAL : T_TC_OPEN;
    case PP_MARKET_REVEAL:
        if (n->state == PP_MARKET_OPEN) return o->drawing ? T_NO_BEACON : T_TR_OPEN;
        return n->drawing && !o->drawing ? T_TR_DRAW : -1;
    case PP_MARKET_ASSIGNED:
        if (n->state == PP_MARKET_INSURED) return T_D1_INSURED;
        if (n->state == PP_MARKET_EXPIRED) { // a claim may end at Texp itself
            taken[T_D1_CLAIM]++;
            return T_EXPIRED;
        }
        if (n->state == PP_MARKET_OPEN) return o->claimed ? T_D1_CLAIM : T_D1_OPEN;
        return o->winners_kept && !n->winners_kept ? T_W0 : -1;
    default:
        if (n->state == PP_MARKET_EXPIRED) return T_EXPIRED;
        if (n->expires == o->expires) return -1;
        return n->escrowed ? T_REOPENED : T_REOPENED_DRY;
    }
}

static int by_proof(const pp_market_request *o, const pp_market_request *n) {
    if (o->state == PP_MARKET_COMMIT) return T_PROOF_COMMIT;
    if (o->state == PP_MARKET_REVEAL) return T_PROOF_REVEAL;
    if (n->state == PP_MARKET_ASSIGNED) return T_INSURE;
    if (n->state == PP_MARKET_PAID)
        return o->insured ? T_PAID_INSURED : o->claimed ? T_PAID_CLAIM : T_PAID_AUCTION;
    if (n->state == PP_MARKET_RESCUED) return defaulted(o, n->payee) ? T_RESCUED_LATE : T_RESCUED;
    if (n->paid <= o->escrow) return T_OPENPAID;
    return o->escrow == 0 ? T_OWED : T_OWED_PART;
}

static int by_command(unsigned cause, const pp_market_request *o, const pp_market_request *n) {
    switch (cause) {
    case PP_MARKET_BID:
        return n->commits_len > o->commits_len ? T_BID : -1;
    case PP_MARKET_OPEN_BID:
        return n->bids > o->bids ? T_OPEN_BID : -1;
    case PP_MARKET_CANCEL:
        return n->state == PP_MARKET_CANCELLED ? T_CANCEL : -1;
    case PP_MARKET_RAISE:
        return n->cap > o->cap ? T_RAISE : -1;
    case PP_MARKET_RELEASE:
        return n->state == PP_MARKET_INSURED ? T_RELEASE : -1;
    case PP_MARKET_DECLINE:
        if (n->state == PP_MARKET_INSURED) return T_DECLINE_INSURED;
        if (n->winner_at == o->winner_at) return -1;
        return n->state == PP_MARKET_OPEN ? T_DECLINE_OPEN : T_DECLINE_NEXT;
    case PP_MARKET_PROVE:
        return n->proven && !o->proven ? by_proof(o, n)
               : n->state != o->state  ? by_proof(o, n)
                                       : -1;
    default:
        return -1;
    }
}

static int name_transition(unsigned cause, const pp_market_request *o, const pp_market_request *n) {
    static const int voids[] = {T_VOID_COMMIT, T_VOID_REVEAL, T_VOID_ASSIGNED, T_VOID_OPEN};
    if (cause == BY_TIME) return by_time(o, n);
    if (cause == BY_VOID && n->state == PP_MARKET_INSURED) return T_VOID_INSURED;
    if (cause == BY_VOID) return n->state == PP_MARKET_CANCELLED ? voids[o->state] : -1;
    if (cause != BY_BEACON) return by_command(cause, o, n);
    if (o->state == n->state) return -1;
    if (o->state == PP_MARKET_OPEN) return T_CLAIM;
    return n->bids > n->terms.winners ? T_DRAW_MANY : T_DRAW_FEW;
}

// Invariants between two states of one request; counts the transition.
static void compare(world *w, unsigned cause, uint32_t at) {
    const pp_market_request *o = &w->before[at], *n = &w->a.m.requests[at];
    int t = name_transition(cause, o, n);
    if (t >= 0) taken[t]++;
    CHECK(!o->proven || n->proven);
    if (n->state != o->state && t < 0)
        pp_test_fail(__FILE__, __LINE__, "not in the table: %s to %s by %u",
                     pp_market_state_name(o->state), pp_market_state_name(n->state), cause);
    if (n->defaulters_len > o->defaulters_len) {
        CHECK(cause == BY_TIME && o->state == PP_MARKET_ASSIGNED);
        // A default never lowers what the next one gets.
        if (n->state == PP_MARKET_OPEN && n->expires == o->expires)
            CHECK(pp_market_open_price(n, n->opened) >= o->price);
    }
    if (n->state == PP_MARKET_EXPIRED) CHECK(!n->proven);
}

// Each default burns a fifth of the stake at least (rounding aside), when its request closes.
static void check_burn(world *w) {
    pp_u128 pots = 0;
    uint32_t closed = 0;
    for (uint32_t i = 0; i < w->before_len; i++) {
        const pp_market_request *o = &w->before[i], *n = &w->a.m.requests[i];
        if (pp_market_state_is_terminal(o->state) || !pp_market_state_is_terminal(n->state))
            continue;
        pots += o->pot;
        if (n->defaulters_len > o->defaulters_len) pots += o->stake;
        closed++;
    }
    CHECK((w->a.m.burned - w->burned + closed) * 5 >= pots);
}

static void after(world *w, unsigned cause) {
    for (uint32_t i = 0; i < w->before_len; i++)
        if (!pp_market_state_is_terminal(w->before[i].state)) compare(w, cause, i);
    check_burn(w);
    for (uint32_t i = 0; i < w->before_len; i++) // terminal ones stay as they are
        if (pp_market_state_is_terminal(w->a.m.requests[i].state))
            w->before[i].state = w->a.m.requests[i].state;
    CHECK_SOUND(&w->a);
}

// ---- operations ---------------------------------------------------------------------------------

static void go(world *w, uint64_t ms) {
    uint64_t end = w->a.m.now + ms;
    while (w->a.m.now < end) {
        remember(w);
        bench_at(&w->a, w->a.m.now + 1);
        after(w, BY_TIME);
    }
}

static void sync(world *w) {
    bench_at(&w->b, w->a.m.now);
}

static void step(world *w, const pp_market_command *c) {
    sync(w);
    remember(w);
    const pp_market_request *r = pp_market_find_request(&w->a.m, &c->request);
    bool delivers = c->kind == PP_MARKET_PROVE && r != NULL && r->state == PP_MARKET_ASSIGNED &&
                    c->proof.size == 32 &&
                    pp_address_eq(&w->a.m.accounts[r->primary].address, &c->sender);
    pp_market_reason got = pp_market_step(&w->a.m, c);
    w->commands++;
    reasons[got]++;
    after(w, c->kind);
    if (delivers && got != PP_MARKET_PROOF && got != PP_MARKET_OUTPUT)
        CHECK_STR(pp_market_state_name(r->state), "PAID"); // in time: it never loses its stake
    CHECK_STR(pp_market_reason_code(pp_market_step(&w->b.m, c)), pp_market_reason_code(got));
    if (got != PP_MARKET_OK || c->kind < PP_MARKET_POST) return;
    pp_hash32 once, twice; // done again it is nothing
    if (!chance(w, 5)) return;
    pp_market_hash(&once, &w->a.m);
    CHECK(pp_market_step(&w->a.m, c) != PP_MARKET_OK);
    pp_market_hash(&twice, &w->a.m);
    CHECK_MEM(&once, &twice, 32);
}

static void beacon(world *w) {
    uint64_t seed = pp_rng_u64(&w->rng);
    sync(w);
    remember(w);
    bench_beacon(&w->a, seed);
    after(w, BY_BEACON);
    bench_beacon(&w->b, seed);
}

static void random_terms(world *w, pp_market_terms *t) {
    bench_terms(t, (uint8_t)(1 + below(w, 3)));
    t->input_id.b[1] = (uint8_t)below(w, 256);
    t->kappa = (uint8_t)(2 + below(w, 4));
    t->commit_window = 2 + below(w, 12);
    t->reveal_window = 2 + below(w, 12);
    t->work_window = 4 + below(w, 30);
    t->decline_window = below(w, t->work_window / 4 + 1);
    t->bounty_window = below(w, 30);
    t->expiry = t->commit_window + t->reveal_window + 20 + t->winners * t->decline_window +
                3 * t->work_window + t->bounty_window + below(w, 150);
    if (chance(w, 30)) t->cap += below(w, 1000);
    if (chance(w, 20)) {
        t->steps_len = 1;
        t->steps[0].after = 1 + below(w, t->expiry - 1);
        t->steps[0].cap = t->cap + 1 + below(w, 1000);
    }
    if (chance(w, 10)) {
        t->match = chance(w, 50) ? PP_MARKET_PREFIX : PP_MARKET_EXACT;
        t->output_size = 1;
    }
    if (chance(w, 6)) { // and some that are refused
        uint64_t *fields[] = {&t->commit_window, &t->decline_window, &t->expiry, &t->work};
        *fields[below(w, 4)] = chance(w, 50) ? 0 : UINT64_MAX;
        if (chance(w, 30)) t->winners = (uint8_t)below(w, 9);
        if (chance(w, 30)) t->kappa = (uint8_t)below(w, 30);
        if (chance(w, 30)) t->cap = below(w, 2000);
        if (chance(w, 10)) t->output_size = PP_OUTPUT_MAX + 1;
    }
}

static void post(world *w) {
    pp_market_command c;
    bench_command(&c, PP_MARKET_POST, (unsigned)below(w, ASKERS), NULL);
    random_terms(w, &c.terms);
    c.nonce = chance(w, 3) ? w->nonce / 2 : w->nonce++;
    if (!chance(w, 25)) {
        uint32_t before = w->a.m.open_len;
        step(w, &c);
        taken[T_POST] += w->a.m.open_len - before;
        return;
    }
    pp_address fund = bench_address(FUND);
    pp_hash32 id;
    sync(w);
    remember(w);
    pp_market_reason got = pp_market_post_protocol(&w->a.m, &id, &fund, c.nonce, &c.terms);
    reasons[got]++;
    if (got == PP_MARKET_OK)
        taken[bench_get(&w->a, &id)->escrowed ? T_POST_PROTOCOL : T_POST_DRY]++;
    CHECK_EQ(pp_market_post_protocol(&w->b.m, &id, &fund, c.nonce, &c.terms), got);
    after(w, PP_MARKET_POST);
}

static uint64_t bid_of(unsigned who, const pp_hash32 *id) {
    pp_hash32 salt = bench_salt(who, id);
    return pp_load_le32(salt.b) % 1040; // some are over the reserve
}

static void bid(world *w, const pp_market_request *r, unsigned who, pp_market_kind kind) {
    pp_market_command c;
    bench_command(&c, kind, who, &r->id);
    pp_hash32 salt = bench_salt(who, &r->id);
    c.amount = bid_of(who, &r->id);
    c.hash = salt;
    if (kind == PP_MARKET_BID) {
        pp_market_bid_hash(&c.hash, &r->id, &c.sender, c.amount, &salt);
        c.amount = 0;
    }
    if (chance(w, 3)) c.hash.b[7] ^= 1;
    step(w, &c);
}

static void prove(world *w, const pp_market_request *r, unsigned who) {
    pp_market_command c;
    bench_command(&c, PP_MARKET_PROVE, who, &r->id);
    pp_hash32 context;
    pp_market_context(&context, &r->id, &c.sender);
    if (chance(w, 10)) context.b[0] ^= 1;
    c.proof = (pp_bytes){context.b, 32};
    c.output_size = chance(w, 90) ? r->terms.output_size : (uint32_t)below(w, 3);
    step(w, &c);
}

static void amount(world *w, pp_market_kind kind, unsigned who, const pp_hash32 *id, uint64_t v) {
    pp_market_command c;
    bench_command(&c, kind, who, id);
    c.amount = v;
    c.slots = (uint32_t)(1 + below(w, 4));
    step(w, &c);
}

static void money(world *w) {
    pp_address to = bench_address((unsigned)below(w, P + PROVERS)), from = bench_address(P);
    pp_u128 sum = below(w, 3000);
    sync(w);
    remember(w);
    unsigned what = (unsigned)below(w, 3);
    pp_market_reason a, b;
    if (what == 0) {
        a = pp_market_deposit(&w->a.m, &to, sum);
        b = pp_market_deposit(&w->b.m, &to, sum);
    } else if (what == 1) {
        a = pp_market_withdraw(&w->a.m, &to, sum);
        b = pp_market_withdraw(&w->b.m, &to, sum);
    } else {
        a = pp_market_transfer(&w->a.m, &from, &to, sum);
        b = pp_market_transfer(&w->b.m, &from, &to, sum);
    }
    CHECK_EQ(a, b);
    after(w, PP_MARKET_POST);
}

static void stakes(world *w, unsigned who) {
    static const pp_market_kind kinds[] = {PP_MARKET_REGISTER, PP_MARKET_UNBOND,
                                           PP_MARKET_UNBONDED};
    amount(w, kinds[below(w, 3)], who, NULL, below(w, 6000));
}

static void drop(world *w, const pp_market_request *r) {
    pp_hash32 id = r->id;
    if (!r->protocol && !chance(w, 10)) return;
    sync(w);
    remember(w);
    pp_market_void(&w->a.m, &id);
    pp_market_void(&w->b.m, &id);
    after(w, BY_VOID);
}

// The number of an account, as bench_address has it.
static unsigned owner(const world *w, uint32_t account) {
    return pp_load_le32(w->a.m.accounts[account].address.b) - 1;
}

static const pp_market_commit *some_commit(world *w, const pp_market_request *r) {
    const pp_market_commit *c = NULL;
    for (uint64_t n = below(w, r->commits_len) + 1; n > 0; n--)
        c = pp_market_commit_after(&w->a.m, r, c);
    return c;
}

static const pp_market_request *some_open(world *w) {
    return &w->a.m.requests[w->a.m.heap[below(w, w->a.m.open_len)].request];
}

// Something that fits the request's state, or, now and then, anything.
static void on_request(world *w, const pp_market_request *r) {
    unsigned prover = P + (unsigned)below(w, PROVERS + 1), dice = (unsigned)below(w, 100);
    unsigned primary = prover;
    if (r->state == PP_MARKET_ASSIGNED) primary = owner(w, r->primary);
    if (dice < 6) {
        unsigned who = (unsigned)below(w, P + PROVERS);
        pp_market_kind kind = PP_MARKET_CANCEL + (pp_market_kind)below(w, 8);
        amount(w, kind, who, &r->id, below(w, 2200));
    } else if (dice < 8) {
        drop(w, r);
    } else if (dice < 12) {
        amount(w, PP_MARKET_RAISE, (unsigned)below(w, ASKERS), &r->id, below(w, 2200));
    } else if (r->state == PP_MARKET_COMMIT) {
        if (dice < 15)
            prove(w, r, prover);
        else if (dice < 20)
            amount(w, PP_MARKET_CANCEL, (unsigned)below(w, ASKERS), &r->id, 0);
        else
            bid(w, r, prover, PP_MARKET_BID);
    } else if (r->state == PP_MARKET_REVEAL) {
        if (dice < 14)
            prove(w, r, prover);
        else
            bid(w, r, owner(w, some_commit(w, r)->account), PP_MARKET_OPEN_BID);
    } else if (r->state == PP_MARKET_ASSIGNED) {
        if (dice < 24)
            prove(w, r, primary);
        else if (dice < 34)
            prove(w, r, prover);
        else if (dice < 48)
            amount(w, PP_MARKET_DECLINE, primary, &r->id, 0);
        else if (dice < 56)
            amount(w, PP_MARKET_RELEASE, primary, &r->id, 0);
        else
            go(w, below(w, 8));
    } else {
        if (dice < 22)
            prove(w, r, prover);
        else if (dice < 60)
            amount(w, PP_MARKET_CLAIM, prover, &r->id, 0);
        else
            go(w, below(w, 8));
    }
}

static void one(world *w) {
    unsigned dice = (unsigned)below(w, 100);
    if (dice < 28) go(w, below(w, 3));
    if (dice < 25) {
        if (w->a.m.now / 256 % 4 != 0) beacon(w); // at times there is none
    } else if (dice < 29 || w->a.m.open_len < 3) {
        post(w);
    } else if (dice < 33) {
        money(w);
    } else if (dice < 37) {
        stakes(w, P + (unsigned)below(w, PROVERS + 2));
    } else if (dice < 39) {
        const pp_hash32 nothing = {{5}};
        uint32_t at = (uint32_t)below(w, w->a.m.requests_len);
        const pp_hash32 *id = chance(w, 20) ? &nothing : &w->a.m.requests[at].id;
        amount(w, PP_MARKET_CANCEL + (pp_market_kind)below(w, 8), P + 1, id, below(w, 3000));
    } else {
        on_request(w, some_open(w));
    }
}

static void set_up(bench_market *b) {
    bench_open(b, 32, REQUESTS);
    b->m.params.commits_max = 6;
    b->m.params.requests_max = 5;
    for (unsigned i = 0; i < ASKERS; i++) bench_fund(b, i, 100000);
    bench_fund(b, FUND, 7000);
    bench_fund(b, P + PROVERS, 20000); // registers, or not, by and by
    for (unsigned i = 0; i < PROVERS; i++) {
        bench_fund(b, P + i, 20000);
        pp_address a = bench_address(P + i);
        CHECK_EQ(pp_market_enroll(&b->m, &a, 40000, 4), PP_MARKET_OK);
    }
}

// The market goes on as what its image gives.
static void reload(bench_market *b) {
    bench_market again;
    bench_open(&again, b->m.accounts_max, b->m.requests_max);
    again.m.params = b->m.params;
    again.m.hasher = b->m.hasher;
    again.m.kept = b->m.kept;
    pp_image im = pp_image_saving(NULL, 0);
    pp_market_image(&im, &b->m);
    size_t size = im.size;
    uint8_t *bytes = malloc(2 * size);
    PP_ASSERT(bytes != NULL);
    im = pp_image_saving(bytes, size);
    pp_market_image(&im, &b->m);
    im = pp_image_loading((pp_bytes){bytes, size});
    pp_market_image(&im, &again.m);
    CHECK(pp_image_done(&im));
    im = pp_image_saving(bytes + size, size);
    pp_market_image(&im, &again.m);
    CHECK_EQ(im.size, size);
    CHECK_MEM(bytes, bytes + size, size);
    free(bytes);
    free(b->memory);
    b->memory = again.memory;
    b->m = again.m;
    b->m.event_ctx = b;
}

// Until so many commands were given; time, beacons and money in and out come on top of them.
static void play(uint64_t seed, uint64_t commands) {
    world w = {.rng = {seed}};
    set_up(&w.a);
    set_up(&w.b);
    w.b.m.hasher = pp_keccak256_many; // and a's hashes one by one
    w.before = calloc(REQUESTS, sizeof *w.before);
    PP_ASSERT(w.before != NULL);
    for (uint64_t i = 0; w.commands < commands; i++) {
        one(&w);
        if (i % 64 != 0) continue;
        pp_hash32 x, y;
        sync(&w);
        reload(&w.b);
        pp_market_hash(&x, &w.a.m);
        pp_market_hash(&y, &w.b.m);
        CHECK_MEM(&x, &y, 32);
    }
    // At the end all lanes freeze and all time passes: nothing is left anywhere.
    while (w.a.m.open_len > 0) {
        pp_hash32 id = pp_market_open_after(&w.a.m, NULL)->id;
        if (bench_get(&w.a, &id)->protocol) pp_market_void(&w.a.m, &id);
        bench_at(&w.a, w.a.m.now + 100);
        CHECK_SOUND(&w.a);
    }
    pp_market_ledger l;
    pp_market_ledger_sum(&l, &w.a.m);
    CHECK_EQ(l.escrow + l.bonds + l.pots, 0);
    for (uint32_t i = 0; i < w.a.m.accounts_len; i++) CHECK_EQ(w.a.m.accounts[i].held, 0);
    free(w.before);
    bench_close(&w.a);
    bench_close(&w.b);
}

PP_TEST(random_commands) {
    const char *wish = getenv("PP_MARKET_COMMANDS"); // soak: 10^7
    uint64_t total = wish != NULL ? strtoull(wish, NULL, 10) : 100000;
    uint64_t seed = pp_test_seed();
    for (uint64_t done = 0; done < total; done += ROUND) play(seed + done, ROUND);
    for (int i = 0; i < TRANSITIONS_LEN; i++) {
        printf("%9llu  %s\n", (unsigned long long)taken[i], transition_names[i]);
        if (taken[i] == 0) pp_test_fail(__FILE__, __LINE__, "never taken: %s", transition_names[i]);
    }
    for (int i = 0; i < PP_MARKET_REASONS_LEN; i++) {
        printf("%9llu  %s\n", (unsigned long long)reasons[i],
               pp_market_reason_code((pp_market_reason)i));
        if (reasons[i] == 0 && i != PP_MARKET_DECODE) // the decoder's, tested there
            pp_test_fail(__FILE__, __LINE__, "never returned: %s",
                         pp_market_reason_code((pp_market_reason)i));
    }
}
