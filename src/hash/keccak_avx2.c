// SPDX-License-Identifier: MIT OR Apache-2.0
#define KV_LEN 4
#include "hash/keccak_simd.h"

void pp_keccak256_avx2(const pp_keccak_message *messages, size_t n) {
    hash_many(messages, n);
}
