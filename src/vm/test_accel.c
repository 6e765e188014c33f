// SPDX-License-Identifier: MIT OR Apache-2.0
// Accelerators as the executor has them: the list, calls on good operands and bad ones.
#include <stdlib.h>

#include "hash/keccak.h"
#include "hash/poseidon2.h"
#include "vm/accel.h"
#include "vm/test_support.h"

enum { A0 = 10 };
#define BSS ((uint64_t)0x100000)
#define BSS_SIZE ((uint64_t)4096)

PP_TEST(the_list) {
    for (unsigned i = 0; i < PP_ACCELS_LEN; i++) {
        const pp_accel *a = &pp_accels[i];
        CHECK(a->number >= 0x1000);
        CHECK(pp_accel_find(a->number) == a);
        CHECK(a->operands_len >= 1 && a->operands_len <= PP_ACCEL_OPERANDS_MAX);
        CHECK(pp_accel_all(a) <= PP_ACCEL_CELLS_MAX);
        CHECK(a->cells[a->operands_len - 1] != 0); // there is something to write
        for (unsigned k = 0; k < a->operands_len; k++) CHECK(a->cells[k] <= PP_VM_PAGE_SIZE / 8);
    }
    CHECK(pp_accel_find(0xfff) == NULL);
    CHECK(pp_accel_find((uint64_t)PP_ECALL_KECCAK_F + ((uint64_t)1 << 32)) == NULL);
}

// Any words give a result or none, and what lies beside the last operand's words stays.
PP_TEST(total) {
    pp_rng rng = {pp_test_seed()};
    static const uint64_t edges[] = {0, 1, UINT64_MAX, 0x7f0000017f000001, 0x7f0000007f000000};
    for (unsigned i = 0; i < PP_ACCELS_LEN; i++) {
        const pp_accel *a = &pp_accels[i];
        unsigned first = pp_accel_first(a, a->operands_len - 1u);
        for (unsigned n = 0; n < 200; n++) {
            uint64_t before[PP_ACCEL_CELLS_MAX], after[PP_ACCEL_CELLS_MAX];
            for (unsigned k = 0; k < PP_ACCEL_CELLS_MAX; k++)
                before[k] = n < 5   ? edges[n]
                            : n % 2 ? pp_rng_u64(&rng)
                                    : edges[pp_rng_below(&rng, 5)];
            memcpy(after, before, sizeof after);
            if (!a->apply(after)) CHECK_MEM(after, before, sizeof after);
            CHECK_MEM(after, before, first * sizeof *after);
            unsigned all = pp_accel_all(a);
            CHECK_MEM(after + all, before + all, (PP_ACCEL_CELLS_MAX - all) * sizeof *after);
        }
    }
}

// The elements are taken modulo p, and given below it: Poseidon2 as src/hash has it.
PP_TEST(poseidon2) {
    pp_rng rng = {pp_test_seed()};
    for (unsigned n = 0; n < 100; n++) {
        uint64_t words[16];
        uint32_t raw[32], got[32];
        for (unsigned i = 0; i < 32; i++) {
            raw[i] = (uint32_t)pp_rng_u64(&rng);
            if (n % 3 == 0) raw[i] = PP_FP_MODULUS - 2 + (uint32_t)pp_rng_below(&rng, 4);
            if (n % 3 == 1 && i % 5 == 0) raw[i] = UINT32_MAX;
        }
        memcpy(words, raw, sizeof words);
        pp_fp s[PP_POSEIDON2_WIDTH];
        for (unsigned i = 0; i < PP_POSEIDON2_WIDTH; i++) s[i].v = raw[i] % PP_FP_MODULUS;
        pp_poseidon2_permute(s);
        pp_accels[PP_ACCEL_POSEIDON2].apply(words);
        CHECK_MEM(words, s, sizeof s);
        memcpy(words, raw, sizeof words);
        pp_digest left, right, out;
        for (unsigned i = 0; i < PP_DIGEST_LEN; i++) {
            left.e[i].v = raw[i] % PP_FP_MODULUS;
            right.e[i].v = raw[10 + i] % PP_FP_MODULUS;
        }
        words[10] = n % 2 != 0 ? PP_TAG_STATE : (uint64_t)PP_FP_MODULUS * n + PP_TAG_STATE;
        pp_hash_node(&out, &left, &right, PP_TAG_STATE);
        pp_accels[PP_ACCEL_POSEIDON2_NODE].apply(words);
        memcpy(got, words + 11, 40);
        CHECK_MEM(got, out.e, sizeof out.e);
        CHECK_EQ(got[9], raw[31]); // behind a digest
    }
}

