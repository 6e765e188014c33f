// SPDX-License-Identifier: MIT OR Apache-2.0
// The malicious prover: complete proof files of runs that never were. Each lie is told as well as
// can be: what follows from it in records, rows, hashes and counts is put right, and what is left
// is what the debug checker names. The verifier takes none of them, or says of whose run it is.
#include <stdlib.h>

#include "prove/test_lies.h"

// ---- in the rows --------------------------------------------------------------------------------

// A limb of the input of 2^16 and more, all hashed so.
static void input_limb(victim *v) {
    const uint32_t row = row_of_page(v, PP_VM_INPUT_START);
    bump(cell(v, "page", row, "before", 100), 1 << 16);
    bump(cell(v, "page", row, "after", 100), 1 << 16);
    victim_rehash(v);
}
// Code in the input: its page opened so, and the load from it as well.
static void input_rx(victim *v) {
    set(v, "page", row_of_page(v, PP_VM_INPUT_START), "permission_above_ro",
        PP_PERM_RX - PP_PERM_RO);
    set(v, "ld", 0, "permission_less_1", PP_PERM_RX - PP_PERM_RO);
    victim_rehash(v);
}
// The text that is executed opened as data.
static void code_rw(victim *v) {
    set(v, "page", row_of_page(v, SUPPORT_TEXT), "permission_above_ro", PP_PERM_RW - PP_PERM_RO);
    victim_rehash(v);
}
// The same page twice.
static void page_twice(victim *v) {
    const uint32_t to = (uint32_t)v->trace.pages_len;
    victim_grow(v, "page", 1);
    copy_row(v, "page", to, row_of_page(v, PP_VM_INPUT_START));
}
// A write to read-only memory: the store's cell is the input's.
static void store_to_input(victim *v) {
    set(v, "page", row_of_page(v, PP_VM_INPUT_START), "permission_above_ro",
        PP_PERM_RW - PP_PERM_RO);
}
// A load that reads what was not stored.
static void load(victim *v) {
    bump(cell(v, "ld", 2, "cell", 0), 1);
}
// The second cell of a load is not looked at.
static void across_not_reached(victim *v) {
    set(v, "load_across", 0, "second_is_reached", 0);
}
// An addition that is wrong by one, result in range.
static void sum(victim *v) {
    bump(cell(v, "add", 0, "result", 0), 1);
}
// A branch the other way.
static void branch(victim *v) {
    set(v, "bne", 0, "differ", 0);
}
// An instruction that is not there.
static void gap(victim *v) {
    set(v, "add", 0, "is_real", 0);
}
// A register's past: an access that says it follows one in the future.
static void past(victim *v) {
    bump(cell(v, "add", 0, "rs1_time", -1), 1 << 20);
}
// The state chain ends before it began.
static void end_of_chain(victim *v) {
    set(v, "run", 0, "end_time", PP_TIME_START);
}
// The run ends at pc 0; and at pc 1 without a halt.
static void pc_0(victim *v) {
    *cell(v, "run", 0, "last_pc", 0) = (pp_fp){0};
}
static void second_halt(victim *v) {
    set(v, "halt", 1, "is_real", 1);
}
// Other output bytes, and one more of them.
static void output(victim *v) {
    bump(cell(v, "output_byte", 2, "change", -1), 1);
}
static void longer_output(victim *v) {
    bump(cell(v, "output_write", 0, "size", -1), 1);
}
// Another word decoded than the code's.
static void decode(victim *v) {
    pp_fp *bit = cell(v, "decode", 3, "bit", 20);
    *bit = pp_fp_sub(pp_fp_from_u32(1), *bit);
}
// A node that drops its child's change.
static void node(victim *v) {
    uint32_t row = 0;
    while (value(v, "node", row, "is_changed") == 0) row++;
    bump(cell(v, "node", row, "after", 3), 1);
}
// A sponge cut short.
static void sponge(victim *v) {
    uint32_t row = 0;
    while (value(v, "permutation", row, "is_block") == 0) row++;
    set(v, "permutation", row, "is_last", 1);
}
// Counts of look-ups that are not theirs.
static void count(victim *v) {
    bump(cell(v, "range", 70000, "count", -1), 1);
}
// Another root.
static void root(victim *v) {
    bump(&v->job.publics[PP_DIGEST_LEN], 1);
}

