// SPDX-License-Identifier: MIT OR Apache-2.0
// Loads and stores. The cell at an address is the 8 aligned bytes that hold it. An access aligned
// to its size lies in one cell and has a table of its size; all others take the tables `across`.
#include "rv64/tables.h"

// rs1, the immediate and the cell; rd or rs2.
typedef struct memory {
    pp_expr reg, rs1, imm, sign, tag;
    access xr, x1, cell;
} memory;

static memory begin_memory(build *b, const table *t, bool load) {
    memory m;
    begin_step(b, t->name);
    m.reg = column(b, load ? "rd" : "rs2");
    m.rs1 = column(b, "rs1");
    m.imm = column(b, "imm");
    m.sign = column(b, "imm_sign");
    m.x1 = near_columns(b, "rs1_time", "rs1_value");
    m.xr =
        load ? near_columns(b, "rd_time", "rd_before") : near_columns(b, "rs2_time", "rs2_value");
    m.cell = far_columns(b, "cell_time", "cell_time_high", "cell");
    m.tag = load ? load_tag(b, "permission_less_1") : number(b, PP_PERM_RW);
    return m;
}

static void fill_begin_memory(fill *f, const pp_step *s, bool load) {
    put_step(f, s);
    put(f, load ? s->rd : s->rs2);
    put(f, s->rs1);
    put(f, (uint32_t)s->imm & 0xffff);
    put(f, s->imm < 0);
    put_near(f, &s->cell[0], s->time);
    if (load)
        put_near(f, &s->cell[2], s->time + 3);
    else
        put_near(f, &s->cell[1], s->time + 1);
    put_far(f, &s->cell[3], s->time + (load ? 1 : 2));
    if (load) put(f, s->perm[0] - 1u);
}

// op is the operation as an expression: the tables across have several.
static void end_memory(build *b, const memory *m, pp_expr op, pp_expr address, bool load,
                       limbs4 cell_after, limbs4 result) {
    pp_expr zero = number(b, 0);
    const pp_expr imm[4] = {m->imm, m->sign, zero, zero};
    go_on(b, offset(b->pc, 4), PP_TICKS_STEP);
    decoded(b, op, load ? m->reg : zero, m->rs1, load ? zero : m->reg, imm);
    access_register(b, &m->x1, m->rs1, 0, m->x1.v);
    access_cell(b, &m->cell, b->real, m->tag, address, load ? 1 : 2, cell_after);
    access_register(b, &m->xr, m->reg, load ? 3 : 1, result);
    end_table(b);
}

// ---- aligned ------------------------------------------------------------------------------------

// One limb of the cell, as a column: by bits 1 and 2 of the address.
static pp_expr pick_limb(build *b, pp_expr bit1, pp_expr bit2, const limbs4 *cell) {
    pp_expr picked = column(b, "picked");
    pp_expr low = pp_air_select(bit1, cell->limb[1], cell->limb[0]);
    pp_expr high = pp_air_select(bit1, cell->limb[3], cell->limb[2]);
    equal(b, "the limb at the address is picked", picked, pp_air_select(bit2, high, low));
    return picked;
}

void build_load(build *b, const table *t) {
    memory m = begin_memory(b, t, true);
    unsigned size = SIZE_OF(t->flags);
    bool is_signed = (t->flags & SIGNED) != 0;
    pp_expr zero = number(b, 0), off = zero, bit[3] = {zero, zero, zero}, sign = zero;
    static const char *const names[3] = {"address_bit_0", "address_bit_1", "address_bit_2"};
    for (unsigned i = 0; i < 3; i++) {
        if (1u << i < size) continue;
        bit[i] = column(b, names[i]);
        is_bit(b, "a bit of the address is a bit", bit[i]);
        off = plus(off, scale(bit[i], 1 << i));
    }
    pp_expr address = address_of(b, m.x1.v, m.imm, m.sign, off);
    const limbs4 *v = &m.cell.v;
    limbs4 r = *v;
    if (size == 4) {
        pp_expr x0 = pp_air_select(bit[2], v->limb[2], v->limb[0]);
        pp_expr x1 = pp_air_select(bit[2], v->limb[3], v->limb[1]);
        if (is_signed) sign = sign_of(b, "sign", x1);
        r = word_signed(x0, x1, sign);
    } else if (size == 2) {
        pp_expr x = pick_limb(b, bit[1], bit[2], v);
        if (is_signed) sign = sign_of(b, "sign", x);
        r = word_signed(x, scale(sign, 0xffff), sign);
    } else if (size == 1) {
        pp_expr x = pick_limb(b, bit[1], bit[2], v), low = column(b, "picked_low");
        pp_expr high = down8(minus(x, low));
        pair(b, low, high);
        pp_expr y = pp_air_select(bit[0], high, low);
        if (is_signed) {
            sign = column(b, "sign");
            is_bit(b, "a sign is a bit", sign);
            range(b, 7, minus(y, scale(sign, 1 << 7)));
        }
        r = word_signed(plus(y, scale(sign, 0xff00)), scale(sign, 0xffff), sign);
    }
    end_memory(b, &m, number(b, t->kinds[0]), address, true, *v, r);
}

