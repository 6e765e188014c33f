// SPDX-License-Identifier: MIT OR Apache-2.0
// Table programs on folded columns: the extension.
#include "prove/block_inner.h"

enum { D = PP_EXT_DEGREE };

typedef struct value_ext {
    const pp_fp *v; // five planes; NULL: a base-field scalar
    pp_fp s;
} value_ext;

static value_ext load_ext(pp_block *b, pp_air_operand o) {
    uint32_t column = o.index;
    switch (o.kind) {
    case PP_AIR_REGISTER:
        return (value_ext){b->registers + o.index * D * b->lanes, {0}};
    case PP_AIR_PUBLIC:
        return (value_ext){NULL, b->publics[o.index]};
    case PP_AIR_CONSTANT:
        return (value_ext){NULL, b->t->constants[o.index]};
    case PP_AIR_COLUMN:
        break;
    case PP_AIR_FIXED:
        column += b->t->columns_len;
        break;
    }
    pp_planes entries = pp_block_column((pp_fp *)b->folded, 0, 0, column);
    if (b->on_rows) return (value_ext){entries.v, {0}};
    bool there;
    pp_fp *line = pp_block_line(b, column, &there);
    if (!there) b->k->ext_line(line, entries, 0, PP_BLOCK_PAIRS);
    return (value_ext){line, {0}};
}

static const pp_fp *spread_ext(pp_block *b, value_ext x, int slot) {
    if (x.v) return x.v;
    pp_block_spread(b->temp[slot], pp_ext_from_fp(x.s), b->lanes);
    return b->temp[slot];
}

static void step_ext(pp_block *b, uint64_t instr) {
    const pp_prove_kernels *k = b->k;
    size_t n = b->lanes;
    pp_fp *dst = b->registers + (size_t)pp_air_instr_dst(instr) * D * n;
    pp_air_operand ox = pp_air_instr_a(instr), oy = pp_air_instr_b(instr);
    value_ext x = load_ext(b, ox);
    if (x.v && !b->on_rows) x.v = pp_block_keep_line(b, ox, oy, x.v, D * n);
    value_ext y = load_ext(b, oy);
    pp_air_op op = pp_air_instr_op(instr);
    if (!x.v && (op == PP_AIR_SUB || !y.v)) x.v = spread_ext(b, x, 0);
    if (!x.v) {
        value_ext swap = x;
        x = y;
        y = swap;
    }
    PP_ASSERT(x.v);
    switch (op) {
    case PP_AIR_ADD:
        if (y.v) {
            k->fp_add(dst, x.v, y.v, D * n);
        } else {
            k->fp_add_s(dst, x.v, y.s, n);
            // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): sums have a register
            if (dst != x.v) memcpy(dst + n, x.v + n, (D - 1) * n * sizeof *dst);
        }
        break;
    case PP_AIR_SUB:
        if (y.v) {
            k->fp_sub(dst, x.v, y.v, D * n);
        } else {
            k->fp_add_s(dst, x.v, pp_fp_neg(y.s), n);
            // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): sums have a register
            if (dst != x.v) memcpy(dst + n, x.v + n, (D - 1) * n * sizeof *dst);
        }
        break;
    case PP_AIR_MUL:
        if (y.v)
            k->ext_mul(dst, x.v, y.v, n);
        else
            k->fp_mul_s(dst, x.v, y.s, D * n);
        break;
    case PP_AIR_MADD:
        if (y.v)
            k->ext_madd(dst, x.v, y.v, n);
        else
            k->fp_madd_s(dst, x.v, y.s, D * n);
        break;
    case PP_AIR_MSUB:
        if (y.v)
            k->ext_msub(dst, x.v, y.v, n);
        else if (pp_block_is_two(y.s))
            pp_block_subtract_twice(k, dst, x.v, D * n);
        else
            k->fp_madd_s(dst, x.v, pp_fp_neg(y.s), D * n);
        break;
    default:
        break;
    }
}

static void add_constraints_ext(pp_block *b, const pp_block_weights *w, pp_fp *sum) {
    const pp_air_table *t = b->t;
    for (uint32_t i = 0; i < t->constraint_code_len; i++) {
        uint64_t instr = t->code[i];
        if (pp_air_instr_op(instr) != PP_AIR_ASSERT) {
            step_ext(b, instr);
            continue;
        }
        value_ext a = load_ext(b, pp_air_instr_a(instr));
        b->k->ext_madd_s(sum, spread_ext(b, a, 0), w->constraints[pp_air_instr_dst(instr)],
                         b->lanes);
    }
}

