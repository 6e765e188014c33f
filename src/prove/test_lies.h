// SPDX-License-Identifier: MIT OR Apache-2.0
// Lies of the malicious prover, as data, and what all files of lies use.
#ifndef PP_PROVE_TEST_LIES_H
#define PP_PROVE_TEST_LIES_H

#include "prove/test_support.h"

typedef void lie_fn(victim *v);
typedef struct lie {
    const char *name;
    unsigned parts; // of the program
    lie_fn *memory, *records, *rows, *head;
    // A part of what the debug checker says; NULL: the rows are true, and the verifier's answer is
    // `status`. PROVEN: of another program, or of another input.
    const char *finding;
    pp_claim_status status;
    bool other_program, other_input;
} lie;

// Tells each of them (PP_LIE in the environment: the one of that name): a whole proof file, which
// the verifier rejects, or says of whose run it is.
void tell_lies(const lie *lies, size_t len);

// Cells by names; an index of -1 for a column that is alone.
static inline pp_fp *cell(victim *v, const char *in, uint32_t row, const char *column, int index) {
    return victim_cell(v, in, row, column, index);
}
static inline uint32_t value(victim *v, const char *in, uint32_t row, const char *column) {
    return pp_fp_to_u32(*victim_cell(v, in, row, column, -1));
}
static inline void set(victim *v, const char *in, uint32_t row, const char *column, uint32_t x) {
    *victim_cell(v, in, row, column, -1) = pp_fp_from_u32(x);
}
static inline void bump(pp_fp *x, uint32_t by) {
    *x = pp_fp_add(*x, pp_fp_from_u32(by));
}
// The row of the page that this address lies on.
static inline uint32_t row_of_page(victim *v, uint64_t address) {
    uint32_t row = 0;
    while (v->trace.pages[row].index != address >> PP_VM_LOG_PAGE) row++;
    return row;
}
static inline void copy_row(victim *v, const char *in, uint32_t to, uint32_t from) {
    const uint32_t t = rv64_table(in), n = the_world()->machine->tables[t].columns_len;
    for (uint32_t c = 0; c < n; c++)
        v->job.stack[pp_layout_cell(&v->job.layout, t, c, to)] =
            v->job.stack[pp_layout_cell(&v->job.layout, t, c, from)];
}

#endif
