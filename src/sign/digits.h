// SPDX-License-Identifier: MIT OR Apache-2.0
// Scalars as signed digits, for sums a G + b P. Internal to sign/.
#ifndef PP_SIGN_DIGITS_H
#define PP_SIGN_DIGITS_H

#include "sign/num.h"

// Four streams share 128 doublings: of P and lambda P, with halves of b; of G and 2^128 G, with
// halves of a. Each digit is zero or odd and, for P's, below 2^(P_WINDOW - 1) in size, for G's
// below 2^(G_WINDOW - 1) (secp256k1.inc): the multiples P_TABLE and G_TABLE are 1, 3, 5, ... times.
enum { STREAMS = 4, DIGITS = 129, P_WINDOW = 5, P_TABLE = 1 << (P_WINDOW - 2) };
typedef struct stream_digits {
    struct {
        _Alignas(4) int8_t of[STREAMS];
    } at[DIGITS];
} stream_digits;

void pp_sign_digits(stream_digits *out, const num *a, const num *b);

#endif
