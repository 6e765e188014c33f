// SPDX-License-Identifier: MIT OR Apache-2.0
// The malicious prover's lies about the memory at the start, and in the records of the run.
#include <stdlib.h>

#include "prove/test_lies.h"

// ---- about the memory at the start --------------------------------------------------------------

static pp_shard_page *page_at(victim *v, uint64_t address) {
    size_t i = 0;
    while (v->shard.pages[i].index != address >> PP_VM_LOG_PAGE) i++;
    return &v->shard.pages[i];
}
static void replace(victim *v, size_t at, pp_op op, unsigned rd, unsigned rs1, unsigned rs2,
                    int32_t imm) {
    uint32_t word;
    pp_asm a = {&word, 0, 1, 0};
    pp_asm_op(&a, op, rd, rs1, rs2, imm);
    pp_store_le32(page_at(v, SUPPORT_TEXT)->bytes + 4 * at, word);
}

// The prover's input may be written: another program, which does it, runs.
static void input_rw(victim *v) {
    page_at(v, PP_VM_INPUT_START)->perm = PP_PERM_RW;
    replace(v, v->spare, PP_OP_SD, 0, 5, 7, 0);
}
// It is written, and what was there restored behind it.
static void input_restored(victim *v) {
    input_rw(v);
    replace(v, v->spare + 1, PP_OP_ADDI, 12, 6, 0, -1);
    replace(v, v->spare + 2, PP_OP_SD, 0, 5, 12, 0);
}
// A page of the machine, or one that is none, in the program.
static void program_mach(victim *v) {
    page_at(v, GENERATE_DATA + PP_VM_PAGE_SIZE)->perm = PP_PERM_MACH;
    replace(v, v->spare, PP_OP_ADDI, 11, 0, 0, 0);
}
static void program_none(victim *v) {
    page_at(v, GENERATE_DATA + PP_VM_PAGE_SIZE)->perm = PP_PERM_NONE;
    replace(v, v->spare, PP_OP_ADDI, 11, 0, 0, 0);
}
// Not lies of the tables, but about whose memory it is: an input's length that is not that of its
// bytes, bytes behind it, a page more behind it; data that may not be written.
static void input_size(victim *v) {
    pp_store_le64(page_at(v, PP_VM_INPUT_START)->bytes, UINT64_MAX);
}
static void input_tail(victim *v) {
    page_at(v, PP_VM_INPUT_START)->bytes[100] = 1;
}
static void data_ro(victim *v) {
    page_at(v, GENERATE_DATA + PP_VM_PAGE_SIZE)->perm = PP_PERM_RO;
}

// Siblings that a walk of the subtree meets before the page that is not opened; *met: it was there.
static size_t siblings_before(const pp_vm_shard *s, uint32_t first, unsigned level, uint32_t page,
                              bool *met) {
    size_t opened = 0;
    for (size_t i = 0; i < s->pages_len; i++)
        opened += s->pages[i].index >> level == first >> level;
    if (opened == 0) {
        *met = first == page && level == 0;
        return *met ? 0 : 1;
    }
    if (level == 0) return 0;
    size_t n = siblings_before(s, first, level - 1, page, met);
    return *met
               ? n
               : n + siblings_before(s, first + ((uint32_t)1 << (level - 1)), level - 1, page, met);
}

// Opens the page that is the other child of an opened one's parent.
static void open_page(victim *v, uint64_t address, pp_perm perm, const uint8_t *bytes) {
    pp_vm_shard *s = &v->shard;
    const uint32_t page = (uint32_t)(address >> PP_VM_LOG_PAGE);
    bool met;
    size_t at = siblings_before(s, 0, PP_VM_TREE_DEPTH, page, &met), i = 0;
    PP_ASSERT(met);
    memmove(s->siblings + at, s->siblings + at + 1,
            (s->siblings_len - at - 1) * sizeof *s->siblings);
    s->siblings_len--;
    s->pages = realloc(s->pages, (s->pages_len + 1) * sizeof *s->pages);
    PP_ASSERT(s->pages != NULL);
    while (i < s->pages_len && s->pages[i].index < page) i++;
    memmove(s->pages + i + 1, s->pages + i, (s->pages_len - i) * sizeof *s->pages);
    s->pages_len++;
    s->pages[i].index = page;
    s->pages[i].perm = perm;
    memcpy(s->pages[i].bytes, bytes, PP_VM_PAGE_SIZE);
}
static void input_page_more(victim *v) {
    static const uint8_t zeros[PP_VM_PAGE_SIZE];
    open_page(v, PP_VM_INPUT_START + PP_VM_PAGE_SIZE, PP_PERM_RO, zeros);
}
static void second_text_page(victim *v, pp_perm perm) {
    const uint64_t address = SUPPORT_TEXT + PP_VM_PAGE_SIZE;
    uint8_t bytes[PP_VM_PAGE_SIZE];
    pp_program_page(bytes, &v->program, address >> PP_VM_LOG_PAGE);
    open_page(v, address, perm, bytes);
}
static void text_rw(victim *v) {
    second_text_page(v, PP_PERM_RW);
}
static void text_ro(victim *v) {
    second_text_page(v, PP_PERM_RO);
}

