// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pcs/test_support.h"

#include <stdlib.h>

static uint64_t next(uint64_t *seed) {
    uint64_t z = *seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}
static pp_fp random_fp(uint64_t *seed) {
    return pp_fp_from_u32((uint32_t)next(seed));
}
static pp_ext random_ext(uint64_t *seed) {
    pp_ext x;
    for (int i = 0; i < PP_EXT_DEGREE; i++) x.c[i] = random_fp(seed);
    return x;
}

// Cuts [0, 2^log_cells) into aligned pieces of random lengths, at most 256 of them; a piece in
// eight is left out, and now and then one stands twice.
static size_t cut(pp_pcs_term *terms, unsigned fold, unsigned log_cells, uint64_t *seed) {
    size_t len = 0;
    unsigned shortest = log_cells > fold + 7 ? log_cells - 7 : fold;
    for (uint64_t at = 0; at >> log_cells == 0;) {
        unsigned h = shortest;
        while (h < log_cells && at % ((uint64_t)2 << h) == 0 && next(seed) % 3 == 0) h++;
        pp_pcs_term term = {at, h, random_ext(seed)};
        if (next(seed) % 8 != 0 || len == 0) terms[len++] = term;
        if (next(seed) % 16 == 0) terms[len++] = term;
        at += (uint64_t)1 << h;
    }
    return len;
}

void pp_pcs_case_make(pp_pcs_case *c, const pp_pcs_params *params, unsigned log_cells,
                      size_t groups_len, uint64_t seed) {
    memset(c, 0, sizeof *c);
    c->params = params;
    c->log_cells = log_cells;
    c->groups_len = groups_len;
    c->stack = malloc(sizeof *c->stack << log_cells);
    PP_ASSERT(c->stack != NULL && groups_len <= 2);
    for (size_t i = 0; i < (size_t)1 << log_cells; i++) c->stack[i] = random_fp(&seed);
    for (size_t g = 0; g < groups_len; g++) {
        for (unsigned i = 0; i < log_cells; i++) c->point[g][i] = random_ext(&seed);
        c->terms[g] = malloc(512 * sizeof *c->terms[g]);
        PP_ASSERT(c->terms[g] != NULL);
        size_t len = cut(c->terms[g], params->rounds[0].fold, log_cells, &seed);
        c->groups[g] = (pp_pcs_group){c->point[g], c->terms[g], len};
    }
    pp_err err;
    bool ok =
        pp_pcs_value(&err, &c->target, params, log_cells, c->stack, NULL, c->groups, groups_len);
    PP_ASSERT(ok);
}

void pp_pcs_case_free(pp_pcs_case *c) {
    free(c->stack);
    free(c->terms[0]);
    free(c->terms[1]);
    free(c->proof);
}

// The whole statement and the target.
static void absorb_statement(const pp_pcs_case *c, pp_transcript *t) {
    for (size_t g = 0; g < c->groups_len; g++) {
        const pp_pcs_group *group = &c->groups[g];
        pp_transcript_absorb_u64(t, "terms", group->terms_len);
        pp_transcript_absorb_ext(t, "point", group->point, c->log_cells);
        for (size_t i = 0; i < group->terms_len; i++) {
            pp_transcript_absorb_u64(t, "offset", group->terms[i].offset);
            pp_transcript_absorb_u64(t, "length", group->terms[i].log_len);
            pp_transcript_absorb_ext(t, "coefficient", &group->terms[i].coeff, 1);
        }
    }
    pp_transcript_absorb_ext(t, "target", &c->target, 1);
}

static void prove(pp_pcs_case *c, pp_threads *pool, pp_pcs_times *times, bool swap) {
    size_t capacity = pp_pcs_proof_size_max(c->params, c->log_cells);
    if (c->proof == NULL) c->proof = malloc(capacity);
    PP_ASSERT(c->proof != NULL);
    pp_err err;
    pp_transcript t;
    pp_transcript_prove(&t, c->proof, capacity);
    pp_pcs_prover *prover = pp_pcs_commit(&err, c->params, c->log_cells, c->stack, pool, &t);
    PP_ASSERT(prover != NULL);
    if (swap) {
        for (size_t i = 0; i < (size_t)1 << c->log_cells; i++)
            c->stack[i] = pp_fp_add(c->stack[i], pp_fp_one());
        bool fits = pp_pcs_value(&err, &c->target, c->params, c->log_cells, c->stack, NULL,
                                 c->groups, c->groups_len);
        PP_ASSERT(fits);
    }
    absorb_statement(c, &t);
    bool ok = pp_pcs_open(&err, prover, c->groups, c->groups_len, c->target, &t);
    PP_ASSERT(ok);
    c->proof_size = pp_transcript_size(&t);
    if (times != NULL) *times = *pp_pcs_prover_times(prover);
    pp_pcs_prover_free(prover);
}

void pp_pcs_case_prove(pp_pcs_case *c, pp_threads *pool, pp_pcs_times *times) {
    prove(c, pool, times, false);
}
void pp_pcs_case_prove_swapped(pp_pcs_case *c) {
    prove(c, NULL, NULL, true);
}

pp_pcs_status pp_pcs_case_verify(const pp_pcs_case *c, const uint8_t *proof, size_t size) {
    static uint64_t work[1 << 15];
    PP_ASSERT(pp_pcs_work_size(c->params, c->log_cells) <= sizeof work);
    pp_transcript t;
    pp_transcript_verify(&t, proof, size);
    pp_pcs_commitment commitment;
    pp_pcs_status st = pp_pcs_receive(&commitment, c->params, c->log_cells, &t);
    if (st != PP_PCS_OK) return st;
    absorb_statement(c, &t);
    st = pp_pcs_verify(&commitment, c->groups, c->groups_len, c->target, &t, work,
                       pp_pcs_work_size(c->params, c->log_cells));
    if (st == PP_PCS_OK && !pp_transcript_end(&t)) return PP_PCS_FORMAT;
    return st;
}

void pp_pcs_case_fuzz(pp_pcs_case *c, unsigned which) {
    static const unsigned sizes[PP_PCS_FUZZ_CASES] = {4, 6, 9, 11};
    pp_pcs_case_make(c, &pp_pcs_test, sizes[which], 1 + which % 2, which);
    pp_pcs_case_prove(c, NULL, NULL);
}
