// SPDX-License-Identifier: MIT OR Apache-2.0
// The names of field/simd.h with one lane, in plain C: what kernels.inc means.
#ifndef PP_PROVE_LANES_PORTABLE_H
#define PP_PROVE_LANES_PORTABLE_H

#include "field/ext.h"

typedef uint32_t pv;
enum { PV_LEN = 1 };

static inline pv pv_load(const void *p) {
    pv r;
    memcpy(&r, p, sizeof r);
    return r;
}
static inline void pv_store(void *p, pv a) {
    memcpy(p, &a, sizeof a);
}
static inline pv pv_all(uint32_t x) {
    return x;
}
static inline pv pv_add(pv a, pv b) {
    return pp_fp_add((pp_fp){a}, (pp_fp){b}).v;
}
static inline pv pv_sub(pv a, pv b) {
    return pp_fp_sub((pp_fp){a}, (pp_fp){b}).v;
}
static inline pv pv_mul(pv a, pv b) {
    return pp_fp_mul((pp_fp){a}, (pp_fp){b}).v;
}

// A factor that is used many times.
typedef pv pv_scalar;
static inline pv_scalar pv_scalar_of(uint32_t x) {
    return x;
}
static inline pv pv_times(pv a, pv_scalar s) {
    return pv_mul(a, s);
}

typedef struct pvx {
    pv c[PP_EXT_DEGREE];
} pvx;
typedef pvx pvx_factor;

static inline pp_ext pvx_to_ext(pvx a) {
    pp_ext r;
    for (int i = 0; i < PP_EXT_DEGREE; i++) r.c[i].v = a.c[i];
    return r;
}
static inline pvx pvx_all(pp_ext a) {
    pvx r;
    for (int i = 0; i < PP_EXT_DEGREE; i++) r.c[i] = a.c[i].v;
    return r;
}
static inline pvx pvx_add(pvx a, pvx b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pv_add(a.c[i], b.c[i]);
    return a;
}
static inline pvx pvx_sub(pvx a, pvx b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pv_sub(a.c[i], b.c[i]);
    return a;
}
static inline pvx pvx_mul(pvx a, pvx b) {
    return pvx_all(pp_ext_mul(pvx_to_ext(a), pvx_to_ext(b)));
}
static inline pvx pvx_mul_base(pvx a, pv b) {
    for (int i = 0; i < PP_EXT_DEGREE; i++) a.c[i] = pv_mul(a.c[i], b);
    return a;
}
static inline pvx_factor pvx_factor_of(pvx b) {
    return b;
}
static inline pvx pvx_mul_factor(pvx a, const pvx_factor *f) {
    return pvx_mul(a, *f);
}
static inline pp_ext pvx_sum(pvx a) {
    return pvx_to_ext(a);
}

// Two vectors that follow each other, by even and odd places.
static inline void pv_split(pv *even, pv *odd, pv x, pv y) {
    *even = x;
    *odd = y;
}

// A 64-bit sum for each lane, kept below p · 2^32; in memory PV_LEN words.
static inline uint64_t pw_below(uint64_t x) {
    uint64_t bound = (uint64_t)PP_FP_MODULUS << 32;
    return x >= bound ? x - bound : x;
}
// acc + Σ a[k] s[k]: four products are below 2p · 2^32.
static inline void pw_madd4(uint64_t *acc, const pv a[4], const uint32_t s[4]) {
    uint64_t x = 0;
    for (int k = 0; k < 4; k++) x += (uint64_t)a[k] * s[k];
    *acc = pw_below(*acc + pw_below(x));
}
static inline pv pw_reduce(const uint64_t *acc) {
    return pp_fp_reduce(*acc).v;
}

#endif
