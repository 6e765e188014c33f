// SPDX-License-Identifier: MIT OR Apache-2.0
// Forgeries: complete proofs by the real prover, which checks nothing, from traces and statements
// that are not so; and machines with a constraint less, which accept what the whole one rejects.
#include <stdlib.h>

#include "air/check.h"
#include "air/eval.h"
#include "base/test.h"
#include "prove/examples/examples.h"
#include "verify/verify.h"

static const pp_hash32 context = {{1, 2, 3}};

// A proof of e's trace with `machine` instead of e's own, verified for `judge`.
static pp_verify_status try(const pp_example *e, const pp_machine *machine, const pp_machine *judge,
                            const pp_hash32 *vm_id, const pp_fp *publics, const uint32_t *rows) {
    const pp_pcs_params *set = &pp_pcs_test;
    pp_prove_input in = {.machine = machine,
                         .vm_id = vm_id,
                         .set = set,
                         .context = &context,
                         .rows = rows,
                         .stack = e->stack,
                         .publics = publics};
    uint8_t *bytes;
    size_t size;
    pp_err err;
    PP_ASSERT(pp_prove_shard(&err, &bytes, &size, &in));
    pp_verify_policy policy = {&judge, vm_id, 1, &set, 1, 28, 1};
    size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    PP_ASSERT(work);
    pp_verifier v;
    pp_verify_status s = pp_verify_begin(&v, &policy, &context, work, work_size);
    if (s == PP_VERIFY_OK) s = pp_verify_shard(&v, bytes, size);
    free(work);
    free(bytes);
    return s;
}
static pp_verify_status honest(const pp_example *e) {
    return try(e, e->machine, e->machine, &e->vm_id, e->publics, e->rows);
}
static bool accepts(const pp_example *e, const pp_machine *m) {
    pp_air_finding f;
    return pp_air_check(&f, m, &e->layout, e->stack, e->publics);
}

// The long form: PP_FORGE=all, in the soak.
static bool thorough(void) {
    return getenv("PP_FORGE") != NULL;
}

// ---- every column -------------------------------------------------------------------------------

// Changes one cell of each column in a row below real[table]: the checker says no each time, and so
// does the verifier to every proof_stride-th.
static void change_columns(pp_example *e, const uint32_t *real, uint32_t proof_stride) {
    CHECK_EQ(honest(e), PP_VERIFY_OK);
    pp_rng rng = {pp_test_seed()};
    uint32_t number = 0, proofs = 0;
    for (uint32_t t = 0; t < e->machine->tables_len; t++)
        for (uint32_t c = 0; c < e->machine->tables[t].columns_len; c++, number++) {
            uint32_t row = (uint32_t)pp_rng_below(&rng, real[t]);
            pp_fp *cell = &e->stack[pp_layout_cell(&e->layout, t, c, row)], old = *cell;
            *cell = pp_fp_add(old, pp_fp_from_u32(1 + (uint32_t)pp_rng_below(&rng, 5)));
            bool bad = accepts(e, e->machine);
            if (number % proof_stride == 0) {
                bad |= honest(e) == PP_VERIFY_OK;
                proofs++;
            }
            if (bad)
                pp_test_fail(__FILE__, __LINE__, "%s: a free cell: table %s column %s[%d] row %u",
                             e->name, e->machine->tables[t].name,
                             e->machine->tables[t].column_names[c].base,
                             e->machine->tables[t].column_names[c].index, row);
            *cell = old;
        }
    printf("  %s: %u columns changed, %u forged proofs rejected\n", e->name, number, proofs);
    pp_example_free(e);
}

PP_TEST(a_changed_cell_is_rejected) {
    pp_example e;
    pp_example_fibonacci(&e, &pp_pcs_test, 100);
    change_columns(&e, (uint32_t[]){100}, 1);
    pp_example_poseidon2(&e, &pp_pcs_test, 4);
    change_columns(&e, (uint32_t[]){4}, thorough() ? 1 : 4);
    pp_example_keccak(&e, &pp_pcs_test, 1);
    change_columns(&e, (uint32_t[]){24, 128}, thorough() ? 1 : 97);
    pp_example_many(&e, &pp_pcs_test, 9);
    change_columns(&e, (uint32_t[]){512, 368, 128, 16, 1 << 12, 1 << 12, 128}, 1);
}

