// SPDX-License-Identifier: MIT OR Apache-2.0
// The loader: one good program, and every way in which a file can fail to be one.
#include <stdlib.h>

#include "vm/test_support.h"

enum { FILE_MAX = 40000, HEADERS = 64 };
static uint8_t file[FILE_MAX];
static size_t file_size;

// Four segments with headers at 64, 120, 176, 232: text, rodata, data with bss, heap.
static void build(void) {
    static uint8_t text[64] = {0x13, 0, 0, 0}, data[32];
    const pp_segment segments[] = {
        {0x10000, 64, {text, 64}, PP_PERM_RX},
        {0x11000, 32, {data, 32}, PP_PERM_RO},
        {0x12000, 0x1000, {data, 16}, PP_PERM_RW},
        {0x13000, 0x100000, {NULL, 0}, PP_PERM_RW},
    };
    file_size = pp_elf_build(file, sizeof file, 0x10000, segments, 4);
    PP_ASSERT(file_size != 0);
}

static pp_elf_code load(void) {
    pp_program p;
    // An exact copy, so that the address sanitizer sees a read past the end.
    uint8_t *copy = malloc(file_size ? file_size : 1);
    PP_ASSERT(copy != NULL);
    memcpy(copy, file, file_size);
    pp_elf_code code = pp_elf_load(&p, (pp_bytes){copy, file_size});
    free(copy);
    return code;
}

static uint8_t *header(unsigned i) {
    return file + HEADERS + (size_t)i * 56;
}

PP_TEST(good_program) {
    build();
    pp_program p;
    REQUIRE(pp_elf_load(&p, (pp_bytes){file, file_size}) == PP_ELF_OK);
    CHECK_EQ(p.segments_len, 4);
    CHECK_EQ(p.entry, 0x10000);
    CHECK_EQ(p.text_start, 0x10000);
    CHECK_EQ(p.text_end, 0x10200);
    CHECK_EQ(pp_program_perm(&p, 0x101ff), PP_PERM_RX);
    CHECK_EQ(pp_program_perm(&p, 0x10200), PP_PERM_NONE);
    CHECK_EQ(pp_program_perm(&p, 0x11000), PP_PERM_RO);
    CHECK_EQ(pp_program_perm(&p, 0x112ff), PP_PERM_NONE);
    CHECK_EQ(pp_program_perm(&p, 0x12fff), PP_PERM_RW);
    CHECK_EQ(pp_program_perm(&p, 0x112fff), PP_PERM_RW);
    CHECK_EQ(pp_program_perm(&p, 0x113000), PP_PERM_NONE);
    CHECK_EQ(pp_program_perm(&p, 0), PP_PERM_NONE);
    uint8_t page[PP_VM_PAGE_SIZE];
    pp_program_page(page, &p, 0x10000 >> PP_VM_LOG_PAGE);
    CHECK_EQ(page[0], 0x13);
    pp_program_page(page, &p, 0x90000 >> PP_VM_LOG_PAGE);
    CHECK_EQ(page[0] | page[511], 0);
}

PP_TEST(every_prefix_is_refused_or_good) {
    build();
    size_t whole = file_size;
    for (file_size = 0; file_size < whole; file_size += file_size < 512 ? 1 : 97)
        CHECK(load() != PP_ELF_OK || file_size >= 0x3000);
    CHECK_EQ(pp_elf_load(&(pp_program){0}, (pp_bytes){NULL, 0}), PP_ELF_TOO_SHORT);
}

