// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/encode.h"

#include <stdlib.h>

// Major opcode, funct3, and the bits above rs2 (funct7) or above a shift amount.
typedef struct encoding {
    uint8_t major, funct3, high;
} encoding;
static const encoding encodings[PP_OPS_LEN] = {
    [PP_OP_LUI] = {0x37, 0, 0},     [PP_OP_AUIPC] = {0x17, 0, 0},    [PP_OP_JAL] = {0x6f, 0, 0},
    [PP_OP_JALR] = {0x67, 0, 0},    [PP_OP_BEQ] = {0x63, 0, 0},      [PP_OP_BNE] = {0x63, 1, 0},
    [PP_OP_BLT] = {0x63, 4, 0},     [PP_OP_BGE] = {0x63, 5, 0},      [PP_OP_BLTU] = {0x63, 6, 0},
    [PP_OP_BGEU] = {0x63, 7, 0},    [PP_OP_LB] = {0x03, 0, 0},       [PP_OP_LH] = {0x03, 1, 0},
    [PP_OP_LW] = {0x03, 2, 0},      [PP_OP_LD] = {0x03, 3, 0},       [PP_OP_LBU] = {0x03, 4, 0},
    [PP_OP_LHU] = {0x03, 5, 0},     [PP_OP_LWU] = {0x03, 6, 0},      [PP_OP_SB] = {0x23, 0, 0},
    [PP_OP_SH] = {0x23, 1, 0},      [PP_OP_SW] = {0x23, 2, 0},       [PP_OP_SD] = {0x23, 3, 0},
    [PP_OP_ADDI] = {0x13, 0, 0},    [PP_OP_SLTI] = {0x13, 2, 0},     [PP_OP_SLTIU] = {0x13, 3, 0},
    [PP_OP_XORI] = {0x13, 4, 0},    [PP_OP_ORI] = {0x13, 6, 0},      [PP_OP_ANDI] = {0x13, 7, 0},
    [PP_OP_SLLI] = {0x13, 1, 0},    [PP_OP_SRLI] = {0x13, 5, 0},     [PP_OP_SRAI] = {0x13, 5, 0x20},
    [PP_OP_ADD] = {0x33, 0, 0},     [PP_OP_SUB] = {0x33, 0, 0x20},   [PP_OP_SLL] = {0x33, 1, 0},
    [PP_OP_SLT] = {0x33, 2, 0},     [PP_OP_SLTU] = {0x33, 3, 0},     [PP_OP_XOR] = {0x33, 4, 0},
    [PP_OP_SRL] = {0x33, 5, 0},     [PP_OP_SRA] = {0x33, 5, 0x20},   [PP_OP_OR] = {0x33, 6, 0},
    [PP_OP_AND] = {0x33, 7, 0},     [PP_OP_ADDIW] = {0x1b, 0, 0},    [PP_OP_SLLIW] = {0x1b, 1, 0},
    [PP_OP_SRLIW] = {0x1b, 5, 0},   [PP_OP_SRAIW] = {0x1b, 5, 0x20}, [PP_OP_ADDW] = {0x3b, 0, 0},
    [PP_OP_SUBW] = {0x3b, 0, 0x20}, [PP_OP_SLLW] = {0x3b, 1, 0},     [PP_OP_SRLW] = {0x3b, 5, 0},
    [PP_OP_SRAW] = {0x3b, 5, 0x20}, [PP_OP_MUL] = {0x33, 0, 1},      [PP_OP_MULH] = {0x33, 1, 1},
    [PP_OP_MULHSU] = {0x33, 2, 1},  [PP_OP_MULHU] = {0x33, 3, 1},    [PP_OP_DIV] = {0x33, 4, 1},
    [PP_OP_DIVU] = {0x33, 5, 1},    [PP_OP_REM] = {0x33, 6, 1},      [PP_OP_REMU] = {0x33, 7, 1},
    [PP_OP_MULW] = {0x3b, 0, 1},    [PP_OP_DIVW] = {0x3b, 4, 1},     [PP_OP_DIVUW] = {0x3b, 5, 1},
    [PP_OP_REMW] = {0x3b, 6, 1},    [PP_OP_REMUW] = {0x3b, 7, 1},    [PP_OP_FENCE] = {0x0f, 0, 0},
    [PP_OP_ECALL] = {0x73, 0, 0},
};

typedef enum form { FORM_U, FORM_J, FORM_I, FORM_B, FORM_S, FORM_H, FORM_R, FORM_N } form;
static const uint8_t forms[PP_OPS_LEN] = {
#define X(name, text, letter) [PP_OP_##name] = FORM_##letter,
    PP_OPS(X)
#undef X
};

