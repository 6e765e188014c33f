// SPDX-License-Identifier: MIT OR Apache-2.0
// The zero-check with the leaves' claims: the first two rounds at once, on base-field values
// straight from the trace, the later ones on columns folded into the extension.
#include <stdlib.h>

#include "prove/parts.h"

enum { D = PP_EXT_DEGREE };

// One used table on its way through the rounds.
typedef struct sheet {
    uint32_t table;
    const pp_air_table *t;
    size_t columns;   // fixed ones too
    size_t len;       // stored entries of each folded column, a multiple of PP_BLOCK_ROWS
    pp_fp *folded;    // block by block (prove/block.h)
    pp_fp *spare;     // what it was folded from, as room for the next but one
    pp_block *blocks; // by thread
    pp_block_weights w;
    pp_ext tail; // the combination on the all-zero row
} sheet;

typedef struct check {
    pp_job *job;
    sheet *sheets;
    uint32_t sheets_len;
    pp_ext gamma, *constraint_weights, *leaf_weights;
    pp_planes eq;
    // The running round:
    sheet *now;
    bool on_rows; // it is the first two
    size_t eq_len;
    pp_ext (*sums)[PP_GRID]; // by thread
} check;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

// ---- weights ------------------------------------------------------------------------------------

static void make_weights(check *c) {
    pp_job *job = c->job;
    const pp_shard_plan *plan = job->plan;
    uint32_t constraints = 0;
    for (uint32_t i = 0; i < c->sheets_len; i++) constraints += c->sheets[i].t->constraints_len;
    c->constraint_weights = pp_job_alloc(constraints + 4, sizeof(pp_ext));
    c->leaf_weights = pp_job_alloc((size_t)1 << plan->log_leaves, sizeof(pp_ext));
    pp_ext power = pp_ext_sqr(c->gamma);
    for (uint32_t i = 0; i < constraints + 4; i++, power = pp_ext_mul(power, c->gamma))
        c->constraint_weights[i] = power;
    pp_planes eq = pp_eq_planes(job->rho + plan->layout.log_rows, plan->log_leaves);
    for (size_t i = 0; i < (size_t)1 << plan->log_leaves; i++)
        c->leaf_weights[i] = pp_planes_get(eq, i);
    free(eq.v);

    constraints = 0;
    for (uint32_t i = 0; i < c->sheets_len; i++) {
        sheet *s = &c->sheets[i];
        uint32_t leaf = plan->first_leaf[s->table];
        s->w = (pp_block_weights){&job->bus, c->gamma, c->constraint_weights + constraints,
                                  c->leaf_weights + leaf};
        constraints += s->t->constraints_len;
        s->tail = pp_ext_zero();
        for (uint32_t k = 0; k < s->t->leaves_len; k++)
            s->tail = pp_ext_add(s->tail, pp_ext_mul(s->w.leaves[k], job->tails[leaf + k]));
        s->tail = pp_ext_mul(s->tail, c->gamma);
    }
}

// The claim that the sum-check starts from: the padding leaf-columns, 0/1 each, are left out.
static pp_ext first_claim(const check *c) {
    const pp_shard_plan *plan = c->job->plan;
    pp_ext padding = pp_ext_zero();
    for (size_t i = plan->leaves_len; i < (size_t)1 << plan->log_leaves; i++)
        padding = pp_ext_add(padding, c->leaf_weights[i]);
    return pp_ext_add(c->job->leaf.p, pp_ext_mul(c->gamma, pp_ext_sub(c->job->leaf.q, padding)));
}

// ---- a round ------------------------------------------------------------------------------------

