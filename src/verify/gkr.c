// SPDX-License-Identifier: MIT OR Apache-2.0
#include "verify/parts.h"

// root + boundary = 0, as fractions: the numerator is zero, no denominator is.
static bool balanced(const pp_shard *s, pp_fraction root, pp_fraction *boundary) {
    const pp_air_table *t = s->plan.machine->boundary;
    pp_air_point at = {.publics = s->publics,
                       .registers = PP_ARENA_NEW(s->work, pp_ext, t->registers_len)};
    if (!at.registers) return false;
    pp_air_point_leaves(t, &at, &s->bus, boundary);
    pp_fraction sum = root;
    for (uint32_t i = 0; i < t->leaves_len; i++) sum = pp_fraction_add(sum, boundary[i]);
    return pp_ext_is_zero(sum.p) && !pp_ext_is_zero(sum.q);
}

// From claims on a layer at rho (`variables` coordinates) to claims on the layer below, which has
// one variable more, its variable 0: p = p0 q1 + p1 q0, q = q0 q1.
static pp_verify_status layer(pp_shard *s, uint32_t variables) {
    pp_ext lambda = pp_transcript_challenge_ext(&s->t, "lambda");
    pp_ext claim = pp_ext_add(s->leaf.p, pp_ext_mul(lambda, s->leaf.q));
    for (uint32_t i = 0; i < variables; i++) {
        pp_ext c[2];
        if (!pp_transcript_receive_ext(&s->t, "gkr round", c, 2)) return PP_VERIFY_ENCODING;
        pp_ext r = pp_transcript_challenge_ext(&s->t, "gkr point");
        claim = pp_round_next(claim, s->rho[i], c, 2, r);
        s->rho[i] = r;
    }
    pp_ext v[4]; // p0, p1, q0, q1
    if (!pp_transcript_receive_ext(&s->t, "gkr halves", v, 4)) return PP_VERIFY_ENCODING;
    pp_fraction both = pp_fraction_add((pp_fraction){v[0], v[2]}, (pp_fraction){v[1], v[3]});
    if (!pp_ext_eq(claim, pp_ext_add(both.p, pp_ext_mul(lambda, both.q)))) return PP_VERIFY_BUSES;

    pp_ext mu = pp_transcript_challenge_ext(&s->t, "gkr half");
    memmove(s->rho + 1, s->rho, variables * sizeof *s->rho);
    s->rho[0] = mu;
    s->leaf.p = pp_ext_add(v[0], pp_ext_mul(mu, pp_ext_sub(v[1], v[0])));
    s->leaf.q = pp_ext_add(v[2], pp_ext_mul(mu, pp_ext_sub(v[3], v[2])));
    return PP_VERIFY_OK;
}

pp_verify_status pp_shard_buses(pp_shard *s) {
    size_t mark = s->work->used;
    pp_fraction *boundary =
        PP_ARENA_NEW(s->work, pp_fraction, s->plan.machine->boundary->leaves_len);
    if (!boundary) return PP_VERIFY_WORKSPACE;
    pp_ext root[2];
    if (!pp_transcript_receive_ext(&s->t, "gkr root", root, 2)) return PP_VERIFY_ENCODING;
    s->leaf = (pp_fraction){root[0], root[1]};
    if (!balanced(s, s->leaf, boundary)) return PP_VERIFY_BUSES;
    uint32_t layers = s->plan.layout.log_rows + s->plan.log_leaves;
    for (uint32_t v = 0; v < layers; v++) {
        pp_verify_status status = layer(s, v);
        if (status != PP_VERIFY_OK) return status;
    }
    s->work->used = mark;
    return PP_VERIFY_OK;
}
