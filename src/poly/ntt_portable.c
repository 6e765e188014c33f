// SPDX-License-Identifier: MIT OR Apache-2.0
#include "poly/ntt_kernels.h"

enum { CHUNK = PP_NTT_CHUNK };

void pp_ntt_lane_factors(pp_fp out[][CHUNK], const pp_ntt_pass *p) {
    size_t rows = (size_t)1 << p->log_radix, stride = (size_t)1 << (p->log_block - p->log_radix);
    for (size_t l = 0; l < CHUNK; l++)
        out[0][l] = pp_fp_mul(pp_fp_pow(p->shift, l), p->scaled ? pp_fp_one() : p->scale);
    for (size_t half = 1; half < rows; half *= 2)
        for (size_t k = 0; k < half; k++)
            for (size_t l = 0; l < CHUNK; l++) // of sets there may be fewer
                out[half + k][l] = pp_fp_mul(out[k][l], p->roots[half * stride + l % stride]);
}

static void multiples(pp_fp *out, uint32_t *quotients, const pp_fp *a, size_t n, pp_fp by) {
    for (size_t i = 0; i < n; i++) {
        out[i] = pp_fp_mul(a[i], by);
        quotients[i] = out[i].v * PP_FP_INVERSE;
    }
}

static void layer(pp_fp block[][CHUNK], const pp_ntt_factors *f, size_t rows, size_t half,
                  bool inverse) {
    for (size_t k = 0; k < rows; k++) {
        if (k & half) continue;
        pp_fp w = f->root[half + (k & (half - 1))];
        for (size_t c = 0; c < CHUNK; c++) {
            pp_fp x = block[k][c], y = block[k + half][c];
            if (inverse) y = pp_fp_mul(y, w);
            block[k][c] = pp_fp_add(x, y);
            x = pp_fp_sub(x, y);
            block[k + half][c] = inverse ? x : pp_fp_mul(x, w);
        }
    }
}
static void times_rows(pp_fp block[][CHUNK], const pp_ntt_factors *f, size_t rows) {
    for (size_t k = 0; k < rows && f->scaled; k++)
        for (size_t c = 0; c < CHUNK; c++) block[k][c] = pp_fp_mul(block[k][c], f->row[k]);
}
static void times_lanes(pp_fp block[][CHUNK], const pp_fp (*lanes)[CHUNK], size_t rows) {
    for (size_t k = 0; k < rows && lanes != NULL; k++)
        for (size_t c = 0; c < CHUNK; c++) block[k][c] = pp_fp_mul(block[k][c], lanes[k][c]);
}
static void layers(pp_fp block[][CHUNK], const pp_ntt_factors *f, const pp_fp (*lanes)[CHUNK],
                   size_t rows, bool inverse) {
    if (inverse) {
        times_lanes(block, lanes, rows);
        for (size_t half = 1; half < rows; half *= 2) layer(block, f, rows, half, true);
        times_rows(block, f, rows);
    } else {
        times_rows(block, f, rows);
        for (size_t half = rows / 2; half > 0; half /= 2) layer(block, f, rows, half, false);
        times_lanes(block, lanes, rows);
    }
}

static void copy_chunk(pp_fp *out, const pp_fp *in) {
    memcpy(out, in, CHUNK * sizeof *out);
}
// Block k of the input, rows words at m + k · step, to lane k; and back.
static void turn(pp_fp block[][CHUNK], const pp_fp *m, size_t step, size_t rows) {
    for (size_t k = 0; k < rows; k++)
        for (size_t c = 0; c < CHUNK; c++) block[k][c] = m[c * step + k];
}
static void turn_back(pp_fp *m, pp_fp block[][CHUNK], size_t step, size_t rows) {
    for (size_t k = 0; k < rows; k++)
        for (size_t c = 0; c < CHUNK; c++) m[c * step + k] = block[k][c];
}

#include "poly/ntt_pass.h"

const pp_ntt_kernels pp_ntt_portable = {pass};