// ---- a constraint less --------------------------------------------------------------------------

// A copy of m whose table has no constraint k (k >= 0) or no interaction i (k < 0).
typedef struct cut {
    pp_machine m;
    pp_air_table tables[PP_AIR_TABLES_MAX];
    uint64_t *code;
    pp_air_interaction *interactions;
} cut;

static void cut_free(cut *c) {
    free(c->code);
    free(c->interactions);
}

static void without(cut *out, const pp_machine *m, uint32_t table, int constraint,
                    int interaction) {
    *out = (cut){.m = *m};
    memcpy(out->tables, m->tables, m->tables_len * sizeof *out->tables);
    out->m.tables = out->tables;
    pp_air_table *t = &out->tables[table];
    const pp_air_table *old = &m->tables[table];
    out->code = calloc(old->code_len + 1, sizeof *out->code);
    out->interactions = calloc(old->interactions_len + 1, sizeof *out->interactions);
    PP_ASSERT(out->code && out->interactions);
    t->code = out->code;
    t->interactions = out->interactions;
    t->code_len = t->constraint_code_len = t->constraints_len = 0;
    t->interactions_len = t->leaves_len = 0;
    int seen = -1;
    for (uint32_t i = 0; i < old->code_len; i++) {
        uint64_t instr = old->code[i];
        pp_air_op op = pp_air_instr_op(instr);
        if (op == PP_AIR_ASSERT) {
            if ((int)pp_air_instr_dst(instr) == constraint) continue;
            instr = (instr & ~((uint64_t)0xffff << 40)) | (uint64_t)t->constraints_len++ << 40;
        }
        if (op == PP_AIR_MULT && ++seen != interaction) {
            // Each interaction has a leaf of its own here.
            pp_air_interaction x = old->interactions[seen];
            x.leaf = (uint16_t)t->leaves_len++;
            x.second = 0;
            out->interactions[t->interactions_len++] = x;
        }
        if ((op == PP_AIR_MULT || op == PP_AIR_ELEMENT) && seen == interaction) continue;
        out->code[t->code_len++] = instr;
        if (i < old->constraint_code_len) t->constraint_code_len = t->code_len;
    }
}

// The constraints of the table that some row breaks.
static uint32_t broken(const pp_example *e, uint32_t table, bool *set) {
    const pp_air_table *t = &e->machine->tables[table];
    pp_fp *columns = calloc(t->columns_len + 1, sizeof *columns);
    pp_fp *fixed = calloc(t->fixed_len + 1, sizeof *fixed);
    pp_fp *registers = calloc(t->registers_len + 1, sizeof *registers);
    pp_fp *values = calloc(t->constraints_len + 1, sizeof *values);
    PP_ASSERT(columns && fixed && registers && values);
    memset(set, 0, t->constraints_len * sizeof *set);
    for (uint32_t row = 0; row < e->layout.rows[table]; row++) {
        for (uint32_t c = 0; c < t->columns_len; c++)
            columns[c] = e->stack[pp_layout_cell(&e->layout, table, c, row)];
        for (uint32_t f = 0; f < t->fixed_len; f++) fixed[f] = pp_fixed_value(&t->fixed[f], row);
        pp_air_eval_constraints(t, (pp_air_row){columns, fixed, e->publics}, registers, values);
        for (uint32_t k = 0; k < t->constraints_len; k++) set[k] |= values[k].v != 0;
    }
    free(columns);
    free(fixed);
    free(registers);
    free(values);
    uint32_t n = 0;
    for (uint32_t k = 0; k < t->constraints_len; k++) n += set[k];
    return n;
}

