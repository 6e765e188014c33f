// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pcs/pcs.h"

// Chosen by search for short proofs at bearable hashing; that every number is enough, and none by
// more than one, is what pcs/test_soundness.c checks.
//
// fold, log_blowup, multiplicity, ood, queries, query_grind, fold_grind
const pp_pcs_params pp_pcs_fast = {
    .name = "fast",
    .id = 1,
    .log_cells_min = 12,
    .log_cells_max = 28,
    .log_final = 8,
    .secure = true,
    .rounds_len = 5,
    .rounds = {{6, 1, 0, 0, 266, 18, 0},
               {4, 3, 13, 1, 79, 18, 17},
               {4, 6, 8, 1, 39, 18, 17},
               {4, 9, 5, 1, 26, 18, 18},
               {4, 10, 3, 1, 24, 18, 13}},
};

const pp_pcs_params pp_pcs_small = {
    .name = "small",
    .id = 2,
    .log_cells_min = 12,
    .log_cells_max = 26,
    .log_final = 7,
    .secure = true,
    .rounds_len = 5,
    .rounds = {{6, 2, 12, 1, 125, 18, 16},
               {4, 4, 9, 1, 60, 18, 15},
               {4, 7, 5, 1, 34, 18, 15},
               {4, 10, 3, 1, 24, 18, 15},
               {4, 11, 3, 1, 22, 18, 14}},
};

const pp_pcs_params pp_pcs_test = {
    .name = "test",
    .id = 3,
    .log_cells_min = 4,
    .log_cells_max = 24,
    .log_final = 4,
    .secure = false,
    .rounds_len = 6,
    .rounds = {{4, 1, 3, 2, 3, 0, 0},
               {3, 2, 0, 0, 2, 0, 0},
               {2, 3, 4, 1, 2, 0, 0},
               {4, 4, 4, 1, 2, 0, 0},
               {4, 6, 4, 1, 2, 0, 0},
               {4, 8, 4, 1, 2, 0, 0}},
};

const pp_pcs_params *const pp_pcs_sets[] = {&pp_pcs_fast, &pp_pcs_small, &pp_pcs_test, NULL};

const pp_pcs_params *pp_pcs_find(const char *name) {
    for (size_t i = 0; pp_pcs_sets[i] != NULL; i++)
        if (strcmp(pp_pcs_sets[i]->name, name) == 0) return pp_pcs_sets[i];
    return NULL;
}

unsigned pp_pcs_vars(const pp_pcs_params *p, unsigned log_cells, unsigned i) {
    PP_ASSERT(log_cells >= p->log_cells_min && log_cells <= p->log_cells_max);
    for (unsigned k = 0; k < i; k++) log_cells -= p->rounds[k].fold;
    return log_cells;
}

unsigned pp_pcs_rounds(const pp_pcs_params *p, unsigned log_cells) {
    unsigned i = 1;
    while (pp_pcs_vars(p, log_cells, i) > p->log_final) {
        i++;
        PP_ASSERT(i <= p->rounds_len);
    }
    return i;
}

unsigned pp_pcs_fold_grind(const pp_pcs_params *p, unsigned log_cells, unsigned i) {
    unsigned saved = p->log_cells_max - log_cells, bits = p->rounds[i].fold_grind;
    return bits > saved ? bits - saved : 0;
}