// ---- in the records -----------------------------------------------------------------------------

static pp_step *step(victim *v, unsigned kind, size_t i) {
    PP_ASSERT(i < v->trace.steps[kind].len);
    return &v->trace.steps[kind].items[i];
}
static pp_step *step_at(victim *v, unsigned kind, size_t word) {
    size_t i = 0;
    while (step(v, kind, i)->pc != SUPPORT_TEXT + 4 * word) i++;
    return step(v, kind, i);
}
static void remove_step(victim *v, unsigned kind, const pp_step *s) {
    pp_steps *list = &v->trace.steps[kind];
    const size_t i = (size_t)(s - list->items);
    memmove(list->items + i, list->items + i + 1, (list->len - i - 1) * sizeof *s);
    list->len--;
}
static void add_step(victim *v, unsigned kind, const pp_step *s) {
    pp_steps *list = &v->trace.steps[kind];
    list->items = realloc(list->items, (list->len + 1) * sizeof *s);
    PP_ASSERT(list->items != NULL);
    list->items[list->len++] = *s;
    list->max = list->len;
}
// All that happens from a time on happens later, or earlier.
static void shift(victim *v, uint32_t from, int32_t by) {
    pp_trace *t = &v->trace;
    for (unsigned kind = 0; kind < PP_STEPS_LEN; kind++) {
        for (size_t i = 0; i < t->steps[kind].len; i++) {
            pp_step *s = step(v, kind, i);
            if (s->time >= from) s->time += (uint32_t)by;
            for (unsigned k = 0; k < PP_COUNT(s->cell); k++)
                if (s->cell[k].time >= from) s->cell[k].time += (uint32_t)by;
            if (kind == PP_STEP_REFRESH && s->b >= from) s->b += (uint32_t)by;
        }
    }
    for (size_t i = 0; i < t->pages_len; i++)
        for (unsigned k = 0; k < PP_COUNT(t->pages[i].time); k++)
            if (t->pages[i].time[k] >= from) t->pages[i].time[k] += (uint32_t)by;
    t->end_time += (uint32_t)by;
}

// The memory at the end, and when it was touched last.
static pp_trace_page *end_page(victim *v, uint64_t address) {
    size_t i = 0;
    while (v->trace.pages[i].index != address >> PP_VM_LOG_PAGE) i++;
    return &v->trace.pages[i];
}
static uint8_t *end_bytes(victim *v, uint64_t address) {
    return end_page(v, address)->bytes + address % PP_VM_PAGE_SIZE;
}
static uint32_t *end_time(victim *v, uint64_t address) {
    return &end_page(v, address)->time[address % PP_VM_PAGE_SIZE / 8];
}
static uint64_t machine_cell(unsigned number) {
    return PP_VM_MACHINE_START + 8 * (uint64_t)number;
}
static void set_machine(victim *v, unsigned number, uint64_t value) {
    pp_store_le64(end_bytes(v, machine_cell(number)), value);
}
// Another immediate of an addi that was executed once: in the record, in the text, in its result.
static void set_immediate(victim *v, pp_step *s, int32_t imm) {
    const size_t at = (s->pc - SUPPORT_TEXT) / 4;
    replace(v, at, PP_OP_ADDI, s->rd, s->rs1, 0, imm);
    memcpy(end_bytes(v, s->pc), page_at(v, s->pc)->bytes + 4 * at, 4);
    s->result = s->cell[0].v + (uint64_t)(int64_t)imm;
    s->imm = imm;
}
// The access to a register that is the first from this time on, of those that write it by addi.
static pp_step *addi_to(victim *v, unsigned rd, uint32_t from) {
    size_t i = 0;
    while (step(v, PP_OP_ADDI, i)->rd != rd || step(v, PP_OP_ADDI, i)->time < from) i++;
    return step(v, PP_OP_ADDI, i);
}