// The trace breaks one constraint and nothing else: covered[] gets it. With `prove`, by whole
// proofs: the machine rejects, the one without the constraint accepts.
static void cover(const pp_example *e, uint32_t table, bool *covered, bool prove) {
    const pp_air_table *t = &e->machine->tables[table];
    bool *set = calloc(t->constraints_len + 1, sizeof *set);
    PP_ASSERT(set);
    if (broken(e, table, set) == 1) {
        uint32_t k = 0;
        while (!set[k]) k++;
        cut c;
        without(&c, e->machine, table, (int)k, -1);
        if (!covered[k] && accepts(e, &c.m)) {
            covered[k] = true;
            CHECK(!accepts(e, e->machine));
            if (prove) {
                pp_hash32 id;
                pp_machine_id(&id, &c.m);
                CHECK_EQ(honest(e), PP_VERIFY_TABLES);
                CHECK_EQ(try(e, &c.m, &c.m, &id, e->publics, e->rows), PP_VERIFY_OK);
                // With the id of the whole machine, the cut one's proof is as worthless.
                CHECK(try(e, &c.m, e->machine, &e->vm_id, e->publics, e->rows) != PP_VERIFY_OK);
            }
        }
        cut_free(&c);
    }
    free(set);
}

typedef void maker(pp_example *e, const pp_pcs_params *set, uint32_t size);

// One fault in each column of the first table, or each stride-th: then what it should have covered
// is not asked for. Names of constraints in `excepted` need not be covered (a NULL ends it).
static void cover_all(maker *make, uint32_t size, uint32_t stride, uint32_t proof_stride,
                      const char *const *excepted) {
    pp_example e;
    make(&e, &pp_pcs_test, size);
    const pp_air_table *t = &e.machine->tables[0];
    uint32_t columns = t->columns_len, constraints = t->constraints_len;
    bool *covered = calloc(constraints + 1, sizeof *covered);
    PP_ASSERT(covered);
    pp_example_free(&e);
    for (uint32_t c = 0; c < columns; c += stride) {
        pp_example_faulty = (pp_example_fault){true, size > 1 ? 1 : 0, c, 1};
        make(&e, &pp_pcs_test, size);
        cover(&e, 0, covered, c % proof_stride == 0);
        pp_example_free(&e);
    }
    pp_example_faulty.on = false;
    make(&e, &pp_pcs_test, size);
    uint32_t n = 0;
    for (uint32_t k = 0; k < constraints; k++) {
        const char *name = e.machine->tables[0].constraint_names[k];
        bool skip = stride > 1;
        for (size_t i = 0; excepted[i]; i++) skip |= strcmp(excepted[i], name) == 0;
        n += covered[k];
        if (!covered[k] && !skip)
            pp_test_fail(__FILE__, __LINE__, "%s: nothing fails without constraint %u '%s'", e.name,
                         k, name);
    }
    printf("  %s: %u of %u constraints each shown to be needed\n", e.name, n, constraints);
    pp_example_free(&e);
    free(covered);
}

PP_TEST(each_constraint_is_needed) {
    const char *const none[] = {NULL};
    cover_all(pp_example_fibonacci, 20, 1, 1, none);
    cover_all(pp_example_poseidon2, 3, 1, 4, none);
    // That these cells are bits follows from no other constraint alone, but a trace in which only
    // one of them is none has to solve the whole round: not made here.
    const char *const keccak[] = {"C is bits", "A' is bits", "A''00 is bits", NULL};
    cover_all(pp_example_keccak, 1, thorough() ? 1 : 23, 60, keccak);
}

// The first row of a table twice, half each: what is_real being a bit forbids.
static void halve_first_row(pp_example *e, uint32_t t) {
    const pp_layout *l = &e->layout;
    uint32_t last = l->rows[t] - 1;
    PP_ASSERT(e->stack[pp_layout_cell(l, t, 0, last)].v == 0);
    for (uint32_t c = 0; c < e->machine->tables[t].columns_len; c++)
        e->stack[pp_layout_cell(l, t, c, last)] = e->stack[pp_layout_cell(l, t, c, 0)];
    pp_fp half = pp_fp_inverse(pp_fp_from_u32(2));
    e->stack[pp_layout_cell(l, t, 0, 0)] = e->stack[pp_layout_cell(l, t, 0, last)] = half;
}

