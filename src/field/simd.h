// SPDX-License-Identifier: MIT OR Apache-2.0
// Vectors of field elements in registers, the same names on every instruction set: a source for one
// set defines PP_SIMD_AVX2 or PP_SIMD_AVX512 (and is compiled for it), includes this, and then a
// kernel written once over these names. With PP_SIMD_EMULATED the AVX-512 intrinsics are SIMDe's,
// so that tests run them on any machine.
//
// pv is PV_LEN lanes of 32 bits. Ranges: "canonical" is [0, p); "signed" is an int32 in (−p, p).
#ifndef PP_FIELD_SIMD_H
#define PP_FIELD_SIMD_H

#include "field/ext.h"

#if defined(PP_SIMD_AVX512)
#if defined(PP_SIMD_EMULATED)
#include "field/simd_emulated.h"
#else
#include <immintrin.h>
#endif

typedef __m512i pv;
enum { PV_LEN = 16 };
#define PV_ODD ((__mmask16)0xaaaa)

static inline pv pv_load(const void *p) {
    return _mm512_loadu_si512(p);
}
static inline void pv_store(void *p, pv a) {
    _mm512_storeu_si512(p, a);
}
static inline pv pv_all(uint32_t x) {
    return _mm512_set1_epi32((int)x);
}
static inline pv pv_all64(uint64_t x) {
    return _mm512_set1_epi64((long long)x);
}
static inline pv pv_add32(pv a, pv b) {
    return _mm512_add_epi32(a, b);
}
static inline pv pv_sub32(pv a, pv b) {
    return _mm512_sub_epi32(a, b);
}
static inline pv pv_add64(pv a, pv b) {
    return _mm512_add_epi64(a, b);
}
static inline pv pv_sub64(pv a, pv b) {
    return _mm512_sub_epi64(a, b);
}
static inline pv pv_min32(pv a, pv b) {
    return _mm512_min_epu32(a, b);
}
static inline pv pv_max32(pv a, pv b) {
    return _mm512_max_epu32(a, b);
}
static inline pv pv_and(pv a, pv b) {
    return _mm512_and_si512(a, b);
}
static inline pv pv_mullo32(pv a, pv b) {
    return _mm512_mullo_epi32(a, b);
}
// Products of the even lanes, 64 bits each; unsigned and signed.
static inline pv pv_mulu(pv a, pv b) {
    return _mm512_mul_epu32(a, b);
}
static inline pv pv_muls(pv a, pv b) {
    return _mm512_mul_epi32(a, b);
}
#define PV_SHR32(a, n) _mm512_srli_epi32((a), (n))
#define PV_SHL32(a, n) _mm512_slli_epi32((a), (n))
#define PV_SHR64(a, n) _mm512_srli_epi64((a), (n))
#define PV_SHL64(a, n) _mm512_slli_epi64((a), (n))
// Odd lanes copied to the even ones below them.
static inline pv pv_odd(pv a) {
    __m512 f = _mm512_castsi512_ps(a);
    return _mm512_castps_si512(_mm512_shuffle_ps(f, f, 0xf5));
}
// Even lanes of a, odd lanes of b.
static inline pv pv_mix(pv a, pv b) {
    return _mm512_mask_blend_epi32(PV_ODD, a, b);
}
// In each group of four lanes: a1, a3, b1, b3.
static inline pv pv_odd_pairs(pv a, pv b) {
    return _mm512_castps_si512(
        _mm512_shuffle_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), 0xdd));
}
// Lane i of the result is lane index[i] of a.
static inline pv pv_permute(pv a, pv index) {
    return _mm512_permutexvar_epi32(index, a);
}
// The even lanes of a, then those of b; and the odd ones.
static inline pv pv_even_lanes(pv a, pv b) {
    pv index = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    return _mm512_permutex2var_epi32(a, index, b);
}
static inline pv pv_odd_lanes(pv a, pv b) {
    pv index = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    return _mm512_permutex2var_epi32(a, index, b);
}
// Lane i: of b where bit i of the constant mask is set, else of a.
#define PV_BLEND(a, b, mask) _mm512_mask_blend_epi32((__mmask16)(mask), (a), (b))
// b where the sign bit of `by` is set, else a.
static inline pv pv_select_negative(pv a, pv b, pv by) {
    return _mm512_mask_blend_epi32(_mm512_movepi32_mask(by), a, b);
}

