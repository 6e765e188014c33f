// SPDX-License-Identifier: MIT OR Apache-2.0
// Every state that a scope's actions lead to, depth first: the path on the stack is the timeline of
// a counter-example, which is then made shorter.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "checker/checker.h"

// ---- the engine's own assertions: a counter-example, not the end of the checker
// --------------------------

static jmp_buf panicked;
static bool catching;
static char panic_text[160];

_Noreturn void __real_pp_panic(const char *file, int line, const char *what);
_Noreturn void __wrap_pp_panic(const char *file, int line, const char *what);
_Noreturn void __wrap_pp_panic(const char *file, int line, const char *what) {
    if (!catching) __real_pp_panic(file, line, what);
    snprintf(panic_text, sizeof panic_text, "the engine asserts: %s", what);
    longjmp(panicked, 1);
}

// ---- states
// ------------------------------------------------------------------------------------------------

typedef struct place {
    uint64_t a, b;
} place;

typedef struct seen_set {
    place *keys;
    uint64_t len, max; // a power of two, at most three quarters full
} seen_set;

static void seen_open(seen_set *s, uint64_t max) {
    *s = (seen_set){calloc(max, sizeof(place)), 0, max};
    PP_ASSERT(s->keys != NULL);
}

static bool add(seen_set *s, uint64_t a, uint64_t b) {
    if (a == 0) a = 1;
    if (4 * (s->len + 1) > 3 * s->max) {
        seen_set more;
        seen_open(&more, s->max * 2);
        for (uint64_t i = 0; i < s->max; i++)
            if (s->keys[i].a != 0) add(&more, s->keys[i].a, s->keys[i].b);
        free(s->keys);
        *s = more;
    }
    for (uint64_t i = b;; i++) {
        place *at = &s->keys[i & (s->max - 1)];
        if (at->a == a && at->b == b) return false;
        if (at->a != 0) continue;
        *at = (place){a, b};
        s->len++;
        return true;
    }
}

// A copy of a world: the struct, then the market's memory.
static void save(uint8_t *copy, const pp_check_world *w) {
    memcpy(copy, w, sizeof *w);
    memcpy(copy + sizeof *w, w->memory, w->memory_size);
}
static void restore(pp_check_world *w, const uint8_t *copy) {
    memcpy(w, copy, sizeof *w);
    memcpy(w->memory, copy + sizeof *w, w->memory_size);
}
// The copy as a world of its own, to look at.
static void view(pp_check_world *out, const uint8_t *copy) {
    memcpy(out, copy, sizeof *out);
    ptrdiff_t by = (const uint8_t *)copy + sizeof *out - (const uint8_t *)out->memory;
#define MOVE(p) out->m.p = (void *)((uint8_t *)out->m.p + by)
    MOVE(accounts);
    MOVE(requests);
    MOVE(account_slots);
    MOVE(account_last);
    MOVE(request_slots);
    MOVE(bids);
    MOVE(debts);
#undef MOVE
}

// ---- the end of a run
// ------------------------------------------------------------------------------------

// What it owes and is owed counts as paid.
static int64_t gained(const pp_check_world *w, uint32_t who) {
    pp_address address = pp_check_address(who);
    const pp_market_account *a = pp_market_find_account(&w->m, &address);
    int64_t owed = 0;
    for (uint32_t i = 0; i < w->m.accounts_len; i++)
        for (uint32_t d = w->m.accounts[i].debts_first; d != UINT32_MAX; d = w->m.debts[d].next) {
            if (&w->m.accounts[i] == a) owed -= (int64_t)w->m.debts[d].amount;
            if (&w->m.accounts[w->m.debts[d].to] == a) owed += (int64_t)w->m.debts[d].amount;
        }
    return (int64_t)(a->free + a->stake) + owed - (int64_t)w->started[who] - w->ghost.went_in[who];
}

// Provers x and y, or x alone.
typedef struct ring {
    uint32_t x, y;
} ring;

static int64_t of_ring(const uint32_t by[PP_CHECK_ACCOUNTS], ring c) {
    return (int64_t)by[c.x] + (c.x != c.y ? by[c.y] : 0);
}