static bool fits(int32_t v, unsigned bits) {
    return v >= -((int32_t)1 << (bits - 1)) && v < (int32_t)1 << (bits - 1);
}
// Bits [low, low+bits) of v, moved to `to`.
static uint32_t bits_at(uint32_t v, unsigned low, unsigned bits, unsigned to) {
    return (v >> low & (((uint32_t)1 << bits) - 1)) << to;
}

uint32_t pp_encode(pp_insn insn) {
    PP_ASSERT(insn.op > PP_OP_ILLEGAL && insn.op < PP_OPS_LEN);
    PP_ASSERT(insn.rd < 32 && insn.rs1 < 32 && insn.rs2 < 32);
    encoding e = encodings[insn.op];
    uint32_t imm = (uint32_t)insn.imm, word = e.major | (uint32_t)e.funct3 << 12;
    uint32_t rd = (uint32_t)insn.rd << 7, rs1 = (uint32_t)insn.rs1 << 15;
    uint32_t rs2 = (uint32_t)insn.rs2 << 20;
    switch (forms[insn.op]) {
    case FORM_U:
        PP_ASSERT((imm & 0xfff) == 0);
        return word | rd | imm;
    case FORM_J:
        PP_ASSERT(fits(insn.imm, 21) && imm % 2 == 0);
        return word | rd | bits_at(imm, 12, 8, 12) | bits_at(imm, 11, 1, 20) |
               bits_at(imm, 1, 10, 21) | bits_at(imm, 20, 1, 31);
    case FORM_I:
        PP_ASSERT(fits(insn.imm, 12));
        return word | rd | rs1 | imm << 20;
    case FORM_B:
        PP_ASSERT(fits(insn.imm, 13) && imm % 2 == 0);
        return word | rs1 | rs2 | bits_at(imm, 11, 1, 7) | bits_at(imm, 1, 4, 8) |
               bits_at(imm, 5, 6, 25) | bits_at(imm, 12, 1, 31);
    case FORM_S:
        PP_ASSERT(fits(insn.imm, 12));
        return word | rs1 | rs2 | bits_at(imm, 0, 5, 7) | bits_at(imm, 5, 7, 25);
    case FORM_H:
        PP_ASSERT(imm < (e.major == 0x1b ? 32 : 64));
        return word | rd | rs1 | imm << 20 | (uint32_t)e.high << 25;
    case FORM_R:
        return word | rd | rs1 | rs2 | (uint32_t)e.high << 25;
    default:
        return word;
    }
}

void pp_asm_word(pp_asm *a, uint32_t word) {
    PP_ASSERT(a->len < a->max);
    a->words[a->len++] = word;
}

void pp_asm_op(pp_asm *a, pp_op op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm) {
    pp_asm_word(a, pp_encode((pp_insn){op, (uint8_t)rd, (uint8_t)rs1, (uint8_t)rs2, imm}));
}

void pp_asm_li(pp_asm *a, unsigned rd, uint64_t value) {
    int64_t v = (int64_t)value;
    int32_t low = (int32_t)((int64_t)((value & 0xfff) ^ 0x800) - 0x800);
    if (v >= INT32_MIN && v <= INT32_MAX) {
        uint32_t high = ((uint32_t)value - (uint32_t)low) & 0xfffff000;
        if (high != 0) pp_asm_op(a, PP_OP_LUI, rd, 0, 0, (int32_t)high);
        if (high == 0)
            pp_asm_op(a, PP_OP_ADDI, rd, 0, 0, low);
        else if (low != 0)
            pp_asm_op(a, PP_OP_ADDIW, rd, rd, 0, low);
        return;
    }
    // The rest without its low 12 bits, as far down as it goes; then shift up and add.
    uint64_t rest = (uint64_t)((int64_t)(value - (uint64_t)(int64_t)low) >> 12);
    unsigned shift = 12;
    while ((rest & 1) == 0) rest = (uint64_t)((int64_t)rest >> 1), shift++;
    pp_asm_li(a, rd, rest);
    pp_asm_op(a, PP_OP_SLLI, rd, rd, 0, (int32_t)shift);
    if (low != 0) pp_asm_op(a, PP_OP_ADDI, rd, rd, 0, low);
}

void pp_asm_patch(pp_asm *a, size_t at, size_t target) {
    pp_insn insn = pp_decode(a->words[at]);
    insn.imm = (int32_t)(4 * ((int64_t)target - (int64_t)at));
    a->words[at] = pp_encode(insn);
}

void pp_asm_ecall(pp_asm *a, uint64_t number) {
    pp_asm_li(a, 17, number);
    pp_asm_op(a, PP_OP_ECALL, 0, 0, 0, 0);
}

