// SPDX-License-Identifier: MIT OR Apache-2.0
// The local host's beacon: a hash chain (chain/genesis.h, pp_beacon_next) shown backwards, one
// preimage a block. Whoever holds the seed knows all of it, and can bias draws by leaving blocks
// out: status lines say so.
#ifndef PP_HOST_BEACON_H
#define PP_HOST_BEACON_H

#include "base/err.h"

enum { PP_BEACON_STRIDE = 1 << 12 };
#define PP_BEACON_LEN_MAX ((uint64_t)1 << 40)

// Every PP_BEACON_STRIDE-th value is kept; those between are made again, a stride at a time.
typedef struct pp_beacon {
    uint64_t len;       // blocks it lasts for: values 0 (genesis') to len
    uint64_t marks_len; // marks[i] is value min((i + 1) * PP_BEACON_STRIDE, len)
    pp_hash32 *marks;
    pp_hash32 end;                      // value 0
    uint64_t stretch;                   // number of the stride below, plus one; 0: none yet
    pp_hash32 values[PP_BEACON_STRIDE]; // values stride * PP_BEACON_STRIDE + 1 and on
} pp_beacon;

// The chain of `len` blocks (at most PP_BEACON_LEN_MAX) that a seed gives: a hash a block, about a
// second for four million.
PP_NODISCARD bool pp_beacon_make(pp_err *err, pp_beacon *out, const pp_hash32 *seed, uint64_t len);
// The value that block `number` shows; 0 is genesis'. number <= len, asserted.
void pp_beacon_at(pp_hash32 *out, pp_beacon *beacon, uint64_t number);
void pp_beacon_free(pp_beacon *beacon);

// The marks as a file, mode 0600, so that a host of many blocks need not make them anew: whoever
// reads it knows every value, as with the seed. Loading checks length and shape, and that the
// first stride leads to `end`; the chain itself checks each value that is shown.
PP_NODISCARD bool pp_beacon_store(pp_err *err, const pp_beacon *beacon, const char *path);
PP_NODISCARD bool pp_beacon_load(pp_err *err, pp_beacon *out, const char *path,
                                 const pp_hash32 *end);

#endif
