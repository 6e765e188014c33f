// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs as rows: every constraint on every row, every bus balanced.
#include <stdlib.h>

#include "rv64/test_support.h"

PP_TEST(machine_builds) {
    const pp_machine *m = rv64_test_machine();
    CHECK_EQ(m->tables_len, TABLES_LEN);
    CHECK_EQ(m->publics_len, PP_RV64_PUBLICS);
    pp_air_report(stdout, m);
}

static pp_asm new_asm(uint32_t *words, size_t max) {
    return (pp_asm){.words = words, .max = max, .base = SUPPORT_TEXT};
}

PP_TEST(smallest_program) {
    uint32_t words[32];
    pp_asm a = new_asm(words, PP_COUNT(words));
    pp_asm_halt(&a, 0);
    CHECK(rv64_check_asm(&a, (pp_bytes){NULL, 0}));
}

PP_TEST(generated_programs) {
    const char *more = getenv("PP_RV64_PROGRAMS");
    unsigned count = more != NULL ? (unsigned)atoi(more) : 20;
    for (unsigned i = 0; i < count; i++) {
        static uint32_t words[GENERATE_WORDS_MAX + 16];
        pp_rng rng = {0x72763634 + i};
        pp_asm a = new_asm(words, PP_COUNT(words));
        generate_program(&a, &rng);
        pp_asm_halt(&a, 0);
        bool ok = rv64_check_asm(&a, (pp_bytes){NULL, 0});
        if (!ok) fprintf(stderr, "program %u\n", i);
        CHECK(ok);
    }
}

PP_TEST(benchmark_guests) {
    static const struct {
        const char *name;
        uint64_t size;
    } guests[] = {{"fib", 1000},          {"sha256_chain", 2}, {"matmul", 4},
                  {"keccak256_chain", 1}, {"quicksort", 100},  {"empty", 0}};
    for (size_t i = 0; i < PP_COUNT(guests); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/guests/%s.elf", PP_BINARY_DIR, guests[i].name);
        pp_err err;
        uint8_t *file, input[8];
        size_t size;
        if (!pp_file_read(&err, &file, &size, path, 1 << 26)) {
            pp_test_skip("no guests: clang-19 and lld-19 build them");
            return;
        }
        pp_program program;
        CHECK_EQ(pp_elf_load(&program, (pp_bytes){file, size}), PP_ELF_OK);
        pp_store_le64(input, guests[i].size);
        bool ok = rv64_check(&program, (pp_bytes){input, sizeof input});
        if (!ok) fprintf(stderr, "guest %s\n", guests[i].name);
        CHECK(ok);
        free(file);
    }
}