// Blocks of the running sheet: Σ eq · combination at the grid's points, or at the three.
static void sum_blocks(void *ctx, size_t first, size_t end, size_t part) {
    check *c = ctx;
    pp_job *job = c->job;
    sheet *s = c->now;
    pp_block *b = &c->now->blocks[part];
    size_t points = c->on_rows ? PP_GRID : PP_POINTS;
    size_t unit = c->on_rows ? PP_BLOCK_QUADS : PP_BLOCK_PAIRS;
    pp_fp *sum = pp_job_alloc(D * PP_BLOCK_LANES, sizeof *sum);
    for (size_t i = first; i < end; i++) {
        size_t n = smaller(unit, c->eq_len - i * unit);
        if (c->on_rows) {
            pp_block_rows(b, &job->plan->layout, s->table, job->stack, job->fixed[s->table],
                          job->fixed_stride[s->table], (uint32_t)(i * PP_BLOCK_ROWS));
            pp_block_combine_fp(b, &s->w, sum);
        } else {
            pp_block_combine_ext(b, &s->w, pp_block_column(s->folded, s->columns, i, 0).v, sum);
        }
        for (size_t x = 0; x < points; x++) {
            pp_ext e = b->k->ext_dot(sum + x * unit, points * unit, c->eq, i * unit,
                                     pp_round_up(n, PP_LANES_UNIT / 2));
            c->sums[part][x] = pp_ext_add(c->sums[part][x], e);
        }
    }
    free(sum);
}

// The sums over all tables and their tails, at the points; `vars` variables with coordinates rho
// are summed over.
static void round_values(check *c, uint32_t vars, const pp_ext *rho, pp_ext *out) {
    pp_job *job = c->job;
    size_t threads = pp_threads_len(job->pool);
    size_t points = c->on_rows ? PP_GRID : PP_POINTS, each = c->on_rows ? 4 : 2;
    for (size_t x = 0; x < points; x++) out[x] = pp_ext_zero();
    c->eq_len = (size_t)1 << vars;
    for (uint32_t i = 0; i < c->sheets_len; i++) {
        sheet *s = c->now = &c->sheets[i];
        size_t rows = c->on_rows ? job->plan->layout.rows[s->table] : s->len;
        size_t blocks = pp_round_up(rows, PP_BLOCK_ROWS) / PP_BLOCK_ROWS;
        size_t entries = smaller(blocks * PP_BLOCK_ROWS / each, c->eq_len);
        memset(c->sums, 0, threads * sizeof *c->sums);
        pp_threads_run(job->pool, pp_round_up(entries * each, PP_BLOCK_ROWS) / PP_BLOCK_ROWS, 1,
                       sum_blocks, c);
        pp_ext behind = pp_ext_sub(pp_ext_one(), pp_eq_prefix(rho, vars, entries));
        pp_ext tail = pp_ext_mul(behind, s->tail);
        for (size_t x = 0; x < points; x++) {
            for (size_t p = 0; p < threads; p++) out[x] = pp_ext_add(out[x], c->sums[p][x]);
            out[x] = pp_ext_add(out[x], tail);
        }
    }
}

// The coefficients of X, X², X³ of the h with these values at 2, −1, 0 and
// (1 − rho) h(0) + rho h(1) = claim.
static void interpolate(pp_ext c[3], const pp_ext at[PP_POINTS], pp_ext claim, pp_ext rho) {
    pp_fp half = pp_fp_inverse(pp_fp_from_u32(2)), third = pp_fp_inverse(pp_fp_from_u32(3));
    pp_ext two = at[0], minus = at[1], zero = at[2];
    pp_ext one = pp_ext_add(zero, pp_ext_mul(pp_ext_sub(claim, zero), pp_ext_inverse(rho)));
    // h(1) ± h(−1) give the even and the odd coefficients; h(2) tells X³ from X.
    c[1] = pp_ext_sub(pp_ext_mul_fp(pp_ext_add(one, minus), half), zero);
    pp_ext odd = pp_ext_mul_fp(pp_ext_sub(one, minus), half);
    pp_ext four = pp_ext_mul_fp(pp_ext_sub(two, zero), half); // c0 + 2 c1 + 4 c2
    four = pp_ext_sub(four, pp_ext_add(c[1], c[1]));
    c[2] = pp_ext_mul_fp(pp_ext_sub(four, odd), third);
    c[0] = pp_ext_sub(odd, c[2]);
}

