// SPDX-License-Identifier: MIT OR Apache-2.0
// One row of a table, to be changed: which constraints hold, which look-ups would be answered.
#ifndef PP_RV64_TEST_ROW_H
#define PP_RV64_TEST_ROW_H

#include "air/eval.h"
#include "rv64/test_support.h"

enum { COLUMNS_MAX = 2560, VALUES_MAX = 8192, CONSTRAINTS_MAX = 3072 };

typedef struct one_row {
    const pp_machine *machine;
    const pp_air_table *t;
    pp_fp columns[COLUMNS_MAX], publics[PP_RV64_PUBLICS];
    pp_fp constraints[CONSTRAINTS_MAX], values[VALUES_MAX], registers[4096];
} one_row;

// Row `row` of table `number` of a run; the table must have no fixed columns.
void row_load(one_row *o, const rv64_run *r, uint32_t number, uint32_t row);
// Fill o->constraints and o->values from o->columns (air/eval.h).
void row_constraints(one_row *o);
void row_interactions(one_row *o);
bool row_all_hold(one_row *o);

// A random polynomial of a tuple, at its values, times the multiplicity in front of them: sums of
// these are equal for equal multisets, and almost surely only for them.
uint64_t row_tuple(const pp_air_interaction *x, const pp_fp *values);

// Whether the bus leads to a table with fixed columns; and the look-ups of a row that no row of
// such a table answers: ROW_ALL_FOUND, ROW_SEVERAL_MISSING, or the number of the only one. Other
// buses meet other rows, which a forger may make to fit.
bool row_is_lookup(const pp_machine *machine, uint32_t bus);
enum { ROW_ALL_FOUND = -1, ROW_SEVERAL_MISSING = -2 };
int row_missing(one_row *o);

// Which changes make carries wrong by small numbers: 2^-16 is -127 * 2^8, 2^-8 is
// -127 * 2^16, and so on. The
// first ROW_PAIRS are also tried two at a time.
enum { ROW_STEPS = 22, ROW_PAIRS = 10 };
pp_fp row_step(size_t i);

#endif
