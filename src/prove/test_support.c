// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/test_support.h"

#include <stdlib.h>

world *the_world(void) {
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
                                  .log_cells_max = 28,
                                  .shards_max = 64};
    w.work_size = pp_verify_work_size(&w.policy);
    w.work = malloc(w.work_size);
    PP_ASSERT(w.work != NULL);
    return &w;
}

pp_claim_status verify(pp_claim *claim, const uint8_t *bytes, size_t size) {
    world *w = the_world();
    pp_verify_status shard;
    uint32_t set;
    return pp_claim_verify(claim, &shard, &set, &w->policy, bytes, size, w->work, w->work_size);
}

pp_claim_status verify_by(const pp_verify_policy *policy, pp_claim *claim, const uint8_t *bytes,
                          size_t size) {
    pp_verify_status shard;
    uint32_t set;
    const size_t work_size = pp_verify_work_size(policy);
    void *work = malloc(work_size);
    PP_ASSERT(work != NULL);
    pp_claim_status s = pp_claim_verify(claim, &shard, &set, policy, bytes, size, work, work_size);
    free(work);
    return s;
}

pp_prove_with with_of(uint32_t log_cells) {
    world *w = the_world();
    return (pp_prove_with){.machine = w->machine,
                           .vm_id = &w->vm_id,
                           .set = w->set,
                           .context = &w->context,
                           .log_cells = log_cells};
}

// ---- the victim ---------------------------------------------------------------------------------

enum { LOOP = PP_REFRESH_TICKS / (2 * PP_TICKS_STEP) + 64, TEXT_PAGE_WORDS = PP_VM_PAGE_SIZE / 4 };

// Numbers of one small word each, the rest of the page being zeros.
static void add_wide(pp_asm *a) {
    enum { NUMBERS = 128, POINTS = 320, NUMBER = 32, POINT = 64 };
    pp_asm_li(a, 20, GENERATE_DATA);
    static const struct {
        int16_t at, value;
    } words[] = {{NUMBERS, 2},
                 {NUMBERS + NUMBER, 3},
                 {NUMBERS + 2 * NUMBER, 4},
                 {NUMBERS + 3 * NUMBER, 7},
                 {POINTS, 1},
                 {POINTS + NUMBER, 2},
                 {POINTS + POINT, 3},
                 {POINTS + POINT + NUMBER, 4}};
    for (size_t i = 0; i < PP_COUNT(words); i++) {
        pp_asm_op(a, PP_OP_ADDI, 21, 0, 0, words[i].value);
        pp_asm_op(a, PP_OP_SD, 0, 20, 21, words[i].at);
    }
    for (unsigned i = 0; i < 5; i++)
        pp_asm_op(a, PP_OP_ADDI, 10 + i, 20, 0, NUMBERS + (int)i * NUMBER);
    pp_asm_ecall(a, PP_ECALL_MULMOD);
    pp_asm_op(a, PP_OP_ADDI, 10, 20, 0, POINTS);
    pp_asm_op(a, PP_OP_ADDI, 11, 0, 0, 0);
    pp_asm_op(a, PP_OP_ADDI, 12, 20, 0, POINTS + POINT);
    pp_asm_ecall(a, PP_ECALL_SECP256K1_ADD);
    pp_asm_op(a, PP_OP_ADDI, 10, 20, 0, POINTS + POINT);
    pp_asm_ecall(a, PP_ECALL_SECP256K1_DOUBLE);
}

static void add_hashes(pp_asm *a) {
    pp_asm_li(a, 20, VICTIM_HASHES);
    pp_asm_op(a, PP_OP_SD, 0, 20, 20, 0);
    pp_asm_op(a, PP_OP_SD, 0, 20, 20, VICTIM_NODE);
    pp_asm_op(a, PP_OP_SD, 0, 20, 20, VICTIM_NODE_OUT + 32);
    pp_asm_op(a, PP_OP_SD, 0, 20, 20, VICTIM_BLOCK);
    pp_asm_op(a, PP_OP_SD, 0, 20, 20, VICTIM_STATE);
    pp_asm_op(a, PP_OP_ADDI, 10, 20, 0, 0);
    pp_asm_ecall(a, PP_ECALL_POSEIDON2);
    pp_asm_op(a, PP_OP_ADDI, 10, 20, 0, VICTIM_NODE);
    pp_asm_op(a, PP_OP_ADDI, 11, 20, 0, VICTIM_NODE + 40);
    pp_asm_op(a, PP_OP_ADDI, 12, 0, 0, 17);
    pp_asm_op(a, PP_OP_ADDI, 13, 20, 0, VICTIM_NODE_OUT);
    pp_asm_ecall(a, PP_ECALL_POSEIDON2_NODE);
    pp_asm_op(a, PP_OP_ADDI, 10, 20, 0, VICTIM_BLOCK);
    pp_asm_op(a, PP_OP_ADDI, 11, 20, 0, VICTIM_STATE);
    for (int i = 0; i < 2; i++) pp_asm_ecall(a, PP_ECALL_SHA256);
}

