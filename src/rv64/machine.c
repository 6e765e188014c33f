// SPDX-License-Identifier: MIT OR Apache-2.0
// The list of tables, and the tables that are only looked up.
#include "rv64/machine.h"

#define OP(name) PP_OP_##name
const table rv64_tables[TABLES_LEN] = {
    {"add", build_add, fill_add, {OP(ADD)}, 0},
    {"sub", build_add, fill_add, {OP(SUB)}, SUB},
    {"addi", build_add, fill_add, {OP(ADDI)}, IMM},
    {"addw", build_add, fill_add, {OP(ADDW)}, WORD},
    {"subw", build_add, fill_add, {OP(SUBW)}, SUB | WORD},
    {"addiw", build_add, fill_add, {OP(ADDIW)}, IMM | WORD},
    {"slt", build_compare, fill_compare, {OP(SLT)}, SIGNED},
    {"sltu", build_compare, fill_compare, {OP(SLTU)}, 0},
    {"slti", build_compare, fill_compare, {OP(SLTI)}, SIGNED | IMM},
    {"sltiu", build_compare, fill_compare, {OP(SLTIU)}, IMM},
    {"and", build_bitwise, fill_bitwise, {OP(AND)}, 0},
    {"or", build_bitwise, fill_bitwise, {OP(OR)}, OR},
    {"xor", build_bitwise, fill_bitwise, {OP(XOR)}, XOR},
    {"andi", build_bitwise_imm, fill_bitwise_imm, {OP(ANDI)}, IMM},
    {"ori", build_bitwise_imm, fill_bitwise_imm, {OP(ORI)}, IMM | OR},
    {"xori", build_bitwise_imm, fill_bitwise_imm, {OP(XORI)}, IMM | XOR},
    {"slli", build_shift, fill_shift, {OP(SLLI)}, IMM | LEFT},
    {"srli", build_shift, fill_shift, {OP(SRLI)}, IMM},
    {"srai", build_shift, fill_shift, {OP(SRAI)}, IMM | ARITHMETIC},
    {"slliw", build_shift, fill_shift, {OP(SLLIW)}, IMM | LEFT | WORD},
    {"srliw", build_shift, fill_shift, {OP(SRLIW)}, IMM | WORD},
    {"sraiw", build_shift, fill_shift, {OP(SRAIW)}, IMM | ARITHMETIC | WORD},
    {"sll", build_shift, fill_shift, {OP(SLL)}, LEFT},
    {"srl", build_shift, fill_shift, {OP(SRL)}, 0},
    {"sra", build_shift, fill_shift, {OP(SRA)}, ARITHMETIC},
    {"sllw", build_shift, fill_shift, {OP(SLLW)}, LEFT | WORD},
    {"srlw", build_shift, fill_shift, {OP(SRLW)}, WORD},
    {"sraw", build_shift, fill_shift, {OP(SRAW)}, ARITHMETIC | WORD},
    {"beq", build_equal_branch, fill_equal_branch, {OP(BEQ)}, 0},
    {"bne", build_equal_branch, fill_equal_branch, {OP(BNE)}, INVERT},
    {"blt", build_less_branch, fill_less_branch, {OP(BLT)}, SIGNED},
    {"bge", build_less_branch, fill_less_branch, {OP(BGE)}, SIGNED | INVERT},
    {"bltu", build_less_branch, fill_less_branch, {OP(BLTU)}, 0},
    {"bgeu", build_less_branch, fill_less_branch, {OP(BGEU)}, INVERT},
    {"constant", build_constant, fill_constant, {OP(LUI), OP(AUIPC), OP(JAL), OP(FENCE)}, 0},
    {"jalr", build_jalr, fill_jalr, {OP(JALR)}, IMM},
    {"lb", build_load, fill_load, {OP(LB)}, SIGNED | SIZE_1},
    {"lbu", build_load, fill_load, {OP(LBU)}, SIZE_1},
    {"lh", build_load, fill_load, {OP(LH)}, SIGNED | SIZE_2},
    {"lhu", build_load, fill_load, {OP(LHU)}, SIZE_2},
    {"lw", build_load, fill_load, {OP(LW)}, SIGNED | SIZE_4},
    {"lwu", build_load, fill_load, {OP(LWU)}, SIZE_4},
    {"ld", build_load, fill_load, {OP(LD)}, SIZE_8},
    {"sb", build_store, fill_store, {OP(SB)}, SIZE_1},
    {"sh", build_store, fill_store, {OP(SH)}, SIZE_2},
    {"sw", build_store, fill_store, {OP(SW)}, SIZE_4},
    {"sd", build_store, fill_store, {OP(SD)}, SIZE_8},
    {"load_across", build_load_across, fill_load_across, {PP_STEP_LOAD_ACROSS}, 0},
    {"store_across", build_store_across, fill_store_across, {PP_STEP_STORE_ACROSS}, 0},
    {"mul", build_mul, fill_mul, {OP(MUL)}, 0},
    {"mulw", build_mul, fill_mul, {OP(MULW)}, WORD},
    {"mulhu", build_mul, fill_mul, {OP(MULHU)}, HIGH},
    {"mulh", build_mul, fill_mul, {OP(MULH)}, HIGH | SIGNED | SIGNED_RS2},
    {"mulhsu", build_mul, fill_mul, {OP(MULHSU)}, HIGH | SIGNED},
    {"div", build_div, fill_div, {OP(DIV), OP(REM)}, SIGNED},
    {"divu", build_div, fill_div, {OP(DIVU), OP(REMU)}, 0},
    {"divw", build_div, fill_div, {OP(DIVW), OP(REMW)}, SIGNED | WORD},
    {"divuw", build_div, fill_div, {OP(DIVUW), OP(REMUW)}, WORD},
    {"halt", build_halt, fill_halt, {PP_STEP_HALT}, 0},
    {"debug_write", build_debug, fill_debug, {PP_STEP_DEBUG}, 0},
    {"output_write", build_write, fill_write, {PP_STEP_WRITE}, 0},
    {"output_byte", build_byte, fill_byte, {PP_STEP_BYTE}, 0},
    {"refresh", build_refresh, fill_refresh, {PP_STEP_REFRESH}, 0},
    [TABLE_RUN] = {"run", build_run, NULL, {0}, 0},
    [TABLE_DECODE] = {"decode", build_decode, NULL, {0}, 0},
    [TABLE_PAGE] = {"page", build_page, NULL, {0}, 0},
    [TABLE_NODE] = {"node", build_node, NULL, {0}, 0},
    [TABLE_PERMUTATION] = {"permutation", build_permutation, NULL, {0}, 0},
    [TABLE_BYTES] = {"bytes", build_bytes, NULL, {0}, 0},
    [TABLE_RANGE] = {"range", build_range, NULL, {0}, 0},
    [TABLE_POWER] = {"power", build_power, NULL, {0}, 0},
    [TABLE_OPCODE] = {"opcode", build_opcode, NULL, {0}, 0},
#define KIND(name) (PP_STEP_ACCEL + PP_ACCEL_##name)
#define X(id, name, ...) [TABLE_##id] = {#id, build_##id, fill_##id, {KIND(name)}, 0},
    PP_ACCELS(X)
#undef X
#define X(id, name, rows) [TABLE_##id] = {#id, build_##id, fill_##id, {KIND(name)}, rows},
        MORE_ACCEL_TABLES(X)
#undef X
};

