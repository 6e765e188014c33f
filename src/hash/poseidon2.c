// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/poseidon2.h"

#include "hash/poseidon2_round.h"

enum { WIDTH = PP_POSEIDON2_WIDTH, HALF_FULL = PP_POSEIDON2_HALF_FULL };

// In a guest permutation and node are calls of the machine, natively the permutation is dispatched
// by hash/batch.c: what is here is then the plain one, beside those.
#if defined(PP_GUEST_MACHINE)
#define HERE(name) name##_plain
#define PERMUTE pp_poseidon2_permute_plain
#else
#define HERE(name) name
#define PERMUTE pp_poseidon2_permute
#endif
#if defined(PP_GUEST_MACHINE) || defined(PP_POSEIDON2_NATIVE)
#define PLAIN_PERMUTE pp_poseidon2_permute_plain
#else
#define PLAIN_PERMUTE pp_poseidon2_permute
#endif

static void full_rounds(pp_fp s[WIDTH], int first) {
    for (int r = first; r < first + HALF_FULL; r++) {
        for (int i = 0; i < WIDTH; i++)
            s[i] = pp_poseidon2_cube(pp_fp_add(s[i], external_constants[r][i]));
        pp_poseidon2_external(s);
    }
}

void PLAIN_PERMUTE(pp_fp s[WIDTH]) {
    pp_poseidon2_external(s);
    full_rounds(s, 0);
    for (int r = 0; r < PP_POSEIDON2_PARTIAL; r++) {
        s[0] = pp_poseidon2_cube(pp_fp_add(s[0], internal_constants[r]));
        pp_poseidon2_internal(s);
    }
    full_rounds(s, HALF_FULL);
}

void HERE(pp_hash_node)(pp_digest *out, const pp_digest *left, const pp_digest *right,
                        uint32_t tag) {
    pp_fp s[WIDTH] = {{0}};
    memcpy(s, left->e, sizeof left->e);
    memcpy(s + PP_DIGEST_LEN, right->e, sizeof right->e);
    s[2 * PP_DIGEST_LEN] = pp_fp_from_u32(tag);
    PERMUTE(s);
    memcpy(out->e, s, sizeof out->e);
}

void pp_hash_leaf(pp_digest *out, const pp_fp *data, size_t len, uint32_t domain,
                  uint32_t parameter) {
    PP_ASSERT(domain < PP_FP_MODULUS && parameter < PP_FP_MODULUS);
    PP_ASSERT((uint64_t)len >> 48 == 0);
    pp_fp s[WIDTH] = {{0}};
    s[PP_SPONGE_RATE] = pp_fp_from_u32(domain);
    s[PP_SPONGE_RATE + 1] = pp_fp_from_u32(parameter);
    s[PP_SPONGE_RATE + 2] = pp_fp_from_u32((uint32_t)len & 0xffffff);
    s[PP_SPONGE_RATE + 3] = pp_fp_from_u32((uint32_t)((uint64_t)len >> 24));
    do {
        size_t take = len < PP_SPONGE_RATE ? len : PP_SPONGE_RATE;
        for (size_t i = 0; i < take; i++) s[i] = pp_fp_add(s[i], data[i]);
        data += take;
        len -= take;
        pp_poseidon2_permute(s);
    } while (len > 0);
    memcpy(out->e, s, sizeof out->e);
}

void pp_digest_encode(uint8_t out[PP_DIGEST_SIZE], const pp_digest *digest) {
    for (int i = 0; i < PP_DIGEST_LEN; i++) pp_store_le32(out + 4 * i, pp_fp_to_u32(digest->e[i]));
}

bool pp_digest_decode(pp_digest *out, const uint8_t in[PP_DIGEST_SIZE]) {
    for (int i = 0; i < PP_DIGEST_LEN; i++)
        if (pp_load_le32(in + 4 * i) >= PP_FP_MODULUS) return false;
    for (int i = 0; i < PP_DIGEST_LEN; i++) out->e[i] = pp_fp_from_u32(pp_load_le32(in + 4 * i));
    return true;
}
