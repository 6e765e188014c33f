// SPDX-License-Identifier: MIT OR Apache-2.0
// Table programs as text. A register's value is written out in place, in brackets where needed; one
// that is used again is named first.
#include <stdarg.h>
#include <stdlib.h>

#include "air/check.h"

enum { INLINE_MAX = 160 }; // longer expressions get a name of their own

typedef struct text {
    char *chars; // of a register's value
    bool sum;    // needs brackets as a factor
} text;

static char *format(const char *f, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *f, ...) {
    va_list args;
    va_start(args, f);
    char *out = NULL;
    int n = vasprintf(&out, f, args);
    va_end(args);
    PP_ASSERT(n >= 0);
    return out;
}

static text operand(const pp_air_table *t, const text *registers, pp_air_operand o) {
    switch (o.kind) {
    case PP_AIR_REGISTER:
        return (text){format("%s", registers[o.index].chars), registers[o.index].sum};
    case PP_AIR_COLUMN: {
        const pp_air_name *n = &t->column_names[o.index];
        return (text){n->index < 0 ? format("%s", n->base) : format("%s[%d]", n->base, n->index),
                      false};
    }
    case PP_AIR_FIXED:
        return (text){format("%s", t->fixed[o.index].name), false};
    case PP_AIR_PUBLIC:
        return (text){format("public[%u]", o.index), false};
    case PP_AIR_CONSTANT: {
        uint32_t v = pp_fp_to_u32(t->constants[o.index]);
        if (v > PP_FP_MODULUS - (1 << 20)) return (text){format("-%u", PP_FP_MODULUS - v), true};
        return (text){format("%u", v), false};
    }
    }
    return (text){format("?"), false};
}

static text product(text a, text b) {
    text r = {format("%s%s%s * %s%s%s", a.sum ? "(" : "", a.chars, a.sum ? ")" : "",
                     b.sum ? "(" : "", b.chars, b.sum ? ")" : ""),
              false};
    free(a.chars);
    free(b.chars);
    return r;
}

static text sum(text a, char sign, text b) {
    bool brackets = b.sum && sign == '-';
    text r = {
        format("%s %c %s%s%s", a.chars, sign, brackets ? "(" : "", b.chars, brackets ? ")" : ""),
        true};
    free(a.chars);
    free(b.chars);
    return r;
}

// Whether the value that instruction i leaves in its register is read more than once.
static bool used_again(const pp_air_table *t, uint32_t i, uint32_t end) {
    uint32_t dst = pp_air_instr_dst(t->code[i]);
    int reads = 0;
    for (uint32_t j = i + 1; j < end && reads < 2; j++) {
        uint64_t instr = t->code[j];
        pp_air_op op = pp_air_instr_op(instr);
        pp_air_operand a = pp_air_instr_a(instr), b = pp_air_instr_b(instr);
        reads += a.kind == PP_AIR_REGISTER && a.index == dst;
        reads += op < PP_AIR_ASSERT && b.kind == PP_AIR_REGISTER && b.index == dst;
        if (op < PP_AIR_ASSERT && pp_air_instr_dst(instr) == dst) {
            reads += op >= PP_AIR_MADD;
            break;
        }
    }
    return reads > 1;
}

static text operation(const pp_air_table *t, const text *registers, uint64_t instr) {
    text a = operand(t, registers, pp_air_instr_a(instr));
    text b = operand(t, registers, pp_air_instr_b(instr));
    const text *d = &registers[pp_air_instr_dst(instr)];
    pp_air_op op = pp_air_instr_op(instr);
    if (op == PP_AIR_ADD) return sum(a, '+', b);
    if (op == PP_AIR_SUB) return sum(a, '-', b);
    text p = product(a, b);
    if (op == PP_AIR_MUL) return p;
    text old = {format("%s", d->chars), d->sum};
    return sum(old, op == PP_AIR_MADD ? '+' : '-', p);
}

