// SPDX-License-Identifier: MIT OR Apache-2.0
// The buses: leaves made block by block, layers of fractions up to the root, and down again by
// sum-checks. A leaf-column is its real entries and a constant tail (0, D); under halving it stays
// so, with D squared, and under folding D stays.
#include <stdlib.h>

#include "prove/strips.h"

enum { D = PP_EXT_DEGREE };

typedef struct layer {
    pp_strip *strips;
    size_t strips_len; // leaf-columns; 1 when rows are used up and the columns lie in one strip
    uint32_t row_vars, column_vars; // of the layer; one of them is what the halves are halves of
} layer;

// Frees the layer, or hands its rooms on to the one below, if that has the same strips.
static void layer_free(layer *l, layer *below) {
    bool same = below != NULL && below->strips_len == l->strips_len && l->row_vars > 0;
    for (size_t i = 0; i < l->strips_len; i++) {
        if (same)
            below->strips[i].room[1] = l->strips[i].room[0];
        else
            free(l->strips[i].room[0]);
        free(l->strips[i].room[1]);
    }
    free(l->strips);
    l->strips = NULL;
}

// ---- leaves -------------------------------------------------------------------------------------

typedef struct leaf_job {
    pp_job *job;
    uint32_t table;
    pp_block *blocks; // by thread
    pp_strip *strips; // of the table
} leaf_job;

typedef struct leaf_ctx {
    pp_strip *strips;
    const pp_prove_kernels *k;
    size_t first;
} leaf_ctx;

static void store_leaf(void *ctx, uint32_t leaf, const pp_fp *p, const pp_fp *q) {
    const leaf_ctx *c = ctx;
    c->k->gkr_split(pp_strip_halves(&c->strips[leaf]), c->first, p, q, PP_BLOCK_ROWS);
}

static void make_leaves(void *ctx, size_t first, size_t end, size_t part) {
    leaf_job *l = ctx;
    pp_job *job = l->job;
    pp_block *b = &l->blocks[part];
    for (size_t i = first; i < end; i++) {
        pp_block_rows(b, &job->plan->layout, l->table, job->stack, job->fixed[l->table],
                      job->fixed_stride[l->table], (uint32_t)(i * PP_BLOCK_ROWS));
        leaf_ctx c = {l->strips, b->k, i * PP_BLOCK_PAIRS};
        pp_block_leaves(b, &job->bus, store_leaf, &c);
    }
}

// The denominators of a table's leaves on the all-zero row.
static void make_tails(pp_job *job, uint32_t table) {
    const pp_air_table *t = &job->machine->tables[table];
    size_t zeros = t->columns_len > t->fixed_len ? t->columns_len : t->fixed_len;
    pp_ext *zero = calloc(zeros + 1, sizeof *zero);
    pp_ext *registers = calloc(t->registers_len + 1, sizeof *registers);
    pp_fraction *leaves = calloc(t->leaves_len + 1, sizeof *leaves);
    PP_ASSERT(zero && registers && leaves);
    pp_air_point at = {zero, zero, job->publics, registers};
    pp_air_point_leaves(t, &at, &job->bus, leaves);
    for (uint32_t i = 0; i < t->leaves_len; i++)
        job->tails[job->plan->first_leaf[table] + i] = leaves[i].q;
    free(zero);
    free(registers);
    free(leaves);
}