// h at 2, −1, 0 of the first round, which sums over the second coordinate, 0 and 1; and of the
// second, on the cubics in the first coordinate, at its challenge.
static void first_values(pp_ext at[PP_POINTS], const pp_ext *grid, pp_ext rho) {
    for (size_t x = 0; x < PP_POINTS; x++) {
        pp_ext zero = grid[pp_grid_point(x, 2)], one = grid[pp_grid_point(x, 3)];
        at[x] = pp_ext_add(zero, pp_ext_mul(rho, pp_ext_sub(one, zero)));
    }
}
static void second_values(pp_ext at[PP_POINTS], const pp_ext *grid, pp_ext r) {
    for (size_t y = 0; y < PP_POINTS; y++) {
        pp_ext c[3], on[PP_POINTS];
        for (size_t x = 0; x < PP_POINTS; x++) on[x] = grid[pp_grid_point(x, y)];
        interpolate(c, on, grid[pp_grid_point(3, y)], pp_ext_one());
        at[y] = pp_ext_add(
            on[2],
            pp_ext_mul(r, pp_ext_add(c[0], pp_ext_mul(r, pp_ext_add(c[1], pp_ext_mul(r, c[2]))))));
    }
}

// ---- folding ------------------------------------------------------------------------------------

typedef struct fold_ctx {
    check *c;
    const sheet *from;
    sheet *to;
    const pp_ext *r; // two for rows
    size_t parts;    // that a block is folded into one of: 4 or 2
} fold_ctx;

// Where what block `from` folds to lies.
static pp_planes folded_part(const fold_ctx *f, size_t from, size_t column) {
    pp_planes p = pp_block_column(f->to->folded, f->to->columns, from / f->parts, column);
    p.v += from % f->parts * (PP_BLOCK_ROWS / f->parts);
    return p;
}

static void fold_rows(void *ctx, size_t first, size_t end, size_t part) {
    fold_ctx *f = ctx;
    pp_job *job = f->c->job;
    sheet *s = f->to;
    pp_block *b = &s->blocks[part];
    for (size_t i = first; i < end; i++) {
        pp_block_rows(b, &job->plan->layout, s->table, job->stack, job->fixed[s->table],
                      job->fixed_stride[s->table], (uint32_t)(i * PP_BLOCK_ROWS));
        for (size_t k = 0; k < s->columns; k++)
            b->k->fp_fold(folded_part(f, i, k), 0, b->columns[k], f->r, PP_BLOCK_QUADS);
    }
}

static void fold_folded(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    fold_ctx *f = ctx;
    const pp_prove_kernels *kernels = pp_prove_kernels_get();
    for (size_t i = first; i < end; i++)
        for (size_t k = 0; k < f->to->columns; k++)
            kernels->ext_fold(folded_part(f, i, k),
                              pp_block_column(f->from->folded, f->from->columns, i, k), *f->r,
                              PP_BLOCK_PAIRS);
}

// All sheets, at the challenge or the first two.
static void fold(check *c, const pp_ext *r) {
    pp_job *job = c->job;
    for (uint32_t i = 0; i < c->sheets_len; i++) {
        sheet *s = &c->sheets[i], old = *s;
        fold_ctx f = {c, &old, s, r, c->on_rows ? 4 : 2};
        size_t rows = c->on_rows ? job->plan->layout.rows[s->table] : old.len;
        size_t blocks = pp_round_up(rows, PP_BLOCK_ROWS) / PP_BLOCK_ROWS;
        size_t to = (blocks + f.parts - 1) / f.parts;
        s->len = to * PP_BLOCK_ROWS;
        s->folded = old.spare ? old.spare : pp_job_alloc(s->columns * s->len, D * sizeof(pp_fp));
        s->spare = old.folded;
        // What no block folds to is zero.
        for (size_t from = blocks; from < to * f.parts; from++)
            for (size_t k = 0; k < s->columns; k++)
                for (size_t l = 0; l < D; l++)
                    memset(folded_part(&f, from, k).v + l * PP_BLOCK_ROWS, 0,
                           PP_BLOCK_ROWS / f.parts * sizeof(pp_fp));
        pp_threads_run(job->pool, blocks, 1, c->on_rows ? fold_rows : fold_folded, &f);
    }
    c->on_rows = false;
}