void build_bytes(build *b, const table *t) {
    pp_air_table_begin(b->b, t->name);
    pp_air_fixed_height(b->b, 16);
    pp_expr x = pp_air_fixed_bits(b->b, "x", 0, 8), y = pp_air_fixed_bits(b->b, "y", 8, 8);
    pp_expr both = pp_air_fixed_and(b->b, "x_and_y", 0, 8, 8);
    pp_air_receive(b->b, b->pair, column(b, "pair_count"), PP_TUPLE(x, y));
    pp_air_receive(b->b, b->and, column(b, "and_count"), PP_TUPLE(x, y, both));
    end_table(b);
}

void build_range(build *b, const table *t) {
    pp_air_table_begin(b->b, t->name);
    pp_air_fixed_height(b->b, 17);
    pp_expr bits = pp_air_fixed_log(b->b, "bits", 0, 17), x = pp_air_fixed_rest(b->b, "x", 0, 17);
    pp_air_receive(b->b, b->range, column(b, "count"), PP_TUPLE(bits, x));
    end_table(b);
}

void build_power(build *b, const table *t) {
    uint32_t values[3][16];
    for (uint32_t i = 0; i < 16; i++) {
        values[0][i] = i;
        values[1][i] = (uint32_t)1 << i;
        values[2][i] = (uint32_t)1 << (16 - i);
    }
    pp_air_table_begin(b->b, t->name);
    pp_air_fixed_height(b->b, 7);
    pp_expr bits = pp_air_fixed_periodic(b->b, "bits", values[0], 16);
    pp_expr power = pp_air_fixed_periodic(b->b, "power", values[1], 16);
    pp_expr complement = pp_air_fixed_periodic(b->b, "complement", values[2], 16);
    pp_air_receive(b->b, b->power, column(b, "count"), PP_TUPLE(bits, power, complement));
    end_table(b);
}

