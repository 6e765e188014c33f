// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "air/check.h"
#include "rv64/machine.h"
#include "vm/generate.h"
#include "vm/test_support.h"

// The machine, built once.
static const pp_machine *the_machine(void) {
    static const pp_machine *machine;
    if (machine == NULL) {
        pp_arena keep, scratch;
        pp_air_error error;
        void *scratch_memory = malloc(PP_AIR_SCRATCH_SIZE);
        pp_arena_init(&keep, malloc(PP_RV64_KEEP_SIZE), PP_RV64_KEEP_SIZE);
        pp_arena_init(&scratch, scratch_memory, PP_AIR_SCRATCH_SIZE);
        machine = pp_rv64_machine(&keep, &scratch, &error);
        if (machine == NULL)
            fprintf(stderr, "%s: %s: %s\n", error.table ? error.table : "machine", error.what,
                    error.item ? error.item : "");
        PP_ASSERT(machine != NULL);
        printf("machine: %zu KiB kept\n", keep.used / 1024);
        free(scratch_memory);
    }
    return machine;
}

PP_TEST(machine_builds) {
    const pp_machine *m = the_machine();
    CHECK_EQ(m->tables_len, TABLES_LEN);
    pp_air_report(stdout, m);
}
