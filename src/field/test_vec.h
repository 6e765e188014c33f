// SPDX-License-Identifier: MIT OR Apache-2.0
// Does a table of vector kernels equal the portable one, bit for bit? Used by the test of the
// variants and by the one over a tiny field.
#ifndef PP_FIELD_TEST_VEC_H
#define PP_FIELD_TEST_VEC_H

#include "field/vec_kernels.h"

// Random and edge values, every length up to some vectors and some longer, outputs over inputs.
void pp_vec_compare(const char *name, const pp_vec_kernels *kernels);

#endif
