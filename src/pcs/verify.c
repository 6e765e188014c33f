// SPDX-License-Identifier: MIT OR Apache-2.0
// The verifier, in the order of spec/pcs.md.
#include "merkle/merkle.h"
#include "pcs/internal.h"
#include "poly/domain.h"
#include "poly/mle.h"

// A queried row as a constraint on the vector it folds to: Σ v[x] z^x has a known value, which
// has gone into the claim with this coefficient.
typedef struct query {
    pp_ext coeff;
    pp_fp z;
} query;

// An out-of-domain sample as a constraint: the vector's value at `point`.
typedef struct sample {
    pp_ext coeff;
    pp_ext *point;
} sample;

typedef struct verifier {
    const pp_pcs_params *p;
    unsigned log_cells, rounds;
    pp_transcript *t;
    pp_ext claim;
    pp_digest root; // of the codeword in hand
    pp_ext *rho;    // folding challenges so far, one for each variable bound
    unsigned bound;
    sample sample[PP_PCS_ROUNDS_MAX][PP_PCS_OOD_MAX];
    query *query[PP_PCS_ROUNDS_MAX]; // [i]: rows of codeword i, constraints on vector i + 1
    size_t query_len[PP_PCS_ROUNDS_MAX];
    pp_ext *final; // the last vector
    // Scratch.
    pp_ext *table, *row;
    uint32_t *index;
    pp_digest *digest;
    pp_ext *value;
    pp_fp *point;
} verifier;

static unsigned vars(const verifier *v, unsigned i) {
    return pp_pcs_vars(v->p, v->log_cells, i);
}

// Cuts the workspace. With a NULL base nothing is written and the size needed comes back.
static bool carve(verifier *v, pp_arena *a) {
    size_t queries = 0, elements = (size_t)1 << PP_PCS_LOG_FINAL_MAX;
    for (unsigned i = 0; i < v->rounds; i++) {
        size_t len = v->p->rounds[i].queries;
        queries = len > queries ? len : queries;
        v->query[i] = PP_ARENA_NEW(a, query, len);
        if (v->query[i] == NULL) return false;
        for (unsigned s = 0; s < v->p->rounds[i].ood; s++) {
            v->sample[i][s].point = PP_ARENA_NEW(a, pp_ext, vars(v, i));
            if (v->sample[i][s].point == NULL) return false;
        }
    }
    v->rho = PP_ARENA_NEW(a, pp_ext, v->log_cells);
    v->final = PP_ARENA_NEW(a, pp_ext, elements);
    v->table = PP_ARENA_NEW(a, pp_ext, elements);
    v->row = PP_ARENA_NEW(a, pp_ext, (size_t)1 << PP_PCS_FOLD_MAX);
    v->index = PP_ARENA_NEW(a, uint32_t, queries);
    v->digest = PP_ARENA_NEW(a, pp_digest, queries);
    v->value = PP_ARENA_NEW(a, pp_ext, queries);
    v->point = PP_ARENA_NEW(a, pp_fp, queries);
    return v->point != NULL;
}

size_t pp_pcs_work_size(const pp_pcs_params *p, unsigned log_cells) {
    size_t queries = 0, most = 0, samples = 0;
    for (unsigned i = 0; i < pp_pcs_rounds(p, log_cells); i++) {
        queries += p->rounds[i].queries;
        most = p->rounds[i].queries > most ? p->rounds[i].queries : most;
        samples += p->rounds[i].ood;
    }
    size_t elements = (samples + 1) * log_cells + 2 * ((size_t)1 << PP_PCS_LOG_FINAL_MAX) +
                      ((size_t)1 << PP_PCS_FOLD_MAX) + most;
    return queries * sizeof(query) + elements * sizeof(pp_ext) +
           most * (sizeof(uint32_t) + sizeof(pp_digest) + sizeof(pp_fp)) + 1024;
}

// ---- Commitment