static layer leaf_layer(pp_job *job) {
    const pp_shard_plan *plan = job->plan;
    layer l = {.strips = calloc(plan->leaves_len + 1, sizeof(pp_strip)),
               .strips_len = plan->leaves_len,
               .row_vars = plan->layout.log_rows,
               .column_vars = plan->log_leaves};
    PP_ASSERT(l.strips);
    size_t threads = pp_threads_len(job->pool);
    pp_block *blocks = calloc(threads, sizeof *blocks);
    PP_ASSERT(blocks);
    for (uint32_t i = 0; i < job->machine->tables_len; i++) {
        const pp_air_table *t = &job->machine->tables[i];
        if (plan->layout.rows[i] == 0 || t->leaves_len == 0) continue;
        make_tails(job, i);
        size_t count = pp_round_up(plan->layout.rows[i], PP_BLOCK_ROWS) / PP_BLOCK_ROWS;
        pp_strip *strips = l.strips + plan->first_leaf[i];
        for (uint32_t k = 0; k < t->leaves_len; k++)
            strips[k] = pp_strip_new(count * PP_BLOCK_PAIRS, job->tails[plan->first_leaf[i] + k]);
        for (size_t p = 0; p < threads; p++) pp_block_new(&blocks[p], t, job->publics);
        leaf_job work = {job, i, blocks, strips};
        pp_threads_run(job->pool, count, 1, make_leaves, &work);
        for (size_t p = 0; p < threads; p++) pp_block_free(&blocks[p]);
    }
    free(blocks);
    return l;
}

// ---- layers -------------------------------------------------------------------------------------

typedef struct up_job {
    const layer *from;
    layer *to;
} up_job;

static void up_strip(void *ctx, size_t i, size_t first, size_t end, size_t part) {
    (void)part;
    up_job *u = ctx;
    pp_strip *s = &u->from->strips[i], *d = &u->to->strips[i];
    pp_prove_kernels_get()->gkr_up(pp_halves_from(pp_strip_halves(d), first),
                                   pp_halves_from(pp_strip_halves(s), 2 * first),
                                   2 * (end - first));
    if (end == s->len / 2) pp_strip_fill(d, end, pp_ext_zero(), d->tail);
}

// Entry i of a strip's next layer: p0 q1 + p1 q0 over q0 q1.
static pp_fraction entry(const pp_strip *s, size_t i) {
    pp_halves h = pp_strip_halves(s);
    pp_fraction a = {pp_planes_get(h.p0, i), pp_planes_get(h.q0, i)};
    pp_fraction b = {pp_planes_get(h.p1, i), pp_planes_get(h.q1, i)};
    return pp_fraction_add(a, b);
}

// 2^k fractions, k ≥ 1, as one strip.
static layer dense_layer(const pp_fraction *x, uint32_t k) {
    size_t pairs = (size_t)1 << (k - 1);
    layer l = {.strips = calloc(1, sizeof(pp_strip)), .strips_len = 1, .column_vars = k};
    PP_ASSERT(l.strips);
    l.strips[0] = pp_strip_new(pp_round_up(pairs, PP_LANES_UNIT), pp_ext_one());
    pp_halves h = pp_strip_halves(&l.strips[0]);
    for (size_t i = 0; i < pairs; i++) {
        pp_planes_set(h.p0, i, x[2 * i].p);
        pp_planes_set(h.p1, i, x[2 * i + 1].p);
        pp_planes_set(h.q0, i, x[2 * i].q);
        pp_planes_set(h.q1, i, x[2 * i + 1].q);
    }
    pp_strip_fill(&l.strips[0], pairs, pp_ext_zero(), pp_ext_one());
    return l;
}

// The next layer of `from`, which has more than one variable left.
static layer layer_up(pp_job *job, const layer *from) {
    if (from->row_vars >= 2) {
        layer to = *from;
        to.row_vars--;
        to.strips = calloc(from->strips_len + 1, sizeof(pp_strip));
        PP_ASSERT(to.strips);
        for (size_t i = 0; i < from->strips_len; i++)
            to.strips[i] = pp_strip_new(pp_round_up(from->strips[i].len / 2, PP_LANES_UNIT),
                                        pp_ext_sqr(from->strips[i].tail));
        up_job u = {from, &to};
        pp_strips_run(job->pool, from->strips, from->strips_len, up_strip, &u);
        return to;
    }
    // From here on the entries are one a leaf-column, or the dense strip's.
    bool rows = from->row_vars == 1;
    uint32_t k = rows ? from->column_vars : from->column_vars - 1;
    pp_fraction *x = calloc((size_t)1 << k, sizeof *x);
    PP_ASSERT(x);
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        if (!rows)
            x[i] = entry(&from->strips[0], i);
        else
            x[i] = i < from->strips_len ? entry(&from->strips[i], 0)
                                        : (pp_fraction){pp_ext_zero(), pp_ext_one()};
    }
    layer to = dense_layer(x, k);
    free(x);
    return to;
}

