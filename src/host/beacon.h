// SPDX-License-Identifier: MIT OR Apache-2.0
// The local host's beacon: a hash chain (chain/genesis.h, pp_beacon_next) shown backwards, one
// preimage a block. Whoever holds the seed knows all of it, and can bias draws by leaving blocks
// out: status lines say so.
#ifndef PP_HOST_BEACON_H
#define PP_HOST_BEACON_H

#include "base/err.h"

typedef struct pp_beacon {
    uint64_t len;      // blocks it lasts for
    pp_hash32 *values; // len + 1 of them: values[0] stands in genesis, values[h] in block h
} pp_beacon;

// The chain of `len` blocks that a seed gives; 32 bytes of memory a block.
PP_NODISCARD bool pp_beacon_make(pp_err *err, pp_beacon *out, const pp_hash32 *seed, uint64_t len);
void pp_beacon_free(pp_beacon *beacon);

#endif
