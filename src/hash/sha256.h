// SPDX-License-Identifier: MIT OR Apache-2.0
// SHA-256 (FIPS 180-4). Pure. States and blocks are bytes, their words with the highest byte first,
// as the standard writes them: the state behind a message's last block is its hash.
#ifndef PP_HASH_SHA256_H
#define PP_HASH_SHA256_H

#include "base/base.h"

enum { PP_SHA256_ROUNDS = 64, PP_SHA256_BLOCK = 64 };

// The rounds' constants.
extern const uint32_t pp_sha256_constants[PP_SHA256_ROUNDS];

// The compression function (6.2.2): the state is replaced by that behind the block. In a guest it
// is a call of the machine (guest/sdk/src/accel.c). The two must not overlap.
void pp_sha256_compress(uint8_t state[32], const uint8_t block[PP_SHA256_BLOCK]);
// The same in software, wherever it is compiled.
void pp_sha256_compress_plain(uint8_t state[32], const uint8_t block[PP_SHA256_BLOCK]);

// The hash of size bytes; data may be NULL when size is 0.
void pp_sha256(pp_hash32 *out, const void *data, size_t size);

#endif
