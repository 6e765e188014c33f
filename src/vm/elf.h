// SPDX-License-Identifier: MIT OR Apache-2.0
// The program loader: which ELF files are guests, and what memory they describe. Pure and total.
// Follows eth-act/zkvm-standards "elf-loading-and-validation", with PF_X taken as read-execute.
#ifndef PP_VM_ELF_H
#define PP_VM_ELF_H

#include "vm/abi.h"

enum { PP_ELF_SEGMENTS_MAX = 16, PP_ELF_HEADERS_MAX = 64 };

// One PT_LOAD segment: size bytes at start, of which the first data.size are given and the rest
// are zero. Segments are sorted by start, lie inside Q0 above the null page, do not overlap, and
// those that share a page have one permission (the page's gaps are zero bytes of it).
typedef struct pp_segment {
    uint64_t start;
    uint64_t size; // > 0
    pp_bytes data; // a view into the file
    pp_perm perm;  // RO, RW or RX
} pp_segment;

// A checked program: views into the file, which must outlive it and not change.
typedef struct pp_program {
    pp_bytes file;
    uint64_t entry;                // 4-aligned, inside an RX segment
    uint64_t text_start, text_end; // page-aligned hull of the RX segments
    size_t segments_len;
    pp_segment segments[PP_ELF_SEGMENTS_MAX];
} pp_program;

// Why a file is refused; PP_ELF_OK is 0.
#define PP_ELF_CODES(X)                                                                            \
    X(OK, "a guest program")                                                                       \
    X(TOO_SHORT, "shorter than an ELF header")                                                     \
    X(NOT_ELF, "not an ELF file (no magic number)")                                                \
    X(NOT_64, "not a 64-bit ELF file")                                                             \
    X(NOT_LITTLE, "not little-endian")                                                             \
    X(BAD_VERSION, "an ELF version other than 1")                                                  \
    X(BAD_OSABI, "made for an operating system's ABI, not for bare metal")                         \
    X(NOT_EXEC, "not a static executable (ET_EXEC): object, shared or position-independent")       \
    X(NOT_RISCV, "not for RISC-V")                                                                 \
    X(BAD_FLAGS, "built for another RISC-V variant (compressed, float or RVE): use rv64im, lp64")  \
    X(BAD_HEADER_SIZE, "header sizes other than ELF64's")                                          \
    X(NO_SEGMENTS, "no segment to load")                                                           \
    X(MANY_HEADERS, "more than 64 program headers")                                                \
    X(HEADERS_OUTSIDE, "program headers reach beyond the end of the file")                         \
    X(BAD_SEGMENT_TYPE, "a dynamic, interpreter, TLS or unknown segment")                          \
    X(MANY_SEGMENTS, "more than 16 segments to load")                                              \
    X(DATA_OUTSIDE, "a segment's data reaches beyond the end of the file")                         \
    X(FILE_SIZE, "a segment has more bytes in the file than in memory")                            \
    X(NULL_PAGE, "a segment reaches into the null page (below 0x1000)")                            \
    X(OUTSIDE, "a segment reaches beyond the program quarter (0x10000000)")                        \
    X(OVERLAP, "segments overlap")                                                                 \
    X(BAD_PERMISSION, "a segment that is not read-only, read-write or executable")                 \
    X(WRITE_EXEC, "a segment is both writable and executable")                                     \
    X(SHARED_PAGE, "segments of different permission share a 512-byte page")                       \
    X(ENTRY_MISALIGNED, "the entry point is not 4-aligned")                                        \
    X(ENTRY_OUTSIDE, "the entry point is not inside an executable segment")

typedef enum pp_elf_code {
#define X(name, text) PP_ELF_##name,
    PP_ELF_CODES(X)
#undef X
        PP_ELF_CODES_LEN
} pp_elf_code;

// The sentence of a code, to stand after "this file is".
const char *pp_elf_reason(pp_elf_code code);

// Checks the file and fills *out; on any code but PP_ELF_OK *out is all zero.
// Section headers are not looked at: a stripped file is a program too.
// PT_LOAD is loaded; PT_NULL, PT_NOTE, PT_PHDR, PT_GNU_STACK, PT_GNU_RELRO and
// PT_RISCV_ATTRIBUTES say nothing a guest needs and are passed over; all others are refused.
pp_elf_code pp_elf_load(pp_program *out, pp_bytes file);

// The permission of the page that holds address, in Q0 (NONE where no segment reaches).
pp_perm pp_program_perm(const pp_program *program, uint64_t address);
// Copies the initial bytes of one page of Q0; page is address / PP_VM_PAGE_SIZE.
void pp_program_page(uint8_t out[PP_VM_PAGE_SIZE], const pp_program *program, uint64_t page);

// Symbols, for profiles and messages only: calls visit for every sized or unsized function symbol
// with its address and its NUL-terminated name (a view into the file). Damaged tables give none.
void pp_elf_symbols(const pp_program *program,
                    void (*visit)(void *ctx, uint64_t address, uint64_t size, const char *name),
                    void *ctx);
// The value of the symbol called name; false when there is none.
PP_NODISCARD bool pp_elf_symbol(uint64_t *out, const pp_program *program, const char *name);

#endif