void fill_load(fill *f, const pp_step *s, const table *t) {
    unsigned size = SIZE_OF(t->flags);
    bool is_signed = (t->flags & SIGNED) != 0;
    uint64_t address = s->cell[0].v + (uint64_t)(int64_t)s->imm;
    fill_begin_memory(f, s, true);
    for (unsigned i = 0; i < 3; i++)
        if (1u << i >= size) put(f, address >> i & 1);
    fill_address(f, s);
    uint64_t v = s->cell[3].v;
    uint32_t x = limb(v, (unsigned)(address & 7) / 2);
    if (size == 4) {
        if (is_signed) put_sign(f, limb(v, (unsigned)(address & 7) / 2 + 1));
    } else if (size == 2) {
        put(f, x);
        if (is_signed) put_sign(f, x);
    } else if (size == 1) {
        uint32_t y = byte(x, address & 1);
        put(f, x);
        put(f, byte(x, 0));
        look_bytes(f, x, 1);
        if (is_signed) {
            put(f, y >> 7);
            look_range(f, 7, y & 0x7f);
        }
    }
}

void build_store(build *b, const table *t) {
    memory m = begin_memory(b, t, false);
    unsigned size = SIZE_OF(t->flags);
    const limbs4 *v = &m.cell.v, *from = &m.xr.v;
    limbs4 after = *from;
    pp_expr off = number(b, 0), bit0 = off, sel[4];
    if (size == 4) {
        pp_expr upper = column(b, "address_bit_2");
        is_bit(b, "a bit of the address is a bit", upper);
        off = scale(upper, 4);
        for (unsigned i = 0; i < 2; i++) {
            after.limb[i] = pp_air_select(upper, v->limb[i], from->limb[i]);
            after.limb[i + 2] = pp_air_select(upper, from->limb[i], v->limb[i + 2]);
        }
    } else if (size < 4) {
        columns(b, sel + 1, 3, "limb_is_1_plus");
        sel[0] = b->real;
        for (unsigned i = 1; i < 4; i++) {
            is_bit(b, "the selector of limbs is bits", sel[i]);
            sel[0] = minus(sel[0], sel[i]);
            off = plus(off, scale(sel[i], 2 * i));
        }
        is_bit(b, "one limb is selected", sel[0]);
    }
    if (size == 1) {
        bit0 = column(b, "address_bit_0");
        is_bit(b, "a bit of the address is a bit", bit0);
        off = plus(off, bit0);
    }
    pp_expr address = address_of(b, m.x1.v, m.imm, m.sign, off);
    if (size < 4) {
        pp_expr change = number(b, 0);
        if (size == 1) {
            // The limb before is low + 2^8 high; rs2's is new + 2^8 something.
            pp_expr low = column(b, "picked_low"), new = column(b, "rs2_low"), x = number(b, 0);
            change = column(b, "change");
            for (unsigned i = 0; i < 4; i++) x = plus(x, times(sel[i], v->limb[i]));
            pp_expr high = down8(minus(x, low));
            pair(b, low, high);
            pair(b, new, down8(minus(from->limb[0], new)));
            equal(b, "one byte of the limb changes", change,
                  pp_air_select(bit0, scale(minus(new, high), 256), minus(new, low)));
        }
        for (unsigned i = 0; i < 4; i++) {
            if (size == 2) change = minus(from->limb[0], v->limb[i]);
            after.limb[i] = plus(v->limb[i], times(sel[i], change));
        }
    }
    end_memory(b, &m, number(b, t->kinds[0]), address, false, after, *from);
}

void fill_store(fill *f, const pp_step *s, const table *t) {
    unsigned size = SIZE_OF(t->flags);
    uint64_t address = s->cell[0].v + (uint64_t)(int64_t)s->imm;
    unsigned place = (unsigned)(address & 7) / 2;
    fill_begin_memory(f, s, false);
    if (size == 4) put(f, address >> 2 & 1);
    if (size < 4)
        for (unsigned i = 1; i < 4; i++) put(f, place == i);
    if (size == 1) put(f, address & 1);
    fill_address(f, s);
    if (size == 1) {
        uint32_t x = limb(s->cell[3].v, place), new = byte(s->cell[1].v, 0);
        put(f, byte(x, 0));
        put(f, new);
        pp_fp change = pp_fp_sub(pp_fp_from_u32(new), pp_fp_from_u32(byte(x, address & 1)));
        put_fp(f, (address & 1) != 0 ? pp_fp_mul(change, pp_fp_from_u32(256)) : change);
        look_bytes(f, x, 1);
        look_bytes(f, s->cell[1].v, 1);
    }
}

