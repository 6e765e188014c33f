// SPDX-License-Identifier: MIT OR Apache-2.0
// The executor: programs that must not end well.
#include <stdlib.h>

#include "vm/test_code.h"

// Each builds its code; the run must end with the status, at the
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
