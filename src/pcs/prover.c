// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pcs/prover.h"

#include <stdlib.h>
#include <time.h>

#include "field/vec.h"
#include "merkle/tree.h"
#include "pcs/internal.h"
#include "pcs/weight.h"
#include "poly/mle_vec.h"
#include "transcript/grind.h"

// A committed codeword: its rows, and the tree over them.
typedef struct oracle {
    pp_fp *rows;
    pp_merkle_tree tree;
    size_t width; // base elements a row
} oracle;

struct pp_pcs_prover {
    const pp_pcs_params *p;
    unsigned log_cells, rounds;
    const pp_fp *stack;
    pp_threads *pool;
    pp_ntt *ntt;
    oracle oracle[2]; // the one that is asked, and its successor
    // Out-of-domain samples of the stack: where, and the columns' sums Σ_i eq(point_high, i) f.
    pp_ext ood_point[PP_PCS_OOD_MAX][PP_PCS_LOG_CELLS_MAX], ood_value[PP_PCS_OOD_MAX];
    pp_ext ood_columns[PP_PCS_OOD_MAX][1 << PP_PCS_FOLD_MAX];
    pp_ext *f, *w; // after the first fold: the vector and its weight
    pp_ext *spare; // as long as they
    pp_ext *parts; // 2^fold elements for each thread
    pp_ext rho[PP_PCS_LOG_CELLS_MAX];
    unsigned bound;
    pp_ext claim;
    pp_pcs_times times;
};

