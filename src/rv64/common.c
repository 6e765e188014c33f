// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rv64/tables.h"

limbs4 word_of(build *b, uint64_t value) {
    limbs4 w;
    for (unsigned i = 0; i < 4; i++) w.limb[i] = number(b, limb(value, i));
    return w;
}

limbs4 word_signed(pp_expr low, pp_expr high, pp_expr sign) {
    pp_expr ones = scale(sign, 0xffff);
    return (limbs4){{low, high, ones, ones}};
}

void range_if(build *b, pp_expr mult, unsigned bits, pp_expr x) {
    pp_air_send(b->b, b->range, mult, PP_TUPLE(number(b, bits), x));
}
void range(build *b, unsigned bits, pp_expr x) {
    range_if(b, b->real, bits, x);
}
void pair(build *b, pp_expr x, pp_expr y) {
    pp_air_send(b->b, b->pair, b->real, PP_TUPLE(x, y));
}

pp_expr sign_of(build *b, const char *name, pp_expr x) {
    pp_expr sign = column(b, name);
    is_bit(b, "a sign is a bit", sign);
    range(b, 15, minus(x, scale(sign, 1 << 15)));
    return sign;
}

void begin_rows(build *b, const char *name) {
    pp_air_table_begin(b->b, name);
    b->real = column(b, "is_real");
    is_bit(b, "is_real is a bit", b->real);
}
void begin_step(build *b, const char *name) {
    begin_rows(b, name);
    b->pc = column(b, "pc");
    b->time = column(b, "time");
}
void end_table(build *b) {
    pp_air_table_end(b->b);
}

void go_on(build *b, pp_expr next_pc, unsigned ticks) {
    pp_expr zero = number(b, 0);
    pp_air_receive(b->b, b->state, b->real, PP_TUPLE(b->pc, b->time, zero, zero, zero));
    pp_air_send(b->b, b->state, b->real,
                PP_TUPLE(next_pc, offset(b->time, ticks), zero, zero, zero));
}

void decoded(build *b, pp_expr op, pp_expr rd, pp_expr rs1, pp_expr rs2, const pp_expr imm[4]) {
    pp_air_send(b->b, b->decode, b->real,
                PP_TUPLE(b->pc, op, rd, rs1, rs2, imm[0], imm[1], imm[2], imm[3]));
}
void decoded_as(build *b, unsigned op, const pp_expr *rd, const pp_expr *rs1, const pp_expr *rs2,
                const pp_expr *imm, unsigned imm_len) {
    pp_expr zero = number(b, 0), all[4] = {zero, zero, zero, zero};
    for (unsigned i = 0; i < imm_len; i++) all[i] = imm[i];
    decoded(b, number(b, op), rd ? *rd : zero, rs1 ? *rs1 : zero, rs2 ? *rs2 : zero, all);
}

// ---- cells --------------------------------------------------------------------------------------

access near_time(build *b, const char *time, limbs4 v) {
    access x = {.time = column(b, time), .v = v};
    x.high = x.time;
    return x;
}
access near_columns(build *b, const char *time, const char *v) {
    access x = {.time = column(b, time)};
    x.high = x.time;
    columns(b, x.v.limb, 4, v);
    return x;
}
access far_columns(build *b, const char *time, const char *high, const char *v) {
    access x = {.time = column(b, time), .far = true};
    x.high = column(b, high);
    columns(b, x.v.limb, 4, v);
    return x;
}

void access_cell(build *b, const access *x, pp_expr mult, pp_expr tag, pp_expr address, unsigned at,
                 limbs4 after) {
    const pp_expr *v = x->v.limb, *w = after.limb;
    pp_expr now = offset(b->time, at), between = offset(minus(now, x->time), -1);
    pp_air_receive(b->b, b->mem, mult, PP_TUPLE(tag, address, x->time, v[0], v[1], v[2], v[3]));
    pp_air_send(b->b, b->mem, mult, PP_TUPLE(tag, address, now, w[0], w[1], w[2], w[3]));
    if (x->far) {
        range_if(b, mult, 16, minus(between, scale(x->high, 1 << 16)));
        range_if(b, mult, 8, x->high);
    } else {
        range_if(b, mult, 16, between);
    }
}
void access_register(build *b, const access *x, pp_expr index, unsigned at, limbs4 after) {
    access_cell(b, x, b->real, number(b, PP_PERM_MACH),
                offset(scale(index, 8), (int64_t)PP_VM_MACHINE_START), at, after);
}

// ---- operands -----------------------------------------------------------------------------------