static void add_leaf_ext(pp_block *b, const pp_block_weights *w, uint32_t leaf, bool two,
                         pp_fp *sum) {
    const pp_prove_kernels *k = b->k;
    size_t n = b->lanes;
    // d0, d1 in work[0], work[1]; m0, m1 in work[2], work[3].
    pp_fp *s = b->work[2], *f = b->temp[0];
    k->ext_madd_s(s, b->work[0], w->gamma, n);
    if (two) {
        k->ext_mul(f, s, b->work[1], n);
        k->ext_madd(f, b->work[3], b->work[0], n);
        s = f;
    }
    k->ext_madd_s(sum, s, w->leaves[leaf], n);
}

// As add_linear_leaf_fp.
static void add_linear_leaf_ext(pp_block *b, const pp_block_weights *w, uint32_t leaf, bool two,
                                pp_fp *sum) {
    const pp_prove_kernels *k = b->k;
    const size_t rows = PP_BLOCK_ROWS, n = PP_BLOCK_EXT_LANES;
    pp_fp *s = b->temp[0], *at[2] = {b->lines, b->lines + D * PP_BLOCK_LANES};
    k->ext_mul_s(s, b->work[0], w->gamma, rows);
    k->fp_add(s, s, b->work[2], D * rows);
    k->ext_mul_s(s, s, w->leaves[leaf], rows);
    k->ext_line(at[0], (pp_planes){s, rows}, 0, PP_BLOCK_PAIRS);
    if (!two) {
        k->fp_add(sum, sum, at[0], D * n);
        return;
    }
    k->ext_line(at[1], (pp_planes){b->work[1], rows}, 0, PP_BLOCK_PAIRS);
    k->ext_madd(sum, at[0], at[1], n);
    k->ext_mul_s(s, b->work[0], w->leaves[leaf], rows);
    k->ext_line(at[0], (pp_planes){s, rows}, 0, PP_BLOCK_PAIRS);
    k->ext_line(at[1], (pp_planes){b->work[3], rows}, 0, PP_BLOCK_PAIRS);
    k->ext_madd(sum, at[0], at[1], n);
}

static void add_leaves_ext(pp_block *b, const pp_block_weights *w, pp_fp *sum) {
    const pp_air_table *t = b->t;
    size_t n = b->lanes;
    uint32_t done = 0;
    for (uint32_t i = t->constraint_code_len; i < t->code_len; i++) {
        uint64_t instr = t->code[i];
        pp_air_op op = pp_air_instr_op(instr);
        if (op < PP_AIR_ASSERT) {
            step_ext(b, instr);
            continue;
        }
        const pp_air_interaction *now = &t->interactions[done];
        uint32_t dst = pp_air_instr_dst(instr);
        value_ext a = load_ext(b, pp_air_instr_a(instr));
        pp_fp *d = b->work[now->second];
        if (op == PP_AIR_MULT) {
            memcpy(b->work[2 + now->second], spread_ext(b, a, 0), D * n * sizeof(pp_fp));
            pp_block_spread(d, pp_ext_sub_fp(w->bus->alpha, pp_fp_from_u32(dst)), n);
            continue;
        }
        b->k->ext_madd_s(d, spread_ext(b, a, 0), pp_ext_neg(w->bus->beta[dst + 1]), n);
        if (dst + 1 < now->arity) continue;
        done++;
        bool more = done < t->interactions_len && t->interactions[done].leaf == now->leaf;
        if (more) continue;
        if (b->linear)
            add_linear_leaf_ext(b, w, now->leaf, now->second, sum);
        else
            add_leaf_ext(b, w, now->leaf, now->second, sum);
    }
}

void pp_block_combine_ext(pp_block *b, const pp_block_weights *w, const pp_fp *folded, pp_fp *sum) {
    b->folded = folded;
    b->lanes = PP_BLOCK_EXT_LANES;
    pp_block_forget_lines(b);
    memset(sum, 0, D * PP_BLOCK_EXT_LANES * sizeof *sum);
    add_constraints_ext(b, w, sum);
    b->on_rows = b->linear;
    if (b->on_rows) b->lanes = PP_BLOCK_ROWS;
    add_leaves_ext(b, w, sum);
    b->on_rows = false;
}
