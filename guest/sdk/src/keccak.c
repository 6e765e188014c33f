// SPDX-License-Identifier: MIT OR Apache-2.0
// Keccak-256 in software: the same source as the native one.
#include "zkvm_accelerators.h"

#include "hash/keccak.h"
#include "string.h"

zkvm_status zkvm_keccak256(const uint8_t *data, size_t len, zkvm_keccak256_hash *output) {
    pp_hash32 hash;
    pp_keccak256(&hash, data, len);
    memcpy(output->data, hash.b, sizeof hash.b);
    return ZKVM_EOK;
}
