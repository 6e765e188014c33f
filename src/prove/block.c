// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/block.h"

#include <stdlib.h>

enum { D = PP_EXT_DEGREE, EDGE = PP_BLOCK_ROWS };

void pp_block_new(pp_block *b, const pp_air_table *t, const pp_fp *publics) {
    size_t lane_bytes = sizeof(pp_fp) * D * PP_BLOCK_LANES;
    size_t columns = (size_t)t->columns_len + t->fixed_len;
    *b = (pp_block){.k = pp_prove_kernels_get(), .t = t, .publics = publics};
    size_t size = lane_bytes * ((size_t)t->registers_len + 6 + PP_BLOCK_CACHE) +
                  sizeof(pp_fp) * EDGE * columns + sizeof(uint64_t) * D * PP_BLOCK_LANES +
                  sizeof(pp_fp) * 4 * PP_BLOCK_LANES + sizeof(void *) * columns + 64;
    b->linear = true;
    for (uint32_t i = 0; i < t->interactions_len; i++)
        b->linear &= t->interactions[i].mult_degree <= 1 && t->interactions[i].tuple_degree <= 1;
    b->memory = calloc(1, size + 64);
    PP_ASSERT(b->memory);
    pp_arena a;
    pp_arena_init(&a, b->memory, size + 64);
    b->registers = pp_arena_alloc(&a, lane_bytes * t->registers_len, 64);
    for (int i = 0; i < 2; i++) b->temp[i] = pp_arena_alloc(&a, lane_bytes, 64);
    for (int i = 0; i < 4; i++) b->work[i] = pp_arena_alloc(&a, lane_bytes, 64);
    b->lines = pp_arena_alloc(&a, lane_bytes * PP_BLOCK_CACHE, 64);
    b->wide = pp_arena_alloc(&a, sizeof(uint64_t) * D * PP_BLOCK_LANES, 64);
    b->waiting = pp_arena_alloc(&a, sizeof(pp_fp) * 4 * PP_BLOCK_LANES, 64);
    b->edge = pp_arena_alloc(&a, sizeof(pp_fp) * EDGE * columns, 64);
    b->columns = (const pp_fp **)pp_arena_alloc(&a, sizeof(void *) * columns, 8);
    PP_ASSERT(b->columns);
    b->fixed = b->columns + t->columns_len;
}

void pp_block_free(pp_block *b) {
    free(b->memory);
}

void pp_block_rows(pp_block *b, const pp_layout *l, uint32_t table, const pp_fp *stack,
                   const pp_fp *fixed, size_t stride, uint32_t row) {
    const pp_air_table *t = b->t;
    for (uint32_t f = 0; f < t->fixed_len; f++) b->fixed[f] = fixed + f * stride + row;
    bool edge = false;
    for (uint32_t i = 0; i < l->table_pieces_len[table]; i++) {
        const pp_piece *p = &l->pieces[l->table_pieces[table][i]];
        uint32_t size = (uint32_t)1 << p->log_rows, from = p->first_row;
        if (from + size <= row || from >= row + PP_BLOCK_ROWS) continue;
        if (from <= row && row + PP_BLOCK_ROWS <= from + size) {
            for (uint32_t c = 0; c < t->columns_len; c++)
                b->columns[c] = stack + p->offset + ((uint64_t)c << p->log_rows) + (row - from);
            return;
        }
        if (!edge)
            memset(b->edge, 0, sizeof(pp_fp) * EDGE * ((size_t)t->columns_len + t->fixed_len));
        edge = true;
        // Here the whole piece lies in the block: both are aligned to their sizes.
        for (uint32_t c = 0; c < t->columns_len; c++)
            memcpy(b->edge + (size_t)c * EDGE + (from - row),
                   stack + p->offset + ((uint64_t)c << p->log_rows), size * sizeof(pp_fp));
    }
    PP_ASSERT(edge);
    for (uint32_t c = 0; c < t->columns_len; c++) b->columns[c] = b->edge + (size_t)c * EDGE;
}

// ---- base field ---------------------------------------------------------------------------------

// An operand: lanes, or a scalar for all of them.
typedef struct value {
    const pp_fp *v; // NULL: scalar
    pp_fp s;
} value;

static void forget_lines(pp_block *b) {
    memset(b->line_of, 0xff, sizeof b->line_of);
}

// Spread, since columns that are used together are often a power of two apart.
static uint32_t line_slot(uint32_t column) {
    return column * 0x9e3779b9u >> 28;
}

// Where the column's line is kept; *there: it is there already.
static pp_fp *line_place(pp_block *b, uint32_t column, bool *there) {
    uint32_t slot = line_slot(column);
    *there = b->line_of[slot] == column;
    b->line_of[slot] = column;
    return b->lines + (size_t)slot * D * PP_BLOCK_LANES;
}