// The verifier's part: the root of the tree, before and after.
static void build_boundary(build *b) {
    pp_air_boundary_begin(b->b);
    pp_expr tuple[2 + 2 * PP_DIGEST_LEN] = {number(b, PP_VM_TREE_DEPTH), number(b, 0)};
    for (unsigned i = 0; i < PP_DIGEST_LEN; i++) {
        tuple[2 + i] = b->root[0][i];
        tuple[2 + PP_DIGEST_LEN + i] = b->root[1][i];
    }
    pp_air_receive(b->b, b->tree, number(b, 1), tuple, 2 + 2 * PP_DIGEST_LEN);
    pp_air_boundary_end(b->b);
}

const pp_machine *pp_rv64_machine(pp_arena *keep, pp_arena *scratch, pp_air_error *error) {
    *error = (pp_air_error){NULL, "too little memory for the machine", NULL};
    build b = {.b = pp_air_builder_new(keep, scratch, "rv64im")};
    if (!b.b) return NULL;
    b.mem = pp_air_bus(b.b, "mem", 7);
    b.state = pp_air_bus(b.b, "state", 5);
    b.decode = pp_air_bus(b.b, "decode", 9);
    b.range = pp_air_bus(b.b, "range", 2);
    b.pair = pp_air_bus(b.b, "pair", 2);
    b.and = pp_air_bus(b.b, "and", 3);
    b.power = pp_air_bus(b.b, "power", 3);
    b.opcode = pp_air_bus(b.b, "opcode", 5);
    b.chain = pp_air_bus(b.b, "chain", 3 + PP_POSEIDON2_WIDTH);
    b.data = pp_air_bus(b.b, "data", 2 + PP_SPONGE_RATE);
    b.node = pp_air_bus(b.b, "node", 3 * PP_DIGEST_LEN);
    b.tree = pp_air_bus(b.b, "tree", 2 + 2 * PP_DIGEST_LEN);
    b.keccak = pp_air_bus(b.b, "keccak", 102);
    b.keccak_rc = pp_air_bus(b.b, "keccak_rc", 8);
    b.sha256 = pp_air_bus(b.b, "sha256", 50);
    b.sha256_k = pp_air_bus(b.b, "sha256_k", 9);
    for (unsigned i = 0; i < 2 * PP_DIGEST_LEN; i++)
        b.root[i / PP_DIGEST_LEN][i % PP_DIGEST_LEN] = pp_air_public(b.b);
    for (unsigned i = 0; i < TABLES_LEN; i++) rv64_tables[i].build(&b, &rv64_tables[i]);
    build_boundary(&b);
    return pp_air_builder_end(b.b, error);
}

uint32_t pp_rv64_ticks(uint32_t t) {
    uint32_t kind = rv64_tables[t].kinds[0];
    if (kind == 0 || rows_a_call(&rv64_tables[t]) != 0 || kind == PP_STEP_REFRESH) return 0;
    if (kind >= PP_STEP_ACCEL) return pp_accel_ticks(&pp_accels[kind - PP_STEP_ACCEL]);
    bool call = kind == PP_STEP_HALT || kind == PP_STEP_DEBUG || kind == PP_STEP_WRITE;
    return call ? PP_TICKS_CALL : PP_TICKS_STEP;
}
