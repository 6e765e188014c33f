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

typedef struct key {
    uint64_t a, b;
} key;

static void mix(key *k, const void *data, size_t size) {
    const uint8_t *p = data;
    for (; size > 0;) {
        uint64_t x = 0;
        size_t n = size < 8 ? size : 8;
        memcpy(&x, p, n);
        k->a = (k->a ^ x) * 0x9e3779b97f4a7c15u;
        k->a ^= k->a >> 29;
        k->b = (k->b + x) * 0xd6e8feb86659fd93u;
        k->b ^= k->b >> 32;
        p += n;
        size -= n;
    }
}

static void mix_bids(key *k, const pp_market *m, const pp_market_request *r) {
    for (const pp_market_commit *c = NULL; (c = pp_market_commit_after(m, r, c)) != NULL;) {
        mix(k, c->hash.b, 2);
        mix(k, &c->bid, sizeof c->bid);
        uint64_t rest[4] = {c->account, c->revealed, c->rank,
                            (uint64_t)(c->held + (c->bond << 32))};
        mix(k, rest, sizeof rest);
    }
    for (const pp_market_commit *c = NULL; (c = pp_market_claim_after(m, r, c)) != NULL;) {
        uint64_t rest[3] = {c->account, (uint64_t)c->bid, (uint64_t)c->held};
        mix(k, rest, sizeof rest);
    }
}

static key key_of(const pp_check_world *w) {
    const pp_market *m = &w->m;
    key k = {1, 2};
    uint64_t totals[5] = {m->now, (uint64_t)m->deposits, (uint64_t)m->withdrawals,
                          (uint64_t)m->burned, m->posted};
    mix(&k, totals, sizeof totals);
    for (uint32_t i = 0; i < m->accounts_len; i++) {
        const pp_market_account *a = &m->accounts[i];
        mix(&k, &a->free,
            offsetof(pp_market_account, debts_first) - offsetof(pp_market_account, free));
        for (uint32_t d = a->debts_first; d != UINT32_MAX; d = m->debts[d].next)
            mix(&k, &m->debts[d].amount, sizeof(pp_u128));
    }
    for (uint32_t i = 0; i < m->requests_len; i++) {
        pp_market_request r = m->requests[i];
        r.commits = r.claims = r.prev = r.next = 0;
        mix(&k, &r.cap, sizeof r - offsetof(pp_market_request, cap));
        mix(&k, &r.number, sizeof r.number);
        if (!pp_market_state_is_terminal(r.state)) mix_bids(&k, m, &m->requests[i]);
    }
    mix(&k, &w->ghost, sizeof w->ghost);
    return k;
}

typedef struct seen_set {
    key *keys;
    uint64_t len, max; // a power of two, at most half full
} seen_set;

