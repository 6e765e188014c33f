// SPDX-License-Identifier: MIT OR Apache-2.0
// The prover's inner loops, one table for each instruction set. Native; internal to prove/.
//
// Extension vectors are planes: five arrays of `stride` elements, one for each coefficient, so that
// every lane of a register holds the same coefficient. All lengths are multiples of PP_LANES_UNIT.
#ifndef PP_PROVE_KERNELS_H
#define PP_PROVE_KERNELS_H

#include "field/ext.h"

enum {
    PP_LANES_UNIT = 32, // lengths are multiples of it
    PP_POINTS = 3,      // where round polynomials of the zero-check are taken: X = 2, −1, 0
    PP_GRID = 16,       // where its first two rounds are taken at once; see pp_grid_point
    PP_GRID_INNER = 12, // those that come before the four corners
};

// A vector over the extension: element i is (v[i], v[stride + i], …).
typedef struct pp_planes {
    pp_fp *v;
    size_t stride;
} pp_planes;

static inline pp_ext pp_planes_get(pp_planes a, size_t i) {
    pp_ext r;
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): planes that are read are there
    for (size_t l = 0; l < PP_EXT_DEGREE; l++) r.c[l] = a.v[l * a.stride + i];
    return r;
}
static inline void pp_planes_set(pp_planes a, size_t i, pp_ext x) {
    for (size_t l = 0; l < PP_EXT_DEGREE; l++) a.v[l * a.stride + i] = x.c[l];
}

// The number of the grid's point (x, y), numbers in 2, −1, 0, 1 of its two coordinates: what is not
// a corner comes first, the corners (0, 0), (1, 0), (0, 1), (1, 1) last.
static inline size_t pp_grid_point(size_t x, size_t y) {
    return y < 2 ? 4 * y + x : x < 2 ? 8 + 2 * (y - 2) + x : 12 + 2 * (y - 2) + (x - 2);
}

// Fractions p/q by halves: entry i of each is one pair of neighbours of the layer.
typedef struct pp_halves {
    pp_planes p0, p1, q0, q1;
} pp_halves;

typedef struct pp_prove_kernels {
    // Base-field blocks: dst = a op b; dst = dst ± a · b; with a scalar; dst = s − a.
    void (*fp_add)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*fp_sub)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*fp_mul)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*fp_madd)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*fp_msub)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*fp_add_s)(pp_fp *dst, const pp_fp *a, pp_fp s, size_t n);
    void (*fp_rsub_s)(pp_fp *dst, const pp_fp *a, pp_fp s, size_t n);
    void (*fp_mul_s)(pp_fp *dst, const pp_fp *a, pp_fp s, size_t n);
    void (*fp_madd_s)(pp_fp *dst, const pp_fp *a, pp_fp s, size_t n);
    // Blocks over the extension, five planes of n.
    void (*ext_mul)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*ext_madd)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*ext_msub)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*ext_mul_s)(pp_fp *dst, const pp_fp *a, pp_ext s, size_t n);
    void (*ext_madd_s)(pp_fp *dst, const pp_fp *a, pp_ext s, size_t n);
    // dst += s · b, b in the base field; dst = a · b, b in the base field; dst += a · b.
    void (*ext_madd_s_fp)(pp_fp *dst, const pp_fp *b, pp_ext s, size_t n);
    void (*ext_mul_fp)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    void (*ext_madd_fp)(pp_fp *dst, const pp_fp *a, const pp_fp *b, size_t n);
    // Four neighbours of src as corners of a bilinear function: its values at the grid's points,
    // all or the inner ones: dst[point · quads + i]. src has 4 · quads elements.
    void (*fp_grid)(pp_fp *dst, const pp_fp *src, size_t quads, unsigned points);
    // Neighbours (a, b) as the line through a at 0 and b at 1: its values at X = 2, −1, 0; dst:
    // planes of 3 · pairs.
    void (*ext_line)(pp_fp *dst, pp_planes src, size_t first, size_t pairs);
    // dst[first + i]: the bilinear function of four neighbours at (r0, r1), from 4 · n elements.
    void (*fp_fold)(pp_planes dst, size_t first, const pp_fp *src, const pp_ext r[2], size_t n);
    // dst[i] = a + r (b − a) of neighbours, from 2 · n elements.
    void (*ext_fold)(pp_planes dst, pp_planes src, pp_ext r, size_t n);
    // dst[i] = a + b of neighbours; dst may be src.
    void (*ext_pair_sum)(pp_planes dst, pp_planes src, size_t n);
    // From `half` entries of an equality table to twice as many: a to (a − r a, r a).
    void (*eq_double)(pp_planes eq, pp_ext r, size_t half);
    // Sums that are reduced only in the end: acc[5][n] of 64 bits, kept below p · 2^32, plus s[k]
    // times the base-field vectors a + k · n, k < 4.
    void (*wide_madd_s4)(uint64_t *acc, const pp_fp *a, const pp_ext s[4], size_t n);
    void (*wide_reduce)(pp_fp *dst, const uint64_t *acc, size_t n);
    // Σ w[i] · a[i], i < n.
    pp_ext (*ext_dot)(const pp_fp *a, size_t stride, pp_planes w, size_t first, size_t n);
    // One layer of GKR up: from n pairs to n fractions, by halves into n / 2.
    void (*gkr_up)(pp_halves dst, pp_halves src, size_t n);
    // A block of n fractions (five planes of n each) into halves at `first`.
    void (*gkr_split)(pp_halves dst, size_t first, const pp_fp *p, const pp_fp *q, size_t n);
    // p0 += lambda q0.
    void (*gkr_prepare)(pp_halves a, pp_ext lambda, size_t n);
    // out[0] = Σ w (p0 q1 + p1 q0) of even entries, out[1] = the same of odd minus even ones.
    void (*gkr_round)(pp_ext out[2], pp_halves a, pp_planes w, size_t pairs);
} pp_prove_kernels;

const pp_prove_kernels *pp_prove_kernels_get(void);

#endif
