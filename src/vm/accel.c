// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/accel.h"

#include "base/u256.h"
#include "hash/keccak.h"
#include "hash/poseidon2.h"
#include "hash/sha256.h"
#include "sign/group.h"

static bool apply_keccak(uint64_t *words) {
    pp_keccak_f1600(words);
    return true;
}

// Words hold their bytes lowest first, as memory does.
static bool apply_sha256(uint64_t *words) {
    uint8_t block[PP_SHA256_BLOCK], state[32];
    for (size_t i = 0; i < 8; i++) pp_store_le64(block + 8 * i, words[i]);
    for (size_t i = 0; i < 4; i++) pp_store_le64(state + 8 * i, words[8 + i]);
    pp_sha256_compress(state, block);
    for (size_t i = 0; i < 4; i++) words[8 + i] = pp_load_le64(state + 8 * i);
    return true;
}

static bool apply_mulmod(uint64_t *words) {
    pp_u256 in[4], rest, quotient;
    memcpy(in, words, sizeof in);
    if (!pp_u256_mul_add_mod(&rest, &quotient, &in[0], &in[1], &in[2], &in[3])) return false;
    memcpy(words + 16, &rest, sizeof rest);
    return true;
}

static bool apply_secp256k1_add(uint64_t *words) {
    pp_secp256k1_point second, first;
    memcpy(&second, words, sizeof second);
    memcpy(&first, words + 9, sizeof first);
    if (words[8] > 1 || !pp_secp256k1_add(&first, NULL, &first, &second, words[8] != 0))
        return false;
    memcpy(words + 9, &first, sizeof first);
    return true;
}

static bool apply_secp256k1_double(uint64_t *words) {
    pp_secp256k1_point point;
    memcpy(&point, words, sizeof point);
    if (!pp_secp256k1_double(&point, NULL, &point)) return false;
    memcpy(words, &point, sizeof point);
    return true;
}

// Elements are 32-bit words in the field's own form, x · 2^32 mod p; any word is taken modulo p.
static void load(pp_fp *out, const uint64_t *words, unsigned len) {
    for (unsigned i = 0; i < len; i++)
        out[i].v = (uint32_t)(words[i / 2] >> 32 * (i % 2)) % PP_FP_MODULUS;
}
// The last word's upper half, if no element is there, stays as it is.
static void store(uint64_t *words, const pp_fp *s, unsigned len) {
    for (unsigned i = 0; i < len; i++) {
        unsigned by = 32 * (i % 2);
        words[i / 2] = (words[i / 2] & ~((uint64_t)UINT32_MAX << by)) | (uint64_t)s[i].v << by;
    }
}

static bool apply_poseidon2(uint64_t *words) {
    pp_fp s[PP_POSEIDON2_WIDTH];
    load(s, words, PP_POSEIDON2_WIDTH);
    pp_poseidon2_permute(s);
    store(words, s, PP_POSEIDON2_WIDTH);
    return true;
}

static bool apply_poseidon2_node(uint64_t *words) {
    enum { CELLS = (PP_DIGEST_LEN + 1) / 2, TAG = 2 * CELLS };
    pp_digest left, right, out;
    load(left.e, words, PP_DIGEST_LEN);
    load(right.e, words + CELLS, PP_DIGEST_LEN);
    pp_hash_node(&out, &left, &right, (uint32_t)(words[TAG] % PP_FP_MODULUS));
    store(words + TAG + 1, out.e, PP_DIGEST_LEN);
    return true;
}

#define OPERANDS(...) {__VA_ARGS__}, (uint8_t)(sizeof((uint8_t[]){__VA_ARGS__}))
const pp_accel pp_accels[PP_ACCELS_LEN] = {
#define X(id, name, number, what, ...) {#id, what, number, OPERANDS(__VA_ARGS__), apply_##id},
    PP_ACCELS(X)
#undef X
};

const pp_accel *pp_accel_find(uint64_t number) {
    for (size_t i = 0; i < PP_ACCELS_LEN; i++)
        if (pp_accels[i].number == number) return &pp_accels[i];
    return NULL;
}
