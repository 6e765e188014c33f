// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/trace.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "vm/machine.h"

#define CELLS ((size_t)(PP_VM_MEMORY_SIZE / 8))
#define MACHINE_CELL ((uint32_t)(PP_VM_MACHINE_START / 8))

enum {
    A0 = 10,
    A1 = 11,
    A2 = 12,
    A7 = 17,
    // The longest single step: an output write and its bytes.
    LONGEST_STEP = PP_TICKS_CALL + PP_OUTPUT_MAX * PP_TICKS_STEP,
};

// What an operation touches, by the letter of its form in PP_OPS.
static const char forms[PP_OPS_LEN] = {'N',
#define X(name, text, form) #form[0],
                                       PP_OPS(X)
#undef X
};
static bool has(pp_op op, const char *letters) {
    return strchr(letters, forms[op]) != NULL;
}

static pp_step *append(pp_steps *list, const pp_step *step) {
    if (list->len == list->max) {
        list->max = list->max ? list->max * 2 : 256;
        pp_step *more = realloc(list->items, list->max * sizeof *more);
        PP_ASSERT(more != NULL);
        list->items = more;
    }
    list->items[list->len] = *step;
    return &list->items[list->len++];
}

// The access to a cell at time `at`: the time of the one before.
static uint32_t take(pp_trace *t, uint64_t cell, uint32_t at) {
    uint32_t before = t->times[cell];
    t->times[cell] = at;
    return before;
}

static void take_register(pp_trace *t, pp_cell *cell, unsigned number, uint64_t value,
                          uint32_t at) {
    uint32_t before = take(t, MACHINE_CELL + number, at);
    if (at - before - 1 >= PP_REFRESH_TICKS) {
        uint32_t carried = t->now - 1;
        pp_step refresh = {.cell[0] = {value, before}, .a = number, .b = carried};
        append(&t->steps[PP_STEP_REFRESH], &refresh);
        before = carried;
    }
    *cell = (pp_cell){value, before};
}

// A cell of the machine's pages that is no register; its value lives in the memory of Q3.
static void take_machine(pp_machine *m, pp_cell *cell, unsigned number, uint32_t at) {
    uint8_t *value = m->memory + PP_VM_MACHINE_START + 8 * (uint64_t)number;
    *cell = (pp_cell){pp_load_le64(value), take(m->trace, MACHINE_CELL + number, at)};
}
static void set_machine(pp_machine *m, unsigned number, uint64_t value) {
    pp_store_le64(m->memory + PP_VM_MACHINE_START + 8 * (uint64_t)number, value);
}

static uint8_t perm_of(const pp_machine *m, uint64_t address) {
    return m->pages[address >> PP_VM_LOG_PAGE] >> PP_PAGE_PERM_SHIFT;
}

void pp_trace_before(pp_machine *m, uint64_t pc) {
    pp_trace *t = m->trace;
    pp_step *s = &t->step;
    pp_insn insn = pp_decode(pp_load_le32(m->memory + pc));
    *s = (pp_step){.pc = (uint32_t)pc,
                   .time = t->now,
                   .imm = insn.imm,
                   .op = (uint8_t)insn.op,
                   .rd = insn.rd == 0 && insn.op != PP_OP_ECALL ? PP_CELL_SINK : insn.rd,
                   .rs1 = insn.rs1,
                   .rs2 = insn.rs2};
    if (insn.op == PP_OP_ECALL) {
        static const uint8_t arguments[] = {A7, A0, A1, A2};
        for (int i = 0; i < 4; i++) s->cell[i].v = m->regs[arguments[i]];
        return;
    }
    s->cell[0].v = m->regs[s->rs1];
    s->cell[1].v = m->regs[s->rs2];
    s->cell[2].v = m->regs[s->rd];
    if (insn.op < PP_OP_LB || insn.op > PP_OP_SD) return;
    uint64_t address = (m->regs[s->rs1] + (uint64_t)(int64_t)s->imm) & ~(uint64_t)7;
    if (address < PP_VM_MEMORY_SIZE) s->cell[3].v = pp_load_le64(m->memory + address);
    if (address < PP_VM_MEMORY_SIZE - 8) s->cell[4].v = pp_load_le64(m->memory + address + 8);
}