// What the requester and provers x and y gain together is at most one and a half times the prices
// that the others defaulted on, and half of what those lost by declining. Of one request that
// somebody posted, R = r: a default gains the provers no more than the price they had.
static const char *ring_gains(pp_check_result *out, const pp_check_world *w, ring c, uint32_t all,
                              uint32_t declined) {
    const pp_check_scope *s = w->scope;
    int64_t ours = of_ring(w->ghost.faults, c), theirs = (int64_t)all - ours;
    int64_t given = (int64_t)declined - of_ring(w->ghost.lost_by_decline, c);
    int64_t provers = gained(w, c.x) + (c.x != c.y ? gained(w, c.y) : 0);
    int64_t together = provers + gained(w, s->protocol ? PP_CHECK_FUND : PP_CHECK_ASKER);
    if (2 * together > 3 * theirs + given) return "coalition: 1.5 p of each default";
    int64_t tenths = theirs == 0 ? 0 : 5 * (2 * together - given) / theirs;
    if (tenths > (int64_t)out->gain_tenths) out->gain_tenths = (uint64_t)tenths;
    if (ours == 0 || s->requests > 1 || s->protocol || s->cap > s->reserve || w->ghost.raises > 0)
        return NULL;
    return 2 * provers > 2 * ours + 3 * theirs ? "coalition: a default gains no more than p" : NULL;
}

static const char *coalitions(pp_check_result *out, const pp_check_world *w) {
    uint32_t all = 0, declined = 0;
    for (uint32_t i = 0; i < PP_CHECK_ACCOUNTS; i++) {
        all += w->ghost.faults[i];
        declined += w->ghost.lost_by_decline[i];
    }
    const char *bad = NULL;
    for (uint32_t x = 0; x < PP_CHECK_PROVERS; x++)
        for (uint32_t y = x; bad == NULL && y < PP_CHECK_PROVERS; y++)
            bad = ring_gains(out, w, (ring){x, y}, all, declined);
    return bad;
}

static bool all_over(const pp_check_world *w) {
    return w->m.open_len == 0;
}

static bool may_tick(const pp_check_world *w) {
    if (w->scope->end != 0) return w->m.now < 100 + w->scope->end;
    return !all_over(w);
}

static bool allowed(const pp_check_world *w, pp_check_action a) {
    const pp_check_scope *s = w->scope;
    if (a.op == PP_CHECK_TICK) return may_tick(w);
    if (a.op == PP_CHECK_BEACON) return w->m.waiting_len > 0;
    if (a.op == PP_CHECK_DEPOSIT) return w->ghost.went_in[a.who] < 20;
    if (a.op != PP_CHECK_COMMAND) return true;
    if (a.kind == PP_MARKET_RAISE) return w->ghost.raises < s->raises;
    if (a.kind == PP_MARKET_PROVE && a.arg == 0) return w->ghost.wrong_proofs < s->wrong_proofs;
    return true;
}

static void note(pp_check_world *w, const pp_check_world *before, pp_check_action a) {
    const pp_market_request *r = pp_check_request(before, a.request);
    if (a.op == PP_CHECK_COMMAND && a.kind == PP_MARKET_PROVE && a.arg == 1 && r != NULL &&
        !pp_market_state_is_terminal(r->state) && w->reason == PP_MARKET_OK)
        w->ghost.offered[a.request] = true;
}

// One action from the state in copy. NULL or what is wrong; *changed: there is a new state.
static const char *try(pp_check_result *out, pp_check_world *w, const uint8_t *copy,
                       pp_check_action a, bool *changed) {
    pp_check_world before;
    view(&before, copy);
    *changed = true;
    catching = true;
    if (setjmp(panicked) != 0) {
        catching = false;
        return panic_text;
    }
    pp_check_do(w, a);
    note(w, &before, a);
    bool same = pp_check_same(&before, w);
    const char *bad = pp_check_properties(&before, w, a, same);
    if (bad == NULL && !same) bad = pp_market_check(&w->m);
    if (bad == NULL && !same && all_over(w)) bad = coalitions(out, w);
    catching = false;
    *changed = !same;
    return bad;
}

typedef struct frame {
    uint8_t *copy;
    uint32_t next;
    uint8_t twins;
    pp_check_action taken;
} frame;