// A register reads as another value than it has.
static void register_read(victim *v) {
    step(v, PP_OP_BEQ, 0)->cell[0].v ^= 4;
}
// It reads as what it will be: a refresh carries the later value back in time.
static void time_travel(victim *v) {
    pp_step *first = step_at(v, PP_OP_ADDI, v->constant + 2), *read = step(v, PP_OP_BEQ, 0);
    pp_step *second = addi_to(v, 19, read->time);
    size_t i = 0;
    while (step(v, PP_STEP_REFRESH, i)->a != 19) i++;
    step(v, PP_STEP_REFRESH, i)->cell[0].time = first->time + 3;
    const pp_step back = {
        .cell[0] = {.v = 2, .time = second->time + 3}, .a = 19, .b = read->time - 1};
    read->cell[0] = (pp_cell){.v = 2, .time = read->time - 1};
    *end_time(v, machine_cell(19)) = read->time;
    add_step(v, PP_STEP_REFRESH, &back);
}
// An instruction is not executed, and all after it happens as much earlier: the one before it says
// that it leads on to the next but one.
static void skipped(victim *v) {
    pp_step *before = step_at(v, PP_OP_LUI, v->constant);
    const uint32_t from = before->time + PP_TICKS_STEP;
    before->op = PP_OP_JAL;
    before->imm = 8;
    remove_step(v, PP_OP_ADDI, step_at(v, PP_OP_ADDI, v->constant + 1));
    v->trace.counts[v->constant + 1] = 0;
    *end_time(v, machine_cell(13)) = 0;
    shift(v, from, -PP_TICKS_STEP);
}
// The second cell of an access across holds something else: one that is loaded from, one whose
// other bytes a store leaves alone.
static void across_load(victim *v) {
    pp_step *s = step(v, PP_STEP_LOAD_ACROSS, 0);
    s->cell[4].v ^= 1;
    s->result ^= (uint64_t)1 << 24;
    set_machine(v, 15, s->result);
}
static void across_store(victim *v) {
    step(v, PP_STEP_STORE_ACROSS, 0)->cell[4].v ^= (uint64_t)1 << 56;
    end_bytes(v, GENERATE_DATA + 24)[7] ^= 1;
}
// A byte of the output that is not the memory's.
static void output_source(victim *v) {
    pp_step *s = step(v, PP_STEP_BYTE, 2);
    s->cell[0].v ^= (uint64_t)1 << (8 * (s->a & 7));
    for (size_t i = 3; i < 8; i++) step(v, PP_STEP_BYTE, i)->cell[1].v ^= (uint64_t)1 << (8 * s->b);
    end_bytes(v, machine_cell(PP_CELL_OUTPUT))[s->b] ^= 1;
}
// One byte more than there may be.
static void output_257(victim *v) {
    pp_step *write = step(v, PP_STEP_WRITE, 1);
    const uint64_t pointer = write->cell[2].v, to = machine_cell(PP_CELL_OUTPUT) + PP_OUTPUT_MAX;
    const uint32_t at = write->time + PP_TICKS_CALL;
    pp_step *size = addi_to(v, 12, step(v, PP_STEP_WRITE, 0)->time);
    set_immediate(v, size, 1);
    write->cell[3].v = write->result = 1;
    set_machine(v, 12, 1);
    set_machine(v, PP_CELL_OUTPUT_SIZE, PP_OUTPUT_MAX + 1);
    addi_to(v, 10, at)->cell[2].v = 1;
    shift(v, at, PP_TICKS_STEP);
    pp_step more = {
        .pc = write->pc, .time = at, .a = (uint32_t)pointer, .b = PP_OUTPUT_MAX, .c = 1};
    more.perm[0] = PP_PERM_RW;
    more.cell[0] =
        (pp_cell){.v = pp_load_le64(end_bytes(v, pointer)), .time = *end_time(v, pointer)};
    more.cell[1] = (pp_cell){.v = pp_load_le64(end_bytes(v, to)), .time = *end_time(v, to)};
    *end_time(v, pointer) = at;
    *end_time(v, to) = at + 1;
    add_step(v, PP_STEP_BYTE, &more);
}
// A true run of a program that halts with code 3.
static void exit_3(victim *v) {
    set_immediate(v, step_at(v, PP_OP_ADDI, v->last_a0), 3);
    step(v, PP_STEP_HALT, 0)->cell[1].v = 3;
    set_machine(v, 10, 3);
    set_machine(v, PP_CELL_EXIT, 3);
}
// Where no code is: the run ends with a jump, jalr x17, 0(x16) with x16 = 1.
static void stop_before_jump(victim *v) {
    replace(v, v->nothing, PP_OP_JALR, 17, 16, 0, 0);
    v->shard.last = false;
    v->shard.cycles = v->nothing - 1; // one is branched over
}
static void jump_away(victim *v, uint64_t to) {
    pp_trace *t = &v->trace;
    const uint64_t pc = SUPPORT_TEXT + 4 * (uint64_t)v->nothing;
    PP_ASSERT(t->end_pc == pc);
    pp_step s = {.pc = (uint32_t)pc, .time = t->end_time, .op = PP_OP_JALR, .rd = 17, .rs1 = 16};
    s.cell[0] = (pp_cell){.v = 1, .time = *end_time(v, machine_cell(16))};
    s.cell[2] = (pp_cell){.v = 0, .time = *end_time(v, machine_cell(17))};
    s.result = pc + 4;
    s.cell[2].v = pp_load_le64(end_bytes(v, machine_cell(17)));
    *end_time(v, machine_cell(16)) = s.time;
    *end_time(v, machine_cell(17)) = s.time + 3;
    set_machine(v, 17, s.result);
    set_machine(v, PP_CELL_PC, to);
    t->counts[v->nothing]++;
    t->end_pc = to;
    t->end_time += PP_TICKS_STEP;
    add_step(v, PP_OP_JALR, &s);
}
static void jump_to_0(victim *v) {
    jump_away(v, 0);
}
static void jump_to_1(victim *v) {
    jump_away(v, 1);
}
// A load from a second opening of its page, where nothing was stored.
static void stale_load(victim *v) {
    pp_step *s = step(v, PP_STEP_LOAD_ACROSS, 0);
    step(v, PP_STEP_BYTE, 0)->cell[0].time = s->cell[4].time;
    *end_time(v, GENERATE_DATA) = s->cell[3].time;
    s->cell[3] = s->cell[4] = (pp_cell){.v = 0, .time = 0};
    s->result = 0;
    set_machine(v, 15, 0);
}

