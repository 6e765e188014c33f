// SPDX-License-Identifier: MIT OR Apache-2.0
// Every state of every scope holds; every guard taken out gives a counter-example. In the suite the
// small scopes; with PP_CHECK_ALL=1 (make soak) the large ones too, PP_CHECK_SCOPE=WORD picks some.
#include <stdio.h>
#include <stdlib.h>

#include "base/test.h"
#include "checker/checker.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static pp_check_result r;

PP_TEST(every_scope_holds) {
    uint64_t states = 0, transitions = 0;
    const char *only = getenv("PP_CHECK_SCOPE");
    if (getenv("PP_CHECK_GUARD") != NULL) return;
    for (size_t i = 0; i < pp_check_scopes_len(); i++) {
        const pp_check_scope *scope = pp_check_scopes[i];
        if (only != NULL && strstr(scope->name, only) == NULL) continue;
        if (scope->soak && getenv("PP_CHECK_ALL") == NULL) {
            printf("SKIPPED here, run by make soak: %s\n", scope->name);
            continue;
        }
        pp_check_explore(&r, scope, PP_MARKET_GUARD_NONE, false);
        printf("%10llu states %12llu transitions; requester and provers gain at most %llu.%llu of "
               "others' defaulted prices: %s\n",
               (unsigned long long)r.states, (unsigned long long)r.transitions,
               (unsigned long long)r.gain_tenths / 10, (unsigned long long)r.gain_tenths % 10,
               scope->name);
        if (r.wrong != NULL) {
            pp_check_print(scope, PP_MARKET_GUARD_NONE, &r);
            pp_test_fail(__FILE__, __LINE__, "%s: %s", scope->name, r.wrong);
        }
        states += r.states;
        transitions += r.transitions;
    }
    printf("%10llu states %12llu transitions in all\n", (unsigned long long)states,
           (unsigned long long)transitions);
}

// What is explored class by class is all there is: whole, it has as many classes.
PP_TEST(nothing_is_lost_by_classes) {
    if (getenv("PP_CHECK_GUARD") != NULL || getenv("PP_CHECK_SCOPE") != NULL) return;
    static pp_check_result all;
    for (size_t i = 0; i < pp_check_scopes_len(); i++) {
        const pp_check_scope *scope = pp_check_scopes[i];
        if (scope->soak) continue;
        pp_check_explore(&r, scope, PP_MARKET_GUARD_NONE, false);
        if (r.states > 5000 && getenv("PP_CHECK_ALL") == NULL) continue;
        pp_check_explore(&all, scope, PP_MARKET_GUARD_NONE, true);
        printf("%10llu states are %9llu of %9llu: %s\n", (unsigned long long)all.states,
               (unsigned long long)all.classes, (unsigned long long)r.states, scope->name);
        CHECK_EQ(all.classes, r.states);
        CHECK_EQ(all.gain_tenths, r.gain_tenths);
        CHECK(all.wrong == NULL && r.wrong == NULL);
    }
}

// The actions that come to a guard, by the first word of its name.
static const struct {
    const char *word;
    pp_check_op op;
    pp_market_kind kind;
} meets[] = {
    {"REGISTER", PP_CHECK_COMMAND, PP_MARKET_REGISTER},
    {"UNBONDED", PP_CHECK_COMMAND, PP_MARKET_UNBONDED},
    {"UNBOND", PP_CHECK_COMMAND, PP_MARKET_UNBOND},
    {"TERMS", PP_CHECK_COMMAND, PP_MARKET_POST},
    {"POST", PP_CHECK_COMMAND, PP_MARKET_POST},
    {"CANCEL", PP_CHECK_COMMAND, PP_MARKET_CANCEL},
    {"RAISE", PP_CHECK_COMMAND, PP_MARKET_RAISE},
    {"BID", PP_CHECK_COMMAND, PP_MARKET_BID},
    {"OPEN_BID", PP_CHECK_COMMAND, PP_MARKET_OPEN_BID},
    {"RELEASE", PP_CHECK_COMMAND, PP_MARKET_RELEASE},
    {"DECLINE", PP_CHECK_COMMAND, PP_MARKET_DECLINE},
    {"CLAIM", PP_CHECK_COMMAND, PP_MARKET_CLAIM},
    {"DRAW", PP_CHECK_COMMAND, PP_MARKET_CLAIM},
    {"PROVE", PP_CHECK_COMMAND, PP_MARKET_PROVE},
    {"BOUNTY", PP_CHECK_COMMAND, PP_MARKET_PROVE},
    {"TRANSFER_SMALL", PP_CHECK_NEWCOMER, 0},
    {"VOID", PP_CHECK_VOID, 0},
    {"WITHDRAW", PP_CHECK_WITHDRAW, 0},
    {"TRANSFER", PP_CHECK_TRANSFER, 0},
    {"ENROLL", PP_CHECK_ENROLL, 0},
    {"DEBT", PP_CHECK_DEPOSIT, 0},
};

// Scopes that cannot meet a guard are left out: a guard of lanes is met in lanes only.
static bool comes_to(const pp_check_scope *scope, pp_market_guard guard) {
    const char *name = pp_check_guard_name(guard);
    static const char *const lanes[] = {"REOPEN", "RESERVE_", "PROTOCOL", "FUND"};
    for (size_t i = 0; i < PP_COUNT(lanes); i++)
        if (strstr(name, lanes[i]) != NULL && !scope->protocol) return false;
    for (size_t i = 0; i < PP_COUNT(meets); i++) {
        if (strncmp(name, meets[i].word, strlen(meets[i].word)) != 0) continue;
        for (const pp_check_action *a = scope->actions; a->op != PP_CHECK_NONE; a++)
            if (a->op == meets[i].op && a->kind == meets[i].kind) return true;
        return false;
    }
    return true;
}

// The smallest scopes first; the first counter-example counts.
static const pp_check_scope *break_it(pp_market_guard guard) {
    for (size_t i = 0; i < pp_check_scopes_len(); i++) {
        if (pp_check_scopes[i]->soak || !comes_to(pp_check_scopes[i], guard)) continue;
        pp_check_explore(&r, pp_check_scopes[i], guard, false);
        if (r.wrong != NULL) return pp_check_scopes[i];
    }
    return NULL;
}

PP_TEST(every_guard_is_needed) {
    const char *only = getenv("PP_CHECK_GUARD"); // and print the whole timeline
    if (getenv("PP_CHECK_SCOPE") != NULL) return;
#if SANITIZED
    (void)break_it;
    (void)only;
    printf("SKIPPED under sanitizers: an engine with a guard taken out may do anything\n");
#else
    for (int g = 1; g < PP_MARKET_GUARDS_END; g++) {
        pp_market_guard guard = (pp_market_guard)g;
        if (only != NULL && strcmp(only, "ALL") != 0 &&
            strcmp(only, pp_check_guard_name(guard)) != 0)
            continue;
        const pp_check_scope *scope = break_it(guard);
        if (scope == NULL) {
            pp_test_fail(__FILE__, __LINE__, "without %s (%s) nothing goes wrong",
                         pp_check_guard_name(guard), pp_check_guard_text(guard));
            continue;
        }
        fflush(stdout);
        printf("%-18s %2u steps, %s: %s\n", pp_check_guard_name(guard), r.path_len, scope->name,
               r.wrong);
        if (only != NULL && strcmp(only, "ALL") != 0) pp_check_print(scope, guard, &r);
    }
#endif
}
