// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/poseidon2.h"

#include "hash/poseidon2_constants.inc"

enum { WIDTH = PP_POSEIDON2_WIDTH, HALF_FULL = 4, PARTIAL = 23 };

static inline pp_fp cube(pp_fp x) {
    return pp_fp_mul(pp_fp_mul(x, x), x);
}

// The 4 × 4 circulant (2 3 1 1) on each block of four, then each block plus the sum of all.
static void external_layer(pp_fp s[WIDTH]) {
    pp_fp sums[4] = {{0}, {0}, {0}, {0}};
    for (int b = 0; b < WIDTH; b += 4) {
        pp_fp *x = s + b;
        pp_fp t01 = pp_fp_add(x[0], x[1]), t23 = pp_fp_add(x[2], x[3]);
        pp_fp all = pp_fp_add(t01, t23);
        pp_fp a = pp_fp_add(all, x[1]), c = pp_fp_add(all, x[3]);
        pp_fp y3 = pp_fp_add(c, pp_fp_add(x[0], x[0]));
        pp_fp y1 = pp_fp_add(a, pp_fp_add(x[2], x[2]));
        x[0] = pp_fp_add(a, t01);
        x[2] = pp_fp_add(c, t23);
        x[1] = y1;
        x[3] = y3;
        for (int i = 0; i < 4; i++) sums[i] = pp_fp_add(sums[i], x[i]);
    }
    for (int i = 0; i < WIDTH; i++) s[i] = pp_fp_add(s[i], sums[i % 4]);
}

static void internal_layer(pp_fp s[WIDTH]) {
    uint64_t total = 0;
    for (int i = 0; i < WIDTH; i++) total += s[i].v;
    pp_fp sum = {(uint32_t)(total % PP_FP_MODULUS)};
    for (int i = 0; i < WIDTH; i++) s[i] = pp_fp_add(sum, pp_fp_mul(internal_diagonal[i], s[i]));
}

static void full_rounds(pp_fp s[WIDTH], int first) {
    for (int r = first; r < first + HALF_FULL; r++) {
        for (int i = 0; i < WIDTH; i++) s[i] = cube(pp_fp_add(s[i], external_constants[r][i]));
        external_layer(s);
    }
}

void pp_poseidon2_permute(pp_fp s[WIDTH]) {
    external_layer(s);
    full_rounds(s, 0);
    for (int r = 0; r < PARTIAL; r++) {
        s[0] = cube(pp_fp_add(s[0], internal_constants[r]));
        internal_layer(s);
    }
    full_rounds(s, HALF_FULL);
}

void pp_hash_node(pp_digest *out, const pp_digest *left, const pp_digest *right, uint32_t tag) {
    pp_fp s[WIDTH] = {{0}};
    memcpy(s, left->e, sizeof left->e);
    memcpy(s + PP_DIGEST_LEN, right->e, sizeof right->e);
    s[2 * PP_DIGEST_LEN] = pp_fp_from_u32(tag);
    pp_poseidon2_permute(s);
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
