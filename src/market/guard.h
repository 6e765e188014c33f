// SPDX-License-Identifier: MIT OR Apache-2.0
// Every condition under which the market refuses something, and every one that keeps an effect from
// paying too much, has a name here: tests/market_guards.py reads the engine's sources and finds no
// refusal without one. PP_MARKET_GUARD(name, cond) is a rule: in the product it is cond, which is
// true where what is named is always done; in the model checker's build one at a time can be taken
// out, and the checker must then find a counter-example (test_checker.c): a guard that nothing
// needs is a guard that nothing tests. PP_MARKET_LIMIT and PP_MARKET_REASON are the two kinds that
// are no rules: a limit taken out lets through what its example in test_checker.c names, a better
// reason is one only.
#ifndef PP_MARKET_GUARD_H
#define PP_MARKET_GUARD_H

// name, what goes wrong without it
#define PP_MARKET_GUARDS(X)                                                                        \
    X(REGISTER_SLOTS, "slots in use exceed those declared")                                        \
    X(REGISTER_BALANCE, "stake out of nothing")                                                    \
    X(UNBOND_NOTHING, "nothing unbonded starts a wait again")                                      \
    X(UNBOND_STAKE, "stake that is held leaves")                                                   \
    X(UNBONDED_TIME, "stake leaves before the unbonding time")                                     \
    X(TERMS_WINNERS, "an auction without winners, or more than there is room for")                 \
    X(TERMS_KAPPA, "the reservation does not cover S")                                             \
    X(TERMS_DECLINE, "a decline window as long as the work")                                       \
    X(TERMS_WINDOW, "bids that nobody can make or open in time")                                   \
    X(TERMS_EXPIRY, "an assignment outlives the expiry")                                           \
    X(TERMS_WORK, "less time than the slowest prover needs")                                       \
    X(TERMS_ANY, "any output, but not quite any")                                                  \
    X(TERMS_RESERVE, "a price of nothing")                                                         \
    X(TERMS_CAP, "an open price below the reserve")                                                \
    X(TERMS_STEPS, "R falls")                                                                      \
    X(POST_AGAIN, "one request twice")                                                             \
    X(POST_NONCE, "a forgotten request again")                                                     \
    X(POST_BALANCE, "escrow out of nothing")                                                       \
    X(POST_FEE, "requests for nothing")                                                            \
    X(POST_KEPT, "others' requests shut the application out")                                      \
    X(FUND_AGAIN, "one request twice")                                                             \
    X(FUND_DRY, "a protocol request with less escrow than r")                                      \
    X(FUND_OWES, "new requests overtake the fund's debts")                                         \
    X(FUND_ESCROW, "escrow out of nothing")                                                        \
    X(FUND_CAP, "an offer that nobody holds")                                                      \
    X(FUND_STEPS, "a later offer that nobody holds")                                               \
    X(CANCEL_OWNER, "anyone cancels")                                                              \
    X(CANCEL_PROTOCOL, "whoever has a fund's key takes its batch's request back")                  \
    X(CANCEL_STATE, "a requester takes back what provers work on")                                 \
    X(CANCEL_COMMITS, "a requester looks who bids, and leaves")                                    \
    X(RAISE_OWNER, "anyone spends the requester's money")                                          \
    X(RAISE_PROTOCOL, "whoever has a fund's key spends it on a prover")                            \
    X(RAISE_STATE, "escrow for a request that is over")                                            \
    X(RAISE_LESS, "R falls")                                                                       \
    X(RAISE_BALANCE, "escrow out of nothing")                                                      \
    X(WORK_AGE, "a fresh identity for each default")                                               \
    X(WORK_DEFAULT, "a defaulter goes on")                                                         \
    X(WORK_STAKE, "an assignment without its stake")                                               \
    X(WORK_SLOT, "more work than slots")                                                           \
    X(BID_STATE, "bids after the commit window")                                                   \
    X(BID_AGAIN, "two commits of one prover in one request")                                       \
    X(BID_BOND, "a commit without a bond")                                                         \
    X(BOND_SHARE, "bids opened at choice for next to nothing")                                     \
    X(OPEN_BID_AGAIN, "a bid that changes after it is known")                                      \
    X(OPEN_BID_STATE, "reveals outside their window")                                              \
    X(OPEN_BID_LATE, "reveals while the beacon is awaited")                                        \
    X(OPEN_BID_RESERVE, "a bid above the reserve")                                                 \
    X(OPEN_BID_SALT, "a bid other than the sealed one")                                            \
    X(RELEASE_INSURED, "a primary leaves without anyone having proven")                            \
    X(RELEASE_OWNER, "anyone releases the primary")                                                \
    X(DECLINE_OWNER, "anyone declines for the primary")                                            \
    X(DECLINE_CLAIM, "a claim that can be given back for a twentieth")                             \
    X(DECLINE_FEE, "an option for nothing: win, look, decline")                                    \
    X(DECLINE_LAST, "the last winner declines to be paid r in the open")                           \
    X(DECLINE_LATE, "a decline after its window")                                                  \
    X(DECLINE_INSURED, "who lets go of what is proven pays for it")                                \
    X(DECLINE_STAKE, "more is lost than was at stake")                                             \
    X(CLAIM_STATE, "a claim on what is not open")                                                  \
    X(CLAIM_ESCROW, "a claim whose pay nobody holds")                                              \
    X(CLAIM_LATE, "a claim that leaves no open window before the expiry")                          \
    X(CLAIM_AGAIN, "two claims of one prover in one block")                                        \
    X(SEALED_BURNS, "bids that stay sealed for nothing: open the best of many")                    \
    X(DRAW_LOSERS, "losers' stakes stay held")                                                     \
    X(DRAW_LATE, "a late beacon gives work without time")                                          \
    X(DRAW_DEFAULT, "a claim drawn for somebody who has defaulted since")                          \
    X(DRAW_SLOT, "a claim drawn without a slot")                                                   \
    X(DRAW_STAKE, "a claim drawn without its stake")                                               \
    X(PROVE_STATE, "a proof of what is over, or proven already")                                   \
    X(PROVE_AGAIN, "a second insurer in place of the first")                                       \
    X(PROVE_OUTPUT, "paid for another output")                                                     \
    X(PROVE_BOND, "a proof without a bond")                                                        \
    X(PROVE_VALID, "paid without a proof")                                                         \
    X(PROVE_BURN, "wrong proofs cost nothing, and checking them does")                             \
    X(OPEN_PRICE, "a default lowers the price")                                                    \
    X(OPEN_RAMP, "a claim given up starts the ramp again")                                         \
    X(OPEN_INSURED, "open again what is proven")                                                   \
    X(STAKE_MIN, "the cheapest job has nothing at stake")                                          \
    X(STAKE_KAPPA, "a default costs less than it can bring")                                       \
    X(STAKE_GAP, "a primary defaults and rescues itself for more")                                 \
    X(REOPEN_FUND, "escrow out of nothing")                                                        \
    X(REOPEN_OWES, "a request that reopens overtakes the fund's debts")                            \
    X(REOPEN_DEBT, "a dry fund's request that costs more than r is never proven")                  \
    X(PAY_HELD, "money out of nothing")                                                            \
    X(PAY_OWED, "who proves for a fund without money is not paid when it has some")                \
    X(REOPEN_MOST, "who waits long enough is paid any price")                                      \
    X(REOPEN_FALLS, "R falls as a request reopens")                                                \
    X(VOID_STATE, "a request ends twice")                                                          \
    X(VOID_INSURED, "whose proof was accepted is not paid")                                        \
    X(WITHDRAW_BALANCE, "money out of nothing")                                                    \
    X(TRANSFER_BALANCE, "money out of nothing")                                                    \
    X(TRANSFER_SMALL, "a table full of accounts for a wei each")                                   \
    X(ENROLL_AGAIN, "a stake that vanishes")                                                       \
    X(DEBT_ORDER, "a debt paid with money that is not there")                                      \
    X(BOUNTY_REQUESTER, "a requester is paid for rescuing itself")                                 \
    X(BOUNTY_DEFAULTER, "a defaulter gets its stake back as a bounty")                             \
    X(BOUNTY_OPENED, "a bounty for an insurer, who waited for nothing")                            \
    X(BOUNTY_RAMP, "a whole bounty at once: who defaults and rescues wins time")                   \
    X(POT_COMPENSATION, "a requester lives on defaults")                                           \
    X(POT_BOUNTY, "a rescuer lives on defaults")                                                   \
    X(RESERVE_PAID, "a reserve falls though nobody won")                                           \
    X(RESERVE_BIDS, "a reserve falls though there was no competition")                             \
    X(RESERVE_NO_BIDS, "a reserve rises though somebody bid")                                      \
    X(RESERVE_SUFFICED, "who does not bid is paid more each time")                                 \
    X(RESERVE_ONCE, "requests that waited together move it once each")                             \
    X(RESERVE_FLOOR, "competition in one season, no provers in the next")                          \
    X(RESERVE_TOP, "who waits is paid more without end")

