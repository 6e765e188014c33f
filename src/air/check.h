// SPDX-License-Identifier: MIT OR Apache-2.0
// For people who write or read tables: a checker that says which row breaks what, a readable
// listing, and a report of sizes and degrees. Native.
#ifndef PP_AIR_CHECK_H
#define PP_AIR_CHECK_H

#include <stdio.h>

#include "air/layout.h"

// Checks every constraint on every row, then that every bus balances, boundary included. True when
// the machine accepts the trace. Else *out says what is wrong first: the table, row, constraint and
// the values of its columns; or, where all constraints hold, which buses do not balance ("bus mem,
// state and range: …"), and of the first of them the first such tuple, what is left of it and rows
// that put it there.
typedef struct pp_air_finding {
    int table;      // −1: a bus
    uint32_t row;   // of the table
    int constraint; // of the table
    int bus;        // the first that does not balance; −1: a constraint
    uint64_t buses; // all that do not balance, a bit each
    char text[2048];
} pp_air_finding;

PP_NODISCARD bool pp_air_check(pp_air_finding *out, const pp_machine *machine,
                               const pp_layout *layout, const pp_fp *stack, const pp_fp *publics);

// The machine as text for auditors: every bus, table, column, constraint and interaction, with
// expressions written out by the columns' names. Names are as the builder was given them.
void pp_air_dump(FILE *out, const pp_machine *machine);

// One line a table: columns, fixed columns, constraints, degree, interactions, leaves, code and
// registers; and the totals.
void pp_air_report(FILE *out, const pp_machine *machine);

#endif
