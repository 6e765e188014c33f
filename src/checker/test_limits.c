// SPDX-License-Identifier: MIT OR Apache-2.0
// The limits of the engine (market/guard.h), which no rule rests on: an example at the edge of each
// is refused, and not where the limit is taken out. Two are not taken out, for behind them is
// memory: places, and steps of R.
#include "base/test.h"
#include "checker/checker.h"

static const pp_check_scope scope = {.name = "limits",
                                     .requests = 1,
                                     .places = 3,
                                     .winners = 1,
                                     .reserve = 8,
                                     .cap = 8,
                                     .asker = 100,
                                     .stake = 40,
                                     .slots = 2,
                                     .cash = 20,
                                     .commit = 1,
                                     .reveal = 1,
                                     .decline = 1,
                                     .work = 4,
                                     .bounty = 2,
                                     .beacon = 1,
                                     .slack = 70000};
static pp_check_world w;

static pp_market_reason post(pp_market_command *c) {
    c->kind = PP_MARKET_POST;
    c->sender = pp_check_address(PP_CHECK_ASKER);
    if (c->nonce == 0) c->nonce = 1;
    return pp_market_step(&w.m, c);
}

static pp_market_reason act(pp_market_kind kind, uint32_t who) {
    pp_check_do(&w, (pp_check_action){PP_CHECK_COMMAND, (uint8_t)kind, (uint8_t)who, 0, 0});
    return w.reason;
}

// What the example of a limit comes to.
static pp_market_reason example(int limit) {
    pp_market_command c = {0};
    pp_address who = pp_check_address(0);
    pp_check_terms(&c.terms, &scope, 0);
    switch (limit) {
    case PP_MARKET_LIMIT_AMOUNTS:
        return pp_market_deposit(&w.m, &who, PP_MARKET_AMOUNT_MAX + 1);
    case PP_MARKET_LIMIT_WINDOWS:
        c.terms.decline_window = 60001;
        c.terms.work_window = 4 * 60001;
        c.terms.expiry = 16 * 60001;
        return post(&c);
    case PP_MARKET_LIMIT_WORK_AND_INPUT:
        c.terms.input_size = ((uint64_t)1 << 40) + 1;
        return post(&c);
    case PP_MARKET_LIMIT_OUTPUT_SIZE:
        c.terms.output_size = PP_OUTPUT_MAX + 1;
        return post(&c);
    case PP_MARKET_LIMIT_MATCHES:
        c.terms.match = (pp_market_match)(PP_MARKET_EXACT + 1);
        return post(&c);
    case PP_MARKET_LIMIT_NONCES:
        c.nonce = UINT64_MAX;
        return post(&c);
    case PP_MARKET_LIMIT_SLOTS:
        return act(PP_MARKET_REGISTER, PP_CHECK_STRANGER); // with no slot
    case PP_MARKET_LIMIT_REQUESTS_OF_ONE:
        w.m.params.requests_max = 1;
        return post(&c);
    case PP_MARKET_LIMIT_COMMITS_OF_ONE:
        w.m.params.commits_max = 1;
        CHECK_EQ(act(PP_MARKET_BID, 0), PP_MARKET_OK);
        return act(PP_MARKET_BID, 1);
    case PP_MARKET_LIMIT_CLAIMS_OF_ONE:
        pp_market_advance(&w.m, w.m.now + 10);
        w.m.requests[0].defaulters_len = PP_MARKET_DEFAULTERS_MAX;
        return act(PP_MARKET_CLAIM, 0);
    default:
        return PP_MARKET_NOOP; // not taken out
    }
}

PP_TEST(every_limit_is_met) {
    static const char *const names[] = {
#define X(name, text) #name,
        PP_MARKET_LIMITS(X)
#undef X
    };
    for (int limit = 0; limit < (int)PP_COUNT(names); limit++) {
        pp_market_reason with, without;
        pp_check_open(&w, &scope);
        with = example(limit);
        pp_check_close(&w);
        if (with == PP_MARKET_NOOP) {
            printf("%-16s memory\n", names[limit]);
            CHECK(limit == PP_MARKET_LIMIT_PLACES || limit == PP_MARKET_LIMIT_STEPS);
            continue;
        }
        pp_check_open(&w, &scope);
        pp_market_limit_off = limit;
        without = example(limit);
        pp_market_limit_off = -1;
        pp_check_close(&w);
        printf("%-16s %s\n", names[limit], pp_market_reason_code(with));
        CHECK(with != PP_MARKET_OK);
        CHECK_EQ(without, PP_MARKET_OK);
    }
}
