// SPDX-License-Identifier: MIT OR Apache-2.0
// Whole proofs of the example machines: cells and permutations a second, where the time goes, bytes
// of proof, time and workspace of the verifier, peak memory. Each is proven twice, the second time
// in memory that the system has given already, as a prover of many shards does.
// Usage: bench_prove [LOG_CELLS [EXAMPLE [SET [THREADS]]]]
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "cpu/cpu.h"
#include "prove/claim.h"
#include "prove/examples/examples.h"
#include "verify/verify.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double peak_bytes(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return 1024.0 * (double)r.ru_maxrss;
}

static double verify(const pp_example *e, const pp_pcs_params *set, const uint8_t *bytes,
                     size_t size, size_t *work_size) {
    const pp_hash32 context = {{1, 2, 3}};
    pp_verify_policy policy = {&e->machine, &e->vm_id, 1, &set, 1, set->log_cells_max, 1};
    *work_size = pp_verify_work_size(&policy);
    void *work = malloc(*work_size);
    PP_ASSERT(work);
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        pp_verifier v;
        double t = now();
        pp_verify_status s = pp_verify_begin(&v, &policy, &context, work, *work_size);
        if (s == PP_VERIFY_OK) s = pp_verify_shard(&v, bytes, size);
        t = now() - t;
        if (s != PP_VERIFY_OK) printf("REJECTED: %s\n", pp_verify_status_text(s));
        if (t < best) best = t;
    }
    free(work);
    return best;
}

typedef struct bench {
    const char *name, *unit;
    void (*make)(pp_example *e, const pp_pcs_params *set, uint32_t size);
    uint32_t columns, rows_each; // cells of one permutation or step; 0: made of 2^size steps
} bench;

static const bench benches[] = {
    {"fibonacci", "steps", pp_example_fibonacci, 5, 1},
    {"poseidon2", "permutations", pp_example_poseidon2, 241, 1},
    {"keccak", "permutations", pp_example_keccak, 2519, 24},
    {"many", "steps", pp_example_many, 0, 0},
};

// The largest trace whose rounded rows still fit: how many steps or permutations.
static uint32_t largest(const bench *b, unsigned log_cells) {
    uint32_t row_cells = b->columns;
    uint32_t rows = (uint32_t)((((uint64_t)1 << log_cells) - 256) / row_cells);
    while (__builtin_popcount(rows) > 3) rows &= rows - 1;
    rows &= ~(uint32_t)63;
    return rows / b->rows_each;
}

static void run(const bench *b, unsigned log_cells, const pp_pcs_params *set, pp_threads *pool) {
    // Sixteen columns' worth of cells a step, all tables of `many` together.
    const uint32_t log_rows = log_cells < 24 ? log_cells - 4 : 20;
    const uint32_t count = b->columns ? largest(b, log_cells) : (uint32_t)1 << log_rows;
    pp_example e;
    b->make(&e, set, b->columns ? count : log_rows);
    uint8_t *bytes;
    size_t size, work_size;
    pp_prove_times times;
    double t, first, seconds, cells = (double)((uint64_t)1 << e.layout.log_cells);
    for (int again = 0; again < 2; again++) {
        clock_t processor = clock();
        t = now();
        pp_example_prove(&e, set, pool, &bytes, &size, &times);
        t = now() - t;
        seconds = (double)(clock() - processor) / CLOCKS_PER_SEC;
        if (again > 0) break;
        first = t;
        free(bytes);
    }
    double peak = peak_bytes();
    double check = verify(&e, set, bytes, size, &work_size);
    printf("%-10s %s, 2^%u cells (%.1f %% used), %u columns, %s, %zu thread(s)\n", b->name,
           set->name, e.layout.log_cells, 100 * (double)e.layout.cells / cells,
           e.machine->columns_len, pp_cpu_name(pp_cpu_level()), pp_threads_len(pool));
    printf("  proved in %.2f s: %.2f M cells/s, %.0f %s/s (the first time in %.2f s)\n", t,
           cells / t / 1e6, (double)count / t, b->unit, first);
    printf("  processor time %.2f s: %.2f M cells/s\n", seconds, cells / seconds / 1e6);
    printf("  commit %.2f s, buses %.2f s, tables %.2f s, opening %.2f s\n", times.commit,
           times.buses, times.tables, times.open);
    printf("  proof %.1f KiB, verified in %.1f ms with %.0f KiB of workspace\n",
           (double)size / 1024, 1e3 * check, (double)work_size / 1024);
    printf("  peak memory %.1f bytes a cell\n", peak / cells);
    free(bytes);
    pp_example_free(&e);
}

int main(int argc, char **argv) {
    unsigned log_cells = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 22;
    const char *only = argc > 2 ? argv[2] : NULL;
    const pp_pcs_params *set = pp_pcs_find(argc > 3 ? argv[3] : "fast");
    pp_prove_keep_memory();
    pp_err err;
    pp_threads *pool = pp_threads_new(&err, argc > 4 ? (size_t)strtoul(argv[4], NULL, 10) : 1);
    if (!set || !pool || log_cells < 14 || log_cells > 28) {
        fprintf(stderr, "usage: bench_prove [LOG_CELLS [EXAMPLE [SET [THREADS]]]]\n");
        return 2;
    }
    for (size_t i = 0; i < PP_COUNT(benches); i++)
        if (!only || strcmp(only, benches[i].name) == 0) run(&benches[i], log_cells, set, pool);
    pp_threads_free(pool);
    return 0;
}