// ---- one layer's sum-check ----------------------------------------------------------------------

// A thread's share of a round: h(0) and the leading coefficient; and the sum of eq behind so many
// pairs, which strips of one table share.
typedef struct share {
    pp_ext sum[2], behind;
    size_t behind_pairs;
} share;

typedef struct round_job {
    const pp_prove_kernels *k;
    pp_strip *strips;
    const pp_ext *weights; // by strip: eq over the column variables
    pp_planes eq;
    size_t eq_len;
    uint32_t vars; // row variables after this round's
    const pp_ext *rho;
    pp_ext lambda, r;
    share *shares; // by thread
} round_job;

// Σ over the strips of weight · (h(0), leading coefficient), tails included.
static void round_sum(void *ctx, size_t i, size_t first, size_t end, size_t part) {
    round_job *j = ctx;
    pp_strip *s = &j->strips[i];
    share *mine = &j->shares[part];
    size_t pairs = pp_smaller(s->len / 2, j->eq_len);
    pp_ext at[2] = {pp_ext_zero(), pp_ext_zero()};
    pp_planes eq = {j->eq.v + first, j->eq.stride};
    end = pp_smaller(end, pairs);
    if (first < end)
        j->k->gkr_round(at, pp_halves_from(pp_strip_halves(s), 2 * first), eq,
                        pp_round_up(end - first, PP_STRIP_UNIT));
    if (first == 0) {
        if (pairs != mine->behind_pairs) {
            mine->behind = pp_ext_sub(pp_ext_one(), pp_eq_prefix(j->rho, j->vars, pairs));
            mine->behind_pairs = pairs;
        }
        pp_ext tail = pp_ext_mul(j->lambda, pp_ext_sqr(s->tail));
        at[0] = pp_ext_add(at[0], pp_ext_mul(mine->behind, tail));
    }
    for (int k = 0; k < 2; k++)
        mine->sum[k] = pp_ext_add(mine->sum[k], pp_ext_mul(j->weights[i], at[k]));
}

static void fold_strip(void *ctx, size_t i, size_t first, size_t end, size_t part) {
    (void)part;
    round_job *j = ctx;
    const pp_strip *s = &j->strips[i];
    pp_strip d = *s;
    d.v = s->room[!s->now];
    d.len = pp_round_up(s->len / 2, PP_LANES_UNIT);
    size_t n = end - first;
    pp_halves from = pp_halves_from(pp_strip_halves(s), 2 * first),
              to = pp_halves_from(pp_strip_halves(&d), first);
    j->k->ext_fold(to.p0, from.p0, j->r, n);
    j->k->ext_fold(to.p1, from.p1, j->r, n);
    j->k->ext_fold(to.q0, from.q0, j->r, n);
    j->k->ext_fold(to.q1, from.q1, j->r, n);
    if (end == s->len / 2) pp_strip_fill(&d, end, pp_ext_mul(j->lambda, s->tail), s->tail);
}

static void fold_strips(pp_job *job, round_job *j, size_t len) {
    for (size_t i = 0; i < len; i++) {
        pp_strip *s = &j->strips[i];
        pp_fp **room = &s->room[!s->now];
        if (*room == NULL) *room = pp_strip_room(pp_round_up(s->len / 2, PP_LANES_UNIT));
    }
    pp_strips_run(job->pool, j->strips, len, fold_strip, j);
    for (size_t i = 0; i < len; i++) {
        pp_strip *s = &j->strips[i];
        s->now = !s->now;
        s->v = s->room[s->now];
        s->len = pp_round_up(s->len / 2, PP_LANES_UNIT);
    }
}

