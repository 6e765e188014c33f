// SPDX-License-Identifier: MIT OR Apache-2.0
// The executor: how runs end, limits, permissions, system calls, counts.
#include <stdlib.h>

#include "vm/test_support.h"

enum { T0 = 5, T1 = 6, T2 = 7, A0 = 10, A1 = 11, SP = 2, RA = 1 };
#define BSS ((uint64_t)0x100000)
enum { BSS_SIZE = 0x2000 };

static uint32_t words[70000];
static pp_asm code;

static void start(void) {
    code = (pp_asm){words, 0, PP_COUNT(words), SUPPORT_TEXT};
}
static void op(pp_op o, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm) {
    pp_asm_op(&code, o, rd, rs1, rs2, imm);
}
static void li(unsigned rd, uint64_t v) {
    pp_asm_li(&code, rd, v);
}

static pp_vm_result run_with(pp_bytes input, const pp_vm_options *options) {
    pp_program p;
    pp_vm_result r = {0};
    pp_err err;
    uint8_t *file = support_elf(&p, &code, BSS, BSS_SIZE);
    bool ran = pp_vm_run(&err, &r, &p, input, options);
    free(file);
    PP_ASSERT(ran);
    return r;
}
static pp_vm_result run(void) {
    return run_with((pp_bytes){NULL, 0}, NULL);
}

// Programs that must not end well. Each builds its code; the run must end with the status, at the
// address; pc is SUPPORT_TEXT + 4 * at, where at < 0 counts from the end of the code.
typedef struct negative {
    const char *name;
    void (*build)(void);
    pp_vm_status status;
    int at;
    uint64_t address;
} negative;

