// SPDX-License-Identifier: MIT OR Apache-2.0
#include "market/test_support.h"

#include <stdlib.h>

#include "hash/keccak.h"

static bool verify(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx;
    return proof.size == 32 && memcmp(proof.data, claim->context.b, 32) == 0;
}

static void count(void *ctx, const pp_market_event *event) {
    ((bench_market *)ctx)->events[event->kind]++;
}

void bench_open(bench_market *b, uint32_t accounts_max, uint32_t requests_max) {
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
    p.fee_place = 0;
    pp_hash32 chain = {{1}}, vm = {{2}};
    memset(b, 0, sizeof *b);
    size_t size = pp_market_memory_size(accounts_max, requests_max);
    b->memory = aligned_alloc(16, (size + 15) / 16 * 16);
    PP_ASSERT(b->memory != NULL);
    memset(b->memory, 0xa5, size); // the market may not trust what lies there
    pp_market_init(&b->m, b->memory, accounts_max, requests_max, &p, &chain, &vm, 1000);
    b->m.verify = verify;
    b->m.on_event = count;
    b->m.event_ctx = b;
}

void bench_close(bench_market *b) {
    free(b->memory);
}

pp_address bench_address(unsigned who) {
    pp_address a = {{0}};
    pp_store_le32(a.b, who + 1);
    a.b[19] = 0x77;
    return a;
}

void bench_fund(bench_market *b, unsigned who, pp_u128 amount) {
    pp_address a = bench_address(who);
    CHECK_EQ(pp_market_deposit(&b->m, &a, amount), PP_MARKET_OK);
}

void bench_prover(bench_market *b, unsigned who, uint32_t slots) {
    pp_address a = bench_address(who);
    CHECK_EQ(pp_market_enroll(&b->m, &a, FUNDS, slots), PP_MARKET_OK);
}

void bench_terms(pp_market_terms *out, uint8_t winners) {
    memset(out, 0, sizeof *out);
    out->program_id.b[0] = 3;
    out->input_id.b[0] = 4;
    out->work = 5;
    out->input_size = 6;
    out->reserve = out->cap = 1000;
    out->winners = winners;
    out->kappa = 4;
    out->commit_window = out->reveal_window = 10;
    out->decline_window = 5;
    out->work_window = 40;
    out->bounty_window = 20;
    out->expiry = 1000;
}

void bench_command(pp_market_command *out, pp_market_kind kind, unsigned who, const pp_hash32 *id) {
    memset(out, 0, sizeof *out);
    out->kind = kind;
    out->sender = bench_address(who);
    if (id != NULL) out->request = *id;
}

pp_hash32 bench_post(bench_market *b, unsigned who, uint64_t nonce, const pp_market_terms *terms) {
    pp_market_command c;
    bench_command(&c, PP_MARKET_POST, who, NULL);
    c.nonce = nonce;
    c.terms = *terms;
    CHECK_STR(pp_market_reason_code(pp_market_step(&b->m, &c)), "OK");
    pp_hash32 id;
    pp_market_request_id(&id, &b->m.chain_id, &c.sender, nonce, terms);
    return id;
}

pp_market_reason bench_do(bench_market *b, pp_market_kind kind, unsigned who, const pp_hash32 *id) {
    return bench_amount(b, kind, who, id, 0);
}

pp_market_reason bench_amount(bench_market *b, pp_market_kind kind, unsigned who,
                              const pp_hash32 *id, pp_u128 amount) {
    pp_market_command c;
    bench_command(&c, kind, who, id);
    c.amount = amount;
    return pp_market_step(&b->m, &c);
}

pp_hash32 bench_salt(unsigned who, const pp_hash32 *id) {
    uint8_t bytes[36];
    memcpy(bytes, id->b, 32);
    pp_store_le32(bytes + 32, who);
    pp_hash32 salt;
    pp_keccak256(&salt, bytes, sizeof bytes);
    return salt;
}

pp_market_reason bench_bid(bench_market *b, unsigned who, const pp_hash32 *id, pp_u128 bid) {
    pp_market_command c;
    bench_command(&c, PP_MARKET_BID, who, id);
    pp_hash32 salt = bench_salt(who, id);
    pp_market_bid_hash(&c.hash, id, &c.sender, bid, &salt);
    return pp_market_step(&b->m, &c);
}

pp_market_reason bench_reveal(bench_market *b, unsigned who, const pp_hash32 *id, pp_u128 bid) {
    pp_market_command c;
    bench_command(&c, PP_MARKET_OPEN_BID, who, id);
    c.amount = bid;
    c.hash = bench_salt(who, id);
    return pp_market_step(&b->m, &c);
}

pp_market_reason bench_prove(bench_market *b, unsigned who, const pp_hash32 *id, bool valid) {
    pp_market_command c;
    bench_command(&c, PP_MARKET_PROVE, who, id);
    pp_hash32 context;
    pp_market_context(&context, id, &c.sender);
    if (!valid) context.b[0] ^= 1;
    c.proof = (pp_bytes){context.b, 32};
    return pp_market_step(&b->m, &c);
}

void bench_beacon(bench_market *b, uint64_t seed) {
    pp_hash32 preimage = {{0}};
    pp_store_le64(preimage.b, seed);
    pp_market_beacon(&b->m, &preimage);
}

void bench_at(bench_market *b, uint64_t t) {
    pp_market_advance(&b->m, t);
}

const pp_market_request *bench_get(const bench_market *b, const pp_hash32 *id) {
    const pp_market_request *r = pp_market_find_request(&b->m, id);
    PP_ASSERT(r != NULL);
    return r;
}

pp_u128 bench_free(const bench_market *b, unsigned who) {
    pp_address a = bench_address(who);
    const pp_market_account *found = pp_market_find_account(&b->m, &a);
    return found != NULL ? found->free : 0;
}

pp_u128 bench_stake_of(const bench_market *b, unsigned who) {
    pp_address a = bench_address(who);
    const pp_market_account *found = pp_market_find_account(&b->m, &a);
    return found != NULL ? found->stake : 0;
}

unsigned bench_primary(const bench_market *b, const pp_hash32 *id) {
    const pp_market_request *r = bench_get(b, id);
    PP_ASSERT(r->primary < b->m.accounts_len);
    return pp_load_le32(b->m.accounts[r->primary].address.b) - 1;
}
