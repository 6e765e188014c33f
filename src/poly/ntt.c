// SPDX-License-Identifier: MIT OR Apache-2.0
#include "poly/ntt.h"

#include <stdlib.h>

#include "cpu/cpu.h"
#include "field/vec.h"
#include "poly/ntt_kernels.h"

static const pp_ntt_kernels *const tables[PP_CPU_LEN] = {
    [PP_CPU_PORTABLE] = &pp_ntt_portable,
#if defined(__x86_64__)
    [PP_CPU_AVX2] = &pp_ntt_avx2,
    [PP_CPU_AVX512] = &pp_ntt_avx512,
#endif
};

struct pp_ntt {
    unsigned log_max;
    pp_fp *roots, *inverses; // as pp_ntt_pass wants them, 2^log_max of each
};

static void fill_roots(pp_fp *roots, unsigned log_max, pp_fp root) {
    size_t half = ((size_t)1 << log_max) / 2;
    roots[0] = pp_fp_one();
    pp_fp_vec_powers(roots + half, pp_fp_one(), root, half);
    for (; half > 1; half /= 2)
        for (size_t i = 0; i < half / 2; i++) roots[half / 2 + i] = roots[half + 2 * i];
}

pp_ntt *pp_ntt_new(pp_err *err, unsigned log_max) {
    PP_ASSERT(log_max <= PP_FP_TWO_ADICITY);
    size_t len = (size_t)1 << log_max;
    pp_ntt *ntt = malloc(sizeof *ntt);
    pp_fp *roots = malloc(2 * len * sizeof *roots);
    if (ntt == NULL || roots == NULL) {
        free(ntt);
        free(roots);
        (void)pp_err_set(err, PP_EXIT_USAGE, "transform of 2^%u: out of memory", log_max);
        return NULL;
    }
    *ntt = (pp_ntt){log_max, roots, roots + len};
    pp_fp root = pp_fp_root(log_max);
    fill_roots(ntt->roots, log_max, root);
    fill_roots(ntt->inverses, log_max, pp_fp_inverse(root));
    return ntt;
}

void pp_ntt_free(pp_ntt *ntt) {
    if (ntt == NULL) return;
    free(ntt->roots);
    free(ntt);
}

static void run_tasks(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    tables[pp_cpu_level()]->pass(ctx, first, end);
}

// A transform of 2^log_height rows of `in` to m, which may be the same, in as few passes as can be,
// of lengths as even as can be. From wide matrices long runs are read, for which passes have fewer
// rows. Where one pass would leave lanes empty, there are two. Row i is multiplied by scale ·
// shift^i, before; or after, for the inverse.
static void transform(const pp_ntt *ntt, pp_threads *pool, pp_fp *m, const pp_fp *in,
                      unsigned log_height, size_t width, bool inverse, pp_fp scale, pp_fp shift) {
    alignas(64) pp_fp lane_factors[1 << PP_NTT_LOG_RADIX][PP_NTT_CHUNK];
    unsigned most = width < PP_NTT_CHUNK ? PP_NTT_LOG_RADIX : PP_NTT_LOG_NEAR;
    unsigned passes = log_height == 0 ? 1 : (log_height + most - 1) / most;
    pp_fp one = pp_fp_one();
    if (width == 0) return;
    if (passes == 1 && log_height >= 8 && width < PP_NTT_CHUNK) passes = 2;
    for (unsigned i = 0; i < passes; i++) {
        unsigned k = inverse ? passes - 1 - i : i; // pass k of the forward transform
        unsigned above = log_height * k / passes, below = log_height * (k + 1) / passes;
        bool mixed = width < PP_NTT_CHUNK && below < log_height;
        pp_ntt_pass p = {.m = m,
                         .in = i == 0 ? in : m,
                         .width = width,
                         .roots = inverse ? ntt->inverses : ntt->roots,
                         .lane_factors = (const pp_fp(*)[PP_NTT_CHUNK])lane_factors,
                         .log_height = log_height,
                         .log_block = log_height - above,
                         .log_radix = below - above,
                         .inverse = inverse,
                         .scale = k == 0 ? scale : one,
                         .shift = k == 0 ? shift : one};
        p.scaled = !pp_fp_eq(p.shift, one) || (!mixed && !pp_fp_eq(p.scale, one));
        if (mixed) pp_ntt_lane_factors(lane_factors, &p);
        pp_threads_run(pool, pp_ntt_pass_tasks(&p), 1, run_tasks, &p);
    }
}

void pp_ntt_forward(const pp_ntt *ntt, pp_threads *pool, pp_fp *m, unsigned log_height,
                    size_t width, pp_fp shift) {
    PP_ASSERT(log_height <= ntt->log_max && shift.v != 0);
    transform(ntt, pool, m, m, log_height, width, false, pp_fp_one(), shift);
}

void pp_ntt_inverse(const pp_ntt *ntt, pp_threads *pool, pp_fp *m, unsigned log_height,
                    size_t width, pp_fp shift) {
    PP_ASSERT(log_height <= ntt->log_max && shift.v != 0);
    pp_fp scale = pp_fp_inverse(pp_fp_pow(pp_fp_from_u32(2), log_height));
    transform(ntt, pool, m, m, log_height, width, true, scale, pp_fp_inverse(shift));
}

// Block j of the output, 2^log_in rows, is the input on the coset shift · w^(reversed j), w of
// order 2^log_out: the first layers of the whole transform, which would only copy.
void pp_ntt_extend(const pp_ntt *ntt, pp_threads *pool, pp_fp *out, unsigned log_out,
                   const pp_fp *in, unsigned log_in, size_t width, pp_fp shift) {
    PP_ASSERT(log_in <= log_out && log_out <= ntt->log_max && shift.v != 0);
    for (uint32_t b = 0; b < (uint32_t)1 << (log_out - log_in); b++) {
        pp_fp w = pp_fp_pow(pp_fp_root(log_out), pp_bit_reverse(b, log_out - log_in));
        transform(ntt, pool, out + ((size_t)b * width << log_in), in, log_in, width, false,
                  pp_fp_one(), pp_fp_mul(shift, w));
    }
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
