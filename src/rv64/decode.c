// SPDX-License-Identifier: MIT OR Apache-2.0
// Instruction words: one row a word that is executed. It reads the word from its cell of an RX page
// as 32 bits and provides (pc, op, rd, rs1, rs2, immediates), as often as it is executed. Which
// words are legal is the opcode list, made from pp_decode itself.
#include "rv64/tables.h"

typedef enum form { R = 1, I, S, B, LUI, AUIPC, JAL, JALR, H, FENCE, ECALL, FORMS_END } form;
enum { FORMS = FORMS_END - 1 };

static form form_of(pp_op op) {
    static const char letters[PP_OPS_LEN] = {'N',
#define X(name, text, form) #form[0],
                                             PP_OPS(X)
#undef X
    };
    switch (op) {
    case PP_OP_LUI:
        return LUI;
    case PP_OP_AUIPC:
        return AUIPC;
    case PP_OP_JALR:
        return JALR;
    case PP_OP_FENCE:
        return FENCE;
    case PP_OP_ECALL:
        return ECALL;
    default:
        break;
    }
    static const char order[] = "RISB..J.H";
    unsigned i = 0;
    while (order[i] != letters[op]) i++;
    return (form)(i + 1);
}

static bool uses_funct3(form f) {
    return f != LUI && f != AUIPC && f != JAL && f != ECALL;
}
static bool uses_funct7(form f) {
    return f == R || f == H;
}

static unsigned opcode_list(opcode_entry list[OPCODES_MAX]) {
    unsigned len = 0;
    for (uint32_t opcode = 3; opcode < 128; opcode += 4) {
        for (uint32_t i = 0; i < 8 * 128; i++) {
            uint32_t funct3 = i / 128, funct7 = i % 128;
            pp_op op = pp_decode(opcode | funct3 << 12 | funct7 << 25).op;
            form f = op == PP_OP_ILLEGAL ? R : form_of(op);
            if (op == PP_OP_ILLEGAL || (!uses_funct3(f) && funct3 != 0) ||
                (!uses_funct7(f) && funct7 != 0))
                continue;
            bool constant = f == LUI || f == AUIPC || f == JAL || f == FENCE;
            PP_ASSERT(len < OPCODES_MAX);
            list[len++] =
                (opcode_entry){opcode, funct3, funct7, constant ? PP_OP_LUI : (uint32_t)op, f};
        }
    }
    return len;
}

static opcode_entry entry_of(uint32_t word) {
    pp_op op = pp_decode(word).op;
    form f = form_of(op);
    bool constant = f == LUI || f == AUIPC || f == JAL || f == FENCE;
    return (opcode_entry){word & 127, uses_funct3(f) ? word >> 12 & 7 : 0,
                          uses_funct7(f) ? word >> 25 : 0, constant ? PP_OP_LUI : (uint32_t)op, f};
}

void opcodes_begin(opcodes *o) {
    memset(o, 0, sizeof *o);
    o->len = opcode_list(o->list);
}

static void look_opcode(opcodes *o, opcode_entry e) {
    unsigned i = 0;
    while (i < o->len && memcmp(&o->list[i], &e, sizeof e) != 0) i++;
    PP_ASSERT(i < o->len);
    o->counts[i]++;
}

void build_opcode(build *b, const table *t) {
    opcode_entry list[OPCODES_MAX];
    unsigned len = opcode_list(list);
    uint32_t values[5][OPCODES_MAX];
    for (unsigned i = 0; i < len; i++) {
        values[0][i] = list[i].opcode;
        values[1][i] = list[i].funct3;
        values[2][i] = list[i].funct7;
        values[3][i] = list[i].op;
        values[4][i] = list[i].form;
    }
    static const char *const names[5] = {"opcode", "funct3", "funct7", "op", "form"};
    pp_expr e[5];
    pp_air_table_begin(b->b, t->name);
    pp_air_fixed_height(b->b, 7);
    for (unsigned i = 0; i < 5; i++) e[i] = pp_air_fixed_list(b->b, names[i], values[i], len);
    pp_air_receive(b->b, b->opcode, column(b, "count"), e, 5);
    end_table(b);
}

// ---- the word's fields --------------------------------------------------------------------------

static pp_expr bits(build *b, const pp_expr *word, unsigned low, unsigned len, int64_t unit) {
    return scale(pp_air_compose(b->b, word + low, len, 2), unit);
}
static pp_expr add5(pp_expr x, pp_expr y, pp_expr z, pp_expr u, pp_expr v) {
    return plus(plus(plus(x, y), plus(z, u)), v);
}

typedef struct fields {
    pp_expr w[32], is[FORMS_END], sign;
    pp_expr low_i, low_s, distance_b, distance_j, upper[2];
    pp_expr power, complement, value[2], value_sign;
} fields;