void pp_asm_halt(pp_asm *a, uint64_t code) {
    pp_asm_li(a, 10, code);
    pp_asm_ecall(a, PP_ECALL_HALT);
}

void pp_asm_write(pp_asm *a, uint64_t fd, uint64_t address, uint64_t size) {
    pp_asm_li(a, 10, fd);
    pp_asm_li(a, 11, address);
    pp_asm_li(a, 12, size);
    pp_asm_ecall(a, PP_ECALL_WRITE);
}

enum { ELF_ALIGN = 4096, ELF_HEADER = 64, ELF_PROGRAM_HEADER = 56 };

size_t pp_elf_build_max(const pp_segment *segments, size_t segments_len) {
    size_t size = 2 * ELF_ALIGN + segments_len * (ELF_PROGRAM_HEADER + (size_t)2 * ELF_ALIGN);
    for (size_t i = 0; i < segments_len; i++) size += segments[i].data.size;
    return size;
}

// Segments keep their address modulo the alignment, as mapping them needs.
static size_t file_offset(size_t after, uint64_t start) {
    size_t offset = (after + ELF_ALIGN - 1) / ELF_ALIGN * ELF_ALIGN;
    return offset + (size_t)(start % ELF_ALIGN);
}

size_t pp_elf_build(uint8_t *out, size_t max, uint64_t entry, const pp_segment *segments,
                    size_t segments_len) {
    size_t headers = ELF_HEADER + segments_len * ELF_PROGRAM_HEADER, end = headers;
    if (max < headers) return 0;
    memset(out, 0, headers);
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    memcpy(out, ident, sizeof ident);
    pp_store_le16(out + 16, 2);   // ET_EXEC
    pp_store_le16(out + 18, 243); // EM_RISCV
    pp_store_le32(out + 20, 1);
    pp_store_le64(out + 24, entry);
    pp_store_le64(out + 32, ELF_HEADER);
    pp_store_le16(out + 52, ELF_HEADER);
    pp_store_le16(out + 54, ELF_PROGRAM_HEADER);
    pp_store_le16(out + 56, (uint16_t)segments_len);
    for (size_t i = 0; i < segments_len; i++) {
        const pp_segment *s = &segments[i];
        uint8_t *h = out + ELF_HEADER + i * ELF_PROGRAM_HEADER;
        size_t offset = file_offset(end, s->start);
        if (offset > max || max - offset < s->data.size) return 0;
        memset(out + end, 0, offset - end);
        if (s->data.size != 0) memcpy(out + offset, s->data.data, s->data.size);
        end = offset + s->data.size;
        pp_store_le32(h, 1); // PT_LOAD
        pp_store_le32(h + 4, s->perm == PP_PERM_RX ? 5 : s->perm == PP_PERM_RW ? 6 : 4);
        pp_store_le64(h + 8, offset);
        pp_store_le64(h + 16, s->start);
        pp_store_le64(h + 24, s->start);
        pp_store_le64(h + 32, s->data.size);
        pp_store_le64(h + 40, s->size);
        pp_store_le64(h + 48, ELF_ALIGN);
    }
    return end;
}

uint8_t *pp_elf_for_qemu(size_t *size, const pp_program *program, pp_bytes input) {
    if (input.size > PP_VM_INPUT_MAX) return NULL;
    uint8_t *laid = malloc(input.size + 8);
    PP_ASSERT(laid != NULL);
    pp_store_le64(laid, input.size);
    if (input.size != 0) memcpy(laid + 8, input.data, input.size);
    pp_segment segments[PP_ELF_SEGMENTS_MAX + 2];
    memcpy(segments, program->segments, sizeof program->segments);
    size_t n = program->segments_len;
    // qemu 7.2 mistakes a segment without any file bytes; one zero byte makes it ordinary.
    static const uint8_t zero[1];
    for (size_t i = 0; i < n; i++)
        if (segments[i].data.size == 0) segments[i].data = (pp_bytes){zero, 1};
    segments[n++] =
        (pp_segment){PP_VM_STACK_TOP - PP_VM_STACK_SIZE, PP_VM_STACK_SIZE, {zero, 1}, PP_PERM_RW};
    segments[n++] =
        (pp_segment){PP_VM_INPUT_START, input.size + 8, {laid, input.size + 8}, PP_PERM_RO};
    size_t max = pp_elf_build_max(segments, n);
    uint8_t *out = malloc(max);
    PP_ASSERT(out != NULL);
    *size = pp_elf_build(out, max, program->entry, segments, n);
    PP_ASSERT(*size != 0);
    free(laid);
    return out;
}
