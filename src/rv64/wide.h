// SPDX-License-Identifier: MIT OR Apache-2.0
// Identities between numbers of 256 bits: sums of products that are zero as integers. An identity
// is a list of terms over numbered operands, walked by the builder and by the writer of rows alike.
// docs/vm-tables.md says why nothing wraps mod p.
#ifndef PP_RV64_WIDE_H
#define PP_RV64_WIDE_H

#include "rv64/tables.h"

enum {
    WIDE_WORDS = 4,
    WIDE_LIMBS = 16,
    WIDE_DIGITS = 32,    // of an operand, to the base 2^8
    WIDE_POSITIONS = 96, // of an identity: the last an operand can begin at is 64
    WIDE_TERMS = 12,
    WIDE_NONE = 255, // no operand
};

// factor · x · y · 2^(8 shift); y may be WIDE_NONE, and then it is factor · x · 2^(8 shift).
typedef struct wide_term {
    int16_t factor;
    uint8_t x, y, shift;
} wide_term;

// Terms up to a factor of 0. A carry is looked up every `step` digits, 1 or 2, with 16 or 15 bits
// and a sign: with 2 each sum of two digits' positions must stay below 2^29.5 in size, with 1 each
// digit's below 2^23 (wide_balance).
typedef struct wide_identity {
    uint8_t step, positions; // positions: a multiple of step
    wide_term terms[WIDE_TERMS];
} wide_identity;

// An operand: bytes at all places, or limbs at the even ones and zeros between.
typedef struct wide {
    pp_expr digit[WIDE_DIGITS];
} wide;
typedef struct wide_values {
    int32_t digit[WIDE_DIGITS];
} wide_values;

// ---- building -----------------------------------------------------------------------------------

// Look-ups of one degree that are kept back: wide_balance puts one beside each carry, which alone
// would have a leaf of GKR to itself. The rest must be flushed before the table ends.
typedef struct wide_pending {
    struct {
        pp_bus bus;
        pp_expr x, y;
    } item[192];
    unsigned len, next;
} wide_pending;
void wide_flush(build *b, wide_pending *p);

void wide_range(build *b, wide_pending *p, unsigned bits, pp_expr x);
// The 16 limbs of four words.
void wide_limbs(pp_expr out[WIDE_LIMBS], const limbs4 words[WIDE_WORDS]);
// An operand as limbs; as bytes, the low ones in 16 new columns, looked up; as 32 new columns of
// bytes, looked up.
wide wide_of_limbs(build *b, const pp_expr limbs[WIDE_LIMBS]);
wide wide_of_bytes(build *b, wide_pending *p, const pp_expr limbs[WIDE_LIMBS], const char *low);
wide wide_columns(build *b, wide_pending *p, const char *name);
// x − y, digit by digit.
wide wide_minus(const wide *x, const wide *y);
// The identity holds.
void wide_balance(build *b, wide_pending *p, const wide_identity *w, const wide of[]);

// ---- filling ------------------------------------------------------------------------------------

wide_values wide_values_limbs(const uint64_t v[WIDE_WORDS]);
wide_values wide_values_bytes(const uint64_t v[WIDE_WORDS]);
wide_values wide_values_minus(const wide_values *x, const wide_values *y);
// The cells and look-ups of wide_of_bytes, and of wide_columns.
void fill_wide_of_bytes(fill *f, const uint64_t v[WIDE_WORDS]);
void fill_wide_columns(fill *f, const uint64_t v[WIDE_WORDS]);
// What the identity's terms add up to at each position.
void wide_sums(int64_t at[WIDE_POSITIONS], const wide_identity *w, const wide_values of[]);
// The look-ups of wide_balance. Aborts when the identity does not hold.
void fill_wide_balance(fill *f, const wide_identity *w, const wide_values of[]);

#endif