PP_TEST(each_constraint_of_many_tables_is_needed) {
    enum { CHAIN, ADD, AND, MUL, RANGE, HALVES, CODES, TABLES };
    bool covered[TABLES][4] = {{false}};
    // Step 0 adds, step 1 multiplies.
    static const pp_example_fault faults[] = {
        {true, 0, 5, 1}, {true, 1, 5, 1}, {true, 0, 6, 1}, {.on = false}};
    for (size_t i = 0; i < PP_COUNT(faults); i++)
        for (uint32_t t = 0; t < TABLES; t++) {
            pp_example e;
            pp_example_faulty = faults[i];
            pp_example_many(&e, &pp_pcs_test, 9);
            if (!faults[i].on && (t == CHAIN || t == AND || t == MUL)) halve_first_row(&e, t);
            if (!faults[i].on && t == CODES)
                e.stack[pp_layout_cell(&e.layout, CODES, 0, 20)] = pp_fp_from_u32(5);
            cover(&e, t, covered[t], true);
            pp_example_free(&e);
        }
    pp_example_faulty.on = false;
    pp_example e;
    pp_example_many(&e, &pp_pcs_test, 9);
    for (uint32_t t = 0; t < TABLES; t++)
        for (uint32_t k = 0; k < e.machine->tables[t].constraints_len; k++)
            if (!covered[t][k])
                pp_test_fail(__FILE__, __LINE__, "nothing fails without constraint %u '%s' of %s",
                             k, e.machine->tables[t].constraint_names[k],
                             e.machine->tables[t].name);
    pp_example_free(&e);
}

PP_TEST(each_interaction_is_needed) {
    maker *const makers[] = {pp_example_fibonacci, pp_example_poseidon2, pp_example_keccak,
                             pp_example_many};
    static const uint32_t sizes[] = {20, 3, 1, 9};
    for (size_t i = 0; i < PP_COUNT(makers); i++) {
        pp_example e;
        makers[i](&e, &pp_pcs_test, sizes[i]);
        for (uint32_t t = 0; t < e.machine->tables_len; t++)
            for (uint32_t k = 0; k < e.machine->tables[t].interactions_len; k++) {
                cut c;
                without(&c, e.machine, t, -1, (int)k);
                pp_hash32 id;
                pp_machine_id(&id, &c.m);
                CHECK(!accepts(&e, &c.m));
                if (i != 2) CHECK(try(&e, &c.m, &c.m, &id, e.publics, e.rows) == PP_VERIFY_BUSES);
                cut_free(&c);
            }
        pp_example_free(&e);
    }
}

// ---- statements that are not so -----------------------------------------------------------------

static void set_cell(pp_example *e, uint32_t table, uint32_t column, uint32_t row, pp_fp x) {
    e->stack[pp_layout_cell(&e->layout, table, column, row)] = x;
}

