// SPDX-License-Identifier: MIT OR Apache-2.0
#include "poly/ntt_kernels.h"

enum { CHUNK = PP_NTT_CHUNK };

// A root for each butterfly distance and place, and lane.
typedef struct factors {
    bool uniform;
    pp_fp root[1 << PP_NTT_LOG_RADIX][CHUNK]; // uniform: lane 0 only
} factors;

static void factors_uniform(factors *f, const pp_fp *roots, size_t stride, size_t rows) {
    f->uniform = true;
    for (size_t j = 1; j < rows; j++) f->root[j][0] = roots[j * stride];
}
static void factors_lanes(factors *f, const pp_fp *roots, size_t stride, size_t rows, size_t word,
                          size_t width, size_t lanes) {
    f->uniform = false;
    for (size_t j = 1; j < rows; j++)
        for (size_t c = 0; c < lanes; c++) f->root[j][c] = roots[j * stride + (word + c) / width];
    for (size_t j = 1; j < rows; j++)
        for (size_t c = lanes; c < CHUNK; c++) f->root[j][c].v = 0;
}

static void layer(pp_fp block[][CHUNK], const factors *f, size_t rows, size_t half, bool inverse) {
    for (size_t k = 0; k < rows; k++) {
        if (k & half) continue;
        for (size_t c = 0; c < CHUNK; c++) {
            pp_fp w = f->root[half + (k & (half - 1))][f->uniform ? 0 : c];
            pp_fp x = block[k][c], y = block[k + half][c];
            if (inverse) y = pp_fp_mul(y, w);
            block[k][c] = pp_fp_add(x, y);
            x = pp_fp_sub(x, y);
            block[k + half][c] = inverse ? x : pp_fp_mul(x, w);
        }
    }
}
static void layers(pp_fp block[][CHUNK], const factors *f, size_t rows, bool inverse) {
    if (inverse)
        for (size_t half = 1; half < rows; half *= 2) layer(block, f, rows, half, true);
    else
        for (size_t half = rows / 2; half > 0; half /= 2) layer(block, f, rows, half, false);
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
