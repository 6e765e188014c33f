// SPDX-License-Identifier: MIT OR Apache-2.0
// Whether a prover bids: what the market would say, and what its operator wishes. For prover/.
#ifndef PP_PROVER_WISH_H
#define PP_PROVER_WISH_H

#include "prover/prover.h"

// Nanoseconds of this machine for so much work.
uint64_t pp_wish_time(const pp_prover *prover, uint64_t work);

// This account's commit for a request, or NULL; whether it is drawn for it.
const pp_market_commit *pp_wish_commit(const pp_market *m, const pp_market_request *r,
                                       const pp_market_account *me);
bool pp_wish_is_primary(const pp_market *m, const pp_market_request *r,
                        const pp_market_account *me);

// What is at stake now, wei: locked and reserved stake, and bonds of sealed bids.
pp_u128 pp_wish_at_stake(const pp_market *m, const pp_market_account *me);

// Why the market would not take a commit at the reserve from this account, after what it has said
// in this act; NULL: it would. Static.
const char *pp_wish_no_bid(const pp_prover *prover, const pp_market *m, const pp_market_request *r,
                           const pp_market_account *me);
// Whether its pay is held, or promised by a rollup of genesis, whose fund its fees fill. A rollup
// that anybody created may promise what it likes.
bool pp_wish_is_paid(const pp_chain *chain, const pp_market_request *r);

// Takes note of a bid that is said.
void pp_wish_say(pp_prover *prover, const pp_market *m, const pp_market_request *r,
                 const pp_prover_job *job);
// Why it does not want to, at this price; NULL: it does. interval: ms between blocks. Static.
const char *pp_wish_no_price(const pp_prover *prover, const pp_market *m,
                             const pp_market_request *r, const pp_market_account *me,
                             const pp_prover_job *job, pp_u128 bid, uint64_t interval);

#endif
