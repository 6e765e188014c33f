// SPDX-License-Identifier: MIT OR Apache-2.0
#include "air/point.h"

// Σ 2^i r_{lo + i}: bits of the row number as a number.
static pp_ext bits_at(const pp_ext *r, uint32_t width) {
    pp_ext sum = pp_ext_zero();
    for (uint32_t i = width; i-- > 0;) sum = pp_ext_add(pp_ext_add(sum, sum), r[i]);
    return sum;
}

// Bit i of both numbers is one with r_i · s_i: the ranges are disjoint, so this is multilinear.
static pp_ext and_at(const pp_ext *r, const pp_ext *s, uint32_t width) {
    pp_ext sum = pp_ext_zero();
    for (uint32_t i = width; i-- > 0;)
        sum = pp_ext_add(pp_ext_add(sum, sum), pp_ext_mul(r[i], s[i]));
    return sum;
}

// t_b = r_b · Π (1 − r_c), c > b, is 1 where b is the highest bit: Σ b t_b, or Σ 2^b (r_b − t_b).
static pp_ext highest_at(const pp_ext *r, uint32_t width, bool rest) {
    pp_ext sum = pp_ext_zero(), above = pp_ext_one();
    for (uint32_t b = width; b-- > 0;) {
        pp_ext t = pp_ext_mul(above, r[b]);
        above = pp_ext_sub(above, t);
        if (rest)
            t = pp_ext_mul_fp(pp_ext_sub(r[b], t), pp_fp_from_u32((uint32_t)1 << b));
        else
            t = pp_ext_mul_fp(t, pp_fp_from_u32(b));
        sum = pp_ext_add(sum, t);
    }
    return sum;
}

// The extension of 2^width listed values.
static pp_ext list_at(const pp_fp *values, const pp_ext *r, uint32_t width) {
    pp_ext v[PP_AIR_LIST_MAX];
    for (uint32_t i = 0; i < (uint32_t)1 << width; i++) v[i] = pp_ext_from_fp(values[i]);
    for (uint32_t k = 0; k < width; k++)
        for (uint32_t i = 0; i < (uint32_t)1 << (width - 1 - k); i++)
            v[i] = pp_ext_add(v[2 * i], pp_ext_mul(r[k], pp_ext_sub(v[2 * i + 1], v[2 * i])));
    return v[0];
}

pp_ext pp_fixed_at(const pp_fixed *f, uint32_t log_rows, const pp_ext *r, uint32_t n) {
    pp_ext value = pp_ext_one();
    uint32_t zero_from = log_rows; // coordinates from here on must be 0 for a row to count
    switch (f->kind) {
    case PP_FIXED_ONE:
        break;
    case PP_FIXED_BITS:
        value = bits_at(r + f->lo, f->width);
        break;
    case PP_FIXED_AND:
        value = and_at(r + f->lo, r + f->lo2, f->width);
        break;
    case PP_FIXED_PRODUCT:
        value = pp_ext_mul(bits_at(r + f->lo, f->width), bits_at(r + f->lo2, f->width));
        break;
    case PP_FIXED_LIST:
        value = list_at(f->values, r, f->width);
        zero_from = f->width;
        break;
    case PP_FIXED_PERIODIC:
        value = list_at(f->values, r, f->width);
        break;
    case PP_FIXED_LOG:
        value = highest_at(r + f->lo, f->width, false);
        break;
    case PP_FIXED_REST:
        value = highest_at(r + f->lo, f->width, true);
        break;
    }
    for (uint32_t i = zero_from; i < n; i++)
        value = pp_ext_mul(value, pp_ext_sub(pp_ext_one(), r[i]));
    return value;
}