// Limits on sizes and counts, so that numbers and memory are bounded. No rule rests on where they
// lie, and at the checker's scope nothing reaches them: an example at its edge shows each.
#define PP_MARKET_LIMITS(X)                                                                        \
    X(AMOUNTS, "2^90 wei an amount, 2^120 of deposits: no sum overflows")                          \
    X(WINDOWS, "2^31 ms a window, Tc, Tr and w0 the parameter window_max: no time overflows")      \
    X(WORK_AND_INPUT, "2^50 of work, 2^40 bytes of input: the fee does not overflow")              \
    X(OUTPUT_SIZE, "what a guest can output")                                                      \
    X(MATCHES, "three kinds of predicate")                                                         \
    X(STEPS, "four steps of R")                                                                    \
    X(NONCES, "2^64 - 1 is no nonce: no floor could lie above it")                                 \
    X(SLOTS, "one at least, at most the parameter slots_max")                                      \
    X(REQUESTS_OF_ONE, "the parameter requests_max")                                               \
    X(COMMITS_OF_ONE, "the parameter commits_max")                                                 \
    X(CLAIMS_OF_ONE, "16 claims of one request a block, 16 defaulters")                            \
    X(PLACES, "accounts, requests, debts, commits and claims: memory is declared at the start")

// Refusals that only say better what would be refused, or come to nothing, without them.
#define PP_MARKET_BETTER_REASONS(X)                                                                \
    X(NOT_PROVER, "an account that never registered has no stake: M-STAKE")                        \
    X(NOT_ASSIGNED, "what is not assigned has no primary: M-NOT-YOURS")                            \
    X(CANCELLED, "cancelled already: M-STATE")                                                     \
    X(REGISTERED, "nothing to add and the same slots: nothing changes")                            \
    X(UNBONDED_NOTHING, "nothing is unbonding: nothing changes")                                   \
    X(NOTHING_THERE, "no such account, request or commit: there is nothing to do it to")