PP_TEST(forged_statements_are_rejected) {
    enum { CHAIN, ADD, AND, MUL, RANGE, HALVES, CODES };
    pp_example e;
    pp_example_many(&e, &pp_pcs_test, 9);
    CHECK_EQ(honest(&e), PP_VERIFY_OK);

    // Multiplicities: one lookup more than there is, one less, and a negative one.
    const pp_fp *times = &e.stack[pp_layout_cell(&e.layout, RANGE, 0, 77)];
    pp_fp old = *times;
    set_cell(&e, RANGE, 0, 77, pp_fp_add(old, pp_fp_one()));
    CHECK_EQ(honest(&e), PP_VERIFY_BUSES);
    set_cell(&e, RANGE, 0, 77, pp_fp_sub(old, pp_fp_one()));
    CHECK_EQ(honest(&e), PP_VERIFY_BUSES);
    set_cell(&e, RANGE, 0, 77, old);

    // Public values: another result, another number of steps.
    for (int i = 0; i < 2; i++) {
        pp_fp publics[2] = {e.publics[0], e.publics[1]};
        publics[i] = pp_fp_add(publics[i], pp_fp_one());
        CHECK_EQ(try(&e, e.machine, e.machine, &e.vm_id, publics, e.rows), PP_VERIFY_BUSES);
    }

    // Heights: the trace laid out for them, but a table too low, too high, or left out.
    static const struct {
        uint32_t table, rows;
    } heights[] = {{CHAIN, 256}, {ADD, 64}, {RANGE, 0}, {CODES, 0}, {MUL, 0}, {CHAIN, 1024}};
    for (size_t i = 0; i < PP_COUNT(heights); i++) {
        uint32_t rows[PP_AIR_TABLES_MAX];
        memcpy(rows, e.rows, sizeof rows);
        rows[heights[i].table] = heights[i].rows;
        pp_example other = e;
        PP_ASSERT(pp_prove_layout(&other.layout, e.machine, rows, &pp_pcs_test) == PP_LAYOUT_OK);
        other.stack = calloc((size_t)1 << other.layout.log_cells, sizeof *other.stack);
        PP_ASSERT(other.stack);
        for (uint32_t t = 0; t < e.machine->tables_len; t++)
            for (uint32_t c = 0; c < e.machine->tables[t].columns_len; c++)
                for (uint32_t r = 0; r < rows[t] && r < e.rows[t]; r++)
                    set_cell(&other, t, c, r, e.stack[pp_layout_cell(&e.layout, t, c, r)]);
        pp_verify_status s = try(&other, e.machine, e.machine, &e.vm_id, e.publics, rows);
        // Only more rows of padding are no lie.
        CHECK_EQ(s, heights[i].rows > e.rows[heights[i].table] ? PP_VERIFY_OK : PP_VERIFY_BUSES);
        free(other.stack);
    }
    pp_example_free(&e);
}

// A machine of the same tables in another order, and one with a table more that makes a wrong
// trace balance: their proofs, given as the whole machine's.
PP_TEST(other_machines_are_rejected) {
    pp_example e;
    pp_example_many(&e, &pp_pcs_test, 9);
    pp_machine swapped = *e.machine;
    pp_air_table tables[PP_AIR_TABLES_MAX];
    memcpy(tables, e.machine->tables, e.machine->tables_len * sizeof *tables);
    pp_air_table t = tables[4];
    tables[4] = tables[5]; // range and halves: the same height and number of columns
    tables[5] = t;
    swapped.tables = tables;
    pp_hash32 id;
    pp_machine_id(&id, &swapped);
    CHECK(!pp_hash32_eq(&id, &e.vm_id));
    for (uint32_t r = 0; r < 1 << 12; r++) {
        pp_fp *a = &e.stack[pp_layout_cell(&e.layout, 4, 0, r)];
        pp_fp *b = &e.stack[pp_layout_cell(&e.layout, 5, 0, r)], x = *a;
        *a = *b;
        *b = x;
    }
    CHECK_EQ(try(&e, &swapped, &swapped, &id, e.publics, e.rows), PP_VERIFY_OK);
    CHECK(try(&e, &swapped, e.machine, &e.vm_id, e.publics, e.rows) != PP_VERIFY_OK);
    CHECK_EQ(honest(&e), PP_VERIFY_BUSES);
    pp_example_free(&e);

    // The table `halves` a second time, with multiplicities that make up for a lie in the first.
    pp_example_many(&e, &pp_pcs_test, 9);
    pp_machine more = *e.machine;
    memcpy(tables, e.machine->tables, e.machine->tables_len * sizeof *tables);
    tables[more.tables_len] = tables[5];
    tables[more.tables_len] = tables[5];
    more.tables = tables;
    more.tables_len++;
    more.columns_len++;
    pp_example two = e;
    memcpy(two.rows, e.rows, sizeof two.rows);
    two.rows[7] = 1 << 12;
    PP_ASSERT(pp_prove_layout(&two.layout, &more, two.rows, &pp_pcs_test) == PP_LAYOUT_OK);
    two.stack = calloc((size_t)1 << two.layout.log_cells, sizeof *two.stack);
    PP_ASSERT(two.stack);
    for (uint32_t k = 0; k < e.machine->tables_len; k++)
        for (uint32_t c = 0; c < tables[k].columns_len; c++)
            for (uint32_t r = 0; r < e.rows[k]; r++)
                set_cell(&two, k, c, r, e.stack[pp_layout_cell(&e.layout, k, c, r)]);
    set_cell(&two, 5, 0, 9,
             pp_fp_add(two.stack[pp_layout_cell(&two.layout, 5, 0, 9)], pp_fp_one()));
    set_cell(&two, 7, 0, 9, pp_fp_neg(pp_fp_one()));
    pp_machine_id(&id, &more);
    CHECK_EQ(try(&two, &more, &more, &id, e.publics, two.rows), PP_VERIFY_OK);
    CHECK(try(&two, &more, e.machine, &e.vm_id, e.publics, two.rows) != PP_VERIFY_OK);
    free(two.stack);
    pp_example_free(&e);
}

