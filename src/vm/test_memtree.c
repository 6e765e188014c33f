// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory tree against its definition, page by page, and what ids depend on.
#include <stdlib.h>

#include "vm/memtree.h"
#include "vm/test_support.h"

static bool same(const pp_digest *a, const pp_digest *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

// A quarter by the book: all its first 2^log pages from memory, then pages of permission NONE.
static void by_the_book(pp_digest *out, const uint8_t *memory, const pp_perm *perms, unsigned log) {
    static const uint8_t zero[PP_VM_PAGE_SIZE];
    size_t n = (size_t)1 << log;
    pp_digest *level = malloc(n * sizeof *level), none;
    PP_ASSERT(level != NULL);
    for (size_t i = 0; i < n; i++)
        pp_memtree_leaf(&level[i], memory + i * PP_VM_PAGE_SIZE, perms[i]);
    pp_memtree_leaf(&none, zero, PP_PERM_NONE);
    for (unsigned l = 0; l < PP_MEMTREE_QUARTER_DEPTH; l++) {
        if (n == 1) {
            pp_memtree_node(&level[0], &level[0], &none);
        } else {
            n /= 2;
            for (size_t i = 0; i < n; i++)
                pp_memtree_node(&level[i], &level[2 * i], &level[2 * i + 1]);
        }
        pp_memtree_node(&none, &none, &none);
    }
    *out = level[0];
    free(level);
}

PP_TEST(input_by_the_book) {
    static const size_t sizes[] = {0, 1, 8, 503, 504, 505, 1015, 1016, 1017, 5000};
    enum { LOG = 4 };
    for (size_t s = 0; s < PP_COUNT(sizes); s++) {
        uint8_t memory[PP_VM_PAGE_SIZE << LOG] = {0}, data[5000];
        pp_perm perms[1 << LOG] = {PP_PERM_NONE};
        pp_rng rng = {sizes[s]};
        pp_rng_fill(&rng, data, sizeof data);
        pp_store_le64(memory, sizes[s]);
        memcpy(memory + 8, data, sizes[s]);
        for (size_t i = 0; i <= (sizes[s] + 7) / PP_VM_PAGE_SIZE; i++) perms[i] = PP_PERM_RO;
        pp_digest a, b;
        by_the_book(&a, memory, perms, LOG);
        pp_memtree_input(&b, (pp_bytes){data, sizes[s]});
        CHECK(same(&a, &b));
    }
}

// Segments of each kind: data ending inside a page, bss behind it, gaps, two in one page.
PP_TEST(program_by_the_book) {
    enum { LOG = 8 };
    static uint8_t memory[PP_VM_PAGE_SIZE << LOG], text[1000], data[700];
    static pp_perm perms[1 << LOG];
    pp_rng rng = {1};
    pp_rng_fill(&rng, text, sizeof text);
    pp_rng_fill(&rng, data, sizeof data);
    const pp_segment segments[] = {
        {0x2000, 1000, {text, 1000}, PP_PERM_RX}, {0x3004, 100, {data, 100}, PP_PERM_RO},
        {0x3100, 50, {data, 50}, PP_PERM_RO},     {0x4100, 0x5000, {data, 700}, PP_PERM_RW},
        {0xa000, 0x1400, {NULL, 0}, PP_PERM_RW},
    };
    uint8_t file[40000];
    size_t size = pp_elf_build(file, sizeof file, 0x2000, segments, PP_COUNT(segments));
    pp_program p;
    REQUIRE(pp_elf_load(&p, (pp_bytes){file, size}) == PP_ELF_OK);
    for (size_t i = 0; i < PP_COUNT(segments); i++) {
        const pp_segment *s = &segments[i];
        if (s->data.size != 0) memcpy(memory + s->start, s->data.data, s->data.size);
        for (uint64_t a = s->start; a < s->start + s->size; a++)
            perms[a >> PP_VM_LOG_PAGE] = s->perm;
    }
    pp_digest a, b;
    by_the_book(&a, memory, perms, LOG);
    pp_memtree_program(&b, &p);
    CHECK(same(&a, &b));
}

PP_TEST(machine_by_the_book) {
    uint8_t memory[2 * PP_VM_PAGE_SIZE] = {0};
    const pp_perm perms[2] = {PP_PERM_MACH, PP_PERM_MACH};
    pp_store_le64(memory + (size_t)33 * 8, 0x10000);
    pp_digest a, b;
    by_the_book(&a, memory, perms, 1);
    pp_memtree_machine(&b, 0x10000);
    CHECK(same(&a, &b));
}

PP_TEST(ids_depend_on_what_they_should) {
    uint32_t words[8];
    pp_asm code = {words, 0, 8, SUPPORT_TEXT};
    pp_asm_halt(&code, 0);
    pp_program p, q;
    pp_hash32 a, b;
    uint8_t *file = support_elf(&p, &code, 0x20000, 0x1000);
    pp_program_id(&a, &p);
    q = p;
    q.entry += 4;
    pp_program_id(&b, &q);
    CHECK(!pp_hash32_eq(&a, &b));
    q = p;
    q.segments[1].size += 0x200; // one more page of bss
    pp_program_id(&b, &q);
    CHECK(!pp_hash32_eq(&a, &b));
    q = p;
    q.segments[1].perm = PP_PERM_RO;
    pp_program_id(&b, &q);
    CHECK(!pp_hash32_eq(&a, &b));
    q = p;
    q.segments[1].size -= 1; // the same pages
    pp_program_id(&b, &q);
    CHECK(pp_hash32_eq(&a, &b));
    free(file);
}

PP_TEST(input_ids) {
    static const uint8_t zeros[16];
    pp_hash32 ids[16];
    for (size_t i = 0; i < 16; i++) {
        REQUIRE(pp_input_id(&ids[i], (pp_bytes){zeros, i}));
        for (size_t j = 0; j < i; j++) CHECK(!pp_hash32_eq(&ids[i], &ids[j]));
    }
    CHECK(!pp_input_id(&ids[0], (pp_bytes){zeros, PP_VM_INPUT_MAX + 1}));
}