static void write_program(victim *v, pp_asm *a, unsigned parts) {
    pp_asm_li(a, 5, PP_VM_INPUT_START + 8);
    pp_asm_op(a, PP_OP_LD, 6, 5, 0, 0);
    pp_asm_op(a, PP_OP_ADDI, 6, 6, 0, 1);
    pp_asm_li(a, 7, GENERATE_DATA);
    v->spare = a->len;
    pp_asm_op(a, PP_OP_LD, 11, 7, 0, PP_VM_PAGE_SIZE);
    pp_asm_op(a, PP_OP_ADDI, 12, 0, 0, 0);
    pp_asm_op(a, PP_OP_ADDI, 12, 0, 0, 0);
    pp_asm_op(a, PP_OP_SD, 0, 7, 6, 0);
    pp_asm_op(a, PP_OP_LD, 8, 7, 0, 0);
    pp_asm_op(a, PP_OP_ADD, 9, 8, 6, 0);
    pp_asm_op(a, PP_OP_BNE, 0, 9, 6, 8);
    pp_asm_op(a, PP_OP_ADDI, 9, 9, 0, 5);
    pp_asm_op(a, PP_OP_SD, 0, 7, 9, 8);
    // Two cells each.
    pp_asm_op(a, PP_OP_LD, 15, 7, 0, 5);
    pp_asm_op(a, PP_OP_SD, 0, 7, 9, 21);
    v->constant = a->len;
    pp_asm_op(a, PP_OP_LUI, 14, 0, 0, 1 << 12);
    pp_asm_op(a, PP_OP_ADDI, 13, 13, 0, 0);
    // Read, and nothing follows from it.
    pp_asm_op(a, PP_OP_ADDI, 19, 0, 0, 1);
    pp_asm_op(a, PP_OP_BEQ, 0, 19, 0, 4);
    if ((parts & WITH_LONG_LOOP) != 0) {
        pp_asm_li(a, 18, LOOP);
        pp_asm_op(a, PP_OP_ADDI, 18, 18, 0, -1);
        pp_asm_op(a, PP_OP_BNE, 0, 18, 0, -4);
        pp_asm_op(a, PP_OP_ADDI, 19, 0, 0, 2);
    }
    if ((parts & WITH_KECCAK) != 0) {
        pp_asm_li(a, 10, GENERATE_DATA);
        pp_asm_ecall(a, PP_ECALL_KECCAK_F);
    }
    if ((parts & WITH_WIDE) != 0) add_wide(a);
    if ((parts & WITH_HASHES) != 0) add_hashes(a);
    pp_asm_op(a, PP_OP_ADDI, 16, 0, 0, 1);
    v->nothing = a->len;
    pp_asm_op(a, PP_OP_FENCE, 0, 0, 0, 0);
    if ((parts & WITH_FULL_OUTPUT) != 0) {
        pp_asm_write(a, PP_FD_OUTPUT, GENERATE_DATA, PP_OUTPUT_MAX);
        pp_asm_write(a, PP_FD_OUTPUT, GENERATE_DATA + PP_VM_PAGE_SIZE + 16, 0);
    } else {
        pp_asm_write(a, PP_FD_OUTPUT, GENERATE_DATA + 8, 8);
    }
    v->last_a0 = a->len;
    pp_asm_halt(a, 0);
    if ((parts & WITH_LONG_TEXT) != 0)
        while (a->len <= TEXT_PAGE_WORDS) pp_asm_op(a, PP_OP_FENCE, 0, 0, 0, 0);
    PP_ASSERT((parts & WITH_LONG_TEXT) != 0 || a->len <= TEXT_PAGE_WORDS);
    v->words_len = a->len;
}

