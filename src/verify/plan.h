// SPDX-License-Identifier: MIT OR Apache-2.0
// What both sides derive from a machine and a shard's numbers of rows: the order of leaves,
// constraints and columns, and the sizes that follow. Pure.
//
// Used tables (those with rows) count, in the machine's order: GKR's leaf-columns, the constraints'
// powers of gamma and the column openings are numbered through all of them.
#ifndef PP_VERIFY_PLAN_H
#define PP_VERIFY_PLAN_H

#include "air/layout.h"
#include "air/point.h"
#include "pcs/pcs.h"
#include "transcript/transcript.h"

// A shard's bytes: a header, then the transcript's messages. Header: these eight bytes, the number
// of the parameter set (u32), zero (u32), vm_id.
#define PP_SHARD_MAGIC "ppshard\x01"
enum {
    PP_SHARD_HEADER_SIZE = 48,
    PP_GRIND_BUS_BITS = 12, // before alpha and beta, in sets that grind
};

typedef struct pp_shard_plan {
    const pp_machine *machine;
    pp_layout layout;
    uint32_t leaves_len;  // leaf-columns of GKR
    uint32_t log_leaves;  // rounded up to a power of two with 0/1
    uint32_t columns_len; // of used tables
    uint32_t first_leaf[PP_AIR_TABLES_MAX];
    uint32_t first_column[PP_AIR_TABLES_MAX];
} pp_shard_plan;

PP_NODISCARD pp_layout_status pp_shard_plan_make(pp_shard_plan *out, const pp_machine *machine,
                                                 const uint32_t *rows, uint32_t log_min,
                                                 uint32_t log_cells_min, uint32_t log_cells_max);

// The first thing in every transcript.
void pp_shard_absorb_statement(pp_transcript *t, const pp_hash32 *vm_id, uint32_t set,
                               const pp_hash32 *context);

// All claims on columns as one linear functional of the stack: column number i of the used tables
// by gamma^i, cut into its pieces; a piece is its cells at the point's first coordinates, by
// eq(number of the piece among those of its height, the others). Writes pp_shard_terms_len terms
// and returns the target Σ gamma^i columns[i].
size_t pp_shard_terms_len(const pp_shard_plan *plan);
pp_ext pp_shard_terms(const pp_shard_plan *plan, const pp_ext *point, const pp_ext *columns,
                      pp_ext gamma, pp_pcs_term *out);

// eq(bits of number, point): the bits of `number`, lowest first, against k coordinates.
pp_ext pp_eq_number(uint64_t number, const pp_ext *point, uint32_t k);

// A sum-check round (Gruen): the round polynomial is eq(rho, X) · h(X), and the prover sends h
// without its constant, c[0] X + c[1] X^2 + …, degree terms. The claim fixes the constant:
// (1 − rho) h(0) + rho h(1) = claim. Gives h(r), the next claim.
pp_ext pp_round_next(pp_ext claim, pp_ext rho, const pp_ext *c, uint32_t degree, pp_ext r);

#endif
