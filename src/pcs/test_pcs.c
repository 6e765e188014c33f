// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "base/test.h"
#include "cpu/cpu.h"
#include "pcs/test_support.h"

// The statement evaluated the slow way, cell by cell.
static pp_ext slow_value(const pp_pcs_case *c) {
    pp_ext sum = pp_ext_zero();
    for (size_t g = 0; g < c->groups_len; g++) {
        for (size_t i = 0; i < c->groups[g].terms_len; i++) {
            const pp_pcs_term *term = &c->groups[g].terms[i];
            pp_ext piece = pp_ext_zero();
            for (uint64_t x = 0; x < (uint64_t)1 << term->log_len; x++) {
                pp_ext eq = pp_ext_one();
                for (unsigned k = 0; k < term->log_len; k++) {
                    pp_ext r = c->groups[g].point[k];
                    eq = pp_ext_mul(eq, x >> k & 1 ? r : pp_ext_sub(pp_ext_one(), r));
                }
                piece = pp_ext_add(piece, pp_ext_mul_fp(eq, c->stack[term->offset + x]));
            }
            sum = pp_ext_add(sum, pp_ext_mul(term->coeff, piece));
        }
    }
    return sum;
}

PP_TEST(honest_proofs_of_every_size) {
    for (unsigned m = pp_pcs_test.log_cells_min; m <= 16; m++) {
        for (size_t groups = 1; groups <= 2; groups++) {
            pp_pcs_case c;
            pp_pcs_case_make(&c, &pp_pcs_test, m, groups, pp_test_seed() + m * 2 + groups);
            if (m <= 10) CHECK(pp_ext_eq(c.target, slow_value(&c)));
            pp_pcs_case_prove(&c, NULL, NULL);
            CHECK_STR(pp_pcs_status_text(pp_pcs_case_verify(&c, c.proof, c.proof_size)),
                      "accepted");
            CHECK(c.proof_size <= pp_pcs_proof_size_max(c.params, m));
            pp_pcs_case_free(&c);
        }
    }
}

PP_TEST(honest_proofs_of_every_set) {
    for (size_t i = 0; pp_pcs_sets[i] != NULL; i++) {
        for (unsigned m = 12; m <= 15; m += 3) {
            pp_pcs_case c;
            pp_pcs_case_make(&c, pp_pcs_sets[i], m, 1, pp_test_seed() + m);
            pp_pcs_case_prove(&c, NULL, NULL);
            CHECK_STR(pp_pcs_status_text(pp_pcs_case_verify(&c, c.proof, c.proof_size)),
                      "accepted");
            pp_pcs_case_free(&c);
        }
    }
}

PP_TEST(a_false_statement_is_rejected) {
    pp_pcs_case c;
    pp_pcs_case_make(&c, &pp_pcs_test, 10, 2, pp_test_seed());
    c.target = pp_ext_add_fp(c.target, pp_fp_one());
    pp_pcs_case_prove(&c, NULL, NULL);
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_CLAIM);
    pp_pcs_case_free(&c);
}

PP_TEST(the_statement_is_bound) {
    pp_pcs_case c;
    pp_pcs_case_make(&c, &pp_pcs_test, 10, 2, pp_test_seed());
    pp_pcs_case_prove(&c, NULL, NULL);
    pp_pcs_term *term = &c.terms[1][0];
    uint64_t offset = term->offset;
    term->offset = offset ^ ((uint64_t)1 << term->log_len);
    if (term->offset >> c.log_cells == 0)
        CHECK(pp_pcs_case_verify(&c, c.proof, c.proof_size) != PP_PCS_OK);
    term->offset = offset;
    term->coeff = pp_ext_add_fp(term->coeff, pp_fp_one());
    CHECK(pp_pcs_case_verify(&c, c.proof, c.proof_size) != PP_PCS_OK);
    term->coeff = pp_ext_sub_fp(term->coeff, pp_fp_one());
    c.point[0][3] = pp_ext_add_fp(c.point[0][3], pp_fp_one());
    CHECK(pp_pcs_case_verify(&c, c.proof, c.proof_size) != PP_PCS_OK);
    c.point[0][3] = pp_ext_sub_fp(c.point[0][3], pp_fp_one());
    c.target = pp_ext_add_fp(c.target, pp_fp_one());
    CHECK(pp_pcs_case_verify(&c, c.proof, c.proof_size) != PP_PCS_OK);
    c.target = pp_ext_sub_fp(c.target, pp_fp_one());
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_OK);
    pp_pcs_case_free(&c);
}

// A prover that commits to one vector and opens another, for which the statement is true: with one
// iteration the last vector is not the opened rows', with more the claim is not met.
PP_TEST(another_vector_than_the_committed_is_rejected) {
    static const struct {
        const pp_pcs_params *params;
        unsigned log_cells;
        pp_pcs_status status;
    } cases[] = {{&pp_pcs_test, 4, PP_PCS_QUERY},
                 {&pp_pcs_test, 10, PP_PCS_CLAIM},
                 {&pp_pcs_small, 12, PP_PCS_QUERY},
                 {&pp_pcs_small, 14, PP_PCS_CLAIM}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_pcs_case c;
        pp_pcs_case_make(&c, cases[i].params, cases[i].log_cells, 1, pp_test_seed());
        pp_pcs_case_prove_swapped(&c);
        CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), cases[i].status);
        pp_pcs_case_free(&c);
    }
}

