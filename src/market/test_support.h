// SPDX-License-Identifier: MIT OR Apache-2.0
// A small market for tests: few accounts, windows of some milliseconds, proofs that are their
// own claim's context.
#ifndef PP_MARKET_TEST_SUPPORT_H
#define PP_MARKET_TEST_SUPPORT_H

#include "base/test.h"
#include "market/market.h"

typedef struct bench_market {
    pp_market m;
    void *memory;
    uint32_t events[PP_MARKET_EVENTS_LEN];
} bench_market;

#define FUNDS ((pp_u128)1000000000)

void bench_open(bench_market *b, uint32_t accounts_max, uint32_t requests_max);
void bench_close(bench_market *b);
pp_address bench_address(unsigned who);
// Money for who; a prover has FUNDS staked and so many slots too, and may bid at once.
void bench_fund(bench_market *b, unsigned who, pp_u128 amount);
void bench_prover(bench_market *b, unsigned who, uint32_t slots);

// r 1000, R 1000, m, kappa 4, Tc 10, Tr 10, w0 5, w1 40, w2 20, Texp 1000.
void bench_terms(pp_market_terms *out, uint8_t winners);
pp_hash32 bench_post(bench_market *b, unsigned who, uint64_t nonce, const pp_market_terms *terms);

// Commands from who about a request.
pp_market_reason bench_do(bench_market *b, pp_market_kind kind, unsigned who, const pp_hash32 *id);
pp_market_reason bench_amount(bench_market *b, pp_market_kind kind, unsigned who,
                              const pp_hash32 *id, pp_u128 amount);
pp_market_reason bench_bid(bench_market *b, unsigned who, const pp_hash32 *id, pp_u128 bid);
pp_market_reason bench_reveal(bench_market *b, unsigned who, const pp_hash32 *id, pp_u128 bid);
pp_market_reason bench_prove(bench_market *b, unsigned who, const pp_hash32 *id, bool valid);
void bench_command(pp_market_command *out, pp_market_kind kind, unsigned who, const pp_hash32 *id);
// The salt and the sealed bid that bench_bid and bench_reveal use.
pp_hash32 bench_salt(unsigned who, const pp_hash32 *id);
void bench_beacon(bench_market *b, uint64_t seed);
void bench_at(bench_market *b, uint64_t t); // advance
const pp_market_request *bench_get(const bench_market *b, const pp_hash32 *id);
pp_u128 bench_free(const bench_market *b, unsigned who);
pp_u128 bench_stake_of(const bench_market *b, unsigned who);
unsigned bench_primary(const bench_market *b, const pp_hash32 *id); // as bench_address numbers it

#define CHECK_SOUND(b) CHECK_STR(pp_market_check(&(b)->m) ? pp_market_check(&(b)->m) : "", "")

#define CHECK_STATE(b, id, name) CHECK_STR(pp_market_state_name(bench_get(b, id)->state), name)
#define CHECK_DOES(call, code) CHECK_STR(pp_market_reason_code(call), code)

#endif
