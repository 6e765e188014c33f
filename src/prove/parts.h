// SPDX-License-Identifier: MIT OR Apache-2.0
// The steps of proving one shard and what they hand on. Native; internal to prove/.
#ifndef PP_PROVE_PARTS_H
#define PP_PROVE_PARTS_H

#include "cpu/threads.h"
#include "prove/block.h"
#include "verify/plan.h"

enum { PP_PROVE_VARIABLES_MAX = PP_AIR_LOG_ROWS_MAX + PP_AIR_LOG_LEAVES_MAX };

typedef struct pp_job {
    pp_transcript t;
    pp_threads *pool;
    const pp_machine *machine;
    const pp_shard_plan *plan;
    const pp_fp *stack, *publics;
    // Fixed columns of each used table: fixed_stride apart, zeros after their end.
    pp_fp *fixed[PP_AIR_TABLES_MAX];
    size_t fixed_stride[PP_AIR_TABLES_MAX];
    pp_air_bus_challenges bus;
    pp_ext *tails; // by leaf-column: the denominator on the all-zero row
    // As the verifier's: the leaves' point and claims; the zero-check's point; the columns there.
    pp_ext rho[PP_PROVE_VARIABLES_MAX];
    pp_fraction leaf;
    pp_ext point[PP_AIR_LOG_ROWS_MAX];
    pp_ext *columns;
} pp_job;

void pp_job_buses(pp_job *job);
void pp_job_tables(pp_job *job);

// Memory or the end: count elements of `size` bytes, aligned to 64, not cleared.
void *pp_job_alloc(size_t count, size_t size);

static inline size_t pp_round_up(size_t n, size_t unit) {
    return (n + unit - 1) / unit * unit;
}
pp_planes pp_planes_new(size_t len); // zeroed, len a multiple of PP_LANES_UNIT

// eq(point, ·) over k variables, in planes of at least PP_LANES_UNIT entries, zeros after 2^k.
pp_planes pp_eq_planes(const pp_ext *point, uint32_t k);
// Σ eq(point, x) over x < count.
pp_ext pp_eq_prefix(const pp_ext *point, uint32_t k, uint64_t count);
// The table for one variable less: neighbours added, in place; zeros after the 2^k / 2 entries.
void pp_eq_halve(pp_planes *eq, uint32_t k);

#endif
