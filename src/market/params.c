// SPDX-License-Identifier: MIT OR Apache-2.0
#include "market/params.h"

#define COUNT_ONE(name, value, min, max, unit, why) +1
_Static_assert(PP_MARKET_PARAMS_SIZE == 8 * (0 PP_MARKET_PARAMS(COUNT_ONE)), "size of the table");

void pp_market_params_default(pp_market_params *out) {
#define X(name, value, min, max, unit, why) out->name = value;
    PP_MARKET_PARAMS(X)
#undef X
}

const char *pp_market_params_check(const pp_market_params *params) {
    // One comparison for both ends: a smallest value of 0 would make the other one always true.
#define X(name, value, min, max, unit, why)                                                        \
    if (params->name - (uint64_t)(min) > (uint64_t)(max) - (uint64_t)(min)) return #name;
    PP_MARKET_PARAMS(X)
#undef X
    return NULL;
}

void pp_market_params_encode(uint8_t out[PP_MARKET_PARAMS_SIZE], const pp_market_params *params) {
    size_t at = 0;
#define X(name, value, min, max, unit, why)                                                        \
    pp_store_le64(out + at, params->name);                                                         \
    at += 8;
    PP_MARKET_PARAMS(X)
#undef X
    PP_ASSERT(at == PP_MARKET_PARAMS_SIZE);
}

void pp_market_params_decode(pp_market_params *out, const uint8_t in[PP_MARKET_PARAMS_SIZE]) {
    size_t at = 0;
#define X(name, value, min, max, unit, why)                                                        \
    out->name = pp_load_le64(in + at);                                                             \
    at += 8;
    PP_MARKET_PARAMS(X)
#undef X
    PP_ASSERT(at == PP_MARKET_PARAMS_SIZE);
}
