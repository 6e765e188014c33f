// SPDX-License-Identifier: MIT OR Apache-2.0
// Poseidon2 (eprint 2023/323) over KoalaBear, width 24, 8 full and 23 partial rounds, S-box x^3;
// and the two ways it is used: trees of digests, and a sponge for their leaves. Pure.
#ifndef PP_HASH_POSEIDON2_H
#define PP_HASH_POSEIDON2_H

#include "field/field.h"

enum {
    PP_POSEIDON2_WIDTH = 24,
    PP_DIGEST_LEN = 9,   // elements: 2^139 work against collisions
    PP_DIGEST_SIZE = 36, // bytes of its encoding
    PP_SPONGE_RATE = 15, // elements
};

typedef struct pp_digest {
    pp_fp e[PP_DIGEST_LEN];
} pp_digest;

// What a leaf or a node belongs to. One number, one meaning, for ever.
enum {
    PP_DOMAIN_PAGE = 1,       // leaf: a page of machine memory; parameter: its permission
    PP_DOMAIN_TRANSCRIPT = 2, // the sponge of transcript/transcript.h
    PP_DOMAIN_ORACLE = 3,     // leaf: a row of a committed codeword; parameter: its WHIR iteration
    PP_TAG_MEMORY = 16,       // node: of the memory tree
    PP_TAG_STATE = 17,        // node: of the state tree
    PP_TAG_STATE_LEAF = 18,   // node mode over a packed account: a leaf of the state tree
    PP_TAG_STATE_KEY = 19,    // node mode over a packed address: its path in the state tree
    PP_TAG_ORACLE = 20,       // node: of the tree over a committed codeword
};

static inline bool pp_digest_eq(const pp_digest *a, const pp_digest *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

void pp_poseidon2_permute(pp_fp state[PP_POSEIDON2_WIDTH]);

// The first nine elements of the permutation of left ‖ right ‖ (tag, 0, 0, 0, 0, 0).
void pp_hash_node(pp_digest *out, const pp_digest *left, const pp_digest *right, uint32_t tag);

// In a guest both are calls of the machine (guest/sdk/src/accel.c), natively the permutation takes
// the instruction set of cpu/cpu.h; these are the same in plain software.
#if defined(PP_GUEST_MACHINE) || defined(PP_POSEIDON2_NATIVE)
void pp_poseidon2_permute_plain(pp_fp state[PP_POSEIDON2_WIDTH]);
#endif
#ifdef PP_GUEST_MACHINE
void pp_hash_node_plain(pp_digest *out, const pp_digest *left, const pp_digest *right,
                        uint32_t tag);
#endif

// The sponge over len elements: the capacity starts as (domain, parameter, len mod 2^24,
// len / 2^24, 0, …), blocks of 15 are added, the last filled up with zeros; at least one block.
// domain and parameter are below p; data is not NULL, even for len 0.
void pp_hash_leaf(pp_digest *out, const pp_fp *data, size_t len, uint32_t domain,
                  uint32_t parameter);

// Nine canonical little-endian u32. Decoding fails when one of them is p or more.
void pp_digest_encode(uint8_t out[PP_DIGEST_SIZE], const pp_digest *digest);
PP_NODISCARD bool pp_digest_decode(pp_digest *out, const uint8_t in[PP_DIGEST_SIZE]);

#endif