// ---- all of it ----------------------------------------------------------------------------------

static void begin(check *c, pp_job *job) {
    const pp_shard_plan *plan = job->plan;
    *c = (check){.job = job, .on_rows = true};
    c->sheets = calloc(job->machine->tables_len, sizeof *c->sheets);
    size_t threads = pp_threads_len(job->pool);
    c->sums = calloc(threads, sizeof *c->sums);
    PP_ASSERT(c->sheets && c->sums);
    for (uint32_t i = 0; i < job->machine->tables_len; i++) {
        if (plan->layout.rows[i] == 0) continue;
        sheet *s = &c->sheets[c->sheets_len++];
        *s = (sheet){.table = i, .t = &job->machine->tables[i]};
        s->columns = (size_t)s->t->columns_len + s->t->fixed_len;
        s->blocks = calloc(threads, sizeof *s->blocks);
        PP_ASSERT(s->blocks);
        for (size_t p = 0; p < threads; p++) pp_block_new(&s->blocks[p], s->t, job->publics);
    }
    c->gamma = pp_transcript_challenge_ext(&job->t, "gamma");
    make_weights(c);
}

static void end(check *c) {
    for (uint32_t i = 0; i < c->sheets_len; i++) {
        for (size_t p = 0; p < pp_threads_len(c->job->pool); p++)
            pp_block_free(&c->sheets[i].blocks[p]);
        free(c->sheets[i].blocks);
        free(c->sheets[i].folded);
        free(c->sheets[i].spare);
    }
    free(c->sheets);
    free(c->sums);
    free(c->constraint_weights);
    free(c->leaf_weights);
    free(c->eq.v);
}

// Round number i: sends h, draws its challenge.
static void send_round(pp_job *job, uint32_t i, const pp_ext at[PP_POINTS], pp_ext *claim) {
    pp_ext c[3];
    interpolate(c, at, *claim, job->rho[i]);
    pp_transcript_send_ext(&job->t, "zero-check round", c, 3);
    job->point[i] = pp_transcript_challenge_ext(&job->t, "zero-check point");
    *claim = pp_round_next(*claim, job->rho[i], c, 3, job->point[i]);
}

void pp_job_tables(pp_job *job) {
    check c;
    begin(&c, job);
    uint32_t n = job->plan->layout.log_rows, done = n < 2 ? n : 2;
    pp_ext claim = first_claim(&c), grid[PP_GRID], at[PP_POINTS];
    // Of one variable: a second, on which nothing depends, is 0.
    pp_ext rho = n < 2 ? pp_ext_zero() : job->rho[1], r[2] = {pp_ext_zero(), pp_ext_zero()};
    c.eq = pp_eq_planes(job->rho + done, n - done);
    round_values(&c, n - done, job->rho + done, grid);
    first_values(at, grid, rho);
    send_round(job, 0, at, &claim);
    r[0] = job->point[0];
    if (n >= 2) {
        second_values(at, grid, r[0]);
        send_round(job, 1, at, &claim);
        r[1] = job->point[1];
    }
    fold(&c, r);
    for (uint32_t i = done; i < n; i++) {
        uint32_t vars = n - 1 - i;
        pp_eq_halve(&c.eq, vars + 1);
        round_values(&c, vars, job->rho + i + 1, at);
        send_round(job, i, at, &claim);
        fold(&c, &job->point[i]);
    }
    pp_ext *out = job->columns;
    for (uint32_t i = 0; i < c.sheets_len; i++) {
        PP_ASSERT(c.sheets[i].folded);
        for (uint32_t k = 0; k < c.sheets[i].t->columns_len; k++)
            *out++ = pp_planes_get(pp_block_column(c.sheets[i].folded, 0, 0, k), 0);
    }
    pp_transcript_send_ext(&job->t, "columns", job->columns, job->plan->columns_len);
    end(&c);
}
