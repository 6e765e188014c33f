// SPDX-License-Identifier: MIT OR Apache-2.0
// Number-theoretic transforms of many columns at once. Native.
//
// A matrix is row-major, 2^log_height rows of `width` base elements: column j is the polynomial
// with coefficient m[i · width + j] before X^i. A matrix of extension elements is one of five times
// the width. The forward transform leaves evaluations in bit-reversed order (poly/domain.h), so
// that a row is a leaf: row i is all columns at pp_domain_point(log_height, i, shift).
#ifndef PP_POLY_NTT_H
#define PP_POLY_NTT_H

#include "cpu/threads.h"
#include "poly/domain.h"

// The roots for transforms of up to 2^log_max rows. May be used by several threads at once.
typedef struct pp_ntt pp_ntt;
// log_max is at most PP_FP_TWO_ADICITY. NULL with `err` set when memory is short.
PP_NODISCARD pp_ntt *pp_ntt_new(pp_err *err, unsigned log_max);
void pp_ntt_free(pp_ntt *ntt);

// In place: coefficients to evaluations on shift · ⟨root⟩, rows then bit-reversed; and back. shift
// is not zero; one for the plain transform.
void pp_ntt_forward(const pp_ntt *ntt, pp_threads *pool, pp_fp *m, unsigned log_height,
                    size_t width, pp_fp shift);
void pp_ntt_inverse(const pp_ntt *ntt, pp_threads *pool, pp_fp *m, unsigned log_height,
                    size_t width, pp_fp shift);

// Low-degree extension: `in` has 2^log_in rows of coefficients, `out` gets the evaluations of the
// same columns on 2^log_out ≥ 2^log_in points, as pp_ntt_forward of `in` filled up with zero rows
// would, but faster. out and in may not overlap.
void pp_ntt_extend(const pp_ntt *ntt, pp_threads *pool, pp_fp *out, unsigned log_out,
                   const pp_fp *in, unsigned log_in, size_t width, pp_fp shift);

// Exchanges row i and the row of its reversed bits, in place.
void pp_ntt_reverse_rows(pp_threads *pool, pp_fp *m, unsigned log_height, size_t width);

// out[j · rows + i] = in[i · columns + j]; out and in may not overlap.
void pp_matrix_transpose(pp_threads *pool, pp_fp *out, const pp_fp *in, size_t rows,
                         size_t columns);

#endif