// jalr to 1: a quarter of an instruction beside 0.
static void jalr_to_1(victim *v) {
    *cell(v, "jalr", 0, "target_w", -1) = pp_fp_inverse(pp_fp_from_u32(4));
    set(v, "jalr", 0, "target_odd", 0);
}
// The same with nodes of its own up to the root.
static void page_twice_with_nodes(victim *v) {
    static const char *const digests[3][2] = {
        {"left_before", "left_after"}, {"right_before", "right_after"}, {"before", "after"}};
    const uint32_t from = row_of_page(v, GENERATE_DATA), page = (uint32_t)v->trace.pages_len;
    const pp_step *load = step(v, PP_STEP_LOAD_ACROSS, 0);
    victim_grow(v, "page", 1);
    victim_grow(v, "node", PP_VM_TREE_DEPTH);
    victim_grow(v, "permutation", PP_VM_TREE_DEPTH);
    PP_ASSERT(value(v, "page", from, "is_zero") == 1);
    copy_row(v, "page", page, from);
    set(v, "page", page, "is_changed", 0);
    for (int i = 0; i < PP_VM_PAGE_SIZE / 2; i++)
        *cell(v, "page", page, "after", i) = *cell(v, "page", page, "before", i);
    for (int i = 0; i < PP_DIGEST_LEN; i++)
        *cell(v, "page", page, "digest_after", i) = *cell(v, "page", page, "digest_before", i);
    for (int i = 0; i < PP_VM_PAGE_SIZE / 8; i++)
        *cell(v, "page", page, "time", i) =
            pp_fp_from_u32(i < 2 ? load->time + 1 + (uint32_t)i : 0);
    // Its limbs and the lower part of its index are zero, the upper part is 1.
    bump(cell(v, "range", 1 << 16, "count", -1), PP_VM_PAGE_SIZE / 2 + 1);
    bump(cell(v, "range", (1 << 3) + 1, "count", -1), 1);
    uint32_t nodes = victim_used(v, "node", "is_real"), permutations = 0;
    while (value(v, "permutation", permutations, "is_node") +
               value(v, "permutation", permutations, "is_block") !=
           0)
        permutations++;
    for (uint32_t level = 1; level <= PP_VM_TREE_DEPTH; level++, nodes++, permutations++) {
        const uint32_t index = v->trace.pages[from].index >> (level - 1);
        uint32_t row = 0, hash = 0;
        while (value(v, "node", row, "level") != level ||
               value(v, "node", row, "index") != index / 2)
            row++;
        copy_row(v, "node", nodes, row);
        set(v, "node", nodes, "is_changed", 0);
        set(v, "node", nodes, index % 2 != 0 ? "left_is_touched" : "right_is_touched", 0);
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < PP_DIGEST_LEN; i++)
                *cell(v, "node", nodes, digests[k][1], i) =
                    *cell(v, "node", nodes, digests[k][0], i);
        for (bool same = false; !same; hash += !same) {
            same = value(v, "permutation", hash, "is_node") == 1;
            for (int i = 0; i < PP_DIGEST_LEN && same; i++)
                same = cell(v, "permutation", hash, "in", i)->v ==
                           cell(v, "node", nodes, "left_before", i)->v &&
                       cell(v, "permutation", hash, "in", PP_DIGEST_LEN + i)->v ==
                           cell(v, "node", nodes, "right_before", i)->v;
        }
        copy_row(v, "permutation", permutations, hash);
    }
}