static pp_pcs_status receive_ood(const pp_pcs_params *p, unsigned log_cells, unsigned i,
                                 pp_ext *const point[], pp_ext *value, pp_transcript *t) {
    PP_ASSERT(p->rounds[i].ood <= PP_PCS_OOD_MAX);
    for (unsigned s = 0; s < p->rounds[i].ood; s++) {
        pp_pcs_draw_point(point[s], pp_pcs_vars(p, log_cells, i), t);
        if (!pp_transcript_receive_ext(t, "ood value", &value[s], 1)) return PP_PCS_FORMAT;
    }
    return PP_PCS_OK;
}

pp_pcs_status pp_pcs_receive(pp_pcs_commitment *c, const pp_pcs_params *params, unsigned log_cells,
                             pp_transcript *t) {
    if (log_cells < params->log_cells_min || log_cells > params->log_cells_max) return PP_PCS_SIZE;
    c->params = params;
    c->log_cells = log_cells;
    pp_pcs_absorb_shape(params, log_cells, t);
    if (!pp_transcript_receive_digest(t, "root", &c->root, 1)) return PP_PCS_FORMAT;
    pp_ext *point[PP_PCS_OOD_MAX];
    for (unsigned s = 0; s < PP_PCS_OOD_MAX; s++) point[s] = c->ood_point[s];
    return receive_ood(params, log_cells, 0, point, c->ood_value, t);
}

// ---- One iteration

// Constraints join the claim with the powers γ, γ², …, samples before queries.
static void join(verifier *v, pp_ext *power, pp_ext gamma, pp_ext *coeff, pp_ext value) {
    *power = pp_ext_mul(*power, gamma);
    *coeff = *power;
    v->claim = pp_ext_add(v->claim, pp_ext_mul(*coeff, value));
}

static pp_pcs_status fold(verifier *v, unsigned i) {
    unsigned bits = pp_pcs_fold_grind(v->p, v->log_cells, i);
    for (unsigned k = 0; k < v->p->rounds[i].fold; k++) {
        pp_ext c[2];
        if (!pp_transcript_receive_ext(v->t, "sum-check", c, 2)) return PP_PCS_FORMAT;
        if (!pp_transcript_check_nonce(v->t, "fold nonce", bits))
            return v->t->failed ? PP_PCS_FORMAT : PP_PCS_NONCE;
        pp_ext r = pp_transcript_challenge_ext(v->t, "fold");
        v->claim = pp_pcs_round_eval(v->claim, c, r);
        v->rho[v->bound++] = r;
    }
    return PP_PCS_OK;
}

// The rows asked of codeword i: opened against its root, folded to v->value at v->point.
static pp_pcs_status open_rows(verifier *v, unsigned i, const pp_digest *root, size_t *len) {
    unsigned bits = v->p->rounds[i].query_grind, k = v->p->rounds[i].fold;
    unsigned log_rows = pp_pcs_log_rows(v->p, v->log_cells, i);
    if (!pp_transcript_check_nonce(v->t, "query nonce", bits))
        return v->t->failed ? PP_PCS_FORMAT : PP_PCS_NONCE;
    *len = pp_pcs_draw_queries(v->index, v->p, v->log_cells, i, v->t);

    size_t width = (size_t)1 << k;
    pp_mle_eq_table(v->table, v->rho + v->bound - k, k, pp_ext_one());
    for (size_t q = 0; q < *len; q++) {
        pp_fp *base = (pp_fp *)v->row;
        pp_ext value = pp_ext_zero();
        if (i == 0) {
            if (!pp_transcript_receive_hint_fp(v->t, "row", base, width)) return PP_PCS_FORMAT;
            for (size_t j = 0; j < width; j++)
                value = pp_ext_add(value, pp_ext_mul_fp(v->table[j], base[j]));
        } else {
            if (!pp_transcript_receive_hint_ext(v->t, "row", v->row, width)) return PP_PCS_FORMAT;
            for (size_t j = 0; j < width; j++)
                value = pp_ext_add(value, pp_ext_mul(v->table[j], v->row[j]));
        }
        pp_hash_leaf(&v->digest[q], base, i == 0 ? width : width * PP_EXT_DEGREE, PP_DOMAIN_ORACLE,
                     i);
        v->value[q] = value;
        v->point[q] = pp_domain_point(log_rows, v->index[q], pp_fp_one());
    }
    if (!pp_merkle_verify(root, log_rows, v->index, v->digest, *len, PP_TAG_ORACLE, v->t))
        return v->t->failed ? PP_PCS_FORMAT : PP_PCS_MERKLE;
    return PP_PCS_OK;
}

