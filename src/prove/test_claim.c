// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof files of the virtual machine: made, verified, spoilt; and lies in the trace that go through
// the whole prover and must not come out as proofs.
#include <stdlib.h>

#include "prove/claim.h"
#include "rv64/test_support.h"
#include "verify/claim.h"

typedef struct world {
    pp_hash32 vm_id, context;
    pp_verify_policy policy;
    const pp_machine *machine;
    const pp_pcs_params *set;
    void *work;
    size_t work_size;
} world;

static world *the_world(void) {
    static world w;
    if (w.machine != NULL) return &w;
    w.machine = rv64_test_machine();
    pp_machine_id(&w.vm_id, w.machine);
    w.context.b[0] = 7;
    w.set = &pp_pcs_test;
    w.policy = (pp_verify_policy){.machines = &w.machine,
                                  .vm_ids = &w.vm_id,
                                  .machines_len = 1,
                                  .sets = &w.set,
                                  .sets_len = 1,
                                  .log_cells_max = 28};
    w.work_size = pp_verify_work_size(&w.policy);
    w.work = malloc(w.work_size);
    PP_ASSERT(w.work != NULL);
    return &w;
}

static pp_claim_status verify(pp_claim *claim, const uint8_t *bytes, size_t size) {
    world *w = the_world();
    pp_verify_status shard;
    uint32_t set;
    return pp_claim_verify(claim, &shard, &set, &w->policy, bytes, size, w->work, w->work_size);
}

static pp_prove_claim_input input_of(const pp_program *program, pp_bytes input) {
    world *w = the_world();
    return (pp_prove_claim_input){
        .with = {.machine = w->machine, .vm_id = &w->vm_id, .set = w->set, .context = &w->context},
        .program = program,
        .input = input};
}

static void round_trip(const char *name, const pp_program *program, pp_bytes input) {
    pp_err err = {0};
    uint8_t *bytes;
    size_t size;
    pp_vm_result result;
    pp_prove_report report;
    pp_prove_claim_input in = input_of(program, input);
    if (!pp_prove_claim(&err, &bytes, &size, &result, &report, &in)) {
        pp_test_fail(__FILE__, __LINE__, "%s: %s", name, err.text);
        return;
    }
    pp_claim claim;
    pp_claim_status s = verify(&claim, bytes, size);
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
        round_trip(name, &program, (pp_bytes){NULL, 0});
        free(file);
    }
}

PP_TEST(guests) {
    static const struct {
        const char *name;
        uint64_t size;
    } guests[] = {{"fib", 100},   {"sha256_chain", 1},    {"empty", 0},  {"keccak256", 3},
                  {"sha256", 3},  {"keccak256_chain", 2}, {"matmul", 5}, {"quicksort", 60},
                  {"recover", 1}, {"ecdsa_verify", 1}};
    const size_t len = getenv("PP_SANITIZED") != NULL ? 2 : PP_COUNT(guests);
    for (size_t i = 0; i < len; i++) {
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
        round_trip(guests[i].name, &program, (pp_bytes){input, sizeof input});
        free(file);
    }
}

// A small program with output, a store, loads and a call; its job.
typedef struct victim {
    uint32_t words[64];
    uint8_t *file;
    pp_program program;
    pp_bytes input;
    pp_prove_claim_input in;
    pp_vm_shard shard;
    uint8_t head[PP_PROOF_HEAD_MAX];
    size_t head_size;
    pp_claim_job job;
    size_t spare; // where lies may put instructions: a load from a page of its own, two for nothing
} victim;

