// SPDX-License-Identifier: MIT OR Apache-2.0
#include "verify/parts.h"

// What one table contributes at the point: its constraints by powers of gamma, and its leaves p +
// gamma q by their weights eq(rho_k, number).
static bool table_at(pp_shard *s, uint32_t table, pp_ext gamma, pp_ext *power, pp_ext *sum) {
    const pp_air_table *t = &s->plan.machine->tables[table];
    uint32_t n = s->plan.layout.log_rows;
    size_t mark = s->work->used;
    pp_ext *fixed = PP_ARENA_NEW(s->work, pp_ext, t->fixed_len);
    pp_ext *registers = PP_ARENA_NEW(s->work, pp_ext, t->registers_len);
    pp_fraction *leaves = PP_ARENA_NEW(s->work, pp_fraction, t->leaves_len);
    if (!fixed || !registers || !leaves) return false;
    for (uint32_t i = 0; i < t->fixed_len; i++)
        fixed[i] = pp_fixed_at(&t->fixed[i], t->log_fixed, s->point, n);

    pp_air_point at = {s->columns + s->plan.first_column[table], fixed, s->publics, registers};
    *sum = pp_ext_add(*sum, pp_air_point_constraints(t, &at, gamma, power));
    pp_air_point_leaves(t, &at, &s->bus, leaves);
    for (uint32_t i = 0; i < t->leaves_len; i++) {
        pp_ext weight = pp_eq_number(s->plan.first_leaf[table] + i, s->rho + n, s->plan.log_leaves);
        pp_ext leaf = pp_ext_add(leaves[i].p, pp_ext_mul(gamma, leaves[i].q));
        *sum = pp_ext_add(*sum, pp_ext_mul(weight, leaf));
    }
    s->work->used = mark;
    return true;
}

// Σ eq(rho_k, number) of the leaf-columns that only pad, 0/1 each.
static pp_ext padding_weight(const pp_shard *s) {
    pp_ext sum = pp_ext_zero();
    for (uint32_t i = s->plan.leaves_len; i < (uint32_t)1 << s->plan.log_leaves; i++)
        sum =
            pp_ext_add(sum, pp_eq_number(i, s->rho + s->plan.layout.log_rows, s->plan.log_leaves));
    return sum;
}

pp_verify_status pp_shard_tables(pp_shard *s) {
    const pp_shard_plan *plan = &s->plan;
    // Σ_x eq(rho_row, x) [Σ_k eq(rho_k, k) (p_k + gamma q_k)(x) + Σ_c gamma^(2 + c) C_c(x)].
    pp_ext gamma = pp_transcript_challenge_ext(&s->t, "gamma");
    pp_ext claim =
        pp_ext_add(s->leaf.p, pp_ext_mul(gamma, pp_ext_sub(s->leaf.q, padding_weight(s))));
    for (uint32_t i = 0; i < plan->layout.log_rows; i++) {
        pp_ext c[PP_AIR_DEGREE_MAX];
        if (!pp_transcript_receive_ext(&s->t, "zero-check round", c, PP_AIR_DEGREE_MAX))
            return PP_VERIFY_ENCODING;
        s->point[i] = pp_transcript_challenge_ext(&s->t, "zero-check point");
        claim = pp_round_next(claim, s->rho[i], c, PP_AIR_DEGREE_MAX, s->point[i]);
    }

    s->columns = PP_ARENA_NEW(s->work, pp_ext, plan->columns_len);
    if (!s->columns) return PP_VERIFY_WORKSPACE;
    if (!pp_transcript_receive_ext(&s->t, "columns", s->columns, plan->columns_len))
        return PP_VERIFY_ENCODING;
    pp_ext sum = pp_ext_zero(), power = pp_ext_mul(gamma, gamma);
    for (uint32_t i = 0; i < plan->machine->tables_len; i++)
        if (plan->layout.rows[i] != 0 && !table_at(s, i, gamma, &power, &sum))
            return PP_VERIFY_WORKSPACE;
    return pp_ext_eq(sum, claim) ? PP_VERIFY_OK : PP_VERIFY_TABLES;
}
