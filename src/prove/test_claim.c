// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof files of the virtual machine: made, verified, spoilt.
#include <stdlib.h>

#include "prove/test_support.h"

static pp_prove_claim_input input_of(const pp_program *program, pp_bytes input) {
    return (pp_prove_claim_input){.with = with_of(0), .program = program, .input = input};
}

static void round_trip(const char *name, const pp_program *program, pp_bytes input,
                       const pp_pcs_params *set) {
    pp_err err = {0};
    uint8_t *bytes;
    size_t size;
    pp_vm_result result;
    pp_prove_report report;
    pp_prove_claim_input in = input_of(program, input);
    in.with.set = set;
    if (!pp_prove_claim(&err, &bytes, &size, &result, &report, &in)) {
        pp_test_fail(__FILE__, __LINE__, "%s: %s", name, err.text);
        return;
    }
    pp_claim claim;
    pp_verify_policy policy = the_world()->policy;
    policy.sets = &set;
    policy.sets_len = 1;
    pp_claim_status s = verify_by(&policy, &claim, bytes, size);
    if (s != PP_CLAIM_PROVEN)
        pp_test_fail(__FILE__, __LINE__, "%s: %s", name, pp_claim_status_text(s));
    pp_hash32 program_id, input_id;
    pp_program_id(&program_id, program);
    CHECK(pp_input_id(&input_id, input));
    CHECK_MEM(&claim.program_id, &program_id, 32);
    CHECK_MEM(&claim.input_id, &input_id, 32);
    CHECK_MEM(&claim.context, &the_world()->context, 32);
    CHECK_EQ(claim.output_size, result.output_size);
    CHECK_MEM(claim.output, result.output, result.output_size);
    free(bytes);
}

PP_TEST(generated_programs) {
    const char *more = getenv("PP_CLAIM_PROGRAMS"); // soak sets it
    unsigned count = more != NULL ? (unsigned)atoi(more) : getenv("PP_SANITIZED") ? 1 : 20;
    for (unsigned i = 0; i < count; i++) {
        static uint32_t words[GENERATE_WORDS_MAX + 16];
        pp_rng rng = {pp_test_seed() + i};
        pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
        generate_program(&a, &rng);
        pp_asm_halt(&a, 0);
        pp_program program;
        uint8_t *file = support_elf(&program, &a, GENERATE_DATA, GENERATE_DATA_SIZE);
        char name[32];
        snprintf(name, sizeof name, "program %u", i);
        round_trip(name, &program, (pp_bytes){NULL, 0}, &pp_pcs_test);
        free(file);
    }
}

PP_TEST(guests) {
    enum { LONG = 3 }; // the first ones' runs are long
    static const struct {
        const char *name;
        uint64_t size;
    } guests[] = {{"recover", 1},
                  {"ecdsa_verify", 1},
                  {"ecrecover", 1},
                  {"fib", 100},
                  {"sha256_chain", 1},
                  {"empty", 0},
                  {"keccak256", 3},
                  {"sha256", 3},
                  {"keccak256_chain", 2},
                  {"sha256_accelerated", 2},
                  {"matmul", 5},
                  {"quicksort", 60},
                  {"ecdsa_verify_accelerated", 1},
                  {"ecrecover_accelerated", 1},
                  {"keccak256_accelerated", 2},
                  {"mulmod", 2},
                  {"mulmod_accelerated", 3},
                  {"nodes_accelerated", 3},
                  {"nodes_chain", 1},
                  {"poseidon2_accelerated", 3},
                  {"poseidon2_chain", 1},
                  {"secp256k1_add", 1},
                  {"secp256k1_add_accelerated", 3},
                  {"secp256k1_double", 1},
                  {"secp256k1_double_accelerated", 3}};
    const bool few = getenv("PP_SANITIZED") != NULL;
    for (size_t i = few ? LONG : 0; i < (few ? LONG + 2 : PP_COUNT(guests)); i++) {
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
        // The real set is the quicker one where a run is long: it hashes more at a time.
        round_trip(guests[i].name, &program, (pp_bytes){input, sizeof input},
                   i < LONG ? &pp_pcs_fast : &pp_pcs_test);
        free(file);
    }
}

PP_TEST(every_byte_of_the_head) {
    static victim v;
    victim_begin(&v, 0);
    victim_trace(&v);
    victim_rows(&v);
    uint8_t *bytes;
    size_t size;
    REQUIRE(victim_prove(&v, &bytes, &size));
    pp_claim claim;
    CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_PROVEN);
    CHECK_EQ(claim.output_size, 8);
    for (size_t i = 0; i < PP_PROOF_HEAD_SIZE + 16; i++) {
        bytes[i] ^= 1;
        if (verify(&claim, bytes, size) == PP_CLAIM_PROVEN)
            pp_test_fail(__FILE__, __LINE__, "byte %zu of the head is free", i);
        bytes[i] ^= 1;
    }
    // How it ended is looked at before anything is verified.
    static const unsigned endings[] = {PP_CELL_PC, PP_CELL_EXIT, PP_CELL_OUTPUT_SIZE};
    const size_t words = PP_PROOF_HEAD_SIZE - 8 - 8 * PP_PROOF_WORDS;
    for (size_t i = 0; i < PP_COUNT(endings); i++) {
        bytes[words + 8 * endings[i]] ^= 2;
        CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_ENDING);
        bytes[words + 8 * endings[i]] ^= 2;
    }
    for (size_t i = PP_PROOF_HEAD_SIZE; i < size; i += 1 + size / 97) {
        bytes[i] ^= 4;
        CHECK(verify(&claim, bytes, size) != PP_CLAIM_PROVEN);
        bytes[i] ^= 4;
    }
    for (size_t cut = 0; cut < size; cut += 1 + size / 53)
        CHECK(verify(&claim, bytes, cut) != PP_CLAIM_PROVEN);
    CHECK(verify(&claim, bytes, size) == PP_CLAIM_PROVEN);
    free(bytes);
    victim_end(&v);
}