// ---- across -------------------------------------------------------------------------------------

// Two cells as 16 bytes, a one-hot offset 0..7 of the first byte, and the operation among several.
typedef struct across {
    memory m;
    access second;
    pp_expr tag, reached, at[8], bytes[16], op[5], size[9]; // size[n]: the operation has n bytes
    pp_expr opcode, address;
} across;

static const uint8_t load_ops[] = {PP_OP_LH, PP_OP_LHU, PP_OP_LW, PP_OP_LWU, PP_OP_LD};
static const uint8_t store_ops[] = {PP_OP_SH, PP_OP_SW, PP_OP_SD};
static const uint8_t load_sizes[] = {2, 2, 4, 4, 8}, store_sizes[] = {2, 4, 8};

static void begin_across(build *b, const table *t, across *x, bool load) {
    const uint8_t *ops = load ? load_ops : store_ops, *sizes = load ? load_sizes : store_sizes;
    unsigned ops_len = load ? 5 : 3;
    x->m = begin_memory(b, t, load);
    x->second = far_columns(b, "second_time", "second_time_high", "second");
    x->tag = load ? load_tag(b, "second_permission_less_1") : x->m.tag;
    x->reached = column(b, "second_is_reached");
    is_bit(b, "reached is a bit", x->reached);
    pp_air_when(b->b, "only real rows reach the second cell", pp_air_not(b->real), x->reached);
    columns(b, x->op, ops_len, "op_is");
    columns(b, x->at, 8, "offset_is");
    pp_expr low[8], off = number(b, 0), any;
    columns(b, low, 8, "low_bytes");
    x->opcode = number(b, 0);
    for (unsigned i = 0; i < 9; i++) x->size[i] = number(b, 0);
    for (unsigned i = 0; i < ops_len; i++) {
        is_bit(b, "the operation's selector is bits", x->op[i]);
        x->opcode = plus(x->opcode, scale(x->op[i], ops[i]));
        x->size[sizes[i]] = plus(x->size[sizes[i]], x->op[i]);
    }
    any = pp_air_sum(b->b, x->op, ops_len);
    equal(b, "one operation is selected", any, b->real);
    for (unsigned i = 0; i < 8; i++) {
        is_bit(b, "the offset's selector is bits", x->at[i]);
        off = plus(off, scale(x->at[i], i));
        pp_expr v = i < 4 ? x->m.cell.v.limb[i] : x->second.v.limb[i - 4];
        x->bytes[2 * i] = low[i];
        x->bytes[2 * i + 1] = down8(minus(v, low[i]));
        pair(b, x->bytes[2 * i], x->bytes[2 * i + 1]);
    }
    equal(b, "one offset is selected", pp_air_sum(b->b, x->at, 8), b->real);
    pp_expr reaches = number(b, 0);
    for (unsigned size = 2; size <= 8; size *= 2)
        for (unsigned i = 9 - size; i < 8; i++)
            reaches = plus(reaches, times(x->size[size], x->at[i]));
    pp_air_when(b->b, "bytes of the second cell are used only when it is reached",
                pp_air_not(x->reached), reaches);
    x->address = address_of(b, x->m.x1.v, x->m.imm, x->m.sign, off);
}

static void fill_begin_across(fill *f, const pp_step *s, bool load) {
    const uint8_t *ops = load ? load_ops : store_ops, *sizes = load ? load_sizes : store_sizes;
    uint64_t address = s->cell[0].v + (uint64_t)(int64_t)s->imm, place = address & 7;
    unsigned size = 0;
    fill_begin_memory(f, s, load);
    for (unsigned i = 0; i < (load ? 5 : 3); i++)
        if (ops[i] == s->op) size = sizes[i];
    bool reached = place + size > 8;
    if (reached) {
        put_far(f, &s->cell[4], s->time + (load ? 2 : 3));
    } else {
        for (unsigned i = 0; i < 6; i++) put(f, 0);
    }
    if (load) put(f, reached ? s->perm[1] - 1u : 0);
    put(f, reached);
    for (unsigned i = 0; i < (load ? 5 : 3); i++) put(f, ops[i] == s->op);
    for (unsigned i = 0; i < 8; i++) put(f, place == i);
    put_low_bytes(f, s->cell[3].v, 4);
    put_low_bytes(f, s->cell[4].v, 4);
    look_bytes(f, s->cell[3].v, 4);
    look_bytes(f, s->cell[4].v, 4);
    fill_address(f, s);
}

