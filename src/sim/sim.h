// SPDX-License-Identifier: MIT OR Apache-2.0
// A deterministic simulator of proof markets: the engine of market/ with m = 1, 2, 3 beside three
// rule sets of the field, on the same requests, provers, crashes and adversaries. It compares
// rules, not networks. Same seed, same numbers, on every machine: integers only in what decides.
#ifndef PP_SIM_SIM_H
#define PP_SIM_SIM_H

#include <stdio.h>

#include "base/err.h"
#include "market/market.h"

#define PP_SIM_ADVERSARIES(X)                                                                      \
    X(NONE, "none", "everybody is honest and rational; two provers in a hundred crash on a job")   \
    X(CRASH, "crash", "every fifth job's prover crashes and is back after a while")                \
    X(SLOW, "slow", "one message in ten is late by up to 20 s")                                    \
    X(HALT, "halt", "every five minutes the chain makes no block for two")                         \
    X(THIEF, "thief",                                                                              \
      "every proof on its way is copied and sent first under another name; every fifth job's "     \
      "prover crashes, and rescuers prove without a claim")                                        \
    X(WITHHOLD, "withhold", "adversaries bid and never open their bids")                           \
    X(ABANDON, "abandon", "adversaries bid 0, win and never prove")                                \
    X(SYBIL, "sybil",                                                                              \
      "one owner under many names bids 0 everywhere to be drawn more often, and proves")           \
    X(SPAM, "spam", "as many requests again that nobody means, at a tenth of the usual reserve")   \
    X(RING, "ring", "adversaries agree to bid the reserve")                                        \
    X(SHILL, "shill",                                                                              \
      "each requester bids a third of its own reserve under another name, and never proves")

typedef enum pp_sim_adversary {
#define X(name, word, text) PP_SIM_##name,
    PP_SIM_ADVERSARIES(X)
#undef X
        PP_SIM_ADVERSARIES_LEN
} pp_sim_adversary;
const char *pp_sim_adversary_name(pp_sim_adversary a);
const char *pp_sim_adversary_text(pp_sim_adversary a);

#define PP_SIM_RULES(X)                                                                            \
    X(FIRST_PRICE, "first price, no fallback")                                                     \
    X(SECOND_PRICE, "second price, no fallback")                                                   \
    X(LOCK_OPEN, "lock, then open")                                                                \
    X(OURS_1, "polypoly m = 1")                                                                    \
    X(OURS_2, "polypoly m = 2")                                                                    \
    X(OURS_3, "polypoly m = 3")                                                                    \
    X(UNBOUND, "m = 1, proofs unbound") /* only where proofs are copied: without R7 */

typedef enum pp_sim_rules {
#define X(name, text) PP_SIM_##name,
    PP_SIM_RULES(X)
#undef X
        PP_SIM_RULES_LEN
} pp_sim_rules;
const char *pp_sim_rules_name(pp_sim_rules r);

typedef struct pp_sim_config {
    uint64_t seed;
    uint32_t provers, requests;
    pp_sim_adversary adversary;
    uint32_t adversaries; // percent of the provers
} pp_sim_config;

enum { PP_SIM_SIZES = 4, PP_SIM_TIMES = 20 };

// What one rule set did. Times in ms, money in gwei.
typedef struct pp_sim_result {
    pp_sim_rules rules;
    uint32_t requests, served;
    uint32_t stalled; // an assignment failed
    uint64_t time_p50, time_p90, time_mean;
    uint64_t time_curve[PP_SIM_TIMES]; // percent x 100 served within (i + 1) x the curve's step
    uint64_t price_sum, cost_sum;      // of served requests: paid, and the winner's own cost
    uint64_t stake_lost;
    uint64_t work_share[PP_SIM_SIZES]; // percent x 100 of served work, by quarter of the provers'
                                       // speed, slowest first
    uint32_t stolen;                   // served requests whose pay went to who copied the proof
    const char *broken;                // an invariant of the market that failed, else NULL
} pp_sim_result;

enum { PP_SIM_CURVE_STEP = 15000 }; // ms

// How many rule sets are compared under this adversary: the first of the list.
uint32_t pp_sim_rules_len(const pp_sim_config *config);

// Runs one rule set. False: out of memory.
PP_NODISCARD bool pp_sim_run(pp_err *err, pp_sim_result *out, const pp_sim_config *config,
                             pp_sim_rules rules);

// Tables of results, one a rule set, for people and for machines.
void pp_sim_print(FILE *out, const pp_sim_config *config, const pp_sim_result *results, size_t len);
void pp_sim_print_json(FILE *out, const pp_sim_config *config, const pp_sim_result *results,
                       size_t len);