static double now(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void *get(pp_err *err, size_t count, size_t size) {
    void *memory = malloc(count * size);
    if (memory == NULL)
        pp_err_set(err, PP_EXIT_USAGE,
                   "the commitment needs %zu more bytes of memory than there are", count * size);
    return memory;
}

static void oracle_free(oracle *o) {
    free(o->rows);
    o->rows = NULL;
    pp_merkle_tree_free(&o->tree);
}

void pp_pcs_prover_free(pp_pcs_prover *pr) {
    if (pr == NULL) return;
    oracle_free(&pr->oracle[0]);
    oracle_free(&pr->oracle[1]);
    pp_ntt_free(pr->ntt);
    free(pr->f);
    free(pr->w);
    free(pr->spare);
    free(pr->parts);
    free(pr);
}

const pp_pcs_times *pp_pcs_prover_times(const pp_pcs_prover *pr) {
    return &pr->times;
}

// Encodes `in`, 2^(variables − fold) rows, as codeword i, builds its tree and sends the root.
static bool encode(pp_err *err, pp_pcs_prover *pr, unsigned i, const pp_fp *in, pp_transcript *t) {
    oracle *o = &pr->oracle[i % 2];
    unsigned log_rows = pp_pcs_log_rows(pr->p, pr->log_cells, i);
    o->width = (size_t)(i == 0 ? 1 : PP_EXT_DEGREE) << pr->p->rounds[i].fold;
    o->rows = get(err, o->width << log_rows, sizeof(pp_fp));
    if (o->rows == NULL) return false;
    double start = now();
    pp_ntt_extend(pr->ntt, pr->pool, o->rows, log_rows, in,
                  pp_pcs_vars(pr->p, pr->log_cells, i + 1), o->width, pp_fp_one());
    double encoded = now();
    if (!pp_merkle_tree_build(err, &o->tree, pr->pool, o->rows, log_rows, o->width,
                              PP_DOMAIN_ORACLE, i, PP_TAG_ORACLE))
        return false;
    pr->times.transform += encoded - start;
    pr->times.hashing += now() - encoded;
    pp_transcript_send_digest(t, "root", pp_merkle_tree_root(&o->tree), 1);
    return true;
}

// The samples of the stack. Their columns' sums are kept: opening needs them again.
static void sample_stack(pp_pcs_prover *pr, pp_transcript *t) {
    unsigned fold = pr->p->rounds[0].fold, high = pr->log_cells - fold;
    double start = now();
    for (unsigned s = 0; s < pr->p->rounds[0].ood; s++) {
        pp_ext *point = pr->ood_point[s], *columns = pr->ood_columns[s];
        pp_pcs_draw_point(point, pr->log_cells, t);
        pp_mle_vec_eq_table(pr->pool, pr->w, point + fold, high, pp_ext_one());
        pp_weight_columns(pr->pool, columns, pr->stack, pr->w, (size_t)1 << high, fold, pr->parts);
        pp_ext copy[1 << PP_PCS_FOLD_MAX];
        memcpy(copy, columns, sizeof *copy << fold);
        pr->ood_value[s] = pp_mle_eval(copy, point, fold);
        pp_transcript_send_ext(t, "ood value", &pr->ood_value[s], 1);
    }
    pr->times.sumcheck += now() - start;
}

pp_pcs_prover *pp_pcs_commit(pp_err *err, const pp_pcs_params *params, unsigned log_cells,
                             const pp_fp *stack, pp_threads *pool, pp_transcript *t) {
    PP_ASSERT(log_cells >= params->log_cells_min && log_cells <= params->log_cells_max);
    pp_pcs_prover *pr = calloc(1, sizeof *pr);
    if (pr == NULL) {
        pp_err_set(err, PP_EXIT_USAGE, "no memory for a commitment");
        return NULL;
    }
    pr->p = params;
    pr->log_cells = log_cells;
    pr->rounds = pp_pcs_rounds(params, log_cells);
    pr->stack = stack;
    pr->pool = pool;
    size_t high = (size_t)1 << pp_pcs_vars(params, log_cells, 1);
    unsigned log_max = 0;
    for (unsigned i = 0; i < pr->rounds; i++) {
        unsigned rows = pp_pcs_log_rows(params, log_cells, i);
        log_max = rows > log_max ? rows : log_max;
    }
    pp_pcs_absorb_shape(params, log_cells, t);
    if ((pr->ntt = pp_ntt_new(err, log_max)) == NULL || !encode(err, pr, 0, stack, t) ||
        (pr->w = get(err, high, sizeof *pr->w)) == NULL ||
        (pr->parts = get(err, pp_threads_len(pool) << params->rounds[0].fold, sizeof *pr->parts)) ==
            NULL) {
        pp_pcs_prover_free(pr);
        return NULL;
    }
    sample_stack(pr, t);
    return pr;
}

// ---- Opening

static void grind(pp_pcs_prover *pr, const char *label, unsigned bits, pp_transcript *t) {
    double start = now();
    pp_transcript_grind(t, pr->pool, label, bits);
    pr->times.grinding += now() - start;
}

// One round's message and challenge.
static pp_ext send_round(pp_pcs_prover *pr, unsigned i, const pp_ext c[2], pp_transcript *t) {
    pp_transcript_send_ext(t, "sum-check", c, 2);
    grind(pr, "fold nonce", pp_pcs_fold_grind(pr->p, pr->log_cells, i), t);
    pp_ext r = pp_transcript_challenge_ext(t, "fold");
    pr->claim = pp_pcs_round_eval(pr->claim, c, r);
    pr->rho[pr->bound++] = r;
    return r;
}

// The tensor weights of the first fold: eq(point, x_low) times the columns' sums.
typedef struct tensors {
    size_t len;
    pp_ext low[PP_PCS_GROUPS_MAX + PP_PCS_OOD_MAX][1 << PP_PCS_FOLD_MAX];
    pp_ext columns[PP_PCS_GROUPS_MAX + PP_PCS_OOD_MAX][1 << PP_PCS_FOLD_MAX];
    pp_ext *high[PP_PCS_GROUPS_MAX]; // the groups' weights on the other variables
} tensors;

// The first k sum-check rounds: over 2^k elements a tensor, nothing of the stack's size.
static void first_rounds(pp_pcs_prover *pr, tensors *s, pp_transcript *t) {
    unsigned fold = pr->p->rounds[0].fold;
    for (size_t half = (size_t)1 << (fold - 1); half > 0; half /= 2) {
        pp_ext c[2] = {pp_ext_zero(), pp_ext_zero()};
        for (size_t g = 0; g < s->len; g++) {
            pp_ext part[2];
            pp_weight_round(NULL, part, s->columns[g], s->low[g], half);
            c[0] = pp_ext_add(c[0], part[0]);
            c[1] = pp_ext_add(c[1], part[1]);
        }
        pp_ext r = send_round(pr, 0, c, t);
        for (size_t g = 0; g < s->len; g++) {
            pp_mle_fold(s->columns[g], half, r);
            pp_mle_fold(s->low[g], half, r);
        }
    }
}

// What folding by the first challenges leaves: the vector f, and its weight w (in place of the
// groups' high weights and of the samples' tables).
static void fold_stack(pp_pcs_prover *pr, const tensors *s, size_t groups_len) {
    unsigned fold = pr->p->rounds[0].fold;
    size_t high = (size_t)1 << (pr->log_cells - fold);
    pp_ext table[1 << PP_PCS_FOLD_MAX];
    pp_mle_eq_table(table, pr->rho, fold, pp_ext_one());
    pp_weight_fold_rows(pr->pool, pr->f, pr->stack, table, high, fold);
    // After the rounds low[g][0] is eq(point, ρ), the factor of each tensor's high weight.
    memset(pr->w, 0, high * sizeof *pr->w);
    for (size_t g = 0; g < groups_len; g++)
        pp_weight_axpy(pr->pool, pr->w, s->low[g][0], s->high[g], high);
    for (unsigned o = 0; o < pr->p->rounds[0].ood; o++) {
        pp_mle_vec_eq_table(pr->pool, pr->spare, pr->ood_point[o] + fold, pr->log_cells - fold,
                            s->low[groups_len + o][0]);
        pp_weight_axpy(pr->pool, pr->w, pp_ext_one(), pr->spare, high);
    }
}

static bool open_first(pp_err *err, pp_pcs_prover *pr, const pp_pcs_group *groups,
                       size_t groups_len, pp_transcript *t) {
    unsigned fold = pr->p->rounds[0].fold, vars = pr->log_cells - fold;
    unsigned ood = pr->p->rounds[0].ood;
    size_t high = (size_t)1 << vars;
    tensors s = {.len = groups_len + ood};
    bool ok = true;
    double start = now(), ground = pr->times.grinding;
    for (size_t g = 0; g < groups_len && ok; g++) {
        s.high[g] = get(err, high, sizeof(pp_ext));
        ok = s.high[g] != NULL;
        if (!ok) break;
        pp_weight_group(pr->pool, s.high[g], &groups[g], fold, pr->log_cells, pr->spare);
        pp_weight_columns(pr->pool, s.columns[g], pr->stack, s.high[g], high, fold, pr->parts);
        pp_mle_eq_table(s.low[g], groups[g].point, fold, pp_ext_one());
    }
    if (ok) {
        pp_ext power = pp_ext_one(), gamma = pp_ext_zero();
        if (ood > 0) gamma = pp_transcript_challenge_ext(t, "combine");
        for (unsigned o = 0; o < ood; o++) {
            power = pp_ext_mul(power, gamma);
            pr->claim = pp_ext_add(pr->claim, pp_ext_mul(power, pr->ood_value[o]));
            memcpy(s.columns[groups_len + o], pr->ood_columns[o], sizeof s.columns[0]);
            pp_mle_eq_table(s.low[groups_len + o], pr->ood_point[o], fold, power);
        }
        first_rounds(pr, &s, t);
        fold_stack(pr, &s, groups_len);
    }
    for (size_t g = 0; g < groups_len; g++) free(s.high[g]);
    pr->times.sumcheck += now() - start - (pr->times.grinding - ground);
    return ok;
}

// The rounds of a later iteration.
static void fold_vector(pp_pcs_prover *pr, unsigned i, pp_transcript *t) {
    double start = now(), ground = pr->times.grinding;
    size_t half = (size_t)1 << (pr->log_cells - pr->bound);
    for (unsigned k = 0; k < pr->p->rounds[i].fold; k++) {
        half /= 2;
        pp_ext c[2];
        pp_weight_round(pr->pool, c, pr->f, pr->w, half);
        pp_ext r = send_round(pr, i, c, t), *swap = pr->spare;
        pp_mle_vec_fold(pr->pool, swap, pr->f, half, r);
        pr->spare = pr->f;
        pr->f = swap;
        swap = pr->spare;
        pp_mle_vec_fold(pr->pool, swap, pr->w, half, r);
        pr->spare = pr->w;
        pr->w = swap;
    }
    pr->times.sumcheck += now() - start - (pr->times.grinding - ground);
}

// Grinds, draws the queries to codeword i and sends rows and paths. Returns how many; value[q] is
// the row folded by this iteration's challenges.
static size_t answer(pp_pcs_prover *pr, unsigned i, uint32_t *index, pp_ext *value,
                     pp_transcript *t) {
    grind(pr, "query nonce", pr->p->rounds[i].query_grind, t);
    double start = now();
    size_t len = pp_pcs_draw_queries(index, pr->p, pr->log_cells, i, t);
    oracle *o = &pr->oracle[i % 2];
    unsigned fold = pr->p->rounds[i].fold;
    pp_ext table[1 << PP_PCS_FOLD_MAX];
    pp_mle_eq_table(table, pr->rho + pr->bound - fold, fold, pp_ext_one());
    for (size_t q = 0; q < len; q++) {
        const pp_fp *row = o->rows + index[q] * o->width;
        pp_transcript_send_hint_fp(t, "row", row, o->width);
        value[q] = i == 0 ? pp_ext_vec_dot_fp(table, row, o->width)
                          : pp_ext_vec_dot(table, (const pp_ext *)row, (size_t)1 << fold);
    }
    uint32_t copy[PP_PCS_QUERIES_MAX];
    memcpy(copy, index, len * sizeof *copy);
    pp_merkle_tree_open(&o->tree, copy, len, t);
    oracle_free(o);
    pr->times.queries += now() - start;
    return len;
}

// Adds a sample of the vector f to claim and weight.
static void join_sample(pp_pcs_prover *pr, const pp_ext *point, pp_ext value, pp_ext coeff) {
    unsigned vars = pr->log_cells - pr->bound;
    pr->claim = pp_ext_add(pr->claim, pp_ext_mul(coeff, value));
    pp_mle_vec_eq_table(pr->pool, pr->spare, point, vars, coeff);
    pp_weight_axpy(pr->pool, pr->w, pp_ext_one(), pr->spare, (size_t)1 << vars);
}

// Iteration i, not the last: the next codeword, its samples, the queries to this one.
static bool advance(pp_err *err, pp_pcs_prover *pr, unsigned i, pp_transcript *t) {
    unsigned vars = pr->log_cells - pr->bound, ood = pr->p->rounds[i + 1].ood;
    pp_ext point[PP_PCS_OOD_MAX][PP_PCS_LOG_CELLS_MAX], sample[PP_PCS_OOD_MAX];
    if (!encode(err, pr, i + 1, (const pp_fp *)pr->f, t)) return false;
    double start = now();
    for (unsigned s = 0; s < ood; s++) {
        pp_pcs_draw_point(point[s], vars, t);
        sample[s] = pp_mle_vec_eval(pr->pool, pr->f, point[s], vars, pr->spare);
        pp_transcript_send_ext(t, "ood value", &sample[s], 1);
    }
    pr->times.sumcheck += now() - start;

    uint32_t index[PP_PCS_QUERIES_MAX];
    pp_ext value[PP_PCS_QUERIES_MAX], coeff[PP_PCS_QUERIES_MAX];
    size_t len = answer(pr, i, index, value, t);
    start = now();
    pp_ext gamma = pp_transcript_challenge_ext(t, "combine"), power = pp_ext_one();
    for (unsigned s = 0; s < ood; s++) {
        power = pp_ext_mul(power, gamma);
        join_sample(pr, point[s], sample[s], power);
    }
    for (size_t q = 0; q < len; q++) {
        power = pp_ext_mul(power, gamma);
        coeff[q] = power;
        pr->claim = pp_ext_add(pr->claim, pp_ext_mul(power, value[q]));
    }
    bool ok = pp_weight_add_queries(err, pr->ntt, pr->pool, pr->w, vars,
                                    pp_pcs_log_rows(pr->p, pr->log_cells, i), index, coeff, len);
    pr->times.sumcheck += now() - start;
    return ok;
}

bool pp_pcs_open(pp_err *err, pp_pcs_prover *pr, const pp_pcs_group *groups, size_t groups_len,
                 pp_ext target, pp_transcript *t) {
    PP_ASSERT(pr->f == NULL && pp_pcs_statement_ok(pr->p, pr->log_cells, groups, groups_len));
    size_t high = (size_t)1 << pp_pcs_vars(pr->p, pr->log_cells, 1);
    // Later evaluations take their tables from the spare vector too.
    size_t spare = high > 64 ? high : 64;
    pr->claim = target;
    if ((pr->f = get(err, high, sizeof *pr->f)) == NULL ||
        (pr->spare = get(err, spare, sizeof *pr->spare)) == NULL)
        return false;
    if (!open_first(err, pr, groups, groups_len, t)) return false;
    for (unsigned i = 0; i < pr->rounds; i++) {
        if (i > 0) fold_vector(pr, i, t);
        if (i + 1 < pr->rounds) {
            if (!advance(err, pr, i, t)) return false;
            continue;
        }
        pp_transcript_send_ext(t, "final", pr->f, (size_t)1 << (pr->log_cells - pr->bound));
        uint32_t index[PP_PCS_QUERIES_MAX];
        pp_ext value[PP_PCS_QUERIES_MAX];
        answer(pr, i, index, value, t);
    }
    return true;
}

bool pp_pcs_value(pp_err *err, pp_ext *value, const pp_pcs_params *params, unsigned log_cells,
                  const pp_fp *stack, pp_threads *pool, const pp_pcs_group *groups,
                  size_t groups_len) {
    unsigned fold = params->rounds[0].fold;
    size_t high = (size_t)1 << (log_cells - fold);
    pp_ext *w = get(err, high, sizeof *w), *scratch = get(err, high, sizeof *scratch);
    pp_ext *parts = get(err, pp_threads_len(pool) << fold, sizeof *parts);
    bool ok = w != NULL && scratch != NULL && parts != NULL;
    *value = pp_ext_zero();
    for (size_t g = 0; g < groups_len && ok; g++) {
        pp_ext columns[1 << PP_PCS_FOLD_MAX];
        pp_weight_group(pool, w, &groups[g], fold, log_cells, scratch);
        pp_weight_columns(pool, columns, stack, w, high, fold, parts);
        *value = pp_ext_add(*value, pp_mle_eval(columns, groups[g].point, fold));
    }
    free(w);
    free(scratch);
    free(parts);
    return ok;
}