// One row a malformed file: `size` bytes (1, 2, 4, 8) at offset `at` become value.
typedef struct damage {
    const char *name;
    size_t at;
    uint64_t value;
    unsigned size;
    pp_elf_code code;
} damage;
#define PH(i, offset) (HEADERS + (i) * 56 + (offset))
static const damage damages[] = {
    {"no magic", 0, 0x7e, 1, PP_ELF_NOT_ELF},
    {"32-bit", 4, 1, 1, PP_ELF_NOT_64},
    {"no class", 4, 0, 1, PP_ELF_NOT_64},
    {"big-endian", 5, 2, 1, PP_ELF_NOT_LITTLE},
    {"ident version", 6, 0, 1, PP_ELF_BAD_VERSION},
    {"version", 20, 2, 4, PP_ELF_BAD_VERSION},
    {"Linux ABI", 7, 3, 1, PP_ELF_BAD_OSABI},
    {"object file", 16, 1, 2, PP_ELF_NOT_EXEC},
    {"position-independent", 16, 3, 2, PP_ELF_NOT_EXEC},
    {"core file", 16, 4, 2, PP_ELF_NOT_EXEC},
    {"x86-64", 18, 62, 2, PP_ELF_NOT_RISCV},
    {"compressed", 48, 1, 4, PP_ELF_BAD_FLAGS},
    {"double float", 48, 4, 4, PP_ELF_BAD_FLAGS},
    {"RVE", 48, 8, 4, PP_ELF_BAD_FLAGS},
    {"header size", 52, 63, 2, PP_ELF_BAD_HEADER_SIZE},
    {"program header size", 54, 32, 2, PP_ELF_BAD_HEADER_SIZE},
    {"no program headers", 56, 0, 2, PP_ELF_NO_SEGMENTS},
    {"65 program headers", 56, 65, 2, PP_ELF_MANY_HEADERS},
    {"PN_XNUM", 56, 0xffff, 2, PP_ELF_MANY_HEADERS},
    {"headers outside", 32, FILE_MAX, 8, PP_ELF_HEADERS_OUTSIDE},
    {"headers wrap", 32, UINT64_MAX - 8, 8, PP_ELF_HEADERS_OUTSIDE},
    {"dynamic", PH(1, 0), 2, 4, PP_ELF_BAD_SEGMENT_TYPE},
    {"interpreter", PH(1, 0), 3, 4, PP_ELF_BAD_SEGMENT_TYPE},
    {"TLS", PH(1, 0), 7, 4, PP_ELF_BAD_SEGMENT_TYPE},
    {"unknown type", PH(1, 0), 0x12345678, 4, PP_ELF_BAD_SEGMENT_TYPE},
    {"data outside", PH(0, 8), FILE_MAX, 8, PP_ELF_DATA_OUTSIDE},
    {"data wraps", PH(0, 8), UINT64_MAX - 3, 8, PP_ELF_DATA_OUTSIDE},
    {"more file than memory", PH(0, 32), 65, 8, PP_ELF_FILE_SIZE},
    {"null page", PH(0, 16), 0xff0, 8, PP_ELF_NULL_PAGE},
    {"address zero", PH(0, 16), 0, 8, PP_ELF_NULL_PAGE},
    {"in the stack quarter", PH(0, 16), 0x10000000, 8, PP_ELF_OUTSIDE},
    {"into the stack quarter", PH(3, 40), 0x10000000 - 0x13000 + 1, 8, PP_ELF_OUTSIDE},
    {"address wraps", PH(0, 16), UINT64_MAX - 7, 8, PP_ELF_OUTSIDE},
    {"size wraps", PH(3, 40), UINT64_MAX - 0x12fff, 8, PP_ELF_OUTSIDE},
    {"same place", PH(1, 16), 0x10000, 8, PP_ELF_OVERLAP},
    {"one byte of overlap", PH(2, 40), 0x1001, 8, PP_ELF_OVERLAP},
    {"write and execute", PH(0, 4), 7, 4, PP_ELF_WRITE_EXEC},
    {"write only and execute", PH(0, 4), 3, 4, PP_ELF_WRITE_EXEC},
    {"no permission", PH(1, 4), 0, 4, PP_ELF_BAD_PERMISSION},
    {"write only", PH(2, 4), 2, 4, PP_ELF_BAD_PERMISSION},
    {"unknown permission bits", PH(1, 4), 0x100004, 4, PP_ELF_BAD_PERMISSION},
    {"text and rodata share a page", PH(1, 16), 0x10040, 8, PP_ELF_SHARED_PAGE},
    {"entry misaligned", 24, 0x10002, 8, PP_ELF_ENTRY_MISALIGNED},
    {"entry in data", 24, 0x12000, 8, PP_ELF_ENTRY_OUTSIDE},
    {"entry past the text", 24, 0x10040, 8, PP_ELF_ENTRY_OUTSIDE},
    {"entry null", 24, 0, 8, PP_ELF_ENTRY_OUTSIDE},
    {"entry high", 24, (uint64_t)1 << 63, 8, PP_ELF_ENTRY_OUTSIDE},
    {"no text", PH(0, 4), 4, 4, PP_ELF_ENTRY_OUTSIDE},
};

