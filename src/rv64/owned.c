// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rv64/owned.h"

#include <stdlib.h>

#include "rv64/rv64.h"

bool pp_machine_own(pp_err *err, pp_machine_owned *out) {
    pp_arena keep, scratch;
    pp_air_error error;
    out->memory = malloc(PP_RV64_KEEP_SIZE);
    void *scratch_memory = malloc(PP_AIR_SCRATCH_SIZE);
    out->machine = NULL;
    if (out->memory != NULL && scratch_memory != NULL) {
        pp_arena_init(&keep, out->memory, PP_RV64_KEEP_SIZE);
        pp_arena_init(&scratch, scratch_memory, PP_AIR_SCRATCH_SIZE);
        out->machine = pp_rv64_machine(&keep, &scratch, &error);
    }
    free(scratch_memory);
    if (out->machine == NULL) {
        free(out->memory);
        out->memory = NULL;
        return pp_err_set(err, PP_EXIT_USAGE, "no memory for the machine's tables (16 MiB)");
    }
    pp_machine_id(&out->vm_id, out->machine);
    return true;
}

void pp_machine_disown(pp_machine_owned *m) {
    free(m->memory);
    *m = (pp_machine_owned){0};
}