#elif defined(PP_SIMD_AVX2)
#include <immintrin.h>

typedef __m256i pv;
enum { PV_LEN = 8 };

static inline pv pv_load(const void *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}
static inline void pv_store(void *p, pv a) {
    _mm256_storeu_si256((__m256i *)p, a);
}
static inline pv pv_all(uint32_t x) {
    return _mm256_set1_epi32((int)x);
}
static inline pv pv_all64(uint64_t x) {
    return _mm256_set1_epi64x((long long)x);
}
static inline pv pv_add32(pv a, pv b) {
    return _mm256_add_epi32(a, b);
}
static inline pv pv_sub32(pv a, pv b) {
    return _mm256_sub_epi32(a, b);
}
static inline pv pv_add64(pv a, pv b) {
    return _mm256_add_epi64(a, b);
}
static inline pv pv_sub64(pv a, pv b) {
    return _mm256_sub_epi64(a, b);
}
static inline pv pv_min32(pv a, pv b) {
    return _mm256_min_epu32(a, b);
}
static inline pv pv_max32(pv a, pv b) {
    return _mm256_max_epu32(a, b);
}
static inline pv pv_and(pv a, pv b) {
    return _mm256_and_si256(a, b);
}
static inline pv pv_mullo32(pv a, pv b) {
    return _mm256_mullo_epi32(a, b);
}
static inline pv pv_mulu(pv a, pv b) {
    return _mm256_mul_epu32(a, b);
}
static inline pv pv_muls(pv a, pv b) {
    return _mm256_mul_epi32(a, b);
}
#define PV_SHR32(a, n) _mm256_srli_epi32((a), (n))
#define PV_SHL32(a, n) _mm256_slli_epi32((a), (n))
#define PV_SHR64(a, n) _mm256_srli_epi64((a), (n))
#define PV_SHL64(a, n) _mm256_slli_epi64((a), (n))
static inline pv pv_odd(pv a) {
    return _mm256_shuffle_epi32(a, 0xf5);
}
static inline pv pv_mix(pv a, pv b) {
    return _mm256_blend_epi32(a, b, 0xaa);
}
static inline pv pv_odd_pairs(pv a, pv b) {
    return _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0xdd));
}
static inline pv pv_permute(pv a, pv index) {
    return _mm256_permutevar8x32_epi32(a, index);
}
static inline pv pv_even_lanes(pv a, pv b) {
    pv t = _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88));
    return _mm256_permute4x64_epi64(t, 0xd8);
}
static inline pv pv_odd_lanes(pv a, pv b) {
    return _mm256_permute4x64_epi64(pv_odd_pairs(a, b), 0xd8);
}
#define PV_BLEND(a, b, mask) _mm256_blend_epi32((a), (b), (mask))
static inline pv pv_select_negative(pv a, pv b, pv by) {
    return _mm256_castps_si256(
        _mm256_blendv_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), _mm256_castsi256_ps(by)));
}

#else
#error "define PP_SIMD_AVX2 or PP_SIMD_AVX512"
#endif

// The same value, about which the compiler knows nothing: a product by a constant stays a product,
// on ports that are free, and is not made of shifts and sums.
static inline pv pv_opaque(pv a) {
#if !defined(PP_SIMD_EMULATED)
    __asm__("" : "+x"(a));
#endif
    return a;
}

// The same address, about which the compiler knows nothing: what lies there stays in memory.
static inline const void *pv_opaque_pointer(const void *p) {
#if !defined(PP_SIMD_EMULATED)
    __asm__("" : "+r"(p));
#endif
    return p;
}

static inline pv pv_zero(void) {
    return pv_all(0);
}
static inline pv pv_p(void) {
    return pv_all(PP_FP_MODULUS);
}

// Signed to canonical: the smaller, as unsigned, of x and x + p. And [0, 2p) to canonical.
static inline pv pv_canonical(pv x) {
    return pv_min32(x, pv_add32(x, pv_p()));
}
static inline pv pv_reduce_once(pv x) {
    return pv_min32(x, pv_sub32(x, pv_p()));
}

