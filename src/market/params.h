// SPDX-License-Identifier: MIT OR Apache-2.0
// The market's parameters, in one table; genesis sets them. Pure.
#ifndef PP_MARKET_PARAMS_H
#define PP_MARKET_PARAMS_H

#include "base/base.h"

// name, default, smallest, largest, unit, why
#define PP_MARKET_PARAMS(X)                                                                        \
    X(stake_min, 1000000000000000, 1, 1000000000000000000, "wei",                                  \
      "S_min: what the cheapest job still has at stake")                                           \
    X(bond, 100000000000000, 0, 1000000000000000000, "wei",                                        \
      "beta: held from commit to reveal, burned when the bid stays sealed")                        \
    X(proof_bond, 100000000000000, 0, 1000000000000000000, "wei",                                  \
      "what a submitted proof that is invalid costs: burned, or out of a stake into the pot")      \
    X(registration_age, 10000, 0, 86400000, "ms", "a prover may bid this long after registering")  \
    X(unbonding, 604800000, 0, 5184000000, "ms", "from unbond to withdrawal of a stake")           \
    X(commits_max, 32, 1, 32, "commits", "of one request, first come first served")                \
    X(requests_max, 64, 1, 4096, "requests", "that one requester may have open")                   \
    X(slots_max, 1024, 1, 1048576, "slots", "that one prover may declare")                         \
    X(window_max, 60000, 1, 60000, "ms", "of the commit, the reveal and the decline window each")  \
    X(beacon_bound, 10000, 0, 600000, "ms", "wait for the beacon after the reveals; then OPEN")    \
    X(inclusion_bound, 2000, 0, 600000, "ms", "F: an honest command is in a block by then")        \
    X(rate_min, 100000, 1, 1000000000000, "work/s",                                                \
      "the slowest prover that a deadline must still suit")                                        \
    X(fee_work, 1000000, 0, 1000000000000, "wei", "burned at posting, for a million work units")   \
    X(fee_input, 1000000000, 0, 1000000000000000, "wei", "burned at posting, for a KiB of input")  \
    X(fee_place, 100000000000, 0, 1000000000000000, "wei",                                         \
      "burned at posting, for each hour begun until Texp; 2 times for each 32nd taken above half")

typedef struct pp_market_params {
#define X(name, value, min, max, unit, why) uint64_t name;
    PP_MARKET_PARAMS(X)
#undef X
} pp_market_params;

enum { PP_MARKET_PARAMS_SIZE = 15 * 8 }; // bytes of their encoding: the table's order, u64 each

void pp_market_params_default(pp_market_params *out);
// NULL when every parameter is within its bounds, else the name of the first that is not.
const char *pp_market_params_check(const pp_market_params *params);
void pp_market_params_encode(uint8_t out[PP_MARKET_PARAMS_SIZE], const pp_market_params *params);
void pp_market_params_decode(pp_market_params *out, const uint8_t in[PP_MARKET_PARAMS_SIZE]);

#endif