static void count_end(pp_check_result *out, const pp_check_world *w) {
    const pp_market_request *r = pp_check_request(w, 0);
    if (r != NULL && pp_market_state_is_terminal(r->state)) out->ended[r->state]++;
}

// ---- shorter
// ---------------------------------------------------------------------------------------------

// Whether the path still ends in something wrong; cuts it there.
static const char *replay(pp_check_result *out, const pp_check_scope *scope) {
    pp_check_world w;
    pp_check_result ignored;
    memset(&ignored, 0, sizeof ignored);
    pp_check_open(&w, scope);
    uint8_t *copy = malloc(sizeof w + w.memory_size);
    PP_ASSERT(copy != NULL);
    const char *bad = NULL;
    for (uint32_t i = 0; bad == NULL && i < out->path_len; i++) {
        if (!allowed(&w, out->path[i])) continue;
        save(copy, &w);
        bool changed;
        bad = try(&ignored, &w, copy, out->path[i], &changed);
        if (bad != NULL) out->path_len = i + 1;
    }
    free(copy);
    pp_check_close(&w);
    return bad;
}

static void shorten(pp_check_result *out, const pp_check_scope *scope) {
    uint32_t before = out->path_len;
    for (uint32_t i = out->path_len; i-- > 0;) {
        pp_check_result without = *out;
        memmove(without.path + i, without.path + i + 1,
                (without.path_len - i - 1) * sizeof without.path[0]);
        without.path_len--;
        if (replay(&without, scope) == NULL) continue;
        *out = without;
        if (i > out->path_len) i = out->path_len;
    }
    if (out->path_len < before)
        shorten(out, scope);
    else
        out->wrong = replay(out, scope);
}

// ---- exploring
// -------------------------------------------------------------------------------------------

// Provers are alike only where each has the actions of the others, and every draw may happen.
static bool may(const pp_check_scope *scope, pp_check_action wanted) {
    for (const pp_check_action *a = scope->actions; a->op != PP_CHECK_NONE; a++)
        if (memcmp(a, &wanted, sizeof wanted) == 0) return true;
    return false;
}

static bool are_alike(const pp_check_scope *scope) {
    for (const pp_check_action *a = scope->actions; a->op != PP_CHECK_NONE; a++) {
        pp_check_action other = *a;
        for (uint32_t order = 0; a->op == PP_CHECK_BEACON && order < 6; order++) {
            other.arg = (uint8_t)order;
            if (!may(scope, other)) return false;
        }
        if (a->op != PP_CHECK_COMMAND || a->who >= PP_CHECK_PROVERS) continue;
        for (unsigned who = 0; who < PP_CHECK_PROVERS; who++) {
            other.who = (uint8_t)who;
            if (!may(scope, other)) return false;
        }
    }
    return true;
}

typedef struct search {
    seen_set seen, classes; // classes: where the whole is explored
    bool whole;
    frame stack[PP_CHECK_PATH_MAX];
    uint32_t depth;
    size_t size;
} search;

// Goes on from the world if nobody was there yet.
static bool enter(search *s, const pp_check_world *w) {
    pp_check_key k, all;
    pp_check_key_of(&k, w);
    bool new = add(s->whole ? &s->classes : &s->seen, k.a, k.b);
    if (s->whole) {
        pp_check_key_whole(&all, w);
        new = add(&s->seen, all.a, all.b);
    }
    if (!new) return false;
    PP_ASSERT(s->depth < PP_CHECK_PATH_MAX);
    frame *f = &s->stack[s->depth++];
    if (f->copy == NULL) f->copy = malloc(s->size);
    PP_ASSERT(f->copy != NULL);
    f->next = 0;
    f->twins = s->whole ? 0 : k.twins;
    save(f->copy, w);
    return true;
}

static void search_close(search *s) {
    for (uint32_t i = 0; i < PP_CHECK_PATH_MAX; i++) free(s->stack[i].copy);
    free(s->seen.keys);
    free(s->classes.keys);
}