static void victim_begin(victim *v, bool keccak) {
    pp_asm a = {v->words, 0, PP_COUNT(v->words), SUPPORT_TEXT};
    pp_asm_li(&a, 5, PP_VM_INPUT_START + 8);
    pp_asm_op(&a, PP_OP_LD, 6, 5, 0, 0);
    pp_asm_op(&a, PP_OP_ADDI, 6, 6, 0, 1);
    pp_asm_li(&a, 7, GENERATE_DATA);
    v->spare = a.len;
    pp_asm_op(&a, PP_OP_LD, 11, 7, 0, PP_VM_PAGE_SIZE);
    pp_asm_op(&a, PP_OP_ADDI, 12, 0, 0, 0);
    pp_asm_op(&a, PP_OP_ADDI, 12, 0, 0, 0);
    pp_asm_op(&a, PP_OP_SD, 0, 7, 6, 0);
    pp_asm_op(&a, PP_OP_LD, 8, 7, 0, 0);
    pp_asm_op(&a, PP_OP_ADD, 9, 8, 6, 0);
    pp_asm_op(&a, PP_OP_BNE, 0, 9, 6, 8);
    pp_asm_op(&a, PP_OP_ADDI, 9, 9, 0, 5);
    pp_asm_op(&a, PP_OP_SD, 0, 7, 9, 8);
    if (keccak) {
        pp_asm_li(&a, 10, GENERATE_DATA);
        pp_asm_ecall(&a, PP_ECALL_KECCAK_F);
    }
    pp_asm_write(&a, PP_FD_OUTPUT, GENERATE_DATA + 8, 8);
    pp_asm_halt(&a, 0);
    v->file = support_elf(&v->program, &a, GENERATE_DATA, 2 * PP_VM_PAGE_SIZE);
    v->input = (pp_bytes){(const uint8_t *)"12345678", 8};
    v->in = input_of(&v->program, v->input);
    pp_err err;
    pp_shard_limits limits;
    pp_digest start[4];
    pp_prove_limits(&limits, &v->in.with);
    pp_vm_plan *plan = pp_vm_plan_new(&err, &v->program, v->input, NULL, &limits);
    PP_ASSERT(plan != NULL);
    pp_vm_plan_state(plan, start, NULL, 0);
    PP_ASSERT(pp_vm_plan_next(&err, plan, &v->shard) && v->shard.last);
    v->head_size = pp_proof_head(v->head, plan, &v->program, start, v->in.with.context, 1);
    pp_vm_plan_free(plan);
    PP_ASSERT(pp_claim_job_begin(&err, &v->job, &v->shard, &v->in.with));
}
// The proof file that the job, as it is now, makes.
static bool victim_prove(victim *v, uint8_t **out, size_t *size) {
    pp_err err;
    uint8_t *shard;
    size_t shard_size;
    if (!pp_claim_job_prove(&err, &shard, &shard_size, &v->job, NULL, &v->in.with)) {
        fprintf(stderr, "%s\n", err.text);
        return false;
    }
    *size = v->head_size + pp_proof_shard_size(shard_size);
    *out = malloc(*size);
    PP_ASSERT(*out != NULL);
    memcpy(*out, v->head, v->head_size);
    pp_proof_put_shard(*out + v->head_size, shard, shard_size);
    free(shard);
    return true;
}
static void victim_end(victim *v) {
    pp_vm_shard_free(&v->shard);
    pp_claim_job_end(&v->job);
    free(v->file);
}