#define N(name) static void name(void)
N(load_null) {
    op(PP_OP_LD, T0, 0, 0, 0);
}
N(load_null_end) {
    op(PP_OP_LBU, T0, 0, 0, 2047);
}
N(load_text_gap) {
    li(T0, 0x30000), op(PP_OP_LD, T0, T0, 0, 0);
}
N(load_high) {
    li(T0, (uint64_t)1 << 30), op(PP_OP_LW, T0, T0, 0, 0);
}
N(load_top) {
    op(PP_OP_LD, T0, 0, 0, -8);
}
N(load_wraps) {
    op(PP_OP_LD, T0, 0, 0, -4);
}
N(load_machine_page) {
    li(T0, 0x30000000), op(PP_OP_LD, T0, T0, 0, 0);
}
N(load_guard) {
    li(T0, 0x1fbffff8), op(PP_OP_LD, T0, T0, 0, 0);
}
N(load_across_guard) {
    li(T0, 0x1fbffffc), op(PP_OP_LD, T0, T0, 0, 0);
}
N(load_past_bss) {
    li(T0, BSS + BSS_SIZE), op(PP_OP_LBU, T0, T0, 0, 0);
}
N(load_across_end_of_bss) {
    li(T0, BSS + BSS_SIZE - 1), op(PP_OP_LH, T0, T0, 0, 0);
}
N(load_past_input) {
    li(T0, 0x20000200), op(PP_OP_LBU, T0, T0, 0, 0);
}
N(load_across_2_30) {
    li(T0, ((uint64_t)1 << 30) - 1), op(PP_OP_LHU, T0, T0, 0, 0);
}
N(load_to_x0_still_faults) {
    op(PP_OP_LW, 0, 0, 0, 0);
}
N(store_null) {
    op(PP_OP_SD, 0, 0, 0, 0);
}
N(store_text) {
    op(PP_OP_AUIPC, T0, 0, 0, 0), op(PP_OP_SW, 0, T0, 0, 0);
}
N(store_input) {
    li(T0, 0x20000000), op(PP_OP_SB, 0, T0, 0, 0);
}
N(store_guard) {
    li(T0, 0x1fbffff8), op(PP_OP_SD, 0, T0, 0, 0);
}
N(store_into_input_from_stack) {
    li(T0, 0x1ffffffc), op(PP_OP_SD, 0, T0, 0, 0);
}
N(store_past_bss) {
    li(T0, BSS + BSS_SIZE - 4), op(PP_OP_SD, 0, T0, 0, 0);
}
N(store_high) {
    li(T0, (uint64_t)1 << 63), op(PP_OP_SH, 0, T0, 0, 0);
}
N(stack_overflow) {
    li(SP, PP_VM_STACK_TOP);
    op(PP_OP_SD, 0, SP, 0, -8);
    op(PP_OP_ADDI, SP, SP, 0, -512);
    op(PP_OP_JAL, 0, 0, 0, -8);
}
N(jump_null) {
    op(PP_OP_JALR, RA, 0, 0, 0);
}
N(jump_one) {
    op(PP_OP_JALR, RA, 0, 0, 1);
} // the low bit is dropped: a jump to null
N(jump_to_data) {
    li(T0, BSS), op(PP_OP_JALR, 0, T0, 0, 0);
}
N(jump_to_stack) {
    li(T0, 0x1ffff000), op(PP_OP_JALR, 0, T0, 0, 0);
}
N(jump_to_input) {
    li(T0, 0x20000008), op(PP_OP_JALR, 0, T0, 0, 0);
}
N(jump_high) {
    op(PP_OP_JALR, 0, 0, 0, -4);
}
N(jal_out_of_text) {
    op(PP_OP_JAL, 0, 0, 0, 0x800);
}
N(jal_before_text) {
    op(PP_OP_JAL, 0, 0, 0, -4);
}
N(branch_out_of_text) {
    op(PP_OP_BEQ, 0, 0, 0, 0x400);
}
N(jalr_misaligned) {
    op(PP_OP_AUIPC, T0, 0, 0, 0), op(PP_OP_JALR, 0, T0, 0, 6);
}
N(jalr_misaligned_3) {
    op(PP_OP_AUIPC, T0, 0, 0, 0), op(PP_OP_JALR, 0, T0, 0, 3);
}
N(jal_misaligned) {
    op(PP_OP_JAL, 0, 0, 0, 6);
}
N(branch_misaligned) {
    op(PP_OP_BGEU, 0, 0, 0, 2);
}
N(zero_word) {
    pp_asm_word(&code, 0);
}
N(all_ones) {
    pp_asm_word(&code, 0xffffffff);
}
N(compressed) {
    pp_asm_word(&code, 0x00010001);
}
N(atomic) {
    pp_asm_word(&code, 0x0805252f);
}
N(load_reserved) {
    pp_asm_word(&code, 0x1005252f);
}
N(float_add) {
    pp_asm_word(&code, 0x02b57553);
}
N(float_load) {
    pp_asm_word(&code, 0x00053507);
}
N(csr_read) {
    pp_asm_word(&code, 0xc0002573);
}
N(ebreak) {
    pp_asm_word(&code, 0x00100073);
}
N(mret) {
    pp_asm_word(&code, 0x30200073);
}
N(wfi) {
    pp_asm_word(&code, 0x10500073);
}
N(fence_i) {
    pp_asm_word(&code, 0x0000100f);
}
N(shift_too_far) {
    pp_asm_word(&code, 0x02051513 | 1u << 26);
}
N(slliw_32) {
    pp_asm_word(&code, 0x0205151b);
}
N(load_funct3_7) {
    pp_asm_word(&code, 0x00057503);
}
N(store_funct3_4) {
    pp_asm_word(&code, 0x00a54023);
}
N(branch_funct3_2) {
    pp_asm_word(&code, 0x00052063);
}
N(ecall_with_rd) {
    pp_asm_word(&code, 0x000000f3);
}
N(vector) {
    pp_asm_word(&code, 0x02a50557);
}
N(bit_manipulation) {
    pp_asm_word(&code, 0x60051513);
} // clz
N(ecall_unknown) {
    pp_asm_ecall(&code, 1);
}
N(ecall_zero) {
    op(PP_OP_ECALL, 0, 0, 0, 0);
}
N(ecall_high_bits) {
    pp_asm_ecall(&code, ((uint64_t)1 << 32) | 93);
}
N(ecall_accelerator) {
    pp_asm_ecall(&code, 0x1fff);
}
N(keccak_misaligned) {
    li(A0, BSS + 4);
    pp_asm_ecall(&code, 0x1000);
}
N(keccak_across_end) {
    li(A0, BSS + BSS_SIZE - 192);
    pp_asm_ecall(&code, 0x1000);
}
N(keccak_from_before) {
    li(A0, BSS - 8);
    pp_asm_ecall(&code, 0x1000);
}
N(keccak_in_input) {
    li(A0, 0x20000000);
    pp_asm_ecall(&code, 0x1000);
}
N(keccak_in_text) {
    li(A0, SUPPORT_TEXT);
    pp_asm_ecall(&code, 0x1000);
}
N(keccak_null) {
    li(A0, 0);
    pp_asm_ecall(&code, 0x1000);
}
N(keccak_across_memory) {
    li(A0, ((uint64_t)1 << 30) - 192);
    pp_asm_ecall(&code, 0x1000);
}
N(keccak_high) {
    li(A0, UINT64_MAX - 7);
    pp_asm_ecall(&code, 0x1000);
}
N(write_fd_0) {
    pp_asm_write(&code, 0, BSS, 1);
}
N(write_fd_4) {
    pp_asm_write(&code, 4, BSS, 1);
}
N(write_fd_high) {
    pp_asm_write(&code, ((uint64_t)1 << 32) | 3, BSS, 1);
}
N(output_257) {
    pp_asm_write(&code, 3, BSS, 257);
}
N(output_in_parts) {
    pp_asm_write(&code, 3, BSS, 200), pp_asm_write(&code, 3, BSS, 57);
}
N(output_huge) {
    pp_asm_write(&code, 3, BSS, UINT64_MAX);
}
N(output_from_null) {
    pp_asm_write(&code, 3, 0, 8);
}
N(output_from_high) {
    pp_asm_write(&code, 3, UINT64_MAX - 3, 8);
}
N(output_across_end) {
    pp_asm_write(&code, 3, BSS + BSS_SIZE - 8, 16);
}
N(runs_off_the_page) {
    while (code.len < 128) op(PP_OP_ADDI, 0, 0, 0, 0); // exactly one page of code
}
N(self_modifying) {
    op(PP_OP_AUIPC, T0, 0, 0, 0);
    op(PP_OP_LW, T1, T0, 0, 0); // reading code is allowed
    op(PP_OP_SW, 0, T0, T1, 12);
    op(PP_OP_ADDI, 0, 0, 0, 0);
}
#undef N

