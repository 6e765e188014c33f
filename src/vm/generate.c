// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/generate.h"

#include "vm/machine.h"

// x31 points into the scratch bytes and x30 counts loops down: bodies read but never write them.
enum { BASE = 31, COUNTER = 30, BODY_MIN = 20, BODY_MAX = 140 };

static unsigned below(pp_rng *rng, unsigned bound) {
    return (unsigned)pp_rng_below(rng, bound);
}

static uint64_t edge_value(pp_rng *rng) {
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     0x7f,
                                     0x80,
                                     0xff,
                                     0x7fff,
                                     0x8000,
                                     0xffff,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     0xffffffff80000000,
                                     0xffffffff7fffffff,
                                     0xffffffffffffffff,
                                     0xfffffffffffffffe,
                                     0x5555555555555555,
                                     63,
                                     64,
                                     31,
                                     32};
    uint64_t v = pp_rng_u64(rng);
    switch (below(rng, 4)) {
    case 0:
        return v;
    case 1:
        return v >> below(rng, 64);
    default:
        return edges[below(rng, (unsigned)PP_COUNT(edges))];
    }
}

static unsigned target_register(pp_rng *rng) {
    return below(rng, 30);
}
static unsigned source_register(pp_rng *rng) {
    return below(rng, 32);
}

static int32_t immediate(pp_rng *rng) {
    static const int32_t edges[] = {0, 1, -1, 2047, -2048, 31, 32, 63};
    return below(rng, 2) != 0 ? edges[below(rng, 8)] : (int32_t)below(rng, 4096) - 2048;
}

static void emit_alu(pp_asm *a, pp_rng *rng) {
    static const uint8_t register_ops[] = {
        PP_OP_ADD,  PP_OP_SUB,  PP_OP_SLL,  PP_OP_SLT,    PP_OP_SLTU,  PP_OP_XOR,  PP_OP_SRL,
        PP_OP_SRA,  PP_OP_OR,   PP_OP_AND,  PP_OP_ADDW,   PP_OP_SUBW,  PP_OP_SLLW, PP_OP_SRLW,
        PP_OP_SRAW, PP_OP_MUL,  PP_OP_MULH, PP_OP_MULHSU, PP_OP_MULHU, PP_OP_DIV,  PP_OP_DIVU,
        PP_OP_REM,  PP_OP_REMU, PP_OP_MULW, PP_OP_DIVW,   PP_OP_DIVUW, PP_OP_REMW, PP_OP_REMUW};
    static const uint8_t immediate_ops[] = {PP_OP_ADDI, PP_OP_SLTI, PP_OP_SLTIU, PP_OP_XORI,
                                            PP_OP_ORI,  PP_OP_ANDI, PP_OP_ADDIW};
    static const uint8_t shift_ops[] = {PP_OP_SLLI,  PP_OP_SRLI,  PP_OP_SRAI,
                                        PP_OP_SLLIW, PP_OP_SRLIW, PP_OP_SRAIW};
    unsigned rd = target_register(rng), rs1 = source_register(rng), rs2 = source_register(rng);
    unsigned kind = below(rng, 10), pick;
    if (kind < 6) {
        pick = register_ops[below(rng, (unsigned)PP_COUNT(register_ops))];
        pp_asm_op(a, (pp_op)pick, rd, rs1, rs2, 0);
    } else if (kind < 8) {
        pick = immediate_ops[below(rng, (unsigned)PP_COUNT(immediate_ops))];
        pp_asm_op(a, (pp_op)pick, rd, rs1, 0, immediate(rng));
    } else if (kind < 9) {
        pick = shift_ops[below(rng, (unsigned)PP_COUNT(shift_ops))];
        pp_asm_op(a, (pp_op)pick, rd, rs1, 0, (int32_t)below(rng, pick >= PP_OP_SLLIW ? 32 : 64));
    } else {
        uint32_t high = (uint32_t)pp_rng_u64(rng) & 0xfffff000;
        pp_asm_op(a, below(rng, 2) ? PP_OP_LUI : PP_OP_AUIPC, rd, 0, 0, (int32_t)high);
    }
}

static void emit_memory(pp_asm *a, pp_rng *rng) {
    static const uint8_t ops[] = {PP_OP_LB,  PP_OP_LH, PP_OP_LW, PP_OP_LD, PP_OP_LBU, PP_OP_LHU,
                                  PP_OP_LWU, PP_OP_SB, PP_OP_SH, PP_OP_SW, PP_OP_SD};
    pp_op op = (pp_op)ops[below(rng, (unsigned)PP_COUNT(ops))];
    int32_t offset = (int32_t)below(rng, GENERATE_SCRATCH - 8) - GENERATE_SCRATCH / 2;
    if (op >= PP_OP_SB)
        pp_asm_op(a, op, 0, BASE, source_register(rng), offset);
    else
        pp_asm_op(a, op, target_register(rng), BASE, 0, offset);
}

