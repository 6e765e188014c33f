// SPDX-License-Identifier: MIT OR Apache-2.0
// A pass of a transform over field/simd.h. Included by one source for each instruction set, which
// makes the table.
#include "field/simd.h"
#include "poly/ntt_kernels.h"

enum { CHUNK = PP_NTT_CHUNK };

#define ALWAYS static inline __attribute__((always_inline))

// out = a · by, and that times p^−1 mod 2^32.
static void multiples(pp_fp *out, uint32_t *quotients, const pp_fp *a, size_t n, pp_fp by) {
    size_t i = 0;
    for (; i + PV_LEN <= n; i += PV_LEN) {
        pv_factor w = pv_factor_of(pv_mul(pv_load(a + i), pv_all(by.v)));
        pv_store(out + i, w.b);
        pv_store(quotients + i, w.q);
    }
    for (; i < n; i++) {
        out[i] = pp_fp_mul(a[i], by);
        quotients[i] = out[i].v * PP_FP_INVERSE;
    }
}
static inline pv_factor root_at(const pp_ntt_factors *f, size_t k) {
    return (pv_factor){pv_all(f->root[k].v), pv_all(f->root_quotient[k])};
}

// x + y and (x − y) w; or x + y w and x − y w; without a product where w is one.
ALWAYS void butterfly(pv *x, pv *y, pv_factor w, bool one, bool inverse) {
    if (inverse && !one) *y = pv_canonical(pv_mul_scalar(*y, w));
    pv sum = pv_add(*x, *y), less = pv_sub32(*x, *y);
    *y = pv_canonical(inverse || one ? less : pv_mul_scalar(less, w));
    *x = sum;
}

ALWAYS void layer_at(pp_fp block[][CHUNK], const pp_ntt_factors *f, size_t rows, size_t half,
                     size_t k, bool one, bool inverse) {
    pv_factor w = root_at(f, half + k);
    for (size_t i = k; i < rows; i += 2 * half)
        for (size_t v = 0; v < CHUNK; v += PV_LEN) {
            pv x = pv_load(block[i] + v), y = pv_load(block[i + half] + v);
            butterfly(&x, &y, w, one, inverse);
            pv_store(block[i] + v, x);
            pv_store(block[i + half] + v, y);
        }
}
ALWAYS void layer(pp_fp block[][CHUNK], const pp_ntt_factors *f, size_t rows, size_t half,
                  bool inverse) {
    bool one = pp_fp_eq(f->root[half], pp_fp_one());
    if (one) layer_at(block, f, rows, half, 0, true, inverse);
    for (size_t k = one ? 1 : 0; k < half; k++) layer_at(block, f, rows, half, k, false, inverse);
}

// The layers of 2h and h at once: half the loads and stores.
ALWAYS void two_layers_at(pp_fp block[][CHUNK], const pp_ntt_factors *f, size_t rows, size_t h,
                          size_t k, bool one, bool inverse) {
    pv_factor w0 = root_at(f, 2 * h + k), w1 = root_at(f, 3 * h + k), u = root_at(f, h + k);
    for (size_t i = k; i < rows; i += 4 * h)
        for (size_t v = 0; v < CHUNK; v += PV_LEN) {
            pv x[4];
            for (size_t j = 0; j < 4; j++) x[j] = pv_load(block[i + j * h] + v);
            if (inverse) {
                butterfly(&x[0], &x[1], u, one, true);
                butterfly(&x[2], &x[3], u, one, true);
            }
            butterfly(&x[0], &x[2], w0, one, inverse);
            butterfly(&x[1], &x[3], w1, false, inverse);
            if (!inverse) {
                butterfly(&x[0], &x[1], u, one, false);
                butterfly(&x[2], &x[3], u, one, false);
            }
            for (size_t j = 0; j < 4; j++) pv_store(block[i + j * h] + v, x[j]);
        }
}
ALWAYS void two_layers(pp_fp block[][CHUNK], const pp_ntt_factors *f, size_t rows, size_t h,
                       bool inverse) {
    bool one = pp_fp_eq(f->root[2 * h], pp_fp_one()) && pp_fp_eq(f->root[h], pp_fp_one());
    if (one) two_layers_at(block, f, rows, h, 0, true, inverse);
    for (size_t k = one ? 1 : 0; k < h; k++) two_layers_at(block, f, rows, h, k, false, inverse);
}

static void times_lanes(pp_fp block[][CHUNK], const pp_fp (*lanes)[CHUNK], size_t rows) {
    for (size_t k = 0; k < rows; k++)
        for (size_t v = 0; v < CHUNK; v += PV_LEN)
            pv_store(block[k] + v, pv_mul(pv_load(block[k] + v), pv_load(lanes[k] + v)));
}

static void times_rows(pp_fp block[][CHUNK], const pp_ntt_factors *f, size_t rows) {
    for (size_t k = 0; k < rows; k++) {
        pv_factor w = {pv_all(f->row[k].v), pv_all(f->row_quotient[k])};
        for (size_t v = 0; v < CHUNK; v += PV_LEN)
            pv_store(block[k] + v, pv_canonical(pv_mul_scalar(pv_load(block[k] + v), w)));
    }
}

// The layers above those of `near` rows, two at most.
ALWAYS void far_layers(pp_fp block[][CHUNK], const pp_ntt_factors *f, size_t rows, size_t near,
                       bool inverse) {
    if (rows == 4 * near) two_layers(block, f, rows, rows / 4, inverse);
    if (rows == 2 * near) layer(block, f, rows, rows / 2, inverse);
}
ALWAYS void layers_of(pp_fp block[][CHUNK], const pp_ntt_factors *f, const pp_fp (*lanes)[CHUNK],
                      size_t rows, bool inverse) {
    _Static_assert(PP_NTT_LOG_RADIX <= PP_NTT_LOG_NEAR + 2, "far_layers");
    size_t near = rows >> PP_NTT_LOG_NEAR == 0 ? rows : (size_t)1 << PP_NTT_LOG_NEAR, h;
    if (!inverse && f->scaled) times_rows(block, f, rows);
    if (!inverse) far_layers(block, f, rows, near, false);
    for (size_t i = 0; i < rows; i += near) {
        pp_fp(*part)[CHUNK] = block + i;
        if (inverse) {
            if (lanes != NULL) times_lanes(part, lanes + i, near);
            for (h = 1; 2 * h < near; h *= 4) two_layers(part, f, near, h, true);
            if (h < near) layer(part, f, near, h, true);
        } else {
            for (h = near / 2; h > 1; h /= 4) two_layers(part, f, near, h / 2, false);
            if (h == 1) layer(part, f, near, 1, false);
            if (lanes != NULL) times_lanes(part, lanes + i, near);
        }
    }
    if (inverse) far_layers(block, f, rows, near, true);
    if (inverse && f->scaled) times_rows(block, f, rows);
}
static void layers(pp_fp block[][CHUNK], const pp_ntt_factors *f, const pp_fp (*lanes)[CHUNK],
                   size_t rows, bool inverse) {
    if (inverse)
        layers_of(block, f, lanes, rows, true);
    else
        layers_of(block, f, lanes, rows, false);
}

static inline void copy_chunk(pp_fp *out, const pp_fp *in) {
    for (size_t v = 0; v < CHUNK; v += PV_LEN) pv_store(out + v, pv_load(in + v));
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
