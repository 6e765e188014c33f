// SPDX-License-Identifier: MIT OR Apache-2.0
// The parts of Poseidon2's rounds, for the permutation and for its rows. Internal. Pure.
#ifndef PP_HASH_POSEIDON2_ROUND_H
#define PP_HASH_POSEIDON2_ROUND_H

#include "hash/poseidon2.h"

#include "hash/poseidon2_constants.inc"

enum { PP_POSEIDON2_HALF_FULL = 4, PP_POSEIDON2_PARTIAL = 23 };

static inline pp_fp pp_poseidon2_cube(pp_fp x) {
    return pp_fp_mul(pp_fp_mul(x, x), x);
}

// The 4 × 4 circulant (2 3 1 1) on each block of four, then each block plus the sum of all. Of
// elements, or of anything else that ADD adds.
#define PP_POSEIDON2_EXTERNAL(T, s, ADD)                                                           \
    do {                                                                                           \
        T sums[4];                                                                                 \
        for (int b_ = 0; b_ < PP_POSEIDON2_WIDTH; b_ += 4) {                                       \
            T *x_ = (s) + b_, t01 = ADD(x_[0], x_[1]), t23 = ADD(x_[2], x_[3]);                    \
            T all = ADD(t01, t23), a_ = ADD(all, x_[1]), c_ = ADD(all, x_[3]);                     \
            T y3 = ADD(c_, ADD(x_[0], x_[0])), y1 = ADD(a_, ADD(x_[2], x_[2]));                    \
            x_[0] = ADD(a_, t01);                                                                  \
            x_[2] = ADD(c_, t23);                                                                  \
            x_[1] = y1;                                                                            \
            x_[3] = y3;                                                                            \
            for (int i_ = 0; i_ < 4; i_++) sums[i_] = b_ == 0 ? x_[i_] : ADD(sums[i_], x_[i_]);    \
        }                                                                                          \
        for (int i_ = 0; i_ < PP_POSEIDON2_WIDTH; i_++) (s)[i_] = ADD((s)[i_], sums[i_ % 4]);      \
    } while (0)

static inline void pp_poseidon2_external(pp_fp s[PP_POSEIDON2_WIDTH]) {
    PP_POSEIDON2_EXTERNAL(pp_fp, s, pp_fp_add);
}

static inline void pp_poseidon2_internal(pp_fp s[PP_POSEIDON2_WIDTH]) {
    uint64_t total = 0;
    for (int i = 0; i < PP_POSEIDON2_WIDTH; i++) total += s[i].v;
    pp_fp sum = {(uint32_t)(total % PP_FP_MODULUS)};
    for (int i = 0; i < PP_POSEIDON2_WIDTH; i++)
        s[i] = pp_fp_add(sum, pp_fp_mul(internal_diagonal[i], s[i]));
}

#endif
