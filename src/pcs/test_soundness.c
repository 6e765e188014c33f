// SPDX-License-Identifier: MIT OR Apache-2.0
#include <math.h>

#include "base/test.h"
#include "pcs/soundness.h"

static const double TARGET = 128;

static double bits(const pp_pcs_params *p, unsigned log_cells) {
    pp_soundness s;
    pp_soundness_pcs(&s, p, log_cells);
    return s.round_by_round;
}

static bool near(double a, double b) {
    return fabs(a - b) < 1e-6;
}

PP_TEST(every_secure_set_reaches_128_bits_at_every_size) {
    unsigned secure = 0;
    for (size_t i = 0; pp_pcs_sets[i] != NULL; i++) {
        const pp_pcs_params *p = pp_pcs_sets[i];
        for (unsigned m = p->log_cells_min; m <= p->log_cells_max && p->secure; m++) {
            pp_soundness s;
            pp_soundness_pcs(&s, p, m);
            for (size_t l = 0; l < s.lines_len; l++)
                if (s.lines[l].bits < TARGET)
                    pp_test_fail(__FILE__, __LINE__, "%s, 2^%u cells, %s: %.3f bits", p->name, m,
                                 s.lines[l].round, s.lines[l].bits);
            CHECK(s.collision >= TARGET);
            CHECK(s.interactive < s.round_by_round);
            secure++;
            // Each sample is a round of its own: the formula's power s is one round's for s = 1.
            for (unsigned k = 0; k < pp_pcs_rounds(p, m); k++) CHECK(p->rounds[k].ood <= 1);
        }
    }
    CHECK(secure > 0);
}

PP_TEST(a_set_that_is_not_secure_says_so) {
    CHECK(!pp_pcs_test.secure);
    CHECK(bits(&pp_pcs_test, 12) < 64);
}

// One query less takes log2 of the agreement; one bit of grinding less takes one bit.
PP_TEST(every_number_is_in_the_figure) {
    const pp_pcs_params *const sets[] = {&pp_pcs_fast, &pp_pcs_small};
    for (size_t i = 0; i < PP_COUNT(sets); i++) {
        unsigned m = sets[i]->log_cells_max;
        pp_soundness before, after;
        pp_soundness_pcs(&before, sets[i], m);
        for (unsigned r = 0; r < pp_pcs_rounds(sets[i], m); r++) {
            const pp_pcs_round *round = &sets[i]->rounds[r];
            size_t queries = 0, fold = 0;
            char name[48];
            snprintf(name, sizeof name, "codeword %u: queries", r);
            while (strcmp(before.lines[queries].round, name) != 0) queries++;
            snprintf(name, sizeof name, "codeword %u: folding", r);
            while (strcmp(before.lines[fold].round, name) != 0) fold++;
            // The query term alone; what is added to it is far below.
            double one = -log2(pp_soundness_agreement(round->multiplicity, round->log_blowup));
            CHECK(before.lines[queries].bits <= round->queries * one + round->query_grind);
            CHECK(before.lines[queries].bits > round->queries * one + round->query_grind - 0.1);

            pp_pcs_params p = *sets[i];
            p.rounds[r].queries--;
            pp_soundness_pcs(&after, &p, m);
            CHECK(fabs(before.lines[queries].bits - after.lines[queries].bits - one) < 0.1);
            CHECK(after.lines[queries].bits < TARGET); // no query could be left out

            p = *sets[i];
            p.rounds[r].query_grind--;
            pp_soundness_pcs(&after, &p, m);
            CHECK(near(before.lines[queries].bits - after.lines[queries].bits, 1));
            if (round->fold_grind == 0) continue;
            p = *sets[i];
            p.rounds[r].fold_grind--;
            pp_soundness_pcs(&after, &p, m);
            CHECK(near(before.lines[fold].bits - after.lines[fold].bits, 1));
            CHECK(after.lines[fold].bits < TARGET); // no bit of grinding either
        }
    }
}

PP_TEST(grinding_falls_with_the_size) {
    const pp_pcs_params *p = &pp_pcs_small;
    unsigned max = p->log_cells_max, bits0 = p->rounds[0].fold_grind;
    CHECK_EQ(pp_pcs_fold_grind(p, max, 0), bits0);
    CHECK_EQ(pp_pcs_fold_grind(p, max - 3, 0), bits0 - 3u);
    CHECK_EQ(pp_pcs_fold_grind(p, p->log_cells_min, 0), bits0 > 14 ? bits0 - 14u : 0);
}

// Published sizings of WHIR over this field (128 bits, 18 of them ground) read the multiplicity m
// as the radius 1 − √ρ (1 + 1/(2m)); Theorem 4.6, on mutual correlated agreement, has 1 + 1/m. With
// their reading the same formulas give their numbers of queries.
static unsigned queries_halved(unsigned log_rows, unsigned log_blowup) {
    double n = exp2(log_rows), rate = exp2(-(double)log_blowup), root = sqrt(rate);
    unsigned best = 0;
    for (unsigned m = 3; m < 200; m++) {
        double radius = 1 - root * (1 + 0.5 / m), h = m + 0.5;
        double points = (2 * pow(h, 5) + 3 * h * radius * rate) * n / (3 * rate * root) + h / root;
        if (pp_soundness_field() - log2(points) + 18 < TARGET) break;
        best = (unsigned)ceil((TARGET - 18) / -log2(1 - radius));
    }
    return best;
}

PP_TEST(published_query_counts_are_reproduced) {
    // 2^24 cells at rates 1/2, 1/4, 1/8: 2^6 columns, then 2^4; the code's whole length divided by
    // 2^3 after the first iteration, then by 2.
    static const unsigned published[3][4] = {
        {231, 57, 33, 23}, {114, 45, 29, 21}, {76, 38, 26, 20}};
    for (unsigned first = 1; first <= 3; first++) {
        unsigned vars = 24, log_blowup = first;
        for (unsigned i = 0; i < 4; i++) {
            unsigned fold = i == 0 ? 6 : 4;
            CHECK_EQ(queries_halved(vars - fold + log_blowup, log_blowup), published[first - 1][i]);
            vars -= fold;
            log_blowup += fold - (i == 0 ? 3 : 1);
        }
    }
}

PP_TEST(radius_and_list) {
    CHECK(near(pp_soundness_agreement(0, 1), 0.75));
    CHECK(near(pp_soundness_agreement(4, 2), 0.5 * 1.25));
    CHECK(near(pp_soundness_list(0, 3), 1));
    CHECK(near(pp_soundness_list(4, 2), 8));
    // Unique decoding: n / |E|.
    CHECK(near(pp_soundness_gap(0, 20, 1), 20 - pp_soundness_field()));
    // Theorem 4.6 by hand: n = 2^10, K = 2^8, M = 4: ρ = 255/1024.
    double rate = 255.0 / 1024, m = 4.5, radius = 1 - 0.5 * 1.25;
    double a =
        (2 * pow(m, 5) + 3 * m * radius * rate) / (3 * pow(rate, 1.5)) * 1024 + m / sqrt(rate);
    CHECK(near(pp_soundness_gap(4, 10, 2), log2(a) - pp_soundness_field()));
}