static void prepare_strip(void *ctx, size_t i, size_t first, size_t end, size_t part) {
    (void)part;
    round_job *j = ctx;
    j->k->gkr_prepare(pp_halves_from(pp_strip_halves(&j->strips[i]), 2 * first), j->lambda,
                      2 * (end - first));
}

// Sends the round polynomial h, of degree 2, with h(0) and its leading coefficient known; draws r.
static pp_ext send_round(pp_job *job, pp_ext *claim, pp_ext rho, pp_ext at0, pp_ext lead) {
    // (1 − rho) h(0) + rho h(1) = claim.
    pp_ext rest = pp_ext_sub(*claim, at0); // = rho (h(1) − h(0))
    pp_ext slope = pp_ext_mul(rest, pp_ext_inverse(rho));
    pp_ext c[2] = {pp_ext_sub(slope, lead), lead};
    pp_transcript_send_ext(&job->t, "gkr round", c, 2);
    pp_ext r = pp_transcript_challenge_ext(&job->t, "gkr point");
    *claim = pp_round_next(*claim, rho, c, 2, r);
    return r;
}

// Rounds over `vars` variables with coordinates rho on strips; rho becomes the point.
static void rounds(pp_job *job, layer *l, uint32_t vars, pp_ext *rho, const pp_ext *weights,
                   pp_ext padding, pp_ext lambda, pp_ext *claim) {
    if (vars == 0) return;
    size_t threads = pp_threads_len(job->pool);
    round_job j = {.k = pp_prove_kernels_get(),
                   .strips = l->strips,
                   .weights = weights,
                   .eq = pp_eq_planes(rho + 1, vars - 1),
                   .lambda = lambda,
                   .shares = calloc(threads, sizeof *j.shares)};
    PP_ASSERT(j.shares);
    for (uint32_t i = 0; i < vars; i++) {
        j.vars = vars - 1 - i;
        j.rho = rho + i + 1;
        j.eq_len = (size_t)1 << j.vars;
        memset(j.shares, 0, threads * sizeof *j.shares);
        pp_strips_run(job->pool, l->strips, l->strips_len, round_sum, &j);
        pp_ext at0 = pp_ext_mul(padding, lambda), lead = pp_ext_zero();
        for (size_t t = 0; t < threads; t++) {
            at0 = pp_ext_add(at0, j.shares[t].sum[0]);
            lead = pp_ext_add(lead, j.shares[t].sum[1]);
        }
        j.r = send_round(job, claim, rho[i], at0, lead);
        rho[i] = j.r;
        fold_strips(job, &j, l->strips_len);
        if (j.vars > 0) pp_eq_halve(&j.eq, j.vars);
    }
    free(j.eq.v);
    free(j.shares);
}

// The strips' first entries, with their padding, as one strip of halves.
static layer gather(const layer *l, pp_ext lambda) {
    size_t len = (size_t)1 << l->column_vars;
    layer g = {
        .strips = calloc(1, sizeof(pp_strip)), .strips_len = 1, .column_vars = l->column_vars};
    PP_ASSERT(g.strips);
    g.strips[0] = pp_strip_new(pp_round_up(len, PP_LANES_UNIT), pp_ext_one());
    pp_strip_fill(&g.strips[0], 0, lambda, pp_ext_one());
    pp_halves to = pp_strip_halves(&g.strips[0]);
    for (size_t i = 0; i < l->strips_len; i++) {
        pp_halves from = pp_strip_halves(&l->strips[i]);
        pp_planes_set(to.p0, i, pp_planes_get(from.p0, 0));
        pp_planes_set(to.p1, i, pp_planes_get(from.p1, 0));
        pp_planes_set(to.q0, i, pp_planes_get(from.q0, 0));
        pp_planes_set(to.q1, i, pp_planes_get(from.q1, 0));
    }
    return g;
}

