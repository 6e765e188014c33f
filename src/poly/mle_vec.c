// SPDX-License-Identifier: MIT OR Apache-2.0
#include "poly/mle_vec.h"

#include "field/vec.h"

enum { GRAIN = 1024 }; // items a thread takes at least

typedef struct eq_job {
    pp_ext *out;
    const pp_ext *point;
    size_t low_k;
} eq_job;

// Block i of the table over all variables: the table over the low_k first ones, which is block 0,
// times entry i of the table over the others.
static void expand(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const eq_job *j = ctx;
    size_t n = (size_t)1 << j->low_k;
    for (size_t i = first; i < end; i++)
        pp_ext_vec_scale(j->out + i * n, j->out[i * n], j->point, n);
}

void pp_mle_vec_eq_table(pp_threads *pool, pp_ext *out, const pp_ext *point, size_t k,
                         pp_ext scale) {
    enum { LOW_K = 8 };
    size_t low_k = k < LOW_K ? k : LOW_K;
    pp_ext low[1 << LOW_K];
    pp_mle_eq_table(low, point, low_k, pp_ext_one());
    pp_mle_eq_table(out, point + low_k, k - low_k, scale);
    for (size_t i = (size_t)1 << (k - low_k); i-- > 0;) out[i << low_k] = out[i];
    eq_job j = {out, low, low_k};
    pp_threads_run(pool, (size_t)1 << (k - low_k), 1, expand, &j);
}

typedef struct fold_job {
    pp_ext *out;
    const pp_ext *ext;
    const pp_fp *base;
    pp_ext r;
} fold_job;

static void fold(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const fold_job *j = ctx;
    pp_ext_vec_fold(j->out + first, j->ext + 2 * first, j->r, end - first);
}
static void fold_fp(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const fold_job *j = ctx;
    pp_ext_vec_fold_fp(j->out + first, j->base + 2 * first, j->r, end - first);
}

void pp_mle_vec_fold(pp_threads *pool, pp_ext *out, const pp_ext *values, size_t half, pp_ext r) {
    fold_job j = {.out = out, .ext = values, .r = r};
    pp_threads_run(pool, half, GRAIN, fold, &j);
}
void pp_mle_vec_fold_fp(pp_threads *pool, pp_ext *out, const pp_fp *values, size_t half, pp_ext r) {
    fold_job j = {.out = out, .base = values, .r = r};
    pp_threads_run(pool, half, GRAIN, fold_fp, &j);
}

// The value is Σ_i high[i] · (Σ_j low[j] · value[i, j]).
typedef struct eval_job {
    const pp_ext *ext, *low, *high;
    const pp_fp *base;
    size_t low_k;
    pp_ext sums[PP_THREADS_MAX];
} eval_job;

static void eval(void *ctx, size_t first, size_t end, size_t part) {
    eval_job *j = ctx;
    size_t n = (size_t)1 << j->low_k;
    pp_ext sum = pp_ext_zero();
    for (size_t i = first; i < end; i++) {
        pp_ext inner = j->ext != NULL ? pp_ext_vec_dot(j->low, j->ext + i * n, n)
                                      : pp_ext_vec_dot_fp(j->low, j->base + i * n, n);
        sum = pp_ext_add(sum, pp_ext_mul(inner, j->high[i]));
    }
    j->sums[part] = sum;
}

size_t pp_mle_vec_eval_scratch(size_t k) {
    return ((size_t)1 << (k - k / 2)) + ((size_t)1 << k / 2);
}

static pp_ext eval_any(pp_threads *pool, const pp_ext *ext, const pp_fp *base, const pp_ext *point,
                       size_t k, pp_ext *scratch) {
    size_t high_k = k / 2, low_k = k - high_k, high = (size_t)1 << high_k;
    eval_job j = {.ext = ext, .base = base, .low_k = low_k, .high = scratch, .low = scratch + high};
    pp_mle_vec_eq_table(pool, scratch, point + low_k, high_k, pp_ext_one());
    pp_mle_vec_eq_table(pool, scratch + high, point, low_k, pp_ext_one());
    pp_threads_run(pool, high, 1, eval, &j);
    pp_ext sum = pp_ext_zero();
    for (size_t i = 0; i < pp_threads_len(pool); i++) sum = pp_ext_add(sum, j.sums[i]);
    return sum;
}

pp_ext pp_mle_vec_eval(pp_threads *pool, const pp_ext *values, const pp_ext *point, size_t k,
                       pp_ext *scratch) {
    return eval_any(pool, values, NULL, point, k, scratch);
}
pp_ext pp_mle_vec_eval_fp(pp_threads *pool, const pp_fp *values, const pp_ext *point, size_t k,
                          pp_ext *scratch) {
    return eval_any(pool, NULL, values, point, k, scratch);
}

// A butterfly (a, b) → (a, b ∓ a) for each variable; `unit` base elements stand for one value.
typedef struct zeta_job {
    pp_fp *values;
    size_t half;
    bool back;
} zeta_job;

static void zeta(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    const zeta_job *j = ctx;
    while (first < end) { // [first, end) of the pairs, cut where a block of `half` ends
        size_t at = first % j->half, n = j->half - at;
        if (n > end - first) n = end - first;
        pp_fp *low = j->values + (first - at) * 2 + at, *high = low + j->half;
        if (j->back)
            pp_fp_vec_add(high, high, low, n);
        else
            pp_fp_vec_sub(high, high, low, n);
        first += n;
    }
}

static void zeta_all(pp_threads *pool, pp_fp *values, size_t k, size_t unit, bool back) {
    for (size_t i = 0; i < k; i++) {
        zeta_job j = {values, unit << i, back};
        pp_threads_run(pool, unit << (k - 1), GRAIN, zeta, &j);
    }
}

void pp_mle_vec_to_coefficients(pp_threads *pool, pp_fp *values, size_t k) {
    zeta_all(pool, values, k, 1, false);
}
void pp_mle_vec_from_coefficients(pp_threads *pool, pp_fp *values, size_t k) {
    zeta_all(pool, values, k, 1, true);
}
void pp_mle_vec_to_coefficients_ext(pp_threads *pool, pp_ext *values, size_t k) {
    zeta_all(pool, values->c, k, PP_EXT_DEGREE, false);
}
void pp_mle_vec_from_coefficients_ext(pp_threads *pool, pp_ext *values, size_t k) {
    zeta_all(pool, values->c, k, PP_EXT_DEGREE, true);
}
