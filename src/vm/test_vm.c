// SPDX-License-Identifier: MIT OR Apache-2.0
// The executor: how runs end, limits, permissions, system calls, counts.
#include <stdlib.h>

#include "vm/test_code.h"

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