// Canonical in, canonical out.
static inline pv pv_add(pv a, pv b) {
    return pv_reduce_once(pv_add32(a, b));
}
static inline pv pv_sub(pv a, pv b) {
    return pv_canonical(pv_sub32(a, b));
}

// Montgomery's reduction of 64-bit lanes, even lanes' and odd lanes' sums apart. Unsigned sums
// below p · 2^32; the result is signed.
static inline pv pv_reduce_wide(pv even, pv odd) {
    pv mu = pv_all(PP_FP_INVERSE), p = pv_p();
    pv e = pv_sub64(even, pv_mulu(pv_mulu(even, mu), p));
    pv o = pv_sub64(odd, pv_mulu(pv_mulu(odd, mu), p));
    return pv_mix(pv_odd(e), o);
}
static inline pv pv_mul(pv a, pv b) {
    return pv_canonical(pv_reduce_wide(pv_mulu(a, b), pv_mulu(pv_odd(a), pv_odd(b))));
}

// A factor that is used many times: canonical b beside b · p^−1 mod 2^32. a is signed or canonical,
// and so may be any difference of two canonical vectors; the result is signed.
typedef struct pv_factor {
    pv b, q;
} pv_factor;
static inline pv_factor pv_factor_of(pv b) {
    return (pv_factor){b, pv_mullo32(b, pv_all(PP_FP_INVERSE))};
}
static inline pv pv_mul_factor(pv a, pv_factor f) {
    pv p = pv_p(), q = pv_mullo32(a, f.q);
    pv e = pv_sub64(pv_muls(a, f.b), pv_muls(q, p));
    pv o = pv_sub64(pv_muls(pv_odd(a), pv_odd(f.b)), pv_muls(pv_odd(q), p));
    return pv_mix(pv_odd(e), o);
}
// The same when all lanes of the factor are equal.
static inline pv pv_mul_scalar(pv a, pv_factor f) {
    pv p = pv_p(), q = pv_mullo32(a, f.q);
    pv e = pv_sub64(pv_muls(a, f.b), pv_muls(q, p));
    pv o = pv_sub64(pv_muls(pv_odd(a), f.b), pv_muls(pv_odd(q), p));
    return pv_mix(pv_odd(e), o);
}