// points 0: the rows themselves. The two operands of an instruction must not push out each other.
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
    pp_fp *line = line_place(b, column, &there);
    if (!there) b->k->fp_grid(line, src, PP_BLOCK_QUADS, points);
    return (value){line, {0}};
}

static bool is_column(pp_air_operand o) {
    return o.kind == PP_AIR_COLUMN || o.kind == PP_AIR_FIXED;
}

// Before operand oy is loaded: where ox's lanes are safe from it.
static const pp_fp *keep_line(pp_block *b, pp_air_operand ox, pp_air_operand oy, const pp_fp *v,
                              size_t len) {
    if (!is_column(ox) || !is_column(oy)) return v;
    uint32_t x = ox.index + (ox.kind == PP_AIR_FIXED ? b->t->columns_len : 0);
    uint32_t y = oy.index + (oy.kind == PP_AIR_FIXED ? b->t->columns_len : 0);
    if (x == y || line_slot(x) != line_slot(y)) return v;
    memcpy(b->temp[1], v, len * sizeof *v);
    return b->temp[1];
}

static const pp_fp *spread_fp(pp_block *b, value x, int slot) {
    if (x.v) return x.v;
    for (size_t i = 0; i < b->lanes; i++) b->temp[slot][i] = x.s;
    return b->temp[slot];
}

// dst −= 2 x, which is in every exclusive or, without a product.
static void subtract_twice(const pp_prove_kernels *k, pp_fp *dst, const pp_fp *x, size_t n) {
    k->fp_sub(dst, dst, x, n);
    k->fp_sub(dst, dst, x, n);
}
static bool is_two(pp_fp s) {
    return s.v == pp_fp_from_u32(2).v;
}

static void step_fp(pp_block *b, uint64_t instr, unsigned points) {
    const pp_prove_kernels *k = b->k;
    size_t n = b->lanes;
    pp_fp *dst = b->registers + pp_air_instr_dst(instr) * n;
    pp_air_operand ox = pp_air_instr_a(instr), oy = pp_air_instr_b(instr);
    value x = load_fp(b, ox, points);
    if (points != 0 && x.v) x.v = keep_line(b, ox, oy, x.v, n);
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
        else if (is_two(y.s))
            subtract_twice(k, dst, x.v, n);
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

static void broadcast(pp_fp *dst, pp_ext s, size_t n) {
    for (size_t l = 0; l < D; l++)
        for (size_t i = 0; i < n; i++) dst[l * n + i] = s.c[l];
}

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
            broadcast(leaf.d[now->second], pp_ext_sub_fp(bus->alpha, pp_fp_from_u32(dst)), n);
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
    forget_lines(b);
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
    forget_lines(b);
    combining c = {w, sum};
    if (b->linear)
        run_leaves_fp(b, w->bus, 0, add_linear_leaf_fp, &c);
    else
        run_leaves_fp(b, w->bus, PP_GRID, add_leaf_fp, &c);
}

// ---- extension ----------------------------------------------------------------------------------

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
    pp_fp *line = line_place(b, column, &there);
    if (!there) b->k->ext_line(line, entries, 0, PP_BLOCK_PAIRS);
    return (value_ext){line, {0}};
}

static const pp_fp *spread_ext(pp_block *b, value_ext x, int slot) {
    if (x.v) return x.v;
    broadcast(b->temp[slot], pp_ext_from_fp(x.s), b->lanes);
    return b->temp[slot];
}

static void step_ext(pp_block *b, uint64_t instr) {
    const pp_prove_kernels *k = b->k;
    size_t n = b->lanes;
    pp_fp *dst = b->registers + (size_t)pp_air_instr_dst(instr) * D * n;
    pp_air_operand ox = pp_air_instr_a(instr), oy = pp_air_instr_b(instr);
    value_ext x = load_ext(b, ox);
    if (x.v && !b->on_rows) x.v = keep_line(b, ox, oy, x.v, D * n);
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
        else if (is_two(y.s))
            subtract_twice(k, dst, x.v, D * n);
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
            broadcast(d, pp_ext_sub_fp(w->bus->alpha, pp_fp_from_u32(dst)), n);
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
    forget_lines(b);
    memset(sum, 0, D * PP_BLOCK_EXT_LANES * sizeof *sum);
    add_constraints_ext(b, w, sum);
    b->on_rows = b->linear;
    if (b->on_rows) b->lanes = PP_BLOCK_ROWS;
    add_leaves_ext(b, w, sum);
    b->on_rows = false;
}
