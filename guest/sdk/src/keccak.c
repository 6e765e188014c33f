// SPDX-License-Identifier: MIT OR Apache-2.0
// Keccak-256.
#include "hash/keccak.h"
#include "string.h"
#include "zkvm_accelerators.h"

enum { RATE = PP_KECCAK256_RATE };

// Full words at once; a block that is not aligned is brought into place by memcpy.
static void absorb(uint64_t state[25], const uint8_t block[RATE]) {
    uint64_t words[RATE / 8];
    const uint64_t *w = (const uint64_t *)(const void *)block;
    if (((uintptr_t)block & 7) != 0) {
        memcpy(words, block, RATE);
        w = words;
    }
    for (unsigned i = 0; i < RATE / 8; i++) state[i] ^= w[i];
    pp_keccak_f1600(state);
}

zkvm_status zkvm_keccak256(const uint8_t *data, size_t len, zkvm_keccak256_hash *output) {
    uint64_t state[25] = {0}, last[RATE / 8] = {0};
    for (; len >= RATE; data += RATE, len -= RATE) absorb(state, data);
    uint8_t *bytes = (uint8_t *)last;
    if (len != 0) memcpy(bytes, data, len);
    bytes[len] = 0x01;
    bytes[RATE - 1] |= 0x80;
    absorb(state, bytes);
    memcpy(output->data, state, sizeof output->data);
    return ZKVM_EOK;
}
