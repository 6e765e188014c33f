// SPDX-License-Identifier: MIT OR Apache-2.0
// What both sides of the commitment must do alike. Pure.
#ifndef PP_PCS_INTERNAL_H
#define PP_PCS_INTERNAL_H

#include "pcs/pcs.h"

// Absorbs the set's id and log_cells.
void pp_pcs_absorb_shape(const pp_pcs_params *p, unsigned log_cells, pp_transcript *t);

// The out-of-domain point of one sample: `vars` challenges.
void pp_pcs_draw_point(pp_ext *point, unsigned vars, pp_transcript *t);

// Draws the queries of iteration i into index[0 .. PP_PCS_QUERIES_MAX), sorts them and drops
// repetitions. Returns how many are left.
size_t pp_pcs_draw_queries(uint32_t *index, const pp_pcs_params *p, unsigned log_cells, unsigned i,
                           pp_transcript *t);

// h(r) of a sum-check polynomial with h(0) = c[0], leading coefficient c[1], h(0) + h(1) = claim.
static inline pp_ext pp_pcs_round_eval(pp_ext claim, const pp_ext c[2], pp_ext r) {
    pp_ext c1 = pp_ext_sub(pp_ext_sub(claim, pp_ext_add(c[0], c[0])), c[1]);
    return pp_ext_add(c[0], pp_ext_mul(r, pp_ext_add(c1, pp_ext_mul(r, c[1]))));
}

#endif