void victim_begin(victim *v, unsigned parts) {
    pp_err err = {0};
    pp_shard_limits limits;
    pp_digest start[4];
    memset(v, 0, sizeof *v);
    pp_asm a = {v->words, 0, PP_COUNT(v->words), SUPPORT_TEXT};
    write_program(v, &a, parts);
    v->file = support_elf(&v->program, &a, GENERATE_DATA, 2 * PP_VM_PAGE_SIZE);
    v->input = (pp_bytes){(const uint8_t *)"12345678", 8};
    v->with = with_of(0);
    pp_prove_limits(&limits, &v->with);
    pp_vm_plan *plan = pp_vm_plan_new(&err, &v->program, v->input, NULL, &limits);
    PP_ASSERT(plan != NULL);
    pp_vm_plan_state(plan, start, NULL, 0);
    bool ended = pp_vm_plan_next(&err, plan, &v->shard);
    PP_ASSERT(ended && v->shard.last);
    v->head_size = pp_proof_head(v->head, plan, &v->program, start, v->with.context, 1);
    pp_vm_plan_free(plan);
}

void victim_trace(victim *v) {
    pp_err err = {0};
    bool ran = pp_vm_trace(&err, &v->trace, &v->shard);
    if (!ran) fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(ran);
}

void victim_rows(victim *v) {
    pp_claim_job *job = &v->job;
    pp_rv64_witness *w = pp_rv64_witness_new(&v->trace, &v->shard);
    PP_ASSERT(w != NULL);
    pp_rv64_publics(w, job->publics);
    pp_rv64_rows(w, job->rows, v->with.machine, v->with.set->rounds[0].fold);
    PP_ASSERT(pp_prove_layout(&job->layout, v->with.machine, job->rows, v->with.set) ==
              PP_LAYOUT_OK);
    job->stack = calloc((size_t)1 << job->layout.log_cells, sizeof *job->stack);
    PP_ASSERT(job->stack != NULL &&
              pp_rv64_fill(w, &job->layout, v->with.machine, job->stack, NULL));
    pp_rv64_witness_free(w);
}