// A branch or jump over 1 to 6 instructions of the kinds above.
static void emit_forward(pp_asm *a, pp_rng *rng) {
    size_t at = a->len;
    unsigned skip = 1 + below(rng, 6), kind = below(rng, 8);
    if (kind < 6) {
        pp_op op = (pp_op)(PP_OP_BEQ + kind);
        unsigned rs1 = source_register(rng);
        unsigned rs2 = below(rng, 4) == 0 ? rs1 : source_register(rng);
        pp_asm_op(a, op, 0, rs1, rs2, 4);
    } else if (kind == 6) {
        pp_asm_op(a, PP_OP_JAL, target_register(rng), 0, 0, 4);
    } else { // through a register, sometimes with the low bit set, which the machine drops
        unsigned by = 1 + below(rng, 29), odd = below(rng, 2);
        pp_asm_op(a, PP_OP_AUIPC, by, 0, 0, 0);
        unsigned link = below(rng, 3) == 0 ? by : target_register(rng);
        pp_asm_op(a, PP_OP_JALR, link, by, 0, (int32_t)(8 + 4 * skip + odd));
    }
    for (unsigned i = 0; i < skip; i++) {
        if (below(rng, 3) == 0)
            emit_memory(a, rng);
        else
            emit_alu(a, rng);
    }
    if (kind < 7) pp_asm_patch(a, at, a->len);
}

static void emit_some(pp_asm *a, pp_rng *rng) {
    unsigned kind = below(rng, 16);
    if (kind < 9)
        emit_alu(a, rng);
    else if (kind < 13)
        emit_memory(a, rng);
    else if (kind < 15)
        emit_forward(a, rng);
    else
        pp_asm_op(a, PP_OP_FENCE, 0, 0, 0, 0);
}

static void emit_loop(pp_asm *a, pp_rng *rng) {
    pp_asm_op(a, PP_OP_ADDI, COUNTER, 0, 0, 1 + (int32_t)below(rng, 5));
    size_t top = a->len;
    for (unsigned n = 2 + below(rng, 8); n > 0; n--) emit_some(a, rng);
    pp_asm_op(a, PP_OP_ADDI, COUNTER, COUNTER, 0, -1);
    size_t at = a->len;
    pp_asm_op(a, PP_OP_BNE, 0, COUNTER, 0, 4);
    pp_asm_patch(a, at, top);
}

void generate_program(pp_asm *a, pp_rng *rng) {
    // Scratch bytes carry over from the program before: more values, no cost.
    for (unsigned r = 1; r < BASE; r++) pp_asm_li(a, r, edge_value(rng));
    pp_asm_li(a, BASE, GENERATE_DATA + 32 * 8 + GENERATE_SCRATCH / 2);
    unsigned body = BODY_MIN + below(rng, BODY_MAX - BODY_MIN);
    while (body-- > 0) {
        if (below(rng, 24) == 0)
            emit_loop(a, rng);
        else
            emit_some(a, rng);
    }
    // Registers are stored relative to the base; x31's own slot holds the base, x0's zero.
    for (unsigned r = 0; r < 32; r++)
        pp_asm_op(a, PP_OP_SD, 0, BASE, r, (int32_t)(8 * r) - 32 * 8 - GENERATE_SCRATCH / 2);
    pp_asm_write(a, PP_FD_DEBUG, GENERATE_DATA, GENERATE_DUMP);
}

void generate_calls(pp_asm *a, pp_rng *rng, unsigned n) {
    static const uint8_t of[] = {PP_ACCEL_KECCAK_F, PP_ACCEL_POSEIDON2, PP_ACCEL_POSEIDON2_NODE,
                                 PP_ACCEL_SHA256};
    const unsigned len = (unsigned)PP_COUNT(of), first = below(rng, len);
    for (unsigned k = 0; k < n; k++) {
        const pp_accel *accel = &pp_accels[of[(first + k) % len]];
        for (unsigned i = 0; i < accel->operands_len; i++) {
            unsigned cells = accel->cells[i], places = GENERATE_SCRATCH / 8 - cells;
            uint64_t address = GENERATE_DATA + 32 * 8 + 8 * (uint64_t)below(rng, places);
            pp_asm_li(a, PP_REGISTER_A0 + i, cells == 0 ? edge_value(rng) : address);
        }
        pp_asm_ecall(a, accel->number);
    }
}
