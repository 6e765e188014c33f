// SPDX-License-Identifier: MIT OR Apache-2.0
// The executor's rare paths: first touches, misaligned accesses, decoding, system calls.
#include "vm/machine.h"

bool pp_machine_end(pp_vm_machine *m, pp_vm_status status, uint64_t address) {
    m->result->status = status;
    m->result->address = address;
    return false;
}

static pp_perm perm_of(const pp_vm_machine *m, uint64_t page) {
    return (pp_perm)(m->pages[page] >> PP_PAGE_PERM_SHIFT);
}

// Notes the first touch of the page of `address`, which the caller has found to be in memory.
static bool touch(pp_vm_machine *m, uint64_t address) {
    uint8_t *page = &m->pages[address >> PP_VM_LOG_PAGE];
    if ((*page & PP_PAGE_TOUCHED) != 0) return true;
    if ((*page & PP_PAGE_KNOWN) == 0) {
        if (m->pages_left == 0) return pp_machine_end(m, PP_VM_MEMORY_LIMIT, address);
        m->pages_left--;
        m->result->pages[address / PP_VM_QUARTER_SIZE]++;
    }
    unsigned perm = *page >> PP_PAGE_PERM_SHIFT;
    *page |= PP_PAGE_TOUCHED | PP_PAGE_KNOWN | PP_PAGE_LOAD;
    if (perm == PP_PERM_RW) *page |= PP_PAGE_STORE;
    if (m->plan != NULL) pp_plan_touch(m->plan, (uint32_t)(address >> PP_VM_LOG_PAGE));
    return true;
}

static bool can_load(pp_perm perm) {
    return perm == PP_PERM_RO || perm == PP_PERM_RW || perm == PP_PERM_RX;
}

// The first byte of [address, address + size) that may not be loaded (stored); the end if all may.
static uint64_t readable_end(const pp_vm_machine *m, uint64_t address, uint64_t size) {
    if (address >= PP_VM_MEMORY_SIZE) return address;
    uint64_t end = PP_VM_MEMORY_SIZE - address < size ? PP_VM_MEMORY_SIZE : address + size;
    uint64_t page = address >> PP_VM_LOG_PAGE;
    while (page << PP_VM_LOG_PAGE < end && can_load(perm_of(m, page))) page++;
    uint64_t stop = page << PP_VM_LOG_PAGE;
    if (stop < address) return address;
    return stop < end ? stop : end;
}

// An access of at most 8 bytes lies on one page or two.
static bool access_pages(pp_vm_machine *m, uint64_t address, unsigned size, bool store) {
    pp_vm_status bad = store ? PP_VM_BAD_STORE : PP_VM_BAD_LOAD;
    if (address > PP_VM_MEMORY_SIZE - size) return pp_machine_end(m, bad, address);
    uint64_t first = address >> PP_VM_LOG_PAGE, last = (address + size - 1) >> PP_VM_LOG_PAGE;
    for (uint64_t page = first; page <= last; page++) {
        pp_perm perm = perm_of(m, page);
        if (store ? perm != PP_PERM_RW : !can_load(perm)) return pp_machine_end(m, bad, address);
    }
    if (!touch(m, address) || !touch(m, address + size - 1)) return false;
    if ((address & (size - 1)) != 0) m->result->misaligned++;
    return true;
}

bool pp_machine_load(pp_vm_machine *m, uint64_t *out, uint64_t address, unsigned size) {
    if (!access_pages(m, address, size, false)) return false;
    *out = 0;
    memcpy(out, m->memory + address, size);
    return true;
}

bool pp_machine_store(pp_vm_machine *m, uint64_t address, uint64_t value, unsigned size) {
    if (!access_pages(m, address, size, true)) return false;
    memcpy(m->memory + address, &value, size);
    return true;
}

bool pp_machine_is_code(const pp_vm_machine *m, uint64_t pc) {
    return pc % 4 == 0 && pc < PP_VM_MEMORY_SIZE && perm_of(m, pc >> PP_VM_LOG_PAGE) == PP_PERM_RX;
}

bool pp_machine_is_target(const pp_vm_machine *m, uint64_t pc) {
    if (m->trace == NULL || m->plan != NULL) return pp_machine_is_code(m, pc);
    return pc % 4 == 0 && pc - m->text_start < m->text_size;
}

static bool is_jump(pp_op op) {
    return op == PP_OP_JAL || (op >= PP_OP_BEQ && op <= PP_OP_BGEU);
}

bool pp_machine_decode(pp_vm_machine *m, uint64_t pc) {
    if (!pp_machine_is_code(m, pc)) return pp_machine_end(m, PP_VM_BAD_FETCH, pc);
    if (!touch(m, pc)) return false;
    pp_insn insn = pp_decode(pp_load_le32(m->memory + pc));
    pp_slot *slot = &m->slots[(pc - m->text_start) / 4];
    slot->rd = insn.rd == 0 ? PP_SINK : insn.rd;
    slot->rs1 = insn.rs1;
    slot->rs2 = insn.rs2;
    slot->imm = insn.imm;
    slot->op = insn.op == PP_OP_ILLEGAL ? PP_SLOT_ILLEGAL : (uint8_t)insn.op;
    if (is_jump(insn.op)) {
        slot->imm = insn.imm / 4;
        if (!pp_machine_is_target(m, pc + (uint64_t)(int64_t)insn.imm)) slot->op = PP_SLOT_FAR;
    }
    return true;
}

