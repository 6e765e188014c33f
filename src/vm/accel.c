// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/accel.h"

#include "hash/keccak.h"

#define apply_keccak pp_keccak_f1600

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