// How a call ends when operand k lies at `address`, and the others well.
static pp_vm_status end_of(const pp_accel *a, unsigned k, uint64_t address, uint64_t *where) {
    uint32_t words[128];
    pp_asm code = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    for (unsigned i = 0; i < a->operands_len; i++)
        pp_asm_li(&code, A0 + i, i == k ? address : BSS + 512 * (uint64_t)i);
    pp_asm_ecall(&code, a->number);
    pp_asm_halt(&code, 0);
    pp_program program;
    uint8_t *file = support_elf(&program, &code, BSS, BSS_SIZE);
    pp_err err;
    pp_vm_result r;
    PP_ASSERT(pp_vm_run(&err, &r, &program, (pp_bytes){NULL, 0}, NULL));
    free(file);
    *where = r.address;
    CHECK_EQ(r.accelerated[a - pp_accels], r.status == PP_VM_HALTED);
    return r.status;
}

// All operands may be there; whether there is a result for them is another matter.
static bool found(pp_vm_status status) {
    return status == PP_VM_HALTED || status == PP_VM_BAD_OPERAND;
}

PP_TEST(operands) {
    for (unsigned i = 0; i < PP_ACCELS_LEN; i++) {
        const pp_accel *a = &pp_accels[i];
        for (unsigned k = 0; k < a->operands_len; k++) {
            uint64_t size = 8 * (uint64_t)a->cells[k], at;
            bool last = k + 1u == a->operands_len;
            if (size == 0) { // the register itself
                CHECK(found(end_of(a, k, UINT64_MAX, &at)));
                continue;
            }
            const uint64_t good[] = {BSS, BSS + BSS_SIZE - size, BSS + 512 - 8,
                                     PP_VM_STACK_TOP - size, BSS + 1024};
            for (size_t n = 0; n < PP_COUNT(good); n++) CHECK(found(end_of(a, k, good[n], &at)));
            const uint64_t bad[] = {BSS + 4,
                                    BSS + 1,
                                    BSS - 8,
                                    BSS + BSS_SIZE - size + 8,
                                    0,
                                    8,
                                    PP_VM_STACK_TOP - PP_VM_STACK_SIZE - 8,
                                    PP_VM_MACHINE_START,
                                    PP_VM_MEMORY_SIZE - size,
                                    PP_VM_MEMORY_SIZE,
                                    UINT64_MAX - 7,
                                    (uint64_t)1 << 63};
            for (size_t n = 0; n < PP_COUNT(bad); n++) {
                CHECK_EQ(end_of(a, k, bad[n], &at), last ? PP_VM_BAD_STORE : PP_VM_BAD_LOAD);
                CHECK_EQ(at, bad[n]);
            }
            // Code and input are read, and not written.
            const uint64_t read_only[] = {SUPPORT_TEXT, PP_VM_INPUT_START};
            for (size_t n = 0; n < PP_COUNT(read_only); n++) {
                pp_vm_status end = end_of(a, k, read_only[n], &at);
                CHECK(last ? end == PP_VM_BAD_STORE : found(end));
            }
        }
    }
}

// Keccak of random states, against a chain of single rounds' well-known result.
PP_TEST(keccak_published) {
    uint64_t state[25] = {0};
    pp_accels[PP_ACCEL_KECCAK_F].apply(state);
    CHECK_EQ(state[0], 0xf1258f7940e1dde7); // of the zero state (Keccak team, KeccakF-1600)
    CHECK_EQ(state[24], 0xeaf1ff7b5ceca249);
    pp_accels[PP_ACCEL_KECCAK_F].apply(state);
    CHECK_EQ(state[0], 0x2d5c954df96ecb3c);
}