void pp_check_explore(pp_check_result *out, const pp_check_scope *scope, pp_market_guard off,
                      bool whole) {
    static search s;
    pp_check_world w;
    PP_ASSERT(!scope->alike || are_alike(scope));
    memset(out, 0, sizeof *out);
    memset(&s, 0, sizeof s);
    seen_open(&s.seen, 1 << 16);
    seen_open(&s.classes, 1 << 16);
    s.whole = whole;
    pp_market_guard_off = off;
    pp_check_open(&w, scope);
    s.size = sizeof w + w.memory_size;
    enter(&s, &w);
    bool dirty = false; // the world is not what the top frame holds
    while (s.depth > 0 && out->wrong == NULL) {
        frame *f = &s.stack[s.depth - 1];
        if (scope->actions[f->next].op == PP_CHECK_NONE) {
            s.depth--;
            dirty = true;
            continue;
        }
        if (dirty) restore(&w, f->copy);
        dirty = false;
        f->taken = scope->actions[f->next++];
        if (!allowed(&w, f->taken) || f->twins >> f->taken.who & 1) continue;
        out->transitions++;
        out->wrong = try(out, &w, f->copy, f->taken, &dirty);
        if (out->wrong != NULL || !dirty || !enter(&s, &w)) continue;
        count_end(out, &w);
        dirty = false;
    }
    out->states = s.seen.len;
    out->classes = whole ? s.classes.len : s.seen.len;
    if (out->wrong != NULL) {
        out->path_len = s.depth;
        for (uint32_t i = 0; i < s.depth; i++) out->path[i] = s.stack[i].taken;
        shorten(out, scope);
    }
    search_close(&s);
    pp_check_close(&w);
    pp_market_guard_off = PP_MARKET_GUARD_NONE;
}

// ---- in words
// ----------------------------------------------------------------------------------------------

const char *pp_check_guard_name(pp_market_guard guard) {
    static const char *const names[] = {"none",
#define X(name, text) #name,
                                        PP_MARKET_GUARDS(X)
#undef X
    };
    return names[guard];
}

const char *pp_check_guard_text(pp_market_guard guard) {
    static const char *const texts[] = {"",
#define X(name, text) text,
                                        PP_MARKET_GUARDS(X)
#undef X
    };
    return texts[guard];
}

static uint32_t states_of(const pp_check_world *w) {
    uint32_t all = 0;
    for (uint32_t i = 0; i < w->m.requests_len; i++)
        all = all * 100 + w->m.requests[i].state * 3u + w->m.requests[i].drawing;
    return all;
}

static bool dies(pp_check_world *w, pp_check_action a) {
    catching = true;
    if (setjmp(panicked) == 0) {
        pp_check_do(w, a);
        catching = false;
        return false;
    }
    catching = false;
    return true;
}

void pp_check_print(const pp_check_scope *scope, pp_market_guard off,
                    const pp_check_result *result) {
    pp_check_world w;
    pp_market_guard_off = off;
    pp_check_open(&w, scope);
    printf("counter-example, scope %s, without %s: %s\n", scope->name, pp_check_guard_name(off),
           result->wrong != NULL ? result->wrong : "(none)");
    for (uint32_t i = 0; i < result->path_len; i++) {
        if (!allowed(&w, result->path[i])) continue;
        uint64_t t = w.m.now - 100;
        char text[160];
        uint32_t before = states_of(&w);
        bool died = dies(&w, result->path[i]);
        pp_check_describe(text, &w, result->path[i]);
        if (result->path[i].op == PP_CHECK_TICK && !died && states_of(&w) == before &&
            i + 1 < result->path_len)
            continue; // nothing but time
        printf("  t=%-3llu %s", (unsigned long long)t, died ? panic_text : text);
        for (uint32_t k = 0; !died && k < scope->requests; k++) {
            const pp_market_request *r = pp_check_request(&w, k);
            if (r == NULL) continue;
            printf("  [%s%s", pp_market_state_name(r->state), r->proven ? " proven" : "");
            if (r->state == PP_MARKET_ASSIGNED)
                printf(" to %u at %u until t=%llu", r->primary, (unsigned)r->price,
                       (unsigned long long)(r->deadline - 100));
            if (r->pot != 0) printf(" pot %u", (unsigned)r->pot);
            if (r->settled) printf(" paid %u to %u", (unsigned)r->paid, r->payee);
            printf("]");
        }
        printf("\n");
    }
    pp_check_close(&w);
    pp_market_guard_off = PP_MARKET_GUARD_NONE;
}