bool victim_prove(const victim *v, uint8_t **out, size_t *size) {
    pp_err err;
    uint8_t *shard;
    size_t shard_size;
    if (!pp_claim_job_prove(&err, &shard, &shard_size, &v->job, NULL, &v->with)) {
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

void victim_end(victim *v) {
    pp_vm_shard_free(&v->shard);
    pp_trace_free(&v->trace);
    pp_claim_job_end(&v->job);
    free(v->file);
}

// ---- its rows -----------------------------------------------------------------------------------

static uint32_t column_of(uint32_t t, const char *column, int index) {
    const pp_air_table *a = &the_world()->machine->tables[t];
    uint32_t c = 0;
    while (c < a->columns_len &&
           (strcmp(a->column_names[c].base, column) != 0 || a->column_names[c].index != index))
        c++;
    if (c == a->columns_len) fprintf(stderr, "%s has no column %s\n", a->name, column);
    PP_ASSERT(c < a->columns_len);
    return c;
}

pp_fp *victim_cell(victim *v, const char *in, uint32_t row, const char *column, int index) {
    const uint32_t t = rv64_table(in), c = column_of(t, column, index);
    PP_ASSERT(row < v->job.layout.rows[t]);
    return &v->job.stack[pp_layout_cell(&v->job.layout, t, c, row)];
}

uint32_t victim_used(victim *v, const char *in, const char *column) {
    const uint32_t rows = v->job.layout.rows[rv64_table(in)];
    uint32_t row = 0;
    while (row < rows && victim_cell(v, in, row, column, -1)->v != 0) row++;
    return row;
}

void victim_grow(victim *v, const char *in, uint32_t more) {
    pp_claim_job *job = &v->job;
    const pp_machine *machine = v->with.machine;
    const pp_layout before = job->layout;
    pp_fp *from = job->stack;
    uint32_t *rows = &job->rows[rv64_table(in)];
    *rows = pp_layout_round(*rows + more, v->with.set->rounds[0].fold);
    PP_ASSERT(pp_prove_layout(&job->layout, machine, job->rows, v->with.set) == PP_LAYOUT_OK);
    job->stack = calloc((size_t)1 << job->layout.log_cells, sizeof *job->stack);
    PP_ASSERT(job->stack != NULL);
    for (uint32_t t = 0; t < machine->tables_len; t++)
        for (uint32_t c = 0; c < machine->tables[t].columns_len; c++)
            for (uint32_t row = 0; row < before.rows[t]; row++)
                job->stack[pp_layout_cell(&job->layout, t, c, row)] =
                    from[pp_layout_cell(&before, t, c, row)];
    free(from);
}

static uint32_t number_in(victim *v, const char *in, uint32_t row, const char *column) {
    return pp_fp_to_u32(*victim_cell(v, in, row, column, -1));
}
static void get_digest(victim *v, pp_digest *out, const char *in, uint32_t row,
                       const char *column) {
    for (int i = 0; i < PP_DIGEST_LEN; i++) out->e[i] = *victim_cell(v, in, row, column, i);
}
static void set_digest(victim *v, const pp_digest *d, const char *in, uint32_t row,
                       const char *column) {
    for (int i = 0; i < PP_DIGEST_LEN; i++) *victim_cell(v, in, row, column, i) = d->e[i];
}

// Permutation rows, written one after the other.
typedef struct permutations {
    fill f;
    uint32_t columns_len, left;
} permutations;

static void put_permutation(permutations *p, const permutation_row *row) {
    PP_ASSERT(p->left-- > 0);
    p->f.column = 0;
    fill_permutation(&p->f, row);
    PP_ASSERT(p->f.column == p->columns_len);
    if (p->left > 0) pp_row_next(&p->f.w);
}

static void rehash_page(victim *v, permutations *p, uint32_t row, bool after) {
    enum { RATE = PP_SPONGE_RATE, LIMBS = PP_VM_PAGE_SIZE / 2, BLOCKS = (LIMBS + RATE - 1) / RATE };
    static const char *const quarters[4] = {"is_program", "is_stack", "is_input", "is_machine"};
    static const uint32_t perms[4] = {PP_PERM_RO, PP_PERM_RW, PP_PERM_RO, PP_PERM_MACH};
    uint32_t index =
        number_in(v, "page", row, "index_low") + (number_in(v, "page", row, "index_high") << 16);
    uint32_t perm = number_in(v, "page", row, "permission_above_ro");
    for (uint32_t q = 0; q < 4; q++) {
        if (number_in(v, "page", row, quarters[q]) == 0) continue;
        index += q << PP_MEMTREE_QUARTER_DEPTH;
        perm += perms[q];
    }
    pp_fp s[PP_POSEIDON2_WIDTH] = {{0}};
    s[RATE] = pp_fp_from_u32(PP_DOMAIN_PAGE);
    s[RATE + 1] = pp_fp_from_u32(perm);
    s[RATE + 2] = pp_fp_from_u32(LIMBS);
    for (uint32_t block = 0; block < BLOCKS; block++) {
        permutation_row r = {.id = 2 * index + after, .block = block, .last = block == BLOCKS - 1};
        for (uint32_t i = 0; i < RATE && block * RATE + i < LIMBS; i++) {
            r.data[i] =
                *victim_cell(v, "page", row, after ? "after" : "before", (int)(block * RATE + i));
            s[i] = pp_fp_add(s[i], r.data[i]);
        }
        memcpy(r.in, s, sizeof s);
        put_permutation(p, &r);
        pp_poseidon2_permute(s);
    }
    pp_digest d;
    memcpy(d.e, s, sizeof d.e);
    set_digest(v, &d, "page", row, after ? "digest_after" : "digest_before");
}

// Where in the node table a child's digests come from: a page or a node below.
static void take_child(victim *v, uint32_t row, int side, bool after) {
    static const char *const to[2][2] = {{"left_before", "left_after"},
                                         {"right_before", "right_after"}};
    const uint32_t level = number_in(v, "node", row, "level");
    const uint32_t index = 2 * number_in(v, "node", row, "index") + (uint32_t)side;
    pp_digest d;
    uint32_t from = 0;
    if (level == 1) {
        while (v->trace.pages[from].index != index) from++;
        get_digest(v, &d, "page", from, after ? "digest_after" : "digest_before");
    } else {
        while (number_in(v, "node", from, "level") != level - 1 ||
               number_in(v, "node", from, "index") != index)
            from++;
        get_digest(v, &d, "node", from, after ? "after" : "before");
    }
    set_digest(v, &d, "node", row, to[side][after]);
}

static void rehash_node(victim *v, permutations *p, uint32_t row, bool after) {
    static const char *const touched[2] = {"left_is_touched", "right_is_touched"};
    pp_digest child[2], out;
    for (int side = 0; side < 2; side++)
        if (number_in(v, "node", row, touched[side]) != 0) take_child(v, row, side, after);
    get_digest(v, &child[0], "node", row, after ? "left_after" : "left_before");
    get_digest(v, &child[1], "node", row, after ? "right_after" : "right_before");
    pp_memtree_node(&out, &child[0], &child[1]);
    set_digest(v, &out, "node", row, after ? "after" : "before");
    permutation_row r = {.is_node = true};
    memcpy(r.in, child[0].e, sizeof child[0].e);
    memcpy(r.in + PP_DIGEST_LEN, child[1].e, sizeof child[1].e);
    r.in[2 * PP_DIGEST_LEN] = pp_fp_from_u32(PP_TAG_MEMORY);
    put_permutation(p, &r);
}

void victim_rehash(victim *v) {
    const uint32_t t = rv64_table("permutation");
    permutations p = {.columns_len = the_world()->machine->tables[t].columns_len,
                      .left = v->job.layout.rows[t]};
    pp_row_writer_begin(&p.f.w, &v->job.layout, v->job.stack, t, 0);
    for (uint32_t row = 0; row < v->trace.pages_len; row++) {
        bool changed = number_in(v, "page", row, "is_changed") != 0;
        if (number_in(v, "page", row, "is_zero") == 0) rehash_page(v, &p, row, false);
        if (changed) {
            rehash_page(v, &p, row, true);
        } else {
            pp_digest d;
            get_digest(v, &d, "page", row, "digest_before");
            set_digest(v, &d, "page", row, "digest_after");
        }
    }
    const uint32_t nodes = victim_used(v, "node", "is_real");
    for (uint32_t row = 0; row < nodes; row++) {
        rehash_node(v, &p, row, false);
        if (number_in(v, "node", row, "is_changed") != 0) {
            rehash_node(v, &p, row, true);
            continue;
        }
        static const char *const names[3][2] = {
            {"left_before", "left_after"}, {"right_before", "right_after"}, {"before", "after"}};
        for (int i = 0; i < 3; i++) {
            pp_digest d;
            get_digest(v, &d, "node", row, names[i][0]);
            set_digest(v, &d, "node", row, names[i][1]);
        }
    }
    pp_digest root;
    get_digest(v, &root, "node", nodes - 1, "before");
    memcpy(v->job.publics, root.e, sizeof root.e);
    get_digest(v, &root, "node", nodes - 1, "after");
    memcpy(v->job.publics + PP_DIGEST_LEN, root.e, sizeof root.e);
}

void victim_tell(victim *v) {
    static const struct {
        uint32_t parent; // at level 20
        const char *column;
    } digests[] = {{0, "left_before"}, {1, "left_before"}, {0, "left_after"}, {0, "right_after"}};
    for (size_t i = 0; i < PP_COUNT(digests); i++) {
        uint32_t row = 0;
        pp_digest d;
        while (number_in(v, "node", row, "level") != PP_VM_TREE_DEPTH - 1 ||
               number_in(v, "node", row, "index") != digests[i].parent)
            row++;
        get_digest(v, &d, "node", row, digests[i].column);
        pp_digest_encode(v->head + 48 + i * PP_DIGEST_SIZE, &d);
    }
    const pp_trace_page *first = v->trace.pages, *end = first + v->trace.pages_len;
    while (first->index != PP_VM_MACHINE_START >> PP_VM_LOG_PAGE) first++;
    uint8_t *at = v->head + 48 + 4 * PP_DIGEST_SIZE;
    memcpy(at, first->bytes, 8 * PP_PROOF_WORDS);
    uint64_t size = pp_load_le64(first->bytes + 8 * PP_CELL_OUTPUT_SIZE);
    if (size > PP_OUTPUT_MAX) size = PP_OUTPUT_MAX;
    at += 8 * PP_PROOF_WORDS;
    pp_store_le32(at, (uint32_t)size);
    memset(at + 8, 0, PP_OUTPUT_MAX);
    if (first + 1 < end) memcpy(at + 8, first[1].bytes, (size_t)size);
    v->head_size = PP_PROOF_HEAD_SIZE + (((size_t)size + 7) & ~(size_t)7);
}
