// SPDX-License-Identifier: MIT OR Apache-2.0
// What src/hash leaves to the machine in a guest: the permutations, as accelerators (vm/abi.h). A
// call leaves a0 as it was; where there is no such call (qemu answers with an error in a0) the same
// is done in software. Native builds of a guest have src/hash's own.
#include "vm/abi.h"

#ifdef PP_GUEST_MACHINE
#include "hash/keccak.h"
#include "hash/poseidon2.h"
#include "hash/sha256.h"

// Operands lie at multiples of 8; a digest's last word shares its cell with what is behind it.
static bool is_cell(const void *p) {
    return ((uintptr_t)p & 7) == 0;
}

static bool call(long number, void *operand) {
    register void *a0 __asm__("a0") = operand;
    register long a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return a0 == operand;
}

void pp_keccak_f1600(uint64_t state[25]) {
    if (!call(PP_ECALL_KECCAK_F, state)) pp_keccak_f1600_plain(state);
}

void pp_poseidon2_permute(pp_fp state[PP_POSEIDON2_WIDTH]) {
    _Alignas(8) pp_fp aligned[PP_POSEIDON2_WIDTH];
    pp_fp *s = is_cell(state) ? state : memcpy(aligned, state, sizeof aligned);
    if (!call(PP_ECALL_POSEIDON2, s)) pp_poseidon2_permute_plain(s);
    if (s != state) memcpy(state, s, sizeof aligned);
}

static bool call_sha256(uint8_t *state, const uint8_t *block) {
    register const uint8_t *a0 __asm__("a0") = block;
    register uint8_t *a1 __asm__("a1") = state;
    register long a7 __asm__("a7") = PP_ECALL_SHA256;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
    return a0 == block;
}

void pp_sha256_compress(uint8_t state[32], const uint8_t block[PP_SHA256_BLOCK]) {
    _Alignas(8) uint8_t s[32];
    _Alignas(8) uint8_t b[PP_SHA256_BLOCK];
    if (!is_cell(block)) block = memcpy(b, block, sizeof b);
    uint8_t *at = is_cell(state) ? state : memcpy(s, state, sizeof s);
    if (!call_sha256(at, block)) pp_sha256_compress_plain(at, block);
    if (at != state) memcpy(state, at, sizeof s);
}

static bool call_node(pp_digest *out, const pp_digest *left, const pp_digest *right, uint64_t tag) {
    register const pp_digest *a0 __asm__("a0") = left;
    register const pp_digest *a1 __asm__("a1") = right;
    register uint64_t a2 __asm__("a2") = tag;
    register pp_digest *a3 __asm__("a3") = out;
    register long a7 __asm__("a7") = PP_ECALL_POSEIDON2_NODE;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a7) : "memory");
    return a0 == left;
}

void pp_hash_node(pp_digest *out, const pp_digest *left, const pp_digest *right, uint32_t tag) {
    if (is_cell(out) && is_cell(left) && is_cell(right)) {
        if (!call_node(out, left, right, tag)) pp_hash_node_plain(out, left, right, tag);
        return;
    }
    _Alignas(8) pp_digest l = *left;
    _Alignas(8) pp_digest r = *right;
    pp_hash_node(&l, &l, &r, tag);
    *out = l;
}
#endif
