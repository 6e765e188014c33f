// SPDX-License-Identifier: MIT OR Apache-2.0
#include "field/vec_kernels.h"

static void fp_vec_add(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_fp_add(a[i], b[i]);
}
static void fp_vec_sub(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_fp_sub(a[i], b[i]);
}
static void fp_vec_mul(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_fp_mul(a[i], b[i]);
}
static void fp_vec_scale(pp_fp *out, pp_fp s, const pp_fp *a, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_fp_mul(s, a[i]);
}
static void fp_vec_axpy(pp_fp *acc, pp_fp s, const pp_fp *a, size_t n) {
    for (size_t i = 0; i < n; i++) acc[i] = pp_fp_add(acc[i], pp_fp_mul(s, a[i]));
}
static pp_fp fp_vec_dot(const pp_fp *a, const pp_fp *b, size_t n) {
    pp_fp sum = {0};
    for (size_t i = 0; i < n; i++) sum = pp_fp_add(sum, pp_fp_mul(a[i], b[i]));
    return sum;
}
static void fp_vec_inverse(pp_fp *out, const pp_fp *a, size_t n) {
    pp_fp all = pp_fp_one();
    for (size_t i = 0; i < n; i++) {
        out[i] = all; // the product of all before
        if (a[i].v != 0) all = pp_fp_mul(all, a[i]);
    }
    pp_fp rest = pp_fp_inverse(all);
    for (size_t i = n; i-- > 0;) {
        if (a[i].v == 0) {
            out[i] = (pp_fp){0};
            continue;
        }
        out[i] = pp_fp_mul(out[i], rest);
        rest = pp_fp_mul(rest, a[i]);
    }
}
static void fp_vec_powers(pp_fp *out, pp_fp first, pp_fp ratio, size_t n) {
    for (size_t i = 0; i < n; i++, first = pp_fp_mul(first, ratio)) out[i] = first;
}

static void ext_vec_add(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_ext_add(a[i], b[i]);
}
static void ext_vec_sub(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_ext_sub(a[i], b[i]);
}
static void ext_vec_mul(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_ext_mul(a[i], b[i]);
}
static void ext_vec_scale(pp_ext *out, pp_ext s, const pp_ext *a, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_ext_mul(s, a[i]);
}
static void ext_vec_axpy(pp_ext *acc, pp_ext s, const pp_ext *a, size_t n) {
    for (size_t i = 0; i < n; i++) acc[i] = pp_ext_add(acc[i], pp_ext_mul(s, a[i]));
}
static pp_ext ext_vec_dot(const pp_ext *a, const pp_ext *b, size_t n) {
    pp_ext sum = pp_ext_zero();
    for (size_t i = 0; i < n; i++) sum = pp_ext_add(sum, pp_ext_mul(a[i], b[i]));
    return sum;
}
static void ext_vec_inverse(pp_ext *out, const pp_ext *a, size_t n) {
    pp_ext all = pp_ext_one();
    for (size_t i = 0; i < n; i++) {
        out[i] = all;
        if (!pp_ext_is_zero(a[i])) all = pp_ext_mul(all, a[i]);
    }
    pp_ext rest = pp_ext_inverse(all);
    for (size_t i = n; i-- > 0;) {
        if (pp_ext_is_zero(a[i])) {
            out[i] = pp_ext_zero();
            continue;
        }
        out[i] = pp_ext_mul(out[i], rest);
        rest = pp_ext_mul(rest, a[i]);
    }
}
static void ext_vec_powers(pp_ext *out, pp_ext first, pp_ext ratio, size_t n) {
    for (size_t i = 0; i < n; i++, first = pp_ext_mul(first, ratio)) out[i] = first;
}

static void ext_vec_mul_fp(pp_ext *out, const pp_ext *a, const pp_fp *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = pp_ext_mul_fp(a[i], b[i]);
}
static void ext_vec_axpy_fp(pp_ext *acc, pp_ext s, const pp_fp *b, size_t n) {
    for (size_t i = 0; i < n; i++) acc[i] = pp_ext_add(acc[i], pp_ext_mul_fp(s, b[i]));
}
static pp_ext ext_vec_dot_fp(const pp_ext *a, const pp_fp *b, size_t n) {
    pp_ext sum = pp_ext_zero();
    for (size_t i = 0; i < n; i++) sum = pp_ext_add(sum, pp_ext_mul_fp(a[i], b[i]));
    return sum;
}
static void ext_vec_fold(pp_ext *out, const pp_ext *a, pp_ext r, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = pp_ext_add(a[2 * i], pp_ext_mul(r, pp_ext_sub(a[2 * i + 1], a[2 * i])));
}
static void ext_vec_fold_fp(pp_ext *out, const pp_fp *a, pp_ext r, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = pp_ext_add_fp(pp_ext_mul_fp(r, pp_fp_sub(a[2 * i + 1], a[2 * i])), a[2 * i]);
}

const pp_vec_kernels pp_vec_portable = PP_VEC_TABLE;