void build_load_across(build *b, const table *t) {
    across x;
    begin_across(b, t, &x, true);
    limbs4 r;
    columns(b, r.limb, 4, "result");
    pp_expr out[4], half = x.op[0], full = x.op[2], zero = number(b, 0);
    for (unsigned k = 0; k < 4; k++) {
        out[k] = zero;
        for (unsigned i = 0; i < 8; i++)
            out[k] =
                plus(out[k],
                     times(x.at[i], plus(x.bytes[i + 2 * k], scale(x.bytes[i + 2 * k + 1], 256))));
    }
    pp_expr top = column(b, "signed_limb");
    equal(b, "the limb that has the sign of a signed load", top,
          plus(times(half, out[0]), times(full, out[1])));
    pp_expr sign = sign_of(b, "sign", top), ones = scale(sign, 0xffff);
    pp_expr wide = plus(x.size[4], x.size[8]), narrow = plus(half, full);
    equal(b, "limb 0 is loaded", r.limb[0], out[0]);
    equal(b, "limb 1 is loaded, or the sign", r.limb[1],
          plus(times(wide, out[1]), times(half, ones)));
    for (unsigned k = 2; k < 4; k++)
        equal(b, "limbs 2 and 3 are loaded, or the sign", r.limb[k],
              plus(times(x.size[8], out[k]), times(narrow, ones)));
    access_cell(b, &x.second, x.reached, x.tag, offset(x.address, 8), 2, x.second.v);
    end_memory(b, &x.m, x.opcode, x.address, true, x.m.cell.v, r);
}

void fill_load_across(fill *f, const pp_step *s, const table *t) {
    (void)t;
    fill_begin_across(f, s, true);
    put_limbs(f, s->result, 4);
    uint32_t top = s->op == PP_OP_LH   ? limb(s->result, 0)
                   : s->op == PP_OP_LW ? limb(s->result, 1)
                                       : 0;
    put(f, top);
    put_sign(f, top);
}

void build_store_across(build *b, const table *t) {
    across x;
    begin_across(b, t, &x, false);
    const limbs4 *from = &x.m.xr.v;
    pp_expr low[4], new[8], after[8];
    columns(b, low, 4, "rs2_low_bytes");
    for (unsigned i = 0; i < 4; i++) {
        new[2 * i] = low[i];
        new[2 * i + 1] = down8(minus(from->limb[i], low[i]));
        pair(b, new[2 * i], new[2 * i + 1]);
    }
    columns(b, after, 8, "after");
    for (unsigned k = 0; k < 8; k++) {
        pp_expr sum = number(b, 0);
        for (unsigned p = 2 * k; p < 2 * k + 2; p++) {
            // Byte p takes rs2's byte p − i when the offset is i, unless it is beyond the size.
            pp_expr byte_after = x.bytes[p];
            for (unsigned i = 0; i < 8 && i <= p; i++) {
                pp_expr covered = number(b, 0);
                for (unsigned size = 2; size <= 8; size *= 2)
                    if (p - i < size) covered = plus(covered, x.size[size]);
                if (p - i >= 8) continue;
                byte_after =
                    plus(byte_after, times(times(x.at[i], covered), minus(new[p - i], x.bytes[p])));
            }
            sum = plus(sum, scale(byte_after, p % 2 != 0 ? 256 : 1));
        }
        equal(b, "the bytes after", after[k], sum);
    }
    limbs4 first = {{after[0], after[1], after[2], after[3]}};
    limbs4 second = {{after[4], after[5], after[6], after[7]}};
    access_cell(b, &x.second, x.reached, x.tag, offset(x.address, 8), 3, second);
    end_memory(b, &x.m, x.opcode, x.address, false, first, *from);
}

void fill_store_across(fill *f, const pp_step *s, const table *t) {
    (void)t;
    fill_begin_across(f, s, false);
    uint64_t from = s->cell[1].v, place = (s->cell[0].v + (uint64_t)(int64_t)s->imm) & 7;
    unsigned size = s->op == PP_OP_SH ? 2 : s->op == PP_OP_SW ? 4 : 8;
    put_low_bytes(f, from, 4);
    look_bytes(f, from, 4);
    uint8_t all[16];
    pp_store_le64(all, s->cell[3].v);
    pp_store_le64(all + 8, s->cell[4].v);
    for (unsigned i = 0; i < size; i++) all[place + i] = (uint8_t)byte(from, i);
    for (unsigned k = 0; k < 8; k++) put(f, pp_load_le16(all + 2 * k));
}