static bool add(seen_set *s, key k) {
    if (k.a == 0) k.a = 1;
    if (2 * (s->len + 1) > s->max) {
        seen_set more = {calloc(s->max * 2, sizeof(key)), 0, s->max * 2};
        PP_ASSERT(more.keys != NULL);
        for (uint64_t i = 0; i < s->max; i++)
            if (s->keys[i].a != 0) add(&more, s->keys[i]);
        free(s->keys);
        *s = more;
    }
    for (uint64_t i = k.b;; i++) {
        key *at = &s->keys[i & (s->max - 1)];
        if (at->a == k.a && at->b == k.b) return false;
        if (at->a != 0) continue;
        *at = k;
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

static int64_t gained(const pp_check_world *w, uint32_t who) {
    pp_address address = pp_check_address(who);
    const pp_market_account *a = pp_market_find_account(&w->m, &address);
    return (int64_t)(a->free + a->stake) - (int64_t)w->started[who] - w->ghost.went_in[who];
}

// What the requester and provers x and y (or one of them) gain together is at most one and a half
// times the prices that the others defaulted on, and half of what those lost by declining.
static const char *coalitions(pp_check_result *out, const pp_check_world *w) {
    if (w->scope->requests != 1 || w->scope->protocol) return NULL; // one request's money
    uint32_t all = 0, declined = 0;
    for (uint32_t i = 0; i < PP_CHECK_ACCOUNTS; i++) {
        all += w->ghost.faults[i];
        declined += w->ghost.lost_by_decline[i];
    }
    for (uint32_t x = 0; x < PP_CHECK_PROVERS; x++)
        for (uint32_t y = x; y < PP_CHECK_PROVERS; y++) {
            uint32_t ours = w->ghost.faults[x] + (x != y ? w->ghost.faults[y] : 0);
            uint32_t theirs = all - ours;
            uint32_t given =
                declined - w->ghost.lost_by_decline[x] - (x != y ? w->ghost.lost_by_decline[y] : 0);
            int64_t provers = gained(w, x) + (x != y ? gained(w, y) : 0);
            int64_t together = provers + gained(w, PP_CHECK_ASKER);
            if (2 * together > 3 * (int64_t)theirs + given)
                return "coalition: 1.5 p of each default";
            if (together > 0 && theirs > 0 && (uint64_t)together * 10 / theirs > out->gain_tenths)
                out->gain_tenths = (uint64_t)together * 10 / theirs;
            if (ours == 0 || w->scope->cap > w->scope->reserve || w->ghost.raises > 0) continue;
            int64_t more = 2 * provers - 2 * (int64_t)ours - 3 * (int64_t)theirs;
            if (more > 0) return "coalition: a default gains no more than p";
        }
    return NULL;
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
static const char *try(pp_check_result *out, pp_check_world *w, const uint8_t *copy, key from,
                       pp_check_action a, key *to, bool *changed) {
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
    *to = key_of(w);
    bool same = to->a == from.a && to->b == from.b;
    const char *bad = pp_check_properties(&before, w, a, same);
    if (bad == NULL && !same) bad = pp_market_check(&w->m);
    if (bad == NULL && !same && all_over(w)) bad = coalitions(out, w);
    catching = false;
    *changed = !same;
    return bad;
}

typedef struct frame {
    uint8_t *copy;
    key key;
    uint32_t next;
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
        key to;
        bool changed;
        bad = try(&ignored, &w, copy, key_of(&w), out->path[i], &to, &changed);
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

void pp_check_explore(pp_check_result *out, const pp_check_scope *scope, pp_market_guard off,
                      uint64_t states_max) {
    static frame stack[PP_CHECK_PATH_MAX];
    pp_check_world w;
    seen_set seen = {calloc(1 << 16, sizeof(key)), 0, 1 << 16};
    memset(out, 0, sizeof *out);
    pp_market_guard_off = off;
    pp_check_open(&w, scope);
    size_t size = sizeof w + w.memory_size;
    uint32_t depth = 0;
    stack[0].key = key_of(&w);
    stack[0].next = 0;
    stack[0].copy = malloc(size);
    PP_ASSERT(stack[0].copy != NULL && seen.keys != NULL);
    save(stack[0].copy, &w);
    add(&seen, stack[0].key);
    bool dirty = false;
    for (;;) {
        frame *f = &stack[depth];
        if (scope->actions[f->next].op == PP_CHECK_NONE || seen.len >= states_max) {
            free(f->copy);
            f->copy = NULL;
            if (depth == 0) break;
            depth--;
            dirty = true;
            continue;
        }
        if (dirty) restore(&w, f->copy);
        dirty = false;
        f->taken = scope->actions[f->next++];
        if (!allowed(&w, f->taken)) continue;
        key to;
        out->transitions++;
        out->wrong = try(out, &w, f->copy, f->key, f->taken, &to, &dirty);
        if (out->wrong != NULL) break;
        if (!dirty || !add(&seen, to)) continue;
        count_end(out, &w);
        PP_ASSERT(depth + 1 < PP_CHECK_PATH_MAX);
        frame *g = &stack[++depth];
        g->copy = malloc(size);
        PP_ASSERT(g->copy != NULL);
        g->key = to;
        g->next = 0;
        save(g->copy, &w);
        dirty = false;
    }
    out->states = seen.len;
    if (out->wrong != NULL) {
        out->path_len = depth + 1;
        for (uint32_t i = 0; i <= depth; i++) out->path[i] = stack[i].taken;
        for (uint32_t i = 0; i <= depth; i++) free(stack[i].copy);
        shorten(out, scope);
    }
    free(seen.keys);
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
        catching = true;
        bool died = setjmp(panicked) != 0;
        if (!died) pp_check_do(&w, result->path[i]);
        catching = false;
        pp_check_describe(text, &w, result->path[i]);
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
