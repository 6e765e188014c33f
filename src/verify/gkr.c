// SPDX-License-Identifier: MIT OR Apache-2.0
#include "verify/parts.h"

// root + boundary = 0, as fractions: the numerator is zero, no denominator is.
static pp_verify_status balance(pp_shard *s, pp_fraction root) {
    const pp_air_table *t = s->plan.machine->boundary;
    size_t mark = s->work->used;
    pp_fraction *boundary = PP_ARENA_NEW(s->work, pp_fraction, t->leaves_len);
    pp_air_point at = {.publics = s->publics,
                       .registers = PP_ARENA_NEW(s->work, pp_ext, t->registers_len)};
    if (!boundary || !at.registers) return PP_VERIFY_WORKSPACE;
    pp_air_point_leaves(t, &at, &s->bus, boundary);
    for (uint32_t i = 0; i < t->leaves_len; i++) root = pp_fraction_add(root, boundary[i]);
    s->work->used = mark;
    return pp_ext_is_zero(root.p) && !pp_ext_is_zero(root.q) ? PP_VERIFY_OK : PP_VERIFY_BUSES;
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
    pp_ext root[2];
    if (!pp_transcript_receive_ext(&s->t, "gkr root", root, 2)) return PP_VERIFY_ENCODING;
    s->leaf = (pp_fraction){root[0], root[1]};
    pp_verify_status status = balance(s, s->leaf);
    uint32_t layers = s->plan.layout.log_rows + s->plan.log_leaves;
    for (uint32_t v = 0; v < layers && status == PP_VERIFY_OK; v++) status = layer(s, v);
    return status;
}
