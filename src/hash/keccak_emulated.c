// SPDX-License-Identifier: MIT OR Apache-2.0
// The AVX-512 kernel compiled for whatever there is, for tests.
#define KV_LEN 8
#include "hash/keccak_simd.h"

extern pp_keccak_hasher pp_keccak256_emulated;
void pp_keccak256_emulated(const pp_keccak_message *messages, size_t n) {
    hash_many(messages, n);
}
