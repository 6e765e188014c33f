// SPDX-License-Identifier: MIT OR Apache-2.0
// Table programs on rows and on the grid through four of them: the base field.
#include "prove/block_inner.h"

enum { D = PP_EXT_DEGREE };

// An operand: lanes, or a scalar for all of them.
typedef struct value {
    const pp_fp *v; // NULL: scalar
    pp_fp s;
} value;

// points 0: the rows themselves.
static value load_fp(pp_block *b, pp_air_operand o, unsigned points) {
    uint32_t column = o.index;
    switch (o.kind) {
    case PP_AIR_REGISTER:
        return (value){b->registers + o.index * b->lanes, {0}};
    case PP_AIR_PUBLIC:
        return (value){NULL, b->publics[o.index]};
    case PP_AIR_CONSTANT:
        return (value){NULL, b->t->constants[o.index]};
    case PP_AIR_COLUMN:
        break;
    case PP_AIR_FIXED:
        column += b->t->columns_len;
        break;
    }
    const pp_fp *src = b->columns[column];
    if (points == 0) return (value){src, {0}};
    bool there;
    pp_fp *line = pp_block_line(b, column, &there);
    if (!there) b->k->fp_grid(line, src, PP_BLOCK_QUADS, points);
    return (value){line, {0}};
}

static const pp_fp *spread_fp(pp_block *b, value x, int slot) {
    if (x.v) return x.v;
    for (size_t i = 0; i < b->lanes; i++) b->temp[slot][i] = x.s;
    return b->temp[slot];
}

static void step_fp(pp_block *b, uint64_t instr, unsigned points) {
    const pp_prove_kernels *k = b->k;
    size_t n = b->lanes;
    pp_fp *dst = b->registers + pp_air_instr_dst(instr) * n;
    pp_air_operand ox = pp_air_instr_a(instr), oy = pp_air_instr_b(instr);
    value x = load_fp(b, ox, points);
    if (points != 0 && x.v) x.v = pp_block_keep_line(b, ox, oy, x.v, n);
    value y = load_fp(b, oy, points);
    pp_air_op op = pp_air_instr_op(instr);
    if (!x.v && !y.v) x.v = spread_fp(b, x, 0);
    if (!x.v && op != PP_AIR_SUB) {
        value swap = x;
        x = y;
        y = swap;
    }
    switch (op) {
    case PP_AIR_ADD:
        if (y.v)
            k->fp_add(dst, x.v, y.v, n);
        else
            k->fp_add_s(dst, x.v, y.s, n);
        break;
    case PP_AIR_SUB:
        if (x.v && y.v)
            k->fp_sub(dst, x.v, y.v, n);
        else if (x.v)
            k->fp_add_s(dst, x.v, pp_fp_neg(y.s), n);
        else
            k->fp_rsub_s(dst, y.v, x.s, n);
        break;
    case PP_AIR_MUL:
        if (y.v)
            k->fp_mul(dst, x.v, y.v, n);
        else
            k->fp_mul_s(dst, x.v, y.s, n);
        break;
    case PP_AIR_MADD:
        if (y.v)
            k->fp_madd(dst, x.v, y.v, n);
        else
            k->fp_madd_s(dst, x.v, y.s, n);
        break;
    case PP_AIR_MSUB:
        if (y.v)
            k->fp_msub(dst, x.v, y.v, n);
        else if (pp_block_is_two(y.s))
            pp_block_subtract_twice(k, dst, x.v, n);
        else
            k->fp_madd_s(dst, x.v, pp_fp_neg(y.s), n);
        break;
    default:
        break;
    }
}

// Interactions in the base field: denominators d[0], d[1] of a leaf grow in work[0], work[1];
// multiplicities in mult[]. `finish` gets each leaf.
typedef struct leaf_fp {
    pp_fp *d[2];
    pp_fp *mult[2]; // b->lanes each
    uint32_t parts; // 1 or 2 interactions
} leaf_fp;

