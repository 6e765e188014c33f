// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes: a command or not; what decodes encodes to the same bytes, and the market takes it.
#include <stdlib.h>

#include "market/market.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REQUESTS = 256 };

static bool verify(void *ctx, const pp_claim *claim, pp_bytes proof) {
    (void)ctx;
    return claim->output_size == proof.size;
}

static void begin(pp_market *m, const pp_address *who) {
    pp_market_params p;
    pp_market_params_default(&p);
    p.requests_max = 4096;
    p.inclusion_bound = p.registration_age = 0;
    const pp_hash32 nothing = {{0}};
    static void *memory;
    free(memory);
    memory = aligned_alloc(16, (pp_market_memory_size(4, REQUESTS) + 15) / 16 * 16);
    PP_ASSERT(memory != NULL);
    pp_market_init(m, memory, 4, REQUESTS, &p, &nothing, &nothing, 0);
    m->verify = verify;
    for (unsigned i = 0; i < 1000; i++)
        PP_ASSERT(pp_market_deposit(m, who, PP_MARKET_AMOUNT_MAX) == PP_MARKET_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static pp_market m;
    const pp_address who = {{1}};
    if (m.requests == NULL || m.open_len == REQUESTS) begin(&m, &who);
    pp_market_command c;
    memset(&c, 0, sizeof c);
    if (!pp_market_command_decode(&c, (pp_bytes){data, size})) return 0;
    uint8_t *again = malloc(size + 1);
    PP_ASSERT(again != NULL);
    PP_ASSERT(pp_market_command_encode(again, size, &c) == size);
    PP_ASSERT(memcmp(again, data, size) == 0);
    free(again);
    c.sender = who;
    (void)pp_market_step(&m, &c);
    pp_market_advance(&m, m.now + size % 7);
    PP_ASSERT(pp_market_check(&m) == NULL);
    return 0;
}
