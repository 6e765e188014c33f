// SPDX-License-Identifier: MIT OR Apache-2.0
// Multilinear polynomials and the few univariate ones of sum-check; the verifier's sizes. Pure.
//
// A multilinear polynomial in k variables is its 2^k values on {0,1}^k. Variable 0 is the lowest
// bit of the index and is the first to be folded: neighbours, not halves. So value i stands at (i &
// 1, i >> 1 & 1, …), and a table cut short after some rows folds to one cut short after half as
// many. Prover-sized versions: poly/mle_vec.h.
#ifndef PP_POLY_MLE_H
#define PP_POLY_MLE_H

#include "field/ext.h"

// eq(a, b) = Π (a_i b_i + (1 − a_i)(1 − b_i)) over k coordinates; one for k = 0.
pp_ext pp_mle_eq(const pp_ext *a, const pp_ext *b, size_t k);

// out[i] = scale · eq(point, i) for i < 2^k: 2^k products.
void pp_mle_eq_table(pp_ext *out, const pp_ext *point, size_t k, pp_ext scale);

// Variable 0 replaced by r, in place: values[i] = values[2i] + r (values[2i + 1] − values[2i]).
void pp_mle_fold(pp_ext *values, size_t half, pp_ext r);

// The value at `point` (k coordinates). The 2^k values are used up.
pp_ext pp_mle_eval(pp_ext *values, const pp_ext *point, size_t k);

// Σ coefficients[i] x^i, n coefficients (none: zero).
pp_ext pp_poly_eval(const pp_ext *coefficients, size_t n, pp_ext x);

// The value at x of the polynomial of degree below n that takes values[i] at i = 0, …, n − 1.
// 1 ≤ n ≤ PP_POLY_POINTS_MAX.
enum { PP_POLY_POINTS_MAX = 16 };
pp_ext pp_poly_eval_points(const pp_ext *values, size_t n, pp_ext x);

#endif
