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