// ---- in the head --------------------------------------------------------------------------------

static void say_word(victim *v, unsigned number, uint64_t x) {
    pp_store_le64(v->head + 48 + 4 * PP_DIGEST_SIZE + 8 * number, x);
}
static void say_exit_0(victim *v) {
    say_word(v, PP_CELL_EXIT, 0);
}
static void say_pc_1(victim *v) {
    say_word(v, PP_CELL_PC, 1);
}
static void say_256(victim *v) {
    say_word(v, PP_CELL_OUTPUT_SIZE, PP_OUTPUT_MAX);
}

// ---- all of them --------------------------------------------------------------------------------

#define RECORDS(fn, what, text) {.name = what, .records = fn, .finding = text}
#define MEMORY(fn, what, text) {.name = what, .memory = fn, .finding = text}

static const lie lies[] = {
    {.name = "page opened twice, with its own nodes",
     .records = stale_load,
     .rows = page_twice_with_nodes,
     .finding = "bus tree:"},
    RECORDS(register_read, "forged register", "bus mem:"),
    {.name = "value from the future",
     .parts = WITH_LONG_LOOP,
     .records = time_travel,
     .finding = "bus range:"},
    RECORDS(skipped, "instruction skipped", "bus decode:"),
    RECORDS(across_load, "second cell of a load", "bus mem:"),
    RECORDS(across_store, "second cell of a store", "bus mem:"),
    RECORDS(output_source, "source of an output byte", "bus mem:"),
    {.name = "257 bytes of output",
     .parts = WITH_FULL_OUTPUT,
     .records = output_257,
     .head = say_256,
     .finding = "bus range:"},
    // Jumps to where no code is.
    {.name = "jump to 0",
     .memory = stop_before_jump,
     .records = jump_to_0,
     .status = PP_CLAIM_ENDING},
    {.name = "jump to 0, called a halt",
     .memory = stop_before_jump,
     .records = jump_to_0,
     .head = say_pc_1,
     .status = PP_CLAIM_ROOT},
    {.name = "jump to 0, ending as 1",
     .memory = stop_before_jump,
     .records = jump_to_1,
     .finding = "bus state:"},
    {.name = "jump to 1",
     .memory = stop_before_jump,
     .records = jump_to_1,
     .rows = jalr_to_1,
     .finding = "bus range:"},
    // A true run, with another end.
    {.name = "exit code 3", .records = exit_3, .status = PP_CLAIM_ENDING},
    {.name = "exit code 3, called 0",
     .records = exit_3,
     .head = say_exit_0,
     .status = PP_CLAIM_ROOT},
    // The memory at the start, executed and with the whole tree hashed anew.
    MEMORY(input_rw, "input written", "only a program's pages differ"),
    MEMORY(input_restored, "input written and restored", "only a program's pages differ"),
    MEMORY(program_mach, "the machine's page in the program", "a program's page is RO, RW or RX"),
    MEMORY(program_none, "no page in the program", "a program's page is RO, RW or RX"),
    // These are true: of memory that is not the file's, and so under another name.
    {.name = "length of no input", .memory = input_size, .other_input = true},
    {.name = "bytes behind the input", .memory = input_tail, .other_input = true},
    {.name = "page behind the input", .memory = input_page_more, .other_input = true},
    {.name = "data that may not be written", .memory = data_ro, .other_program = true},
    {.name = "text that may be written",
     .parts = WITH_LONG_TEXT,
     .memory = text_rw,
     .other_program = true},
    {.name = "text that is data",
     .parts = WITH_LONG_TEXT,
     .memory = text_ro,
     .other_program = true},
};

PP_TEST(lies_about_runs) {
    tell_lies(lies, PP_COUNT(lies));
}