static void dump_code(FILE *out, const pp_machine *m, const pp_air_table *t, uint32_t first,
                      uint32_t end) {
    text *registers = calloc(t->registers_len + 1, sizeof *registers);
    PP_ASSERT(registers);
    uint32_t names = 0, interaction = 0;
    for (uint32_t i = first; i < end; i++) {
        uint64_t instr = t->code[i];
        pp_air_op op = pp_air_instr_op(instr);
        uint32_t dst = pp_air_instr_dst(instr);
        if (op < PP_AIR_ASSERT) {
            text r = operation(t, registers, instr);
            if (used_again(t, i, end) || strlen(r.chars) > INLINE_MAX) {
                fprintf(out, "    let t%u = %s\n", names, r.chars);
                free(r.chars);
                r = (text){format("t%u", names++), false};
            }
            free(registers[dst].chars);
            registers[dst] = r;
            continue;
        }
        text a = operand(t, registers, pp_air_instr_a(instr));
        if (op == PP_AIR_ASSERT) {
            fprintf(out, "    constraint %u \"%s\": %s = 0\n", dst, t->constraint_names[dst],
                    a.chars);
        } else if (op == PP_AIR_MULT) {
            fprintf(out, "    interaction %u (leaf %u): %s times on %s (", interaction,
                    t->interactions[interaction].leaf, a.chars, m->buses[dst].name);
        } else {
            bool last = dst + 1 == t->interactions[interaction].arity;
            fprintf(out, "%s%s", a.chars, last ? ")\n" : ", ");
            if (last) interaction++;
        }
        free(a.chars);
    }
    for (uint32_t r = 0; r < t->registers_len; r++) free(registers[r].chars);
    free(registers);
}

static void dump_fixed(FILE *out, const pp_fixed *f) {
    static const char *const kinds[] = {
        [PP_FIXED_ONE] = "one",         [PP_FIXED_BITS] = "bits", [PP_FIXED_AND] = "and",
        [PP_FIXED_PRODUCT] = "product", [PP_FIXED_LIST] = "list", [PP_FIXED_PERIODIC] = "periodic",
        [PP_FIXED_LOG] = "log",         [PP_FIXED_REST] = "rest"};
    fprintf(out, "    fixed %s: %s", f->name, kinds[f->kind]);
    if (f->kind != PP_FIXED_ONE && !f->values) fprintf(out, " %u+%u", f->lo, f->width);
    if (f->kind == PP_FIXED_AND || f->kind == PP_FIXED_PRODUCT)
        fprintf(out, " with %u+%u", f->lo2, f->width);
    for (uint32_t i = 0; f->values && i < (uint32_t)1 << f->width; i++)
        fprintf(out, "%s%u", i ? ", " : " ", pp_fp_to_u32(f->values[i]));
    fprintf(out, "\n");
}

static void dump_table(FILE *out, const pp_machine *m, const pp_air_table *t) {
    fprintf(out, "\ntable %s\n    columns", t->name);
    for (uint32_t c = 0; c < t->columns_len; c++) {
        const pp_air_name *n = &t->column_names[c];
        if (n->index < 0) fprintf(out, " %s", n->base);
        if (n->index == 0) {
            uint32_t len = 1;
            while (c + len < t->columns_len && t->column_names[c + len].base == n->base) len++;
            fprintf(out, " %s[%u]", n->base, len);
        }
    }
    fprintf(out, "\n");
    if (t->log_fixed) fprintf(out, "    height 2^%u\n", t->log_fixed);
    for (uint32_t f = 0; f < t->fixed_len; f++) dump_fixed(out, &t->fixed[f]);
    dump_code(out, m, t, 0, t->constraint_code_len);
    dump_code(out, m, t, t->constraint_code_len, t->code_len);
}

void pp_air_dump(FILE *out, const pp_machine *m) {
    fprintf(out, "machine %s: %u tables, %u public values\n", m->name, m->tables_len,
            m->publics_len);
    for (uint32_t i = 0; i < m->buses_len; i++)
        fprintf(out, "bus %s of %u\n", m->buses[i].name, m->buses[i].arity);
    for (uint32_t i = 0; i < m->tables_len; i++) dump_table(out, m, &m->tables[i]);
    if (m->boundary->interactions_len) dump_table(out, m, m->boundary);
}

void pp_air_report(FILE *out, const pp_machine *m) {
    fprintf(out, "%-20s %8s %6s %11s %6s %12s %6s %7s %9s\n", "table", "columns", "fixed",
            "constraints", "degree", "interactions", "leaves", "code", "registers");
    pp_air_table all = {.name = "all"};
    for (uint32_t i = 0; i <= m->tables_len; i++) {
        const pp_air_table *t = i < m->tables_len ? &m->tables[i] : &all;
        fprintf(out, "%-20s %8u %6u %11u %6u %12u %6u %7u %9u\n", t->name, t->columns_len,
                t->fixed_len, t->constraints_len, t->degree, t->interactions_len, t->leaves_len,
                t->code_len, t->registers_len);
        all.columns_len += t->columns_len;
        all.fixed_len += t->fixed_len;
        all.constraints_len += t->constraints_len;
        all.interactions_len += t->interactions_len;
        all.leaves_len += t->leaves_len;
        all.code_len += t->code_len;
        if (t->degree > all.degree) all.degree = t->degree;
        if (t->registers_len > all.registers_len) all.registers_len = t->registers_len;
    }
}