// A machine of one table, which counts as the first one of steps: 4 ticks a row.
static const pp_machine *tall_machine(pp_arena *keep, pp_arena *scratch) {
    pp_air_builder *b = pp_air_builder_new(keep, scratch, "tall");
    pp_bus bus = pp_air_bus(b, "bus", 1);
    for (unsigned i = 0; i < PP_RV64_PUBLICS; i++) (void)pp_air_public(b);
    pp_air_table_begin(b, "tall");
    pp_expr x = pp_air_column(b, "x");
    pp_air_assert_bool(b, "x is a bit", x);
    pp_air_send(b, bus, x, &x, 1);
    pp_air_receive(b, bus, x, &x, 1);
    pp_air_table_end(b);
    pp_air_boundary_begin(b);
    pp_air_boundary_end(b);
    pp_air_error error;
    return pp_air_builder_end(b, &error);
}

// A shard proven rightly, with more rows than there are times.
PP_TEST(more_rows_than_times) {
    if (getenv("PP_SANITIZED") != NULL) {
        pp_test_skip("four million rows");
        return;
    }
    static victim v;
    victim_begin(&v, 0);
    victim_trace(&v);
    victim_rows(&v);
    world *w = the_world();
    void *memory[2] = {malloc(1 << 16), malloc(PP_AIR_SCRATCH_SIZE)};
    PP_ASSERT(memory[0] != NULL && memory[1] != NULL);
    pp_arena keep, scratch;
    pp_arena_init(&keep, memory[0], 1 << 16);
    pp_arena_init(&scratch, memory[1], PP_AIR_SCRATCH_SIZE);
    const pp_machine *machine = tall_machine(&keep, &scratch);
    REQUIRE(machine != NULL);
    pp_hash32 vm_id;
    pp_machine_id(&vm_id, machine);
    pp_verify_policy policy = w->policy;
    policy.machines = &machine;
    policy.vm_ids = &vm_id;
    const size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    pp_fp *stack = calloc((size_t)1 << 22, sizeof *stack);
    PP_ASSERT(work != NULL && stack != NULL);
    // 4 + 4 · 2^22 is too much; 2^18 rows less is not, and then the memory at the end is looked at.
    static const struct {
        uint32_t rows;
        pp_claim_status status;
    } cases[] = {{1 << 22, PP_CLAIM_TIME}, {(1 << 22) - (1 << 18), PP_CLAIM_ROOT}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_claim_verifier c;
        CHECK_EQ(pp_claim_begin(&c, &policy, v.head, v.head_size, work, work_size),
                 PP_CLAIM_PROVEN);
        pp_fp publics[PP_RV64_PUBLICS] = {{0}};
        memcpy(publics, c.at, sizeof c.at);
        pp_prove_input in = {.machine = machine,
                             .vm_id = &vm_id,
                             .set = w->set,
                             .context = &w->context,
                             .rows = &cases[i].rows,
                             .stack = stack,
                             .publics = publics};
        pp_err err;
        uint8_t *bytes;
        size_t size;
        REQUIRE(pp_prove_shard(&err, &bytes, &size, &in));
        CHECK_EQ(pp_claim_shard(&c, bytes, size), cases[i].status);
        free(bytes);
    }
    free(stack);
    free(work);
    free(memory[0]);
    free(memory[1]);
    victim_end(&v);
}

// A proof of another machine, of another set; and with the right name written over it.
PP_TEST(wrong_names) {
    static victim v;
    victim_begin(&v, 0);
    victim_trace(&v);
    victim_rows(&v);
    world *w = the_world();
    pp_hash32 other = w->vm_id;
    other.b[5] ^= 1;
    v.with.vm_id = &other;
    uint8_t *bytes;
    size_t size;
    pp_claim claim;
    REQUIRE(victim_prove(&v, &bytes, &size));
    uint8_t *header = bytes + v.head_size + 8;
    CHECK_MEM(header + 16, &other, 32);
    CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_SHARD);
    memcpy(header + 16, &w->vm_id, 32);
    CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_SHARD);
    free(bytes);
    v.with.vm_id = &w->vm_id;
    REQUIRE(victim_prove(&v, &bytes, &size));
    CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_PROVEN);
    // The set's number is that of another set, which is accepted as well.
    static const pp_pcs_params *const sets[] = {&pp_pcs_test, &pp_pcs_fast};
    pp_verify_policy both = w->policy;
    both.sets = sets;
    both.sets_len = PP_COUNT(sets);
    CHECK_EQ(verify_by(&both, &claim, bytes, size), PP_CLAIM_PROVEN);
    pp_store_le32(bytes + v.head_size + 8 + 8, pp_pcs_fast.id);
    CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_SHARD);
    CHECK_EQ(verify_by(&both, &claim, bytes, size), PP_CLAIM_SHARD);
    free(bytes);
    v.with.set = &pp_pcs_fast;
    pp_claim_job_end(&v.job);
    victim_rows(&v);
    REQUIRE(victim_prove(&v, &bytes, &size));
    CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_SHARD);
    CHECK_EQ(verify_by(&both, &claim, bytes, size), PP_CLAIM_PROVEN);
    pp_store_le32(bytes + v.head_size + 8 + 8, pp_pcs_test.id);
    CHECK_EQ(verify_by(&both, &claim, bytes, size), PP_CLAIM_SHARD);
    free(bytes);
    victim_end(&v);
}
