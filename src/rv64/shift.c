// SPDX-License-Identifier: MIT OR Apache-2.0
// Shifts by k limbs and b bits. Of each limb, B low bits (16 − b to the left, b to the right) go
// one way and the others the other: limb = high · 2^B + low, and both parts are looked up with
// exactly their bits. What one limb and its neighbour make is `low · 2^(16 − B) + high`.
#include "rv64/tables.h"

typedef struct amount {
    pp_expr bits, power, complement, sel[4]; // b, 2^b, 2^(16 − b), one-hot k
} amount;

static amount amount_columns(build *b, const table *t, const operands *o) {
    unsigned limbs = (t->flags & WORD) != 0 ? 2 : 4;
    amount m = {.bits = column(b, "bits"), .power = column(b, "power")};
    m.complement = column(b, "complement");
    columns(b, m.sel + 1, limbs - 1, "limbs_is_1_plus");
    m.sel[0] = b->real;
    for (unsigned k = 1; k < limbs; k++) {
        is_bit(b, "the selector of limbs is bits", m.sel[k]);
        m.sel[0] = minus(m.sel[0], m.sel[k]);
    }
    if (limbs > 2) is_bit(b, "one number of limbs is selected", m.sel[0]);
    if ((t->flags & IMM) == 0) {
        // rs2 = b + 16 k + (32 or 64) rest.
        pp_expr rest = column(b, "rest"), low = plus(m.bits, scale(rest, 16 * (int64_t)limbs));
        for (unsigned k = 1; k < limbs; k++) low = plus(low, scale(m.sel[k], 16 * (int64_t)k));
        equal(b, "the amount is rs2's low bits", low, o->c.limb[0]);
        range(b, limbs == 4 ? 10 : 11, rest);
        pp_air_send(b->b, b->power, b->real, PP_TUPLE(m.bits, m.power, m.complement));
    }
    return m;
}

// begin_operands for a shift by an immediate has no imm and sign columns: the amount's own.
static operands begin_shift(build *b, const table *t) {
    if ((t->flags & IMM) == 0) return begin_operands(b, t);
    operands o;
    begin_step(b, t->name);
    o.rd = column(b, "rd");
    o.rs1 = o.rs2 = o.imm = o.sign = column(b, "rs1");
    o.x1 = o.x2 = near_columns(b, "rs1_time", "rs1_value");
    o.xd = near_columns(b, "rd_time", "rd_before");
    o.a = o.c = o.x1.v;
    return o;
}

static void end_shift(build *b, const table *t, const operands *o, const amount *m, limbs4 r) {
    if ((t->flags & IMM) == 0) {
        end_operands(b, t, o, r);
        return;
    }
    pp_expr k = number(b, 0);
    for (unsigned i = 1; i < ((t->flags & WORD) != 0 ? 2 : 4); i++)
        k = plus(k, scale(m->sel[i], i));
    const pp_expr imm[4] = {m->bits, m->power, m->complement, k};
    go_on(b, offset(b->pc, 4), PP_TICKS_STEP);
    decoded_as(b, t->kinds[0], &o->rd, &o->rs1, NULL, imm, 4);
    access_register(b, &o->x1, o->rs1, 0, o->x1.v);
    access_register(b, &o->xd, o->rd, 3, r);
    end_table(b);
}

void build_shift(build *b, const table *t) {
    bool left = (t->flags & LEFT) != 0, arithmetic = (t->flags & ARITHMETIC) != 0;
    unsigned len = (t->flags & WORD) != 0 ? 2 : 4;
    operands o = begin_shift(b, t);
    amount m = amount_columns(b, t, &o);
    pp_expr zero = number(b, 0), sixteen = scale(b->real, 16);
    // 2^B, 2^(16 − B) and B.
    pp_expr cut = left ? m.complement : m.power, lift = left ? m.power : m.complement;
    pp_expr low_bits = left ? minus(sixteen, m.bits) : m.bits;
    pp_expr high[4], moved[4], sign = zero;
    limbs4 r;
    columns(b, high, len, "high");
    columns(b, r.limb, len, "result");
    if (arithmetic) sign = sign_of(b, "rs1_sign", o.a.limb[len - 1]);
    for (unsigned i = 0; i < len; i++) {
        pp_expr low = minus(o.a.limb[i], times(high[i], cut));
        pp_air_send(b->b, b->range, b->real, PP_TUPLE(low_bits, low));
        pp_air_send(b->b, b->range, b->real, PP_TUPLE(minus(sixteen, low_bits), high[i]));
    }
    for (unsigned i = 0; i < len; i++) {
        // low · lift = limb · lift − 2^16 high, for cut · lift = 2^16.
        unsigned from = left ? i : i + 1;
        pp_expr part;
        if (from < len)
            part = minus(times(o.a.limb[from], lift), scale(high[from], 1 << 16));
        else
            part = times(sign, minus(number(b, 1 << 16), lift));
        pp_expr rest = left ? (i > 0 ? high[i - 1] : zero) : high[i];
        moved[i] = plus(part, rest);
    }
    for (unsigned i = 0; i < len; i++) {
        pp_expr sum = zero;
        for (unsigned k = 0; k < len; k++) {
            pp_expr x = zero;
            if (left && i >= k) x = moved[i - k];
            if (!left) x = i + k < len ? moved[i + k] : scale(sign, 0xffff);
            sum = plus(sum, times(m.sel[k], x));
        }
        equal(b, "the result is the shifted limbs", r.limb[i], sum);
    }
    if (len == 2)
        r = word_signed(r.limb[0], r.limb[1],
                        arithmetic ? sign : sign_of(b, "result_sign", r.limb[1]));
    end_shift(b, t, &o, &m, r);
}

void fill_shift(fill *f, const pp_step *s, const table *t) {
    bool left = (t->flags & LEFT) != 0, imm = (t->flags & IMM) != 0;
    unsigned len = (t->flags & WORD) != 0 ? 2 : 4;
    uint64_t a = s->cell[0].v, c = operand_of(s, t);
    uint32_t by = (uint32_t)c & (16 * len - 1), bits = by % 16, k = by / 16;
    if (imm) {
        put_step(f, s);
        put(f, s->rd);
        put(f, s->rs1);
        put_near(f, &s->cell[0], s->time);
        put_near(f, &s->cell[2], s->time + 3);
    } else {
        fill_operands(f, s, t);
    }
    put(f, bits);
    put(f, (uint32_t)1 << bits);
    put(f, (uint32_t)1 << (16 - bits));
    for (unsigned i = 1; i < len; i++) put(f, k == i);
    if (!imm) {
        uint32_t rest = limb(c, 0) / (16 * len);
        put(f, rest);
        look_range(f, len == 4 ? 10 : 11, rest);
        f->look->power[bits]++;
    }
    unsigned low_bits = left ? 16 - bits : bits;
    for (unsigned i = 0; i < len; i++) {
        uint32_t x = limb(a, i), high = x >> low_bits;
        put(f, high);
        look_range(f, low_bits, x & (((uint32_t)1 << low_bits) - 1));
        look_range(f, 16 - low_bits, high);
    }
    put_limbs(f, s->result, len);
    if ((t->flags & ARITHMETIC) != 0)
        put_sign(f, limb(a, len - 1));
    else if (len == 2)
        put_sign(f, limb(s->result, 1));
}
