// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pcs/weight.h"

#include <stdlib.h>

#include "field/vec.h"
#include "poly/mle_vec.h"

enum { BLOCK = 256 }; // elements worked on at a time, in cache

typedef struct job {
    pp_ext *out, *part;
    const pp_fp *f;
    const pp_ext *a, *b;
    pp_ext scale;
    size_t width, len;
    unsigned fold, log_rows;
    const uint32_t *index;
    const pp_ext *coeff;
} job;

static void axpy(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    pp_ext_vec_axpy(j->out + first, j->scale, j->a + first, end - first);
}

void pp_weight_axpy(pp_threads *pool, pp_ext *out, pp_ext s, const pp_ext *a, size_t n) {
    job j = {.out = out, .a = a, .scale = s};
    pp_threads_run(pool, n, 4096, axpy, &j);
}

void pp_weight_group(pp_threads *pool, pp_ext *out, const pp_pcs_group *g, unsigned fold,
                     unsigned log_cells, pp_ext *scratch) {
    memset(out, 0, sizeof *out << (log_cells - fold));
    unsigned table = 0; // log2 of the length of the table in scratch, plus one
    for (size_t i = 0; i < g->terms_len; i++) {
        const pp_pcs_term *term = &g->terms[i];
        unsigned k = term->log_len - fold;
        PP_ASSERT(k <= PP_PCS_LOG_CELLS_MAX);
        if (table != k + 1) {
            pp_mle_vec_eq_table(pool, scratch, g->point + fold, k, pp_ext_one());
            table = k + 1;
        }
        pp_weight_axpy(pool, out + (term->offset >> fold), term->coeff, scratch, (size_t)1 << k);
    }
}

static void columns(void *ctx, size_t first, size_t end, size_t part) {
    const job *j = ctx;
    pp_ext *acc = j->part + (part << j->fold);
    size_t width = (size_t)1 << j->fold;
    for (size_t i = first; i < end; i++)
        pp_ext_vec_axpy_fp(acc, j->a[i], j->f + (i << j->fold), width);
}

void pp_weight_columns(pp_threads *pool, pp_ext *out, const pp_fp *f, const pp_ext *weight,
                       size_t rows, unsigned fold, pp_ext *scratch) {
    size_t parts = pp_threads_len(pool), width = (size_t)1 << fold;
    memset(scratch, 0, parts * width * sizeof *scratch);
    job j = {.part = scratch, .f = f, .a = weight, .fold = fold};
    pp_threads_run(pool, rows, BLOCK, columns, &j);
    memcpy(out, scratch, width * sizeof *out);
    for (size_t p = 1; p < parts; p++) pp_ext_vec_add(out, out, scratch + p * width, width);
}

static void fold_rows(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    for (size_t i = first; i < end; i++)
        j->out[i] = pp_ext_vec_dot_fp(j->a, j->f + (i << j->fold), (size_t)1 << j->fold);
}

void pp_weight_fold_rows(pp_threads *pool, pp_ext *out, const pp_fp *f, const pp_ext *table,
                         size_t rows, unsigned fold) {
    job j = {.out = out, .f = f, .a = table, .fold = fold};
    pp_threads_run(pool, rows, BLOCK, fold_rows, &j);
}

static void round_part(void *ctx, size_t first, size_t end, size_t part) {
    const job *j = ctx;
    pp_ext low_f[BLOCK], low_w[BLOCK], diff_f[BLOCK], diff_w[BLOCK];
    pp_ext *c = j->part + 2 * part;
    for (size_t i = first; i < end; i += BLOCK) {
        size_t n = end - i < BLOCK ? end - i : BLOCK;
        for (size_t k = 0; k < n; k++) {
            const pp_ext *f = j->a + 2 * (i + k), *w = j->b + 2 * (i + k);
            low_f[k] = f[0];
            low_w[k] = w[0];
            diff_f[k] = pp_ext_sub(f[1], f[0]);
            diff_w[k] = pp_ext_sub(w[1], w[0]);
        }
        c[0] = pp_ext_add(c[0], pp_ext_vec_dot(low_f, low_w, n));
        c[1] = pp_ext_add(c[1], pp_ext_vec_dot(diff_f, diff_w, n));
    }
}

void pp_weight_round(pp_threads *pool, pp_ext c[2], const pp_ext *f, const pp_ext *w, size_t half) {
    pp_ext part[2 * PP_THREADS_MAX];
    memset(part, 0, sizeof part);
    job j = {.part = part, .a = f, .b = w};
    pp_threads_run(pool, half, BLOCK, round_part, &j);
    c[0] = c[1] = pp_ext_zero();
    for (size_t p = 0; p < pp_threads_len(pool); p++) {
        c[0] = pp_ext_add(c[0], part[2 * p]);
        c[1] = pp_ext_add(c[1], part[2 * p + 1]);
    }
}

// Query by query: len · 2^log_len products by base elements.
static void add_direct(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const job *j = ctx;
    pp_fp powers[BLOCK];
    for (size_t q = 0; q < j->len; q++) {
        pp_fp z = pp_domain_point(j->log_rows, j->index[q], pp_fp_one());
        pp_fp step = pp_fp_pow(z, BLOCK), at = pp_fp_pow(z, first);
        pp_fp_vec_powers(powers, pp_fp_one(), z, BLOCK);
        for (size_t x = first; x < end; x += BLOCK) {
            size_t n = end - x < BLOCK ? end - x : BLOCK;
            pp_ext_vec_axpy_fp(j->out + x, pp_ext_mul_fp(j->coeff[q], at), powers, n);
            at = pp_fp_mul(at, step);
        }
    }
}

// All at once: Σ_q coeff_q z_q^x is what the inverse transform makes, up to its factor 1/n, of
// coeff_q standing at the row of 1/z_q.
static bool add_transform(pp_err *err, const pp_ntt *ntt, pp_threads *pool, const job *j,
                          unsigned log_len) {
    size_t n = (size_t)1 << j->log_rows;
    pp_ext *v = calloc(n, sizeof *v);
    if (v == NULL)
        return pp_err_set(err, PP_EXIT_USAGE, "no memory for 2^%u elements", j->log_rows);
    for (size_t q = 0; q < j->len; q++) {
        uint32_t exponent = pp_bit_reverse(j->index[q], j->log_rows);
        uint32_t inverse = (uint32_t)((n - exponent) & (n - 1));
        v[pp_bit_reverse(inverse, j->log_rows)] = j->coeff[q];
    }
    pp_ntt_inverse(ntt, pool, (pp_fp *)v, j->log_rows, PP_EXT_DEGREE, pp_fp_one());
    pp_weight_axpy(pool, j->out, pp_ext_from_u32((uint32_t)n), v, (size_t)1 << log_len);
    free(v);
    return true;
}

bool pp_weight_add_queries(pp_err *err, const pp_ntt *ntt, pp_threads *pool, pp_ext *weight,
                           unsigned log_len, unsigned log_rows, const uint32_t *index,
                           const pp_ext *coeff, size_t len) {
    job j = {.out = weight, .log_rows = log_rows, .index = index, .coeff = coeff, .len = len};
    // A transform costs some log_rows / 2 products an element of its length.
    if (len >> (log_rows - log_len) > log_rows / 2)
        return add_transform(err, ntt, pool, &j, log_len);
    pp_threads_run(pool, (size_t)1 << log_len, BLOCK, add_direct, &j);
    return true;
}
