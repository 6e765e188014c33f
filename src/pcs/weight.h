// SPDX-License-Identifier: MIT OR Apache-2.0
// The passes over long vectors that opening is made of. Native; results do not depend on threads.
#ifndef PP_PCS_WEIGHT_H
#define PP_PCS_WEIGHT_H

#include "cpu/threads.h"
#include "pcs/pcs.h"
#include "poly/ntt.h"

// out[i] += s · a[i].
void pp_weight_axpy(pp_threads *pool, pp_ext *out, pp_ext s, const pp_ext *a, size_t n);

// A group's weight on the variables from `fold` on: out[x] = Σ coeff · eq(prefix, x_high) ·
// eq(point, x_low) over its terms; 2^(log_cells − fold) elements. scratch: as many.
void pp_weight_group(pp_threads *pool, pp_ext *out, const pp_pcs_group *g, unsigned fold,
                     unsigned log_cells, pp_ext *scratch);

// out[j] = Σ_i weight[i] · f[i · 2^fold + j] for j < 2^fold, over `rows` rows. scratch:
// pp_threads_len(pool) · 2^fold elements.
void pp_weight_columns(pp_threads *pool, pp_ext *out, const pp_fp *f, const pp_ext *weight,
                       size_t rows, unsigned fold, pp_ext *scratch);

// out[i] = Σ_j table[j] · f[i · 2^fold + j]: all first variables folded at once.
void pp_weight_fold_rows(pp_threads *pool, pp_ext *out, const pp_fp *f, const pp_ext *table,
                         size_t rows, unsigned fold);

// The two sent elements of a sum-check round of Σ f w over 2 · half elements: the value at 0 and
// the leading coefficient.
void pp_weight_round(pp_threads *pool, pp_ext c[2], const pp_ext *f, const pp_ext *w, size_t half);

// weight[x] += Σ_q coeff[q] z_q^x for x < len = 2^log_len, z_q being the point of row index[q] of a
// transform over 2^log_rows ≥ len rows. False with *err when memory is short.
PP_NODISCARD bool pp_weight_add_queries(pp_err *err, const pp_ntt *ntt, pp_threads *pool,
                                        pp_ext *weight, unsigned log_len, unsigned log_rows,
                                        const uint32_t *index, const pp_ext *coeff, size_t len);

#endif
