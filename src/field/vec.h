// SPDX-License-Identifier: MIT OR Apache-2.0
// Vectors over the field and its extension: plain arrays of pp_fp and pp_ext, any length, any
// alignment. Native: every function runs on the instruction set of pp_cpu_level(), with equal
// results on all of them; in one thread (callers split ranges over threads).
//
// An output may be the very array of an input of the same type; arrays may not overlap otherwise.
#ifndef PP_FIELD_VEC_H
#define PP_FIELD_VEC_H

#include "field/ext.h"

// out[i] = a[i] + b[i], a[i] - b[i], a[i] · b[i], s · a[i]; acc[i] += s · a[i].
void pp_fp_vec_add(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n);
void pp_fp_vec_sub(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n);
void pp_fp_vec_mul(pp_fp *out, const pp_fp *a, const pp_fp *b, size_t n);
void pp_fp_vec_scale(pp_fp *out, pp_fp s, const pp_fp *a, size_t n);
void pp_fp_vec_axpy(pp_fp *acc, pp_fp s, const pp_fp *a, size_t n);
// Σ a[i] · b[i].
pp_fp pp_fp_vec_dot(const pp_fp *a, const pp_fp *b, size_t n);
// out[i] = 1 / a[i], zero for zero; about three products an element (Montgomery's trick). Here out
// must not overlap a.
void pp_fp_vec_inverse(pp_fp *out, const pp_fp *a, size_t n);
// out[i] = first · ratio^i.
void pp_fp_vec_powers(pp_fp *out, pp_fp first, pp_fp ratio, size_t n);

// The same over the extension.
void pp_ext_vec_add(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n);
void pp_ext_vec_sub(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n);
void pp_ext_vec_mul(pp_ext *out, const pp_ext *a, const pp_ext *b, size_t n);
void pp_ext_vec_scale(pp_ext *out, pp_ext s, const pp_ext *a, size_t n);
void pp_ext_vec_axpy(pp_ext *acc, pp_ext s, const pp_ext *a, size_t n);
pp_ext pp_ext_vec_dot(const pp_ext *a, const pp_ext *b, size_t n);
void pp_ext_vec_inverse(pp_ext *out, const pp_ext *a, size_t n);
void pp_ext_vec_powers(pp_ext *out, pp_ext first, pp_ext ratio, size_t n);

// Extension with base field: out[i] = a[i] · b[i]; acc[i] += s · b[i]; Σ a[i] · b[i].
void pp_ext_vec_mul_fp(pp_ext *out, const pp_ext *a, const pp_fp *b, size_t n);
void pp_ext_vec_axpy_fp(pp_ext *acc, pp_ext s, const pp_fp *b, size_t n);
pp_ext pp_ext_vec_dot_fp(const pp_ext *a, const pp_fp *b, size_t n);

// One sum-check variable replaced by r, neighbours folded: out[i] = a[2i] + r · (a[2i+1] - a[2i])
// for i < n. out may be a.
void pp_ext_vec_fold(pp_ext *out, const pp_ext *a, pp_ext r, size_t n);
void pp_ext_vec_fold_fp(pp_ext *out, const pp_fp *a, pp_ext r, size_t n); // may not overlap

#endif
