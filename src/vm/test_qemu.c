// SPDX-License-Identifier: MIT OR Apache-2.0
// The executor against qemu-riscv64: generated programs, ALU vectors, every guest.
#include <dirent.h>
#include <stdlib.h>

#include "vm/generate.h"
#include "vm/test_support.h"
#include "vm/vectors.h"

enum { BATCH = 125, BATCH_WORDS = BATCH * GENERATE_WORDS_MAX + 16 };

static pp_vm_result run_gathered(gathered *text, const pp_program *p, pp_bytes input) {
    pp_err err;
    pp_vm_result r = {0};
    bool ran = pp_vm_run(&err, &r, p, input, &(pp_vm_options){.debug = gather, .debug_ctx = text});
    PP_ASSERT(ran);
    return r;
}

// True when both machines write the same and halt with the same code; else says where they differ.
static bool same_run(const char *name, const pp_program *p, pp_bytes input, size_t record) {
    gathered here = {0}, there = {0};
    uint8_t output[PP_OUTPUT_MAX];
    size_t output_size = 0, at = 0;
    pp_vm_result r = run_gathered(&here, p, input);
    int code = support_qemu(&there, output, &output_size, p, input);
    char text[PP_VM_DESCRIBE_MAX];
    bool same = r.status == PP_VM_HALTED && (uint64_t)code == r.exit_code &&
                here.size == there.size && output_size == r.output_size &&
                memcmp(output, r.output, output_size) == 0 &&
                (here.size == 0 || memcmp(here.data, there.data, here.size) == 0);
    if (!same) {
        while (at < here.size && at < there.size && here.data[at] == there.data[at]) at++;
        pp_test_fail(__FILE__, __LINE__,
                     "%s: here %s, qemu exits with %d; text of %zu and %zu bytes, first difference "
                     "in record %zu at byte %zu",
                     name, pp_vm_describe(text, &r), code, here.size, there.size, at / record,
                     at % record);
    }
    free(here.data);
    free(there.data);
    return same;
}

static bool have_qemu(void) {
    if (support_have_qemu()) return true;
    pp_test_skip("qemu-riscv64 is not installed (tools/setup.sh test): nothing to compare with");
    return false;
}

static void compare_batch(uint64_t seed, unsigned programs) {
    static uint32_t words[BATCH_WORDS];
    pp_asm code = {words, 0, BATCH_WORDS, SUPPORT_TEXT};
    pp_rng rng = {seed};
    for (unsigned i = 0; i < programs; i++) {
        size_t before = code.len;
        generate_program(&code, &rng);
        PP_ASSERT(code.len - before <= GENERATE_WORDS_MAX);
    }
    pp_asm_halt(&code, 0);
    pp_program p;
    uint8_t *file = support_elf(&p, &code, GENERATE_DATA, GENERATE_DATA_SIZE);
    char name[64];
    snprintf(name, sizeof name, "generated batch of seed %llu", (unsigned long long)seed);
    same_run(name, &p, (pp_bytes){NULL, 0}, GENERATE_DUMP);
    free(file);
}

PP_TEST(generated_programs) {
    if (!have_qemu()) return;
    const char *wanted = getenv("PP_VM_PROGRAMS"); // soak sets it
    unsigned left = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 1000;
    uint64_t seed = pp_test_seed();
    for (; left > 0; seed++) {
        unsigned now = left < BATCH ? left : BATCH;
        compare_batch(seed, now);
        left -= now;
    }
}

static vector vectors[VECTORS_MAX];
static size_t vectors_len;

// Runs all vectors as one program; checks `expected` where given, and qemu where there.
static void run_vectors(bool expected) {
    size_t max = vectors_len * VECTOR_WORDS_MAX + 64;
    uint32_t *words = malloc(max * sizeof *words);
    PP_ASSERT(words != NULL);
    pp_asm code = {words, 0, max, SUPPORT_TEXT};
    for (size_t i = 0; i < vectors_len; i++)
        vectors_emit(&code, &vectors[i], GENERATE_DATA + 8 * i);
    pp_asm_write(&code, PP_FD_DEBUG, GENERATE_DATA, 8 * vectors_len);
    pp_asm_halt(&code, 0);
    pp_program p;
    uint8_t *file = support_elf(&p, &code, GENERATE_DATA, 8 * vectors_len);
    gathered text = {0};
    pp_vm_result r = run_gathered(&text, &p, (pp_bytes){NULL, 0});
    CHECK(pp_vm_ok(&r));
    CHECK_EQ(text.size, 8 * vectors_len);
    for (size_t i = 0; expected && i < vectors_len && 8 * i < text.size; i++) {
        const vector *v = &vectors[i];
        uint64_t got = pp_load_le64(text.data + 8 * i);
        if (got != v->expected)
            pp_test_fail(__FILE__, __LINE__,
                         "vector %zu: %s 0x%llx, 0x%llx gives 0x%llx, not 0x%llx", i + 2,
                         pp_op_name(v->op), (unsigned long long)v->a, (unsigned long long)v->b,
                         (unsigned long long)got, (unsigned long long)v->expected);
    }
    if (support_have_qemu()) same_run("ALU vectors", &p, (pp_bytes){NULL, 0}, 8);
    free(text.data);
    free(file);
    free(words);
}