// served.svg, time.svg, price.svg, stake.svg, sizes.svg, stalled.svg in the folder dir; and
// stolen.svg where proofs are copied.
PP_NODISCARD bool pp_sim_plot(pp_err *err, const char *dir, const pp_sim_config *config,
                              const pp_sim_result *results, size_t len);

// ---- replay
// -----------------------------------------------------------------------------------------

typedef struct pp_sim_replay {
    uint64_t orders, served, free_orders; // free: at a price of 0, posted at a reserve of 1
    uint64_t unserved[PP_MARKET_STATES_LEN];
    uint64_t zero_stake;                   // orders whose collateral the file gives as 0
    uint64_t ours_p10, ours_p50, ours_p90; // S as hundredths of the price
    uint64_t theirs_p10, theirs_p50, theirs_p90;
    uint64_t paid_permille; // what was paid under our rules, of what the file's orders paid
    const char *broken;
    bool conserved;
} pp_sim_replay;

// Runs the orders of a CSV file (plain or .xz) with the columns lock_collateral_zkc and
// lock_price_eth through the engine: eight provers with costs about each order's price, a Poisson
// clock in the order of the file. zkc_gwei: a ZKC in gwei, for the comparison of stakes.
PP_NODISCARD bool pp_sim_replay_file(pp_err *err, pp_sim_replay *out, const char *path,
                                     uint64_t seed, uint64_t zkc_gwei);

// ---- between the simulator's files
// ------------------------------------------------------------------

typedef struct pp_sim_prover {
    uint64_t speed; // work units a second
    uint64_t unit;  // gwei for a million work units
    uint32_t slots;
    bool bad;       // one of the adversaries
    uint64_t *busy; // until when, each slot
} pp_sim_prover;

typedef struct pp_sim_request {
    uint64_t posted; // ms
    uint64_t work;
    uint64_t reserve; // gwei
    bool fake;
} pp_sim_request;

enum { PP_SIM_CANDIDATES = 12 };

typedef struct pp_sim_world {
    const pp_sim_config *config;
    uint32_t requests_len; // with the fake ones
    pp_sim_prover *provers;
    pp_sim_request *requests;
    uint64_t *busy;
    uint64_t *times; // of the served
    uint64_t work_by_size[PP_SIM_SIZES];
    pp_sim_result *out;
} pp_sim_world;

uint64_t pp_sim_random(uint64_t seed, uint64_t a, uint64_t b, uint64_t c); // the same for the same
bool pp_sim_open(pp_sim_world *w, const pp_sim_config *config, pp_sim_result *out);
void pp_sim_close(pp_sim_world *w);
uint64_t pp_sim_cost(const pp_sim_prover *p, const pp_sim_request *r);       // gwei
uint64_t pp_sim_proof_time(const pp_sim_prover *p, const pp_sim_request *r); // ms
bool pp_sim_crashes(const pp_sim_world *w, uint32_t request, uint32_t prover);
// Whether this prover is an adversary in this request, and whether it then never proves.
bool pp_sim_is_bad(const pp_sim_world *w, uint32_t request, uint32_t prover);
bool pp_sim_stalls(const pp_sim_world *w, uint32_t request, uint32_t prover);
// What it bids: its cost, or what the adversary wants.
uint64_t pp_sim_bid(const pp_sim_world *w, uint32_t request, uint32_t prover);
// When what is sent at t, in ms of the clock on the wall, gets into a block: at t, or when the
// chain goes on after a halt.
uint64_t pp_sim_block(const pp_sim_world *w, uint64_t t);
uint64_t pp_sim_delay(const pp_sim_world *w, uint32_t request, uint32_t prover, uint32_t message);
// The k-th prover that looks at a request.
uint32_t pp_sim_candidate(const pp_sim_world *w, uint32_t request, uint32_t k);
// A free slot at time t, or NULL.
uint64_t *pp_sim_slot(pp_sim_prover *p, uint64_t t);
void pp_sim_served(pp_sim_world *w, uint32_t request, uint32_t prover, uint64_t t, uint64_t price);
uint64_t pp_sim_work_window(const pp_sim_request *r); // w1, and the others' deadline
void pp_sim_finish(pp_sim_world *w);

// bound: whether a proof says for whom it is (R7).
bool pp_sim_run_ours(pp_err *err, pp_sim_world *w, uint8_t winners, bool bound);
void pp_sim_run_field(pp_sim_world *w, pp_sim_rules rules);

#endif
