// SPDX-License-Identifier: MIT OR Apache-2.0
// The functions of field/vec.h as tables, one for each instruction set. Internal to field/, its
// tests and benchmark.
#ifndef PP_FIELD_VEC_KERNELS_H
#define PP_FIELD_VEC_KERNELS_H

#include "field/ext.h"

// X(result, name, (parameters), (arguments)); pp_NAME is the public function.
#define PP_VEC_KERNELS(X)                                                                          \
    X(void, fp_vec_add, (pp_fp * out, const pp_fp *a, const pp_fp *b, size_t n), (out, a, b, n))   \
    X(void, fp_vec_sub, (pp_fp * out, const pp_fp *a, const pp_fp *b, size_t n), (out, a, b, n))   \
    X(void, fp_vec_mul, (pp_fp * out, const pp_fp *a, const pp_fp *b, size_t n), (out, a, b, n))   \
    X(void, fp_vec_scale, (pp_fp * out, pp_fp s, const pp_fp *a, size_t n), (out, s, a, n))        \
    X(void, fp_vec_axpy, (pp_fp * acc, pp_fp s, const pp_fp *a, size_t n), (acc, s, a, n))         \
    X(pp_fp, fp_vec_dot, (const pp_fp *a, const pp_fp *b, size_t n), (a, b, n))                    \
    X(void, fp_vec_inverse, (pp_fp * out, const pp_fp *a, size_t n), (out, a, n))                  \
    X(void, fp_vec_powers, (pp_fp * out, pp_fp first, pp_fp ratio, size_t n),                      \
      (out, first, ratio, n))                                                                      \
    X(void, ext_vec_add, (pp_ext * out, const pp_ext *a, const pp_ext *b, size_t n),               \
      (out, a, b, n))                                                                              \
    X(void, ext_vec_sub, (pp_ext * out, const pp_ext *a, const pp_ext *b, size_t n),               \
      (out, a, b, n))                                                                              \
    X(void, ext_vec_mul, (pp_ext * out, const pp_ext *a, const pp_ext *b, size_t n),               \
      (out, a, b, n))                                                                              \
    X(void, ext_vec_scale, (pp_ext * out, pp_ext s, const pp_ext *a, size_t n), (out, s, a, n))    \
    X(void, ext_vec_axpy, (pp_ext * acc, pp_ext s, const pp_ext *a, size_t n), (acc, s, a, n))     \
    X(pp_ext, ext_vec_dot, (const pp_ext *a, const pp_ext *b, size_t n), (a, b, n))                \
    X(void, ext_vec_inverse, (pp_ext * out, const pp_ext *a, size_t n), (out, a, n))               \
    X(void, ext_vec_powers, (pp_ext * out, pp_ext first, pp_ext ratio, size_t n),                  \
      (out, first, ratio, n))                                                                      \
    X(void, ext_vec_mul_fp, (pp_ext * out, const pp_ext *a, const pp_fp *b, size_t n),             \
      (out, a, b, n))                                                                              \
    X(void, ext_vec_axpy_fp, (pp_ext * acc, pp_ext s, const pp_fp *b, size_t n), (acc, s, b, n))   \
    X(pp_ext, ext_vec_dot_fp, (const pp_ext *a, const pp_fp *b, size_t n), (a, b, n))              \
    X(void, ext_vec_fold, (pp_ext * out, const pp_ext *a, pp_ext r, size_t n), (out, a, r, n))     \
    X(void, ext_vec_fold_fp, (pp_ext * out, const pp_fp *a, pp_ext r, size_t n), (out, a, r, n))

typedef struct pp_vec_kernels {
#define PP_VEC_MEMBER(result, name, parameters, arguments) result(*name) parameters;
    PP_VEC_KERNELS(PP_VEC_MEMBER)
#undef PP_VEC_MEMBER
} pp_vec_kernels;

// A table of the static functions of these names.
#define PP_VEC_NAME(result, name, parameters, arguments) .name = name,
#define PP_VEC_TABLE {PP_VEC_KERNELS(PP_VEC_NAME)}

extern const pp_vec_kernels pp_vec_portable;
#if defined(__x86_64__)
extern const pp_vec_kernels pp_vec_avx2, pp_vec_avx512;
#endif

#endif
