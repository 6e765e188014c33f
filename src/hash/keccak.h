// SPDX-License-Identifier: MIT OR Apache-2.0
// Keccak-256 as Ethereum has it (Keccak team's original padding 0x01, rate 136 bytes). Pure.
#ifndef PP_HASH_KECCAK_H
#define PP_HASH_KECCAK_H

#include "base/base.h"

enum { PP_KECCAK256_RATE = 136 };

// 64-bit hosts have registers and caches for a larger permutation.
#if defined(__x86_64__) || defined(__aarch64__)
#define PP_KECCAK_UNROLLED 1
#endif

// Incremental hashing: init, any number of updates, one final.
typedef struct pp_keccak {
    uint64_t state[25]; // lane x + 5 y
    size_t used;        // bytes absorbed into the running block, < PP_KECCAK256_RATE
} pp_keccak;

// The permutation keccak-f[1600] (FIPS 202, section 3). In a guest it is a call of the machine
// (guest/sdk/src/accel.c).
void pp_keccak_f1600(uint64_t state[25]);
// The small, plain one, which is pp_keccak_f1600 where there is no better (wasm).
#if defined(PP_KECCAK_UNROLLED) || defined(PP_GUEST_MACHINE)
void pp_keccak_f1600_plain(uint64_t state[25]);
#endif

void pp_keccak_init(pp_keccak *k);
void pp_keccak_update(pp_keccak *k, const void *data, size_t size);
// The state is spent afterwards.
void pp_keccak_final(pp_keccak *k, pp_hash32 *out);

// The hash of size bytes; data may be NULL when size is 0.
void pp_keccak256(pp_hash32 *out, const void *data, size_t size);

// One of many messages, and where its hash goes. data may be NULL when size is 0.
typedef struct pp_keccak_message {
    const uint8_t *data;
    size_t size;
    pp_hash32 *out;
} pp_keccak_message;

// Hashes n messages, one after the other; no hash may lie in a message's data. What
// pp_keccak256_many (hash/batch.h) does for several at once: a pure caller takes either as a
// pointer of this type.
typedef void pp_keccak_hasher(const pp_keccak_message *messages, size_t n);
void pp_keccak256_each(const pp_keccak_message *messages, size_t n);

#endif