typedef void leaf_fp_fn(pp_block *b, void *ctx, uint32_t leaf, const leaf_fp *x);

static void run_leaves_fp(pp_block *b, const pp_air_bus_challenges *bus, unsigned points,
                          leaf_fp_fn *finish, void *ctx) {
    const pp_air_table *t = b->t;
    size_t n = b->lanes;
    // work[2] holds both multiplicities (two of its five planes).
    leaf_fp leaf = {.d = {b->work[0], b->work[1]}, .mult = {b->work[2], b->work[2] + n}};
    uint32_t done = 0;
    for (uint32_t i = t->constraint_code_len; i < t->code_len; i++) {
        uint64_t instr = t->code[i];
        pp_air_op op = pp_air_instr_op(instr);
        if (op < PP_AIR_ASSERT) {
            step_fp(b, instr, points);
            continue;
        }
        const pp_air_interaction *now = &t->interactions[done];
        uint32_t dst = pp_air_instr_dst(instr);
        value a = load_fp(b, pp_air_instr_a(instr), points);
        if (op == PP_AIR_MULT) {
            memcpy(leaf.mult[now->second], spread_fp(b, a, 0), n * sizeof(pp_fp));
            pp_block_spread(leaf.d[now->second], pp_ext_sub_fp(bus->alpha, pp_fp_from_u32(dst)), n);
            continue;
        }
        pp_ext factor = pp_ext_neg(bus->beta[dst + 1]);
        b->k->ext_madd_s_fp(leaf.d[now->second], spread_fp(b, a, 0), factor, n);
        if (dst + 1 < now->arity) continue;
        done++;
        leaf.parts = now->second + 1u;
        bool more = done < t->interactions_len && t->interactions[done].leaf == now->leaf;
        if (!more) finish(b, ctx, now->leaf, &leaf);
    }
}

typedef struct to_caller {
    pp_block_leaf_fn *fn;
    void *ctx;
} to_caller;

static void finish_leaf(pp_block *b, void *ctx, uint32_t leaf, const leaf_fp *x) {
    const to_caller *out = ctx;
    const pp_prove_kernels *k = b->k;
    size_t n = b->lanes;
    pp_fp *p = b->work[3], *q = b->temp[0];
    if (x->parts == 1) {
        memset(p, 0, D * n * sizeof *p);
        memcpy(p, x->mult[0], n * sizeof *p);
        out->fn(out->ctx, leaf, p, x->d[0]);
        return;
    }
    k->ext_mul_fp(p, x->d[1], x->mult[0], n);
    k->ext_madd_fp(p, x->d[0], x->mult[1], n);
    k->ext_mul(q, x->d[0], x->d[1], n);
    out->fn(out->ctx, leaf, p, q);
}

void pp_block_leaves(pp_block *b, const pp_air_bus_challenges *bus, pp_block_leaf_fn *fn,
                     void *ctx) {
    b->lanes = PP_BLOCK_ROWS;
    to_caller out = {fn, ctx};
    run_leaves_fp(b, bus, 0, finish_leaf, &out);
}

typedef struct combining {
    const pp_block_weights *w;
    pp_fp *sum;
} combining;

// sum += weight · (p + gamma q) = weight · ((m0 + gamma d0) d1 + m1 d0), or weight · (m0 + gamma
// d0).
static void add_leaf_fp(pp_block *b, void *ctx, uint32_t leaf, const leaf_fp *x) {
    const combining *c = ctx;
    const pp_prove_kernels *k = b->k;
    size_t n = b->lanes;
    pp_fp *s = b->work[3], *f = b->temp[0];
    k->ext_mul_s(s, x->d[0], c->w->gamma, n);
    k->fp_add(s, s, x->mult[0], n);
    if (x->parts == 2) {
        k->ext_mul(f, s, x->d[1], n);
        k->ext_madd_fp(f, x->d[0], x->mult[1], n);
        s = f;
    }
    k->ext_madd_s(c->sum, s, c->w->leaves[leaf], n);
}