PP_TEST(every_byte_of_the_head) {
    static victim v;
    victim_begin(&v, false);
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
    victim_begin(&v, false);
    world *w = the_world();
    void *memory[2] = {malloc(1 << 16), malloc(1 << 20)};
    PP_ASSERT(memory[0] != NULL && memory[1] != NULL);
    pp_arena keep, scratch;
    pp_arena_init(&keep, memory[0], 1 << 16);
    pp_arena_init(&scratch, memory[1], 1 << 20);
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

// ---- lies ---------------------------------------------------------------------------------------

static pp_fp *cell(victim *v, const char *in, uint32_t row, const char *column, int index) {
    const uint32_t t = rv64_table(in);
    const pp_air_table *a = &the_world()->machine->tables[t];
    uint32_t c = 0;
    while (c < a->columns_len &&
           (strcmp(a->column_names[c].base, column) != 0 || a->column_names[c].index != index))
        c++;
    PP_ASSERT(c < a->columns_len && row < v->job.layout.rows[t]);
    return &v->job.stack[pp_layout_cell(&v->job.layout, t, c, row)];
}
static void bump(pp_fp *x, uint32_t by) {
    *x = pp_fp_add(*x, pp_fp_from_u32(by));
}

// Where a page of the page table is, by its index.
static uint32_t page_row_of(victim *v, uint32_t index) {
    uint32_t row = 0;
    while (v->job.trace.pages[row].index != index) row++;
    return row;
}
static uint32_t input_page(victim *v) {
    return page_row_of(v, (uint32_t)(PP_VM_INPUT_START >> PP_VM_LOG_PAGE));
}

// A limb of the input of 2^16 and more, before and after: the page is not what it was hashed as.
static void lie_input_limb(victim *v) {
    uint32_t row = input_page(v);
    bump(cell(v, "page", row, "before", 100), 1 << 16);
    bump(cell(v, "page", row, "after", 100), 1 << 16);
}
// The same page twice.
static void lie_page_twice(victim *v) {
    const pp_air_table *a = &the_world()->machine->tables[rv64_table("page")];
    uint32_t from = input_page(v), to = (uint32_t)v->job.trace.pages_len, t = rv64_table("page");
    PP_ASSERT(to < v->job.layout.rows[t]);
    for (uint32_t c = 0; c < a->columns_len; c++)
        v->job.stack[pp_layout_cell(&v->job.layout, t, c, to)] =
            v->job.stack[pp_layout_cell(&v->job.layout, t, c, from)];
}
// A write to read-only memory: the store's cell is the input's.
static void lie_store_to_input(victim *v) {
    *cell(v, "page", input_page(v), "permission_above_ro", -1) = pp_fp_from_u32(PP_PERM_RW);
}
// A load that reads what was not stored.
static void lie_load(victim *v) {
    bump(cell(v, "ld", 2, "cell", 0), 1);
}
// An addition that is wrong by one, result in range.
static void lie_sum(victim *v) {
    bump(cell(v, "add", 0, "result", 0), 1);
}
// A branch the other way.
static void lie_branch(victim *v) {
    *cell(v, "bne", 0, "differ", -1) = (pp_fp){0};
}
// An instruction skipped.
static void lie_skip(victim *v) {
    *cell(v, "add", 0, "is_real", -1) = (pp_fp){0};
}
// A register's past: an access that says it follows one in the future.
static void lie_time(victim *v) {
    bump(cell(v, "add", 0, "rs1_time", -1), 1 << 20);
}
// A refresh that goes backwards, on a row that was unused.
static void lie_refresh(victim *v) {
    PP_ASSERT(v->job.layout.rows[rv64_table("refresh")] == 0);
    *cell(v, "run", 0, "end_time", -1) = pp_fp_from_u32(PP_TIME_START);
}
// The run ends at pc 0; and at pc 1 without a halt.
static void lie_pc_0(victim *v) {
    *cell(v, "run", 0, "last_pc", 0) = (pp_fp){0};
}
static void lie_second_halt(victim *v) {
    *cell(v, "halt", 1, "is_real", -1) = pp_fp_from_u32(1);
}
// Other output bytes, and one more of them.
static void lie_output(victim *v) {
    bump(cell(v, "output_byte", 2, "change", -1), 1);
}
static void lie_longer_output(victim *v) {
    bump(cell(v, "output_write", 0, "size", -1), 1);
}
// Another word decoded than the code's.
static void lie_decode(victim *v) {
    pp_fp *bit = cell(v, "decode", 3, "bit", 20);
    *bit = pp_fp_sub(pp_fp_from_u32(1), *bit);
}
// A node that drops its child's change.
static void lie_node(victim *v) {
    uint32_t row = 0;
    while (pp_fp_to_u32(*cell(v, "node", row, "is_changed", -1)) == 0) row++;
    bump(cell(v, "node", row, "after", 3), 1);
}
// A sponge cut short.
static void lie_sponge(victim *v) {
    uint32_t row = 0;
    while (pp_fp_to_u32(*cell(v, "permutation", row, "is_block", -1)) == 0) row++;
    *cell(v, "permutation", row, "is_last", -1) = pp_fp_from_u32(1);
}
// Counts of look-ups that are not theirs.
static void lie_count(victim *v) {
    bump(cell(v, "range", 70000, "count", -1), 1);
}
// Another root.
static void lie_root(victim *v) {
    bump(&v->job.publics[PP_DIGEST_LEN], 1);
}

// keccak-f: another result, another operand, fewer rounds, another constant, another address.
static void lie_keccak_after(victim *v) {
    bump(cell(v, "keccak", 0, "after", 4), 1);
}
static void lie_keccak_before(victim *v) {
    bump(cell(v, "keccak", 0, "before", 4), 1);
}
static void lie_keccak_short(victim *v) {
    *cell(v, "keccak_round", 23, "is_real", -1) = (pp_fp){0};
    for (int i = 0; i < 100; i++)
        *cell(v, "keccak", 0, "after", i) = *cell(v, "keccak_round", 23, "A", i);
}
static void lie_keccak_constant(victim *v) {
    bump(cell(v, "keccak_round", 5, "rc", 2), 1);
}
static void lie_keccak_bit(victim *v) {
    bump(cell(v, "keccak_round", 5, "A'", 0), 2);
}
static void lie_keccak_address(victim *v) {
    bump(cell(v, "keccak", 0, "pointer_w", -1), 1);
}
static void lie_keccak_skip(victim *v) {
    *cell(v, "keccak", 0, "is_real", -1) = (pp_fp){0};
}

PP_TEST(lies) {
    static const struct {
        const char *name;
        void (*lie)(victim *v);
        const char *finding; // a part of what the debug checker says
        bool keccak;         // in a program that calls it
    } lies[] = {
        {"input limb out of range", lie_input_limb, "bus range", false},
        {"page opened twice", lie_page_twice, "bus", false},
        {"read-only page opened as writable", lie_store_to_input, "only a program's pages differ",
         false},
        {"load of another value", lie_load, "bus", false},
        {"wrong sum", lie_sum, "a carry is a bit", false},
        {"branch the other way", lie_branch, "limbs that differ say so", false},
        {"instruction skipped", lie_skip, "bus", false},
        {"access before its past", lie_time, "bus", false},
        {"state chain cut off", lie_refresh, "bus state", false},
        {"end at pc 0", lie_pc_0, "bus", false},
        {"second halt", lie_second_halt, "bus", false},
        {"other output", lie_output, "one byte of the output's limb changes", false},
        {"longer output", lie_longer_output, "some is 1 when size has an inverse", false},
        {"other instruction", lie_decode, "bus", false},
        {"change dropped in the tree", lie_node, "bus", false},
        {"sponge cut short", lie_sponge, "bus", false},
        {"count of look-ups", lie_count, "bus range", false},
        {"other root", lie_root, "bus tree", false},
        {"another state after keccak-f", lie_keccak_after, "bus", true},
        {"keccak-f of another state", lie_keccak_before, "bus", true},
        {"keccak-f of one round less", lie_keccak_short, "bus", true},
        {"a round's constant", lie_keccak_constant, "A'''00 is iota", true},
        {"a bit of a round", lie_keccak_bit, "A' is bits", true},
        {"keccak-f elsewhere", lie_keccak_address, "bus", true},
        {"keccak-f not done", lie_keccak_skip, "bus", true},
    };
    world *w = the_world();
    const size_t step = getenv("PP_SANITIZED") != NULL ? 4 : 1; // slow there, and the same code
    for (size_t i = 0; i < PP_COUNT(lies); i += step) {
        static victim v;
        victim_begin(&v, lies[i].keccak);
        lies[i].lie(&v);
        pp_air_finding finding;
        if (pp_air_check(&finding, w->machine, &v.job.layout, v.job.stack, v.job.publics))
            pp_test_fail(__FILE__, __LINE__, "%s: the checker sees nothing", lies[i].name);
        else if (strstr(finding.text, lies[i].finding) == NULL)
            pp_test_fail(__FILE__, __LINE__, "%s: %.300s", lies[i].name, finding.text);
        uint8_t *bytes;
        size_t size;
        pp_claim claim;
        if (!victim_prove(&v, &bytes, &size)) {
            pp_test_fail(__FILE__, __LINE__, "%s: no proof bytes", lies[i].name);
        } else {
            if (verify(&claim, bytes, size) == PP_CLAIM_PROVEN)
                pp_test_fail(__FILE__, __LINE__, "%s: proven", lies[i].name);
            free(bytes);
        }
        victim_end(&v);
    }
}

// ---- lies about the memory at the start ---------------------------------------------------------

static pp_shard_page *page_at(victim *v, uint64_t address) {
    size_t i = 0;
    while (v->shard.pages[i].index != address >> PP_VM_LOG_PAGE) i++;
    return &v->shard.pages[i];
}
static void replace(victim *v, size_t at, pp_op op, unsigned rd, unsigned rs1, unsigned rs2,
                    int32_t imm) {
    uint32_t word;
    pp_asm a = {&word, 0, 1, 0};
    pp_asm_op(&a, op, rd, rs1, rs2, imm);
    pp_store_le32(page_at(v, SUPPORT_TEXT)->bytes + 4 * at, word);
}

// The prover's input may be written: another program, which does it, runs.
static void lie_input_rw(victim *v) {
    page_at(v, PP_VM_INPUT_START)->perm = PP_PERM_RW;
    replace(v, v->spare, PP_OP_SD, 0, 5, 7, 0);
}
// It is written, and what was there restored behind it.
static void lie_input_restored(victim *v) {
    lie_input_rw(v);
    replace(v, v->spare + 1, PP_OP_ADDI, 12, 6, 0, -1);
    replace(v, v->spare + 2, PP_OP_SD, 0, 5, 12, 0);
}
// A page of the machine, or one that is none, in the program.
static void lie_program_mach(victim *v) {
    page_at(v, GENERATE_DATA + PP_VM_PAGE_SIZE)->perm = PP_PERM_MACH;
    replace(v, v->spare, PP_OP_ADDI, 11, 0, 0, 0);
}
static void lie_program_none(victim *v) {
    page_at(v, GENERATE_DATA + PP_VM_PAGE_SIZE)->perm = PP_PERM_NONE;
    replace(v, v->spare, PP_OP_ADDI, 11, 0, 0, 0);
}
// Not a lie of the tables, but of the input: a length that is not that of its bytes.
static void lie_input_size(victim *v) {
    pp_store_le64(page_at(v, PP_VM_INPUT_START)->bytes, UINT64_MAX);
}
static void lie_input_tail(victim *v) {
    page_at(v, PP_VM_INPUT_START)->bytes[100] = 1;
}

// Hashes the whole tree anew and takes over into the head what it says: the prover's own digests.
static void tell_again(victim *v) {
    pp_err err = {0};
    pp_trace trace;
    pp_claim_job_end(&v->job);
    bool ran = pp_vm_trace(&err, &trace, &v->shard);
    if (!ran) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ran);
    pp_rv64_witness *w = pp_rv64_witness_new(&trace, &v->shard);
    pp_fp publics[PP_RV64_PUBLICS];
    PP_ASSERT(w != NULL);
    pp_rv64_publics(w, publics);
    memcpy(v->shard.root[0].e, publics, sizeof v->shard.root[0].e);
    memcpy(v->shard.root[1].e, publics + PP_DIGEST_LEN, sizeof v->shard.root[1].e);
    pp_rv64_witness_free(w);
    pp_trace_free(&trace);
    PP_ASSERT(pp_claim_job_begin(&err, &v->job, &v->shard, &v->in.with));
    static const struct {
        uint32_t parent; // at level 20
        const char *column;
    } digests[] = {{0, "left_before"}, {1, "left_before"}, {0, "left_after"}, {0, "right_after"}};
    for (size_t i = 0; i < PP_COUNT(digests); i++) {
        uint32_t row = 0;
        pp_digest d;
        while (pp_fp_to_u32(*cell(v, "node", row, "level", -1)) != PP_VM_TREE_DEPTH - 1 ||
               pp_fp_to_u32(*cell(v, "node", row, "index", -1)) != digests[i].parent)
            row++;
        for (int k = 0; k < PP_DIGEST_LEN; k++)
            d.e[k] = *cell(v, "node", row, digests[i].column, k);
        pp_digest_encode(v->head + 48 + i * PP_DIGEST_SIZE, &d);
    }
    const pp_trace_page *machine = &v->job.trace.pages[v->job.trace.pages_len - 2];
    memcpy(v->head + 48 + 4 * PP_DIGEST_SIZE, machine[0].bytes, 8 * PP_PROOF_WORDS);
    memcpy(v->head + PP_PROOF_HEAD_SIZE, machine[1].bytes, 8);
}

