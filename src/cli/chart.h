// SPDX-License-Identifier: MIT OR Apache-2.0
// A chart of what polypoly bench prover measured, as an SVG: a bar a phase, its ceiling in it.
#ifndef PP_CLI_CHART_H
#define PP_CLI_CHART_H

#include "cli/ceiling.h"

enum { PP_CHART_MAX = 8 };

typedef struct pp_cli_chart {
    size_t len;
    struct {
        char title[128];
        double seconds[PP_CEILINGS], ceiling[PP_CEILINGS];
    } guests[PP_CHART_MAX];
} pp_cli_chart;

// Writes the file. False with *err.
PP_NODISCARD bool pp_cli_chart_write(pp_err *err, const pp_cli_chart *chart, const char *path);

#endif
