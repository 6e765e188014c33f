// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly tables: the virtual machine's tables, for auditors.
#include <stdio.h>

#include "air/check.h"
#include "cli/cli.h"
#include "rv64/owned.h"

static int run(int argc, char **argv) {
    bool dump = argc == 2 && strcmp(argv[1], "--dump") == 0;
    if (argc > 1 && !dump) return pp_cli_usage("tables", "no argument but --dump is known");
    pp_err err;
    pp_machine_owned m;
    if (!pp_machine_own(&err, &m)) return pp_cli_fail(&err);
    char hex[65];
    pp_hex_encode(hex, m.vm_id.b, sizeof m.vm_id.b);
    if (dump)
        pp_air_dump(stdout, m.machine);
    else
        pp_air_report(stdout, m.machine);
    printf("\nvm_id 0x%s\n", hex);
    pp_machine_disown(&m);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_tables = {
    "tables", "print the virtual machine's tables, as text for auditors",
    "usage: polypoly tables [--dump]\n"
    "\n"
    "The tables that a proof is about: for each its columns, constraints, their degree,\n"
    "interactions, leaves of the bus argument, length of code and registers it needs; and vm_id,\n"
    "the hash of it all. --dump prints every column, constraint and interaction as text.\n"
    "\n"
    "examples: polypoly tables\n"
    "          polypoly tables --dump | less\n"
    "\n"
    "Exit codes: 0 printed; 2 usage.\n",
    run};
