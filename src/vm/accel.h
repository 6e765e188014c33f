// SPDX-License-Identifier: MIT OR Apache-2.0
// The list of accelerators (vm/abi.h) as data, with what each does on plain words. Native.
#ifndef PP_VM_ACCEL_H
#define PP_VM_ACCEL_H

#include "vm/abi.h"

enum {
    PP_ACCEL_OPERANDS_MAX = 6, // a0 to a5
    PP_ACCEL_CELLS_MAX = 32,   // of all operands of one accelerator
};

// Numbers of accelerators: PP_ACCEL_KECCAK_F, …, in the order of the list.
enum {
#define X(id, name, number, what, ...) PP_ACCEL_##name,
    PP_ACCELS(X)
#undef X
        PP_ACCELS_LEN
};

typedef struct pp_accel {
    const char *id, *what;                // "keccak", "keccak-f[1600] of 25 lanes"
    uint32_t number;                      // of the call
    uint8_t cells[PP_ACCEL_OPERANDS_MAX]; // of each operand; 0: the register itself
    uint8_t operands_len;
    // The operands' words, one operand after the other (one word for a register): the last
    // operand's are replaced by the result. False, and nothing changed, when there is none: the run
    // ends.
    bool (*apply)(uint64_t *words);
} pp_accel;

extern const pp_accel pp_accels[PP_ACCELS_LEN];

// The accelerator of a call's number; NULL for none.
const pp_accel *pp_accel_find(uint64_t number);

// Words that an operand is made of; those of all operands before it; those of all operands.
static inline unsigned pp_accel_words(const pp_accel *a, unsigned operand) {
    return a->cells[operand] != 0 ? a->cells[operand] : 1;
}
static inline unsigned pp_accel_first(const pp_accel *a, unsigned operand) {
    unsigned n = 0;
    for (unsigned i = 0; i < operand; i++) n += pp_accel_words(a, i);
    return n;
}
static inline unsigned pp_accel_all(const pp_accel *a) {
    return pp_accel_first(a, a->operands_len);
}

// Time (docs/vm-tables.md): a7 is read at +0, operand i's register at pp_accel_at(i), its memory
// one later. The memory of one operand is accessed at one time.
static inline unsigned pp_accel_at(unsigned operand) {
    return 1 + 2 * operand;
}
static inline unsigned pp_accel_ticks(const pp_accel *a) {
    return pp_accel_at(a->operands_len);
}

#endif