PP_TEST(alu_vectors) {
    vectors_len = vectors_load(vectors);
    if (vectors_len == 0) {
        pp_test_skip("rv64im-alu-vectors.csv.xz is not in the shared data; own cases ran");
        return;
    }
    CHECK_EQ(vectors_len, 22108);
    run_vectors(true);
}

// Every register-register instruction on every pair of edge values, against qemu.
PP_TEST(alu_edge_pairs) {
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     UINT64_MAX,
                                     31,
                                     32,
                                     63,
                                     64,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0xffffffff80000000,
                                     INT64_MAX,
                                     (uint64_t)1 << 63,
                                     0x123456789abcdef0};
    if (!have_qemu()) return;
    vectors_len = 0;
    for (unsigned o = PP_OP_ADD; o <= PP_OP_REMUW; o++) {
        if (o == PP_OP_ADDIW || (o >= PP_OP_SLLIW && o <= PP_OP_SRAIW)) continue;
        for (size_t i = 0; i < PP_COUNT(edges); i++)
            for (size_t j = 0; j < PP_COUNT(edges); j++)
                vectors[vectors_len++] = (vector){(pp_op)o, 7, 5, 6, false, edges[i], edges[j], 0};
    }
    run_vectors(false);
}

// Two signature records for the recover guest: a transaction's of Ethereum's block 22244135, and
// the same with another parity, behind which stands another key.
static const char record[] = "d52a22f1ac8c9c133afc5e191f4e39f9268e18a0f7c842de2a9162b472f6a41a"
                             "c910886c7943852ace004fe70f924e8b0195a9c3b8970ec7082c5c0a99ede476"
                             "2ddd10c52b1fb02ed54d51caa95e25776b3f9f290aed074fef7df7296d47f4e6";
enum { RECORD = 97 };
static uint8_t records[2 * RECORD];

// The input of a guest that takes more than a size: false when this is none of them.
static bool own_input(pp_bytes *out, const char *guest) {
    static uint8_t *batch;
    static size_t batch_size;
    pp_err err;
    if (strcmp(guest, "batch.elf") == 0) {
        bool read = batch != NULL || pp_file_read(&err, &batch, &batch_size,
                                                  PP_SOURCE_DIR "/fuzz/rollup_batch/two", 1 << 20);
        if (!read) pp_test_fail(__FILE__, __LINE__, "%s", err.text);
        *out = (pp_bytes){batch, batch_size};
        return true;
    }
    if (strcmp(guest, "hashes.elf") == 0) {
        static uint8_t data[1000];
        pp_rng rng = {pp_test_seed()};
        pp_rng_fill(&rng, data, sizeof data);
        *out = (pp_bytes){data, sizeof data};
        return true;
    }
    if (strcmp(guest, "recover.elf") != 0) return false;
    for (unsigned i = 0; i < 2; i++) {
        PP_ASSERT(pp_hex_decode(records + (size_t)i * RECORD, RECORD - 1, record));
        records[i * RECORD + RECORD - 1] = (uint8_t)i;
    }
    *out = (pp_bytes){records, sizeof records};
    return true;
}

// Runs one guest file: with the input of its own; or with no input, which is its default size, and
// a few sizes.
static void compare_guest(const char *path, const char *guest) {
    uint8_t *file;
    size_t size;
    pp_err err;
    pp_program p;
    pp_bytes input = {NULL, 0};
    if (!pp_file_read(&err, &file, &size, path, PP_VM_PROGRAM_END)) {
        pp_test_fail(__FILE__, __LINE__, "%s", err.text);
        return;
    }
    pp_elf_code code = pp_elf_load(&p, (pp_bytes){file, size});
    if (code != PP_ELF_OK) {
        pp_test_fail(__FILE__, __LINE__, "%s is %s", path, pp_elf_reason(code));
    } else if (own_input(&input, guest)) {
        same_run(path, &p, input, 1);
    } else {
        static const uint64_t sizes[] = {0, 1, 7, 32};
        same_run(path, &p, input, 1);
        for (size_t i = 0; i < PP_COUNT(sizes); i++) {
            uint8_t bytes[8];
            pp_store_le64(bytes, sizes[i]);
            same_run(path, &p, (pp_bytes){bytes, sizeof bytes}, 1);
        }
    }
    free(file);
}

static unsigned compare_guests(const char *folder) {
    struct dirent **names;
    unsigned count = 0;
    int n = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        size_t size = strlen(name);
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (size > 4 && strcmp(name + size - 4, ".elf") == 0) {
            compare_guest(path, name);
            count++;
        }
        free(names[i]);
    }
    if (n >= 0) free((void *)names);
    return count;
}

PP_TEST(guests_of_clang) {
    if (!have_qemu()) return;
    if (compare_guests(PP_BINARY_DIR "/guests") == 0)
        pp_test_skip("no guests were built: clang-19 or lld-19 is missing");
}

PP_TEST(guests_of_gcc) {
    if (!have_qemu()) return;
    if (compare_guests(PP_BINARY_DIR "/guests/gcc") == 0)
        pp_test_skip("no guests were built by gcc-riscv64-unknown-elf: it is missing");
}
