// SPDX-License-Identifier: MIT OR Apache-2.0
#include "air/eval.h"

pp_fp pp_fixed_value(const pp_fixed *f, uint32_t row) {
    uint32_t mask = ((uint32_t)1 << f->width) - 1, x = row >> f->lo & mask,
             y = row >> f->lo2 & mask;
    switch (f->kind) {
    case PP_FIXED_ONE:
        return pp_fp_from_u32(1);
    case PP_FIXED_BITS:
        return pp_fp_from_u32(x);
    case PP_FIXED_AND:
        return pp_fp_from_u32(x & y);
    case PP_FIXED_PRODUCT:
        return pp_fp_mul(pp_fp_from_u32(x), pp_fp_from_u32(y));
    case PP_FIXED_LIST:
        return row <= mask ? f->values[row] : (pp_fp){0};
    case PP_FIXED_PERIODIC:
        return f->values[row & mask];
    case PP_FIXED_LOG:
        return pp_fp_from_u32(x == 0 ? 0 : 31 - (uint32_t)__builtin_clz(x));
    case PP_FIXED_REST:
        return pp_fp_from_u32(x == 0 ? 0 : x ^ (uint32_t)1 << (31 - __builtin_clz(x)));
    }
    return (pp_fp){0};
}

static pp_fp load(const pp_air_table *t, const pp_air_row *row, const pp_fp *registers,
                  pp_air_operand o) {
    switch (o.kind) {
    case PP_AIR_REGISTER:
        return registers[o.index];
    case PP_AIR_COLUMN:
        return row->columns[o.index];
    case PP_AIR_FIXED:
        return row->fixed[o.index];
    case PP_AIR_PUBLIC:
        return row->publics[o.index];
    case PP_AIR_CONSTANT:
        return t->constants[o.index];
    }
    return (pp_fp){0};
}

// Runs code[first … end); sinks (constraints, multiplicities, elements) go to out one by one.
static void run(const pp_air_table *t, uint32_t first, uint32_t end, pp_air_row row,
                pp_fp *registers, pp_fp *out) {
    for (uint32_t i = first; i < end; i++) {
        uint64_t instr = t->code[i];
        pp_fp *dst = &registers[pp_air_instr_dst(instr)];
        pp_fp a = load(t, &row, registers, pp_air_instr_a(instr));
        pp_air_operand ob = pp_air_instr_b(instr);
        switch (pp_air_instr_op(instr)) {
        case PP_AIR_ADD:
            *dst = pp_fp_add(a, load(t, &row, registers, ob));
            break;
        case PP_AIR_SUB:
            *dst = pp_fp_sub(a, load(t, &row, registers, ob));
            break;
        case PP_AIR_MUL:
            *dst = pp_fp_mul(a, load(t, &row, registers, ob));
            break;
        case PP_AIR_MADD:
            *dst = pp_fp_add(*dst, pp_fp_mul(a, load(t, &row, registers, ob)));
            break;
        case PP_AIR_MSUB:
            *dst = pp_fp_sub(*dst, pp_fp_mul(a, load(t, &row, registers, ob)));
            break;
        case PP_AIR_ASSERT:
        case PP_AIR_MULT:
        case PP_AIR_ELEMENT:
            *out++ = a;
            break;
        }
    }
}

void pp_air_eval_constraints(const pp_air_table *t, pp_air_row row, pp_fp *registers, pp_fp *out) {
    run(t, 0, t->constraint_code_len, row, registers, out);
}
void pp_air_eval_interactions(const pp_air_table *t, pp_air_row row, pp_fp *registers, pp_fp *out) {
    run(t, t->constraint_code_len, t->code_len, row, registers, out);
}
uint32_t pp_air_interaction_values(const pp_air_table *t) {
    uint32_t n = t->interactions_len;
    for (uint32_t i = 0; i < t->interactions_len; i++) n += t->interactions[i].arity;
    return n;
}
