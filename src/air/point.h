// SPDX-License-Identifier: MIT OR Apache-2.0
// Tables at a point of the extension: what the verifier evaluates. Pure.
#ifndef PP_AIR_POINT_H
#define PP_AIR_POINT_H

#include "air/air.h"
#include "field/ext.h"

// The multilinear extension of a fixed column of 2^log_rows rows, continued by zeros to 2^n rows,
// at r (n coordinates, n >= log_rows).
pp_ext pp_fixed_at(const pp_fixed *f, uint32_t log_rows, const pp_ext *r, uint32_t n);

typedef struct pp_air_point {
    const pp_ext *columns, *fixed; // of the table, at the point
    const pp_fp *publics;
    pp_ext *registers; // scratch, registers_len
} pp_air_point;

// Σ_c power · gamma^c · constraint_c for the table's constraints; *power goes on to
// power · gamma^constraints_len.
pp_ext pp_air_point_constraints(const pp_air_table *t, const pp_air_point *at, pp_ext gamma,
                                pp_ext *power);

// The challenges of the buses: an interaction's denominator is alpha − bus − Σ beta^(i+1) e_i, i
// from 0. Bus numbers start at 0.
typedef struct pp_air_bus_challenges {
    pp_ext alpha;
    pp_ext beta[PP_AIR_ARITY_MAX + 1]; // beta^i
} pp_air_bus_challenges;
void pp_air_bus_challenges_set(pp_air_bus_challenges *c, pp_ext alpha, pp_ext beta);

typedef struct pp_fraction {
    pp_ext p, q;
} pp_fraction;
// a/b + c/d = (a d + c b) / (b d).
static inline pp_fraction pp_fraction_add(pp_fraction x, pp_fraction y) {
    return (pp_fraction){pp_ext_add(pp_ext_mul(x.p, y.q), pp_ext_mul(y.p, x.q)),
                         pp_ext_mul(x.q, y.q)};
}

// The table's GKR leaves: multiplicity over denominator, two interactions added. out[leaves_len].
void pp_air_point_leaves(const pp_air_table *t, const pp_air_point *at,
                         const pp_air_bus_challenges *c, pp_fraction *out);

#endif
