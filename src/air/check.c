// SPDX-License-Identifier: MIT OR Apache-2.0
#include "air/check.h"

#include <stdarg.h>
#include <stdlib.h>

#include "air/eval.h"

static void *need(size_t count, size_t size) {
    void *p = calloc(count + 1, size);
    PP_ASSERT(p);
    return p;
}

// ---- text ---------------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static void append(pp_air_finding *out, const char *format,
                                                         ...) {
    size_t used = strlen(out->text);
    va_list args;
    va_start(args, format);
    vsnprintf(out->text + used, sizeof out->text - used, format, args);
    va_end(args);
}

static int32_t signed_value(pp_fp x) {
    uint32_t v = pp_fp_to_u32(x);
    return v > PP_FP_MODULUS / 2 ? (int32_t)(v - PP_FP_MODULUS) : (int32_t)v;
}

static void append_column(pp_air_finding *out, const pp_air_table *t, uint32_t c, pp_fp value) {
    const pp_air_name *n = &t->column_names[c];
    if (n->index < 0)
        append(out, " %s = %u", n->base, pp_fp_to_u32(value));
    else
        append(out, " %s[%d] = %u", n->base, n->index, pp_fp_to_u32(value));
}

// ---- rows ---------------------------------------------------------------------------------------

// Scratch for the rows of one table.
typedef struct rows {
    const pp_machine *machine;
    const pp_layout *layout;
    const pp_fp *stack, *publics;
    const pp_air_table *t;
    uint32_t table;
    pp_fp *columns, *fixed, *registers, *values;
} rows;

static void rows_begin(rows *r, uint32_t table) {
    bool boundary = table == r->machine->tables_len;
    r->table = table;
    r->t = boundary ? r->machine->boundary : &r->machine->tables[table];
    r->columns = need(r->t->columns_len, sizeof *r->columns);
    r->fixed = need(r->t->fixed_len, sizeof *r->fixed);
    r->registers = need(r->t->registers_len, sizeof *r->registers);
    uint32_t n = pp_air_interaction_values(r->t);
    r->values = need(n > r->t->constraints_len ? n : r->t->constraints_len, sizeof *r->values);
}
static void rows_end(rows *r) {
    free(r->columns);
    free(r->fixed);
    free(r->registers);
    free(r->values);
}
static uint32_t rows_len(const rows *r) {
    return r->table == r->machine->tables_len ? 1 : r->layout->rows[r->table];
}
static pp_air_row rows_load(rows *r, uint32_t row) {
    for (uint32_t c = 0; c < r->t->columns_len; c++)
        r->columns[c] = r->stack[pp_layout_cell(r->layout, r->table, c, row)];
    for (uint32_t f = 0; f < r->t->fixed_len; f++)
        r->fixed[f] = pp_fixed_value(&r->t->fixed[f], row);
    return (pp_air_row){r->columns, r->fixed, r->publics};
}

// ---- constraints --------------------------------------------------------------------------------

// The columns that constraint number k reads: backwards from its assertion.
static void name_columns(pp_air_finding *out, const rows *r, uint32_t k) {
    const pp_air_table *t = r->t;
    bool *wanted = need(t->registers_len, sizeof *wanted);
    bool *named = need(t->columns_len, sizeof *named);
    uint32_t i = 0;
    while (pp_air_instr_op(t->code[i]) != PP_AIR_ASSERT || pp_air_instr_dst(t->code[i]) != k) i++;
    for (bool first = true;; first = false) {
        uint64_t instr = t->code[i];
        pp_air_op op = pp_air_instr_op(instr);
        uint32_t dst = pp_air_instr_dst(instr);
        if (first || (op < PP_AIR_ASSERT && wanted[dst])) {
            if (!first && op < PP_AIR_MADD) wanted[dst] = false;
            pp_air_operand o[2] = {pp_air_instr_a(instr), pp_air_instr_b(instr)};
            for (int j = 0; j < (first ? 1 : 2); j++) {
                if (o[j].kind == PP_AIR_REGISTER) wanted[o[j].index] = true;
                if (o[j].kind == PP_AIR_COLUMN && !named[o[j].index]) {
                    append_column(out, t, o[j].index, r->columns[o[j].index]);
                    named[o[j].index] = true;
                }
            }
        }
        if (i-- == 0) break;
    }
    free(wanted);
    free(named);
}

static bool check_constraints(pp_air_finding *out, rows *r) {
    for (uint32_t row = 0; row < rows_len(r); row++) {
        pp_air_eval_constraints(r->t, rows_load(r, row), r->registers, r->values);
        for (uint32_t k = 0; k < r->t->constraints_len; k++) {
            if (r->values[k].v == 0) continue;
            out->table = (int)r->table;
            out->row = row;
            out->constraint = (int)k;
            out->bus = -1;
            append(out, "table %s, row %u: constraint %u '%s' is %d:", r->t->name, row, k,
                   r->t->constraint_names[k], signed_value(r->values[k]));
            name_columns(out, r, k);
            return false;
        }
    }
    return true;
}

// ---- buses --------------------------------------------------------------------------------------

// Tuples by a 128-bit hash: for debugging, not against an adversary.
typedef struct slot {
    uint64_t high, low;
    pp_fp sum;
    uint32_t bus;
    bool used;
} slot;
typedef struct tally {
    slot *slots;
    size_t mask, len;
} tally;

