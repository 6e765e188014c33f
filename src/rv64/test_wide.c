// SPDX-License-Identifier: MIT OR Apache-2.0
// The accelerators of 256-bit numbers as rows: calls on ordinary, extreme and overlapping operands,
// operands for which there is no result; and the look-ups of the rows, taken away one by one.
#include <stdlib.h>

#include "rv64/test_row.h"

enum { WORDS = 16384 };
static const unsigned wide[] = {PP_ACCEL_MULMOD, PP_ACCEL_SECP256K1_ADD, PP_ACCEL_SECP256K1_DOUBLE};
#define AT (GENERATE_DATA + 512 - 72) // operands lie on two pages

// A run that ends well and whose rows hold; its output, the last operand of the last call.
static void check_calls(pp_asm *a, const pp_accel *accel, uint64_t result, uint64_t *out) {
    rv64_run r;
    unsigned len = accel->cells[accel->operands_len - 1];
    pp_asm_write(a, PP_FD_OUTPUT, result, 8 * len);
    pp_asm_halt(a, 0);
    r.file = support_elf(&r.program, a, GENERATE_DATA, GENERATE_DATA_SIZE);
    rv64_run_begin(&r, &r.program, (pp_bytes){NULL, 0});
    CHECK(rv64_run_check(&r));
    CHECK_EQ(r.result.output_size, 8 * len);
    memcpy(out, r.result.output, 8 * (size_t)len);
    rv64_run_end(&r);
}

PP_TEST(rows_hold) {
    static uint32_t code[WORDS];
    pp_rng rng = {pp_test_seed()};
    for (size_t i = 0; i < PP_COUNT(wide); i++) {
        const pp_accel *accel = &pp_accels[wide[i]];
        unsigned last = pp_accel_first(accel, accel->operands_len - 1u);
        pp_asm a = {code, 0, WORDS, SUPPORT_TEXT};
        uint64_t words[PP_ACCEL_CELLS_MAX], got[8];
        for (unsigned k = 0; k < RV64_ACCEL_VARIANTS + 8; k++) {
            rv64_accel_words(words, accel, k % RV64_ACCEL_VARIANTS);
            // Beyond the variants: ordinary numbers, and now and then a limb of all ones or zeros.
            if (k >= RV64_ACCEL_VARIANTS)
                for (unsigned w = 0; w < pp_accel_all(accel); w++) {
                    words[w] = pp_rng_u64(&rng);
                    if (pp_rng_below(&rng, 4) == 0) words[w] = 0 - pp_rng_below(&rng, 2);
                }
            if (accel->cells[1] == 0 && accel->operands_len > 1) words[8] &= 1;
            rv64_asm_accel(&a, accel, AT, words);
            if (!accel->apply(words)) a.len -= 1, pp_asm_op(&a, PP_OP_ADDI, 0, 0, 0, 0);
        }
        rv64_accel_words(words, accel, 0);
        rv64_asm_accel(&a, accel, AT, words);
        PP_ASSERT(accel->apply(words));
        check_calls(&a, accel, AT + 8 * last, got);
        CHECK_MEM(got, words + last, 8 * (size_t)accel->cells[accel->operands_len - 1]);
    }
}

