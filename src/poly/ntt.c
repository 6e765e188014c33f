// SPDX-License-Identifier: MIT OR Apache-2.0
#include "poly/ntt.h"

#include <stdlib.h>

struct pp_ntt {
    unsigned log_max;
    pp_fp *roots; // root^i for i < 2^(log_max - 1), root of order 2^log_max
};

pp_ntt *pp_ntt_new(pp_err *err, unsigned log_max) {
    PP_ASSERT(log_max <= PP_FP_TWO_ADICITY);
    size_t len = log_max == 0 ? 1 : (size_t)1 << (log_max - 1);
    pp_ntt *ntt = malloc(sizeof *ntt);
    pp_fp *roots = malloc(len * sizeof *roots);
    if (ntt == NULL || roots == NULL) {
        free(ntt);
        free(roots);
        (void)pp_err_set(err, PP_EXIT_USAGE, "transform of 2^%u: out of memory", log_max);
        return NULL;
    }
    *ntt = (pp_ntt){log_max, roots};
    pp_fp root = pp_fp_root(log_max), x = pp_fp_one();
    for (size_t i = 0; i < len; i++, x = pp_fp_mul(x, root)) roots[i] = x;
    return ntt;
}

void pp_ntt_free(pp_ntt *ntt) {
    if (ntt == NULL) return;
    free(ntt->roots);
    free(ntt);
}

typedef struct job {
    const pp_ntt *ntt;
    pp_fp *m;
    unsigned log_height, log_half;
    size_t width;
    pp_fp shift, scale;
} job;

static void forward_pass(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    size_t half = (size_t)1 << j->log_half;
    for (size_t k = first; k < end; k++) {
        size_t i = k & (half - 1), row = (k >> j->log_half << (j->log_half + 1)) + i;
        pp_fp w = j->ntt->roots[i << (j->ntt->log_max - 1 - j->log_half)];
        pp_fp *a = j->m + row * j->width, *b = a + half * j->width;
        for (size_t c = 0; c < j->width; c++) {
            pp_fp x = a[c], y = b[c];
            a[c] = pp_fp_add(x, y);
            b[c] = pp_fp_mul(pp_fp_sub(x, y), w);
        }
    }
}

static void inverse_pass(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    size_t half = (size_t)1 << j->log_half;
    for (size_t k = first; k < end; k++) {
        size_t i = k & (half - 1), row = (k >> j->log_half << (j->log_half + 1)) + i;
        pp_fp w = j->ntt->roots[i << (j->ntt->log_max - 1 - j->log_half)];
        // 1 / root^i = −root^(half of the order − i)
        w = i == 0 ? w
                   : pp_fp_neg(j->ntt->roots[(half - i) << (j->ntt->log_max - 1 - j->log_half)]);
        pp_fp *a = j->m + row * j->width, *b = a + half * j->width;
        for (size_t c = 0; c < j->width; c++) {
            pp_fp x = a[c], y = pp_fp_mul(b[c], w);
            a[c] = pp_fp_add(x, y);
            b[c] = pp_fp_sub(x, y);
        }
    }
}

// Row i times scale · shift^i.
static void scale_rows(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    pp_fp s = pp_fp_mul(j->scale, pp_fp_pow(j->shift, first));
    for (size_t i = first; i < end; i++, s = pp_fp_mul(s, j->shift))
        for (size_t c = 0; c < j->width; c++)
            j->m[i * j->width + c] = pp_fp_mul(j->m[i * j->width + c], s);
}

void pp_ntt_forward(const pp_ntt *ntt, pp_threads *pool, pp_fp *m, unsigned log_height,
                    size_t width, pp_fp shift) {
    PP_ASSERT(log_height <= ntt->log_max && shift.v != 0);
    job j = {ntt, m, log_height, 0, width, shift, pp_fp_one()};
    if (!pp_fp_eq(shift, pp_fp_one()))
        pp_threads_run(pool, (size_t)1 << log_height, 1, scale_rows, &j);
    for (unsigned k = log_height; k-- > 0;) {
        j.log_half = k;
        pp_threads_run(pool, (size_t)1 << (log_height - 1), 1, forward_pass, &j);
    }
}

void pp_ntt_inverse(const pp_ntt *ntt, pp_threads *pool, pp_fp *m, unsigned log_height,
                    size_t width, pp_fp shift) {
    PP_ASSERT(log_height <= ntt->log_max && shift.v != 0);
    pp_fp scale = pp_fp_inverse(pp_fp_pow(pp_fp_from_u32(2), log_height));
    job j = {ntt, m, log_height, 0, width, pp_fp_inverse(shift), scale};
    for (unsigned k = 0; k < log_height; k++) {
        j.log_half = k;
        pp_threads_run(pool, (size_t)1 << (log_height - 1), 1, inverse_pass, &j);
    }
    pp_threads_run(pool, (size_t)1 << log_height, 1, scale_rows, &j);
}

void pp_ntt_extend(const pp_ntt *ntt, pp_threads *pool, pp_fp *out, unsigned log_out,
                   const pp_fp *in, unsigned log_in, size_t width, pp_fp shift) {
    PP_ASSERT(log_in <= log_out);
    size_t used = width << log_in;
    memcpy(out, in, used * sizeof *out);
    memset(out + used, 0, ((width << log_out) - used) * sizeof *out);
    pp_ntt_forward(ntt, pool, out, log_out, width, shift);
}

typedef struct rows_job {
    pp_fp *m;
    unsigned log_height;
    size_t width;
} rows_job;

static void reverse_rows(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const rows_job *j = ctx;
    for (size_t i = first; i < end; i++) {
        size_t r = pp_bit_reverse((uint32_t)i, j->log_height);
        for (size_t c = 0; c < j->width && i < r; c++) {
            pp_fp t = j->m[i * j->width + c];
            j->m[i * j->width + c] = j->m[r * j->width + c];
            j->m[r * j->width + c] = t;
        }
    }
}

void pp_ntt_reverse_rows(pp_threads *pool, pp_fp *m, unsigned log_height, size_t width) {
    PP_ASSERT(log_height <= 32);
    rows_job j = {m, log_height, width};
    pp_threads_run(pool, (size_t)1 << log_height, 1, reverse_rows, &j);
}

typedef struct transpose_job {
    pp_fp *out;
    const pp_fp *in;
    size_t rows, columns;
} transpose_job;

static void transpose(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const transpose_job *t = ctx;
    enum { BLOCK = 16 };
    for (size_t i = first; i < end; i += BLOCK)
        for (size_t j = 0; j < t->columns; j++)
            for (size_t k = i; k < i + BLOCK && k < end; k++)
                t->out[j * t->rows + k] = t->in[k * t->columns + j];
}

void pp_matrix_transpose(pp_threads *pool, pp_fp *out, const pp_fp *in, size_t rows,
                         size_t columns) {
    transpose_job t = {out, in, rows, columns};
    pp_threads_run(pool, rows, 16, transpose, &t);
}
