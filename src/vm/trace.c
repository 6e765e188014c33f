// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/trace.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "vm/machine.h"

#define CELLS ((size_t)(PP_VM_MEMORY_SIZE / 8))
#define MACHINE_CELL ((uint32_t)(PP_VM_MACHINE_START / 8))

enum { A0 = PP_REGISTER_A0, A1, A2, A7 = PP_REGISTER_A7 };
enum { MACHINE_PAGE = (int)(PP_VM_MACHINE_START >> PP_VM_LOG_PAGE), OUTPUT_PAGE };

// What an operation touches, by the letter of its form in PP_OPS.
static const char forms[PP_OPS_LEN] = {'N',
#define X(name, text, form) #form[0],
                                       PP_OPS(X)
#undef X
};
static bool has(pp_op op, const char *letters) {
    return strchr(letters, forms[op]) != NULL;
}

static void append(pp_trace *t, unsigned kind, const pp_step *step) {
    pp_steps *list = &t->steps[kind];
    if (t->plan != NULL) {
        pp_plan_step(t->plan, kind);
        return;
    }
    if (list->len == list->max) {
        size_t max = list->max ? list->max * 2 : 256;
        pp_step *more = realloc(list->items, max * sizeof *more);
        if (more == NULL) {
            t->spent = true;
            return;
        }
        list->items = more;
        list->max = max;
    }
    list->items[list->len++] = *step;
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
        pp_step refresh = {.cell[0] = {.v = value, .time = before}, .a = number, .b = carried};
        append(t, PP_STEP_REFRESH, &refresh);
        before = carried;
    }
    *cell = (pp_cell){.v = value, .time = before};
}

// A cell of the machine's pages that is no register; its value lives in the memory of Q3.
static void take_machine(pp_vm_machine *m, pp_cell *cell, unsigned number, uint32_t at) {
    uint8_t *value = m->memory + PP_VM_MACHINE_START + 8 * (uint64_t)number;
    *cell = (pp_cell){.v = pp_load_le64(value), .time = take(m->trace, MACHINE_CELL + number, at)};
}
static void set_machine(pp_vm_machine *m, unsigned number, uint64_t value) {
    pp_store_le64(m->memory + PP_VM_MACHINE_START + 8 * (uint64_t)number, value);
}

static uint8_t perm_of(const pp_vm_machine *m, uint64_t address) {
    return m->pages[address >> PP_VM_LOG_PAGE] >> PP_PAGE_PERM_SHIFT;
}

