// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands a second with 100,000 open requests, the state hash once per 1,000 commands, as a chain
// would run them: signatures are checked elsewhere, proofs by a function that says yes at once.
// And the memory of a request and a bid. Limits: 500,000 commands/s, 1 KiB, 128 bytes.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hash/batch.h"
#include "market/market.h"

enum {
    OPEN = 100000,
    PLACES = 131072,
    PROVERS = 256,
    ASKERS = 64,
    BIDS = 3,
    BLOCK = 1000, // commands
    BLOCKS = 1200,
    LIFE = 2 * BIDS + 2, // commands of one request: post, bids, reveals, proof
    NEW = BLOCK / LIFE,  // requests posted in a block
    AGE = OPEN / NEW,    // blocks from a post to its proof
    BLOCK_MS = 100,
};

static bool verify(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx;
    return proof.size == 32 && memcmp(proof.data, claim->context.b, 32) == 0;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); // of one core
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pp_address address(uint32_t who) {
    pp_address a = {{0}};
    pp_store_le32(a.b, who * 2654435761u);
    pp_store_le32(a.b + 12, who + 1);
    return a;
}

static pp_market m;
static pp_hash32 *ids; // of every request, by number

static void set_up(void) {
    pp_market_params p;
    pp_market_params_default(&p);
    p.requests_max = 4096;
    p.window_max = 60000;
    p.inclusion_bound = BLOCK_MS / 2;
    pp_hash32 zero = {{0}};
    void *memory = aligned_alloc(16, (pp_market_memory_size(2048, PLACES) + 15) / 16 * 16);
    PP_ASSERT(memory != NULL);
    pp_market_init(&m, memory, 2048, PLACES, &p, &zero, &zero, 1000000);
    m.verify = verify;
    m.hasher = pp_keccak256_many;
    for (uint32_t i = 0; i < PROVERS + ASKERS; i++) {
        pp_address a = address(i);
        pp_u128 money = (pp_u128)1 << 88;
        PP_ASSERT(pp_market_deposit(&m, &a, money) == PP_MARKET_OK);
        if (i < PROVERS) PP_ASSERT(pp_market_enroll(&m, &a, money, 1024) == PP_MARKET_OK);
    }
    ids = calloc((size_t)(AGE + BLOCKS + 2) * (NEW + 1), sizeof *ids);
    PP_ASSERT(ids != NULL);
}

static void terms_of(pp_market_terms *t, uint32_t number) {
    memset(t, 0, sizeof *t);
    pp_store_le32(t->program_id.b, 7);
    pp_store_le32(t->input_id.b, number);
    t->work = 1000000;
    t->input_size = 4096;
    t->reserve = t->cap = 10000000000000;
    t->winners = 1;
    t->kappa = 4;
    t->commit_window = 2 * BLOCK_MS - 1;
    t->reveal_window = 2 * BLOCK_MS;
    t->decline_window = 1000;
    t->work_window = (uint64_t)2 * AGE * BLOCK_MS; // proven after AGE blocks, long before d1
    t->bounty_window = 1000;
    t->expiry = 60000 + 4 * t->work_window;
}

static uint64_t done, refused;

static void give(pp_market_command *c) {
    done++;
    refused += pp_market_step(&m, c) != PP_MARKET_OK;
}

static void post(uint32_t number) {
    pp_market_command c = {.kind = PP_MARKET_POST, .sender = address(PROVERS + number % ASKERS)};
    terms_of(&c.terms, number);
    c.nonce = number;
    give(&c);
    pp_market_request_id(&ids[number], &m.chain_id, &c.sender, c.nonce, &c.terms);
}

static void bid(uint32_t number, uint32_t i, bool open) {
    uint32_t who = (number * 7 + i * 131) % PROVERS;
    pp_market_command c = {.kind = open ? PP_MARKET_OPEN_BID : PP_MARKET_BID,
                           .sender = address(who)};
    c.request = ids[number];
    pp_hash32 salt = {{0}};
    pp_store_le32(salt.b, number * 16 + i);
    pp_u128 amount = 1000000000000 * (i + 1);
    if (open) {
        c.amount = amount;
        c.hash = salt;
    } else {
        pp_market_bid_hash(&c.hash, &c.request, &c.sender, amount, &salt);
    }
    give(&c);
}

static void prove(uint32_t number) { // by the winner: the lowest bid is bid 0
    pp_market_command c = {.kind = PP_MARKET_PROVE, .sender = address((number * 7) % PROVERS)};
    c.request = ids[number];
    pp_hash32 context;
    pp_market_context(&context, &c.request, &c.sender);
    c.proof = (pp_bytes){context.b, 32};
    give(&c);
}

// What a client does outside the market is subtracted: making the commands' hashes.
static double client_seconds(uint32_t blocks) {
    double start = seconds();
    pp_hash32 x = {{0}};
    for (uint32_t i = 0; i < blocks * NEW; i++) {
        pp_market_terms t;
        terms_of(&t, i);
        pp_address a = address(i);
        pp_market_request_id(&x, &x, &a, i, &t);
        for (uint32_t b = 0; b < BIDS; b++) pp_market_bid_hash(&x, &x, &a, b, &x);
        pp_market_context(&x, &x, &a);
    }
    volatile uint8_t keep = x.b[0];
    (void)keep;
    return seconds() - start;
}

static double block(uint32_t b, double *hashing) {
    double start = seconds();
    pp_market_advance(&m, m.now + BLOCK_MS);
    for (uint32_t i = 0; i < NEW; i++) {
        post(b * NEW + i);
        for (uint32_t k = 0; b >= 1 && k < BIDS; k++) bid((b - 1) * NEW + i, k, false);
        for (uint32_t k = 0; b >= 3 && k < BIDS; k++) bid((b - 3) * NEW + i, k, true);
        if (b >= AGE) prove((b - AGE) * NEW + i);
    }
    pp_hash32 x = {{0}};
    pp_store_le32(x.b, b);
    pp_market_beacon(&m, &x);
    double mid = seconds();
    pp_market_hash(&x, &m);
    *hashing += seconds() - mid;
    return seconds() - start;
}

int main(void) {
    set_up();
    double hashing = 0, spent = 0;
    uint32_t b = 0;
    for (; b < AGE + 4; b++) block(b, &hashing);
    uint32_t open = m.open_len;
    uint64_t before = done, refused_before = refused;
    hashing = 0;
    for (; b < AGE + BLOCKS; b++) spent += block(b, &hashing);
    uint64_t commands = done - before;
    double client = client_seconds(b - AGE - 4);
    double rate = (double)commands / (spent - client);
    PP_ASSERT(pp_market_check(&m) == NULL && refused == refused_before);
    printf(
        "commands: %.0f /s with %u open requests (%.2f x the limit of 500000 /s); refused %llu of "
        "%llu\n",
        rate, open, rate / 500000, (unsigned long long)(refused - refused_before),
        (unsigned long long)commands);
    printf("  of it the state hash, once per %d commands: %.0f %%\n", NEW * LIFE,
           100 * hashing / (spent - client));
    size_t place = (pp_market_memory_size(2048, PLACES) - pp_market_memory_size(2048, PLACES / 2)) /
                       (PLACES / 2) -
                   sizeof(pp_market_commit) * PP_MARKET_BIDS_SHARE;
    printf(
        "memory: %zu bytes an open request, index, heap and hash tree included (limit 1024); %zu "
        "a bid (limit 128)\n",
        place, sizeof(pp_market_commit));
    return 0;
}
