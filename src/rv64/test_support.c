// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rv64/test_support.h"

#include <stdlib.h>

const pp_machine *rv64_test_machine(void) {
    static const pp_machine *machine;
    if (machine != NULL) return machine;
    static pp_arena keep;
    pp_arena scratch;
    pp_air_error error;
    void *scratch_memory = malloc(PP_AIR_SCRATCH_SIZE);
    pp_arena_init(&keep, malloc(PP_RV64_KEEP_SIZE), PP_RV64_KEEP_SIZE);
    pp_arena_init(&scratch, scratch_memory, PP_AIR_SCRATCH_SIZE);
    machine = pp_rv64_machine(&keep, &scratch, &error);
    if (machine == NULL)
        fprintf(stderr, "%s: %s: %s\n", error.table ? error.table : "machine", error.what,
                error.item ? error.item : "");
    PP_ASSERT(machine != NULL);
    free(scratch_memory);
    return machine;
}

void rv64_run_begin(rv64_run *r, const pp_program *program, pp_bytes input) {
    pp_err err = {0};
    if (program != &r->program) r->file = NULL;
    const pp_machine *machine = rv64_test_machine();
    pp_shard_limits limits;
    pp_rv64_limits(&limits, machine, RV64_TEST_LOG_MIN, PP_AIR_LOG_CELLS_MAX);
    pp_vm_plan *plan = pp_vm_plan_new(&err, program, input, NULL, &limits);
    if (plan == NULL || !pp_vm_plan_next(&err, plan, &r->shard) || !r->shard.last ||
        !pp_vm_trace(&err, &r->trace, &r->shard))
        fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(err.exit_code == 0);
    r->result = *pp_vm_plan_result(plan);
    pp_vm_plan_free(plan);
    r->witness = pp_rv64_witness_new(&r->trace, &r->shard);
    PP_ASSERT(r->witness != NULL);
    uint32_t rows[PP_AIR_TABLES_MAX];
    pp_rv64_rows(r->witness, rows, machine, RV64_TEST_LOG_MIN);
    PP_ASSERT(pp_layout_make(&r->layout, machine, rows, RV64_TEST_LOG_MIN, 10,
                             PP_AIR_LOG_CELLS_MAX) == PP_LAYOUT_OK);
    r->stack = calloc((size_t)1 << r->layout.log_cells, sizeof *r->stack);
    PP_ASSERT(r->stack != NULL);
    PP_ASSERT(pp_rv64_fill(r->witness, &r->layout, machine, r->stack, NULL));
    pp_rv64_publics(r->witness, r->publics);
    // The plan counted what the witness has, and named the roots it leads to.
    uint32_t used[PP_AIR_TABLES_MAX];
    pp_rv64_used(r->witness, used);
    PP_ASSERT(memcmp(used, r->shard.rows, TABLES_LEN * sizeof *used) == 0);
    PP_ASSERT(memcmp(r->publics, r->shard.root[0].e, sizeof r->shard.root[0].e) == 0);
    PP_ASSERT(memcmp(r->publics + PP_DIGEST_LEN, r->shard.root[1].e, sizeof r->shard.root[1].e) ==
              0);
}

void rv64_asm_words(pp_asm *a, uint64_t address, const uint64_t *words, size_t len) {
    pp_asm_li(a, 5, address);
    for (size_t i = 0; i < len; i++) {
        pp_asm_li(a, 6, words[i]);
        pp_asm_op(a, PP_OP_SD, 0, 5, 6, (int)(8 * i));
    }
}

void rv64_asm_accel(pp_asm *a, const pp_accel *accel, uint64_t address, const uint64_t *words) {
    rv64_asm_words(a, address, words, pp_accel_all(accel));
    for (unsigned i = 0; i < accel->operands_len; i++) {
        unsigned first = pp_accel_first(accel, i);
        pp_asm_li(a, 10 + i, accel->cells[i] != 0 ? address + 8 * first : words[first]);
    }
    pp_asm_ecall(a, accel->number);
}

