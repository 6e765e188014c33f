// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rv64/test_row.h"

#include <stdlib.h>

void row_load(one_row *o, const rv64_run *r, uint32_t number, uint32_t row) {
    o->machine = rv64_test_machine();
    o->t = &o->machine->tables[number];
    PP_ASSERT(o->t->columns_len <= COLUMNS_MAX && o->t->constraints_len <= CONSTRAINTS_MAX);
    PP_ASSERT(o->t->registers_len <= PP_COUNT(o->registers) && o->t->fixed_len == 0);
    PP_ASSERT(pp_air_interaction_values(o->t) <= VALUES_MAX);
    memcpy(o->publics, r->publics, sizeof o->publics);
    for (uint32_t c = 0; c < o->t->columns_len; c++)
        o->columns[c] = r->stack[pp_layout_cell(&r->layout, number, c, row)];
}

void row_constraints(one_row *o) {
    pp_air_row row = {o->columns, NULL, o->publics};
    pp_air_eval_constraints(o->t, row, o->registers, o->constraints);
}

void row_interactions(one_row *o) {
    pp_air_row row = {o->columns, NULL, o->publics};
    pp_air_eval_interactions(o->t, row, o->registers, o->values);
}

bool row_all_hold(one_row *o) {
    row_constraints(o);
    for (uint32_t k = 0; k < o->t->constraints_len; k++)
        if (o->constraints[k].v != 0) return false;
    return true;
}

static uint64_t hash_of(uint32_t bus, const pp_fp *tuple, uint32_t arity) {
    uint64_t h = 0x9e3779b97f4a7c15u * (bus + 1u);
    for (uint32_t e = 0; e < arity; e++) {
        h = (h ^ tuple[e].v) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return h | 1;
}

uint64_t row_tuple(const pp_air_interaction *x, const pp_fp *values) {
    const uint32_t m = pp_fp_to_u32(values[0]);
    const int64_t times = m > PP_FP_MODULUS / 2 ? (int64_t)m - PP_FP_MODULUS : (int64_t)m;
    return hash_of(x->bus, values + 1, x->arity) * (uint64_t)times;
}

// ---- look-ups -----------------------------------------------------------------------------------

// All tuples of all fixed tables, by a hash that nobody attacks.
typedef struct tuples {
    uint64_t *slots; // 0: free
    size_t mask;
    uint64_t buses; // a bit each
} tuples;

static bool find(tuples *s, uint64_t h, bool put) {
    size_t i = (size_t)(h >> 20) & s->mask;
    while (s->slots[i] != 0 && s->slots[i] != h) i = (i + 1) & s->mask;
    if (put) s->slots[i] = h;
    return s->slots[i] == h;
}

static void put_table(tuples *s, const pp_air_table *a) {
    pp_fp columns[8] = {{0}}, fixed[16], registers[64], values[128];
    PP_ASSERT(a->columns_len <= PP_COUNT(columns) && a->fixed_len <= PP_COUNT(fixed));
    PP_ASSERT(a->registers_len <= PP_COUNT(registers));
    PP_ASSERT(pp_air_interaction_values(a) <= PP_COUNT(values));
    for (uint32_t row = 0; row < (uint32_t)1 << a->log_fixed; row++) {
        for (uint32_t f = 0; f < a->fixed_len; f++) fixed[f] = pp_fixed_value(&a->fixed[f], row);
        pp_air_eval_interactions(a, (pp_air_row){columns, fixed, NULL}, registers, values);
        const pp_fp *v = values;
        for (uint32_t i = 0; i < a->interactions_len; i++) {
            const pp_air_interaction *x = &a->interactions[i];
            find(s, hash_of(x->bus, v + 1, x->arity), true);
            s->buses |= (uint64_t)1 << x->bus;
            v += 1 + x->arity;
        }
    }
}

static tuples *all_tuples(const pp_machine *machine) {
    static tuples s;
    if (s.slots != NULL) return &s;
    s.mask = ((size_t)1 << 20) - 1;
    s.slots = calloc(s.mask + 1, sizeof *s.slots);
    PP_ASSERT(s.slots != NULL);
    for (uint32_t t = 0; t < machine->tables_len; t++)
        if (machine->tables[t].fixed_len != 0) put_table(&s, &machine->tables[t]);
    return &s;
}

bool row_is_lookup(const pp_machine *machine, uint32_t bus) {
    return (all_tuples(machine)->buses >> bus & 1) != 0;
}

int row_missing(one_row *o) {
    tuples *s = all_tuples(o->machine);
    int missing = ROW_ALL_FOUND;
    row_interactions(o);
    const pp_fp *v = o->values;
    for (uint32_t i = 0; i < o->t->interactions_len; i++) {
        const pp_air_interaction *x = &o->t->interactions[i];
        const pp_fp *tuple = v + 1;
        if (v->v != 0 && (s->buses >> x->bus & 1) != 0 &&
            !find(s, hash_of(x->bus, tuple, x->arity), false)) {
            if (missing >= 0) return ROW_SEVERAL_MISSING;
            missing = (int)i;
        }
        v += 1 + x->arity;
    }
    return missing;
}

// ---- changes ------------------------------------------------------------------------------------

pp_fp row_step(size_t i) {
    static const int32_t steps[ROW_STEPS] = {
        1,         -1,           127 << 8, -(127 << 8), 127 << 16, -(127 << 16),
        1 << 16,   -65536,       1 << 15,  -32768,      127 << 18, -(127 << 18),
        127 << 19, -(127 << 19), 256,      -256,        127,       -127,
        0xffff,    -0xffff,      2,        -2};
    int32_t x = steps[i];
    return x < 0 ? pp_fp_neg(pp_fp_from_u32((uint32_t)-x)) : pp_fp_from_u32((uint32_t)x);
}
