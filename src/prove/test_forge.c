// SPDX-License-Identifier: MIT OR Apache-2.0
// Forgeries: complete proofs by the real prover, which checks nothing, from traces and statements
// that are not so; and machines with a constraint less, which accept what the whole one rejects.
#include <stdlib.h>

#include "base/test.h"
#include "prove/test_forge_support.h"

// ---- every column -------------------------------------------------------------------------------

// Changes one cell of each column in a row below real[table]: a constraint of that row breaks, or
// the checker says no to the whole; and the verifier does so to every proof_stride-th.
static void change_columns(pp_example *e, const uint32_t *real, uint32_t proof_stride) {
    CHECK_EQ(forge_honest(e), PP_VERIFY_OK);
    pp_rng rng = {pp_test_seed()};
    uint32_t number = 0, proofs = 0;
    for (uint32_t t = 0; t < e->machine->tables_len; t++)
        for (uint32_t c = 0; c < e->machine->tables[t].columns_len; c++, number++) {
            uint32_t row = (uint32_t)pp_rng_below(&rng, real[t]);
            pp_fp *cell = &e->stack[pp_layout_cell(&e->layout, t, c, row)], old = *cell;
            *cell = pp_fp_add(old, pp_fp_from_u32(1 + (uint32_t)pp_rng_below(&rng, 5)));
            bool bad = !forge_breaks_row(e, t, row) && forge_accepts(e, e->machine);
            if (number % proof_stride == 0) {
                bad |= forge_accepts(e, e->machine) || forge_honest(e) == PP_VERIFY_OK;
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
    change_columns(&e, (uint32_t[]){4}, forge_thorough() ? 1 : 4);
    pp_example_keccak(&e, &pp_pcs_test, 1);
    change_columns(&e, (uint32_t[]){24, 128}, forge_thorough() ? 1 : 97);
    pp_example_many(&e, &pp_pcs_test, 9);
    change_columns(&e, (uint32_t[]){512, 368, 128, 16, 1 << 12, 1 << 12, 128}, 1);
}

// ---- a constraint less --------------------------------------------------------------------------

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
        pp_example_faulty = (pp_example_fault){.on = true, .step = size > 1, .column = c, .add = 1};
        make(&e, &pp_pcs_test, size);
        forge_cover(&e, 0, covered, c % proof_stride == 0);
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
    // A trace in which one of these is no bit solves the whole round: test_forge_keccak.c.
    const char *const keccak[] = {"C is bits", "A' is bits", "A''00 is bits", NULL};
    cover_all(pp_example_keccak, 1, forge_thorough() ? 1 : 23, 60, keccak);
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
    static const pp_example_fault faults[] = {{.on = true, .step = 0, .column = 5, .add = 1},
                                              {.on = true, .step = 1, .column = 5, .add = 1},
                                              {.on = true, .step = 0, .column = 6, .add = 1},
                                              {.on = false}};
    for (size_t i = 0; i < PP_COUNT(faults); i++)
        for (uint32_t t = 0; t < TABLES; t++) {
            pp_example e;
            pp_example_faulty = faults[i];
            pp_example_many(&e, &pp_pcs_test, 9);
            if (!faults[i].on && (t == CHAIN || t == AND || t == MUL)) halve_first_row(&e, t);
            if (!faults[i].on && t == CODES)
                e.stack[pp_layout_cell(&e.layout, CODES, 0, 20)] = pp_fp_from_u32(5);
            forge_cover(&e, t, covered[t], true);
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
                forge_cut c;
                forge_without(&c, e.machine, t, -1, (int)k);
                pp_hash32 id;
                pp_machine_id(&id, &c.m);
                CHECK(!forge_accepts(&e, &c.m));
                CHECK(forge_try(&e, &c.m, &c.m, &id, e.publics, e.rows) == PP_VERIFY_BUSES);
                forge_cut_free(&c);
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
    CHECK_EQ(forge_honest(&e), PP_VERIFY_OK);

    // Multiplicities: one lookup more than there is, one less, and a negative one.
    const pp_fp *times = &e.stack[pp_layout_cell(&e.layout, RANGE, 0, 77)];
    pp_fp old = *times;
    set_cell(&e, RANGE, 0, 77, pp_fp_add(old, pp_fp_one()));
    CHECK_EQ(forge_honest(&e), PP_VERIFY_BUSES);
    set_cell(&e, RANGE, 0, 77, pp_fp_sub(old, pp_fp_one()));
    CHECK_EQ(forge_honest(&e), PP_VERIFY_BUSES);
    set_cell(&e, RANGE, 0, 77, old);

    // Public values: another result, another number of steps.
    for (int i = 0; i < 2; i++) {
        pp_fp publics[2] = {e.publics[0], e.publics[1]};
        publics[i] = pp_fp_add(publics[i], pp_fp_one());
        CHECK_EQ(forge_try(&e, e.machine, e.machine, &e.vm_id, publics, e.rows), PP_VERIFY_BUSES);
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
        pp_verify_status s = forge_try(&other, e.machine, e.machine, &e.vm_id, e.publics, rows);
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
    CHECK_EQ(forge_try(&e, &swapped, &swapped, &id, e.publics, e.rows), PP_VERIFY_OK);
    CHECK(forge_try(&e, &swapped, e.machine, &e.vm_id, e.publics, e.rows) != PP_VERIFY_OK);
    CHECK_EQ(forge_honest(&e), PP_VERIFY_BUSES);
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
    CHECK_EQ(forge_try(&two, &more, &more, &id, e.publics, two.rows), PP_VERIFY_OK);
    CHECK(forge_try(&two, &more, e.machine, &e.vm_id, e.publics, two.rows) != PP_VERIFY_OK);
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
    CHECK_EQ(pp_verify_begin(&v, &policy, &forge_context, work, work_size - 1),
             PP_VERIFY_WORKSPACE);
    CHECK_EQ(pp_verify_begin(&v, &policy, &forge_context, work, work_size), PP_VERIFY_OK);
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
    pp_hash32 other = forge_context;
    other.b[31] ^= 1;
    CHECK_EQ(pp_verify_begin(&v, &policy, &other, work, work_size), PP_VERIFY_OK);
    CHECK(pp_verify_shard(&v, bytes, size) != PP_VERIFY_OK);

    policy.sets = sets + 1; // only "fast": the test set is refused
    size_t fast_size = pp_verify_work_size(&policy);
    void *fast_work = malloc(fast_size);
    PP_ASSERT(fast_work);
    CHECK_EQ(pp_verify_begin(&v, &policy, &forge_context, fast_work, fast_size), PP_VERIFY_OK);
    CHECK_EQ(pp_verify_shard(&v, bytes, size), PP_VERIFY_SET);
    pp_store_le32(bytes + 8, pp_pcs_fast.id);
    CHECK(pp_verify_shard(&v, bytes, size) != PP_VERIFY_OK);
    pp_store_le32(bytes + 8, pp_pcs_test.id);
    policy.sets = sets;
    policy.log_cells_max = 6;
    CHECK_EQ(pp_verify_begin(&v, &policy, &forge_context, fast_work, fast_size), PP_VERIFY_OK);
    CHECK_EQ(pp_verify_shard(&v, bytes, size), PP_VERIFY_SHAPE);
    policy.log_cells_max = 28;
    bytes[16] ^= 1;
    CHECK_EQ(pp_verify_shard(&v, bytes, size), PP_VERIFY_MACHINE);
    free(fast_work);
    free(work);
    free(bytes);
    pp_example_free(&e);
}
