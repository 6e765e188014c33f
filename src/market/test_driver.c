// SPDX-License-Identifier: MIT OR Apache-2.0
// The engine behind a pipe, for tests/market_model.py: one operation a line, its reason and the
// state hash a line back. Proofs are their own claim's context.
//   a TIME | b PREIMAGE | c SENDER COMMAND | p FUND POST-COMMAND | v REQUEST
//   d TO AMOUNT | w FROM AMOUNT | t FROM TO AMOUNT | e PROVER STAKE SLOTS
//   n REQUEST RATE START (the lane's next rate, in place of a reason)
// Bytes are hexadecimal, numbers decimal and below 2^64.
#include <stdio.h>
#include <stdlib.h>

#include "hash/batch.h"
#include "market/market.h"

static size_t unhex(uint8_t *out, size_t max, const char *text) {
    size_t n = 0;
    unsigned byte;
    for (; n < max && sscanf(text + 2 * n, "%2x", &byte) == 1; n++) out[n] = (uint8_t)byte;
    return n;
}

static pp_market_reason run(pp_market *m, char op, char f[4][4096]) {
    pp_address a = {{0}}, b = {{0}};
    pp_hash32 h = {{0}};
    pp_market_command c;
    uint8_t bytes[2048];
    memset(&c, 0, sizeof c);
    unhex(a.b, 20, f[0]);
    unhex(h.b, 32, f[0]);
    uint64_t n1 = strtoull(f[1], NULL, 10), n2 = strtoull(f[2], NULL, 10);
    switch (op) {
    case 'a':
        pp_market_advance(m, strtoull(f[0], NULL, 10));
        return PP_MARKET_OK;
    case 'b':
        pp_market_beacon(m, &h);
        return PP_MARKET_OK;
    case 'v':
        pp_market_void(m, &h);
        return PP_MARKET_OK;
    case 'd':
        return pp_market_deposit(m, &a, n1);
    case 'w':
        return pp_market_withdraw(m, &a, n1);
    case 't':
        unhex(b.b, 20, f[1]);
        return pp_market_transfer(m, &a, &b, n2);
    case 'e':
        return pp_market_enroll(m, &a, n1, (uint32_t)n2);
    default:
        break;
    }
    size_t size = unhex(bytes, sizeof bytes, f[1]);
    if (!pp_market_command_decode(&c, (pp_bytes){bytes, size})) return PP_MARKET_DECODE;
    c.sender = a;
    if (op == 'c') return pp_market_step(m, &c);
    return pp_market_post_protocol(m, &h, &a, c.nonce, &c.terms);
}

static const char *next_rate(char out[40], const pp_market *m, char f[4][4096]) {
    pp_hash32 id = {{0}};
    unhex(id.b, 32, f[0]);
    const pp_market_request *r = pp_market_find_request(m, &id);
    if (r == NULL) return pp_market_reason_code(PP_MARKET_UNKNOWN);
    return pp_u128_dec(out,
                       pp_market_next_rate(strtoull(f[1], NULL, 10), strtoull(f[2], NULL, 10), r));
}

static bool verify(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx;
    return proof.size == 32 && memcmp(proof.data, claim->context.b, 32) == 0;
}

// The numbers of tests/market_model.py.
static void begin(pp_market *m) {
    pp_market_params p;
    pp_market_params_default(&p);
    p.stake_min = 100;
    p.bond = 7;
    p.proof_bond = 11;
    p.registration_age = 50;
    p.unbonding = 100;
    p.requests_max = 8;
    p.beacon_bound = 20;
    p.inclusion_bound = 1;
    p.rate_min = 1000000000;
    p.fee_work = 1000000;
    p.fee_input = 1024;
    p.fee_place = 3;
    const pp_hash32 chain = {{1}}, vm = {{2}};
    void *memory = aligned_alloc(16, (pp_market_memory_size(16, 24) + 15) / 16 * 16);
    PP_ASSERT(memory != NULL);
    pp_market_init(m, memory, 16, 24, &p, &chain, &vm, 1000);
    m->verify = verify;
    m->hasher = pp_keccak256_many;
}

int main(void) {
    static pp_market m;
    begin(&m);
    static char line[8192], f[4][4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        memset(f, 0, sizeof f);
        char op = 0;
        (void)sscanf(line, "%c %4095s %4095s %4095s", &op, f[0], f[1], f[2]);
        char rate[40];
        const char *says = op == 'n' ? next_rate(rate, &m, f) : NULL;
        if (says == NULL) says = pp_market_reason_code(run(&m, op, f));
        const char *bad = pp_market_check(&m);
        pp_hash32 hash;
        pp_market_hash(&hash, &m);
        printf("%s ", bad == NULL ? says : bad);
        for (int i = 0; i < 32; i++) printf("%02x", hash.b[i]);
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
