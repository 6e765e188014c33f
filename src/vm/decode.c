// SPDX-License-Identifier: MIT OR Apache-2.0
// "The RISC-V Instruction Set Manual", volume I, chapters RV32I, RV64I and M, and its opcode map.
#include "vm/decode.h"

// Sign-extends the low `bits` of v.
static int32_t extend(uint32_t v, unsigned bits) {
    uint32_t sign = (uint32_t)1 << (bits - 1);
    return (int32_t)(((v & (2 * sign - 1)) ^ sign) - sign);
}
static uint32_t field(uint32_t word, unsigned low, unsigned bits) {
    return word >> low & (((uint32_t)1 << bits) - 1);
}
static int32_t imm_i(uint32_t w) {
    return extend(w >> 20, 12);
}
static int32_t imm_s(uint32_t w) {
    return extend(field(w, 25, 7) << 5 | field(w, 7, 5), 12);
}
static int32_t imm_b(uint32_t w) {
    return extend(field(w, 31, 1) << 12 | field(w, 7, 1) << 11 | field(w, 25, 6) << 5 |
                      field(w, 8, 4) << 1,
                  13);
}
static int32_t imm_j(uint32_t w) {
    return extend(field(w, 31, 1) << 20 | field(w, 12, 8) << 12 | field(w, 20, 1) << 11 |
                      field(w, 21, 10) << 1,
                  21);
}

enum { MAJOR_LOAD = 0x03, MAJOR_FENCE = 0x0f, MAJOR_IMM = 0x13, MAJOR_AUIPC = 0x17 };
enum { MAJOR_IMM32 = 0x1b, MAJOR_STORE = 0x23, MAJOR_REG = 0x33, MAJOR_LUI = 0x37 };
enum { MAJOR_REG32 = 0x3b, MAJOR_BRANCH = 0x63, MAJOR_JALR = 0x67, MAJOR_JAL = 0x6f };
enum { MAJOR_SYSTEM = 0x73, WORD_ECALL = 0x73 };

#define OP(name) ((uint8_t)PP_OP_##name)
static const uint8_t load_ops[8] = {OP(LB), OP(LH), OP(LW), OP(LD), OP(LBU), OP(LHU), OP(LWU), 0};
static const uint8_t store_ops[8] = {OP(SB), OP(SH), OP(SW), OP(SD), 0, 0, 0, 0};
static const uint8_t branch_ops[8] = {OP(BEQ), OP(BNE), 0, 0, OP(BLT), OP(BGE), OP(BLTU), OP(BGEU)};
static const uint8_t imm_ops[8] = {OP(ADDI), 0, OP(SLTI), OP(SLTIU),
                                   OP(XORI), 0, OP(ORI),  OP(ANDI)};
static const uint8_t reg_ops[8] = {OP(ADD), OP(SLL), OP(SLT), OP(SLTU),
                                   OP(XOR), OP(SRL), OP(OR),  OP(AND)};
static const uint8_t reg_ops_m[8] = {OP(MUL), OP(MULH), OP(MULHSU), OP(MULHU),
                                     OP(DIV), OP(DIVU), OP(REM),    OP(REMU)};
static const uint8_t reg32_ops[8] = {OP(ADDW), OP(SLLW), 0, 0, 0, OP(SRLW), 0, 0};
static const uint8_t reg32_ops_m[8] = {OP(MULW), 0, 0, 0, OP(DIVW), OP(DIVUW), OP(REMW), OP(REMUW)};

// funct7 0x20 turns ADD into SUB and SRL into SRA.
static pp_op reg_op(unsigned funct3, unsigned funct7) {
    if (funct7 == 0) return (pp_op)reg_ops[funct3];
    if (funct7 == 1) return (pp_op)reg_ops_m[funct3];
    if (funct7 != 0x20) return PP_OP_ILLEGAL;
    return funct3 == 0 ? PP_OP_SUB : funct3 == 5 ? PP_OP_SRA : PP_OP_ILLEGAL;
}
static pp_op reg32_op(unsigned funct3, unsigned funct7) {
    if (funct7 == 0) return (pp_op)reg32_ops[funct3];
    if (funct7 == 1) return (pp_op)reg32_ops_m[funct3];
    if (funct7 != 0x20) return PP_OP_ILLEGAL;
    return funct3 == 0 ? PP_OP_SUBW : funct3 == 5 ? PP_OP_SRAW : PP_OP_ILLEGAL;
}

static pp_insn type_i(pp_op op, uint32_t w) {
    return (pp_insn){op, (uint8_t)field(w, 7, 5), (uint8_t)field(w, 15, 5), 0, imm_i(w)};
}

