// SPDX-License-Identifier: MIT OR Apache-2.0
// The program people type: one table of commands, each a function in a cmd_*.c file.
#ifndef PP_CLI_CLI_H
#define PP_CLI_CLI_H

#include "base/err.h"

// A command gets its own words: argv[0] is its name. Returns the exit code; on a failure it has
// printed one sentence to stderr (pp_cli_fail does both).
typedef struct pp_cli_command {
    const char *name;    // "run", or two words: "rollup replay"
    const char *summary; // one line for the list
    const char *help;    // the whole --help text, with examples
    int (*run)(int argc, char **argv);
} pp_cli_command;

// Prints "polypoly: TEXT" to stderr and returns err->exit_code.
int pp_cli_fail(const pp_err *err);
// Prints "polypoly NAME: sentence; see polypoly NAME --help" and returns PP_EXIT_USAGE.
int pp_cli_usage(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Brings all of stdout out. PP_EXIT_YES, or PP_EXIT_USAGE with one sentence when that failed.
int pp_cli_flush(void);

#endif