static void end_memory(pp_machine *m, pp_step *s, unsigned *kind) {
    pp_trace *t = m->trace;
    static const uint8_t logs[] = {0, 1, 2, 3, 0, 1,
                                   2, 0, 1, 2, 3}; // LB LH LW LD LBU … SB SH SW SD
    unsigned size = 1u << logs[s->op - PP_OP_LB];
    bool store = s->op >= PP_OP_SB;
    uint64_t address = s->cell[0].v + (uint64_t)(int64_t)s->imm, cell = address / 8;
    uint32_t at = s->time + (store ? 2 : 1);
    s->cell[3].time = take(t, cell, at);
    s->perm[0] = perm_of(m, address);
    if ((address & (size - 1)) == 0) return;
    *kind = store ? PP_STEP_STORE_ACROSS : PP_STEP_LOAD_ACROSS;
    if ((address & 7) + size <= 8) {
        s->cell[4].v = 0;
        return;
    }
    s->cell[4].time = take(t, cell + 1, at + 1);
    s->perm[1] = perm_of(m, 8 * (cell + 1));
}

static void end_instruction(pp_machine *m) {
    pp_trace *t = m->trace;
    pp_step *s = &t->step;
    pp_op op = (pp_op)s->op;
    unsigned kind = op;
    if (has(op, "RISBH")) take_register(t, &s->cell[0], s->rs1, s->cell[0].v, s->time);
    if (has(op, "RSB")) take_register(t, &s->cell[1], s->rs2, s->cell[1].v, s->time + 1);
    if (op >= PP_OP_LB && op <= PP_OP_SD) end_memory(m, s, &kind);
    if (op == PP_OP_FENCE) m->regs[PP_CELL_SINK] = 0; // a constant 0 for nobody
    if (has(op, "RIHUJ") || op == PP_OP_FENCE) {
        take_register(t, &s->cell[2], s->rd, s->cell[2].v, s->time + 3);
        s->result = m->regs[s->rd];
    }
    append(&t->steps[kind], s);
    t->now += PP_TICKS_STEP;
}

// The bytes of an output write, one step each.
static void bytes(pp_machine *m, uint64_t pointer, uint32_t position, uint32_t size) {
    pp_trace *t = m->trace;
    for (uint32_t i = 0; i < size; i++, pointer++, position++) {
        pp_step s = {.pc = t->step.pc, .time = t->now, .a = (uint32_t)pointer, .b = position};
        s.c = size - i;
        s.perm[0] = perm_of(m, pointer);
        s.cell[0].v = pp_load_le64(m->memory + (pointer & ~(uint64_t)7));
        s.cell[0].time = take(t, pointer / 8, s.time);
        take_machine(m, &s.cell[1], PP_CELL_OUTPUT + position / 8, s.time + 1);
        m->memory[PP_VM_MACHINE_START + 8 * PP_CELL_OUTPUT + position] = m->memory[pointer];
        append(&t->steps[PP_STEP_BYTE], &s);
        t->now += PP_TICKS_STEP;
    }
}