// OP-IMM and OP-IMM-32: additions and logic, or shifts by amount_bits.
static pp_insn decode_imm(uint32_t w, bool word_form) {
    unsigned funct3 = field(w, 12, 3), amount_bits = word_form ? 5 : 6;
    pp_op op = PP_OP_ILLEGAL;
    if (funct3 == 1 || funct3 == 5) {
        unsigned high = field(w, 20 + amount_bits, 12 - amount_bits);
        unsigned arithmetic = word_form ? 0x20 : 0x10;
        if (funct3 == 1 && high == 0) op = word_form ? PP_OP_SLLIW : PP_OP_SLLI;
        if (funct3 == 5 && high == 0) op = word_form ? PP_OP_SRLIW : PP_OP_SRLI;
        if (funct3 == 5 && high == arithmetic) op = word_form ? PP_OP_SRAIW : PP_OP_SRAI;
        pp_insn insn = type_i(op, w);
        insn.imm = (int32_t)field(w, 20, amount_bits);
        return insn;
    }
    if (!word_form)
        op = (pp_op)imm_ops[funct3];
    else if (funct3 == 0)
        op = PP_OP_ADDIW;
    return type_i(op, w);
}

static pp_insn decode(uint32_t w) {
    unsigned funct3 = field(w, 12, 3), funct7 = w >> 25;
    uint8_t rd = (uint8_t)field(w, 7, 5), rs1 = (uint8_t)field(w, 15, 5);
    uint8_t rs2 = (uint8_t)field(w, 20, 5);
    switch (w & 0x7f) {
    case MAJOR_LOAD:
        return type_i((pp_op)load_ops[funct3], w);
    case MAJOR_IMM:
        return decode_imm(w, false);
    case MAJOR_IMM32:
        return decode_imm(w, true);
    case MAJOR_STORE:
        return (pp_insn){(pp_op)store_ops[funct3], 0, rs1, rs2, imm_s(w)};
    case MAJOR_REG:
        return (pp_insn){reg_op(funct3, funct7), rd, rs1, rs2, 0};
    case MAJOR_REG32:
        return (pp_insn){reg32_op(funct3, funct7), rd, rs1, rs2, 0};
    case MAJOR_LUI:
        return (pp_insn){PP_OP_LUI, rd, 0, 0, (int32_t)(w & 0xfffff000)};
    case MAJOR_AUIPC:
        return (pp_insn){PP_OP_AUIPC, rd, 0, 0, (int32_t)(w & 0xfffff000)};
    case MAJOR_JAL:
        return (pp_insn){PP_OP_JAL, rd, 0, 0, imm_j(w)};
    case MAJOR_JALR:
        return type_i(funct3 == 0 ? PP_OP_JALR : PP_OP_ILLEGAL, w);
    case MAJOR_BRANCH:
        return (pp_insn){(pp_op)branch_ops[funct3], 0, rs1, rs2, imm_b(w)};
    case MAJOR_FENCE:
        return (pp_insn){funct3 == 0 ? PP_OP_FENCE : PP_OP_ILLEGAL, 0, 0, 0, 0};
    case MAJOR_SYSTEM:
        return (pp_insn){w == WORD_ECALL ? PP_OP_ECALL : PP_OP_ILLEGAL, 0, 0, 0, 0};
    default:
        return (pp_insn){PP_OP_ILLEGAL, 0, 0, 0, 0};
    }
}

pp_insn pp_decode(uint32_t word) {
    pp_insn insn = decode(word);
    if (insn.op == PP_OP_ILLEGAL) memset(&insn, 0, sizeof insn);
    return insn;
}

const char *pp_op_name(pp_op op) {
    static const char *const names[] = {"illegal",
#define X(name, text, form) text,
                                        PP_OPS(X)
#undef X
    };
    return op < PP_OPS_LEN ? names[op] : "illegal";
}

const char *pp_illegal_reason(uint32_t word) {
    if (pp_decode(word).op != PP_OP_ILLEGAL) return NULL;
    if (word == 0) return "a zero word: data, or the end of the code";
    if ((word & 3) != 3) return "a compressed instruction";
    unsigned funct3 = field(word, 12, 3);
    switch (word & 0x7f) {
    case 0x2f:
        return "an atomic instruction";
    case 0x07:
    case 0x27:
    case 0x43:
    case 0x47:
    case 0x4b:
    case 0x4f:
    case 0x53:
        return "a floating-point instruction";
    case 0x57:
        return "a vector instruction";
    case MAJOR_FENCE:
        return funct3 == 1 ? "fence.i" : "an unknown fence";
    case MAJOR_SYSTEM:
        if (word == 0x00100073) return "ebreak";
        if (funct3 != 0 && funct3 != 4) return "a CSR access";
        return "a privileged instruction";
    default:
        return "no instruction of RV64IM";
    }
}