// Iteration i, not the last: the next codeword's root and samples, then the queries to this one.
static pp_pcs_status advance(verifier *v, unsigned i) {
    pp_digest root = v->root;
    pp_ext *point[PP_PCS_OOD_MAX], value[PP_PCS_OOD_MAX];
    for (unsigned s = 0; s < PP_PCS_OOD_MAX; s++) point[s] = v->sample[i + 1][s].point;
    if (!pp_transcript_receive_digest(v->t, "root", &v->root, 1)) return PP_PCS_FORMAT;
    pp_pcs_status st = receive_ood(v->p, v->log_cells, i + 1, point, value, v->t);
    if (st != PP_PCS_OK) return st;

    size_t len;
    st = open_rows(v, i, &root, &len);
    if (st != PP_PCS_OK) return st;
    pp_ext gamma = pp_transcript_challenge_ext(v->t, "combine"), power = pp_ext_one();
    for (unsigned s = 0; s < v->p->rounds[i + 1].ood; s++)
        join(v, &power, gamma, &v->sample[i + 1][s].coeff, value[s]);
    for (size_t q = 0; q < len; q++) {
        v->query[i][q].z = v->point[q];
        join(v, &power, gamma, &v->query[i][q].coeff, v->value[q]);
    }
    v->query_len[i] = len;
    return PP_PCS_OK;
}

// Σ v[x] z^x over the final vector.
static pp_ext final_at(const verifier *v, unsigned f, pp_fp z) {
    pp_ext sum = pp_ext_zero();
    for (size_t x = (size_t)1 << f; x-- > 0;) sum = pp_ext_add(pp_ext_mul_fp(sum, z), v->final[x]);
    return sum;
}

// The last iteration: the final vector in clear, its rows compared one by one.
static pp_pcs_status finish(verifier *v, unsigned i) {
    unsigned f = vars(v, i + 1);
    pp_digest root = v->root;
    if (!pp_transcript_receive_ext(v->t, "final", v->final, (size_t)1 << f)) return PP_PCS_FORMAT;
    size_t len;
    pp_pcs_status st = open_rows(v, i, &root, &len);
    if (st != PP_PCS_OK) return st;
    for (size_t q = 0; q < len; q++)
        if (!pp_ext_eq(final_at(v, f, v->point[q]), v->value[q])) return PP_PCS_QUERY;
    return PP_PCS_OK;
}

// ---- The claim at the end: Σ_x final[x] · W(ρ, x), constraint by constraint

// Σ_x eq(point, x) values[x] over 2^k values.
static pp_ext mle_at(const verifier *v, const pp_ext *values, const pp_ext *point, unsigned k) {
    pp_mle_eq_table(v->table, point, k, pp_ext_one());
    pp_ext sum = pp_ext_zero();
    for (size_t x = 0; x < (size_t)1 << k; x++)
        sum = pp_ext_add(sum, pp_ext_mul(v->table[x], values[x]));
    return sum;
}

// A sample of vector i: eq over the variables folded since, then the final vector's value.
static pp_ext sample_value(const verifier *v, unsigned i, const sample *s) {
    unsigned first = v->log_cells - vars(v, i), folded = v->bound - first;
    unsigned f = v->log_cells - v->bound;
    pp_ext eq = pp_mle_eq(s->point, v->rho + first, folded);
    return pp_ext_mul(pp_ext_mul(s->coeff, eq), mle_at(v, v->final, s->point + folded, f));
}

// A query to codeword i: the weight z^x on vector i + 1 is a product of 1 − x_j + x_j z^(2^j).
static pp_ext query_value(const verifier *v, unsigned i, const query *q) {
    pp_ext weight = q->coeff;
    pp_fp z = q->z;
    for (unsigned j = v->log_cells - vars(v, i + 1); j < v->bound; j++) {
        pp_ext factor = pp_ext_mul_fp(v->rho[j], pp_fp_sub(z, pp_fp_one()));
        weight = pp_ext_mul(weight, pp_ext_add_fp(factor, pp_fp_one()));
        z = pp_fp_mul(z, z);
    }
    return pp_ext_mul(weight, final_at(v, v->log_cells - v->bound, z));
}