PP_TEST(lies_about_memory) {
    static const struct {
        const char *name;
        void (*lie)(victim *v);
        const char *finding; // NULL: it is proven, of an input that no bytes have
    } lies[] = {
        {"input written", lie_input_rw, "only a program's pages differ"},
        {"input written and restored", lie_input_restored, "only a program's pages differ"},
        {"the machine's page in the program", lie_program_mach, "a program's page is RO, RW or RX"},
        {"no page in the program", lie_program_none, "a program's page is RO, RW or RX"},
        {"length of no input", lie_input_size, NULL},
        {"bytes behind the input", lie_input_tail, NULL},
    };
    world *w = the_world();
    for (size_t i = 0; i < PP_COUNT(lies); i++) {
        static victim v;
        victim_begin(&v, false);
        lies[i].lie(&v);
        tell_again(&v);
        pp_air_finding finding;
        bool true_rows =
            pp_air_check(&finding, w->machine, &v.job.layout, v.job.stack, v.job.publics);
        if (true_rows != (lies[i].finding == NULL) ||
            (!true_rows && strstr(finding.text, lies[i].finding) == NULL))
            pp_test_fail(__FILE__, __LINE__, "%s: %.300s", lies[i].name,
                         true_rows ? "the checker sees nothing" : finding.text);
        uint8_t *bytes;
        size_t size;
        pp_claim claim;
        REQUIRE(victim_prove(&v, &bytes, &size));
        pp_claim_status status = verify(&claim, bytes, size);
        free(bytes);
        pp_hash32 input_id;
        CHECK(pp_input_id(&input_id, v.input));
        if (lies[i].finding != NULL)
            CHECK_EQ(status, PP_CLAIM_SHARD);
        else if (status == PP_CLAIM_PROVEN)
            CHECK(memcmp(&claim.input_id, &input_id, sizeof input_id) != 0);
        else
            pp_test_fail(__FILE__, __LINE__, "%s: %s", lies[i].name, pp_claim_status_text(status));
        victim_end(&v);
    }
}

// A proof of another machine, of another set; and with the right name written over it.
PP_TEST(wrong_names) {
    static victim v;
    victim_begin(&v, false);
    world *w = the_world();
    pp_hash32 other = w->vm_id;
    other.b[5] ^= 1;
    v.in.with.vm_id = &other;
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
    v.in.with.vm_id = &w->vm_id;
    REQUIRE(victim_prove(&v, &bytes, &size));
    CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_PROVEN);
    header = bytes + v.head_size + 8;
    pp_store_le32(header + 8, pp_pcs_fast.id);
    CHECK_EQ(verify(&claim, bytes, size), PP_CLAIM_SHARD);
    free(bytes);
    victim_end(&v);
}
