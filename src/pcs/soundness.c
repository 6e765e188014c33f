// SPDX-License-Identifier: MIT OR Apache-2.0
// The formulas of docs/soundness.md, section by section.
#include "pcs/soundness.h"

#include <math.h>
#include <stdio.h>

// ---- Codes

double pp_soundness_field(void) {
    return PP_EXT_DEGREE * log2(PP_FP_MODULUS);
}

double pp_soundness_agreement(unsigned multiplicity, unsigned log_blowup) {
    double rate = exp2(-(double)log_blowup);
    return multiplicity == 0 ? (1 + rate) / 2 : sqrt(rate) * (1 + 1.0 / multiplicity);
}

double pp_soundness_list(unsigned multiplicity, unsigned log_blowup) {
    // Johnson: 1 / (2 η √ρ) with η = √ρ / M.
    return multiplicity == 0 ? 1 : multiplicity * exp2(log_blowup) / 2;
}

double pp_soundness_gap(unsigned multiplicity, unsigned log_rows, unsigned log_blowup) {
    double n = exp2(log_rows);
    if (multiplicity == 0) return (double)log_rows - pp_soundness_field();
    // The theorem's rate is (dimension − 1) / length, and its m follows from the radius.
    double rate = exp2(-(double)log_blowup) - 1 / n, root = sqrt(rate);
    double radius = 1 - pp_soundness_agreement(multiplicity, log_blowup);
    double m = fmax(ceil(root / (1 - root - radius) - 1e-9), 3) + 0.5;
    double points = (2 * pow(m, 5) + 3 * m * radius * rate) * n / (3 * rate * root) + m / root;
    return log2(points) - pp_soundness_field();
}

// ---- Lines

static void total(pp_soundness *s) {
    double sum = 0;
    s->round_by_round = INFINITY;
    for (size_t i = 0; i < s->lines_len; i++) {
        pp_soundness_line *l = &s->lines[i];
        s->round_by_round = fmin(s->round_by_round, l->bits);
        sum += l->times * exp2(-l->bits);
    }
    s->interactive = -log2(sum);
}

void pp_soundness_add(pp_soundness *s, const pp_soundness_line *line) {
    PP_ASSERT(s->lines_len < PP_SOUNDNESS_LINES_MAX);
    pp_soundness_line *l = &s->lines[s->lines_len++];
    *l = *line;
    l->bits = l->grind - l->error;
    total(s);
}

#define NAME(line, ...) snprintf((line).round, sizeof(line).round, __VA_ARGS__)
#define NUMBERS(line, ...) snprintf((line).numbers, sizeof(line).numbers, __VA_ARGS__)

// The out-of-domain samples of codeword i: two codewords of the list that agree on all of them.
static void add_ood(pp_soundness *s, const pp_pcs_params *p, unsigned log_cells, unsigned i) {
    const pp_pcs_round *r = &p->rounds[i];
    if (r->ood == 0) return;
    unsigned vars = pp_pcs_vars(p, log_cells, i);
    double list = pp_soundness_list(r->multiplicity, r->log_blowup);
    pp_soundness_line l = {.formula = "L(L-1)/2 (v/|E|)^s",
                           .source = "WHIR (2024/1586) Thm 5.2, out; Schwartz-Zippel",
                           .times = 1};
    NAME(l, "codeword %u: out-of-domain samples", i);
    NUMBERS(l, "L = %.1f, v = %u variables, s = %u", list, vars, r->ood);
    l.error = log2(list * (list - 1) / 2) + r->ood * (log2(vars) - pp_soundness_field());
    pp_soundness_add(s, &l);
}

static void add_first_combination(pp_soundness *s, const pp_pcs_params *p) {
    const pp_pcs_round *r = &p->rounds[0];
    if (r->ood == 0) return;
    double list = pp_soundness_list(r->multiplicity, r->log_blowup);
    pp_soundness_line l = {.formula = "L s/|E|", .source = "WHIR Thm 5.2, shift", .times = 1};
    NAME(l, "opening: claims joined");
    NUMBERS(l, "L = %.1f, s = %u", list, r->ood);
    l.error = log2(list * r->ood) - pp_soundness_field();
    pp_soundness_add(s, &l);
}

static void add_fold(pp_soundness *s, const pp_pcs_params *p, unsigned log_cells, unsigned i) {
    enum { DEGREE = 3 }; // of the round polynomial, as WHIR counts; here it is 2
    const pp_pcs_round *r = &p->rounds[i];
    unsigned log_rows = pp_pcs_log_rows(p, log_cells, i);
    double list = pp_soundness_list(r->multiplicity, r->log_blowup);
    double gap = pp_soundness_gap(r->multiplicity, log_rows, r->log_blowup);
    pp_soundness_line l = {.times = r->fold, .grind = pp_pcs_fold_grind(p, log_cells, i)};
    l.formula = r->multiplicity == 0 ? "n/|E| + 3/|E|" : "a(M, n, rho)/|E| + 3L/|E|";
    l.source = r->multiplicity == 0
                   ? "BCIKS20 (2020/654) Thm 1.4, WHIR Lemma 4.10 and Thm 5.2, fold"
                   : "BCHKS25 (2025/2055) Thm 4.6, WHIR Thm 5.2, fold";
    NAME(l, "codeword %u: folding", i);
    NUMBERS(l, "n = 2^%u, rho = 2^-%u, M = %u, L = %.1f", log_rows, r->log_blowup, r->multiplicity,
            list);
    l.error = log2(exp2(gap) + exp2(log2((double)DEGREE * list) - pp_soundness_field()));
    pp_soundness_add(s, &l);
}

static void add_queries(pp_soundness *s, const pp_pcs_params *p, unsigned i, bool last) {
    const pp_pcs_round *r = &p->rounds[i], *next = &p->rounds[i + 1];
    double agreement = pp_soundness_agreement(r->multiplicity, r->log_blowup);
    pp_soundness_line l = {.source = "WHIR Thm 5.2, shift", .times = 1, .grind = r->query_grind};
    NAME(l, "codeword %u: queries", i);
    l.error = r->queries * log2(agreement);
    l.formula = "(1-d)^t";
    if (last) {
        l.source = "WHIR Thm 5.2, final";
        NUMBERS(l, "1-d = %.4f, t = %u", agreement, r->queries);
    } else {
        double list = pp_soundness_list(next->multiplicity, next->log_blowup);
        unsigned joined = r->queries + next->ood;
        NUMBERS(l, "1-d = %.4f, t = %u, L' = %.1f, s' = %u", agreement, r->queries, list,
                next->ood);
        l.formula = "(1-d)^t + L'(t+s')/|E|";
        l.error = log2(exp2(l.error) + exp2(log2(list * joined) - pp_soundness_field()));
    }
    pp_soundness_add(s, &l);
}

void pp_soundness_pcs(pp_soundness *s, const pp_pcs_params *p, unsigned log_cells) {
    memset(s, 0, sizeof *s);
    s->field = pp_soundness_field();
    s->collision = (double)PP_DIGEST_LEN * log2(PP_FP_MODULUS) / 2;
    unsigned rounds = pp_pcs_rounds(p, log_cells);
    add_ood(s, p, log_cells, 0);
    add_first_combination(s, p);
    for (unsigned i = 0; i < rounds; i++) {
        add_fold(s, p, log_cells, i);
        if (i + 1 < rounds) add_ood(s, p, log_cells, i + 1);
        add_queries(s, p, i, i + 1 == rounds);
    }
}
