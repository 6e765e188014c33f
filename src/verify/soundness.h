// SPDX-License-Identifier: MIT OR Apache-2.0
// The proven bits of a whole shard: the commitment's rounds (pcs/soundness.h) and those of buses,
// zero-check and the joining of columns, by docs/proofs.md. Native: floating point.
#ifndef PP_VERIFY_SOUNDNESS_H
#define PP_VERIFY_SOUNDNESS_H

#include "pcs/soundness.h"
#include "verify/plan.h"

// What the errors depend on: of one shard; of the largest that a machine's shards of 2^log_cells
// cells can have; of the largest that any shard of this protocol can have, which are the limits of
// air/air.h and air/layout.h.
typedef struct pp_shard_sizes {
    double bus_degree;  // Σ over interactions on all rows of their arity
    double constraints; // of used tables
    double columns;
    unsigned row_vars, leaf_vars;
} pp_shard_sizes;

pp_shard_sizes pp_shard_sizes_of(const pp_shard_plan *plan);
pp_shard_sizes pp_shard_sizes_most(const pp_machine *machine, unsigned log_cells);
pp_shard_sizes pp_shard_sizes_limits(void);

// All rounds of a shard with these sizes and 2^log_cells cells.
void pp_soundness_shard(pp_soundness *s, const pp_pcs_params *set, unsigned log_cells,
                        const pp_shard_sizes *sizes);

#endif
