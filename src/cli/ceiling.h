// SPDX-License-Identifier: MIT OR Apache-2.0
// What the phases of a proof would take at the rates of the kernels: each phase's main work,
// counted, over what this machine does of it when it does nothing else.
#ifndef PP_CLI_CEILING_H
#define PP_CLI_CEILING_H

#include "prove/claim.h"

enum { PP_CEILINGS = 7 };
extern const char *const pp_cli_ceiling_names[PP_CEILINGS], *const pp_cli_ceiling_whys[PP_CEILINGS];

typedef struct pp_cli_ceilings {
    double seconds[PP_CEILINGS];
} pp_cli_ceilings;

// Measures the kernels on one core (a second or so) and counts the work of the report's shards for
// so many threads. execute: seconds of the bare run.
void pp_cli_ceilings_measure(pp_cli_ceilings *out, const pp_prove_report *report, double execute,
                             size_t threads);

#endif
