// SPDX-License-Identifier: MIT OR Apache-2.0
#include "verify/soundness.h"

#include <math.h>
#include <stdio.h>

pp_shard_sizes pp_shard_sizes_of(const pp_shard_plan *plan) {
    const pp_machine *m = plan->machine;
    pp_shard_sizes s = {.row_vars = plan->layout.log_rows,
                        .leaf_vars = plan->log_leaves,
                        .columns = plan->columns_len};
    for (uint32_t i = 0; i <= m->tables_len; i++) {
        const pp_air_table *t = i < m->tables_len ? &m->tables[i] : m->boundary;
        double rows = i < m->tables_len ? plan->layout.rows[i] : 1;
        for (uint32_t k = 0; k < t->interactions_len; k++)
            s.bus_degree += rows * t->interactions[k].arity;
        if (rows > 0) s.constraints += t->constraints_len;
    }
    return s;
}

pp_shard_sizes pp_shard_sizes_most(const pp_machine *m, unsigned log_cells) {
    pp_shard_sizes s = {.columns = m->columns_len};
    double cells = exp2(log_cells), a_cell = 0; // of bus degree, where a cell gives most
    uint64_t leaves = 0, highest = 1;
    for (uint32_t i = 0; i <= m->tables_len; i++) {
        const pp_air_table *t = i < m->tables_len ? &m->tables[i] : m->boundary;
        double arities = 0;
        for (uint32_t k = 0; k < t->interactions_len; k++) arities += t->interactions[k].arity;
        s.constraints += t->constraints_len;
        if (i == m->tables_len) {
            s.bus_degree += arities;
            break;
        }
        leaves += t->leaves_len;
        uint64_t rows = ((uint64_t)1 << log_cells) / t->columns_len;
        if (t->log_fixed) {
            rows = (uint64_t)1 << t->log_fixed;
            s.bus_degree += (double)rows * arities;
        } else {
            a_cell = fmax(a_cell, arities / t->columns_len);
        }
        if (rows > highest) highest = rows;
    }
    s.bus_degree = fmin(s.bus_degree + a_cell * cells, (double)PP_AIR_BUS_DEGREE_MAX);
    while (s.row_vars < PP_AIR_LOG_ROWS_MAX && (uint64_t)1 << s.row_vars < highest) s.row_vars++;
    while ((uint64_t)1 << s.leaf_vars < leaves) s.leaf_vars++;
    return s;
}

pp_shard_sizes pp_shard_sizes_limits(void) {
    return (pp_shard_sizes){.bus_degree = (double)PP_AIR_BUS_DEGREE_MAX,
                            .constraints = PP_AIR_CONSTRAINTS_MAX,
                            .columns = (double)((uint64_t)PP_AIR_TABLES_MAX * PP_AIR_COLUMNS_MAX),
                            .row_vars = PP_AIR_LOG_ROWS_MAX,
                            .leaf_vars = PP_AIR_LOG_LEAVES_MAX};
}

// A round whose error is list · factor / |E|.
static void add(pp_soundness *s, double list, const char *round, const char *formula,
                const char *source, double factor, unsigned times, unsigned grind) {
    pp_soundness_line l = {.formula = formula,
                           .source = source,
                           .times = times,
                           .error = log2(list * factor) - pp_soundness_field(),
                           .grind = grind};
    snprintf(l.round, sizeof l.round, "%s", round);
    snprintf(l.numbers, sizeof l.numbers, "2^%.1f, list 2^%.1f", log2(factor), log2(list));
    pp_soundness_add(s, &l);
}

void pp_soundness_shard(pp_soundness *s, const pp_pcs_params *set, unsigned log_cells,
                        const pp_shard_sizes *z) {
    pp_soundness_pcs(s, set, log_cells);
    const pp_pcs_round *first = &set->rounds[0];
    double list = pp_soundness_list(first->multiplicity, first->log_blowup);
    unsigned layers = z->row_vars + z->leaf_vars;
    // Challenges with no message between them are one round: a layer's mu and the next one's
    // lambda, the last mu and gamma, the opening's gamma and the one that joins the samples.
    add(s, list, "buses: alpha, beta", "list * sum of arities / |E|",
        "LogUp, eprint 2022/1530; Schwartz-Zippel", z->bus_degree, 1,
        set->secure ? PP_GRIND_BUS_BITS : 0);
    add(s, list, "buses: mu, lambda", "list * 2 / |E|", "eprint 2023/1284", 2, layers, 0);
    add(s, list, "buses: rounds", "list * 3 / |E|", "sum-check, degree 3", 3,
        layers * (layers - 1) / 2, 0);
    add(s, list, "buses: last mu; tables: gamma, point",
        "list * (constraints + 3 + row variables) / |E|", "zero-check, Schwartz-Zippel",
        z->constraints + 3 + z->row_vars, 1, 0);
    add(s, list, "tables: rounds", "list * 4 / |E|", "sum-check, degree 4", 4, z->row_vars, 0);
    add(s, list, "opening: columns and samples joined", "list * (columns + samples) / |E|",
        "Schwartz-Zippel", z->columns + first->ood, 1, 0);
}
