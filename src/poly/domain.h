// SPDX-License-Identifier: MIT OR Apache-2.0
// Evaluation domains: cosets of the 2^k-th roots of unity, in bit-reversed order. Pure.
#ifndef PP_POLY_DOMAIN_H
#define PP_POLY_DOMAIN_H

#include "field/ext.h"

// The low `log_n` bits of i in reverse order; i is below 2^log_n, log_n at most 32.
static inline uint32_t pp_bit_reverse(uint32_t i, unsigned log_n) {
    uint32_t r = 0;
    for (unsigned k = 0; k < log_n; k++) r |= (i >> k & 1) << (log_n - 1 - k);
    return r;
}

// The point at which row i of a transform (poly/ntt.h) over 2^log_n rows evaluates:
// shift · root^(bit-reversed i), root = pp_fp_root(log_n). Rows 2i and 2i + 1 belong to y and −y,
// and row i of the transform half as long, with shift², to their square.
static inline pp_fp pp_domain_point(unsigned log_n, uint32_t i, pp_fp shift) {
    return pp_fp_mul(shift, pp_fp_pow(pp_fp_root(log_n), pp_bit_reverse(i, log_n)));
}

#endif
