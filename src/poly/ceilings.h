// SPDX-License-Identifier: MIT OR Apache-2.0
// What one core can do at best, by instruction set, for the benchmark to hold the kernels against.
#ifndef PP_POLY_CEILINGS_H
#define PP_POLY_CEILINGS_H

#include "field/field.h"

enum { PP_CEILING_LEN = 1024 }; // elements of a half that is in the first cache

typedef struct pp_ceilings {
    // Multiplies in registers, `rounds` times some vectors; returns the products made.
    size_t (*multiply)(size_t rounds, pp_fp *sink);
    // Butterflies (a + b, (a − b) w) on two halves in the first cache, `rounds` times over; w is
    // one for all. Returns the butterflies made.
    size_t (*butterfly)(size_t rounds, pp_fp a[PP_CEILING_LEN], pp_fp b[PP_CEILING_LEN], pp_fp w);
    // The same in fours (two layers of a transform at once), with half the loads and stores.
    size_t (*butterfly4)(size_t rounds, pp_fp a[PP_CEILING_LEN], pp_fp b[PP_CEILING_LEN], pp_fp w);
} pp_ceilings;

extern const pp_ceilings pp_ceilings_portable;
#if defined(__x86_64__)
extern const pp_ceilings pp_ceilings_avx2, pp_ceilings_avx512;
#endif

#endif
