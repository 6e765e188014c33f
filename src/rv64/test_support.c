// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rv64/test_support.h"

#include <stdlib.h>

const pp_machine *rv64_test_machine(void) {
    static const pp_machine *machine;
    if (machine != NULL) return machine;
    static pp_arena keep;
    pp_arena scratch;
    pp_air_error error;
    void *scratch_memory = malloc(PP_AIR_SCRATCH_SIZE);
    pp_arena_init(&keep, malloc(PP_RV64_KEEP_SIZE), PP_RV64_KEEP_SIZE);
    pp_arena_init(&scratch, scratch_memory, PP_AIR_SCRATCH_SIZE);
    machine = pp_rv64_machine(&keep, &scratch, &error);
    if (machine == NULL)
        fprintf(stderr, "%s: %s: %s\n", error.table ? error.table : "machine", error.what,
                error.item ? error.item : "");
    PP_ASSERT(machine != NULL);
    free(scratch_memory);
    return machine;
}

void rv64_run_begin(rv64_run *r, const pp_program *program, pp_bytes input) {
    pp_err err = {0};
    const pp_machine *machine = rv64_test_machine();
    if (!pp_vm_trace(&err, &r->trace, &r->result, program, input, NULL))
        fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(err.exit_code == 0);
    char text[PP_VM_DESCRIBE_MAX];
    if (!pp_vm_ok(&r->result)) fprintf(stderr, "%s\n", pp_vm_describe(text, &r->result));
    PP_ASSERT(r->result.status == PP_VM_HALTED);
    r->witness = pp_rv64_witness_new(&r->trace, program, input);
    PP_ASSERT(r->witness != NULL);
    uint32_t rows[PP_AIR_TABLES_MAX];
    pp_rv64_rows(r->witness, rows, machine, RV64_TEST_LOG_MIN);
    PP_ASSERT(pp_layout_make(&r->layout, machine, rows, RV64_TEST_LOG_MIN, 10,
                             PP_AIR_LOG_CELLS_MAX) == PP_LAYOUT_OK);
    r->stack = calloc((size_t)1 << r->layout.log_cells, sizeof *r->stack);
    PP_ASSERT(r->stack != NULL);
    PP_ASSERT(pp_rv64_fill(r->witness, &r->layout, machine, r->stack));
    pp_rv64_publics(r->witness, r->publics);
}

void rv64_run_end(rv64_run *r) {
    free(r->stack);
    pp_rv64_witness_free(r->witness);
    pp_trace_free(&r->trace);
}

bool rv64_run_check(const rv64_run *r) {
    pp_air_finding finding;
    if (pp_air_check(&finding, rv64_test_machine(), &r->layout, r->stack, r->publics)) return true;
    fprintf(stderr, "%s\n", finding.text);
    return false;
}

bool rv64_check(const pp_program *program, pp_bytes input) {
    rv64_run r;
    rv64_run_begin(&r, program, input);
    bool ok = rv64_run_check(&r);
    rv64_run_end(&r);
    return ok;
}

bool rv64_check_asm(const pp_asm *code, pp_bytes input) {
    pp_program program;
    uint8_t *file = support_elf(&program, code, GENERATE_DATA, GENERATE_DATA_SIZE);
    bool ok = rv64_check(&program, input);
    free(file);
    return ok;
}