static const negative negatives[] = {
    {"load null", load_null, PP_VM_BAD_LOAD, 0, 0},
    {"load the null page's end", load_null_end, PP_VM_BAD_LOAD, 0, 2047},
    {"load between segments", load_text_gap, PP_VM_BAD_LOAD, -1, 0x30000},
    {"load from 2^30", load_high, PP_VM_BAD_LOAD, -1, (uint64_t)1 << 30},
    {"load from the top", load_top, PP_VM_BAD_LOAD, 0, (uint64_t)-8},
    {"load around the top", load_wraps, PP_VM_BAD_LOAD, 0, (uint64_t)-4},
    {"load a machine page", load_machine_page, PP_VM_BAD_LOAD, -1, 0x30000000},
    {"load the guard", load_guard, PP_VM_BAD_LOAD, -1, 0x1fbffff8},
    {"load half in the guard", load_across_guard, PP_VM_BAD_LOAD, -1, 0x1fbffffc},
    {"load past bss", load_past_bss, PP_VM_BAD_LOAD, -1, BSS + BSS_SIZE},
    {"load across bss's end", load_across_end_of_bss, PP_VM_BAD_LOAD, -1, BSS + BSS_SIZE - 1},
    {"load past the input", load_past_input, PP_VM_BAD_LOAD, -1, 0x20000200},
    {"load across 2^30", load_across_2_30, PP_VM_BAD_LOAD, -1, ((uint64_t)1 << 30) - 1},
    {"load null to x0", load_to_x0_still_faults, PP_VM_BAD_LOAD, 0, 0},
    {"store null", store_null, PP_VM_BAD_STORE, 0, 0},
    {"store to text", store_text, PP_VM_BAD_STORE, -1, SUPPORT_TEXT},
    {"store to input", store_input, PP_VM_BAD_STORE, -1, 0x20000000},
    {"store to the guard", store_guard, PP_VM_BAD_STORE, -1, 0x1fbffff8},
    {"store across into input", store_into_input_from_stack, PP_VM_BAD_STORE, -1, 0x1ffffffc},
    {"store past bss", store_past_bss, PP_VM_BAD_STORE, -1, BSS + BSS_SIZE - 4},
    {"store high", store_high, PP_VM_BAD_STORE, -1, (uint64_t)1 << 63},
    {"stack overflow", stack_overflow, PP_VM_BAD_STORE, 1, 0x1fbffff8},
    {"jump to null", jump_null, PP_VM_BAD_FETCH, 0, 0},
    {"jump to one", jump_one, PP_VM_BAD_FETCH, 0, 0},
    {"jump to data", jump_to_data, PP_VM_BAD_FETCH, -1, BSS},
    {"jump to the stack", jump_to_stack, PP_VM_BAD_FETCH, -1, 0x1ffff000},
    {"jump to the input", jump_to_input, PP_VM_BAD_FETCH, -1, 0x20000008},
    {"jump to the top", jump_high, PP_VM_BAD_FETCH, 0, (uint64_t)-4},
    {"jal out of the text", jal_out_of_text, PP_VM_BAD_FETCH, 0, SUPPORT_TEXT + 0x800},
    {"jal before the text", jal_before_text, PP_VM_BAD_FETCH, 0, SUPPORT_TEXT - 4},
    {"branch out of the text", branch_out_of_text, PP_VM_BAD_FETCH, 0, SUPPORT_TEXT + 0x400},
    {"jalr to pc + 6", jalr_misaligned, PP_VM_MISALIGNED_PC, -1, SUPPORT_TEXT + 6},
    {"jalr to pc + 3", jalr_misaligned_3, PP_VM_MISALIGNED_PC, -1, SUPPORT_TEXT + 2},
    {"jal to pc + 6", jal_misaligned, PP_VM_MISALIGNED_PC, 0, SUPPORT_TEXT + 6},
    {"branch to pc + 2", branch_misaligned, PP_VM_MISALIGNED_PC, 0, SUPPORT_TEXT + 2},
    {"zero word", zero_word, PP_VM_ILLEGAL, 0, 0},
    {"all ones", all_ones, PP_VM_ILLEGAL, 0, 0xffffffff},
    {"compressed", compressed, PP_VM_ILLEGAL, 0, 0x00010001},
    {"amoswap", atomic, PP_VM_ILLEGAL, 0, 0x0805252f},
    {"lr.w", load_reserved, PP_VM_ILLEGAL, 0, 0x1005252f},
    {"fadd.d", float_add, PP_VM_ILLEGAL, 0, 0x02b57553},
    {"fld", float_load, PP_VM_ILLEGAL, 0, 0x00053507},
    {"rdcycle", csr_read, PP_VM_ILLEGAL, 0, 0xc0002573},
    {"ebreak", ebreak, PP_VM_ILLEGAL, 0, 0x00100073},
    {"mret", mret, PP_VM_ILLEGAL, 0, 0x30200073},
    {"wfi", wfi, PP_VM_ILLEGAL, 0, 0x10500073},
    {"fence.i", fence_i, PP_VM_ILLEGAL, 0, 0x0000100f},
    {"slli with a high bit", shift_too_far, PP_VM_ILLEGAL, 0, 0x02051513 | 1u << 26},
    {"slliw by 32", slliw_32, PP_VM_ILLEGAL, 0, 0x0205151b},
    {"load of width 7", load_funct3_7, PP_VM_ILLEGAL, 0, 0x00057503},
    {"store of width 4", store_funct3_4, PP_VM_ILLEGAL, 0, 0x00a54023},
    {"branch of kind 2", branch_funct3_2, PP_VM_ILLEGAL, 0, 0x00052063},
    {"ecall with rd", ecall_with_rd, PP_VM_ILLEGAL, 0, 0x000000f3},
    {"vadd", vector, PP_VM_ILLEGAL, 0, 0x02a50557},
    {"clz", bit_manipulation, PP_VM_ILLEGAL, 0, 0x60051513},
    {"ecall 1", ecall_unknown, PP_VM_BAD_ECALL, -1, 1},
    {"ecall 0", ecall_zero, PP_VM_BAD_ECALL, -1, 0},
    {"ecall 93 with high bits", ecall_high_bits, PP_VM_BAD_ECALL, -1, ((uint64_t)1 << 32) | 93},
    {"ecall 0x1fff", ecall_accelerator, PP_VM_BAD_ECALL, -1, 0x1fff},
    {"keccak-f of a misaligned state", keccak_misaligned, PP_VM_BAD_STORE, -1, BSS + 4},
    {"keccak-f across bss's end", keccak_across_end, PP_VM_BAD_STORE, -1, BSS + BSS_SIZE - 192},
    {"keccak-f from before bss", keccak_from_before, PP_VM_BAD_STORE, -1, BSS - 8},
    {"keccak-f in the input", keccak_in_input, PP_VM_BAD_STORE, -1, 0x20000000},
    {"keccak-f in the text", keccak_in_text, PP_VM_BAD_STORE, -1, SUPPORT_TEXT},
    {"keccak-f at null", keccak_null, PP_VM_BAD_STORE, -1, 0},
    {"keccak-f across memory's end", keccak_across_memory, PP_VM_BAD_STORE, -1,
     ((uint64_t)1 << 30) - 192},
    {"keccak-f beyond memory", keccak_high, PP_VM_BAD_STORE, -1, UINT64_MAX - 7},
    {"write to fd 0", write_fd_0, PP_VM_BAD_FD, -1, 0},
    {"write to fd 4", write_fd_4, PP_VM_BAD_FD, -1, 4},
    {"write to fd 3 with high bits", write_fd_high, PP_VM_BAD_FD, -1, ((uint64_t)1 << 32) | 3},
    {"257 bytes of output", output_257, PP_VM_OUTPUT_FULL, -1, 257},
    {"200 and 57 bytes of output", output_in_parts, PP_VM_OUTPUT_FULL, -1, 57},
    {"2^64 - 1 bytes of output", output_huge, PP_VM_OUTPUT_FULL, -1, UINT64_MAX},
    {"output from null", output_from_null, PP_VM_BAD_LOAD, -1, 0},
    {"output from the top", output_from_high, PP_VM_BAD_LOAD, -1, UINT64_MAX - 3},
    {"output across bss's end", output_across_end, PP_VM_BAD_LOAD, -1, BSS + BSS_SIZE - 8},
    {"running off the text", runs_off_the_page, PP_VM_BAD_FETCH, -1, SUPPORT_TEXT + 512},
    {"self-modifying code", self_modifying, PP_VM_BAD_STORE, 2, SUPPORT_TEXT + 12},
};