operands begin_operands(build *b, const table *t) {
    operands o;
    begin_step(b, t->name);
    o.rd = column(b, "rd");
    o.rs1 = column(b, "rs1");
    if ((t->flags & IMM) != 0) {
        o.rs2 = o.imm = column(b, "imm");
        o.sign = column(b, "imm_sign");
        o.c = word_signed(o.imm, scale(o.sign, 0xffff), o.sign);
    } else {
        o.rs2 = o.imm = o.sign = column(b, "rs2");
    }
    o.x1 = near_columns(b, "rs1_time", "rs1_value");
    o.x2 = o.x1;
    if ((t->flags & IMM) == 0) {
        o.x2 = near_columns(b, "rs2_time", "rs2_value");
        o.c = o.x2.v;
    }
    o.xd = near_columns(b, "rd_time", "rd_before");
    o.a = o.x1.v;
    return o;
}

void end_operands(build *b, const table *t, const operands *o, limbs4 result) {
    bool imm = (t->flags & IMM) != 0;
    go_on(b, offset(b->pc, 4), PP_TICKS_STEP);
    const pp_expr imms[2] = {o->imm, o->sign};
    decoded_as(b, t->kinds[0], &o->rd, &o->rs1, imm ? NULL : &o->rs2, imms, imm ? 2 : 0);
    access_register(b, &o->x1, o->rs1, 0, o->x1.v);
    if (!imm) access_register(b, &o->x2, o->rs2, 1, o->x2.v);
    access_register(b, &o->xd, o->rd, 3, result);
    end_table(b);
}

void fill_operands(fill *f, const pp_step *s, const table *t) {
    bool imm = (t->flags & IMM) != 0;
    put_step(f, s);
    put(f, s->rd);
    put(f, s->rs1);
    if (imm) {
        put(f, (uint32_t)s->imm & 0xffff);
        put(f, s->imm < 0);
    } else {
        put(f, s->rs2);
    }
    put_near(f, &s->cell[0], s->time);
    if (!imm) put_near(f, &s->cell[1], s->time + 1);
    put_near(f, &s->cell[2], s->time + 3);
}

// ---- shared arithmetic --------------------------------------------------------------------------

pp_expr address_of(build *b, limbs4 base, pp_expr imm, pp_expr sign, pp_expr off) {
    pp_expr w = column(b, "address_w"), top = column(b, "address_top");
    pp_expr ones = scale(sign, 0xffff), low = plus(scale(w, 8), off);
    pp_expr carry = down16(minus(plus(base.limb[0], imm), low));
    is_bit(b, "carry of the address's limb 0", carry);
    carry = down16(minus(plus(plus(base.limb[1], ones), carry), top));
    is_bit(b, "carry of the address's limb 1", carry);
    carry = down16(plus(plus(base.limb[2], ones), carry));
    is_bit(b, "limb 2 of the address is zero", carry);
    carry = down16(plus(plus(base.limb[3], ones), carry));
    is_bit(b, "limb 3 of the address is zero", carry);
    range(b, 13, w);
    range(b, 14, top);
    return plus(scale(w, 8), scale(top, 1 << 16));
}

uint64_t fill_address(fill *f, const pp_step *s) {
    uint64_t address = s->cell[0].v + (uint64_t)(int64_t)s->imm;
    uint32_t w = (uint32_t)(address & 0xffff) >> 3, top = (uint32_t)(address >> 16);
    put(f, w);
    put(f, top);
    look_range(f, 13, w);
    look_range(f, 14, top);
    return address;
}

pp_expr load_tag(build *b, const char *name) {
    pp_expr more = column(b, name);
    is_zero(b, "the page's permission is RO, RW or RX",
            times(more, times(offset(more, -1), offset(more, -2))));
    return plus(b->real, more);
}

pp_expr less_than(build *b, limbs4 x, limbs4 y, const pp_expr *sign_x, const pp_expr *sign_y) {
    pp_expr d[4], borrow = number(b, 0);
    columns(b, d, 4, "difference");
    for (unsigned i = 0; i < 4; i++) {
        pp_expr left = plus(plus(d[i], y.limb[i]), borrow), right = x.limb[i];
        if (i == 3 && sign_x) right = minus(right, scale(minus(*sign_x, *sign_y), 1 << 16));
        borrow = down16(minus(left, right));
        is_bit(b, "a borrow is a bit", borrow);
        range(b, 16, d[i]);
    }
    return borrow;
}

void fill_less(fill *f, uint64_t x, uint64_t y) {
    put_limbs(f, x - y, 4);
    look_limbs(f, x - y, 4);
}
