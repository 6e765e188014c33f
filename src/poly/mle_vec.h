// SPDX-License-Identifier: MIT OR Apache-2.0
// Multilinear polynomials of the prover's size (conventions: poly/mle.h). Native; threads as given.
#ifndef PP_POLY_MLE_VEC_H
#define PP_POLY_MLE_VEC_H

#include "cpu/threads.h"
#include "poly/mle.h"

// As pp_mle_eq_table.
void pp_mle_vec_eq_table(pp_threads *pool, pp_ext *out, const pp_ext *point, size_t k,
                         pp_ext scale);

// Variable 0 replaced by r: out[i] = values[2i] + r (values[2i + 1] − values[2i]) for i < half.
// out and values may not overlap.
void pp_mle_vec_fold(pp_threads *pool, pp_ext *out, const pp_ext *values, size_t half, pp_ext r);
void pp_mle_vec_fold_fp(pp_threads *pool, pp_ext *out, const pp_fp *values, size_t half, pp_ext r);

// The value at `point` of the polynomial with these 2^k values. About one product by a base element
// each (the second), or an extension product each (the first). `scratch` holds
// pp_mle_vec_eval_scratch(k) elements: two equality tables of half as many variables each.
size_t pp_mle_vec_eval_scratch(size_t k);
pp_ext pp_mle_vec_eval(pp_threads *pool, const pp_ext *values, const pp_ext *point, size_t k,
                       pp_ext *scratch);
pp_ext pp_mle_vec_eval_fp(pp_threads *pool, const pp_fp *values, const pp_ext *point, size_t k,
                          pp_ext *scratch);

// Values to coefficients, in place: afterwards values[i] is the coefficient of the product of the
// variables whose bit in i is one. And coefficients back to values.
void pp_mle_vec_to_coefficients(pp_threads *pool, pp_fp *values, size_t k);
void pp_mle_vec_from_coefficients(pp_threads *pool, pp_fp *values, size_t k);
void pp_mle_vec_to_coefficients_ext(pp_threads *pool, pp_ext *values, size_t k);
void pp_mle_vec_from_coefficients_ext(pp_threads *pool, pp_ext *values, size_t k);

#endif