enum { // a name that is not in its list does not compile
#define X(name, text) PP_MARKET_LIMIT_##name,
    PP_MARKET_LIMITS(X)
#undef X
#define X(name, text) PP_MARKET_REASON_##name,
        PP_MARKET_BETTER_REASONS(X)
#undef X
            PP_MARKET_LIMITS_END
};

#ifdef PP_MARKET_CHECKER
typedef enum pp_market_guard {
    PP_MARKET_GUARD_NONE,
#define X(name, text) PP_MARKET_GUARD_##name,
    PP_MARKET_GUARDS(X)
#undef X
        PP_MARKET_GUARDS_END
} pp_market_guard;
extern pp_market_guard pp_market_guard_off; // the one that is out
extern int pp_market_limit_off;             // one of PP_MARKET_LIMIT_..., or -1
#define PP_MARKET_GUARD(name, cond) (pp_market_guard_off != PP_MARKET_GUARD_##name && (cond))
#define PP_MARKET_LIMIT(name, cond) (pp_market_limit_off != PP_MARKET_LIMIT_##name && (cond))
#else
#define PP_MARKET_GUARD(name, cond) (cond)
#define PP_MARKET_LIMIT(name, cond) ((void)PP_MARKET_LIMIT_##name, (cond))
#endif
#define PP_MARKET_REASON(name, cond) ((void)PP_MARKET_REASON_##name, (cond))

#endif
