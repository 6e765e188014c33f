// SPDX-License-Identifier: MIT OR Apache-2.0
// Branches and jumps, and the instructions whose result is known when they are decoded.
#include "rv64/tables.h"

typedef struct branch {
    pp_expr rs1, rs2, distance;
    access x1, x2;
} branch;

static branch begin_branch(build *b, const table *t) {
    branch r;
    begin_step(b, t->name);
    r.rs1 = column(b, "rs1");
    r.rs2 = column(b, "rs2");
    r.distance = column(b, "distance");
    r.x1 = near_columns(b, "rs1_time", "rs1_value");
    r.x2 = near_columns(b, "rs2_time", "rs2_value");
    return r;
}

// taken is an expression of degree 1.
static void end_branch(build *b, const table *t, const branch *r, pp_expr taken) {
    pp_expr to = offset(plus(b->pc, times(taken, offset(r->distance, -4))), 4);
    go_on(b, to, PP_TICKS_STEP);
    decoded_as(b, t->kinds[0], NULL, &r->rs1, &r->rs2, &r->distance, 1);
    access_register(b, &r->x1, r->rs1, 0, r->x1.v);
    access_register(b, &r->x2, r->rs2, 1, r->x2.v);
    end_table(b);
}

static void fill_begin_branch(fill *f, const pp_step *s) {
    put_step(f, s);
    put(f, s->rs1);
    put(f, s->rs2);
    put_fp(f, s->imm < 0 ? pp_fp_neg(pp_fp_from_u32((uint32_t)-s->imm))
                         : pp_fp_from_u32((uint32_t)s->imm));
    put_near(f, &s->cell[0], s->time);
    put_near(f, &s->cell[1], s->time + 1);
}

// beq, bne (INVERT). differ is 1 when a limb differs, because then 1 − differ must be zero; and 0
// when none does, because then the sum is.
void build_equal_branch(build *b, const table *t) {
    branch r = begin_branch(b, t);
    pp_expr differ = column(b, "differ"), witness[4], sum = number(b, 0);
    columns(b, witness, 4, "witness");
    for (unsigned i = 0; i < 4; i++) {
        pp_expr d = minus(r.x1.v.limb[i], r.x2.v.limb[i]);
        sum = plus(sum, times(witness[i], d));
        pp_air_when(b->b, "limbs that differ say so", pp_air_not(differ), d);
    }
    equal(b, "what differs has a limb that does", differ, sum);
    end_branch(b, t, &r, (t->flags & INVERT) != 0 ? differ : pp_air_not(differ));
}

void fill_equal_branch(fill *f, const pp_step *s, const table *t) {
    (void)t;
    uint64_t x = s->cell[0].v, y = s->cell[1].v;
    fill_begin_branch(f, s);
    put(f, x != y);
    bool done = false;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t p = limb(x, i), q = limb(y, i);
        bool here = !done && p != q;
        done = done || here;
        if (here)
            put_fp(f, pp_fp_inverse(pp_fp_sub(pp_fp_from_u32(p), pp_fp_from_u32(q))));
        else
            put(f, 0);
    }
}

// blt, bltu, and bge, bgeu (INVERT).
void build_less_branch(build *b, const table *t) {
    branch r = begin_branch(b, t);
    pp_expr less;
    if ((t->flags & SIGNED) != 0) {
        pp_expr s1 = sign_of(b, "rs1_sign", r.x1.v.limb[3]);
        pp_expr s2 = sign_of(b, "rs2_sign", r.x2.v.limb[3]);
        less = less_than(b, r.x1.v, r.x2.v, &s1, &s2);
    } else {
        less = less_than(b, r.x1.v, r.x2.v, NULL, NULL);
    }
    end_branch(b, t, &r, (t->flags & INVERT) != 0 ? pp_air_not(less) : less);
}

void fill_less_branch(fill *f, const pp_step *s, const table *t) {
    fill_begin_branch(f, s);
    if ((t->flags & SIGNED) != 0) {
        put_sign(f, limb(s->cell[0].v, 3));
        put_sign(f, limb(s->cell[1].v, 3));
    }
    fill_less(f, s->cell[0].v, s->cell[1].v);
}

// lui, auipc, jal, fence: the decode tuple has rd's value and the distance to the next instruction.
void build_constant(build *b, const table *t) {
    begin_step(b, t->name);
    pp_expr rd = column(b, "rd"), c[2], sign, distance;
    columns(b, c, 2, "value");
    sign = column(b, "sign");
    distance = column(b, "distance");
    access xd = near_columns(b, "rd_time", "rd_before");
    go_on(b, plus(b->pc, distance), PP_TICKS_STEP);
    const pp_expr imm[4] = {c[0], c[1], sign, distance};
    decoded_as(b, t->kinds[0], &rd, NULL, NULL, imm, 4);
    access_register(b, &xd, rd, 3, word_signed(c[0], c[1], sign));
    end_table(b);
}

void fill_constant(fill *f, const pp_step *s, const table *t) {
    (void)t;
    int32_t distance = s->op == PP_OP_JAL ? s->imm : 4;
    put_step(f, s);
    put(f, s->rd);
    put_limbs(f, s->result, 2);
    put(f, s->result >> 63 != 0);
    put_fp(f, distance < 0 ? pp_fp_neg(pp_fp_from_u32((uint32_t)-distance))
                           : pp_fp_from_u32((uint32_t)distance));
    put_near(f, &s->cell[2], s->time + 3);
}

// The target is rs1 + imm without its lowest bit, 4 w + 2^16 top: a target that is no multiple of 4
// has no row. The link, pc + 4, comes with the decode tuple.
void build_jalr(build *b, const table *t) {
    operands o = begin_operands(b, t);
    pp_expr link[2], w = column(b, "target_w"), top = column(b, "target_top");
    pp_expr odd = column(b, "target_odd"), zero = number(b, 0), ones = scale(o.sign, 0xffff);
    columns(b, link, 2, "link");
    is_bit(b, "the dropped bit is a bit", odd);
    pp_expr carry = down16(minus(minus(plus(o.a.limb[0], o.imm), scale(w, 4)), odd));
    is_bit(b, "carry of the target's limb 0", carry);
    carry = down16(minus(plus(plus(o.a.limb[1], ones), carry), top));
    is_bit(b, "carry of the target's limb 1", carry);
    carry = down16(plus(plus(o.a.limb[2], ones), carry));
    is_bit(b, "limb 2 of the target is zero", carry);
    carry = down16(plus(plus(o.a.limb[3], ones), carry));
    is_bit(b, "limb 3 of the target is zero", carry);
    range(b, 14, w);
    range(b, 14, top);
    go_on(b, plus(scale(w, 4), scale(top, 1 << 16)), PP_TICKS_STEP);
    const pp_expr imm[4] = {o.imm, o.sign, link[0], link[1]};
    decoded_as(b, t->kinds[0], &o.rd, &o.rs1, NULL, imm, 4);
    access_register(b, &o.x1, o.rs1, 0, o.a);
    access_register(b, &o.xd, o.rd, 3, (limbs4){{link[0], link[1], zero, zero}});
    end_table(b);
}

void fill_jalr(fill *f, const pp_step *s, const table *t) {
    fill_operands(f, s, t);
    uint64_t target = s->cell[0].v + (uint64_t)(int64_t)s->imm;
    uint32_t w = limb(target, 0) >> 2, top = (uint32_t)(target >> 16);
    put(f, w);
    put(f, top);
    put(f, target & 1);
    put_limbs(f, (uint64_t)s->pc + 4, 2);
    look_range(f, 14, w);
    look_range(f, 14, top);
}
