// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/examples/examples.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEEP_SIZE = 16 << 20 };

pp_example_fault pp_example_faulty;

pp_fp pp_example_cell(uint32_t step, uint32_t column, pp_fp value) {
    const pp_example_fault *f = &pp_example_faulty;
    if (!f->on || f->step != step || f->column != column) return value;
    return pp_fp_add(value, pp_fp_from_u32(f->add));
}

uint32_t pp_example_copies(uint32_t step, pp_fp *real) {
    const pp_example_fault *f = &pp_example_faulty;
    bool twice = f->on && f->step == step && f->column == 0;
    *real = twice ? pp_fp_inverse(pp_fp_from_u32(2)) : pp_fp_one();
    return twice ? 2 : 1;
}

// Machines are built once a program run: tests make thousands of traces for them.
static pp_example built[8];

static void build_machine(pp_example *e, const char *name, void build(pp_air_builder *b)) {
    *e = (pp_example){.name = name};
    void *memory = malloc(KEEP_SIZE), *scratch_memory = malloc(PP_AIR_SCRATCH_SIZE);
    PP_ASSERT(memory && scratch_memory);
    pp_arena keep, scratch;
    pp_arena_init(&keep, memory, KEEP_SIZE);
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

void pp_example_machine(pp_example *e, const char *name, void build(pp_air_builder *b)) {
    size_t i = 0;
    while (built[i].name && strcmp(built[i].name, name) != 0) i++;
    PP_ASSERT(i < PP_COUNT(built));
    if (!built[i].name) build_machine(&built[i], name, build);
    *e = built[i];
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