// ---- all of them --------------------------------------------------------------------------------

#define ROWS(fn, what, text) {.name = what, .rows = fn, .finding = text}

static const lie lies[] = {
    {.name = "no lie"},
    // Rows, and nothing put right behind them.
    ROWS(page_twice, "page opened twice", "bus mem, range, chain, data and tree:"),
    ROWS(store_to_input, "read-only page opened as writable", "only a program's pages differ"),
    ROWS(load, "load of another value", "bus mem:"),
    ROWS(across_not_reached, "second cell not reached",
         "bytes of the second cell are used only when it is reached"),
    ROWS(sum, "wrong sum", "a carry is a bit"),
    ROWS(branch, "branch the other way", "limbs that differ say so"),
    ROWS(gap, "instruction left out", "bus mem, state, decode and range:"),
    ROWS(past, "access before its past", "bus mem and range:"),
    ROWS(end_of_chain, "state chain cut off", "bus state:"),
    ROWS(pc_0, "end at pc 0", "bus mem, state and range:"),
    ROWS(second_halt, "second halt", "bus mem, state, decode and range:"),
    ROWS(output, "other output", "one byte of the output's limb changes"),
    ROWS(longer_output, "longer output", "some is 1 when size has an inverse"),
    ROWS(decode, "other instruction", "bus mem and decode:"),
    ROWS(node, "change dropped in the tree", "bus node and tree:"),
    ROWS(sponge, "sponge cut short", "bus chain:"),
    ROWS(count, "count of look-ups", "bus range:"),
    ROWS(root, "other root", "bus tree:"),
    // All that follows is put right: one bus is left.
    ROWS(input_limb, "input limb out of range", "bus range:"),
    ROWS(input_rx, "code in the input", "only a program's pages differ"),
    ROWS(code_rw, "code opened as data", "bus mem:"),
};

static void tell_lie(const lie *l) {
    static victim v;
    victim_begin(&v, l->parts);
    if (l->memory != NULL) l->memory(&v);
    victim_trace(&v);
    if (l->records != NULL) l->records(&v);
    victim_rows(&v);
    if (l->rows != NULL) l->rows(&v);
    victim_tell(&v);
    if (l->head != NULL) l->head(&v);
    pp_air_finding finding;
    bool true_rows =
        pp_air_check(&finding, v.with.machine, &v.job.layout, v.job.stack, v.job.publics);
    if (true_rows != (l->finding == NULL) ||
        (!true_rows && strstr(finding.text, l->finding) == NULL))
        pp_test_fail(__FILE__, __LINE__, "%s: %.300s", l->name,
                     true_rows ? "the checker sees nothing" : finding.text);
    uint8_t *bytes;
    size_t size;
    pp_claim claim;
    REQUIRE(victim_prove(&v, &bytes, &size));
    pp_claim_status status = verify(&claim, bytes, size);
    free(bytes);
    const pp_claim_status wanted = l->finding != NULL ? PP_CLAIM_SHARD : l->status;
    if (status != wanted)
        pp_test_fail(__FILE__, __LINE__, "%s: %s", l->name, pp_claim_status_text(status));
    if (status == PP_CLAIM_PROVEN) {
        pp_hash32 program_id, input_id;
        pp_program_id(&program_id, &v.program);
        CHECK(pp_input_id(&input_id, v.input));
        CHECK_EQ(memcmp(&claim.program_id, &program_id, sizeof program_id) != 0, l->other_program);
        CHECK_EQ(memcmp(&claim.input_id, &input_id, sizeof input_id) != 0, l->other_input);
    }
    victim_end(&v);
}

void tell_lies(const lie *list, size_t len) {
    const size_t step = getenv("PP_SANITIZED") != NULL ? 6 : 1; // slow there, and the same code
    const char *only = getenv("PP_LIE");                        // one of them, to look at it alone
    for (size_t i = 0; i < len; i += step)
        if (only == NULL || strcmp(only, list[i].name) == 0) tell_lie(&list[i]);
}

PP_TEST(lies) {
    tell_lies(lies, PP_COUNT(lies));
}
