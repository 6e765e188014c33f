// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/money.h"

#include <inttypes.h>
#include <stdio.h>

char *pp_money(char out[PP_MONEY_TEXT], pp_u128 wei) {
    const pp_u128 gwei = 1000000000, ether = gwei * gwei;
    double value = (double)wei / (wei >= ether / 1000 ? 1e18 : 1e9);
    if (wei < gwei / 1000)
        snprintf(out, PP_MONEY_TEXT, "%" PRIu64 " wei", (uint64_t)wei);
    else // four digits, but never an exponent
        snprintf(out, PP_MONEY_TEXT, value < 1000 ? "%.4g %s" : "%.0f %s", value,
                 wei >= ether / 1000 ? "ETH" : "gwei");
    return out;
}
