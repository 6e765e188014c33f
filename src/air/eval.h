// SPDX-License-Identifier: MIT OR Apache-2.0
// Table programs run on single rows of base-field values, and fixed columns. The law that the block
// and extension evaluators follow. Pure.
#ifndef PP_AIR_EVAL_H
#define PP_AIR_EVAL_H

#include "air/air.h"

// The value of a fixed column of a table of 2^log_rows rows on row `row` of them.
pp_fp pp_fixed_value(const pp_fixed *f, uint32_t row);

// What a program reads: this row's columns, its fixed columns, the machine's public values.
typedef struct pp_air_row {
    const pp_fp *columns, *fixed, *publics;
} pp_air_row;

// The value of each constraint: out[constraints_len]. registers: registers_len elements of scratch.
void pp_air_eval_constraints(const pp_air_table *t, pp_air_row row, pp_fp *registers, pp_fp *out);

// Each interaction's multiplicity and then its tuple, one interaction after the other: out has
// pp_air_interaction_values(t) elements.
void pp_air_eval_interactions(const pp_air_table *t, pp_air_row row, pp_fp *registers, pp_fp *out);
uint32_t pp_air_interaction_values(const pp_air_table *t);

#endif
