// SPDX-License-Identifier: MIT OR Apache-2.0
// Commit and open once, verify: cells a second, sizes, memory, and the shares of the work.
//
// bench_pcs [SET LOG_CELLS [THREADS]]; without: small sizes first, then the two of
// docs/performance.md, one thread. With PP_BENCH_QUICK set the largest is left out.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "cpu/cpu.h"
#include "pcs/prover.h"

static double now(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

// Seconds of processor time of the whole process: what wall time is when nothing else runs.
static double processor(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static uint64_t state = 1;
static pp_fp random_fp(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (pp_fp){(uint32_t)(((state >> 32) * PP_FP_MODULUS) >> 32)};
}
static pp_ext random_ext(void) {
    pp_ext x;
    for (int i = 0; i < PP_EXT_DEGREE; i++) x.c[i] = random_fp();
    return x;
}

// Like a trace: 256 columns of equal length, one term each.
enum { LOG_COLUMNS = 8 };

static void make_terms(pp_pcs_term *terms, unsigned log_cells) {
    unsigned h = log_cells - LOG_COLUMNS;
    for (uint64_t i = 0; i < 1 << LOG_COLUMNS; i++)
        terms[i] = (pp_pcs_term){i << h, h, random_ext()};
}

static void check(bool ok, const pp_err *err) {
    if (ok) return;
    fprintf(stderr, "bench_pcs: %s\n", err->text);
    exit(2);
}

static void print_verifier(const pp_pcs_params *params, unsigned log_cells, const uint8_t *proof,
                           size_t size, const pp_pcs_group *group, pp_ext target) {
    enum { RUNS = 5 };
    double best = 1e9, used = processor();
    size_t work_size = pp_pcs_work_size(params, log_cells);
    void *work = malloc(work_size);
    PP_ASSERT(work != NULL);
    for (int i = 0; i < RUNS; i++) {
        double start = now();
        pp_transcript t;
        pp_transcript_verify(&t, proof, size);
        pp_pcs_commitment c;
        pp_pcs_status st = pp_pcs_receive(&c, params, log_cells, &t);
        if (st == PP_PCS_OK) {
            pp_transcript_absorb_ext(&t, "target", &target, 1);
            st = pp_pcs_verify(&c, group, 1, target, &t, work, work_size);
        }
        double took = now() - start;
        best = took < best ? took : best;
        if (st != PP_PCS_OK || !pp_transcript_end(&t)) {
            fprintf(stderr, "bench_pcs: %s\n", pp_pcs_status_text(st));
            exit(1);
        }
    }
    free(work);
    printf("  opening %.1f KiB, verified in %.1f ms (best of %d; %.1f ms of processor time), "
           "workspace %.1f KiB\n",
           (double)size / 1024, best * 1e3, RUNS, (processor() - used) / RUNS * 1e3,
           (double)work_size / 1024);
}

static void run(const pp_pcs_params *params, unsigned log_cells, size_t threads) {
    pp_err err;
    pp_threads *pool = pp_threads_new(&err, threads);
    check(pool != NULL, &err);
    size_t cells = (size_t)1 << log_cells, capacity = pp_pcs_proof_size_max(params, log_cells);
    pp_fp *stack = malloc(cells * sizeof *stack);
    uint8_t *proof = malloc(capacity);
    PP_ASSERT(stack != NULL && proof != NULL);
    for (size_t i = 0; i < cells; i++) stack[i] = random_fp();
    pp_ext point[PP_PCS_LOG_CELLS_MAX], target;
    for (unsigned i = 0; i < log_cells; i++) point[i] = random_ext();
    pp_pcs_term terms[1 << LOG_COLUMNS];
    make_terms(terms, log_cells);
    pp_pcs_group group = {point, terms, PP_COUNT(terms)};
    check(pp_pcs_value(&err, &target, params, log_cells, stack, pool, &group, 1), &err);

    pp_transcript t;
    pp_transcript_prove(&t, proof, capacity);
    double start = now(), used = processor();
    pp_pcs_prover *prover = pp_pcs_commit(&err, params, log_cells, stack, pool, &t);
    check(prover != NULL, &err);
    double committed = now();
    pp_transcript_absorb_ext(&t, "target", &target, 1);
    check(pp_pcs_open(&err, prover, &group, 1, target, &t), &err);
    double opened = now(), total = opened - start;
    used = processor() - used;
    pp_pcs_times s = *pp_pcs_prover_times(prover);
    pp_pcs_prover_free(prover);

    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s, 2^%u cells, %zu thread%s, %s: %.2f M cells/s, %.2f M a processor second\n",
           params->name, log_cells, threads, threads == 1 ? "" : "s", pp_cpu_name(pp_cpu_level()),
           (double)cells / total / 1e6, (double)cells / used / 1e6);
    printf("  commit %.2f s, open %.2f s; transforms %.0f %%, hashing %.0f %%, sum-check %.0f %%, "
           "grinding %.0f %%, queries %.0f %%\n",
           committed - start, opened - committed, 100 * s.transform / total,
           100 * s.hashing / total, 100 * s.sumcheck / total, 100 * s.grinding / total,
           100 * s.queries / total);
    printf("  peak memory of this process so far %.1f bytes a cell, the stack's 4 among them\n",
           (double)usage.ru_maxrss * 1024 / (double)cells);
    print_verifier(params, log_cells, proof, pp_transcript_size(&t), &group, target);
    free(stack);
    free(proof);
    pp_threads_free(pool);
}

int main(int argc, char **argv) {
    if (argc >= 3) {
        const pp_pcs_params *params = pp_pcs_find(argv[1]);
        unsigned log_cells = (unsigned)strtoul(argv[2], NULL, 10);
        if (params == NULL || log_cells < params->rounds[0].fold + LOG_COLUMNS + 0u ||
            log_cells < params->log_cells_min || log_cells > params->log_cells_max) {
            fputs("usage: bench_pcs [SET LOG_CELLS [THREADS]]\n", stderr);
            return 2;
        }
        run(params, log_cells, argc > 3 ? strtoul(argv[3], NULL, 10) : 1);
        return 0;
    }
    run(&pp_pcs_small, 20, 1);
    run(&pp_pcs_small, 24, 1);
    if (getenv("PP_BENCH_QUICK") == NULL) run(&pp_pcs_fast, 26, 1);
    return 0;
}