static void check_negative(const negative *n) {
    start();
    n->build();
    uint64_t pc = code.base + 4 * (uint64_t)(n->at < 0 ? (int)code.len + n->at : n->at);
    if (code.len % 128 != 0) pp_asm_halt(&code, 0); // what a machine that misses the fault reaches
    // The counting loop must tell the same as the quick one. No room is left behind the counts, so
    // that the address sanitizer sees a run off the text.
    size_t counts_len = (code.len + 127) / 128 * 128 + 1;
    uint64_t *counts = calloc(counts_len, sizeof *counts), sum = 0;
    PP_ASSERT(counts != NULL);
    for (int exact = 0; exact < 2; exact++) {
        pp_vm_options options = {.counts = exact ? counts : NULL};
        pp_vm_result r = run_with((pp_bytes){NULL, 0}, &options);
        for (size_t i = 0; exact && i < counts_len; i++) sum += counts[i];
        if (exact) CHECK_EQ(sum, r.cycles);
        char text[PP_VM_DESCRIBE_MAX];
        if (r.status != n->status || r.address != n->address || r.pc != pc || pp_vm_ok(&r))
            pp_test_fail(__FILE__, __LINE__, "%s: %s", n->name, pp_vm_describe(text, &r));
    }
    free(counts);
}