// Everything is read before anything is written, wherever operands overlap.
PP_TEST(operands_may_overlap) {
    static uint32_t code[WORDS];
    for (size_t i = 0; i < PP_COUNT(wide); i++) {
        const pp_accel *accel = &pp_accels[wide[i]];
        for (unsigned shift = 0; shift < 3; shift++) {
            uint64_t memory[PP_ACCEL_CELLS_MAX], words[PP_ACCEL_CELLS_MAX], got[8];
            pp_asm a = {code, 0, WORDS, SUPPORT_TEXT};
            pp_rng rng = {shift + 9};
            pp_rng_fill(&rng, memory, sizeof memory);
            unsigned n = 0, at = 0;
            rv64_asm_words(&a, AT, memory, PP_ACCEL_CELLS_MAX);
            for (unsigned k = 0; k < accel->operands_len; k++) {
                // `shift` words from one operand to the next; none: all the same memory.
                if (accel->cells[k] == 0) {
                    words[n++] = 1;
                    pp_asm_li(&a, 10 + k, 1);
                    continue;
                }
                at = shift * k;
                if (shift == 0 && wide[i] == PP_ACCEL_SECP256K1_ADD) at = k; // one point is no line
                for (unsigned w = 0; w < accel->cells[k]; w++) words[n++] = memory[at + w];
                pp_asm_li(&a, 10 + k, AT + 8 * at);
            }
            pp_asm_ecall(&a, accel->number);
            bool ok = accel->apply(words);
            // a = b = c = m: the quotient is a + 1.
            CHECK(ok || wide[i] == PP_ACCEL_MULMOD);
            if (!ok) continue;
            check_calls(&a, accel, AT + 8 * at, got);
            CHECK_MEM(got, words + pp_accel_first(accel, accel->operands_len - 1u),
                      8 * (size_t)accel->cells[accel->operands_len - 1]);
        }
    }
}

// ---- where there is no result -------------------------------------------------------------------

typedef struct refusal {
    unsigned accel;
    const char *what;
    uint64_t word, value[4]; // replaces so many words of variant 0
    unsigned len;
} refusal;

PP_TEST(no_result) {
    static const uint64_t all = UINT64_MAX, low = 0xfffffffefffffc2f;
    static const refusal refusals[] = {
        {PP_ACCEL_MULMOD, "a quotient of 257 bits", 12, {1, 0, 0, 0}, 4},
        {PP_ACCEL_SECP256K1_ADD, "negate is 2", 8, {2}, 1},
        {PP_ACCEL_SECP256K1_ADD, "negate is 2^32 + 1", 8, {0x100000001}, 1},
        {PP_ACCEL_SECP256K1_ADD, "x1 is p", 9, {low, all, all, all}, 4},
        {PP_ACCEL_SECP256K1_ADD, "x2 is above p", 0, {all, all, all, all}, 4},
        {PP_ACCEL_SECP256K1_DOUBLE, "y is 0", 4, {0, 0, 0, 0}, 4},
        {PP_ACCEL_SECP256K1_DOUBLE, "y is p", 4, {low, all, all, all}, 4},
    };
    static uint32_t code[WORDS];
    for (size_t i = 0; i <= PP_COUNT(refusals); i++) {
        bool same = i == PP_COUNT(refusals); // and one x for both points
        const refusal *r = &refusals[same ? 1 : i];
        const pp_accel *accel = &pp_accels[r->accel];
        pp_asm a = {code, 0, WORDS, SUPPORT_TEXT};
        uint64_t words[PP_ACCEL_CELLS_MAX];
        rv64_accel_words(words, accel, 0);
        if (same)
            memcpy(words, words + 9, 32);
        else
            memcpy(words + r->word, r->value, 8 * r->len);
        rv64_asm_accel(&a, accel, AT, words);
        pp_asm_halt(&a, 0);
        pp_program program;
        pp_err err = {0};
        pp_vm_result result;
        uint8_t *file = support_elf(&program, &a, GENERATE_DATA, GENERATE_DATA_SIZE);
        CHECK(pp_vm_run(&err, &result, &program, (pp_bytes){NULL, 0}, NULL));
        if (result.status != PP_VM_BAD_OPERAND || result.address != accel->number)
            pp_test_fail(__FILE__, __LINE__, "%s: ends as %s", same ? "one x" : r->what,
                         pp_vm_status_name(result.status));
        CHECK(pp_vm_status_name(result.status) != NULL);
        char text[PP_VM_DESCRIBE_MAX];
        CHECK(strstr(pp_vm_describe(text, &result), "no result") != NULL);
        free(file);
    }
}