static pp_ext load(const pp_air_table *t, const pp_air_point *at, pp_air_operand o) {
    switch (o.kind) {
    case PP_AIR_REGISTER:
        return at->registers[o.index];
    case PP_AIR_COLUMN:
        return at->columns[o.index];
    case PP_AIR_FIXED:
        return at->fixed[o.index];
    case PP_AIR_PUBLIC:
        return pp_ext_from_fp(at->publics[o.index]);
    case PP_AIR_CONSTANT:
        return pp_ext_from_fp(t->constants[o.index]);
    }
    return pp_ext_zero();
}

// a · b, cheaper where one is of the base field.
static pp_ext product(const pp_air_table *t, const pp_air_point *at, uint64_t instr) {
    pp_air_operand a = pp_air_instr_a(instr), b = pp_air_instr_b(instr);
    if (b.kind == PP_AIR_CONSTANT) return pp_ext_mul_fp(load(t, at, a), t->constants[b.index]);
    if (a.kind == PP_AIR_CONSTANT) return pp_ext_mul_fp(load(t, at, b), t->constants[a.index]);
    return pp_ext_mul(load(t, at, a), load(t, at, b));
}

static void step(const pp_air_table *t, const pp_air_point *at, uint64_t instr) {
    pp_ext *dst = &at->registers[pp_air_instr_dst(instr)];
    pp_air_operand a = pp_air_instr_a(instr), b = pp_air_instr_b(instr);
    switch (pp_air_instr_op(instr)) {
    case PP_AIR_ADD:
        *dst = pp_ext_add(load(t, at, a), load(t, at, b));
        break;
    case PP_AIR_SUB:
        *dst = pp_ext_sub(load(t, at, a), load(t, at, b));
        break;
    case PP_AIR_MUL:
        *dst = product(t, at, instr);
        break;
    case PP_AIR_MADD:
        *dst = pp_ext_add(*dst, product(t, at, instr));
        break;
    case PP_AIR_MSUB:
        *dst = pp_ext_sub(*dst, product(t, at, instr));
        break;
    default:
        break;
    }
}

pp_ext pp_air_point_constraints(const pp_air_table *t, const pp_air_point *at, pp_ext gamma,
                                pp_ext *power) {
    pp_ext sum = pp_ext_zero();
    for (uint32_t i = 0; i < t->constraint_code_len; i++) {
        uint64_t instr = t->code[i];
        if (pp_air_instr_op(instr) == PP_AIR_ASSERT) {
            sum = pp_ext_add(sum, pp_ext_mul(*power, load(t, at, pp_air_instr_a(instr))));
            *power = pp_ext_mul(*power, gamma);
        } else {
            step(t, at, instr);
        }
    }
    return sum;
}

void pp_air_bus_challenges_set(pp_air_bus_challenges *c, pp_ext alpha, pp_ext beta) {
    c->alpha = alpha;
    c->beta[0] = pp_ext_one();
    for (uint32_t i = 1; i <= PP_AIR_ARITY_MAX; i++) c->beta[i] = pp_ext_mul(c->beta[i - 1], beta);
}

void pp_air_point_leaves(const pp_air_table *t, const pp_air_point *at,
                         const pp_air_bus_challenges *c, pp_fraction *out) {
    pp_fraction x = {pp_ext_zero(), pp_ext_one()};
    const pp_air_interaction *now = t->interactions;
    for (uint32_t i = t->constraint_code_len; i < t->code_len; i++) {
        uint64_t instr = t->code[i];
        pp_air_op op = pp_air_instr_op(instr);
        uint32_t dst = pp_air_instr_dst(instr);
        pp_ext a = load(t, at, pp_air_instr_a(instr));
        if (op == PP_AIR_MULT) {
            x.p = a;
            x.q = pp_ext_sub_fp(c->alpha, pp_fp_from_u32(dst));
        } else if (op == PP_AIR_ELEMENT) {
            x.q = pp_ext_sub(x.q, pp_ext_mul(c->beta[dst + 1], a));
            if (dst + 1 < now->arity) continue;
            out[now->leaf] = now->second ? pp_fraction_add(out[now->leaf], x) : x;
            now++;
        } else {
            step(t, at, instr);
        }
    }
}