PP_TEST(negative_programs) {
    for (size_t i = 0; i < PP_COUNT(negatives); i++) check_negative(&negatives[i]);
}

PP_TEST(exit_codes) {
    static const uint64_t codes[] = {0, 1, 255, 256, UINT64_MAX, (uint64_t)1 << 32};
    for (size_t i = 0; i < PP_COUNT(codes); i++) {
        start();
        pp_asm_halt(&code, codes[i]);
        pp_vm_result r = run();
        CHECK_EQ(r.status, PP_VM_HALTED);
        CHECK_EQ(r.exit_code, codes[i]);
        CHECK_EQ(r.cycles, code.len);
        CHECK_EQ(pp_vm_ok(&r), codes[i] == 0);
    }
}

PP_TEST(cycle_limit_is_exact) {
    // A loop of 3 instructions, taken ten times, after one; then a halt of 3.
    start();
    li(T0, 10);
    op(PP_OP_ADDI, 0, 0, 0, 0);
    op(PP_OP_ADDI, T0, T0, 0, -1);
    op(PP_OP_BNE, 0, T0, 0, -8);
    pp_asm_halt(&code, 0);
    uint64_t total = run().cycles;
    CHECK_EQ(total, 1 + 30 + 3);
    for (uint64_t limit = 1; limit <= total + 2; limit++) {
        pp_vm_result r = run_with((pp_bytes){NULL, 0}, &(pp_vm_options){.max_cycles = limit});
        CHECK_EQ(r.status, limit < total ? PP_VM_CYCLE_LIMIT : PP_VM_HALTED);
        CHECK_EQ(r.cycles, limit < total ? limit : total);
        uint64_t done = limit - 1;
        uint64_t at = done < 30 ? 1 + done % 3 : 4 + done - 30;
        if (limit < total) CHECK_EQ(r.pc, SUPPORT_TEXT + 4 * at);
    }
}

PP_TEST(endless_loop_ends_at_the_limit) {
    start();
    op(PP_OP_JAL, 0, 0, 0, 0);
    pp_vm_result r = run_with((pp_bytes){NULL, 0}, &(pp_vm_options){.max_cycles = 12345678});
    CHECK_EQ(r.status, PP_VM_CYCLE_LIMIT);
    CHECK_EQ(r.cycles, 12345678);
    CHECK_EQ(r.pc, SUPPORT_TEXT);
}

// A run in pieces tells the same as one in one piece, whichever loop runs it.
static void note_progress(void *ctx, uint64_t cycles) {
    uint64_t *last = ctx;
    CHECK(cycles > *last);
    *last = cycles;
}

