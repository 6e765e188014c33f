// SPDX-License-Identifier: MIT OR Apache-2.0
// RV64IM: what each instruction word says. Pure and total.
#ifndef PP_VM_DECODE_H
#define PP_VM_DECODE_H

#include "vm/abi.h"

// All instructions: upper-case name, assembler name, form of the immediate and operands
// (R, I, S, B, U, J as in the manual; H: shift by an immediate, N: no operands).
#define PP_OPS(X)                                                                                  \
    X(LUI, "lui", U)                                                                               \
    X(AUIPC, "auipc", U)                                                                           \
    X(JAL, "jal", J)                                                                               \
    X(JALR, "jalr", I)                                                                             \
    X(BEQ, "beq", B)                                                                               \
    X(BNE, "bne", B)                                                                               \
    X(BLT, "blt", B)                                                                               \
    X(BGE, "bge", B)                                                                               \
    X(BLTU, "bltu", B)                                                                             \
    X(BGEU, "bgeu", B)                                                                             \
    X(LB, "lb", I)                                                                                 \
    X(LH, "lh", I)                                                                                 \
    X(LW, "lw", I)                                                                                 \
    X(LD, "ld", I)                                                                                 \
    X(LBU, "lbu", I)                                                                               \
    X(LHU, "lhu", I)                                                                               \
    X(LWU, "lwu", I)                                                                               \
    X(SB, "sb", S)                                                                                 \
    X(SH, "sh", S)                                                                                 \
    X(SW, "sw", S)                                                                                 \
    X(SD, "sd", S)                                                                                 \
    X(ADDI, "addi", I)                                                                             \
    X(SLTI, "slti", I)                                                                             \
    X(SLTIU, "sltiu", I)                                                                           \
    X(XORI, "xori", I)                                                                             \
    X(ORI, "ori", I)                                                                               \
    X(ANDI, "andi", I)                                                                             \
    X(SLLI, "slli", H)                                                                             \
    X(SRLI, "srli", H)                                                                             \
    X(SRAI, "srai", H)                                                                             \
    X(ADD, "add", R)                                                                               \
    X(SUB, "sub", R)                                                                               \
    X(SLL, "sll", R)                                                                               \
    X(SLT, "slt", R)                                                                               \
    X(SLTU, "sltu", R)                                                                             \
    X(XOR, "xor", R)                                                                               \
    X(SRL, "srl", R)                                                                               \
    X(SRA, "sra", R)                                                                               \
    X(OR, "or", R)                                                                                 \
    X(AND, "and", R)                                                                               \
    X(ADDIW, "addiw", I)                                                                           \
    X(SLLIW, "slliw", H)                                                                           \
    X(SRLIW, "srliw", H)                                                                           \
    X(SRAIW, "sraiw", H)                                                                           \
    X(ADDW, "addw", R)                                                                             \
    X(SUBW, "subw", R)                                                                             \
    X(SLLW, "sllw", R)                                                                             \
    X(SRLW, "srlw", R)                                                                             \
    X(SRAW, "sraw", R)                                                                             \
    X(MUL, "mul", R)                                                                               \
    X(MULH, "mulh", R)                                                                             \
    X(MULHSU, "mulhsu", R)                                                                         \
    X(MULHU, "mulhu", R)                                                                           \
    X(DIV, "div", R)                                                                               \
    X(DIVU, "divu", R)                                                                             \
    X(REM, "rem", R)                                                                               \
    X(REMU, "remu", R)                                                                             \
    X(MULW, "mulw", R)                                                                             \
    X(DIVW, "divw", R)                                                                             \
    X(DIVUW, "divuw", R)                                                                           \
    X(REMW, "remw", R)                                                                             \
    X(REMUW, "remuw", R)                                                                           \
    X(FENCE, "fence", N)                                                                           \
    X(ECALL, "ecall", N)

typedef enum pp_op {
    PP_OP_ILLEGAL = 0, // also: everything of other extensions
#define X(name, text, form) PP_OP_##name,
    PP_OPS(X)
#undef X
        PP_OPS_LEN
} pp_op;

// Fields that the form does not have are 0. imm: sign-extended; U forms carry the upper 20 bits
// in place, branches and jumps the distance in bytes, shifts the amount.
typedef struct pp_insn {
    pp_op op;
    uint8_t rd, rs1, rs2;
    int32_t imm;
} pp_insn;

pp_insn pp_decode(uint32_t word);

// The assembler name, "illegal" for 0.
const char *pp_op_name(pp_op op);
// For an illegal word: what it would be ("a compressed instruction", …), else NULL.
const char *pp_illegal_reason(uint32_t word);

#endif