void pp_trace_before(pp_vm_machine *m, uint64_t pc) {
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

static unsigned size_of(pp_op op) {
    static const uint8_t logs[] = {0, 1, 2, 3, 0, 1,
                                   2, 0, 1, 2, 3}; // LB LH LW LD LBU … SB SH SW SD
    return 1u << logs[op - PP_OP_LB];
}

unsigned pp_trace_kind(const pp_vm_machine *m, pp_insn insn) {
    if (insn.op < PP_OP_LB || insn.op > PP_OP_SD) return insn.op;
    uint64_t address = m->regs[insn.rs1] + (uint64_t)(int64_t)insn.imm;
    if ((address & (size_of(insn.op) - 1)) == 0) return insn.op;
    return insn.op >= PP_OP_SB ? PP_STEP_STORE_ACROSS : PP_STEP_LOAD_ACROSS;
}

static void end_memory(pp_vm_machine *m, pp_step *s, unsigned *kind) {
    pp_trace *t = m->trace;
    unsigned size = size_of((pp_op)s->op);
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

static void end_instruction(pp_vm_machine *m) {
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
    append(t, kind, s);
    t->now += PP_TICKS_STEP;
}

// The bytes of an output write, one step each.
static void bytes(pp_vm_machine *m, uint64_t pointer, uint32_t position, uint32_t size) {
    pp_trace *t = m->trace;
    const uint32_t page = OUTPUT_PAGE;
    if (size > 0 && (m->pages[page] & PP_PAGE_TOUCHED) == 0) {
        m->pages[page] |= PP_PAGE_TOUCHED;
        t->astray = m->plan == NULL;
        if (m->plan != NULL) pp_plan_touch(m->plan, page);
    }
    for (uint32_t i = 0; i < size; i++, pointer++, position++) {
        pp_step s = {.pc = t->step.pc, .time = t->now, .a = (uint32_t)pointer, .b = position};
        s.c = size - i;
        s.perm[0] = perm_of(m, pointer);
        s.cell[0].v = pp_load_le64(m->memory + (pointer & ~(uint64_t)7));
        s.cell[0].time = take(t, pointer / 8, s.time);
        take_machine(m, &s.cell[1], PP_CELL_OUTPUT + position / 8, s.time + 1);
        m->memory[PP_VM_MACHINE_START + 8 * PP_CELL_OUTPUT + position] = m->memory[pointer];
        append(t, PP_STEP_BYTE, &s);
        t->now += PP_TICKS_STEP;
    }
}

static pp_cell *new_operands(pp_trace *t, size_t n) {
    if (t->operands_len + n > t->operands_max) {
        size_t max = t->operands_max ? 2 * t->operands_max : 1024;
        pp_cell *more = realloc(t->operands, max * sizeof *more);
        if (more == NULL) {
            t->spent = true;
            return NULL;
        }
        t->operands = more;
        t->operands_max = max;
    }
    t->operands_len += n;
    return t->operands + t->operands_len - n;
}

static void accelerate(pp_vm_machine *m, const pp_accel *a) {
    pp_trace *t = m->trace;
    pp_step *s = &t->step;
    pp_cell cells[PP_ACCEL_OPERANDS_MAX + PP_ACCEL_CELLS_MAX], *next = cells + a->operands_len;
    const uint64_t *word = t->words;
    for (unsigned i = 0; i < a->operands_len; i++) {
        uint32_t at = s->time + pp_accel_at(i);
        uint64_t value = m->regs[A0 + i];
        take_register(t, &cells[i], A0 + i, value, at);
        if (a->cells[i] == 0) *next++ = (pp_cell){.v = *word++};
        for (unsigned k = 0; k < a->cells[i]; k++)
            *next++ = (pp_cell){*word++, take(t, value / 8 + k, at + 1), perm_of(m, value)};
    }
    s->a = (uint32_t)t->operands_len;
    append(t, PP_STEP_ACCEL + (unsigned)(a - pp_accels), s);
    t->now += pp_accel_ticks(a);
    if (t->plan != NULL) return;
    pp_cell *kept = new_operands(t, (size_t)(next - cells));
    if (kept != NULL) memcpy(kept, cells, (size_t)(next - cells) * sizeof *cells);
}

static void end_call(pp_vm_machine *m) {
    pp_trace *t = m->trace;
    pp_step *s = &t->step;
    uint64_t a0 = s->cell[1].v, a1 = s->cell[2].v, a2 = s->cell[3].v;
    take_register(t, &s->cell[0], A7, s->cell[0].v, s->time);
    const pp_accel *accel = pp_accel_find(s->cell[0].v);
    if (accel != NULL) {
        accelerate(m, accel);
        return;
    }
    take_register(t, &s->cell[1], A0, a0, s->time + 1);
    if (s->cell[0].v == PP_ECALL_HALT) {
        take_machine(m, &s->cell[2], PP_CELL_EXIT, s->time + 2);
        set_machine(m, PP_CELL_EXIT, a0);
        append(t, PP_STEP_HALT, s);
        t->now += PP_TICKS_CALL;
        t->end_pc = 1;
        return;
    }
    s->result = a2;
    if (a0 != PP_FD_OUTPUT) {
        take_register(t, &s->cell[2], A2, a2, s->time + 2);
        append(t, PP_STEP_DEBUG, s);
        t->now += PP_TICKS_CALL;
        return;
    }
    take_register(t, &s->cell[2], A1, a1, s->time + 2);
    take_register(t, &s->cell[3], A2, a2, s->time + 3);
    take_machine(m, &s->cell[4], PP_CELL_OUTPUT_SIZE, s->time + 4);
    uint32_t before = (uint32_t)s->cell[4].v;
    set_machine(m, PP_CELL_OUTPUT_SIZE, before + a2);
    append(t, PP_STEP_WRITE, s);
    t->now += PP_TICKS_CALL;
    bytes(m, a1, before, (uint32_t)a2);
}

void pp_trace_after(pp_vm_machine *m) {
    pp_trace *t = m->trace;
    if (t->counts[(t->step.pc - m->text_start) / 4]++ == 0 && t->plan != NULL)
        pp_plan_word(t->plan);
    if (t->step.op == PP_OP_ECALL)
        end_call(m);
    else
        end_instruction(m);
    if (t->now < PP_TIME_MAX && !t->spent) return;
    t->full = true;
    m->remaining = 0;
}

// ---- a shard, from its start to its end ---------------------------------------------------------

void pp_trace_store_machine(pp_vm_machine *m, uint64_t pc) {
    for (unsigned i = 0; i <= PP_CELL_SINK; i++) set_machine(m, i, m->regs[i]);
    set_machine(m, PP_CELL_PC, pc);
}

static void keep_pages(pp_vm_machine *m, const pp_vm_shard *shard) {
    pp_trace *t = m->trace;
    for (size_t i = 0; i < shard->pages_len; i++) {
        const pp_shard_page *from = &shard->pages[i];
        pp_trace_page *p = &t->pages[t->pages_len++];
        p->index = from->index;
        p->perm = from->perm;
        memcpy(p->bytes, m->memory + ((uint64_t)from->index << PP_VM_LOG_PAGE), PP_VM_PAGE_SIZE);
        memcpy(p->time, t->times + (size_t)from->index * (PP_VM_PAGE_SIZE / 8), sizeof p->time);
    }
}

// The machine as the shard finds it. False when the shard has no registers, or a pc where no text
// is.
static bool enter(pp_vm_machine *m, const pp_vm_shard *shard) {
    bool has_registers = false;
    for (size_t i = 0; i < shard->pages_len; i++) {
        const pp_shard_page *p = &shard->pages[i];
        memcpy(m->memory + ((uint64_t)p->index << PP_VM_LOG_PAGE), p->bytes, PP_VM_PAGE_SIZE);
        if (p->index == OUTPUT_PAGE) m->pages[p->index] = PP_PAGE_TOUCHED;
        if (p->index < MACHINE_PAGE)
            m->pages[p->index] = (uint8_t)((unsigned)p->perm << PP_PAGE_PERM_SHIFT);
        has_registers = has_registers || p->index == MACHINE_PAGE;
    }
    const uint8_t *words = m->memory + PP_VM_MACHINE_START;
    for (unsigned i = 0; i <= PP_CELL_SINK; i++) m->regs[i] = pp_load_le64(words + 8 * i);
    uint64_t pc = pp_load_le64(words + 8 * PP_CELL_PC);
    uint64_t output = pp_load_le64(words + 8 * PP_CELL_OUTPUT_SIZE);
    if (!has_registers || m->regs[0] != 0 || output > PP_OUTPUT_MAX || pc % 4 != 0 ||
        pc - m->text_start >= m->text_size)
        return false;
    m->result->output_size = (uint32_t)output;
    m->at = m->slots + (pc - m->text_start) / 4;
    m->trace->start_pc = pc;
    return true;
}

static bool run_shard(pp_err *err, pp_vm_machine *m, const pp_vm_shard *shard) {
    pp_trace *t = m->trace;
    unsigned long long number = shard->number;
    t->pages = calloc(shard->pages_len, sizeof *t->pages);
    if (t->pages == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory for a shard's pages");
    if (!enter(m, shard))
        return pp_err_set(err, PP_EXIT_NO, "shard %llu does not say where it starts", number);
    m->remaining = shard->cycles;
    m->pages_left = shard->pages_len;
    pp_machine_run_traced(m);
    if (m->trace->spent) return pp_err_set(err, PP_EXIT_USAGE, "no memory for a shard's trace");
    bool ended = shard->last ? pp_vm_ok(m->result) : m->result->status == PP_VM_CYCLE_LIMIT;
    if (!ended || m->remaining != 0 || t->full || t->astray) {
        char text[PP_VM_DESCRIBE_MAX];
        return pp_err_set(err, PP_EXIT_NO, "shard %llu does not run as it says: %s", number,
                          pp_vm_describe(text, m->result));
    }
    if (!shard->last) t->end_pc = pp_machine_pc(m, m->at);
    t->end_time = t->now;
    pp_trace_store_machine(m, t->end_pc);
    keep_pages(m, shard);
    return true;
}

bool pp_vm_trace(pp_err *err, pp_trace *out, const pp_vm_shard *shard) {
    static const pp_vm_options none;
    pp_vm_result result = {0};
    pp_vm_machine m = {.text_start = shard->text_start,
                       .text_size = shard->text_end - shard->text_start,
                       .options = &none,
                       .result = &result,
                       .trace = out};
    if (!pp_trace_begin(err, out, (size_t)m.text_size / 4)) return false;
    if (!pp_machine_open(err, &m)) {
        pp_trace_free(out);
        return false;
    }
    bool ok = run_shard(err, &m, shard);
    pp_machine_close(&m);
    if (!ok) pp_trace_free(out);
    return ok;
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

void pp_trace_free_steps(pp_trace *t) {
    for (size_t i = 0; i < PP_STEPS_LEN; i++) {
        free(t->steps[i].items);
        t->steps[i] = (pp_steps){0};
    }
    free(t->operands);
    t->operands = NULL;
}

void pp_trace_free(pp_trace *t) {
    pp_trace_free_steps(t);
    if (t->times != NULL) munmap(t->times, CELLS * sizeof *t->times);
    free(t->pages);
    free(t->counts);
    memset(t, 0, sizeof *t);
}