// Not the statement's: context, machine, parameter set, header.
PP_TEST(proofs_belong_to_one_statement) {
    pp_example e;
    pp_example_fibonacci(&e, &pp_pcs_test, 20);
    uint8_t *bytes;
    size_t size;
    pp_example_prove(&e, &pp_pcs_test, NULL, &bytes, &size, NULL);
    const pp_pcs_params *sets[] = {&pp_pcs_test, &pp_pcs_fast};
    pp_verify_policy policy = {&e.machine, &e.vm_id, 1, sets, 1, 28, 1};
    size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    PP_ASSERT(work);
    pp_verifier v;
    CHECK_EQ(pp_verify_begin(&v, &policy, &context, work, work_size - 1), PP_VERIFY_WORKSPACE);
    CHECK_EQ(pp_verify_begin(&v, &policy, &context, work, work_size), PP_VERIFY_OK);
    CHECK_EQ(pp_verify_shard(&v, bytes, size), PP_VERIFY_OK);
    CHECK_EQ(v.shards, 1);
    CHECK_EQ(pp_verify_shard(&v, bytes, size - 1), PP_VERIFY_ENCODING);
    CHECK_EQ(pp_verify_shard(&v, bytes, 0), PP_VERIFY_HEADER);
    uint8_t *longer = malloc(size + 4);
    PP_ASSERT(longer);
    memcpy(longer, bytes, size);
    memset(longer + size, 0, 4);
    CHECK_EQ(pp_verify_shard(&v, longer, size + 4), PP_VERIFY_ENCODING);
    free(longer);
    pp_hash32 other = context;
    other.b[31] ^= 1;
    CHECK_EQ(pp_verify_begin(&v, &policy, &other, work, work_size), PP_VERIFY_OK);
    CHECK(pp_verify_shard(&v, bytes, size) != PP_VERIFY_OK);

    policy.sets = sets + 1; // only "fast": the test set is refused
    size_t fast_size = pp_verify_work_size(&policy);
    void *fast_work = malloc(fast_size);
    PP_ASSERT(fast_work);
    CHECK_EQ(pp_verify_begin(&v, &policy, &context, fast_work, fast_size), PP_VERIFY_OK);
    CHECK_EQ(pp_verify_shard(&v, bytes, size), PP_VERIFY_SET);
    pp_store_le32(bytes + 8, pp_pcs_fast.id);
    CHECK(pp_verify_shard(&v, bytes, size) != PP_VERIFY_OK);
    pp_store_le32(bytes + 8, pp_pcs_test.id);
    policy.sets = sets;
    policy.log_cells_max = 6;
    CHECK_EQ(pp_verify_begin(&v, &policy, &context, fast_work, fast_size), PP_VERIFY_OK);
    CHECK_EQ(pp_verify_shard(&v, bytes, size), PP_VERIFY_SHAPE);
    policy.log_cells_max = 28;
    bytes[16] ^= 1;
    CHECK_EQ(pp_verify_shard(&v, bytes, size), PP_VERIFY_MACHINE);
    free(fast_work);
    free(work);
    free(bytes);
    pp_example_free(&e);
}