PP_TEST(malformed_files) {
    for (size_t i = 0; i < PP_COUNT(damages); i++) {
        const damage *d = &damages[i];
        build();
        for (unsigned b = 0; b < d->size; b++) file[d->at + b] = (uint8_t)(d->value >> (8 * b));
        pp_elf_code code = load();
        if (code != d->code)
            pp_test_fail(__FILE__, __LINE__, "%s: %s, not %s", d->name, pp_elf_reason(code),
                         pp_elf_reason(d->code));
    }
}

PP_TEST(nothing_to_load_and_too_much) {
    build();
    for (unsigned i = 0; i < 4; i++) pp_store_le32(header(i), 4); // notes only
    CHECK_EQ(load(), PP_ELF_NO_SEGMENTS);
    build();
    // 17 headers, each its own page of one byte, written over the segments' data.
    pp_store_le16(file + 56, 17);
    for (unsigned i = 0; i < 17; i++) {
        memcpy(header(i), header(0), 56);
        pp_store_le64(header(i) + 16, 0x20000 + 0x1000 * (uint64_t)i);
    }
    CHECK_EQ(load(), PP_ELF_MANY_SEGMENTS);
}

PP_TEST(harmless_differences_are_taken) {
    build();
    pp_store_le32(header(1), 0x70000003); // RISCV_ATTRIBUTES instead of rodata
    CHECK_EQ(load(), PP_ELF_OK);
    build();
    pp_store_le64(header(1) + 32, 0); // an empty PT_LOAD, even in the null page
    pp_store_le64(header(1) + 40, 0);
    pp_store_le64(header(1) + 16, 0);
    CHECK_EQ(load(), PP_ELF_OK);
    build();
    pp_store_le32(header(0) + 4, 1); // execute only counts as read-execute
    CHECK_EQ(load(), PP_ELF_OK);
    build();
    pp_store_le64(file + 40, UINT64_MAX); // section headers are not looked at
    pp_store_le16(file + 60, 0xffff);
    CHECK_EQ(load(), PP_ELF_OK);
}

static void count_symbol(void *ctx, uint64_t address, uint64_t size, const char *name) {
    (void)address, (void)size;
    *(unsigned *)ctx += strcmp(name, "f") == 0;
}

// Thousands of section headers that all call the same bytes a symbol table: it is read once.
PP_TEST(symbols_are_read_once) {
    enum { SECTIONS = 2000, SYMBOLS = 1000, TABLE = 1 << 16 };
    build();
    size_t symbols = TABLE + SECTIONS * 64, names = symbols + SYMBOLS * 24, size = names + 3;
    uint8_t *big = calloc(1, size);
    PP_ASSERT(big != NULL && file_size <= TABLE);
    memcpy(big, file, file_size);
    pp_store_le64(big + 40, TABLE);
    pp_store_le16(big + 58, 64);
    pp_store_le16(big + 60, SECTIONS);
    for (size_t i = 0; i < SECTIONS; i++) {
        uint8_t *h = big + TABLE + i * 64;
        pp_store_le32(h + 4, i == 0 ? 3 : 2); // names, then symbol tables
        pp_store_le64(h + 24, i == 0 ? names : symbols);
        pp_store_le64(h + 32, i == 0 ? 3 : SYMBOLS * 24);
    }
    for (size_t i = 0; i < SYMBOLS; i++) {
        uint8_t *s = big + symbols + i * 24;
        pp_store_le32(s, 1);
        s[4] = 2; // a function
        pp_store_le16(s + 6, 1);
        pp_store_le64(s + 8, 0x10000);
    }
    big[names + 1] = 'f';
    pp_program p;
    unsigned seen = 0;
    REQUIRE(pp_elf_load(&p, (pp_bytes){big, size}) == PP_ELF_OK);
    pp_elf_symbols(&p, count_symbol, &seen);
    CHECK_EQ(seen, SYMBOLS);
    big[names + 2] = 'x'; // names that do not end
    seen = 0;
    pp_elf_symbols(&p, count_symbol, &seen);
    CHECK_EQ(seen, 0);
    free(big);
}

PP_TEST(reasons_have_words) {
    for (pp_elf_code c = PP_ELF_OK; c < PP_ELF_CODES_LEN; c++) CHECK(strlen(pp_elf_reason(c)) > 5);
    CHECK(strlen(pp_elf_reason(PP_ELF_CODES_LEN)) > 5);
}