static void immediates(build *b, fields *d) {
    const pp_expr *w = d->w;
    pp_expr high = scale(w[31], 0xf800);
    d->sign = w[31];
    d->low_i = plus(bits(b, w, 20, 11, 1), high);
    d->low_s =
        add5(bits(b, w, 7, 5, 1), bits(b, w, 25, 6, 1 << 5), high, number(b, 0), number(b, 0));
    d->distance_b = add5(bits(b, w, 8, 4, 2), bits(b, w, 25, 6, 1 << 5), scale(w[7], 1 << 11),
                         scale(w[31], -(1 << 12)), number(b, 0));
    d->distance_j = add5(bits(b, w, 21, 10, 2), scale(w[20], 1 << 11), bits(b, w, 12, 8, 1 << 12),
                         scale(w[31], -(1 << 20)), number(b, 0));
    d->upper[0] = bits(b, w, 12, 4, 1 << 12);
    d->upper[1] = bits(b, w, 16, 16, 1);
}

// 2^b and 2^(16 − b) of a shift amount's low four bits.
static void powers(build *b, fields *d) {
    const pp_expr *w = d->w;
    pp_expr half = column(b, "power_half");
    d->power = column(b, "power");
    d->complement = column(b, "complement");
    pp_expr bit01 = times(offset(w[20], 1), offset(scale(w[21], 3), 1));
    equal(b, "2 to the low half of the amount", half, times(d->is[H], bit01));
    pp_expr bit23 = times(offset(scale(w[22], 15), 1), offset(scale(w[23], 255), 1));
    equal(b, "2 to the amount", d->power, times(half, bit23));
    equal(b, "2 to the rest of the amount", times(d->power, d->complement),
          scale(d->is[H], 1 << 16));
}

// lui: imm; auipc: pc + imm; jal, jalr: pc + 4. As limbs and a sign.
static void values(build *b, fields *d, const pp_expr pc[2]) {
    pp_expr carry[2];
    columns(b, carry, 2, "carry");
    columns(b, d->value, 2, "value");
    d->value_sign = column(b, "value_sign");
    pp_expr from_pc = plus(plus(d->is[AUIPC], d->is[JAL]), d->is[JALR]);
    pp_expr upper = plus(d->is[LUI], d->is[AUIPC]), link = plus(d->is[JAL], d->is[JALR]);
    is_bit(b, "a carry is a bit", carry[0]);
    is_bit(b, "a carry is a bit", carry[1]);
    equal(b, "limb 0 of the value", plus(d->value[0], scale(carry[0], 1 << 16)),
          plus(plus(times(from_pc, pc[0]), times(upper, d->upper[0])), scale(link, 4)));
    equal(b, "limb 1 of the value", plus(d->value[1], scale(carry[1], 1 << 16)),
          plus(plus(times(from_pc, pc[1]), times(upper, d->upper[1])), carry[0]));
    equal(b, "sign of the value", d->value_sign,
          minus(times(upper, d->sign), times(d->is[AUIPC], carry[1])));
}