static slot hash_tuple(uint32_t bus, const pp_fp *tuple, uint32_t arity) {
    uint64_t a = 0x243f6a8885a308d3u + bus, b = 0x13198a2e03707344u;
    for (uint32_t i = 0; i < arity; i++) {
        a = (a ^ tuple[i].v) * 0x9e3779b97f4a7c15u;
        a ^= a >> 29;
        b = (b + tuple[i].v + 1) * 0xc2b2ae3d27d4eb4fu;
        b ^= b >> 31;
    }
    return (slot){.high = a, .low = b, .bus = bus, .used = true};
}

static slot *find(tally *t, slot key) {
    size_t i = (size_t)(key.high ^ key.low >> 17) & t->mask;
    while (t->slots[i].used && (t->slots[i].high != key.high || t->slots[i].low != key.low))
        i = (i + 1) & t->mask;
    return &t->slots[i];
}

static void add(tally *t, slot key, pp_fp mult) {
    if (2 * t->len > t->mask) {
        tally bigger = {need(4 * (t->mask + 1), sizeof(slot)), 4 * (t->mask + 1) - 1, t->len};
        for (size_t i = 0; i <= t->mask; i++)
            if (t->slots[i].used) *find(&bigger, t->slots[i]) = t->slots[i];
        free(t->slots);
        *t = bigger;
    }
    slot *s = find(t, key);
    if (!s->used) {
        *s = key;
        t->len++;
    }
    s->sum = pp_fp_add(s->sum, mult);
}

static void append_tuple(pp_air_finding *out, const pp_fp *tuple, uint32_t arity) {
    for (uint32_t i = 0; i < arity; i++)
        append(out, "%s%u", i ? ", " : "(", pp_fp_to_u32(tuple[i]));
    append(out, ")");
}

// Adds every interaction of r's table to the tally.
static void add_all(rows *r, tally *sums) {
    for (uint32_t row = 0; row < rows_len(r); row++) {
        pp_air_eval_interactions(r->t, rows_load(r, row), r->registers, r->values);
        const pp_fp *v = r->values;
        for (uint32_t i = 0; i < r->t->interactions_len; i++) {
            const pp_air_interaction *x = &r->t->interactions[i];
            pp_fp mult = *v++;
            if (mult.v != 0) add(sums, hash_tuple(x->bus, v, x->arity), mult);
            v += x->arity;
        }
    }
}

// Tells which rows touch the first tuple of bus out->bus that is left. *wanted is NULL until it is
// met.
static void tell(rows *r, tally *sums, pp_air_finding *out, const slot **wanted, int *told) {
    for (uint32_t row = 0; row < rows_len(r); row++) {
        pp_air_eval_interactions(r->t, rows_load(r, row), r->registers, r->values);
        const pp_fp *v = r->values;
        for (uint32_t i = 0; i < r->t->interactions_len; i++) {
            const pp_air_interaction *x = &r->t->interactions[i];
            const pp_fp mult = *v++, *tuple = v;
            v += x->arity;
            if (mult.v == 0 || (int)x->bus != out->bus) continue;
            const slot *at = find(sums, hash_tuple(x->bus, tuple, x->arity));
            if (at->sum.v == 0 || (*wanted != NULL && at != *wanted)) continue;
            if (*wanted == NULL) {
                *wanted = at;
                append(out, ": the tuple ");
                append_tuple(out, tuple, x->arity);
                append(out, " is left %d times; touched by", signed_value(at->sum));
            }
            if ((*told)++ < 4)
                append(out, " [table %s, row %u, interaction %u, %d times]", r->t->name, row, i,
                       signed_value(mult));
        }
    }
}

static bool check_buses(pp_air_finding *out, rows *r) {
    tally sums = {need(1 << 10, sizeof(slot)), (1 << 10) - 1, 0};
    for (uint32_t t = 0; t <= r->machine->tables_len; t++) {
        rows_begin(r, t);
        add_all(r, &sums);
        rows_end(r);
    }
    for (size_t i = 0; i <= sums.mask; i++)
        if (sums.slots[i].used && sums.slots[i].sum.v != 0)
            out->buses |= (uint64_t)1 << sums.slots[i].bus;
    for (uint32_t k = 0; k < r->machine->buses_len; k++) {
        if ((out->buses >> k & 1) == 0) continue;
        append(out, "%s%s",
               out->bus < 0           ? "bus "
               : out->buses >> k == 1 ? " and "
                                      : ", ",
               r->machine->buses[k].name);
        if (out->bus < 0) out->bus = (int)k;
    }
    const slot *wanted = NULL;
    int told = 0;
    for (uint32_t t = 0; out->bus >= 0 && t <= r->machine->tables_len; t++) {
        rows_begin(r, t);
        tell(r, &sums, out, &wanted, &told);
        rows_end(r);
    }
    free(sums.slots);
    return out->bus < 0;
}

bool pp_air_check(pp_air_finding *out, const pp_machine *machine, const pp_layout *layout,
                  const pp_fp *stack, const pp_fp *publics) {
    memset(out, 0, sizeof *out);
    out->table = out->constraint = out->bus = -1;
    rows r = {.machine = machine, .layout = layout, .stack = stack, .publics = publics};
    for (uint32_t t = 0; t < machine->tables_len; t++) {
        rows_begin(&r, t);
        bool ok = check_constraints(out, &r);
        rows_end(&r);
        if (!ok) return false;
    }
    return check_buses(out, &r);
}