// Grinding nonces of a real set: a proof with any other nonce is rejected, as a nonce or later.
PP_TEST(nonces_are_checked) {
    pp_pcs_case c;
    pp_pcs_case_make(&c, &pp_pcs_fast, 12, 1, pp_test_seed());
    pp_pcs_case_prove(&c, NULL, NULL);
    // One iteration: root, 6 rounds (no grinding in unique decoding), the final vector, the nonce.
    size_t at = PP_DIGEST_SIZE + 6 * 2 * PP_EXT_SIZE + (PP_EXT_SIZE << 6);
    uint32_t nonce = pp_load_le32(c.proof + at);
    pp_store_le32(c.proof + at, nonce + 1);
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_NONCE);
    pp_store_le32(c.proof + at, nonce == 0 ? 5 : nonce - 1);
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_NONCE);
    pp_pcs_case_free(&c);
}

// And those before folding challenges: here of eight bits, so one in 256 of the others would do
// too.
PP_TEST(folding_nonces_are_checked) {
    pp_pcs_case c;
    pp_pcs_case_make(&c, &pp_pcs_small, 18, 1, pp_test_seed());
    CHECK_EQ(pp_pcs_fold_grind(c.params, c.log_cells, 0), 8);
    pp_pcs_case_prove(&c, NULL, NULL);
    // Root, one sample, the first round.
    size_t at = PP_DIGEST_SIZE + PP_EXT_SIZE + 2 * PP_EXT_SIZE, rejected = 0;
    uint32_t nonce = pp_load_le32(c.proof + at);
    for (uint32_t i = 1; i <= 64; i++) {
        pp_store_le32(c.proof + at, nonce + i);
        rejected += pp_pcs_case_verify(&c, c.proof, c.proof_size) == PP_PCS_NONCE;
    }
    CHECK(rejected >= 60);
    pp_pcs_case_free(&c);
}

PP_TEST(malformed_statements_and_sizes) {
    pp_pcs_case c;
    pp_pcs_case_make(&c, &pp_pcs_test, 8, 1, pp_test_seed());
    pp_pcs_case_prove(&c, NULL, NULL);
    pp_pcs_term *term = &c.terms[0][0], was = *term;
    term->offset = was.offset + 1;
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_STATEMENT);
    *term = was;
    term->log_len = 1;
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_STATEMENT);
    term->log_len = 9;
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_STATEMENT);
    *term = was;
    term->offset = 256;
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_STATEMENT);
    *term = was;
    c.groups[0].terms_len = 0;
    CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_STATEMENT);
    pp_transcript t;
    pp_pcs_commitment commitment;
    pp_transcript_verify(&t, c.proof, c.proof_size);
    CHECK_EQ(pp_pcs_receive(&commitment, &pp_pcs_test, 3, &t), PP_PCS_SIZE);
    CHECK_EQ(pp_pcs_receive(&commitment, &pp_pcs_test, 25, &t), PP_PCS_SIZE);
    pp_pcs_case_free(&c);
}

PP_TEST(the_workspace_has_the_size_that_is_asked) {
    for (size_t i = 0; pp_pcs_sets[i] != NULL; i++)
        for (unsigned m = pp_pcs_sets[i]->log_cells_min; m <= pp_pcs_sets[i]->log_cells_max; m++)
            CHECK(pp_pcs_work_size(pp_pcs_sets[i], m) <= 128 * 1024);
}

// One seed, one proof: on every instruction set of this machine, with any number of threads.
PP_TEST(same_bytes_everywhere) {
    for (size_t set = 0; set < 2; set++) {
        const pp_pcs_params *params = set == 0 ? &pp_pcs_test : &pp_pcs_small;
        unsigned m = set == 0 ? 15 : 13;
        pp_pcs_case reference, c;
        pp_pcs_case_make(&reference, params, m, 2, pp_test_seed());
        pp_pcs_case_make(&c, params, m, 2, pp_test_seed());
        pp_cpu_mask(PP_CPU_PORTABLE);
        pp_pcs_case_prove(&reference, NULL, NULL);
        for (int level = PP_CPU_PORTABLE; level < PP_CPU_LEN; level++) {
            pp_cpu_mask((pp_cpu)level);
            if (pp_cpu_level() != (pp_cpu)level) continue; // not on this machine
            for (size_t threads = 1; threads <= 5; threads += 2) {
                pp_err err;
                pp_threads *pool = pp_threads_new(&err, threads);
                REQUIRE(pool != NULL);
                pp_pcs_case_prove(&c, pool, NULL);
                CHECK_EQ(c.proof_size, reference.proof_size);
                CHECK_MEM(c.proof, reference.proof, reference.proof_size);
                pp_threads_free(pool);
            }
        }
        pp_cpu_mask(PP_CPU_LEN - 1);
        CHECK_EQ(pp_pcs_case_verify(&c, c.proof, c.proof_size), PP_PCS_OK);
        pp_pcs_case_free(&reference);
        pp_pcs_case_free(&c);
    }
}
