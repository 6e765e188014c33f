// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/ceiling.h"

#include <stdlib.h>

#include "base/clock.h"
#include "field/vec.h"
#include "hash/batch.h"

const char *const pp_cli_ceiling_names[PP_CEILINGS] = {"plan",  "trace",  "commit", "grinding",
                                                       "buses", "tables", "opening"};
const char *const pp_cli_ceiling_whys[PP_CEILINGS] = {
    "the bare executor",         "records and cells, copied",
    "hashing the codeword",      "as it is",
    "13 products of E a leaf",   "3 products of F and 1.5 of E by F a cell",
    "a product of E by F a cell"};

enum {
    N = 512,
    STATES = 256,
    COPY = 64 << 20,          // beyond every cache
    RECORD = sizeof(pp_step), // bytes written for a cycle
};

typedef struct kernels {
    pp_fp fa[N], fb[N], fo[N];
    pp_ext ea[N], eb[N], eo[N];
    pp_fp states[STATES][PP_POSEIDON2_WIDTH];
    uint8_t from[COPY], to[COPY];
} kernels;

static void run_mul(kernels *k) {
    pp_fp_vec_mul(k->fo, k->fa, k->fb, N);
}
static void run_ext(kernels *k) {
    pp_ext_vec_mul(k->eo, k->ea, k->eb, N);
}
static void run_mixed(kernels *k) {
    k->eo[0] = pp_ext_vec_dot_fp(k->ea, k->fb, N);
}
static void run_permute(kernels *k) {
    pp_poseidon2_permute_many(k->states, STATES);
}
static void run_copy(kernels *k) {
    memcpy(k->to, k->from, COPY);
}

// Seconds of one run at its best, within a tenth of a second.
static double best(void (*run)(kernels *), kernels *k) {
    double least = 1e9;
    const uint64_t end = pp_clock_ns() + 100000000;
    for (uint64_t now = pp_clock_ns(); now < end;) {
        run(k);
        uint64_t after = pp_clock_ns();
        double seconds = 1e-9 * (double)(after - now);
        if (seconds < least) least = seconds;
        now = after;
    }
    return least;
}

void pp_cli_ceilings_measure(pp_cli_ceilings *out, const pp_prove_report *r, double execute,
                             size_t threads) {
    memset(out, 0, sizeof *out);
    kernels *k = malloc(sizeof *k);
    if (k == NULL) return;
    memset(k, 1, sizeof *k);
    const double mul = best(run_mul, k) / N, ext = best(run_ext, k) / N,
                 mixed = best(run_mixed, k) / N, permute = best(run_permute, k) / STATES,
                 copy = best(run_copy, k) / COPY, p = (double)threads, cells = (double)r->cells;
    free(k);
    const pp_pcs_round *first = &pp_pcs_fast.rounds[0];
    const double width = (double)(1 << first->fold);
    const double rows = cells / width * (double)(1 << first->log_blowup);
    const double per_row = (double)((1 << first->fold) + PP_SPONGE_RATE - 1) / PP_SPONGE_RATE;
    double *s = out->seconds;
    s[0] = execute;
    s[1] = copy * (RECORD * (double)r->cycles + 2 * sizeof(pp_fp) * cells) / p;
    s[2] = permute * rows * ((double)(int)per_row + 1) / p;
    s[3] = r->parts.grind;
    s[4] = ext * 13 * (double)r->interactions / 2 / p;
    s[5] = (3 * mul + 1.5 * mixed) * cells / p;
    s[6] = mixed * cells / p;
}
