// SPDX-License-Identifier: MIT OR Apache-2.0
// One round of keccak-f[1600] on 25 variables of any type with ^, ~, &, << and >> on 64-bit lanes:
// a number, or a vector of the states' lanes. Internal to hash/. Pure.
#ifndef PP_HASH_KECCAK_ROUND_H
#define PP_HASH_KECCAK_ROUND_H

#include "base/base.h"

static const uint64_t pp_keccak_round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// 0 < n < 64.
#define PP_KECCAK_ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))

// From the lanes A##0 to A##24 to the lanes E##0 to E##24, all of type T.
#define PP_KECCAK_ROUND(T, A, E, rc)                                                               \
    do {                                                                                           \
        T b0, b1, b2, b3, b4;                                                                      \
        T c0 = A##0 ^ A##5 ^ A##10 ^ A##15 ^ A##20;                                                \
        T c1 = A##1 ^ A##6 ^ A##11 ^ A##16 ^ A##21;                                                \
        T c2 = A##2 ^ A##7 ^ A##12 ^ A##17 ^ A##22;                                                \
        T c3 = A##3 ^ A##8 ^ A##13 ^ A##18 ^ A##23;                                                \
        T c4 = A##4 ^ A##9 ^ A##14 ^ A##19 ^ A##24;                                                \
        T d0 = c4 ^ PP_KECCAK_ROTL(c1, 1);                                                         \
        T d1 = c0 ^ PP_KECCAK_ROTL(c2, 1);                                                         \
        T d2 = c1 ^ PP_KECCAK_ROTL(c3, 1);                                                         \
        T d3 = c2 ^ PP_KECCAK_ROTL(c4, 1);                                                         \
        T d4 = c3 ^ PP_KECCAK_ROTL(c0, 1);                                                         \
        b0 = (A##0 ^ d0);                                                                          \
        b1 = PP_KECCAK_ROTL(A##6 ^ d1, 44);                                                        \
        b2 = PP_KECCAK_ROTL(A##12 ^ d2, 43);                                                       \
        b3 = PP_KECCAK_ROTL(A##18 ^ d3, 21);                                                       \
        b4 = PP_KECCAK_ROTL(A##24 ^ d4, 14);                                                       \
        E##0 = b0 ^ (~b1 & b2);                                                                    \
        E##1 = b1 ^ (~b2 & b3);                                                                    \
        E##2 = b2 ^ (~b3 & b4);                                                                    \
        E##3 = b3 ^ (~b4 & b0);                                                                    \
        E##4 = b4 ^ (~b0 & b1);                                                                    \
        b0 = PP_KECCAK_ROTL(A##3 ^ d3, 28);                                                        \
        b1 = PP_KECCAK_ROTL(A##9 ^ d4, 20);                                                        \
        b2 = PP_KECCAK_ROTL(A##10 ^ d0, 3);                                                        \
        b3 = PP_KECCAK_ROTL(A##16 ^ d1, 45);                                                       \
        b4 = PP_KECCAK_ROTL(A##22 ^ d2, 61);                                                       \
        E##5 = b0 ^ (~b1 & b2);                                                                    \
        E##6 = b1 ^ (~b2 & b3);                                                                    \
        E##7 = b2 ^ (~b3 & b4);                                                                    \
        E##8 = b3 ^ (~b4 & b0);                                                                    \
        E##9 = b4 ^ (~b0 & b1);                                                                    \
        b0 = PP_KECCAK_ROTL(A##1 ^ d1, 1);                                                         \
        b1 = PP_KECCAK_ROTL(A##7 ^ d2, 6);                                                         \
        b2 = PP_KECCAK_ROTL(A##13 ^ d3, 25);                                                       \
        b3 = PP_KECCAK_ROTL(A##19 ^ d4, 8);                                                        \
        b4 = PP_KECCAK_ROTL(A##20 ^ d0, 18);                                                       \
        E##10 = b0 ^ (~b1 & b2);                                                                   \
        E##11 = b1 ^ (~b2 & b3);                                                                   \
        E##12 = b2 ^ (~b3 & b4);                                                                   \
        E##13 = b3 ^ (~b4 & b0);                                                                   \
        E##14 = b4 ^ (~b0 & b1);                                                                   \
        b0 = PP_KECCAK_ROTL(A##4 ^ d4, 27);                                                        \
        b1 = PP_KECCAK_ROTL(A##5 ^ d0, 36);                                                        \
        b2 = PP_KECCAK_ROTL(A##11 ^ d1, 10);                                                       \
        b3 = PP_KECCAK_ROTL(A##17 ^ d2, 15);                                                       \
        b4 = PP_KECCAK_ROTL(A##23 ^ d3, 56);                                                       \
        E##15 = b0 ^ (~b1 & b2);                                                                   \
        E##16 = b1 ^ (~b2 & b3);                                                                   \
        E##17 = b2 ^ (~b3 & b4);                                                                   \
        E##18 = b3 ^ (~b4 & b0);                                                                   \
        E##19 = b4 ^ (~b0 & b1);                                                                   \
        b0 = PP_KECCAK_ROTL(A##2 ^ d2, 62);                                                        \
        b1 = PP_KECCAK_ROTL(A##8 ^ d3, 55);                                                        \
        b2 = PP_KECCAK_ROTL(A##14 ^ d4, 39);                                                       \
        b3 = PP_KECCAK_ROTL(A##15 ^ d0, 41);                                                       \
        b4 = PP_KECCAK_ROTL(A##21 ^ d1, 2);                                                        \
        E##20 = b0 ^ (~b1 & b2);                                                                   \
        E##21 = b1 ^ (~b2 & b3);                                                                   \
        E##22 = b2 ^ (~b3 & b4);                                                                   \
        E##23 = b3 ^ (~b4 & b0);                                                                   \
        E##24 = b4 ^ (~b0 & b1);                                                                   \
        E##0 ^= (rc);                                                                              \
    } while (0)

// X(i) for each lane.
// clang-format off: it never settles
#define PP_KECCAK_LANES(X)                                                                                    \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)    \
    X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24)
// clang-format on

// All 24 rounds of the lanes a0 to a24, by way of e0 to e24.
#define PP_KECCAK_ROUNDS(T)                                                                        \
    for (int round = 0; round < 24; round += 2) {                                                  \
        PP_KECCAK_ROUND(T, a, e, pp_keccak_round_constants[round]);                                \
        PP_KECCAK_ROUND(T, e, a, pp_keccak_round_constants[round + 1]);                            \
    }

#endif