// A random coordinate; p − 1; upper limbs all ones with a lower limb 2; an upper limb less than all
// ones; 1.
static void coordinate(uint64_t out[4], unsigned variant, pp_rng *rng) {
    static const uint64_t edges[][4] = {{0xfffffffefffffc2e, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                                        {0xfffffffe00000000, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                                        {0xfffdffffffffffff, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                                        {1, 0, 0, 0}};
    pp_rng_fill(rng, out, 32);
    if (variant % 5 != 0) memcpy(out, edges[variant % 5 - 1], 32);
}

void rv64_accel_words(uint64_t words[PP_ACCEL_CELLS_MAX], const pp_accel *accel, unsigned variant) {
    // Results that are p − 1, or whose upper limbs are all ones: of sums in both coordinates, of
    // doubles in x, in y.
    static const uint64_t sums[2][16] = {
        {0x849dec7ded685791, 0x945492c4f56c7bab, 0x7cc8772398ab7504, 0xd1c1e8c148624445,
         0x356170c66f5f5908, 0x42cbdba1acbfa7c7, 0x60ab67e37213e8d5, 0x23883a9308d7422e,
         0x254499c7001d9a88, 0x9623d7cfa9ae7a34, 0xf72c2c2678629522, 0xbc1e3ac1c27db4ec,
         0x14f25e39bc8fb75a, 0xff35f7e14277189a, 0x689a7cec1b1cc36b, 0x76a1b8d9338914f1},
        {0x9323d5657ca79ca7, 0x6083acb16a94e02e, 0x05f979a78191967a, 0xd3f25eb9d11e1a26,
         0x8111b9d33cc35b72, 0x15fcad81cde7db12, 0xb75d1bbe7814bdb1, 0x8009fd206117a052,
         0xdf5ca32ebad5ccc2, 0xe91b4ad169fc5360, 0x8a0c510089ce5ef7, 0x181e290aae9af169,
         0x8859b94f26cb3149, 0xbdd47329343ab179, 0x430efa9b5166cfa2, 0x5a99ae124780ca8e}};
    static const uint64_t doubles[2][8] = {
        {0x78a82319f2d0587b, 0x33a425bb66457e1a, 0x8931cd491fea716c, 0xe06000487de839dd,
         0xe1e4e74f637ea4cc, 0x709b1c3c86583519, 0x612fd248591129f1, 0x8e9846ebae2735c0},
        {0xda5fa141dc27139a, 0xc8a090e30889d176, 0x320dea72f39295da, 0x79cfde978c174ae1,
         0x6a1eeab8a00d0f34, 0x5144686972422609, 0xf5baf57514e8a138, 0x0c8d6f1c54a3c7c3}};
    pp_rng rng = {variant + 1};
    pp_rng_fill(&rng, words, 8 * (size_t)pp_accel_all(accel));
    switch (accel - pp_accels) {
    case PP_ACCEL_SHA256:
        if (variant == 1) memset(words, 0xff, 96);
        if (variant == 2) memset(words, 0, 96);
        return;
    case PP_ACCEL_MULMOD: {
        uint64_t *a = words, *c = words + 8, *m = words + 12;
        a[3] >>= 1;
        m[3] |= (uint64_t)1 << 63;
        if (variant == 1) memset(words, 0xff, 96), memset(m, 0, 32); // modulo 2^256
        if (variant == 2) memset(a, 0, 32), memcpy(c, m, 32);        // the result is 0
        if (variant == 3) memset(c, 0xff, 64);                       // c = m = 2^256 − 1
        if (variant == 4) memset(a, 0, 32), memset(m, 0, 32), m[0] = 1;
        if (variant == 5) memset(words, 0xff, 96), memset(a, 0, 32), a[0] = 1, m[0] = 0; // even
        return;
    }
    case PP_ACCEL_SECP256K1_ADD:
        words[8] = variant & 1;
        coordinate(words + 9, variant, &rng);
        coordinate(words, variant + 1, &rng);
        if (variant == 5) memset(words + 4, 0xff, 32); // a y above p
        if (variant >= 6) {
            memcpy(words, sums[variant - 6], 64);
            memcpy(words + 9, sums[variant - 6] + 8, 64);
            words[8] = 0;
        }
        return;
    case PP_ACCEL_SECP256K1_DOUBLE:
        coordinate(words + 4, variant, &rng);
        if (variant == 5) memset(words, 0xff, 32); // an x above p
        if (variant >= 6) memcpy(words, doubles[variant - 6], 64);
        return;
    default:
        return;
    }
}

void rv64_run_everything(rv64_run *r) {
    static uint32_t words[4 * GENERATE_WORDS_MAX + 6144];
    static const uint8_t input[] = "bytes that are read, and written out";
    pp_asm a = {.words = words, .max = PP_COUNT(words), .base = SUPPORT_TEXT};
    for (uint64_t i = 0; i < 4; i++) {
        pp_rng rng = {0x65766572 + i};
        generate_program(&a, &rng);
    }
    pp_asm_write(&a, PP_FD_OUTPUT, PP_VM_INPUT_START + 11, 7);
    pp_asm_write(&a, PP_FD_OUTPUT, 0, 0);
    pp_asm_write(&a, PP_FD_OUTPUT, SUPPORT_TEXT + 4, 3);
    pp_asm_write(&a, PP_FD_OUTPUT, GENERATE_DATA + 8, 2);
    for (unsigned i = 0; i < PP_ACCELS_LEN; i++)
        for (unsigned variant = 0; variant < RV64_ACCEL_VARIANTS; variant++) {
            uint64_t of[PP_ACCEL_CELLS_MAX];
            if (i == PP_ACCEL_KECCAK_F && variant != 0) continue; // long, and alike
            if (i == PP_ACCEL_SHA256 && variant > 2) continue;    // likewise
            rv64_accel_words(of, &pp_accels[i], variant);
            rv64_asm_accel(&a, &pp_accels[i], GENERATE_DATA + 512 - 40, of);
        }
    pp_asm_write(&a, PP_FD_DEBUG_ERROR, 1, 2);
    // All operations on edge values, loads and stores at all offsets, of all sizes.
    static const uint64_t edges[][2] = {{(uint64_t)1 << 63, UINT64_MAX},  {0x8000000080000000, 0},
                                        {0xfffffffffffffff9, 3},          {7, 0xfffffffffffffffd},
                                        {0xffffffff80000000, UINT64_MAX}, {0xfffe, 0x1fffe}};
    for (size_t i = 0; i < PP_COUNT(edges); i++) {
        pp_asm_li(&a, 5, edges[i][0]);
        pp_asm_li(&a, 6, edges[i][1]);
        for (unsigned op = PP_OP_ADD; op <= PP_OP_REMUW; op++) {
            if (op == PP_OP_ADDIW || (op >= PP_OP_SLLIW && op <= PP_OP_SRAIW)) continue;
            pp_asm_op(&a, (pp_op)op, op % 3 != 0 ? 7 : 0, 5, 6, 0);
        }
        for (unsigned op = PP_OP_ADDI; op <= PP_OP_SRAI; op++)
            pp_asm_op(&a, (pp_op)op, 7, 5, 0, op >= PP_OP_SLLI ? 17 : -3);
        for (unsigned op = PP_OP_SLLIW; op <= PP_OP_SRAIW; op++)
            pp_asm_op(&a, (pp_op)op, 7, 5, 0, 17);
        pp_asm_op(&a, PP_OP_ADDIW, 7, 5, 0, -3);
        for (unsigned op = PP_OP_BEQ; op <= PP_OP_BGEU; op++) {
            pp_asm_op(&a, (pp_op)op, 0, 5, 6, 4);
            pp_asm_op(&a, (pp_op)op, 0, 5, 5, 4);
        }
    }
    pp_asm_li(&a, 5, GENERATE_DATA + 64);
    for (int at = -1; at < 9; at++) {
        for (unsigned op = PP_OP_LB; op <= PP_OP_LWU; op++) pp_asm_op(&a, (pp_op)op, 7, 5, 0, at);
        for (unsigned op = PP_OP_SB; op <= PP_OP_SD; op++) pp_asm_op(&a, (pp_op)op, 0, 5, 7, at);
    }
    // A loop long enough for registers to be carried on.
    pp_asm_li(&a, 5, 17000);
    pp_asm_op(&a, PP_OP_ADDI, 5, 5, 0, -1);
    size_t branch = a.len;
    pp_asm_op(&a, PP_OP_BNE, 0, 5, 0, 4);
    pp_asm_patch(&a, branch, branch - 1);
    pp_asm_op(&a, PP_OP_FENCE, 0, 0, 0, 0);
    pp_asm_halt(&a, 0);
    r->file = support_elf(&r->program, &a, GENERATE_DATA, GENERATE_DATA_SIZE);
    rv64_run_begin(r, &r->program, (pp_bytes){input, sizeof input});
    for (unsigned t = 0; t < TABLES_LEN; t++) {
        if (r->layout.rows[t] == 0) fprintf(stderr, "table %s has no row\n", rv64_tables[t].name);
        PP_ASSERT(r->layout.rows[t] != 0);
    }
}

uint32_t rv64_table(const char *name) {
    uint32_t t = 0;
    while (t < TABLES_LEN && strcmp(rv64_tables[t].name, name) != 0) t++;
    PP_ASSERT(t < TABLES_LEN);
    return t;
}

pp_fp *rv64_cell(rv64_run *r, const char *in, uint32_t row, const char *column, int index) {
    uint32_t t = rv64_table(in), c = 0;
    const pp_air_table *a = &rv64_test_machine()->tables[t];
    while (c < a->columns_len &&
           (strcmp(a->column_names[c].base, column) != 0 || a->column_names[c].index != index))
        c++;
    if (c == a->columns_len) fprintf(stderr, "%s has no column %s\n", in, column);
    PP_ASSERT(c < a->columns_len && row < r->layout.rows[t]);
    return &r->stack[pp_layout_cell(&r->layout, t, c, row)];
}

void rv64_run_end(rv64_run *r) {
    free(r->file);
    free(r->stack);
    pp_rv64_witness_free(r->witness);
    pp_trace_free(&r->trace);
    pp_vm_shard_free(&r->shard);
}

bool rv64_run_check(const rv64_run *r) {
    pp_air_finding finding;
    if (pp_air_check(&finding, rv64_test_machine(), &r->layout, r->stack, r->publics)) return true;
    fprintf(stderr, "%s\n", finding.text);
    return false;
}

bool rv64_check(const pp_program *program, pp_bytes input) {
    rv64_run r;
    rv64_run_begin(&r, program, input);
    bool ok = rv64_run_check(&r);
    rv64_run_end(&r);
    return ok;
}

bool rv64_check_asm(const pp_asm *code, pp_bytes input) {
    pp_program program;
    uint8_t *file = support_elf(&program, code, GENERATE_DATA, GENERATE_DATA_SIZE);
    bool ok = rv64_check(&program, input);
    free(file);
    return ok;
}
