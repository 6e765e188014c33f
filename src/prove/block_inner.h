// SPDX-License-Identifier: MIT OR Apache-2.0
// What running a table's program over the base field (block_fp.c) and over the extension
// (block_ext.c) have in common.
#ifndef PP_PROVE_BLOCK_INNER_H
#define PP_PROVE_BLOCK_INNER_H

#include "prove/block.h"

// Columns that were brought to the points are kept as lines for a while. forget_lines: none is
// there. line: where the column's is kept; *there: it is there already.
void pp_block_forget_lines(pp_block *b);
pp_fp *pp_block_line(pp_block *b, uint32_t column, bool *there);
// The two operands of an instruction must not push out each other: where x's lanes, at v, are safe
// from loading y.
const pp_fp *pp_block_keep_line(pp_block *b, pp_air_operand x, pp_air_operand y, const pp_fp *v,
                                size_t len);

// s in every lane: five planes of n.
void pp_block_spread(pp_fp *dst, pp_ext s, size_t n);

// dst −= 2 x, which is in every exclusive or, without a product.
static inline void pp_block_subtract_twice(const pp_prove_kernels *k, pp_fp *dst, const pp_fp *x,
                                           size_t n) {
    k->fp_sub(dst, dst, x, n);
    k->fp_sub(dst, dst, x, n);
}
static inline bool pp_block_is_two(pp_fp s) {
    return s.v == pp_fp_from_u32(2).v;
}

#endif