// A term of the statement. low[h] = eq(point, ρ) over the first h variables.
static pp_ext term_value(const verifier *v, const pp_pcs_group *g, const pp_pcs_term *term,
                         const pp_ext *low) {
    unsigned h = term->log_len, bound = v->bound;
    pp_ext weight = pp_ext_mul(term->coeff, low[h < bound ? h : bound]);
    for (unsigned j = h; j < bound; j++) {
        bool one = term->offset >> j & 1;
        weight = pp_ext_mul(weight, one ? v->rho[j] : pp_ext_sub(pp_ext_one(), v->rho[j]));
    }
    const pp_ext *values = v->final + (term->offset >> bound);
    if (h <= bound) return pp_ext_mul(weight, values[0]);
    return pp_ext_mul(weight, mle_at(v, values, g->point + bound, h - bound));
}

static pp_ext group_value(const verifier *v, const pp_pcs_group *g) {
    unsigned longest = 0;
    for (size_t i = 0; i < g->terms_len; i++)
        if (g->terms[i].log_len > longest) longest = g->terms[i].log_len;
    pp_ext low[PP_PCS_LOG_CELLS_MAX + 1];
    low[0] = pp_ext_one();
    for (unsigned h = 0; h < longest && h < v->bound; h++)
        low[h + 1] = pp_ext_mul(low[h], pp_mle_eq(g->point + h, v->rho + h, 1));
    pp_ext sum = pp_ext_zero();
    for (size_t i = 0; i < g->terms_len; i++)
        sum = pp_ext_add(sum, term_value(v, g, &g->terms[i], low));
    return sum;
}

pp_pcs_status pp_pcs_verify(const pp_pcs_commitment *c, const pp_pcs_group *groups,
                            size_t groups_len, pp_ext target, pp_transcript *t, void *work,
                            size_t work_size) {
    const pp_pcs_params *p = c->params;
    if (!pp_pcs_statement_ok(p, c->log_cells, groups, groups_len)) return PP_PCS_STATEMENT;
    verifier v = {.p = p, .log_cells = c->log_cells, .t = t, .claim = target, .root = c->root};
    v.rounds = pp_pcs_rounds(p, c->log_cells);
    pp_arena arena;
    pp_arena_init(&arena, work, work_size);
    if (!carve(&v, &arena)) return PP_PCS_WORK;

    unsigned ood = p->rounds[0].ood;
    if (ood > 0) {
        pp_ext gamma = pp_transcript_challenge_ext(t, "combine"), power = pp_ext_one();
        for (unsigned s = 0; s < ood; s++) {
            PP_ASSERT(v.sample[0][s].point != NULL);
            memcpy(v.sample[0][s].point, c->ood_point[s], c->log_cells * sizeof(pp_ext));
            join(&v, &power, gamma, &v.sample[0][s].coeff, c->ood_value[s]);
        }
    }
    for (unsigned i = 0; i < v.rounds; i++) {
        pp_pcs_status st = fold(&v, i);
        if (st == PP_PCS_OK) st = i + 1 < v.rounds ? advance(&v, i) : finish(&v, i);
        if (st != PP_PCS_OK) return st;
    }

    pp_ext sum = pp_ext_zero();
    for (size_t g = 0; g < groups_len; g++) sum = pp_ext_add(sum, group_value(&v, &groups[g]));
    for (unsigned i = 0; i < v.rounds; i++) {
        for (unsigned s = 0; s < p->rounds[i].ood; s++)
            sum = pp_ext_add(sum, sample_value(&v, i, &v.sample[i][s]));
        for (size_t q = 0; q < v.query_len[i]; q++)
            sum = pp_ext_add(sum, query_value(&v, i, &v.query[i][q]));
    }
    return pp_ext_eq(sum, v.claim) ? PP_PCS_OK : PP_PCS_CLAIM;
}
