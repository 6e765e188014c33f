// SPDX-License-Identifier: MIT OR Apache-2.0
// What the calls of all accelerators have in common: a7, a register and memory for each operand.
#include "rv64/tables.h"

enum { A0 = 10 };

static const pp_accel *accel_of(const table *t) {
    return &pp_accels[t->kinds[0] - PP_STEP_ACCEL];
}

// Names of an operand's columns.
typedef struct names {
    const char *w, *top, *time, *value, *permission, *cells;
} names;
#define N(i)                                                                                       \
    {"pointer_" #i "_w",         "pointer_" #i "_top", "a" #i "_time", "a" #i,                     \
     "permission_" #i "_less_1", "operand_" #i}
static const names of[PP_ACCEL_OPERANDS_MAX] = {N(0), N(1), N(2), N(3), N(4), N(5)};
#undef N

// The pointer in a register: 8 w + 2^16 top below 2^30. Returns it.
static pp_expr pointer(build *b, unsigned operand) {
    const names *n = &of[operand];
    pp_expr w = column(b, n->w), top = column(b, n->top), zero = number(b, 0);
    access x = near_time(b, n->time, (limbs4){{scale(w, 8), top, zero, zero}});
    range(b, 13, w);
    range(b, 14, top);
    access_register(b, &x, number(b, A0 + operand), pp_accel_at(operand), x.v);
    return plus(scale(w, 8), scale(top, 1 << 16));
}

static void cells(build *b, unsigned len, limbs4 out[PP_ACCEL_CELLS_MAX], const char *name) {
    pp_expr all[4 * PP_ACCEL_CELLS_MAX];
    columns(b, all, 4 * len, name);
    for (unsigned k = 0; k < len; k++) memcpy(out[k].limb, all + 4 * k, sizeof out[k].limb);
}

void begin_accel(build *b, const table *t, accel_row *row) {
    const pp_accel *a = accel_of(t);
    unsigned last = a->operands_len - 1u;
    limbs4 *in = row->in;
    begin_call(b, t, a->number);
    for (unsigned i = 0; i <= last; in += pp_accel_words(a, i++)) {
        unsigned len = a->cells[i];
        if (len == 0) {
            access value = near_columns(b, of[i].time, of[i].value);
            access_register(b, &value, number(b, A0 + i), pp_accel_at(i), value.v);
            *in = value.v;
            continue;
        }
        pp_expr address = pointer(b, i), time[PP_ACCEL_CELLS_MAX], high[PP_ACCEL_CELLS_MAX];
        pp_expr tag = i == last ? number(b, PP_PERM_RW) : load_tag(b, of[i].permission);
        columns(b, time, len, "cell_time");
        columns(b, high, len, "cell_time_high");
        cells(b, len, in, i == last ? "before" : of[i].cells);
        if (i == last) cells(b, len, row->out, "after");
        for (unsigned k = 0; k < len; k++) {
            access x = {time[k], high[k], in[k], true};
            access_cell(b, &x, b->real, tag, offset(address, 8 * (int64_t)k), pp_accel_at(i) + 1,
                        i == last ? row->out[k] : in[k]);
        }
    }
    go_on(b, offset(b->pc, 4), pp_accel_ticks(a));
}

void accel_words(const fill *f, const pp_step *s, const table *t,
                 uint64_t words[PP_ACCEL_CELLS_MAX]) {
    const pp_accel *a = accel_of(t);
    const pp_cell *cell = f->operands + s->a + a->operands_len;
    for (unsigned i = 0; i < pp_accel_all(a); i++) words[i] = cell[i].v;
}

void fill_accel(fill *f, const pp_step *s, const table *t, uint64_t before[PP_ACCEL_CELLS_MAX],
                uint64_t words[PP_ACCEL_CELLS_MAX]) {
    const pp_accel *a = accel_of(t);
    const pp_cell *reg = f->operands + s->a, *cell = reg + a->operands_len;
    unsigned last = a->operands_len - 1u;
    accel_words(f, s, t, before);
    memcpy(words, before, PP_ACCEL_CELLS_MAX * sizeof *words);
    PP_ASSERT(a->apply(words));
    fill_begin_call(f, s);
    for (unsigned i = 0; i <= last; cell += pp_accel_words(a, i++)) {
        uint32_t at = s->time + pp_accel_at(i), len = a->cells[i];
        if (len == 0) {
            put_near(f, &reg[i], at);
            continue;
        }
        uint32_t w = (uint32_t)(reg[i].v & 0xffff) >> 3, top = (uint32_t)(reg[i].v >> 16);
        put(f, w);
        put(f, top);
        look_range(f, 13, w);
        look_range(f, 14, top);
        put_near_time(f, reg[i].time, at);
        if (i != last) put(f, cell->perm - 1u);
        for (unsigned k = 0; k < len; k++) put(f, cell[k].time);
        for (unsigned k = 0; k < len; k++) {
            uint32_t between = at + 1 - cell[k].time - 1;
            put(f, between >> 16);
            look_range(f, 16, between & 0xffff);
            look_range(f, 8, between >> 16);
        }
        for (unsigned k = 0; k < len; k++) put_limbs(f, cell[k].v, 4);
    }
    const uint64_t *out = words + pp_accel_first(a, last);
    for (unsigned k = 0; k < a->cells[last]; k++) put_limbs(f, out[k], 4);
}
