// SPDX-License-Identifier: MIT OR Apache-2.0
// The steps of one shard's verification and what they hand on.
#ifndef PP_VERIFY_PARTS_H
#define PP_VERIFY_PARTS_H

#include "verify/plan.h"
#include "verify/verify.h"

enum { PP_SHARD_VARIABLES_MAX = PP_AIR_LOG_ROWS_MAX + PP_AIR_LOG_LEAVES_MAX };

typedef struct pp_shard {
    pp_transcript t;
    pp_shard_plan plan;
    pp_arena *work;
    const pp_fp *publics;
    pp_air_bus_challenges bus;
    // After GKR: the leaves' claims, at rho: row variables first, then the leaf-column's.
    pp_ext rho[PP_SHARD_VARIABLES_MAX];
    pp_fraction leaf;
    // After the zero-check: the point, and the claimed value of every used column there.
    pp_ext point[PP_AIR_LOG_ROWS_MAX];
    pp_ext *columns; // columns_len
} pp_shard;

// The buses: P/Q of the root plus the boundary's fractions is zero; then layer by layer to the
// leaves (Papini and Haböck, eprint 2023/1284).
PP_NODISCARD pp_verify_status pp_shard_buses(pp_shard *s);

// The zero-check and the leaves' claims in one sum-check over the rows; the columns' values are
// received and the tables evaluated on them.
PP_NODISCARD pp_verify_status pp_shard_tables(pp_shard *s);

#endif
