// SPDX-License-Identifier: MIT OR Apache-2.0
// The hashes of sealed bids and of proofs' contexts, remembered: a scope asks for the same few some
// millions of times. The engine's calls come here by the linker's --wrap; what is remembered is
// found by all of its input, so that nothing differs but the time.
#include "checker/checker.h"

void __real_pp_market_bid_hash(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover,
                               pp_u128 bid, const pp_hash32 *salt);
void __real_pp_market_context(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover);
void __wrap_pp_market_bid_hash(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover,
                               pp_u128 bid, const pp_hash32 *salt);
void __wrap_pp_market_context(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover);

enum { PLACES = 1024 };

typedef struct memo {
    bool known;
    pp_hash32 request, salt, hash;
    pp_address prover;
    pp_u128 bid;
} memo;

static memo *find(memo *table, const pp_hash32 *request, const pp_address *prover, pp_u128 bid) {
    uint32_t x = pp_load_le32(request->b) ^ prover->b[0] * 37u ^ (uint32_t)bid * 101u;
    return &table[x % PLACES];
}

static bool is(const memo *m, const pp_hash32 *request, const pp_address *prover) {
    return m->known && pp_hash32_eq(&m->request, request) && pp_address_eq(&m->prover, prover);
}

void __wrap_pp_market_bid_hash(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover,
                               pp_u128 bid, const pp_hash32 *salt) {
    static memo table[PLACES];
    memo *m = find(table, request, prover, bid);
    if (!is(m, request, prover) || m->bid != bid || !pp_hash32_eq(&m->salt, salt)) {
        *m = (memo){true, *request, *salt, {{0}}, *prover, bid};
        __real_pp_market_bid_hash(&m->hash, request, prover, bid, salt);
    }
    *out = m->hash;
}

void __wrap_pp_market_context(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover) {
    static memo table[PLACES];
    memo *m = find(table, request, prover, 0);
    if (!is(m, request, prover)) {
        *m = (memo){true, *request, {{0}}, {{0}}, *prover, 0};
        __real_pp_market_context(&m->hash, request, prover);
    }
    *out = m->hash;
}
