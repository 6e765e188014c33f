// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs as rows: every constraint on every row, every bus balanced.
#include <stdlib.h>

#include "rv64/test_support.h"
#include "vm/vectors.h"

PP_TEST(machine_builds) {
    const pp_machine *m = rv64_test_machine();
    CHECK_EQ(m->tables_len, TABLES_LEN);
    CHECK_EQ(m->publics_len, PP_RV64_PUBLICS);
    pp_air_report(stdout, m);
}

// Ids of programs hold the machine's; vm/ lies below the tables, so it holds a copy of their hash.
PP_TEST(the_machine_has_its_id) {
    pp_hash32 written, is;
    pp_vm_id(&written);
    pp_machine_id(&is, rv64_test_machine());
    if (memcmp(&written, &is, sizeof is) != 0)
        pp_test_fail(__FILE__, __LINE__, "the tables changed: run tools/gen_vm_id.py and build");
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
        static uint32_t words[GENERATE_WORDS_MAX + 16 + 400];
        pp_rng rng = {0x72763634 + i};
        pp_asm a = new_asm(words, PP_COUNT(words));
        generate_program(&a, &rng);
        generate_calls(&a, &rng, 2);
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
    } guests[] = {{"fib", 1000},
                  {"sha256_chain", 2},
                  {"sha256_accelerated", 2},
                  {"matmul", 4},
                  {"keccak256_chain", 1},
                  {"keccak256_accelerated", 1},
                  {"poseidon2_accelerated", 3},
                  {"nodes_accelerated", 3},
                  {"quicksort", 100},
                  {"empty", 0}};
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

// All vectors as one program: operands come from the input, those of one operation in a loop, and
// immediates from the code. Registers are x5, x6 and x7; a result is the k-th step of its operation
// that writes x7.
static void emit_vectors(pp_asm *a, uint8_t *input, size_t *size, const vector *v, size_t len) {
    size_t at = 8;
    pp_asm_li(a, 8, PP_VM_INPUT_START + 8);
    for (unsigned op = 1; op < PP_OPS_LEN; op++) {
        size_t top = 0, first = at;
        for (size_t i = 0; i < len; i++) {
            if ((unsigned)v[i].op != op) continue;
            pp_store_le64(input + at - 8, v[i].rs1 != 0 ? v[i].a : 0);
            at += 8;
            if (v[i].immediate) {
                int32_t imm = (int32_t)(v[i].b & 0xfff);
                pp_asm_op(a, PP_OP_LD, 5, 8, 0, 0);
                pp_asm_op(a, PP_OP_ADDI, 8, 8, 0, 8);
                pp_asm_op(a, v[i].op, 7, 5, 0, imm >= 2048 ? imm - 4096 : imm);
                continue;
            }
            pp_store_le64(input + at - 8, v[i].rs2 == 0          ? 0
                                          : v[i].rs2 == v[i].rs1 ? v[i].a
                                                                 : v[i].b);
            at += 8;
        }
        if (at == first) continue;
        bool loop = false;
        for (size_t i = 0; i < len; i++)
            loop = loop || ((unsigned)v[i].op == op && !v[i].immediate);
        if (!loop) continue;
        pp_asm_li(a, 9, PP_VM_INPUT_START + at);
        top = a->len;
        pp_asm_op(a, PP_OP_LD, 5, 8, 0, 0);
        pp_asm_op(a, PP_OP_LD, 6, 8, 0, 8);
        pp_asm_op(a, (pp_op)op, 7, 5, 6, 0);
        pp_asm_op(a, PP_OP_ADDI, 8, 8, 0, 16);
        size_t branch = a->len;
        pp_asm_op(a, PP_OP_BNE, 0, 8, 9, 4);
        pp_asm_patch(a, branch, top);
    }
    pp_asm_halt(a, 0);
    *size = at - 8;
}

// Rows are the same however many threads write them.
PP_TEST(threads_write_the_same) {
    rv64_run r;
    rv64_run_everything(&r);
    const size_t size = sizeof *r.stack << r.layout.log_cells;
    for (size_t n = 2; n <= 5; n += 3) {
        pp_err err;
        pp_threads *pool = pp_threads_new(&err, n);
        pp_fp *stack = calloc(1, size);
        REQUIRE(pool != NULL && stack != NULL);
        CHECK(pp_rv64_fill(r.witness, &r.layout, rv64_test_machine(), stack, pool));
        CHECK_MEM(stack, r.stack, size);
        free(stack);
        pp_threads_free(pool);
    }
    rv64_run_end(&r);
}

PP_TEST(alu_vectors) {
    static vector vectors[VECTORS_MAX];
    static uint8_t input[VECTORS_MAX * 16 + 16];
    size_t len = vectors_load(vectors), size;
    if (len == 0) {
        pp_test_skip("rv64im-alu-vectors.csv.xz is not in the shared data; generated programs ran");
        return;
    }
    CHECK_EQ(len, 22108);
    size_t max = 3 * len + 4096;
    uint32_t *words = malloc(max * sizeof *words);
    PP_ASSERT(words != NULL);
    pp_asm a = new_asm(words, max);
    emit_vectors(&a, input, &size, vectors, len);
    pp_program program;
    uint8_t *file = support_elf(&program, &a, GENERATE_DATA, GENERATE_DATA_SIZE);
    rv64_run r;
    rv64_run_begin(&r, &program, (pp_bytes){input, size});
    static size_t next[PP_OPS_LEN];
    for (size_t i = 0; i < len; i++) {
        const pp_steps *steps = &r.trace.steps[vectors[i].op];
        size_t *k = &next[vectors[i].op];
        while (*k < steps->len && steps->items[*k].rd != 7) ++*k;
        if (*k == steps->len ||
            (vectors[i].rd != 0 && steps->items[*k].result != vectors[i].expected))
            pp_test_fail(__FILE__, __LINE__, "vector %zu: %s", i + 2, pp_op_name(vectors[i].op));
        ++*k;
    }
    CHECK(rv64_run_check(&r));
    rv64_run_end(&r);
    free(file);
    free(words);
}