PP_TEST(long_runs_go_on_after_each_piece) {
    start();
    li(T0, 150000000); // two instructions
    op(PP_OP_ADDI, T1, T1, 0, 1);
    op(PP_OP_ADDI, T0, T0, 0, -1);
    op(PP_OP_BNE, 0, T0, 0, -8);
    pp_asm_halt(&code, 0);
    uint64_t seen = 0;
    pp_vm_options options = {.progress = note_progress, .progress_ctx = &seen};
    pp_vm_result r = run_with((pp_bytes){NULL, 0}, &options);
    CHECK(pp_vm_ok(&r));
    CHECK_EQ(r.cycles, 2 + (uint64_t)450000000 + 3);
    CHECK(seen > 250000000 && seen < r.cycles);
    if (getenv("PP_SANITIZED") != NULL) return; // the counting loop is slow there
    static uint64_t counts[129];
    options.counts = counts;
    options.max_cycles = 300000001;
    seen = 0;
    r = run_with((pp_bytes){NULL, 0}, &options);
    CHECK_EQ(r.status, PP_VM_CYCLE_LIMIT);
    CHECK_EQ(r.cycles, 300000001);
    CHECK_EQ(r.pc, SUPPORT_TEXT + 4 * (2 + (300000001 - 2) % 3)); // behind two of li
    CHECK(seen > 250000000);
    uint64_t sum = 0;
    for (size_t i = 0; i < PP_COUNT(counts); i++) sum += counts[i];
    CHECK_EQ(sum, r.cycles);
}

PP_TEST(limit_falls_in_straight_code) {
    start();
    for (int i = 0; i < 60000; i++) op(PP_OP_ADDI, T0, T0, 0, 1);
    pp_asm_halt(&code, 0);
    CHECK_EQ(run().cycles, 60003);
    pp_vm_result r = run_with((pp_bytes){NULL, 0}, &(pp_vm_options){.max_cycles = 59999});
    CHECK_EQ(r.status, PP_VM_CYCLE_LIMIT);
    CHECK_EQ(r.pc, SUPPORT_TEXT + (uint64_t)4 * 59999);
}

PP_TEST(memory_limit_and_page_counts) {
    // Touches the pages of bss from its start: 16 of them, with the text page 17.
    start();
    li(T0, BSS);
    li(T1, BSS + BSS_SIZE);
    op(PP_OP_SB, 0, T0, 0, 0);
    op(PP_OP_LBU, T2, T0, 0, 1);
    op(PP_OP_ADDI, T0, T0, 0, 512);
    op(PP_OP_BNE, 0, T0, T1, -12);
    li(T0, 0x1ffffff8);
    op(PP_OP_SD, 0, T0, 0, 0);
    op(PP_OP_LD, T0, T0, 0, 8); // the input's length
    pp_asm_halt(&code, 0);
    pp_vm_result r = run();
    CHECK(pp_vm_ok(&r));
    CHECK_EQ(r.pages[0], 17);
    CHECK_EQ(r.pages[1], 1);
    CHECK_EQ(r.pages[2], 1);
    r = run_with((pp_bytes){NULL, 0}, &(pp_vm_options){.max_pages = 19});
    CHECK(pp_vm_ok(&r));
    r = run_with((pp_bytes){NULL, 0}, &(pp_vm_options){.max_pages = 18});
    CHECK_EQ(r.status, PP_VM_MEMORY_LIMIT);
    CHECK_EQ(r.address, 0x20000000);
    r = run_with((pp_bytes){NULL, 0}, &(pp_vm_options){.max_pages = 3});
    CHECK_EQ(r.status, PP_VM_MEMORY_LIMIT);
    CHECK_EQ(r.address, BSS + 1024);
}

PP_TEST(misaligned_data) {
    // Stores 8 bytes at each of 16 offsets, then loads 2 at odd ones, across a page boundary too.
    start();
    li(T1, 0x1122334455667788);
    li(T0, BSS + 512 - 8);
    for (int32_t i = 0; i < 16; i++) {
        op(PP_OP_SD, 0, T0, T1, i);
        op(PP_OP_LD, T2, T0, 0, i);
        op(PP_OP_BNE, 0, T1, T2, 8);
        op(PP_OP_JAL, 0, 0, 0, 8);
        pp_asm_word(&code, 0); // differs: illegal
    }
    op(PP_OP_LHU, A1, T0, 0, 15); // 0x7788, unaligned
    op(PP_OP_LW, T2, T0, 0, 18);
    pp_asm_halt(&code, 0);
    pp_vm_result r = run();
    CHECK(pp_vm_ok(&r));
    CHECK_EQ(r.misaligned, 14 + 14 + 2);
    CHECK_EQ(r.pages[0], 3);
}