// Eight rows of eight words, transposed; AVX2 does for both sets.
static inline void pv_transpose8(__m256i r[8]) {
    __m256i t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
        r[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
}

// --- the extension: five planes of PV_LEN elements, canonical

typedef struct pvx {
    pv c[PP_EXT_DEGREE];
} pvx;

static inline pvx pvx_all(pp_ext a) {
    pvx r;
    for (int i = 0; i < PP_EXT_DEGREE; i++) r.c[i] = pv_all(a.c[i].v);
    return r;
}

// An array of PV_LEN elements is five registers of words; word w is coefficient w mod 5 of element
// w / 5. As 5 is odd, the words of one coefficient lie in lanes all different: blends bring them
// into one register, a permutation into order.
#define PV_FIVE(r, c)                                                                              \
    (PV_FIVE_BIT(r, c, 0) | PV_FIVE_BIT(r, c, 1) | PV_FIVE_BIT(r, c, 2) | PV_FIVE_BIT(r, c, 3) |   \
     PV_FIVE_BIT(r, c, 4) | PV_FIVE_BIT(r, c, 5) | PV_FIVE_BIT(r, c, 6) | PV_FIVE_BIT(r, c, 7) |   \
     (PV_LEN == 8 ? 0                                                                              \
                  : PV_FIVE_BIT(r, c, 8) | PV_FIVE_BIT(r, c, 9) | PV_FIVE_BIT(r, c, 10) |          \
                        PV_FIVE_BIT(r, c, 11) | PV_FIVE_BIT(r, c, 12) | PV_FIVE_BIT(r, c, 13) |    \
                        PV_FIVE_BIT(r, c, 14) | PV_FIVE_BIT(r, c, 15)))
#define PV_FIVE_BIT(r, c, lane) ((((r) * PV_LEN + (lane)) % 5 == (c)) << (lane))
#define PV_FIVE_BLEND(x0, x1, x2, x3, x4, m1, m2, m3, m4)                                          \
    PV_BLEND(PV_BLEND(PV_BLEND(PV_BLEND((x0), (x1), (m1)), (x2), (m2)), (x3), (m3)), (x4), (m4))

// Lane k of plane c comes from lane (5k + c) mod PV_LEN; and back.
static const uint32_t pv_five_in[PP_EXT_DEGREE][PV_LEN] = {
#if defined(PP_SIMD_AVX512)
    {0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11},
    {1, 6, 11, 0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12},
    {2, 7, 12, 1, 6, 11, 0, 5, 10, 15, 4, 9, 14, 3, 8, 13},
    {3, 8, 13, 2, 7, 12, 1, 6, 11, 0, 5, 10, 15, 4, 9, 14},
    {4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11, 0, 5, 10, 15},
};
static const uint32_t pv_five_out[PP_EXT_DEGREE][PV_LEN] = {
    {0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3},
    {3, 0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6},
    {6, 3, 0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9},
    {9, 6, 3, 0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12},
    {12, 9, 6, 3, 0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15},
#else
    {0, 5, 2, 7, 4, 1, 6, 3}, {1, 6, 3, 0, 5, 2, 7, 4}, {2, 7, 4, 1, 6, 3, 0, 5},
    {3, 0, 5, 2, 7, 4, 1, 6}, {4, 1, 6, 3, 0, 5, 2, 7},
};
static const uint32_t pv_five_out[PP_EXT_DEGREE][PV_LEN] = {
    {0, 5, 2, 7, 4, 1, 6, 3}, {3, 0, 5, 2, 7, 4, 1, 6}, {6, 3, 0, 5, 2, 7, 4, 1},
    {1, 6, 3, 0, 5, 2, 7, 4}, {4, 1, 6, 3, 0, 5, 2, 7},
#endif
};

static inline pvx pvx_load(const pp_ext *a) {
    const pp_fp *w = a->c;
    pv x0 = pv_load(w), x1 = pv_load(w + PV_LEN), x2 = pv_load(w + 2 * PV_LEN),
       x3 = pv_load(w + 3 * PV_LEN), x4 = pv_load(w + 4 * PV_LEN);
    pvx r;
#define PV_PLANE(k)                                                                                \
    r.c[k] = pv_permute(PV_FIVE_BLEND(x0, x1, x2, x3, x4, PV_FIVE(1, k), PV_FIVE(2, k),            \
                                      PV_FIVE(3, k), PV_FIVE(4, k)),                               \
                        pv_load(pv_five_in[k]))
    PV_PLANE(0);
    PV_PLANE(1);
    PV_PLANE(2);
    PV_PLANE(3);
    PV_PLANE(4);
#undef PV_PLANE
    return r;
}
static inline void pvx_store(pp_ext *out, pvx a) {
    pp_fp *w = out->c;
    pv x0 = pv_permute(a.c[0], pv_load(pv_five_out[0])),
       x1 = pv_permute(a.c[1], pv_load(pv_five_out[1])),
       x2 = pv_permute(a.c[2], pv_load(pv_five_out[2])),
       x3 = pv_permute(a.c[3], pv_load(pv_five_out[3])),
       x4 = pv_permute(a.c[4], pv_load(pv_five_out[4]));
#define PV_WORDS(r)                                                                                \
    pv_store(w + (r) * PV_LEN, PV_FIVE_BLEND(x0, x1, x2, x3, x4, PV_FIVE(r, 1), PV_FIVE(r, 2),     \
                                             PV_FIVE(r, 3), PV_FIVE(r, 4)))
    PV_WORDS(0);
    PV_WORDS(1);
    PV_WORDS(2);
    PV_WORDS(3);
    PV_WORDS(4);
#undef PV_WORDS
}

static inline pvx pvx_add(pvx a, pvx b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pv_add(a.c[i], b.c[i]);
    return a;
}
static inline pvx pvx_sub(pvx a, pvx b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pv_sub(a.c[i], b.c[i]);
    return a;
}
static inline pvx pvx_mul_base(pvx a, pv b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pv_mul(a.c[i], b);
    return a;
}

// The nine different coefficients of X^j b, j = 0 … 4: coefficient i of a · b is the sum over j of
// a_j times column j (see pp_ext_mul_x).
typedef struct pvx_factor {
    pv even[9], odd[9]; // b0 b1 b2 b3 b4, b1 − b4, b0 − b3, b4 − b2, b3 − b1 + b4
} pvx_factor;
static inline pvx_factor pvx_factor_of(pvx b) {
    pvx_factor f;
    for (int i = 0; i < 5; i++) f.even[i] = b.c[i];
    f.even[5] = pv_sub(b.c[1], b.c[4]);
    f.even[6] = pv_sub(b.c[0], b.c[3]);
    f.even[7] = pv_sub(b.c[4], b.c[2]);
    f.even[8] = pv_sub(b.c[3], f.even[5]);
    for (int i = 0; i < 9; i++) f.odd[i] = pv_odd(f.even[i]);
    return f;
}

// Σ of five products, one half of the lanes. Four fit in 64 bits; then the high half, below 2p, is
// brought below p, and the fifth leaves it below 1.5 p.
static inline pv pvx_sum5(pv a0, pv a1, pv a2, pv a3, pv a4, pv b0, pv b1, pv b2, pv b3, pv b4) {
    pv high_p = pv_all64((uint64_t)PP_FP_MODULUS << 32);
    pv s = pv_add64(pv_add64(pv_mulu(a0, b0), pv_mulu(a1, b1)),
                    pv_add64(pv_mulu(a2, b2), pv_mulu(a3, b3)));
    return pv_add64(pv_min32(s, pv_sub32(s, high_p)), pv_mulu(a4, b4));
}
static inline pv pvx_finish5(pv even, pv odd) {
    pv mu = pv_all(PP_FP_INVERSE), p = pv_p();
    pv qe = pv_mulu(pv_mulu(even, mu), p), qo = pv_mulu(pv_mulu(odd, mu), p);
    pv high = pv_reduce_once(pv_mix(pv_odd(even), odd));
    return pv_canonical(pv_sub32(high, pv_mix(pv_odd(qe), qo)));
}
static inline pvx pvx_mul_factor(pvx a, const pvx_factor *f) {
    const pv *b = f->even, *d = f->odd;
    pv a0 = a.c[0], a1 = a.c[1], a2 = a.c[2], a3 = a.c[3], a4 = a.c[4];
    pv o0 = pv_odd(a0), o1 = pv_odd(a1), o2 = pv_odd(a2), o3 = pv_odd(a3), o4 = pv_odd(a4);
    pvx r;
#define PVX_OUT(i, c0, c1, c2, c3, c4)                                                             \
    r.c[i] = pvx_finish5(pvx_sum5(a0, a1, a2, a3, a4, b[c0], b[c1], b[c2], b[c3], b[c4]),          \
                         pvx_sum5(o0, o1, o2, o3, o4, d[c0], d[c1], d[c2], d[c3], d[c4]))
    PVX_OUT(0, 0, 4, 3, 2, 5);
    PVX_OUT(1, 1, 0, 4, 3, 2);
    PVX_OUT(2, 2, 5, 6, 7, 8);
    PVX_OUT(3, 3, 2, 5, 6, 7);
    PVX_OUT(4, 4, 3, 2, 5, 6);
#undef PVX_OUT
    return r;
}
static inline pvx pvx_mul(pvx a, pvx b) {
    pvx_factor f = pvx_factor_of(b);
    return pvx_mul_factor(a, &f);
}

// The sum of all lanes.
static inline pp_fp pv_sum(pv a) {
    pp_fp w[PV_LEN], s = {0};
    pv_store(w, a);
    for (int i = 0; i < PV_LEN; i++) s = pp_fp_add(s, w[i]);
    return s;
}
static inline pp_ext pvx_sum(pvx a) {
    pp_ext r;
    for (int i = 0; i < PP_EXT_DEGREE; i++) r.c[i] = pv_sum(a.c[i]);
    return r;
}

#endif