static bool is_taken(const pp_vm_machine *m, pp_insn insn) {
    uint64_t a = m->regs[insn.rs1], b = m->regs[insn.rs2];
    switch (insn.op) {
    case PP_OP_BEQ:
        return a == b;
    case PP_OP_BNE:
        return a != b;
    case PP_OP_BLT:
        return (int64_t)a < (int64_t)b;
    case PP_OP_BGE:
        return (int64_t)a >= (int64_t)b;
    case PP_OP_BLTU:
        return a < b;
    case PP_OP_BGEU:
        return a >= b;
    default:
        return true;
    }
}

bool pp_machine_far(pp_vm_machine *m, uint64_t pc) {
    pp_insn insn = pp_decode(pp_load_le32(m->memory + pc));
    if (!is_taken(m, insn)) return true;
    uint64_t target = pc + (uint64_t)(int64_t)insn.imm;
    return pp_machine_end(m, target % 4 != 0 ? PP_VM_MISALIGNED_PC : PP_VM_BAD_FETCH, target);
}

// Debug text is outside the proof: whatever the pointer, the call returns the length. Pages are
// not touched by it either.
static void debug_write(pp_vm_machine *m, int fd, uint64_t address, uint64_t size) {
    if (m->options->debug == NULL) return;
    if (size > m->debug_left) size = m->debug_left; // first: what is read bounds the time
    size = readable_end(m, address, size) - address;
    m->debug_left -= size;
    if (size != 0)
        m->options->debug(m->options->debug_ctx, fd, (pp_bytes){m->memory + address, (size_t)size});
}

static bool output_write(pp_vm_machine *m, uint64_t address, uint64_t size) {
    pp_vm_result *r = m->result;
    if (size > PP_OUTPUT_MAX - r->output_size) return pp_machine_end(m, PP_VM_OUTPUT_FULL, size);
    if (size == 0) return true;
    if (readable_end(m, address, size) - address != size)
        return pp_machine_end(m, PP_VM_BAD_LOAD, address);
    if (!touch(m, address) || !touch(m, address + size - 1)) return false;
    memcpy(r->output + r->output_size, m->memory + address, size);
    r->output_size += (uint32_t)size;
    return true;
}

// An operand lies on one page or two, of one permission.
static bool operand_ok(const pp_vm_machine *m, uint64_t address, unsigned cells, bool written) {
    uint64_t size = 8 * (uint64_t)cells;
    if (address % 8 != 0 || address > PP_VM_MEMORY_SIZE - size) return false;
    pp_perm perm = perm_of(m, address >> PP_VM_LOG_PAGE);
    return (written ? perm == PP_PERM_RW : can_load(perm)) &&
           perm == perm_of(m, (address + size - 1) >> PP_VM_LOG_PAGE);
}

static bool accelerate(pp_vm_machine *m, const pp_accel *a) {
    const uint64_t *at = m->regs + PP_REGISTER_A0;
    unsigned last = a->operands_len - 1u;
    for (unsigned i = 0; i <= last; i++)
        if (a->cells[i] != 0 && !operand_ok(m, at[i], a->cells[i], i == last))
            return pp_machine_end(m, i == last ? PP_VM_BAD_STORE : PP_VM_BAD_LOAD, at[i]);
    uint64_t words[PP_ACCEL_CELLS_MAX], *w = words;
    for (unsigned i = 0; i <= last; i++) {
        size_t size = (size_t)8 * a->cells[i];
        if (size != 0 && (!touch(m, at[i]) || !touch(m, at[i] + size - 1))) return false;
        if (size != 0)
            memcpy(w, m->memory + at[i], size);
        else
            *w = at[i];
        w += pp_accel_words(a, i);
    }
    if (m->trace != NULL) memcpy(m->trace->words, words, sizeof words);
    if (!a->apply(words)) return pp_machine_end(m, PP_VM_BAD_OPERAND, a->number);
    memcpy(m->memory + at[last], w - a->cells[last], (size_t)8 * a->cells[last]);
    m->result->accelerated[a - pp_accels]++;
    return true;
}

bool pp_machine_ecall(pp_vm_machine *m) {
    const uint64_t *a = m->regs + PP_REGISTER_A0;
    uint64_t a0 = a[0], a1 = a[1], a2 = a[2], number = m->regs[PP_REGISTER_A7];
    if (number == PP_ECALL_HALT) {
        m->result->exit_code = a0;
        return pp_machine_end(m, PP_VM_HALTED, 0);
    }
    const pp_accel *accel = pp_accel_find(number);
    if (accel != NULL) return accelerate(m, accel);
    if (number != PP_ECALL_WRITE) return pp_machine_end(m, PP_VM_BAD_ECALL, number);
    switch (a0) {
    case PP_FD_DEBUG:
    case PP_FD_DEBUG_ERROR:
        debug_write(m, (int)a0, a1, a2);
        break;
    case PP_FD_OUTPUT:
        if (!output_write(m, a1, a2)) return false;
        break;
    default:
        return pp_machine_end(m, PP_VM_BAD_FD, a0);
    }
    m->regs[PP_REGISTER_A0] = a2;
    return true;
}
