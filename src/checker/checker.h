// SPDX-License-Identifier: MIT OR Apache-2.0
// A model checker for the proof market: the engine itself (built with PP_MARKET_CHECKER), driven
// through every sequence of actions of a few accounts at a small scope, every property asserted
// after every step. Not a model of the engine: what is explored is the code that runs in a chain.
// Time is a clock that ticks by one; every outcome of a draw is asked for. docs/market-evidence.md
// says what the scopes are and what was found.
#ifndef PP_CHECKER_CHECKER_H
#define PP_CHECKER_CHECKER_H

#include "market/guard.h"
#include "market/market.h"

enum {
    PP_CHECK_PROVERS = 3,
    PP_CHECK_ASKER = 3, // accounts: the provers, then these
    PP_CHECK_FUND,
    PP_CHECK_STRANGER, // registers during the run, if at all
    PP_CHECK_ACCOUNTS,
    PP_CHECK_REQUESTS = 2,
    PP_CHECK_PLACES = 3,
    PP_CHECK_PATH_MAX = 400,
};

typedef enum pp_check_op {
    PP_CHECK_NONE, // ends a list
    PP_CHECK_TICK,
    PP_CHECK_BEACON, // arg: which order of the provers
    PP_CHECK_COMMAND,
    PP_CHECK_POST_PROTOCOL,
    PP_CHECK_VOID,
    PP_CHECK_DEPOSIT,
    PP_CHECK_WITHDRAW,
    PP_CHECK_TRANSFER,
    PP_CHECK_NEWCOMER, // a transfer to somebody without an account
    PP_CHECK_ENROLL,
} pp_check_op;

typedef struct pp_check_action {
    uint8_t op;
    uint8_t kind; // of a command
    uint8_t who, request;
    uint8_t arg; // a bid, an amount, a valid proof (1), a wrong one (0), a wrong output (2), terms
} pp_check_action;

// A scope: what there is and what may happen.
typedef struct pp_check_scope {
    const char *name;
    bool soak;         // too large for the suite
    uint32_t requests; // posted at the start, by the asker or (protocol) by the fund
    uint32_t places;
    bool protocol;
    uint8_t winners;
    uint64_t reserve, cap, step;    // r, R; an R from half of the time on, or 0
    uint64_t asker, fund;           // free at the start
    uint64_t stake, slots;          // of each prover
    uint64_t cash;                  // of each prover
    uint64_t stake_min, proof_bond; // 0: 1
    uint32_t kept;                  // places for the protocol's requests
    uint64_t commit, reveal, decline, work, bounty, beacon, slack;
    uint64_t end; // the clock stops here, or 0: when all requests are over
    pp_check_action actions[128];
    uint32_t wrong_proofs, raises; // at most so many
    bool alike; // each prover may do what the others may: which one is which does not matter
} pp_check_scope;

// What the checker remembers beside the engine's state.
typedef struct pp_check_ghost {
    uint8_t wrong_proofs, raises;
    uint8_t sealed[PP_CHECK_PLACES][PP_CHECK_ACCOUNTS]; // what a prover last bid there
    bool offered[PP_CHECK_PLACES];      // a valid proof came while the request was not over
    uint32_t faults[PP_CHECK_ACCOUNTS]; // prices of the assignments an account defaulted on
    uint32_t lost_by_decline[PP_CHECK_ACCOUNTS];
    int32_t went_in[PP_CHECK_ACCOUNTS]; // by deposits and transfers, less what went out
} pp_check_ghost;

typedef struct pp_check_result {
    uint64_t states, transitions;
    uint64_t classes;  // of states with one future (states: where only those were explored)
    const char *wrong; // NULL, or the property that fails
    pp_check_action path[PP_CHECK_PATH_MAX];
    uint32_t path_len;
    uint64_t ended[PP_MARKET_STATES_LEN]; // states in which the first request is over, by its end
    // The most that the asker and one prover gained together beyond what the rules say they may:
    // in tenths of the prices that others defaulted on; and the most a defaulting prover and
    // another gained together beyond the price it had been assigned for (0: never any).
    uint64_t gain_tenths;
    uint64_t default_gain;
} pp_check_result;

// Explores all of the scope with one guard out (or none): one state of each class, or (whole) all.
void pp_check_explore(pp_check_result *out, const pp_check_scope *scope, pp_market_guard off,
                      bool whole);
// Prints a counter-example: every step with its time and what it did.
void pp_check_print(const pp_check_scope *scope, pp_market_guard off,
                    const pp_check_result *result);

const char *pp_check_guard_name(pp_market_guard guard);
const char *pp_check_guard_text(pp_market_guard guard);

// The scopes of the suite.
extern const pp_check_scope *const pp_check_scopes[];
size_t pp_check_scopes_len(void);

// ---- between the checker's files
// ------------------------------------------------------------------

typedef struct pp_check_world {
    pp_market m;
    pp_check_ghost ghost;
    const pp_check_scope *scope;
    void *memory;
    size_t memory_size;
    pp_hash32 ids[PP_CHECK_REQUESTS];
    uint64_t started[PP_CHECK_ACCOUNTS]; // wealth
    pp_market_reason reason;             // of the last action
    pp_market_command command;           // the last one
} pp_check_world;

typedef struct pp_check_key {
    uint64_t a, b;
    uint8_t twins; // bits of the provers to whom one of a lower number is equal in all
} pp_check_key;
// Of all that a state is; of what can matter to the future, whichever prover is called which.
void pp_check_key_whole(pp_check_key *out, const pp_check_world *w);
void pp_check_key_of(pp_check_key *out, const pp_check_world *w);
bool pp_check_same(const pp_check_world *x, const pp_check_world *y);

pp_address pp_check_address(uint32_t who);
const pp_market_request *pp_check_request(const pp_check_world *w, uint32_t i); // NULL: forgotten
void pp_check_open(pp_check_world *w, const pp_check_scope *scope);
void pp_check_close(pp_check_world *w);
void pp_check_do(pp_check_world *w, pp_check_action a);
// What the action may do by the rules' text: NULL, or the property that does not hold. before is
// the state that the action found (its market's pointers lead into a copy of the memory).
const char *pp_check_properties(const pp_check_world *before, const pp_check_world *after,
                                pp_check_action a, bool same);
void pp_check_terms(pp_market_terms *out, const pp_check_scope *s, uint32_t variant);
void pp_check_describe(char out[160], const pp_check_world *w, pp_check_action a);

#endif
