// SPDX-License-Identifier: MIT OR Apache-2.0
// Writing programs in C: instruction words, labels by position, and ELF files around them. For
// tests, generated programs and the qemu copy; native.
#ifndef PP_VM_ENCODE_H
#define PP_VM_ENCODE_H

#include "vm/decode.h"
#include "vm/elf.h"

// The inverse of pp_decode. The fields must fit their form (PP_ASSERT).
uint32_t pp_encode(pp_insn insn);

// Code under construction: the caller gives the words. All functions assert that there is room.
typedef struct pp_asm {
    uint32_t *words;
    size_t len, max;
    uint64_t base; // address of words[0]
} pp_asm;

static inline uint64_t pp_asm_pc(const pp_asm *a) {
    return a->base + 4 * (uint64_t)a->len;
}
void pp_asm_word(pp_asm *a, uint32_t word);
// R, I, S and B forms as in assembler text; unused operands are 0. B and J take a byte distance.
void pp_asm_op(pp_asm *a, pp_op op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm);
// Loads any 64-bit constant, in 1 to 8 instructions, using no other register.
void pp_asm_li(pp_asm *a, unsigned rd, uint64_t value);
// Changes the distance of the branch or jump at words[at] so that it goes to words[target].
void pp_asm_patch(pp_asm *a, size_t at, size_t target);
// li a7, number; ecall.
void pp_asm_ecall(pp_asm *a, uint64_t number);
// halt(code), write(fd, address, size).
void pp_asm_halt(pp_asm *a, uint64_t code);
void pp_asm_write(pp_asm *a, uint64_t fd, uint64_t address, uint64_t size);

// Writes an ELF64 file of the given segments (each aligned to 4096 in the file) to out.
// Returns its size, or 0 when max is too small.
size_t pp_elf_build(uint8_t *out, size_t max, uint64_t entry, const pp_segment *segments,
                    size_t segments_len);
// An upper bound of that size.
size_t pp_elf_build_max(const pp_segment *segments, size_t segments_len);

// The copy of a program for qemu-riscv64, which maps only what PT_LOAD names: the same segments
// with the stack and the input (length and bytes) as two more. malloc'ed, the caller frees;
// NULL when the input is too long.
uint8_t *pp_elf_for_qemu(size_t *size, const pp_program *program, pp_bytes input);

#endif
