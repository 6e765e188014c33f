// SPDX-License-Identifier: MIT OR Apache-2.0
// The permutations in software, for guests that are measured beside their accelerated form: what a
// guest brings itself is not taken from the library (sdk/src/accel.c).
#include "hash/keccak.h"
#include "hash/poseidon2.h"
#include "hash/sha256.h"

void pp_keccak_f1600(uint64_t state[25]) {
    pp_keccak_f1600_plain(state);
}
void pp_sha256_compress(uint8_t state[32], const uint8_t block[PP_SHA256_BLOCK]) {
    pp_sha256_compress_plain(state, block);
}
void pp_poseidon2_permute(pp_fp state[PP_POSEIDON2_WIDTH]) {
    pp_poseidon2_permute_plain(state);
}
void pp_hash_node(pp_digest *out, const pp_digest *left, const pp_digest *right, uint32_t tag) {
    pp_hash_node_plain(out, left, right, tag);
}