// From the claims on the layer above l to claims on l, which is used up; below is the next, or
// NULL.
static void layer_down(pp_job *job, layer *l, layer *below) {
    bool rows = l->row_vars > 0;
    uint32_t row_vars = rows ? l->row_vars - 1 : 0;
    uint32_t column_vars = rows ? l->column_vars : l->column_vars - 1;
    pp_ext lambda = pp_transcript_challenge_ext(&job->t, "lambda");
    pp_ext claim = pp_ext_add(job->leaf.p, pp_ext_mul(lambda, job->leaf.q));

    round_job prepare = {.k = pp_prove_kernels_get(), .strips = l->strips, .lambda = lambda};
    pp_strips_run(job->pool, l->strips, l->strips_len, prepare_strip, &prepare);
    if (rows) {
        pp_planes weights = pp_eq_planes(job->rho + row_vars, column_vars);
        pp_ext *by_strip = calloc(l->strips_len + 1, sizeof *by_strip), padding = pp_ext_one();
        PP_ASSERT(by_strip);
        for (size_t i = 0; i < l->strips_len; i++) {
            by_strip[i] = pp_planes_get(weights, i);
            padding = pp_ext_sub(padding, by_strip[i]);
        }
        rounds(job, l, row_vars, job->rho, by_strip, padding, lambda, &claim);
        free(by_strip);
        free(weights.v);
        layer g = gather(l, lambda);
        layer_free(l, below);
        *l = g;
    }
    pp_ext one = pp_ext_one();
    rounds(job, l, column_vars, job->rho + row_vars, &one, pp_ext_zero(), lambda, &claim);

    pp_halves h = pp_strip_halves(&l->strips[0]);
    pp_ext v[4] = {pp_planes_get(h.p0, 0), pp_planes_get(h.p1, 0), pp_planes_get(h.q0, 0),
                   pp_planes_get(h.q1, 0)};
    v[0] = pp_ext_sub(v[0], pp_ext_mul(lambda, v[2]));
    pp_transcript_send_ext(&job->t, "gkr halves", v, 4);
    pp_ext mu = pp_transcript_challenge_ext(&job->t, "gkr half");
    memmove(job->rho + 1, job->rho, (row_vars + column_vars) * sizeof *job->rho);
    job->rho[0] = mu;
    job->leaf.p = pp_ext_add(v[0], pp_ext_mul(mu, pp_ext_sub(v[1], v[0])));
    job->leaf.q = pp_ext_add(v[2], pp_ext_mul(mu, pp_ext_sub(v[3], v[2])));
    layer_free(l, NULL);
}

void pp_job_buses(pp_job *job) {
    const pp_shard_plan *plan = job->plan;
    uint32_t len = plan->layout.log_rows + plan->log_leaves;
    layer layers[PP_PROVE_VARIABLES_MAX];
    layers[0] = leaf_layer(job);
    for (uint32_t i = 1; i < len; i++) layers[i] = layer_up(job, &layers[i - 1]);

    pp_fraction root;
    if (layers[len - 1].row_vars == 1 && plan->leaves_len == 0)
        root = (pp_fraction){pp_ext_zero(), pp_ext_one()};
    else
        root = entry(&layers[len - 1].strips[0], 0);
    pp_ext both[2] = {root.p, root.q};
    pp_transcript_send_ext(&job->t, "gkr root", both, 2);
    job->leaf = root;
    for (uint32_t i = len; i-- > 0;) layer_down(job, &layers[i], i > 0 ? &layers[i - 1] : NULL);
    // layer_down has freed every layer. NOLINTNEXTLINE(clang-analyzer-unix.Malloc)
}
