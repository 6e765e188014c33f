// SPDX-License-Identifier: MIT OR Apache-2.0
// A pass of a transform over field/simd.h. Included by one source for each instruction set, which
// makes the table.
#include "field/simd.h"
#include "poly/ntt_kernels.h"

enum { CHUNK = PP_NTT_CHUNK, VECTORS = CHUNK / PV_LEN };

// Root and root · p^−1 of each butterfly; or a root for each lane, butterfly j's at lanes + j ·
// step.
typedef struct factors {
    bool uniform;
    pp_fp root[1 << PP_NTT_LOG_RADIX];
    uint32_t quotient[1 << PP_NTT_LOG_RADIX];
    const pp_fp *lanes;
    size_t step;
    alignas(64) pp_fp own[1 << PP_NTT_LOG_RADIX][CHUNK];
} factors;

static void factors_uniform(factors *f, const pp_fp *roots, size_t stride, size_t rows) {
    f->uniform = true;
    for (size_t j = 1; j < rows; j++) f->root[j] = roots[j * stride];
    for (size_t j = 1; j < rows; j++) f->quotient[j] = f->root[j].v * PP_FP_INVERSE;
}
static void factors_lanes(factors *f, const pp_fp *roots, size_t stride, size_t rows, size_t word,
                          size_t width, size_t lanes) {
    f->uniform = false;
    f->lanes = roots + word; // as they lie, where each lane is a row
    f->step = stride;
    if (width == 1 && lanes == CHUNK) return;
    f->lanes = f->own[0];
    f->step = CHUNK;
    for (size_t j = 1; j < rows; j++)
        for (size_t c = 0; c < CHUNK; c++)
            f->own[j][c] = roots[j * stride + (word + (c < lanes ? c : 0)) / width];
}

// The factor of butterfly j in vector v; canonical products by it.
static inline __attribute__((always_inline)) pv_factor factor_at(const factors *f, size_t j,
                                                                 size_t v, bool uniform) {
    if (uniform) return (pv_factor){pv_all(f->root[j].v), pv_all(f->quotient[j])};
    return pv_factor_of(pv_load(f->lanes + j * f->step + v * PV_LEN));
}
static inline __attribute__((always_inline)) pv times(pv a, pv_factor w, bool uniform) {
    return pv_canonical(uniform ? pv_mul_scalar(a, w) : pv_mul_factor(a, w));
}

// One layer. (Two at a time in registers are no faster: chains twice as long wait in the
// processor's window.)
static inline __attribute__((always_inline)) void layer(pp_fp block[][CHUNK], const factors *f,
                                                        size_t rows, size_t half, bool inverse,
                                                        bool uniform) {
    for (size_t k = 0; k < half; k++)
        for (size_t v = 0; v < VECTORS; v++) {
            pv_factor w = factor_at(f, half + k, v, uniform);
            for (size_t i = k; i < rows; i += 2 * half) {
                pp_fp *at0 = block[i] + v * PV_LEN, *at1 = block[i + half] + v * PV_LEN;
                pv x = pv_load(at0), y = pv_load(at1);
                if (inverse) y = times(y, w, uniform);
                pv_store(at0, pv_add(x, y));
                pv_store(at1, inverse ? pv_sub(x, y) : times(pv_sub32(x, y), w, uniform));
            }
        }
}

static inline __attribute__((always_inline)) void
layers_of(pp_fp block[][CHUNK], const factors *f, size_t rows, bool inverse, bool uniform) {
    if (inverse)
        for (size_t half = 1; half < rows; half *= 2) layer(block, f, rows, half, true, uniform);
    else
        for (size_t half = rows / 2; half > 0; half /= 2)
            layer(block, f, rows, half, false, uniform);
}

static void layers(pp_fp block[][CHUNK], const factors *f, size_t rows, bool inverse) {
    if (inverse && f->uniform)
        layers_of(block, f, rows, true, true);
    else if (inverse)
        layers_of(block, f, rows, true, false);
    else if (f->uniform)
        layers_of(block, f, rows, false, true);
    else
        layers_of(block, f, rows, false, false);
}

static inline void copy_chunk(pp_fp *out, const pp_fp *in) {
    for (size_t v = 0; v < VECTORS; v++) pv_store(out + v * PV_LEN, pv_load(in + v * PV_LEN));
}

// Block k of the input, rows words at m + k · step, to lane k; and back.
static void turn(pp_fp block[][CHUNK], const pp_fp *m, size_t step, size_t rows) {
    for (size_t c = 0; c < CHUNK; c += 8)
        for (size_t k = 0; k < rows; k += 8) {
            __m256i r[8];
            for (size_t i = 0; i < 8; i++)
                r[i] = _mm256_loadu_si256((const __m256i *)(m + (c + i) * step + k));
            pv_transpose8(r);
            for (size_t i = 0; i < 8; i++) _mm256_storeu_si256((__m256i *)(block[k + i] + c), r[i]);
        }
}
static void turn_back(pp_fp *m, pp_fp block[][CHUNK], size_t step, size_t rows) {
    for (size_t c = 0; c < CHUNK; c += 8)
        for (size_t k = 0; k < rows; k += 8) {
            __m256i r[8];
            for (size_t i = 0; i < 8; i++)
                r[i] = _mm256_loadu_si256((const __m256i *)(block[k + i] + c));
            pv_transpose8(r);
            for (size_t i = 0; i < 8; i++)
                _mm256_storeu_si256((__m256i *)(m + (c + i) * step + k), r[i]);
        }
}

#include "poly/ntt_pass.h"
