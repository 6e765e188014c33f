// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes: a command or not; what decodes encodes to the same bytes. What commands do to a
// market: fuzz_market.c.
#include <stdlib.h>

#include "market/market.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_market_command c;
    memset(&c, 0, sizeof c);
    if (!pp_market_command_decode(&c, (pp_bytes){data, size})) return 0;
    uint8_t *again = malloc(size + 1);
    PP_ASSERT(again != NULL);
    PP_ASSERT(pp_market_command_encode(again, size, &c) == size);
    PP_ASSERT(memcmp(again, data, size) == 0);
    free(again);
    return 0;
}
