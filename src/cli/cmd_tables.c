// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly tables: the virtual machine's tables, for auditors.
#include <stdio.h>
#include <stdlib.h>

#include "air/check.h"
#include "cli/cli.h"
#include "rv64/rv64.h"

static int run(int argc, char **argv) {
    bool dump = argc == 2 && strcmp(argv[1], "--dump") == 0;
    if (argc > 1 && !dump) return pp_cli_usage("tables", "no argument but --dump is known");
    void *memory[2] = {malloc(PP_RV64_KEEP_SIZE), malloc(PP_AIR_SCRATCH_SIZE)};
    PP_ASSERT(memory[0] && memory[1]);
    pp_arena keep, scratch;
    pp_arena_init(&keep, memory[0], PP_RV64_KEEP_SIZE);
    pp_arena_init(&scratch, memory[1], PP_AIR_SCRATCH_SIZE);
    pp_air_error error;
    const pp_machine *machine = pp_rv64_machine(&keep, &scratch, &error);
    PP_ASSERT(machine);
    pp_hash32 id;
    char hex[65];
    pp_machine_id(&id, machine);
    pp_hex_encode(hex, id.b, sizeof id.b);
    if (dump)
        pp_air_dump(stdout, machine);
    else
        pp_air_report(stdout, machine);
    printf("\nvm_id 0x%s\n", hex);
    free(memory[0]);
    free(memory[1]);
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
