// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/accel.h"

#include "base/u256.h"
#include "hash/keccak.h"
#include "sign/group.h"

static bool apply_keccak(uint64_t *words) {
    pp_keccak_f1600(words);
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