void build_decode(build *b, const table *t) {
    fields d;
    pp_air_table_begin(b->b, t->name);
    columns(b, d.w, 32, "bit");
    pp_expr cell = column(b, "cell"), half = column(b, "half"), other[2];
    columns(b, other, 2, "other_half");
    pp_expr time = column(b, "time"), count = column(b, "count"), op = column(b, "op");
    columns(b, d.is + 1, FORMS, "form_is_1_plus");
    pp_expr is_x0 = column(b, "rd_is_x0"), inverse = column(b, "rd_inverse");
    pp_expr pc[2], form_number = number(b, 0);
    pc[1] = column(b, "pc_high");
    b->real = pp_air_sum(b->b, d.is + 1, FORMS);
    is_bit(b, "one form", b->real);
    for (unsigned i = 1; i <= FORMS; i++) {
        is_bit(b, "a form's selector is a bit", d.is[i]);
        form_number = plus(form_number, scale(d.is[i], i));
    }
    for (unsigned i = 0; i < 32; i++) is_bit(b, "a bit of the word is a bit", d.w[i]);
    is_bit(b, "half is a bit", half);
    is_bit(b, "rd_is_x0 is a bit", is_x0);
    pp_air_when(b->b, "only real rows provide", pp_air_not(b->real), count);
    b->pc = plus(cell, scale(half, 4));
    pc[0] = minus(b->pc, scale(pc[1], 1 << 16));
    immediates(b, &d);
    powers(b, &d);
    values(b, &d, pc);

    const pp_expr *is = d.is;
    pp_expr link = is[JALR], constant = plus(plus(is[LUI], is[AUIPC]), is[JAL]);
    pp_expr upper = plus(is[LUI], is[AUIPC]), plain = plus(is[I], link);
    pp_expr has_rd = add5(is[R], plain, constant, is[H], number(b, 0));
    pp_expr has_rs2 = plus(plus(is[R], is[S]), is[B]);
    pp_expr has_rs1 = plus(plus(has_rs2, plain), is[H]);
    pp_expr rd = bits(b, d.w, 7, 5, 1);
    pp_air_when(b->b, "rd_is_x0 is 0 for others", is_x0, rd);
    pp_air_when(b->b, "rd_is_x0 is 1 for x0", has_rd, minus(pp_air_not(is_x0), times(rd, inverse)));
    pp_air_when(b->b, "an ecall has no fields", is[ECALL], pp_air_sum(b->b, d.w + 7, 25));
    rd = plus(times(has_rd, plus(rd, scale(is_x0, PP_CELL_SINK))), scale(is[FENCE], PP_CELL_SINK));
    pp_expr imm[4];
    imm[0] = plus(add5(times(plain, d.low_i), times(is[S], d.low_s), times(is[B], d.distance_b),
                       times(constant, d.value[0]), times(is[H], bits(b, d.w, 20, 4, 1))),
                  number(b, 0));
    imm[1] = add5(times(plus(plain, is[S]), d.sign), times(constant, d.value[1]),
                  times(is[H], d.power), number(b, 0), number(b, 0));
    imm[2] = add5(times(link, d.value[0]), times(constant, d.value_sign),
                  times(is[H], d.complement), number(b, 0), number(b, 0));
    imm[3] = add5(times(link, d.value[1]), scale(plus(upper, is[FENCE]), 4),
                  times(is[JAL], d.distance_j), times(is[H], bits(b, d.w, 24, 2, 1)), number(b, 0));

    pp_expr here[2] = {bits(b, d.w, 0, 16, 1), bits(b, d.w, 16, 16, 1)}, v[4];
    for (unsigned i = 0; i < 2; i++) {
        v[i] = pp_air_select(half, other[i], here[i]);
        v[i + 2] = pp_air_select(half, here[i], other[i]);
    }
    pp_expr rx = number(b, PP_PERM_RX);
    pp_air_receive(b->b, b->mem, b->real, PP_TUPLE(rx, cell, time, v[0], v[1], v[2], v[3]));
    range(b, 16, pc[0]);
    pp_air_send(b->b, b->mem, b->real, PP_TUPLE(rx, cell, offset(time, 1), v[0], v[1], v[2], v[3]));
    range(b, 14, pc[1]);
    pp_expr funct3 = times(plus(plus(has_rs1, is[FENCE]), number(b, 0)), bits(b, d.w, 12, 3, 1));
    pp_expr funct7 = times(plus(is[R], is[H]), bits(b, d.w, 25, 7, 1));
    pp_air_send(b->b, b->opcode, b->real,
                PP_TUPLE(bits(b, d.w, 0, 7, 1), funct3, funct7, op, form_number));
    range(b, 16, d.value[0]);
    pp_air_receive(b->b, b->decode, count,
                   PP_TUPLE(b->pc, op, rd, times(has_rs1, bits(b, d.w, 15, 5, 1)),
                            times(has_rs2, bits(b, d.w, 20, 5, 1)), imm[0], imm[1], imm[2],
                            imm[3]));
    range(b, 16, d.value[1]);
    end_table(b);
}

void fill_decode(fill *f, opcodes *o, const pp_trace_page *page, unsigned word_index,
                 uint64_t count, unsigned extra) {
    const uint8_t *at = page->bytes + 4 * word_index;
    uint32_t word = pp_load_le32(at), half = word_index & 1;
    uint32_t pc = (uint32_t)page->index * PP_VM_PAGE_SIZE + 4 * word_index;
    const uint8_t *other = half ? at - 4 : at + 4;
    opcode_entry e = entry_of(word);
    for (unsigned i = 0; i < 32; i++) put(f, word >> i & 1);
    put(f, pc & ~7u);
    put(f, half);
    put(f, pp_load_le16(other));
    put(f, pp_load_le16(other + 2));
    put(f, page->time[word_index / 2] + extra);
    put_fp(f, pp_fp_from_u32((uint32_t)(count % PP_FP_MODULUS)));
    put(f, e.op);
    for (unsigned i = 1; i <= FORMS; i++) put(f, e.form == i);
    uint32_t rd = word >> 7 & 31;
    put(f, rd == 0);
    put_fp(f, pp_fp_inverse(pp_fp_from_u32(rd)));
    put(f, pc >> 16);
    uint32_t b = word >> 20 & 15, is_shift = e.form == H;
    put(f, is_shift << (b & 3));
    put(f, is_shift << b);
    put(f, is_shift << (16 - b));
    uint32_t base = e.form == AUIPC || e.form == JAL || e.form == JALR ? pc : 0;
    uint32_t more = e.form == LUI || e.form == AUIPC  ? word & 0xfffff000
                    : e.form == JAL || e.form == JALR ? 4
                                                      : 0;
    uint32_t carry = (limb(base, 0) + limb(more, 0)) >> 16;
    uint32_t carry1 = (limb(base, 1) + limb(more, 1) + carry) >> 16, value = base + more;
    put(f, carry);
    put(f, carry1);
    put_limbs(f, value, 2);
    put(f, (more >> 31) - (e.form == AUIPC ? carry1 : 0));
    look_range(f, 16, limb(pc, 0));
    look_range(f, 14, pc >> 16);
    look_limbs(f, value, 2);
    look_opcode(o, e);
}