// The same where all is linear, from the rows: weight · (m0 + gamma d0) and weight · d0 are linear
// too, so both are made on rows, and only they, d1 and m1 are brought to the grid's points.
static void grid_of(pp_block *b, pp_fp *dst, const pp_fp *src, size_t planes) {
    for (size_t l = 0; l < planes; l++)
        b->k->fp_grid(dst + l * PP_BLOCK_LANES, src + l * PP_BLOCK_ROWS, PP_BLOCK_QUADS, PP_GRID);
}
static void add_linear_leaf_fp(pp_block *b, void *ctx, uint32_t leaf, const leaf_fp *x) {
    const combining *c = ctx;
    const pp_prove_kernels *k = b->k;
    pp_fp *s = b->work[3], *at[2] = {b->lines, b->lines + D * PP_BLOCK_LANES};
    pp_ext weight = c->w->leaves[leaf];
    k->ext_mul_s(s, x->d[0], c->w->gamma, PP_BLOCK_ROWS);
    k->fp_add(s, s, x->mult[0], PP_BLOCK_ROWS);
    k->ext_mul_s(s, s, weight, PP_BLOCK_ROWS);
    grid_of(b, at[0], s, D);
    if (x->parts == 1) {
        k->fp_add(c->sum, c->sum, at[0], D * PP_BLOCK_LANES);
        return;
    }
    grid_of(b, at[1], x->d[1], D);
    k->ext_madd(c->sum, at[0], at[1], PP_BLOCK_LANES);
    k->ext_mul_s(s, x->d[0], weight, PP_BLOCK_ROWS);
    grid_of(b, at[0], s, D);
    grid_of(b, at[1], x->mult[1], 1);
    k->ext_madd_fp(c->sum, at[0], at[1], PP_BLOCK_LANES);
}

static void combine_constraints_fp(pp_block *b, const pp_block_weights *w, pp_fp *sum) {
    const pp_air_table *t = b->t;
    uint32_t waiting = 0, added = 0;
    b->lanes = PP_GRID_INNER * PP_BLOCK_QUADS;
    pp_block_forget_lines(b);
    size_t n = b->lanes;
    memset(b->wide, 0, D * n * sizeof *b->wide);
    for (uint32_t i = 0; i < t->constraint_code_len; i++) {
        uint64_t instr = t->code[i];
        if (pp_air_instr_op(instr) != PP_AIR_ASSERT) {
            step_fp(b, instr, PP_GRID_INNER);
            continue;
        }
        value a = load_fp(b, pp_air_instr_a(instr), PP_GRID_INNER);
        memcpy(b->waiting + waiting++ * n, spread_fp(b, a, 0), n * sizeof(pp_fp));
        if (waiting < 4) continue;
        b->k->wide_madd_s4(b->wide, b->waiting, w->constraints + added, n);
        added += waiting;
        waiting = 0;
    }
    memset(b->waiting + waiting * n, 0, (4 - waiting) * n * sizeof(pp_fp));
    b->k->wide_madd_s4(b->wide, b->waiting, w->constraints + added, n);
    b->k->wide_reduce(b->work[0], b->wide, n);
    for (size_t l = 0; l < D; l++) {
        memcpy(sum + l * PP_BLOCK_LANES, b->work[0] + l * n, n * sizeof *sum);
        memset(sum + l * PP_BLOCK_LANES + n, 0, (PP_BLOCK_LANES - n) * sizeof *sum);
    }
}

void pp_block_combine_fp(pp_block *b, const pp_block_weights *w, pp_fp *sum) {
    combine_constraints_fp(b, w, sum);
    b->lanes = b->linear ? PP_BLOCK_ROWS : PP_BLOCK_LANES;
    pp_block_forget_lines(b);
    combining c = {w, sum};
    if (b->linear)
        run_leaves_fp(b, w->bus, 0, add_linear_leaf_fp, &c);
    else
        run_leaves_fp(b, w->bus, PP_GRID, add_leaf_fp, &c);
}
