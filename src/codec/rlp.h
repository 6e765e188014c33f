// SPDX-License-Identifier: MIT OR Apache-2.0
// RLP, Ethereum's serialisation (yellow paper, appendix B), read strictly: every value has one
// encoding, and any other is refused. Views into the input, no allocation. Pure.
#ifndef PP_CODEC_RLP_H
#define PP_CODEC_RLP_H

#include "base/u256.h"

// One item: a byte string, or a list whose items pp_rlp_next reads from payload.
typedef struct pp_rlp_item {
    bool is_list;
    pp_bytes payload;
} pp_rlp_item;

// Takes one item off the front of *in. False, and *in untouched, when its bytes are cut short or
// not canonical: a single byte below 0x80 with a prefix, a long form for a payload under 56 bytes,
// leading zeros in a length.
PP_NODISCARD bool pp_rlp_next(pp_rlp_item *item, pp_bytes *in);

// As pp_rlp_next, for one kind.
PP_NODISCARD bool pp_rlp_string(pp_bytes *out, pp_bytes *in);
PP_NODISCARD bool pp_rlp_list(pp_bytes *out, pp_bytes *in);
// Integers are big-endian strings without leading zeros; false when larger than the type.
PP_NODISCARD bool pp_rlp_u64(uint64_t *out, pp_bytes *in);
PP_NODISCARD bool pp_rlp_u256(pp_u256 *out, pp_bytes *in);

// The header of a list (or string) of size bytes, into out[9]; returns its length.
size_t pp_rlp_header(uint8_t out[9], bool is_list, size_t size);

#endif