// An access over a border is done wholly or not at all: what the first page would allow alone is
// not written, and no page of a refused access counts as touched.
PP_TEST(accesses_over_borders) {
    // From the stack into the input: both may be loaded.
    static const uint8_t input[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    start();
    li(T0, 0x1ffffff8);
    li(T1, 0xffeeddccbbaa9988);
    op(PP_OP_SD, 0, T0, T1, 0);
    op(PP_OP_LD, T2, T0, 0, 4); // four bytes of stack, then the low half of the length, 8
    li(T1, 0x8ffeeddcc);
    op(PP_OP_BEQ, 0, T2, T1, 8);
    pp_asm_word(&code, 0);
    pp_asm_halt(&code, 0);
    pp_vm_result r = run_with((pp_bytes){input, sizeof input}, NULL);
    CHECK(pp_vm_ok(&r));
    CHECK_EQ(r.misaligned, 1);
    CHECK_EQ(r.pages[1], 1);
    CHECK_EQ(r.pages[2], 1);
    // From the stack's last bytes into the input: refused, and the stack's page is not touched.
    start();
    li(T0, 0x1ffffffe);
    op(PP_OP_SW, 0, T0, T0, 0);
    r = run();
    CHECK_EQ(r.status, PP_VM_BAD_STORE);
    CHECK_EQ(r.address, 0x1ffffffe);
    CHECK_EQ(r.pages[1], 0);
    CHECK_EQ(r.misaligned, 0);
    // Over the border of two pages of bss, at every offset and size, one byte either side checked.
    start();
    static const pp_op stores[] = {PP_OP_SB, PP_OP_SH, PP_OP_SW, PP_OP_SD};
    li(T0, BSS + 512);
    li(T1, UINT64_MAX);
    for (unsigned log = 0; log < 4; log++) {
        for (int32_t at = -(1 << log); at <= 0; at++) {
            op(PP_OP_SD, 0, T0, 0, -16);
            op(PP_OP_SD, 0, T0, 0, -8);
            op(PP_OP_SD, 0, T0, 0, 0);
            op(PP_OP_SD, 0, T0, 0, 8);
            op(stores[log], 0, T0, T1, at);
            op(PP_OP_LBU, T2, T0, 0, at - 1);
            op(PP_OP_BNE, 0, T2, 0, 20);
            op(PP_OP_LBU, T2, T0, 0, at + (1 << log));
            op(PP_OP_BNE, 0, T2, 0, 12);
            op(PP_OP_LB, T2, T0, 0, at + (1 << log) - 1);
            op(PP_OP_BEQ, 0, T2, T1, 8);
            pp_asm_word(&code, 0);
        }
    }
    pp_asm_halt(&code, 0);
    r = run();
    CHECK(pp_vm_ok(&r));
}

PP_TEST(output_and_input) {
    uint8_t input[300];
    for (size_t i = 0; i < sizeof input; i++) input[i] = (uint8_t)(i * 7);
    start();
    pp_asm_write(&code, 3, 0x20000000, 8);
    op(PP_OP_ADDI, T0, A0, 0, 0); // write returned 8
    pp_asm_write(&code, 3, 0x20000008, 240);
    op(PP_OP_ADD, T0, T0, A0, 0);
    pp_asm_write(&code, 3, 0x20000008 + 292, 8);
    pp_asm_write(&code, 3, 0, 0); // nothing from nowhere is nothing
    op(PP_OP_ADDI, A0, T0, 0, -248);
    pp_asm_ecall(&code, 93);
    pp_vm_result r = run_with((pp_bytes){input, sizeof input}, NULL);
    CHECK(pp_vm_ok(&r));
    REQUIRE(r.output_size == 256);
    CHECK_EQ(pp_load_le64(r.output), 300);
    CHECK_MEM(r.output + 8, input, 240);
    CHECK_MEM(r.output + 248, input + 292, 8);
}

PP_TEST(input_length_limit) {
    start();
    pp_asm_halt(&code, 0);
    uint8_t byte = 0;
    pp_vm_result r = run_with((pp_bytes){&byte, PP_VM_INPUT_MAX + 1}, NULL);
    CHECK_EQ(r.status, PP_VM_INPUT_TOO_LONG);
    CHECK_EQ(r.cycles, 0);
    uint8_t *big = calloc(1, PP_VM_INPUT_MAX);
    REQUIRE(big != NULL);
    big[PP_VM_INPUT_MAX - 1] = 42;
    start();
    li(T0, 0x2fffffff);
    op(PP_OP_LBU, A0, T0, 0, 0);
    pp_asm_ecall(&code, 93);
    r = run_with((pp_bytes){big, PP_VM_INPUT_MAX}, NULL);
    CHECK_EQ(r.exit_code, 42);
    free(big);
}

PP_TEST(debug_text_never_ends_a_run) {
    static const uint64_t pointers[][2] = {
        {BSS, 5},          {0, 100},        {BSS + BSS_SIZE - 3, 100}, {UINT64_MAX - 3, 100},
        {BSS, UINT64_MAX}, {0x1ffffff0, 32}};
    static const size_t seen[] = {5, 0, 3, 0, BSS_SIZE, 32};
    for (size_t i = 0; i < PP_COUNT(pointers); i++) {
        start();
        pp_asm_write(&code, 1 + i % 2, pointers[i][0], pointers[i][1]);
        li(T0, pointers[i][1]);
        op(PP_OP_SUB, A0, A0, T0, 0);
        pp_asm_ecall(&code, 93);
        gathered text = {0};
        pp_vm_result r =
            run_with((pp_bytes){NULL, 0}, &(pp_vm_options){.debug = gather, .debug_ctx = &text});
        CHECK(pp_vm_ok(&r));
        CHECK_EQ(text.size, seen[i]);
        CHECK_EQ(r.pages[0], 1); // debug text touches no pages
        free(text.data);
        r = run();
        CHECK(pp_vm_ok(&r)); // nor does it need a listener
    }
}

PP_TEST(counts_add_up) {
    start();
    li(T0, 100);
    op(PP_OP_ADDI, T0, T0, 0, -1);
    op(PP_OP_BNE, 0, T0, 0, -4);
    pp_asm_halt(&code, 0);
    static uint64_t counts[128];
    memset(counts, 0, sizeof counts);
    pp_vm_result r = run_with((pp_bytes){NULL, 0}, &(pp_vm_options){.counts = counts});
    uint64_t sum = 0;
    for (size_t i = 0; i < PP_COUNT(counts); i++) sum += counts[i];
    CHECK_EQ(sum, r.cycles);
    CHECK_EQ(counts[0], 1);
    CHECK_EQ(counts[1], 100);
    CHECK_EQ(counts[2], 100);
}

PP_TEST(statuses_have_names) {
    for (unsigned s = 0; s < PP_VM_STATUSES_LEN; s++) {
        pp_vm_result r = {.status = (pp_vm_status)s};
        char text[PP_VM_DESCRIBE_MAX];
        CHECK(strlen(pp_vm_status_name((pp_vm_status)s)) > 4);
        CHECK(strlen(pp_vm_describe(text, &r)) > 10);
    }
}

// Every decodable word encodes back to a word that decodes the same; most to themselves.
PP_TEST(decode_and_encode_agree) {
    pp_rng rng = {pp_test_seed()};
    unsigned seen[PP_OPS_LEN] = {0};
    for (int i = 0; i < 2000000; i++) {
        uint32_t word = (uint32_t)pp_rng_u64(&rng) | 3;
        static const uint32_t funct7[] = {0, 1, 0x20};
        if (i % 2 == 0) word = (word & 0x1ffffff) | funct7[i / 2 % 3] << 25;
        pp_insn a = pp_decode(word);
        seen[a.op]++;
        if (a.op == PP_OP_ILLEGAL) {
            CHECK(pp_illegal_reason(word) != NULL);
            continue;
        }
        uint32_t again = pp_encode(a);
        if (a.op != PP_OP_FENCE) CHECK_EQ(again, word);
        pp_insn b = pp_decode(again);
        CHECK(a.op == b.op && a.rd == b.rd && a.rs1 == b.rs1 && a.rs2 == b.rs2 && a.imm == b.imm);
    }
    for (unsigned o = 1; o < PP_OPS_LEN; o++) CHECK(seen[o] > 0 || o == PP_OP_ECALL);
    CHECK_EQ(pp_decode(0x73).op, PP_OP_ECALL);
}

PP_TEST(constants_load_in_eight) {
    pp_rng rng = {pp_test_seed()};
    start();
    for (int i = 0; i < 2000; i++) {
        uint64_t v = pp_rng_u64(&rng) >> pp_rng_below(&rng, 64);
        if (i % 3 == 0) v = 0 - v;
        size_t before = code.len;
        li(T0, v);
        CHECK(code.len - before <= 8);
        // The same value by halves, the slow way.
        li(T1, v >> 32);
        op(PP_OP_SLLI, T1, T1, 0, 32);
        li(T2, v & 0xffffffff);
        op(PP_OP_ADD, T1, T1, T2, 0);
        op(PP_OP_BEQ, 0, T0, T1, 8);
        pp_asm_word(&code, 0);
    }
    pp_asm_halt(&code, 0);
    pp_vm_result r = run();
    CHECK(pp_vm_ok(&r));
}
