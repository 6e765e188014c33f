// SPDX-License-Identifier: MIT OR Apache-2.0
// Sums, comparisons and bitwise operations.
#include "rv64/tables.h"

// add, sub, addi and their 32-bit forms.
void build_add(build *b, const table *t) {
    operands o = begin_operands(b, t);
    bool sub = (t->flags & SUB) != 0;
    unsigned len = (t->flags & WORD) != 0 ? 2 : 4;
    limbs4 r;
    columns(b, r.limb, len, "result");
    pp_expr carry = number(b, 0);
    for (unsigned i = 0; i < len; i++) {
        // add: a + c + carry = r + 2^16 carry'; sub: r + c + carry = a + 2^16 carry'.
        pp_expr in = sub ? r.limb[i] : o.a.limb[i], out = sub ? o.a.limb[i] : r.limb[i];
        carry = down16(minus(plus(plus(in, o.c.limb[i]), carry), out));
        is_bit(b, "a carry is a bit", carry);
        if (len == 4 || i == 0) range(b, 16, r.limb[i]);
    }
    if (len == 2) r = word_signed(r.limb[0], r.limb[1], sign_of(b, "result_sign", r.limb[1]));
    end_operands(b, t, &o, r);
}

void fill_add(fill *f, const pp_step *s, const table *t) {
    fill_operands(f, s, t);
    if ((t->flags & WORD) != 0) {
        put_limbs(f, s->result, 2);
        look_range(f, 16, limb(s->result, 0));
        put_sign(f, limb(s->result, 1));
    } else {
        put_limbs(f, s->result, 4);
        look_limbs(f, s->result, 4);
    }
}

// slt, sltu, slti, sltiu.
void build_compare(build *b, const table *t) {
    operands o = begin_operands(b, t);
    pp_expr zero = number(b, 0), less;
    if ((t->flags & SIGNED) != 0) {
        pp_expr sa = sign_of(b, "rs1_sign", o.a.limb[3]);
        pp_expr sc = (t->flags & IMM) != 0 ? o.sign : sign_of(b, "rs2_sign", o.c.limb[3]);
        less = less_than(b, o.a, o.c, &sa, &sc);
    } else {
        less = less_than(b, o.a, o.c, NULL, NULL);
    }
    end_operands(b, t, &o, (limbs4){{less, zero, zero, zero}});
}

void fill_compare(fill *f, const pp_step *s, const table *t) {
    uint64_t a = s->cell[0].v, c = operand_of(s, t);
    fill_operands(f, s, t);
    if ((t->flags & SIGNED) != 0) {
        put_sign(f, limb(a, 3));
        if ((t->flags & IMM) == 0) put_sign(f, limb(c, 3));
    }
    fill_less(f, a, c);
}

// x OR y, x XOR y or x AND y from x AND y.
static pp_expr combine(uint32_t flags, pp_expr x, pp_expr y, pp_expr x_and_y) {
    if ((flags & OR) != 0) return minus(plus(x, y), x_and_y);
    if ((flags & XOR) != 0) return minus(plus(x, y), scale(x_and_y, 2));
    return x_and_y;
}

static void look_up_and(build *b, pp_expr x, pp_expr y, pp_expr x_and_y) {
    pp_air_send(b->b, b->and, b->real, PP_TUPLE(x, y, x_and_y));
}

void build_bitwise(build *b, const table *t) {
    operands o = begin_operands(b, t);
    pp_expr low_a[4], low_c[4], both[8];
    columns(b, low_a, 4, "rs1_low");
    columns(b, low_c, 4, "rs2_low");
    columns(b, both, 8, "and");
    limbs4 r;
    for (unsigned i = 0; i < 4; i++) {
        pp_expr a = o.a.limb[i], c = o.c.limb[i];
        look_up_and(b, low_a[i], low_c[i], both[2 * i]);
        look_up_and(b, down8(minus(a, low_a[i])), down8(minus(c, low_c[i])), both[2 * i + 1]);
        r.limb[i] = combine(t->flags, a, c, plus(both[2 * i], scale(both[2 * i + 1], 256)));
    }
    end_operands(b, t, &o, r);
}

void fill_bitwise(fill *f, const pp_step *s, const table *t) {
    uint64_t a = s->cell[0].v, c = s->cell[1].v;
    fill_operands(f, s, t);
    put_low_bytes(f, a, 4);
    put_low_bytes(f, c, 4);
    for (unsigned i = 0; i < 8; i++) {
        put(f, byte(a & c, i));
        look_and(f, byte(a, i), byte(c, i));
    }
}

// The immediate is all ones or all zeros from limb 1 on.
void build_bitwise_imm(build *b, const table *t) {
    operands o = begin_operands(b, t);
    pp_expr low_a = column(b, "rs1_low"), low_c = column(b, "imm_low"), both[2];
    columns(b, both, 2, "and");
    look_up_and(b, low_a, low_c, both[0]);
    look_up_and(b, down8(minus(o.a.limb[0], low_a)), down8(minus(o.imm, low_c)), both[1]);
    limbs4 r;
    r.limb[0] = combine(t->flags, o.a.limb[0], o.imm, plus(both[0], scale(both[1], 256)));
    for (unsigned i = 1; i < 4; i++)
        r.limb[i] = combine(t->flags, o.a.limb[i], o.c.limb[i], times(o.sign, o.a.limb[i]));
    end_operands(b, t, &o, r);
}

void fill_bitwise_imm(fill *f, const pp_step *s, const table *t) {
    uint32_t a = limb(s->cell[0].v, 0), c = (uint32_t)s->imm & 0xffff;
    fill_operands(f, s, t);
    put(f, byte(a, 0));
    put(f, byte(c, 0));
    for (unsigned i = 0; i < 2; i++) {
        put(f, byte(a & c, i));
        look_and(f, byte(a, i), byte(c, i));
    }
}
