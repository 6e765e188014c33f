// SPDX-License-Identifier: MIT OR Apache-2.0
// What kernels.inc needs beside field/simd.h, for the instruction set chosen there.
#ifndef PP_PROVE_LANES_SIMD_H
#define PP_PROVE_LANES_SIMD_H

#include "field/simd.h"

typedef pv_factor pv_scalar;
static inline pv_scalar pv_scalar_of(uint32_t x) {
    return pv_factor_of(pv_all(x));
}
static inline pv pv_times(pv a, pv_scalar s) {
    return pv_canonical(pv_mul_scalar(a, s));
}

// Two vectors that follow each other, by even and odd places.
static inline void pv_split(pv *even, pv *odd, pv x, pv y) {
#if defined(PP_SIMD_AVX512)
    const pv e = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    const pv o = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    *even = _mm512_permutex2var_epi32(x, e, y);
    *odd = _mm512_permutex2var_epi32(x, o, y);
#else
    __m256 a = _mm256_castsi256_ps(x), b = _mm256_castsi256_ps(y);
    *even = _mm256_permute4x64_epi64(_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88)), 0xd8);
    *odd = _mm256_permute4x64_epi64(_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd)), 0xd8);
#endif
}

// A 64-bit sum for each lane, kept below p · 2^32: in memory those of the even lanes, then of the
// odd ones.
static inline pv pw_below(pv sum) {
    return pv_min32(sum, pv_sub32(sum, pv_all64((uint64_t)PP_FP_MODULUS << 32)));
}
// acc + Σ a[k] s[k]: four products are below 2p · 2^32.
static inline void pw_madd4(uint64_t *acc, const pv a[4], const uint32_t s[4]) {
    pv f[4] = {pv_all(s[0]), pv_all(s[1]), pv_all(s[2]), pv_all(s[3])};
    pv even = pv_add64(pv_add64(pv_mulu(a[0], f[0]), pv_mulu(a[1], f[1])),
                       pv_add64(pv_mulu(a[2], f[2]), pv_mulu(a[3], f[3])));
    pv odd = pv_add64(pv_add64(pv_mulu(pv_odd(a[0]), f[0]), pv_mulu(pv_odd(a[1]), f[1])),
                      pv_add64(pv_mulu(pv_odd(a[2]), f[2]), pv_mulu(pv_odd(a[3]), f[3])));
    uint64_t *high = acc + PV_LEN / 2;
    pv_store(acc, pw_below(pv_add64(pv_load(acc), pw_below(even))));
    pv_store(high, pw_below(pv_add64(pv_load(high), pw_below(odd))));
}
static inline pv pw_reduce(const uint64_t *acc) {
    return pv_canonical(pv_reduce_wide(pv_load(acc), pv_load(acc + PV_LEN / 2)));
}

#endif
