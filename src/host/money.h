// SPDX-License-Identifier: MIT OR Apache-2.0
// Money as people read it.
#ifndef PP_HOST_MONEY_H
#define PP_HOST_MONEY_H

#include "base/base.h"

enum { PP_MONEY_TEXT = 64 };

// "1.234 ETH", "5.67 gwei", "89 wei": about four digits. Returns out. Where it counts, show all of
// them (pp_u128_dec) instead.
char *pp_money(char out[PP_MONEY_TEXT], pp_u128 wei);

#endif
