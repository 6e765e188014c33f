// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/examples.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEEP_SIZE = 16 << 20 };

void pp_example_machine(pp_example *e, const char *name, void build(pp_air_builder *b)) {
    *e = (pp_example){.name = name, .memory = malloc(KEEP_SIZE)};
    void *scratch_memory = malloc(PP_AIR_SCRATCH_SIZE);
    PP_ASSERT(e->memory && scratch_memory);
    pp_arena keep, scratch;
    pp_arena_init(&keep, e->memory, KEEP_SIZE);
    pp_arena_init(&scratch, scratch_memory, PP_AIR_SCRATCH_SIZE);
    pp_air_builder *b = pp_air_builder_new(&keep, &scratch, name);
    PP_ASSERT(b);
    build(b);
    pp_air_error error;
    e->machine = pp_air_builder_end(b, &error);
    if (!e->machine)
        fprintf(stderr, "%s: %s: %s (%s)\n", name, error.table ? error.table : "machine",
                error.what, error.item ? error.item : "-");
    PP_ASSERT(e->machine);
    pp_machine_id(&e->vm_id, e->machine);
    free(scratch_memory);
}

void pp_example_trace(pp_example *e, const pp_pcs_params *set) {
    for (uint32_t i = 0; i < e->machine->tables_len; i++)
        if (!e->machine->tables[i].log_fixed)
            e->rows[i] = pp_layout_round(e->rows[i], set->rounds[0].fold);
    pp_layout_status status = pp_prove_layout(&e->layout, e->machine, e->rows, set);
    PP_ASSERT(status == PP_LAYOUT_OK);
    e->stack = calloc((size_t)1 << e->layout.log_cells, sizeof *e->stack);
    e->publics = calloc(e->machine->publics_len + 1, sizeof *e->publics);
    PP_ASSERT(e->stack && e->publics);
}

void pp_example_free(pp_example *e) {
    free(e->memory);
    free(e->stack);
    free(e->publics);
}

void pp_example_prove(const pp_example *e, const pp_pcs_params *set, pp_threads *pool,
                      uint8_t **out, size_t *size, pp_prove_times *times) {
    static const pp_hash32 context = {{1, 2, 3}};
    pp_prove_input in = {.machine = e->machine,
                         .vm_id = &e->vm_id,
                         .set = set,
                         .context = &context,
                         .rows = e->rows,
                         .stack = e->stack,
                         .publics = e->publics,
                         .pool = pool,
                         .times = times};
    pp_err err;
    bool ok = pp_prove_shard(&err, out, size, &in);
    if (!ok) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ok);
}