static void end_call(pp_machine *m) {
    pp_trace *t = m->trace;
    pp_step *s = &t->step;
    uint64_t a0 = s->cell[1].v, a1 = s->cell[2].v, a2 = s->cell[3].v;
    take_register(t, &s->cell[0], A7, s->cell[0].v, s->time);
    take_register(t, &s->cell[1], A0, a0, s->time + 1);
    if (s->cell[0].v == PP_ECALL_HALT) {
        take_machine(m, &s->cell[2], PP_CELL_EXIT, s->time + 2);
        set_machine(m, PP_CELL_EXIT, a0);
        append(&t->steps[PP_STEP_HALT], s);
        t->now += PP_TICKS_CALL;
        t->end_pc = 1;
        return;
    }
    s->result = a2;
    if (a0 != PP_FD_OUTPUT) {
        take_register(t, &s->cell[2], A2, a2, s->time + 2);
        append(&t->steps[PP_STEP_DEBUG], s);
        t->now += PP_TICKS_CALL;
        return;
    }
    take_register(t, &s->cell[2], A1, a1, s->time + 2);
    take_register(t, &s->cell[3], A2, a2, s->time + 3);
    take_machine(m, &s->cell[4], PP_CELL_OUTPUT_SIZE, s->time + 4);
    uint32_t before = (uint32_t)s->cell[4].v;
    set_machine(m, PP_CELL_OUTPUT_SIZE, before + a2);
    append(&t->steps[PP_STEP_WRITE], s);
    t->now += PP_TICKS_CALL;
    bytes(m, a1, before, (uint32_t)a2);
}

void pp_trace_after(pp_machine *m) {
    pp_trace *t = m->trace;
    t->counts[(t->step.pc - m->text_start) / 4]++;
    if (t->step.op == PP_OP_ECALL)
        end_call(m);
    else
        end_instruction(m);
    if (t->now < PP_TIME_MAX - LONGEST_STEP) return;
    t->full = true;
    m->remaining = 0;
}

// ---- the end of a run ---------------------------------------------------------------------------

static void keep_page(pp_machine *m, uint32_t index, pp_perm perm) {
    pp_trace *t = m->trace;
    pp_trace_page *p = &t->pages[t->pages_len++];
    p->index = index;
    p->perm = perm;
    memcpy(p->bytes, m->memory + ((uint64_t)index << PP_VM_LOG_PAGE), PP_VM_PAGE_SIZE);
    memcpy(p->time, t->times + (size_t)index * (PP_VM_PAGE_SIZE / 8), sizeof p->time);
}

void pp_trace_finish(pp_machine *m) {
    pp_trace *t = m->trace;
    const pp_vm_result *r = m->result;
    const uint32_t machine_page = (uint32_t)(PP_VM_MACHINE_START >> PP_VM_LOG_PAGE);
    size_t most = 2 + (size_t)(r->pages[0] + r->pages[1] + r->pages[2]);
    t->pages = calloc(most, sizeof *t->pages);
    PP_ASSERT(t->pages != NULL);
    for (uint32_t i = 0; i < machine_page; i++)
        if ((m->pages[i] & PP_PAGE_TOUCHED) != 0)
            keep_page(m, i, (pp_perm)(m->pages[i] >> PP_PAGE_PERM_SHIFT));
    t->end_time = t->now;
    for (unsigned i = 0; i <= PP_CELL_SINK; i++) set_machine(m, i, m->regs[i]);
    set_machine(m, PP_CELL_PC, t->end_pc);
    keep_page(m, machine_page, PP_PERM_MACH);
    if (r->output_size > 0) keep_page(m, machine_page + 1, PP_PERM_MACH);
}

bool pp_trace_begin(pp_err *err, pp_trace *t, size_t words) {
    *t = (pp_trace){.now = PP_TIME_START, .counts_len = words};
    t->counts = calloc(words + 1, sizeof *t->counts);
    void *times = mmap(NULL, CELLS * sizeof *t->times, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    t->times = times == MAP_FAILED ? NULL : times;
    if (t->counts != NULL && t->times != NULL) return true;
    pp_trace_free(t);
    return pp_err_set(err, PP_EXIT_USAGE, "no address space for a trace (512 MiB; see ulimit -v)");
}

void pp_trace_free(pp_trace *t) {
    for (size_t i = 0; i < PP_STEPS_LEN; i++) free(t->steps[i].items);
    if (t->times != NULL) munmap(t->times, CELLS * sizeof *t->times);
    free(t->pages);
    free(t->counts);
    memset(t, 0, sizeof *t);
}
