// SPDX-License-Identifier: MIT OR Apache-2.0
// The kernels of field/, hash/ and poly/ on one core, by instruction set: each is first compared
// with portable C bit for bit, then timed, beside the ceilings of this machine in the same minute.
//
// With PP_PLONKY3 naming the program of Plonky3's figures (`p3peer prim`), it is run too, on one
// thread, between two measurements of ours.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cpu/cpu.h"
#include "field/vec.h"
#include "hash/batch.h"
#include "poly/ceilings.h"
#include "poly/mle_vec.h"
#include "poly/ntt.h"

enum { N = 512, ROWS = 512, WIDTH = 60, BIG_LOG = 16, BIG_WIDTH = 256, ONE_LOG = 20 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// The shortest of many runs within `budget` seconds, at least three. (The machine is shared by
// others at times; the shortest is what it can do.)
static double shortest(double budget, void (*run)(void)) {
    double best = 1e9, begin = now();
    for (int i = 0; i < 3 || now() - begin < budget; i++) {
        double start = now();
        run();
        double seconds = now() - start;
        if (seconds < best) best = seconds;
    }
    return best;
}

static pp_ntt *ntt;
static pp_fp *big, *big_out; // 2^BIG_LOG × BIG_WIDTH
static pp_fp fa[2 * N], fb[N], fo[N], sink;
static pp_ext ea[2 * N], eb[N], eo[N];
static pp_digest digests[ROWS], parents[ROWS / 2];
static pp_fp states[ROWS][PP_POSEIDON2_WIDTH], leaf_rows[ROWS * WIDTH];
static pp_fp half_a[PP_CEILING_LEN], half_b[PP_CEILING_LEN];
static const pp_ceilings *ceilings;
static pp_threads *threads; // NULL while anything is timed: figures are of one core

static void fill(pp_fp *m, size_t len) {
    uint64_t s = 1;
    for (size_t i = 0; i < len; i++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        m[i].v = (uint32_t)(s >> 33) % PP_FP_MODULUS;
    }
}

enum { REPEAT = 16 }; // of runs that are short beside the clock's tick
#define RUN(name, statement)                                                                       \
    static void name(void) {                                                                       \
        for (int i = 0; i < REPEAT; i++) statement;                                                \
    }
RUN(run_fp_mul, pp_fp_vec_mul(fo, fa, fb, N))
RUN(run_fp_dot, fo[0] = pp_fp_vec_dot(fa, fb, N))
RUN(run_fp_inverse, pp_fp_vec_inverse(fo, fa, N))
RUN(run_ext_mul, pp_ext_vec_mul(eo, ea, eb, N))
RUN(run_ext_scale, pp_ext_vec_scale(eo, eb[3], ea, N))
RUN(run_ext_axpy, pp_ext_vec_axpy(eo, eb[3], ea, N))
RUN(run_ext_axpy_fp, pp_ext_vec_axpy_fp(eo, eb[3], fa, N))
RUN(run_ext_dot, eo[0] = pp_ext_vec_dot(ea, eb, N))
RUN(run_ext_dot_fp, eo[0] = pp_ext_vec_dot_fp(ea, fb, N))
RUN(run_ext_fold, pp_ext_vec_fold(eo, ea, eb[3], N))
RUN(run_ext_fold_fp, pp_ext_vec_fold_fp(eo, fa, eb[3], N))
RUN(run_ext_inverse, pp_ext_vec_inverse(eo, ea, N))
RUN(run_eq_table, pp_mle_vec_eq_table(threads, eo, eb, 9, eb[9]))
static void run_permute(void) {
    pp_poseidon2_permute_many(states, ROWS);
}
static void run_leaves(void) {
    pp_hash_leaves(threads, digests, leaf_rows, ROWS, WIDTH, 1, 0);
}
static void run_nodes(void) {
    pp_hash_nodes(threads, parents, digests, ROWS / 2, 16);
}
static void run_ntt_one(void) {
    pp_ntt_forward(ntt, NULL, big, ONE_LOG, 1, pp_fp_one());
}
static void run_ntt_one_back(void) {
    pp_ntt_inverse(ntt, NULL, big, ONE_LOG, 1, pp_fp_one());
}
static void run_ntt_wide(void) {
    pp_ntt_forward(ntt, NULL, big, BIG_LOG, BIG_WIDTH, pp_fp_one());
}
static void run_extend(void) {
    pp_ntt_extend(ntt, NULL, big_out, BIG_LOG, big, BIG_LOG - 1, BIG_WIDTH,
                  pp_fp_from_u32(PP_FP_GENERATOR));
}
static void run_copy(void) {
    memcpy(big_out, big, sizeof *big * BIG_WIDTH << BIG_LOG);
}
static void run_multiply(void) {
    ceilings->multiply(2000, &sink);
}
static void run_butterfly(void) {
    ceilings->butterfly(20, half_a, half_b, pp_fp_from_u32(5));
}
static void run_butterfly4(void) {
    ceilings->butterfly4(20, half_a, half_b, pp_fp_from_u32(5));
}
// Butterflies a second: the better of one and of two layers at a time.
static double butterfly_rate(double budget) {
    double one =
        (double)ceilings->butterfly(20, half_a, half_b, sink) / shortest(budget, run_butterfly);
    double two =
        (double)ceilings->butterfly4(20, half_a, half_b, sink) / shortest(budget, run_butterfly4);
    return one > two ? one : two;
}

// One line of the table: work done in one run, in items; what it writes, to be compared.
typedef struct line {
    const char *name, *unit;
    double items;
    void (*run)(void);
    void *out;
    size_t out_size;
    double least; // asked for, in the unit, on AVX2 and on AVX-512
    double least_wide;
} line;

static const line lines[] = {
    {"field multiply", "G/s", REPEAT *N / 1e9, run_fp_mul, fo, sizeof fo, 0, 0},
    {"field dot product", "G/s", REPEAT *N / 1e9, run_fp_dot, fo, sizeof fo[0], 0, 0},
    {"field batch inversion", "G/s", REPEAT *N / 1e9, run_fp_inverse, fo, sizeof fo, 0, 0},
    {"quintic multiply", "G/s", REPEAT *N / 1e9, run_ext_mul, eo, sizeof eo, 0.17, 0.4},
    {"quintic by a constant", "G/s", REPEAT *N / 1e9, run_ext_scale, eo, sizeof eo, 0, 0},
    {"quintic axpy", "G/s", REPEAT *N / 1e9, run_ext_axpy, eo, sizeof eo, 0, 0},
    {"quintic axpy of base", "G/s", REPEAT *N / 1e9, run_ext_axpy_fp, eo, sizeof eo, 0, 0},
    {"quintic dot product", "G/s", REPEAT *N / 1e9, run_ext_dot, eo, sizeof eo[0], 0, 0},
    {"quintic dot with base", "G/s", REPEAT *N / 1e9, run_ext_dot_fp, eo, sizeof eo[0], 0, 0},
    {"quintic fold", "G/s", REPEAT *N / 1e9, run_ext_fold, eo, sizeof eo, 0, 0},
    {"fold of base", "G/s", REPEAT *N / 1e9, run_ext_fold_fp, eo, sizeof eo, 0, 0},
    {"quintic batch inversion", "G/s", REPEAT *N / 1e9, run_ext_inverse, eo, sizeof eo, 0, 0},
    {"eq table of 2^9", "G/s", REPEAT *N / 1e9, run_eq_table, eo, sizeof eo, 0, 0},
    {"Poseidon2-w24", "M/s", (double)ROWS / 1e6, run_permute, states, sizeof states, 3, 5},
    {"leaves, permutations", "M/s", 4.0 * (double)ROWS / 1e6, run_leaves, digests, sizeof digests,
     0, 0},
    {"nodes", "M/s", 0.5 * (double)ROWS / 1e6, run_nodes, parents, sizeof parents, 0, 0},
};

static void set_up(void) {
    fill(fa, PP_COUNT(fa));
    fill(fb, PP_COUNT(fb));
    fill(ea->c, PP_COUNT(ea) * PP_EXT_DEGREE);
    fill(eb->c, PP_COUNT(eb) * PP_EXT_DEGREE);
    memset(fo, 0, sizeof fo);
    memset(eo, 0, sizeof eo);
    fill(states[0], ROWS * PP_POSEIDON2_WIDTH);
    fill(leaf_rows, PP_COUNT(leaf_rows));
    fill(digests[0].e, ROWS * PP_DIGEST_LEN);
}

static void must_equal(const char *what, pp_cpu level, const void *a, const void *b, size_t size) {
    if (memcmp(a, b, size) == 0) return;
    fprintf(stderr, "bench_kernels: %s: %s differs from portable C\n", what, pp_cpu_name(level));
    exit(1);
}

// Runs once with portable C and once at this level from equal inputs.
static void compare(const line *l, pp_cpu level) {
    void *expected = malloc(l->out_size);
    PP_ASSERT(expected != NULL);
    set_up();
    pp_cpu_mask(PP_CPU_PORTABLE);
    l->run();
    memcpy(expected, l->out, l->out_size);
    set_up();
    pp_cpu_mask(level);
    l->run();
    must_equal(l->name, level, l->out, expected, l->out_size);
    free(expected);
}

// Forward, back and extended at small shapes, and at those that are timed.
static void compare_ntt(pp_cpu level) {
    static const struct {
        unsigned log_height;
        size_t width;
    } shapes[] = {{11, 1}, {11, 5}, {11, 64}, {10, 272}, {ONE_LOG, 1}, {BIG_LOG, BIG_WIDTH / 2}};
    pp_fp shift = pp_fp_from_u32(3);
    for (size_t i = 0; i < PP_COUNT(shapes); i++) {
        unsigned log = shapes[i].log_height;
        size_t width = shapes[i].width, len = width << log, half = len / 2;
        // Both matrices, and what a half is extended to, lie in the two large ones.
        pp_fp *mine = big_out, *from = big, *want = big + len;
        PP_ASSERT(2 * len <= (size_t)BIG_WIDTH << BIG_LOG);
        fill(want, len);
        fill(mine, len);
        pp_cpu_mask(PP_CPU_PORTABLE);
        pp_ntt_forward(ntt, NULL, want, log, width, shift);
        pp_cpu_mask(level);
        pp_ntt_forward(ntt, threads, mine, log, width, shift);
        must_equal("NTT", level, mine, want, len * sizeof *mine);
        pp_ntt_inverse(ntt, threads, mine, log, width, shift);
        fill(from, len);
        must_equal("NTT back", level, mine, from, len * sizeof *mine);
        pp_cpu_mask(PP_CPU_PORTABLE);
        memset(want, 0, len * sizeof *want);
        memcpy(want, from, half * sizeof *want);
        pp_ntt_forward(ntt, NULL, want, log, width, shift);
        pp_cpu_mask(level);
        pp_ntt_extend(ntt, threads, mine, log, from, log - 1, width, shift);
        must_equal("NTT extended", level, mine, want, len * sizeof *mine);
    }
}

// Everything of this level against portable C, on one thread and on two.
static void compare_all(pp_cpu level, pp_threads *pool) {
    pp_threads *const both[] = {NULL, pool};
    for (size_t t = 0; t < PP_COUNT(both); t++) {
        threads = both[t];
        for (size_t i = 0; i < PP_COUNT(lines); i++) compare(&lines[i], level);
        compare_ntt(level);
    }
    threads = NULL;
    printf("  equal to portable C, 1 and 2 threads\n");
}

static void print_asked(double seen, double least) {
    if (least > 0) printf("   asked %.2f: %s", least, seen >= least ? "yes" : "NO");
    putchar('\n');
}

// Seconds of a transform against the larger of n / 2 · log2 n butterflies at their rate and its
// words, read and written once, at the rate of copying. (Fewer than that nobody can move; two
// passes, as ours, move twice as much, which is still less time than the butterflies.)
static void print_ntt(const char *name, unsigned log_n, size_t width, double seconds,
                      double butterflies, double copy_bytes, double least) {
    double n = (double)width * (double)((size_t)1 << log_n);
    double compute = n / 2 * log_n / butterflies, memory = n * 4 / copy_bytes;
    double ceiling = compute > memory ? compute : memory;
    printf("  %-24s %9.2f M elements/s, %.2f ms, %3.0f %% of its ceiling (%s)", name,
           n / seconds / 1e6, seconds * 1e3, 100 * ceiling / seconds,
           compute > memory ? "butterflies" : "copying");
    print_asked(ceiling / seconds, least);
}

static double wide_seconds; // the best level's

static void measure(pp_cpu level, const pp_ceilings *of_level, pp_threads *pool) {
    ceilings = of_level;
    printf("%s\n", pp_cpu_name(level));
    compare_all(level, pool);
    fill(half_a, PP_CEILING_LEN);
    fill(half_b, PP_CEILING_LEN);
    bool slow = level == PP_CPU_PORTABLE;
    double budget = slow ? 0.05 : 0.3;
    double products = (double)ceilings->multiply(2000, &sink) / shortest(budget, run_multiply);
    double butterflies = butterfly_rate(budget);
    double copy = (double)(sizeof *big * BIG_WIDTH << BIG_LOG) / shortest(budget, run_copy);
    for (size_t i = 0; i < PP_COUNT(lines); i++) {
        const line *l = &lines[i];
        set_up();
        double seconds = shortest(budget, l->run), rate = l->items / seconds;
        printf("  %-24s %9.3f %s", l->name, rate, l->unit);
        print_asked(rate, level == PP_CPU_AVX512 ? l->least_wide : slow ? 0 : l->least);
    }
    fill(big, (size_t)BIG_WIDTH << BIG_LOG);
    double one = shortest(budget * 2, run_ntt_one), back = shortest(budget, run_ntt_one_back);
    double wide = shortest(budget * 4, run_ntt_wide), extend = shortest(budget, run_extend);
    wide_seconds = wide;
    // The ceilings again: the better of before and after.
    double products2 = (double)ceilings->multiply(2000, &sink) / shortest(budget, run_multiply);
    double butterflies2 = butterfly_rate(budget);
    if (products2 > products) products = products2;
    if (butterflies2 > butterflies) butterflies = butterflies2;
    printf("  ceilings: multiply in registers %.2f G/s, butterfly in L1 %.2f G/s, copy %.1f GB/s\n",
           products / 1e9, butterflies / 1e9, copy / 1e9);
    print_ntt("NTT 2^20", ONE_LOG, 1, one, butterflies, copy, slow ? 0 : 0.6);
    print_ntt("inverse NTT 2^20", ONE_LOG, 1, back, butterflies, copy, 0);
    print_ntt("NTT 2^16 x 256", BIG_LOG, BIG_WIDTH, wide, butterflies, copy, 0);
    printf("  %-24s %9.2f M elements/s of output\n", "extend 2^15 to 2^16 x 256",
           (double)BIG_WIDTH * (1 << BIG_LOG) / extend / 1e6);
}

// "…: min S s median …": the seconds of the line that begins so.
static void print_peer(const char *text, const char *start, double ours, const char *what) {
    static const char between[] = ": min ";
    const char *at = strstr(text, start);
    if (at == NULL || strncmp(at + strlen(start), between, strlen(between)) != 0) return;
    double seconds = strtod(at + strlen(start) + strlen(between), NULL);
    if (!(seconds > 0) || ours <= 0) return;
    printf("  %-24s Plonky3 %.4f s, ours %.4f s: %.2f times as fast", what, seconds, ours,
           seconds / ours);
    print_asked(seconds / ours, 1);
}

enum { PEER_ROUNDS = 200000, PEER_SAMPLES = 5 }; // as the peer's program has them

// The shortest of a few samples, each as long as the peer's: a short one would dodge interrupts
// that a long one has.
static double permute_like_peer(size_t lanes) {
    size_t runs = (size_t)PEER_ROUNDS * lanes / ROWS;
    double least = 0;
    for (int i = 0; i < PEER_SAMPLES; i++) {
        double begin = now();
        for (size_t k = 0; k < runs; k++) run_permute();
        double seconds = now() - begin;
        if (i == 0 || seconds < least) least = seconds;
    }
    return least * (double)(PEER_ROUNDS * lanes) / (double)(runs * ROWS);
}

static void peer(void) {
    const char *program = getenv("PP_PLONKY3");
    if (program == NULL) {
        printf("Plonky3: skipped (PP_PLONKY3 does not name its program)\n");
        return;
    }
    static char command[4096], text[1 << 16];
    size_t expected = pp_cpu_detected() == PP_CPU_AVX512 ? 16 : 8;
    double before = permute_like_peer(expected);
    snprintf(command, sizeof command, "RAYON_NUM_THREADS=1 '%s' prim", program);
    FILE *f = popen(command, "r");
    size_t got = f == NULL ? 0 : fread(text, 1, sizeof text - 1, f);
    text[got] = 0;
    if (f == NULL || pclose(f) != 0) {
        printf("Plonky3: skipped (%s fails)\n", program);
        return;
    }
    const char *lanes = strstr(text, "packing lanes ");
    size_t n = lanes == NULL ? 0 : strtoul(lanes + strlen("packing lanes "), NULL, 10);
    fill(big, (size_t)BIG_WIDTH << BIG_LOG);
    double wide = shortest(1, run_ntt_wide), after = permute_like_peer(expected);
    if (wide < wide_seconds) wide_seconds = wide;
    printf("Plonky3, one thread, %zu lanes\n", n);
    if (n != expected) {
        printf("  skipped: built for another machine, %zu lanes are expected\n", expected);
        return;
    }
    print_peer(text, "NTT 2^16 x 256", wide_seconds, "NTT 2^16 x 256");
    // Its rounds are of one vector each; ours as many permutations, before it or behind it.
    print_peer(text, "Poseidon2 w24 packed", before < after ? before : after, "Poseidon2-w24");
}

int main(void) {
    size_t len = (size_t)BIG_WIDTH << BIG_LOG;
    ntt = pp_ntt_new(NULL, ONE_LOG);
    pp_threads *pool = pp_threads_new(NULL, 2);
    big = aligned_alloc(64, len * sizeof *big);
    big_out = aligned_alloc(64, len * sizeof *big);
    if (ntt == NULL || pool == NULL || big == NULL || big_out == NULL) {
        fprintf(stderr, "bench_kernels: out of memory or threads\n");
        return 2;
    }
    fill(big_out, len);
    static const pp_ceilings *const all[PP_CPU_LEN] = {
        [PP_CPU_PORTABLE] = &pp_ceilings_portable,
#if defined(__x86_64__)
        [PP_CPU_AVX2] = &pp_ceilings_avx2,
        [PP_CPU_AVX512] = &pp_ceilings_avx512,
#endif
    };
    for (unsigned level = 0; level < PP_CPU_LEN; level++)
        if (level <= pp_cpu_detected())
            measure((pp_cpu)level, all[level], pool);
        else
            printf("%s: skipped, this processor has not got it\n", pp_cpu_name((pp_cpu)level));
    peer();
    free(big);
    free(big_out);
    pp_ntt_free(ntt);
    pp_threads_free(pool);
    return 0;
}
