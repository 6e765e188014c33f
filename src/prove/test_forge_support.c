// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/test_forge_support.h"

#include <stdlib.h>

#include "air/check.h"
#include "air/eval.h"
#include "base/test.h"

const pp_hash32 forge_context = {{1, 2, 3}};

pp_verify_status forge_try(const pp_example *e, const pp_machine *machine, const pp_machine *judge,
                           const pp_hash32 *vm_id, const pp_fp *publics, const uint32_t *rows) {
    const pp_pcs_params *set = &pp_pcs_test;
    pp_prove_input in = {.machine = machine,
                         .vm_id = vm_id,
                         .set = set,
                         .context = &forge_context,
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
    pp_verify_status s = pp_verify_begin(&v, &policy, &forge_context, work, work_size);
    if (s == PP_VERIFY_OK) s = pp_verify_shard(&v, bytes, size);
    free(work);
    free(bytes);
    return s;
}
pp_verify_status forge_honest(const pp_example *e) {
    return forge_try(e, e->machine, e->machine, &e->vm_id, e->publics, e->rows);
}
bool forge_accepts(const pp_example *e, const pp_machine *m) {
    pp_air_finding f;
    return pp_air_check(&f, m, &e->layout, e->stack, e->publics);
}

bool forge_thorough(void) {
    return getenv("PP_FORGE") != NULL;
}

void forge_cut_free(forge_cut *c) {
    free(c->code);
    free(c->interactions);
}

void forge_without(forge_cut *out, const pp_machine *m, uint32_t table, int constraint,
                   int interaction) {
    *out = (forge_cut){.m = *m};
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

// The constraints of the table that some row of `rows` from `first` on breaks.
static uint32_t broken(const pp_example *e, uint32_t table, uint32_t first, uint32_t rows,
                       bool *set) {
    const pp_air_table *t = &e->machine->tables[table];
    pp_fp *columns = calloc(t->columns_len + 1, sizeof *columns);
    pp_fp *fixed = calloc(t->fixed_len + 1, sizeof *fixed);
    pp_fp *registers = calloc(t->registers_len + 1, sizeof *registers);
    pp_fp *values = calloc(t->constraints_len + 1, sizeof *values);
    PP_ASSERT(columns && fixed && registers && values);
    memset(set, 0, t->constraints_len * sizeof *set);
    for (uint32_t row = first; row < first + rows; row++) {
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

bool forge_breaks_row(const pp_example *e, uint32_t table, uint32_t row) {
    bool *set = calloc(e->machine->tables[table].constraints_len + 1, sizeof *set);
    PP_ASSERT(set);
    uint32_t n = broken(e, table, row, 1, set);
    free(set);
    return n > 0;
}

void forge_cover(const pp_example *e, uint32_t table, bool *covered, bool prove) {
    const pp_air_table *t = &e->machine->tables[table];
    bool *set = calloc(t->constraints_len + 1, sizeof *set);
    PP_ASSERT(set);
    if (broken(e, table, 0, e->layout.rows[table], set) == 1) {
        uint32_t k = 0;
        while (!set[k]) k++;
        forge_cut c;
        forge_without(&c, e->machine, table, (int)k, -1);
        if (!covered[k] && forge_accepts(e, &c.m)) {
            covered[k] = true;
            CHECK(!forge_accepts(e, e->machine));
            if (prove) {
                pp_hash32 id;
                pp_machine_id(&id, &c.m);
                CHECK_EQ(forge_honest(e), PP_VERIFY_TABLES);
                CHECK_EQ(forge_try(e, &c.m, &c.m, &id, e->publics, e->rows), PP_VERIFY_OK);
                // With the id of the whole machine, the cut one's proof is as worthless.
                CHECK(forge_try(e, &c.m, e->machine, &e->vm_id, e->publics, e->rows) !=
                      PP_VERIFY_OK);
            }
        }
        forge_cut_free(&c);
    }
    free(set);
}
